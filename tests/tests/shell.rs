//! Commands of a shell, run by a shell: what is printed and documented is accepted, and executes
//! nothing of what it was made of.
//!
//! They need `sh`, `openssl` and `curl`.
#![cfg(unix)]

use std::{
    cell::RefCell,
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
};

use tokio::net::TcpListener;
use webhook_runtime::{
    __private::{HandlerFuture, HandlerInput},
    Delivery, Endpoint, Field, Provider, Secret, Webhook, Webhooks,
    providers::{self, GITHUB, HMAC_SHA256_HEX, SHOPIFY, SQUARE, STANDARD_WEBHOOKS, STRIPE},
    scheme::{KeyEncoding, Scheme, ShellBody, ShellRequest, Timestamp},
    webhook,
};

const PUBLIC_URL: &str = "https://hooks.example.com";

/// Quotation marks, substitutions, line ends, and what only some shells expand.
const HOSTILE: &str = "-';$(echo no >&2)`echo no >&2`\";{a,b}[1-9] !! \\ ~ * %s %n ü \\'";

thread_local! {
    static PROVIDER: RefCell<&'static Provider> = const { RefCell::new(&HMAC_SHA256_HEX) };
}

#[webhook(path = "/any")]
async fn any(delivery: &Delivery) -> String {
    String::from_utf8_lossy(delivery.body()).into_owned()
}

/// [`any`] with whatever provider it is about.
enum Of {}

impl Webhook<()> for Of {
    fn endpoint() -> Endpoint {
        let provider = PROVIDER.with_borrow(|provider| *provider);
        Endpoint::new("any", module_path!(), "/any").provider(provider)
    }

    fn call(verified: HandlerInput<()>) -> HandlerFuture {
        <any as Webhook<()>>::call(verified)
    }
}

/// Serves an endpoint of this provider, and returns its URL.
async fn serve(provider: &'static Provider, secret: &str) -> String {
    PROVIDER.set(provider);
    let mut hooks = Webhooks::new().mount::<Of>().public_url(PUBLIC_URL);
    if provider.needs_verify_token() {
        hooks = hooks.verify_token::<Of>(Secret::new("of the handshake"));
    }
    let router = hooks.secrets::<Of>([Secret::new(secret.to_owned())]).into_router();
    let router: axum::Router = router.expect("it starts");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/any", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// A secret of the form that the scheme needs.
fn secret(scheme: &Scheme) -> &'static str {
    match scheme.key_encoding() {
        _ if scheme.algorithm() == "basic auth" => "user:a secret with $(marks)",
        _ if scheme.algorithm() == "token" && scheme.signature_parameter().is_some() => {
            "a-secret_of.letters"
        }
        KeyEncoding::Hex => "00ff10c0ffee00ff10c0ffee00ff10c0ffee00ff10c0ffee00ff10c0ffee0001",
        KeyEncoding::Base64 => "AP8QwP/uAP8QwP/uAP8QwP/uAP8QwP/uAP8QwP/uAAE=",
        KeyEncoding::PrefixedBase64(_) => "whsec_AP8QwP/uAP8QwP/uAP8QwP/uAP8QwP/uAP8QwP/uAAE=",
        _ => "-a secret 'with' $(marks)",
    }
}

/// Runs a command, and returns what it wrote.
async fn run(command: &str, secret: &str) -> String {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).env("SECRET", secret).env("NO_PROXY", "*").stdin(Stdio::null());
    // The server runs on this thread.
    let output = tokio::task::spawn_blocking(move || shell.output());
    let output = output.await.expect("it does not panic").expect("a shell");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}\n{errors}");
    assert!(!errors.contains("no\n"), "it was executed: {command}\n{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn status(response: &str) -> &str {
    response.split(' ').nth(1).unwrap_or(response)
}

/// The same command, which signs one body and sends another.
fn with_other_body(command: &str) -> String {
    let (before, curl) = command.rsplit_once("\ncurl ").expect("curl is the last command");
    format!("{before}\nbody='{{\"forged\":true}}'\ncurl {curl}")
}

