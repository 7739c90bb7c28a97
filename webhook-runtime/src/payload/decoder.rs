//! The one deserializer that payload types are compiled for: `serde_json`'s, with what a form needs
//! on top. One decoder for each type, instead of one for JSON and one for forms, because decoders
//! are most of what a handler costs to compile.

use std::{borrow::Cow, fmt, marker::PhantomData, str::FromStr};

use serde::{
    Deserialize,
    de::{
        DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, Expected, IgnoredAny,
        MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
        value::{CowStrDeserializer, StrDeserializer},
    },
    forward_to_deserialize_any,
};

/// Decodes JSON, or the JSON that stands for a form.
pub(super) struct Decoder<J> {
    json: J,
    level: Level,
}

/// The place in a form, which decides how text is read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// Not in a form: JSON is read as it is.
    Json,
    /// The form as a whole: an object of fields.
    Form,
    /// A field: an array of its values, mostly of one.
    Field,
    /// One of a field's values: a string, and whatever can be read from text.
    Value,
}

impl Level {
    /// The level of what an object or an array at this level holds.
    fn below(self) -> Self {
        match self {
            Self::Json => Self::Json,
            Self::Form => Self::Field,
            Self::Field | Self::Value => Self::Value,
        }
    }
}

impl<J> Decoder<J> {
    pub(super) fn new(json: J, is_form: bool) -> Self {
        Self { json, level: if is_form { Level::Form } else { Level::Json } }
    }

    fn is_text(&self) -> bool {
        self.level >= Level::Field
    }
}

impl<'de, J: Deserializer<'de>> Decoder<J> {
    /// The text of the only value.
    fn text(self) -> Result<Cow<'de, str>, J::Error> {
        match self.level {
            Level::Field => self.json.deserialize_seq(OnlyText),
            _ => self.json.deserialize_str(AnyText),
        }
    }

    /// The error of a type that is not read from text.
    #[cold]
    fn unexpected(self, expected: &dyn Expected) -> J::Error {
        match self.text() {
            Ok(text) => Error::invalid_type(Unexpected::Str(&text), expected),
            Err(error) => error,
        }
    }

    /// Hands the number or `bool` in the text to a visitor, or else the text.
    #[cold]
    fn visit_parsed<V: Visitor<'de>, T: FromStr>(
        self,
        visitor: V,
        visit: fn(V, T) -> Result<V::Value, J::Error>,
    ) -> Result<V::Value, J::Error> {
        let text = self.text()?;
        match text.parse() {
            Ok(value) => visit(visitor, value),
            Err(_) => give(text, visitor),
        }
    }

    /// Hands the text of the only value to a visitor.
    #[cold]
    fn visit_text<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, J::Error> {
        give(self.text()?, visitor)
    }
}

/// Hands text to a visitor, borrowed if it is.
fn give<'de, V: Visitor<'de>, E: Error>(text: Cow<'de, str>, visitor: V) -> Result<V::Value, E> {
    match text {
        Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
        Cow::Owned(text) => visitor.visit_string(text),
    }
}

/// Reads numbers and `bool` from the text of a form.
macro_rules! scalars {
    ($($method:ident $visit:ident;)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, J::Error> {
            if self.is_text() {
                return self.visit_parsed(visitor, V::$visit);
            }
            self.json.$method(visitor)
        }
    )*};
}

/// Types that the text of a form is handed to as it is. Their visitors get neither an array nor an
/// object from `serde_json`.
macro_rules! plain {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, J::Error> {
            if self.is_text() { self.visit_text(visitor) } else { self.json.$method(visitor) }
        }
    )*};
}

/// Types that may hold others.
macro_rules! nested {
    ($($method:ident($($name:ident: $ty:ty),*);)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $ty,)* visitor: V) -> Result<V::Value, J::Error> {
            if self.is_text() {
                // Most visitors return an error here, and need no borrowed text for that.
                return visitor.visit_str(&self.text()?);
            }
            self.json.$method($($name,)* Inside { visitor, level: self.level.below() })
        }
    )*};
}

