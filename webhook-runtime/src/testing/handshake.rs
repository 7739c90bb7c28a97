//! Example requests of handshakes, as their providers would send them.

use serde_json::{Map, Value as Json};

use super::put;
use crate::verify::handshake::{Condition, Handshake, HandshakeResponse, RequestValue, Trust};

/// An example request of a handshake.
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
    /// The verify token, in this parameter of the query.
    Token(&'static str),
}

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
                Trust::VerifyToken(parameter) => Credential::Token(parameter),
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
        match self.response {
            HandshakeResponse::Text(value)
            | HandshakeResponse::StoreSecret(value, _)
            | HandshakeResponse::ConfirmSubscription(value, _) => {
                example.challenge(value, challenge)?;
            }
            HandshakeResponse::Json(fields) => {
                for (_, value) in fields {
                    example.challenge(*value, challenge)?;
                }
            }
            HandshakeResponse::StaticJson(_)
            | HandshakeResponse::Empty(_)
            | HandshakeResponse::AllowOrigin => {}
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

    /// Puts the challenge where the response takes it from.
    fn challenge(&mut self, value: RequestValue, challenge: &str) -> Option<()> {
        match value {
            RequestValue::Query(name) => self.query(name, challenge),
            RequestValue::Header(name) => {
                self.headers.retain(|(known, _)| *known != name);
                self.headers.push((name, challenge.to_owned()));
            }
            RequestValue::Body(pointer) => self.body(pointer, challenge)?,
            RequestValue::HmacHex(of) | RequestValue::HmacBase64(of) => {
                let was_echoed = self.is_echoed;
                self.challenge(*of, challenge)?;
                self.is_echoed = was_echoed;
                return Some(());
            }
        }
        self.is_echoed = true;
        Some(())
    }
}
