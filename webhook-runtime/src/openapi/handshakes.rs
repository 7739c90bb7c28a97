//! Handshakes: requests that check who owns an endpoint, which are answered without the handler.

use serde_json::{Map, Value, json};

use super::words::JSON;
use crate::{
    endpoint::Endpoint,
    verify::handshake::{Condition, Handshake, HandshakeResponse, HashPart, RequestValue},
};

/// The operations of handshakes whose method is no delivery's: the method in lower case, and the
/// operation. `id` gives the id of the operation of a method. `verify_token` is the name of the token's
/// security scheme.
pub(super) fn operations(
    endpoint: &Endpoint,
    id: impl Fn(&str) -> String,
    methods: &[String],
    verify_token: Option<&str>,
) -> Vec<(String, Value)> {
    let mut all: Vec<(String, Value)> = Vec::new();
    for handshake in endpoint.provider.handshakes() {
        let method = handshake.method().to_ascii_lowercase();
        let is_known = all.iter().any(|(known, _)| *known == method);
        if !methods.contains(&method) && !is_known {
            let operation = operation(endpoint, handshake, &id(&method), verify_token);
            all.push((method, operation));
        }
    }
    all
}

fn operation(
    endpoint: &Endpoint,
    handshake: &Handshake,
    id: &str,
    verify_token: Option<&str>,
) -> Value {
    let provider = endpoint.provider.name();
    let mut parameters: Vec<Value> = handshake.conditions().iter().filter_map(parameter).collect();
    let mut security = json!([]);
    let mut responses = Map::new();
    responses.insert("200".to_owned(), success(handshake.response()));
    if let Some(name) = handshake.verify_token_parameter() {
        parameters.push(query(name, "The verify token.", &json!({"type": "string"})));
        security = verify_token.map(|key| json!({key: []})).into_iter().collect();
        responses.insert(
            "403".to_owned(),
            json!({"description": "The verify token is missing or wrong."}),
        );
    }
    responses
        .insert("400".to_owned(), json!({"description": "The challenge is missing or wrong."}));
    json!({
        "operationId": id,
        "summary": format!("Handshake of {provider}"),
        "description": format!(
            "A request with which `{provider}` checks who owns the endpoint. It is answered without the \
             handler."
        ),
        "tags": [provider],
        "parameters": parameters,
        "security": security,
        "responses": responses,
    })
}

/// The security scheme of the verify token, if the provider sends one, and the name that it should have.
pub(super) fn verify_token(endpoint: &Endpoint) -> Option<(String, Value)> {
    let mut handshakes = endpoint.provider.handshakes().iter();
    let name = handshakes.find_map(Handshake::verify_token_parameter)?;
    let scheme = json!({
        "type": "apiKey",
        "in": "query",
        "name": name,
        "description": "The verify token, a text that both sides have agreed on.",
    });
    Some((format!("{}.verify_token", endpoint.provider.name()), scheme))
}

fn parameter(condition: &Condition) -> Option<Value> {
    let text = json!({"type": "string"});
    match *condition {
        Condition::Query(name) => Some(query(name, "A value of the provider.", &text)),
        Condition::QueryIs(name, value) => {
            Some(query(name, "Always this value.", &json!({"type": "string", "const": value})))
        }
        Condition::Header(name) => Some(header(name, &text)),
        Condition::HeaderIs(name, value) => {
            Some(header(name, &json!({"type": "string", "const": value})))
        }
        Condition::HeaderLacks(_)
        | Condition::Body(_)
        | Condition::BodyIs(..)
        | Condition::BodyLacks(_)
        | Condition::OnlyFormFields(_) => None,
    }
}

fn query(name: &str, description: &str, schema: &Value) -> Value {
    json!({
        "name": name, "in": "query", "required": true, "description": description, "schema": schema,
    })
}

fn header(name: &str, schema: &Value) -> Value {
    json!({
        "name": name,
        "in": "header",
        "required": true,
        "description": "A header of the handshake.",
        "schema": schema,
    })
}

