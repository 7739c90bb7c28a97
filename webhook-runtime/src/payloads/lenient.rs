//! Decoding of fields that nobody may read. Such a field must not fail the delivery for being
//! missing or `null`, or for a `null` in its list.
//!
//! An `Option` of a number, a flag or a struct needs no help. Text does: by itself serde borrows a
//! plain `Cow<str>` only, and would copy it in an `Option` or a list.

#![allow(dead_code, reason = "each feature uses a part of it")]

use std::{borrow::Cow, collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};

/// Text, borrowed where it has no escapes.
#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// For text; with `default`, it may also be missing.
pub(super) fn text<'de: 'a, 'a, D>(from: D) -> Result<Option<Cow<'a, str>>, D::Error>
where
    D: Deserializer<'de>,
{
    let text = Option::<Text<'a>>::deserialize(from)?;
    Ok(text.map(|Text(text)| text))
}

/// For a time: text as it was sent, or the digits of a number.
pub(super) fn time<'de: 'a, 'a, D>(from: D) -> Result<Option<Cow<'a, str>>, D::Error>
where
    D: Deserializer<'de>,
{
    let time = Option::<Time<'a>>::deserialize(from)?;
    Ok(time.map(|Time(text)| text))
}

/// For a list, without its `null` items. `null` is an empty list; with `default`, so is a missing
/// one.
pub(super) fn list<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let items = Option::<Items<T>>::deserialize(from)?;
    Ok(items.map_or_else(Vec::new, |Items(items)| items))
}

/// For a list of texts, as [`list`].
pub(super) fn texts<'de: 'a, 'a, D>(from: D) -> Result<Vec<Cow<'a, str>>, D::Error>
where
    D: Deserializer<'de>,
{
    let texts: Vec<Text<'a>> = list(from)?;
    Ok(texts.into_iter().map(|Text(text)| text).collect())
}

/// For an object with a name for each of its values, as [`list`].
pub(super) fn map<'de: 'a, 'a, D, T>(from: D) -> Result<BTreeMap<Cow<'a, str>, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let members = Option::<Members<'a, T>>::deserialize(from)?;
    Ok(members.map_or_else(BTreeMap::new, |Members(members)| members))
}

struct Time<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Time<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TimeVisitor).map(Self)
    }
}

struct TimeVisitor;

impl<'de> Visitor<'de> for TimeVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time, as text or as a number")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Cow::Owned(number.to_string()))
    }
}

struct Items<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(ItemsVisitor(PhantomData)).map(Self)
    }
}

struct ItemsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ItemsVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element::<Option<T>>()? {
            items.extend(item);
        }
        Ok(items)
    }
}

struct Members<'a, T>(BTreeMap<Cow<'a, str>, T>);

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for Members<'a, T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(MembersVisitor(PhantomData)).map(Self)
    }
}

struct MembersVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MembersVisitor<T> {
    type Value = BTreeMap<Cow<'de, str>, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((Text(name), value)) = from.next_entry::<Text<'de>, Option<T>>()? {
            members.extend(value.map(|value| (name, value)));
        }
        Ok(members)
    }
}
