use crate::verify::{Provider, scheme::Scheme};

/// Kontent.ai: [webhooks](https://kontent.ai/learn/docs/webhooks).
///
/// *Set-up:* in the environment's settings, under Webhooks: the public URL; the secret is shown
/// there, and used as text, although it looks like base64. Legacy webhooks have another header.
///
/// *Not signed:* the headers. A delivery has no id: it is a batch of notifications, each with its
/// own action. Kontent.ai retries; for how long, and its time-out, is *unconfirmed*.
pub const KONTENT_AI: Provider =
    Provider::new("kontent", Scheme::hmac_sha256().header("x-kontent-ai-signature").base64())
        .with_docs_url("https://kontent.ai/learn/docs/webhooks");
