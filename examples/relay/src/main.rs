//! Hands deliveries from Stripe over to NATS JetStream, as CloudEvents.
//!
//! `STRIPE_SECRET` is the signing secret of the webhook, `whsec_…`. `NATS_URL` is the address of NATS, with
//! the name and password of the user: `tls://relay:password@nats.internal`. The default is
//! `nats://127.0.0.1:4222`.
//! `DATABASE_URL` is the SQLite file that keeps deliveries until JetStream has them,
//! `sqlite://relay.db` by default.
//!
//! Stripe gets its response when the delivery is stored in that file. So deliveries also come in while
//! NATS is away, and the response to Stripe never waits for it.

mod cloud_event;

use std::{env, error::Error, fmt, time::Duration};

use async_nats::{
    ConnectOptions,
    jetstream::{
        self, Context,
        context::{PublishError, PublishErrorKind},
        message::PublishMessage,
        stream,
    },
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use webhook_runtime::{Delivery, IdempotencyKey, Inbox, Webhooks, providers::STRIPE, webhook};

const STREAM: &str = "WEBHOOKS";
const SUBJECT: &str = "webhooks.stripe";

/// The time for which JetStream detects duplicates. It has to be longer than any outage of NATS.
const DUPLICATE_WINDOW: Duration = Duration::from_hours(1);

/// Runs after Stripe has its response, and again until JetStream has stored the message.
///
/// All attempts send one message id, so that an attempt whose answer was lost leaves one message. A
/// replay has another id: its message is new. While NATS is away, an attempt follows every ten
/// seconds or so, for a week.
#[webhook(
    path = "/stripe",
    provider = STRIPE,
    secret_env = "STRIPE_SECRET",
    inbox(backoff = "1s..10s", max_attempts = 100_000, max_age = "7d")
)]
async fn relay(
    key: IdempotencyKey,
    State(jetstream): State<Context>,
    delivery: &Delivery,
) -> Result<(), NotStored> {
    let message = PublishMessage::build()
        .headers(cloud_event::attributes(&key, delivery))
        .payload(delivery.body().clone())
        .message_id(key.as_str())
        .expected_stream(STREAM);
    // The second `await` waits until the message is stored. The first only sends it.
    let stored = jetstream.send_publish(SUBJECT, message).await?.await?;
    let id = delivery.id().unwrap_or_default();
    let how = if stored.duplicate { "was stored before" } else { "is stored" };
    println!("{id} {how}, as message {}", stored.sequence);
    Ok(())
}

/// The reason why JetStream has not stored a message.
#[derive(Debug)]
struct NotStored(PublishError);

impl From<PublishError> for NotStored {
    fn from(error: PublishError) -> Self {
        Self(error)
    }
}

impl fmt::Display for NotStored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not stored by JetStream: {}", self.0)
    }
}

impl Error for NotStored {}

impl IntoResponse for NotStored {
    fn into_response(self) -> Response {
        let status = match self.0.kind() {
            // No further attempt would help: a dead letter, until the server takes longer messages.
            PublishErrorKind::MaxPayloadExceeded => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        status.into_response()
    }
}

/// Creates the stream unless it is there. Until then, deliveries wait in the inbox.
async fn create_stream(jetstream: Context) {
    let config = stream::Config {
        name: STREAM.to_owned(),
        subjects: vec![SUBJECT.to_owned()],
        duplicate_window: DUPLICATE_WINDOW,
        ..stream::Config::default()
    };
    while let Err(error) = jetstream.get_or_create_stream(config.clone()).await {
        eprintln!("the stream cannot be created yet: {error}");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let variable = |name, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    // NATS may be away at the start, too.
    let nats = ConnectOptions::new().name("relay").retry_on_initial_connect();
    let nats = nats.connect(variable("NATS_URL", "nats://127.0.0.1:4222")).await?;
    let jetstream = jetstream::new(nats);
    tokio::spawn(create_stream(jetstream.clone()));
    // A message that was being sent when the program was killed is sent again after five seconds.
    let inbox = Inbox::builder(&variable("DATABASE_URL", "sqlite://relay.db"));
    let inbox = inbox.lease(Duration::from_secs(5)).open().await?;
    let hooks = Webhooks::new().mount::<relay>().inbox(inbox).with_state(jetstream);
    hooks.serve("127.0.0.1:3000").await?;
    Ok(())
}
