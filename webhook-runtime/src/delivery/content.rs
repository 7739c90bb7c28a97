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
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(&place).unwrap_or(&message);
    if !error.is_data() {
        return Rejection::Malformed { detail: format!("the body is not JSON: {message}{place}") };
    }
    let mut path = json::path_at(json.as_bytes(), error.line(), error.column());
    // The text has no place for what is not there, but the message has its name.
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    if let Some(field) = missing {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(field);
    }
    Rejection::Mismatch { path: shortened(&path), detail: shortened(message) }
}

/// A message that may quote what the sender wrote, no longer than anybody reads.
pub(crate) fn shortened(message: &str) -> String {
    let text = truncate(message, 200);
    if text.len() < message.len() { format!("{text}…") } else { text.to_owned() }
}
