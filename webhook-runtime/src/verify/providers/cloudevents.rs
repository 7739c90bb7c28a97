use crate::verify::{
    Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse},
    scheme::Scheme,
};

const DOCS: &str = "https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md";

const SCHEME: Scheme = Scheme::token().header("authorization");

const HANDSHAKES: &[Handshake] = &[Handshake::unsigned(
    "OPTIONS",
    &[Condition::Header("webhook-request-origin")],
    HandshakeResponse::AllowOrigin,
)];

/// `CloudEvents` in binary mode, over [HTTP webhooks][docs]: the attributes of the event are
/// headers, and the body is its data.
///
/// *Set-up:* give the sender an authorization; the secret is the whole value of the `Authorization`
/// header, `Bearer ` included. Some senders ask for permission with `OPTIONS`; this crate grants
/// it.
///
/// *Not signed:* everything. The credential only identifies the sender: anyone who has seen one
/// request can forge others. The id is unique only within one `ce-source`.
///
/// [docs]: https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md
pub const CLOUDEVENTS: Provider = Provider::new("cloudevents", SCHEME)
    .with_id(Field::header("ce-id"))
    .with_event(Field::header("ce-type"))
    .with_handshakes(HANDSHAKES)
    .with_docs_url(DOCS);

/// `CloudEvents` in structured mode: like [`CLOUDEVENTS`], but the body is the whole event in
/// `application/cloudevents+json`.
pub const CLOUDEVENTS_STRUCTURED: Provider = Provider::new("cloudevents-structured", SCHEME)
    .with_id(Field::pointer("/id"))
    .with_event(Field::pointer("/type"))
    .with_handshakes(HANDSHAKES)
    .with_docs_url(DOCS);
