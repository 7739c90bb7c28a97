use crate::verify::{Field, Provider, scheme::Scheme};

/// Cloudflare Notifications: [configuring webhooks][docs].
///
/// *Set-up:* in the dashboard, under Notifications, Destinations: a webhook with the public URL and
/// a secret of your own.
///
/// *Not signed:* everything. The token only identifies the sender: anyone who has seen one request
/// can forge others. The event is the `alert_type`. A correlation id is shared by the start and the
/// end of an alert, so no id is read here. A test sends `{"text":"…"}`, without a type. Its
/// time-out and retries are *unconfirmed*.
///
/// [docs]: https://developers.cloudflare.com/notifications/get-started/configure-webhooks/
#[doc(alias = "cloudflare")]
pub const CLOUDFLARE_NOTIFICATIONS: Provider =
    Provider::new("cloudflare-notifications", Scheme::token().header("cf-webhook-auth"))
        .with_event(Field::pointer("/alert_type"))
        .with_docs_url(
            "https://developers.cloudflare.com/notifications/get-started/configure-webhooks/",
        );
