//! The commands in the documents are those that the code writes.

use webhook_runtime::{
    Provider,
    providers::{GITHUB, HMAC_SHA256_HEX, LINE, SLACK, STANDARD_WEBHOOKS, STRIPE},
    scheme::{ShellBody, ShellRequest},
};

use crate::read;

/// The body of all of them.
const ORDER: &str = r#"{"id":7,"note":"with care"}"#;

const QUICKSTART: &str = "webhook-runtime/src/guide/quickstart.md";

const DEVELOPING: &str = "webhook-runtime/src/guide/developing.md";

fn command(provider: &Provider, path: &str, headers: &[(&str, &str)]) -> String {
    let url = format!("http://127.0.0.1:3000{path}");
    let request = ShellRequest::new(&url).headers(headers).body(ShellBody::Text(ORDER));
    provider.shell_command(&request).expect("a shell can sign it")
}

#[test]
fn the_commands_in_the_documents_are_generated() {
    let of_github = [("x-github-event", "ping"), ("x-github-delivery", "1")];
    for (file, provider, path, headers) in [
        ("README.md", &HMAC_SHA256_HEX, "/webhook", &[][..]),
        (QUICKSTART, &HMAC_SHA256_HEX, "/webhook", &[]),
        (DEVELOPING, &HMAC_SHA256_HEX, "/webhook", &[]),
        (DEVELOPING, &GITHUB, "/github", &of_github),
        (DEVELOPING, &LINE, "/line", &[]),
        (DEVELOPING, &STRIPE, "/stripe", &[]),
        (DEVELOPING, &SLACK, "/slack", &[]),
        (DEVELOPING, &STANDARD_WEBHOOKS, "/standard", &[]),
    ] {
        let command = command(provider, path, headers);
        let block = format!("{command}\n```\n");
        assert!(read(file).contains(&block), "{file} lacks this, at the end of a block:\n{block}");
    }
}

/// The lines that the quickstart prints in a terminal.
#[test]
fn the_documents_show_what_a_terminal_shows() {
    let shown = "webhooks on http://127.0.0.1:3000\n  POST /webhook  order_paid  (hmac-sha256-hex)\n    \
                 a sample, from a shell with the secret in SECRET:\n      …\n";
    for file in ["README.md", QUICKSTART] {
        assert!(read(file).contains(shown), "{file} lacks:\n{shown}");
    }
}
