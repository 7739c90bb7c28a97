//! A rolling deploy under load, and a step back: the program of an earlier commit, both, the new one,
//! both, and the earlier one again.

use std::{path::PathBuf, process::Command};

use crate::{
    load::{Judged, Load},
    number_from_env,
    program::{Program, Starting},
    store::Store,
};

/// The receiver of an earlier commit: `WEBHOOK_RECEIVER_BEFORE` is its path.
pub(crate) fn before() -> Option<PathBuf> {
    let before = std::env::var_os("WEBHOOK_RECEIVER_BEFORE").map(PathBuf::from);
    if before.is_none() {
        eprintln!("WEBHOOK_RECEIVER_BEFORE is not set: there is no earlier program to deploy over");
    }
    before
}

/// `WEBHOOK_ACKS` sets a larger number for each step.
pub(crate) async fn rolling(store: Store, before: PathBuf) {
    let acks = number_from_env("WEBHOOK_ACKS", 1000);
    let start_old = async || {
        let old = Starting::spawn(&store, Command::new(&before)).ready().await;
        old.expect("the earlier program starts")
    };
    let (first, second) = (Load::of(16, usize::MAX, "a", 0), Load::of(16, usize::MAX, "b", 0));
    let mut steps = Vec::new();
    let mut done = async |step: &str| {
        let (of_first, of_second) = (first.acknowledged() + acks, second.acknowledged() + acks);
        first.reach(of_first).await;
        second.reach(of_second).await;
        steps.push(format!("{step}: {}", first.acknowledged() + second.acknowledged()));
    };

    let mut old = start_old().await;
    store.execute("CREATE TABLE effects (id text NOT NULL, pid bigint NOT NULL)").await;
    first.to(Some(old.address));
    second.to(Some(old.address));
    done("the old one").await;

    // Its migrations run while the old one stores and completes.
    let mut new = Program::start(&store).await;
    second.to(Some(new.address));
    done("both").await;

    first.to(Some(new.address));
    old.signal("TERM");
    old.ended().await;
    done("the new one").await;

    let old = start_old().await;
    second.to(Some(old.address));
    done("both again").await;

    first.to(Some(old.address));
    new.signal("TERM");
    new.ended().await;
    done("the old one again").await;

    let mut statuses = first.statuses();
    for (status, count) in second.statuses() {
        *statuses.entry(status).or_default() += count;
    }
    let mut acknowledged = first.stop().await;
    acknowledged.extend(second.stop().await);
    store.wait_until_all_is_finished().await;
    let judged = Judged::by(&store, &acknowledged).await;
    let effects = store.effects().await.len();
    println!(
        "{:?}: acknowledged after {}; answers {statuses:?}; {effects} effects; {judged:?}",
        store.engine,
        steps.join(", ")
    );
    assert!(judged.is_right(), "{judged:?}");
    assert_eq!(store.count("4, 5").await, 0, "no dead letters");
    assert!(statuses.keys().all(|status| [202, 503].contains(status)), "{statuses:?}");
}
