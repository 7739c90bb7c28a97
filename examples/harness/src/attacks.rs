//! What other receivers of webhooks fell for, on the examples as they run: a secret that is none, what
//! a stranger sends, and a delivery that comes again after a restart. `docs/attacks.md` has the list.

mod program;

use std::{env, fs, path::PathBuf, thread, time::Duration};

use axum::http::HeaderMap;
use program::{Program, ask, fails};
use sqlx::{Connection as _, SqliteConnection};
use webhook_runtime::{
    Provider, Secret,
    providers::{GITHUB, LINE, PLAIN, SHOPIFY, SLACK, STANDARD_WEBHOOKS, STRIPE},
    scheme::Outgoing,
};

const QUICKSTART: &str = env!("CARGO_BIN_EXE_quickstart");
const GITHUB_BOT: &str = env!("CARGO_BIN_EXE_github");
const PAYMENTS: &str = env!("CARGO_BIN_EXE_payments");
const DURABLE: &str = env!("CARGO_BIN_EXE_durable");
const CHATOPS: &str = env!("CARGO_BIN_EXE_chatops");
const MANY: &str = env!("CARGO_BIN_EXE_many");

/// Names and values of the environment.
type Variables<'v> = &'v [(&'v str, &'v str)];

/// A secret that must not be told.
const CANARY: &str = "canary-7c1e";
const STANDARD: &str = "whsec_czNjcmV0czNjcmV0czNjcmV0czNjcmV0";

/// The variables of the example with many providers.
const ALL: [(&str, &str); 5] = [
    ("GITHUB_SECRET", CANARY),
    ("STRIPE_SECRET", "whsec_canary-7c1e"),
    ("LINE_CHANNEL_SECRET", CANARY),
    ("STANDARD_SECRET", STANDARD),
    ("SHOPS", "acme=canary-7c1e"),
];

