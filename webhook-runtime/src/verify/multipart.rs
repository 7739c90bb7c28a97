//! Forms of the kind `multipart/form-data` (RFC 7578), read in place. The body is untrusted: whatever
//! two readers could read differently is refused. The body alone decides: its first line is the
//! boundary, because hardly any sender signs the content type, which repeats it.

use crate::verify::form::AmbiguousForm;

/// The maximum number of parts.
const MAX_PARTS: usize = 64;

/// The maximum length of a boundary (RFC 2046, section 5.1.1).
const MAX_BOUNDARY: usize = 70;

/// The boundary of the forms that are written here.
const BOUNDARY: &str = "----webhook-form-boundary";

const LINE_END: &[u8] = b"\r\n";

/// True if a body begins like a form of this kind.
pub(crate) fn is_multipart(body: &[u8]) -> bool {
    body.starts_with(b"--")
}

/// The text of a field, `None` without the field. A field with a file name is a file, and refused, as
/// is a field that is repeated, not UTF-8, or encoded for transfer.
pub(crate) fn value<'f>(form: &'f [u8], wanted: &str) -> Result<Option<&'f str>, AmbiguousForm> {
    let mut found = None;
    for part in Parts::of(form)? {
        let (head, value) = split_at(part?, b"\r\n\r\n").ok_or(AmbiguousForm)?;
        let head = std::str::from_utf8(head).ok().and_then(Head::read).ok_or(AmbiguousForm)?;
        // This field would change how others are read.
        if head.name == "_charset_" {
            return Err(AmbiguousForm);
        }
        if head.name == wanted {
            let value = std::str::from_utf8(value).map_err(|_| AmbiguousForm)?;
            if found.is_some() || head.is_file || !head.is_text_in_utf8(value) {
                return Err(AmbiguousForm);
            }
            found = Some(value);
        }
    }
    Ok(found)
}

/// Writes a form with one field, and its content type. A JSON text as `serde_json` writes it has no
/// line ends, and so cannot contain the boundary.
pub(crate) fn write(name: &str, value: &str) -> (String, Vec<u8>) {
    let form = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n--{BOUNDARY}--\r\n"
    );
    (format!("multipart/form-data; boundary={BOUNDARY}"), form.into_bytes())
}

/// The parts of a form, without the delimiters.
struct Parts<'f> {
    /// The line in front of each part, with the line end before it.
    delimiter: Vec<u8>,
    /// The rest of the form, from the start of a part; `None` behind the last one.
    rest: Option<&'f [u8]>,
    count: usize,
}

impl<'f> Parts<'f> {
    fn of(form: &'f [u8]) -> Result<Self, AmbiguousForm> {
        // Looking for the end of the first line must not take as long as the body is.
        let start = &form[..form.len().min(MAX_BOUNDARY + 4)];
        let (line, _) = split_at(start, LINE_END).ok_or(AmbiguousForm)?;
        let boundary = line.strip_prefix(b"--").ok_or(AmbiguousForm)?;
        if !is_boundary(boundary) {
            return Err(AmbiguousForm);
        }
        let rest = Some(&form[line.len() + LINE_END.len()..]);
        Ok(Self { delimiter: [LINE_END, line].concat(), rest, count: 0 })
    }

    /// The next part, and the rest behind it unless it is the last one.
    fn split(&self, rest: &'f [u8]) -> Option<(&'f [u8], Option<&'f [u8]>)> {
        let (part, behind) = split_at(rest, &self.delimiter)?;
        if let Some(rest) = behind.strip_prefix(LINE_END) {
            return Some((part, Some(rest)));
        }
        // Some senders end with more than one line end.
        let mut ends = behind.strip_prefix(b"--")?.chunks(LINE_END.len());
        ends.all(|end| end == LINE_END).then_some((part, None))
    }
}

impl<'f> Iterator for Parts<'f> {
    type Item = Result<&'f [u8], AmbiguousForm>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        self.count += 1;
        let split = if self.count > MAX_PARTS { None } else { self.split(rest) };
        Some(match split {
            Some((part, rest)) => {
                self.rest = rest;
                Ok(part)
            }
            None => Err(AmbiguousForm),
        })
    }
}

/// The head of a part.
struct Head<'f> {
    name: &'f str,
    is_file: bool,
    content_type: Option<&'f str>,
}

impl<'f> Head<'f> {
    fn read(head: &'f str) -> Option<Self> {
        let (mut disposition, mut content_type) = (None, None);
        for line in head.split("\r\n") {
            let (name, value) = line.split_once(':')?;
            let value = value.trim_matches(' ');
            if !is_token(name) || value.chars().any(char::is_control) {
                return None;
            }
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            let place = if is("content-disposition") {
                &mut disposition
            } else if is("content-type") {
                &mut content_type
            } else if is("content-transfer-encoding") && !is_identity(value) {
                return None;
            } else {
                continue;
            };
            if place.replace(value).is_some() {
                return None;
            }
        }
        let (name, is_file) = read_disposition(disposition?)?;
        Some(Self { name, is_file, content_type })
    }

