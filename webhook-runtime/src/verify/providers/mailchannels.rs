use crate::verify::{BatchLayout, Provider, scheme::MessageSignature};

/// `MailChannels` Email API: [signed webhooks][docs], as HTTP Message Signatures (RFC 9421).
///
/// *Set-up:* register the public URL with the API's `/webhook`. There is no secret: a
/// [`KeySource`](crate::KeySource) fetches the public key by its id from the API.
///
/// One request has up to 1,000 events, and the handler is called for each.
///
/// *Not signed:* the URL, the method, and headers. A signature is valid for five minutes. Time-outs
/// and retries are *unconfirmed*; so is that nothing but `Content-Digest` is covered.
///
/// [docs]: https://docs.mailchannels.com/email-api/webhooks
pub const MAILCHANNELS: Provider = Provider::custom(
    "mailchannels",
    &MessageSignature::ed25519()
        .key_set("https://api.mailchannels.net/tx/v1/webhook/public-key?id={id}"),
)
.with_batch(BatchLayout::at("").with_event("/event"))
.with_docs_url("https://docs.mailchannels.com/email-api/webhooks");
