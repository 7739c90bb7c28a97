//! Workers: they claim due deliveries and run them.

pub(crate) mod attempt;
pub(crate) mod leases;
pub(crate) mod maintenance;
pub(crate) mod retry;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{Notify, mpsc, oneshot},
    task::{JoinHandle, JoinSet},
    time::Instant,
};

use crate::inbox::{
    Shared,
    error::InboxError,
    record::{ClaimToken, Job},
    store::{Claimed, Wanted},
    worker::{
        attempt::{Process, attempt},
        leases::Running,
        retry::{Backoff, random, scaled},
    },
};

/// The handlers of deliveries, by endpoint.
#[derive(Clone, Default)]
#[must_use]
pub struct Processes {
    by_endpoint: HashMap<String, Arc<dyn Process>>,
}

impl Processes {
    /// No handlers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the handler of one endpoint, by the name of its function.
    pub fn on(mut self, endpoint: impl Into<String>, process: impl Process) -> Self {
        self.by_endpoint.insert(endpoint.into(), Arc::new(process));
        self
    }
}

/// Running workers. They end when this is dropped, and others claim their deliveries once the leases
/// run out. [`shutdown`](Self::shutdown) ends them in order.
pub struct Workers {
    events: mpsc::UnboundedSender<Event>,
    tasks: Vec<JoinHandle<()>>,
}

/// The numbers of a shutdown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stopped {
    /// Deliveries that were running and ended in time.
    pub finished: usize,
    /// Deliveries that were given back, to be run by another worker.
    pub released: usize,
}

enum Event {
    /// Something may be due.
    Wake,
    /// An attempt ended.
    Ended(ClaimToken),
    /// Claim nothing more, and let what runs take so long.
    Stop(Duration, oneshot::Sender<Stopped>),
}

impl Workers {
    pub(crate) fn start(shared: Arc<Shared>, processes: Processes) -> Self {
        let (events, received) = mpsc::unbounded_channel();
        let running = Running::default();
        let worker = Worker::new(shared.clone(), processes, running.clone(), events.clone());
        let tasks = vec![
            tokio::spawn(worker.run(received)),
            tokio::spawn(maintenance::keep(shared.clone(), running)),
            tokio::spawn(forward_local(shared.clone(), events.clone())),
            tokio::spawn(forward_news(shared, events.clone())),
        ];
        Self { events, tasks }
    }

    /// Stops claiming, lets running deliveries finish for `deadline` at most, and gives the rest
    /// back, as if it had not been started.
    pub async fn shutdown(self, deadline: Duration) -> Stopped {
        let (answer, stopped) = oneshot::channel();
        if self.events.send(Event::Stop(deadline, answer)).is_err() {
            return Stopped::default();
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
        match shared.store.news().await {
            Ok(()) => failures = 0,
            Err(error) => {
                failures += 1;
                tracing::debug!(%error, "no notifications from other processes; the store is polled instead");
                tokio::time::sleep(pause.delay(failures, None)).await;
            }
        }
        if events.send(Event::Wake).is_err() {
            return;
        }
    }
}

struct Worker {
    shared: Arc<Shared>,
    processes: HashMap<String, Arc<dyn Process>>,
    running: Running,
    events: mpsc::UnboundedSender<Event>,
    attempts: JoinSet<()>,
    /// The running attempts, how each is asked to give up, and whether it is a suspect.
    started: Vec<(ClaimToken, Arc<Notify>, bool)>,
    turns: Turns,
}

impl Worker {
    fn new(
        shared: Arc<Shared>,
        processes: Processes,
        running: Running,
        events: mpsc::UnboundedSender<Event>,
    ) -> Self {
        let processes = processes.by_endpoint;
        let turns = Turns::new(processes.keys().cloned());
        let (attempts, started) = (JoinSet::new(), Vec::new());
        Self { shared, processes, running, events, attempts, started, turns }
    }

    async fn run(mut self, mut events: mpsc::UnboundedReceiver<Event>) {
        let pause = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        let poll = self.shared.settings.poll_interval;
        let mut failures = 0;
        // Whether there may be more to claim.
        let mut more = true;
        loop {
            let mut wait = poll;
            if more && self.room() > 0 {
                match self.claim().await {
                    Ok(filled_the_room) => {
                        failures = 0;
                        more = filled_the_room;
                        if more && self.room() > 0 {
                            continue;
                        }
                    }
                    Err(error) => {
                        failures += 1;
                        tracing::warn!(%error, "nothing could be claimed");
                        wait = pause.delay(failures, None);
                    }
                }
            }
            let until = Instant::now() + wait + scaled(wait / 10, random());
            // While the store fails, events do not make it be asked more often.
            while !(failures == 0 && more && self.room() > 0) {
                let Ok(event) = tokio::time::timeout_at(until, events.recv()).await else {
                    more = true;
                    break;
                };
                let mut next = event;
                while let Some(event) = next {
                    match event {
                        Event::Wake => more = true,
                        Event::Ended(claim) => self.ended(claim),
                        Event::Stop(deadline, answer) => {
                            let stopped = self.stop(deadline, events).await;
                            let _ = answer.send(stopped);
                            return;
                        }
                    }
                    // Attempts that end together make room together, for one claim.
                    next = events.try_recv().ok();
                }
            }
            while self.attempts.try_join_next().is_some() {}
        }
    }

