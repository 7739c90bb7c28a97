use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

const DOCS: &str = "https://docs.withorb.com/integrations-and-exports/webhooks";

/// Orb: [webhooks][docs].
///
/// *Set-up:* in the developer settings, add an endpoint with the public URL; the secret is the
/// endpoint's signing secret.
///
/// *Not signed:* the headers, except the time, which has no zone and is in UTC. Id and type are in
/// the body. The time may be five minutes off, as in Orb's own code. Time-out and retries are
/// *unconfirmed*.
///
/// [docs]: https://docs.withorb.com/integrations-and-exports/webhooks
pub const ORB: Provider = Provider::new(
    "orb",
    Scheme::hmac_sha256()
        .header("x-orb-signature")
        .fields(" ", "v1")
        .hex()
        .timestamp(Timestamp::header("x-orb-timestamp").rfc3339_without_zone())
        .signed("v1:{timestamp}:{body}"),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/type"))
.with_docs_url(DOCS);
