//! The disk of an SQLite file fills up, and gets room again.
//!
//! The disk is a small `tmpfs` in the receiver's own mount namespace, which needs user namespaces
//! but no privileges. Without them, the size of the receiver's files is limited instead: SQLite
//! then fails at the same places with another error.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    load::{Judged, Load},
    number_from_env,
    program::{Program, Starting, receiver},
    store::Store,
};

/// `WEBHOOK_FULL` sets the number of rounds.
pub(crate) async fn full() {
    let times = number_from_env("WEBHOOK_FULL", 1);
    let mut ways = vec![Way::Limit];
    if has_namespaces() {
        ways.push(Way::Disk);
    } else {
        eprintln!("there are no user namespaces: a full disk is only shown by limited files");
    }
    for way in ways {
        fills_up(way, times).await;
    }
}

#[derive(Clone, Copy, Debug)]
enum Way {
    /// A small disk, with a file on it that leaves little room.
    Disk,
    /// A limit on the size of files.
    Limit,
}

async fn fills_up(way: Way, times: usize) {
    let store = Store::sqlite().await.expect("a directory").with_effects().await;
    let program = Starting::spawn(&store, way.receiver(&store)).ready().await.expect("it starts");
    let load = Load::of(16, usize::MAX, "", 2000);
    load.to(Some(program.address));
    let (mut refused, mut slowest) = (0, Duration::ZERO);
    for _ in 0..times {
        load.reach(load.acknowledged() + 50).await;
        way.fill(&store, &program);
        load.first(Instant::now(), |status| status == 503).await;
        load.take_answers();
        tokio::time::sleep(Duration::from_secs(2)).await;
        let statuses: Vec<_> = load.take_answers().iter().map(|answer| answer.status).collect();
        refused += 1 + statuses.iter().filter(|status| **status == 503).count();

        way.make_room(&store, &program);
        let took = load.first(Instant::now(), |status| status == 202).await;
        assert!(took < Duration::from_secs(5), "{took:?}");
        slowest = slowest.max(took);
    }
    load.reach(load.acknowledged() + 50).await;
    let statuses = load.statuses();
    let acknowledged = load.stop().await;
    let mut before = (i64::MAX, 0);
    loop {
        way.bring(&store, &program);
        let left = store.count("0, 1, 2").await;
        if left == 0 {
            break;
        }
        // A backlog may take long, but must shrink.
        before = if left < before.0 { (left, 0) } else { (before.0, before.1 + 1) };
        assert!(before.1 < 100, "{left} deliveries do not come to an end");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let judged = Judged::by(&store, &acknowledged).await;
    println!(
        "{way:?}: full {times} times, {refused} answers of 503 meanwhile; back within \
         {slowest:?}; {statuses:?}, {judged:?}"
    );
    assert!(statuses.keys().all(|status| [202, 503].contains(status)), "{statuses:?}");
    assert!(refused > 0 && judged.is_right(), "{judged:?}");
}

impl Way {
    fn receiver(self, store: &Store) -> Command {
        let receiver = receiver();
        let (program, script) = (receiver.get_program(), self.script());
        let mut shell = match self {
            Self::Disk => {
                let mut unshare = Command::new("unshare");
                unshare.args(["--user", "--map-root-user", "--mount", "--", "sh"]);
                unshare
            }
            Self::Limit => Command::new("sh"),
        };
        shell.args(["-c", script, "receiver"]).arg(program).arg(&store.directory);
        shell
    }

    fn script(self) -> &'static str {
        match self {
            Self::Disk => {
                r#"mkdir "$2/disk" && mount -t tmpfs -o size=256m receiver "$2/disk" &&
                cp "$2/inbox.db" "$2/disk" && export DATABASE_URL="sqlite://$2/disk/inbox.db" &&
                exec "$1""#
            }
            // With the signal ignored, the write fails with an error.
            Self::Limit => r#"trap "" XFSZ; exec "$1""#,
        }
    }

    /// Fills the disk.
    fn fill(self, store: &Store, program: &Program) {
        match self {
            Self::Disk => {
                let file = disk(store, program).join("ballast");
                // Writes until it fails.
                let filled = Command::new("dd")
                    .args(["if=/dev/zero", "bs=4096"])
                    .arg(format!("of={}", file.display()))
                    .stderr(Stdio::null())
                    .status();
                assert!(!filled.unwrap().success(), "the disk is full");
            }
            Self::Limit => {
                let log = fs::metadata(store.directory.join("inbox.db-wal")).unwrap().len();
                limit(program, &(log + 100_000).to_string());
            }
        }
    }

    fn make_room(self, store: &Store, program: &Program) {
        match self {
            Self::Disk => fs::remove_file(disk(store, program).join("ballast")).unwrap(),
            Self::Limit => limit(program, "unlimited"),
        }
    }

    /// Deduplication the files to where the store looks for them, all at one moment.
    fn bring(self, store: &Store, program: &Program) {
        if matches!(self, Self::Limit) {
            return;
        }
        program.signal("STOP");
        let disk = disk(store, program);
        for file in ["inbox.db", "inbox.db-wal"] {
            let _ = fs::remove_file(store.directory.join(file));
            if disk.join(file).exists() {
                fs::copy(disk.join(file), store.directory.join(file)).unwrap();
            }
        }
        let _ = fs::remove_file(store.directory.join("inbox.db-shm"));
        program.signal("CONT");
    }
}

/// The receiver's disk, as this process sees it.
fn disk(store: &Store, program: &Program) -> PathBuf {
    let directory = store.directory.strip_prefix("/").expect("an absolute path");
    PathBuf::from(format!("/proc/{}/root", program.id())).join(directory).join("disk")
}

/// Sets the file size limit of a running program.
fn limit(program: &Program, bytes: &str) {
    let limited = Command::new("prlimit")
        .arg(format!("--pid={}", program.id()))
        // Only the soft limit, which can be raised again.
        .arg(format!("--fsize={bytes}:"))
        .status();
    assert!(limited.unwrap().success());
}

fn has_namespaces() -> bool {
    let tried = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "--", "sh", "-c"])
        .arg("mount -t tmpfs receiver /tmp")
        .stderr(Stdio::null())
        .status();
    tried.is_ok_and(|status| status.success())
}
