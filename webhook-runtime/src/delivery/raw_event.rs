//! The input of a payload's decoder: a whole delivery, or one item of a batch.

use std::{borrow::Cow, fmt};

use crate::{
    delivery::{
        Delivery, Rejection,
        content::{Content, check_json},
    },
    verify::{BatchLayout, Field, form, json},
};

/// The text that a payload is decoded from: the body of a delivery, or one item of a batch. It is
/// cheap to copy.
#[derive(Clone, Copy)]
pub struct RawEvent<'a> {
    delivery: &'a Delivery,
    item: Option<Item<'a>>,
}

#[derive(Clone, Copy)]
struct Item<'a> {
    index: usize,
    json: &'a str,
    layout: &'a BatchLayout,
}

impl<'a> RawEvent<'a> {
    /// The whole body.
    pub(crate) fn whole(delivery: &'a Delivery) -> Self {
        Self { delivery, item: None }
    }

    /// One item of the body.
    pub(crate) fn item(
        delivery: &'a Delivery,
        layout: &'a BatchLayout,
        index: usize,
        json: &'a str,
    ) -> Self {
        Self { delivery, item: Some(Item { index, json, layout }) }
    }

    /// The delivery that contains it.
    #[must_use]
    pub fn delivery(self) -> &'a Delivery {
        self.delivery
    }

    /// The index in the batch, from 0; `None` if the delivery is not a batch.
    #[must_use]
    pub fn index(self) -> Option<usize> {
        self.item.map(|item| item.index)
    }

    /// The bytes of the whole body, or the text of the item, with U+FFFD for what is no character.
    #[must_use]
    pub fn bytes(self) -> &'a [u8] {
        match self.item {
            Some(item) => item.json.as_bytes(),
            None => self.delivery.body(),
        }
    }

    /// The provider's id of the event, if there is one. An item only has an id of its own: the id
    /// of the delivery is the same for all items.
    #[must_use]
    pub fn id(self) -> Option<Cow<'a, str>> {
        match self.item {
            Some(item) => {
                let at = |pointer| json::scalar(item.json.as_bytes(), pointer);
                let id = at(item.layout.id()?)?;
                Some(item.layout.id_parts().iter().fold(id, |id, pointer| {
                    Cow::Owned(format!("{id}:{}", at(pointer).unwrap_or_default()))
                }))
            }
            None => self.find(self.delivery.sent_by().id()?),
        }
    }

    /// The name of the event, if the provider sends one.
    #[must_use]
    pub fn event(self) -> Option<Cow<'a, str>> {
        let Some(item) = self.item else {
            let provider = self.delivery.sent_by();
            let mut fallbacks = provider.event_fallbacks().iter();
            return self
                .find(provider.event()?)
                .or_else(|| fallbacks.find_map(|field| self.find(*field)));
        };
        let at = |pointer| json::scalar(item.json.as_bytes(), pointer);
        match item.layout.event() {
            Some(pointer) => at(pointer).or_else(|| at(item.layout.event_fallback()?)),
            None => self.delivery.event_names().event.as_deref().map(Cow::Borrowed),
        }
    }

    /// The action, such as `opened`, if the provider sends one. It distinguishes events of the same
    /// name.
    #[must_use]
    pub fn action(self) -> Option<Cow<'a, str>> {
        let Some(item) = self.item else {
            return self.find(self.delivery.sent_by().action()?);
        };
        match item.layout.action() {
            Some(pointer) => json::scalar(item.json.as_bytes(), pointer),
            None => self.delivery.event_names().action.as_deref().map(Cow::Borrowed),
        }
    }

    /// The JSON of one item of a batch.
    #[cfg(feature = "inbox")]
    pub(crate) fn item_json(self) -> Option<&'a str> {
        self.item.map(|item| item.json)
    }

    pub(crate) fn content(self) -> Result<Content<'a>, Rejection> {
        match self.item {
            Some(item) => Ok(Content::Json(item.json)),
            None => self.delivery.content(),
        }
    }

    /// Checks that the text is what its content type says.
    pub(crate) fn check(self) -> Result<(), Rejection> {
        match self.content()? {
            Content::Json(json) => check_json(json),
            Content::Form(_) => Ok(()),
        }
    }

    /// The value of a field. In an item of a batch, a pointer starts at the item.
    #[cfg(feature = "inbox")]
    pub(crate) fn at(self, field: Field) -> Option<Cow<'a, str>> {
        match (field, self.item) {
            (Field::Pointer(pointer), Some(item)) => json::scalar(item.json.as_bytes(), pointer),
            _ => self.find(field),
        }
    }

    /// Returns whether the signature covers a pointer in the item, or a field of the body.
    #[cfg(feature = "inbox")]
    pub(crate) fn signs(self, in_item: Option<&str>, in_whole: Option<Field>) -> bool {
        let provider = self.delivery.sent_by();
        match self.item.zip(in_item) {
            Some((item, pointer)) => {
                provider.signs_pointer(&item.layout.pointer_in_first_event(pointer))
            }
            None => in_whole.is_some_and(|field| provider.signs(field)),
        }
    }

    /// The value of a field of the whole delivery.
    fn find(self, field: Field) -> Option<Cow<'a, str>> {
        match field {
            Field::Header(name) => {
                self.delivery.headers().get(name)?.to_str().ok().map(Cow::Borrowed)
            }
            Field::Pointer(pointer) => match self.delivery.readable().ok()? {
                Content::Json(json) => json::scalar(json.as_bytes(), pointer),
                // A form has no levels: the last token names the field.
                Content::Form(form) => form::value(form, pointer.rsplit('/').next()?).ok()?,
            },
        }
    }
}

/// Shows what identifies the event, and nothing of the body.
impl fmt::Debug for RawEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawEvent")
            .field("delivery", self.delivery)
            .field("index", &self.index())
            .field("len", &self.bytes().len())
            .finish()
    }
}
