//! A copy of the file while everything goes on.

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use crate::inbox::{
    error::InboxError,
    sql::sqlite::{SqliteStore, create},
};

impl SqliteStore {
    /// Writes a copy, and lets the log grow meanwhile.
    pub(super) async fn back_up(&self, file: &Path) -> Result<(), InboxError> {
        self.file.check()?;
        let (options, to) = (self.options.clone(), file.to_owned());
        let reading = self.checkpoints.read_for_long();
        // Goes on if nobody waits for it any more, so that nothing half is left behind.
        let written = tokio::spawn(async move {
            let written = write(options, to).await;
            drop(reading);
            written
        });
        written.await.unwrap_or(Err(InboxError::Closed))
    }
}

/// Writes what is committed into a new file, which is complete by itself. It has its name only once
/// it is complete and on the disk.
async fn write(options: SqliteConnectOptions, to: PathBuf) -> Result<(), InboxError> {
    let failed = |problem: String| InboxError::Backup { file: to.display().to_string(), problem };
    let of_file = |error: io::Error| failed(error.to_string());
    // SQLite takes a relative name that begins with `file:` for a URL.
    let whole = std::path::absolute(&to).map_err(of_file)?;
    if whole.symlink_metadata().is_ok() {
        return Err(failed("there is such a file already, which is not overwritten".to_owned()));
    }
    let part = beside(&whole, ".part");
    create::create_new(&part).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => failed(format!(
            "another backup is being written to `{0}`, or was interrupted: remove `{0}`",
            part.display()
        )),
        _ => of_file(error),
    })?;
    let part = Part(part);
    copy(&options, &part.0).await.map_err(failed)?;
    let done = tokio::task::spawn_blocking(move || part.keep_as(&whole)).await;
    done.map_err(|error| failed(error.to_string()))?.map_err(of_file)
}

/// Copies by one statement, which reads what was committed when it began. Others go on writing.
async fn copy(options: &SqliteConnectOptions, to: &Path) -> Result<(), String> {
    let name = to.to_str().ok_or("the name of the file is not UTF-8")?;
    let copied = async {
        let mut connection = options.connect().await?;
        sqlx::query("VACUUM INTO $1").bind(name).execute(&mut connection).await?;
        connection.close().await
    };
    copied.await.map_err(|error| error.to_string())
}

/// A file that is not complete yet. It is removed unless it is kept.
struct Part(PathBuf);

impl Part {
    /// Gives the file its name, unless there is such a file by now.
    fn keep_as(self, name: &Path) -> io::Result<()> {
        File::open(&self.0)?.sync_all()?;
        match fs::hard_link(&self.0, name) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
            // There are no links on this file system.
            Err(_) if name.symlink_metadata().is_err() => fs::rename(&self.0, name)?,
            Err(error) => return Err(error),
        }
        // The name has to be on the disk as well. Not every system can tell.
        if let Some(directory) = name.parent().and_then(|directory| File::open(directory).ok()) {
            let _ = directory.sync_all();
        }
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
        let _ = fs::remove_file(beside(&self.0, "-journal"));
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}
