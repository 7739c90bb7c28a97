//! Sends recordings again.

mod files;
mod resign;
#[cfg(feature = "inbox")]
mod stored;

use std::{
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use serde::Serialize;
use webhook_runtime::{Provider, Secret};

use self::{files::Files, resign::resign};
use crate::{
    capture::Capture,
    client::{Client, joined},
    credentials::{mask_query, secret_parameters},
    error::{CliError, Ended, Outcome},
    explain,
    interrupt::Interrupt,
    names,
    output::{self, Output, Tone},
    progress,
    secrets::SecretArgs,
    values,
};

#[cfg(not(feature = "inbox"))]
const EXAMPLES: &str = "\
Examples:
  webhook replay deliveries --to http://localhost:3000
  webhook replay captured.http --to http://localhost:3000/stripe --resign stripe --secret-env STRIPE_SECRET";

#[cfg(feature = "inbox")]
const EXAMPLES: &str = "\
Examples:
  webhook replay deliveries --to http://localhost:3000
  webhook replay captured.http --to http://localhost:3000/stripe --resign stripe --secret-env STRIPE_SECRET
  webhook replay --inbox inbox.db --since 2h --to http://localhost:3000 --resign github --secret-env SECRET";

/// Send recorded requests again
///
/// A request is sent as it was captured, to the path of the URL, or to its own path if the URL has none.
/// One whose signed time has passed is refused, unless --resign signs it anew. An inbox keeps no
/// signatures, so what comes from there needs --resign.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
#[cfg_attr(
    feature = "inbox",
    command(override_usage = "\
webhook replay [OPTIONS] --to <URL> <FILE>...
       webhook replay [OPTIONS] --to <URL> --inbox <URL>")
)]
pub(super) struct Args {
    /// Recordings: files in any format of `webhook verify`, or directories of files `*.http`
    #[arg(value_name = "FILE")]
    #[cfg_attr(feature = "inbox", arg(required_unless_present_any = ["inbox", "inbox_env"]))]
    #[cfg_attr(not(feature = "inbox"), arg(required = true))]
    files: Vec<PathBuf>,
    /// The URL to send to
    #[arg(long, value_name = "URL", value_parser = values::url)]
    to: String,
    /// Sign anew, as this provider
    #[arg(long, value_name = "PROVIDER", value_parser = names::ProviderName, hide_possible_values = true)]
    resign: Option<&'static Provider>,
    #[command(flatten)]
    secrets: SecretArgs,
    /// The URL to sign, if it is not the one that is called
    #[arg(long, value_name = "URL", value_parser = values::url, requires = "resign")]
    public_url: Option<String>,
    /// Leave out the first ones, to go on where a run was interrupted
    #[arg(long, value_name = "N", default_value_t = 0)]
    skip: usize,
    /// Send at most this many a second
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    #[cfg(feature = "inbox")]
    #[command(flatten)]
    stored: stored::StoredArgs,
}

/// A recorded request.
struct Recording {
    file: Option<String>,
    /// The number in the inbox.
    id: Option<i64>,
    /// The request, or why there is none to send.
    capture: Result<Capture, String>,
    /// The provider's id, for a request whose headers do not have it.
    delivery_id: Option<String>,
}

/// Recordings, one after another.
trait Source {
    /// The number of all recordings, with those that are left out.
    fn total(&self) -> usize;

    fn next(&mut self) -> Result<Option<Recording>, CliError>;

    /// The option that goes on behind what was sent.
    fn how_to_go_on(&self) -> String;
}

