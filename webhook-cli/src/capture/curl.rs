//! `curl` commands, as browsers and services let people copy them.

use std::{borrow::Cow, path::Path};

use base64ct::{Base64, Encoding as _};

use super::{Capture, MAX_FILE};
use crate::files;

/// The options that take a value and say nothing about the request.
const IGNORED_WITH_VALUE: &[&str] = &[
    "-o",
    "--output",
    "-m",
    "--max-time",
    "--connect-timeout",
    "--retry",
    "-w",
    "--write-out",
    "-x",
    "--proxy",
    "--cacert",
    "--cert",
    "--key",
    "--resolve",
    "-c",
    "--cookie-jar",
    "-D",
    "--dump-header",
    "--interface",
    "--limit-rate",
    "--max-redirs",
    "--retry-delay",
    "--retry-max-time",
    "--proxy-user",
    "-U",
    "-E",
];

/// The options of one letter that take a value.
const LETTERS_WITH_VALUE: &str = "XHdAbeomxwcDuUEFTK";

/// The options whose data a command does not show byte by byte.
const UNKNOWN_BODY: [&str; 7] =
    ["-F", "--form", "--form-string", "-T", "--upload-file", "-K", "--config"];

/// Parses a command. Files behind `@` are read, as curl does.
pub(super) fn parse(text: &[u8]) -> Result<Capture, String> {
    let text = std::str::from_utf8(text).map_err(|_| "the command is not UTF-8")?;
    let text = without_carets(text);
    let mut words = words(&text)?.into_iter();
    let mut word = words.next();
    if word.as_deref() == Some("$") {
        word = words.next();
    }
    if !word.is_some_and(|word| word == "curl" || word == "curl.exe") {
        return Err("it does not begin with `curl`".to_owned());
    }
    let mut capture = Capture::default();
    let (mut url, mut method, mut body) = (None, None, None::<Vec<u8>>);
    let mut is_json = false;
    while let Some(word) = words.next() {
        let (option, mut inline) = split_option(&word);
        let mut value = || {
            inline
                .take()
                .or_else(|| words.next())
                .ok_or_else(|| format!("{option} lacks its value"))
        };
        match option.as_str() {
            "-X" | "--request" => method = Some(value()?),
            "-H" | "--header" => {
                let header = value()?;
                if let Some((name, value)) = header.split_once(':') {
                    capture.push(name.trim(), value.trim());
                }
            }
            "-A" | "--user-agent" => capture.push("User-Agent", &value()?),
            "-b" | "--cookie" => capture.push("Cookie", &value()?),
            "-e" | "--referer" => capture.push("Referer", &value()?),
            "-u" | "--user" => {
                let credentials = Base64::encode_string(value()?.as_bytes());
                capture.push("Authorization", &format!("Basic {credentials}"));
            }
            "--oauth2-bearer" => capture.push("Authorization", &format!("Bearer {}", value()?)),
            "--url" => url = Some(value()?),
            "-d" | "--data" | "--data-ascii" | "--data-raw" | "--data-binary" | "--json"
            | "--data-urlencode" => {
                is_json = is_json || option == "--json";
                let more = data(&option, &value()?)?;
                let joined = body.get_or_insert_default();
                if !joined.is_empty() && option != "--json" {
                    joined.push(b'&');
                }
                joined.extend_from_slice(&more);
            }
            option if UNKNOWN_BODY.contains(&option) => {
                return Err(format!(
                    "{option} sends bytes that the command does not show: capture the request itself"
                ));
            }
            _ if IGNORED_WITH_VALUE.contains(&option.as_str()) => drop(value()?),
            _ if option.starts_with('-') => {}
            _ => url = Some(word),
        }
    }
    let url = url.ok_or("the command names no URL")?;
    let default = if body.is_some() { "POST" } else { "GET" };
    capture.method = method.unwrap_or_else(|| default.to_owned()).to_ascii_uppercase();
    if let Some((_, rest)) = url.split_once("://").filter(|_| capture.header("host").is_none()) {
        capture.push("Host", rest.split(['/', '?']).next().unwrap_or_default());
    }
    capture.target = url;
    if body.is_some() && capture.header("content-type").is_none() {
        let kind = if is_json { "application/json" } else { "application/x-www-form-urlencoded" };
        capture.push("Content-Type", kind);
    }
    capture.body = body.unwrap_or_default();
    Ok(capture)
}

