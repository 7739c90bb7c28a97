//! PostgreSQL stops and starts again while deliveries arrive over HTTP.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{load::Load, number_from_env, program::Program, server::Server, store::Store};

/// `WEBHOOK_OUTAGES` sets a larger number.
pub(crate) async fn outage(programs: PathBuf) {
    let outages = number_from_env("WEBHOOK_OUTAGES", 1);
    let start = move || Arc::new(Server::start(&programs));
    let server = tokio::task::spawn_blocking(start).await.unwrap();
    let store = Store::on(&server).await.expect("a server").with_effects().await;
    let program = Program::start(&store).await;
    let load = Load::start(16, usize::MAX);
    load.to(Some(program.address));
    let (mut refused, mut slowest) = (0, Duration::ZERO);
    for outage in 0..outages {
        load.reach(load.acknowledged() + 200).await;
        load.take_answers();
        let other = Arc::clone(&server);
        let stop = move || if outage % 2 == 0 { other.crash() } else { other.stop() };
        tokio::task::spawn_blocking(stop).await.unwrap();
        let gone = Instant::now();
        tokio::time::sleep(Duration::from_secs(4)).await;
        let meanwhile = load.take_answers();
        let meanwhile = meanwhile.iter().filter(|answer| answer.asked >= gone);
        let statuses: Vec<_> = meanwhile.map(|answer| answer.status).collect();
        assert!(statuses.iter().all(|status| *status == 503), "{statuses:?}");
        assert!(!statuses.is_empty(), "nobody was told");
        refused += statuses.len();

        let other = Arc::clone(&server);
        tokio::task::spawn_blocking(move || other.start_again()).await.unwrap();
        let took = load.first(Instant::now(), |status| status == 202).await;
        assert!(took < Duration::from_secs(5), "{took:?}");
        slowest = slowest.max(took);
    }
    let right = load.ends_right(200, &store).await;
    println!(
        "{outages} outages, {refused} answers meanwhile, all 503; back within {slowest:?}; {right}"
    );
    drop(program);
}
