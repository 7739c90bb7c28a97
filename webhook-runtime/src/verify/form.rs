//! Forms (`application/x-www-form-urlencoded`), read piece by piece: an unverified body must not
//! cost a multiple of its size.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use crate::verify::{
    Secret,
    scheme::{Hash, Tag},
};

/// The maximum number of fields in a form whose fields are sorted. Senders stay far below it.
const MAX_FIELDS: usize = 8 * 1024;

/// The maximum number of places in such a form that are not UTF-8.
const MAX_REPLACED: usize = 1024;

/// A form in which a wanted field is repeated or not UTF-8, or that has too much of anything.
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

/// The number of fields.
pub(crate) fn count(form: &[u8]) -> usize {
    raw_fields(form).count()
}

/// The treatment of repeated fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RepeatedFields {
    /// Distinct values, sorted.
    Distinct,
    /// All values, in their order.
    KeepAll,
    /// All values, sorted.
    SortAll,
}

/// The fields of a form, sorted by name. They are signed joined, without separators.
pub(crate) struct SortedFields<'f>(Vec<[Cow<'f, str>; 2]>);

impl<'f> SortedFields<'f> {
    pub(crate) fn read(form: &'f [u8], repeated: RepeatedFields) -> Result<Self, AmbiguousForm> {
        if raw_fields(form).nth(MAX_FIELDS).is_some() {
            return Err(AmbiguousForm);
        }
        let mut fields = Vec::with_capacity(raw_fields(form).count());
        let mut replaced = 0;
        let mut text = |raw| text_of(unescape(raw), &mut replaced);
        for (name, value) in raw_fields(form) {
            fields.push([text(name)?, text(value)?]);
        }
        match repeated {
            RepeatedFields::Distinct => {
                fields.sort_unstable();
                fields.dedup();
            }
            RepeatedFields::SortAll => fields.sort_unstable(),
            // Stable, so that the values of a name keep their order.
            RepeatedFields::KeepAll => fields.sort_by(|[left, _], [right, _]| left.cmp(right)),
        }
        Ok(Self(fields))
    }

    /// The names and values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|[name, value]| (&**name, &**value))
    }

    /// The HMAC of a URL and the joined fields.
    pub(crate) fn hmac(&self, hash: Hash, secret: &Secret, url: &str) -> Tag {
        hash.hmac_of(secret.expose(), &mut |sink| {
            sink(url.as_bytes());
            self.0.iter().flatten().for_each(|text| sink(text.as_bytes()));
        })
    }

    /// The joined text.
    pub(crate) fn joined(&self) -> Vec<u8> {
        let length = self.0.iter().flatten().map(|text| text.len()).sum();
        let mut joined = Vec::with_capacity(length);
        self.0.iter().flatten().for_each(|text| joined.extend_from_slice(text.as_bytes()));
        joined
    }
}

/// A text in which U+FFFD stands for what is not UTF-8, as it does for whoever reads the form. A form
/// with much of that is refused: the text would take three times its size.
fn text_of<'f>(bytes: Cow<'f, [u8]>, replaced: &mut usize) -> Result<Cow<'f, str>, AmbiguousForm> {
    if std::str::from_utf8(&bytes).is_err() {
        *replaced += bytes
            .utf8_chunks()
            .filter(|chunk| !chunk.invalid().is_empty())
            .take(MAX_REPLACED + 1)
            .count();
        if *replaced > MAX_REPLACED {
            return Err(AmbiguousForm);
        }
    }
    Ok(match bytes {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }),
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
        assert_eq!(joined(form, RepeatedFields::SortAll).as_deref(), Ok("a1a3a3b2"));
        assert_eq!((count(form), count(b"&a&&=&"), count(b"")), (4, 2, 0));
    }

    #[test]
    fn too_much_is_refused() {
        let form = |count| "a&".repeat(count);
        let judged = joined(form(MAX_FIELDS + 1).as_bytes(), RepeatedFields::Distinct);
        assert_eq!(judged, Err(AmbiguousForm));
        assert!(joined(form(MAX_FIELDS).as_bytes(), RepeatedFields::KeepAll).is_ok());
        let form = |count: usize| [&b"a=%ff"[..], &vec![0xff; count - 1]].concat();
        assert!(joined(&form(MAX_REPLACED), RepeatedFields::Distinct).is_ok());
        let judged = joined(&form(MAX_REPLACED + 1), RepeatedFields::Distinct);
        assert_eq!(judged, Err(AmbiguousForm));
    }
}
