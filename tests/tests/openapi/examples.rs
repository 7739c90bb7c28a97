//! The example bodies are what the endpoints take.

#![allow(dead_code, reason = "handlers decode more than they read")]

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use webhook_runtime::{
    UnknownEvent, WebhookEvent, Webhooks,
    providers::{GITHUB, LINE, STRIPE},
    webhook,
};

use crate::{JSON, post};

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Currency {
    Eur,
    Usd,
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind")]
enum Item {
    Book { isbn: String, pages: u16 },
    Other,
}

#[derive(Deserialize, JsonSchema)]
struct Cart {
    id: u64,
    #[serde(default)]
    note: Option<String>,
    price: f64,
    currency: Currency,
    items: Vec<Item>,
    /// A cart in a cart.
    inner: Option<Box<Cart>>,
    pair: (u8, String),
    labels: std::collections::BTreeMap<String, String>,
}

impl Cart {
    /// Reads every field, as a handler would.
    fn is_complete(&self) -> bool {
        let Currency::Eur = self.currency else { return false };
        let books = self.items.iter().all(|item| match item {
            Item::Book { isbn, pages } => !isbn.is_empty() && *pages > 0,
            Item::Other => false,
        });
        let inner = self.inner.as_ref().is_none_or(|cart| cart.is_complete());
        let rest = self.note.is_some() && self.price > 0.0 && self.labels.is_empty();
        books && inner && rest && self.id == 1 && self.pair.0 == 1
    }
}

#[webhook(path = "/carts")]
async fn carts(cart: Cart) {
    assert!(cart.is_complete());
}

#[webhook(path = "/line", provider = LINE)]
async fn line(cart: Cart) {
    assert!(cart.is_complete());
}

#[derive(WebhookEvent)]
#[event(strict)]
enum Event<'a> {
    #[event("cart.paid", "cart.closed", unlisted)]
    Cart(Cart),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(path = "/stripe", provider = STRIPE)]
async fn stripe(event: Event<'_>) {
    let Event::Cart(cart) = event else { panic!("another event") };
    assert!(cart.is_complete());
}

#[webhook(path = "/github", provider = GITHUB)]
async fn github(event: Event<'_>) {
    let Event::Cart(cart) = event else { panic!("another event") };
    assert!(cart.is_complete());
}

fn examples(document: &Value, path: &str) -> Vec<(String, Value)> {
    let content = &post(document, path)["requestBody"]["content"][JSON];
    let examples = content["examples"].as_object().unwrap().iter();
    examples.map(|(name, example)| (name.clone(), example["value"].clone())).collect()
}

#[tokio::test]
async fn example_bodies_are_accepted() {
    let hooks: Webhooks =
        Webhooks::new().mount::<carts>().mount::<line>().mount::<stripe>().mount::<github>();
    let document = hooks.openapi();
    let hooks = hooks.test(());
    for (name, example) in examples(&document, "/carts") {
        let response = hooks.deliver::<carts>().json(&example).await;
        assert_eq!(response.status(), 200, "{name}: {example}");
    }
    for (name, example) in examples(&document, "/line") {
        let response = hooks.deliver::<line>().json(&example).await;
        assert_eq!((response.status().as_u16(), response.handler_ran()), (200, true), "{name}");
    }
    let named = examples(&document, "/stripe");
    assert_eq!(named.len(), 2);
    for (name, example) in named {
        assert_eq!(example["type"], name.as_str());
        let response = hooks.deliver::<stripe>().json(&example).await;
        assert_eq!(response.status(), 200, "{name}: {example}");
    }
    for (name, example) in examples(&document, "/github") {
        let (base, action) = name.split_once('.').unwrap();
        assert_eq!(example["action"], action);
        let delivery = hooks.deliver::<github>().event(base).json(&example);
        assert_eq!(delivery.await.status(), 200, "{name}: {example}");
    }
}
