//! The command that sends a delivery again, to your own machine. It signs with that machine's secret: the
//! signature of production is not in it.

use maud::{Markup, html};
use webhook_runtime::{
    Provider,
    inbox::StoredDelivery,
    scheme::{Scheme, ShellBody, ShellRequest},
};

use crate::{
    html::{parts::panel, text::inline},
    screens::{details::Details, headers::is_secret},
};

/// The command. The shell signs if it can, or else the program `webhook`; `None` if neither can.
pub(crate) fn command(
    delivery: &StoredDelivery,
    provider: &Provider,
    secret: &str,
) -> Option<String> {
    let StoredDelivery { head, record, .. } = delivery;
    let (url, file) = (url(delivery), file(delivery));
    let id = provider.scheme().and_then(Scheme::signed_id_header);
    let id = id.and_then(|name| head.headers.get(name)?.to_str().ok());
    let headers: Vec<_> = sent_again(delivery).collect();
    let request = ShellRequest::new(&url)
        .method(&head.method)
        .secret_env(secret)
        .headers(&headers)
        .event(record.event.as_deref())
        .body(ShellBody::File(&file));
    let request = id.map_or(request, |id| request.id(id));
    provider.shell_command(&request).or_else(|| provider.send_command(&request))
}

/// The file with the body.
fn file(delivery: &StoredDelivery) -> String {
    format!("delivery-{}.body", delivery.record.id)
}

/// The URL on your own machine.
fn url(delivery: &StoredDelivery) -> String {
    let path = delivery.head.uri.as_str();
    let path = if path.starts_with('/') { path } else { "/" };
    format!("http://127.0.0.1:3000{path}")
}

/// The headers that are sent again: no proofs, and nothing of the way that they came.
fn sent_again(delivery: &StoredDelivery) -> impl Iterator<Item = (&str, &str)> {
    delivery.head.headers.iter().filter_map(|(name, value)| {
        let name = name.as_str();
        let is_of_transport =
            matches!(name, "content-length" | "host" | "forwarded" | "via" | "date")
                || name.starts_with("x-forwarded-")
                || name == "x-real-ip";
        let value = value.to_str().ok()?;
        (!is_of_transport && !is_secret(name)).then_some((name, value))
    })
}

