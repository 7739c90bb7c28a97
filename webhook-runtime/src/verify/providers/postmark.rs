use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// Postmark: [webhooks](https://postmarkapp.com/developer/webhooks/webhooks-overview).
///
/// *Set-up:* in the server's message stream, under Webhooks: the public URL with a user and a
/// password of your own, by HTTP basic authentication. The secret is `user:password`.
///
/// *Not signed:* anything. The password proves who sends, and whoever has seen one request can send
/// others. A delivery has no id: `MessageID` is that of the mail, and its delivery, its opening and
/// its bounce all have the same. Inbound mail has no `RecordType`.
///
/// Postmark tries an inbound mail ten times again within ten and a half hours, and stops at a 403;
/// for other webhooks this is unconfirmed.
pub const POSTMARK: Provider = Provider::new("postmark", Scheme::basic_auth())
    .with_event(Field::pointer("/RecordType"))
    .with_docs_url("https://postmarkapp.com/developer/webhooks/webhooks-overview")
    .with_retry_period(Duration::from_secs(621 * 60));
