//! Queries on JSON text that build no tree and need no type: the value at a pointer, the items of
//! an array, and the path of a position.

use std::{borrow::Cow, fmt, marker::PhantomData, ops::Range};

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

/// A JSON text without the byte order mark in front of it. Some senders add one, and parsers may
/// ignore it (RFC 8259, section 8.1).
pub(crate) fn without_bom(json: &[u8]) -> &[u8] {
    json.strip_prefix(BOM.as_bytes()).unwrap_or(json)
}

/// The same of a text.
pub(crate) fn text_without_bom(json: &str) -> &str {
    json.strip_prefix(BOM).unwrap_or(json)
}

const BOM: &str = "\u{feff}";

/// The string or number at a JSON pointer (RFC 6901), as text. The first of repeated keys counts.
pub(crate) fn scalar<'de>(json: &'de [u8], pointer: &str) -> Option<Cow<'de, str>> {
    let mut found = None;
    let mut json = serde_json::Deserializer::from_slice(without_bom(json));
    find(&mut json, pointer, Scalar, &mut found);
    found.flatten()
}

/// The raw text of the value at a JSON pointer.
pub(crate) fn raw_value<'de>(json: &'de str, pointer: &str) -> Option<&'de str> {
    let mut found: Option<&'de RawValue> = None;
    let wanted = PhantomData::<&'de RawValue>;
    let mut json = serde_json::Deserializer::from_str(text_without_bom(json));
    find(&mut json, pointer, wanted, &mut found);
    found.map(RawValue::get)
}

/// The byte range of the string at a JSON pointer, without its quotation marks.
pub(crate) fn text_range(json: &[u8], pointer: &str) -> Option<Range<usize>> {
    let json = std::str::from_utf8(json).ok()?;
    let text = raw_value(json, pointer).filter(|text| text.starts_with('"'))?;
    let Range { start, end } = byte_range(text, json);
    Some(start + 1..end - 1)
}

/// The raw texts of the items of an array; `None` for other values.
pub(crate) fn array_items(json: &str) -> Option<Vec<&str>> {
    let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    Some(items.into_iter().map(RawValue::get).collect())
}

/// True if a text is JSON.
pub(crate) fn is_json(json: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(without_bom(json)).is_ok()
}

/// The byte range of a slice within the text that it was cut from.
pub(crate) fn byte_range(part: &str, whole: &str) -> Range<usize> {
    let start = part.as_ptr().addr() - whole.as_ptr().addr();
    start..start + part.len()
}

fn find<'de, D: Deserializer<'de>, W: DeserializeSeed<'de>>(
    json: D,
    pointer: &str,
    wanted: W,
    found: &mut Option<W::Value>,
) {
    // The search stops once it found the value, so serde reports trailing data: ignore that.
    // Stopping with an error instead would double the cost, since each error computes its line and
    // column.
    let _ = Find { rest: pointer, wanted, found }.deserialize(json);
}

/// A search for the value at the pointer `rest`, deserialized with `wanted`.
struct Find<'p, 'f, W, V> {
    rest: &'p str,
    wanted: W,
    found: &'f mut Option<V>,
}

impl<'p, W, V> Find<'p, '_, W, V> {
    /// The first token of the pointer, and the rest.
    fn next_token(&self) -> Option<(Cow<'p, str>, &'p str)> {
        let rest = self.rest.strip_prefix('/')?;
        let (token, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Some(if token.contains('~') {
            (token.replace("~1", "/").replace("~0", "~").into(), rest)
        } else {
            (token.into(), rest)
        })
    }
}

impl<'de, W: DeserializeSeed<'de>> DeserializeSeed<'de> for Find<'_, '_, W, W::Value> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.rest.is_empty() {
            *self.found = Some(self.wanted.deserialize(deserializer)?);
            Ok(())
        } else {
            deserializer.deserialize_any(self)
        }
    }
}

impl<'de, W: DeserializeSeed<'de>> Visitor<'de> for Find<'_, '_, W, W::Value> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((key, rest)) = self.next_token() else {
            return Err(A::Error::custom("no pointer"));
        };
        while let Some(is_wanted) = map.next_key_seed(KeyEquals(&key))? {
            if is_wanted {
                return map.next_value_seed(Find { rest, wanted: self.wanted, found: self.found });
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Some((index, rest)) = self.next_token() else {
            return Err(A::Error::custom("no pointer"));
        };
        let index: usize = index.parse().map_err(A::Error::custom)?;
        for _ in 0..index {
            if seq.next_element::<IgnoredAny>()?.is_none() {
                return Ok(());
            }
        }
        seq.next_element_seed(Find { rest, wanted: self.wanted, found: self.found })?;
        Ok(())
    }
}

