//! Finds secrets in any output, in any encoding.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};

use super::forms::{Form, forms};

/// The totals over all tests.
static TEXTS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// Secrets to look for.
pub(crate) struct Scanner {
    needles: Vec<Needle>,
    /// The needles by their first two bytes.
    by_start: HashMap<[u8; 2], Vec<usize>>,
    /// A bit for each, as a quick test for every byte of every text.
    starts: Vec<bool>,
}

struct Needle {
    /// Its secret, and its form.
    name: String,
    bytes: Vec<u8>,
}

impl Scanner {
    pub(crate) fn new() -> Self {
        let starts = vec![false; 1 << 16];
        Self { needles: Vec::new(), by_start: HashMap::new(), starts }
    }

    /// Adds a secret, and what it decodes to if it is hex or base64.
    pub(crate) fn add(&mut self, name: &str, secret: impl AsRef<[u8]>) {
        let secret = secret.as_ref();
        assert!(secret.len() >= 12, "{name} is too short to be told from chance");
        self.add_bytes(name, secret);
        let Ok(text) = std::str::from_utf8(secret) else { return };
        // `whsec_`, `v1,` and other prefixes.
        for text in [text, text.rsplit(['_', ':', ',', '=', '.']).next().unwrap_or_default()] {
            let decoded = [
                base16ct::mixed::decode_vec(text).ok(),
                Base64::decode_vec(text).ok(),
                Base64UrlUnpadded::decode_vec(text).ok(),
            ];
            for decoded in decoded.into_iter().flatten().filter(|decoded| decoded.len() >= 12) {
                self.add_bytes(&format!("{name}, decoded"), &decoded);
            }
        }
    }

    fn add_bytes(&mut self, name: &str, secret: &[u8]) {
        for Form { name: form, bytes } in forms(secret) {
            let start = [bytes[0], bytes[1]];
            self.starts[usize::from(u16::from_be_bytes(start))] = true;
            self.by_start.entry(start).or_default().push(self.needles.len());
            self.needles.push(Needle { name: format!("{name}: {form}"), bytes });
        }
    }

    /// Returns the first secret in a text, and its surroundings.
    pub(crate) fn find(&self, text: impl AsRef<[u8]>) -> Option<String> {
        let text = text.as_ref();
        TEXTS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(text.len(), Ordering::Relaxed);
        // Lists of bytes have spaces or line breaks between them.
        let squeezed: Vec<u8> =
            text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        self.find_in(text).or_else(|| self.find_in(&squeezed))
    }

    fn find_in(&self, text: &[u8]) -> Option<String> {
        for (at, start) in text.windows(2).enumerate() {
            if !self.starts[usize::from(start[0]) << 8 | usize::from(start[1])] {
                continue;
            }
            for needle in &self.by_start[&[start[0], start[1]]] {
                let Needle { name, bytes } = &self.needles[*needle];
                if text[at..].starts_with(bytes) {
                    let from = at.saturating_sub(200);
                    let until = (at + bytes.len() + 60).min(text.len());
                    return Some(format!("{name}\n{}", text[from..until].escape_ascii()));
                }
            }
        }
        None
    }

    /// Fails if a text contains a secret.
    #[track_caller]
    pub(crate) fn asserts_silence(&self, what: &str, text: impl AsRef<[u8]>) {
        if let Some(found) = self.find(text) {
            panic!("{what} shows {found}");
        }
    }
}

/// What has been scanned so far.
pub(crate) fn scanned() -> String {
    let [texts, bytes] = [&TEXTS, &BYTES].map(|count| count.load(Ordering::Relaxed));
    format!("{texts} texts of {bytes} bytes scanned so far")
}

#[test]
fn the_scanner_finds_every_encoding() {
    for secret in [
        &b"canary \"a\\b/c+d=<e>&f;\" \xc3\xa9 5b1f0c"[..],
        b"\x00\xff\x80\x9c canary \x01\x02\x03 bytes that are no text",
        b"whsec_Y2FuYXJ5LWluLWJhc2U2NC0wMTIzNDU2Nzg5",
    ] {
        let mut scanner = Scanner::new();
        scanner.add("the secret", secret);
        assert_eq!(scanner.find("nothing of it"), None);
        let planted: Vec<(&str, Vec<u8>)> = vec![
            ("raw", secret.to_vec()),
            ("in the midst of others", [b"before", secret, b"after"].concat()),
            ("hex", base16ct::lower::encode_string(secret).into()),
            ("upper-case hex", base16ct::upper::encode_string(secret).into()),
            ("base64", Base64::encode_string(secret).into()),
            ("base64, one byte on", Base64::encode_string(&[b"u", secret].concat()).into()),
            ("base64, two bytes on", Base64::encode_string(&[b"u:", secret].concat()).into()),
            ("base64url", Base64UrlUnpadded::encode_string(secret).into()),
            ("a form", form_urlencoded::byte_serialize(secret).collect::<String>().into()),
            ("Debug of bytes", format!("{secret:?}").into()),
            ("pretty Debug of bytes", format!("{secret:#?}").into()),
            ("Debug of bytes in hex", format!("{secret:x?}").into()),
            ("pretty Debug of bytes in hex", format!("{secret:#x?}").into()),
            ("JSON of bytes", serde_json::to_string(secret).expect("JSON").into()),
            ("Debug of Bytes", format!("{:?}", bytes::Bytes::copy_from_slice(secret)).into()),
            ("the first half", secret[..secret.len() / 2].to_vec()),
            ("the second half", secret[secret.len() / 2..].to_vec()),
        ];
        for (how, text) in planted {
            assert!(scanner.find(&text).is_some(), "{how}: {}", text.escape_ascii());
        }
        let Ok(text) = std::str::from_utf8(secret) else { continue };
        for (how, text) in [
            ("Debug", format!("{text:?}")),
            ("Debug of Debug of an Option", format!("{:?}", format!("{:?}", Some(text)))),
            ("JSON", serde_json::to_string(text).expect("JSON")),
            ("escaped for Rust", text.escape_default().to_string()),
        ] {
            assert!(scanner.find(&text).is_some(), "{how}: {text}");
        }
    }
}

/// A base64 key could be printed decoded.
#[test]
fn the_scanner_finds_derived_keys() {
    let mut scanner = Scanner::new();
    scanner.add("the secret", "whsec_Y2FuYXJ5LWluLWJhc2U2NC0wMTIzNDU2Nzg5");
    for text in ["canary-in-base64-0123456789", "63616e6172792d696e2d626173653634", "0123456789"] {
        assert_eq!(scanner.find(text).is_some(), text.len() > 10, "{text}");
    }
}
