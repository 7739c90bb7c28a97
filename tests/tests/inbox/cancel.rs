//! Running functions whose deliveries are cancelled.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::Executor as _;
use tokio::{sync::Notify, time::Instant};
use webhook_runtime::inbox::{
    AttemptResult, DeliveryState, Filter, Inbox, InboxError, Job, JobHandlers, Tx, TxSource,
    Workers,
};

use super::{
    delivery,
    place::{Engine, Place},
    record, until, until_state,
};

/// The time in which a function of another process is told, and more than enough for one of this.
const SOON: Duration = Duration::from_secs(4);

/// The behaviour of a function after it is cancelled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// It returns as if nothing had happened.
    Completes,
    /// It goes on waiting for ever.
    Ignores,
}

/// The events that the function of a test has seen.
#[derive(Clone, Default)]
struct Seen {
    begun: Arc<Notify>,
    told: Arc<AtomicBool>,
    dropped: Arc<AtomicBool>,
    starts: Arc<Mutex<u32>>,
}

/// Notes that the future of a function was dropped, or has ended.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn effects(place: &Place) -> String {
    match place.engine {
        Engine::Postgres => place.table("effects"),
        _ => "effects".to_owned(),
    }
}

async fn write(engine: Engine, table: &str, tx: &mut Tx) {
    let insert = sqlx::AssertSqlSafe(format!("INSERT INTO {table} VALUES ('written')"));
    match engine {
        Engine::Postgres => tx.postgres().await.unwrap().execute(insert).await.map(|_| ()),
        _ => tx.sqlite().await.unwrap().execute(insert).await.map(|_| ()),
    }
    .unwrap();
}

/// A worker whose function waits until it is told, with or without something written.
fn start(place: &Place, inbox: &Inbox, writes: bool, then: Then, seen: &Seen) -> Workers {
    let (engine, table, seen) = (place.engine, effects(place), seen.clone());
    inbox.start_workers(JobHandlers::new().on("orders", move |job: Job, source: TxSource| {
        let (table, seen) = (table.clone(), seen.clone());
        async move {
            let _dropped = Dropped(Arc::clone(&seen.dropped));
            *seen.starts.lock().unwrap() += 1;
            let mut tx = source.tx().unwrap();
            if writes {
                write(engine, &table, &mut tx).await;
            }
            seen.begun.notify_one();
            job.cancellation().cancelled().await;
            assert!(job.cancellation().is_cancelled());
            seen.told.store(true, Ordering::SeqCst);
            if then == Then::Ignores {
                std::future::pending::<()>().await;
            }
            AttemptResult::Completed
        }
    }))
}

/// Cancels one that runs, and returns after it has ended.
async fn cancels(place: &Place, writes: bool, then: Then, from_elsewhere: bool) {
    let inbox = place.open().await;
    let operator = if from_elsewhere { place.open().await } else { inbox.clone() };
    if writes && place.number_of_effects().await.is_none() {
        place.execute(format!("CREATE TABLE {} (name text NOT NULL)", effects(place))).await;
    }
    let seen = Seen::default();
    let workers = start(place, &inbox, writes, then, &seen);
    let id = inbox.enqueue(delivery(format!("{writes} {from_elsewhere}"))).await.unwrap().id();
    seen.begun.notified().await;
    // So that its attempt is counted, if nothing keeps it from being.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let begun = Instant::now();
    let filter = Filter::all().endpoint("orders").state(DeliveryState::Running);
    assert_eq!(operator.cancel(&filter).await, Ok(1));
    until("it is told", || async { seen.told.load(Ordering::SeqCst) }).await;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    until("it has ended", || async { seen.dropped.load(Ordering::SeqCst) }).await;
    let grace = Duration::from_secs(5);
    match then {
        Then::Completes => assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed()),
        Then::Ignores => assert!(begun.elapsed() < grace + SOON, "{:?}", begun.elapsed()),
    }
    until_state(&inbox, id, DeliveryState::Cancelled).await;
    assert_eq!(workers.shutdown(Duration::from_secs(5)).await.released, 0);
    let cancelled = record(&inbox, id).await;
    assert_eq!(cancelled.state, DeliveryState::Cancelled);
    assert!(cancelled.finished_at.is_some());
    assert_eq!(*seen.starts.lock().unwrap(), 1, "it does not begin again");
    if writes {
        assert_eq!(place.number_of_effects().await, Some(0), "nothing of it stays");
    }
    assert_eq!(inbox.stats().await.unwrap().completed, 0);
}

