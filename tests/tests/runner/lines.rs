//! The lines of a vector file, as `tests/vectors/README.md` describes them.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use base64ct::{Base64, Encoding as _};
use serde::{Deserialize, de::DeserializeOwned};
use webhook_runtime::{
    Provider, Secret,
    providers::{AWS_SNS, LIVEKIT},
    scheme::RequestToSign,
};

/// The address of Apple's root.
const APPLE_ROOT: &str = "https://www.apple.com/certificateauthority/AppleRootCA-G3.cer";

/// One signed, or forged, request.
#[derive(Deserialize)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) provider: String,
    #[serde(default)]
    secret: Several,
    #[serde(default)]
    secret_kind: String,
    /// The name of the secret, for tokens that contain it.
    api_key: Option<String>,
    #[serde(default = "post")]
    pub(crate) method: String,
    pub(crate) url: String,
    headers: BTreeMap<String, Several>,
    body_base64: Option<String>,
    body_gen: Option<Generated>,
    now: f64,
    pub(crate) expect: Verdict,
    #[serde(default)]
    pub(crate) why: String,
    #[serde(default)]
    pub(crate) op: String,
    #[serde(default)]
    pub(crate) certs: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Accept,
    Reject,
}

/// One text or a list.
#[derive(Clone, Default, Deserialize)]
#[serde(from = "serde_json::Value")]
struct Several(Vec<String>);

impl From<serde_json::Value> for Several {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value;
        let several = match value {
            Value::Null => Vec::new(),
            Value::Array(values) => values,
            one => vec![one],
        };
        let text = |value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Self(several.into_iter().map(text).collect())
    }
}

/// A body that is too long for the file.
#[derive(Deserialize)]
struct Generated {
    prefix: String,
    unit: String,
    count: usize,
    suffix: String,
    length: usize,
}

fn post() -> String {
    "POST".to_owned()
}

/// One handshake, and the expected answer.
#[derive(Deserialize)]
pub(crate) struct Handshake {
    pub(crate) name: String,
    pub(crate) provider: String,
    #[serde(default)]
    pub(crate) config: Config,
    pub(crate) request: Asking,
    pub(crate) response: Wanted,
}

/// The endpoint's configuration.
#[derive(Default, Deserialize)]
pub(crate) struct Config {
    pub(crate) secret: Option<String>,
    /// The public key beside a private one.
    pub(crate) public_key: Option<String>,
    #[serde(alias = "verification_token")]
    pub(crate) verify_token: Option<String>,
    #[serde(rename = "allowed_origins")]
    pub(crate) allowed_cloudevents_origins: Option<Vec<String>>,
    /// The runner's preparation.
    #[serde(default)]
    pub(crate) note: String,
    now: Option<f64>,
}

impl Config {
    /// The arrival of the request. By default, the time at which all lines were signed.
    pub(crate) fn now(&self) -> SystemTime {
        time(self.now.unwrap_or(1_760_000_000.0))
    }
}

#[derive(Deserialize)]
pub(crate) struct Asking {
    pub(crate) method: String,
    pub(crate) url: String,
    /// The runner's preparation.
    #[serde(default)]
    pub(crate) note: String,
    #[serde(default)]
    headers: BTreeMap<String, Several>,
    body_base64: Option<String>,
}

impl Asking {
    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        flat(&self.headers)
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        self.body_base64.as_deref().map(decoded).unwrap_or_default()
    }
}

/// The expected answer. Fields that are missing are not compared.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    pub(crate) status: Option<u16>,
    pub(crate) status_any: Option<Vec<u16>>,
    #[serde(flatten)]
    pub(crate) content: Content,
    pub(crate) any_of: Option<Vec<Content>>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// Alternatives to the values of `headers`.
    #[serde(default)]
    pub(crate) headers_alt: BTreeMap<String, String>,
    pub(crate) must_not_contain: Option<String>,
    pub(crate) must_not_have_header: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Content {
    #[serde(rename = "content_type")]
    pub(crate) media_type: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) json: Option<serde_json::Value>,
}

/// The lines of the file that the environment variable names, or else of `tests/vectors/{name}`.
pub(crate) fn read<T: DeserializeOwned>(variable: &str, name: &str) -> Vec<T> {
    let path = match env::var_os(variable) {
        Some(path) => asked_for(Path::new(&path)),
        None => own(name),
    };
    lines(&path)
}

/// The file of that name in `tests/vectors/`.
pub(crate) fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name)
}

/// Cargo runs tests in the directory of their package, but people type paths from the workspace.
fn asked_for(path: &Path) -> PathBuf {
    let in_workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if !path.exists() && in_workspace.exists() { in_workspace } else { path.to_owned() }
}

/// The lines of a file.
pub(crate) fn lines<T: DeserializeOwned>(path: &Path) -> Vec<T> {
    let text = fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()));
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(at, line)| {
            serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("{}, line {}: {error}", path.display(), at + 1))
        })
        .collect()
}

