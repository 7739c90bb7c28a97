//! The client that sends requests and reads answers.

use std::time::{Duration, Instant};

use ureq::{Agent, http};

use crate::{capture::Capture, error::CliError, outgoing::Outgoing};

/// The most bytes of an answer that are read.
const MAX_ANSWER: u64 = 16 * 1024 * 1024;

/// The limit to the time of an answer. Providers wait half a minute at most.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The headers of a connection, which are not those of the request.
const OF_CONNECTION: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The answer to a request.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) reason: &'static str,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
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
        let headers = outgoing.headers.iter().map(|(name, value)| (&**name, value.as_bytes()));
        self.call(&outgoing.method, &outgoing.url, headers, &outgoing.body)
            .map_err(CliError::environment)
    }

    /// Sends a captured request as it is, to this URL.
    pub(crate) fn forward(&self, capture: &Capture, url: &str) -> Result<Answer, String> {
        let headers = capture.headers.iter().map(|(name, value)| (&**name, &**value));
        let own = headers.filter(|(name, _)| !is_of_connection(name));
        self.call(&capture.method, url, own, &capture.body)
    }

    fn call<'h>(
        &self,
        method: &str,
        url: &str,
        headers: impl Iterator<Item = (&'h str, &'h [u8])>,
        body: &[u8],
    ) -> Result<Answer, String> {
        let mut request = http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        // The query may contain a credential.
        let shown = url.split('?').next().unwrap_or_default();
        let failed = |error: ureq::Error| format!("{shown}: {error}");
        let invalid = |error| format!("{shown}: {error}");
        let begun = Instant::now();
        let answer = if body.is_empty() && method != "POST" {
            self.0.run(request.body(()).map_err(invalid)?)
        } else {
            self.0.run(request.body(body).map_err(invalid)?)
        };
        let mut answer = answer.map_err(failed)?;
        let body = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
        let status = answer.status();
        let headers = answer.headers().iter().filter(|(name, _)| !is_of_connection(name.as_str()));
        Ok(Answer {
            status: status.as_u16(),
            reason: status.canonical_reason().unwrap_or_default(),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
                .collect(),
            body: body.map_err(failed)?,
            took: begun.elapsed(),
        })
    }
}

fn is_of_connection(name: &str) -> bool {
    OF_CONNECTION.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// The URL of a target. Without a path of its own, it takes that of the request.
pub(crate) fn joined(base: &str, target: &str) -> String {
    let target = target
        .split_once("://")
        .map_or(target, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
    let origin = base.strip_suffix('/').unwrap_or(base);
    if !rest.contains(['/', '?']) || rest.find('/') == Some(rest.len() - 1) {
        return format!("{origin}{target}");
    }
    match target.split_once('?') {
        Some((_, query)) if !base.contains('?') => format!("{base}?{query}"),
        _ => base.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_keeps_its_own_path() {
        for (base, target, url) in [
            ("http://a:1", "/b?c", "http://a:1/b?c"),
            ("http://a:1/", "/b?c", "http://a:1/b?c"),
            ("http://a/x", "/b", "http://a/x"),
            ("http://a/x/", "/b?c", "http://a/x/?c"),
            ("http://a/x?y", "/b?c", "http://a/x?y"),
            ("http://a", "https://b.example/c?d", "http://a/c?d"),
        ] {
            assert_eq!(joined(base, target), url);
        }
    }
}
