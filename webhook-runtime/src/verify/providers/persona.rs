use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

const DOCS: &str = "https://docs.withpersona.com/webhooks-best-practices";

/// Persona: [webhooks, best practices][docs].
///
/// *Set-up:* in the dashboard, under Webhooks, add the public URL; the secret is the webhook's
/// secret, `wbhsec_…`. While it is rotated, the header has two groups of time and signature.
///
/// *Not signed:* the headers, except the time in the signature header. Persona sets no limit for the
/// age: set a `tolerance`. The event's name is at `/data/attributes/name`. Time-out and retries are
/// *unconfirmed*.
///
/// [docs]: https://docs.withpersona.com/webhooks-best-practices
pub const PERSONA: Provider = Provider::new(
    "persona",
    Scheme::hmac_sha256()
        .header("persona-signature")
        .field_groups(" ", ",", "v1")
        .hex()
        .timestamp(Timestamp::field("t").without_window())
        .signed("{timestamp}.{body}"),
)
.with_id(Field::pointer("/data/id"))
.with_event(Field::pointer("/data/attributes/name"))
.with_docs_url(DOCS);
