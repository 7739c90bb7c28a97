//! The keys that providers publish.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use tokio::{runtime::Handle, sync::Semaphore};

use crate::{
    receive::{
        cache::Cache,
        source_error::{SourceError, SourceFuture, in_turn, lookup, with_timeout},
    },
    support::{
        metrics::{Lookup, SourceMetrics},
        peer::Peer,
        shares::Shares,
    },
    verify::scheme::KeyRequest,
};

/// A source of the keys that providers publish (AWS SNS, PayPal, Plaid, Google and others).
///
/// Up to 64 keys that have verified a delivery are kept. After an hour, a key is fetched again in the
/// background, and the old one serves until then, for a day at most. If a provider names no keys, its
/// set is also fetched again, once a minute, when none of them made a signature.
///
/// At most 64 fetches run at a time for keys that have not verified anything yet, and 8 for those
/// that have. When all 64 run, the peer with the most gives one up for another peer. Each URL was
/// checked to be the provider's. Do not follow redirects.
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

/// A key is fetched again when it is used after this time. Until the new one is there, the old one
/// serves.
const RENEWED_AFTER: Duration = Duration::from_secs(60 * 60);
/// The pause between two attempts to renew a key.
const RENEWAL_PAUSE: Duration = Duration::from_secs(60);
/// A key that could not be renewed serves no longer than this.
const MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// The time for which the name of a key is known after the key was fetched.
const NAME_MAX_AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The maximum number of known keys.
const CAPACITY: usize = 64;
/// The maximum number of concurrent fetches of keys that no delivery has proven yet.
const UNKNOWN_FETCHES: usize = 64;
/// The maximum number of concurrent fetches of known keys, and of confirmed subscriptions.
const KNOWN_FETCHES: usize = 8;

/// A key source with a cache, a timeout and limits to concurrent fetches.
///
/// The name of a key is untrusted input, so a key is known only once it has verified a delivery.
/// Other names neither take the place of known ones nor hold up their fetches.
#[derive(Clone)]
pub(crate) struct KeyRing {
    source: Arc<dyn DynKeySource>,
    known: Arc<Cache<KeyRequest, KnownKey>>,
    unknown_fetches: Arc<Shares>,
    known_fetches: Arc<Semaphore>,
}

/// A key that has verified a delivery.
#[derive(Clone)]
struct KnownKey {
    /// `None` if the source has withdrawn it since.
    key: Option<Bytes>,
    fetched_at: SystemTime,
    renew_at: SystemTime,
    /// The source was last asked at this time.
    asked_at: SystemTime,
}

impl KnownKey {
    fn new(key: Option<Bytes>, now: SystemTime) -> Self {
        Self { key, fetched_at: now, renew_at: now + RENEWED_AFTER, asked_at: now }
    }
}

/// What the ring has for a name.
enum Found {
    /// The key, and whether it is the caller's turn to renew it.
    Key(Bytes, bool),
    /// A known name without a key that is young enough.
    Name,
    Nothing,
}

impl KeyRing {
    pub(crate) fn new(source: impl KeySource) -> Self {
        Self {
            source: Arc::new(source),
            known: Arc::new(Cache::new(NAME_MAX_AGE, CAPACITY)),
            unknown_fetches: Shares::new(UNKNOWN_FETCHES),
            known_fetches: Arc::new(Semaphore::new(KNOWN_FETCHES)),
        }
    }

    pub(crate) async fn key(
        &self,
        request: &KeyRequest,
        now: SystemTime,
        peer: Peer,
        metrics: &SourceMetrics,
    ) -> Result<Bytes, SourceError> {
        let fetch = || self.source.fetch(request);
        let fetched = match self.find(request, now) {
            Found::Key(key, is_due) => {
                metrics.count(Lookup::Hit);
                if is_due {
                    self.renew(request.clone(), now, metrics.clone());
                }
                return Ok(key);
            }
            Found::Name => with_timeout(&self.known_fetches, fetch()).await,
            Found::Nothing => in_turn(&self.unknown_fetches, peer, fetch()).await,
        };
        metrics.count(lookup(&fetched));
        fetched
    }

