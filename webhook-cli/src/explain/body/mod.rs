//! The changes to a body on its way, undone: from the smallest to the largest.

mod coding;
mod form;
mod layout;
mod lines;
mod text;

use super::{Cause, search::Search};

const AS_RECEIVED: &str =
    "Pass the bytes as they were received to the check, before anything parses them.";

pub(super) fn find(search: &Search<'_>) -> Option<Cause> {
    let info = search.provider().scheme_info();
    let is_signed = info.signs_body || !info.signed_pointers.is_empty() || info.joins_form_fields;
    let body = search.changeable_body().filter(|body| is_signed && !body.is_empty())?;
    let cause = lines::find(search, body)
        .or_else(|| coding::find(search, body))
        .or_else(|| form::find(search, body))
        .or_else(|| text::charset(search, body))
        .or_else(|| layout::without_lines(search, body))
        .or_else(|| text::find(search, body))
        .or_else(|| form::wrapped(search, body))
        .or_else(|| layout::find(search, body))?;
    let explain = match search.difference() {
        Some(difference) => format!("{} {difference}", cause.explain),
        None => cause.explain,
    };
    Some(Cause { explain, ..cause })
}

/// The cause, if one of these bodies was signed.
fn first_fit<B: AsRef<[u8]>>(
    search: &Search<'_>,
    bodies: impl IntoIterator<Item = B>,
    cause: impl FnOnce() -> Cause,
) -> Option<Cause> {
    bodies.into_iter().any(|body| search.fits_body(body.as_ref())).then(cause)
}
