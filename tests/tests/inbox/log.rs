//! The log of an SQLite file at saturation.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use webhook_runtime::inbox::{AttemptResult, Job, JobHandlers, TxSource};

use super::{delivery, place::Place, until};

const MOST: u64 = 128 * 1024 * 1024;

/// Bytes that nothing can compress.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..length.div_ceil(8)).flat_map(|_| next()).collect()
}

/// One process, and two, that store as much as they can. `INBOX_LOG_SECONDS` sets a longer time.
pub(crate) async fn the_log_stays_short(place: Place) {
    let seconds = std::env::var("INBOX_LOG_SECONDS").map_or(6, |seconds| seconds.parse().unwrap());
    let log = format!("{}-wal", place.url.strip_prefix("sqlite://").unwrap());
    let inboxes = place.open_several(2).await;
    let ran = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&ran);
    let handlers = JobHandlers::new().on("orders", move |_: Job, _: TxSource| {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::ready(AttemptResult::Completed)
    });
    let _workers: Vec<_> =
        inboxes.iter().map(|inbox| inbox.start_workers(handlers.clone())).collect();
    let count = Arc::new(AtomicU64::new(0));
    for writers in [&inboxes[..1], &inboxes[..]] {
        let stop = Arc::new(AtomicBool::new(false));
        let senders: Vec<_> = (0..32)
            .flat_map(|_| writers)
            .map(|inbox| {
                let (inbox, stop, count) = (inbox.clone(), Arc::clone(&stop), Arc::clone(&count));
                tokio::spawn(async move {
                    while !stop.load(Ordering::Relaxed) {
                        let number = count.fetch_add(1, Ordering::Relaxed);
                        let mut new = delivery(number.to_string());
                        new.body = noise(number, 20_000).into();
                        inbox.enqueue(new).await.unwrap();
                    }
                })
            })
            .collect();
        let (begun, before) = (Instant::now(), count.load(Ordering::Relaxed));
        let mut longest = 0;
        while begun.elapsed() < Duration::from_secs(seconds) {
            longest = longest.max(fs::metadata(&log).map_or(0, |log| log.len()));
            assert!(longest <= MOST, "{} processes: {longest} bytes", writers.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        stop.store(true, Ordering::Relaxed);
        for sender in senders {
            sender.await.unwrap();
        }
        let stored = count.load(Ordering::Relaxed) - before;
        println!("{} processes: {stored} stored, {} MiB of log", writers.len(), longest >> 20);
        let waits = Instant::now();
        until("all have run", || async {
            ran.load(Ordering::Relaxed) >= count.load(Ordering::Relaxed)
        })
        .await;
        println!("the rest ran in {:?}", waits.elapsed());
    }
}
