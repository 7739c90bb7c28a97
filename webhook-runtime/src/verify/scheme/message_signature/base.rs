//! The signature base (RFC 9421, section 2.5): the text that is signed.

use super::{
    component,
    structured::{Input, Item},
};
use crate::verify::scheme::{SignedRequest, VerifyError};

/// The text that a signature covers: a line for each component, and one for the list of them.
pub(super) fn signature_base(
    input: &Input<'_>,
    request: &SignedRequest<'_>,
) -> Result<String, VerifyError> {
    let mut base = String::new();
    for (at, item) in input.components.iter().enumerate() {
        // A component that is listed twice is no list of components.
        if input.components[..at].iter().any(|other| other.written == item.written) {
            return Err(VerifyError::MalformedHeader(super::INPUT));
        }
        push(&mut base, item, request)?;
    }
    base.extend(["\"@signature-params\": ", input.written]);
    Ok(base)
}

/// Adds the line of a component.
pub(super) fn push(
    base: &mut String,
    item: &Item<'_>,
    request: &SignedRequest<'_>,
) -> Result<(), VerifyError> {
    let value = component::value(item, request)?;
    base.extend([item.written, ": ", &value, "\n"]);
    Ok(())
}
