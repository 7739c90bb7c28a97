//! Forms (`application/x-www-form-urlencoded`), read piece by piece: an unverified body must not
//! cost a multiple of its size.

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// The maximum number of fields in a form whose fields are sorted. Senders stay far below it.
const MAX_FIELDS: usize = 8 * 1024;

/// A form in which a wanted field is repeated, or in which something is not UTF-8.
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

/// The names and values of a form, sorted by name and joined without separators.
pub(crate) fn sorted_fields(
    form: &[u8],
    repeated: RepeatedFields,
) -> Result<String, AmbiguousForm> {
    if raw_fields(form).nth(MAX_FIELDS).is_some() {
        return Err(AmbiguousForm);
    }
    let mut fields = Vec::with_capacity(raw_fields(form).count());
    for (name, value) in raw_fields(form) {
        fields.push((decode(name).ok_or(AmbiguousForm)?, decode(value).ok_or(AmbiguousForm)?));
    }
    match repeated {
        RepeatedFields::Distinct => {
            fields.sort_unstable();
            fields.dedup();
        }
        // Stable, so that the values of a name keep their order.
        RepeatedFields::KeepAll => fields.sort_by(|(left, _), (right, _)| left.cmp(right)),
    }
    let length = fields.iter().map(|(name, value)| name.len() + value.len()).sum();
    let mut joined = String::with_capacity(length);
    for (name, value) in fields {
        joined.push_str(&name);
        joined.push_str(&value);
    }
    Ok(joined)
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
    if !raw.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        return std::str::from_utf8(raw).ok().map(Cow::Borrowed);
    }
    let mut decoded = Vec::with_capacity(raw.len());
    for (at, part) in raw.split(|byte| *byte == b'+').enumerate() {
        if at > 0 {
            decoded.push(b' ');
        }
        decoded.extend(percent_decode(part));
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
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

    /// The reader of the payload sees the same fields.
    #[test]
    fn fields_are_those_of_form_urlencoded() {
        for form in ["a=1&b=2", "b=2&&a=%41+%2B", "=x&y=", "a==&=", "%zz=%4", "a=1&a=0&a=1"] {
            let mut fields: Vec<_> = form_urlencoded::parse(form.as_bytes()).collect();
            fields.sort_by(|(left, _), (right, _)| left.cmp(right));
            let joined = fields.iter().flat_map(|(name, value)| [&**name, &**value]).collect();
            assert_eq!(
                sorted_fields(form.as_bytes(), RepeatedFields::KeepAll),
                Ok(joined),
                "{form}"
            );
        }
    }

    #[test]
    fn repeated_fields_are_sorted_or_kept() {
        let form = b"b=2&a=3&a=1&a=3";
        assert_eq!(sorted_fields(form, RepeatedFields::Distinct).as_deref(), Ok("a1a3b2"));
        assert_eq!(sorted_fields(form, RepeatedFields::KeepAll).as_deref(), Ok("a3a1a3b2"));
    }

    #[test]
    fn hostile_forms_are_refused() {
        for form in ["a&".repeat(MAX_FIELDS + 1).into_bytes(), b"a=\xff".to_vec()] {
            assert_eq!(sorted_fields(&form, RepeatedFields::Distinct), Err(AmbiguousForm));
        }
        assert!(sorted_fields("a&".repeat(MAX_FIELDS).as_bytes(), RepeatedFields::KeepAll).is_ok());
    }
}
