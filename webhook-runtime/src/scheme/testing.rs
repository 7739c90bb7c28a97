//! What the test kit has to know of a scheme, and users have not.

use super::{Scheme, asymmetric::Asymmetric, grammar::Placement, key::Algorithm, timestamp::Place};

impl Scheme {
    /// The query parameter that carries the credential.
    pub(crate) fn parameter(&self) -> Option<&'static str> {
        match self.placement {
            Placement::Query { name } => Some(name),
            _ => None,
        }
    }

    /// Where in the body the time of the signature has to be.
    pub(crate) fn time_pointer(&self) -> Option<&'static str> {
        match self.timestamp?.place {
            Place::Pointer(pointer) => Some(pointer),
            Place::Header(_) | Place::Field(_) => None,
        }
    }

    /// The form field that is signed in place of a form.
    pub(crate) fn signed_field(&self) -> Option<&'static str> {
        self.form_field
    }

    /// The header that carries the signed id.
    pub(crate) fn signed_id(&self) -> Option<&'static str> {
        self.id
    }

    pub(crate) fn is_basic_auth(&self) -> bool {
        self.algorithm == Algorithm::Basic
    }

    /// The algorithm, where a private key signs and a public one verifies.
    pub(crate) fn key_pair_of(&self) -> Option<Asymmetric> {
        match self.algorithm {
            Algorithm::Asymmetric(algorithm) => Some(algorithm),
            _ => None,
        }
    }
}
