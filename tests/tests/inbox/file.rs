//! The file of an SQLite inbox: who can read it, copies of it, and its size.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use webhook_runtime::inbox::{
    AttemptResult, EnqueueResult, Filter, Inbox, InboxError, Job, JobHandlers, TxSource,
};

use super::{
    delivery,
    log::noise,
    place::{Engine, Place},
};

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

/// New files are their owner's alone, whatever the mask of the process is.
pub(crate) async fn new_files_are_private(place: Place) {
    let inbox = place.open().await;
    inbox.enqueue(delivery("a")).await.unwrap();
    for name in ["inbox.db", "inbox.db-wal", "inbox.db-shm"] {
        assert_eq!(mode(&place.file(name)), 0o600, "{name}");
    }
    inbox.close().await.unwrap();
    // A link to a file that is not there yet.
    let (link, target) = (place.file("link.db"), place.file("target.db"));
    std::os::unix::fs::symlink("target.db", link).unwrap();
    let url = place.url.replace("inbox.db", "link.db");
    let inbox = Inbox::open(&url).await.unwrap();
    inbox.enqueue(delivery("a")).await.unwrap();
    assert_eq!(mode(&target), 0o600);
    assert_eq!(mode(&place.file("target.db-wal")), 0o600);
}

/// The mode that somebody has given to a file stays.
pub(crate) async fn old_files_keep_their_mode(place: Place) {
    place.open().await.close().await.unwrap();
    let file = place.file("inbox.db");
    for given in [0o640, 0o644] {
        fs::set_permissions(&file, fs::Permissions::from_mode(given)).unwrap();
        let inbox = place.open().await;
        inbox.enqueue(delivery("a")).await.unwrap();
        assert_eq!((mode(&file), mode(&place.file("inbox.db-wal"))), (given, given));
        inbox.close().await.unwrap();
    }
}

/// A copy has what was acknowledged before, and nobody waits for it.
pub(crate) async fn a_backup_is_written_under_load(place: Place) {
    let inbox = place.open().await;
    for chunk in 0..8 {
        let batch = (0..250).map(|number| {
            let mut new = delivery(format!("before {chunk} {number}"));
            new.body = noise(chunk * 1000 + number, 20_000).into();
            new
        });
        inbox.store().enqueue(&batch.collect::<Vec<_>>()).await.unwrap();
    }
    let stop = Arc::new(AtomicBool::new(false));
    let senders = (0..4).map(|sender| {
        let (inbox, stop) = (inbox.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let (mut longest, mut count) = (Duration::ZERO, 0);
            while !stop.load(Ordering::Relaxed) {
                let asked = Instant::now();
                inbox.enqueue(delivery(format!("{sender} {count}"))).await.unwrap();
                longest = longest.max(asked.elapsed());
                count += 1;
            }
            (longest, count)
        })
    });
    let senders: Vec<_> = senders.collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let before = inbox.stats().await.unwrap().depth.pending;
    let (copy, begun) = (place.file("copy.db"), Instant::now());
    inbox.backup_to(&copy).await.unwrap();
    let took = begun.elapsed();
    let error = inbox.backup_to(&copy).await.unwrap_err();
    assert!(matches!(error, InboxError::Backup { .. }), "{error:?}");
    assert!(error.to_string().contains("not overwritten"), "{error}");
    stop.store(true, Ordering::Relaxed);
    let (mut longest, mut acknowledged) = (Duration::ZERO, 0);
    for sender in senders {
        let (of_one, count) = sender.await.unwrap();
        (longest, acknowledged) = (longest.max(of_one), acknowledged + count);
    }
    println!(
        "the copy took {took:?}; {acknowledged} were acknowledged, the slowest in {longest:?}"
    );
    assert!(longest < Duration::from_secs(2), "{longest:?}");

    assert_eq!(mode(&copy), 0o600);
    for other in ["copy.db-wal", "copy.db-shm", "copy.db.part", "copy.db.part-journal"] {
        assert!(!place.file(other).exists(), "{other}");
    }
    let url = place.url.replace("inbox.db", "copy.db");
    let opened = Inbox::builder(&url).migrate(false).open().await.unwrap();
    let there = opened.stats().await.unwrap().depth.pending;
    let all = inbox.stats().await.unwrap().depth.pending;
    assert!((before..=all).contains(&there), "{before} {there} {all}");
    let known = opened.enqueue(delivery("0 0")).await.unwrap();
    assert!(matches!(known, EnqueueResult::Duplicate(_)), "{known:?}");
    let handlers = JobHandlers::new()
        .on("orders", |_: Job, _: TxSource| std::future::ready(AttemptResult::Completed));
    let done = opened.drain(&handlers).await.unwrap();
    assert_eq!(done, there);
}

