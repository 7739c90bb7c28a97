//! The changes by operators since this process started, and bulk changes that are running.

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

/// The largest number of entries in the list of recent changes.
const MAX_ENTRIES: usize = 50;

/// The number of deliveries that are changed at a time, in one statement.
pub(crate) const CHUNK: u32 = 500;

/// The largest number of deliveries that one change takes.
pub(crate) const MAX_DELIVERIES: u64 = 100_000;

/// An act of an operator, for the list of recent changes.
#[derive(Clone)]
pub(crate) enum Activity {
    /// One delivery was changed.
    One(Action, i64),
    /// The body of a delivery was shown.
    ShownBody(i64),
    /// An endpoint was paused, for a reason.
    Paused(String, String),
    /// An endpoint was resumed.
    Resumed(String),
    /// Many deliveries were changed.
    Many(Arc<BulkChange>),
}

/// One line of the list of recent changes.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) activity: Activity,
    pub(crate) by: String,
    pub(crate) at: SystemTime,
}

impl Entry {
    /// True for a look at a body. Looks do not displace changes from the list.
    const fn is_look(&self) -> bool {
        matches!(self.activity, Activity::ShownBody(_))
    }

    /// True for a bulk change that is running, which an operator can stop.
    fn is_running(&self) -> bool {
        matches!(&self.activity, Activity::Many(bulk) if bulk.progress().0 == Progress::Running)
    }
}

/// The state of a bulk change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Running,
    Ended,
    Stopped,
    Failed(InboxError),
}

/// A bulk change.
pub(crate) struct BulkChange {
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

impl BulkChange {
    /// The number of deliveries that were changed so far.
    pub(crate) fn changed(&self) -> u64 {
        self.changed.load(Ordering::Relaxed)
    }

    /// The state, and the time that it took so far.
    pub(crate) fn progress(&self) -> (Progress, Duration) {
        let (progress, took) = self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let took = if progress == Progress::Running { self.begun.elapsed() } else { took };
        (progress, took)
    }

    /// Ends the change after the chunk that is under way.
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
        let mut window = Window::oldest_first(CHUNK);
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(Progress::Stopped);
            }
            let page = inbox.page(filter, window).await?;
            // More may match by now than were confirmed.
            let left = usize::try_from(self.total - self.changed()).unwrap_or(usize::MAX);
            let ids: Vec<i64> = page.records.iter().map(|record| record.id).take(left).collect();
            if !ids.is_empty() {
                let chunk = filter.clone().ids(ids);
                let changed = self.action.run(inbox, &chunk).await?;
                self.changed.fetch_add(changed, Ordering::Relaxed);
            }
            match page.next {
                Some(next) if self.changed() < self.total => window = next,
                _ => return Ok(Progress::Ended),
            }
        }
    }
}

/// A bulk change that was confirmed.
pub(crate) struct ConfirmedChange {
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
    pub(crate) fn add(&self, by: &str, at: SystemTime, activity: Activity) {
        let mut recent = self.recent();
        recent.push_front(Entry { activity, by: by.to_owned(), at });
        if recent.len() > MAX_ENTRIES
            && let Some(oldest) = recent
                .iter()
                .rposition(Entry::is_look)
                .or_else(|| recent.iter().rposition(|entry| !entry.is_running()))
        {
            recent.remove(oldest);
        }
    }

    /// Begins a bulk change, in a task of its own.
    pub(crate) fn begin(
        &self,
        inbox: &Inbox,
        by: &str,
        at: SystemTime,
        confirmed: ConfirmedChange,
    ) -> Arc<BulkChange> {
        let ConfirmedChange { action, kinds, query, name, filter, total } = confirmed;
        let bulk = Arc::new(BulkChange {
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
        self.add(by, at, Activity::Many(Arc::clone(&bulk)));
        let (running, changing, inbox) = (Arc::clone(&bulk), Arc::clone(&bulk), inbox.clone());
        let change = async move { changing.change_all(&inbox, &filter).await };
        tokio::spawn(async move { running.end(in_task(change).await) });
        bulk
    }

    /// The time that the last bulk change took for each delivery.
    pub(crate) fn pace(&self) -> Option<Duration> {
        let recent = self.recent();
        recent.iter().find_map(|entry| {
            let Activity::Many(bulk) = &entry.activity else { return None };
            let (progress, took) = bulk.progress();
            let changed = u32::try_from(bulk.changed()).ok().filter(|changed| *changed > 0)?;
            (progress != Progress::Running).then_some(took / changed)
        })
    }

    /// Finds a bulk change by its number.
    pub(crate) fn find(&self, number: u64) -> Option<Arc<BulkChange>> {
        let recent = self.recent();
        let mut bulks = recent.iter().filter_map(|entry| match &entry.activity {
            Activity::Many(bulk) => Some(bulk),
            _ => None,
        });
        bulks.find(|bulk| bulk.number == number).cloned()
    }
}
