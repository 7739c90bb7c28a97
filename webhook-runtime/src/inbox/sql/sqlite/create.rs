//! Creates the file of an inbox, which nobody but its owner may read.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Held while a new file is open: to close a file drops the locks that SQLite has on it in this
/// process.
static CREATING: Mutex<()> = Mutex::new(());

/// The number of links that are followed.
const LINKS: usize = 16;

/// Creates an empty file for its owner alone, unless there is one. SQLite gives its log and the
/// index of the log the mode of the file. If that fails, SQLite tells why.
pub(super) fn ensure(path: &Path) {
    let _creating = CREATING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match create_new(&path) {
            // A link to a file that is not there yet.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !path.exists() => {
                let Ok(target) = fs::read_link(&path) else { return };
                path = path.parent().map_or_else(PathBuf::new, Path::to_owned).join(target);
            }
            _ => return,
        }
    }
}

/// Creates an empty file for its owner alone.
pub(super) fn create_new(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        options.mode(0o600);
        let file = options.open(path)?;
        // The mask of the process takes rights away, and may take these.
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        Ok(file)
    }
    #[cfg(not(unix))]
    options.open(path)
}

/// Warns of files that everybody on the machine can open.
pub(super) fn warn_if_open_to_all<'p>(files: impl IntoIterator<Item = &'p Path>) {
    #[cfg(unix)]
    for file in files {
        use std::os::unix::fs::MetadataExt as _;
        if let Ok(found) = file.metadata()
            && found.mode() & 0o007 != 0
        {
            let (file, mode) = (file.display(), format!("{:o}", found.mode() & 0o777));
            tracing::warn!(
                %file,
                mode,
                "everybody on this machine can open the inbox's file, with all deliveries in it: \
                 `chmod o= {file}`"
            );
        }
    }
    #[cfg(not(unix))]
    drop(files);
}
