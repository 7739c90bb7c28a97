//! The command that sends a delivery again, to your own machine. It signs with that machine's secret: the
//! signature of production is not in it.

use std::fmt::Write as _;

use maud::{Markup, html};
use webhook_runtime::{
    Provider,
    inbox::StoredDelivery,
    scheme::{KeyEncoding, Scheme, Timestamp},
};

use crate::{
    html::{parts::panel, text::inline},
    screens::{details::Details, headers::is_secret},
};

/// The command. The shell signs if it can, or else the program `webhook`.
pub(crate) fn command(delivery: &StoredDelivery, provider: &Provider, secret: &str) -> String {
    signed_by_shell(delivery, provider, secret)
        .unwrap_or_else(|| signed_by_program(delivery, provider, secret))
}

/// The file with the body.
fn file(delivery: &StoredDelivery) -> String {
    format!("delivery-{}.body", delivery.record.id)
}

/// The URL on your own machine.
fn url(delivery: &StoredDelivery) -> String {
    let path = delivery.head.uri.as_str();
    let path = if path.starts_with('/') { path } else { "/" };
    quoted(&format!("http://127.0.0.1:3000{path}"))
}

/// The name of the secret, if it can be an environment variable.
fn variable(secret: &str) -> &str {
    let is_name = !secret.is_empty()
        && !secret.starts_with(|c: char| c.is_ascii_digit())
        && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_name { secret } else { "SECRET" }
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The headers that are sent again: those of the provider are made anew.
fn sent_again<'d>(
    delivery: &'d StoredDelivery,
    made_anew: &'d [Option<&str>],
) -> impl Iterator<Item = (String, String)> + 'd {
    let headers = delivery.head.headers.iter();
    headers.filter_map(|(name, value)| {
        let name = name.as_str();
        let is_of_transport =
            matches!(name, "content-length" | "host" | "forwarded" | "via" | "date")
                || name.starts_with("x-forwarded-")
                || name == "x-real-ip";
        let value = value.to_str().ok()?;
        let is_wanted = !is_of_transport && !is_secret(name) && !made_anew.contains(&Some(name));
        is_wanted.then(|| (name.to_owned(), value.to_owned()))
    })
}

fn signed_by_shell(delivery: &StoredDelivery, provider: &Provider, secret: &str) -> Option<String> {
    let scheme = provider.scheme()?;
    let hash = match scheme.algorithm() {
        "HMAC-SHA256" => "-sha256",
        "HMAC-SHA1" => "-sha1",
        "HMAC-SHA512" => "-sha512",
        _ => return None,
    };
    let variable = variable(secret);
    let key = match scheme.key_encoding() {
        KeyEncoding::Text => format!("-hmac \"${variable}\""),
        KeyEncoding::PrefixedBase64(prefix) => format!(
            "-mac HMAC -macopt \"hexkey:$(printf %s \"${{{variable}#{prefix}}}\" | base64 -d | od -An -v -tx1 | tr -d ' \\n')\""
        ),
        KeyEncoding::Hex => format!("-mac HMAC -macopt \"hexkey:${variable}\""),
        _ => return None,
    };
    let encode = match scheme.encoding() {
        "hex" => "od -An -v -tx1 | tr -d ' \\n'",
        "base64" => "base64 | tr -d '\\n'",
        _ => return None,
    };
    let (name, pattern) = signature_place(scheme)?;
    let time = match scheme.signed_timestamp() {
        Some(timestamp) => Some(clock_command(timestamp)?),
        None => None,
    };
    let (time_header, id_header) = (scheme.timestamp_header(), scheme.signed_id_header());
    let id = id_header.map(|name| {
        delivery.head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("msg_1")
    });
    let text = signed_text(scheme.signed_template())?;
    let mut out = format!("body={}\n", file(delivery));
    if let Some(time) = time {
        let _ = writeln!(out, "time=$({time})");
    }
    if let Some(id) = id {
        let _ = writeln!(out, "id={}", quoted(id));
    }
    let _ = writeln!(out, "signature=$({text} | openssl dgst {hash} {key} -binary | {encode})");
    // Brackets and braces of a URL are no patterns of requests.
    let _ = writeln!(out, "curl -i -g --path-as-is {} \\", url(delivery));
    for (name, value) in sent_again(delivery, &[Some(name.as_str()), time_header, id_header]) {
        let _ = writeln!(out, "  -H {} \\", quoted(&format!("{name}: {value}")));
    }
    if let Some(header) = time_header {
        let _ = writeln!(out, "  -H \"{header}: $time\" \\");
    }
    if let Some(header) = id_header {
        let _ = writeln!(out, "  -H \"{header}: $id\" \\");
    }
    let _ = writeln!(out, "  -H \"{name}: {pattern}\" \\");
    out.push_str("  --data-binary @\"$body\"");
    Some(out)
}

/// The header of the signature, and its value with variables of the shell.
fn signature_place(scheme: &Scheme) -> Option<(String, String)> {
    let pattern = scheme.signature_pattern();
    let (name, value) = pattern.split_once(": ")?;
    if value.contains(": ") || name.starts_with('?') {
        return None;
    }
    let value = match value.matches('…').count() {
        1 => value.replace('…', "$signature"),
        2 => value.replacen('…', "$time", 1).replacen('…', "$signature", 1),
        _ => return None,
    };
    Some((name.to_owned(), value))
}

