//! Tenants of one endpoint take turns, where the inbox is configured so.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Semaphore, task::JoinSet};
use webhook_runtime::inbox::{
    AttemptResult, Inbox, InboxBuilder, Job, JobHandlers, NewDelivery, TxSource,
};

use super::{Ran, delivery, failed, place::Place, until};

const SLOTS: usize = 4;

fn builder(place: &Place) -> InboxBuilder {
    place.builder().concurrency(SLOTS).fair_tenants(true)
}

async fn open(place: &Place) -> Inbox {
    place.open_by(builder(place)).await.unwrap()
}

/// A delivery of a tenant; its body begins with the tenant's name.
fn of(tenant: &str, number: usize) -> NewDelivery {
    let mut delivery = delivery(format!("{tenant} {number}"));
    delivery.head.tenant = vec![("tenant".to_owned(), tenant.to_owned())];
    delivery
}

async fn store(inbox: &Inbox, deliveries: impl IntoIterator<Item = NewDelivery>) {
    let mut stored = JoinSet::new();
    for delivery in deliveries {
        let inbox = inbox.clone();
        stored.spawn(async move { inbox.enqueue(delivery).await.unwrap() });
    }
    stored.join_all().await;
}

async fn store_backlog(inbox: &Inbox, tenant: &str) {
    store(inbox, (0..400).map(|number| of(tenant, number))).await;
}

/// Handlers that hold their slots until they are let go.
struct Gate {
    ran: Ran,
    go: Arc<Semaphore>,
}

impl Gate {
    /// Lets so many through at first.
    fn new(open: usize) -> Self {
        Self { ran: Ran::default(), go: Arc::new(Semaphore::new(open)) }
    }

    /// Those that fail do so at once.
    fn handlers(&self, fails: impl Fn(&Job) -> bool + Send + Sync + 'static) -> JobHandlers {
        let (ran, go) = (self.ran.clone(), Arc::clone(&self.go));
        JobHandlers::new().on("orders", move |job: Job, _: TxSource| {
            let go = Arc::clone(&go);
            let fails = fails(&job);
            if !fails {
                ran.add(&job);
            }
            async move {
                if fails {
                    return failed("not yet");
                }
                go.acquire().await.unwrap().forget();
                AttemptResult::Completed
            }
        })
    }

    fn all(&self) -> JobHandlers {
        self.handlers(|_| false)
    }

    /// Waits until so many have begun.
    async fn until_begun(&self, count: usize) {
        until("all slots are taken", || async { self.ran.count() == count }).await;
        // Nothing else begins, and what is claimed ahead is there.
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert_eq!(self.ran.count(), count);
    }

    /// Lets one go, and returns the one that begins next.
    async fn next(&self) -> String {
        let count = self.ran.count();
        self.go.add_permits(1);
        until("the next one begins", || async { self.ran.count() > count }).await;
        self.ran.all()[count].clone()
    }
}

/// A new tenant has the next slot, again and again.
async fn new_ones_come_next(inbox: &Inbox, gate: &Gate, change: fn(NewDelivery) -> NewDelivery) {
    for number in 0..5 {
        store(inbox, [change(of("small", number))]).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(gate.next().await, format!("small {number}"), "{:?}", gate.ran.all());
        // The slot that it has is for the others, once it ends.
        let mut rest = Vec::new();
        for _ in 0..SLOTS {
            rest.push(gate.next().await);
        }
        assert!(rest.iter().all(|body| body.starts_with("big")), "{rest:?}");
    }
}

pub(crate) async fn a_backlog_starves_no_other_tenant(place: Place) {
    let inbox = open(&place).await;
    store_backlog(&inbox, "big").await;
    let gate = Gate::new(0);
    let _workers = inbox.start_workers(gate.all());
    gate.until_begun(SLOTS).await;
    new_ones_come_next(&inbox, &gate, |delivery| delivery).await;
}

pub(crate) async fn ordering_keys_starve_no_tenant(place: Place) {
    let ordered = |mut delivery: NewDelivery| {
        let number = delivery.body.last().copied().unwrap_or_default();
        delivery.ordering_key = Some(vec![number].into());
        delivery
    };
    let inbox = open(&place).await;
    store(&inbox, (0..200).map(|number| ordered(of("big", number)))).await;
    let gate = Gate::new(0);
    let _workers = inbox.start_workers(gate.all());
    gate.until_begun(SLOTS).await;
    new_ones_come_next(&inbox, &gate, ordered).await;
}

