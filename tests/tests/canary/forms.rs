//! Every form in which a secret can stand in a text, as bytes to look for.

use std::fmt::Write as _;

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding as _};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

/// The length of a needle: a part of a secret is as bad as the whole.
const WINDOW: usize = 12;

/// Shorter needles could be found by chance.
const LEAST: usize = 8;

/// A form of a part of a secret.
pub(crate) struct Form {
    /// The name of the form.
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// The forms of the start, the middle and the end of a secret.
pub(crate) fn forms(secret: &[u8]) -> Vec<Form> {
    let mut all: Vec<Form> = windows(secret).into_iter().flat_map(forms_of).collect();
    all.retain(|form| form.bytes.len() >= LEAST);
    all.sort_by(|one, other| one.bytes.cmp(&other.bytes));
    all.dedup_by(|one, other| one.bytes == other.bytes);
    all
}

fn windows(secret: &[u8]) -> Vec<&[u8]> {
    let length = secret.len();
    if length <= 2 * WINDOW {
        return vec![secret];
    }
    let middle = (length - WINDOW) / 2;
    let starts = [0, middle, length - WINDOW];
    starts.map(|start| &secret[start..start + WINDOW]).to_vec()
}

fn forms_of(part: &[u8]) -> Vec<Form> {
    let mut forms = Vec::new();
    let mut add = |name, bytes: Vec<u8>| forms.push(Form { name, bytes });
    add("as it is", part.to_vec());
    let hex = base16ct::lower::encode_string(part);
    add("upper-case hex", hex.to_uppercase().into());
    add("hex", hex.into());
    for shift in 0..3 {
        add("base64", base64(part, shift, Base64Unpadded::encode_string));
        add("base64url", base64(part, shift, Base64UrlUnpadded::encode_string));
    }
    let percent = percent_encode(part, NON_ALPHANUMERIC).to_string();
    add("percent-encoded in lower case", lower_escapes(&percent).into());
    add("percent-encoded", percent.into());
    let form: String = form_urlencoded::byte_serialize(part).collect();
    add("in a form", form.into());
    add("escaped bytes", part.escape_ascii().to_string().into());
    add("escaped, all of it", joined(part, "", |byte| format!("\\x{byte:02x}")));
    // The scanner also scans without white space, which finds these.
    add("a list of bytes", joined(part, ",", |byte| format!("{byte}")));
    add("a list of bytes in hex", joined(part, ",", |byte| format!("{byte:x}")));
    add("a list of bytes in hex of two digits", joined(part, ",", |byte| format!("{byte:02x}")));
    add("a list of bytes in hex with 0x", joined(part, ",", |byte| format!("{byte:#x}")));
    if let Ok(text) = std::str::from_utf8(part) {
        let quoted = format!("{text:?}");
        add("escaped by Debug", quoted[1..quoted.len() - 1].into());
        let quoted = serde_json::to_string(text).unwrap_or_default();
        add("escaped for JSON", quoted[1..quoted.len() - 1].into());
        add("escaped for Rust", text.escape_default().to_string().into());
        add("escaped for HTML", html(text).into());
    }
    forms
}

/// Base64 of a text that contains the part, `shift` bytes after a multiple of three: only the
/// characters that depend on nothing else.
fn base64(part: &[u8], shift: usize, encode: fn(&[u8]) -> String) -> Vec<u8> {
    let shifted = [&[0; 2][..shift], part].concat();
    let whole = shifted.len() / 3 * 3;
    let encoded = encode(&shifted[..whole]);
    let first = if shift == 0 { 0 } else { 4 };
    encoded.get(first..).unwrap_or_default().into()
}

fn joined(part: &[u8], between: &str, write: impl Fn(u8) -> String) -> Vec<u8> {
    let all: Vec<String> = part.iter().map(|byte| write(*byte)).collect();
    all.join(between).into()
}

fn lower_escapes(percent: &str) -> String {
    let mut lower = String::new();
    let mut pieces = percent.split('%');
    lower.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (escape, rest) = piece.split_at(2);
        let _ = write!(lower, "%{}{rest}", escape.to_lowercase());
    }
    lower
}

fn html(text: &str) -> String {
    let escapes = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#039;")];
    escapes.iter().fold(text.to_owned(), |text, (mark, escape)| text.replace(mark, escape))
}
