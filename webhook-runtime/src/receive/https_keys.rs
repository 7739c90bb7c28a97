//! Published keys over HTTPS.

use std::time::Duration;

use bytes::Bytes;
use ureq::Agent;

use crate::{
    receive::{KeySource, SourceError},
    verify::scheme::KeyRequest,
};

/// The maximum size of a response in bytes.
const MAX_RESPONSE: u64 = 64 * 1024;

/// Fetches the keys that providers publish at a URL (AWS SNS, PayPal) over HTTPS. It follows no
/// redirects, waits 5 seconds, and reads at most 64 KiB.
///
/// The provider's scheme has checked each URL before.
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
    /// Creates a key source that trusts the certificate authorities that browsers trust.
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
        }
    }
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
}
