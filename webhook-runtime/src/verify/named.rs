//! The named values of an unverified JSON text. Everything else is skipped: it takes no memory, and
//! whatever is wrong with it decides nothing.

use std::{borrow::Cow, fmt};

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use crate::verify::json::text_without_bom;

/// A value that is neither an object nor an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scalar<'j> {
    /// A string, without its escapes.
    Text(Cow<'j, str>),
    /// A number, `true` or `false`, as text.
    Word(String),
    /// An object or an array.
    Compound,
}

impl<'j> Scalar<'j> {
    /// The string, if it is one.
    pub(crate) fn into_text(self) -> Option<Cow<'j, str>> {
        match self {
            Self::Text(text) => Some(text),
            Self::Word(_) | Self::Compound => None,
        }
    }
}

/// The values at JSON pointers, in their order; `None` for a missing value and for `null`. No
/// pointer may begin with another one.
///
/// Returns `None` if the text is not JSON, or if an object repeats a key that is part of a pointer:
/// two readers could then read two values.
pub(crate) fn scalars<'j, const N: usize>(
    json: &'j str,
    pointers: [&str; N],
) -> Option<[Option<Scalar<'j>>; N]> {
    let mut found = [const { None }; N];
    let mut deserializer = serde_json::Deserializer::from_str(text_without_bom(json));
    let level = Level { rests: pointers.map(Some), found: &mut found };
    level.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(found)
}

/// Calls `visit` with the raw text of each item of the array under `key`, and returns their number.
///
/// # Errors
/// The error of `visit`, or `None` if the text is not an object with one such array.
pub(crate) fn for_each_item<'j, E>(
    json: &'j str,
    key: &str,
    mut visit: impl FnMut(&'j str) -> Result<(), E>,
) -> Result<usize, Option<E>> {
    let mut failed = None;
    let mut visit = |item: &'j str| visit(item).map_err(|error| failed = Some(error)).is_ok();
    let mut deserializer = serde_json::Deserializer::from_str(text_without_bom(json));
    let counted = deserializer
        .deserialize_any(ArrayAt { key, visit: &mut visit })
        .and_then(|count| deserializer.end().map(|()| count));
    match counted {
        Ok(Some(count)) => Ok(count),
        Ok(None) | Err(_) => Err(failed),
    }
}

/// One level of the search for pointers.
struct Level<'p, 'f, 'j, const N: usize> {
    /// The rest of each pointer that leads here.
    rests: [Option<&'p str>; N],
    found: &'f mut [Option<Scalar<'j>>; N],
}

impl<'j, const N: usize> DeserializeSeed<'j> for Level<'_, '_, 'j, N> {
    type Value = ();

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.rests.iter().position(|rest| *rest == Some("")) {
            Some(at) => {
                self.found[at] = deserializer.deserialize_any(ScalarVisitor)?;
                Ok(())
            }
            None => deserializer.deserialize_any(self),
        }
    }
}

impl<'j, const N: usize> Visitor<'j> for Level<'_, '_, 'j, N> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = [false; N];
        while let Some(rests) = map.next_key_seed(Key(&self.rests))? {
            if rests.iter().all(Option::is_none) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            for (rest, seen) in rests.iter().zip(&mut seen) {
                if rest.is_some() && std::mem::replace(seen, true) {
                    return Err(A::Error::custom("a key twice"));
                }
            }
            map.next_value_seed(Level { rests, found: &mut *self.found })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A key of an object: the rests of the pointers that go on through it.
struct Key<'p, 'r, const N: usize>(&'r [Option<&'p str>; N]);

impl<'j, 'p, const N: usize> DeserializeSeed<'j> for Key<'p, '_, N> {
    type Value = [Option<&'p str>; N];

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        // Bytes, because a key that nobody reads may have an escape that is no character.
        deserializer.deserialize_bytes(self)
    }
}

impl<'p, const N: usize> Visitor<'_> for Key<'p, '_, N> {
    type Value = [Option<&'p str>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_bytes<E: serde::de::Error>(self, key: &[u8]) -> Result<Self::Value, E> {
        Ok(self.0.map(|rest| {
            let (token, rest) = split(rest?)?;
            (token.as_bytes() == key).then_some(rest)
        }))
    }
}

/// The first token of a pointer, and the rest.
fn split(pointer: &str) -> Option<(&str, &str)> {
    let pointer = pointer.strip_prefix('/')?;
    Some(pointer.split_at(pointer.find('/').unwrap_or(pointer.len())))
}

struct ScalarVisitor;

impl<'j> Visitor<'j> for ScalarVisitor {
    type Value = Option<Scalar<'j>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'j str) -> Result<Self::Value, E> {
        Ok(Some(Scalar::Text(Cow::Borrowed(text))))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Scalar::Text(Cow::Owned(text.to_owned()))))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(Scalar::Word(number.to_string())))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Scalar::Word(number.to_string())))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(Scalar::Word(serde_json::Value::from(number).to_string())))
    }

    fn visit_bool<E: serde::de::Error>(self, word: bool) -> Result<Self::Value, E> {
        Ok(Some(Scalar::Word(word.to_string())))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_key_seed(Key::<0>(&[]))?.is_some() {
            map.next_value::<IgnoredAny>()?;
        }
        Ok(Some(Scalar::Compound))
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Some(Scalar::Compound))
    }
}