/// A secret that was empty, or had never been set, was one that everybody knows (CVE-2026-41432,
/// CVE-2026-123870, librefang#3492): with such a one, no example starts. In a rotation, one that is
/// blank counts as much (hermes-agent#102069).
#[test]
fn a_secret_that_is_none_ends_the_start() {
    let folder = Folder::new("none");
    let url = folder.url();
    let programs: [(&str, &str, Variables<'_>); 10] = [
        (QUICKSTART, "SECRET", &[]),
        (GITHUB_BOT, "GITHUB_SECRET", &[]),
        (GITHUB_BOT, "GITHUB_SECRET_OLD", &[("GITHUB_SECRET", CANARY)]),
        (PAYMENTS, "STRIPE_SECRET", &[]),
        (DURABLE, "STRIPE_SECRET", &[("DATABASE_URL", &url)]),
        (CHATOPS, "SLACK_SIGNING_SECRET", &[]),
        (MANY, "GITHUB_SECRET", &ALL),
        (MANY, "STRIPE_SECRET", &ALL),
        (MANY, "LINE_CHANNEL_SECRET", &ALL),
        (MANY, "STANDARD_SECRET", &ALL),
    ];
    for (program, variable, others) in programs {
        let mut values =
            vec![Some(""), Some(" "), Some("   "), Some("\n"), Some("\r\n"), Some("\t \n")];
        values.extend([Some("\u{a0}"), Some("\u{3000}")]);
        // Where the old one of two is not set, the rotation is over.
        if variable != "GITHUB_SECRET_OLD" {
            values.push(None);
        }
        if matches!(variable, "STANDARD_SECRET" | "STRIPE_SECRET") {
            values.extend([Some("whsec_"), Some("whsec_ ")]);
        }
        for value in values {
            let others = others.iter().copied().filter(|(name, _)| *name != variable);
            let variables: Vec<_> = others.chain(value.map(|value| (variable, value))).collect();
            let output = fails(program, &variables);
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(told.contains(variable), "{variable} {value:?}: {told}");
            for secret in [CANARY, STANDARD, "czNj"] {
                assert!(!told.contains(secret), "{variable} {value:?}: {told}");
            }
            assert!(output.stdout.is_empty(), "{variable} {value:?}: it never listened");
        }
    }
}

/// Where an example listens to whom.
struct Endpoint {
    path: &'static str,
    provider: &'static Provider,
    secret: &'static str,
}

const fn endpoint(path: &'static str, provider: &'static Provider) -> Endpoint {
    Endpoint { path, provider, secret: CANARY }
}

/// What strangers send, to every endpoint of the examples: all of it is refused alike, and what is
/// genuine is taken afterwards.
#[test]
fn strangers_are_refused_alike_by_every_example() {
    let folder = Folder::new("strangers");
    let url = folder.url();
    let stripe = Endpoint { secret: "whsec_canary-7c1e", ..endpoint("/stripe", &STRIPE) };
    let standard = Endpoint { secret: STANDARD, ..endpoint("/standard", &STANDARD_WEBHOOKS) };
    let durable = [("STRIPE_SECRET", stripe.secret), ("DATABASE_URL", &url)];
    let shops = endpoint("/shopify/acme", &SHOPIFY);
    let programs: [(&str, &str, Variables<'_>, &[&Endpoint]); 6] = [
        (QUICKSTART, "webhooks", &[("SECRET", CANARY)], &[&endpoint("/webhook", &PLAIN)]),
        (GITHUB_BOT, "bot", &[("GITHUB_SECRET", CANARY)], &[&endpoint("/github", &GITHUB)]),
        (PAYMENTS, "payments", &[("STRIPE_SECRET", stripe.secret)], &[&stripe]),
        (DURABLE, "webhooks", &durable, &[&stripe]),
        (
            CHATOPS,
            "chatops",
            &[("SLACK_SIGNING_SECRET", CANARY)],
            &[&endpoint("/slack/commands", &SLACK), &endpoint("/slack/events", &SLACK)],
        ),
        (
            MANY,
            "webhooks",
            &ALL,
            &[&endpoint("/github", &GITHUB), &stripe, &shops, &endpoint("/line", &LINE), &standard],
        ),
    ];
    let (mut refusals, mut sent) = (Vec::new(), 0);
    for (program, listens, variables, endpoints) in programs {
        let running = Program::start(program, variables, listens);
        for Endpoint { path, provider, secret } in endpoints {
            for body in ["{}", "", "{", "[[[[[[[[", "null", "\0", "a=b", &"x".repeat(100_000)] {
                let header = provider.traits().header;
                let body = body.as_bytes();
                for wrong in ["", " ", "\t", "undefined", "another secret", "test", CANARY] {
                    // What is signed with the right one, but of another body, is as wrong.
                    let signed = if wrong == CANARY {
                        provider.sign(&Secret::new(*secret), &Outgoing::new(b"another body"))
                    } else {
                        provider.sign(&Secret::from_key(wrong), &Outgoing::new(body))
                    };
                    let Ok(signed) = signed else { continue };
                    let all = texts(&signed.headers);
                    let unsigned: Vec<_> =
                        all.iter().copied().filter(|(name, _)| *name != header).collect();
                    let junk = unsigned.iter().copied().chain([(header, "xxxxxxxx")]).collect();
                    for headers in [&all, &unsigned, &junk] {
                        let answer = ask("POST", path, headers, body);
                        assert_eq!(answer.status, 401, "{program} {path}: {answer:?}");
                        refusals.push(answer.body);
                        sent += 1;
                    }
                }
            }
            // What is genuine is believed all the same, whether or not it is understood.
            let signed = provider.sign(&Secret::new(*secret), &Outgoing::new(b"{}"));
            let signed = signed.expect("signed").headers;
            let headers = texts(&signed);
            let answer = ask("POST", path, &headers, b"{}");
            assert!(answer.status != 401 && answer.status < 500, "{program} {path}: {answer:?}");
        }
        drop(running);
    }
    refusals.sort_unstable();
    refusals.dedup();
    assert_eq!(refusals.len(), 1, "one refusal is like another: {refusals:?}");
    println!("{sent} bad inputs to the examples, each refused by the same answer");
}

/// Signed headers, and the type of JSON.
fn texts(signed: &HeaderMap) -> Vec<(&str, &str)> {
    let texts = signed.iter().map(|(name, value)| (name.as_str(), value.to_str().expect("text")));
    texts.chain([("content-type", "application/json")]).collect()
}

/// A folder of its own, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("attacks-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.0.join("durable.db").display())
    }

    fn booked(&self) -> Vec<i64> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let mut connection = SqliteConnection::connect(&self.url()).await.expect("a file");
            let amounts = sqlx::query_scalar("SELECT amount FROM payments");
            amounts.fetch_all(&mut connection).await.expect("a table")
        })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What had been seen was remembered by the process alone (CVE-2026-28449): a recorded delivery is
/// booked once, also by a program that was killed and started again.
#[test]
fn a_recorded_delivery_is_booked_once_after_a_restart_too() {
    let body = br#"{"id":"evt_1","type":"payment_intent.succeeded","created":1760000000,
        "livemode":false,"data":{"object":{"amount":7,"currency":"eur"}},"request":null}"#;
    let signed = STRIPE.sign(&Secret::new(CANARY), &Outgoing::new(body)).expect("signed").headers;
    let signature = signed["stripe-signature"].to_str().expect("text");
    let folder = Folder::new("recorded");
    let url = folder.url();
    for _ in 0..3 {
        let variables = [("STRIPE_SECRET", CANARY), ("DATABASE_URL", &url)];
        let program = Program::start(DURABLE, &variables, "webhooks");
        for id in ["1", "2", "3"] {
            let headers = [
                ("stripe-signature", signature),
                ("content-type", "application/json"),
                ("x-request-id", id),
                ("idempotency-key", id),
            ];
            assert_eq!(ask("POST", "/stripe", &headers, body).status, 202);
        }
        // Time to do it once more, if it were to.
        thread::sleep(Duration::from_millis(500));
        assert_eq!(folder.booked(), [7]);
        drop(program); // by SIGKILL
    }
}
