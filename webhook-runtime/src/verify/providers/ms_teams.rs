use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{KeyEncoding, Scheme},
};

const DOCS: &str = "https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook";

/// Microsoft Teams, outgoing webhooks: [creating one][docs].
///
/// *Set-up:* in a team, under Apps, create an outgoing webhook with the public URL. The secret is
/// the security token, in base64, which is shown once.
///
/// *Not signed:* the headers. The id is that of the message, and the event is the kind of the
/// activity, `message`. There is no signed time of sending.
///
/// Teams waits five seconds for the answer, a message in JSON such as
/// `{"type":"message","text":"Hello"}`, and does not retry (*unconfirmed*).
///
/// [docs]: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook
#[doc(alias = "microsoft-teams")]
#[doc(alias = "teams")]
pub const MS_TEAMS: Provider = Provider::new(
    "ms-teams",
    Scheme::hmac_sha256().header("authorization").prefix("HMAC ").base64().key(KeyEncoding::Base64),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/type"))
.with_ack_status(200)
.with_docs_url(DOCS)
.with_response_timeout(Duration::from_secs(5));
