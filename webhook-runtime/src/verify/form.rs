//! Forms (`application/x-www-form-urlencoded`), read piece by piece: an unverified body must not
//! cost a multiple of its size.

use std::{borrow::Cow, cmp::Ordering};

use percent_encoding::percent_decode;

/// The maximum number of fields in a form whose fields are sorted. Senders stay far below it.
const MAX_FIELDS: usize = 8 * 1024;

/// A form in which a wanted field is repeated or not UTF-8, or that has too many fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AmbiguousForm;

/// The value of a field, `None` without the field.
pub(crate) fn value<'f>(form: &'f [u8], name: &str) -> Result<Option<Cow<'f, str>>, AmbiguousForm> {
    let mut found = None;
    for (raw_name, raw_value) in raw_fields(form) {
        // No escape is longer than three times what it stands for.
        let may_match = raw_name.len() >= name.len() && raw_name.len() <= 3 * name.len();
        if may_match && decode(raw_name).is_some_and(|decoded| decoded == name) {
            if found.is_some() {
                return Err(AmbiguousForm);
            }
            found = Some(raw_value);
        }
    }
    match found {
        Some(value) => decode(value).map(Some).ok_or(AmbiguousForm),
        None => Ok(None),
    }
}

/// The treatment of repeated fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RepeatedFields {
    /// Distinct values, sorted.
    Distinct,
    /// All values, in their order.
    KeepAll,
}

/// The fields of a form, sorted by name. They are signed joined, without separators.
///
/// Bytes that are not UTF-8 count as U+FFFD, as they do for whoever reads the form. They become it
/// only on their way into the hash: as a text they would take three times their size.
pub(crate) struct SortedFields<'f>(Vec<[Cow<'f, [u8]>; 2]>);

impl<'f> SortedFields<'f> {
    pub(crate) fn read(form: &'f [u8], repeated: RepeatedFields) -> Result<Self, AmbiguousForm> {
        if raw_fields(form).nth(MAX_FIELDS).is_some() {
            return Err(AmbiguousForm);
        }
        let mut fields = Vec::with_capacity(raw_fields(form).count());
        fields.extend(raw_fields(form).map(|(name, value)| [name, value].map(unescape)));
        match repeated {
            RepeatedFields::Distinct => {
                fields.sort_by(compare);
                fields.dedup_by(|right, left| compare(left, right).is_eq());
            }
            // Stable, so that the values of a name keep their order.
            RepeatedFields::KeepAll => {
                fields.sort_by(|[left, _], [right, _]| text(left).cmp(text(right)));
            }
        }
        Ok(Self(fields))
    }

    /// Passes the joined text to `sink`, piece by piece.
    pub(crate) fn feed(&self, mut sink: impl FnMut(&[u8])) {
        for bytes in self.0.iter().flatten() {
            for chunk in bytes.utf8_chunks() {
                sink(chunk.valid().as_bytes());
                if !chunk.invalid().is_empty() {
                    sink(REPLACEMENT);
                }
            }
        }
    }

    /// The joined text.
    pub(crate) fn joined(&self) -> Vec<u8> {
        let mut length = 0;
        self.feed(|piece| length += piece.len());
        let mut joined = Vec::with_capacity(length);
        self.feed(|piece| joined.extend_from_slice(piece));
        joined
    }
}

/// Compares the names and then the values of two fields.
fn compare(left: &[Cow<'_, [u8]>; 2], right: &[Cow<'_, [u8]>; 2]) -> Ordering {
    let names = text(&left[0]).cmp(text(&right[0]));
    names.then_with(|| text(&left[1]).cmp(text(&right[1])))
}

/// U+FFFD in UTF-8.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// The bytes of a text in which U+FFFD stands for what is not UTF-8.
fn text(bytes: &[u8]) -> impl Iterator<Item = u8> {
    bytes.utf8_chunks().flat_map(|chunk| {
        let replaced = if chunk.invalid().is_empty() { &[] } else { REPLACEMENT };
        chunk.valid().bytes().chain(replaced.iter().copied())
    })
}