#[tokio::test(flavor = "current_thread")]
async fn every_command_sends_a_genuine_delivery() {
    let (mut by_shell, mut by_program, mut by_nobody) = (0, 0, Vec::new());
    for provider in providers::ALL {
        let name = provider.name();
        let request = ShellRequest::new("");
        let (Some(_), Some(scheme)) = (provider.shell_command(&request), provider.scheme()) else {
            match provider.send_command(&request) {
                Some(_) => by_program += 1,
                None => by_nobody.push(name),
            }
            continue;
        };
        by_shell += 1;
        let secret = secret(scheme);
        let url = serve(provider, secret).await;
        let public_url = format!("{PUBLIC_URL}/any");
        let request = ShellRequest::new(&url)
            .public_url(Some(&public_url))
            .body(ShellBody::Text(r#"{"note":"it's $HOME, `id`"}"#));
        let command = provider.shell_command(&request).expect("it was there");
        assert!(!command.contains(secret), "{command}");
        let response = run(&command, secret).await;
        assert_eq!(status(&response), "200", "{name}: {response}\n{command}");
        let other = if scheme.algorithm() == "basic auth" { "user:other" } else { "c0ffee00" };
        let response = run(&command, other).await;
        assert_eq!(status(&response), "401", "{name}, another secret: {response}\n{command}");
        if provider.scheme_info().signs_body {
            let forged = with_other_body(&command);
            let response = run(&forged, secret).await;
            assert_eq!(status(&response), "401", "{name}, another body: {response}\n{forged}");
        }
    }
    println!("{by_shell} by a shell, {by_program} by the program, none for {by_nobody:?}");
    assert!(by_shell > 150, "{by_shell}");
    let fetching = providers::ALL.iter().filter(|it| it.scheme_info().fetches_keys);
    assert_eq!(by_nobody, fetching.map(|it| it.name()).collect::<Vec<_>>(), "only they can sign");
}

/// A scheme of one's own, with everything that a shell could take for something else.
const ODD: Provider = Provider::new(
    "odd",
    Scheme::hmac_sha512()
        .header("x-signature")
        .fields("; `id` ", "$v1")
        .base64url()
        .timestamp(Timestamp::field("'t"))
        .id_header("x-id")
        .require_headers(&[("x-version", "\"1\" $HOME")])
        .signed("'$HOME' {id}\n{method} {url}\\{timestamp}!!{body}`id`"),
)
.with_id(Field::header("x-id"));

#[tokio::test(flavor = "current_thread")]
async fn a_scheme_of_ones_own_is_written_by_the_same_code() {
    let secret = "s3cret";
    let url = serve(&ODD, secret).await;
    let public_url = format!("{PUBLIC_URL}/any");
    let request = ShellRequest::new(&url).public_url(Some(&public_url));
    let body = format!("{{\"note\":\"two\nlines, {}\"}}", HOSTILE.replace(['"', '\\'], ""));
    let request = request.id(HOSTILE.trim_end_matches(" ü \\'")).body(ShellBody::Text(&body));
    let command = ODD.shell_command(&request).expect("a shell can sign it");
    let response = run(&command, secret).await;
    assert_eq!(status(&response), "200", "{response}\n{command}");
    assert!(response.ends_with(&body), "byte for byte: {response}");
    assert_eq!(status(&run(&with_other_body(&command), secret).await), "401");
}

#[tokio::test(flavor = "current_thread")]
async fn a_body_can_come_from_a_file() {
    let file = std::env::temp_dir().join(format!("it's a body {}.json", std::process::id()));
    let body = format!("@ two\nlines\r\n, {HOSTILE}\n\n");
    std::fs::write(&file, &body).expect("a file");
    for provider in [&GITHUB, &STRIPE, &SQUARE, &STANDARD_WEBHOOKS, &ODD] {
        let secret = secret(provider.scheme().expect("data"));
        let url = serve(provider, secret).await;
        let public_url = format!("{PUBLIC_URL}/any");
        let request = ShellRequest::new(&url)
            .public_url(Some(&public_url))
            .body(ShellBody::File(file.to_str().expect("text")));
        let command = provider.shell_command(&request).expect("a shell can sign it");
        let response = run(&command, secret).await;
        assert_eq!(status(&response), "200", "{}: {response}\n{command}", provider.name());
        assert!(response.ends_with(&body), "byte for byte: {response}");
    }
    std::fs::remove_file(&file).expect("it is there");
}

/// The programs only tell their arguments.
#[tokio::test(flavor = "current_thread")]
async fn a_shell_executes_nothing_of_a_request() {
    const PROGRAMS: &str =
        "curl() { printf '<%s>' \"$@\"; }; openssl() { cat > /dev/null; printf s; };";
    let url = format!("http://127.0.0.1:1/h?x={HOSTILE}");
    let headers =
        [("x-note", HOSTILE.trim_end_matches(" ü \\'")), ("x'`id`", "-"), ("x-empty", "")];
    let request = ShellRequest::new(&url)
        .secret_env("S;echo no >&2")
        .method(HOSTILE)
        .headers(&headers)
        .body(ShellBody::Text(HOSTILE));
    for provider in [&GITHUB, &SHOPIFY, &STRIPE, &SQUARE, &STANDARD_WEBHOOKS, &ODD] {
        let command = provider.shell_command(&request).expect("a shell can sign it");
        let told = run(&format!("{PROGRAMS}\n{command}"), "s3cret").await;
        for part in [
            format!("<{url}>"),
            format!("<-X><{HOSTILE}><-g>"),
            format!("<-H><x-note: {}>", headers[0].1),
            "<-H><x'`id`: -><-H><x-empty;>".to_owned(),
            format!("<--data-raw><{HOSTILE}>"),
        ] {
            assert!(told.contains(&part), "{part}\n{told}\n{command}");
        }
        let sent = provider.send_command(&request);
        let Some(sent) = sent else { continue };
        let told = run(&format!("webhook() {{ printf '<%s>' \"$@\"; }}\n{sent}"), "").await;
        assert!(told.contains(&format!("<--to><{url}><--secret-env><SECRET>")), "{told}");
    }
}

#[test]
fn a_request_that_no_command_can_have_gets_none() {
    let request = ShellRequest::new("http://127.0.0.1:1/h");
    let refused = |request: ShellRequest<'_>| GITHUB.shell_command(&request).is_none();
    assert!(!refused(request));
    assert!(refused(request.body(ShellBody::Text("\0"))));
    assert!(refused(request.body(ShellBody::File(""))));
    assert!(refused(request.method("")) && refused(request.method("A\nB")));
    assert!(refused(request.headers(&[("x y", "")])));
    assert!(refused(request.headers(&[("x", "a\r\nb: c")])));
    assert!(refused(request.id("a\nb")));
    assert!(refused(ShellRequest::new("http://h/\n")));
}

/// A provider with the name of another.
const NAMESAKE: Provider = Provider::new("github", Scheme::hmac_sha256().header("x-my-signature"));

#[test]
fn what_a_shell_cannot_sign_has_the_command_of_the_program() {
    let request = ShellRequest::new("http://127.0.0.1:3000/h?a=1&b").secret_env("A_SECRET");
    let by_program = |name: &str| {
        let provider = providers::ALL.iter().find(|provider| provider.name() == name);
        let provider = provider.expect("it is built in");
        assert_eq!(provider.shell_command(&request), None, "{name}");
        provider.send_command(&request.public_url(Some(PUBLIC_URL)))
    };
    let command = |name: &str, rest: &str| {
        Some(format!(
            "webhook send {name} --to 'http://127.0.0.1:3000/h?a=1&b' --secret-env {rest}"
        ))
    };
    assert_eq!(by_program("linear"), command("linear", "A_SECRET"));
    assert_eq!(by_program("discord"), command("discord", "PRIVATE_KEY"));
    let with_url = format!("A_SECRET --public-url {PUBLIC_URL}");
    assert_eq!(by_program("twilio"), command("twilio", &with_url));
    assert_eq!(by_program("aws-sns"), None);
    assert!(ODD.send_command(&request).is_none(), "the program does not know it");
    assert_eq!(NAMESAKE.send_command(&request), None, "it has a name of another");
}

/// Runs a program with a terminal as its output, and copies what it writes.
const TERMINAL: &str = "import pty, sys; pty.spawn(sys.argv[1:])";

/// A server that is killed when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn start(mut command: Command) -> Option<(Self, BufReader<ChildStdout>)> {
        command.env("SECRET", "s3cret").env("LISTEN", "127.0.0.1:0").stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let out = child.stdout.take().expect("a pipe");
        Some((Self(child), BufReader::new(out)))
    }
}

