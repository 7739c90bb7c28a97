//! The part of a delivery that a payload type is decoded from. It is known at start, so that
//! mistakes are found then.

/// The part of a delivery that a payload type takes.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadShape {
    pub(crate) kind: PayloadKind,
    /// The name of the event decides what is decoded.
    pub(crate) by_event: bool,
}

/// The part of a delivery that is one payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PayloadKind {
    /// One item of a batch, or the body if the provider sends no batches.
    Item,
    /// All items of a batch.
    Batch,
    /// The whole delivery, not decoded.
    Delivery,
}

impl PayloadShape {
    pub(crate) const ITEM: Self = Self { kind: PayloadKind::Item, by_event: false };
    pub(crate) const DELIVERY: Self = Self { kind: PayloadKind::Delivery, by_event: false };
    /// An enum of events.
    pub const EVENT: Self = Self { kind: PayloadKind::Item, by_event: true };

    pub(crate) const fn batch_of(item: Self) -> Self {
        Self { kind: PayloadKind::Batch, by_event: item.by_event }
    }
}
