//! Notices what other processes write to an SQLite file, without asking: Linux tells of each write to
//! the log. Elsewhere the file is polled.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use sqlx::Connection as _;
use tokio::{sync::Mutex, time::timeout};

use crate::inbox::{error::InboxError, sql::sqlite::turn::Turn};

/// The shortest time between two looks at what was written.
const AT_MOST_EVERY: Duration = Duration::from_millis(20);

/// The longest pause before it looks again. The log is written before the commit is visible: the
/// flush of a slow disk is between them.
const LONGEST_PAUSE: Duration = Duration::from_millis(320);

/// Watches the log.
pub(super) struct Watch {
    log: PathBuf,
    file: PathBuf,
    works: AtomicBool,
    seen: Mutex<Option<Seen>>,
}

/// The writes that come, and the version of the data that this process knows.
struct Seen {
    writes: Writes,
    version: i64,
    /// The pause before the next look, if what was written may not be visible yet.
    pause: Option<Duration>,
}

impl Watch {
    pub(super) fn new(log: &Path, file: &Path) -> Self {
        let (log, file) = (log.to_owned(), file.to_owned());
        Self { log, file, works: AtomicBool::new(false), seen: Mutex::default() }
    }

    /// True if it notices what is written.
    pub(super) fn works(&self) -> bool {
        self.works.load(Ordering::Relaxed)
    }

    /// Waits until another process has written something.
    pub(super) async fn wait(&self, turn: &Turn) -> Result<(), InboxError> {
        let mut seen = self.seen.lock().await;
        let waited = match &mut *seen {
            Some(seen) => seen.wait(turn).await,
            none => match Writes::of(&self.log, &self.file) {
                // What was written before is looked for once.
                Ok(writes) => version(turn).await.map(|version| {
                    *none = Some(Seen { writes, version, pause: Some(AT_MOST_EVERY) });
                }),
                Err(error) if error.kind() == std::io::ErrorKind::Unsupported => {
                    return std::future::pending().await;
                }
                Err(error) => Err(InboxError::Store(error.to_string())),
            },
        };
        self.works.store(waited.is_ok(), Ordering::Relaxed);
        if waited.is_err() {
            *seen = None;
        }
        waited
    }
}

impl Seen {
    async fn wait(&mut self, turn: &Turn) -> Result<(), InboxError> {
        loop {
            let again = self.pause;
            let written = match again {
                Some(pause) => timeout(pause, self.writes.next()).await.ok(),
                None => Some(self.writes.next().await),
            };
            self.pause = match written {
                Some(written) => {
                    written.map_err(|error| InboxError::Store(error.to_string()))?;
                    Some(AT_MOST_EVERY)
                }
                None => again.map(|pause| pause * 2).filter(|pause| *pause <= LONGEST_PAUSE),
            };
            let version = match self.pause {
                Some(_) => version(turn).await?,
                None => last_version(turn).await?,
            };
            if std::mem::replace(&mut self.version, version) != version {
                return Ok(());
            }
        }
    }
}

const VERSION: &str = "PRAGMA data_version";

/// A number that changes with each commit of another connection than the writing one.
async fn version(turn: &Turn) -> Result<i64, InboxError> {
    let mut writing = turn.lock().await;
    let connection = writing.connection().await?;
    Ok(sqlx::query_scalar(VERSION).fetch_one(connection).await?)
}

/// The same once nobody is about to commit: whoever has written to the log has done so, or never
/// will.
async fn last_version(turn: &Turn) -> Result<i64, InboxError> {
    let mut writing = turn.lock().await;
    let mut tx = writing.connection().await?.begin_with("BEGIN IMMEDIATE").await?;
    let version = sqlx::query_scalar(VERSION).fetch_one(&mut *tx).await?;
    tx.rollback().await?;
    Ok(version)
}

#[cfg(target_os = "linux")]
struct Writes(tokio::io::unix::AsyncFd<Events>);

#[cfg(target_os = "linux")]
struct Events(nix::sys::inotify::Inotify);

#[cfg(target_os = "linux")]
impl std::os::fd::AsRawFd for Events {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        std::os::fd::AsFd::as_fd(&self.0).as_raw_fd()
    }
}

#[cfg(target_os = "linux")]
impl Writes {
    fn of(log: &Path, file: &Path) -> std::io::Result<Self> {
        use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

        let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
        // Also what is renamed or deleted is told at once: a look finds out what it means.
        let moved = AddWatchFlags::IN_MOVE_SELF | AddWatchFlags::IN_ATTRIB;
        inotify.add_watch(log, AddWatchFlags::IN_MODIFY | moved)?;
        inotify.add_watch(file, moved)?;
        #[allow(deprecated, reason = "the other way is unsafe; this one has its own descriptor")]
        Ok(Self(tokio::io::unix::AsyncFd::new(Events(inotify))?))
    }

    /// Waits for writes, and takes all of them.
    async fn next(&mut self) -> std::io::Result<()> {
        let mut ready = self.0.readable().await?;
        tokio::time::sleep(AT_MOST_EVERY).await;
        loop {
            match ready.get_inner().0.read_events() {
                Ok(_) => {}
                Err(nix::errno::Errno::EAGAIN) => break,
                Err(error) => return Err(error.into()),
            }
        }
        ready.clear_ready();
        Ok(())
    }
}

#[cfg(not(target_os = "linux"))]
struct Writes;

#[cfg(not(target_os = "linux"))]
impl Writes {
    fn of(_: &Path, _: &Path) -> std::io::Result<Self> {
        Err(std::io::ErrorKind::Unsupported.into())
    }

    async fn next(&mut self) -> std::io::Result<()> {
        tokio::time::sleep(AT_MOST_EVERY).await;
        Ok(())
    }
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests {
    use std::{fs, sync::Arc};

    use sqlx::{Executor as _, SqliteConnection};
    use tokio::time::sleep;

    use super::*;
    use crate::{inbox::sql::sqlite::SqliteStore, verify::SystemClock};

    #[tokio::test]
    async fn a_commit_long_after_its_last_write_is_noticed() {
        let directory = std::env::temp_dir().join(format!("inbox-watch-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let url = format!("sqlite://{}/inbox.db", directory.display());
        let store = SqliteStore::open(&url, Arc::new(SystemClock), true).await.unwrap();
        let mut other = SqliteConnection::connect(&url).await.unwrap();
        other.execute("CREATE TABLE others (name text)").await.unwrap();
        // The write was told, and from now on nothing is.
        let silent = directory.join("silent");
        fs::write(&silent, "").unwrap();
        let writes = Writes::of(&silent, &silent).unwrap();
        let version = version(&store.turn).await.unwrap();
        let mut seen = Seen { writes, version, pause: Some(AT_MOST_EVERY) };
        for later in [5, 700] {
            other.execute("BEGIN IMMEDIATE").await.unwrap();
            other.execute("INSERT INTO others VALUES ('a')").await.unwrap();
            let commits = async {
                sleep(Duration::from_millis(later)).await;
                other.execute("COMMIT").await.unwrap();
            };
            let told = timeout(Duration::from_secs(5), seen.wait(&store.turn));
            let (told, ()) = tokio::join!(told, commits);
            assert_eq!(told, Ok(Ok(())), "{later} ms");
        }
        fs::remove_dir_all(directory).unwrap();
    }
}
