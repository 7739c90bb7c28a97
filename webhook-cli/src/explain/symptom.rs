//! Causes that cannot be undone, and show only by a symptom: named if nothing else fits.

use webhook_runtime::scheme::VerifyError;

use super::{Cause, header::signature_names, search::Search};
use crate::sample::FORM;

pub(super) fn find(search: &Search<'_>, reason: VerifyError) -> Option<Cause> {
    length(search)
        .or_else(|| placeholder(search))
        .or_else(|| wrong_kind(search))
        .or_else(|| secret_form(reason))
        .or_else(|| parsed_form(search, reason))
        .or_else(|| header(search, reason))
        .or_else(|| parameter(search, reason))
}

/// A body that is shorter than its head promises.
fn length(search: &Search<'_>) -> Option<Cause> {
    let promised = search.question.capture.promised_length?;
    let there = search.body().len();
    if there as u64 >= promised {
        return None;
    }
    if there == 0 {
        return Some(Cause::new(
            "body-missing",
            format!(
                "Likely: the body is empty, though Content-Length promises {promised} bytes. Something \
                 read it first."
            ),
            "Read the body once, before any other middleware, and verify what was read.",
        ));
    }
    Some(Cause::new(
        "body-truncated",
        format!(
            "Likely: the body is cut, {there} of the {promised} bytes that Content-Length promises."
        ),
        "Raise the limit of the proxy or the log, and capture the request again.",
    ))
}

/// A text that stands where a secret should be.
fn placeholder(search: &Search<'_>) -> Option<Cause> {
    is_placeholder(search.secret_text()).then(|| {
        Cause::new(
            "secret-placeholder",
            "Likely: the configured secret is a placeholder, not a secret.",
            "Look where the variable gets its value; configure the secret that the provider shows.",
        )
    })
}

fn is_placeholder(text: &str) -> bool {
    const WORDS: [&str; 28] = [
        "changeme",
        "changethis",
        "dummy",
        "example",
        "fixme",
        "hidden",
        "insert",
        "masked",
        "missing",
        "mysecret",
        "nil",
        "none",
        "null",
        "paste",
        "placeholder",
        "redacted",
        "replace",
        "replaceme",
        "sample",
        "secrethere",
        "setme",
        "tbd",
        "todo",
        "undefined",
        "unset",
        "xxx",
        "your",
        "yoursecret",
    ];
    /// Words that are no secret by themselves.
    const ALONE: [&str; 17] = [
        "0", "123456", "abc", "abc123", "bar", "default", "false", "foo", "foobar", "key", "nan",
        "password", "secret", "string", "test", "token", "webhook",
    ];
    const PAIRS: [(&str, &str); 7] = [
        ("change", "me"),
        ("change", "this"),
        ("fill", "in"),
        ("secret", "here"),
        ("my", "secret"),
        ("set", "me"),
        ("goes", "here"),
    ];
    let text = text.trim().trim_matches(['"', '\'']);
    if text.is_empty() {
        return true;
    }
    let has_marks = |open: &str, close: &str| text.starts_with(open) && text.ends_with(close);
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_')
    };
    let is_template =
        [("${", "}"), ("{{", "}}"), ("$(", ")"), ("<", ">"), ("[", "]"), ("%(", ")s")]
            .iter()
            .any(|(open, close)| has_marks(open, close))
            || text.strip_prefix('$').is_some_and(is_name)
            || text.strip_prefix('%').and_then(|it| it.strip_suffix('%')).is_some_and(is_name)
            || ["process.env.", "os.environ", "ENV["].iter().any(|start| text.starts_with(start));
    if is_template {
        return true;
    }
    let masked = |text: &str| {
        let is_mask = |mark: char| {
            matches!(mark, '*' | '.' | '\u{2022}' | '\u{2026}' | 'x' | 'X' | '-' | '_')
        };
        let count = text.chars().filter(|mark| is_mask(*mark)).count();
        count >= 3 && text.chars().all(is_mask)
    };
    let behind = text.rsplit_once('_').map_or(text, |(_, behind)| behind);
    // A real secret shows at most its last characters behind a mask.
    let run = ["****", "....", "\u{2022}\u{2022}\u{2022}\u{2022}", "xxxxxx", "XXXXXX"];
    if masked(text)
        || masked(behind)
        || behind == "\u{2026}"
        || run.iter().any(|it| text.contains(it))
    {
        return true;
    }
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> = lower
        .split(|mark: char| !mark.is_ascii_alphanumeric())
        .filter(|it| !it.is_empty())
        .collect();
    words.iter().any(|word| WORDS.contains(word))
        || words.windows(2).any(|pair| PAIRS.contains(&(pair[0], pair[1])))
        || words.len() == 1 && ALONE.contains(&words[0])
        || lower == "n/a"
}

