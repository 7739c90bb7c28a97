//! The file: read as a whole, written as a whole, and locked meanwhile.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use webhook_runtime::inbox::InboxError;

use crate::tables::Tables;

/// Tables that nobody else reads or writes until this is dropped.
pub(crate) struct Draft {
    path: PathBuf,
    tables: Tables,
    /// Dropped last: that ends the lock.
    _lock: File,
}

impl Draft {
    /// Reads the file at a path. There may be none yet.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        // A file beside it, since the file itself is replaced.
        let lock = File::create(path.with_extension("lock"))?;
        lock.lock()?;
        let tables = match fs::read(path) {
            Ok(text) => serde_json::from_slice(&text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Tables::default(),
            Err(error) => return Err(error),
        };
        Ok(Self { path: path.to_owned(), tables, _lock: lock })
    }

    pub(crate) fn tables(&mut self) -> &mut Tables {
        &mut self.tables
    }

    /// Replaces the file. After a crash, either the old or the new one is there.
    pub(crate) fn write(self) -> io::Result<()> {
        let new = self.path.with_extension("new");
        fs::write(&new, serde_json::to_vec(&self.tables)?)?;
        File::open(&new)?.sync_all()?;
        fs::rename(&new, &self.path)?;
        // The name is in the directory, which is synced by itself.
        let directory = self.path.parent().filter(|path| !path.as_os_str().is_empty());
        File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
    }
}

/// An error without anything of a delivery.
pub(crate) fn failed(error: &io::Error) -> InboxError {
    InboxError::Store(format!("the file of the inbox: {}", error.kind()))
}
