use std::time::Duration;

use crate::verify::{Field, Provider, scheme::Scheme};

/// `PagerDuty`'s webhooks of version 3: [verifying signatures][docs].
///
/// *Set-up:* under Integrations, Generic Webhooks: the public URL. The secret is shown once. While
/// a secret is rotated, `PagerDuty` sends one signature for each.
///
/// *Not signed:* the headers, including the delivery's id. `PagerDuty` repeats the id in retries;
/// `/event/id` in the body is signed. It waits five seconds, and retries for 48 hours after a
/// time-out, a 5xx or a 429. After any other error it drops the delivery at once, and three such
/// errors disable the webhook for a day.
///
/// [docs]: https://github.com/PagerDuty/developer-docs/blob/main/docs/webhooks/04-Signatures.md
pub const PAGERDUTY: Provider = Provider::new(
    "pagerduty",
    Scheme::hmac_sha256().header("x-pagerduty-signature").fields(",", "v1").hex(),
)
.with_id(Field::header("x-webhook-id"))
.with_event(Field::pointer("/event/event_type"))
.with_event_names(EVENT_NAMES)
.with_docs_url(
    "https://github.com/PagerDuty/developer-docs/blob/main/docs/webhooks/04-Signatures.md",
)
.with_response_timeout(Duration::from_secs(5))
.with_retry_period(Duration::from_secs(48 * 60 * 60));

/// The events of `PagerDuty`: [the list](https://developer.pagerduty.com/docs/webhooks/v3-overview/).
const EVENT_NAMES: &[&str] = &[
    "incident.acknowledged",
    "incident.action_invocation.created",
    "incident.action_invocation.terminated",
    "incident.action_invocation.updated",
    "incident.annotated",
    "incident.conference_bridge.updated",
    "incident.custom_field_values.updated",
    "incident.delegated",
    "incident.escalated",
    "incident.incident_type.changed",
    "incident.priority_updated",
    "incident.reassigned",
    "incident.reopened",
    "incident.resolved",
    "incident.responder.added",
    "incident.responder.replied",
    "incident.role.assigned",
    "incident.service_updated",
    "incident.status_update_published",
    "incident.task.completed",
    "incident.task.created",
    "incident.task.updated",
    "incident.title_updated",
    "incident.triggered",
    "incident.unacknowledged",
    "incident.urgency_updated",
    "incident.workflow.completed",
    "incident.workflow.started",
    "pagey.ping",
    "service.created",
    "service.custom_field_values.updated",
    "service.deleted",
    "service.updated",
];
