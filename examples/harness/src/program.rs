//! An example as a process.

use std::{
    io::{BufRead as _, BufReader, Read},
    net::TcpStream,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use crate::http::{ADDRESS, TIMEOUT};

/// All examples listen on one port, so that one runs at a time. A test that fails while it holds the
/// lock does not stop the next one.
static PORT: Mutex<()> = Mutex::new(());

/// A running example. It is killed when dropped.
#[derive(Debug)]
pub struct Program {
    child: KillOnDrop,
    stdout: mpsc::Receiver<String>,
    stderr: mpsc::Receiver<String>,
    _port: MutexGuard<'static, ()>,
}

/// A process that is killed when dropped, however a test ends.
#[derive(Debug)]
struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Program {
    /// Starts an example with these variables and no others of the same names, and waits for the
    /// line that says where it listens: `{listens} on http://127.0.0.1:3000`.
    ///
    /// # Panics
    /// If the example ends, or prints another line.
    #[must_use]
    pub fn start(program: &str, variables: &[(&str, &str)], listens: &str) -> Self {
        let port = PORT.lock().unwrap_or_else(PoisonError::into_inner);
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let mut child = command(program, variables);
            let child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
            let mut child = KillOnDrop(child.expect("the example runs"));
            let stdout = lines(child.0.stdout.take().expect("a pipe"));
            let stderr = lines(child.0.stderr.take().expect("a pipe"));
            if let Ok(line) = stdout.recv_timeout(TIMEOUT) {
                assert_eq!(line, format!("{listens} on http://{ADDRESS}"));
                return Self { child, stdout, stderr, _port: port };
            }
            let _ = child.0.kill();
            let error = stderr.iter().collect::<Vec<_>>().join("\n");
            // A test of another process may have the port.
            assert!(error.contains("in use") && Instant::now() < deadline, "{error}");
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Returns the next line of standard output, and waits for it.
    ///
    /// # Panics
    /// If no line comes.
    #[must_use]
    pub fn line(&self) -> String {
        self.stdout.recv_timeout(TIMEOUT).expect("another line")
    }

    /// Returns the lines of standard output that have come since, without waiting.
    #[must_use]
    pub fn lines_so_far(&self) -> Vec<String> {
        self.stdout.try_iter().collect()
    }

    /// Returns the next line of standard error that contains this text, and waits for it.
    ///
    /// # Panics
    /// If no such line comes.
    #[must_use]
    pub fn error_with(&self, text: &str) -> String {
        loop {
            let line = self.stderr.recv_timeout(TIMEOUT).expect("another line");
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Sends the signal of this name, such as `TERM`.
    ///
    /// # Panics
    /// If it cannot be sent.
    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        let id = self.child.0.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status().expect("`kill` runs");
        assert!(status.success());
    }

    /// Waits until the example ends by itself.
    ///
    /// # Panics
    /// If it does not end.
    #[must_use]
    pub fn wait(mut self) -> ExitStatus {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Some(status) = self.child.0.try_wait().expect("the example is our child") {
                return status;
            }
            assert!(Instant::now() < deadline, "it still runs");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Waits until the example accepts no connections, as it does before it ends.
///
/// # Panics
/// If it goes on listening.
pub fn wait_until_closed() {
    let deadline = Instant::now() + TIMEOUT;
    while TcpStream::connect(ADDRESS).is_ok() {
        assert!(Instant::now() < deadline, "it still listens");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Runs an example that cannot start, and returns what it printed.
///
/// # Panics
/// If it starts, or succeeds.
#[must_use]
pub fn fails_to_start(program: &str, variables: &[(&str, &str)]) -> Output {
    let child = command(program, variables).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = KillOnDrop(child.expect("the example runs"));
    let deadline = Instant::now() + TIMEOUT;
    let status = loop {
        if let Some(status) = child.0.try_wait().expect("the example is our child") {
            break status;
        }
        assert!(Instant::now() < deadline, "{program} starts with {variables:?}");
        thread::sleep(Duration::from_millis(10));
    };
    // The output is short: the pipes hold it.
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    child.0.stdout.take().expect("a pipe").read_to_end(&mut stdout).expect("it can be read");
    child.0.stderr.take().expect("a pipe").read_to_end(&mut stderr).expect("it can be read");
    let output = Output { status, stdout, stderr };
    assert!(!output.status.success(), "{output:?}");
    output
}

fn command(program: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program);
    for name in [
        "ADDRESS",
        "DATABASE_URL",
        "FAIL_ONE_IN",
        "SECRET",
        "GITHUB_SECRET",
        "GITHUB_SECRET_OLD",
        "LINE_CHANNEL_SECRET",
        "NATS_URL",
        "SHOPS",
        "SLACK_SIGNING_SECRET",
        "STANDARD_SECRET",
        "STRIPE_SECRET",
        "TENANTS",
    ] {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied());
    command
}

/// Reads lines until the end, whether or not a test asks for them: a full pipe would block the
/// example.
fn lines(pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    lines
}
