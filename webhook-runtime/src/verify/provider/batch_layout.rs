//! The location of the events in the body of a batch.

use crate::verify::scheme::checked_pointer;

/// The location of the events in the JSON body, for a provider that sends many events in one
/// request.
///
/// ```
/// use webhook_runtime::{BatchLayout, Provider, scheme::Scheme};
///
/// /// `{"events":[{"uuid":"…","kind":"…"}, …]}`
/// const ACME: Provider = Provider::new("acme", Scheme::hmac_sha256().header("x-acme-signature"))
///     .with_batch(BatchLayout::at("/events").with_id("/uuid").with_event("/kind"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLayout {
    array: &'static str,
    inner: Option<&'static str>,
    id: Option<&'static str>,
    id_parts: &'static [&'static str],
    event: Option<&'static str>,
    event_fallback: Option<&'static str>,
    action: Option<&'static str>,
}

impl BatchLayout {
    /// The events are the items of the array at this JSON pointer (RFC 6901). The empty pointer is
    /// the body itself.
    #[must_use]
    pub const fn at(array: &'static str) -> Self {
        let array = if array.is_empty() { array } else { checked_pointer(array) };
        Self {
            array,
            inner: None,
            id: None,
            id_parts: &[],
            event: None,
            event_fallback: None,
            action: None,
        }
    }

    /// Each item wraps its event at this pointer. The other pointers are relative to the event.
    #[must_use]
    pub const fn with_inner(mut self, pointer: &'static str) -> Self {
        self.inner = Some(checked_pointer(pointer));
        self
    }

    /// The pointer to the id of an event. Retries repeat the id.
    #[must_use]
    pub const fn with_id(mut self, pointer: &'static str) -> Self {
        self.id = Some(checked_pointer(pointer));
        self
    }

    /// More pointers whose values belong to the id, each appended after a `:`. They tell apart
    /// events that share an id: some providers number the subject of an event instead of the event.
    #[must_use]
    pub const fn with_id_parts(mut self, pointers: &'static [&'static str]) -> Self {
        let mut at = 0;
        while at < pointers.len() {
            checked_pointer(pointers[at]);
            at += 1;
        }
        self.id_parts = pointers;
        self
    }

    /// The pointer to the name of an event, if the events of one request have different names.
    #[must_use]
    pub const fn with_event(mut self, pointer: &'static str) -> Self {
        self.event = Some(checked_pointer(pointer));
        self
    }

    /// The pointer to the name of an event that has none at [`with_event`](Self::with_event), for
    /// providers that send events in two formats. The signature must cover both or neither.
    #[must_use]
    pub const fn with_event_fallback(mut self, pointer: &'static str) -> Self {
        self.event_fallback = Some(checked_pointer(pointer));
        self
    }

    /// The pointer to the action of an event.
    #[must_use]
    pub const fn with_action(mut self, pointer: &'static str) -> Self {
        self.action = Some(checked_pointer(pointer));
        self
    }

    /// The pointer to the array.
    #[must_use]
    pub const fn array(&self) -> &'static str {
        self.array
    }

    /// The pointer to the event inside each item.
    #[must_use]
    pub const fn inner(&self) -> Option<&'static str> {
        self.inner
    }

    /// The pointer to the id of an event.
    #[must_use]
    pub const fn id(&self) -> Option<&'static str> {
        self.id
    }

    /// The pointers to the other parts of the id.
    #[must_use]
    pub const fn id_parts(&self) -> &'static [&'static str] {
        self.id_parts
    }

    /// The pointer to the name of an event.
    #[must_use]
    pub const fn event(&self) -> Option<&'static str> {
        self.event
    }

    /// The pointer to the name of an event that has none at [`event`](Self::event).
    #[must_use]
    pub const fn event_fallback(&self) -> Option<&'static str> {
        self.event_fallback
    }

    /// The pointer to the action of an event.
    #[must_use]
    pub const fn action(&self) -> Option<&'static str> {
        self.action
    }

    /// A pointer inside the first event, as a pointer into the body.
    pub(crate) fn pointer_in_first_event(&self, pointer: &str) -> String {
        format!("{}/0{}{pointer}", self.array, self.inner.unwrap_or_default())
    }
}
