//! Workers: they claim due deliveries and run them.

pub(crate) mod attempt;
pub(crate) mod handled;
pub(crate) mod maintenance;
pub(crate) mod options;
mod pace;
pub(crate) mod pool;
pub(crate) mod pools;
mod rate;
mod retention;
pub(crate) mod retry;
mod turns;

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::task::{JoinHandle, JoinSet};

use crate::{
    endpoint::{Endpoint, EndpointOptions},
    inbox::{
        Shared,
        error::InboxError,
        options::Settings,
        store::EndpointRetention,
        worker::{
            attempt::{Handler, JobHandler, attempt, tell_dead_letters},
            handled::Handled,
            options::{JobOptions, transactions},
            pool::Pool,
            turns::Turns,
        },
    },
};

/// The handlers of deliveries, by endpoint.
#[derive(Clone, Default)]
#[must_use]
pub struct JobHandlers {
    by_endpoint: HashMap<String, (Arc<dyn JobHandler>, EndpointOptions)>,
    /// The endpoints among them that are functions.
    mounted: Vec<Endpoint>,
}

impl JobHandlers {
    /// No handlers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the handler of one endpoint, by its name.
    pub fn on(self, endpoint: impl Into<String>, process: impl JobHandler) -> Self {
        self.add(endpoint.into(), EndpointOptions::new(), process)
    }

    /// Adds the handler of one endpoint, with options of its own.
    /// [`order_by`](EndpointOptions::order_by) has no effect here, because
    /// [`NewDelivery::ordering_key`](crate::inbox::NewDelivery::ordering_key) is set when a delivery is
    /// stored.
    ///
    /// # Errors
    /// If an option has an impossible value.
    pub fn on_with(
        self,
        endpoint: impl Into<String>,
        options: EndpointOptions,
        process: impl JobHandler,
    ) -> Result<Self, InboxError> {
        options::check(&options)?;
        Ok(self.add(endpoint.into(), options, process))
    }

    fn add(mut self, name: String, options: EndpointOptions, process: impl JobHandler) -> Self {
        self.by_endpoint.insert(name, (Arc::new(process), options));
        self
    }

    /// Adds the handler of a mounted function.
    pub(crate) fn on_mounted(mut self, endpoint: &Endpoint, process: impl JobHandler) -> Self {
        self.mounted.push(endpoint.clone());
        self.add(endpoint.name.to_owned(), endpoint.inbox_options, process)
    }

    /// The handlers by the names of their endpoints, and how they run.
    fn into_handlers(self, settings: &Settings) -> HashMap<String, Handler> {
        let handler = |(name, (handler, own)): (String, (Arc<dyn JobHandler>, _))| {
            (name, Handler { handler, options: JobOptions::new(&own, settings) })
        };
        self.by_endpoint.into_iter().map(handler).collect()
    }

    /// The time for which finished deliveries of each endpoint are kept.
    fn retentions(&self) -> Vec<EndpointRetention> {
        let retention = |(name, (_, own)): (&String, &(_, EndpointOptions))| {
            EndpointRetention::new(name.clone(), own.keep, own.keep_dead)
        };
        self.by_endpoint.iter().map(retention).collect()
    }
}

/// Running workers. They end when this is dropped, and others claim their deliveries once the
/// leases run out. [`shutdown`](Self::shutdown) ends them in order.
pub struct Workers {
    pool: Arc<Pool>,
    warning: JoinHandle<()>,
    telling: JoinHandle<()>,
    /// As long as they run, the inbox is open and knows their endpoints.
    shared: Arc<Shared>,
    _handled: Arc<Handled>,
}

/// The numbers of a shutdown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownResult {
    /// Deliveries that were running and ended in time.
    pub finished: usize,
    /// Deliveries that were released, to be run by another worker.
    pub released: usize,
}

impl Workers {
    pub(crate) fn start(shared: Arc<Shared>, processes: JobHandlers) -> Self {
        let handled = shared.handled.add(&processes);
        let retentions = processes.retentions();
        let handlers = processes.into_handlers(&shared.settings);
        for endpoint in handlers.keys() {
            let _ = shared.counters.series_of(endpoint);
        }
        if !shared.store.drops_bodies() && handlers.values().any(|one| one.options.drop_body) {
            tracing::warn!("`drop_body` has no effect: the store keeps bodies");
        }
        let pool = Pool::new(&shared, handlers);
        shared.writer.pools().add(&pool);
        let slots = shared.writer.pools().slots();
        shared.store.expect_transactions(transactions(slots, shared.settings.concurrency));
        let warning = tokio::spawn(handled::warn_of_unhandled(Arc::clone(&shared)));
        let telling = tokio::spawn(retention::set(Arc::clone(&shared.store), retentions));
        Self { pool, warning, telling, shared, _handled: handled }
    }

    /// The number of deliveries that are running.
    #[cfg(feature = "serve")]
    pub(crate) fn running(&self) -> usize {
        self.pool.running()
    }

    /// Stops claiming, lets running deliveries finish for `deadline` at most, and gives the rest
    /// back, as if it had not been started.
    pub async fn shutdown(self, deadline: Duration) -> ShutdownResult {
        let stopped = self.pool.stop(deadline).await;
        self.shared.writer.last_heartbeat().await;
        stopped
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.warning.abort();
        self.telling.abort();
        self.pool.abort();
        self.shared.writer.pools().stopped();
        // Other workers of this process see to what these have left.
        self.shared.writer.look_in(self.shared.settings.lease);
    }
}

/// Runs what is due until nothing is. It does not wait for rates.
pub(crate) async fn drain(
    shared: &Arc<Shared>,
    processes: &JobHandlers,
) -> Result<u64, InboxError> {
    let retentions = processes.retentions();
    if retentions.iter().any(|of| !of.is_empty()) {
        retention::try_to_set(&*shared.store, &retentions).await?;
    }
    let handlers = processes.clone().into_handlers(&shared.settings);
    let slots = handlers.values().map(|handler| handler.options.concurrency);
    shared.store.expect_transactions(transactions(slots, shared.settings.concurrency));
    let mut turns = Turns::new(handlers.iter().map(|(name, handler)| (name, handler.options)));
    let mut count = 0;
    loop {
        let mut found = false;
        let paused = shared.store.paused().await?;
        for mut wanted in turns.wanted(shared) {
            wanted.endpoints.retain(|name| !paused.iter().any(|pause| pause.endpoint == *name));
            if wanted.endpoints.is_empty() {
                continue;
            }
            let claimed = shared.store.claim(&wanted).await?;
            found |= !claimed.jobs.is_empty() || claimed.dead_lettered > 0;
            shared.counters.given_up(claimed.dead_lettered.into());
            if !claimed.dead_letters.is_empty() {
                let (hooks, counters) = (&shared.settings.hooks, &shared.counters);
                tell_dead_letters(&*shared.store, hooks, counters, claimed.dead_letters).await;
            }
            let mut attempts = JoinSet::new();
            for job in claimed.jobs {
                let Some(handler) = handlers.get(&job.endpoint).cloned() else { continue };
                let shared = Arc::clone(shared);
                let too_old = handler.options.too_old(job.received_at, shared.settings.clock.now());
                count += u64::from(too_old.is_none());
                attempts.spawn(async move {
                    attempt(&shared, handler, job, &Arc::default(), None).await;
                });
            }
            while attempts.join_next().await.is_some() {}
        }
        if !found {
            return Ok(count);
        }
    }
}
