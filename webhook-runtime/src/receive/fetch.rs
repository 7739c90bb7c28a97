//! Fetches published keys over HTTPS.

use std::time::Duration;

use bytes::Bytes;
use ureq::Agent;

use crate::{
    receive::{KeySource, SourceError},
    verify::scheme::WantedKey,
};

/// The largest key or answer that is read, in bytes.
const MOST: u64 = 64 * 1024;

/// Fetches keys that stand behind URLs (AWS SNS, PayPal) over HTTPS: no redirects, 5 seconds, at
/// most 64 KiB.
///
/// Which URLs may be asked for is checked by the provider's scheme before it comes to this.
#[derive(Clone, Debug)]
pub struct HttpsKeys {
    agent: Agent,
}

impl Default for HttpsKeys {
    fn default() -> Self {
        Self::new()
    }
}

impl HttpsKeys {
    /// A fetcher that trusts the certificate authorities that browsers trust.
    #[must_use]
    pub fn new() -> Self {
        let config = Agent::config_builder()
            .https_only(true)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(5)))
            .build();
        Self { agent: config.into() }
    }

    async fn get(&self, url: &str) -> Result<Bytes, SourceError> {
        let (agent, url) = (self.agent.clone(), url.to_owned());
        let fetched = tokio::task::spawn_blocking(move || {
            let mut answer = agent.get(&url).call().map_err(|error| match error {
                ureq::Error::StatusCode(400 | 403 | 404 | 410) => SourceError::Unknown,
                // These quote the URL, which may have a token in it.
                ureq::Error::BadUri(_) => SourceError::unavailable("it is no URL"),
                ureq::Error::RequireHttpsOnly(_) => SourceError::unavailable("it is not https"),
                error => SourceError::unavailable(error),
            })?;
            if answer.status() != 200 {
                return Err(SourceError::unavailable(answer.status()));
            }
            answer
                .body_mut()
                .with_config()
                .limit(MOST)
                .read_to_vec()
                .map(Bytes::from)
                .map_err(SourceError::unavailable)
        });
        fetched.await.map_err(SourceError::unavailable)?
    }
}

impl KeySource for HttpsKeys {
    async fn fetch(&self, key: &WantedKey) -> Result<Bytes, SourceError> {
        match key {
            WantedKey::Url(url) => self.get(url).await,
            WantedKey::Id(_) => Err(SourceError::Unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_https_is_spoken() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let keys = HttpsKeys::new();
        let fetched = keys.fetch(&WantedKey::Url(format!("http://{address}/").into())).await;
        assert!(matches!(fetched, Err(SourceError::Unavailable(_))));
        let visit = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(visit.is_err(), "a connection was made");
        let unknown = keys.fetch(&WantedKey::Id("kid".to_owned())).await;
        assert_eq!(unknown, Err(SourceError::Unknown));
    }
}
