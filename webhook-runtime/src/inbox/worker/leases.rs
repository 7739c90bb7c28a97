//! The leases of the deliveries that run in this process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::inbox::{Shared, record::ClaimToken};

/// The claims that are running in this process.
#[derive(Clone, Default)]
pub(crate) struct Running(Arc<Mutex<Vec<ClaimToken>>>);

impl Running {
    pub(crate) fn add(&self, claim: ClaimToken) {
        self.lock().push(claim);
    }

    pub(crate) fn remove(&self, claim: ClaimToken) {
        self.lock().retain(|running| *running != claim);
    }

    /// The number of claims.
    #[cfg(feature = "serve")]
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    /// Renews the leases, and returns whether that worked.
    pub(crate) async fn renew(&self, shared: &Shared) -> bool {
        let claims = self.lock().clone();
        if claims.is_empty() {
            return true;
        }
        match shared.store.renew_leases(&claims, shared.settings.lease).await {
            Ok(_) => true,
            Err(error) => {
                tracing::warn!(%error, "leases could not be renewed; the next try is at once");
                false
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<ClaimToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
