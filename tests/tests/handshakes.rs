//! Sends every handshake of a vector file to a mounted endpoint over HTTP, and compares the
//! answers.
//!
//! `WEBHOOK_HANDSHAKES=file cargo test -p webhook-tests --test handshakes` reads another file of
//! the format that `tests/vectors/README.md` describes.

mod runner;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use http::Uri;
use runner::{
    endpoint::{Keys, Mounted, Seen, ask, webhooks},
    http::{Answer, Request},
    keys,
    lines::{Content, Handshake, Vector, Verdict, Wanted, lines, own, read, topic},
    registry, tell,
};
use webhook_runtime::{
    Provider, Secret, SecretSource, SourceError, Tenant, Webhooks,
    scheme::{KeyType, RequestToSign},
};

/// The lines that are deliveries: what matters is the answer.
const DELIVERIES: [&str; 6] = [
    "eventgrid-normal-event",
    "adyen-accepted",
    "alipay-success",
    "dropbox-sign-callback-test",
    "figma-ping",
    "xero-itr-good",
];

/// The secret, if a line gives none.
const SECRET: &str = "a-secret-of-the-runner";

#[tokio::test]
async fn handshakes_are_answered_as_expected() {
    let handshakes: Vec<Handshake> = read("WEBHOOK_HANDSHAKES", "handshakes.jsonl");
    let mut as_expected = 0;
    let mut unknown = BTreeSet::new();
    for handshake in &handshakes {
        let Some(provider) = registry::find(&handshake.provider) else {
            unknown.insert(handshake.provider.as_str());
            continue;
        };
        match judge(handshake, provider).await {
            Ok(_) => as_expected += 1,
            Err(problem) => tell(&format!("{}: {problem}", handshake.name)),
        }
    }
    for name in &unknown {
        tell(&format!("unknown provider: {name}"));
    }
    let all = handshakes.len();
    tell(&format!("{as_expected} of {all} as expected"));
    assert!(unknown.is_empty(), "unknown providers: {unknown:?}");
    assert_eq!(as_expected, all, "answers are not as expected: see above");
}

#[test]
fn the_vector_file_is_complete() {
    let handshakes: Vec<Handshake> = lines(&own("handshakes.jsonl"));
    assert_eq!(handshakes.len(), 36);
}

/// Events must not be taken for handshakes, nor handshakes for events. The answers alone do not
/// show it.
#[tokio::test]
async fn only_deliveries_reach_the_handler() {
    for handshake in &lines::<Handshake>(&own("handshakes.jsonl")) {
        let provider = registry::find(&handshake.provider).expect("it is known");
        let is_delivery = DELIVERIES.iter().any(|name| handshake.name.ends_with(name));
        let delivered = judge(handshake, provider).await;
        assert_eq!(delivered, Ok(usize::from(is_delivery)), "{}", handshake.name);
    }
}

/// Anybody can send an unsigned handshake, so a second one must not replace the first secret.
#[tokio::test]
async fn a_stored_secret_is_not_replaced() {
    let handshakes: Vec<Handshake> = lines(&own("handshakes.jsonl"));
    let handshake = handshakes.iter().find(|it| it.provider == "asana").expect("Asana");
    let provider = registry::find("asana").expect("Asana");
    let kept = Kept::default();
    let url = handshake.request.url.parse::<Uri>().expect("a URL");
    let offer = async |secret: &str| {
        let router = webhooks(provider, &url, &Keys::default())
            .secret_source::<Mounted>(kept.clone())
            .into_router()
            .expect("it can be mounted")
            .with_state(Seen::default());
        let headers = [("X-Hook-Secret".to_owned(), secret.to_owned())];
        let request =
            Request { method: "POST", target: url.path(), headers: &headers, body: b"{}" };
        ask(router, &request).await.expect("an answer").status
    };
    assert_eq!(offer("the first").await, 200);
    assert_eq!(offer("the second").await, 401);
    assert_eq!(kept.secret().as_deref(), Some("the first"));
}

/// A source that stores the first secret that it is offered.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Option<Secret>>>);