/// A recording and its answer.
#[derive(Serialize)]
struct Replayed {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    method: Option<String>,
    url: Option<String>,
    status: Option<u16>,
    millis: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(super) fn run(args: &Args, form: Output) -> Ended {
    let secret = args.resign.map(|_| args.secrets.read_one()).transpose()?;
    let interrupt = Interrupt::watch();
    #[cfg(feature = "inbox")]
    if let Some(mut stored) = args.stored.open(args.skip)? {
        if args.resign.is_none() {
            eprintln!("an inbox keeps no signatures: receivers that verify need --resign");
        }
        let ended = send(args, secret.as_ref(), &mut stored, &interrupt, form);
        stored.close();
        return ended;
    }
    let mut files = Files::new(&args.files, args.skip)?;
    send(args, secret.as_ref(), &mut files, &interrupt, form)
}

fn send(
    args: &Args,
    secret: Option<&Secret>,
    source: &mut impl Source,
    interrupt: &Interrupt,
    form: Output,
) -> Ended {
    let client = Client::new();
    let total = source.total();
    let bar = progress::bar(total.saturating_sub(args.skip), "replay");
    let (mut all_accepted, begun, mut sent) = (true, Instant::now(), 0);
    loop {
        if let Some(rate) = args.rate {
            thread::sleep((Duration::from_secs(1) * sent / rate).saturating_sub(begun.elapsed()));
        }
        let done = args.skip + sent as usize;
        if interrupt.is_set() && done < total {
            bar.finish_and_clear();
            eprintln!("interrupted after {done} of {total}: go on with {}", source.how_to_go_on());
            return Ok(Outcome::Interrupted);
        }
        let go_on = source.how_to_go_on();
        let replayed = source.next().and_then(|recording| {
            recording.map(|recording| replay(args, secret, recording, &client)).transpose()
        });
        let replayed = replayed.inspect_err(|_| {
            bar.finish_and_clear();
            if sent > 0 {
                eprintln!("{done} of {total} are sent: go on with {go_on}");
            }
        });
        let Some(replayed) = replayed? else { break };
        sent += 1;
        all_accepted = all_accepted && replayed.status.is_some_and(|it| (200..300).contains(&it));
        bar.inc(1);
        match form {
            Output::Json => output::json(&replayed)?,
            Output::Human => bar.suspend(|| replayed.print())?,
        }
    }
    bar.finish_and_clear();
    Ok(if all_accepted { Outcome::Done } else { Outcome::Refused })
}

/// Sends one recording. One that is not complete is left out.
fn replay(
    args: &Args,
    secret: Option<&Secret>,
    recording: Recording,
    client: &Client,
) -> Result<Replayed, CliError> {
    let Recording { file, id, capture, delivery_id } = recording;
    let mut replayed =
        Replayed { file, id, method: None, url: None, status: None, millis: None, error: None };
    let mut capture = match capture {
        Ok(capture) => capture,
        Err(error) => return Ok(Replayed { error: Some(error), ..replayed }),
    };
    let url = joined(&args.to, &capture.target);
    if let (Some(provider), Some(secret)) = (args.resign, secret) {
        let names = explain::signature_names(provider);
        let is_own = names.is_empty() || names.iter().any(|name| capture.header(name).is_some());
        // An inbox keeps no signatures.
        if replayed.file.is_some() && !is_own && provider.signature_parameter().is_none() {
            let error = Some(format!("left out: it is no request of {}", provider.name()));
            return Ok(Replayed { error, ..replayed });
        }
        let public = args.public_url.as_ref().map(|url| joined(url, &capture.target));
        let signed = public.as_ref().unwrap_or(&url);
        resign(&mut capture, provider, secret, signed, delivery_id.as_deref())
            .map_err(|error| CliError::usage(format_args!("{}: {error}", replayed.name())))?;
    }
    // A credential in the query is part of what was signed anew.
    let url = joined(&args.to, &capture.target);
    let answer = client.forward(&capture, &url).map_err(CliError::environment)?;
    let parameters: Vec<String> = args.resign.into_iter().flat_map(secret_parameters).collect();
    (replayed.method, replayed.url) = (Some(capture.method), Some(mask_query(&url, &parameters)));
    (replayed.status, replayed.millis) = (Some(answer.status), Some(answer.took.as_millis()));
    Ok(replayed)
}

impl Replayed {
    /// The name of the recording.
    fn name(&self) -> String {
        match (&self.file, self.id) {
            (Some(file), _) => file.clone(),
            (None, Some(id)) => format!("delivery {id}"),
            (None, None) => String::new(),
        }
    }

    fn print(&self) -> Result<(), CliError> {
        let name = output::shown(&self.name());
        let (Some(status), Some(method), Some(url), Some(millis)) =
            (self.status, &self.method, &self.url, self.millis)
        else {
            let why = self.error.as_deref().unwrap_or_default();
            return output::line(&format!("left out  {name}: {why}"));
        };
        let (method, url) = (output::shown(method), output::shown(url));
        let status = output::toned(&status.to_string(), Tone::of_status(status));
        output::line(&format!("{status}  {method} {url}  {name}  {millis} ms"))
    }
}
