use crate::verify::{Field, Provider, scheme::Scheme};

const DOCS: &str = "https://www.mongodb.com/docs/atlas/tutorial/webhook-integration/";

/// `MongoDB` Atlas and Cloud Manager, alerts: [integrate with webhooks][docs].
///
/// *Set-up:* in the settings of a project, under Integrations, Webhook Settings: the public URL and a
/// webhook secret of your own. Without a secret, Atlas signs nothing. Then add the webhook to the
/// notifications of an alert.
///
/// *Not signed:* the headers, and so the state in `X-MMS-Event`; the body has it as `status`. The
/// event is the `eventTypeName`. The `id` is that of the alert, which is the same when the alert opens
/// and closes, so that a delivery has no id of its own. There is no signed time of sending. The
/// signature uses SHA-1. Time-out and retries are *unconfirmed*.
///
/// [docs]: https://www.mongodb.com/docs/atlas/tutorial/webhook-integration/
#[doc(alias = "atlas")]
pub const MONGODB_ATLAS: Provider =
    Provider::new("mongodb-atlas", Scheme::hmac_sha1().header("x-mms-signature").base64())
        .with_event(Field::pointer("/eventTypeName"))
        .with_docs_url(DOCS);
