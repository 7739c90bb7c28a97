//! A receiver on loopback that verifies each delivery as the provider in its path, and the program.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::{
    io::Write as _,
    net::SocketAddr,
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::SystemTime,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
    response::{IntoResponse as _, Response},
};
use webhook_runtime::{
    Provider, Secret, providers,
    scheme::{RequestToSign, SignedRequest},
};

/// A delivery as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Receiver {
    address: SocketAddr,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let arrived = Arc::<Mutex<Vec<Arrived>>>::default();
        let (sender, address) = mpsc::channel();
        let log = Arc::clone(&arrived);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
                let address = listener.local_addr().expect("an address");
                sender.send(address).expect("the test waits");
                let origin = format!("http://{address}");
                let router = Router::new().fallback(move |request: Request<Body>| {
                    receive(request, origin.clone(), Arc::clone(&log))
                });
                axum::serve(listener, router).await.expect("it serves");
            });
        });
        Self { address: address.recv().expect("an address"), arrived }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().expect("not poisoned").clone()
    }
}

async fn receive(
    request: Request<Body>,
    origin: String,
    log: Arc<Mutex<Vec<Arrived>>>,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body").to_vec();
    let path = parts.uri.path().to_owned();
    log.lock().expect("not poisoned").push(Arrived {
        path: path.clone(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.clone(),
        body: body.clone(),
    });
    let name = path.trim_start_matches('/');
    let Some(provider) = providers::ALL.iter().find(|it| it.name() == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let url = format!("{origin}{}", parts.uri);
    let request = SignedRequest {
        method: parts.method.as_str(),
        url: &url,
        headers: &parts.headers,
        query: parts.uri.query().unwrap_or_default(),
        body: &body,
    };
    let secrets = [Secret::new(secret(name))];
    match provider.verify(&secrets, &request, None, SystemTime::now()) {
        // An echo of the body contains every challenge.
        Ok(_) => body.into_response(),
        Err(error) => (StatusCode::UNAUTHORIZED, error.to_string()).into_response(),
    }
}

/// Serves a router that knows its origin, and returns that.
pub(crate) fn serve(router: impl FnOnce(&str) -> Router) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let router = router(&origin);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async move {
            listener.set_nonblocking(true).expect("a socket");
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, router).await.expect("it serves");
        });
    });
    origin
}

/// A secret that is good for a provider.
pub(crate) fn secret(name: &str) -> String {
    const HEX: &str = "9f2c4b7d1e6a8053c7d4b9a1f0e3825697b4c1d8e5f2a3069c7b4d1e8f5a2b30";
    let provider = providers::ALL.iter().find(|it| it.name() == name).expect("a provider");
    let candidates = ["n23OYd3WjgfdKLS8", "user:a-password", HEX, "acme:n23OYd3WjgfdKLS8"];
    let good = |text: &&&str| {
        let secret = Secret::new(**text);
        let verifier = provider.verifier(&[secret]);
        let is_jwt = provider.scheme_info().summary.contains("token, HMAC");
        verifier.is_ok() && (!is_jwt || text.starts_with("acme:"))
    };
    (*candidates.iter().find(good).expect("one is good")).to_owned()
}

/// The providers that sign with a secret which also verifies.
pub(crate) fn signers() -> Vec<&'static Provider> {
    let signs = |provider: &&&'static Provider| {
        let info = provider.scheme_info();
        let is_public = info.key_pair.is_some();
        let to_sign = RequestToSign::new(b"{}").url("http://localhost/");
        let signed = |secret: String| {
            use webhook_runtime::scheme::SignError;
            !matches!(provider.sign(&Secret::new(secret), &to_sign), Err(SignError::Unsupported))
        };
        info.needs_secret && !info.fetches_keys && !is_public && signed(secret(provider.name()))
    };
    providers::ALL.iter().filter(signs).copied().collect()
}

/// Runs the program with a secret in the variable `TEST_SECRET`.
pub(crate) fn webhook(arguments: &[&str], secret: &str) -> Output {
    webhook_reading(arguments, secret, b"")
}

/// The same, with this on standard input.
pub(crate) fn webhook_reading(arguments: &[&str], secret: &str, input: &[u8]) -> Output {
    let mut child = command(arguments, secret)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("a pipe").write_all(input).expect("it reads");
    child.wait_with_output().expect("it ends")
}

pub(crate) fn command(arguments: &[&str], secret: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_webhook"));
    command.args(arguments).env("TEST_SECRET", secret);
    command
}