fn success(response: HandshakeResponse) -> Value {
    let description = sentence(&answer(response));
    match response {
        HandshakeResponse::Text(_) => json!({
            "description": description,
            "content": {"text/plain": {"schema": {"type": "string"}}},
        }),
        HandshakeResponse::Json(_) | HandshakeResponse::StaticJson(_) => json!({
            "description": description,
            "content": {JSON: {"schema": {"type": "object"}}},
        }),
        _ => json!({"description": description}),
    }
}

/// The words with a capital letter and a full stop.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

/// All handshakes of an endpoint, for the extension.
pub(super) fn list(endpoint: &Endpoint) -> Value {
    let handshakes = endpoint.provider.handshakes().iter();
    let rows = handshakes.map(|handshake| {
        let proof = match handshake.verify_token() {
            Some(_) => "verify token",
            None if handshake.is_signed() => "signature",
            None => "none",
        };
        let conditions: Vec<String> = handshake.conditions().iter().map(condition).collect();
        json!({
            "method": handshake.method(),
            "proof": proof,
            "when": conditions,
            "answer": answer(handshake.response()),
        })
    });
    Value::Array(rows.collect())
}

/// A condition, for people.
fn condition(condition: &Condition) -> String {
    match *condition {
        Condition::Query(name) => format!("the query has `{name}`"),
        Condition::QueryIs(name, value) => format!("the query has `{name}={value}`"),
        Condition::Header(name) => format!("there is a header `{name}`"),
        Condition::HeaderIs(name, value) => format!("the header `{name}` is `{value}`"),
        Condition::HeaderLacks(name) => format!("there is no header `{name}`"),
        Condition::Body(pointer) => format!("the body has a value at `{pointer}`"),
        Condition::BodyIs(pointer, value) => format!("the body has `{value}` at `{pointer}`"),
        Condition::BodyLacks(pointer) => format!("the body has no value at `{pointer}`"),
        Condition::OnlyFormFields(fields) => {
            let names: Vec<String> = fields.iter().map(|(name, _)| format!("`{name}`")).collect();
            format!("the body is a form of {} alone", names.join(" and "))
        }
    }
}

/// An answer, for people.
fn answer(response: HandshakeResponse) -> String {
    match response {
        HandshakeResponse::Text(value) => format!("{}, as text", value_words(value)),
        HandshakeResponse::Json(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("`{name}`: {}", value_words(*value)))
                .collect();
            format!("a JSON object of {}", fields.join(", "))
        }
        HandshakeResponse::StaticJson(json) => format!("`{json}`"),
        HandshakeResponse::Empty(status) => format!("{status} without a body"),
        HandshakeResponse::StoreSecret(_, None) => "200 once the secret is stored".to_owned(),
        HandshakeResponse::StoreSecret(_, Some(header)) => {
            format!("200 once the secret is stored, with the secret in the header `{header}`")
        }
        HandshakeResponse::ConfirmSubscription(value, _) => {
            format!("200 once the URL in {} was visited", value_words(value))
        }
        HandshakeResponse::AllowOrigin => {
            "200, with the origin in `webhook-allowed-origin` if it is allowed".to_owned()
        }
    }
}

fn part_words(part: &HashPart) -> String {
    match *part {
        HashPart::Value(value) => value_words(value),
        HashPart::VerifyToken => "the verify token".to_owned(),
        HashPart::PublicUrl => "the public URL".to_owned(),
    }
}

fn value_words(value: RequestValue) -> String {
    match value {
        RequestValue::Query(name) => format!("the parameter `{name}`"),
        RequestValue::Header(name) => format!("the header `{name}`"),
        RequestValue::Body(pointer) => format!("the value at `{pointer}`"),
        RequestValue::HmacHex(of) => {
            format!("the HMAC-SHA256 of {}, with the secret, in hex", value_words(*of))
        }
        RequestValue::HmacBase64(of) => {
            format!(
                "`sha256=` and the HMAC-SHA256 of {}, with the secret, in base64",
                value_words(*of)
            )
        }
        RequestValue::Sha256Hex(parts) => {
            let parts: Vec<String> = parts.iter().map(part_words).collect();
            format!("the SHA-256 of {}, joined, in hex", parts.join(", "))
        }
        RequestValue::SchemeAnswer(of) => {
            format!("what the provider's scheme computes from {} and the secret", value_words(*of))
        }
    }
}
