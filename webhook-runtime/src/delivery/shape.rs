//! What a payload type is decoded from, known without a delivery, so that what cannot work is found
//! at start.

/// What a payload type takes of a delivery.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadShape {
    pub(crate) unit: Unit,
    /// Whether the name of the event decides what is decoded.
    pub(crate) by_event: bool,
}

/// How much of a delivery one payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// One item, where the provider sends batches, else the body.
    Item,
    /// All items, each by itself.
    Batch,
    /// The delivery as it came.
    Delivery,
}

impl PayloadShape {
    pub(crate) const ITEM: Self = Self { unit: Unit::Item, by_event: false };
    pub(crate) const DELIVERY: Self = Self { unit: Unit::Delivery, by_event: false };
    /// An enum of events.
    pub const EVENT: Self = Self { unit: Unit::Item, by_event: true };

    pub(crate) const fn batch_of(item: Self) -> Self {
        Self { unit: Unit::Batch, by_event: item.by_event }
    }
}
