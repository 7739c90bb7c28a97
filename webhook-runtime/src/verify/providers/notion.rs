use crate::verify::{
    Provider, Source,
    handshake::{Answer, Handshake, Value, When},
    scheme::Scheme,
};

/// The secret comes once, unsigned, and a human hands it back.
const HANDSHAKES: &[Handshake] = &[Handshake::unsigned(
    "POST",
    &[When::Body("/verification_token")],
    Answer::Keep(Value::Body("/verification_token"), None),
)];

/// Notion: [webhooks](https://developers.notion.com/reference/webhooks).
///
/// *Set-up:* in the integration's settings, under Webhooks: the public URL, while the endpoint
/// runs. Notion posts a verification token to it, unsigned, which the secret source keeps, and
/// which has to be pasted back into the settings. From then on it is the secret: a later one must
/// never replace it.
///
/// *Not signed:* the headers; id and type are in the body. Notion tries eight times again within a
/// day (unconfirmed).
pub const NOTION: Provider = Provider::new(
    "notion",
    Scheme::hmac_sha256().header("x-notion-signature").prefix("sha256=").hex(),
)
.id(Source::pointer("/id"))
.event(Source::pointer("/type"))
.handshakes(HANDSHAKES)
.docs("https://developers.notion.com/reference/webhooks");