fn next_line(out: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    out.read_line(&mut line).expect("text");
    assert!(!line.is_empty(), "the server has ended");
    line.trim_end().to_owned()
}

#[tokio::test(flavor = "current_thread")]
async fn a_server_prints_its_commands_in_a_terminal() {
    const SERVER: &str = env!("CARGO_BIN_EXE_server");
    const ROW: &str = "  POST /webhook  hook  (hmac-sha256-hex)";

    let (_server, mut out) = Running::start(Command::new(SERVER)).expect("the server starts");
    let lines: [String; 3] = std::array::from_fn(|_| next_line(&mut out));
    assert_eq!(lines[1], ROW);
    assert!(lines[2].starts_with("  POST /tenants/{tenant} "), "nothing else in a log: {lines:?}");

    let mut terminal = Command::new("python3");
    terminal.args(["-c", TERMINAL, SERVER]);
    let Some((_server, mut out)) = Running::start(terminal) else {
        println!("left out: there is no Python to make a terminal");
        return;
    };
    assert!(next_line(&mut out).starts_with("webhooks on http://127.0.0.1:"));
    assert_eq!(next_line(&mut out), ROW);
    assert_eq!(next_line(&mut out), "    a sample, from a shell with the secret in SECRET:");
    let mut command = String::new();
    while !command.ends_with("--data-raw \"$body\"\n") {
        command.extend([&next_line(&mut out), "\n"]);
    }
    let response = run(&command, "s3cret").await;
    assert_eq!(status(&response), "200", "{response}\n{command}");
    assert!(response.ends_with("2 bytes"), "{response}");
}
