//! The example with many tenants: whose secret opens what, and what becomes of files that fail.

use std::{env, fs, path::PathBuf};

use example_harness::{Program, Response, request};
use webhook_runtime::{Secret, providers::HMAC_SHA256_HEX, scheme::RequestToSign};

const TENANTS: &str = env!("CARGO_BIN_EXE_tenants");
const ORDER: &str = r#"{"id":7,"note":"with \"care\""}"#;

/// A directory of secrets, removed when dropped.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("webhook-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }

    fn write(&self, tenant: &str, secrets: &str) {
        fs::write(self.0.join(tenant), secrets).expect("a file");
    }

    fn start(&self) -> Program {
        let directory = self.0.to_str().expect("text");
        let program = Program::start(TENANTS, &[("TENANTS", directory)], "webhooks");
        assert_eq!(program.line(), "  POST /hooks/{tenant}  order_paid  (hmac-sha256-hex)");
        program
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Sends an order to a tenant's path, signed with this secret.
fn deliver(tenant: &str, secret: &str) -> Response {
    let signed = HMAC_SHA256_HEX.sign(&Secret::new(secret), &RequestToSign::new(ORDER.as_bytes()));
    let signed = signed.expect("signed").headers;
    let signature = signed["x-signature"].to_str().expect("hexadecimal");
    let headers = [("x-signature", signature), ("content-type", "application/json")];
    request("POST", &format!("/hooks/{tenant}"), &headers, ORDER.as_bytes())
}

#[test]
fn every_tenant_has_secrets_of_its_own() {
    let directory = Directory::new("own");
    directory.write("acme", "a new one\nan old one\n");
    directory.write("umbra", "hers");
    let program = directory.start();
    for (tenant, secret, name) in [
        ("acme", "a new one", "acme:1"),
        ("acme", "an old one", "acme:2"),
        ("umbra", "hers", "umbra:1"),
    ] {
        let answer = deliver(tenant, secret);
        assert_eq!((answer.status, answer.body.as_str()), (200, "OK"), "{name}");
        assert_eq!(program.line(), format!("{tenant}: order 7 paid: with \"care\" ({name})"));
    }

    assert_eq!(request("GET", "/health", &[], b"").body, "3 orders paid\n");

    let wrong = deliver("acme", "hers");
    assert_eq!(wrong.status, 401);
    let own = directory.0.file_name().and_then(|name| name.to_str()).expect("text");
    let around = format!("..%2f{own}%2fumbra");
    // Not hers, not there, and ways around.
    for tenant in ["umbra", "nobody", ".", "..", "%2e%2e", "..%2facme", &around, "umbra%00"] {
        let secret = if tenant == "umbra" { "a new one" } else { "hers" };
        let answer = deliver(tenant, secret);
        assert_eq!((answer.status, answer.body), (401, wrong.body.clone()), "{tenant}");
    }

    // A tenant who comes later needs no restart.
    directory.write("nobody", "somebody");
    assert_eq!(deliver("nobody", "somebody").status, 200);
}

#[test]
fn what_cannot_be_read_is_asked_for_again() {
    let directory = Directory::new("failing");
    directory.write("umbra", "hers");
    // A directory is no file, this is no text, and a blank line is no secret.
    fs::create_dir_all(directory.0.join("folder")).expect("a directory");
    fs::write(directory.0.join("bytes"), [0xff, 0xfe]).expect("a file");
    directory.write("blank", "hers\n \n");
    let _program = directory.start();
    for tenant in ["folder", "bytes", "blank"] {
        let answer = deliver(tenant, "hers");
        assert_eq!(answer.status, 503, "{tenant}");
        assert!(answer.has("retry-after: 30"), "{answer:?}");
    }
    assert_eq!(deliver("umbra", "hers").status, 200);

    directory.write("blank", "hers");
    assert_eq!(deliver("blank", "hers").status, 200);
}