/// Deserializes a string or number as text, and fails for other values.
struct Scalar;

impl<'de> DeserializeSeed<'de> for Scalar {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scalar {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a number")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }
}

/// Compares an object's key with a text.
struct KeyEquals<'k>(&'k str);

impl<'de> DeserializeSeed<'de> for KeyEquals<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        // Bytes, because a key that nobody reads may have an escape that is no character.
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for KeyEquals<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_bytes<E: serde::de::Error>(self, key: &[u8]) -> Result<bool, E> {
        Ok(key == self.0.as_bytes())
    }
}

/// The path, such as `items[2].price`, of the value that ends at or contains a position in a JSON
/// text. Empty for the whole document.
///
/// `serde_json` reports the position of an error, and this finds the path of that position. It
/// costs nothing until an error occurs. Tracking the path while decoding would slow down every
/// delivery, and compile every payload type twice.
pub(crate) fn path_at(json: &[u8], line: usize, column: usize) -> String {
    let json = &json[..offset(json, line, column)];
    let mut frames: Vec<Frame<'_>> = Vec::new();
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        at += 1;
        match byte {
            b'{' => frames.push(Frame::Object(None)),
            b'[' => frames.push(Frame::Array(0)),
            b'}' | b']' => {
                frames.pop();
            }
            b',' => match frames.last_mut() {
                Some(Frame::Object(key)) => *key = None,
                Some(Frame::Array(index)) => *index += 1,
                None => {}
            },
            b'"' => {
                let start = at;
                while let Some(byte) = json.get(at).filter(|byte| **byte != b'"') {
                    at += if *byte == b'\\' { 2 } else { 1 };
                }
                let text = &json[start..at.min(json.len())];
                at += 1;
                if let Some(Frame::Object(key @ None)) = frames.last_mut() {
                    *key = Some(text);
                }
            }
            _ => {}
        }
    }
    let mut path = String::new();
    for frame in &frames {
        match frame {
            Frame::Object(Some(key)) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&String::from_utf8_lossy(key));
            }
            Frame::Object(None) => {}
            Frame::Array(index) => {
                use fmt::Write as _;
                let _ = write!(path, "[{index}]");
            }
        }
    }
    path
}

enum Frame<'j> {
    Object(Option<&'j [u8]>),
    Array(usize),
}

