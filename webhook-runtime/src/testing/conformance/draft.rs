//! A genuine delivery in parts, to be put together rightly and wrongly.

use std::time::SystemTime;

use serde_json::Value;

use super::{failure::Failure, subject::Subject};
use crate::{
    scheme::Scheme,
    secret::Secret,
    testing::{
        letter::{Letter, Wire},
        put,
    },
};

/// A genuine delivery in parts, to be put together rightly and wrongly.
#[derive(Clone)]
pub(crate) struct Draft<'s> {
    pub(crate) subject: &'s Subject,
    pub(crate) letter: Letter,
    pub(crate) secret: Secret,
}

impl Draft<'_> {
    pub(crate) fn now(&self) -> SystemTime {
        self.subject.desk().now()
    }

    /// The delivery as its provider would send it now.
    pub(crate) fn genuine(&self) -> Result<Wire, Failure> {
        sign(&self.letter, &self.secret, self.now())
    }

    /// The delivery, signed at another time.
    pub(crate) fn signed_at(&self, at: SystemTime) -> Result<Wire, Failure> {
        let mut letter = self.letter.clone();
        // A time in the body is part of what is signed.
        if let Some(pointer) = self.scheme().and_then(Scheme::time_pointer)
            && let Ok(mut json) = serde_json::from_slice(&letter.body)
            && let Some(time) = self.scheme().and_then(|scheme| scheme.time_as(at))
        {
            let time = time.parse::<u64>().map_or(time.into(), Value::from);
            if put(&mut json, pointer, time).is_ok() {
                letter.body = json.to_string().into();
            }
        }
        sign(&letter, &self.secret, at)
    }

    /// The delivery, signed with another secret.
    pub(crate) fn signed_with(&self, secret: &Secret) -> Result<Wire, Failure> {
        sign(&self.letter, secret, self.now())
    }

    /// The delivery, signed with a secret that is nobody's.
    pub(crate) fn forged(&self) -> Result<Wire, Failure> {
        self.signed_with(&self.subject.target().other_secret())
    }

    /// The delivery with another body, genuinely signed.
    pub(crate) fn with_body(&self, body: impl Into<Vec<u8>>) -> Self {
        let mut draft = self.clone();
        draft.letter.body = body.into();
        draft
    }

    /// Whether a request is judged by more than its size.
    pub(crate) fn fits(&self, wire: &Wire) -> bool {
        wire.body.len() <= self.subject.target().max_body
    }

    pub(crate) fn scheme(&self) -> Option<&'static Scheme> {
        self.subject.scheme()
    }

    /// Whether every byte of the body is under the signature, which is not itself in the body.
    pub(crate) fn signs_every_byte(&self) -> bool {
        let traits = self.subject.provider().traits();
        let is_form = self.letter.is_form();
        let reads_form = match self.scheme() {
            Some(scheme) => scheme.signed_field().is_some(),
            None => self.subject.provider().signs_forms_only(),
        };
        traits.signs_body && !traits.header.is_empty() && !(is_form && reads_form)
    }

    /// The body, where it is JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        if self.letter.is_form() {
            return None;
        }
        serde_json::from_slice(&self.letter.body).ok()
    }
}

fn sign(letter: &Letter, secret: &Secret, at: SystemTime) -> Result<Wire, Failure> {
    letter.sign(secret, at).map_err(|error| Failure::new(format!("it cannot be signed: {error}")))
}
