//! Secrets and keys that are not known at start: those of tenants, and those that providers publish.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::{
    delivery::Tenant,
    receive::cache::Cache,
    support::panic::catch_panic,
    verify::{
        Secret, SecretError,
        scheme::{KeyRequest, Keys, Verifier},
    },
};

/// How long a source may take before the delivery is answered by 503.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a source has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceError {
    /// There is no such tenant or key: answered by 401, like a wrong signature.
    NotFound,
    /// The source could not be asked: answered by 503, and the provider sends again.
    Unavailable(String),
}

impl SourceError {
    /// The source could not be asked; the reason goes to the trace.
    #[must_use]
    pub fn unavailable(reason: impl fmt::Display) -> Self {
        Self::Unavailable(reason.to_string())
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("nobody is known by that name"),
            Self::Unavailable(reason) => write!(f, "the source could not be asked: {reason}"),
        }
    }
}

impl std::error::Error for SourceError {}

/// Finds the live secrets of a tenant, by the parameters of the endpoint's path.
///
/// Answers are remembered for 30 seconds; no more than 64 questions are asked at a time; a source that
/// takes longer than 5 seconds counts as unavailable. All parameters of the path say whose delivery it
/// is, as they are written: compare each exactly, as nobody signs the path. A tenant's deliveries are only ever verified with that tenant's secrets.
///
/// ```
/// use webhook_runtime::{Tenant, Secret, SecretSource, SourceError};
///
/// struct Tenants { /* a database */ }
///
/// impl SecretSource for Tenants {
///     async fn secrets(&self, tenant: &Tenant) -> Result<Vec<Secret>, SourceError> {
///         match tenant.param("tenant") {
///             Some("acme") => Ok(vec![Secret::new("from the database").with_name("acme 2026-11")]),
///             _ => Err(SourceError::NotFound),
///         }
///     }
/// }
/// ```
pub trait SecretSource: Send + Sync + 'static {
    /// The live secrets, the newest first.
    ///
    /// # Errors
    /// [`SourceError::NotFound`] for a tenant that does not exist, [`SourceError::Unavailable`] when
    /// the question could not be asked.
    fn secrets(
        &self,
        tenant: &Tenant,
    ) -> impl Future<Output = Result<Vec<Secret>, SourceError>> + Send;

    /// Keeps a secret that the provider offers in an unsigned handshake (Asana, Notion).
    ///
    /// It is asked only while [`secrets`](Self::secrets) has none for the tenant. Anybody can send
    /// such a request: keep the secret only where one is expected, and only if there is none yet,
    /// in one atomic step. Unless implemented, every offer is refused.
    ///
    /// # Errors
    /// Whatever refuses the offer.
    fn store(
        &self,
        tenant: &Tenant,
        offered: Secret,
    ) -> impl Future<Output = Result<(), SourceError>> + Send {
        let _ = (tenant, offered);
        async { Err(SourceError::NotFound) }
    }
}

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

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, SourceError>> + Send + 'a>>;

/// `SecretSource`, as an object.
trait ErasedSecrets: Send + Sync {
    fn secrets<'a>(&'a self, tenant: &'a Tenant) -> Answer<'a, Vec<Secret>>;
    fn store<'a>(&'a self, tenant: &'a Tenant, offered: Secret) -> Answer<'a, ()>;
}

impl<T: SecretSource> ErasedSecrets for T {
    fn secrets<'a>(&'a self, tenant: &'a Tenant) -> Answer<'a, Vec<Secret>> {
        Box::pin(async move { SecretSource::secrets(self, tenant).await })
    }

    fn store<'a>(&'a self, tenant: &'a Tenant, offered: Secret) -> Answer<'a, ()> {
        Box::pin(async move { SecretSource::store(self, tenant, offered).await })
    }
}

/// A secret source with a memory and a limit to its patience.
pub(crate) struct Tenants {
    source: Box<dyn ErasedSecrets>,
    known: Cache<Tenant, Arc<Keys>>,
    /// Anybody can ask for any tenant: what that may cost at once is bounded.
    asking: Semaphore,
}

impl Tenants {
    pub(crate) fn new(source: impl SecretSource) -> Self {
        Self {
            source: Box::new(source),
            known: Cache::new(Duration::from_secs(30), 10_000),
            asking: Semaphore::new(64),
        }
    }

    /// The keys of a tenant. A tenant without secrets is an unknown one.
    pub(crate) async fn keys(
        &self,
        tenant: &Tenant,
        verifier: &Verifier,
        now: SystemTime,
    ) -> Result<Arc<Keys>, SourceError> {
        if let Some(keys) = self.known.get(tenant, now) {
            return Ok(keys);
        }
        let secrets = patiently(&self.asking, self.source.secrets(tenant)).await?;
        if secrets.is_empty() {
            return Err(SourceError::NotFound);
        }
        if let Some(padded) = secrets.iter().find(|secret| secret.has_surrounding_newline()) {
            let (name, error) = (padded.name(), SecretError::SurroundingWhitespace);
            return Err(SourceError::unavailable(format_args!("the secret {name} {error}")));
        }
        let keys = verifier.prepare(&secrets).map_err(|problems| {
            let (name, error) = &problems[0];
            SourceError::unavailable(format_args!("the secret {name} {error}"))
        })?;
        let keys = Arc::new(keys);
        self.known.put(tenant.clone(), Arc::clone(&keys), now);
        Ok(keys)
    }

    /// The secrets of a tenant, to sign with.
    #[cfg(feature = "testing")]
    pub(crate) async fn secrets(&self, tenant: &Tenant) -> Result<Vec<Secret>, SourceError> {
        patiently(&self.asking, self.source.secrets(tenant)).await
    }

    /// Offers a secret to a tenant that has none.
    pub(crate) async fn store(&self, tenant: &Tenant, offered: Secret) -> Result<(), SourceError> {
        if offered.is_blank() || offered.has_surrounding_newline() {
            return Err(SourceError::NotFound);
        }
        match patiently(&self.asking, self.source.secrets(tenant)).await {
            Ok(secrets) if !secrets.is_empty() => Err(SourceError::NotFound),
            Ok(_) | Err(SourceError::NotFound) => {
                patiently(&self.asking, self.source.store(tenant, offered)).await
            }
            Err(error) => Err(error),
        }
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

/// Waits for a place and for the answer, but not for ever.
async fn patiently<T>(places: &Semaphore, answer: Answer<'_, T>) -> Result<T, SourceError> {
    let asked = async {
        let _place = places.acquire().await.map_err(SourceError::unavailable)?;
        // The connection lives on after a panic, and the provider sends again.
        catch_panic(answer)
            .await
            .unwrap_or_else(|_| Err(SourceError::unavailable("the source panicked")))
    };
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(answer) => answer,
        Err(_) => Err(SourceError::unavailable("it took too long")),
    }
}