    fn find(&self, request: &KeyRequest, now: SystemTime) -> Found {
        let found = self.known.change(request, now, |known| {
            let key = known.key.as_ref().filter(|_| is_younger(known.fetched_at, MAX_AGE, now));
            let Some(key) = key.cloned() else { return Found::Name };
            let is_due = known.renew_at <= now;
            if is_due {
                known.renew_at = now + RENEWAL_PAUSE;
                known.asked_at = now;
            }
            Found::Key(key, is_due)
        });
        found.unwrap_or(Found::Nothing)
    }

    /// Renews a set that did not verify a request, if requests do not name their keys: a new key has
    /// no name that the ring would not know. The next attempt of the sender finds it.
    pub(crate) fn doubt(&self, request: KeyRequest, now: SystemTime, metrics: &SourceMetrics) {
        if !matches!(request, KeyRequest::InSet { id: None, .. }) {
            return;
        }
        let is_turn = self.known.change(&request, now, |known| {
            // Anybody can send what no key verifies.
            let is_turn = known.asked_at + RENEWAL_PAUSE <= now;
            if is_turn {
                known.asked_at = now;
            }
            is_turn
        });
        if is_turn == Some(true) {
            self.renew(request, now, metrics.clone());
        }
    }

    /// Fetches a known key again while the old one serves.
    fn renew(&self, request: KeyRequest, now: SystemTime, metrics: SourceMetrics) {
        let Ok(runtime) = Handle::try_current() else { return };
        let ring = self.clone();
        runtime.spawn(async move {
            let fetched = with_timeout(&ring.known_fetches, ring.source.fetch(&request)).await;
            metrics.count(lookup(&fetched));
            match fetched {
                Ok(key) => ring.known.put(request, KnownKey::new(Some(key), now), now),
                Err(SourceError::NotFound) => {
                    tracing::warn!("the provider has withdrawn a key that was in use");
                    ring.known.put(request, KnownKey::new(None, now), now);
                }
                Err(SourceError::Unavailable(reason)) => {
                    tracing::warn!(%reason, "a key could not be renewed, the old one serves on");
                }
            }
        });
    }

    /// Keeps a key that has verified a delivery. A key that is in use keeps its age.
    pub(crate) fn remember(&self, request: KeyRequest, key: Bytes, now: SystemTime) {
        let is_in_use = self.known.change(&request, now, |known| {
            known.key.is_some() && is_younger(known.fetched_at, MAX_AGE, now)
        });
        if is_in_use != Some(true) {
            self.known.put(request, KnownKey::new(Some(key), now), now);
        }
    }

    pub(crate) async fn confirm_subscription(&self, url: &str) -> Result<(), SourceError> {
        with_timeout(&self.known_fetches, self.source.confirm_subscription(url)).await
    }
}

