//! The receiver as a process that can be killed.

use std::{
    fs::OpenOptions,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use crate::store::Store;

/// The secret of the requests.
pub(crate) const SECRET: &str = "s3cret";

pub(crate) const LEASE: Duration = Duration::from_secs(1);

pub(crate) const MAX_ATTEMPTS: usize = 15;

/// The command that runs the receiver.
pub(crate) fn receiver() -> Command {
    Command::new(env!("CARGO_BIN_EXE_receiver"))
}

/// A running receiver. It is killed when this is dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Not read any more, but kept open: printing into a closed pipe is an error.
    _out: BufReader<ChildStdout>,
}

/// A receiver that has not printed its address yet.
pub(crate) struct Starting(Option<Child>);

impl Program {
    /// Starts a receiver, and waits until it listens.
    pub(crate) async fn start(store: &Store) -> Self {
        Starting::spawn(store, receiver()).ready().await.expect("it starts")
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGKILL.
    pub(crate) fn kill(self) {
        drop(self);
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits for the end of the program.
    pub(crate) async fn ended(&mut self) {
        while self.child.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Starting {
    pub(crate) fn spawn(store: &Store, mut command: Command) -> Self {
        let errors = store.directory.join("errors");
        let errors = OpenOptions::new().append(true).create(true).open(errors).unwrap();
        command
            .env("DATABASE_URL", store.program_url())
            .env("LEDGER", store.ledger())
            .env("SECRET", SECRET);
        for (name, value) in
            [("LEASE", LEASE.as_millis().to_string()), ("MAX_ATTEMPTS", MAX_ATTEMPTS.to_string())]
        {
            if command.get_envs().all(|(known, _)| known != name) {
                command.env(name, value);
            }
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors).spawn();
        Self(Some(child.unwrap()))
    }

    /// The program, once it prints its address; `None` if it ends instead.
    pub(crate) async fn ready(mut self) -> Option<Program> {
        let mut child = self.0.take().expect("it is taken once");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            let Some(address) = line.trim().strip_prefix("webhooks on http://") else {
                let _ = child.kill();
                child.wait().unwrap();
                return None;
            };
            Some(Program { address: address.parse().unwrap(), child, _out: out })
        })
        .await
        .unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
