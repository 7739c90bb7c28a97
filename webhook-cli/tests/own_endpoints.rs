//! `webhook test` as a program: endpoints of the runtime pass, and its output is what is documented.

mod receiver;

use std::{
    process::Output,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use axum::{Router, extract::State, routing::get};
use receiver::{secret, webhook};
use serde_json::Value;
use webhook_runtime::{
    Delivery, Secret, Webhooks,
    providers::{
        ADYEN, GITHUB, MAILGUN, META, SHOPIFY, SLACK, SQUARE, STANDARD_WEBHOOKS, STRIPE, TWILIO,
    },
    webhook as endpoint,
};

#[derive(Clone, Default)]
struct Handled(Arc<AtomicUsize>);

/// Mounts an endpoint for each provider, under its name.
macro_rules! endpoints {
    ($($name:ident $provider:ident $path:literal,)*) => {
        $(
            #[endpoint(path = $path, provider = $provider)]
            async fn $name(State(handled): State<Handled>, _: &Delivery) {
                handled.0.fetch_add(1, Ordering::SeqCst);
            }
        )*

        const PROVIDERS: &[&str] = &[$($provider.name()),*];

        fn mounted(origin: &str) -> Router {
            let handled = Handled::default();
            let count = handled.clone();
            let hooks = Webhooks::new()
                .public_url(origin)
                $(.mount::<$name>().secrets::<$name>([Secret::new(secret($provider.name()))]))*
                .verify_token::<meta>(Secret::new(secret("meta")));
            let page = move || async move { count.0.load(Ordering::SeqCst).to_string() };
            let router = hooks.into_router().expect("the endpoints fit");
            router.route("/handled", get(page)).with_state(handled)
        }
    };
}

endpoints! {
    adyen ADYEN "/adyen",
    github GITHUB "/github",
    mailgun MAILGUN "/mailgun",
    meta META "/meta",
    shopify SHOPIFY "/shopify",
    slack SLACK "/slack",
    square SQUARE "/square",
    standard STANDARD_WEBHOOKS "/standard-webhooks",
    stripe STRIPE "/stripe",
    twilio TWILIO "/twilio",
}

/// Serves the endpoints, and returns their origin.
fn serve() -> String {
    receiver::serve(mounted)
}

fn test(origin: &str, provider: &str, more: &[&str]) -> Output {
    let (url, page) = (format!("{origin}/{provider}"), format!("{origin}/handled"));
    let own = ["test", &url, "--provider", provider, "--secret-env", "TEST_SECRET"];
    webhook(&[&own[..], &["--effects", &page], more].concat(), &secret(provider))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An endpoint of the runtime keeps to the strict rules as well.
#[test]
fn endpoints_of_the_runtime_pass() {
    thread::scope(|scope| {
        for part in PROVIDERS.chunks(PROVIDERS.len().div_ceil(3)) {
            scope.spawn(move || {
                let origin = serve();
                for provider in part {
                    let more = ["--strict", "--max-body", "2MiB", "--output", "json"];
                    let tested = test(&origin, provider, &more);
                    let report = text(&tested.stdout);
                    assert_eq!(tested.status.code(), Some(0), "{provider}: {report}");
                    let report: Value = serde_json::from_str(&report).expect("one document");
                    assert!(report["passed"].as_u64() > Some(25), "{provider}: {report}");
                }
            });
        }
    });
}

/// The documented fields, and nothing in the way of a pipe.
#[test]
fn the_report_is_one_json_document() {
    let origin = serve();
    let cases = ["--case", "genuine_delivery_is_accepted", "--case", "stale-delivery-is-refused"];
    let tested = test(&origin, "github", &[&cases[..], &["--output", "json"]].concat());
    assert_eq!(tested.status.code(), Some(0), "{}", text(&tested.stderr));
    let stdout = text(&tested.stdout);
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(report["url"], format!("{origin}/github"));
    assert_eq!(report["provider"], "github");
    assert_eq!(report["passed"], 1);
    assert_eq!(report["failed"], 0);
    assert_eq!(report["not_applicable"], 1);
    assert_eq!(report["interrupted"], false);
    assert_eq!(report["cases"][0]["name"], "genuine_delivery_is_accepted");
    assert_eq!(report["cases"][0]["outcome"], "passed");
    assert_eq!(report["cases"][0]["said"], "");
    assert_eq!(report["cases"][1]["outcome"], "not applicable");
    assert_eq!(report["cases"][1]["said"], "no time is signed");
}

/// A wrong secret fails the case of a genuine delivery. It is told without the secret.
#[test]
fn failures_are_told_in_each_form() {
    let origin = serve();
    let case = ["--case", "genuine_delivery_is_accepted"];
    let url = format!("{origin}/github");
    for form in ["human", "json", "junit"] {
        let own = ["test", &url, "--provider", "github", "--secret-env", "TEST_SECRET"];
        let arguments = [&own[..], &case, &["--output", form]].concat();
        let tested = webhook(&arguments, "another-secret");
        assert_eq!(tested.status.code(), Some(1), "{form}");
        let shown = text(&tested.stdout);
        assert!(shown.contains("expected: 2xx"), "{shown}");
        assert!(shown.contains("401 Unauthorized"), "{shown}");
        assert!(!shown.contains("another-secret"), "{shown}");
        match form {
            "human" => {
                assert!(shown.contains("FAILED          genuine_delivery_is_accepted"), "{shown}");
                assert!(shown.contains("0 passed, 1 failed, 0 not applicable"), "{shown}");
            }
            "junit" => {
                assert!(
                    shown.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"),
                    "{shown}"
                );
                assert!(shown.contains("<failure message=\"a genuine delivery\">"), "{shown}");
                assert!(is_well_formed(&shown), "{shown}");
            }
            _ => {}
        }
    }
}

/// Elements that open are closed in order, and texts have no bare marks.
fn is_well_formed(xml: &str) -> bool {
    let mut open = Vec::new();
    let body = xml.split_once("?>").map_or("", |(_, body)| body);
    for part in body.split('<').skip(1) {
        let Some((tag, text)) = part.split_once('>') else { return false };
        let is_bare = text.contains('>') || text.split('&').skip(1).any(|it| !it.contains(';'));
        if is_bare || tag.matches('"').count() % 2 == 1 {
            return false;
        }
        let name = tag.trim_matches('/').split_whitespace().next().unwrap_or_default();
        if tag.starts_with('/') {
            if open.pop() != Some(name) {
                return false;
            }
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    open.is_empty()
}

#[test]
fn mistakes_are_told() {
    let said = |arguments: &[&str]| {
        let ended = webhook(arguments, "s3cret");
        (ended.status.code(), text(&ended.stderr))
    };
    let own =
        ["test", "http://127.0.0.1:9/", "--provider", "github", "--secret-env", "TEST_SECRET"];
    let (code, shown) = said(&own);
    assert_eq!(code, Some(3), "{shown}");
    assert!(shown.contains("nothing answers at http://127.0.0.1:9/"), "{shown}");
    let (code, shown) = said(&[&own[..], &["--case", "stale_deliveri_is_refused"]].concat());
    assert_eq!(code, Some(2), "{shown}");
    assert!(shown.contains("did you mean `stale_delivery_is_refused`?"), "{shown}");
    let (code, shown) = said(&[&own[..], &["--effects", "http://127.0.0.1:9/count"]].concat());
    assert_eq!(code, Some(3), "{shown}");
    assert!(shown.contains("--effects http://127.0.0.1:9/count"), "{shown}");
    let (code, shown) = said(&["providers", "--output", "junit"]);
    assert_eq!(code, Some(2), "{shown}");
    assert!(shown.contains("`webhook test` only"), "{shown}");
    let sns =
        ["test", "http://127.0.0.1:9/", "--provider", "aws-sns", "--secret-env", "TEST_SECRET"];
    let (code, shown) = said(&sns);
    assert_eq!(code, Some(2), "{shown}");
    assert!(shown.contains("cannot be tested"), "{shown}");
    let (code, shown) = said(&["test", "http://127.0.0.1:9/", "--provider", "github"]);
    assert_eq!(code, Some(2), "{shown}");
    assert!(shown.contains("--secret-env"), "{shown}");
    // A page without a number.
    let origin = serve();
    let (url, page) = (format!("{origin}/github"), format!("{origin}/nowhere"));
    let own = ["test", &url, "--provider", "github", "--secret-env", "TEST_SECRET"];
    let (code, shown) = said(&[&own[..], &["--effects", &page]].concat());
    assert_eq!(code, Some(3), "{shown}");
}

#[test]
fn cases_are_listed() {
    let listed = webhook(&["test", "--list"], "");
    assert_eq!(listed.status.code(), Some(0));
    let names = text(&listed.stdout);
    assert!(
        names.lines().count() > 60 && names.contains("\nstale_delivery_is_refused\n"),
        "{names}"
    );
}

/// Ctrl-C ends a run with the report so far.
#[cfg(unix)]
#[test]
fn interrupted_runs_report_what_they_have() {
    use std::{process::Stdio, time::Duration};

    let origin = serve();
    let url = format!("{origin}/github");
    let own = ["test", &url, "--provider", "github", "--secret-env", "TEST_SECRET"];
    let arguments = [&own[..], &["--output", "json"]].concat();
    let mut command = receiver::command(&arguments, &secret("github"));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    thread::sleep(Duration::from_secs(1));
    let interrupted = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("a signal");
    assert!(interrupted.success());
    let ended = child.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(130), "{}", text(&ended.stdout));
    let report: Value = serde_json::from_slice(&ended.stdout).expect("a whole document");
    assert_eq!(report["interrupted"], true);
    let cases = report["cases"].as_array().expect("a list").len();
    assert!((1..60).contains(&cases), "{cases}");
}
