//! JSON as tokens, so that its layout and its escapes can be changed and nothing else.

use serde::de::IgnoredAny;

use super::MAX_BODY;

/// The longest text that is written, in bytes, but for one token.
const MAX_WRITTEN: usize = 4 * MAX_BODY;

/// A token of a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'j> {
    /// `{` or `[`.
    Open(u8),
    /// `}` or `]`.
    Close(u8),
    Comma,
    Colon,
    /// A string with its quotation marks, a number, `true`, `false` or `null`.
    Scalar(&'j [u8]),
}

/// The white space between tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    comma: &'static str,
    colon: &'static str,
    /// The indentation of one level, for a line for each value.
    indent: Option<&'static str>,
}

impl Layout {
    pub(super) const COMPACT: Self = Self { comma: ",", colon: ":", indent: None };
    /// Python's `json.dumps`.
    pub(super) const SPACED: Self = Self { comma: ", ", colon: ": ", indent: None };
    pub(super) const SPACED_COLONS: Self = Self { comma: ",", colon: ": ", indent: None };
    pub(super) const TWO: Self = Self::indented("  ");
    pub(super) const FOUR: Self = Self::indented("    ");
    pub(super) const TABS: Self = Self::indented("\t");

    /// A line for each value, indented as the text behind the first bracket of a body is.
    pub(super) fn of_indent(body: &[u8]) -> Option<Self> {
        const BLANKS: &str = "                ";
        let behind = body.get(1..)?;
        if behind.starts_with(b"\t") {
            return Some(Self::TABS);
        }
        let width = behind.iter().take_while(|byte| **byte == b' ').count();
        BLANKS.get(..width).filter(|blanks| !blanks.is_empty()).map(Self::indented)
    }

    const fn indented(indent: &'static str) -> Self {
        Self { comma: ",", colon: ": ", indent: Some(indent) }
    }

    /// Writes tokens in this layout. A text that gets too long, as deep nesting does, is cut at `MAX_WRITTEN`.
    pub(super) fn write(&self, tokens: &[Token<'_>]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut depth = 0usize;
        let new_line = |out: &mut Vec<u8>, depth: usize| {
            if let Some(indent) = self.indent {
                out.push(b'\n');
                (0..depth).for_each(|_| out.extend_from_slice(indent.as_bytes()));
            }
        };
        let mut last = None;
        for token in tokens {
            if out.len() > MAX_WRITTEN {
                break;
            }
            match *token {
                Token::Open(mark) => {
                    if matches!(last, Some(Token::Open(_))) {
                        new_line(&mut out, depth);
                    }
                    out.push(mark);
                    depth += 1;
                }
                Token::Close(mark) => {
                    depth = depth.saturating_sub(1);
                    // Empty objects and lists stay in one line.
                    if !matches!(last, Some(Token::Open(_))) {
                        new_line(&mut out, depth);
                    }
                    out.push(mark);
                }
                Token::Comma => {
                    out.extend_from_slice(self.comma.as_bytes());
                    new_line(&mut out, depth);
                }
                Token::Colon => out.extend_from_slice(self.colon.as_bytes()),
                Token::Scalar(text) => {
                    if matches!(last, Some(Token::Open(_))) {
                        new_line(&mut out, depth);
                    }
                    out.extend_from_slice(text);
                }
            }
            last = Some(*token);
        }
        out
    }
}

/// Splits a JSON text into its tokens; `None` if it is no JSON, or only a scalar.
pub(super) fn tokens(text: &[u8]) -> Option<Vec<Token<'_>>> {
    serde_json::from_slice::<IgnoredAny>(text).ok()?;
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let start = at;
        at += 1;
        tokens.push(match byte {
            b'{' | b'[' => Token::Open(byte),
            b'}' | b']' => Token::Close(byte),
            b',' => Token::Comma,
            b':' => Token::Colon,
            b'"' => {
                while text[at] != b'"' {
                    at += if text[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
                Token::Scalar(&text[start..at])
            }
            _ if byte.is_ascii_whitespace() => continue,
            _ => {
                let ends = |byte: &u8| b",]}".contains(byte) || byte.is_ascii_whitespace();
                at += text[at..].iter().position(ends).unwrap_or(text.len() - at);
                Token::Scalar(&text[start..at])
            }
        });
    }
    matches!(tokens.first(), Some(Token::Open(_))).then_some(tokens)
}

/// Writes `\/` for `/`.
pub(super) fn escape_slashes(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut marks = text.chars();
    while let Some(mark) = marks.next() {
        match mark {
            '\\' => out.extend([Some(mark), marks.next()].into_iter().flatten()),
            '/' => out.push_str("\\/"),
            _ => out.push(mark),
        }
    }
    out
}

/// Writes `/` for `\/`.
pub(super) fn unescape_slashes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks = text.chars();
    while let Some(mark) = marks.next() {
        let next = if mark == '\\' { marks.next() } else { None };
        match next {
            Some('/') => out.push('/'),
            next => out.extend([Some(mark), next].into_iter().flatten()),
        }
    }
    out
}

/// The case of the digits of an escape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Lower,
    Upper,
}

/// Writes `\uxxxx` for every character that `wanted` picks.
pub(super) fn escape(text: &str, case: Case, wanted: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for mark in text.chars() {
        if !wanted(mark) {
            out.push(mark);
            continue;
        }
        for unit in mark.encode_utf16(&mut [0; 2]) {
            let digits =
                [12, 8, 4, 0].map(|shift| char::from_digit(u32::from(*unit) >> shift & 15, 16));
            out.push_str("\\u");
            out.extend(digits.into_iter().flatten().map(|digit| match case {
                Case::Lower => digit,
                Case::Upper => digit.to_ascii_uppercase(),
            }));
        }
    }
    out
}