/// Handlers that were quick have much prefetched, and are slow then.
pub(crate) async fn what_is_prefetched_starves_no_tenant(place: Place) {
    let inbox = open(&place).await;
    store_backlog(&inbox, "big").await;
    let gate = Gate::new(200);
    let _workers = inbox.start_workers(gate.all());
    gate.until_begun(200 + SLOTS).await;
    new_ones_come_next(&inbox, &gate, |delivery| delivery).await;
}

pub(crate) async fn retries_starve_no_tenant(place: Place) {
    let inbox = open(&place).await;
    store_backlog(&inbox, "big").await;
    let (gate, down) = (Gate::new(0), Arc::new(AtomicBool::new(true)));
    let is_down = Arc::clone(&down);
    let _workers = inbox.start_workers(gate.handlers(move |job| {
        is_down.load(Ordering::Relaxed) || (job.attempt == 1 && job.body.starts_with(b"small"))
    }));
    until("they fail", || async { inbox.stats().await.unwrap().retried >= 400 }).await;
    down.store(false, Ordering::Relaxed);
    gate.until_begun(SLOTS).await;
    store(&inbox, [of("small", 0)]).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    // Its first attempt has the next slot, and fails at once.
    assert!(gate.next().await.starts_with("big"));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(gate.next().await, "small 0");
}

pub(crate) async fn tenants_have_equal_shares(place: Place) {
    let inbox = open(&place).await;
    store_backlog(&inbox, "first").await;
    store_backlog(&inbox, "second").await;
    let ran = Ran::default();
    let _workers = inbox.start_workers(ran.with(AttemptResult::Completed));
    until("half of them", || async { ran.count() >= 400 }).await;
    let second = ran.all()[..400].iter().filter(|body| body.starts_with("second")).count();
    assert!((150..=250).contains(&second), "{second}");
    until("all", || async { ran.count() == 800 }).await;
}

/// What another process was running when it was killed comes in turns as well.
pub(crate) async fn a_restart_starves_no_tenant(place: Place) {
    let inbox = open(&place).await;
    store_backlog(&inbox, "big").await;
    let gate = Gate::new(200);
    let workers = inbox.start_workers(gate.all());
    gate.until_begun(200 + SLOTS).await;
    // As if the process had been killed.
    drop(workers);
    let inbox = open(&place).await;
    store(&inbox, [of("small", 0)]).await;
    // Until all leases have run out.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let gate = Gate::new(0);
    let _workers = inbox.start_workers(gate.all());
    gate.until_begun(SLOTS).await;
    let ran = gate.ran.all();
    assert!(ran.contains(&"small 0".to_owned()), "{ran:?}");
    // Its slot, and that of another.
    for number in 0..SLOTS {
        assert!(gate.next().await.starts_with("big"), "{number}");
    }
    store(&inbox, [of("small", 1)]).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(gate.next().await, "small 1");
}

/// Whichever process has the next free slot.
pub(crate) async fn several_processes_starve_no_tenant(place: Place) {
    let inboxes = [open(&place).await, open(&place).await];
    store_backlog(&inboxes[0], "big").await;
    let gates = [Gate::new(0), Gate::new(0)];
    let mut workers = Vec::new();
    for (inbox, gate) in inboxes.iter().zip(&gates) {
        workers.push(inbox.start_workers(gate.all()));
        gate.until_begun(SLOTS).await;
    }
    for (number, gate) in [&gates[1], &gates[0], &gates[1]].into_iter().enumerate() {
        store(&inboxes[0], [of("small", number)]).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(gate.next().await, format!("small {number}"));
    }
}

/// What was stored without turns is not left behind, and keeps nobody waiting.
pub(crate) async fn what_was_stored_before_starves_no_tenant(place: Place) {
    let before = place.open().await;
    store_backlog(&before, "old").await;
    let inbox = open(&place).await;
    store_backlog(&inbox, "big").await;
    store(&inbox, [of("small", 0)]).await;
    let gate = Gate::new(0);
    let _workers = inbox.start_workers(gate.all());
    gate.until_begun(SLOTS).await;
    let mut ran = gate.ran.all();
    ran.sort();
    let count = |tenant: &str| ran.iter().filter(|body| body.starts_with(tenant)).count();
    assert!(count("old") >= 1 && count("big") >= 1 && count("small") == 1, "{ran:?}");
}
