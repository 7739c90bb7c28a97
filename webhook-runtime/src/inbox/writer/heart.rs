//! The signs of life of this process, which go with the commits that are made anyway.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::inbox::{
    error::InboxError,
    options::Settings,
    record::stored_note,
    store::{Heartbeat, Work},
    worker::pools::Crew,
    writer::Reply,
};

/// The pause between two heartbeats while deliveries run, or have run since the last one.
const BUSY: Duration = Duration::from_secs(10);

/// The time that is promised until the next heartbeat at rest.
const REST: Duration = Duration::from_secs(70);

/// The pause at rest. If something else is committed within the last third of it, the heartbeat goes
/// with it.
const REST_PAUSE: Duration = Duration::from_secs(65);

/// The pause after a heartbeat that failed.
const AGAIN: Duration = Duration::from_secs(1);

/// The heartbeat of this process.
pub(crate) struct Heart {
    /// The number of the row; 0 before the first heartbeat.
    id: AtomicI64,
    who: Heartbeat,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The time at which the last one was written.
    beaten: Option<Instant>,
    /// The time at which the last one failed, unless another one has been written since.
    failed: Option<Instant>,
    /// True if the last one promises the next one soon.
    promised_soon: bool,
    /// The row that was written last, or is being written.
    crew: Crew,
    /// True if workers have been started or stopped since then.
    changed: bool,
    /// True if something has run since then.
    active: bool,
    next: Next,
    /// Those who wait for it.
    waiting: Vec<Reply<()>>,
}

/// The state of the next heartbeat.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Next {
    #[default]
    NotYet,
    /// The next commit takes it with it.
    Nudged,
    /// A commit is on its way with it.
    Committing,
}

impl Heart {
    pub(super) fn new(settings: &Settings) -> Self {
        let who = Heartbeat {
            name: stored_note(&settings.worker_name),
            program: stored_note(&settings.program),
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..Heartbeat::default()
        };
        Self { id: AtomicI64::new(0), who, state: Mutex::default() }
    }

