#![deny(deprecated)]

use webhook_runtime::{
    Batch, BatchLayout, Field, Provider, UnknownEvent, WebhookEvent, scheme::Scheme, webhook,
};

const ACME: Provider = Provider::new("acme", Scheme::hmac_sha256().header("x-signature"))
    .with_event(Field::pointer("/name"))
    .with_event_names(&["order_created", "order_paid"])
    .with_batch(BatchLayout::at("/events").with_event("/name"));

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("order_paid.twice")]
    Twice,
    #[event("order_create", "order_paid")]
    Order,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/acme", provider = ACME)]
async fn on_acme(_: Batch<'_, Event<'_>>) {}

fn main() {}
