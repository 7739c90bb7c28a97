//! `kill -9` of the whole program at random moments, under load.

use std::time::Duration;

use crate::{
    load::{Judged, Load},
    number_from_env,
    program::{Program, Starting, receiver},
    store::Store,
    up_to,
};

/// `WEBHOOK_KILLS` and `WEBHOOK_ACKS` set larger numbers.
pub(crate) async fn kill(store: Store) {
    let (kills, acks) =
        (number_from_env("WEBHOOK_KILLS", 6), number_from_env("WEBHOOK_ACKS", 3000));
    let load = Load::start(32, usize::MAX);
    for number in 1..=kills {
        if number % 5 == 0 {
            // Also during the start and recovery.
            let starting = Starting::spawn(&store, receiver());
            tokio::time::sleep(up_to(Duration::from_millis(60))).await;
            drop(starting);
            continue;
        }
        let program = Program::start(&store).await;
        load.to(Some(program.address));
        load.reach(acks * number / kills).await;
        tokio::time::sleep(up_to(Duration::from_millis(200))).await;
        program.kill();
    }
    let program = Program::start(&store).await;
    load.to(Some(program.address));
    load.reach(acks.max(load.acknowledged() + 100)).await;
    let statuses = load.statuses();
    let acknowledged = load.stop().await;
    store.wait_until_all_is_finished().await;
    let judged = Judged::by(&store, &acknowledged).await;
    println!("{:?}: {kills} kills, {statuses:?}, {judged:?}", store.engine);
    assert!(judged.is_right(), "{judged:?}");
    assert_eq!(store.count("4, 5").await, 0, "no dead letters");
    assert!(statuses.keys().all(|status| [202, 503].contains(status)), "{statuses:?}");
}