impl Place {
    /// The number of rows that functions have written; `None` without a table.
    async fn number_of_effects(&self) -> Option<i64> {
        let table = effects(self);
        let is_there = match self.engine {
            Engine::Postgres => {
                format!("SELECT count(*) FROM pg_class WHERE oid = to_regclass('{table}')")
            }
            _ => format!("SELECT count(*) FROM sqlite_schema WHERE name = '{table}'"),
        };
        if self.number(&is_there).await == 0 {
            return None;
        }
        Some(self.number(&format!("SELECT count(*) FROM {table}")).await)
    }
}

pub(crate) async fn a_running_function_is_told(place: Place) {
    cancels(&place, false, Then::Completes, false).await;
}

pub(crate) async fn one_that_does_not_listen_is_dropped(place: Place) {
    cancels(&place, false, Then::Ignores, false).await;
}

pub(crate) async fn its_transaction_is_rolled_back(place: Place) {
    cancels(&place, true, Then::Completes, false).await;
}

pub(crate) async fn another_process_is_told(place: Place) {
    cancels(&place, false, Then::Completes, true).await;
}

/// On PostgreSQL, the transaction of the function keeps its record locked.
pub(crate) async fn a_transaction_of_another_process_is_rolled_back(place: Place) {
    cancels(&place, true, Then::Completes, true).await;
}

/// On SQLite, the transaction keeps everybody from writing, and nobody can tell its process: it ends
/// at its limit.
pub(crate) async fn a_transaction_of_another_process_ends_in_time(place: Place) {
    let inbox = place.open_by(place.builder().tx_timeout(Duration::from_secs(1))).await.unwrap();
    let operator = place.open().await;
    place.execute("CREATE TABLE effects (name text NOT NULL)".to_owned()).await;
    let seen = Seen::default();
    let workers = start(&place, &inbox, true, Then::Ignores, &seen);
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    seen.begun.notified().await;
    // Whichever comes first of the end of the attempt and the cancellation. On a busy machine, the
    // file may be locked for longer than a statement waits.
    let cancelled = async {
        loop {
            match operator.cancel(&Filter::all().ids([id])).await {
                Ok(1) => return,
                Ok(_) | Err(InboxError::Store(_)) => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                Err(error) => panic!("{error}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), cancelled).await.expect("it is cancelled");
    drop(workers);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(record(&inbox, id).await.state, DeliveryState::Cancelled);
    assert_eq!(place.number_of_effects().await, Some(0));
}

/// The locked one cannot be changed: the others are, and the call returns.
pub(crate) async fn a_locked_record_keeps_no_other_from_being_cancelled(place: Place) {
    let inbox = place.open().await;
    let id = inbox.enqueue(delivery("locked")).await.unwrap().id();
    let other = inbox.enqueue(delivery("free")).await.unwrap().id();
    let pool = sqlx::PgPool::connect(&place.url).await.unwrap();
    let mut tx = pool.begin().await.unwrap();
    let lock = format!("SELECT id FROM {} WHERE id = {id} FOR UPDATE", place.table("deliveries"));
    tx.execute(sqlx::AssertSqlSafe(lock)).await.unwrap();
    let (begun, operator) = (Instant::now(), inbox.clone());
    let cancelling = tokio::spawn(async move { operator.cancel(&Filter::all()).await });
    until_state(&inbox, other, DeliveryState::Cancelled).await;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert_eq!(cancelling.await.unwrap(), Ok(1));
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    tx.rollback().await.unwrap();
    assert_eq!(record(&inbox, id).await.state, DeliveryState::Pending);
    assert_eq!(inbox.cancel(&Filter::all()).await, Ok(1));
}

/// Cancelling leaves alone the deliveries that the filter does not match.
pub(crate) async fn others_are_not_told(place: Place) {
    let inbox = place.open().await;
    let seen = Seen::default();
    let workers = start(&place, &inbox, false, Then::Completes, &seen);
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    seen.begun.notified().await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    for filter in [
        Filter::all().endpoint("others"),
        Filter::all().ids([id + 1]),
        Filter::all().state(DeliveryState::Dead),
    ] {
        assert_eq!(inbox.cancel(&filter).await, Ok(0));
    }
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(!seen.told.load(Ordering::SeqCst));
    assert_eq!(record(&inbox, id).await.state, DeliveryState::Running);
    drop(workers);
}
