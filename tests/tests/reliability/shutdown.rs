//! The program is told to end in the middle of everything, again and again.

use std::time::{Duration, Instant};

use crate::{
    load::{Judged, Load},
    number_from_env,
    program::Program,
    store::Store,
    up_to,
};

/// `WEBHOOK_SHUTDOWNS` sets a larger number.
pub(crate) async fn shutdown(store: Store) {
    let shutdowns = number_from_env("WEBHOOK_SHUTDOWNS", 5);
    let load = Load::start(32, usize::MAX);
    let mut slowest = Duration::ZERO;
    for _ in 0..shutdowns {
        let mut program = Program::start(&store).await;
        load.to(Some(program.address));
        load.reach(load.acknowledged() + 50).await;
        tokio::time::sleep(up_to(Duration::from_millis(200))).await;
        let told = Instant::now();
        program.signal("TERM");
        program.ended().await;
        slowest = slowest.max(told.elapsed());
        assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
        // Nothing is left claimed: another process need not wait for a lease.
        assert_eq!(store.count("1").await, 0, "claims that were not given back");
    }
    let program = Program::start(&store).await;
    load.to(Some(program.address));
    load.reach(load.acknowledged() + 50).await;
    let acknowledged = load.stop().await;
    store.wait_until_all_is_finished().await;
    let judged = Judged::by(&store, &acknowledged).await;
    println!("{:?}: {shutdowns} shutdowns, at most {slowest:?}, {judged:?}", store.engine);
    assert!(judged.is_right(), "{judged:?}");
    assert_eq!(store.count("4, 5").await, 0, "no dead letters");
    // A shutdown costs no attempt.
    let again = store.records().await.into_iter().filter(|(_, record)| record.attempt != 1).count();
    assert_eq!(again, 0, "attempts that were counted though they were given back");
    drop(program);
}
