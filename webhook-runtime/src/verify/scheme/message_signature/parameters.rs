//! The parameters of a signature: when it was made, with which key, and for what.

use std::time::SystemTime;

use super::{
    INPUT,
    structured::{Input, Value},
};
use crate::verify::scheme::{VerifyError, verify::unix_millis};

/// The parameters that a signature has. There are no others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Parameters<'i> {
    /// Seconds since 1970.
    pub(super) created: Option<u64>,
    /// Seconds since 1970.
    pub(super) expires: Option<u64>,
    pub(super) algorithm: Option<&'i str>,
    pub(super) key_id: Option<&'i str>,
    pub(super) tag: Option<&'i str>,
}

impl<'i> Parameters<'i> {
    pub(super) fn read(input: &'i Input<'_>) -> Result<Self, VerifyError> {
        let mut parameters = Self::default();
        for (name, value) in &input.parameters {
            match (*name, value) {
                ("created", Value::Integer(time)) => parameters.created = u64::try_from(*time).ok(),
                ("expires", Value::Integer(time)) => parameters.expires = u64::try_from(*time).ok(),
                ("alg", Value::Text(text)) => parameters.algorithm = Some(text),
                ("keyid", Value::Text(text)) => parameters.key_id = Some(text),
                ("tag", Value::Text(text)) => parameters.tag = Some(text),
                // It makes signatures differ, and this scheme keeps none.
                ("nonce", Value::Text(_)) => {}
                _ => return Err(VerifyError::MalformedHeader(INPUT)),
            }
        }
        Ok(parameters)
    }

    /// Checks that the signature has not expired.
    pub(super) fn check_expiry(&self, now: SystemTime) -> Result<(), VerifyError> {
        match self.expires {
            Some(expires) if expires.saturating_mul(1000) <= unix_millis(now) => {
                Err(VerifyError::TimestampTooOld)
            }
            _ => Ok(()),
        }
    }
}
