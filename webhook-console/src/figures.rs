//! The figures that all viewers see. They share the answers to their queries.

use std::time::{Duration, SystemTime};

use webhook_runtime::inbox::{
    CauseGroup, EndpointCounts, Filter, Inbox, MinuteSum, Pause, RecentDeadLetters, StoreInfo,
    Window, WorkerRecord,
};

use crate::{
    cache::Cached,
    estimate::{Kept, kept},
    fetch::FetchError,
};

/// The time for which counts are cached.
const COUNTS: Duration = Duration::from_secs(1);

/// The time for which sums of minutes and sizes are cached.
const SUMS: Duration = Duration::from_secs(10);

/// The spans of time in which dead letters are new.
const TEN_MINUTES: Duration = Duration::from_secs(600);
const HOUR: Duration = Duration::from_secs(3600);

/// New dead letters, by endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NewDeadLetters {
    /// In the last ten minutes.
    pub(crate) in_ten_minutes: Vec<RecentDeadLetters>,
    /// In the last hour.
    pub(crate) in_hour: Vec<RecentDeadLetters>,
}

/// The figures of one inbox.
pub(crate) struct Figures {
    inbox: Inbox,
    counts: Cached<Vec<EndpointCounts>>,
    causes: Cached<Vec<CauseGroup>>,
    new_dead_letters: Cached<NewDeadLetters>,
    paused: Cached<Vec<Pause>>,
    workers: Cached<Vec<WorkerRecord>>,
    sums: Cached<Vec<MinuteSum>>,
    last_received: Cached<Vec<(String, Option<SystemTime>)>>,
    empty: Cached<bool>,
    store: Cached<StoreInfo>,
    kept: Cached<[Kept; 2]>,
}

impl Figures {
    pub(crate) const fn new(inbox: Inbox) -> Self {
        Self {
            inbox,
            counts: Cached::new(COUNTS),
            causes: Cached::new(COUNTS),
            new_dead_letters: Cached::new(COUNTS),
            paused: Cached::new(COUNTS),
            workers: Cached::new(COUNTS),
            sums: Cached::new(SUMS),
            last_received: Cached::new(SUMS),
            empty: Cached::new(COUNTS),
            store: Cached::new(SUMS),
            kept: Cached::new(SUMS),
        }
    }

    /// Drops the cached answers that a change by an operator can outdate.
    pub(crate) fn invalidate(&self) {
        self.counts.invalidate();
        self.causes.invalidate();
        self.new_dead_letters.invalidate();
        self.paused.invalidate();
        self.kept.invalidate();
    }

    pub(crate) async fn counts(&self) -> Result<Vec<EndpointCounts>, FetchError> {
        let inbox = self.inbox.clone();
        self.counts.get(|| async move { inbox.endpoint_counts().await }).await
    }

    pub(crate) async fn causes(&self) -> Result<Vec<CauseGroup>, FetchError> {
        let inbox = self.inbox.clone();
        self.causes.get(|| async move { inbox.causes().await }).await
    }

    pub(crate) async fn new_dead_letters(
        &self,
        now: SystemTime,
    ) -> Result<NewDeadLetters, FetchError> {
        let inbox = self.inbox.clone();
        let since = move |span| now.checked_sub(span).unwrap_or(SystemTime::UNIX_EPOCH);
        let query = || async move {
            let in_ten_minutes = inbox.recent_dead_letters(since(TEN_MINUTES)).await?;
            let in_hour = inbox.recent_dead_letters(since(HOUR)).await?;
            Ok(NewDeadLetters { in_ten_minutes, in_hour })
        };
        self.new_dead_letters.get(query).await
    }

    pub(crate) async fn paused(&self) -> Result<Vec<Pause>, FetchError> {
        let inbox = self.inbox.clone();
        self.paused.get(|| async move { inbox.paused().await }).await
    }

    pub(crate) async fn workers(&self) -> Result<Vec<WorkerRecord>, FetchError> {
        let inbox = self.inbox.clone();
        self.workers.get(|| async move { inbox.workers().await }).await
    }

    /// The sums of the minutes since a time, which is about an hour ago.
    pub(crate) async fn sums(&self, since: SystemTime) -> Result<Vec<MinuteSum>, FetchError> {
        let inbox = self.inbox.clone();
        self.sums.get(|| async move { inbox.sums(since).await }).await
    }

    /// The time at which the last delivery of each of these endpoints was received.
    pub(crate) async fn last_received(
        &self,
        endpoints: Vec<String>,
    ) -> Result<Vec<(String, Option<SystemTime>)>, FetchError> {
        let inbox = self.inbox.clone();
        let query = || async move {
            let mut last = Vec::with_capacity(endpoints.len());
            for name in endpoints {
                let page =
                    inbox.page(&Filter::all().endpoint(&name), Window::newest_first(1)).await?;
                last.push((name, page.records.first().map(|record| record.received_at)));
            }
            Ok(last)
        };
        self.last_received.get(query).await
    }

    /// True if the inbox has no delivery.
    pub(crate) async fn is_empty(&self) -> Result<bool, FetchError> {
        let inbox = self.inbox.clone();
        let query = || async move {
            let page = inbox.page(&Filter::all(), Window::newest_first(1)).await?;
            Ok(page.records.is_empty())
        };
        self.empty.get(query).await
    }

    pub(crate) async fn store(&self) -> Result<StoreInfo, FetchError> {
        let inbox = self.inbox.clone();
        self.store.get(|| async move { inbox.store_info().await }).await
    }

    /// The finished deliveries that are kept: those that completed or were cancelled, and dead letters.
    pub(crate) async fn kept(&self) -> Result<[Kept; 2], FetchError> {
        let inbox = self.inbox.clone();
        self.kept.get(|| async move { kept(&inbox).await }).await
    }
}
