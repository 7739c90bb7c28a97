//! The commands in the document, run by a shell: the endpoint accepts what they send.
#![cfg(unix)]

use std::process::{Command, Stdio};

use serde_json::Value;
use tokio::net::TcpListener;
use webhook_runtime::{Secret, Webhooks, openapi::OpenApi, providers::ALL};

use crate::{
    every_provider,
    payloads::{each, github, orders, stripe},
};

const SECRET: &str = "s3cret";

/// Runs a command of a shell, and returns what it wrote.
async fn run(command: String) -> String {
    let mut shell = Command::new("sh");
    shell.args(["-c", &command]).env("SECRET", SECRET).env("NO_PROXY", "*").stdin(Stdio::null());
    // The server runs on this thread.
    let output = tokio::task::spawn_blocking(move || shell.output()).await.unwrap().unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

/// The only sample of an operation, and its label.
fn sample(operation: &Value) -> (&str, &str) {
    let sample = &operation["x-codeSamples"][0];
    (sample["label"].as_str().unwrap(), sample["source"].as_str().unwrap())
}

#[tokio::test]
async fn samples_are_accepted() {
    for (program, argument) in [("curl", "--version"), ("openssl", "version")] {
        if Command::new(program).arg(argument).stdout(Stdio::null()).status().is_err() {
            println!("left out: {program} is not installed");
            return;
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let secret = || [Secret::new(SECRET)];
    let hooks = Webhooks::new()
        .mount::<orders>()
        .mount::<each>()
        .mount::<github>()
        .mount::<stripe>()
        .secrets::<orders>(secret())
        .secrets::<each>(secret())
        .secrets::<github>(secret())
        .secrets::<stripe>(secret());
    let document = OpenApi::new().server(server).document(&hooks);
    let router: axum::Router = hooks.into_router().unwrap();
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let mut sent = 0;
    let paths = document["paths"].as_object().unwrap().values();
    for item in paths.chain(document["webhooks"].as_object().unwrap().values()) {
        let (label, source) = sample(&item["post"]);
        assert_eq!(label, "curl");
        assert!(source.contains("$SECRET") && !source.contains(SECRET), "{source}");
        let answer = run(source.to_owned()).await;
        assert!(answer.contains("HTTP/1.1 200 OK"), "{source}\n{answer}");
        sent += 1;
    }
    assert_eq!(sent, 4 + 2 + 6 + 2, "endpoints, their deliveries, and their events");
    serving.abort();
}

/// A request that a shell cannot sign is sent by the program `webhook`, or by nobody.
#[test]
fn every_provider_has_a_sample_that_fits() {
    let document = every_provider::document();
    let mut counts = [0; 3];
    for provider in ALL {
        let operation = &document["paths"][format!("/{}", provider.name())]["post"];
        let Some(label) = operation["x-codeSamples"][0]["label"].as_str() else {
            counts[2] += 1;
            continue;
        };
        let (_, source) = sample(operation);
        match label {
            "curl" => assert!(source.contains("curl -i "), "{source}"),
            _ => assert!(source.starts_with(&format!("webhook send {}", provider.name()))),
        }
        counts[usize::from(label != "curl")] += 1;
    }
    let [curl, program, none] = counts;
    assert!(curl > 50 && program > 10, "{counts:?}");
    let by_nobody = ALL.iter().filter(|provider| provider.scheme_info().fetches_keys).count();
    assert_eq!(none, by_nobody, "only they can sign");
}
