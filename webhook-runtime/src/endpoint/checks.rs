//! The checks of an endpoint that the compiler makes, because its options are constants.
//!
//! Each check fails at the place of its caller, which is the option or the argument that it is about.

use super::{Endpoint, message::Message};
use crate::{
    delivery::{PayloadKind, PayloadShape},
    verify::{Field, Provider},
};

impl Endpoint {
    /// Checks that the early response comes while the provider waits.
    ///
    /// # Panics
    /// If it comes too late. In a constant, this is a compile error.
    #[doc(hidden)]
    #[track_caller]
    pub const fn check_respond_within(&self) {
        if let (Some(limit), Some(wait)) = (self.respond_within, self.provider.response_timeout())
            && limit.as_nanos() >= wait.as_nanos()
        {
            Message::new()
                .text("`respond_within` has no effect, because ")
                .text(self.provider.name())
                .text(" only waits ")
                .time(wait)
                .text(": make it shorter")
                .fail();
        }
    }

    /// Checks that the signature covers the ordering key, as far as data says so. A scheme that is
    /// code is asked at start.
    ///
    /// # Panics
    /// If the ordering key is not signed. In a constant, this is a compile error.
    #[doc(hidden)]
    #[track_caller]
    pub const fn check_order_by(&self) {
        if let (Some(source), Some(scheme)) = (self.inbox_options.order_by, self.provider.scheme())
            && !scheme.can_order_by(source)
        {
            let (kind, place) = match source {
                Field::Header(name) => ("the header `", name),
                Field::Pointer(pointer) => ("the value `", pointer),
            };
            Message::new()
                .text("`order_by` names ")
                .text(kind)
                .text(place)
                .text("`, which ")
                .text(self.provider.name())
                .text(
                    " does not sign, so it can be changed on the way: name a value that is signed",
                )
                .fail();
        }
    }

    /// Checks that the provider sends what the payload is made of.
    ///
    /// # Panics
    /// If the payload is a batch or an enum of events, and the provider knows neither. In a
    /// constant, this is a compile error.
    #[doc(hidden)]
    #[track_caller]
    pub const fn check_payload(&self) {
        let (shape, provider) = (self.payload_shape, self.provider);
        if matches!(shape.kind, PayloadKind::Batch) && provider.batch().is_none() {
            Message::new()
                .text("the payload is a `Batch`, but ")
                .text(provider.name())
                .text(" sends one event at a time: take the event itself, or describe the batch with `Provider::with_batch`")
                .fail();
        }
        if shape.is_by_event() && !provider.names_events() {
            Message::new()
                .text("the payload is an enum of events, but ")
                .text(provider.name())
                .text(" has no names of events: set their field with `Provider::with_event`, or take another type")
                .fail();
        }
    }
}

/// The places of the warnings about the first names in the payload's enum of events that the
/// provider does not list. Behind the last, the place is `usize::MAX`.
#[doc(hidden)]
#[must_use]
pub const fn unlisted_events<const N: usize>(
    provider: &Provider,
    shape: PayloadShape,
) -> [usize; N] {
    let mut places = [usize::MAX; N];
    let names = shape.listed;
    // Each name has a place, and so has each of its similar names behind it.
    let (mut at, mut place, mut found) = (0, 0, 0);
    while at < names.len() && found < N {
        let (name, similar) = names[at];
        if !provider.may_send(name) {
            let mut meant = 0;
            while meant < similar.len() && !provider.may_send(similar[meant]) {
                meant += 1;
            }
            let suggests = if meant < similar.len() { 1 + meant } else { 0 };
            places[found] = place + suggests;
            found += 1;
        }
        place += 1 + similar.len();
        at += 1;
    }
    places
}
