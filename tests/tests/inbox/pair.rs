//! A server, its standby, and an address that leads to one of them.

use std::{
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use super::server::{Server, programs};

/// Two servers, of which one follows the other. The address leads to the first server until
/// [`switch`](Self::switch).
pub(crate) struct Pair {
    first: Server,
    standby: Server,
    /// A link to the directory of one server's socket.
    address: PathBuf,
}

impl Pair {
    /// Starts both, where PostgreSQL's programs are installed.
    pub(crate) fn start() -> Option<Self> {
        let programs = programs()?;
        if !programs.join("pg_basebackup").exists() {
            eprintln!("pg_basebackup is not installed: the tests of a failover are left out");
            return None;
        }
        Some(Self::start_by(&programs))
    }

    fn start_by(programs: &Path) -> Self {
        let first = Server::start(programs);
        let standby = first.standby();
        let name = first.directory().file_name().unwrap().to_string_lossy().into_owned();
        let address = env::temp_dir().join(format!("{name}-address"));
        symlink(first.directory(), &address).unwrap();
        let pair = Self { first, standby, address };
        // What is committed is at the standby, so that nothing is lost with the first server.
        pair.first.configure("synchronous_standby_names = '*'");
        pair
    }

    /// The address that leads to the present server.
    pub(crate) fn url(&self) -> String {
        format!("postgres://inbox@localhost/postgres?host={}", self.address.display())
    }

    /// The first server crashes, the standby takes over, and the first one goes on as a standby.
    /// The address still leads to it.
    pub(crate) fn fail_over(&self) {
        self.first.crash();
        self.standby.promote();
        self.first.start_as_standby();
    }

    /// Lets the address lead to the server that took over. Open connections stay where they are.
    pub(crate) fn switch(&self) {
        let next = self.address.with_extension("next");
        symlink(self.standby.directory(), &next).unwrap();
        fs::rename(&next, &self.address).unwrap();
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.address);
    }
}
