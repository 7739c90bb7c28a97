//! The providers, and what is known about one.

use std::time::{Duration, UNIX_EPOCH};

use serde::Serialize;
use webhook_runtime::{
    Field, Provider, providers,
    scheme::{KeyEncoding, ReplayWindow, RequestToSign},
};

use crate::{
    capture::{Capture, to_http},
    credentials::sends_secret,
    error::{CliError, Ended, Outcome},
    names,
    output::{self, Output},
    sample::{self, FORM, Wishes},
};

/// The time of signing of an example: the 9th of October 2025.
const EXAMPLE_TIME: Duration = Duration::from_secs(1_760_000_000);

/// The width of a terminal, in columns, in which all of the table has room.
const WIDE: u16 = 180;

/// The longest list in a cell of the table.
const MAX_CELL: usize = 50;

/// List the providers, or show what is known about one
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook providers
  webhook providers stripe --output json")]
pub(super) struct Args {
    /// The provider to show
    #[arg(value_parser = names::ProviderName, hide_possible_values = true)]
    name: Option<&'static Provider>,
}

/// The facts about a provider.
#[derive(Serialize)]
struct Facts {
    name: &'static str,
    algorithm: &'static str,
    secret: String,
    signature: String,
    signed: String,
    window: Option<String>,
    id: Option<String>,
    event: Option<String>,
    not_signed: Vec<&'static str>,
    set_up: String,
    methods: &'static str,
    waits: Option<String>,
    retries: Option<String>,
    handshakes: bool,
    documentation: &'static str,
    /// A request that is signed with a secret made up for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    example: Option<String>,
}

pub(super) fn run(args: &Args, form: Output) -> Ended {
    let mut all: Vec<Facts> = match args.name {
        Some(provider) => vec![Facts { example: example(provider), ..facts(provider) }],
        None => providers::ALL.iter().map(|provider| facts(provider)).collect(),
    };
    all.sort_by_key(|facts| facts.name);
    match (form, args.name) {
        (Output::Json, _) => all.iter().try_for_each(output::json)?,
        (Output::Human, None) => {
            let mut table = output::table();
            // The rest of it would break in the middle of its words.
            let is_narrow = output::width().is_some_and(|width| width < WIDE);
            let columns = if is_narrow { 3 } else { 5 };
            let header = ["name", "algorithm", "window", "signature", "signed"];
            table.set_header(header.into_iter().take(columns));
            for facts in all {
                let cells = [
                    facts.name.to_owned(),
                    facts.algorithm.to_owned(),
                    facts.window.unwrap_or_default(),
                    facts.signature,
                    shortened(&facts.signed),
                ];
                table.add_row(cells.into_iter().take(columns));
            }
            output::print_table(&table)?;
        }
        (Output::Human, Some(_)) => all.into_iter().try_for_each(show)?,
    }
    Ok(Outcome::Done)
}

fn show(facts: Facts) -> Result<(), CliError> {
    let mut table = output::table();
    let none = || "not known".to_owned();
    let unsigned = match &*facts.not_signed {
        [] => "nothing of these".to_owned(),
        all => all.join(", "),
    };
    for (name, value) in [
        ("name", facts.name.to_owned()),
        ("algorithm", facts.algorithm.to_owned()),
        ("secret", facts.secret),
        ("signature", facts.signature),
        ("signed text", facts.signed),
        ("not signed", unsigned),
        (
            "time window",
            facts.window.unwrap_or_else(|| "none: a recording verifies later".to_owned()),
        ),
        ("id", facts.id.unwrap_or_else(|| "none".to_owned())),
        ("event", facts.event.unwrap_or_else(|| "none".to_owned())),
        ("set-up", facts.set_up),
        ("methods", facts.methods.to_owned()),
        ("waits", facts.waits.unwrap_or_else(none)),
        ("retries for", facts.retries.unwrap_or_else(none)),
        ("handshakes", if facts.handshakes { "yes" } else { "no" }.to_owned()),
        ("documentation", facts.documentation.to_owned()),
    ] {
        table.add_row([name.to_owned(), value]);
    }
    output::print_table(&table)?;
    let Some(example) = facts.example else { return Ok(()) };
    output::line("\nAn example, signed with a secret made up for it:\n")?;
    output::line(&example)
}

/// A signed request; `None` if only the provider can sign, or the body is no text.
fn example(provider: &Provider) -> Option<String> {
    let secret = sample::secret(provider);
    let url = "https://example.com/webhook";
    let millis = u64::try_from(EXAMPLE_TIME.as_millis()).ok()?;
    let id = "evt_1".to_owned();
    let sample =
        sample::build(provider, &Wishes { id, unix_millis: millis, ..Wishes::default() }).ok()?;
    let mut request =
        RequestToSign::new(&sample.body).url(url).id("evt_1").at(UNIX_EPOCH + EXAMPLE_TIME);
    request.form = sample.content_type == FORM;
    let signed = provider.sign(&secret, &request).ok()?;
    let mut capture = Capture {
        method: "POST".to_owned(),
        target: signed.url_to_send("/webhook"),
        body: signed.body.to_vec(),
        ..Capture::default()
    };
    capture.headers.push(("host".to_owned(), "example.com".into()));
    if !signed.headers.contains_key("content-type") {
        capture.headers.push(("content-type".to_owned(), sample.content_type.into()));
    }
    for (name, value) in sample.headers {
        if !signed.headers.contains_key(name) {
            capture.headers.push((name.to_owned(), value.into_bytes()));
        }
    }
    let own =
        signed.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
    capture.headers.extend(own);
    String::from_utf8(to_http(&capture)).ok().map(|text| text.replace("\r\n", "\n"))
}

