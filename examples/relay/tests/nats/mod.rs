//! A `nats-server` with JetStream on a loopback port, its files in a directory of its own.

use std::{
    env, fs,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

pub(crate) struct Nats {
    directory: PathBuf,
    port: u16,
    /// The running server; `None` after a kill.
    server: Option<Child>,
}

impl Nats {
    /// Starts a server, if there is one to start.
    pub(crate) fn start(name: &str) -> Option<Self> {
        let version = Command::new("nats-server").arg("--version").stdout(Stdio::null()).status();
        if !version.is_ok_and(|status| status.success()) {
            eprintln!("nats-server is not installed: its tests are left out");
            return None;
        }
        let directory = env::temp_dir().join(format!("relay-{name}-{}", std::process::id()));
        fs::create_dir(&directory).expect("a directory");
        // The port is free again when this listener is dropped, and stays the same after a kill.
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let mut nats = Self { directory, port: free.expect("a port").port(), server: None };
        nats.start_again();
        Some(nats)
    }

    pub(crate) fn start_again(&mut self) {
        let server = Command::new("nats-server")
            .args(["--addr", "127.0.0.1", "--jetstream", "--port", &self.port.to_string()])
            .arg("--store_dir")
            .arg(self.directory.join("jetstream"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.server = Some(server.expect("it runs"));
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < deadline, "nats-server does not listen");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends the server by SIGKILL.
    pub(crate) fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().expect("it runs");
            server.wait().expect("it is our child");
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The SQLite file for the inbox, beside the server's files.
    pub(crate) fn inbox_url(&self) -> String {
        format!("sqlite://{}", self.directory.join("relay.db").display())
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            let _ = server.kill();
            let _ = server.wait();
        }
        let _ = fs::remove_dir_all(&self.directory);
    }
}