/// What cannot be written leaves nothing behind, and a part that was left is not overwritten.
pub(crate) async fn a_failed_backup_leaves_nothing(place: Place) {
    let inbox = place.open().await;
    inbox.enqueue(delivery("a")).await.unwrap();
    let error = inbox.backup_to(place.file("nowhere/copy.db")).await.unwrap_err();
    assert!(error.to_string().contains("nowhere/copy.db"), "{error}");
    // Its own file, and one that is no copy.
    assert!(inbox.backup_to(place.file("inbox.db")).await.is_err());
    let part = place.file("copy.db.part");
    fs::write(&part, "precious").unwrap();
    let error = inbox.backup_to(place.file("copy.db")).await.unwrap_err();
    assert!(error.to_string().contains("was interrupted: remove"), "{error}");
    assert_eq!(fs::read_to_string(&part).unwrap(), "precious");
    fs::remove_file(&part).unwrap();
    // The file system is full for a copy: the limit is the one of a device that takes nothing.
    std::os::unix::fs::symlink("/dev/full", place.file("full.db")).unwrap();
    assert!(inbox.backup_to(place.file("full.db")).await.is_err());
    inbox.backup_to(place.file("copy.db")).await.unwrap();
    inbox.enqueue(delivery("b")).await.unwrap();
    assert_eq!(inbox.stats().await.unwrap().depth.pending, 2);
}

/// The other engines say what to do instead.
pub(crate) async fn there_is_no_file_to_copy(place: Place) {
    let inbox = place.open().await;
    let error = inbox.backup_to(std::env::temp_dir().join("copy")).await.unwrap_err();
    assert!(matches!(error, InboxError::Unsupported(_)), "{error:?}");
    assert!(error.to_string().contains("pg_dump"), "{error}");
    let error = inbox.compact().await.unwrap_err();
    assert!(matches!(error, InboxError::Unsupported(_)), "{error:?}");
}

/// Stores and completes as many deliveries of usual size.
async fn complete(inbox: &Inbox, count: u64) {
    for chunk in 0..count.div_ceil(500) {
        let batch = (0..500).map(|number| {
            let mut new = delivery(format!("{chunk} {number}"));
            new.body = noise(chunk * 1000 + number, 3000).into();
            new
        });
        inbox.store().enqueue(&batch.collect::<Vec<_>>()).await.unwrap();
    }
    // As if all of them had run.
    assert_eq!(inbox.cancel(&Filter::all()).await, Ok(count));
}

fn megabytes(place: &Place) -> u64 {
    fs::metadata(place.file("inbox.db")).unwrap().len() >> 20
}

/// `INBOX_ROWS` sets another number of deliveries.
pub(crate) async fn a_file_shrinks_after_a_prune(place: Place) {
    let count = std::env::var("INBOX_ROWS").map_or(20_000, |count| count.parse().unwrap());
    let builder = place.builder().completed_retention(Duration::ZERO);
    let inbox = place.open_by(builder.dedup_retention(Duration::ZERO)).await.unwrap();
    complete(&inbox, count).await;
    let stop = Arc::new(AtomicBool::new(false));
    let sender = {
        let (inbox, stop) = (inbox.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let (mut all, mut count) = (Vec::new(), 0);
            while !stop.load(Ordering::Relaxed) {
                let asked = Instant::now();
                inbox.enqueue(delivery(format!("meanwhile {count}"))).await.unwrap();
                all.push(asked.elapsed());
                count += 1;
            }
            all.sort_unstable();
            all
        })
    };
    let begun = Instant::now();
    let retention = webhook_runtime::inbox::store::Retention {
        completed: Duration::ZERO,
        dead_letters: Duration::from_secs(3600),
    };
    while inbox.store().prune(&retention, 500).await.unwrap().records > 0 {}
    let pruned = begun.elapsed();
    // Closing moves the log, so that the file has its size.
    let begun = Instant::now();
    assert_eq!(inbox.prune().await.unwrap().records, 0);
    let released = begun.elapsed();
    stop.store(true, Ordering::Relaxed);
    let waited = sender.await.unwrap();
    let (middle, slowest) = (waited[waited.len() / 2], waited[waited.len() - 1]);
    inbox.close().await.unwrap();
    let small = megabytes(&place);
    println!("{count}: pruned in {pruned:?}, released in {released:?} to {small} MiB");
    println!("meanwhile {} stored, each in {middle:?}, at most {slowest:?}", waited.len());
    assert!(small < 32, "{small} MiB");
    // It works on as before.
    let inbox = place.open().await;
    assert!(inbox.stats().await.unwrap().depth.pending > 0);
    inbox.enqueue(delivery("after")).await.unwrap();
}

/// A large file is rewritten when somebody asks for it.
pub(crate) async fn a_file_can_be_compacted(place: Place) {
    assert_eq!(place.engine, Engine::Sqlite);
    let builder = || place.builder().completed_retention(Duration::ZERO);
    let inbox = place.open_by(builder()).await.unwrap();
    complete(&inbox, 10_000).await;
    let retention = webhook_runtime::inbox::store::Retention {
        completed: Duration::ZERO,
        dead_letters: Duration::from_secs(3600),
    };
    while inbox.store().prune(&retention, 500).await.unwrap().records > 0 {}
    inbox.enqueue(delivery("kept")).await.unwrap();
    inbox.close().await.unwrap();
    let wide = megabytes(&place);
    let inbox = place.open_by(builder()).await.unwrap();
    inbox.compact().await.unwrap();
    let narrow = megabytes(&place);
    assert!(narrow * 4 < wide, "{wide} MiB, {narrow} MiB");
    inbox.enqueue(delivery("after")).await.unwrap();
    assert_eq!(inbox.stats().await.unwrap().depth.pending, 2);
}
