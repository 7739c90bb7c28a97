//! Judges every line of a vector file twice: with the public verification function, and with a
//! mounted endpoint over HTTP.
//!
//! `WEBHOOK_VECTORS=file cargo test -p webhook-tests --test signatures` reads another file of the
//! format that `tests/vectors/README.md` describes.

mod runner;

use std::{collections::BTreeSet, env, fmt};

use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use runner::{
    endpoint::{Keys, Mounted, Seen, ask, webhooks},
    http::{Request, is_sendable},
    lines::{Vector, Verdict, lines, own, read},
    registry, tell,
};
use webhook_runtime::{
    Provider, Secret,
    providers::ALL,
    scheme::{SignedRequest, Verified},
};

/// The variable that names another file.
const VARIABLE: &str = "WEBHOOK_VECTORS";

#[tokio::test]
async fn every_vector_is_judged_as_expected() {
    let vectors: Vec<Vector> = read(VARIABLE, "signatures.jsonl");
    let answered = judge(&vectors).await;
    if env::var_os(VARIABLE).is_none() {
        let handshakes =
            ["public/discord/accept-1", "public/aws-sns/accept-subscription-confirmation"];
        assert_eq!(answered, handshakes, "all others have to reach the handler");
    }
}

/// The examples that providers print in their own documentation.
#[tokio::test]
async fn every_published_example_is_genuine() {
    let vectors: Vec<Vector> = lines(&own("published.jsonl"));
    assert!(vectors.len() >= 20, "{}", vectors.len());
    assert!(vectors.iter().all(|vector| vector.expect == Verdict::Accept));
    assert_eq!(judge(&vectors).await, [""; 0], "all have to reach the handler");
}

/// Judges every line, and returns the names of those that were answered without the handler.
async fn judge(vectors: &[Vector]) -> Vec<String> {
    let mut tally = Tally::default();
    let mut unknown = BTreeSet::new();
    for vector in vectors {
        let Some(provider) = registry::find(&vector.provider) else {
            unknown.insert(vector.provider.as_str());
            continue;
        };
        let verified = match verified(vector, provider) {
            Ok(_) => Outcome::Accepted,
            Err(reason) => Outcome::Refused(reason),
        };
        let asked = ask_endpoint(vector, provider).await;
        tally.count(vector, &verified, &asked);
    }
    let all = vectors.len();
    for line in &tally.wrong {
        tell(line);
    }
    for name in &unknown {
        let lines = vectors.iter().filter(|vector| vector.provider == *name).count();
        tell(&format!("unknown provider: {name} ({lines} lines)"));
    }
    for name in &tally.answered {
        tell(&format!("{name}: answered as a handshake, without the handler"));
    }
    tell(&format!("through the public API: {} of {all} as expected", tally.verified));
    tell(&format!("over HTTP: {} of {all} as expected", tally.asked));
    tell(&format!("{} of {all} as expected", tally.both));
    assert!(unknown.is_empty(), "unknown providers: {unknown:?}");
    assert_eq!(tally.both, all, "lines are not as expected: see above");
    tally.answered
}

/// The vector file holds what its description says, so that a green run means something.
#[test]
fn the_vector_file_is_complete() {
    let vectors: Vec<Vector> = lines(&own("signatures.jsonl"));
    assert_eq!(vectors.len(), 3418);
    let accepted = vectors.iter().filter(|vector| vector.expect == Verdict::Accept).count();
    assert_eq!(accepted, 721);
    let providers: BTreeSet<_> = vectors.iter().map(|vector| &vector.provider).collect();
    assert_eq!(providers.len(), 186);
    let names: BTreeSet<_> = vectors.iter().map(|vector| &vector.name).collect();
    assert_eq!(names.len(), vectors.len(), "every line has a name of its own");
    for (op, count) in [("rfc", 3), ("wycheproof", 79)] {
        assert_eq!(vectors.iter().filter(|vector| vector.op == op).count(), count, "{op}");
    }
}

#[test]
fn every_alias_names_a_provider() {
    for (alias, name) in registry::ALIASES {
        assert!(registry::find(name).is_some(), "{alias} stands for {name}, which is not there");
    }
}

#[test]
fn provider_names_are_unique() {
    let mut names: Vec<_> = ALL
        .iter()
        .chain(registry::EXTRA)
        .map(|provider| registry::plain(provider.name()))
        .collect();
    names.sort();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}

/// The outcome of a request.
enum Outcome {
    /// Accepted, and passed to the handler unchanged.
    Accepted,
    /// Accepted as a handshake, which never reaches the handler.
    Answered,
    /// Rejected, and why.
    Refused(String),
    /// What must never happen.
    Broken(String),
}