/// Splits `-XPOST` and `--request=POST`.
fn split_option(word: &str) -> (String, Option<String>) {
    if let Some((option, value)) = word.split_once('=').filter(|_| word.starts_with("--")) {
        return (option.to_owned(), Some(value.to_owned()));
    }
    // `-sSX POST` and `-sXPOST`: options without a value may stand in front.
    let letters = word.strip_prefix('-').filter(|_| !word.starts_with("--")).unwrap_or_default();
    let Some(at) = letters.find(|letter| LETTERS_WITH_VALUE.contains(letter)) else {
        return (word.to_owned(), None);
    };
    let value = &letters[at + 1..];
    let option = format!("-{}", &letters[at..=at]);
    (option, (!value.is_empty()).then(|| value.to_owned()))
}

/// A command without the carets with which the command line of Windows escapes: browsers write
/// `^"…^"`, and a caret, a line break and another one for a line break.
fn without_carets(text: &str) -> Cow<'_, str> {
    if !text.contains("^\"") {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    let mut out = String::with_capacity(text.len());
    let mut marks = text.chars();
    while let Some(mark) = marks.next() {
        match if mark == '^' { marks.next() } else { Some(mark) } {
            // The line goes on; a second break is part of the text.
            Some('\n') if mark == '^' => {
                if marks.as_str().starts_with('\n') {
                    out.extend(marks.next());
                } else {
                    out.push(' ');
                }
            }
            Some(mark) => out.push(mark),
            None => {}
        }
    }
    Cow::Owned(out)
}

/// The bytes that an option with data sends.
fn data(option: &str, value: &str) -> Result<Vec<u8>, String> {
    if option == "--data-urlencode" {
        let (name, text) = value.split_once('=').unwrap_or(("", value));
        let escaped = form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let escaped = escaped.replace('+', "%20");
        let name = if name.is_empty() { String::new() } else { format!("{name}=") };
        return Ok(format!("{name}{escaped}").into_bytes());
    }
    match value.strip_prefix('@').filter(|_| option != "--data-raw") {
        None => Ok(value.as_bytes().to_vec()),
        Some(file) => {
            let bytes =
                files::read(Path::new(file), MAX_FILE).map_err(|error| error.to_string())?;
            let strips = matches!(option, "-d" | "--data" | "--data-ascii");
            let keep = |byte: &u8| !strips || !matches!(byte, b'\r' | b'\n' | 0);
            Ok(bytes.into_iter().filter(keep).collect())
        }
    }
}

/// Splits a command into words, as a shell does.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut marks = text.chars().peekable();
    while let Some(mark) = marks.next() {
        match mark {
            '\\' => match marks.next() {
                // The line goes on.
                Some('\n') | None => {}
                Some('\r') if marks.peek() == Some(&'\n') => drop(marks.next()),
                Some(mark) => word.get_or_insert_default().push(mark),
            },
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match marks.next().ok_or("a single quotation mark is not closed")? {
                        '\'' => break,
                        mark => word.push(mark),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match marks.next().ok_or("a quotation mark is not closed")? {
                        '"' => break,
                        '\\' => match marks.next() {
                            Some(mark @ ('"' | '\\' | '$' | '`')) => word.push(mark),
                            Some('\n') => {}
                            Some(mark) => word.extend(['\\', mark]),
                            None => word.push('\\'),
                        },
                        mark => word.push(mark),
                    }
                }
            }
            '$' if marks.peek() == Some(&'\'') => {
                marks.next();
                ansi(&mut marks, word.get_or_insert_default())?;
            }
            mark if mark.is_whitespace() => words.extend(word.take()),
            mark => word.get_or_insert_default().push(mark),
        }
    }
    words.extend(word);
    Ok(words)
}

type Marks<'t> = std::iter::Peekable<std::str::Chars<'t>>;

/// Reads the rest of a `$'…'`.
fn ansi(marks: &mut Marks<'_>, word: &mut String) -> Result<(), String> {
    const OPEN: &str = "a $' is not closed";
    loop {
        match marks.next().ok_or(OPEN)? {
            '\'' => return Ok(()),
            '\\' => match marks.next().ok_or(OPEN)? {
                'n' => word.push('\n'),
                'r' => word.push('\r'),
                't' => word.push('\t'),
                'u' => word.push(utf16(marks)?),
                'x' => word.push_str(&bytes(marks)),
                mark => word.push(mark),
            },
            mark => word.push(mark),
        }
    }
}

