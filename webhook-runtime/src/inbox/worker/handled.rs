//! The endpoints that this process handles, and stored deliveries of others.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use crate::{
    endpoint::{Endpoint, EndpointOptions},
    inbox::{Shared, error::InboxError, store::EndpointBacklog, worker::JobHandlers},
};

/// The endpoints of some workers.
pub(crate) struct Handled {
    named: Vec<(String, EndpointOptions)>,
    mounted: Vec<Endpoint>,
}

/// The endpoints of all workers that run in this process.
#[derive(Default)]
pub(crate) struct AllHandled(Mutex<Vec<Weak<Handled>>>);

impl AllHandled {
    /// Adds the endpoints of workers. They are known until the result is dropped.
    pub(super) fn add(&self, processes: &JobHandlers) -> Arc<Handled> {
        let named = |(name, (_, own)): (&String, &(_, EndpointOptions))| (name.clone(), *own);
        let named = processes.by_endpoint.iter().map(named).collect();
        let handled = Arc::new(Handled { named, mounted: processes.mounted.clone() });
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|handled| handled.strong_count() > 0);
        all.push(Arc::downgrade(&handled));
        handled
    }

    fn any(&self, is: impl Fn(&Handled) -> bool) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter_map(Weak::upgrade).any(|handled| is(&handled))
    }

    /// True if another function has the name of this one.
    pub(crate) fn is_taken(&self, endpoint: &Endpoint) -> bool {
        let clashes = |other: &Endpoint| other.name == endpoint.name && !other.is(endpoint);
        self.any(|handled| handled.mounted.iter().any(clashes))
    }

    fn contains(&self, name: &str) -> bool {
        self.any(|handled| handled.named.iter().any(|(known, _)| known == name))
    }

    /// Every endpoint once, by name: its options, and what is mounted there.
    pub(crate) fn all(&self) -> BTreeMap<String, (EndpointOptions, Option<Endpoint>)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut endpoints = BTreeMap::new();
        for handled in all.iter().filter_map(Weak::upgrade) {
            for (name, own) in &handled.named {
                let mounted = handled.mounted.iter().find(|mounted| mounted.name == name);
                endpoints.insert(name.clone(), (*own, mounted.cloned()));
            }
        }
        endpoints
    }
}

/// The unfinished deliveries of endpoints that no worker of this process handles.
pub(crate) async fn unhandled(shared: &Shared) -> Result<Vec<EndpointBacklog>, InboxError> {
    let mut backlog = shared.store.backlog().await?;
    backlog.retain(|of| !shared.handled.contains(&of.endpoint));
    Ok(backlog)
}

/// The time in which a program starts all of its workers.
const START: Duration = Duration::from_millis(100);

/// Tells of stored deliveries that would wait for ever, as after their function was renamed.
pub(super) async fn warn_of_unhandled(shared: Arc<Shared>) {
    tokio::time::sleep(START).await;
    match unhandled(&shared).await {
        Ok(unhandled) => {
            let now = shared.settings.clock.now();
            for of in unhandled {
                tracing::warn!(
                    endpoint = of.endpoint,
                    count = of.count,
                    oldest_seconds = of.age(now).as_secs(),
                    "stored deliveries of an endpoint that this process does not handle; if its \
                     function was renamed, give it this name: `name = \"...\"`"
                );
            }
        }
        Err(error) => tracing::warn!(%error, "stored deliveries could not be counted"),
    }
}
