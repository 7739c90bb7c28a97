//! A running example, and requests to it over a socket of its own.

#![allow(dead_code, reason = "every test program uses a part of it")]

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

/// Where the examples listen.
const ADDRESS: &str = "127.0.0.1:3000";

/// The longest that anything here may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The examples have one port between them. Whoever runs one holds this; a test that failed holding
/// it spoils nothing for the next.
static PORT: Mutex<()> = Mutex::new(());

/// A running example.
pub(crate) struct Program {
    child: Stopping,
    lines: mpsc::Receiver<String>,
    _port: MutexGuard<'static, ()>,
}

/// A child that is stopped when dropped, however a test ends.
struct Stopping(Child);

impl Drop for Stopping {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Program {
    /// Starts an example with these variables and no others of the same names, and waits for the
    /// line that says where it listens.
    pub(crate) fn start(program: &str, variables: &[(&str, &str)], listens: &str) -> Self {
        let port = PORT.lock().unwrap_or_else(PoisonError::into_inner);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut child = command(program, variables);
            let child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
            let mut child = Stopping(child.expect("the example runs"));
            let lines = lines(&mut child.0);
            if let Ok(line) = lines.recv_timeout(PATIENCE) {
                assert_eq!(line, format!("{listens} on http://{ADDRESS}"));
                return Self { child, lines, _port: port };
            }
            let _ = child.0.kill();
            let mut error = String::new();
            let stderr = child.0.stderr.as_mut().expect("a pipe");
            stderr.read_to_string(&mut error).expect("text");
            // A test of another process may have the port.
            assert!(error.contains("in use") && Instant::now() < deadline, "{error}");
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// The next line of standard output.
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("another line")
    }

    /// Sends a signal, by its name.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.0.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status().expect("`kill` runs");
        assert!(status.success());
    }

    /// Waits for the end.
    pub(crate) fn wait(mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.0.try_wait().expect("a child of ours") {
                return status;
            }
            assert!(Instant::now() < deadline, "it still runs");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Waits until nobody can connect any more, as when the program is about to end.
pub(crate) fn wait_until_closed() {
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(ADDRESS).is_ok() {
        assert!(Instant::now() < deadline, "it still listens");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Runs an example that cannot start, to its end.
pub(crate) fn fails(program: &str, variables: &[(&str, &str)]) -> Output {
    let child = command(program, variables).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = Stopping(child.expect("the example runs"));
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.0.try_wait().expect("a child of ours") {
            break status;
        }
        assert!(Instant::now() < deadline, "{program} starts with {variables:?}");
        thread::sleep(Duration::from_millis(10));
    };
    // What it tells is short, and has room in its pipes.
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
        "SHOPS",
        "SLACK_SIGNING_SECRET",
        "STANDARD_SECRET",
        "STRIPE_SECRET",
    ] {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied());
    command
}

/// Reads standard output as long as there is any: a pipe that nobody empties would block the
/// program.
fn lines(child: &mut Child) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    let out = BufReader::new(child.stdout.take().expect("a pipe"));
    thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    lines
}

/// A connection with a request on it.
pub(crate) struct Connection(TcpStream);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The headers, a line each, names in lower case.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn has(&self, header: &str) -> bool {
        self.headers.iter().any(|known| known == header)
    }

    fn parse(bytes: Vec<u8>) -> Self {
        let text = String::from_utf8(bytes).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("cut: {text:?}"));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status");
        let lower = |line: &str| {
            let (name, value) = line.split_once(": ").expect("a header");
            format!("{}: {value}", name.to_lowercase())
        };
        Self {
            status: status.parse().expect("a number"),
            headers: lines.map(lower).collect(),
            body: body.to_owned(),
        }
    }
}

impl Connection {
    /// Connects, and sends the head of a request.
    pub(crate) fn open(method: &str, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let stream = TcpStream::connect(ADDRESS).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        stream.set_write_timeout(Some(PATIENCE)).expect("a time");
        let mut connection = Self(stream);
        connection.send(format!("{head}\r\n").as_bytes());
        connection
    }

    /// Sends a piece of the body.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("it takes bytes");
    }

    /// Reads exactly this.
    pub(crate) fn expect(&mut self, text: &str) {
        let mut read = vec![0; text.len()];
        self.0.read_exact(&mut read).expect("it answers");
        assert_eq!(String::from_utf8_lossy(&read), text);
    }

    /// Reads the answer, up to the end of the connection.
    pub(crate) fn answer(mut self) -> Answer {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes).expect("it answers, and then ends the connection");
        Answer::parse(bytes)
    }
}

/// Sends a request with its body and its length, and reads the answer.
pub(crate) fn ask(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let length = body.len().to_string();
    let mut all = vec![("content-length", length.as_str()), ("connection", "close")];
    all.extend(headers);
    let mut connection = Connection::open(method, path, &all);
    connection.send(body);
    connection.answer()
}
