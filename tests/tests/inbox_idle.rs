//! An inbox with nothing to do does nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![cfg(target_os = "linux")]

#[allow(dead_code, reason = "shared with other tests")]
mod inbox;

use std::{
    collections::HashMap,
    ffi::OsString,
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use inbox::{
    Ran, delivery,
    place::Place,
    server::{Server, programs},
    until,
};
use sqlx::{Connection as _, PgConnection};
use webhook_runtime::inbox::{AttemptResult, Inbox, Job, JobHandlers, TxSource};

/// The time that is watched. `INBOX_IDLE_SECONDS` sets a longer one.
fn time() -> Duration {
    let seconds = std::env::var("INBOX_IDLE_SECONDS").map_or(5, |time| time.parse().unwrap());
    Duration::from_secs(seconds)
}

/// One test at a time: each looks at all threads.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

async fn use_it(inbox: &Inbox) {
    for number in 0..20 {
        inbox.enqueue(delivery(number.to_string())).await.unwrap();
    }
    until("all are done", || async { inbox.stats().await.unwrap().completed == 20 }).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
}

/// How often each thread of the inbox and of its database has been woken.
fn wakes() -> HashMap<OsString, u64> {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let wakes = threads.filter_map(|thread| {
        let thread = thread.unwrap();
        let status = fs::read_to_string(thread.path().join("status")).ok()?;
        let field = |name: &str| {
            status
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .map(|value| value.trim().to_owned())
        };
        let name = field("Name:")?;
        let is_its = name.starts_with("webhook-inbox") || name.starts_with("sqlx-sqlite");
        let wakes = is_its.then(|| field("voluntary_ctxt_switches:")).flatten()?;
        Some((thread.file_name(), wakes.parse().ok()?))
    });
    wakes.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_wakes_for_nothing() {
    let _turn = TURN.lock().await;
    let place = Place::sqlite().await.unwrap();
    let inbox = Inbox::open(&place.url).await.unwrap();
    let ran = Ran::default();
    let _workers = inbox.start_workers(ran.with(AttemptResult::Completed));
    use_it(&inbox).await;
    // The last sums come half a second later, and what is written is looked at for a while.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = wakes();
    assert!(before.values().sum::<u64>() > 20, "it has worked: {before:?}");
    tokio::time::sleep(time()).await;
    let known = |thread| before.get(thread).copied().unwrap_or_default();
    let woken: u64 = wakes().iter().map(|(thread, wakes)| wakes - known(thread)).sum();
    println!("{woken} wake-ups in {:?}", time());
    assert!(woken <= 2 * time().as_secs().div_ceil(30), "{woken} wake-ups in {:?}", time());

    // What another process stores is noticed all the same.
    let other = Inbox::open(&place.url).await.unwrap();
    let sent = tokio::time::Instant::now();
    other.enqueue(delivery("of another process")).await.unwrap();
    until("it runs", || async { ran.count() == 21 }).await;
    assert!(sent.elapsed() < Duration::from_secs(1), "{:?}", sent.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_hardly_asked() {
    let _turn = TURN.lock().await;
    let Some(programs) = programs() else { return };
    let server = tokio::task::spawn_blocking(move || Server::start(&programs)).await.unwrap();
    let inbox = Inbox::open(&server.url()).await.unwrap();
    let _workers = inbox.start_workers(Ran::default().with(AttemptResult::Completed));
    use_it(&inbox).await;
    // From another database, whose transactions are not counted.
    let other = server.url().replace("/postgres?", "/template1?");
    let mut connection = PgConnection::connect(&other).await.unwrap();
    let mut transactions = async || -> i64 {
        let count = "SELECT xact_commit + xact_rollback FROM pg_stat_database \
                     WHERE datname = 'postgres'";
        sqlx::query_scalar(count).fetch_one(&mut connection).await.unwrap()
    };
    // The server writes its statistics with a delay.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = transactions().await;
    assert!(before > 5, "it has worked: {before}");
    tokio::time::sleep(time()).await;
    let asked = transactions().await - before;
    println!("{asked} transactions in {:?}", time());
    let most = i64::try_from(time().as_secs().div_ceil(30)).unwrap();
    assert!(asked <= most, "{asked} transactions in {:?}", time());
}

/// The processor time of each thread of the inbox.
fn processor_times() -> HashMap<OsString, Duration> {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let times = threads.filter_map(|thread| {
        let thread = thread.unwrap();
        let name = fs::read_to_string(thread.path().join("comm")).ok()?;
        let spent = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        let spent = Duration::from_nanos(spent.split(' ').next()?.parse().ok()?);
        name.starts_with("webhook-inbox").then(|| (thread.file_name(), spent))
    });
    times.collect()
}

/// What is to be counted waits for a commit, and the commit for a handler with `Tx`.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn waiting_for_a_transaction_takes_no_time() {
    let _turn = TURN.lock().await;
    let place = Place::sqlite().await.unwrap();
    let inbox = Inbox::open(&place.url).await.unwrap();
    let begun = Arc::new(AtomicUsize::new(0));
    let (holds, held) = tokio::sync::oneshot::channel();
    let holds = std::sync::Mutex::new(Some(holds));
    let handlers = JobHandlers::new().on("orders", move |_: Job, source: TxSource| {
        let (holds, number) = (holds.lock().unwrap().take(), begun.fetch_add(1, Relaxed));
        async move {
            let mut tx = source.tx().unwrap();
            match (number, holds) {
                (0, Some(holds)) => {
                    tx.sqlite().await.unwrap();
                    holds.send(()).unwrap();
                }
                // The third begins while the first two are being counted.
                (1, _) => std::thread::sleep(Duration::from_millis(50)),
                _ => {}
            }
            std::future::pending().await
        }
    });
    for name in ["a", "b", "c"] {
        inbox.enqueue(delivery(name)).await.unwrap();
    }
    let _workers = inbox.start_workers(handlers);
    held.await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let before = processor_times();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let known = |thread| before.get(thread).copied().unwrap_or_default();
    let spent: Duration =
        processor_times().iter().map(|(thread, spent)| spent.saturating_sub(known(thread))).sum();
    assert!(spent < Duration::from_millis(200), "{spent:?} in two seconds");
}
