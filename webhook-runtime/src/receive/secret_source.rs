//! The secrets of tenants, from a source of the program.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{
    delivery::Tenant,
    receive::{
        cache::Cache,
        source_error::{SourceError, SourceFuture, in_turn, lookup},
    },
    support::{
        metrics::{Lookup, SourceMetrics},
        peer::Peer,
        shares::Shares,
    },
    verify::{
        Secret, SecretError,
        scheme::{Keys, Verifier},
    },
};

/// A source of secrets for each tenant. The parameters of the endpoint's path identify the tenant.
///
/// Secrets are cached for 30 seconds. At most 64 queries run at a time: when all run, the peer with the
/// most gives one up for another peer. A query that takes longer than 5 seconds counts as unavailable. The path is not signed: compare every parameter exactly. A
/// tenant's deliveries are only verified with that tenant's secrets.
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
    /// Returns the secrets in use, the newest first.
    ///
    /// # Errors
    /// [`SourceError::NotFound`] if the tenant does not exist, [`SourceError::Unavailable`] if the
    /// query failed.
    fn secrets(
        &self,
        tenant: &Tenant,
    ) -> impl Future<Output = Result<Vec<Secret>, SourceError>> + Send;

    /// Stores a secret that the provider offers in an unsigned handshake (Asana, Notion).
    ///
    /// It is only called while [`secrets`](Self::secrets) returns none for the tenant. Anybody can
    /// send such a request: store the secret only if you expect one and there is none yet, in one
    /// atomic step. By default, every offer is rejected.
    ///
    /// # Errors
    /// If the offer is rejected.
    fn store(
        &self,
        tenant: &Tenant,
        offered: Secret,
    ) -> impl Future<Output = Result<(), SourceError>> + Send {
        let _ = (tenant, offered);
        async { Err(SourceError::NotFound) }
    }
}

/// `SecretSource` as a trait object.
trait DynSecretSource: Send + Sync {
    fn secrets<'a>(&'a self, tenant: &'a Tenant) -> SourceFuture<'a, Vec<Secret>>;
    fn store<'a>(&'a self, tenant: &'a Tenant, offered: Secret) -> SourceFuture<'a, ()>;
}

impl<T: SecretSource> DynSecretSource for T {
    fn secrets<'a>(&'a self, tenant: &'a Tenant) -> SourceFuture<'a, Vec<Secret>> {
        Box::pin(async move { SecretSource::secrets(self, tenant).await })
    }

    fn store<'a>(&'a self, tenant: &'a Tenant, offered: Secret) -> SourceFuture<'a, ()> {
        Box::pin(async move { SecretSource::store(self, tenant, offered).await })
    }
}

/// A secret source with a cache, a timeout and a limit to concurrent queries.
pub(crate) struct TenantSecrets {
    source: Box<dyn DynSecretSource>,
    cache: Cache<Tenant, Arc<Keys>>,
    /// Limits concurrent queries, because anybody can send requests for any tenant.
    turns: Arc<Shares>,
}

impl TenantSecrets {
    pub(crate) fn new(source: impl SecretSource) -> Self {
        Self {
            source: Box::new(source),
            cache: Cache::new(Duration::from_secs(30), 10_000),
            turns: Shares::new(64),
        }
    }

    /// Returns the keys of a tenant. A tenant without secrets counts as unknown.
    pub(crate) async fn keys(
        &self,
        tenant: &Tenant,
        verifier: &Verifier,
        now: SystemTime,
        peer: Peer,
        metrics: &SourceMetrics,
    ) -> Result<Arc<Keys>, SourceError> {
        if let Some(keys) = self.cache.get(tenant, now) {
            metrics.count(Lookup::Hit);
            return Ok(keys);
        }
        let fetched = self.fetch(tenant, verifier, now, peer).await;
        metrics.count(lookup(&fetched));
        fetched
    }

    async fn fetch(
        &self,
        tenant: &Tenant,
        verifier: &Verifier,
        now: SystemTime,
        peer: Peer,
    ) -> Result<Arc<Keys>, SourceError> {
        let secrets = in_turn(&self.turns, peer, self.source.secrets(tenant)).await?;
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
        self.cache.put(tenant.clone(), Arc::clone(&keys), now);
        Ok(keys)
    }

    /// Returns the secrets of a tenant, to sign with.
    #[cfg(feature = "testing")]
    pub(crate) async fn secrets(&self, tenant: &Tenant) -> Result<Vec<Secret>, SourceError> {
        in_turn(&self.turns, Peer::default(), self.source.secrets(tenant)).await
    }

    /// Offers a secret to a tenant that has none.
    pub(crate) async fn store(
        &self,
        tenant: &Tenant,
        offered: Secret,
        peer: Peer,
    ) -> Result<(), SourceError> {
        if offered.is_blank() || offered.has_surrounding_newline() {
            return Err(SourceError::NotFound);
        }
        match in_turn(&self.turns, peer, self.source.secrets(tenant)).await {
            Ok(secrets) if !secrets.is_empty() => Err(SourceError::NotFound),
            Ok(_) | Err(SourceError::NotFound) => {
                in_turn(&self.turns, peer, self.source.store(tenant, offered)).await
            }
            Err(error) => Err(error),
        }
    }
}
