//! A slow database, and many viewers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use axum::Router;
use http::StatusCode;
use webhook_console::{Access, Console, Permission};
use webhook_runtime::{
    Inbox,
    inbox::{
        Attempt, CauseGroup, ClaimToken, Count, EndpointCounts, EnqueueResult, Filter, MinuteSum,
        NewDelivery, PruneResult, QueueDepth, RecentDeadLetters, StoreInfo, StoredDelivery, Window,
        store::{
            Change, ChangeResult, ClaimRequest, ClaimResult, DueTimeLimits, FinishedAttempt,
            InboxStore, ListResult, Retention, StoreFuture, StoreTransaction,
        },
    },
};

use crate::site::{Page, Site, delivery, get};

/// The queries that can be slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Query {
    Counts,
    Sums,
    Causes,
    Deaths,
    Attempts,
    Count,
    Info,
}

/// A store that is slow at some queries, and counts the queries for counts.
struct Slow {
    inner: Arc<dyn InboxStore>,
    queries: Vec<Query>,
    takes: Duration,
    asked: AtomicU32,
}

impl Slow {
    /// The answer of the store, after a while if the query is a slow one.
    fn after<'a, T: Send + 'a>(
        &self,
        query: Query,
        answer: StoreFuture<'a, T>,
    ) -> StoreFuture<'a, T> {
        let wait = if self.queries.contains(&query) { self.takes } else { Duration::ZERO };
        if query == Query::Counts {
            self.asked.fetch_add(1, Ordering::Relaxed);
        }
        Box::pin(async move {
            tokio::time::sleep(wait).await;
            answer.await
        })
    }
}

impl InboxStore for Slow {
    fn enqueue<'a>(&'a self, new: &'a [NewDelivery]) -> StoreFuture<'a, Vec<EnqueueResult>> {
        self.inner.enqueue(new)
    }

    fn claim<'a>(&'a self, request: &'a ClaimRequest) -> StoreFuture<'a, ClaimResult> {
        self.inner.claim(request)
    }

    fn renew_leases<'a>(
        &'a self,
        running: &'a [ClaimToken],
        lease: Duration,
    ) -> StoreFuture<'a, Vec<i64>> {
        self.inner.renew_leases(running, lease)
    }

    fn finish<'a>(&'a self, batch: &'a [FinishedAttempt]) -> StoreFuture<'a, Vec<bool>> {
        self.inner.finish(batch)
    }

    fn begin(&self, claim_token: ClaimToken) -> StoreFuture<'_, Box<dyn StoreTransaction>> {
        self.inner.begin(claim_token)
    }

    fn list<'a>(&'a self, filter: &'a Filter, window: Window) -> StoreFuture<'a, ListResult> {
        self.inner.list(filter, window)
    }

    fn count<'a>(&'a self, filter: &'a Filter, limit: u64) -> StoreFuture<'a, Count> {
        self.after(Query::Count, self.inner.count(filter, limit))
    }

    fn attempts(&self, id: i64) -> StoreFuture<'_, Vec<Attempt>> {
        self.after(Query::Attempts, self.inner.attempts(id))
    }

    fn sums(&self, since: SystemTime) -> StoreFuture<'_, Vec<MinuteSum>> {
        self.after(Query::Sums, self.inner.sums(since))
    }

    fn causes(&self, max: u32) -> StoreFuture<'_, Vec<CauseGroup>> {
        self.after(Query::Causes, self.inner.causes(max))
    }

    fn recent_dead_letters(
        &self,
        since: SystemTime,
        max: u32,
    ) -> StoreFuture<'_, Vec<RecentDeadLetters>> {
        self.after(Query::Deaths, self.inner.recent_dead_letters(since, max))
    }

    fn endpoint_counts(&self, limit: u64) -> StoreFuture<'_, Vec<EndpointCounts>> {
        self.after(Query::Counts, self.inner.endpoint_counts(limit))
    }

    fn get(&self, id: i64) -> StoreFuture<'_, Option<StoredDelivery>> {
        self.inner.get(id)
    }

    fn change<'a>(
        &'a self,
        filter: &'a Filter,
        change: Change,
        window: Window,
    ) -> StoreFuture<'a, ChangeResult> {
        self.inner.change(filter, change, window)
    }

    fn prune<'a>(&'a self, retention: &'a Retention, max: u32) -> StoreFuture<'a, PruneResult> {
        self.inner.prune(retention, max)
    }

    fn clamp_future_due_times(&self, bounds: DueTimeLimits) -> StoreFuture<'_, u64> {
        self.inner.clamp_future_due_times(bounds)
    }

    fn queue_depth(&self) -> StoreFuture<'_, QueueDepth> {
        self.inner.queue_depth()
    }

    fn info(&self) -> StoreFuture<'_, StoreInfo> {
        self.after(Query::Info, self.inner.info())
    }
}

