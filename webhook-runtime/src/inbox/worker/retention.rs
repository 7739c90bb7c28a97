//! Tells all processes how long the finished deliveries of endpoints are kept.

use std::{sync::Arc, time::Duration};

use crate::{
    endpoint::Backoff,
    inbox::{
        error::InboxError,
        store::{EndpointRetention, InboxStore},
    },
};

/// Stores the retention of endpoints that have workers. If the store fails, it tries again.
pub(super) async fn set(store: Arc<dyn InboxStore>, retentions: Vec<EndpointRetention>) {
    let pause = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
    for failure in 1.. {
        match try_to_set(&*store, &retentions).await {
            Ok(()) => return,
            Err(error) => tracing::warn!(%error, "the retention of endpoints could not be stored"),
        }
        tokio::time::sleep(pause.delay(failure, None)).await;
    }
}

/// Stores the retention of endpoints, if the store knows such a thing.
pub(super) async fn try_to_set(
    store: &dyn InboxStore,
    retentions: &[EndpointRetention],
) -> Result<(), InboxError> {
    match store.set_retention(retentions).await {
        Err(InboxError::Unsupported(problem)) => {
            if retentions.iter().any(|of| !of.is_empty()) {
                tracing::warn!("`keep` and `keep_dead` have no effect: {problem}");
            }
            Ok(())
        }
        result => result,
    }
}
