//! Published keys over HTTPS.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::Instant;
use ureq::Agent;

use crate::{
    receive::{KeySource, SourceError},
    verify::{Provider, scheme::KeyRequest},
};

/// The maximum size of a response in bytes.
const MAX_RESPONSE: u64 = 64 * 1024;

/// A set of keys is fetched again after this time at the earliest. The id of a key is untrusted
/// input: without the pause, each unknown id would be a request to the provider.
const SET_PAUSE: Duration = Duration::from_secs(30);

/// The same pause after a failure. Whoever waited for that fetch gets its failure, and does not try
/// one after the other.
const FAILURE_PAUSE: Duration = Duration::from_secs(1);

/// The most bytes of the id of a key that is asked for at a URL of its own. A token in the body can
/// name an id as large as the body.
const MAX_ID: usize = 256;

/// Stands in a URL for the id of the key, if each key has a URL of its own.
const ID: &str = "{id}";

/// Fetches the keys that providers publish at a URL over HTTPS: certificates (AWS SNS, PayPal) and
/// sets of keys (Google Pub/Sub, `TrueLayer`). It follows no redirects, waits 5 seconds, and reads at
/// most 64 KiB.
///
/// The URL of a certificate was checked by the provider's scheme before. The URL of a set of keys is
/// a constant of the provider, or was given to [`key_set`](Self::key_set).
#[derive(Clone, Debug)]
pub struct HttpsKeys {
    agent: Agent,
    /// The URL of each provider whose customers have sets of their own.
    set_urls: BTreeMap<&'static str, String>,
    /// The sets by their URLs, of which there are few. One request at a time fetches a set.
    sets: Arc<Mutex<BTreeMap<String, SharedSet>>>,
}

/// A set of keys or a failure, and when it was fetched.
type SharedSet = Arc<tokio::sync::Mutex<Option<(Instant, Result<Bytes, SourceError>)>>>;

impl Default for HttpsKeys {
    fn default() -> Self {
        Self::new()
    }
}

impl HttpsKeys {
    /// Creates a key source that trusts the certificate authorities that browsers trust.
    #[must_use]
    pub fn new() -> Self {
        let config = Agent::config_builder()
            .https_only(true)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(5)))
            .build();
        Self { agent: config.into(), set_urls: BTreeMap::new(), sets: Arc::default() }
    }

    /// Sets the URL of your set of keys, for a provider whose customers each have one (Kinde,
    /// Saleor, Fireblocks, `FusionAuth`). If each key has a URL, write `{id}` in the place of its id.
    #[must_use]
    pub fn key_set(mut self, provider: &Provider, url: impl Into<String>) -> Self {
        self.set_urls.insert(provider.name(), url.into());
        self
    }

    /// A set of keys, at most [`SET_PAUSE`] old, or a failure, at most [`FAILURE_PAUSE`] old.
    async fn set(&self, url: &str) -> Result<Bytes, SourceError> {
        let shared = {
            let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(sets.entry(url.to_owned()).or_default())
        };
        let mut fetched = shared.lock().await;
        if let Some((at, set)) = &*fetched
            && at.elapsed() < if set.is_ok() { SET_PAUSE } else { FAILURE_PAUSE }
        {
            return set.clone();
        }
        let set = self.get(url).await;
        *fetched = Some((Instant::now(), set.clone()));
        set
    }

    async fn get(&self, url: &str) -> Result<Bytes, SourceError> {
        let (agent, url) = (self.agent.clone(), url.to_owned());
        let fetched = tokio::task::spawn_blocking(move || {
            let mut response = agent.get(&url).call().map_err(|error| match error {
                ureq::Error::StatusCode(400 | 403 | 404 | 410) => SourceError::NotFound,
                // The texts of these errors quote the URL, which may contain a token.
                ureq::Error::BadUri(_) => SourceError::unavailable("the URL is invalid"),
                ureq::Error::RequireHttpsOnly(_) => {
                    SourceError::unavailable("the URL is not https")
                }
                error => SourceError::unavailable(error),
            })?;
            if response.status() != 200 {
                return Err(SourceError::unavailable(response.status()));
            }
            response
                .body_mut()
                .with_config()
                .limit(MAX_RESPONSE)
                .read_to_vec()
                .map(Bytes::from)
                .map_err(SourceError::unavailable)
        });
        fetched.await.map_err(SourceError::unavailable)?
    }
}

impl KeySource for HttpsKeys {
    async fn fetch(&self, key: &KeyRequest) -> Result<Bytes, SourceError> {
        match key {
            KeyRequest::Url(url) => self.get(url).await,
            KeyRequest::Id(_) => Err(SourceError::NotFound),
            KeyRequest::InSet { set, id } => {
                let url = self.set_urls.get(set).map_or(*set, String::as_str);
                let id = id.as_deref().unwrap_or_default();
                if !url.contains("://") {
                    let reason = "the URL of the provider's set of keys is not known";
                    Err(SourceError::unavailable(reason))
                } else if url.contains(ID) {
                    if id.len() > MAX_ID {
                        return Err(SourceError::NotFound);
                    }
                    self.get(&url.replace(ID, &percent_encoded(id))).await
                } else {
                    self.set(url).await
                }
            }
        }
    }
}