    /// True if the content type says nothing else than that this value is text, or JSON, in UTF-8.
    fn is_text_in_utf8(&self, value: &str) -> bool {
        let Some(content_type) = self.content_type else { return true };
        let (kind, parameter) = match content_type.split_once(';') {
            Some((kind, parameter)) => (kind, Some(parameter)),
            None => (content_type, None),
        };
        let is_text = ["application/json", "text/plain"]
            .iter()
            .any(|known| kind.trim_matches(' ').eq_ignore_ascii_case(known));
        let is_utf8 = parameter.is_none_or(|parameter| {
            parameter.split_once('=').is_some_and(|(name, charset)| {
                let charset = charset.trim_matches([' ', '"']);
                let is = |known: &str| charset.eq_ignore_ascii_case(known);
                // ASCII is the same in all of these.
                let is_same =
                    is("utf-8") || value.is_ascii() && (is("us-ascii") || is("iso-8859-1"));
                name.trim_matches(' ').eq_ignore_ascii_case("charset") && is_same
            })
        });
        is_text && is_utf8
    }
}

/// The name in a `Content-Disposition`, and true for a file. Backslashes are refused: some readers
/// take them for escapes, others do not.
fn read_disposition(text: &str) -> Option<(&str, bool)> {
    let (kind, mut rest) = text.split_once(';')?;
    if !kind.trim_matches(' ').eq_ignore_ascii_case("form-data") {
        return None;
    }
    let (mut name, mut is_file) = (None, false);
    loop {
        let (key, behind) = rest.split_once('=')?;
        let (value, behind) = match behind.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => behind.split_at(behind.find([';', ' ']).unwrap_or(behind.len())),
        };
        if value.contains('\\') || !behind.is_empty() && !behind.starts_with([';', ' ']) {
            return None;
        }
        match key.trim_matches(' ').to_ascii_lowercase().as_str() {
            "name" if name.is_none() => name = Some(value),
            "filename" | "filename*" => is_file = true,
            _ => return None,
        }
        let behind = behind.trim_matches(' ');
        if behind.is_empty() {
            return Some((name?, is_file));
        }
        rest = behind.strip_prefix(';')?;
    }
}

/// True for a transfer encoding that changes nothing.
fn is_identity(encoding: &str) -> bool {
    ["7bit", "8bit", "binary"].iter().any(|known| encoding.eq_ignore_ascii_case(known))
}

fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_boundary(boundary: &[u8]) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(byte);
    (1..=MAX_BOUNDARY).contains(&boundary.len()) && boundary.iter().all(is_allowed)
}

