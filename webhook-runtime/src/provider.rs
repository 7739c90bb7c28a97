//! A provider: who sends, how it signs, and where it says what happened.

use http::HeaderMap;

use crate::{
    scheme::{Outgoing, Scheme, SignError, checked_name, checked_pointer},
    secret::Secret,
};

/// Who sends deliveries: how it signs them, and where it says which delivery this is and what
/// happened. A constant; [`providers`](crate::providers) has those that are known, and a new one
/// is written the same way:
///
/// ```
/// use webhook_runtime::{Provider, Source, scheme::Scheme};
///
/// const ACME: Provider = Provider::new("acme", Scheme::hmac_sha256().header("x-acme-signature").hex())
///     .id(Source::header("x-acme-delivery"))
///     .event(Source::pointer("/type"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Provider {
    name: &'static str,
    scheme: Scheme,
    id: Option<Source>,
    event: Option<Source>,
    action: Option<Source>,
    form_field: Option<&'static str>,
}

/// Where in a delivery something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// In the header of this (lower-case) name.
    Header(&'static str),
    /// In the JSON body, at this pointer (RFC 6901).
    Pointer(&'static str),
}

impl Source {
    /// In the header of this (lower-case) name.
    #[must_use]
    pub const fn header(name: &'static str) -> Self {
        Self::Header(checked_name(name))
    }

    /// In the JSON body, at this pointer (RFC 6901), such as `/data/id`.
    #[must_use]
    pub const fn pointer(pointer: &'static str) -> Self {
        Self::Pointer(checked_pointer(pointer))
    }
}

impl Provider {
    /// A provider that signs by `scheme`.
    ///
    /// # Panics
    /// When the scheme contradicts itself; in a constant that is a compile error.
    #[must_use]
    pub const fn new(name: &'static str, scheme: Scheme) -> Self {
        Self {
            name,
            scheme: scheme.checked(),
            id: None,
            event: None,
            action: None,
            form_field: None,
        }
    }

    /// Where the id of a delivery is, the same when the delivery is sent again.
    #[must_use]
    pub const fn id(mut self, source: Source) -> Self {
        self.id = Some(source);
        self
    }

    /// Where the name of the event is.
    #[must_use]
    pub const fn event(mut self, source: Source) -> Self {
        self.event = Some(source);
        self
    }

    /// Where the event is told apart further, such as `opened` for an issue.
    #[must_use]
    pub const fn action(mut self, source: Source) -> Self {
        self.action = Some(source);
        self
    }

    /// The form field that carries the JSON payload, where the provider can be told to send forms.
    #[must_use]
    pub const fn json_in_form_field(mut self, field: &'static str) -> Self {
        self.form_field = Some(field);
        self
    }

    /// The name, in lower case.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How the provider signs.
    #[must_use]
    pub const fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Where the id of a delivery is.
    #[must_use]
    pub const fn id_source(&self) -> Option<Source> {
        self.id
    }

    /// Where the name of the event is.
    #[must_use]
    pub const fn event_source(&self) -> Option<Source> {
        self.event
    }

    /// Where the event is told apart further.
    #[must_use]
    pub const fn action_source(&self) -> Option<Source> {
        self.action
    }

    pub(crate) const fn form_field(&self) -> Option<&'static str> {
        self.form_field
    }

    /// Whether what stands at `source` is covered by the signature: what is not may have been
    /// changed on the way.
    #[must_use]
    pub fn signs(&self, source: Source) -> bool {
        match source {
            Source::Header(name) => self.scheme.signs_header(name),
            Source::Pointer(_) => self.scheme.signs_body(),
        }
    }

    /// The headers that a genuine request of this provider carries.
    ///
    /// # Errors
    /// When the secret is not of the scheme's form, or a value cannot stand in a header.
    pub fn sign(&self, secret: &Secret, request: &Outgoing<'_>) -> Result<HeaderMap, SignError> {
        self.scheme.sign(secret, request)
    }
}
