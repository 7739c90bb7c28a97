//! Everything that a whole program writes to standard output and standard error, with a subscriber
//! that prints every span, event and log record.
//!
//! The program is this test binary, run again: it then runs [`serves`].

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Read, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tracing_subscriber::fmt::format::FmtSpan;
use webhook_runtime::{
    Delivery, Inbox, Provider, Secret, Webhooks,
    providers::{EVENT_GRID, GITHUB, GITLAB, META, STANDARD_WEBHOOKS},
    scheme::RequestToSign,
    webhook,
};

use super::scanner::Scanner;

/// The time limit of every step.
const PATIENCE: Duration = Duration::from_secs(30);

const GITHUB_SECRET: &str = "canary-for-github-\"/+=&é-4d1e9a70";
const OLD_SECRET: &str = "older-canary-for-github-\"/+=-0b7f3c55";
const TOKEN: &str = "token-canary-for-gitlab-a1c4e6d8";
const CODE: &str = "code-canary-in-the-query-5f60b2e9";
const VERIFY_TOKEN: &str = "verify-token-canary-of-meta-71d93f04";
const STORED_SECRET: &str = "whsec_c3RvcmVkLWNhbmFyeS1pbi1iYXNlNjQtOTBhYmM=";

#[webhook(path = "/github", provider = GITHUB, secret_env = ["C_GITHUB", "C_GITHUB_OLD"])]
async fn github(delivery: &Delivery) -> String {
    tracing::info!(?delivery, headers = ?delivery.headers(), "taken");
    println!("{delivery:?} {:?}", delivery.headers());
    format!("{delivery:?}")
}

#[webhook(path = "/gitlab", provider = GITLAB, secret_env = "C_GITLAB")]
async fn gitlab(delivery: &Delivery) {
    panic!("{delivery:?} {:?}", delivery.headers());
}

#[webhook(path = "/grid", provider = EVENT_GRID, secret_env = "C_GRID")]
async fn grid(_: &Delivery) {}

#[webhook(path = "/meta", provider = META, secret_env = "C_META", verify_token_env = "C_VERIFY")]
async fn meta(_: &Delivery) {}

#[webhook(path = "/stored", provider = STANDARD_WEBHOOKS, secret_env = "C_STORED", inbox)]
async fn stored(delivery: &Delivery) {
    panic!("{delivery:?} {:?}", delivery.headers());
}

/// Prints the records of `log`.
struct Logs;

impl log::Log for Logs {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        eprintln!("{} {} {}", record.level(), record.target(), record.args());
    }

    fn flush(&self) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the program that other tests run"]
async fn serves() {
    let Ok(database) = env::var("C_DATABASE") else { return };
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("the first one");
    log::set_logger(&Logs).expect("the first one");
    log::set_max_level(log::LevelFilter::Trace);
    let inbox = match Inbox::open(&database).await {
        Ok(inbox) => inbox,
        Err(error) => return eprintln!("Error: {error} {error:?}"),
    };
    let served = Webhooks::new()
        .mount::<github>()
        .mount::<gitlab>()
        .mount::<grid>()
        .mount::<meta>()
        .mount::<stored>()
        .inbox(inbox)
        .serve("127.0.0.1:0")
        .await;
    if let Err(error) = served {
        // The way `main` prints it.
        eprintln!("Error: {error:?}");
    }
}

/// The program, stopped when dropped.
struct Program {
    child: Child,
    written: [JoinHandle<Vec<u8>>; 2],
    address: mpsc::Receiver<String>,
    directory: std::path::PathBuf,
}

impl Program {
    fn start(name: &str, variables: &[(&str, &str)]) -> Self {
        let directory = env::temp_dir().join(format!("canary-{name}-{}", std::process::id()));
        fs::create_dir_all(&directory).expect("a directory");
        let mut child = Command::new(env::current_exe().expect("the path of this test"))
            .args(["--exact", "program::serves", "--ignored", "--nocapture"])
            .env("C_DATABASE", format!("sqlite://{}/inbox.db", directory.display()))
            .env("C_GITHUB", GITHUB_SECRET)
            .env("C_GITHUB_OLD", OLD_SECRET)
            .env("C_GITLAB", TOKEN)
            .env("C_GRID", CODE)
            .env("C_META", GITHUB_SECRET)
            .env("C_VERIFY", VERIFY_TOKEN)
            .env("C_STORED", STORED_SECRET)
            .env("RUST_BACKTRACE", "full")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("this test runs itself");
        let (sender, address) = mpsc::channel();
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        let out = thread::spawn(move || {
            let mut all = Vec::new();
            for line in out.lines().map_while(Result::ok) {
                if let Some((_, address)) = line.split_once("webhooks on http://") {
                    let _ = sender.send(address.to_owned());
                }
                all.extend(line.bytes());
                all.push(b'\n');
            }
            all
        });
        let mut error = child.stderr.take().expect("a pipe");
        let error = thread::spawn(move || {
            let mut all = Vec::new();
            let _ = error.read_to_end(&mut all);
            all
        });
        Self { child, written: [out, error], address, directory }
    }

