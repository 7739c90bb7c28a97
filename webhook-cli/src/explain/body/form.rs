//! Forms: JSON that became one, forms that were written again, and JSON that was taken out of one.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use super::{AS_RECEIVED, first_fit};
use crate::explain::{Cause, json, search::Search};

/// The characters that `encodeURIComponent` escapes.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// The characters that Python's `quote_plus` and PHP's `rawurlencode` escape.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The names of the fields that hold JSON, besides the provider's own.
const FIELD: &str = "payload";

pub(super) fn find(search: &Search<'_>, body: &[u8]) -> Option<Cause> {
    encoded(search, body).or_else(|| written_again(search, body))
}

/// JSON that was encoded as a form.
fn encoded(search: &Search<'_>, body: &[u8]) -> Option<Cause> {
    if !body.contains(&b'%') {
        return None;
    }
    let decode = |text: &[u8]| {
        let blanks: Vec<u8> =
            text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        [percent_decode(&blanks).collect::<Vec<u8>>(), percent_decode(text).collect()]
    };
    let bare = body.strip_suffix(b"=").unwrap_or(body);
    let value = body.iter().position(|byte| *byte == b'=').map(|at| &body[at + 1..]);
    let value = value.filter(|value| !value.is_empty() && !value.contains(&b'&'));
    let bodies = decode(bare).into_iter().chain(value.into_iter().flat_map(decode));
    first_fit(search, bodies, || {
        Cause::new(
            "body-form-encoded",
            "The JSON was encoded as a form: it is percent-encoded.",
            "Send the JSON as it is, with Content-Type: application/json (curl --data-binary).",
        )
    })
}

/// A form that was parsed and written again.
fn written_again(search: &Search<'_>, body: &[u8]) -> Option<Cause> {
    let form = std::str::from_utf8(body).ok().filter(|form| form.contains('='))?;
    if json::tokens(body).is_some() {
        return None;
    }
    let with = |set: &'static AsciiSet| {
        let field = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
            let text = |text: &str| utf8_percent_encode(text, set).to_string();
            format!("{}={}", text(&name), text(&value))
        };
        form_urlencoded::parse(body).map(field).collect::<Vec<_>>().join("&")
    };
    let whatwg = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form_urlencoded::parse(body))
        .finish();
    let bodies = [
        form.replace("%20", "+"),
        form.replace('+', "%20"),
        whatwg,
        with(COMPONENT),
        with(UNRESERVED),
        with(UNRESERVED).replace("%20", "+"),
    ];
    first_fit(search, bodies, || {
        Cause::new(
            "body-form-reencoded",
            "The form was parsed and written again: its escapes differ, %20 for + among them.",
            AS_RECEIVED,
        )
    })
}

/// JSON that was taken out of a field of a form.
pub(super) fn wrapped(search: &Search<'_>, body: &[u8]) -> Option<Cause> {
    json::tokens(body)?;
    let text = std::str::from_utf8(body).ok()?;
    let own = search.provider().json_form_field().filter(|field| *field != FIELD);
    let forms = [FIELD].into_iter().chain(own).flat_map(|field| {
        let with = |set: &'static AsciiSet| utf8_percent_encode(text, set).to_string();
        let whatwg: String = form_urlencoded::byte_serialize(body).collect();
        let values =
            [with(UNRESERVED).replace("%20", "+"), whatwg, with(COMPONENT), with(UNRESERVED)];
        values.map(|value| format!("{field}={value}"))
    });
    first_fit(search, forms, || {
        Cause::new(
            "body-form-unwrapped",
            "The body is the JSON taken out of a form; the signature covers the whole form.",
            "Verify the form as received, then take the field out; or let the provider send \
             application/json.",
        )
    })
}
