//! Percent-escapes as JavaScript makes them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

/// The characters that `encodeURIComponent` and `querystring.stringify` escape.
pub(super) const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');
