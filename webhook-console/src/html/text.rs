//! Texts of senders. Nothing in them becomes markup, changes the direction of the text around them, or
//! stays invisible.

use maud::{Markup, html};

/// A part of a text.
enum Part<'t> {
    Plain(&'t str),
    /// An invisible character.
    Hidden(char),
}

/// A text of a sender. Invisible characters are shown by their codes.
pub(crate) fn shown(text: &str) -> Markup {
    html! { bdi { (inline(text)) } }
}

/// A name that somebody else wrote, such as `payment_intent.succeeded`: a line ends behind a separator if
/// it can, and not inside of a word.
pub(crate) fn name(text: &str) -> Markup {
    html! {
        bdi {
            @for (at, word) in text.split_inclusive(['.', '_', '-', '/', ':']).enumerate() {
                @if at > 0 { wbr; }
                (inline(word))
            }
        }
    }
}

/// The same inside of an element that isolates its direction.
pub(crate) fn inline(text: &str) -> Markup {
    html! {
        @for part in parts(text) {
            @match part {
                Part::Plain(text) => (text),
                Part::Hidden(c) => span.chip { "U+" (format!("{:04X}", u32::from(c))) },
            }
        }
    }
}

/// Bytes that are text for the most part.
pub(crate) fn bytes(bytes: &[u8]) -> Markup {
    html! {
        bdi {
            @for chunk in bytes.utf8_chunks() {
                (inline(chunk.valid()))
                @for byte in chunk.invalid() {
                    span.chip { "0x" (format!("{byte:02X}")) }
                }
            }
        }
    }
}

/// A text for an attribute, which cannot have markup: invisible characters become U+FFFD.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if is_hidden(c) { '\u{fffd}' } else { c }).collect()
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let (mut parts, mut from) = (Vec::new(), 0);
    for (at, c) in text.char_indices().filter(|(_, c)| is_hidden(*c)) {
        if from < at {
            parts.push(Part::Plain(&text[from..at]));
        }
        parts.push(Part::Hidden(c));
        from = at + c.len_utf8();
    }
    if from < text.len() {
        parts.push(Part::Plain(&text[from..]));
    }
    parts
}

/// True for characters that are not seen: controls, marks of direction, and characters without a width.
fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(
            u32::from(c),
            0x00AD
                | 0x034F
                | 0x061C
                | 0x115F..=0x1160
                | 0x17B4..=0x17B5
                | 0x180B..=0x180F
                | 0x200B..=0x200F
                | 0x2028..=0x202E
                | 0x2060..=0x206F
                | 0x3164
                | 0xFE00..=0xFE0F
                | 0xFEFF
                | 0xFFA0
                | 0xFFF0..=0xFFFB
                | 0xE0000..=0xE0FFF
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_text() {
        let text = shown("<script>alert(\"1\")</script> & '").into_string();
        assert!(text.starts_with("<bdi>&lt;script&gt;") && text.ends_with("</bdi>"), "{text}");
        assert!(!text.contains("<script"), "{text}");
    }

    #[test]
    fn names_break_behind_separators() {
        assert_eq!(
            name("a_<b>.c\u{202e}").into_string(),
            "<bdi>a_<wbr>&lt;b&gt;.<wbr>c<span class=\"chip\">U+202E</span></bdi>"
        );
        assert_eq!(name("push").into_string(), shown("push").into_string());
    }

    #[test]
    fn invisible_characters_are_shown() {
        let text = shown("a\u{202e}b\0c\u{200b}").into_string();
        assert_eq!(
            text,
            "<bdi>a<span class=\"chip\">U+202E</span>b<span class=\"chip\">U+0000</span>c\
             <span class=\"chip\">U+200B</span></bdi>"
        );
        assert_eq!(shown("größe 👍 \u{202b}").into_string().matches("chip").count(), 1);
        assert_eq!(plain("a\u{202e}\tb"), "a\u{fffd}\u{fffd}b");
    }

    #[test]
    fn invalid_bytes_are_shown() {
        let text = bytes(b"a\xffb\xc3").into_string();
        assert_eq!(
            text,
            "<bdi>a<span class=\"chip\">0xFF</span>b<span class=\"chip\">0xC3</span></bdi>"
        );
    }
}
