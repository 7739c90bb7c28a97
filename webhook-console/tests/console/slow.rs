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
        Attempt, CauseGroup, ClaimToken, Count, DeliveryState, EndpointCounts, EnqueueResult,
        Filter, MinuteSum, NewDelivery, Pause, PruneResult, QueueDepth, RecentDeadLetters,
        StoreInfo, StoredDelivery, Window,
        store::{
            Change, ChangeResult, ClaimRequest, ClaimResult, DueTimeLimits, FinishedAttempt,
            InboxStore, ListResult, Retention, StoreFuture, StoreTransaction,
        },
    },
};

use crate::site::{Page, Site, delivery, get, moment, post};

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
    Change,
    Pause,
}

/// A maker of deliveries.
type Grow = Box<dyn Fn() -> NewDelivery + Send + Sync>;

/// A store that is slow at some queries, and counts the queries for counts.
struct Slow {
    inner: Arc<dyn InboxStore>,
    queries: Vec<Query>,
    takes: Duration,
    asked: AtomicU32,
    /// A delivery that comes after each count.
    comes: Option<Grow>,
    /// True if changes panic.
    panics: bool,
}

impl Slow {
    /// A store with what is in the inbox of a site, which is not slow.
    fn new(site: &Site) -> Self {
        Self {
            inner: Arc::clone(site.inbox.store()),
            queries: Vec::new(),
            takes: Duration::ZERO,
            asked: AtomicU32::new(0),
            comes: None,
            panics: false,
        }
    }

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
        let count = self.after(Query::Count, self.inner.count(filter, limit));
        let Some(comes) = &self.comes else { return count };
        Box::pin(async move {
            let count = count.await;
            self.inner.enqueue(&[comes()]).await?;
            count
        })
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
        assert!(!self.panics, "a store that panics");
        self.after(Query::Change, self.inner.change(filter, change, window))
    }

    fn pause<'a>(&'a self, endpoint: &'a str, by: &'a str, why: &'a str) -> StoreFuture<'a, ()> {
        self.after(Query::Pause, self.inner.pause(endpoint, by, why))
    }

    fn resume<'a>(&'a self, endpoint: &'a str) -> StoreFuture<'a, bool> {
        self.after(Query::Pause, self.inner.resume(endpoint))
    }

    fn paused(&self) -> StoreFuture<'_, Vec<Pause>> {
        self.inner.paused()
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
    console_over(Slow { queries: slow.to_vec(), takes, ..Slow::new(site) })
}

