//! Example requests of handshakes, as their providers would send them.

use serde_json::{Map, Value as Json};

use super::put;
use crate::verify::handshake::{Condition, Handshake, HandshakeResponse, RequestValue, Trust};

/// An example request of a handshake.
#[derive(Clone)]
pub(crate) struct Example {
    pub(crate) method: &'static str,
    pub(crate) proof: Credential,
    /// The names and values of the query.
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
    /// The response contains the unchanged challenge.
    pub(crate) is_echoed: bool,
    /// The handshake needs no source of secrets or keys.
    pub(crate) is_simple: bool,
}

/// The credential of a handshake.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credential {
    Signature,
    None,
    /// The verify token, as this value of the request.
    Token(RequestValue),
}

#[derive(Clone)]
pub(crate) enum Body {
    Nothing,
    Json(Json),
    /// The names and values of a form.
    Form(Vec<(&'static str, String)>),
}

impl Handshake {
    /// Creates an example request with a challenge.
    pub(crate) fn example(&self, challenge: &str) -> Option<Example> {
        let mut example = Example {
            method: self.method,
            proof: match self.trust {
                Trust::Signed => Credential::Signature,
                Trust::Unsigned => Credential::None,
                Trust::VerifyToken(token) => Credential::Token(token),
            },
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::Nothing,
            is_echoed: false,
            is_simple: !matches!(
                self.response,
                HandshakeResponse::StoreSecret(..) | HandshakeResponse::ConfirmSubscription(..)
            ),
        };
        for when in self.conditions {
            match *when {
                Condition::Query(name) => example.query(name, challenge),
                Condition::QueryIs(name, value) => example.query(name, value),
                Condition::Header(name) => example.headers.push((name, challenge.to_owned())),
                Condition::HeaderIs(name, value) => example.headers.push((name, value.to_owned())),
                Condition::Body(pointer) => example.body(pointer, challenge)?,
                Condition::BodyIs(pointer, value) => example.body(pointer, value)?,
                Condition::BodyLacks(_) | Condition::HeaderLacks(_) => {}
                Condition::OnlyFormFields(fields) => {
                    let field = |(name, value): &(&'static str, Option<&'static str>)| {
                        (*name, value.unwrap_or(challenge).to_owned())
                    };
                    example.body = Body::Form(fields.iter().map(field).collect());
                }
            }
        }
        for value in self.response.values() {
            let sources = value.sources();
            example.is_echoed |= sources == [value];
            for source in sources {
                example.set(source, challenge)?;
            }
        }
        Some(example)
    }
}

impl Example {
    fn query(&mut self, name: &'static str, value: &str) {
        self.query.retain(|(known, _)| *known != name);
        self.query.push((name, value.to_owned()));
    }

    fn body(&mut self, pointer: &str, value: &str) -> Option<()> {
        if matches!(self.body, Body::Nothing) {
            self.body = Body::Json(Json::Object(Map::new()));
        }
        match &mut self.body {
            Body::Json(json) => put(json, pointer, Json::from(value)).ok(),
            Body::Nothing | Body::Form(_) => None,
        }
    }

    /// Puts a text where the endpoint takes a value from. `None` if there is no place for it.
    pub(crate) fn set(&mut self, value: RequestValue, text: &str) -> Option<()> {
        match value {
            RequestValue::Query(name) => self.query(name, text),
            RequestValue::Header(name) => {
                self.headers.retain(|(known, _)| *known != name);
                self.headers.push((name, text.to_owned()));
            }
            RequestValue::Body(pointer) => self.body(pointer, text)?,
            RequestValue::HmacHex(_)
            | RequestValue::HmacBase64(_)
            | RequestValue::Sha256Hex(_)
            | RequestValue::SchemeAnswer(_) => return None,
        }
        Some(())
    }
}
