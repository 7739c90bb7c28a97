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
    for file in files.into_iter().filter(|file| is_open_to_all(file)) {
        let file = file.display();
        tracing::warn!(
            %file,
            "everybody on this machine can open the inbox's file, with all deliveries in it: \
             `chmod o= {file}`"
        );
    }
}

#[cfg(unix)]
fn is_open_to_all(file: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    file.metadata().is_ok_and(|file| file.mode() & 0o007 != 0)
}

/// Elsewhere, the mode does not tell.
#[cfg(not(unix))]
fn is_open_to_all(_: &Path) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn files_that_everybody_can_open_are_found() {
        let path = std::env::temp_dir().join(format!("webhook-mode-{}", std::process::id()));
        let file = create_new(&path).expect("a file");
        for (mode, is_open) in
            [(0o600, false), (0o640, false), (0o644, true), (0o606, true), (0o666, true)]
        {
            file.set_permissions(fs::Permissions::from_mode(mode)).expect("its mode");
            assert_eq!(is_open_to_all(&path), is_open, "{mode:o}");
        }
        create_new(&path).expect_err("it is there");
        fs::remove_file(&path).expect("it was there");
    }
}
