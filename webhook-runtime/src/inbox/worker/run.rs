//! The loop of a worker.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc},
    task::JoinSet,
    time::Instant,
};

use crate::inbox::{
    Shared,
    error::InboxError,
    record::{ClaimToken, Job},
    store::{ClaimRequest, ClaimResult},
    worker::{
        Event, JobHandlers, ShutdownResult,
        attempt::{JobHandler, attempt, record_dead_letters},
        leases::Running,
        retry::{Backoff, random, scaled},
        turns::Turns,
    },
};

/// Claims what there is room for, and starts an attempt at each delivery.
pub(super) struct Worker {
    shared: Arc<Shared>,
    processes: HashMap<String, Arc<dyn JobHandler>>,
    running: Running,
    events: mpsc::UnboundedSender<Event>,
    attempts: JoinSet<()>,
    /// The running attempts, how each is asked to give up, and whether it is a suspect.
    started: Vec<(ClaimToken, Arc<Notify>, bool)>,
    turns: Turns,
}

impl Worker {
    pub(super) fn new(
        shared: Arc<Shared>,
        processes: JobHandlers,
        running: Running,
        events: mpsc::UnboundedSender<Event>,
    ) -> Self {
        let processes = processes.by_endpoint;
        let turns = Turns::new(processes.keys().cloned());
        let (attempts, started) = (JoinSet::new(), Vec::new());
        Self { shared, processes, running, events, attempts, started, turns }
    }

    pub(super) async fn run(mut self, mut events: mpsc::UnboundedReceiver<Event>) {
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
        let wanted = ClaimRequest {
            crash_suspect: !self.started.iter().any(|(.., crash_suspect)| *crash_suspect),
            running: self.started.iter().map(|(claim, ..)| claim.id).collect(),
            ..self.turns.wanted(&self.shared, room)
        };
        let claimed = self.shared.store.claim(&wanted).await?;
        record_dead_letters(&self.shared, &claimed).await;
        let ClaimResult { jobs, crash_suspect, dead_lettered, .. } = claimed;
        let all = jobs.len() + dead_lettered as usize >= room as usize;
        let last = jobs.len();
        for (at, job) in (1..).zip(jobs) {
            self.begin(job, crash_suspect && at == last);
        }
        Ok(all)
    }

    fn begin(&mut self, job: Job, crash_suspect: bool) {
        let Some(process) = self.processes.get(&job.endpoint) else { return };
        let (process, shared, events) =
            (Arc::clone(process), Arc::clone(&self.shared), self.events.clone());
        let (claim, give_up) = (job.claim_token(), Arc::new(Notify::new()));
        self.running.add(claim);
        self.started.push((claim, Arc::clone(&give_up), crash_suspect));
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
    ) -> ShutdownResult {
        let before = self.started.len();
        self.wait_for_all(deadline, &mut events).await;
        let finished = before - self.started.len();
        for (_, give_up, _) in &self.started {
            give_up.notify_one();
        }
        let left = self.started.len();
        self.wait_for_all(Duration::from_secs(10), &mut events).await;
        ShutdownResult { finished, released: left - self.started.len() }
    }

    async fn wait_for_all(
        &mut self,
        timeout: Duration,
        events: &mut mpsc::UnboundedReceiver<Event>,
    ) {
        let until = Instant::now().checked_add(timeout);
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