/// The names and values as they were sent.
fn raw_fields(form: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &b""[..]),
        }
    })
}

/// Undoes the escapes of a name or a value; `None` if it is not UTF-8.
fn decode(raw: &[u8]) -> Option<Cow<'_, str>> {
    match unescape(raw) {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

/// Undoes the escapes of a name or a value.
fn unescape(raw: &[u8]) -> Cow<'_, [u8]> {
    if !raw.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        return Cow::Borrowed(raw);
    }
    let mut bytes = Vec::with_capacity(raw.len());
    for (at, part) in raw.split(|byte| *byte == b'+').enumerate() {
        if at > 0 {
            bytes.push(b' ');
        }
        bytes.extend(percent_decode(part));
    }
    Cow::Owned(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_decoded_name() {
        let of = |form: &'static str| value(form.as_bytes(), "p+q");
        assert_eq!(of("a=1&p%2Bq=x+y%21&b"), Ok(Some("x y!".into())));
        assert_eq!(of("p%2bq"), Ok(Some("".into())));
        assert_eq!(of("p+q=1&a=p%2Bq"), Ok(None));
        assert_eq!(of("p%2Bq=1&p%2Bq=1"), Err(AmbiguousForm));
        assert_eq!(of("p%2Bq=%ff"), Err(AmbiguousForm));
        assert_eq!(of(""), Ok(None));
        assert!(matches!(value(b"a=b", "a"), Ok(Some(Cow::Borrowed("b")))));
    }

    fn joined(form: &[u8], repeated: RepeatedFields) -> Result<String, AmbiguousForm> {
        let joined = SortedFields::read(form, repeated)?.joined();
        Ok(String::from_utf8(joined).expect("it is UTF-8"))
    }

    /// The reader of the payload sees the same fields.
    #[test]
    fn fields_are_those_of_form_urlencoded() {
        let forms: [&[u8]; 9] = [
            b"a=1&b=2",
            b"b=2&&a=%41+%2B",
            b"=x&y=",
            b"a==&=",
            b"%zz=%4",
            b"a=1&a=0&a=1",
            b"a=\xff\xfe%ff&\xf0\x9f=%c3",
            b"\xff=1&%ef%bf%bd=0&\xf0=2",
            b"%c3%a4=\xc3\xa4",
        ];
        for form in forms {
            let mut fields: Vec<_> = form_urlencoded::parse(form).collect();
            fields.sort_by(|(left, _), (right, _)| left.cmp(right));
            let expected: String =
                fields.iter().flat_map(|(name, value)| [&**name, &**value]).collect();
            let kept = joined(form, RepeatedFields::KeepAll);
            assert_eq!(kept, Ok(expected), "{}", form.escape_ascii());
            fields.sort();
            fields.dedup();
            let expected: String =
                fields.iter().flat_map(|(name, value)| [&**name, &**value]).collect();
            let distinct = joined(form, RepeatedFields::Distinct);
            assert_eq!(distinct, Ok(expected), "{}", form.escape_ascii());
        }
    }

    #[test]
    fn repeated_fields_are_sorted_or_kept() {
        let form = b"b=2&a=3&a=1&a=3";
        assert_eq!(joined(form, RepeatedFields::Distinct).as_deref(), Ok("a1a3b2"));
        assert_eq!(joined(form, RepeatedFields::KeepAll).as_deref(), Ok("a3a1a3b2"));
    }

    #[test]
    fn too_many_fields_are_refused() {
        let form = |count| "a&".repeat(count);
        let judged = joined(form(MAX_FIELDS + 1).as_bytes(), RepeatedFields::Distinct);
        assert_eq!(judged, Err(AmbiguousForm));
        assert!(joined(form(MAX_FIELDS).as_bytes(), RepeatedFields::KeepAll).is_ok());
    }
}
