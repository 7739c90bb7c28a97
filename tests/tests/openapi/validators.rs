//! The command lines of Redocly and Spectral find nothing wrong with the documents.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use webhook_runtime::Webhooks;

use crate::{every_provider, payloads};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi-validators")
}

/// Runs a validator on a document. Without it, the test says so.
fn validate(program: &str, arguments: &[&str], name: &str, document: &Value) {
    let program_path = folder().join("node_modules/.bin").join(program);
    if !program_path.exists() {
        println!("left out: {program} is not installed (npm ci in tests/openapi-validators)");
        return;
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.{program}.json"));
    fs::write(&file, format!("{document:#}")).unwrap();
    let output = Command::new(program_path)
        .args(arguments)
        .arg(&file)
        .current_dir(folder())
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            println!("left out: {program} does not run: {error}");
            return;
        }
    };
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
}

fn validate_with_both(name: &str, document: &Value) {
    validate("redocly", &["lint", "--max-problems=20", "--format=stylish"], name, document);
    validate("spectral", &["lint", "--fail-severity=warn", "--quiet"], name, document);
}

#[test]
fn the_document_of_every_provider_is_valid() {
    validate_with_both("providers", &every_provider::document());
}

#[test]
fn the_document_of_every_kind_of_payload_is_valid() {
    let document = payloads::every_kind(Webhooks::new()).openapi();
    validate_with_both("payloads", &document);
}

/// The validators do find what is wrong.
#[test]
fn a_broken_document_is_found() {
    for (program, arguments) in [("redocly", "lint"), ("spectral", "lint")] {
        let is_there = folder().join("node_modules/.bin").join(program).exists();
        let mut document = payloads::every_kind(Webhooks::new()).openapi();
        document["paths"]["/orders"]["post"]["responses"] = Value::Null;
        let found =
            std::panic::catch_unwind(|| validate(program, &[arguments], "broken", &document));
        assert_eq!(found.is_err(), is_there, "{program}");
    }
}