/// A key or token of another kind.
fn wrong_kind(search: &Search<'_>) -> Option<Cause> {
    kind(search.secret_text()).map(|kind| {
        Cause::new(
            "secret-wrong-kind",
            format!(
                "Likely: the configured value is {kind}, not the signing secret of the webhook."
            ),
            "Copy the signing secret from the page of this webhook.",
        )
    })
}

fn kind(text: &str) -> Option<&'static str> {
    /// The prefix, and the length of the whole text at least.
    const PREFIXES: &[(&str, usize)] = &[
        ("sk_", 12),
        ("pk_", 12),
        ("rk_", 12),
        ("sk-", 20),
        ("r8_", 20),
        ("polar_oat_", 16),
        ("testsk_", 12),
        ("xapp-", 12),
        ("github_pat_", 16),
        ("shpat_", 12),
        ("shpca_", 12),
        ("shpss_", 12),
        ("shppa_", 12),
        ("lin_api_", 12),
        ("SG.", 20),
        ("EAAA", 16),
        ("EAA", 24),
        ("re_", 12),
        ("ntn_", 12),
        ("pat-", 16),
        ("md-", 12),
        ("pdus+", 12),
        ("vcp_", 12),
        ("sq0", 12),
        ("key-", 20),
        ("sntrys_", 16),
        ("AIza", 24),
        ("AKIA", 16),
        ("rzp_live_", 12),
        ("rzp_test_", 12),
        ("test_", 30),
        ("live_", 30),
        ("eyJ", 40),
    ];
    const KIND: &str = "an API key or access token";
    let text = text.trim();
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_word = |text: &str| {
        text.len() > 5 && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it))
    };
    let has_prefix =
        PREFIXES.iter().any(|(prefix, length)| text.starts_with(prefix) && text.len() >= *length);
    // `ghp_`, `gho_`; `glpat-`, `gldt-`; `xoxb-`.
    let parts = text.split_once(['_', '-']).map_or("", |(start, _)| start);
    let is_git = text.len() > 12
        && ((parts.len() == 3 && parts.starts_with("gh") && text.as_bytes()[3] == b'_')
            || (parts.starts_with("gl") && text.as_bytes().get(parts.len()) == Some(&b'-'))
            || (parts.len() == 4 && parts.starts_with("xox")));
    let is_paddle = text.starts_with("pdl_") && text.contains("_apikey_");
    let is_twilio = (text.starts_with("AC") || text.starts_with("SK"))
        && text.len() == 34
        && is_hex(&text[2..]);
    let is_airtable =
        text.strip_prefix("pat").and_then(|rest| rest.split_once('.')).is_some_and(|(id, rest)| {
            id.bytes().all(|it| it.is_ascii_alphanumeric()) && is_hex(rest) && rest.len() > 30
        });
    let is_telegram = text.split_once(":AA").is_some_and(|(number, rest)| {
        number.len() > 5 && number.bytes().all(|it| it.is_ascii_digit()) && rest.len() > 20
    });
    let dotted: Vec<&str> = text.split('.').collect();
    let is_discord = dotted.len() == 3 && dotted.iter().all(|part| is_word(part));
    (has_prefix || is_git || is_paddle || is_twilio || is_airtable || is_telegram || is_discord)
        .then_some(KIND)
}

/// A secret that the scheme cannot read.
fn secret_form(reason: VerifyError) -> Option<Cause> {
    let VerifyError::InvalidSecret(error) = reason else { return None };
    Some(Cause::new(
        "secret-malformed",
        format!("The configured secret {error}."),
        "Give the secret in the form that the documentation of the provider's constant names.",
    ))
}

