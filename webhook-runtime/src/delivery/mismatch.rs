//! The reason why a body does not fit its payload, without the values and keys of the sender.

/// The longest key that is shown.
const MAX_KEY: usize = 40;

/// What serde calls a value, in its messages about types.
const KINDS: [&str; 16] = [
    "Option value",
    "boolean",
    "byte array",
    "character",
    "enum",
    "floating point",
    "integer",
    "map",
    "newtype struct",
    "newtype variant",
    "null",
    "sequence",
    "string",
    "struct variant",
    "tuple variant",
    "unit value",
];

/// The path of a value. A key that is no plain name may be the sender's own text, in a map: it is
/// left out.
pub(crate) fn shown_path(path: &str) -> String {
    let shown = path.split('.').map(|segment| {
        let (key, index) = segment.split_at(segment.find('[').unwrap_or(segment.len()));
        let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_index = |byte: u8| byte.is_ascii_digit() || b"[]".contains(&byte);
        if plain && key.len() <= MAX_KEY && index.bytes().all(is_index) { segment } else { "…" }
    });
    shown.collect::<Vec<_>>().join(".")
}

/// The expectation, as serde says it, without the value that does not meet it.
pub(crate) fn shown_detail(detail: &str) -> String {
    // The type comes last, and is the program's own text. A message that was cut may end in the
    // sender's text.
    let last = |word: &str| detail.rfind(word).filter(|_| !detail.ends_with('…'));
    let expected = last(", expected ").or_else(|| last(", there are no "));
    let (found, expected) = detail.split_at(expected.unwrap_or(detail.len()));
    for name in ["unknown variant", "unknown field"] {
        if found.starts_with(name) {
            return format!("{name}{expected}");
        }
    }
    for mistake in ["invalid type: ", "invalid value: "] {
        if let Some(value) = found.strip_prefix(mistake) {
            let kind = value.split(['`', '"']).next().unwrap_or_default().trim_end();
            let kind = if KINDS.contains(&kind) { kind } else { "another" };
            return format!("{mistake}{kind}{expected}");
        }
    }
    if detail.starts_with("missing field") || detail.starts_with("duplicate field") {
        // The name is that of the type.
        return detail.to_owned();
    }
    // A message of the program's own: where it quotes the value, it says so by a mark.
    let end = detail.find(['`', '"', '\'', ':', '=', '(']).unwrap_or(detail.len());
    detail[..end].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde::{
        Deserialize,
        de::{Error as _, IntoDeserializer, value::Error},
    };

    use super::*;

    fn refused<'a, T: Deserialize<'a>>(json: &'a str) -> String {
        let error = serde_json::from_str::<T>(json).err().expect("it does not fit").to_string();
        let (message, _) = error.split_once(" at line").expect("a place");
        shown_detail(message)
    }

    #[test]
    fn types_are_shown_and_values_are_not() {
        assert_eq!(refused::<u64>(r#""canary""#), "invalid type: string, expected u64");
        assert_eq!(refused::<u64>(r#"", expected c""#), "invalid type: string, expected u64");
        assert_eq!(refused::<u64>("null"), "invalid type: null, expected u64");
        assert_eq!(refused::<u64>("[1]"), "invalid type: sequence, expected u64");
        assert_eq!(refused::<u64>(r#"{"canary":1}"#), "invalid type: map, expected u64");
        assert_eq!(refused::<u8>("-7"), "invalid value: integer, expected u8");
        assert_eq!(refused::<bool>("7.5"), "invalid type: floating point, expected a boolean");
        assert_eq!(refused::<String>("true"), "invalid type: boolean, expected a string");
        assert_eq!(refused::<[u8; 2]>("[1]"), "invalid length 1, expected an array of length 2");
        let map = refused::<HashMap<u8, u8>>(r#"{"canary":1}"#);
        assert!(!map.contains("canary"), "{map}");
        let result = refused::<Result<u8, u8>>(r#"{"canary":1}"#);
        assert_eq!(result, "unknown variant, expected `Ok` or `Err`");
    }

    #[test]
    fn other_messages_end_before_what_they_quote() {
        for (detail, shown) in [
            ("missing field `id`", "missing field `id`"),
            ("duplicate field `id`", "duplicate field `id`"),
            ("unknown field `canary`, there are no fields", "unknown field, there are no fields"),
            ("unknown field `canary", "unknown field"),
            ("invalid digit found in string", "invalid digit found in string"),
            ("no currency: canary", "no currency"),
            ("no currency 'canary'", "no currency"),
            ("invalid type: string \"canary, expected c…", "invalid type: string"),
            (
                "invalid value: the canary, expected a colour",
                "invalid value: another, expected a colour",
            ),
            ("", ""),
        ] {
            assert_eq!(shown_detail(detail), shown);
        }
        let length = Error::invalid_length(3, &"two");
        assert_eq!(shown_detail(&length.to_string()), "invalid length 3, expected two");
        let none = <()>::deserialize(IntoDeserializer::<Error>::into_deserializer(1_u8));
        assert_eq!(
            shown_detail(&none.expect_err("not a unit").to_string()),
            "invalid type: integer, expected unit"
        );
    }

    #[test]
    fn keys_are_shown_if_they_are_plain_names() {
        for (path, shown) in [
            ("", ""),
            ("id", "id"),
            ("items[2].price", "items[2].price"),
            ("[0][1]", "[0][1]"),
            ("more.user@example", "more.…"),
            ("more.a canary[7].x", "more.….x"),
            ("more[canary]", "…"),
        ] {
            assert_eq!(shown_path(path), shown);
        }
        assert_eq!(shown_path(&"k".repeat(41)), "…");
    }
}