/// A time in the future is not younger: the clock was set back since.
fn is_younger(time: SystemTime, age: Duration, now: SystemTime) -> bool {
    now.duration_since(time).is_ok_and(|found| found < age)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    /// Counts fetches. Names that begin with `slow` wait for ever, and the others get the next
    /// scripted result.
    #[derive(Default)]
    struct Source {
        fetches: AtomicUsize,
        results: std::sync::Mutex<Vec<Result<Bytes, SourceError>>>,
        never: Notify,
    }

    impl KeySource for Arc<Source> {
        async fn fetch(&self, key: &KeyRequest) -> Result<Bytes, SourceError> {
            self.fetches.fetch_add(1, Ordering::SeqCst);
            if matches!(key, KeyRequest::Id(id) if id.starts_with("slow")) {
                self.never.notified().await;
            }
            let mut results = self.results.lock().expect("no panic");
            if results.is_empty() { Err(unavailable()) } else { results.remove(0) }
        }
    }

    fn metrics() -> SourceMetrics {
        SourceMetrics::of_keys("orders")
    }

    fn unavailable() -> SourceError {
        SourceError::unavailable("down")
    }

    fn ring(results: &[Result<&'static str, SourceError>]) -> (KeyRing, Arc<Source>) {
        let source = Arc::new(Source::default());
        let results = results.iter().cloned().map(|result| result.map(Bytes::from));
        source.results.lock().expect("no panic").extend(results);
        (KeyRing::new(Arc::clone(&source)), source)
    }

    fn id(name: &str) -> KeyRequest {
        KeyRequest::Id(name.to_owned())
    }

    fn at(minutes: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_760_000_000 + 60 * minutes)
    }

    /// Fetches a key, and has it verify a delivery.
    async fn use_key(ring: &KeyRing, name: &str, now: SystemTime) -> Result<Bytes, SourceError> {
        let key = ring.key(&id(name), now, Peer::default(), &metrics()).await?;
        ring.remember(id(name), key.clone(), now);
        Ok(key)
    }

    /// Lets spawned renewals run.
    async fn settle() {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_known_key_serves_while_it_is_renewed() {
        let (ring, source) = ring(&[Ok("old"), Ok("new")]);
        assert_eq!(use_key(&ring, "k", at(0)).await.as_deref(), Ok(&b"old"[..]));
        assert_eq!(use_key(&ring, "k", at(59)).await.as_deref(), Ok(&b"old"[..]));
        assert_eq!(source.fetches.load(Ordering::SeqCst), 1);
        assert_eq!(use_key(&ring, "k", at(60)).await.as_deref(), Ok(&b"old"[..]));
        settle().await;
        assert_eq!(source.fetches.load(Ordering::SeqCst), 2);
        assert_eq!(use_key(&ring, "k", at(61)).await.as_deref(), Ok(&b"new"[..]));
        assert_eq!(source.fetches.load(Ordering::SeqCst), 2, "its age counts from the renewal");
    }

    #[tokio::test]
    async fn a_failed_renewal_fails_no_request_until_the_key_is_a_day_old() {
        let (ring, source) = ring(&[Ok("old")]);
        use_key(&ring, "k", at(0)).await.expect("the source has it");
        for minute in [60, 61, 62, 24 * 60 - 1] {
            assert_eq!(use_key(&ring, "k", at(minute)).await.as_deref(), Ok(&b"old"[..]));
            assert_eq!(use_key(&ring, "k", at(minute)).await.as_deref(), Ok(&b"old"[..]));
            settle().await;
        }
        assert_eq!(source.fetches.load(Ordering::SeqCst), 5, "one renewal a minute");
        assert_eq!(use_key(&ring, "k", at(24 * 60)).await, Err(unavailable()));
    }

    #[tokio::test]
    async fn a_set_without_names_is_renewed_when_it_verifies_nothing() {
        let any = || KeyRequest::InSet { set: "acme", id: None };
        let (ring, source) = ring(&[Ok("old"), Ok("new"), Ok("newest")]);
        let found = async |minutes| {
            ring.key(&any(), at(minutes), Peer::default(), &metrics()).await.expect("a set")
        };
        // A set that verified nothing yet is not kept, and fetched for each request.
        ring.doubt(any(), at(0), &metrics());
        let old = found(0).await;
        ring.remember(any(), old, at(0));
        for minutes in [0, 1, 1, 1] {
            assert_eq!(found(minutes).await, "old");
            ring.doubt(any(), at(minutes), &metrics());
        }
        settle().await;
        assert_eq!(found(1).await, "new");
        assert_eq!(source.fetches.load(Ordering::SeqCst), 2, "one renewal a minute");
        ring.doubt(any(), at(1), &metrics());
        settle().await;
        assert_eq!(source.fetches.load(Ordering::SeqCst), 2, "one renewal a minute");
        // A new key has another name.
        let (ring, source) = self::ring(&[Ok("old"), Ok("new")]);
        use_key(&ring, "k", at(0)).await.expect("the source has it");
        ring.doubt(id("k"), at(5), &metrics());
        settle().await;
        assert_eq!(source.fetches.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_withdrawn_key_serves_no_longer() {
        let (ring, _source) = ring(&[Ok("old"), Err(SourceError::NotFound), Ok("again")]);
        use_key(&ring, "k", at(0)).await.expect("the source has it");
        assert_eq!(use_key(&ring, "k", at(90)).await.as_deref(), Ok(&b"old"[..]));
        settle().await;
        assert_eq!(use_key(&ring, "k", at(90)).await.as_deref(), Ok(&b"again"[..]));
        assert_eq!(use_key(&ring, "k", at(91)).await.as_deref(), Ok(&b"again"[..]));
    }

    #[tokio::test(start_paused = true)]
    async fn strange_names_hold_up_no_known_key() {
        let (ring, source) = ring(&[Ok("old"), Ok("new"), Ok("other")]);
        use_key(&ring, "k", at(0)).await.expect("the source has it");
        let strangers: Vec<_> = (0..200)
            .map(|number| {
                let ring = ring.clone();
                tokio::spawn(async move {
                    ring.key(&id(&format!("slow-{number}")), at(60), Peer::default(), &metrics())
                        .await
                })
            })
            .collect();
        settle().await;
        assert_eq!(source.fetches.load(Ordering::SeqCst), 1 + UNKNOWN_FETCHES);
        let began = tokio::time::Instant::now();
        assert_eq!(use_key(&ring, "k", at(60)).await.as_deref(), Ok(&b"old"[..]));
        settle().await;
        assert_eq!(use_key(&ring, "k", at(61)).await.as_deref(), Ok(&b"new"[..]));
        // Its name is known even after the key is too old.
        assert_eq!(use_key(&ring, "k", at(61 + 24 * 60)).await.as_deref(), Ok(&b"other"[..]));
        assert_eq!(began.elapsed(), Duration::ZERO);
        for stranger in strangers {
            assert!(stranger.await.expect("no panic").is_err());
        }
    }

    #[tokio::test]
    async fn sixteen_strange_names_hold_up_no_new_key() {
        let (ring, _source) = ring(&[Ok("key")]);
        for number in 0..16 {
            let ring = ring.clone();
            tokio::spawn(async move {
                ring.key(&id(&format!("slow-{number}")), at(0), Peer::default(), &metrics()).await
            });
        }
        settle().await;
        let key = tokio::time::timeout(
            Duration::from_secs(1),
            ring.key(&id("k"), at(0), Peer::default(), &metrics()),
        )
        .await;
        assert_eq!(key.expect("at once").as_deref(), Ok(&b"key"[..]));
    }

    #[tokio::test(start_paused = true)]
    async fn strange_names_of_one_peer_hold_up_no_other_peer() {
        let (ring, _source) = ring(&[Ok("key")]);
        let strangers: Vec<_> = (0..200)
            .map(|number| {
                let (ring, name) = (ring.clone(), id(&format!("slow-{number}")));
                tokio::spawn(
                    async move { ring.key(&name, at(0), Peer::default(), &metrics()).await },
                )
            })
            .collect();
        settle().await;
        let other = Peer::new(Some([192, 0, 2, 1].into()));
        let began = tokio::time::Instant::now();
        assert_eq!(ring.key(&id("k"), at(0), other, &metrics()).await.as_deref(), Ok(&b"key"[..]));
        assert_eq!(began.elapsed(), Duration::ZERO);
        for stranger in strangers {
            assert!(stranger.await.expect("no panic").is_err());
        }
    }

    #[tokio::test]
    async fn names_that_verified_nothing_push_no_key_out() {
        let (ring, source) = ring(&vec![Ok("key"); 1 + 2 * CAPACITY]);
        use_key(&ring, "k", at(0)).await.expect("the source has it");
        for number in 0..2 * CAPACITY {
            ring.key(&id(&format!("stranger-{number}")), at(1), Peer::default(), &metrics())
                .await
                .expect("the source has it");
        }
        let before = source.fetches.load(Ordering::SeqCst);
        use_key(&ring, "k", at(2)).await.expect("it is known");
        assert_eq!(source.fetches.load(Ordering::SeqCst), before);
    }
}
