use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// Linear: [webhooks](https://linear.app/developers/webhooks).
///
/// *Set-up:* in the settings, under API, Webhooks: the public URL; the secret is shown there,
/// `lin_wh_…`.
///
/// *Not signed:* the headers, including the delivery's id and a copy of the time. The time is read
/// from the body instead, and may be a minute off. Linear expects 200 within five seconds, and
/// retries three times: after a minute, an hour and six hours.
pub const LINEAR: Provider = Provider::new(
    "linear",
    Scheme::hmac_sha256().header("linear-signature").hex().timestamp(
        Timestamp::pointer("/webhookTimestamp")
            .unix_millis()
            .with_tolerance(Duration::from_secs(60)),
    ),
)
.with_id(Field::header("linear-delivery"))
.with_event(Field::pointer("/type"))
.with_event_names(EVENT_NAMES)
.with_action(Field::pointer("/action"))
.with_ack_status(200)
.with_docs_url("https://linear.app/developers/webhooks")
.with_response_timeout(Duration::from_secs(5))
.with_retry_period(Duration::from_secs(60 + 60 * 60 + 6 * 60 * 60));

/// The events of Linear: [the list](https://linear.app/developers/webhooks).
const EVENT_NAMES: &[&str] = &[
    "AgentSessionEvent",
    "AppUserNotification",
    "Attachment",
    "AuditEntry",
    "Comment",
    "Customer",
    "CustomerNeed",
    "Cycle",
    "Document",
    "Initiative",
    "InitiativeLabel",
    "InitiativeUpdate",
    "Issue",
    "IssueLabel",
    "IssueSLA",
    "OAuthApp",
    "OAuthAuthorization",
    "PermissionChange",
    "Project",
    "ProjectLabel",
    "ProjectUpdate",
    "Reaction",
    "Release",
    "ReleaseNote",
    "User",
];