impl Kept {
    fn secret(&self) -> Option<String> {
        let kept = self.0.lock().expect("nobody panicked");
        kept.as_ref().map(|secret| String::from_utf8_lossy(secret.expose()).into_owned())
    }
}

impl SecretSource for Kept {
    async fn secrets(&self, _: &Tenant) -> Result<Vec<Secret>, SourceError> {
        let kept = self.0.lock().expect("nobody panicked");
        kept.clone().map(|secret| vec![secret]).ok_or(SourceError::NotFound)
    }

    async fn store(&self, _: &Tenant, offered: Secret) -> Result<(), SourceError> {
        self.0.lock().expect("nobody panicked").get_or_insert(offered);
        Ok(())
    }
}

/// A line, prepared as a request.
struct Question {
    url: Uri,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    secrets: Vec<Secret>,
    /// Only if the provider sends the secret.
    kept: Option<Kept>,
    now: std::time::SystemTime,
}

impl Question {
    fn new(handshake: &Handshake, provider: &Provider) -> Result<Self, String> {
        let request = &handshake.request;
        let secret = match (&handshake.config.public_key, &handshake.config.secret) {
            (Some(public), Some(private)) => Some(format!("{public}:{private}")),
            (_, secret) => secret.clone(),
        };
        let secret = secret.as_deref();
        let mut question = Self {
            url: request.url.parse().map_err(|_| "the URL is none".to_owned())?,
            headers: request.headers(),
            body: request.body(),
            secrets: vec![Secret::new(match topic(provider, &handshake.request.body()) {
                Some(topic) => topic,
                None => secret.map_or_else(
                    || provider.scheme_info().example_secret(SECRET),
                    ToOwned::to_owned,
                ),
            })],
            kept: None,
            now: handshake.config.now(),
        };
        let is_any_valid = |note: &str| note.starts_with("any valid");
        if request.note.starts_with("sign as in") {
            question.sign(provider, secret)?;
        } else if is_any_valid(&request.note) || is_any_valid(&handshake.config.note) {
            question.be_any_valid(handshake, provider)?;
        }
        match provider.name() {
            // These send their secret in the handshake itself.
            "asana" | "notion" if secret.is_none() => question.kept = Some(Kept::default()),
            // A token in the URL authenticates the sender. We choose it, so no line contains it.
            "azure-eventgrid" if secret.is_none() => {
                let name = provider.scheme_info().signature_header;
                question.add_to_query(&format!("{name}={SECRET}"))?;
            }
            _ => {}
        }
        Ok(question)
    }

    /// Signs the request with our key.
    fn sign(&mut self, provider: &Provider, secret: Option<&str>) -> Result<(), String> {
        let [pair, _] = keys::ed25519();
        let is_ed25519 = provider.scheme_info().key_pair == Some(KeyType::Ed25519);
        let private = if is_ed25519 && secret.is_none() {
            self.secrets = vec![pair.public];
            pair.private
        } else {
            self.secrets[0].clone()
        };
        let url = self.url.to_string();
        let outgoing = RequestToSign::new(&self.body).url(&url).at(self.now);
        let signed = provider.sign(&private, &outgoing).map_err(|error| error.to_string())?;
        for (name, value) in &signed.headers {
            let value = value.to_str().map_err(|error| error.to_string())?;
            self.headers.push((name.as_str().to_owned(), value.to_owned()));
        }
        self.body = signed.body.into_owned();
        Ok(())
    }

    /// Takes body, secret and time from an accepted line of `signatures.jsonl`.
    fn be_any_valid(&mut self, handshake: &Handshake, provider: &Provider) -> Result<(), String> {
        let vectors: Vec<Vector> = lines(&own("signatures.jsonl"));
        let valid = vectors
            .iter()
            .find(|it| it.provider == handshake.provider && it.expect == Verdict::Accept)
            .ok_or("there is no valid vector")?;
        self.headers = valid.headers();
        self.body = valid.body();
        self.secrets = valid.secrets(provider);
        self.now = valid.now();
        Ok(())
    }

