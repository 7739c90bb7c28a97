//! Five providers in one program. What is mounted is told at start, and so is everything that is
//! missing.
//!
//! `GITHUB_SECRET`, `STRIPE_SECRET`, `LINE_CHANNEL_SECRET` and `STANDARD_SECRET` are the secrets.
//! The shops at Shopify have a secret each, in `SHOPS`: `acme=one secret;umbra=another`.

use std::{borrow::Cow, collections::HashMap, env};

use serde::Deserialize;
use webhook_runtime::{
    Delivery, Error, Secret, SecretSource, SourceError, Tenant, UnknownEvent, WebhookEvent,
    Webhooks,
    payloads::{github, shopify, standard_webhooks},
    providers::{GITHUB, LINE, SHOPIFY, STANDARD_WEBHOOKS, STRIPE},
    webhook,
};

#[derive(WebhookEvent)]
enum Github<'a> {
    #[event("push")]
    Push(Box<github::Push<'a>>),
    #[event("ping")]
    Ping,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(
    path = "/github",
    provider = GITHUB,
    secret_env = "GITHUB_SECRET",
    max_body = 25 * 1024 * 1024, // the most that GitHub sends
)]
async fn on_github(event: Github<'_>) {
    match event {
        Github::Push(push) => println!("github: a push to {}", push.reference),
        Github::Ping => println!("github: connected"),
        Github::Other(other) => println!("github: passed over {}", other.name()),
    }
}

#[webhook(path = "/stripe", provider = STRIPE, secret_env = "STRIPE_SECRET")]
async fn on_stripe(delivery: &Delivery) {
    println!("stripe: {}", delivery.event().unwrap_or_default());
}

/// The path says which shop it is, and the shop's own secret that it is genuine.
#[webhook(path = "/shopify/{shop}", provider = SHOPIFY)]
async fn on_shopify(delivery: Delivery, order: shopify::Order<'_>) {
    let shop = delivery.tenant().param("shop").unwrap_or_default();
    println!("shopify: order {} of {shop}", order.name.unwrap_or_default());
}

#[derive(Deserialize)]
struct LineEvent<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
}

/// Called for each event of a request.
#[webhook(path = "/line", provider = LINE, secret_env = "LINE_CHANNEL_SECRET")]
async fn on_line(event: LineEvent<'_>) {
    println!("line: {}", event.kind);
}

#[webhook(path = "/standard", provider = STANDARD_WEBHOOKS, secret_env = "STANDARD_SECRET")]
async fn on_standard(event: standard_webhooks::Event<'_, serde::de::IgnoredAny>) {
    println!("standard: {}", event.kind);
}

/// The secrets of the shops.
struct Shops(HashMap<String, Secret>);

impl Shops {
    fn parse(text: &str) -> Self {
        let shops = text.split(';').filter_map(|shop| shop.split_once('='));
        Self(shops.map(|(shop, secret)| (shop.trim().to_owned(), Secret::new(secret))).collect())
    }
}

impl SecretSource for Shops {
    async fn secrets(&self, tenant: &Tenant) -> Result<Vec<Secret>, SourceError> {
        let secret = tenant.param("shop").and_then(|shop| self.0.get(shop));
        secret.map(|secret| vec![secret.clone()]).ok_or(SourceError::NotFound)
    }
}

fn webhooks(shops: Shops) -> Webhooks {
    Webhooks::new()
        .mount::<on_github>()
        .mount::<on_stripe>()
        .mount::<on_shopify>()
        .mount::<on_line>()
        .mount::<on_standard>()
        .secret_source::<on_shopify>(shops)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let shops = Shops::parse(&env::var("SHOPS").unwrap_or_default());
    webhooks(shops).serve("127.0.0.1:3000").await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn each_provider_opens_its_own_endpoint_only() {
        let hooks = webhooks(Shops::parse("acme=hers")).test(());
        let ping = json!({ "zen": "Keep it logically awesome.", "type": "ping", "events": [] });
        let github = hooks.deliver::<on_github>().event("ping").json(&ping).await;
        assert_eq!((github.status().as_u16(), github.handler_ran()), (200, true));
        let stripe = hooks.deliver::<on_stripe>().json(&ping).await;
        assert_eq!((stripe.status().as_u16(), stripe.handler_ran()), (200, true));
        let data =
            json!({ "type": "user.created", "timestamp": "2026-01-01T00:00:00Z", "data": {} });
        let standard = hooks.deliver::<on_standard>().json(&data).await;
        assert_eq!((standard.status().as_u16(), standard.handler_ran()), (200, true));
        assert_eq!(hooks.deliver::<on_github>().json(&ping).forged().await.status(), 401);
        assert_eq!(hooks.deliver::<on_stripe>().json(&ping).forged().await.status(), 401);
        assert_eq!(hooks.deliver::<on_standard>().json(&data).forged().await.status(), 401);
    }

    #[tokio::test]
    async fn a_request_of_line_has_many_events() {
        let hooks = webhooks(Shops::parse("")).test(());
        let batch = json!({ "events": [{ "type": "follow" }, { "type": "message" }] });
        let answer = hooks.deliver::<on_line>().json(&batch).await;
        assert_eq!((answer.status().as_u16(), answer.handler_runs()), (200, 2));
    }

    #[tokio::test]
    async fn a_shop_opens_its_own_path_only() {
        let hooks = webhooks(Shops::parse("acme=hers; umbra=his")).test(());
        let deliver = |shop: &str, secret: &str| {
            let delivery = hooks.deliver::<on_shopify>().param("shop", shop);
            delivery.signed_with(Secret::new(secret)).json(&json!({ "id": 7 }))
        };
        for (shop, secret, status) in [
            ("acme", "hers", 200),
            ("umbra", "his", 200),
            ("acme", "his", 401),
            ("nobody", "his", 401),
        ] {
            assert_eq!(deliver(shop, secret).await.status(), status, "{shop} {secret}");
        }
    }
}
