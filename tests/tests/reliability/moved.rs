//! The file of an inbox is renamed or deleted while deliveries arrive, and comes back.

use std::{
    fs,
    time::{Duration, Instant},
};

use crate::{load::Load, number_from_env, program::Program, store::Store};

/// The file, its log, and the index of the log.
const FILES: [&str; 3] = ["inbox.db", "inbox.db-wal", "inbox.db-shm"];

/// The files that go, and whether the program is started again before the senders go on.
const WAYS: [(&str, &[&str], bool); 4] = [
    ("the file is renamed", &["inbox.db"], false),
    ("the log is renamed", &["inbox.db-wal"], false),
    ("all files are renamed", &FILES, false),
    ("all files are deleted", &FILES, true),
];

/// `WEBHOOK_MOVES` sets the number of rounds.
pub(crate) async fn moved() {
    let rounds = number_from_env("WEBHOOK_MOVES", 1);
    let store = Store::sqlite().await.expect("a directory").with_effects().await;
    let started = Program::start(&store).await;
    let load = Load::start(16, usize::MAX);
    load.to(Some(started.address));
    let mut program = Some(started);
    let (mut refused, mut slowest) = (0, Duration::ZERO);
    for (way, files, restarts) in WAYS.iter().cycle().take(rounds * WAYS.len()) {
        load.reach(load.acknowledged() + 200).await;
        // A second name keeps what was deleted, as nobody would have it.
        let (path, kept) = (|name: &str| store.directory.join(name), store.directory.join("kept"));
        fs::create_dir(&kept).unwrap();
        for name in *files {
            fs::hard_link(path(name), kept.join(name)).unwrap();
        }
        for name in *files {
            fs::remove_file(path(name)).unwrap();
        }
        let gone = Instant::now();
        load.take_answers();
        tokio::time::sleep(Duration::from_secs(2)).await;
        let meanwhile = load.take_answers();
        // What was on its way may have been stored before.
        let late = |answer: &&crate::load::Answer| answer.asked >= gone;
        let statuses: Vec<u16> =
            meanwhile.iter().filter(late).map(|answer| answer.status).collect();
        assert!(statuses.len() > 16, "{way}: nobody was told");
        assert!(statuses.iter().all(|status| *status == 503), "{way}: {statuses:?}");
        refused += statuses.len();

        if *restarts {
            load.to(None);
            drop(program.take());
        }
        for name in *files {
            fs::rename(kept.join(name), path(name)).unwrap();
        }
        fs::remove_dir(&kept).unwrap();
        if *restarts {
            let started = Program::start(&store).await;
            load.to(Some(started.address));
            program = Some(started);
        }
        let took = load.first(Instant::now(), |status| status == 202).await;
        assert!(took < Duration::from_secs(5), "{way}: {took:?}");
        slowest = slowest.max(took);
    }
    let right = load.ends_right(200, &store).await;
    println!(
        "renamed and deleted {} times, {refused} answers meanwhile, all 503; back within \
         {slowest:?}; {right}",
        rounds * WAYS.len()
    );
    told_while_idle(&store).await;
}

/// Without any delivery, the program tells of it within a second.
async fn told_while_idle(store: &Store) {
    let (path, kept) = (store.directory.join("inbox.db"), store.directory.join("kept"));
    let told = |text: &str| {
        let errors = fs::read_to_string(store.directory.join("errors")).unwrap();
        errors.lines().filter(|line| line.contains(text)).count()
    };
    let remedy = "put it back, or restart the program";
    let (before, back) = (told(remedy), told("is back"));
    fs::rename(&path, &kept).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(told(remedy) > before, "nobody was told");
    fs::rename(&kept, &path).unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(told("is back") > back, "nobody was told that it is back");
}
