//! Signs requests and sends them.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use serde::Serialize;
use webhook_runtime::{Provider, Secret};

use crate::{
    client::{Answer, Client},
    credentials::{mask_query, secret_parameters, sends_secret},
    error::{CliError, Ended, Outcome},
    interrupt::Interrupt,
    outgoing::{Outgoing, RequestArgs, is_text},
    output::{self, Output, Tone},
    progress, values,
};

/// The most bytes of a body that are shown.
const MAX_SHOWN: usize = 2000;

/// Sign a sample or a body of your own, and send it
///
/// The exit code is 0 if every answer is 2xx, and 1 if one is not: so a forged delivery that is refused
/// as it should be ends with 1.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook send stripe --event invoice.paid --to http://localhost:3000/stripe --secret-env STRIPE_SECRET
  webhook send github --to http://localhost:3000/github --secret-env GITHUB_SECRET --forge body")]
pub(super) struct Args {
    #[command(flatten)]
    request: RequestArgs,
    /// The URL to call
    #[arg(long, value_name = "URL", value_parser = values::url)]
    to: String,
    /// Send this many, each with an id of its own
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Send at most this many a second
    #[arg(long, value_name = "R", requires = "repeat", value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
}

/// A request and its answer, as JSON.
#[derive(Serialize)]
struct Sent<'a> {
    id: &'a str,
    event: &'a str,
    method: &'a str,
    url: String,
    headers: Vec<[String; 2]>,
    body: String,
    status: u16,
    answer: String,
    millis: u128,
}

pub(super) fn run(args: &Args, form: Output) -> Ended {
    let secret = args.request.secrets.read_one()?;
    let data = args.request.read_data()?;
    let client = Client::new();
    let interrupt = Interrupt::watch();
    let bar = progress::bar(args.repeat as usize, "send");
    let mut answers = Vec::new();
    let begun = Instant::now();
    for number in 0..args.repeat {
        if let Some(rate) = args.rate {
            let due = Duration::from_secs(1) * number / rate;
            thread::sleep(due.saturating_sub(begun.elapsed()));
        }
        if interrupt.is_set() {
            break;
        }
        let outgoing = args.request.build(&args.to, &secret, data.as_deref())?;
        let answer = client.send(&outgoing)?;
        bar.inc(1);
        let shown = Shown::new(args, &secret, &outgoing);
        match form {
            Output::Json => output::json(&shown.sent(&answer))?,
            Output::Human if args.repeat == 1 => shown.print(&answer)?,
            Output::Human => {}
        }
        let is_echoed = outgoing
            .echoed
            .as_ref()
            .is_none_or(|echo| answer.body.windows(echo.len()).any(|part| part == echo.as_bytes()));
        if answer.is_success() && !is_echoed {
            eprintln!("the answer does not contain the challenge");
        }
        answers.push((answer.status, answer.took, answer.is_success() && is_echoed));
    }
    bar.finish_and_clear();
    if args.repeat > 1 && form == Output::Human {
        summary(&answers, begun.elapsed())?;
    }
    let rest = args.repeat as usize - answers.len();
    if interrupt.is_set() && rest > 0 {
        eprintln!(
            "interrupted after {} of {}: go on with --repeat {rest}",
            answers.len(),
            args.repeat
        );
        return Ok(Outcome::Interrupted);
    }
    let all = answers.iter().all(|(_, _, is_right)| *is_right);
    Ok(if all { Outcome::Done } else { Outcome::Refused })
}