/// An object with an array whose items are visited.
struct ArrayAt<'k, 'v, F> {
    key: &'k str,
    visit: &'v mut F,
}

impl<'j, F: FnMut(&'j str) -> bool> Visitor<'j> for ArrayAt<'_, '_, F> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    // The usual error would quote the whole string.
    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Self::Value, E> {
        Err(E::custom("not an object"))
    }

    fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut count = None;
        let pointer = format!("/{}", self.key);
        while let Some([rest]) = map.next_key_seed(Key(&[Some(&*pointer)]))? {
            if rest.is_none() {
                map.next_value::<IgnoredAny>()?;
            } else if count.is_some() {
                return Err(A::Error::custom("a key twice"));
            } else {
                count = Some(map.next_value_seed(Items(&mut *self.visit))?);
            }
        }
        Ok(count)
    }
}

/// The items of an array.
struct Items<'v, F>(&'v mut F);

impl<'j, F: FnMut(&'j str) -> bool> DeserializeSeed<'j> for Items<'_, F> {
    type Value = usize;

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'j, F: FnMut(&'j str) -> bool> Visitor<'j> for Items<'_, F> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    // The usual error would quote the whole string.
    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<usize, E> {
        Err(E::custom("not an array"))
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut seq: A) -> Result<usize, A::Error> {
        let mut count = 0;
        while let Some(item) = seq.next_element::<&RawValue>()? {
            if !(self.0)(item.get()) {
                return Err(A::Error::custom("an item failed"));
            }
            count += 1;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<'j, const N: usize>(json: &'j str, pointers: [&str; N]) -> Option<Vec<String>> {
        let shown = |found: Option<Scalar<'j>>| match found {
            None => "-".to_owned(),
            Some(Scalar::Text(text)) => text.into_owned(),
            Some(Scalar::Word(word)) => format!("{word}!"),
            Some(Scalar::Compound) => "{}".to_owned(),
        };
        Some(scalars(json, pointers)?.map(shown).to_vec())
    }

    #[test]
    fn named_values_are_found() {
        let json =
            r#"{"a":{"c":1,"b":"x\u0079","d":[{"b":1}]},"n":null,"t":true,"o":{"a":1},"f":1e1}"#;
        let found = texts(json, ["/a/b", "/a/c", "/n", "/t", "/o", "/q", "/p/x", "/f"]);
        let expected = ["xy", "1!", "-", "true!", "{}", "-", "-", "10.0!"];
        assert_eq!(found.as_deref(), Some(&expected.map(str::to_owned)[..]));
        for other in ["[]", "1", "null", r#""x""#, r#"{"a":1}"#, r#"{"a":[{"b":1}]}"#] {
            assert_eq!(texts(other, ["/a/b"]), Some(vec!["-".to_owned()]), "{other}");
        }
    }

    #[test]
    fn only_named_keys_may_not_be_repeated() {
        for json in [
            r#"{"a":{"b":1},"a":{}}"#,
            r#"{"a":{"b":1,"b":1}}"#,
            r#"{"a":{"b":1,"\u0062":1}}"#,
            r#"{"a":null,"a":{"b":1}}"#,
            r#"{"a":{"b":1}"#,
            r#"{"a":{"b":1}} {}"#,
            "",
        ] {
            assert_eq!(texts(json, ["/a/b"]), None, "{json}");
        }
        for json in [
            r#"{"x":1,"x":2,"a":{"b":1,"c":1,"c":2}}"#,
            r#"{"x":"\ud83d","\ud83d":"","n":1e999,"a":{"b":1,"c":"\udc00","d":-1e999}}"#,
            r#"{"x":{"b":1,"b":2},"a":{"b":1}}"#,
        ] {
            assert_eq!(texts(json, ["/a/b"]), Some(vec!["1!".to_owned()]), "{json}");
        }
    }

    #[test]
    fn items_are_visited_in_their_order() {
        let mut seen = Vec::new();
        let mut visit = |json: &str| {
            seen.clear();
            for_each_item(json, "v", |item| {
                seen.push(item.to_owned());
                if item == "0" { Err("zero") } else { Ok(()) }
            })
        };
        assert_eq!(visit(r#"{"a":"\ud83d","v":[ {"x": 1e999 } ,"\ud83d"]}"#), Ok(2));
        assert_eq!(visit(r#"{"v":[]}"#), Ok(0));
        assert_eq!(visit(r#"{"v":[1,0,2]}"#), Err(Some("zero")));
        for json in
            [r#"{"v":[1],"v":[2]}"#, r#"{"v":{}}"#, "{}", "[]", r#"{"v":[1]"#, r#"{"v":[1]}x"#]
        {
            assert_eq!(visit(json), Err(None), "{json}");
        }
        assert_eq!(visit(r#"{"a":1,"v":[7]}"#), Ok(1));
        assert_eq!(seen, ["7"]);
    }
}
