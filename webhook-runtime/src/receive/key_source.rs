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

/// A key source with a memory and a limit to its patience.
pub(crate) struct KeyRing {
    source: Box<dyn DynKeySource>,
    cache: Cache<KeyRequest, Bytes>,
    /// Which key is request, anybody can say: what that may cost at once is bounded.
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

    /// Remembers a key that has verified a delivery. Others would drive the good ones out: which
    /// key is request, anybody can say.
    pub(crate) fn remember(&self, request: KeyRequest, key: Bytes, now: SystemTime) {
        if self.cache.get(&request, now).is_none() {
            self.cache.put(request, key, now);
        }
    }

    pub(crate) async fn confirm_subscription(&self, url: &str) -> Result<(), SourceError> {
        with_timeout(&self.permits, self.source.confirm_subscription(url)).await
    }
}
