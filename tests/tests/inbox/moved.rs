//! The file of an inbox is renamed, deleted or replaced while it is open.

use std::{
    fmt::Debug,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use sqlx::Executor as _;
use webhook_runtime::inbox::{
    AttemptResult, DeliveryState, EnqueueResult, Filter, Inbox, InboxError, Job, JobHandlers,
    TxSource,
};

use super::{Ran, all, delivery, place::Place, record, until_state};

/// The file, its log, and the index of the log.
const FILES: [&str; 3] = ["inbox.db", "inbox.db-wal", "inbox.db-shm"];

fn is_moved<T: Debug>(result: Result<T, InboxError>, path: &Path) {
    let error = result.expect_err("the file is not at its path");
    let InboxError::FileMoved { file, .. } = &error else { panic!("{error}") };
    assert_eq!(Path::new(file), path);
    let text = error.to_string();
    assert!(text.contains(&*path.to_string_lossy()), "{text}");
    assert!(text.contains("put it back, or restart the program"), "{text}");
}

/// Nothing is stored, found or claimed.
async fn refuses(inbox: &Inbox, path: &Path) {
    let ran = Ran::default();
    is_moved(inbox.enqueue(delivery("refused")).await, path);
    is_moved(inbox.drain(&ran.with(AttemptResult::Completed)).await, path);
    is_moved(inbox.retry(&Filter::all()).await, path);
    is_moved(inbox.list(Filter::all()).collect().await, path);
    is_moved(inbox.stats().await, path);
    assert_eq!(ran.count(), 0);
}

/// Stores one more.
async fn takes(inbox: &Inbox, key: &str) {
    let stored = inbox.enqueue(delivery(key)).await.unwrap();
    assert!(matches!(stored, EnqueueResult::Stored(_)), "{stored:?}");
}

pub(crate) async fn a_file_that_is_renamed_takes_nothing(place: Place) {
    let inbox = place.open().await;
    takes(&inbox, "before").await;
    for name in FILES {
        let (path, aside) = (place.file(name), place.file("aside"));
        fs::rename(&path, &aside).unwrap();
        refuses(&inbox, &path).await;
        fs::rename(&aside, &path).unwrap();
        takes(&inbox, name).await;
    }
    let (directory, aside) = (place.file(""), place.file("").with_extension("aside"));
    fs::rename(&directory, &aside).unwrap();
    refuses(&inbox, &place.file(FILES[0])).await;
    fs::rename(&aside, &directory).unwrap();
    takes(&inbox, "after").await;
    drop(inbox);
    assert_eq!(all(&place.open().await).await.len(), 5);
}

pub(crate) async fn a_file_that_is_deleted_takes_nothing(place: Place) {
    let inbox = place.open().await;
    takes(&inbox, "before").await;
    for name in FILES {
        fs::remove_file(place.file(name)).unwrap();
        refuses(&inbox, &place.file(FILES[0])).await;
    }
    // Started again, it has a new file. What the inbox of before leaves behind is no harm to it.
    let again = place.open().await;
    takes(&again, "new").await;
    is_moved(inbox.enqueue(delivery("refused")).await, &place.file(FILES[0]));
    inbox.close().await.unwrap();
    takes(&again, "newer").await;
    drop(again);
    assert_eq!(all(&place.open().await).await.len(), 2);
}

pub(crate) async fn a_file_that_is_replaced_takes_nothing(place: Place) {
    let inbox = place.open().await;
    takes(&inbox, "before").await;
    let (path, aside) = (place.file(FILES[0]), place.file("aside"));
    for name in FILES {
        let path = place.file(name);
        fs::copy(&path, &aside).unwrap();
        let kept = place.file("kept");
        fs::rename(&path, &kept).unwrap();
        fs::rename(&aside, &path).unwrap();
        refuses(&inbox, &path).await;
        fs::rename(&kept, &path).unwrap();
        takes(&inbox, name).await;
    }
    // The path of the URL is a link, and leads elsewhere now.
    let link = place.file("link.db");
    symlink(&path, &link).unwrap();
    let url = format!("sqlite://{}", link.display());
    let linked = Inbox::open(&url).await.unwrap();
    takes(&linked, "linked").await;
    fs::remove_file(&link).unwrap();
    symlink(place.file("elsewhere"), &link).unwrap();
    refuses(&linked, &link).await;
    takes(&inbox, "after").await;
}

/// What a handler writes into a file that is not at its path any more is not believed to be safe.
pub(crate) async fn a_transaction_in_a_moved_file_does_not_commit(place: Place) {
    let inbox = place.open().await;
    place.execute("CREATE TABLE effects (attempt bigint)".to_owned()).await;
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    let (path, aside) = (place.file(FILES[0]), place.file("aside"));
    let (from, to): (PathBuf, PathBuf) = (path.clone(), aside.clone());
    let handlers = JobHandlers::new().on("orders", move |job: Job, source: TxSource| {
        let (from, to) = (from.clone(), to.clone());
        async move {
            let mut tx = source.tx().unwrap();
            let insert = format!("INSERT INTO effects VALUES ({})", job.attempt);
            let connection = tx.sqlite().await.unwrap();
            connection.execute(sqlx::AssertSqlSafe(insert)).await.unwrap();
            if job.attempt == 1 {
                fs::rename(from, to).unwrap();
            }
            AttemptResult::Completed
        }
    });
    let workers = inbox.start_workers(handlers);
    super::until("it is moved", || async { aside.exists() }).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    fs::rename(&aside, &path).unwrap();
    until_state(&inbox, id, DeliveryState::Completed).await;
    drop(workers);
    assert!(record(&inbox, id).await.attempt > 1);
    assert_eq!(place.number("SELECT count(*) FROM effects WHERE attempt = 1").await, 0);
    assert_eq!(place.number("SELECT count(*) FROM effects").await, 1);
}
