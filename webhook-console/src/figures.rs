//! The figures that every viewer sees, asked for all of them at once.

use std::time::{Duration, SystemTime};

use webhook_runtime::inbox::{
    CauseGroup, EndpointCounts, Filter, Inbox, MinuteSum, Pause, RecentDeaths, StoreInfo, Window,
    WorkerRecord,
};

use crate::{
    cache::Cached,
    estimate::{Kept, kept},
    fetch::Trouble,
};

/// The time that counts are shown.
const COUNTS: Duration = Duration::from_secs(1);

/// The time that sums of minutes and sizes are shown.
const SUMS: Duration = Duration::from_secs(10);

/// The spans of time in which dead letters are recent.
const TEN_MINUTES: Duration = Duration::from_secs(600);
const HOUR: Duration = Duration::from_secs(3600);

/// The dead letters that are new, by endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deaths {
    /// In the last ten minutes.
    pub(crate) new: Vec<RecentDeaths>,
    /// In the last hour.
    pub(crate) in_hour: Vec<RecentDeaths>,
}

/// The figures of one inbox.
pub(crate) struct Figures {
    inbox: Inbox,
    counts: Cached<Vec<EndpointCounts>>,
    causes: Cached<Vec<CauseGroup>>,
    deaths: Cached<Deaths>,
    paused: Cached<Vec<Pause>>,
    workers: Cached<Vec<WorkerRecord>>,
    sums: Cached<Vec<MinuteSum>>,
    last: Cached<Vec<(String, Option<SystemTime>)>>,
    store: Cached<StoreInfo>,
    kept: Cached<[Kept; 2]>,
}

impl Figures {
    pub(crate) const fn new(inbox: Inbox) -> Self {
        Self {
            inbox,
            counts: Cached::new(COUNTS),
            causes: Cached::new(COUNTS),
            deaths: Cached::new(COUNTS),
            paused: Cached::new(COUNTS),
            workers: Cached::new(COUNTS),
            sums: Cached::new(SUMS),
            last: Cached::new(SUMS),
            store: Cached::new(SUMS),
            kept: Cached::new(SUMS),
        }
    }

    /// Asks anew for what an operator can change.
    pub(crate) fn forget(&self) {
        self.counts.forget();
        self.causes.forget();
        self.deaths.forget();
        self.paused.forget();
        self.kept.forget();
    }

    pub(crate) async fn counts(&self) -> Result<Vec<EndpointCounts>, Trouble> {
        let inbox = self.inbox.clone();
        self.counts.get(|| async move { inbox.endpoint_counts().await }).await
    }

    pub(crate) async fn causes(&self) -> Result<Vec<CauseGroup>, Trouble> {
        let inbox = self.inbox.clone();
        self.causes.get(|| async move { inbox.causes().await }).await
    }

    pub(crate) async fn deaths(&self, now: SystemTime) -> Result<Deaths, Trouble> {
        let inbox = self.inbox.clone();
        let since = move |span| now.checked_sub(span).unwrap_or(SystemTime::UNIX_EPOCH);
        let question = || async move {
            let new = inbox.recent_deaths(since(TEN_MINUTES)).await?;
            Ok(Deaths { new, in_hour: inbox.recent_deaths(since(HOUR)).await? })
        };
        self.deaths.get(question).await
    }

    pub(crate) async fn paused(&self) -> Result<Vec<Pause>, Trouble> {
        let inbox = self.inbox.clone();
        self.paused.get(|| async move { inbox.paused().await }).await
    }

    pub(crate) async fn workers(&self) -> Result<Vec<WorkerRecord>, Trouble> {
        let inbox = self.inbox.clone();
        self.workers.get(|| async move { inbox.workers().await }).await
    }

    /// The sums of the minutes since a time, which is about an hour ago.
    pub(crate) async fn sums(&self, since: SystemTime) -> Result<Vec<MinuteSum>, Trouble> {
        let inbox = self.inbox.clone();
        self.sums.get(|| async move { inbox.sums(since).await }).await
    }

    /// The time at which the last delivery of each of these endpoints was received.
    pub(crate) async fn last(
        &self,
        endpoints: Vec<String>,
    ) -> Result<Vec<(String, Option<SystemTime>)>, Trouble> {
        let inbox = self.inbox.clone();
        let question = || async move {
            let mut last = Vec::with_capacity(endpoints.len());
            for name in endpoints {
                let page =
                    inbox.page(&Filter::all().endpoint(&name), Window::newest_first(1)).await?;
                last.push((name, page.records.first().map(|record| record.received_at)));
            }
            Ok(last)
        };
        self.last.get(question).await
    }

    pub(crate) async fn store(&self) -> Result<StoreInfo, Trouble> {
        let inbox = self.inbox.clone();
        self.store.get(|| async move { inbox.store_info().await }).await
    }

    /// The finished deliveries that are kept: those that completed or were cancelled, and dead letters.
    pub(crate) async fn kept(&self) -> Result<[Kept; 2], Trouble> {
        let inbox = self.inbox.clone();
        self.kept.get(|| async move { kept(&inbox).await }).await
    }
}
