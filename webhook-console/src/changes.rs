//! The changes by operators since this process began, and changes of many deliveries that go on.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use webhook_runtime::{
    Inbox,
    inbox::{Filter, InboxError, Window},
};

use crate::{action::Action, fetch::in_task, kind::Kind};

/// The number of changes that are remembered.
const REMEMBERED: usize = 50;

/// The number of deliveries that are changed at a time.
pub(crate) const PIECE: u32 = 500;

/// The most deliveries that one change takes.
pub(crate) const MOST: u64 = 100_000;

/// A change, for the list of recent changes.
#[derive(Clone)]
pub(crate) enum Done {
    /// One delivery was changed.
    One(Action, i64),
    /// The body of a delivery was shown.
    ShownBody(i64),
    /// An endpoint was paused, for a reason.
    Paused(String, String),
    /// An endpoint was resumed.
    Resumed(String),
    /// Many deliveries were changed.
    Many(Arc<Bulk>),
}

/// One line of the list of recent changes.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) done: Done,
    pub(crate) by: String,
    pub(crate) at: SystemTime,
}

impl Entry {
    /// True if nothing was changed. Those who may only look displace nothing else.
    const fn is_look(&self) -> bool {
        matches!(self.done, Done::ShownBody(_))
    }

    /// True for a change that can still be stopped.
    fn goes_on(&self) -> bool {
        matches!(&self.done, Done::Many(bulk) if bulk.progress().0 == Progress::Running)
    }
}

/// The state of a change of many deliveries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Running,
    Ended,
    Stopped,
    Failed(InboxError),
}

/// A change of many deliveries.
pub(crate) struct Bulk {
    pub(crate) number: u64,
    pub(crate) action: Action,
    /// The states that the operator has chosen.
    pub(crate) kinds: Vec<Kind>,
    /// The query of the list it came from.
    pub(crate) query: String,
    /// The filter in words.
    pub(crate) name: String,
    pub(crate) by: String,
    /// The number that was confirmed.
    pub(crate) total: u64,
    changed: AtomicU64,
    stop: AtomicBool,
    begun: Instant,
    ended: Mutex<(Progress, Duration)>,
}

impl Bulk {
    /// The number of deliveries that have been changed.
    pub(crate) fn changed(&self) -> u64 {
        self.changed.load(Ordering::Relaxed)
    }

    /// The state, and the time that it took so far.
    pub(crate) fn progress(&self) -> (Progress, Duration) {
        let (progress, took) = self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let took = if progress == Progress::Running { self.begun.elapsed() } else { took };
        (progress, took)
    }

    /// Ends it after the piece that is under way.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    fn end(&self, result: Result<Progress, InboxError>) {
        let progress = result.unwrap_or_else(Progress::Failed);
        let changed = self.changed();
        tracing::warn!(
            by = self.by,
            action = self.action.word(),
            filter = self.query,
            number = self.number,
            confirmed = self.total,
            changed,
            ended = ?progress,
            "an operator has changed many deliveries"
        );
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        *ended = (progress, self.begun.elapsed());
    }

    async fn change_all(&self, inbox: &Inbox, filter: &Filter) -> Result<Progress, InboxError> {
        let mut window = Window::oldest_first(PIECE);
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(Progress::Stopped);
            }
            let page = inbox.page(filter, window).await?;
            // More may match by now than were confirmed.
            let left = usize::try_from(self.total - self.changed()).unwrap_or(usize::MAX);
            let ids: Vec<i64> = page.records.iter().map(|record| record.id).take(left).collect();
            if !ids.is_empty() {
                let piece = filter.clone().ids(ids);
                let changed = self.action.run(inbox, &piece).await?;
                self.changed.fetch_add(changed, Ordering::Relaxed);
            }
            match page.next {
                Some(next) if self.changed() < self.total => window = next,
                _ => return Ok(Progress::Ended),
            }
        }
    }
}

/// A change that was confirmed.
pub(crate) struct Confirmed {
    pub(crate) action: Action,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) query: String,
    pub(crate) name: String,
    pub(crate) filter: Filter,
    pub(crate) total: u64,
}

/// All changes of this process.
pub(crate) struct Changes {
    recent: Mutex<VecDeque<Entry>>,
    last: AtomicU64,
}

impl Changes {
    pub(crate) fn new() -> Self {
        Self { recent: Mutex::default(), last: AtomicU64::new(0) }
    }

    fn recent(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest changes, newest first.
    pub(crate) fn newest(&self) -> Vec<Entry> {
        self.recent().iter().cloned().collect()
    }

    /// Remembers a change.
    pub(crate) fn add(&self, by: &str, at: SystemTime, done: Done) {
        let mut recent = self.recent();
        recent.push_front(Entry { done, by: by.to_owned(), at });
        if recent.len() > REMEMBERED
            && let Some(oldest) = recent
                .iter()
                .rposition(Entry::is_look)
                .or_else(|| recent.iter().rposition(|entry| !entry.goes_on()))
        {
            recent.remove(oldest);
        }
    }

    /// Begins to change many deliveries.
    pub(crate) fn begin(
        &self,
        inbox: &Inbox,
        by: &str,
        at: SystemTime,
        it: Confirmed,
    ) -> Arc<Bulk> {
        let Confirmed { action, kinds, query, name, filter, total } = it;
        let bulk = Arc::new(Bulk {
            number: self.last.fetch_add(1, Ordering::Relaxed) + 1,
            action,
            kinds,
            query,
            name,
            by: by.to_owned(),
            total,
            changed: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            begun: Instant::now(),
            ended: Mutex::new((Progress::Running, Duration::ZERO)),
        });
        self.add(by, at, Done::Many(Arc::clone(&bulk)));
        let (running, changing, inbox) = (Arc::clone(&bulk), Arc::clone(&bulk), inbox.clone());
        let change = async move { changing.change_all(&inbox, &filter).await };
        tokio::spawn(async move { running.end(in_task(change).await) });
        bulk
    }

    /// The time that the last change took for each delivery.
    pub(crate) fn pace(&self) -> Option<Duration> {
        let recent = self.recent();
        recent.iter().find_map(|entry| {
            let Done::Many(bulk) = &entry.done else { return None };
            let (progress, took) = bulk.progress();
            let changed = u32::try_from(bulk.changed()).ok().filter(|changed| *changed > 0)?;
            (progress != Progress::Running).then_some(took / changed)
        })
    }

    /// A change of many deliveries.
    pub(crate) fn find(&self, number: u64) -> Option<Arc<Bulk>> {
        let recent = self.recent();
        let mut bulks = recent.iter().filter_map(|entry| match &entry.done {
            Done::Many(bulk) => Some(bulk),
            _ => None,
        });
        bulks.find(|bulk| bulk.number == number).cloned()
    }
}
