//! Signs a request, and writes it instead of sending it.

use clap::ValueEnum;
use serde::Serialize;

use crate::{
    capture::{Capture, to_http},
    error::{CliError, Ended, Outcome},
    outgoing::{Outgoing, RequestArgs},
    output::{self, Output},
    values,
};

/// Sign a request, and write it instead of sending it
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook sign github --event push --secret-env GITHUB_SECRET
  webhook sign stripe --data @event.json --secret-env STRIPE_SECRET --to http://localhost:3000/stripe --as curl")]
pub(super) struct Args {
    #[command(flatten)]
    request: RequestArgs,
    /// The URL that would be called
    #[arg(long, value_name = "URL", value_parser = values::url, default_value = "http://localhost:3000/webhook")]
    to: String,
    /// The form to write
    #[arg(long = "as", value_enum, default_value_t, value_name = "FORM")]
    form: Form,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Form {
    /// The headers, a line each.
    #[default]
    Headers,
    /// A `curl` command.
    Curl,
    /// An HTTP/1.1 message.
    Http,
}

#[derive(Serialize)]
struct Signed<'a> {
    method: &'a str,
    url: &'a str,
    headers: Vec<[&'a str; 2]>,
    body: String,
}

pub(super) fn run(args: &Args, form: Output) -> Ended {
    let secret = args.request.secrets.read_one()?;
    let data = args.request.read_data()?;
    let outgoing = args.request.build(&args.to, &secret, data.as_deref())?;
    match (form, args.form) {
        (Output::Json, _) => output::json(&Signed {
            method: &outgoing.method,
            url: &outgoing.url,
            headers: outgoing.headers.iter().map(|(name, value)| [&**name, &**value]).collect(),
            body: String::from_utf8_lossy(&outgoing.body).into_owned(),
        })?,
        (Output::Human, Form::Headers) => {
            for (name, value) in &outgoing.headers {
                output::line(&format!("{name}: {value}"))?;
            }
        }
        (Output::Human, Form::Curl) => output::line(&curl(&outgoing)?)?,
        (Output::Human, Form::Http) => output::write(&to_http(&message(&outgoing)))?,
    }
    Ok(Outcome::Done)
}

/// The request as an HTTP message.
pub(super) fn message(outgoing: &Outgoing) -> Capture {
    let rest = outgoing.url.split_once("://").map_or(&*outgoing.url, |(_, rest)| rest);
    let (host, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    let mut capture = Capture {
        method: outgoing.method.clone(),
        target,
        body: outgoing.body.clone(),
        ..Capture::default()
    };
    capture.headers.push(("host".to_owned(), host.into()));
    let headers = outgoing.headers.iter();
    capture.headers.extend(headers.map(|(name, value)| (name.clone(), value.clone().into_bytes())));
    capture
}

/// The request as a command for a shell, which holds no bytes that are not text.
fn curl(outgoing: &Outgoing) -> Result<String, CliError> {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let headers = outgoing
        .headers
        .iter()
        .map(|(name, value)| format!("-H {}", quoted(&format!("{name}: {value}"))));
    let body = std::str::from_utf8(&outgoing.body).ok().filter(|body| !body.contains('\0'));
    let body = body.ok_or_else(|| {
        CliError::usage("the body is not text, which a command cannot hold: use --as http")
    })?;
    let data = (!body.is_empty()).then(|| format!("--data-raw {}", quoted(body)));
    let start = format!("curl -X {} {}", outgoing.method, quoted(&outgoing.url));
    let parts: Vec<String> = [start].into_iter().chain(headers).chain(data).collect();
    Ok(parts.join(" \\\n  "))
}
