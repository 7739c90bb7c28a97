use crate::verify::{Provider, scheme::Scheme};

/// Mautic: [webhooks](https://developer.mautic.org/#webhooks).
///
/// *Set-up:* in the settings, under Webhooks: the public URL and a secret of your own.
///
/// *Not signed:* the headers. The body is an object with a member for each event, such as
/// `mautic.lead_post_save_update`, so no event is read here. A delivery has no id and no signed
/// time of sending. The signature was confirmed with third-party code only. Mautic disables a
/// webhook that keeps failing (*unconfirmed*).
pub const MAUTIC: Provider =
    Provider::new("mautic", Scheme::hmac_sha256().header("webhook-signature").base64())
        .with_docs_url("https://developer.mautic.org/#webhooks");
