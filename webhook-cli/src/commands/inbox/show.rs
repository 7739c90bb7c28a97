//! Shows all of one delivery.

use base64ct::{Base64, Encoding as _};
use serde::Serialize;
use webhook_runtime::{
    Inbox,
    inbox::{Attempt, Duplicates, StoredDelivery},
};

use super::Context;
use crate::{
    clock,
    error::{CliError, Ended, Outcome},
    inbox::{
        AttemptShown, Shown, failed,
        moment::{from_now, span},
        name_of,
    },
    output::{self, Output},
};

/// Words in the names of headers that hold credentials. An inbox stores such headers only if the
/// program names them.
const CREDENTIALS: [&str; 8] =
    ["auth", "cookie", "credential", "key", "password", "secret", "session", "token"];

/// Show all of one delivery: what it is, its headers and its attempts
///
/// Headers that may hold credentials are shown as `***`. The body is not shown; --body writes it, byte for
/// byte, and nothing else.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook inbox show --database inbox.db 17
  webhook inbox show --database inbox.db 17 --body > body.json")]
pub(super) struct Args {
    /// The number of the delivery
    id: i64,
    /// Write the body only, byte for byte. With --output json, add it in base64
    #[arg(long)]
    body: bool,
}

/// The delivery, as JSON.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    record: Shown,
    method: String,
    uri: String,
    headers: Vec<[String; 2]>,
    signed_at: Option<String>,
    batch_item: Option<u64>,
    body_dropped: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
    attempts: Vec<AttemptShown>,
    duplicates: u64,
    last_duplicate_at: Option<String>,
}

pub(super) async fn run(args: &Args, inbox: &Inbox, context: &Context) -> Ended {
    let Some(delivery) = inbox.get(args.id).await.map_err(failed)? else {
        eprintln!("there is no delivery {}: it has been pruned, or never was", args.id);
        return Ok(Outcome::Refused);
    };
    if args.body && delivery.body_dropped {
        eprintln!("the body of {} was deleted when it was completed", args.id);
        return Ok(Outcome::Refused);
    }
    if args.body && context.form == Output::Human {
        output::write(&delivery.body)?;
        return Ok(Outcome::Done);
    }
    let attempts = inbox.attempts(args.id).await.map_err(failed)?;
    let duplicates = inbox.duplicates(args.id).await.map_err(failed)?;
    match context.form {
        Output::Json => output::json(&whole(&delivery, args.body, &attempts, &duplicates))?,
        Output::Human => print(&delivery, &attempts, &duplicates)?,
    }
    Ok(Outcome::Done)
}

fn whole(
    delivery: &StoredDelivery,
    with_body: bool,
    attempts: &[Attempt],
    duplicates: &[Duplicates],
) -> Whole {
    let head = &delivery.head;
    Whole {
        record: Shown::of(&delivery.record),
        method: head.method.clone(),
        uri: head.uri.clone(),
        headers: headers(delivery),
        signed_at: head.signed_at.map(clock::rfc3339),
        batch_item: head.batch_item.as_ref().map(|item| item.index),
        body_dropped: delivery.body_dropped,
        body_base64: with_body.then(|| Base64::encode_string(&delivery.body)),
        attempts: attempts.iter().map(AttemptShown::of).collect(),
        duplicates: duplicates.iter().map(|it| it.count).sum(),
        last_duplicate_at: duplicates.last().map(|it| clock::rfc3339(it.last)),
    }
}

/// The headers, without credentials.
fn headers(delivery: &StoredDelivery) -> Vec<[String; 2]> {
    let shown = delivery.head.headers.iter().map(|(name, value)| {
        let name = name.as_str();
        let is_harmless = name == "idempotency-key"
            || !name.split(['-', '_']).any(|word| CREDENTIALS.iter().any(|it| word.contains(it)));
        let value = String::from_utf8_lossy(value.as_bytes());
        [name.to_owned(), if is_harmless { value.into_owned() } else { "***".to_owned() }]
    });
    shown.collect()
}

fn print(
    delivery: &StoredDelivery,
    attempts: &[Attempt],
    duplicates: &[Duplicates],
) -> Result<(), CliError> {
    let StoredDelivery { record, head, .. } = delivery;
    let time = |time| format!("{} ({})", clock::rfc3339(time), from_now(time));
    let text = |text: &Option<String>| text.as_deref().map(output::shown);
    let body = if delivery.body_dropped {
        "deleted when it was completed".to_owned()
    } else {
        format!("{} bytes (--body writes them)", record.body_len)
    };
    let copies: u64 = duplicates.iter().map(|it| it.count).sum();
    let last = duplicates.last().map(|it| format!("{copies}, the last {}", from_now(it.last)));
    let mut table = output::table();
    for (name, value) in [
        ("id", Some(record.id.to_string())),
        ("state", Some(name_of(record.state).to_owned())),
        ("endpoint", Some(output::shown(&record.endpoint))),
        ("provider", Some(output::shown(&record.provider))),
        ("event", text(&record.event)),
        ("provider's id", text(&record.provider_id)),
        ("tenant", text(&record.tenant)),
        ("secret", text(&record.secret_name)),
        ("received", Some(time(record.received_at))),
        ("signed", head.signed_at.map(time)),
        ("due", record.due_at.map(time)),
        ("finished", record.finished_at.map(time)),
        ("attempts", Some(record.attempt.to_string())),
        ("last error", text(&record.last_error)),
        ("cause", record.cause.map(|cause| cause.to_string())),
        ("duplicates", last),
        ("event of a batch", head.batch_item.as_ref().map(|item| (item.index + 1).to_string())),
        ("request", Some(output::shown(&format!("{} {}", head.method, head.uri)))),
        ("body", Some(body)),
    ] {
        if let Some(value) = value {
            table.add_row([name.to_owned(), value]);
        }
    }
    output::print_table(&table)?;
    let headers = headers(delivery);
    if !headers.is_empty() {
        output::line("\nheaders that are kept:\n")?;
        for [name, value] in headers {
            output::line(&format!("{}: {}", output::shown(&name), output::shown(&value)))?;
        }
    }
    if !attempts.is_empty() {
        output::line("\nattempts:\n")?;
        print_attempts(attempts)?;
    }
    Ok(())
}

fn print_attempts(attempts: &[Attempt]) -> Result<(), CliError> {
    let mut table = output::table();
    table.set_header(["attempt", "began", "took", "status", "end", "worker", "error"]);
    for attempt in attempts {
        let details = &attempt.details;
        let end = AttemptShown::of(attempt).end.unwrap_or("runs");
        let took = details.duration.map(|took| match took.as_millis() {
            millis @ 0..10_000 => format!("{millis} ms"),
            _ => span(took),
        });
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        table.add_row([
            attempt.number.to_string(),
            or_none(details.started_at.map(from_now)),
            or_none(took),
            or_none(details.status.map(|status| status.to_string())),
            end.to_owned(),
            or_none(details.worker.map(|worker| worker.to_string())),
            output::shown(attempt.error.as_deref().unwrap_or_default()),
        ]);
    }
    output::print_table(&table)
}
