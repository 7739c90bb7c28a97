//! The content of a body, and the rejections of JSON that does not fit a type.

use serde::de::IgnoredAny;

use crate::{delivery::Rejection, support::text::truncate, verify::json};

/// The content of a body, by its content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    /// JSON. The whole body is checked to be UTF-8 at once, which is cheaper than string by string.
    Json(&'a str),
    Form(&'a [u8]),
}

/// The message for a number that is JSON, but beyond every type.
const OUT_OF_RANGE: &str = "number out of range";

/// Checks that a text is JSON, of any shape.
pub(crate) fn check_json(json: &str) -> Result<(), Rejection> {
    match serde_json::from_str::<IgnoredAny>(json) {
        Ok(_) => Ok(()),
        Err(error) => Err(json_rejection(json, &error)),
    }
}

#[cold]
pub(crate) fn json_rejection(json: &str, error: &serde_json::Error) -> Rejection {
    let (message, place) = message_and_place(error);
    // A number that no type holds is JSON all the same.
    let is_json = || message == OUT_OF_RANGE && serde_json::from_str::<IgnoredAny>(json).is_ok();
    if !error.is_data() && !is_json() {
        return Rejection::Malformed { detail: format!("the body is not JSON: {message}{place}") };
    }
    let mut path = json::path_at(json.as_bytes(), error.line(), error.column());
    if let Some(field) = missing_field(&message) {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(field);
    }
    Rejection::Mismatch { path: shortened(&path), detail: shortened(&message) }
}

/// Splits the message of an error from its position.
pub(crate) fn message_and_place(error: &serde_json::Error) -> (String, String) {
    let mut message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    if message.ends_with(&place) {
        message.truncate(message.len() - place.len());
    }
    (message, place)
}

/// The name of a missing field. It has no position in the text, but the message contains its name.
pub(crate) fn missing_field(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.strip_suffix('`')
}

/// A message, cut to 200 characters: it may quote the sender's text.
pub(crate) fn shortened(message: &str) -> String {
    let text = truncate(message, 200);
    if text.len() < message.len() { format!("{text}…") } else { text.to_owned() }
}
