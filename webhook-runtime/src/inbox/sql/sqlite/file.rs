//! The open file and what stands at its path: a file that was deleted, renamed or replaced goes on
//! to take what is written, and nobody ever reads it.

use std::{
    ffi::OsString,
    fs::Metadata,
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use crate::{inbox::error::InboxError, support::console};

/// The file of an inbox, as it was when it was opened, and the two files beside it.
///
/// It only asks for metadata. To open a file of SQLite's and to close it again would drop the locks
/// that this process has on it.
pub(super) struct OpenFile {
    /// The file by the path of the URL, its log, and the index of the log.
    files: [OneFile; 3],
    /// True from when one was missed until it is back.
    moved: AtomicBool,
}

struct OneFile {
    path: PathBuf,
    identity: Identity,
}

/// Tells files apart, whatever their names are. On Windows nobody can rename or delete an open
/// file of SQLite's, so that all are alike there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity(u64, u64);

impl Identity {
    /// The identity of the file at a path.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        path.metadata().map(|file| Self::of(&file))
    }

    #[cfg(unix)]
    fn of(file: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self(file.dev(), file.ino())
    }

    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Self {
        Self(0, 0)
    }
}

impl OpenFile {
    /// The file at a path, which had this identity before it was opened. There must be an open
    /// connection: as long as there is one, the files beside it stay the same.
    pub(super) fn new(path: &Path, identity: Identity) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        // SQLite follows links, and puts the log beside the file itself.
        let real = path.canonicalize()?;
        let beside = |ending: &str| -> io::Result<OneFile> {
            let mut name = OsString::from(&real);
            name.push(ending);
            let path = PathBuf::from(name);
            Ok(OneFile { identity: Identity::at(&path)?, path })
        };
        let files = [OneFile { path, identity }, beside("-wal")?, beside("-shm")?];
        Ok(Self { files, moved: AtomicBool::new(false) })
    }

    /// The path of the log, which SQLite puts beside the file itself: it is the same for all names
    /// of the file.
    pub(super) fn real(&self) -> &Path {
        &self.files[1].path
    }

    /// The paths of the files.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.path.as_path())
    }

    /// Fails if one of the files is not at its path any more. Called before a commit, so that
    /// nothing is written in vain, and after it, before anybody is told of it.
    pub(super) fn check(&self) -> Result<(), InboxError> {
        let moved = self.files.iter().find_map(|file| Some((file, file.problem()?)));
        let Some((file, problem)) = moved else {
            if self.moved.load(Ordering::Relaxed) && self.moved.swap(false, Ordering::Relaxed) {
                let file = self.files[0].path.display();
                tracing::warn!(%file, "the inbox's file is back");
                console::notice(format_args!("the inbox's file `{file}` is back"));
            }
            return Ok(());
        };
        let file = file.path.display().to_string();
        let error = InboxError::FileMoved { file, problem };
        if !self.moved.swap(true, Ordering::Relaxed) {
            tracing::error!(%error, "nothing is stored, and nothing is acknowledged");
            console::notice(format_args!("nothing is stored: {error}"));
        }
        Err(error)
    }
}

impl OneFile {
    fn problem(&self) -> Option<String> {
        match Identity::at(&self.path) {
            Ok(identity) if identity == self.identity => None,
            Ok(_) => Some("was replaced by another file".to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Some("was deleted or renamed".to_owned())
            }
            Err(error) => Some(format!("cannot be found: {error}")),
        }
    }
}
