//! A genuine delivery in parts, to be put together rightly and wrongly.

use std::time::SystemTime;

use serde_json::Value;

use super::{failure::Failure, subject::Target};
use crate::{
    testing::{
        letter::{UnsignedRequest, Wire},
        put,
    },
    verify::{
        Secret,
        scheme::{Scheme, SignedRequest},
    },
};

/// A genuine delivery in parts, to be put together rightly and wrongly.
#[derive(Clone)]
pub(crate) struct Draft<'s> {
    pub(crate) subject: &'s Target,
    pub(crate) letter: UnsignedRequest,
    pub(crate) secret: Secret,
    /// Secrets that are live beside it.
    pub(crate) older: Vec<Secret>,
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
        if let Some(pointer) = self.scheme().and_then(Scheme::timestamp_pointer)
            && let Ok(mut json) = serde_json::from_slice(&letter.body)
            && let Some(time) = self.scheme().and_then(|scheme| scheme.format_time(at))
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

    /// The delivery as it comes from somebody who has no secret.
    pub(crate) fn of_strangers(&self) -> Result<[(&'static str, Wire); 2], Failure> {
        Ok([("unsigned", self.letter.clone().unsigned()), ("forged", self.forged()?)])
    }

    /// The delivery with another body, genuinely signed.
    pub(crate) fn with_body(&self, body: impl Into<Vec<u8>>) -> Self {
        let mut draft = self.clone();
        draft.letter.body = body.into();
        draft
    }

    /// The body, made at least as long as this, and what it was to whoever reads it.
    pub(crate) fn padded(&self, length: usize) -> Vec<u8> {
        let mut body = self.letter.body.clone();
        let is_form = self.letter.is_form();
        if is_form && !body.is_empty() {
            body.extend_from_slice(b"&padding=");
        }
        body.resize(length.max(body.len()), if is_form { b'x' } else { b' ' });
        body
    }

    /// Whether the provider's own scheme believes a request that is sent to where this one is.
    pub(crate) fn is_believed(&self, wire: &Wire) -> bool {
        let url = self.letter.url();
        let request = SignedRequest {
            method: wire.method.as_str(),
            url: &url,
            headers: &wire.headers,
            query: wire.target.split_once('?').map_or("", |(_, query)| query),
            body: &wire.body,
        };
        let secrets = std::slice::from_ref(&self.secret);
        self.letter.provider.verify(secrets, &request, None, self.now()).is_ok()
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
        let traits = self.subject.provider().scheme_info();
        let is_form = self.letter.is_form();
        let reads_form = match self.scheme() {
            Some(scheme) => scheme.signed_form_field().is_some(),
            None => self.subject.provider().signs_forms_only(),
        };
        traits.signs_body && !traits.signature_header.is_empty() && !(is_form && reads_form)
    }

    /// The body, where it is JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        if self.letter.is_form() {
            return None;
        }
        serde_json::from_slice(&self.letter.body).ok()
    }
}

fn sign(letter: &UnsignedRequest, secret: &Secret, at: SystemTime) -> Result<Wire, Failure> {
    letter.sign(secret, at).map_err(|error| Failure::new(format!("it cannot be signed: {error}")))
}
