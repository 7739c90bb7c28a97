use crate::verify::{
    Deduplication, Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse},
    scheme::Scheme,
};

const HANDSHAKES: &[Handshake] = &[Handshake::signed(
    &[Condition::HeaderIs("x-goog-resource-state", "sync")],
    HandshakeResponse::Empty(200),
)];

/// Google Drive, Calendar and Admin, push notifications: [push notifications][docs].
///
/// *Set-up:* call the `watch` method with the public URL as `address` and a `token` of your own,
/// which is the secret. Google first sends a message of state `sync`; this crate answers it. A
/// channel expires: renew it.
///
/// *Not signed:* everything. The token only identifies the sender: anyone who has seen one request
/// can forge others. There is usually no body: take a `&Delivery`, and ask the API for what
/// changed. All headers can be changed on the way, including the state, which is the event, and the
/// number of the message, which counts up in its channel. As no two messages differ in what is
/// sent, an inbox takes none of them for a copy.
///
/// Google retries with growing pauses after a 500, 502, 503 or 504.
///
/// [docs]: https://developers.google.com/workspace/drive/api/guides/push
#[doc(alias = "google-calendar")]
pub const GOOGLE_DRIVE: Provider =
    Provider::new("google-drive", Scheme::token().header("x-goog-channel-token"))
        .with_event(Field::header("x-goog-resource-state"))
        .with_handshakes(HANDSHAKES)
        .with_deduplication(Deduplication::Disabled)
        .with_docs_url("https://developers.google.com/workspace/drive/api/guides/push");