/// The id of a key as part of a URL. It is untrusted: it must not become another path or query.
fn percent_encoded(id: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
    utf8_percent_encode(id, KEPT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn plain_http_is_refused() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let keys = HttpsKeys::new();
        let fetched = keys.fetch(&KeyRequest::Url(format!("http://{address}/").into())).await;
        assert!(matches!(fetched, Err(SourceError::Unavailable(_))));
        let connection = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(connection.is_err(), "a connection was made");
        let unknown = keys.fetch(&KeyRequest::Id("kid".to_owned())).await;
        assert_eq!(unknown, Err(SourceError::NotFound));
    }

    fn in_set(set: &'static str) -> KeyRequest {
        KeyRequest::InSet { set, id: Some("kid".to_owned()) }
    }

    #[tokio::test(start_paused = true)]
    async fn a_set_is_fetched_again_after_a_pause() {
        const URL: &str = "https://192.0.2.1/jwks.json";
        let keys = HttpsKeys::new();
        let document = Bytes::from_static(b"{}");
        let fetched =
            Arc::new(tokio::sync::Mutex::new(Some((Instant::now(), Ok(document.clone())))));
        keys.sets.lock().expect("no panic").insert(URL.to_owned(), fetched);
        assert_eq!(keys.fetch(&in_set(URL)).await, Ok(document));
        let plain = "http://192.0.2.1/jwks.json";
        let keys = HttpsKeys { set_urls: BTreeMap::from([("acme", plain.to_owned())]), ..keys };
        let fetched = Arc::new(tokio::sync::Mutex::new(Some((Instant::now(), Ok(Bytes::new())))));
        keys.sets.lock().expect("no panic").insert(plain.to_owned(), fetched);
        tokio::time::advance(SET_PAUSE.saturating_sub(Duration::from_millis(1))).await;
        assert_eq!(keys.fetch(&in_set("acme")).await, Ok(Bytes::new()));
        tokio::time::advance(Duration::from_millis(1)).await;
        let refused = keys.fetch(&in_set("acme")).await;
        assert_eq!(refused, Err(SourceError::unavailable("the URL is not https")));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_shared_for_a_moment() {
        const URL: &str = "http://192.0.2.1/jwks.json";
        let keys = HttpsKeys::new();
        let failed = Some((Instant::now(), Err(SourceError::NotFound)));
        let failed = Arc::new(tokio::sync::Mutex::new(failed));
        keys.sets.lock().expect("no panic").insert(URL.to_owned(), failed);
        assert_eq!(keys.fetch(&in_set(URL)).await, Err(SourceError::NotFound));
        tokio::time::advance(FAILURE_PAUSE).await;
        let again = Err(SourceError::unavailable("the URL is not https"));
        assert_eq!(keys.fetch(&in_set(URL)).await, again);
    }

    #[test]
    fn an_id_stays_within_its_part_of_the_url() {
        assert_eq!(percent_encoded("Key-1_a"), "Key-1_a");
        assert_eq!(
            percent_encoded("../a?b=c&d#e%2f.\u{e9}"),
            "%2E%2E%2Fa%3Fb%3Dc%26d%23e%252f%2E%C3%A9"
        );
    }

    #[tokio::test]
    async fn a_long_id_is_asked_of_nobody() {
        let keys = HttpsKeys::new();
        let fetch = async |length: usize| {
            let id = Some("k".repeat(length));
            keys.fetch(&KeyRequest::InSet { set: "http://192.0.2.1/{id}", id }).await
        };
        assert_eq!(fetch(256).await, Err(SourceError::unavailable("the URL is not https")));
        assert_eq!(fetch(257).await, Err(SourceError::NotFound));
    }

    #[tokio::test]
    async fn a_set_of_a_customer_needs_its_url() {
        const ACME: Provider =
            Provider::new("acme", crate::scheme::Scheme::hmac_sha256().header("x-signature"));
        let unknown = HttpsKeys::new().fetch(&in_set("acme")).await;
        assert!(matches!(unknown, Err(SourceError::Unavailable(_))), "{unknown:?}");
        // Plain HTTP is refused before any connection, so this shows which URL was taken.
        let keys = HttpsKeys::new().key_set(&ACME, "http://192.0.2.1/jwks.json");
        let refused = keys.fetch(&in_set("acme")).await;
        assert_eq!(refused, Err(SourceError::unavailable("the URL is not https")));
    }
}
