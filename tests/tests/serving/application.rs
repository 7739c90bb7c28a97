//! `tests/src/bin/application.rs` as a process, and what a server hosts beside webhooks.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    time::Duration,
};

use axum::{Router, extract::State, routing::get};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use webhook_runtime::{Delivery, Error, Listener, Server, StartProblem, Webhooks, webhook};

use crate::{
    common::{SECRET, signature},
    server::{PATIENCE, head, hooks},
};

/// Takes what nobody has verified.
fn unverified() -> Router {
    Router::new().route("/webhook", axum::routing::post(async || "unverified"))
}

#[test]
#[should_panic(expected = "Overlapping method route. Handler for `POST /webhook` already exists")]
fn no_merged_route_takes_the_place_of_an_endpoint() {
    let _ = hooks().merge(unverified()).into_router();
}

#[test]
#[should_panic(expected = "Overlapping method route. Handler for `POST /webhook` already exists")]
fn no_route_of_an_application_takes_the_place_of_an_endpoint() {
    let _ = unverified().merge(hooks().into_router().expect("nothing is wrong with it"));
}

/// The running application. It is killed when this is dropped.
pub(crate) struct Application {
    child: Child,
    pub(crate) address: SocketAddr,
    out: BufReader<ChildStdout>,
}

impl Application {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts the application with more variables.
    pub(crate) fn start_with(variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_application"));
        command.envs(variables.iter().copied());
        Self::spawn(command)
    }

    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command
            .env("SECRET", SECRET)
            .env("LISTEN", "127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the application starts");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        out.read_line(&mut line).expect("text");
        let address = line.trim().strip_prefix("webhooks on http://").expect("where it listens");
        Self { address: address.parse().expect("an address"), child, out }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it listens")
    }

    /// Sends a signed delivery, and returns the connection before the answer.
    pub(crate) async fn begin(&self, body: &str) -> TcpStream {
        let mut stream = self.connect().await;
        let head = head(body.len(), &signature(body.as_bytes()));
        stream.write_all(format!("{head}{body}").as_bytes()).await.expect("it takes bytes");
        stream
    }

    pub(crate) async fn deliver(&self, body: &str) -> String {
        answer(&mut self.begin(body).await).await
    }

    pub(crate) async fn get(&self, path: &str) -> String {
        let mut stream = self.connect().await;
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("it takes bytes");
        answer(&mut stream).await
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status();
        assert!(status.expect("`kill` runs").success());
    }

    /// Waits until the application has ended, and returns its standard error.
    pub(crate) async fn ended(mut self) -> (ExitStatus, String) {
        let wait = tokio::task::spawn_blocking(move || {
            let mut text = String::new();
            let err = self.child.stderr.as_mut().expect("a pipe");
            err.read_to_string(&mut text).expect("text");
            (self.child.wait().expect("a child of ours"), text)
        });
        timeout(PATIENCE, wait).await.expect("it ends").expect("no panic")
    }

    /// The next line of standard output.
    pub(crate) fn next_line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("text");
        line.trim_end().to_owned()
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first bytes of an answer.
pub(crate) async fn answer(stream: &mut TcpStream) -> String {
    let mut answer = vec![0; 4096];
    let read = timeout(PATIENCE, stream.read(&mut answer)).await.expect("in time");
    String::from_utf8_lossy(&answer[..read.expect("it answers")]).into_owned()
}

#[tokio::test]
async fn state_and_other_routes_are_served() {
    let mut application = Application::start();
    assert_eq!(application.next_line(), "  POST /webhook  hook  (hmac-sha256-hex)");
    let answer = application.deliver("1").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("taken"), "{answer}");
    let answer = application.get("/health").await;
    assert!(answer.ends_with("1 deliveries"), "{answer}");
    assert!(application.get("/nowhere").await.starts_with("HTTP/1.1 404"));
}

#[tokio::test]
async fn any_router_is_served_within_the_limits() {
    let app = Router::new()
        .route("/name", get(async |State(name): State<String>| name))
        .with_state("a state".to_owned());
    let listener = Listener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it is TCP");
    let short = Duration::from_millis(300);
    let serving = tokio::spawn(Server::new(app).idle_timeout(short).serve_on([listener]));
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(b"GET /name HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("bytes");
    let answer = answer(&mut stream).await;
    assert!(answer.ends_with("a state"), "{answer}");
    let end = timeout(PATIENCE, stream.read(&mut [0])).await.expect("it is closed");
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    serving.abort();
}

#[tokio::test]
async fn nothing_mounted_is_an_error() {
    let empty: Webhooks = Webhooks::new();
    let error = empty.merge(Router::new()).serve("127.0.0.1:0").await.expect_err("nothing");
    let Error::Start(error) = error else { panic!("{error}") };
    assert_eq!(error.problems(), [StartProblem::NothingMounted]);
    assert!(error.to_string().contains(".mount::<name>()"), "{error}");
}

#[webhook(path = "/other/{id}", secret_env = "UNUSED", name = "an_old_name")]
async fn other(_: &Delivery) {}

#[test]
fn mounted_functions_are_told() {
    let hooks = hooks().mount::<other>();
    let mounted: Vec<_> = hooks.mounted().collect();
    assert_eq!(mounted[0].to_string(), "POST /webhook  hook  (hmac-sha256-hex)");
    let other = mounted[1];
    assert_eq!(
        (other.name(), other.function(), other.path(), other.methods(), other.provider().name()),
        ("an_old_name", "other", "/other/{id}", "POST", "hmac-sha256-hex")
    );
    assert_eq!(hooks.mounted().count(), 2);
}
