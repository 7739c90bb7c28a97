use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Postmark: [webhooks](https://postmarkapp.com/developer/webhooks/webhooks-overview).
///
/// *Set-up:* in the server's message stream, under Webhooks: the public URL with a user and a
/// password of your own, for HTTP basic authentication. The secret is `user:password`.
///
/// *Not signed:* everything. The password only identifies the sender: anyone who has seen one
/// request can forge others. A delivery has no id: `MessageID` is the id of the mail, and the
/// events of one mail share it. Inbound mail has no `RecordType`.
///
/// Postmark retries an inbound mail ten times within ten and a half hours, and stops at a 403. For
/// other webhooks, this is *unconfirmed*.
pub const POSTMARK: Provider = Provider::new("postmark", Scheme::basic_auth())
    .with_event(Field::pointer("/RecordType"))
    .with_docs_url("https://postmarkapp.com/developer/webhooks/webhooks-overview")
    .with_retry_period(Duration::from_secs(621 * 60));
