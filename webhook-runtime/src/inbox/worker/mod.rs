//! Workers: they claim due deliveries and run them.

pub(crate) mod attempt;
pub(crate) mod handled;
pub(crate) mod maintenance;
mod pace;
pub(crate) mod pool;
pub(crate) mod pools;
pub(crate) mod retry;
mod turns;

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::task::{JoinHandle, JoinSet};

use crate::{
    endpoint::Endpoint,
    inbox::{
        Shared,
        error::InboxError,
        worker::{
            attempt::{JobHandler, attempt, tell_dead_letters},
            handled::Handled,
            pool::Pool,
            turns::Turns,
        },
    },
};

/// The handlers of deliveries, by endpoint.
#[derive(Clone, Default)]
#[must_use]
pub struct JobHandlers {
    by_endpoint: HashMap<String, Arc<dyn JobHandler>>,
    /// The endpoints among them that are functions.
    mounted: Vec<Endpoint>,
}

impl JobHandlers {
    /// No handlers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the handler of one endpoint, by its name.
    pub fn on(mut self, endpoint: impl Into<String>, process: impl JobHandler) -> Self {
        self.by_endpoint.insert(endpoint.into(), Arc::new(process));
        self
    }

    /// Adds the handler of a mounted function.
    pub(crate) fn on_mounted(mut self, endpoint: &Endpoint, process: impl JobHandler) -> Self {
        self.mounted.push(endpoint.clone());
        self.on(endpoint.name, process)
    }
}

/// Running workers. They end when this is dropped, and others claim their deliveries once the
/// leases run out. [`shutdown`](Self::shutdown) ends them in order.
pub struct Workers {
    pool: Arc<Pool>,
    warning: JoinHandle<()>,
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
        let pool = Pool::new(&shared, processes);
        shared.writer.pools().add(&pool);
        let warning = tokio::spawn(handled::warn_of_unhandled(Arc::clone(&shared)));
        Self { pool, warning, shared, _handled: handled }
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
        self.pool.abort();
        self.shared.writer.pools().stopped();
        // Other workers of this process see to what these have left.
        self.shared.writer.look_in(self.shared.settings.lease);
    }
}

/// Runs what is due until nothing is.
pub(crate) async fn drain(
    shared: &Arc<Shared>,
    processes: &JobHandlers,
) -> Result<u64, InboxError> {
    let max = u32::try_from(shared.settings.concurrency).unwrap_or(u32::MAX);
    let mut turns = Turns::new(processes.by_endpoint.keys().cloned());
    let mut count = 0;
    loop {
        let mut wanted = turns.wanted(shared, max);
        let paused = shared.store.paused().await?;
        wanted.endpoints.retain(|name| !paused.iter().any(|pause| pause.endpoint == *name));
        if wanted.endpoints.is_empty() {
            return Ok(count);
        }
        let claimed = shared.store.claim(&wanted).await?;
        shared.counters.dead(claimed.dead_lettered.into());
        if !claimed.dead_letters.is_empty() {
            let hooks = &shared.settings.hooks;
            tell_dead_letters(&*shared.store, hooks, claimed.dead_letters).await;
        }
        if claimed.jobs.is_empty() && claimed.dead_lettered == 0 {
            return Ok(count);
        }
        let mut attempts = JoinSet::new();
        for job in claimed.jobs {
            let Some(process) = processes.by_endpoint.get(&job.endpoint) else { continue };
            let (shared, process) = (Arc::clone(shared), Arc::clone(process));
            count += 1;
            attempts
                .spawn(async move { attempt(&shared, process, job, &Arc::default(), None).await });
        }
        while attempts.join_next().await.is_some() {}
    }
}
