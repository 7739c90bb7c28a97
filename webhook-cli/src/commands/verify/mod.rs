//! Verifies a captured request, and says why it does not verify.

#[cfg(feature = "inbox")]
mod stored;

use std::{
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::Serialize;
use webhook_runtime::{Provider, Secret, providers, scheme::SignedRequest};

use crate::{
    capture::{Capture, Format, MAX_FILE},
    error::{CliError, Ended, Outcome},
    explain::{self, Cause, Explanation, Question, Verdict},
    files, names,
    output::{self, Output, Tone},
    secrets::SecretArgs,
    values,
};

/// The most bytes of the signed text that are shown.
const MAX_SHOWN: usize = 200;

/// The end of the year 9999.
const LAST_SECOND: u64 = 253_402_300_799;

/// Verify a captured request, and say why it is refused
///
/// Nothing is accepted that would not verify at an endpoint. A refused request is tried again with one
/// mistake undone at a time: with the secret, the URL, the headers, the body, the time. What then
/// verifies is named, with what to do about it.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook verify stripe --request captured.http --secret-env STRIPE_SECRET
  webhook verify twilio --request call.har --secret-env TWILIO_TOKEN --public-url https://example.com/sms
  curl … | webhook verify --any --request - --secret-env SECRET --output json")]
#[cfg_attr(
    feature = "inbox",
    command(override_usage = "\
webhook verify [OPTIONS] --request <FILE> [PROVIDER]
       webhook verify [OPTIONS] --inbox <URL> <ID> [PROVIDER]")
)]
pub(super) struct Args {
    /// The provider that the request should come from
    #[arg(value_parser = names::ProviderName, hide_possible_values = true, required_unless_present = "any")]
    provider: Option<&'static Provider>,
    /// Ask all providers
    #[arg(long, conflicts_with = "provider")]
    any: bool,
    /// The file with the request: an HTTP message, a HAR file, a curl command or JSON; `-` is standard
    /// input
    #[arg(long, value_name = "FILE")]
    #[cfg_attr(feature = "inbox", arg(required_unless_present_any = ["inbox", "inbox_env"]))]
    #[cfg_attr(not(feature = "inbox"), arg(required = true))]
    request: Option<PathBuf>,
    #[cfg(feature = "inbox")]
    #[command(flatten)]
    stored: stored::StoredArgs,
    /// The format of the file
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The entry of a HAR file, or the line of a file of JSON, counted from 1
    #[arg(long, value_name = "NUMBER")]
    entry: Option<usize>,
    #[command(flatten)]
    secrets: SecretArgs,
    /// The public URL that is configured, for providers that sign it
    #[arg(long, value_name = "URL", value_parser = values::url)]
    public_url: Option<String>,
    /// The time to judge at, in seconds since 1970 [default: now]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=LAST_SECOND))]
    now: Option<u64>,
    /// The key or certificate that the provider publishes, for those that sign with one
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// The answer, as JSON.
#[derive(Serialize)]
struct Answer<'a> {
    verdict: Verdict,
    provider: &'static str,
    reason: Option<String>,
    causes: &'a [Cause],
    hint: Option<&'static str>,
}

pub(super) fn run(args: &Args, form: Output) -> Ended {
    let capture = capture(args)?;
    let secrets = args.secrets.read()?;
    let key = args.key.as_deref().map(|file| files::read(file, MAX_FILE)).transpose()?;
    let now = args.now.map_or_else(SystemTime::now, |now| UNIX_EPOCH + Duration::from_secs(now));
    let question = |provider| Question {
        provider,
        secrets: &secrets,
        public_url: args.public_url.as_deref(),
        capture: &capture,
        key: key.as_deref(),
        now,
    };
    let provider = match args.provider {
        Some(provider) => provider,
        None => likeliest(&question, &capture),
    };
    check_arguments(provider, &secrets, &question(provider))?;
    let explanation = explain::explain(&question(provider));
    match form {
        Output::Json => output::json(&Answer {
            verdict: explanation.verdict,
            provider: provider.name(),
            reason: explanation.reason.map(|reason| reason.to_string()),
            causes: &explanation.causes,
            hint: hint(provider, &explanation),
        })?,
        Output::Human => show(&question(provider), &explanation)?,
    }
    Ok(match explanation.verdict {
        Verdict::Genuine => Outcome::Done,
        Verdict::Refused => Outcome::Refused,
    })
}