impl<'de, J: Deserializer<'de>> Deserializer<'de> for Decoder<J> {
    type Error = J::Error;

    scalars! {
        deserialize_bool visit_bool;
        deserialize_i8 visit_i8;
        deserialize_i16 visit_i16;
        deserialize_i32 visit_i32;
        deserialize_i64 visit_i64;
        deserialize_u8 visit_u8;
        deserialize_u16 visit_u16;
        deserialize_u32 visit_u32;
        deserialize_u64 visit_u64;
        deserialize_f32 visit_f32;
        deserialize_f64 visit_f64;
    }

    plain! {
        deserialize_i128 deserialize_u128 deserialize_char deserialize_str deserialize_string
        deserialize_identifier
    }

    nested! {
        deserialize_unit_struct(name: &'static str);
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, J::Error> {
        if self.is_text() {
            return Err(self.unexpected(&visitor));
        }
        self.json.deserialize_struct(name, fields, Inside { visitor, level: self.level.below() })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, J::Error> {
        if self.is_text() {
            return self.visit_text(visitor);
        }
        self.json.deserialize_any(Inside { visitor, level: self.level.below() })
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, J::Error> {
        if self.is_text() {
            return self.visit_text(visitor);
        }
        self.json.deserialize_bytes(Inside { visitor, level: self.level.below() })
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, J::Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, J::Error> {
        if self.level == Level::Value {
            return self.visit_text(visitor);
        }
        self.json.deserialize_seq(Inside { visitor, level: self.level.below() })
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, J::Error> {
        if self.level != Level::Json {
            return visitor.visit_some(self);
        }
        self.json.deserialize_option(Inside { visitor, level: self.level })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, J::Error> {
        if self.level != Level::Json {
            return visitor.visit_newtype_struct(self);
        }
        self.json.deserialize_newtype_struct(name, Inside { visitor, level: self.level })
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, J::Error> {
        match self.level {
            Level::Json => self.json.deserialize_unit(visitor),
            Level::Form => {
                IgnoredAny::deserialize(self.json)?;
                visitor.visit_unit()
            }
            Level::Field | Level::Value => self.visit_text(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, J::Error> {
        match self.level {
            Level::Json => {
                self.json.deserialize_enum(name, variants, Inside { visitor, level: self.level })
            }
            // A form of one field is no variant of that name.
            Level::Form => Err(Error::invalid_type(Unexpected::Map, &visitor)),
            Level::Field | Level::Value => {
                visitor.visit_enum(CowStrDeserializer::new(self.text()?))
            }
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, J::Error> {
        self.json.deserialize_ignored_any(visitor)
    }

    fn is_human_readable(&self) -> bool {
        true
    }
}

/// Wraps a visitor, so that everything that `serde_json` hands to it is a [`Decoder`] again.
struct Inside<V> {
    visitor: V,
    level: Level,
}

/// Forwards what holds no further values.
macro_rules! forward {
    ($($method:ident($ty:ty);)*) => {$(
        fn $method<E: Error>(self, value: $ty) -> Result<V::Value, E> {
            self.visitor.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Inside<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    forward! {
        visit_bool(bool);
        visit_i64(i64);
        visit_i128(i128);
        visit_u64(u64);
        visit_u128(u128);
        visit_f64(f64);
        visit_str(&str);
        visit_borrowed_str(&'de str);
        visit_string(String);
        visit_bytes(&[u8]);
        visit_borrowed_bytes(&'de [u8]);
        visit_byte_buf(Vec<u8>);
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, json: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(Decoder { json, level: self.level })
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, json: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(Decoder { json, level: self.level })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, json: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_seq(Decoder { json, level: self.level })
    }

    fn visit_map<A: MapAccess<'de>>(self, json: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(Decoder { json, level: self.level })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, json: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(Decoder { json, level: self.level })
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Seed<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<S::Value, D::Error> {
        self.seed.deserialize(Decoder { json, level: self.level })
    }
}

/// Wraps a seed in the same way.
struct Seed<S> {
    seed: S,
    level: Level,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Decoder<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.json.next_element_seed(Seed { seed, level: self.level })
    }

    fn size_hint(&self) -> Option<usize> {
        self.json.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> Decoder<A> {
    /// Marks the error of a value if the value is a field of a form.
    #[cold]
    fn located(&self, error: A::Error) -> A::Error {
        if self.level == Level::Field { in_field(&error) } else { error }
    }
}

/// Ends the message of an error in a field of a form. Other errors concern the form as a whole.
pub(super) const IN_FIELD: &str = " in a field";

fn in_field<E: Error>(error: &E) -> E {
    // `serde_json` finds the place of an error at the end of a message, where it has to stay.
    let message = error.to_string();
    match message.rsplit_once(" at line ") {
        Some((message, place)) => E::custom(format_args!("{message}{IN_FIELD} at line {place}")),
        None => E::custom(format_args!("{message}{IN_FIELD}")),
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Decoder<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.json.next_key_seed(KeySeed { seed, level: self.level })
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        match self.json.next_value_seed(Seed { seed, level: self.level }) {
            Ok(value) => Ok(value),
            Err(error) => Err(self.located(error)),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        self.json.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Decoder<A> {
    type Error = A::Error;
    type Variant = Decoder<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Decoder<A::Variant>), A::Error> {
        let (variant, json) = self.json.variant_seed(Seed { seed, level: self.level })?;
        Ok((variant, Decoder { json, level: self.level }))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Decoder<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.json.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.json.newtype_variant_seed(Seed { seed, level: self.level })
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.json.tuple_variant(len, Inside { visitor, level: self.level })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.json.struct_variant(fields, Inside { visitor, level: self.level })
    }
}

/// Wraps the seed of a key.
struct KeySeed<S> {
    seed: S,
    level: Level,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for KeySeed<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<S::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for KeySeed<S> {
    type Value = S::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<S::Value, E> {
        let text = KeyText::Borrowed(text);
        self.seed.deserialize(Key { text, level: self.level, error: PhantomData })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<S::Value, E> {
        let text = KeyText::Copied(text);
        self.seed.deserialize(Key { text, level: self.level, error: PhantomData })
    }
}

/// The text of a key, copied if a part of it is escaped.
#[derive(Clone, Copy)]
enum KeyText<'k, 'de> {
    Borrowed(&'de str),
    Copied(&'k str),
}

/// A key of an object: text, and whatever can be read from text.
struct Key<'k, 'de, E> {
    text: KeyText<'k, 'de>,
    level: Level,
    error: PhantomData<E>,
}

impl<E> Key<'_, '_, E> {
    fn text(&self) -> &str {
        match self.text {
            KeyText::Borrowed(text) | KeyText::Copied(text) => text,
        }
    }

    /// The key as a number or `bool`. JSON has a stricter form of both.
    fn parse<T: FromStr + DeserializeOwned>(&self) -> Option<T> {
        let text = self.text();
        if self.level == Level::Json {
            serde_json::from_str(text).ok().filter(|_| text.trim_ascii() == text)
        } else {
            text.parse().ok()
        }
    }
}

macro_rules! keys {
    ($($method:ident $visit:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
            match self.parse() {
                Some(value) => visitor.$visit(value),
                None => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de, E: Error> Deserializer<'de> for Key<'_, 'de, E> {
    type Error = E;

    keys! {
        deserialize_bool visit_bool;
        deserialize_i8 visit_i8;
        deserialize_i16 visit_i16;
        deserialize_i32 visit_i32;
        deserialize_i64 visit_i64;
        deserialize_i128 visit_i128;
        deserialize_u8 visit_u8;
        deserialize_u16 visit_u16;
        deserialize_u32 visit_u32;
        deserialize_u64 visit_u64;
        deserialize_u128 visit_u128;
        deserialize_f32 visit_f32;
        deserialize_f64 visit_f64;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.text {
            KeyText::Borrowed(text) => visitor.visit_borrowed_str(text),
            KeyText::Copied(text) => visitor.visit_str(text),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, E> {
        visitor.visit_enum(StrDeserializer::new(self.text()))
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// Reads a string, borrowed where nothing in it is escaped.
struct AnyText;

impl<'de> Visitor<'de> for AnyText {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

impl<'de> DeserializeSeed<'de> for AnyText {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

/// Reads the only string of an array.
struct OnlyText;

impl<'de> Visitor<'de> for OnlyText {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
        let first = values.next_element_seed(AnyText)?;
        match (first, values.next_element::<IgnoredAny>()?) {
            (Some(only), None) => Ok(only),
            _ => Err(Error::custom("given more than once")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use serde_json::{Value, value::RawValue};

    use super::*;

    fn decode<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, serde_json::Error> {
        let mut source = serde_json::Deserializer::from_str(json);
        let decoded = T::deserialize(Decoder::new(&mut source, false))?;
        source.end().map(|()| decoded)
    }

    /// Compares with what `serde_json` makes of the same text, places of errors included.
    fn same<'a, T: Deserialize<'a> + fmt::Debug>(texts: &[&'a str]) {
        for text in texts {
            let [ours, theirs] = [decode::<T>(text), serde_json::from_str::<T>(text)]
                .map(|result| result.map_err(|error| error.to_string()));
            assert_eq!(format!("{ours:?}"), format!("{theirs:?}"), "{text}");
        }
    }

    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Scalars<'a> {
        text: &'a str,
        #[serde(borrow)]
        maybe: Option<Cow<'a, str>>,
        letter: char,
        flag: bool,
        small: i8,
        big: u128,
        ratio: f32,
        nothing: (),
        #[serde(borrow, flatten)]
        rest: HashMap<&'a str, Value>,
    }

    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    enum Shape {
        Nothing,
        One(u8),
        Two(u8, String),
        Named { a: u8 },
    }

    #[derive(Deserialize, Debug)]
    #[serde(tag = "kind", content = "value", deny_unknown_fields)]
    #[allow(dead_code)]
    enum Tagged {
        One(u8),
    }

    #[derive(Deserialize, Debug)]
    struct Order {
        #[allow(dead_code)]
        id: u8,
    }

    #[derive(Deserialize, Debug)]
    struct Meters(#[allow(dead_code)] f64);

    #[derive(Deserialize, Debug)]
    struct Pair(#[allow(dead_code)] u8, #[allow(dead_code)] u8);

    #[derive(Deserialize, Debug)]
    struct Unit;

    #[test]
    fn json_is_read_as_serde_json_reads_it() {
        let scalars = r#"{"text":"a","maybe":"b\n","letter":"c","flag":true,"small":-1,"big":1,
            "ratio":0.5,"nothing":null,"more":[1]}"#;
        same::<Scalars<'_>>(&[
            scalars,
            "{}",
            "1",
            r#"{"text":"\n"}"#,
            r#"{"text":1}"#,
            "{\"text\"",
        ]);
        let shapes = [
            r#""Nothing""#,
            r#"{"One":1}"#,
            r#"{"Two":[1,"a"]}"#,
            r#"{"Named":{"a":1}}"#,
            r#"{"Named":{}}"#,
            r#"{"One":"1"}"#,
            r#""Other""#,
            r#"{"One":1,"Two":2}"#,
            "1",
        ];
        same::<Shape>(&shapes);
        same::<Tagged>(&[r#"{"kind":"One","value":1}"#, r#"{"kind":"Two"}"#, r#"{"a":1}"#]);
        // `serde_json` takes an array for a struct, with the fields in the order of the type.
        same::<Order>(&["[1]", "[[1]]", "[]", "[1,2]", "[\"a\"]"]);
        same::<Meters>(&["1.5", "1", "\"1\"", "1.5 2"]);
        same::<Pair>(&["[1,2]", "[1]", "[1,2,3]", "{}"]);
        same::<Unit>(&["null", "1"]);
        same::<Vec<Option<u8>>>(&["[1,null]", "[256]", "[1,", "[\n\"a\"]"]);
        same::<(u8, String)>(&["[1,\"a\"]", "[1]"]);
        same::<Value>(&[scalars, "[{\"a\":[1.5,-1,true,null]}]", "[1,]"]);
        same::<&RawValue>(&["{ \"a\" : 1 }", "[1,]"]);
        same::<Vec<Box<RawValue>>>(&["[{\"a\": 1}, 2]"]);
        same::<&[u8]>(&["\"a\"", "[1]"]);
        let deep = "[".repeat(200);
        same::<Value>(&[&deep]);
    }

    #[test]
    fn keys_are_read_as_serde_json_reads_them() {
        let text = r#"{"a":1,"b\n":2,"a":3}"#;
        same::<BTreeMap<String, u8>>(&[text, "{1:2}", "{\"a\" 1}"]);
        same::<BTreeMap<Cow<'_, str>, u8>>(&[text]);
        same::<BTreeMap<u8, u8>>(&[r#"{"1":2}"#]);
        same::<BTreeMap<i128, u8>>(&[r#"{"-1":2}"#]);
        same::<BTreeMap<bool, u8>>(&[r#"{"true":2}"#]);
        same::<BTreeMap<Option<char>, u8>>(&[r#"{"a":2}"#]);
        for stricter in [r#"{"+1":2}"#, r#"{" 1":2}"#, r#"{"1 ":2}"#, r#"{"01":2}"#, r#"{"256":2}"#]
        {
            decode::<BTreeMap<u8, u8>>(stricter).expect_err(stricter);
        }
    }
}
