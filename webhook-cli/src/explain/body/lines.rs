//! Marks at the beginning, and the ends of lines.

use super::{AS_RECEIVED, first_fit};
use crate::explain::{Cause, search::Search};

pub(super) fn find(search: &Search<'_>, body: &[u8]) -> Option<Cause> {
    mark(search, body).or_else(|| last_line(search, body)).or_else(|| all_lines(search, body))
}

fn mark(search: &Search<'_>, body: &[u8]) -> Option<Cause> {
    first_fit(search, body.strip_prefix(b"\xef\xbb\xbf"), || {
        Cause::new(
            "body-bom-added",
            "The body begins with a byte order mark that was not signed.",
            "Save or send the body as UTF-8 without a byte order mark.",
        )
    })
}

fn last_line(search: &Search<'_>, body: &[u8]) -> Option<Cause> {
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let trimmed = body.iter().rposition(|byte| !is_end(byte)).map_or(0, |at| at + 1);
    let shorter = [
        body.strip_suffix(b"\n"),
        body.strip_suffix(b"\r\n"),
        Some(&body[..trimmed]).filter(|body| !body.is_empty()),
    ];
    let added = first_fit(search, shorter.into_iter().flatten(), || {
        Cause::new(
            "body-newline-added",
            "The line break at the end of the body was not signed.",
            "Send the body without it: `echo` and editors add one, `printf %s` does not.",
        )
    });
    if added.is_some() || body.ends_with(b"\n") {
        return added;
    }
    first_fit(search, [[body, b"\n"].concat(), [body, b"\r\n"].concat()], || {
        Cause::new(
            "body-newline-lost",
            "The signed body ends with a line break that is missing here.",
            "Do not trim the body.",
        )
    })
}

fn all_lines(search: &Search<'_>, body: &[u8]) -> Option<Cause> {
    if !body.contains(&b'\n') {
        return None;
    }
    let unix = replaced(body, b"\r\n", b"\n");
    let added = first_fit(search, [&unix], || {
        Cause::new(
            "body-crlf-added",
            "Line feeds were turned into CR LF: by Postman, Windows or git.",
            AS_RECEIVED,
        )
    });
    added.or_else(|| {
        first_fit(search, [replaced(&unix, b"\n", b"\r\n")], || {
            Cause::new("body-crlf-lost", "CR LF was turned into line feeds.", AS_RECEIVED)
        })
    })
}

fn replaced(body: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(&byte) = rest.first() {
        if let Some(behind) = rest.strip_prefix(from) {
            out.extend_from_slice(to);
            rest = behind;
        } else {
            out.push(byte);
            rest = &rest[1..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_replaced_from_left_to_right() {
        assert_eq!(replaced(b"a\r\nb\r\n\r", b"\r\n", b"\n"), b"a\nb\n\r");
        assert_eq!(replaced(b"a\nb", b"\n", b"\r\n"), b"a\r\nb");
    }
}