/// The request to judge.
fn capture(args: &Args) -> Result<Capture, CliError> {
    #[cfg(feature = "inbox")]
    if let Some(capture) = args.stored.read(args.provider)? {
        return Ok(capture);
    }
    let Some(file) = &args.request else {
        return Err(CliError::usage("name the file with the request: --request FILE"));
    };
    Capture::parse(&files::read(file, MAX_FILE)?, args.format, args.entry)
        .map_err(|error| CliError::usage(format_args!("{}: {error}", file.display())))
}

/// Refuses to judge without what the provider needs.
fn check_arguments(
    provider: &Provider,
    secrets: &[Secret],
    question: &Question<'_>,
) -> Result<(), CliError> {
    let (name, info) = (provider.name(), provider.scheme_info());
    if info.needs_secret && secrets.is_empty() {
        return Err(CliError::usage(format_args!(
            "{name} needs its secret: --secret-env NAME or --secret-file FILE (`-` is standard input)"
        )));
    }
    if info.signs_url && question.public_url.is_none() {
        return Err(CliError::usage(format_args!(
            "{name} signs the public URL: give the one that is registered there with --public-url"
        )));
    }
    if info.fetches_keys && question.key.is_none() {
        let headers = question.capture.header_map();
        let request = SignedRequest {
            method: &question.capture.method,
            url: question.public_url.unwrap_or_default(),
            headers: &headers,
            query: question.capture.query().unwrap_or_default(),
            body: &question.capture.body,
        };
        let wanted = match provider.key_request(&request) {
            Ok(Some(webhook_runtime::scheme::KeyRequest::Url(url))) => format!(": it is at {url}"),
            Ok(Some(webhook_runtime::scheme::KeyRequest::Id(id))) => format!(": its id is {id}"),
            Ok(Some(webhook_runtime::scheme::KeyRequest::InSet { set, id })) => {
                let id = id.map(|id| format!(", with the id {id}")).unwrap_or_default();
                format!(": it is in the set of keys {set}{id}")
            }
            _ => String::new(),
        };
        return Err(CliError::usage(format_args!(
            "{name} publishes its key; give it with --key FILE{wanted}"
        )));
    }
    Ok(())
}

/// The provider whose request this is, or seems to be.
fn likeliest<'q>(
    question: &impl Fn(&'static Provider) -> Question<'q>,
    capture: &Capture,
) -> &'static Provider {
    let headers = capture.header_map();
    let fits = |provider: &&&'static Provider| explain::verifies(&question(provider));
    let has_header = |provider: &&&'static Provider| {
        let name = provider.scheme_info().signature_header;
        !name.is_empty() && headers.contains_key(name)
    };
    let all = providers::ALL.iter();
    all.clone().find(fits).or_else(|| all.clone().find(has_header)).unwrap_or(&providers::ALL[0])
}

fn hint(provider: &Provider, explanation: &Explanation) -> Option<&'static str> {
    let is_unknown = explanation.verdict == Verdict::Refused && explanation.causes.is_empty();
    is_unknown.then(|| explain::hint(provider))
}

fn show(question: &Question<'_>, explanation: &Explanation) -> Result<(), CliError> {
    let provider = question.provider;
    let name = provider.name();
    if explanation.verdict == Verdict::Genuine {
        let genuine = output::toned("genuine", Tone::Good);
        return output::line(&format!("{genuine}: {name} sent this request"));
    }
    let reason = explanation.reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    let refused = output::toned("refused", Tone::Bad);
    output::line(&format!("{refused} as a request of {name}{reason}"))?;
    for cause in &explanation.causes {
        output::line("")?;
        output::line(&format!("cause  {}", output::toned(cause.id, Tone::Neutral)))?;
        output::line(&format!("why    {}", output::shown(&cause.explain)))?;
        output::line(&format!("fix    {}", output::shown(&cause.fix)))?;
    }
    if let Some(hint) = hint(provider, explanation) {
        output::line("")?;
        output::line("cause  unknown: it is forged, or damaged beyond recognition")?;
        output::line(&format!("hint   {hint}"))?;
    }
    if let Some(text) = explain::signed_text(question) {
        let start = String::from_utf8_lossy(&text[..text.len().min(MAX_SHOWN)]);
        let start = output::shown(&start);
        let more = if text.len() > MAX_SHOWN { "…" } else { "" };
        output::line("")?;
        output::line(&format!(
            "text   the signature has to cover {} bytes: {start}{more}",
            text.len()
        ))?;
    }
    Ok(())
}
