//! The first server of PostgreSQL crashes while deliveries arrive over HTTP, and its standby takes
//! over.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{load::Load, pair::Pair, program::Program, store::Store};

pub(crate) async fn failover(pair: Pair) {
    let pair = Arc::new(pair);
    let store = Store::at_url(&pair.url()).await.with_effects().await;
    let program = Program::start(&store).await;
    let load = Load::start(16, usize::MAX);
    load.to(Some(program.address));
    load.reach(500).await;

    let other = Arc::clone(&pair);
    tokio::task::spawn_blocking(move || other.fail_over()).await.unwrap();
    // The address still leads to the server of before, which is a standby now.
    let gone = Instant::now();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let meanwhile = load.take_answers();
    let meanwhile = meanwhile.iter().filter(|answer| answer.asked >= gone);
    let statuses: Vec<_> = meanwhile.map(|answer| answer.status).collect();
    assert!(statuses.len() > 16, "nobody was told");
    assert!(statuses.iter().all(|status| *status == 503), "{statuses:?}");

    pair.switch();
    let took = load.first(Instant::now(), |status| status == 202).await;
    assert!(took < Duration::from_secs(1), "{took:?}");
    let right = load.ends_right(500, &store).await;
    println!("a failover, back within {took:?}; {right}");
    drop(program);
}