    fn room(&self) -> usize {
        self.shared.settings.concurrency.saturating_sub(self.started.len())
    }

    /// Claims as much as there is room for, and returns whether that filled the room.
    async fn claim(&mut self) -> Result<bool, InboxError> {
        let room = u32::try_from(self.room()).unwrap_or(u32::MAX);
        let wanted = Wanted {
            suspect: !self.started.iter().any(|(.., suspect)| *suspect),
            running: self.started.iter().map(|(claim, ..)| claim.id).collect(),
            ..self.turns.wanted(&self.shared, room)
        };
        let Claimed { jobs, suspect, buried } = self.shared.store.claim(&wanted).await?;
        self.shared.counters.dead(buried.into());
        let all = jobs.len() + buried as usize >= room as usize;
        let last = jobs.len();
        for (at, job) in (1..).zip(jobs) {
            self.begin(job, suspect && at == last);
        }
        Ok(all)
    }

    fn begin(&mut self, job: Job, suspect: bool) {
        let Some(process) = self.processes.get(&job.endpoint) else { return };
        let (process, shared, events) =
            (Arc::clone(process), Arc::clone(&self.shared), self.events.clone());
        let (claim, give_up) = (job.claim(), Arc::new(Notify::new()));
        self.running.add(claim);
        self.started.push((claim, Arc::clone(&give_up), suspect));
        self.attempts.spawn(async move {
            let _ended = Ended { claim, events };
            attempt(&shared, process, job, &give_up).await;
        });
    }

    fn ended(&mut self, claim: ClaimToken) {
        self.running.remove(claim);
        self.started.retain(|(started, ..)| *started != claim);
    }

    async fn stop(
        &mut self,
        deadline: Duration,
        mut events: mpsc::UnboundedReceiver<Event>,
    ) -> Stopped {
        let before = self.started.len();
        self.wait_for_all(deadline, &mut events).await;
        let finished = before - self.started.len();
        for (_, give_up, _) in &self.started {
            give_up.notify_one();
        }
        let left = self.started.len();
        self.wait_for_all(Duration::from_secs(10), &mut events).await;
        Stopped { finished, released: left - self.started.len() }
    }

    async fn wait_for_all(
        &mut self,
        patience: Duration,
        events: &mut mpsc::UnboundedReceiver<Event>,
    ) {
        let until = Instant::now().checked_add(patience);
        while !self.started.is_empty() {
            let next = match until {
                Some(until) => tokio::time::timeout_at(until, events.recv()).await,
                None => Ok(events.recv().await),
            };
            match next {
                Ok(Some(Event::Ended(claim))) => self.ended(claim),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return,
            }
        }
    }
}

/// Sends an event when an attempt ends, in whatever way.
struct Ended {
    claim: ClaimToken,
    events: mpsc::UnboundedSender<Event>,
}

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.events.send(Event::Ended(self.claim));
    }
}

/// Takes turns: between endpoints, and between retries and new deliveries.
struct Turns {
    endpoints: VecDeque<String>,
    retries_first: bool,
}

impl Turns {
    fn new(endpoints: impl Iterator<Item = String>) -> Self {
        Self { endpoints: endpoints.collect(), retries_first: true }
    }

    fn wanted(&mut self, shared: &Shared, most: u32) -> Wanted {
        let wanted = Wanted {
            endpoints: self.endpoints.iter().cloned().collect(),
            most,
            lease: shared.settings.lease,
            max_attempts: shared.settings.max_attempts,
            retries_first: self.retries_first,
            running: Vec::new(),
            suspect: true,
        };
        self.retries_first = !self.retries_first;
        if !self.endpoints.is_empty() {
            self.endpoints.rotate_left(1);
        }
        wanted
    }
}

/// Runs what is due until nothing is.
pub(crate) async fn run_due(
    shared: &Arc<Shared>,
    processes: &Processes,
) -> Result<u64, InboxError> {
    let most = u32::try_from(shared.settings.concurrency).unwrap_or(u32::MAX);
    let mut turns = Turns::new(processes.by_endpoint.keys().cloned());
    let mut count = 0;
    loop {
        let claimed = shared.store.claim(&turns.wanted(shared, most)).await?;
        shared.counters.dead(claimed.buried.into());
        if claimed.jobs.is_empty() && claimed.buried == 0 {
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