    /// Waits for the end, and returns everything that was written.
    fn end(mut self) -> [Vec<u8>; 2] {
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait().expect("a child of ours").is_none() {
            assert!(Instant::now() < deadline, "it still runs");
            thread::sleep(Duration::from_millis(10));
        }
        let nothing = [thread::spawn(Vec::new), thread::spawn(Vec::new)];
        let written = std::mem::replace(&mut self.written, nothing);
        written.map(|reader| reader.join().expect("it reads"))
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("`kill` runs");
        assert!(sent.success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// The bytes of a request.
fn request(method: &str, target: &str, headers: &http::HeaderMap, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let all = format!(
        "{method} {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n"
    );
    let mut all = all.into_bytes();
    for (name, value) in headers {
        all.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    all.extend(b"\r\n");
    all.extend(body);
    all
}

fn ask(address: &str, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time");
    stream.write_all(bytes).expect("it takes bytes");
    let mut answer = Vec::new();
    // A malformed request may just end the connection.
    let _ = stream.read_to_end(&mut answer);
    answer
}

fn scanner() -> Scanner {
    let mut scanner = Scanner::new();
    for (name, secret) in [
        ("GitHub's secret", GITHUB_SECRET),
        ("the old secret", OLD_SECRET),
        ("the token", TOKEN),
        ("the code", CODE),
        ("the verify token", VERIFY_TOKEN),
        ("the stored one's secret", STORED_SECRET),
    ] {
        scanner.add(name, secret);
    }
    scanner
}

#[test]
fn programs_log_no_secrets_at_any_level() {
    let mut scanner = scanner();
    let program = Program::start("serves", &[]);
    let address = program.address.recv_timeout(PATIENCE).expect("it listens");
    let mut answers = Vec::new();
    for bytes in requests(&mut scanner) {
        answers.push(ask(&address, &bytes));
    }
    // Stored deliveries run at once.
    thread::sleep(Duration::from_millis(300));
    program.signal("TERM");
    let [out, error] = program.end();
    let text = String::from_utf8_lossy(&error).into_owned();
    for wanted in ["status=200", "status=401", "status=500", "the handler panicked", "taken"] {
        assert!(text.contains(wanted), "{wanted} is not in: {text}");
    }
    for answer in answers {
        scanner.asserts_silence("an answer", answer);
    }
    scanner.asserts_silence("standard output", out);
    scanner.asserts_silence("standard error", error);
}

fn requests(scanner: &mut Scanner) -> Vec<Vec<u8>> {
    let mut requests = Vec::new();
    let body = br#"{"note":"a body"}"#;
    let mut sign = |provider: &Provider, secret: &str| {
        let signed = provider.sign(&Secret::new(secret), &RequestToSign::new(body));
        let headers = signed.expect("it can be signed").headers;
        if let Some(signature) = headers.get(provider.scheme_info().signature_header) {
            scanner.add("a signature", signature.as_bytes());
        }
        headers
    };
    let none = http::HeaderMap::new();
    for (path, provider, secret) in [
        ("/github", &GITHUB, GITHUB_SECRET),
        ("/github", &GITHUB, OLD_SECRET),
        ("/gitlab", &GITLAB, TOKEN),
        ("/meta", &META, GITHUB_SECRET),
        ("/stored", &STANDARD_WEBHOOKS, STORED_SECRET),
    ] {
        let headers = sign(provider, secret);
        let genuine = request("POST", path, &headers, body);
        requests.push(request("POST", path, &headers, b"another body"));
        requests.push(request("POST", path, &none, body));
        requests.push(request("DELETE", path, &headers, body));
        // Malformed requests. The answer is read as far as it goes.
        requests.push(genuine.iter().copied().filter(|byte| *byte != b':').collect());
        requests.push([&genuine[..], b"POST / HTTP/9.9\r\n\r\n"].concat());
        requests.push(genuine);
    }
    for code in [CODE, "wrong", ""] {
        requests.push(request("POST", &format!("/grid?code={code}"), &none, body));
        requests.push(request("GET", &format!("/nowhere?code={code}"), &none, body));
    }
    for token in [VERIFY_TOKEN, "wrong", ""] {
        let query = format!("hub.mode=subscribe&hub.challenge=1&hub.verify_token={token}");
        requests.push(request("GET", &format!("/meta?{query}"), &none, b""));
        requests.push(request("GET", &format!("/meta?hub.verify_token={token}"), &none, b""));
    }
    requests
}

/// The program reports what is wrong, and ends at once.
#[test]
fn failed_starts_log_no_secrets() {
    let scanner = scanner();
    let padded = format!(" {GITHUB_SECRET}\n");
    let malformed = format!("{STORED_SECRET}!!");
    let database = format!("postgres://me:{TOKEN}@127.0.0.1:1/inbox?passwort={CODE}");
    for (name, variables, wanted) in [
        ("padded", vec![("C_GITHUB", padded.as_str())], "white space"),
        ("malformed", vec![("C_STORED", malformed.as_str()), ("C_GITHUB_OLD", "")], "base64"),
        ("token", vec![("C_VERIFY", padded.as_str())], "C_VERIFY"),
        ("database", vec![("C_DATABASE", database.as_str())], "no effect"),
    ] {
        let written = Program::start(name, &variables).end();
        let text = String::from_utf8_lossy(&written[1]).into_owned();
        assert!(text.contains("Error: ") && text.contains(wanted), "{name}: {text}");
        for text in written {
            scanner.asserts_silence(name, text);
        }
    }
}
