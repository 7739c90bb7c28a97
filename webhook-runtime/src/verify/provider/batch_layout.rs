//! Where the events are in the body of a provider that sends many at once.

use crate::verify::scheme::checked_pointer;

/// Where in the JSON body the events are, of a provider that sends many in one request.
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
    action: Option<&'static str>,
}

impl BatchLayout {
    /// In the array at this JSON pointer (RFC 6901); the empty one is the body itself.
    #[must_use]
    pub const fn at(array: &'static str) -> Self {
        let array = if array.is_empty() { array } else { checked_pointer(array) };
        Self { array, inner: None, id: None, id_parts: &[], event: None, action: None }
    }

    /// Each item wraps the event at this pointer. What follows is looked for inside of it.
    #[must_use]
    pub const fn with_inner(mut self, pointer: &'static str) -> Self {
        self.inner = Some(checked_pointer(pointer));
        self
    }

    /// Where in an event its id is, the same when it is sent again.
    #[must_use]
    pub const fn with_id(mut self, pointer: &'static str) -> Self {
        self.id = Some(checked_pointer(pointer));
        self
    }

    /// What tells events apart that share an id: some providers number what an event is about, and
    /// not the event. The values at these pointers are added to the id, each behind a `:`.
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

    /// Where in an event its name is, if it is not one name for the whole request.
    #[must_use]
    pub const fn with_event(mut self, pointer: &'static str) -> Self {
        self.event = Some(checked_pointer(pointer));
        self
    }

    /// Where in an event it is told apart further.
    #[must_use]
    pub const fn with_action(mut self, pointer: &'static str) -> Self {
        self.action = Some(checked_pointer(pointer));
        self
    }

    /// Where the array is.
    #[must_use]
    pub const fn array(&self) -> &'static str {
        self.array
    }

    /// What each item wraps its event in.
    #[must_use]
    pub const fn inner(&self) -> Option<&'static str> {
        self.inner
    }

    /// Where in an event its id is.
    #[must_use]
    pub const fn id(&self) -> Option<&'static str> {
        self.id
    }

    /// What else belongs to the id.
    #[must_use]
    pub const fn id_parts(&self) -> &'static [&'static str] {
        self.id_parts
    }

    /// Where in an event its name is.
    #[must_use]
    pub const fn event(&self) -> Option<&'static str> {
        self.event
    }

    /// Where in an event it is told apart further.
    #[must_use]
    pub const fn action(&self) -> Option<&'static str> {
        self.action
    }

    /// Where in the body the first event has this pointer.
    pub(crate) fn pointer_in_first_event(&self, pointer: &str) -> String {
        format!("{}/0{}{pointer}", self.array, self.inner.unwrap_or_default())
    }
}
