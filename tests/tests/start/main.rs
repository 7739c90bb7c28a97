//! Start problems: all are reported at once, by name, and without secrets.
//!
//! A process cannot safely change its own environment, so these tests run themselves again with the
//! environment under test.

#[path = "../common/mod.rs"]
mod common;

mod environment;
mod options;
mod paths;
mod secrets;

use std::{env, ffi::OsStr, process::Command};

use axum::Router;
use webhook_runtime::{
    Delivery, Provider, Secret, StartError, Webhooks,
    providers::GITHUB,
    scheme::{KeyEncoding, Scheme},
    webhook,
};

/// A text in every secret of these tests, which finds leaks.
const CANARY: &str = "c0ffee-canary";

const HEX_KEY: Provider =
    Provider::new("hex-key", Scheme::hmac_sha256().header("x-sig").hex().key(KeyEncoding::Hex));
const BASE64_KEY: Provider = Provider::new(
    "base64-key",
    Scheme::hmac_sha256().header("x-sig").hex().key(KeyEncoding::PrefixedBase64("whsec_")),
);
const BASIC: Provider = Provider::new("basic", Scheme::basic_auth());
const BY_URL: Provider =
    Provider::new("by-url", Scheme::hmac_sha256().header("x-sig").hex().signed("{url}{body}"));
const PAIRED: Provider =
    Provider::new("paired", Scheme::hmac_sha256().paired_headers(&["x-sig-1", "x-sig-2"]).hex());

#[webhook(path = "/plain", secret_env = ["T_PLAIN", "T_PLAIN_OLD"])]
async fn plain(_: &Delivery) {}

#[webhook(path = "/github", provider = GITHUB, secret_env = "T_GITHUB")]
async fn github(_: &Delivery) {}

#[webhook(path = "/hex", provider = HEX_KEY, secret_env = "T_HEX")]
async fn hex_key(_: &Delivery) {}

#[webhook(path = "/base64", provider = BASE64_KEY, secret_env = "T_BASE64")]
async fn base64_key(_: &Delivery) {}

#[webhook(path = "/basic", provider = BASIC, secret_env = "T_BASIC")]
async fn basic(_: &Delivery) {}

type Start = fn() -> Result<Router, StartError>;

/// The routers that a child process can start.
const STARTS: [(&str, Start); 3] = [
    ("plain", || Webhooks::new().mount::<plain>().into_router()),
    ("secrets in code", || {
        let secret = Secret::new(format!("{CANARY} in code"));
        Webhooks::new().mount::<plain>().secrets::<plain>([secret]).into_router()
    }),
    ("five", || {
        Webhooks::new()
            .mount::<plain>()
            .mount::<github>()
            .mount::<hex_key>()
            .mount::<base64_key>()
            .mount::<basic>()
            .into_router()
    }),
];

/// Starts in a process with these variables, and returns the error's text, or an empty text.
fn start(name: &str, variables: &[(&str, &OsStr)]) -> String {
    let output = Command::new(env::current_exe().expect("the path of this test"))
        .args(["--exact", "start_in_child", "--ignored", "--nocapture"])
        .env("T_START", name)
        .envs(variables.iter().copied())
        .output()
        .expect("this test runs itself");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).expect("text")
}

#[test]
#[ignore = "a part of other tests, which set its environment"]
fn start_in_child() {
    let Ok(name) = env::var("T_START") else { return };
    let start = STARTS.iter().find(|(known, _)| *known == name).expect("a known start").1;
    if let Err(error) = start() {
        eprint!("{error}");
    }
}
