//! The client that sends requests and reads answers.

use std::time::{Duration, Instant};

use ureq::{Agent, http};

use crate::{error::CliError, outgoing::Outgoing};

/// The most bytes of an answer that are read.
const MAX_ANSWER: u64 = 1024 * 1024;

/// How long an answer may take. Providers wait half a minute at most.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The answer to a request.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) reason: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) took: Duration,
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// A client that follows no redirects, as senders of webhooks do.
#[derive(Clone)]
pub(crate) struct Client(Agent);

impl Client {
    pub(crate) fn new() -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(TIMEOUT))
            .user_agent(concat!("webhook-cli/", env!("CARGO_PKG_VERSION")))
            .allow_non_standard_methods(true)
            .build();
        Self(config.into())
    }

    pub(crate) fn send(&self, outgoing: &Outgoing) -> Result<Answer, CliError> {
        let mut request =
            http::Request::builder().method(outgoing.method.as_str()).uri(&outgoing.url);
        for (name, value) in &outgoing.headers {
            request = request.header(name, value);
        }
        let invalid = |error| CliError::usage(format_args!("{}: {error}", outgoing.url));
        let begun = Instant::now();
        let answer = if outgoing.body.is_empty() && outgoing.method != "POST" {
            self.0.run(request.body(()).map_err(invalid)?)
        } else {
            self.0.run(request.body(outgoing.body.as_slice()).map_err(invalid)?)
        };
        let failed =
            |error: ureq::Error| CliError::environment(format_args!("{}: {error}", outgoing.url));
        let mut answer = answer.map_err(failed)?;
        let body = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
        let status = answer.status();
        Ok(Answer {
            status: status.as_u16(),
            reason: status.canonical_reason().unwrap_or_default(),
            body: body.map_err(failed)?,
            took: begun.elapsed(),
        })
    }
}
