use crate::verify::{Field, Provider, scheme::Scheme};

const DOCS: &str =
    "https://hookdeck.com/docs/authentication#hookdeck-webhook-signature-verification";

/// Hookdeck: [signature verification][docs] of what Hookdeck forwards.
///
/// *Set-up:* the destination is the public URL; the secret is the signing secret of the project.
/// While it is rotated, `X-Hookdeck-Signature-2` has a second signature. The body is that of the
/// original sender, whose signature also stays: this one says that Hookdeck forwarded it.
///
/// *Not signed:* the headers, and so the id of the event. There is no signed time, so a recorded
/// delivery can be replayed at any time. Time-out and retries are those of the destination. The
/// scheme was confirmed with a third party's receiver.
///
/// [docs]: https://hookdeck.com/docs/authentication#hookdeck-webhook-signature-verification
pub const HOOKDECK: Provider = Provider::new(
    "hookdeck",
    Scheme::hmac_sha256().any_header(&["x-hookdeck-signature", "x-hookdeck-signature-2"]).base64(),
)
.with_id(Field::header("x-hookdeck-eventid"))
.with_event(Field::pointer("/type"))
.with_docs_url(DOCS);
