//! Clients that are slow on purpose.

use std::time::Duration;

use tokio::{task::JoinSet, time::sleep};

use crate::{
    ALONE,
    common::slow::Slow,
    program::{Program, number_from_env, p99},
};

/// One byte twice a second.
const PAUSE: Duration = Duration::from_millis(500);

/// Starts `WEBHOOK_SLOW_CLIENTS`, 100 by default.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_do_not_block_others() {
    let _alone = ALONE.lock().await;
    let count = number_from_env("WEBHOOK_SLOW_CLIENTS", 100);
    let server = Program::start();
    let mut all = JoinSet::new();
    for nth in 0..count {
        let (stream, kind) = (server.connect().await, Slow::ALL[nth % Slow::ALL.len()]);
        all.spawn(async move { (kind, kind.keep_at_it(stream, PAUSE).await) });
    }
    let mut times = Vec::new();
    let mut longest = Duration::ZERO;
    while !all.is_empty() {
        let (status, took) = server.deliver(br#"{"n":1}"#).await;
        assert_eq!(status, 200);
        times.push(took);
        while let Some(ended) = all.try_join_next() {
            let (kind, took) = ended.expect("no panic");
            assert!(took < Duration::from_secs(15), "{kind:?}: {took:?}");
            longest = longest.max(took);
        }
        sleep(Duration::from_millis(20)).await;
    }
    let (honest, p99) = (times.len(), p99(times));
    println!("{count} slow clients, closed within {longest:?}; {honest} honest, p99 {p99:?}");
    assert!(p99 < Duration::from_millis(200) || count < 1_000, "{p99:?}");
}
