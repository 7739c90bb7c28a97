//! The content of a body, and what is wrong with JSON that does not fit.

use serde::de::IgnoredAny;

use crate::{delivery::Rejection, support::text::truncate, verify::json};

/// What a body holds, by its content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    /// Checked to be UTF-8 once as a whole: cheaper than string by string.
    Json(&'a str),
    Form(&'a [u8]),
}

/// Whether a text is JSON, without a word about what is in it.
pub(crate) fn check_json(json: &str) -> Result<(), Rejection> {
    match serde_json::from_str::<IgnoredAny>(json) {
        Ok(_) => Ok(()),
        Err(error) => Err(json_rejection(json, &error)),
    }
}

#[cold]
pub(crate) fn json_rejection(json: &str, error: &serde_json::Error) -> Rejection {
    let (message, place) = message_and_place(error);
    if !error.is_data() {
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

/// The message of an error without its place, and the place.
pub(crate) fn message_and_place(error: &serde_json::Error) -> (String, String) {
    let mut message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    if message.ends_with(&place) {
        message.truncate(message.len() - place.len());
    }
    (message, place)
}

/// The name of a field that is missing: the text has no place for it, but the message has its name.
pub(crate) fn missing_field(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.strip_suffix('`')
}

/// A message that may quote what the sender wrote, no longer than anybody reads.
pub(crate) fn shortened(message: &str) -> String {
    let text = truncate(message, 200);
    if text.len() < message.len() { format!("{text}…") } else { text.to_owned() }
}
