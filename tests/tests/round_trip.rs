//! For every provider: signed requests are accepted, and any change is rejected.
//!
//! The requests are random, but the same in every run.

mod runner;

use std::{
    cell::RefCell,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderName, HeaderValue};
use runner::{
    keys::pairs,
    random::{Random, is_impossible, is_in_query, secret, time_member},
};
use webhook_runtime::{
    Provider, Secret,
    providers::ALL,
    scheme::{ReplayWindow, RequestToSign, SignError, SignedRequest, VerifyError},
};

/// The number of requests for each provider.
const ROUNDS: u64 = 24;

/// The number for public keys, which are a hundred times slower.
const ASYMMETRIC_ROUNDS: u64 = 3;

/// A time longer than any window.
const YEARS: Duration = Duration::from_secs(100_000_000);

#[test]
fn signed_is_accepted_and_changed_rejected() {
    let mut wrong = Vec::new();
    for provider in ALL {
        if is_impossible(provider) {
            continue;
        }
        let rounds = if pairs(provider).is_some() { ASYMMETRIC_ROUNDS } else { ROUNDS };
        for round in 0..rounds {
            wrong.extend(Case::new(provider, round).judge());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Providers that can be tested are not skipped.
#[test]
fn providers_that_cannot_sign_say_so() {
    for provider in ALL.iter().filter(|provider| is_impossible(provider)) {
        let signed = provider.sign(&Secret::new("secret"), &RequestToSign::new(b"{}"));
        assert_eq!(signed.map(|_| ()), Err(SignError::Unsupported), "{}", provider.name());
    }
}

/// A signed request.
struct Case {
    provider: &'static Provider,
    secret: Secret,
    other: Secret,
    request: Request,
    now: SystemTime,
    random: Random,
    round: u64,
    /// The failures.
    wrong: RefCell<Vec<String>>,
}

/// A request whose parts can be changed.
#[derive(Clone)]
struct Request {
    method: &'static str,
    url: String,
    headers: HeaderMap,
    query: String,
    body: Vec<u8>,
}

impl Case {
    fn new(provider: &'static Provider, round: u64) -> Self {
        let seed = provider.name().bytes().map(u64::from);
        let mut random = Random(seed.fold(round, |seed, byte| seed.wrapping_mul(31) ^ byte));
        let (private, secret, other) = if let Some([ours, other]) = pairs(provider) {
            (ours.private, ours.public, other.public)
        } else {
            let (secret, other) = (secret(provider, &mut random), secret(provider, &mut random));
            (secret.clone(), secret, other)
        };
        // The years 2001 to 2286, which have timestamps of ten digits.
        let at = 1_000_000_000 + random.next() % 8_999_999_999;
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(at);
        let (form, body) = body(provider, &mut random, now);
        let id = format!("msg_{}", random.word(20));
        let url = format!("https://hooks.example.com/{}?a=1&b={}", random.word(6), random.word(4));
        let mut outgoing = RequestToSign::new(&body).id(&id).at(now).url(&url);
        outgoing.form = form;
        let signed = provider
            .sign(&private, &outgoing)
            .unwrap_or_else(|error| panic!("{}, round {round}: {error}", provider.name()));
        let mut headers = signed.headers;
        let content_type =
            if form { "application/x-www-form-urlencoded" } else { "application/json" };
        headers.insert("content-type", HeaderValue::from_static(content_type));
        let mut query = url.split_once('?').expect("it has a query").1.to_owned();
        if !signed.query.is_empty() {
            query = format!("{query}&{}", signed.query);
        }
        let body = signed.body.into_owned();
        let request = Request { method: "POST", url, headers, query, body };
        Self { provider, secret, other, request, now, random, round, wrong: RefCell::default() }
    }

    fn judge(mut self) -> Vec<String> {
        self.accepts("as it was signed", &self.request);
        self.refuses_other_secrets();
        self.refuses_other_bodies();
        self.refuses_other_headers();
        self.refuses_other_targets();
        self.is_genuine_for_as_long_as_it_says();
        self.wrong.into_inner()
    }

    fn refuses_other_secrets(&self) {
        let (secret, other) = (self.secret.clone(), self.other.clone());
        let verify = |secrets: &[Secret]| self.verify(secrets, &self.request);
        self.is_refused("another secret", verify(std::slice::from_ref(&other)));
        self.is_refused("no secret", verify(&[]));
        if self.provider.name() != "box" {
            // Box has a header for each secret. Elsewhere, every live secret is tried.
            self.is_accepted("the old secret", verify(&[other.clone(), secret.clone()]));
        }
        self.is_accepted("the new secret", verify(&[secret, other]));
    }

    fn refuses_other_bodies(&mut self) {
        if self.provider.scheme_info().signs_body {
            for _ in 0..8 {
                let mut changed = self.request.clone();
                if !changed.body.is_empty() {
                    let at = self.random.below(changed.body.len());
                    changed.body[at] ^= 1 << self.random.below(8);
                    self.refuses("a changed body", &changed);
                }
            }
            let mut changed = self.request.clone();
            changed.body.push(b'x');
            self.refuses("a longer body", &changed);
            let mut changed = self.request.clone();
            if changed.body.pop().is_some() {
                self.refuses("a shorter body", &changed);
            }
        }
        // The keys before a signature in the body.
        for name in ["hmacSignature", "clientState", "passcode", "signature", "token", "timestamp"]
        {
            let before = format!("\"{name}\":\"");
            let text = String::from_utf8_lossy(&self.request.body).into_owned();
            let is_signature = self.provider.scheme_info().signature_header.is_empty();
            let Some(start) = text.find(&before).filter(|_| is_signature) else { continue };
            let start = start + before.len();
            let length = text[start..].find('"').expect("a string ends");
            for _ in 0..8 {
                let mut changed = self.request.clone();
                let at = start + self.random.below(length);
                changed.body[at] = other_mark(changed.body[at]);
                self.refuses(&format!("a changed {name}"), &changed);
            }
            let mut changed = self.request.clone();
            changed.body.remove(start + length - 1);
            self.refuses(&format!("a shortened {name}"), &changed);
            let mut changed = self.request.clone();
            changed.body.insert(start + length, b'0');
            self.refuses(&format!("an extended {name}"), &changed);
        }
    }

    fn refuses_other_headers(&mut self) {
        let signed: Vec<(HeaderName, Vec<u8>)> = self
            .request
            .headers
            .iter()
            .filter(|(name, _)| *name != "content-type")
            .map(|(name, value)| (name.clone(), value.as_bytes().to_vec()))
            .collect();
        for (name, value) in signed {
            for _ in 0..8 {
                let mut changed = value.clone();
                let at = self.random.below(changed.len());
                changed[at] ^= 1 << self.random.below(8);
                self.refuses_header("a changed", &name, &changed);
            }
            self.refuses_header("a shortened", &name, &value[..value.len() - 1]);
            self.refuses_header("an extended", &name, &[&value[..], b"0"].concat());
            self.refuses_header("an extended", &name, &[&value[..], b"="].concat());
            self.refuses_header("an empty", &name, b"");
            let mut without = self.request.clone();
            without.headers.remove(&name);
            self.refuses(&format!("no {name}"), &without);
            let mut twice = self.request.clone();
            let value = twice.headers[&name].clone();
            twice.headers.append(&name, value);
            self.refuses(&format!("{name} sent twice"), &twice);
        }
    }

    fn refuses_header(&self, how: &str, name: &HeaderName, value: &[u8]) {
        // Invalid header values cannot be sent.
        let Ok(value) = HeaderValue::from_bytes(value) else { return };
        let mut changed = self.request.clone();
        let shown = format!("{how} {name}: {value:?}");
        changed.headers.insert(name, value);
        self.refuses(&shown, &changed);
    }

    fn refuses_other_targets(&self) {
        if self.provider.scheme_info().signs_url {
            let mut changed = self.request.clone();
            changed.url.push('x');
            self.refuses("another URL", &changed);
            let mut changed = self.request.clone();
            changed.url = changed.url.replacen("hooks.", "books.", 1);
            if self.provider.name() != "contentful" && self.provider.name() != "atlassian-connect" {
                // These sign the path, but not the host.
                self.refuses("another host", &changed);
            }
        }
        if !self.provider.scheme_info().signs_url {
            let changed = Request { url: "https://books.test/".to_owned(), ..self.request.clone() };
            self.accepts("another URL, which is not signed,", &changed);
        }
        let changed = Request { method: "PUT", ..self.request.clone() };
        if self.provider.scheme_info().signs_method {
            self.refuses("another method", &changed);
        } else {
            self.accepts("another method, which is not signed,", &changed);
        }
        if is_in_query(self.provider) {
            let query = &self.request.query;
            let signature = query.rsplit('&').next().unwrap_or_default();
            let shorter = query[..query.len() - 1].to_owned();
            for query in
                [String::new(), format!("{query}0"), shorter, format!("{query}&{signature}")]
            {
                self.refuses("another query", &Request { query, ..self.request.clone() });
            }
        }
    }

    /// The validity is what the provider's description says.
    fn is_genuine_for_as_long_as_it_says(&self) {
        let later = |by: Duration| {
            self.verify_at(std::slice::from_ref(&self.secret), &self.request, self.now + by)
        };
        match self.provider.scheme_info().replay_window {
            ReplayWindow::Unlimited => self.is_accepted("what was signed years ago", later(YEARS)),
            ReplayWindow::Limited(window) => {
                let second = Duration::from_secs(1);
                self.is_accepted("what is not too old yet", later(window.saturating_sub(second)));
                self.is_refused("what is too old", later(window + second));
            }
            // The tokens of these tests have an expiry.
            _ => self.is_refused("what has expired", later(YEARS)),
        }
    }

    fn verify(&self, secrets: &[Secret], request: &Request) -> Result<(), VerifyError> {
        self.verify_at(secrets, request, self.now)
    }

    fn verify_at(
        &self,
        secrets: &[Secret],
        request: &Request,
        now: SystemTime,
    ) -> Result<(), VerifyError> {
        let incoming = SignedRequest {
            method: request.method,
            url: &request.url,
            headers: &request.headers,
            query: &request.query,
            body: &request.body,
        };
        self.provider.verify(secrets, &incoming, None, now).map(drop)
    }

    fn accepts(&self, what: &str, request: &Request) {
        self.is_accepted(what, self.verify(std::slice::from_ref(&self.secret), request));
    }

    fn refuses(&self, what: &str, request: &Request) {
        self.is_refused(what, self.verify(std::slice::from_ref(&self.secret), request));
    }

    fn is_accepted(&self, what: &str, verdict: Result<(), VerifyError>) {
        if let Err(error) = verdict {
            self.complain(&format!("{what} is refused: {error}"));
        }
    }

    fn is_refused(&self, what: &str, verdict: Result<(), VerifyError>) {
        if verdict.is_ok() {
            self.complain(&format!("{what} is accepted"));
        }
    }

    fn complain(&self, what: &str) {
        let (provider, round) = (self.provider.name(), self.round);
        self.wrong.borrow_mut().push(format!("{provider}, round {round}: {what}"));
    }
}

/// Another character that is as valid in a signature.
fn other_mark(mark: u8) -> u8 {
    if mark == b'1' { b'2' } else { b'1' }
}

/// A body that the provider can sign, and true if it is a form.
fn body(provider: &Provider, random: &mut Random, now: SystemTime) -> (bool, Vec<u8>) {
    let word = random.word(12);
    if let Some(time) = time_member(provider, now) {
        return (false, format!(r#"{{{time},"x":"{word}"}}"#).into());
    }
    let body = match provider.name() {
        "adyen" => format!(
            r#"{{"notificationItems":[{{"NotificationRequestItem":{{"pspReference":"{word}"}}}}]}}"#
        ),
        "figma" => format!(r#"{{"event_type":"PING","x":"{word}"}}"#),
        "dropbox-sign" => format!(r#"{{"event":{{"event_type":"e_{word}"}}}}"#),
        "mailgun" => format!(r#"{{"event-data":{{"event":"{word}"}}}}"#),
        "mandrill" => return (true, format!("mandrill_events=%5B\"{word}\"%5D").into()),
        "alipay" | "plivo" | "twilio" => {
            return (true, format!("A={word}&B={}", random.word(5)).into());
        }
        "microsoft-graph" => format!(r#"{{"value":[{{"id":"{word}"}},{{}}]}}"#),
        "coinbase-cdp" | "hygraph" => format!(r#"{{"x":"{word}"}}"#),
        // Behind a URL, other bodies could be taken for its end.
        _ if provider.scheme_info().signs_url => format!(r#"{{"x":"{word}"}}"#),
        // Only text cannot be the continuation of a plain hash.
        _ if provider.scheme().is_some_and(|scheme| scheme.algorithm().starts_with("SHA-")) => {
            format!("{word} ü")
        }
        _ => {
            let length = random.below(200);
            return (false, random.bytes(length));
        }
    };
    (false, body.into_bytes())
}