/// Splits a text at the first place of another.
fn split_at<'t>(text: &'t [u8], mark: &[u8]) -> Option<(&'t [u8], &'t [u8])> {
    let at = text.windows(mark.len()).position(|part| part == mark)?;
    Some((&text[..at], &text[at + mark.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A form of parts with these heads and values.
    fn form(parts: &[(&str, &str)]) -> String {
        let part = |(head, value): &(&str, &str)| format!("--x\r\n{head}\r\n\r\n{value}\r\n");
        format!("{}--x--\r\n", parts.iter().map(part).collect::<String>())
    }

    fn json(form: &str) -> Result<Option<&str>, AmbiguousForm> {
        value(form.as_bytes(), "json")
    }

    const JSON: &str = "Content-Disposition: form-data; name=\"json\"";
    const OTHER: &str = "Content-Disposition: form-data; name=\"other\"";

    #[test]
    fn what_is_written_is_read() {
        let (content_type, form) = write("json", "{\"a\": \"--\"}");
        assert!(content_type.ends_with(BOUNDARY));
        assert!(is_multipart(&form));
        assert_eq!(value(&form, "json"), Ok(Some("{\"a\": \"--\"}")));
        assert_eq!(value(&form, "other"), Ok(None));
    }

    #[test]
    fn a_field_is_found_between_others() {
        for (head, text) in [
            (JSON, "{}"),
            (JSON, ""),
            (JSON, "\r\n--\r\n--y\r\n\r\n"),
            ("content-disposition:form-data;name=json", "{}"),
            ("CONTENT-DISPOSITION: Form-Data ; Name=\"json\" ", "{}"),
            (&format!("{JSON}\r\nContent-Type: application/json; charset=UTF-8"), "\u{e4}"),
            (&format!("Content-Type: text/plain; charset=\"us-ascii\"\r\n{JSON}"), "a"),
            (&format!("{JSON}\r\nContent-Transfer-Encoding: 8bit\r\nContent-Length: 9"), "a"),
        ] {
            for (before, behind) in [(0, 0), (2, 0), (0, 2), (1, 1)] {
                let other = format!("{OTHER}; filename=\"a b.pdf\"");
                let mut parts = vec![(&*other, "{}"); before];
                parts.push((head, text));
                parts.resize(before + 1 + behind, (OTHER, "json"));
                assert_eq!(json(&form(&parts)), Ok(Some(text)), "{head}");
            }
        }
        let ended = form(&[(JSON, "{}")]);
        assert_eq!(json(ended.trim_end()), Ok(Some("{}")));
        assert_eq!(json(&format!("{ended}\r\n")), Ok(Some("{}")));
        assert_eq!(json(&form(&[(OTHER, "{}")])), Ok(None));
    }

    #[test]
    fn heads_that_readers_read_differently_are_refused() {
        for head in [
            "",
            "X",
            "X: y",
            "Content-Disposition: form-data",
            "Content-Disposition: form-data; filename=\"json\"",
            "Content-Disposition: attachment; name=\"json\"",
            "Content-Disposition: form-data; name=\"other\"; name=\"json\"",
            "Content-Disposition: form-data; name*=utf-8''json",
            "Content-Disposition: form-data; name=\"json",
            "Content-Disposition: form-data; name=\"json\"x",
            "Content-Disposition: form-data; name=\"json\";",
            "Content-Disposition: form-data; name=\"js\\on\"",
            "Content-Disposition: form-data; name=\"a\\\"; name=\"json\"",
            "Content-Disposition : form-data; name=\"json\"",
            "Content-Disposition: form-data;\r\n name=\"json\"",
            "Content-Disposition: form-data; name=\"json\"\nX: y",
            "Content-Disposition: form-data; name=\"_charset_\"",
        ] {
            assert_eq!(json(&form(&[(head, "{}")])), Err(AmbiguousForm), "{head:?}");
            assert_eq!(json(&form(&[(JSON, "{}"), (head, "{}")])), Err(AmbiguousForm), "{head:?}");
        }
        for more in [
            "; filename=\"a.json\"",
            "; filename*=utf-8''a",
            "\r\nContent-Type: application/json; charset=utf-16",
            "\r\nContent-Type: text/plain; charset=utf-8; charset=utf-16",
            "\r\nContent-Type: multipart/mixed; boundary=y",
            "\r\nContent-Type: text/plain\r\ncontent-type: text/plain",
            "\r\nContent-Transfer-Encoding: base64",
            "\r\nContent-Disposition: form-data; name=\"json\"",
        ] {
            let head = format!("{JSON}{more}");
            assert_eq!(json(&form(&[(&head, "{}")])), Err(AmbiguousForm), "{more:?}");
        }
        let latin = format!("{JSON}\r\nContent-Type: text/plain; charset=iso-8859-1");
        assert_eq!(json(&form(&[(&latin, "\u{e4}")])), Err(AmbiguousForm));
    }

    #[test]
    fn a_form_is_whole_and_has_the_field_once() {
        let good = form(&[(JSON, "{}")]);
        for bad in [
            String::new(),
            "{}".to_owned(),
            "json=%7B%7D".to_owned(),
            form(&[]),
            form(&[(JSON, "{}"), (JSON, "{}")]),
            format!("preamble\r\n{good}"),
            format!("\r\n{good}"),
            format!("{good}epilogue"),
            format!("{good}\r"),
            format!("{good}\n"),
            format!("{good}\r\n\r\n--x\r\n"),
            format!("{good}{good}"),
            good.replace("\r\n", "\n"),
            good.replace("--x", "--"),
            good.replace("--x", "--x "),
            good.replace("--x--", "--x"),
            good.replace("--x--", "--x-"),
            good.replace("--x--", "--xy--"),
            good.replace("--x", &format!("--{}", "x".repeat(MAX_BOUNDARY + 1))),
            good.trim_end_matches("\r\n--x--\r\n").to_owned(),
        ] {
            assert_eq!(json(&bad), Err(AmbiguousForm), "{bad:?}");
        }
        let longest = good.replace("--x", &format!("--{}", "x".repeat(MAX_BOUNDARY)));
        assert_eq!(json(&longest), Ok(Some("{}")));
        for at in 0..good.len() - 2 {
            assert_eq!(json(&good[..at]), Err(AmbiguousForm), "the first {at} bytes");
        }
        let latin = good.as_bytes().iter().map(|byte| if *byte == b'{' { 0xff } else { *byte });
        assert_eq!(value(&latin.collect::<Vec<_>>(), "json"), Err(AmbiguousForm));
    }

    #[test]
    fn a_form_with_many_parts_is_refused() {
        let parts = |count| form(&vec![(OTHER, ""); count]);
        assert_eq!(json(&parts(MAX_PARTS)), Ok(None));
        assert_eq!(json(&parts(MAX_PARTS + 1)), Err(AmbiguousForm));
        assert_eq!(json(&parts(100_000)), Err(AmbiguousForm));
    }
}
