//! Sends recordings again.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde::Serialize;
use webhook_runtime::{
    Provider, Secret,
    scheme::{RequestToSign, Scheme},
};

use crate::{
    capture::{Capture, Format},
    client::{Client, joined},
    error::{CliError, Ended, Outcome},
    interrupt::Interrupt,
    names,
    output::{self, Output, Tone},
    progress,
    sample::FORM,
    secrets::SecretArgs,
    values,
};

/// Send recorded requests again
///
/// A request is sent as it was captured, to the path of the URL, or to its own path if the URL has none.
/// One whose signed time has passed is refused, unless --resign signs it anew.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook replay deliveries --to http://localhost:3000
  webhook replay captured.http --to http://localhost:3000/stripe --resign stripe --secret-env STRIPE_SECRET")]
pub(super) struct Args {
    /// Recordings: files in any format of `webhook verify`, or directories of files `*.http`
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The URL to send to
    #[arg(long, value_name = "URL", value_parser = values::url)]
    to: String,
    /// Sign anew, as this provider
    #[arg(long, value_name = "PROVIDER", value_parser = names::provider)]
    resign: Option<&'static Provider>,
    #[command(flatten)]
    secrets: SecretArgs,
    /// The URL to sign, if it is not the one that is called
    #[arg(long, value_name = "URL", requires = "resign")]
    public_url: Option<String>,
    /// Leave out the first ones, to go on where a run was interrupted
    #[arg(long, value_name = "N", default_value_t = 0)]
    skip: usize,
    /// Send at most this many a second
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
}

/// A recording and its answer.
#[derive(Serialize)]
struct Replayed {
    file: String,
    method: String,
    url: String,
    status: u16,
    millis: u128,
}

pub(super) fn run(args: &Args, form: Output) -> Ended {
    let secret = args.resign.map(|_| args.secrets.read_one()).transpose()?;
    let files = files(&args.files)?;
    let (client, interrupt) = (Client::new(), Interrupt::watch());
    let bar = progress::bar(files.len().saturating_sub(args.skip), "replay");
    let (mut all_accepted, begun, mut sent) = (true, Instant::now(), 0);
    for file in files.iter().skip(args.skip) {
        if let Some(rate) = args.rate {
            thread::sleep((Duration::from_secs(1) * sent / rate).saturating_sub(begun.elapsed()));
        }
        if interrupt.is_set() {
            bar.finish_and_clear();
            let done = args.skip + sent as usize;
            eprintln!("interrupted after {done} of {}: go on with --skip {done}", files.len());
            return Ok(Outcome::Interrupted);
        }
        let shown = file.display().to_string();
        let mut capture = fs::read(file)
            .map_err(|error| error.to_string())
            .and_then(|text| Capture::parse(&text, Format::Auto, None))
            .map_err(|error| CliError::usage(format_args!("{shown}: {error}")))?;
        let url = joined(&args.to, &capture.target);
        if let (Some(provider), Some(secret)) = (args.resign, &secret) {
            let signed = args.public_url.as_ref().map(|url| joined(url, &capture.target));
            resign(&mut capture, provider, secret, signed.as_ref().unwrap_or(&url))
                .map_err(|error| CliError::usage(format_args!("{shown}: {error}")))?;
        }
        let answer = client.forward(&capture, &url).map_err(CliError::environment)?;
        sent += 1;
        all_accepted = all_accepted && answer.is_success();
        bar.inc(1);
        let millis = answer.took.as_millis();
        let replayed =
            Replayed { file: shown, method: capture.method, url, status: answer.status, millis };
        match form {
            Output::Json => output::json(&replayed)?,
            Output::Human => {
                let Replayed { file, method, url, status, millis } = replayed;
                let status = output::toned(&status.to_string(), Tone::of_status(status));
                bar.suspend(|| {
                    output::line(&format!("{status}  {method} {url}  {file}  {millis} ms"))
                })?;
            }
        }
    }
    bar.finish_and_clear();
    Ok(if all_accepted { Outcome::Done } else { Outcome::Refused })
}

