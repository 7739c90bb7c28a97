//! What a payload is decoded from: a whole delivery, or one item of a batch.

use std::{borrow::Cow, fmt};

use crate::{
    delivery::{
        Delivery, Rejection,
        content::{Content, check_json},
    },
    verify::{BatchLayout, Field, json},
};

/// The text that a payload is decoded from: the body of a delivery or, where the provider sends many
/// events at once, one item of it. Cheap to copy.
#[derive(Clone, Copy)]
pub struct RawEvent<'a> {
    delivery: &'a Delivery,
    item: Option<Item<'a>>,
}

#[derive(Clone, Copy)]
struct Item<'a> {
    index: usize,
    json: &'a str,
    says: &'a BatchLayout,
}

impl<'a> RawEvent<'a> {
    /// The body as a whole.
    pub(crate) fn whole(delivery: &'a Delivery) -> Self {
        Self { delivery, item: None }
    }

    /// One item of the body.
    pub(crate) fn item(
        delivery: &'a Delivery,
        says: &'a BatchLayout,
        index: usize,
        json: &'a str,
    ) -> Self {
        Self { delivery, item: Some(Item { index, json, says }) }
    }

    /// The delivery that it came with.
    #[must_use]
    pub fn delivery(self) -> &'a Delivery {
        self.delivery
    }

    /// Where in its batch it stands, from 0; `None` for a delivery that is no batch.
    #[must_use]
    pub fn index(self) -> Option<usize> {
        self.item.map(|item| item.index)
    }

    /// The bytes themselves: those of the item, or the whole body.
    #[must_use]
    pub fn bytes(self) -> &'a [u8] {
        match self.item {
            Some(item) => item.json.as_bytes(),
            None => self.delivery.body(),
        }
    }

    /// The id that the provider gave it, where it says one. An item has none but its own: items
    /// that share the id of their delivery could not be told apart by it.
    #[must_use]
    pub fn id(self) -> Option<Cow<'a, str>> {
        match self.item {
            Some(item) => {
                let at = |pointer| json::scalar(item.json.as_bytes(), pointer);
                let id = at(item.says.id()?)?;
                Some(item.says.id_parts().iter().fold(id, |id, pointer| {
                    Cow::Owned(format!("{id}:{}", at(pointer).unwrap_or_default()))
                }))
            }
            None => self.find(self.delivery.sent_by().id()?),
        }
    }

    /// The name of the event, where the provider says one.
    #[must_use]
    pub fn event(self) -> Option<Cow<'a, str>> {
        let Some(item) = self.item else {
            return self.find(self.delivery.sent_by().event()?);
        };
        match item.says.event() {
            Some(pointer) => json::scalar(item.json.as_bytes(), pointer),
            None => self.delivery.said().event.as_deref().map(Cow::Borrowed),
        }
    }

    /// What tells events of one name apart, such as `opened`, where the provider says it.
    #[must_use]
    pub fn action(self) -> Option<Cow<'a, str>> {
        let Some(item) = self.item else {
            return self.find(self.delivery.sent_by().action()?);
        };
        match item.says.action() {
            Some(pointer) => json::scalar(item.json.as_bytes(), pointer),
            None => self.delivery.said().action.as_deref().map(Cow::Borrowed),
        }
    }

    pub(crate) fn content(self) -> Result<Content<'a>, Rejection> {
        match self.item {
            Some(item) => Ok(Content::Json(item.json)),
            None => self.delivery.content(),
        }
    }

    /// Whether it is what its content type says at all.
    pub(crate) fn check(self) -> Result<(), Rejection> {
        match self.content()? {
            Content::Json(json) => check_json(json),
            Content::Form(_) => Ok(()),
        }
    }

    /// The id, whatever the content type calls the body: nobody signs that.
    #[cfg(feature = "inbox")]
    pub(crate) fn plain_id(self) -> Option<Cow<'a, str>> {
        match (self.item, self.delivery.sent_by().id()) {
            (None, Some(Field::Pointer(pointer))) => {
                let body: &[u8] = self.delivery.body();
                json::scalar(body, pointer).or_else(|| self.id())
            }
            _ => self.id(),
        }
    }

    /// What stands at a source, in an item of a batch in the item itself.
    #[cfg(feature = "inbox")]
    pub(crate) fn at(self, source: Field) -> Option<Cow<'a, str>> {
        match (source, self.item) {
            (Field::Pointer(pointer), Some(item)) => json::scalar(item.json.as_bytes(), pointer),
            _ => self.find(source),
        }
    }

    /// Whether the signature covers what is at a pointer of the item, or of the body.
    #[cfg(feature = "inbox")]
    pub(crate) fn signs(self, in_item: Option<&str>, in_whole: Option<Field>) -> bool {
        let provider = self.delivery.sent_by();
        match self.item.zip(in_item) {
            Some((item, pointer)) => {
                provider.signs_pointer(&item.says.pointer_in_first_event(pointer))
            }
            None => in_whole.is_some_and(|source| provider.signs(source)),
        }
    }

    /// What stands at a source of the delivery as a whole.
    fn find(self, source: Field) -> Option<Cow<'a, str>> {
        match source {
            Field::Header(name) => {
                self.delivery.headers().get(name)?.to_str().ok().map(Cow::Borrowed)
            }
            Field::Pointer(pointer) => match self.delivery.content().ok()? {
                Content::Json(json) => json::scalar(json.as_bytes(), pointer),
                Content::Form(_) => None,
            },
        }
    }
}

/// Shows what identifies it, and nothing of the body.
impl fmt::Debug for RawEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawEvent")
            .field("delivery", self.delivery)
            .field("index", &self.index())
            .field("len", &self.bytes().len())
            .finish()
    }
}