/// The number of answers of each status, and their speed.
fn summary(answers: &[(u16, Duration, bool)], elapsed: Duration) -> Result<(), CliError> {
    let mut statuses = BTreeMap::<u16, usize>::new();
    let mut times: Vec<Duration> = Vec::new();
    for (status, took, _) in answers {
        *statuses.entry(*status).or_default() += 1;
        times.push(*took);
    }
    times.sort_unstable();
    let mut table = output::table();
    table.set_header(["status", "answers"]);
    for (status, count) in statuses {
        table.add_row([status.to_string(), count.to_string()]);
    }
    output::print_table(&table)?;
    let at = |percent: usize| {
        times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)))
    };
    if let (Some(half), Some(most)) = (at(50), at(99)) {
        output::line(&format!(
            "{} sent in {} ms; an answer takes {} ms at the median, {} ms at p99",
            answers.len(),
            elapsed.as_millis(),
            half.as_millis(),
            most.as_millis(),
        ))?;
    }
    Ok(())
}

/// A request as it is shown: without the secret.
struct Shown<'a> {
    provider: &'a Provider,
    secret: &'a Secret,
    outgoing: &'a Outgoing,
    /// The request contains the secret itself.
    has_secret: bool,
}

impl<'a> Shown<'a> {
    fn new(args: &Args, secret: &'a Secret, outgoing: &'a Outgoing) -> Self {
        let provider = args.request.provider;
        let mut handshakes = provider.handshakes().iter();
        let mut has_token = || handshakes.any(|it| it.verify_token().is_some());
        let has_secret = sends_secret(provider)
            || provider.scheme().is_none()
            || args.request.handshake && has_token();
        Self { provider, secret, outgoing, has_secret }
    }

    fn url(&self) -> String {
        let parameters: Vec<String> = secret_parameters(self.provider).collect();
        self.masked(&mask_query(&self.outgoing.url, &parameters))
    }

    /// Hides the secret, which some providers send.
    fn masked(&self, text: &str) -> String {
        if !self.has_secret {
            return text.to_owned();
        }
        let secret = String::from_utf8_lossy(self.secret.expose());
        if text.starts_with("Basic ") {
            return "Basic ***".to_owned();
        }
        if secret.trim().is_empty() { text.to_owned() } else { text.replace(&*secret, "***") }
    }

    fn headers(&self) -> impl Iterator<Item = [String; 2]> {
        self.outgoing.headers.iter().map(|(name, value)| [name.clone(), self.masked(value)])
    }

    fn body(&self) -> String {
        self.masked(&String::from_utf8_lossy(&self.outgoing.body))
    }

    fn sent(&self, answer: &Answer) -> Sent<'_> {
        Sent {
            id: &self.outgoing.id,
            event: &self.outgoing.event,
            method: &self.outgoing.method,
            url: self.url(),
            headers: self.headers().collect(),
            body: self.body(),
            status: answer.status,
            answer: self.masked(&String::from_utf8_lossy(&answer.body)),
            millis: answer.took.as_millis(),
        }
    }

    fn print(&self, answer: &Answer) -> Result<(), CliError> {
        output::line(&format!("{} {}", self.outgoing.method, self.url()))?;
        for [name, value] in self.headers() {
            output::line(&format!("{name}: {value}"))?;
        }
        if is_text(self.outgoing) && !self.outgoing.body.is_empty() {
            output::line("")?;
            output::line(&shortened(&self.body()))?;
        }
        output::line("")?;
        let millis = answer.took.as_millis();
        let status = format!("{} {}", answer.status, answer.reason);
        let status = output::toned(status.trim_end(), Tone::of_status(answer.status));
        output::line(&format!("{status} in {millis} ms"))?;
        let body = self.masked(&String::from_utf8_lossy(&answer.body));
        if body.trim().is_empty() { Ok(()) } else { output::line(&shortened(&body)) }
    }
}

/// The beginning of a text, which must not steer the terminal.
fn shortened(text: &str) -> String {
    let end = text.char_indices().nth(MAX_SHOWN).map_or(text.len(), |(at, _)| at);
    let shown = text[..end].chars().map(|mark| match mark {
        '\n' | '\t' => mark.to_string(),
        _ => output::visible(mark),
    });
    let more = if end < text.len() { "…" } else { "" };
    format!("{}{more}", shown.collect::<String>().trim_end())
}
