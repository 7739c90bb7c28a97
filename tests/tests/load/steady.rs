//! A steady load.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep},
};

use crate::{
    ALONE,
    common::{signature, slow::head},
    program::{MIB, Program, number_from_env},
};

const CONNECTIONS: usize = 32;

/// Sends requests on keep-alive connections, one every `pause` on each, until `end`.
async fn load(server: &Arc<Program>, pause: Duration, end: Instant, done: &Arc<AtomicUsize>) {
    let mut all = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (mut stream, done) = (server.connect().await, Arc::clone(done));
        all.spawn(async move {
            let body = br#"{"order":1,"note":"steady"}"#;
            let request = [head(body.len(), &signature(body), "").as_bytes(), body].concat();
            let mut answer = vec![0; 1024];
            let mut next = interval(pause.max(Duration::from_micros(1)));
            next.set_missed_tick_behavior(MissedTickBehavior::Burst);
            while Instant::now() < end {
                if !pause.is_zero() {
                    next.tick().await;
                }
                stream.write_all(&request).await.expect("it takes bytes");
                let read = stream.read(&mut answer).await.expect("it answers");
                assert!(answer[..read].starts_with(b"HTTP/1.1 200 "));
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    while let Some(ended) = all.join_next().await {
        ended.expect("it answers all");
    }
}

/// Runs for `WEBHOOK_STEADY_SECONDS`, 6 by default, at four fifths of the highest rate. The first
/// tenth is a warm-up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_stays_flat_under_load() {
    let _alone = ALONE.lock().await;
    let seconds = number_from_env("WEBHOOK_STEADY_SECONDS", 6);
    let server = Arc::new(Program::start());
    let done = Arc::<AtomicUsize>::default();
    let trial = Duration::from_secs(2);
    load(&server, Duration::ZERO, Instant::now() + trial, &done).await;
    let peak = done.swap(0, Ordering::Relaxed) / 2;
    let connections = u32::try_from(CONNECTIONS).expect("few");
    let rate = u32::try_from(peak * 4 / 5).expect("no such machine");
    let pause = Duration::from_secs(1) * connections / rate.max(1);

    let whole = Duration::from_secs(seconds as u64);
    let (start, end) = (Instant::now(), Instant::now() + whole);
    let watched = Arc::clone(&server);
    let watching = tokio::spawn(async move {
        let (mut warm, mut last) = (None, 0);
        while Instant::now() < end {
            sleep(whole / 100).await;
            last = watched.resident();
            if start.elapsed() > whole / 10 {
                warm = warm.max(warm.or(Some(last)));
            }
        }
        (warm.unwrap_or(last), last)
    });
    load(&server, pause, end, &done).await;
    let (warm, last) = watching.await.expect("no panic");
    let sent = done.load(Ordering::Relaxed);
    println!(
        "peak {peak}/s; {sent} requests in {seconds} s, all answered by 200; {} KiB when warm, {} KiB at the end",
        warm / 1024,
        last / 1024
    );
    assert!(last <= warm + MIB, "{warm} {last}");
}