fn facts(provider: &Provider) -> Facts {
    let info = provider.scheme_info();
    let scheme = provider.scheme();
    let header = info.signature_header;
    let signature = match scheme {
        Some(scheme) if sends_secret(provider) => scheme.signature_pattern(),
        Some(scheme) => format!("{} ({})", scheme.signature_pattern(), scheme.encoding()),
        None if header.is_empty() => "in the body".to_owned(),
        None => format!("{header}: …"),
    };
    let signed = match scheme {
        Some(_) if sends_secret(provider) => "nothing: the secret itself is sent".to_owned(),
        Some(scheme) => scheme.signed_pattern(),
        None => in_code(provider),
    };
    let secret = match scheme {
        _ if !info.needs_secret => "none: the provider publishes its keys".to_owned(),
        Some(scheme) => key(scheme.key_encoding()).to_owned(),
        None if info.key_pair.is_some() => key(KeyEncoding::Pem).to_owned(),
        None if !info.secret_parts.is_empty() => info.secret_parts.join(":"),
        None => "text, or as its documentation says".to_owned(),
    };
    let field = |field: Option<Field>| {
        let field = field?;
        let place = match field {
            Field::Header(name) => format!("header {name}"),
            Field::Pointer(pointer) => format!("body {pointer}"),
            _ => return None,
        };
        Some(format!("{place}{}", if provider.signs(field) { "" } else { " (not signed)" }))
    };
    let of_batch = |pointer: fn(&webhook_runtime::BatchLayout) -> Option<&'static str>| {
        let batch = provider.batch()?;
        Some(format!("body {}/*{}", batch.array(), pointer(batch)?))
    };
    let unsigned = [
        ("body", info.signs_body || info.joins_form_fields),
        ("URL", info.signs_url),
        ("method", info.signs_method),
        ("time", info.signs_time),
    ];
    Facts {
        name: provider.name(),
        algorithm: info.summary,
        secret,
        signature,
        signed,
        window: window(provider),
        id: field(provider.id()).or_else(|| of_batch(webhook_runtime::BatchLayout::id)),
        event: field(provider.event()).or_else(|| of_batch(webhook_runtime::BatchLayout::event)),
        not_signed: unsigned.into_iter().filter(|(_, is)| !is).map(|(name, _)| name).collect(),
        set_up: set_up(provider),
        methods: provider.methods(),
        waits: provider.response_timeout().map(duration),
        retries: provider.retry_period().map(duration),
        handshakes: provider.has_handshakes(),
        documentation: provider.docs_url(),
        example: None,
    }
}

/// The beginning of a long list.
fn shortened(list: &str) -> String {
    match list.split_once(", ") {
        Some((first, _)) if list.len() > MAX_CELL => format!("{first}, …"),
        _ => list.to_owned(),
    }
}

/// The parts that a scheme in code signs.
fn in_code(provider: &Provider) -> String {
    let info = provider.scheme_info();
    let mut parts: Vec<&str> = Vec::new();
    for (part, is_signed) in [
        ("method", info.signs_method),
        ("URL", info.signs_url),
        ("time", info.signs_time),
        ("body", info.signs_body),
    ] {
        parts.extend(Some(part).filter(|_| is_signed));
    }
    parts.extend(info.signed_headers);
    parts.extend(info.signed_pointers);
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

/// The settings that a receiver needs.
fn set_up(provider: &Provider) -> String {
    let info = provider.scheme_info();
    let mut needs = Vec::new();
    if info.needs_secret {
        needs.push(if info.key_pair.is_some() { "the public key" } else { "the secret" });
    }
    if info.fetches_keys {
        needs.push("a source of the provider's keys");
    }
    if provider.needs_public_url() {
        needs.push("the public URL, exactly as it is registered");
    }
    if provider.needs_verify_token() {
        needs.push("the verify token");
    }
    if needs.is_empty() { "nothing".to_owned() } else { needs.join(", ") }
}

fn key(encoding: KeyEncoding) -> &'static str {
    match encoding {
        KeyEncoding::Text => "text, even if it looks like base64 or hex",
        KeyEncoding::Hex => "hexadecimal",
        KeyEncoding::Base64 => "base64",
        KeyEncoding::PrefixedBase64(_) => "base64 behind a prefix such as whsec_",
        KeyEncoding::PrefixedBase64OrText(_) => "base64 behind whsec_, or text",
        KeyEncoding::AsciiText => "ASCII text",
        KeyEncoding::HtmlEscaped => "text, with HTML entities undone",
        KeyEncoding::Pem => "a public key in PEM",
        _ => "as its documentation says",
    }
}

fn window(provider: &Provider) -> Option<String> {
    if let Some(timestamp) = provider.scheme().and_then(|scheme| scheme.signed_timestamp()) {
        let (age, ahead) = (timestamp.max_age(), timestamp.max_ahead());
        if age.is_none() && ahead.is_none() {
            return None;
        }
        let [age, ahead] = [age, ahead].map(|window| window.map_or("any".to_owned(), duration));
        return Some(format!("{age} old, {ahead} ahead"));
    }
    match provider.scheme_info().replay_window {
        ReplayWindow::Limited(window) => Some(duration(window)),
        ReplayWindow::UntilExpiry | ReplayWindow::UntilOptionalExpiry => {
            Some("until the token expires".to_owned())
        }
        _ => None,
    }
}

fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => "0 s".to_owned(),
        _ if seconds.is_multiple_of(86_400) => format!("{} d", seconds / 86_400),
        _ if seconds.is_multiple_of(3600) => format!("{} h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}
