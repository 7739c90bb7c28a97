//! The keys that providers publish.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::{
    receive::{
        cache::Cache,
        source_error::{SourceError, SourceFuture, with_timeout},
    },
    verify::scheme::KeyRequest,
};

/// A source of the keys that providers publish (AWS SNS, PayPal, Plaid).
///
/// Up to 64 keys are cached for an hour. At most 8 fetches run at a time. Each URL was checked to
/// be the provider's. Do not follow redirects.
pub trait KeySource: Send + Sync + 'static {
    /// Fetches a key: the body at the URL, or the key with the id.
    ///
    /// # Errors
    /// [`SourceError::NotFound`] if there is no such key.
    fn fetch(&self, key: &KeyRequest) -> impl Future<Output = Result<Bytes, SourceError>> + Send;

    /// Requests a URL that confirms a subscription. The request with that URL was verified before.
    ///
    /// # Errors
    /// If the request failed.
    fn confirm_subscription(
        &self,
        url: &str,
    ) -> impl Future<Output = Result<(), SourceError>> + Send {
        let key = KeyRequest::Url(url.to_owned().into());
        async move { self.fetch(&key).await.map(drop) }
    }
}

/// `KeySource` as a trait object.
trait DynKeySource: Send + Sync {
    fn fetch<'a>(&'a self, key: &'a KeyRequest) -> SourceFuture<'a, Bytes>;
    fn confirm_subscription<'a>(&'a self, url: &'a str) -> SourceFuture<'a, ()>;
}

impl<T: KeySource> DynKeySource for T {
    fn fetch<'a>(&'a self, key: &'a KeyRequest) -> SourceFuture<'a, Bytes> {
        Box::pin(async move { KeySource::fetch(self, key).await })
    }

    fn confirm_subscription<'a>(&'a self, url: &'a str) -> SourceFuture<'a, ()> {
        Box::pin(async move { KeySource::confirm_subscription(self, url).await })
    }
}

/// A key source with a cache, a timeout and a limit to concurrent fetches.
pub(crate) struct KeyRing {
    source: Box<dyn DynKeySource>,
    cache: Cache<KeyRequest, Bytes>,
    /// Limits concurrent fetches, because the key id is untrusted input.
    permits: Semaphore,
}

impl KeyRing {
    pub(crate) fn new(source: impl KeySource) -> Self {
        Self {
            source: Box::new(source),
            cache: Cache::new(Duration::from_secs(3600), 64),
            permits: Semaphore::new(8),
        }
    }

    pub(crate) async fn key(
        &self,
        request: &KeyRequest,
        now: SystemTime,
    ) -> Result<Bytes, SourceError> {
        if let Some(key) = self.cache.get(request, now) {
            return Ok(key);
        }
        with_timeout(&self.permits, self.source.fetch(request)).await
    }

    /// Caches a key that has verified a delivery. The key id is untrusted input: other keys could
    /// displace the genuine ones.
    pub(crate) fn remember(&self, request: KeyRequest, key: Bytes, now: SystemTime) {
        if self.cache.get(&request, now).is_none() {
            self.cache.put(request, key, now);
        }
    }

    pub(crate) async fn confirm_subscription(&self, url: &str) -> Result<(), SourceError> {
        with_timeout(&self.permits, self.source.confirm_subscription(url)).await
    }
}
