//! Mistakes with the secret: what stands around it, how it is decoded, and which one it is.

use base64ct::{Base64, Base64Unpadded, Base64UrlUnpadded, Encoding as _};
use webhook_runtime::{Secret, scheme::KeyEncoding};

use super::{Cause, search::Search};

/// The prefixes of secrets that belong to the key or name its kind.
pub(super) const PREFIXES: [&str; 5] =
    ["whsec_", "pdl_ntfset_", "polar_whs_", "lin_wh_", "secret_"];

/// Prefixes that people copy with a secret.
const ADDED: [&str; 11] = [
    "v1,whsec_",
    "v1,",
    "v1=",
    "v0=",
    "sha256=",
    "sha1=",
    "Bearer ",
    "Basic ",
    "Token ",
    "HMAC ",
    "whsec_",
];

/// The white space that a form keeps at an end of a secret.
const BLANKS: [&str; 4] = [" ", "\n", "\r\n", "\t"];

/// The marks that are put around a value.
const QUOTES: [(char, char); 5] =
    [('"', '"'), ('\'', '\''), ('`', '`'), ('\u{201c}', '\u{201d}'), ('\u{2018}', '\u{2019}')];

pub(super) fn find(search: &Search<'_>) -> Option<Cause> {
    if !search.provider().scheme_info().needs_secret {
        return None;
    }
    around(search).or_else(|| inside(search)).or_else(|| key(search)).or_else(|| other(search))
}

/// Characters around the secret.
fn around(search: &Search<'_>) -> Option<Cause> {
    let text = search.secret_text();
    let trimmed = [
        text.trim_matches(is_blank),
        text.trim_end_matches(is_blank),
        text.trim_start_matches(is_blank),
    ];
    if trimmed.iter().any(|it| search.fits_text(it)) {
        return Some(Cause::new(
            "secret-extra-whitespace",
            "The configured secret has white space around it: a line break, a blank, a tab, or a mark \
             that is not to be seen.",
            "Remove it: `printf %s` writes no line break, and `echo` does.",
        ));
    }
    let bare = without_quotes(text);
    if [unquoted(text), bare].into_iter().flatten().any(|inner| search.fits_text(inner)) {
        return Some(Cause::new(
            "secret-quoted",
            "The configured secret still has quotation marks around it.",
            "Remove them: docker's --env-file and some shells keep them.",
        ));
    }
    let mut added = ADDED.iter().filter_map(|prefix| {
        let (start, rest) = text.split_at_checked(prefix.len())?;
        start.eq_ignore_ascii_case(prefix).then_some((start, rest))
    });
    if let Some((prefix, _)) = added.find(|(_, rest)| search.fits_text(rest)) {
        return Some(Cause::new(
            "secret-prefix-added",
            format!(
                "The configured secret has `{}` in front, which is no part of it.",
                prefix.trim()
            ),
            "Configure only what stands behind it.",
        ));
    }
    if let Some((name, value)) = assignment(text) {
        let values = [Some(value), Some(value.trim()), without_quotes(value)];
        if values.into_iter().flatten().any(|value| search.fits_text(value)) {
            return Some(Cause::new(
                "secret-name-kept",
                format!("The configured secret still has `{name}=` in front of it."),
                "Configure only what stands behind the equals sign.",
            ));
        }
    }
    let mut lost = PREFIXES.iter().filter(|prefix| !text.starts_with(**prefix));
    let prefix = lost.find(|prefix| search.fits_text(&format!("{prefix}{text}")));
    prefix.map(|prefix| {
        Cause::new(
            "secret-prefix-lost",
            format!("The secret lacks its prefix `{prefix}`, which is part of the key."),
            "Copy the whole text that the provider shows.",
        )
    })
}

