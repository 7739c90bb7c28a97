//! `tests/src/bin/server.rs` as a process of its own.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
};

use super::SECRET;

/// A running server with [`SECRET`]. It is killed when this is dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Not read any more, but kept open: printing into a closed pipe is an error.
    _out: BufReader<ChildStdout>,
}

impl Program {
    /// Starts the server on a free port.
    pub(crate) fn start() -> Self {
        Self::listen("127.0.0.1:0")
    }

    /// Starts the server as `LISTEN` says.
    pub(crate) fn listen(listen: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_server"))
            .env("SECRET", SECRET)
            .env("LISTEN", listen)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        out.read_line(&mut line).expect("text");
        let address = line.trim().strip_prefix("webhooks on http://").expect("where it listens");
        Self { address: address.parse().expect("an address"), child, _out: out }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop.
    pub(crate) fn stop(&self) {
        let id = self.id().to_string();
        let status = Command::new("kill").args(["-s", "TERM", &id]).status();
        assert!(status.expect("`kill` runs").success());
    }

    /// Waits until it has ended.
    pub(crate) fn ended(mut self) -> ExitStatus {
        self.child.wait().expect("a child of ours")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
