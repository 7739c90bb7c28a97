//! The page that says how many deliveries were handled.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use ureq::Agent;

use crate::error::CliError;

/// The most bytes of the page that are read.
const MAX_PAGE: u64 = 64 * 1024;

const TIMEOUT: Duration = Duration::from_secs(5);

/// The number of times that the page is asked for before the last count stands.
const TRIES: u32 = 5;

/// The page, and the last count.
#[derive(Clone)]
pub(super) struct EffectsPage {
    agent: Agent,
    url: String,
    last: Arc<AtomicUsize>,
}

/// The reason for which there is no count.
enum NoCount {
    /// It may come after a pause.
    Later(Duration, String),
    /// It took too long, and would again.
    TooLate(String),
    NoNumber(String),
}

impl EffectsPage {
    /// Reads the page for the first time.
    pub(super) fn open(url: &str) -> Result<Self, CliError> {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT))
            // The second packet of an answer waits for an acknowledgement on older connections.
            .max_idle_connections(0)
            .user_agent(concat!("webhook-cli/", env!("CARGO_PKG_VERSION")))
            .build();
        let page = Self { agent: config.into(), url: url.to_owned(), last: Arc::default() };
        match page.read() {
            Ok(count) => page.last.store(count, Relaxed),
            Err(NoCount::Later(_, why) | NoCount::TooLate(why)) => {
                return Err(CliError::environment(format_args!("--effects {url}: {why}")));
            }
            Err(NoCount::NoNumber(text)) => {
                return Err(CliError::usage(format_args!(
                    "--effects {url}: there is no number in {text:?}; it has to show how many \
                     deliveries were handled"
                )));
            }
        }
        Ok(page)
    }

    /// The count. While the page does not answer, it is the last one.
    pub(super) fn count(&self) -> usize {
        for _ in 0..TRIES {
            match self.read() {
                Ok(count) => {
                    self.last.store(count, Relaxed);
                    return count;
                }
                Err(NoCount::Later(pause, _)) => thread::sleep(pause),
                Err(NoCount::NoNumber(_) | NoCount::TooLate(_)) => break,
            }
        }
        self.last.load(Relaxed)
    }

    fn read(&self) -> Result<usize, NoCount> {
        const SOON: Duration = Duration::from_millis(100);
        let later = |error: ureq::Error| match error {
            ureq::Error::Timeout(_) => NoCount::TooLate(error.to_string()),
            _ => NoCount::Later(SOON, error.to_string()),
        };
        let request =
            self.agent.get(&self.url).header("accept", "application/json, text/plain, */*");
        let mut answer = request.call().map_err(later)?;
        let status = answer.status();
        if !status.is_success() {
            let seconds = answer.headers().get("retry-after");
            let seconds = seconds.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
            let pause = seconds.map_or(SOON, |seconds| Duration::from_secs(seconds.min(30)));
            return Err(NoCount::Later(pause, format!("it answers {status}")));
        }
        let body = answer.body_mut().with_config().limit(MAX_PAGE).read_to_vec().map_err(later)?;
        let text = String::from_utf8_lossy(&body).into_owned();
        number(&text).ok_or_else(|| NoCount::NoNumber(text.chars().take(80).collect()))
    }
}

/// The first number in a text.
fn number(text: &str) -> Option<usize> {
    let start = text.find(|mark: char| mark.is_ascii_digit())?;
    let digits = text[start..].split(|mark: char| !mark.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_counts() {
        for (text, count) in [
            ("7", Some(7)),
            (" 12\n", Some(12)),
            (r#"{"count": 3, "since": 2025}"#, Some(3)),
            ("<p>handled: 40 deliveries</p>", Some(40)),
            ("none", None),
            ("", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(number(text), count, "{text}");
        }
    }
}