    fn add_to_query(&mut self, pair: &str) -> Result<(), String> {
        let separator = if self.url.query().is_some() { '&' } else { '?' };
        let url = format!("{}{separator}{pair}", self.url);
        self.url = url.parse().map_err(|_| "the URL is none".to_owned())?;
        Ok(())
    }
}

/// Sends the request, compares the answer, and returns the number of deliveries that reached the
/// handler.
async fn judge(handshake: &Handshake, provider: &'static Provider) -> Result<usize, String> {
    let question = Question::new(handshake, provider)?;
    let config = &handshake.config;
    let mut mounted: Webhooks<Seen> = webhooks(provider, &question.url, &Keys::default())
        .verify_token::<Mounted>(Secret::new(config.verify_token.as_deref().unwrap_or(SECRET)))
        .clock(question.now);
    mounted = match &question.kept {
        Some(kept) => mounted.secret_source::<Mounted>(kept.clone()),
        None => mounted.secrets::<Mounted>(question.secrets),
    };
    if let Some(origins) = &config.allowed_cloudevents_origins {
        mounted = mounted.allowed_cloudevents_origins(origins);
    }
    let seen = Seen::default();
    let router = mounted.into_router().map_err(|error| error.to_string())?;
    let request = Request {
        method: &handshake.request.method,
        target: question.url.path_and_query().map_or("/", http::uri::PathAndQuery::as_str),
        headers: &question.headers,
        body: &question.body,
    };
    let answer = ask(router.with_state(seen.clone()), &request).await?;
    compare(&handshake.response, &answer)?;
    if let Some(kept) = &question.kept {
        let secret = kept.secret().ok_or("the secret was not kept")?;
        let is_offered = question.headers.iter().any(|(_, value)| *value == secret)
            || String::from_utf8_lossy(&question.body).contains(&secret);
        if !is_offered {
            return Err("another secret was kept than the offered one".to_owned());
        }
    }
    Ok(seen.bodies().await.len())
}

/// Compares an answer with the expected one.
fn compare(wanted: &Wanted, answer: &Answer) -> Result<(), String> {
    let status = answer.status;
    let is_wanted = match (wanted.status, &wanted.status_any) {
        (Some(one), _) => status == one,
        (None, Some(any)) => any.contains(&status),
        (None, None) => status < 500,
    };
    if !is_wanted {
        return Err(format!("answered {status}: {}", answer.text()));
    }
    has_content(&wanted.content, answer)?;
    if let Some(contents) = &wanted.any_of
        && contents.iter().all(|content| has_content(content, answer).is_err())
    {
        return Err(format!("none of the wanted bodies: {}", answer.text()));
    }
    for (name, value) in &wanted.headers {
        let found = answer.header(name);
        if found != Some(value) && found != wanted.headers_alt.get(name).map(String::as_str) {
            return Err(format!("the header {name} is {found:?}"));
        }
        if found.is_none() {
            return Err(format!("the header {name} is missing"));
        }
    }
    if let Some(text) = &wanted.must_not_contain
        && answer.text().contains(text)
    {
        return Err(format!("the answer contains {text}"));
    }
    if let Some(name) = &wanted.must_not_have_header
        && answer.headers.contains_key(name)
    {
        return Err(format!("the answer has the header {name}"));
    }
    Ok(())
}

fn has_content(wanted: &Content, answer: &Answer) -> Result<(), String> {
    if let Some(wanted) = &wanted.media_type {
        let sent = answer.header("content-type").unwrap_or_default();
        // Parameters such as the charset do not matter.
        let essence = sent.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case(wanted) {
            return Err(format!("the content type is {sent:?}"));
        }
    }
    if let Some(wanted) = &wanted.body
        && answer.body != wanted.as_bytes()
    {
        return Err(format!("the body is {:?}", answer.text()));
    }
    if let Some(wanted) = &wanted.json
        && serde_json::from_slice::<serde_json::Value>(&answer.body).ok().as_ref() != Some(wanted)
    {
        return Err(format!("the body is {:?}", answer.text()));
    }
    Ok(())
}