/// True for the characters that writers of ASCII escape.
pub(super) fn is_beyond_ascii(mark: char) -> bool {
    mark > '~'
}

/// Writes the characters for the escapes `\uxxxx` of the characters that `wanted` picks.
pub(super) fn unescape(text: &str, wanted: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let unit = |from: usize| {
            let digits = rest.get(from..from + 6)?.strip_prefix("\\u")?;
            let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)
        };
        let decoded = |len: usize| {
            let units = (0..len).map_while(|index| unit(6 * index)).collect::<Vec<_>>();
            let mark = String::from_utf16(&units).ok()?;
            (units.len() == len && mark.chars().all(&wanted)).then_some((mark, 6 * len))
        };
        let len = if let Some((mark, len)) = decoded(1).or_else(|| decoded(2)) {
            if matches!(&*mark, "\"" | "\\") {
                out.push('\\');
            }
            out.push_str(&mark);
            len
        } else {
            // The escaped character belongs to the escape.
            let len = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
            out.push_str(&rest[..len]);
            len
        };
        rest = &rest[len..];
    }
    out.push_str(rest);
    out
}

/// Writes a text with no escapes but those that JSON needs, as `JSON.stringify` does.
pub(super) fn plain(text: &str) -> String {
    unescape(&unescape_slashes(text), |mark| !mark.is_control() || is_beyond_ascii(mark))
}

/// Writes a plain text as .NET does: with escapes for all that HTML or a script may take for markup.
pub(super) fn escape_as_dotnet(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let len = 1 + rest[at + 1..].chars().next().map_or(0, char::len_utf8);
        let escaped = &rest[at..at + len];
        out.push_str(if escaped == "\\\"" { "\\u0022" } else { escaped });
        rest = &rest[at + len..];
    }
    out.push_str(rest);
    escape(&out, Case::Upper, |mark| is_beyond_ascii(mark) || "&<>'+`".contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRETTY: &str = "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": \"x, y: \\\"z\"\n}";

    fn written(text: &str, layout: Layout) -> String {
        let tokens = tokens(text.as_bytes()).expect("JSON");
        String::from_utf8(layout.write(&tokens)).expect("text")
    }

    #[test]
    fn layouts_keep_the_tokens() {
        let compact = r#"{"a":[1,{}],"b":"x, y: \"z"}"#;
        assert_eq!(written(PRETTY, Layout::COMPACT), compact);
        assert_eq!(written(compact, Layout::TWO), PRETTY);
        assert_eq!(written(compact, Layout::SPACED), r#"{"a": [1, {}], "b": "x, y: \"z"}"#);
        assert_eq!(written(compact, Layout::SPACED_COLONS), r#"{"a": [1,{}],"b": "x, y: \"z"}"#);
        assert_eq!(written("[[1]]", Layout::TABS), "[\n\t[\n\t\t1\n\t]\n]");
        assert_eq!(written("[ 1.50 ,1E2 ]", Layout::COMPACT), "[1.50,1E2]");
    }

    #[test]
    fn other_texts_have_no_tokens() {
        for text in ["", "{", "a=b", "1", "\"a\"", "{} x"] {
            assert_eq!(tokens(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn slashes_are_escaped_and_unescaped() {
        assert_eq!(escape_slashes(r#"{"a":"b/c\/d\\/"}"#), r#"{"a":"b\/c\/d\\\/"}"#);
        assert_eq!(unescape_slashes(r#"{"a":"b\/c\\/d\n"}"#), r#"{"a":"b/c\\/d\n"}"#);
    }

    #[test]
    fn characters_are_escaped_and_unescaped() {
        let (plain, lower) = ("a\u{e9}\u{1f680}b", r"a\u00e9\ud83d\ude80b");
        assert_eq!(escape(plain, Case::Lower, is_beyond_ascii), lower);
        assert_eq!(escape("\u{e9}", Case::Upper, is_beyond_ascii), r"\u00E9");
        assert_eq!(unescape(lower, is_beyond_ascii), plain);
        for text in [r"\u0041", r"\\u00e9", r"\ud83d", r"\u00", r"\", r"\u+0e9", "\\\u{e9}"] {
            assert_eq!(unescape(text, is_beyond_ascii), text);
        }
    }

    #[test]
    fn deep_texts_are_cut() {
        let deep = [vec![b'['; 20_000], vec![b']'; 20_000]].concat();
        let tokens = tokens(&deep).expect("JSON");
        assert_eq!(Layout::COMPACT.write(&tokens), deep);
        assert!(Layout::FOUR.write(&tokens).len() < MAX_WRITTEN + 80_000 * 4);
    }

    #[test]
    fn plain_texts_have_no_needless_escapes() {
        let written = r#"{"a":"\u00e9\/\u0026\u0027\u0022\u005c\n\u0001\\u0026"}"#;
        let expected = "{\"a\":\"\u{e9}/&'\\\"\\\\\\n\\u0001\\\\u0026\"}";
        assert_eq!(plain(written), expected);
        let dotnet = r#"{"a":"\u00E9/\u0026\u0027\u0022\\\n\u0001\\u0026"}"#;
        assert_eq!(escape_as_dotnet(expected), dotnet);
    }

    #[test]
    fn indents_are_those_behind_the_first_bracket() {
        let of = |body: &[u8]| Layout::of_indent(body).and_then(|layout| layout.indent);
        assert_eq!(of(b"{   \"a\": 1}"), Some("   "));
        assert_eq!(of(b"[\t1]"), Some("\t"));
        for body in ["", "{", "{\"a\":1}", "{                 \"a\": 1}"] {
            assert_eq!(of(body.as_bytes()), None);
        }
    }
}