impl Outcome {
    fn is(&self, verdict: Verdict) -> bool {
        match self {
            Self::Accepted | Self::Answered => verdict == Verdict::Accept,
            Self::Refused(_) => verdict == Verdict::Reject,
            Self::Broken(_) => false,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("accepted"),
            Self::Answered => f.write_str("answered as a handshake"),
            Self::Refused(reason) => write!(f, "refused ({reason})"),
            Self::Broken(what) => f.write_str(what),
        }
    }
}

#[derive(Default)]
struct Tally {
    verified: usize,
    asked: usize,
    both: usize,
    /// Answered without the handler, which is right only for a handshake.
    answered: Vec<String>,
    wrong: Vec<String>,
}

impl Tally {
    fn count(&mut self, vector: &Vector, verified: &Outcome, asked: &Outcome) {
        let by_both = [verified, asked].map(|outcome| outcome.is(vector.expect));
        self.verified += usize::from(by_both[0]);
        self.asked += usize::from(by_both[1]);
        if matches!(asked, Outcome::Answered) {
            self.answered.push(vector.name.clone());
        }
        if by_both == [true, true] {
            self.both += 1;
        } else {
            self.wrong.push(format!(
                "{}: {:?} expected; through the public API {verified}, over HTTP {asked} [{}]",
                vector.name, vector.expect, vector.why
            ));
        }
    }
}

/// Calls the public verification function, without a server.
fn verified(vector: &Vector, provider: &'static Provider) -> Result<Verified, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in vector.headers() {
        // White space around a value does not belong to it (RFC 9110, section 5.5).
        let value = HeaderValue::from_bytes(value.trim_matches([' ', '\t']).as_bytes());
        match (HeaderName::try_from(name), value) {
            (Ok(name), Ok(value)) => headers.append(name, value),
            _ => return Err("not a header".to_owned()),
        };
    }
    let body = vector.body();
    let request = SignedRequest {
        method: &vector.method,
        url: &vector.url,
        headers: &headers,
        query: vector.url.split_once('?').map_or("", |(_, query)| query),
        body: &body,
    };
    let published = Keys::new(vector.published());
    let key = match provider.key_request(&request) {
        Ok(None) => None,
        Ok(Some(wanted)) => match published.get(&wanted) {
            Some(key) => Some(key),
            None => return Err("no such key".to_owned()),
        },
        Err(error) => return Err(error.to_string()),
    };
    let secrets = vector.secrets(provider);
    let verified = provider.verify(&secrets, &request, key.map(str::as_bytes), vector.now());
    verified.map_err(|error| error.to_string())
}

/// Mounts an endpoint, serves it, and sends it the request.
async fn ask_endpoint(vector: &Vector, provider: &'static Provider) -> Outcome {
    let Ok(url) = vector.url.parse::<Uri>() else {
        return Outcome::Refused("not a URL".to_owned());
    };
    let headers = vector.headers();
    if !headers.iter().all(|(_, value)| is_sendable(value)) {
        return Outcome::Refused("not a header".to_owned());
    }
    let keys = Keys::new(vector.published());
    let router = webhooks(provider, &url, &keys)
        .secrets::<Mounted>(vector.secrets(provider))
        .verify_token::<Mounted>(Secret::new("not asked for here"))
        .clock(vector.now())
        .into_router();
    let seen = Seen::default();
    let router = match router {
        Ok(router) => router.with_state(seen.clone()),
        // An endpoint that cannot be mounted accepts nothing.
        Err(error) => return Outcome::Refused(error.to_string()),
    };
    let body = vector.body();
    let target = url.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let request = Request { method: &vector.method, target, headers: &headers, body: &body };
    let answer = match ask(router, &request).await {
        Ok(answer) => answer,
        Err(error) => return Outcome::Broken(error),
    };
    let handed_out = match verified(vector, provider) {
        Ok(Verified { payload: Some(payload), .. }) => payload,
        _ => body,
    };
    match (answer.status, seen.bodies().await.as_slice()) {
        (200..300, [seen]) if *seen == handed_out => Outcome::Accepted,
        (200..300, [_]) => Outcome::Broken("accepted, with another body".to_owned()),
        (200..300, []) => Outcome::Answered,
        (status @ 400..500, []) => Outcome::Refused(status.to_string()),
        (status, seen) => {
            Outcome::Broken(format!("answered {status}, and the handler ran {} times", seen.len()))
        }
    }
}