/// Changes to the characters of the secret.
fn inside(search: &Search<'_>) -> Option<Cause> {
    let text = search.secret_text();
    let plain = without_entities(text);
    if plain != text && search.fits_text(&plain) {
        return Some(Cause::new(
            "secret-html-escaped",
            "The configured secret has HTML entities in it, such as &amp; for &.",
            "Copy it from the page, not from its source.",
        ));
    }
    if let Some(decoded) = printable(text)
        && (search.fits_text(&decoded)
            || (decoded.trim() != decoded && search.fits_text(decoded.trim())))
    {
        return Some(Cause::new(
            "secret-base64-encoded",
            "The configured secret is the base64 of the real one.",
            "Decode it once. Kubernetes shows secrets in base64; `stringData` takes them as they are.",
        ));
    }
    let with_blank = |blank: &str| {
        search.fits_text(&format!("{text}{blank}")) || search.fits_text(&format!("{blank}{text}"))
    };
    BLANKS.iter().any(|blank| with_blank(blank)).then(|| {
        Cause::new(
            "secret-missing-whitespace",
            "The secret at the provider begins or ends with white space, which the configured one lacks.",
            "Enter the secret at the provider anew, without white space.",
        )
    })
}

/// The text and the decoded bytes, each as the key.
fn key(search: &Search<'_>) -> Option<Cause> {
    let text = search.secret_text();
    let bare = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
    let encoding = search.provider().scheme().map(webhook_runtime::scheme::Scheme::key_encoding);
    let takes_text = matches!(
        encoding,
        Some(KeyEncoding::Text | KeyEncoding::AsciiText | KeyEncoding::HtmlEscaped)
    );
    if !takes_text {
        let prefixed = format!("whsec_{bare}");
        let mut keys = vec![text, bare];
        if matches!(encoding, Some(KeyEncoding::PrefixedBase64(_))) {
            keys.push(&prefixed);
        }
        keys.dedup();
        if keys.iter().any(|key| search.fits_secret(&Secret::from_key(key.as_bytes()))) {
            return Some(Cause::new(
                "secret-used-as-text",
                "The signature was made with the characters of the secret; this scheme decodes it first.",
                "Decode the secret where the request is signed.",
            ));
        }
    }
    if takes_text || encoding.is_none() {
        let mut keys = Vec::new();
        for text in [bare, text] {
            keys.extend(hex(text));
            keys.extend(base64(text));
        }
        keys.dedup();
        if keys.into_iter().any(|key| search.fits_secret(&Secret::from_key(key))) {
            return Some(Cause::new(
                "secret-used-decoded",
                "The signature was made with the decoded secret; this scheme takes its characters.",
                "Use the text of the secret as the key where the request is signed.",
            ));
        }
    }
    None
}

/// Another secret of the same user.
fn other(search: &Search<'_>) -> Option<Cause> {
    let others = search.question.secrets.iter().skip(1);
    let secret = others.into_iter().find(|secret| search.fits_secret(secret))?;
    Some(Cause::new(
        "secret-of-other-endpoint",
        format!("The request is signed with another secret of yours, {}.", secret.name()),
        "Each endpoint and mode, and each run of a CLI, has its own secret: configure the one of this \
         endpoint.",
    ))
}