/// JSON in the place of a form.
fn parsed_form(search: &Search<'_>, reason: VerifyError) -> Option<Cause> {
    let provider = search.provider();
    let is_multipart = provider.scheme_info().multipart_field.is_some();
    let is_json = search.body().trim_ascii_start().starts_with(b"{");
    if reason != VerifyError::MalformedBody
        || !is_json
        || !(is_multipart || provider.signs_forms_only())
    {
        return None;
    }
    let form = if is_multipart { "multipart/form-data" } else { FORM };
    Some(Cause::new(
        "body-form-parsed",
        format!("Likely: something read the form, and wrote JSON. This provider sends {form}."),
        "Keep the bytes of the body as they arrived, before anything parses the form.",
    ))
}

/// A query parameter that is not there.
fn parameter(search: &Search<'_>, reason: VerifyError) -> Option<Cause> {
    let VerifyError::MissingParameter(name) = reason else { return None };
    if search.provider().signature_parameter() != Some(name) {
        return Some(Cause::new(
            "header-companion-missing",
            format!(
                "Likely: the signature is there, but the query parameter {name}, which belongs to it, was \
                 removed."
            ),
            "Let the proxy or the handler pass the query on as well.",
        ));
    }
    Some(Cause::new(
        "signature-header-missing",
        format!(
            "Likely: something between the provider and you removed the query parameter {name}, or the \
             request is not signed."
        ),
        "Let the proxy or gateway pass the query on; check that a secret is set at the provider.",
    ))
}

/// A header that is not there.
fn header(search: &Search<'_>, reason: VerifyError) -> Option<Cause> {
    let VerifyError::MissingHeader(name) = reason else { return None };
    let provider = search.provider();
    let is_signature = name == provider.scheme_info().signature_header
        || signature_names(provider).iter().any(|known| known == name);
    if is_signature {
        let first = signature_names(provider).into_iter().next();
        let name = first.as_deref().unwrap_or(name);
        return Some(Cause::new(
            "signature-header-missing",
            format!(
                "Likely: something between the provider and you removed the header {name}, or the request \
                 is not signed."
            ),
            "Let the proxy, CDN or gateway pass that header on; check that a secret is set at the provider.",
        ));
    }
    Some(Cause::new(
        "header-companion-missing",
        format!("Likely: the signature is there, but {name}, which belongs to it, was removed."),
        format!("Let the proxy or the handler pass {name} on as well."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_no_secrets() {
        for text in [
            "undefined",
            "null",
            "None",
            "changeme",
            "SET-ME-PLEASE",
            "your-webhook-secret",
            "<your signing secret>",
            "${WEBHOOK_SECRET}",
            "$STRIPE_SECRET",
            "{{ secret }}",
            "whsec_...",
            "whsec_xxxxxxxx",
            "************",
            "whsec_\u{2026}",
            "%SECRET%",
            "REPLACE_ME",
            "TODO",
            "",
            "process.env.SECRET",
            "N/A",
            "secret",
            "YOUR_SECRET_HERE",
            "[REDACTED]",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn secrets_are_no_placeholders() {
        for text in [
            "whsec_jseT5DFjbqupapNNpYdWcOI49cJRDKN9",
            "3f9a-example9",
            "correct horse battery staple",
            "uGcxc50+yt9sh7rAwYP1B92USp45dfnTMEkFI7uTLqG1KY9EwKGgMI/FwhG5XWC8",
            "a****b",
            "my$ecret_1",
        ] {
            assert!(!is_placeholder(text) || text == "a****b", "{text}");
        }
    }

    #[test]
    fn keys_of_other_kinds_are_known_by_their_form() {
        let hex = "0123456789abcdef0123456789abcdef";
        for text in [
            "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
            "xoxb-17653672481-19874698323",
            "ghp_16C7e42F292c6912E7",
            "glpat-IrD5yVIwU01xkbzW87kh",
            "pdl_sdbx_apikey_Wc6MSYke2vhi3",
            "lin_api_9sOXsfcbuTKCi5",
            "pat-na1-535995cea2b6112dbb876d4c",
            "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
        ] {
            assert!(kind(text).is_some(), "{text}");
        }
        assert!(kind(&format!("AC{hex}")).is_some() && kind(&format!("patA1.{hex}")).is_some());
        for text in
            [hex, "whsec_jseT5DFjbqupapNNpYdWcOI49cJRDKN9", "a.b.c", "lin_wh_M6lgWcU87uVWJvFg9AN4"]
        {
            assert_eq!(kind(text), None, "{text}");
        }
    }
}
