//! The file of a Unix socket: created with its mode, replaced under a lock, removed at the end.

use std::{
    fs::{self, DirBuilder, File, Permissions},
    io,
    os::unix::{
        fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
        net::UnixStream,
    },
    path::{Path, PathBuf},
    sync::mpsc::sync_channel,
    thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    fcntl::{Flock, FlockArg},
};
use tokio::net::UnixListener;

/// The maximum time to wait for another program: until it has created its socket in the same directory, or
/// answers on its own.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// The file of a socket that was created here. A drop removes it, if it is still the same.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    /// The device and the number of the file.
    identity: (u64, u64),
}

impl SocketFile {
    /// Listens on a new socket at the path. It replaces a socket on which nobody listens.
    pub(super) fn bind(path: &Path, mode: Option<u32>) -> io::Result<(UnixListener, Self)> {
        // Two programs that start at once must not both take the other's new socket for an old one.
        let _lock = lock(directory_of(path))?;
        let is_socket = fs::symlink_metadata(path).is_ok_and(|of| of.file_type().is_socket());
        if is_socket && is_abandoned(path) {
            fs::remove_file(path)?;
        }
        let listener = match mode {
            None => UnixListener::bind(path)?,
            Some(mode) => bind_with_mode(path, mode)?,
        };
        let identity = identity(path)?;
        Ok((listener, Self { path: path.to_owned(), identity }))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _lock = lock(directory_of(&self.path));
        if identity(&self.path).is_ok_and(|identity| identity == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// True if nobody listens on the socket. Connecting waits while the queue of a living program is full.
fn is_abandoned(path: &Path) -> bool {
    let (path, (answer, answered)) = (path.to_owned(), sync_channel(1));
    thread::spawn(move || {
        let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
        let _ = answer.send(UnixStream::connect(path).is_err_and(refused));
    });
    answered.recv_timeout(MAX_WAIT).unwrap_or(false)
}

/// Creates the socket where nobody else can reach it, and puts it in its place when it has its mode. The
/// umask belongs to the whole process, and `chmod` in place would come too late.
fn bind_with_mode(path: &Path, mode: u32) -> io::Result<UnixListener> {
    if path.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AddrInUse.into());
    }
    // Short, as the path of a socket has at most some hundred bytes.
    let private = directory_of(path).join(format!(".{}", std::process::id()));
    let hidden = private.join("s");
    // The lock is held, so what is there was left by a program that has died.
    let _ = fs::remove_file(&hidden);
    let _ = fs::remove_dir(&private);
    DirBuilder::new().mode(0o700).create(&private).map_err(|error| {
        let text = format!("cannot create {}: {error}", private.display());
        io::Error::new(error.kind(), text)
    })?;
    let bound = UnixListener::bind(&hidden).and_then(|listener| {
        fs::set_permissions(&hidden, Permissions::from_mode(mode))?;
        fs::rename(&hidden, path)?;
        Ok(listener)
    });
    let _ = fs::remove_file(&hidden);
    let _ = fs::remove_dir(&private);
    bound
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Waits for the lock of a directory, which ends with the value. Whoever may read the directory may lock
/// it, so it does not wait for long.
fn lock(directory: &Path) -> io::Result<Flock<File>> {
    let mut file = File::open(directory)?;
    let begun = Instant::now();
    loop {
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(locked) => return Ok(locked),
            Err((same, Errno::EAGAIN)) if begun.elapsed() < MAX_WAIT => file = same,
            Err((_, Errno::EAGAIN)) => {
                let text = "another program keeps the directory of the socket locked";
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, text));
            }
            Err((_, error)) => return Err(error.into()),
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}
