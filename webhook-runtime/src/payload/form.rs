//! `application/x-www-form-urlencoded` bodies, as a serde deserializer that knows which field it
//! is at. A field given several times is a sequence.

use std::{borrow::Cow, collections::HashMap, fmt};

use serde::{
    de::{
        self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::BorrowedStrDeserializer,
    },
    forward_to_deserialize_any,
};

/// A decoded form: names in the order in which they first appear, each with its values.
pub(super) struct Form<'de> {
    fields: Vec<(Cow<'de, str>, Vec<Cow<'de, str>>)>,
}

impl<'de> Form<'de> {
    pub(super) fn new(body: &'de [u8]) -> Self {
        let mut fields: Vec<(Cow<'de, str>, Vec<Cow<'de, str>>)> = Vec::new();
        // An index, because a form may have as many names as its body has bytes.
        let mut known: HashMap<Cow<'de, str>, usize> = HashMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            let at = *known.entry(name).or_insert_with_key(|name| {
                fields.push((name.clone(), Vec::with_capacity(1)));
                fields.len() - 1
            });
            fields[at].1.push(value);
        }
        Self { fields }
    }
}

/// What did not fit, and in which field.
#[derive(Debug)]
pub(super) struct Mismatch {
    pub(super) field: String,
    pub(super) message: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mismatch {}

impl de::Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { field: String::new(), message: message.to_string() }
    }

    fn missing_field(field: &'static str) -> Self {
        Self { field: field.to_owned(), message: format!("missing field `{field}`") }
    }
}

impl<'de> Deserializer<'de> for Form<'de> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_map(Fields { rest: self.fields.into_iter(), current: None })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Fields<'de> {
    rest: std::vec::IntoIter<(Cow<'de, str>, Vec<Cow<'de, str>>)>,
    current: Option<(String, Values<'de>)>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Mismatch> {
        let Some((name, values)) = self.rest.next() else { return Ok(None) };
        self.current = Some((name.clone().into_owned(), Values(values)));
        seed.deserialize(Value(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mismatch> {
        let Some((name, values)) = self.current.take() else {
            return Err(de::Error::custom("a value without a name"));
        };
        seed.deserialize(values).map_err(|mismatch| Mismatch { field: name, ..mismatch })
    }
}

/// The values of one field.
struct Values<'de>(Vec<Cow<'de, str>>);

impl<'de> Values<'de> {
    fn only(mut self) -> Result<Value<'de>, Mismatch> {
        match (self.0.pop(), self.0.is_empty()) {
            (Some(value), true) => Ok(Value(value)),
            _ => Err(de::Error::custom("given more than once")),
        }
    }
}

/// Forwards to the only value of the field.
macro_rules! forward_to_only {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
            self.only()?.$method(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Values<'de> {
    type Error = Mismatch;

    forward_to_only! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32
        deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_f32 deserialize_f64
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_seq(Items(self.0.into_iter()))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.only()?.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct
        identifier
    }
}

struct Items<'de>(std::vec::IntoIter<Cow<'de, str>>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mismatch> {
        self.0.next().map(|value| seed.deserialize(Value(value))).transpose()
    }
}

/// One value: text, and whatever can be read from text.
struct Value<'de>(Cow<'de, str>);

macro_rules! parse {
    ($($method:ident $visit:ident $ty:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
            match self.0.parse::<$ty>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    parse! {
        deserialize_bool visit_bool bool;
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_f32 visit_f32 f32;
        deserialize_f64 visit_f64 f64;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match &self.0 {
            Cow::Borrowed(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text)),
            Cow::Owned(text) => visitor.visit_enum(text.as_str().into_deserializer()),
        }
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, Debug, PartialEq)]
    struct Command<'a> {
        #[serde(borrow)]
        text: Cow<'a, str>,
        count: u8,
        silent: Option<bool>,
        #[serde(default)]
        tags: Vec<Cow<'a, str>>,
        kind: Option<Kind>,
    }

    #[derive(Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Slash,
    }

    fn decode(body: &str) -> Result<Command<'_>, Mismatch> {
        Command::deserialize(Form::new(body.as_bytes()))
    }

    #[test]
    fn fields_are_read_by_the_type_they_have() {
        let command = decode("text=a+b%21&count=7&tags=x&tags=y&silent=true&kind=slash&extra=1")
            .expect("fits");
        assert_eq!(command.text, "a b!");
        assert_eq!((command.count, command.silent), (7, Some(true)));
        assert_eq!(command.tags, ["x", "y"]);
        assert_eq!(command.kind, Some(Kind::Slash));
    }

    #[test]
    fn many_names_take_no_longer_than_many_bytes() {
        // Miri takes a thousand times as long, and has no opinion on that.
        let many = if cfg!(miri) { 200 } else { 200_000 };
        let names: Vec<String> = (0..many).map(|n| format!("{n:x}")).collect();
        let body = names.join("&");
        assert_eq!(Form::new(body.as_bytes()).fields.len(), many);
    }

    #[test]
    fn plain_text_is_borrowed() {
        #[derive(Deserialize)]
        struct Plain<'a> {
            text: &'a str,
        }
        assert_eq!(Plain::deserialize(Form::new(b"text=abc")).expect("fits").text, "abc");
    }

    #[test]
    fn a_mismatch_names_its_field() {
        for (body, field) in [
            ("text=a&count=x", "count"),
            ("text=a&count=256", "count"),
            ("text=a", "count"),
            ("count=1", "text"),
            ("text=a&text=b&count=1", "text"),
            ("text=a&count=1&silent=maybe", "silent"),
            ("text=a&count=1&kind=other", "kind"),
        ] {
            assert_eq!(decode(body).expect_err(body).field, field, "{body}");
        }
    }
}