    /// The number of this process among the workers, once its row is written.
    pub(crate) fn id(&self) -> Option<i64> {
        Some(self.id.load(Ordering::Relaxed)).filter(|id| *id != 0)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Workers were started or stopped.
    pub(crate) fn crew_changed(&self) {
        self.state().changed = true;
    }

    /// Something has run. Returns true if that was not known.
    pub(super) fn set_active(&self) -> bool {
        !std::mem::replace(&mut self.state().active, true)
    }

    /// The time to see to the next one; `None` if none is due, or one is on its way.
    pub(super) fn due_at(&self, holds_any: bool) -> Option<Instant> {
        let state = self.state();
        if state.next != Next::NotYet {
            return None;
        }
        state.due_at(holds_any, REST_PAUSE)
    }

    /// True if it is time. Then the caller sees to a commit.
    pub(super) fn begin(&self, holds_any: bool) -> bool {
        let is_due = self.due_at(holds_any).is_some_and(|due| due <= Instant::now());
        if is_due {
            self.state().next = Next::Nudged;
        }
        is_due
    }

    /// The heartbeat that goes with this work, if it is time for one, or somebody asks for it.
    pub(super) fn take(
        &self,
        crew: impl FnOnce() -> Crew,
        asked: Vec<Reply<()>>,
        work: &Work,
    ) -> Option<Heartbeat> {
        let mut state = self.state();
        let is_asked = !asked.is_empty();
        state.waiting.extend(asked);
        if state.next == Next::Committing {
            return None;
        }
        state.next = Next::NotYet;
        let pause = if work.is_empty() { REST_PAUSE } else { REST_PAUSE / 3 * 2 };
        let is_due = state.due_at(false, pause).is_some_and(|due| due <= Instant::now());
        // A store may look without writing: what is due at the start does not wait for its turn.
        let first_look = state.beaten.is_none() && work.only_claims() && !work.is_empty();
        if !is_asked && (!is_due || first_look) {
            return None;
        }
        let crew = crew();
        let runs = state.active || crew.running > 0;
        let (next_in, running) = (if runs { BUSY } else { REST }, crew.running);
        if crew.is_alive {
            state.crew = crew;
        } else {
            // What has stopped is told as it was.
            state.crew.is_alive = false;
        }
        state.promised_soon = runs && state.crew.is_alive;
        (state.next, state.changed, state.active) = (Next::Committing, false, false);
        Some(Heartbeat {
            id: self.id(),
            endpoints: state.crew.endpoints.clone(),
            slots: state.crew.slots,
            running,
            next_in: state.crew.is_alive.then_some(next_in),
            ..self.who.clone()
        })
    }

    /// The commit of a heartbeat has ended.
    pub(super) fn ended(&self, result: Result<Option<i64>, &InboxError>) {
        let mut state = self.state();
        state.next = Next::NotYet;
        let now = Instant::now();
        let lost = InboxError::Store("the heartbeat was not written".to_owned());
        let result = match result {
            // The store has kept it before.
            Ok(None) if self.id().is_some() => Err(&lost),
            result => result,
        };
        if let Ok(id) = result {
            self.id.store(id.unwrap_or_default(), Ordering::Relaxed);
            (state.beaten, state.failed) = (Some(now), None);
        } else {
            (state.failed, state.changed) = (Some(now), true);
        }
        for waiting in state.waiting.drain(..) {
            let _ = waiting.send(result.map(|_| ()).map_err(Clone::clone));
        }
    }
}

impl State {
    /// The time at which the next one is due, with this pause at rest.
    fn due_at(&self, holds_any: bool, rest: Duration) -> Option<Instant> {
        let due = match self.beaten {
            _ if self.changed => Some(Instant::now()),
            Some(beaten) if self.crew.is_alive => {
                let soon = holds_any || self.active || self.promised_soon;
                Some(beaten + if soon { BUSY } else { rest })
            }
            _ => None,
        };
        due.map(|due| self.failed.map_or(due, |failed| due.max(failed + AGAIN)))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn crew() -> Crew {
        Crew { endpoints: vec!["orders".to_owned()], slots: 4, running: 0, is_alive: true }
    }

    fn take(heart: &Heart) -> Option<Heartbeat> {
        heart.take(crew, Vec::new(), &Work::default())
    }

    #[tokio::test(start_paused = true)]
    async fn it_beats_often_while_deliveries_run_and_seldom_at_rest() {
        let heart = Heart::new(&Settings::default());
        assert!(take(&heart).is_none() && !heart.begin(false), "there are no workers");
        heart.crew_changed();
        let look = Work { look_ahead: vec!["orders".to_owned()], ..Work::default() };
        assert!(heart.take(crew, Vec::new(), &look).is_none(), "the first look does not write");
        assert!(heart.begin(false) && !heart.begin(false), "once");
        let beat = take(&heart).expect("the first");
        assert_eq!((beat.id, beat.slots, beat.next_in), (None, 4, Some(REST)));
        assert!(take(&heart).is_none(), "one is on its way");
        heart.ended(Ok(Some(7)));
        assert_eq!(heart.id(), Some(7));
        advance(BUSY).await;
        assert!(take(&heart).is_none() && heart.set_active() && !heart.set_active());
        for promise in [BUSY, REST] {
            assert_eq!(take(&heart).map(|beat| beat.next_in), Some(Some(promise)));
            heart.ended(Ok(Some(7)));
            advance(BUSY).await;
        }
        assert!(take(&heart).is_none());
        advance((REST_PAUSE / 3 * 2).saturating_sub(BUSY)).await;
        assert!(take(&heart).is_none() && !heart.begin(false));
        assert!(heart.take(crew, Vec::new(), &look).is_some(), "with something else");
        heart.ended(Err(&InboxError::Timeout));
        assert!(!heart.begin(false), "not at once");
        advance(AGAIN).await;
        assert!(heart.begin(false) && take(&heart).is_some());
        heart.ended(Ok(Some(8)));
        heart.crew_changed();
        let stopped = heart.take(Crew::default, Vec::new(), &Work::default());
        let stopped = stopped.expect("the end is told");
        assert_eq!((stopped.slots, stopped.next_in), (4, None));
        heart.ended(Ok(Some(8)));
        advance(2 * REST).await;
        assert!(!heart.begin(false), "nothing beats any more");
    }
}