/// The offset of a line (from 1) and a column (bytes from the start of the line).
fn offset(json: &[u8], line: usize, column: usize) -> usize {
    let start = match line.checked_sub(2) {
        None => 0,
        Some(skipped) => json
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'\n')
            .nth(skipped)
            .map_or(json.len(), |(at, _)| at + 1),
    };
    (start + column).min(json.len())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[test]
    fn scalar_reads_strings_and_numbers() {
        let json = br#"{"a":{"x/y":[1,{"b":"c\u00e9"}]},"n":-7,"f":1.5,"t":true,"a":{"z":1}}"#;
        let at = |pointer| scalar(json, pointer);
        assert_eq!(at("/a/x~1y/0").as_deref(), Some("1"));
        assert_eq!(at("/a/x~1y/1/b").as_deref(), Some("cé"));
        assert_eq!(at("/n").as_deref(), Some("-7"));
        assert_eq!(at("/f").as_deref(), Some("1.5"));
        for nothing in ["/t", "/a", "/a/z", "/a/x~1y/2", "/a/x~1y/x", "/n/0", "/q", "/"] {
            assert_eq!(at(nothing), None, "{nothing}");
        }
        assert!(matches!(scalar(br#"{"a":"b"}"#, "/a"), Some(Cow::Borrowed("b"))));
    }

    #[test]
    fn raw_values_and_array_items_are_found() {
        let json = r#" {"a": [ {"x":1} , "two",[ ]], "b":null} "#;
        assert_eq!(raw_value(json, "/a/0"), Some(r#"{"x":1}"#));
        assert_eq!(raw_value(json, "/a"), Some(r#"[ {"x":1} , "two",[ ]]"#));
        assert_eq!(raw_value(json, "/b"), Some("null"));
        assert_eq!(raw_value(json, ""), Some(json.trim()));
        assert_eq!(
            (raw_value(json, "/c"), raw_value(json, "/b/0"), raw_value("[1", "/3")),
            (None, None, None)
        );
        let a = raw_value(json, "/a").and_then(array_items).expect("an array");
        assert_eq!(a, [r#"{"x":1}"#, r#""two""#, "[ ]"]);
        assert_eq!(array_items("[]"), Some(vec![]));
        assert_eq!((array_items("{}"), array_items("[1"), array_items("null")), (None, None, None));
    }

    #[test]
    fn one_byte_order_mark_is_skipped() {
        let json = "\u{feff}{\"a\":{\"b\":1}}";
        assert_eq!(scalar(json.as_bytes(), "/a/b").as_deref(), Some("1"));
        assert_eq!(raw_value(json, "/a"), Some("{\"b\":1}"));
        assert_eq!(raw_value(json, "/a").map(|part| byte_range(part, json)), Some(8..15));
        assert!(is_json(json.as_bytes()));
        for other in ["\u{feff}\u{feff}{\"a\":1}", " \u{feff}{\"a\":1}", "{\"a\":\u{feff}1}"] {
            assert_eq!(scalar(other.as_bytes(), "/a"), None);
            assert_eq!(raw_value(other, "/a"), None);
            assert!(!is_json(other.as_bytes()));
        }
        assert!(!is_json("\u{feff}".as_bytes()));
    }

    #[test]
    fn hostile_json_finds_nothing() {
        let deep = "[".repeat(if cfg!(miri) { 1_000 } else { 100_000 });
        for json in ["", "null", "{", r#"{"a"#, r#"{"a":"#, "\u{feff}{}", "[[", deep.as_str()] {
            assert_eq!(scalar(json.as_bytes(), "/a/b"), None);
        }
        assert_eq!(scalar(&[0xff, 0xfe], "/a"), None);
    }

    /// The path of each error equals the one of `serde_path_to_error`.
    #[test]
    fn paths_are_those_of_serde_path_to_error() {
        #[derive(Deserialize, Debug)]
        #[allow(dead_code)]
        struct Outer {
            id: u64,
            items: Vec<Item>,
            inner: Option<Box<Outer>>,
            pair: Option<(u8, String)>,
        }
        #[derive(Deserialize, Debug)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code)]
        struct Item {
            price: u32,
            name: Option<String>,
            kind: Option<Kind>,
        }
        #[derive(Deserialize, Debug)]
        #[serde(rename_all = "lowercase")]
        enum Kind {
            A,
            B,
        }
        for json in [
            r#"{"id":"x","items":[]}"#,
            r#"{"id": -1 ,"items":[]}"#,
            r#"{"id":{},"items":[]}"#,
            r#"{"id":1,"items":{}}"#,
            r#"{"id":1,"items":[{"price":1},{"price":"1"}]}"#,
            r#"{"id":1,"items":[{"price":1},{"price":99999999999}]}"#,
            "{\n \"id\": 1,\n \"items\": [\n  {\"price\": 1},\n  {\"price\": null}\n ]\n}",
            r#"{"id":1,"items":[{"price":1,"name":"a\"b,[{"},{"price":[]}]}"#,
            r#"{"id":1,"items":[{"price":1,"name":7}]}"#,
            r#"{"id":1,"items":[],"inner":{"id":1,"items":[1]}}"#,
            r#"{"id":1,"items":[],"inner":{"id":1,"items":[{"price":true}]}}"#,
            r#"{"id":1,"items":[],"pair":[1,2]}"#,
            r#"{"id":1,"items":[],"pair":[300,"x"]}"#,
            r#"{"id":1,"items":[{"price":1,"kind":"c"}]}"#,
            r#"{"id":1,"items":[{"price":1,"kind":7}]}"#,
        ] {
            let fast = serde_json::from_str::<Outer>(json).expect_err(json);
            let ours = path_at(json.as_bytes(), fast.line(), fast.column());
            let tracked = serde_path_to_error::deserialize::<_, Outer>(
                &mut serde_json::Deserializer::from_str(json),
            )
            .expect_err(json);
            assert_eq!(ours, tracked.path().to_string(), "{json}");
        }
    }

    #[test]
    fn every_position_has_a_path() {
        let json = br#"{"a":[1,{"b\"":"]}"}],"c":"\\"}"#;
        for column in 0..=json.len() + 5 {
            let _ = path_at(json, 1, column);
            let _ = path_at(&json[column.min(json.len())..], 3, column);
        }
        assert_eq!(path_at(json, 1, json.len()), "");
    }
}
