//! Handshakes, as their providers send them.

use serde_json::{Value, json};
use webhook_runtime::{
    Provider,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
};

use crate::{
    random::random_hex,
    sample::{self, FORM, JSON},
};

/// A request that checks an endpoint.
#[derive(Debug, Default)]
pub(crate) struct Challenge {
    pub(crate) method: &'static str,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) body: Vec<u8>,
    /// The text that the answer has to contain.
    pub(crate) echoed: Option<String>,
}

/// Builds the first handshake of a provider.
///
/// `token` is the verify token, if the provider's handshake contains one.
pub(crate) fn of(provider: &Provider, token: &str) -> Result<Challenge, String> {
    let handshake =
        first(provider).ok_or_else(|| format!("{} sends no handshakes", provider.name()))?;
    let mut builder = Builder { challenge: Challenge::default(), json: Value::Null };
    builder.challenge.method = handshake.method();
    let text = random_hex(24);
    for condition in handshake.conditions() {
        builder.meet(*condition, &text)?;
    }
    for value in handshake.response().values() {
        let sources = value.sources();
        if sources == [value] {
            builder.challenge.echoed = Some(text.clone());
        }
        for source in sources {
            builder.fill(source, &text)?;
        }
    }
    if let Some(place) = handshake.verify_token() {
        builder.fill(place, token)?;
    }
    let Builder { mut challenge, json } = builder;
    if !json.is_null() {
        challenge.content_type = Some(JSON);
        challenge.body = json.to_string().into_bytes();
    }
    Ok(challenge)
}

/// True if the first handshake is signed like a delivery.
pub(crate) fn is_signed(provider: &Provider) -> bool {
    first(provider).is_some_and(Handshake::is_signed)
}

/// The first handshake that an endpoint answers out of itself.
fn first(provider: &Provider) -> Option<&'static Handshake> {
    let is_simple = |handshake: &&Handshake| {
        !matches!(
            handshake.response(),
            HandshakeResponse::StoreSecret(..) | HandshakeResponse::ConfirmSubscription(..)
        )
    };
    let all = provider.handshakes();
    all.iter().find(is_simple).or_else(|| all.first())
}

struct Builder {
    challenge: Challenge,
    json: Value,
}

impl Builder {
    fn meet(&mut self, condition: Condition, text: &str) -> Result<(), String> {
        match condition {
            Condition::Query(name) => self.query(name, text),
            Condition::QueryIs(name, value) => self.query(name, value),
            Condition::Header(name) => self.header(name, text),
            Condition::HeaderIs(name, value) => self.header(name, value),
            Condition::Body(pointer) => sample::put(&mut self.json, pointer, json!(text))?,
            Condition::BodyIs(pointer, value) => {
                sample::put(&mut self.json, pointer, json!(value))?;
            }
            Condition::OnlyFormFields(fields) => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                form.extend_pairs(
                    fields.iter().map(|(name, value)| (*name, value.unwrap_or(text))),
                );
                self.challenge.content_type = Some(FORM);
                self.challenge.body = form.finish().into_bytes();
            }
            _ => {}
        }
        Ok(())
    }

    /// Puts a text where the endpoint takes a value from.
    fn fill(&mut self, value: RequestValue, text: &str) -> Result<(), String> {
        match value {
            RequestValue::Query(name) => self.query(name, text),
            RequestValue::Header(name) => self.header(name, text),
            RequestValue::Body(pointer) => sample::put(&mut self.json, pointer, json!(text))?,
            _ => return Err("a value of the handshake is not one of the request".to_owned()),
        }
        Ok(())
    }

    fn query(&mut self, name: &'static str, value: &str) {
        self.challenge.query.retain(|(known, _)| *known != name);
        self.challenge.query.push((name, value.to_owned()));
    }

    fn header(&mut self, name: &'static str, value: &str) {
        self.challenge.headers.retain(|(known, _)| *known != name);
        self.challenge.headers.push((name, value.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use webhook_runtime::{
        providers,
        providers::{LARK, META, SLACK, STRIPE, ZOOM},
    };

    use super::*;

    #[test]
    fn handshakes_ask_for_an_echo() {
        let slack = of(&SLACK, "t0ken").expect("a handshake");
        let body: Value = serde_json::from_slice(&slack.body).expect("JSON");
        assert_eq!(body["type"], "url_verification");
        assert_eq!(slack.echoed.as_deref(), body["challenge"].as_str());
        let meta = of(&META, "t0ken").expect("a handshake");
        assert_eq!(meta.method, "GET");
        assert!(meta.query.contains(&("hub.verify_token", "t0ken".to_owned())));
        let lark = of(&LARK, "t0ken").expect("a handshake");
        let body: Value = serde_json::from_slice(&lark.body).expect("JSON");
        assert_eq!((lark.method, &body["token"]), ("POST", &json!("t0ken")));
        // The answer holds the challenge beside its HMAC.
        assert!(of(&ZOOM, "").expect("a handshake").echoed.is_some());
        assert_eq!(of(&STRIPE, "").map(drop), Err("stripe sends no handshakes".to_owned()));
    }

    #[test]
    fn all_handshakes_can_be_built() {
        for provider in providers::ALL.iter().filter(|provider| provider.has_handshakes()) {
            assert!(of(provider, "").is_ok(), "{}", provider.name());
        }
    }
}
