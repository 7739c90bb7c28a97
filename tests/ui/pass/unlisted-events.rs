//! Names that the provider does not list, and that nobody is warned about.

#![deny(warnings)]

use webhook_runtime::{
    BatchLayout, Field, Provider, UnknownEvent, WebhookEvent, providers, providers::GITHUB as HUB,
    scheme::Scheme, webhook,
};

#[derive(WebhookEvent)]
enum Marked<'a> {
    #[event("pushed", "pulled", unlisted)]
    Pushed,
    #[event("issues.opened", "issues.anything", "ping")]
    Listed,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/marked", provider = HUB)]
async fn marked(_: Marked<'_>) {}

#[derive(WebhookEvent)]
enum Unmarked<'a> {
    #[event("pushed")]
    Pushed,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[allow(deprecated)]
#[webhook(path = "/allowed", provider = HUB)]
async fn allowed_above(_: Unmarked<'_>) {}

#[webhook(path = "/allowed", provider = providers::GITHUB)]
#[cfg_attr(all(), allow(unused, deprecated))]
async fn allowed_below(_: Unmarked<'_>) {}

#[allow(deprecated)]
mod allowed {
    #[super::webhook(path = "/allowed", provider = super::HUB)]
    async fn around(_: super::Unmarked<'_>) {}
}

/// Looks like GitHub, and lists no events.
const GITHUB: Provider = Provider::new("own", Scheme::hmac_sha256().header("x-signature"))
    .with_event(Field::header("x-event"));

#[webhook(path = "/own", provider = GITHUB)]
async fn own(_: Unmarked<'_>) {}

/// Lists the only event.
const LISTING: Provider = GITHUB
    .with_event_names(&["pushed"])
    .with_batch(BatchLayout::at("/events").with_event("/name"));

#[webhook(path = "/listing", provider = LISTING)]
async fn listing(_: webhook_runtime::Batch<'_, Unmarked<'_>>) {}

fn main() {}