/// Reads the digits of a `\\u`; a pair of surrogates is one character.
fn utf16(marks: &mut Marks<'_>) -> Result<char, String> {
    const LONE: &str = "a \\u in $'…' is no character";
    let first = digits(marks, 4).ok_or(LONE)?;
    if let Some(mark) = char::from_u32(first) {
        return Ok(mark);
    }
    let is_pair = marks.next() == Some('\\') && marks.next() == Some('u');
    let second = digits(marks, 4).filter(|_| is_pair).ok_or(LONE)?;
    let units = [first, second].map(|unit| u16::try_from(unit).unwrap_or_default());
    char::decode_utf16(units).next().and_then(Result::ok).ok_or_else(|| LONE.to_owned())
}

/// Reads hexadecimal digits.
fn digits(marks: &mut Marks<'_>, most: usize) -> Option<u32> {
    let mut text = String::new();
    while text.len() < most {
        match marks.peek() {
            Some(digit) if digit.is_ascii_hexdigit() => text.push(*digit),
            _ => break,
        }
        marks.next();
    }
    u32::from_str_radix(&text, 16).ok()
}

/// Reads the digits of a byte, and the bytes `\x…` behind it: UTF-8, or characters as Firefox writes
/// them.
fn bytes(marks: &mut Marks<'_>) -> String {
    let mut bytes = Vec::new();
    loop {
        bytes.extend(digits(marks, 2).and_then(|byte| u8::try_from(byte).ok()));
        let mut ahead = marks.clone();
        if (ahead.next(), ahead.next()) != (Some('\\'), Some('x')) {
            break;
        }
        *marks = ahead;
    }
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_command_is_read() {
        let text = "curl 'https://a.example/hook?x=1' \\\n  -X POST -H 'X-A: 1' --compressed \\\n  \
                    --data-raw '{\"it\\u0027s\": \"'\\''\"}'";
        let capture = parse(text.as_bytes()).expect("a command");
        assert_eq!(
            (&*capture.method, capture.path(), capture.query()),
            ("POST", "/hook", Some("x=1"))
        );
        assert_eq!(capture.header("host"), Some("a.example"));
        assert_eq!(capture.body, br#"{"it\u0027s": "'"}"#);
    }

    #[test]
    fn the_method_follows_from_the_data() {
        let method = |text: &str| parse(text.as_bytes()).expect("a command").method;
        assert_eq!(method("curl https://a.example"), "GET");
        assert_eq!(method("curl https://a.example -d a=1"), "POST");
        assert_eq!(method("curl -XPUT https://a.example"), "PUT");
        assert_eq!(method("curl --request=PATCH https://a.example"), "PATCH");
    }

    #[test]
    fn options_stand_together() {
        let capture = parse(b"curl https://a.example -sSX PUT -ua:b -kd x").expect("a command");
        assert_eq!((&*capture.method, &*capture.target), ("PUT", "https://a.example"));
        assert_eq!(capture.header("authorization"), Some("Basic YTpi"));
        assert_eq!(capture.body, b"x");
        for option in ["-F a=b", "-T file", "-K file"] {
            assert!(parse(format!("curl {option} https://a.example").as_bytes()).is_err());
        }
    }

    #[test]
    fn commands_for_windows_are_read() {
        let text = "curl ^\"https://a.example/a^%^20b^\" ^\r\n  -H ^\"x-a: ^{1^}^\" ^\r\n  --data-raw \
                    ^\"^{^\\^\"a^\\^\":^\r\n\r\n1^}^\"";
        let capture = parse(text.as_bytes()).expect("a command");
        assert_eq!((capture.path(), capture.header("x-a")), ("/a%20b", Some("{1}")));
        assert_eq!(capture.body, b"{\"a\":\n1}");
    }

    #[test]
    fn data_is_joined_and_escaped() {
        let body = |text: &str| parse(text.as_bytes()).expect("a command").body;
        assert_eq!(body("curl u -d a=1 -d b=2"), b"a=1&b=2");
        assert_eq!(body("curl u --data-urlencode 'a=b c'"), b"a=b%20c");
        assert_eq!(body("curl u --data-raw $'a\\nb\\u00e9\\'c'"), "a\nb\u{e9}'c".as_bytes());
        assert_eq!(body("curl u -d $'\\xc3\\xa9\\x21'"), "\u{e9}!".as_bytes());
        assert_eq!(body("curl u -d $'Zo\\xeb'"), "Zo\u{eb}".as_bytes());
        assert_eq!(body("curl u --data-raw @a"), b"@a");
    }

    #[test]
    fn broken_commands_are_refused() {
        for text in ["wget u", "curl", "curl 'u", "curl u -H", "curl \"u"] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
