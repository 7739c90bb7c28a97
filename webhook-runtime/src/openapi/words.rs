//! Texts that more than one part of the document has.

use std::time::Duration;

use crate::verify::{Field, Provider};

/// The content type of JSON.
pub(super) const JSON: &str = "application/json";

/// The content type of forms whose fields are parts.
pub(super) const MULTIPART: &str = "multipart/form-data";

/// The content type of refusals.
pub(super) const PROBLEM: &str = "application/problem+json";

/// The id of a delivery in examples, and the time of signing.
pub(super) const EXAMPLE_ID: &str = "msg_1";
pub(super) const EXAMPLE_MILLIS: u64 = 1_760_000_000_000;

/// A name as a key of the components, which allow few characters.
pub(super) fn key(name: &str) -> String {
    let is_allowed = |mark: char| mark.is_ascii_alphanumeric() || "._-".contains(mark);
    name.chars().map(|mark| if is_allowed(mark) { mark } else { '_' }).collect()
}

/// A doc comment in two parts: its first paragraph in one line, without a full stop, and the rest.
pub(super) fn summary_and_rest(text: &str) -> (String, &str) {
    let (first, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let first = first.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    (first.trim_end_matches('.').to_owned(), rest.trim())
}

/// A time in words, in the largest unit in which it is whole.
pub(super) fn time(time: Duration) -> String {
    let (seconds, millis) = (time.as_secs(), time.subsec_millis());
    let (count, unit) = match seconds {
        _ if millis > 0 => (seconds * 1000 + u64::from(millis), "millisecond"),
        1.. if seconds.is_multiple_of(86_400) => (seconds / 86_400, "day"),
        1.. if seconds.is_multiple_of(3_600) => (seconds / 3_600, "hour"),
        1.. if seconds.is_multiple_of(60) => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

/// The place of a value, for people: `` the header `x-id` ``.
pub(super) fn place(field: Field) -> String {
    match field {
        Field::Header(name) => format!("the header `{name}`"),
        Field::Pointer(pointer) => format!("the body at `{pointer}`"),
    }
}

/// Tells if the signature covers a value, for people.
pub(super) fn coverage(provider: &Provider, field: Field) -> &'static str {
    if provider.signs(field) { "It is signed." } else { "It is not signed." }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_paragraph_is_the_summary() {
        assert_eq!(summary_and_rest("Books\nan order."), ("Books an order".to_owned(), ""));
        assert_eq!(
            summary_and_rest("Books.\n\nOnce.\n\nYes."),
            ("Books".to_owned(), "Once.\n\nYes.")
        );
        assert_eq!(summary_and_rest(""), (String::new(), ""));
    }

    #[test]
    fn times_are_in_whole_units() {
        for (millis, text) in [
            (1_500, "1500 milliseconds"),
            (1_000, "1 second"),
            (90_000, "90 seconds"),
            (120_000, "2 minutes"),
            (7_200_000, "2 hours"),
            (86_400_000, "1 day"),
            (0, "0 seconds"),
        ] {
            assert_eq!(time(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn keys_have_allowed_characters_only() {
        assert_eq!(key("Event<Order, 2>"), "Event_Order__2_");
        assert_eq!(key("a.b-c_d"), "a.b-c_d");
    }
}