fn console_over(store: Slow) -> (Router, Arc<Slow>) {
    let store = Arc::new(store);
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
        ("/endpoints/orders", Query::Sums, "hour", "orders/<wbr>paid"),
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

#[tokio::test]
async fn a_slow_change_is_made_all_the_same() {
    let site = Site::new().await;
    site.dead(2).await;
    let (router, _) = console(&site, &[Query::Change, Query::Pause], Duration::from_secs(3));
    for (path, back) in [
        ("/deliveries/1/retry", "href=\"../../deliveries/1\""),
        ("/endpoints/orders/pause", "href=\"../../endpoints/orders\""),
    ] {
        let begun = Instant::now();
        let page = post(router.clone(), path, &[("why", "slow")]).await;
        assert!(begun.elapsed() < Duration::from_millis(2900), "{path}: {:?}", begun.elapsed());
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(page.has("The change goes on") && page.has(back), "{path}: {}", page.text);
    }
    // One who does not wait for it at all.
    let gone = post(router.clone(), "/deliveries/2/retry", &[]);
    assert!(tokio::time::timeout(Duration::from_secs(1), gone).await.is_err());
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(site.state(1).await, DeliveryState::Pending);
    assert_eq!(site.state(2).await, DeliveryState::Pending);
    assert_eq!(site.inbox.paused().await.unwrap().len(), 1);
    let system = get(router, "/system").await;
    for told in ["deliveries/1\">#1", "deliveries/2\">#2", "Paused <a href=\"./endpoints/orders\""]
    {
        assert!(system.has(told), "{told}: {}", system.text);
    }
}

#[tokio::test]
async fn no_more_are_changed_than_were_confirmed() {
    let site = Site::new().await;
    site.store(&[delivery(1, "waits"), delivery(2, "waits")]).await;
    let key = AtomicU32::new(100);
    let comes: Grow = Box::new(move || {
        let key = key.fetch_add(1, Ordering::Relaxed);
        let mut new = delivery(key.into(), "waits");
        new.received_at = SystemTime::UNIX_EPOCH;
        new
    });
    let (router, _) = console_over(Slow { comes: Some(comes), ..Slow::new(&site) });
    // The second one comes after the count, and is as old as those that were seen.
    let fields = [
        ("action", "cancel"),
        ("scope", "all"),
        ("list", "state=pending"),
        ("seen", "9223372036854775807.9999999999999"),
        ("confirmed", "2"),
    ];
    let page = post(router.clone(), "/changes", &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let result = get(router, "/changes/1").await;
    assert!(result.has("2 of 2 were cancelled"), "{}", result.text);
    assert_eq!(site.counts().await["Cancelled"], 2);
    assert!(site.counts().await["Pending"] > 0);
}

#[tokio::test]
async fn a_change_ends_when_the_store_panics() {
    let site = Site::new().await;
    site.dead(1).await;
    let (router, _) = console_over(Slow { panics: true, ..Slow::new(&site) });
    let fields = [
        ("action", "retry"),
        ("scope", "all"),
        ("seen", "9223372036854775807.9999999999999"),
        ("confirmed", "1"),
    ];
    let page = post(router.clone(), "/changes", &fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let result = get(router.clone(), "/changes/1").await;
    assert!(result.has("The database failed after 0 of 1"), "{}", result.text);
    let one = post(router, "/deliveries/1/retry", &[]).await;
    assert_eq!(one.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(one.has("the store panicked"), "{}", one.text);
}

#[tokio::test]
async fn looks_do_not_displace_a_change_that_goes_on() {
    let site = Site::new().await;
    site.dead(1).await;
    let (router, _) = console(&site, &[Query::Change], Duration::from_secs(30));
    let fields = [
        ("action", "retry"),
        ("scope", "all"),
        ("seen", "9223372036854775807.9999999999999"),
        ("confirmed", "1"),
    ];
    post(router.clone(), "/changes", &fields).await;
    for _ in 0..55 {
        post(router.clone(), "/deliveries/1/body", &[]).await;
    }
    assert!(get(router.clone(), "/changes/1").await.has("Retrying 1 dead letter"));
    // Nor do other changes.
    for _ in 0..55 {
        post(router.clone(), "/endpoints/orders/pause", &[]).await;
    }
    assert!(get(router.clone(), "/changes/1").await.has(">Stop<"));
    moment().await;
    let system = get(router, "/system").await;
    assert_eq!(system.text.matches("Showed the body").count(), 0, "{}", system.text);
    assert_eq!(system.text.matches("Paused <a").count(), 49);
}

#[tokio::test]
async fn the_way_back_from_a_form_is_a_page() {
    let site = Site::new().await;
    site.dead(1).await;
    let (router, _) = console(&site, &[Query::Count], Duration::from_secs(60));
    let ticked = [("action", "retry"), ("scope", "ticked"), ("tick", "1"), ("confirmed", "1")];
    let page = post(router.clone(), "/changes", &ticked).await;
    assert!(page.has("href=\"./deliveries\">Back to the page"), "{}", page.text);
    let asks = post(router, "/changes/confirm", &ticked).await;
    assert!(asks.has("href=\"../deliveries\">Back to the page"), "{}", asks.text);
}

#[tokio::test]
async fn what_is_not_known_is_not_shown_as_nothing() {
    let site = Site::new().await;
    site.dead(1).await;
    site.run(&[delivery(70, "done")]).await;
    for slow in [Query::Counts, Query::Sums] {
        let (router, _) = console(&site, &[slow], Duration::from_secs(60));
        let overview = get(router.clone(), "").await;
        let endpoint = get(router, "/endpoints/orders").await;
        for page in [overview, endpoint] {
            assert_eq!(page.status, StatusCode::OK);
            for state in [" s-idle", " s-running-endpoint", "pill s-running", "No deliveries yet"] {
                assert!(!page.has(state), "{slow:?}: {state}: {}", page.text);
            }
            assert!(slow == Query::Counts || !page.has("no deliveries"), "{}", page.text);
        }
    }
}
