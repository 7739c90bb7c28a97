//! Text in an `Option` or a list. By itself serde borrows a plain `Cow<str>` only: in one of these,
//! it would always be copied.

#![allow(dead_code, reason = "each feature uses a part of it")]

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// For text that may be `null`; with `default`, it may also be missing.
pub(super) fn optional<'de: 'a, 'a, D>(from: D) -> Result<Option<Cow<'a, str>>, D::Error>
where
    D: Deserializer<'de>,
{
    let text = Option::<Text<'a>>::deserialize(from)?;
    Ok(text.map(|Text(text)| text))
}

/// For a list of texts.
pub(super) fn list<'de: 'a, 'a, D>(from: D) -> Result<Vec<Cow<'a, str>>, D::Error>
where
    D: Deserializer<'de>,
{
    let texts = Vec::<Text<'a>>::deserialize(from)?;
    Ok(texts.into_iter().map(|Text(text)| text).collect())
}

/// For a list that may be `null`, which is read as an empty list.
pub(super) fn list_or_null<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<Vec<T>>::deserialize(from).map(Option::unwrap_or_default)
}