/// The topic in a message of SNS. The files do not say which topics a receiver subscribed to;
/// `providers.rs` tests another topic.
pub(crate) fn topic(provider: &Provider, body: &[u8]) -> Option<String> {
    if provider.name() != AWS_SNS.name() {
        return None;
    }
    let message: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    Some(message["TopicArn"].as_str().unwrap_or("arn:aws:sns:none").to_owned())
}

impl Vector {
    /// The secrets as a user of this provider would configure them.
    pub(crate) fn secrets(&self, provider: &Provider) -> Vec<Secret> {
        if !provider.scheme_info().needs_secret {
            return Vec::new();
        }
        if let Some(topic) = topic(provider, &self.body()) {
            return vec![Secret::new(topic)];
        }
        // The secret beside a published key, such as the address of the sender, has its own field.
        if let (true, Some(secret)) = (provider.scheme_info().fetches_keys, &self.api_key) {
            return vec![Secret::new(secret)];
        }
        if self.secret_kind.starts_with("none") {
            return Vec::new();
        }
        // Keys that are not text are written in hex or base64.
        let encoded = takes_any_text(provider).then_some(self.secret_kind.as_str());
        let secret = |text: &String| {
            let key = match encoded {
                Some("hex") => unhex(text),
                Some("base64") => Base64::decode_vec(text).ok(),
                _ => None,
            };
            match (key, &self.api_key) {
                (Some(key), _) => Secret::from_key(key),
                (None, Some(name)) if takes_name(provider) => Secret::new(format!("{name}:{text}")),
                (None, _) => Secret::new(text),
            }
        };
        self.secret.0.iter().map(secret).collect()
    }

    /// The published document of this URL or key name.
    pub(crate) fn published(&self) -> Published {
        let keys = |kind: &str| {
            let is_kind = self.secret_kind.starts_with(kind);
            self.secret.0.iter().filter(move |_| is_kind)
        };
        let jwks = keys("JWK ").map(|jwk| {
            let parsed: serde_json::Value = serde_json::from_str(jwk).expect("a JWK is JSON");
            (parsed["kid"].as_str().unwrap_or_default().to_owned(), jwk.to_owned())
        });
        // Other keys have their names in a field of their own.
        let named = self.api_key.iter().flat_map(|name| {
            let keys = keys("PEM SPKI").chain(keys("base64 SPKI"));
            keys.map(|key| (name.to_owned(), key.to_owned()))
        });
        // The root of a chain of certificates has no URL in the files.
        let root = self.certs.get("root").map(|root| (APPLE_ROOT.to_owned(), root.clone()));
        Published {
            urls: self.certs.clone().into_iter().chain(root).collect(),
            ids: jwks.chain(named).collect(),
            set: keys("JWKS").next().cloned(),
        }
    }

    /// Every header of the request, repeated ones too.
    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        flat(&self.headers)
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        match (&self.body_base64, &self.body_gen) {
            (Some(body), _) => decoded(body),
            (None, Some(body)) => {
                let text =
                    format!("{}{}{}", body.prefix, body.unit.repeat(body.count), body.suffix);
                assert_eq!(text.len(), body.length, "{}: the generated body", self.name);
                text.into_bytes()
            }
            (None, None) => Vec::new(),
        }
    }

    pub(crate) fn now(&self) -> SystemTime {
        time(self.now)
    }
}

/// The provider's published documents, without the network.
#[derive(Clone, Default)]
pub(crate) struct Published {
    pub(crate) urls: BTreeMap<String, String>,
    pub(crate) ids: BTreeMap<String, String>,
    /// The set of keys that the provider publishes, if it publishes one.
    pub(crate) set: Option<String>,
}

/// Tells whether the name of the secret belongs to it.
fn takes_name(provider: &Provider) -> bool {
    provider.name() == LIVEKIT.name() || provider.scheme_info().secret_parts.len() == 2
}

/// Tells whether any text is a valid secret. Encoded keys reject this one.
fn takes_any_text(provider: &Provider) -> bool {
    let request = RequestToSign::new(b"{}").url("https://hooks.example.com/");
    provider.scheme().is_some() && provider.sign(&Secret::new("~:~"), &request).is_ok()
}

fn flat(headers: &BTreeMap<String, Several>) -> Vec<(String, String)> {
    let each = |(name, values): (&String, &Several)| {
        values.0.iter().map(|value| (name.clone(), value.clone())).collect::<Vec<_>>()
    };
    headers.iter().flat_map(each).collect()
}

fn decoded(text: &str) -> Vec<u8> {
    Base64::decode_vec(text).expect("bodies are in base64")
}

/// Decodes hex of either case.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    base16ct::mixed::decode_vec(text).ok()
}

fn time(seconds: f64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs_f64(seconds)
}