/// The command that sends it again.
pub(crate) fn again(details: &Details) -> Markup {
    let Some(provider) = details.provider() else { return html! {} };
    let record = details.record();
    let secret = record.secret_name.as_deref().unwrap_or("SECRET");
    let Some(command) = command(&details.delivery, provider, secret) else { return html! {} };
    let body = html! {
        div.panel-body {
            pre.code #again-code tabindex="0" aria-label="Command" { (inline(&command)) }
            p.second {
                "The body has to be in that file, byte for byte: "
                code { "webhook inbox show " (record.id) " --body > " (file(&details.delivery)) }
                " writes it. It is signed anew, with the secret of your own machine: nothing of the signature "
                "from production is in it."
            }
        }
    };
    panel("again", "Send it to your own machine", &html! {}, &body)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use http::{HeaderName, HeaderValue};
    use webhook_runtime::{
        inbox::{DeliveryState, Record, StoredRequest},
        providers::{GITHUB, SHOPIFY, SLACK, STANDARD_WEBHOOKS, STRIPE, TWILIO},
        scheme::KeyEncoding,
    };

    use super::*;

    fn delivery(headers: &[(&'static str, &'static str)], uri: &str) -> StoredDelivery {
        let record = Record::new(7, "e", "p", DeliveryState::Dead, UNIX_EPOCH);
        let mut head = StoredRequest::default();
        uri.clone_into(&mut head.uri);
        "POST".clone_into(&mut head.method);
        for (name, value) in headers {
            head.headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        StoredDelivery::new(record, head, "{}".into())
    }

    #[test]
    fn values_are_single_words_of_a_shell() {
        let hostile = delivery(
            &[("x-shopify-topic", "a'; rm -rf / #$(id)`id`"), ("x-shopify-hmac-sha256", "s3cret")],
            "/hooks/'$(id)",
        );
        let command = command(&hostile, &SHOPIFY, "SHOPIFY_SECRET").expect("a shell can sign it");
        assert!(command.contains(r"'x-shopify-topic: a'\''; rm -rf / #$(id)`id`'"), "{command}");
        assert!(command.contains(r"'http://127.0.0.1:3000/hooks/'\''$(id)'"), "{command}");
        assert!(!command.contains("s3cret"), "the stored signature is not in it: {command}");
        let odd = super::command(&hostile, &SHOPIFY, "a;id").expect("a shell can sign it");
        assert!(odd.contains("\"$SECRET\"") && !odd.contains("a;id"), "{odd}");
    }

    #[test]
    fn the_shell_or_the_program_signs() {
        for (provider, part) in [
            (&SLACK, "{ printf %s \"v0:${time}:\"; cat \"$body\"; } | openssl dgst -sha256"),
            (&SHOPIFY, "-binary | openssl base64 -A)"),
            (&STRIPE, "stripe-signature: t=$time,v1=$signature"),
            (&GITHUB, "x-hub-signature-256: sha256=$signature"),
            (&STANDARD_WEBHOOKS, "key=$(printf %s \"${SECRET#whsec_}\" | openssl base64 -d -A"),
            (&TWILIO, "webhook send twilio --to"),
        ] {
            let command = command(&delivery(&[], "/h"), provider, "SECRET").expect("a command");
            assert!(command.contains(part), "{}: {command}", provider.name());
            // Some shells know no comments on a line that is typed.
            assert!(!command.contains(" # "), "{command}");
        }
        let own =
            Provider::new("own", Scheme::hmac_sha256().header("x").key(KeyEncoding::HtmlEscaped));
        assert_eq!(command(&delivery(&[], "/h"), &own, "SECRET"), None);
    }

    #[test]
    fn the_method_is_that_of_the_delivery() {
        let mut delivery = delivery(&[], "/h");
        let posted = command(&delivery, &SHOPIFY, "SECRET").expect("a command");
        assert!(!posted.contains("-X"), "{posted}");
        "PUT".clone_into(&mut delivery.head.method);
        let put = command(&delivery, &SHOPIFY, "SECRET").expect("a command");
        assert!(put.contains(" -X PUT"), "{put}");
        // The program sends by POST only.
        assert_eq!(command(&delivery, &TWILIO, "SECRET"), None);
        ";id".clone_into(&mut delivery.head.method);
        let odd = command(&delivery, &SHOPIFY, "SECRET").expect("a command");
        assert!(odd.contains(" -X ';id'"), "{odd}");
    }

    /// Runs a command in a shell in which the programs only tell their arguments.
    fn told_by_shell(command: &str) -> String {
        let programs = "curl() { printf '<%s>' curl \"$@\"; }; webhook() { printf '<%s>' webhook \"$@\"; }; \
                        openssl() { while read -r _; do :; done; printf s; }; cat() { :; };";
        let shell = std::process::Command::new("sh")
            .args(["-c", &format!("{programs}\n{command}")])
            .output();
        let output = shell.expect("a shell");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && errors.is_empty(), "{command}: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_executes_nothing_that_others_wrote() {
        let bad = "-';$(echo no >&2)`echo no >&2`\";{a,b}[1-99999] !! \\ ~ * \\'";
        for provider in [&SHOPIFY, &SLACK, &STRIPE, &STANDARD_WEBHOOKS, &TWILIO] {
            let mut hostile = delivery(&[], &format!("/h?x={bad}&y"));
            for name in ["x-shopify-topic", "x-note", "webhook-id", "x'`id`", "content-type"] {
                let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
                let value = HeaderValue::from_str(bad).expect("a value");
                hostile.head.headers.append(name, value);
            }
            hostile.record.event = Some(bad.to_owned());
            let told =
                told_by_shell(&command(&hostile, provider, "S;echo no >&2").expect("a command"));
            let url = format!("<http://127.0.0.1:3000/h?x={bad}&y>");
            assert!(told.contains(&url), "{told}");
            if told.starts_with("<curl>") {
                // No patterns in a URL, which would be many requests.
                assert!(told.contains("<-g>"), "{told}");
                assert!(told.contains(&format!("<-H><x-note: {bad}>")), "{told}");
            } else {
                assert!(told.contains(&format!("<--event={bad}>")), "{told}");
            }
        }
    }
}
