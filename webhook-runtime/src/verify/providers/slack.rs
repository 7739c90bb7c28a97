use std::time::Duration;

use super::slack_events::EVENT_NAMES;
use crate::verify::{
    Field, Provider,
    handshake::{Condition, Handshake, HandshakeResponse, RequestValue},
    scheme::{Scheme, Timestamp},
};

const HANDSHAKES: &[Handshake] = &[
    Handshake::signed(
        &[Condition::BodyIs("/type", "url_verification")],
        HandshakeResponse::Text(RequestValue::Body("/challenge")),
    ),
    // The check of the certificate has no signature, and no other field than these two.
    Handshake::unsigned(
        "POST",
        &[
            Condition::HeaderLacks("x-slack-signature"),
            Condition::HeaderLacks("x-slack-request-timestamp"),
            Condition::OnlyFormFields(&[("ssl_check", Some("1")), ("token", None)]),
        ],
        HandshakeResponse::Empty(200),
    ),
];

/// Slack:
/// [verifying requests](https://docs.slack.dev/authentication/verifying-requests-from-slack).
///
/// *Set-up:* in the app's settings: the public URL under Event Subscriptions, Interactivity or
/// Slash Commands. The secret is the signing secret, under Basic Information. This crate answers
/// the challenge that Slack sends first, and the [check of the certificate][ssl] that it sends now
/// and then: a form `ssl_check=1&token=…` without a signature, which reaches no handler.
///
/// Events are JSON. Interactions are forms with JSON in the field `payload`, and slash commands are
/// plain forms; neither has an `event_id`, and their type is elsewhere.
///
/// *Not signed:* the headers, except the time, which may be five minutes off. Slack waits three
/// seconds, and expects 200 for commands and interactions. It retries an event three times: at
/// once, after a minute and after five minutes. A response with `X-Slack-No-Retry: 1` stops that.
///
/// [ssl]: https://github.com/slackapi/bolt-js/issues/1397
pub const SLACK: Provider = Provider::new(
    "slack",
    Scheme::hmac_sha256()
        .header("x-slack-signature")
        .prefix("v0=")
        .hex()
        .timestamp(
            Timestamp::header("x-slack-request-timestamp").with_tolerance(Duration::from_secs(300)),
        )
        .signed("v0:{timestamp}:{body}"),
)
.with_id(Field::pointer("/event_id"))
.with_event(Field::pointer("/event/type"))
.with_event_names(EVENT_NAMES)
.with_action(Field::pointer("/event/subtype"))
.with_json_form_field("payload")
.with_handshakes(HANDSHAKES)
.with_ack_status(200)
.with_docs_url("https://docs.slack.dev/authentication/verifying-requests-from-slack")
.with_response_timeout(Duration::from_secs(3))
.with_retry_period(Duration::from_secs(6 * 60));