/// The command that writes the time now.
fn clock_command(timestamp: &Timestamp) -> Option<&'static str> {
    match &*timestamp.format(1_000) {
        "1" => Some("date +%s"),
        "1000" => Some("date +%s000"),
        text if text.starts_with("1970-01-01T") && text.ends_with('Z') => {
            Some("date -u +%Y-%m-%dT%H:%M:%SZ")
        }
        text if text.starts_with("1970-01-01T") => Some("date -u +%Y-%m-%dT%H:%M:%S"),
        _ => None,
    }
}

/// The command that writes the signed text.
fn signed_text(template: &str) -> Option<String> {
    let before = template.strip_suffix("{body}")?;
    if before.is_empty() {
        return Some("cat \"$body\"".to_owned());
    }
    let with_variables = before.replace("{timestamp}", "$time").replace("{id}", "$id");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".:-_$".contains(c);
    let ready = with_variables.chars().all(is_plain);
    // Braces, where a letter follows.
    let braced = with_variables.replace("$time", "${time}").replace("$id", "${id}");
    ready.then(|| format!("{{ printf %s \"{braced}\"; cat \"$body\"; }}"))
}

fn signed_by_program(delivery: &StoredDelivery, provider: &Provider, secret: &str) -> String {
    let mut out = format!("body={}\n", file(delivery));
    let _ = write!(
        out,
        "webhook send {} --to {} --secret-env {} --data @\"$body\"",
        provider.name(),
        url(delivery),
        variable(secret)
    );
    if let Some(event) = &delivery.record.event {
        let _ = write!(out, " --event={}", quoted(event));
    }
    out
}

/// The command that sends it again.
pub(crate) fn again(details: &Details) -> Markup {
    let Some(provider) = details.provider() else { return html! {} };
    let record = details.record();
    let secret = record.secret_name.as_deref().unwrap_or("SECRET");
    let body = html! {
        div.panel-body {
            pre.code #again-code tabindex="0" aria-label="Command" { (inline(&command(&details.delivery, provider, secret))) }
            p.second {
                "The body has to be in that file, byte for byte: "
                code { "webhook inbox show " (record.id) " --body > " (file(&details.delivery)) }
                " writes it. The shell signs it anew, with the secret of your own machine: nothing of the signature "
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
    };

    use super::*;

    fn delivery(headers: &[(&'static str, &'static str)], uri: &str) -> StoredDelivery {
        let record = Record::new(7, "e", "p", DeliveryState::Dead, UNIX_EPOCH);
        let mut head = StoredRequest::default();
        uri.clone_into(&mut head.uri);
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
        let command = command(&hostile, &SHOPIFY, "SHOPIFY_SECRET");
        assert!(command.contains(r"'x-shopify-topic: a'\''; rm -rf / #$(id)`id`'"), "{command}");
        assert!(command.contains(r"'http://127.0.0.1:3000/hooks/'\''$(id)'"), "{command}");
        assert!(!command.contains("s3cret"), "the stored signature is not in it: {command}");
        let odd = super::command(&hostile, &SHOPIFY, "a;id");
        assert!(odd.contains("\"$SECRET\"") && !odd.contains("a;id"), "{odd}");
    }

    #[test]
    fn the_shell_or_the_program_signs() {
        for (provider, part) in [
            (&SLACK, "{ printf %s \"v0:${time}:\"; cat \"$body\"; } | openssl dgst -sha256"),
            (&SHOPIFY, "-binary | base64 | tr -d '\\n')"),
            (&STRIPE, "stripe-signature: t=$time,v1=$signature"),
            (&GITHUB, "x-hub-signature-256: sha256=$signature"),
            (&STANDARD_WEBHOOKS, "hexkey:$(printf %s \"${SECRET#whsec_}\" | base64 -d"),
            (&TWILIO, "webhook send twilio --to"),
        ] {
            let command = command(&delivery(&[], "/h"), provider, "SECRET");
            assert!(command.contains(part), "{}: {command}", provider.name());
            // Some shells know no comments on a line that is typed, and some `base64` no options.
            assert!(!command.contains(" # ") && !command.contains("-w0"), "{command}");
        }
    }

    /// Runs a command in a shell in which the programs only tell their arguments.
    fn told_by_shell(command: &str) -> String {
        let programs = "curl() { printf '<%s>' curl \"$@\"; }; webhook() { printf '<%s>' webhook \"$@\"; }; \
                        openssl() { cat > /dev/null; printf s; }; cat() { :; };";
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
            let mut hostile = delivery(&[], &format!("/h?x={bad}\n&y"));
            for name in ["x-shopify-topic", "x-note", "webhook-id", "x'`id`", "content-type"] {
                let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
                let value = HeaderValue::from_str(bad).expect("a value");
                hostile.head.headers.append(name, value);
            }
            hostile.record.event = Some(bad.to_owned());
            let told = told_by_shell(&command(&hostile, provider, "S;echo no >&2"));
            let url = format!("<http://127.0.0.1:3000/h?x={bad}\n&y>");
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
