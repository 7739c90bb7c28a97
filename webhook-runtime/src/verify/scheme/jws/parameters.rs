//! The compact form without a payload, `<parameters>..<signature>`, and what its parameters may be.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::{Map, Value};

use super::Jws;
use crate::verify::scheme::VerifyError;

/// A signature whose payload is elsewhere.
pub(super) struct Detached<'r> {
    /// The protected parameters, as they were written.
    written: std::borrow::Cow<'r, str>,
    parameters: Map<String, Value>,
    signature: Vec<u8>,
}

impl<'r> Detached<'r> {
    /// Parses the header, and checks every parameter.
    pub(super) fn parse(jws: &Jws, text: &'r str) -> Result<Self, VerifyError> {
        let malformed = VerifyError::MalformedSignature(jws.header);
        let (written, rest) = text.split_once('.').ok_or(malformed)?;
        let signature = rest.strip_prefix('.').ok_or(malformed)?;
        let decode = |text: &str| Base64UrlUnpadded::decode_vec(text).map_err(|_| malformed);
        let signature = decode(signature)?;
        let parameters = serde_json::from_slice(&decode(written)?).map_err(|_| malformed)?;
        let detached = Self { written: written.into(), parameters, signature };
        if detached.is_understood(jws) { Ok(detached) } else { Err(malformed) }
    }

    /// The parameters that the scheme asks for, not signed yet.
    pub(super) fn new(jws: &Jws) -> Self {
        let mut parameters = Map::new();
        let mut set = |name: &str, value: Value| parameters.insert(name.to_owned(), value);
        set("alg", jws.algorithm.name().into());
        if jws.unencoded {
            set("b64", false.into());
            set("crit", Value::Array(vec!["b64".into()]));
        }
        if let Some(name) = jws.headers_parameter {
            set(name, jws.signed_headers.join(",").into());
        }
        for (name, value) in jws.parameters {
            set(name, (*value).into());
        }
        let written = Value::Object(parameters.clone()).to_string();
        let written = Base64UrlUnpadded::encode_string(written.as_bytes()).into();
        Self { written, parameters, signature: Vec::new() }
    }

    /// True if every parameter is one that the scheme knows, and has a value that it accepts.
    fn is_understood(&self, jws: &Jws) -> bool {
        let known = self.parameters.iter().all(|(name, value)| match name.as_str() {
            "alg" => value.as_str().is_some_and(|name| jws.algorithm.is_named(name)),
            "kid" | "typ" | "cty" => value.is_string(),
            "b64" => jws.unencoded && *value == Value::Bool(false),
            // It lists only what this scheme understands.
            "crit" => jws.unencoded && *value == Value::Array(vec!["b64".into()]),
            "jku" => value.is_string() && !jws.key_set_urls.is_empty(),
            name if jws.headers_parameter == Some(name) => value.is_string(),
            name => jws.parameters.iter().any(|(fixed, wanted)| *fixed == name && value == wanted),
        });
        let has = |name: &str| self.parameters.contains_key(name);
        known
            && has("alg")
            && (!jws.unencoded || (has("b64") && has("crit")))
            && jws.headers_parameter.is_none_or(has)
            && jws.parameters.iter().all(|(name, _)| has(name))
    }

    /// The value of a parameter that is text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.parameters.get(name)?.as_str()
    }

    pub(super) fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The text that is signed: the parameters as they were written, a dot, and the payload.
    pub(super) fn message(&self, payload: &[&[u8]], unencoded: bool) -> Vec<u8> {
        let payload = payload.concat();
        let mut message = Vec::with_capacity(self.written.len() + 1 + payload.len() * 4 / 3 + 4);
        message.extend_from_slice(self.written.as_bytes());
        message.push(b'.');
        if unencoded {
            message.extend_from_slice(&payload);
        } else {
            message.extend_from_slice(Base64UrlUnpadded::encode_string(&payload).as_bytes());
        }
        message
    }

    pub(super) fn with_signature(&self, signature: &[u8]) -> String {
        format!("{}..{}", self.written, Base64UrlUnpadded::encode_string(signature))
    }
}