/// The files themselves, and the recordings in directories, by name.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CliError> {
    let mut files = Vec::new();
    for path in paths {
        let error = |error| CliError::usage(format_args!("{}: {error}", path.display()));
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let is_recording = |path: &PathBuf| path.extension().is_some_and(|it| it == "http");
        let entries = fs::read_dir(path).map_err(error)?.map(|entry| Ok(entry?.path()));
        let mut inside: Vec<PathBuf> = entries.collect::<Result<_, _>>().map_err(error)?;
        inside.retain(is_recording);
        inside.sort();
        if inside.is_empty() {
            return Err(no_recordings(path));
        }
        files.extend(inside);
    }
    Ok(files)
}

fn no_recordings(path: &Path) -> CliError {
    CliError::usage(format_args!("{} has no files *.http", path.display()))
}

/// Signs a request anew, with the id that it has.
fn resign(
    capture: &mut Capture,
    provider: &Provider,
    secret: &Secret,
    url: &str,
) -> Result<(), String> {
    let now = SystemTime::now();
    let scheme = provider.scheme();
    if let Some(pointer) = scheme.and_then(Scheme::timestamp_pointer) {
        renew_time(capture, scheme.and_then(Scheme::signed_timestamp), pointer, now)?;
    }
    let id = scheme.and_then(Scheme::signed_id_header).and_then(|name| capture.header(name));
    let id = id.unwrap_or("msg_1").to_owned();
    let is_form = capture.header("content-type").is_some_and(|it| it.starts_with(FORM));
    let (headers, body) = {
        let mut request =
            RequestToSign::new(&capture.body).method(&capture.method).url(url).id(&id).at(now);
        request.form = is_form;
        let signed = provider.sign(secret, &request).map_err(|error| error.to_string())?;
        (signed.headers, signed.body.into_owned())
    };
    capture.body = body;
    for (name, value) in &headers {
        capture.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name.as_str()));
        capture.headers.push((name.to_string(), value.as_bytes().to_vec()));
    }
    Ok(())
}

/// Writes the present time into the body, and changes nothing else of it.
fn renew_time(
    capture: &mut Capture,
    timestamp: Option<&webhook_runtime::scheme::Timestamp>,
    pointer: &str,
    now: SystemTime,
) -> Result<(), String> {
    let missing = || format!("the body has no time at {pointer}");
    let json: serde_json::Value =
        serde_json::from_slice(&capture.body).map_err(|error| error.to_string())?;
    let old = json.pointer(pointer).ok_or_else(missing)?;
    let old = old.as_str().map_or_else(|| old.to_string(), str::to_owned);
    let millis = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let new = timestamp.ok_or_else(missing)?.format(u64::try_from(millis).unwrap_or_default());
    let body = std::str::from_utf8(&capture.body).map_err(|error| error.to_string())?;
    let name = pointer.rsplit('/').next().unwrap_or_default();
    // Behind the name of the member: the same number may stand elsewhere.
    let at = body.rfind(&format!("\"{name}\"")).ok_or_else(missing)?;
    let (before, behind) = body.split_at(at);
    capture.body = format!("{before}{}", behind.replacen(&old, &new, 1)).into_bytes();
    Ok(())
}

#[cfg(test)]
mod tests {
    use webhook_runtime::{providers::LINEAR, scheme::SignedRequest};

    use super::*;

    #[test]
    fn only_the_time_of_a_body_changes() {
        let body = br#"{ "n": 1760000000000, "webhookTimestamp" : 1760000000000 }"#;
        let mut capture =
            Capture { method: "POST".into(), body: body.to_vec(), ..Capture::default() };
        let secret = Secret::new("lin_wh_s3cret");
        resign(&mut capture, &LINEAR, &secret, "").expect("it can be signed");
        assert!(capture.body.starts_with(br#"{ "n": 1760000000000, "webhookTimestamp" : "#));
        assert_ne!(capture.body, body);
        let headers = capture.header_map();
        let request = SignedRequest {
            method: "POST",
            url: "",
            headers: &headers,
            query: "",
            body: &capture.body,
        };
        assert!(LINEAR.verify(&[secret], &request, None, SystemTime::now()).is_ok());
    }
}
