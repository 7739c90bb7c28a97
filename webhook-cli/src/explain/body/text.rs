//! Characters that were written in another way: in another character set, or escaped.

use super::{AS_RECEIVED, first_fit};
use crate::explain::{
    Cause,
    json::{self, Case, Token, is_beyond_ascii},
    search::Search,
};

/// The checks that are left for what comes behind the numbers.
const RESERVED: usize = 54;

/// The length of a time in seconds: such numbers have no fraction.
const TIME_LENGTH: usize = 10;

/// Windows-1252, from 0x80 to 0x9F; 0 is unused.
const WINDOWS_1252: [u16; 32] = [
    0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039,
    0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc,
    0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
];

pub(super) fn charset(search: &Search<'_>, body: &[u8]) -> Option<Cause> {
    if body.is_ascii() {
        return None;
    }
    let bodies = match std::str::from_utf8(body) {
        Ok(text) => [to_latin(text), to_windows(text)],
        Err(_) => [Some(from_latin(body)), Some(from_windows(body))],
    };
    first_fit(search, bodies.into_iter().flatten(), || {
        Cause::new(
            "body-charset-changed",
            "The body went through the wrong character set: its UTF-8 was read or written as ISO 8859-1 or \
             Windows-1252.",
            "Treat the body as bytes, or as UTF-8 throughout.",
        )
    })
}

fn to_latin(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|mark| u8::try_from(u32::from(mark)).ok()).collect()
}

fn to_windows(text: &str) -> Option<Vec<u8>> {
    let byte = |mark: char| {
        let code = u32::from(mark);
        let at = WINDOWS_1252.iter().position(|known| code > 0xff && u32::from(*known) == code);
        at.map_or_else(|| u8::try_from(code).ok(), |at| u8::try_from(0x80 + at).ok())
    };
    text.chars().map(byte).collect()
}

fn from_latin(body: &[u8]) -> Vec<u8> {
    body.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes()
}

fn from_windows(body: &[u8]) -> Vec<u8> {
    let mark = |byte: &u8| match byte {
        0x80..=0x9f => char::from_u32(WINDOWS_1252[usize::from(byte - 0x80)].into())
            .filter(|mark| *mark != '\0')
            .unwrap_or(char::from(*byte)),
        _ => char::from(*byte),
    };
    body.iter().map(mark).collect::<String>().into_bytes()
}

/// Escapes and numbers of JSON.
pub(super) fn find(search: &Search<'_>, body: &[u8]) -> Option<Cause> {
    let tokens = json::tokens(body)?;
    let text = std::str::from_utf8(body).ok()?;
    slashes(search, text)
        .or_else(|| characters(search, text))
        .or_else(|| html(search, text))
        .or_else(|| numbers(search, body, &tokens))
}

fn slashes(search: &Search<'_>, text: &str) -> Option<Cause> {
    let lost = first_fit(search, [json::escape_slashes(text)], || {
        Cause::new(
            "body-slashes-unescaped",
            "The sender wrote \\/ where the body now has /: the JSON was parsed and written again.",
            AS_RECEIVED,
        )
    });
    lost.or_else(|| {
        first_fit(search, [json::unescape_slashes(text)], || {
            Cause::new(
                "body-slashes-escaped",
                "The body has \\/ where the sender signed /: PHP's json_encode writes it so.",
                AS_RECEIVED,
            )
        })
    })
}

fn characters(search: &Search<'_>, text: &str) -> Option<Cause> {
    let escaped = [Case::Lower, Case::Upper].map(|case| json::escape(text, case, is_beyond_ascii));
    let lost = first_fit(search, escaped, || {
        Cause::new(
            "body-unicode-unescaped",
            "The sender escapes characters such as \u{e9}; the body now has the characters themselves.",
            AS_RECEIVED,
        )
    });
    lost.or_else(|| {
        first_fit(search, [json::unescape(text, is_beyond_ascii)], || {
            Cause::new(
                "body-unicode-escaped",
                "The body has escapes such as \\u00e9 where the sender signed the characters themselves: \
                 Python's json.dumps writes them so.",
                AS_RECEIVED,
            )
        })
    })
}

fn html(search: &Search<'_>, text: &str) -> Option<Cause> {
    let sets = ["&<>", "&<>\u{2028}\u{2029}", "&<>'", "&<>'=", "<>", "&"];
    let bodies = sets.into_iter().flat_map(|set| {
        [Case::Lower, Case::Upper].map(|case| json::escape(text, case, |mark| set.contains(mark)))
    });
    first_fit(search, bodies, || {
        Cause::new(
            "body-html-escapes-lost",
            "The sender escapes &, < and >, as Rails and Go do; the body now has the characters.",
            AS_RECEIVED,
        )
    })
}

/// Numbers that lost their fraction: one, two or three of them, or all.
fn numbers(search: &Search<'_>, body: &[u8], tokens: &[Token<'_>]) -> Option<Cause> {
    let is_whole = |text: &[u8]| {
        let digits = text.strip_prefix(b"-").unwrap_or(text);
        !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
    };
    let wholes = tokens.iter().filter_map(|token| match token {
        Token::Scalar(text) if is_whole(text) => {
            Some((text.len(), text.as_ptr() as usize - body.as_ptr() as usize + text.len()))
        }
        _ => None,
    });
    // The places behind the whole numbers: those that may have a fraction first.
    let (short, long): (Vec<_>, Vec<_>) = wholes.partition(|(length, _)| *length < TIME_LENGTH);
    let ends: Vec<usize> = short.into_iter().chain(long).map(|(_, end)| end).collect();
    let count = ends.len();
    let singles = (0..count).map(|one| vec![one]);
    let all = (count > 3).then(|| (0..count).collect());
    let pairs = (0..count).flat_map(|one| (one + 1..count).map(move |two| vec![one, two]));
    let triples = (0..count).flat_map(|one| {
        (one + 1..count)
            .flat_map(move |two| (two + 1..count).map(move |three| vec![one, two, three]))
    });
    let chosen = singles.chain(all).chain(pairs).chain(triples);
    let bodies = chosen.take(search.left().saturating_sub(RESERVED)).map(|chosen| {
        let mut chosen: Vec<_> = chosen.into_iter().map(|index| ends[index]).collect();
        chosen.sort_unstable();
        let mut out = Vec::with_capacity(body.len() + 2 * chosen.len());
        let mut from = 0;
        for end in chosen {
            out.extend_from_slice(&body[from..end]);
            out.extend_from_slice(b".0");
            from = end;
        }
        out.extend_from_slice(&body[from..]);
        out
    });
    first_fit(search, bodies, || {
        Cause::new(
            "body-numbers-normalized",
            "A number lost its fraction, 136 for 136.0, when the JSON was written again.",
            AS_RECEIVED,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn character_sets_are_exchanged() {
        assert_eq!(to_latin("\u{c3}\u{a9}"), Some(b"\xc3\xa9".to_vec()));
        assert_eq!(to_latin("\u{20ac}"), None);
        assert_eq!(to_windows("\u{20ac}\u{e9}"), Some(b"\x80\xe9".to_vec()));
        assert_eq!(from_latin(b"\xe9"), "\u{e9}".as_bytes());
        assert_eq!(from_windows(b"\x80\x81\xe9"), "\u{20ac}\u{81}\u{e9}".as_bytes());
    }
}
