//! The log of an SQLite file at saturation: of one process, of two, and on a slow disk.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    load::{Judged, Load},
    number_from_env,
    program::{Starting, receiver},
    store::Store,
};

const MOST: u64 = 128 * 1024 * 1024;

/// The milliseconds that each sync of a slow disk takes.
const SLOW: &str = "40";

/// `WEBHOOK_LOG_SECONDS` sets a longer time.
pub(crate) async fn log() {
    for processes in [1, 2] {
        stays_short(processes, "processes", receiver).await;
    }
    #[cfg(target_os = "linux")]
    if let Some(library) = crate::power::Library::build() {
        let slow = || {
            let mut receiver = receiver();
            receiver.env("LD_PRELOAD", &library.0).env("POWER_SLOW", SLOW);
            receiver
        };
        stays_short(1, "processes on a slow disk", slow).await;
    }
}

async fn stays_short(processes: usize, name: &str, receiver: impl Fn() -> Command) {
    let time = Duration::from_secs(number_from_env("WEBHOOK_LOG_SECONDS", 5) as u64);
    let store = Store::sqlite().await.expect("a directory").with_effects().await;
    let mut programs = Vec::new();
    let mut loads = Vec::new();
    for number in 0..processes {
        let program = Starting::spawn(&store, receiver()).ready().await.expect("it starts");
        let load = Load::of_noise(64 / processes, &format!("{number}-"), 16_000);
        load.to(Some(program.address));
        programs.push(program);
        loads.push(load);
    }
    let begun = Instant::now();
    let mut longest = 0;
    while begun.elapsed() < time {
        let log = fs::metadata(store.directory.join("inbox.db-wal"));
        longest = longest.max(log.map_or(0, |log| log.len()));
        assert!(longest <= MOST, "{processes} {name}: {longest} bytes of log");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut acknowledged = Vec::new();
    for load in loads {
        acknowledged.extend(load.stop().await);
    }
    let written = fs::metadata(store.directory.join("inbox.db")).unwrap().len();
    println!(
        "Sqlite: {processes} {name}, {} acknowledged in {time:?}, a file of {} MiB, a log of at most \
         {} MiB",
        acknowledged.len(),
        written >> 20,
        longest >> 20
    );
    store.wait_until_all_is_finished().await;
    let judged = Judged::by(&store, &acknowledged).await;
    assert!(judged.is_right(), "{judged:?}");
}
