//! The keys that providers publish.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::{
    receive::{
        cache::Cache,
        source_error::{Answer, SourceError, patiently},
    },
    verify::scheme::KeyRequest,
};

/// Fetches the keys that providers publish (AWS SNS, PayPal, Plaid).
///
/// What is fetched is remembered for an hour, up to 64 keys, and no more than 8 are fetched at a
/// time. URLs have been checked to be the provider's; follow no redirects all the same.
pub trait KeySource: Send + Sync + 'static {
    /// Fetches a key: the body behind the URL, or the key of that name.
    ///
    /// # Errors
    /// [`SourceError::NotFound`] when there is no such key.
    fn fetch(&self, key: &KeyRequest) -> impl Future<Output = Result<Bytes, SourceError>> + Send;

    /// Visits a URL that confirms a subscription, after the request that names it was verified.
    ///
    /// # Errors
    /// When it could not be visited.
    fn confirm_subscription(
        &self,
        url: &str,
    ) -> impl Future<Output = Result<(), SourceError>> + Send {
        let key = KeyRequest::Url(url.to_owned().into());
        async move { self.fetch(&key).await.map(drop) }
    }
}

/// `KeySource`, as an object.
trait ErasedKeys: Send + Sync {
    fn fetch<'a>(&'a self, key: &'a KeyRequest) -> Answer<'a, Bytes>;
    fn confirm_subscription<'a>(&'a self, url: &'a str) -> Answer<'a, ()>;
}

impl<T: KeySource> ErasedKeys for T {
    fn fetch<'a>(&'a self, key: &'a KeyRequest) -> Answer<'a, Bytes> {
        Box::pin(async move { KeySource::fetch(self, key).await })
    }

    fn confirm_subscription<'a>(&'a self, url: &'a str) -> Answer<'a, ()> {
        Box::pin(async move { KeySource::confirm_subscription(self, url).await })
    }
}

/// A key source with a memory and a limit to its patience.
pub(crate) struct KeyRing {
    source: Box<dyn ErasedKeys>,
    known: Cache<KeyRequest, Bytes>,
    /// Which key is wanted, anybody can say: what that may cost at once is bounded.
    fetching: Semaphore,
}

impl KeyRing {
    pub(crate) fn new(source: impl KeySource) -> Self {
        Self {
            source: Box::new(source),
            known: Cache::new(Duration::from_secs(3600), 64),
            fetching: Semaphore::new(8),
        }
    }

    pub(crate) async fn key(
        &self,
        wanted: &KeyRequest,
        now: SystemTime,
    ) -> Result<Bytes, SourceError> {
        if let Some(key) = self.known.get(wanted, now) {
            return Ok(key);
        }
        patiently(&self.fetching, self.source.fetch(wanted)).await
    }

    /// Remembers a key that has verified a delivery. Others would drive the good ones out: which
    /// key is wanted, anybody can say.
    pub(crate) fn remember(&self, wanted: KeyRequest, key: Bytes, now: SystemTime) {
        if self.known.get(&wanted, now).is_none() {
            self.known.put(wanted, key, now);
        }
    }

    pub(crate) async fn confirm_subscription(&self, url: &str) -> Result<(), SourceError> {
        patiently(&self.fetching, self.source.confirm_subscription(url)).await
    }
}
