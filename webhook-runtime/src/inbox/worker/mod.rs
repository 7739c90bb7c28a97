//! Workers: they claim due deliveries and run them.

pub(crate) mod attempt;
pub(crate) mod handled;
pub(crate) mod leases;
pub(crate) mod maintenance;
pub(crate) mod retry;
mod run;
mod turns;

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc, oneshot},
    task::{JoinHandle, JoinSet},
};

use crate::{
    endpoint::Endpoint,
    inbox::{
        Shared,
        error::InboxError,
        record::ClaimToken,
        worker::{
            attempt::{JobHandler, attempt, record_dead_letters},
            handled::Handled,
            leases::Running,
            retry::Backoff,
            run::Worker,
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
    events: mpsc::UnboundedSender<Event>,
    tasks: Vec<JoinHandle<()>>,
    #[cfg(feature = "serve")]
    running: Running,
    /// As long as they run, the inbox knows their endpoints.
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

enum Event {
    /// Something may be due.
    Wake,
    /// An attempt ended.
    Ended(ClaimToken),
    /// Claim nothing more, and let what runs take so long.
    Stop(Duration, oneshot::Sender<ShutdownResult>),
}

impl Workers {
    pub(crate) fn start(shared: Arc<Shared>, processes: JobHandlers) -> Self {
        let (events, received) = mpsc::unbounded_channel();
        let running = Running::default();
        let handled = shared.handled.add(&processes);
        let worker = Worker::new(shared.clone(), processes, running.clone(), events.clone());
        let tasks = vec![
            tokio::spawn(worker.run(received)),
            tokio::spawn(maintenance::keep(shared.clone(), running.clone())),
            tokio::spawn(handled::warn_of_unhandled(shared.clone())),
            tokio::spawn(forward_local(shared.clone(), events.clone())),
            tokio::spawn(forward_news(shared, events.clone())),
        ];
        Self {
            events,
            tasks,
            #[cfg(feature = "serve")]
            running,
            _handled: handled,
        }
    }

    /// The number of deliveries that are running.
    #[cfg(feature = "serve")]
    pub(crate) fn running(&self) -> usize {
        self.running.count()
    }

    /// Stops claiming, lets running deliveries finish for `deadline` at most, and gives the rest
    /// back, as if it had not been started.
    pub async fn shutdown(self, deadline: Duration) -> ShutdownResult {
        let (answer, stopped) = oneshot::channel();
        if self.events.send(Event::Stop(deadline, answer)).is_err() {
            return ShutdownResult::default();
        }
        stopped.await.unwrap_or_default()
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn forward_local(shared: Arc<Shared>, events: mpsc::UnboundedSender<Event>) {
    loop {
        shared.wake.notified().await;
        if events.send(Event::Wake).is_err() {
            return;
        }
    }
}

async fn forward_news(shared: Arc<Shared>, events: mpsc::UnboundedSender<Event>) {
    let pause = Backoff::new(Duration::from_millis(500), Duration::from_secs(10));
    let mut failures = 0;
    loop {
        match shared.store.wait_for_notification().await {
            Ok(()) => failures = 0,
            Err(error) => {
                failures += 1;
                tracing::debug!(%error, "no notifications; the store is polled instead");
                tokio::time::sleep(pause.delay(failures, None)).await;
            }
        }
        if events.send(Event::Wake).is_err() {
            return;
        }
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
        let claimed = shared.store.claim(&turns.wanted(shared, max)).await?;
        record_dead_letters(shared, &claimed).await;
        if claimed.jobs.is_empty() && claimed.dead_lettered == 0 {
            return Ok(count);
        }
        let mut attempts = JoinSet::new();
        for job in claimed.jobs {
            let Some(process) = processes.by_endpoint.get(&job.endpoint) else { continue };
            let (shared, process) = (Arc::clone(shared), Arc::clone(process));
            count += 1;
            attempts.spawn(async move { attempt(&shared, process, job, &Notify::new()).await });
        }
        while attempts.join_next().await.is_some() {}
    }
}