/// A console over a slow store with what is in the inbox of a site.
fn console(site: &Site, slow: &[Query], takes: Duration) -> (Router, Arc<Slow>) {
    let inner = Arc::clone(site.inbox.store());
    let store = Arc::new(Slow { inner, queries: slow.to_vec(), takes, asked: AtomicU32::new(0) });
    let inbox = Inbox::with_store(Arc::clone(&store) as Arc<dyn InboxStore>);
    let access = Access::decide(|_| Permission::full("ana"));
    let router = Router::new().nest("/console", Console::new(inbox, access).into_router());
    (router, store)
}

#[tokio::test]
async fn what_takes_too_long_leaves_the_rest_of_a_page() {
    let site = Site::new().await;
    site.dead(2).await;
    site.run(&[delivery(70, "done")]).await;
    for (path, slow, panel, rest) in [
        ("", Query::Counts, "tiles", "2 of them since"),
        ("", Query::Sums, "hour", "Dead letters by cause"),
        ("", Query::Causes, "causes", "2 in the last ten minutes"),
        ("", Query::Deaths, "", "until retried or discarded"),
        ("/endpoints/orders", Query::Counts, "tiles", "SHOPIFY_SECRET"),
        ("/endpoints/orders", Query::Sums, "hour", "orders/paid"),
        ("/deliveries", Query::Count, "content", "no stock"),
        ("/deliveries/1", Query::Attempts, "story", "SHOPIFY_SECRET"),
        ("/system", Query::Info, "store", "Completed and cancelled"),
        ("/system", Query::Count, "retention", "SQLite"),
    ] {
        let (router, _) = console(&site, &[slow], Duration::from_secs(60));
        let begun = Instant::now();
        let page = get(router, path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {slow:?}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{path}: {:?}", begun.elapsed());
        assert!(page.has(rest), "{path}: {slow:?}: {rest}: {}", page.text);
        if !panel.is_empty() {
            let (_, from) = page.text.split_once(&format!("id=\"{panel}\"")).unwrap();
            let said = from.find("took too long").unwrap_or(usize::MAX);
            // The list is no section of its own.
            let end = if panel == "content" { "</main>" } else { "</section>" };
            let end = from.find(end).unwrap_or_default();
            assert!(said < end, "{path}: {slow:?}: {}", page.text);
        }
    }
}

#[tokio::test]
async fn many_viewers_ask_no_more_than_one() {
    let site = Site::new().await;
    site.dead(1).await;
    let (router, store) = console(&site, &[Query::Counts], Duration::from_millis(300));
    let looks = (0..20).map(|look| {
        let path = ["", "/deliveries", "/endpoints/orders"][look % 3];
        tokio::spawn(get(router.clone(), path))
    });
    let pages: Vec<Page> = {
        let mut pages = Vec::new();
        for look in looks.collect::<Vec<_>>() {
            pages.push(look.await.unwrap());
        }
        pages
    };
    assert!(pages.iter().all(|page| page.status == StatusCode::OK));
    assert_eq!(store.asked.load(Ordering::Relaxed), 1);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    get(router, "").await;
    assert_eq!(store.asked.load(Ordering::Relaxed), 2);
}
