//! A genuine delivery, from which cases build valid and invalid requests.

use std::time::SystemTime;

use serde_json::Value;

use super::{failure::Failure, target::Target};
use crate::{
    testing::{
        put,
        request::{RawRequest, UnsignedRequest},
    },
    verify::{
        Secret,
        scheme::{Scheme, SignedRequest},
    },
};

/// A genuine delivery, from which cases build valid and invalid requests.
#[derive(Clone)]
pub(crate) struct SampleDelivery<'s> {
    pub(crate) target: &'s Target,
    pub(crate) unsigned: UnsignedRequest,
    pub(crate) secret: Secret,
    /// The older secrets of a rotation.
    pub(crate) older: Vec<Secret>,
}

impl SampleDelivery<'_> {
    pub(crate) fn now(&self) -> SystemTime {
        self.target.context().now()
    }

    /// The delivery as the provider would send it now.
    pub(crate) fn genuine(&self) -> Result<RawRequest, Failure> {
        sign(&self.unsigned, &self.secret, self.now())
    }

    /// The delivery, signed at another time.
    pub(crate) fn signed_at(&self, at: SystemTime) -> Result<RawRequest, Failure> {
        let mut unsigned = self.unsigned.clone();
        // A time in the body is part of what is signed.
        if let Some(pointer) = self.scheme().and_then(Scheme::timestamp_pointer)
            && let Ok(mut json) = serde_json::from_slice(&unsigned.body)
            && let Some(time) = self.scheme().and_then(|scheme| scheme.format_time(at))
        {
            let time = time.parse::<u64>().map_or(time.into(), Value::from);
            if put(&mut json, pointer, time).is_ok() {
                unsigned.body = json.to_string().into();
            }
        }
        sign(&unsigned, &self.secret, at)
    }

    /// The delivery, signed with another secret.
    pub(crate) fn signed_with(&self, secret: &Secret) -> Result<RawRequest, Failure> {
        sign(&self.unsigned, secret, self.now())
    }

    /// The delivery, signed with an unknown secret.
    pub(crate) fn forged(&self) -> Result<RawRequest, Failure> {
        self.signed_with(&self.target.endpoint().other_secret())
    }

    /// The delivery from a sender without the secret: unsigned and forged.
    pub(crate) fn unsigned_and_forged(&self) -> Result<[(&'static str, RawRequest); 2], Failure> {
        Ok([("unsigned", self.unsigned.clone().without_signature()), ("forged", self.forged()?)])
    }

    /// The sample with another body.
    pub(crate) fn with_body(&self, body: impl Into<Vec<u8>>) -> Self {
        let mut sample = self.clone();
        sample.unsigned.body = body.into();
        sample
    }

    /// The body, padded to a length without a change of its meaning.
    pub(crate) fn padded(&self, length: usize) -> Vec<u8> {
        let mut body = self.unsigned.body.clone();
        let is_form = self.unsigned.is_form();
        if is_form && !body.is_empty() {
            body.extend_from_slice(b"&padding=");
        }
        body.resize(length.max(body.len()), if is_form { b'x' } else { b' ' });
        body
    }

    /// Returns whether the provider's scheme verifies a request to the same URL.
    pub(crate) fn is_genuine(&self, request: &RawRequest) -> bool {
        let url = self.unsigned.url();
        let request = SignedRequest {
            method: request.method.as_str(),
            url: &url,
            headers: &request.headers,
            query: request.path_and_query.split_once('?').map_or("", |(_, query)| query),
            body: &request.body,
        };
        let secrets = std::slice::from_ref(&self.secret);
        self.unsigned.provider.verify(secrets, &request, None, self.now()).is_ok()
    }

    /// Returns whether the body of a request is within the limit.
    pub(crate) fn fits(&self, request: &RawRequest) -> bool {
        request.body.len() <= self.target.endpoint().max_body
    }

    pub(crate) fn scheme(&self) -> Option<&'static Scheme> {
        self.target.scheme()
    }

    /// Returns whether the signature covers every byte of the body, and is not itself in the body.
    pub(crate) fn signs_every_byte(&self) -> bool {
        let traits = self.target.provider().scheme_info();
        let is_form = self.unsigned.is_form();
        let reads_form = match self.scheme() {
            Some(scheme) => scheme.signed_form_field().is_some(),
            None => self.target.provider().signs_forms_only(),
        };
        traits.signs_body && !traits.signature_header.is_empty() && !(is_form && reads_form)
    }

    /// The body, if it is JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        if self.unsigned.is_form() {
            return None;
        }
        serde_json::from_slice(&self.unsigned.body).ok()
    }
}

fn sign(
    unsigned: &UnsignedRequest,
    secret: &Secret,
    at: SystemTime,
) -> Result<RawRequest, Failure> {
    unsigned.sign(secret, at).map_err(|error| Failure::new(format!("it cannot be signed: {error}")))
}
