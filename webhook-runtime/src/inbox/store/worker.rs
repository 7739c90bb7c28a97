//! The processes that have workers, and their signs of life.

use std::time::{Duration, SystemTime};

/// A sign of life of a process with workers, which a store writes to the row of the process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Heartbeat {
    /// The number of the row; `None` before the first heartbeat. Where the row is gone, a new one is
    /// written.
    pub id: Option<i64>,
    /// The name of the worker: that of the host, unless it was given another.
    pub name: String,
    /// The number of the process.
    pub pid: u32,
    /// Name and version of the program.
    pub program: String,
    /// The version of this library.
    pub version: String,
    /// The names of the endpoints that have workers.
    pub endpoints: Vec<String>,
    /// The number of deliveries that can run at a time; 0 in a process that has had no workers.
    pub slots: u32,
    /// The number of deliveries that run.
    pub running: u32,
    /// The time until the next heartbeat; `None` if the workers have stopped.
    pub next_in: Option<Duration>,
}

/// A process that has workers, or had some within the last hour.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerRecord {
    /// The number of the worker, which is never given twice.
    pub id: i64,
    /// The name: that of the host, unless
    /// [`worker_name`](crate::inbox::InboxBuilder::worker_name) sets another.
    pub name: String,
    /// The number of the process on its host.
    pub pid: u32,
    /// Name and version of the program, as [`program`](crate::inbox::InboxBuilder::program) says;
    /// else the name of the executable file.
    pub program: String,
    /// The version of this library.
    pub version: String,
    /// The names of the endpoints.
    pub endpoints: Vec<String>,
    /// The number of deliveries that can run at a time.
    pub slots: u32,
    /// The number of deliveries that ran at the last heartbeat.
    pub running: u32,
    /// The time of the first heartbeat: when its workers were started, as a rule.
    pub started_at: SystemTime,
    /// The time of the last heartbeat.
    pub seen_at: SystemTime,
    /// The time at which the next heartbeat is due; `None` if the workers have stopped.
    pub next_at: Option<SystemTime>,
}

/// The time for which a heartbeat may be late.
const LATE: Duration = Duration::from_secs(15);

impl WorkerRecord {
    /// Creates the record of the worker of a heartbeat, which is its first one.
    #[must_use]
    pub fn new(id: i64, beat: &Heartbeat, now: SystemTime) -> Self {
        let mut record = Self {
            id,
            name: beat.name.clone(),
            pid: beat.pid,
            program: beat.program.clone(),
            version: beat.version.clone(),
            endpoints: Vec::new(),
            slots: 0,
            running: 0,
            started_at: now,
            seen_at: now,
            next_at: None,
        };
        record.beat(beat, now);
        record
    }

    /// Takes a further heartbeat down.
    pub fn beat(&mut self, beat: &Heartbeat, now: SystemTime) {
        self.endpoints.clone_from(&beat.endpoints);
        (self.slots, self.running, self.seen_at) = (beat.slots, beat.running, now);
        self.next_at = beat.next_in.and_then(|wait| now.checked_add(wait));
    }

    /// True unless its workers have stopped, or its heartbeat is overdue by more than 15 seconds. The
    /// times are those of the store, whose clock may differ from yours.
    #[must_use]
    pub fn is_alive(&self, now: SystemTime) -> bool {
        let latest = self.next_at.and_then(|at| at.checked_add(LATE));
        latest.is_some_and(|latest| now <= latest)
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn a_worker_is_alive_until_its_heartbeat_is_overdue() {
        let at = |seconds: u64| UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds);
        let mut beat = Heartbeat::default();
        (beat.slots, beat.next_in) = (4, Some(Duration::from_secs(10)));
        let mut worker = WorkerRecord::new(1, &beat, at(0));
        assert!(worker.is_alive(at(0)) && worker.is_alive(at(25)) && !worker.is_alive(at(26)));
        worker.beat(&beat, at(30));
        assert!(worker.is_alive(at(50)) && worker.started_at == at(0));
        beat.next_in = None;
        worker.beat(&beat, at(31));
        assert!(!worker.is_alive(at(31)));
    }
}