/// True for white space, and for marks without a width, such as that of the byte order.
fn is_blank(mark: char) -> bool {
    mark.is_whitespace()
        || mark.is_control()
        || matches!(mark, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// The text without the marks at its ends that quote it or escape them, in pairs or not.
fn without_quotes(text: &str) -> Option<&str> {
    let is_mark = |mark: char| {
        mark == '\\' || QUOTES.iter().any(|(open, close)| mark == *open || mark == *close)
    };
    let trimmed = text.trim_matches(|mark| is_blank(mark) || mark == ';');
    let bare = trimmed.trim_matches(is_mark);
    (bare != trimmed).then(|| bare.trim_matches(is_blank))
}

/// The text within quotation marks.
fn unquoted(text: &str) -> Option<&str> {
    let text = text.trim();
    let inner = |(open, close)| text.strip_prefix(open)?.strip_suffix(close);
    QUOTES.into_iter().find_map(inner)
}

/// Splits `NAME=value` and `name: value`, with `export ` in front or not.
fn assignment(text: &str) -> Option<(&str, &str)> {
    const KEYWORDS: [&str; 6] = ["export ", "set ", "ENV ", "$env:", "const ", "- "];
    let text = text.trim_start_matches(is_blank);
    let text = KEYWORDS.iter().find_map(|it| text.strip_prefix(it)).unwrap_or(text);
    ["=", ": "].into_iter().filter_map(|mark| text.split_once(mark)).find_map(|(name, value)| {
        let name = name.trim_end();
        let starts = name.starts_with(|mark: char| mark.is_ascii_alphabetic() || mark == '_');
        let is_name =
            name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        // The padding of base64 is no value.
        let is_value = value.bytes().any(|byte| byte.is_ascii_alphanumeric());
        (starts && is_name && is_value).then_some((name, value))
    })
}

/// Undoes HTML entities once.
fn without_entities(text: &str) -> String {
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#034;", "\""),
        ("&#39;", "'"),
        ("&#039;", "'"),
        ("&#x27;", "'"),
        ("&apos;", "'"),
        ("&#43;", "+"),
        ("&#x2F;", "/"),
        ("&#61;", "="),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    entities.iter().fold(text.to_owned(), |text, (entity, mark)| text.replace(entity, mark))
}

/// The text whose base64 this is.
fn printable(text: &str) -> Option<String> {
    let text = text.trim();
    let decoded = base64(text)?;
    let decoded = String::from_utf8(decoded).ok()?;
    let is_printable = decoded.chars().all(|mark| !mark.is_control() || mark.is_ascii_whitespace());
    (is_printable && !decoded.trim().is_empty()).then_some(decoded)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    base16ct::mixed::decode_vec(text).ok().filter(|key| !key.is_empty())
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let bare = text.trim_end_matches('=');
    Base64::decode_vec(text)
        .or_else(|_| Base64Unpadded::decode_vec(bare))
        .or_else(|_| Base64UrlUnpadded::decode_vec(bare))
        .ok()
        .filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_are_split() {
        assert_eq!(assignment("STRIPE_SECRET=a=b"), Some(("STRIPE_SECRET", "a=b")));
        assert_eq!(assignment("export _X9=a"), Some(("_X9", "a")));
        assert_eq!(assignment("$env:STRIPE_SECRET = \"a\""), Some(("STRIPE_SECRET", " \"a\"")));
        assert_eq!(assignment("stripe-secret: a"), Some(("stripe-secret", "a")));
        assert_eq!(assignment("SECRET: a=="), Some(("SECRET", "a==")));
        for text in ["9X=a", "YQ==", "a b=c", "plain", "user:password", ": a"] {
            assert_eq!(assignment(text), None, "{text}");
        }
    }

    #[test]
    fn quotation_marks_come_in_pairs() {
        assert_eq!(unquoted("\"a\""), Some("a"));
        assert_eq!(unquoted("'a'\n"), Some("a"));
        assert_eq!(unquoted("\"a'"), None);
        assert_eq!(unquoted("\""), None);
    }

    #[test]
    fn quotation_marks_are_trimmed() {
        assert_eq!(without_quotes("\\\"a\\\""), Some("a"));
        assert_eq!(without_quotes("\"a"), Some("a"));
        assert_eq!(without_quotes(" \" a \";\n"), Some("a"));
        assert_eq!(without_quotes(" a "), None);
    }

    #[test]
    fn only_printable_text_was_encoded() {
        assert_eq!(printable("czNjcmV0Cg==").as_deref(), Some("s3cret\n"));
        assert_eq!(printable("LS1BCkINCg==").as_deref(), Some("--A\nB\r\n"));
        assert_eq!(printable("AAAA"), None);
        assert_eq!(printable("no base64!"), None);
    }

    #[test]
    fn entities_are_undone_once() {
        assert_eq!(without_entities("a&amp;b&lt;&#039;"), "a&b<'");
        assert_eq!(without_entities("&amp;lt;"), "&lt;");
    }
}
