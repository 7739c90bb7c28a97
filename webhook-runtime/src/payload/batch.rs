//! Batches: many events in one request.

use std::vec;

#[cfg(feature = "openapi")]
use crate::delivery::EventVariant;
use crate::{
    delivery::{Delivery, PayloadShape, RawEvent, Rejection},
    payload::Payload,
};

/// All events of one request, for a handler that takes them at once.
///
/// A handler with any other payload is called once for each event, one after another: see
/// [`Provider::with_batch`](crate::Provider::with_batch). Each event is decoded by itself, so one that does
/// not fit has no effect on the others.
///
/// ```
/// use serde::Deserialize;
/// use webhook_runtime::{Batch, Rejection, providers::LINE, webhook};
///
/// #[derive(Deserialize)]
/// struct Event {
///     timestamp: u64,
/// }
///
/// #[webhook(path = "/line", provider = LINE, secret_env = "LINE_CHANNEL_SECRET")]
/// async fn line(batch: Batch<'_, Event>) -> Result<(), Rejection> {
///     for item in batch {
///         println!("{:?}: at {}", item.raw_event.id(), item.decoded?.timestamp);
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Batch<'a, E> {
    items: Vec<BatchItem<'a, E>>,
}

/// One event of a [`Batch`].
#[derive(Debug)]
#[non_exhaustive]
pub struct BatchItem<'a, E> {
    /// The text of the event, with its place, id and name.
    pub raw_event: RawEvent<'a>,
    /// The event, or the reason why it does not fit.
    pub decoded: Result<E, Rejection>,
}

impl<'a, E> Batch<'a, E> {
    /// The number of events. A request may have none.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// True without any events. Some providers send such requests to test an endpoint.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Iterates over the events in the order in which they were sent.
    pub fn iter(&self) -> std::slice::Iter<'_, BatchItem<'a, E>> {
        self.items.iter()
    }

    /// All events, if every one fits.
    ///
    /// # Errors
    /// Returns the rejection of the first event that does not fit. Its path begins with the index.
    pub fn all(self) -> Result<Vec<E>, Rejection> {
        self.items
            .into_iter()
            .enumerate()
            .map(|(index, item)| item.decoded.map_err(|error| error.of_item(index)))
            .collect()
    }
}

impl<'a, E> IntoIterator for Batch<'a, E> {
    type Item = BatchItem<'a, E>;
    type IntoIter = vec::IntoIter<BatchItem<'a, E>>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'b, 'a, E> IntoIterator for &'b Batch<'a, E> {
    type Item = &'b BatchItem<'a, E>;
    type IntoIter = std::slice::Iter<'b, BatchItem<'a, E>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, E: Payload<'a>> Payload<'a> for Batch<'a, E> {
    const SHAPE: PayloadShape = PayloadShape::batch_of(E::SHAPE);

    #[cfg(feature = "openapi")]
    fn variants() -> Vec<EventVariant> {
        E::variants()
    }

    fn decode(encoded: RawEvent<'a>) -> Result<Self, Rejection> {
        let items = items(encoded.delivery())?;
        let decode =
            |encoded: RawEvent<'a>| BatchItem { raw_event: encoded, decoded: E::decode(encoded) };
        Ok(Self { items: items.into_iter().map(decode).collect() })
    }
}

/// The items of a delivery, or the delivery itself if the provider sends one event at a time.
fn items(delivery: &Delivery) -> Result<Vec<RawEvent<'_>>, Rejection> {
    let Some(says) = delivery.batch_layout() else {
        return Ok(vec![RawEvent::whole(delivery)]);
    };
    let places = delivery.items(says)?;
    let texts = places.iter().filter_map(|place| delivery.part(place)).enumerate();
    Ok(texts.map(|(index, json)| RawEvent::item(delivery, says, index, json)).collect())
}
