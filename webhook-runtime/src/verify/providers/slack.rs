use std::time::Duration;

use crate::verify::{
    Provider, Source,
    handshake::{Answer, Handshake, Value, When},
    scheme::{Scheme, Timestamp},
};

const HANDSHAKES: &[Handshake] = &[Handshake::signed(
    &[When::BodyIs("/type", "url_verification")],
    Answer::Text(Value::Body("/challenge")),
)];

/// Slack:
/// [verifying requests](https://docs.slack.dev/authentication/verifying-requests-from-slack).
///
/// *Set-up:* in the app's settings: the public URL under Event Subscriptions, Interactivity or
/// Slash Commands. The secret is the signing secret, under Basic Information. The challenge that
/// Slack asks first is answered here.
///
/// Events are JSON. Interactions are forms with JSON in the field `payload`, and slash commands are
/// plain forms; neither has an `event_id`, and their type stands elsewhere.
///
/// *Not signed:* the headers, but for the time, which may be five minutes off. Slack waits three
/// seconds, and for commands and interactions wants 200. It tries an event three times again, at once, after a minute and after five; an answer
/// with `X-Slack-No-Retry: 1` stops that.
pub const SLACK: Provider = Provider::new(
    "slack",
    Scheme::hmac_sha256()
        .header("x-slack-signature")
        .prefix("v0=")
        .hex()
        .timestamp(
            Timestamp::header("x-slack-request-timestamp").tolerance(Duration::from_secs(300)),
        )
        .signed("v0:{timestamp}:{body}"),
)
.id(Source::pointer("/event_id"))
.event(Source::pointer("/event/type"))
.action(Source::pointer("/event/subtype"))
.json_in_form_field("payload")
.handshakes(HANDSHAKES)
.acknowledges_with(200)
.docs("https://docs.slack.dev/authentication/verifying-requests-from-slack")
.times_out_after(Duration::from_secs(3))
.retries_for(Duration::from_secs(6 * 60));
