//! Notices what other processes write to an SQLite file, without asking: Linux tells of each write to
//! the log. Elsewhere the file is polled.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::sync::Mutex;

use crate::inbox::{error::InboxError, sql::sqlite::turn::Turn};

/// The shortest time between two looks at what was written.
const AT_MOST_EVERY: Duration = Duration::from_millis(20);

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
                    *none = Some(Seen { writes, version });
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
            let next = self.writes.next().await;
            next.map_err(|error| InboxError::Store(error.to_string()))?;
            let version = version(turn).await?;
            if std::mem::replace(&mut self.version, version) != version {
                return Ok(());
            }
        }
    }
}

/// A number that changes with each commit of another connection than the writing one.
async fn version(turn: &Turn) -> Result<i64, InboxError> {
    let mut writing = turn.lock().await;
    let connection = writing.connection().await?;
    Ok(sqlx::query_scalar("PRAGMA data_version").fetch_one(connection).await?)
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
