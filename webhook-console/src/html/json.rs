//! JSON for reading: indented, with the order of its fields and the text of its numbers as they were
//! sent.

use maud::{Markup, html};
use serde::de::IgnoredAny;

use crate::html::text::inline;

/// The deepest indentation. Deeper levels are not indented further.
const MAX_INDENT: usize = 24;

/// A token, by its colour.
enum Token<'j> {
    Plain(String),
    Key(&'j str),
    Text(&'j str),
    Value(&'j str),
}

/// The first `most` bytes of a document, indented; `None` if the whole is not JSON.
pub(crate) fn pretty(body: &[u8], most: usize) -> Option<Markup> {
    let text = std::str::from_utf8(body).ok()?;
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let tokens = tokens(text, most);
    Some(html! {
        bdi {
            @for token in &tokens {
                @match token {
                    Token::Plain(text) => (text),
                    Token::Key(text) => span.j-key { (inline(text)) },
                    Token::Text(text) => span.j-text { (inline(text)) },
                    Token::Value(text) => span.j-value { (inline(text)) },
                }
            }
        }
    })
}

fn tokens(text: &str, most: usize) -> Vec<Token<'_>> {
    let (mut tokens, mut depth, mut at) = (Vec::new(), 0_usize, 0);
    let bytes = text.as_bytes();
    let line = |depth: usize| Token::Plain(format!("\n{}", "  ".repeat(depth.min(MAX_INDENT))));
    while at < bytes.len() && at < most {
        match bytes[at] {
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            open @ (b'{' | b'[') => {
                at += 1;
                let close = next_sign(bytes, at);
                if matches!(bytes.get(close), Some(b'}' | b']')) {
                    tokens.push(Token::Plain(if open == b'{' { "{}" } else { "[]" }.to_owned()));
                    at = close + 1;
                } else {
                    tokens.push(Token::Plain(char::from(open).to_string()));
                    depth += 1;
                    tokens.push(line(depth));
                }
            }
            close @ (b'}' | b']') => {
                depth = depth.saturating_sub(1);
                tokens.push(line(depth));
                tokens.push(Token::Plain(char::from(close).to_string()));
                at += 1;
            }
            b',' => {
                tokens.push(Token::Plain(",".to_owned()));
                tokens.push(line(depth));
                at += 1;
            }
            b':' => {
                tokens.push(Token::Plain(": ".to_owned()));
                at += 1;
            }
            b'"' => {
                let end = end_of_string(bytes, at);
                let part = cut(text, at, end, most);
                let is_key = bytes.get(next_sign(bytes, end)) == Some(&b':');
                tokens.push(if is_key { Token::Key(part) } else { Token::Text(part) });
                at = end;
            }
            _ => {
                let is_end = |byte: &u8| b" \t\n\r,:{}[]\"".contains(byte);
                let end =
                    bytes[at..].iter().position(is_end).map_or(bytes.len(), |length| at + length);
                tokens.push(Token::Value(cut(text, at, end, most)));
                at = end.max(at + 1);
            }
        }
    }
    tokens
}

/// The place of the next character that is no space.
fn next_sign(bytes: &[u8], from: usize) -> usize {
    let is_sign = |byte: &u8| !b" \t\n\r".contains(byte);
    bytes[from..].iter().position(is_sign).map_or(bytes.len(), |length| from + length)
}

/// The place after the string that begins here.
fn end_of_string(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// A part of the text that ends before the limit, at the border of a character.
fn cut(text: &str, from: usize, to: usize, most: usize) -> &str {
    let limit = to.min(most.max(from));
    // The next line is `floor_char_boundary` of the standard library, which needs Rust 1.91.
    let end = (0..=limit).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(from..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(body: &str, most: usize) -> String {
        let tokens = tokens(body, most);
        let texts = tokens.iter().map(|token| match token {
            Token::Plain(text) => text.as_str(),
            Token::Key(text) | Token::Text(text) | Token::Value(text) => text,
        });
        texts.collect()
    }

    #[test]
    fn the_order_of_fields_and_numbers_stay() {
        let body = r#"{"z":1.50e2,"a":[true,null,{}],"s":"a\"b:c","e":[ ]}"#;
        assert_eq!(
            plain(body, 1000),
            "{\n  \"z\": 1.50e2,\n  \"a\": [\n    true,\n    null,\n    {}\n  ],\n  \"s\": \"a\\\"b:c\",\n  \"e\": []\n}"
        );
        assert!(pretty(b"{\"a\":", 100).is_none() && pretty(b"\xff", 100).is_none());
        let marked = pretty(br#"{"<b>":"</script>"}"#, 100).expect("JSON").into_string();
        assert!(!marked.contains("<b>") && !marked.contains("</script>"), "{marked}");
    }

    #[test]
    fn the_rest_is_cut() {
        for most in 0..20 {
            assert!(plain("[\"größe größe\",123456789]", most).len() <= most + 20);
        }
        let deep = "[".repeat(1000) + &"]".repeat(1000);
        assert!(plain(&deep, 64 * 1024).len() < 1000 * 2 * 60);
    }
}
