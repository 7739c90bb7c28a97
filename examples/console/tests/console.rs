//! The example as it runs: it does not start without a password, and shows what it was sent.

use std::{
    env, fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use base64ct::{Base64, Encoding as _};
use example_harness::{Connection, Program, Response, fails_to_start, request};

const CONSOLE: &str = env!("CARGO_BIN_EXE_console");

/// A directory for the example's SQLite file.
struct Store(PathBuf);

impl Store {
    fn new(name: &str) -> Self {
        let directory = env::temp_dir().join(format!("console-{name}-{}", std::process::id()));
        fs::create_dir(&directory).expect("a directory");
        Self(directory)
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.0.join("console.db").display())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn start(store: &Store) -> Program {
    let url = store.url();
    let variables = [
        ("DATABASE_URL", &*url),
        ("STRIPE_SECRET", "whsec_1"),
        ("CONSOLE_USER", "ana"),
        ("CONSOLE_PASSWORD", "s3cret"),
    ];
    Program::start(CONSOLE, &variables, "webhooks")
}

fn authorization(credentials: &str) -> String {
    format!("Basic {}", Base64::encode_string(credentials.as_bytes()))
}

fn get(path: &str, credentials: &str) -> Response {
    request("GET", path, &[("authorization", &authorization(credentials))], b"")
}

#[test]
fn it_does_not_start_without_user_and_password() {
    let store = Store::new("closed");
    let (url, secret) = (store.url(), "whsec_1");
    for (user, password) in [
        (None, None),
        (Some("ana"), None),
        (None, Some("pw")),
        (Some("ana"), Some("")),
        (Some(" "), Some("pw")),
    ] {
        let mut variables = vec![("DATABASE_URL", &*url), ("STRIPE_SECRET", secret)];
        // Blank is what is not set.
        variables.push(("CONSOLE_USER", user.unwrap_or_default()));
        variables.push(("CONSOLE_PASSWORD", password.unwrap_or_default()));
        let output = fails_to_start(CONSOLE, &variables);
        let printed = String::from_utf8_lossy(&output.stderr);
        assert!(printed.contains("CONSOLE_"), "{printed}");
    }
}

#[test]
fn there_is_something_to_look_at() {
    let store = Store::new("open");
    let _program = start(&store);
    assert_eq!(request("GET", "/console", &[], b"").status, 401);
    assert_eq!(get("/console", "ana:wrong").status, 401);
    for _ in 0..300 {
        let page = get("/console/deliveries?state=dead", "ana:s3cret");
        assert_eq!(page.status, 200);
        if page.body.contains("ask the bank") && page.body.contains("422") {
            let overview = get("/console", "ana:s3cret").body;
            assert!(overview.contains("dead letters") && overview.contains("payments example"));
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("no dead letters to look at");
}

#[cfg(unix)]
#[test]
fn an_open_page_does_not_hold_up_the_end() {
    let store = Store::new("stops");
    let program = start(&store);
    let authorization = authorization("ana:s3cret");
    let headers = [("authorization", &*authorization)];
    let mut page = Connection::open("GET", "/console/events?screen=&root=.%2F", &headers);
    page.expect("HTTP/1.1 200 OK\r\n");
    let told = Instant::now();
    program.signal("TERM");
    assert!(program.wait().success());
    assert!(told.elapsed() < Duration::from_secs(15), "{:?}", told.elapsed());
}
