//! Payments from Stripe, in a ledger: typed events, money in whole cents, and each event once.
//!
//! `STRIPE_SECRET` is the signing secret of the webhook, `whsec_…`. `GET /balance` tells what is in
//! the ledger.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{Router, extract::State, http::StatusCode, routing::get};
use serde::Deserialize;
use tokio::net::TcpListener;
use webhook_runtime::{
    UnknownEvent, WebhookEvent, Webhooks, payloads::stripe::Event, providers::STRIPE, webhook,
};

#[derive(WebhookEvent)]
enum Stripe<'a> {
    #[event("payment_intent.succeeded")]
    Paid(Event<'a, Money<'a>>),
    #[event("refund.created")]
    Refunded(Event<'a, Money<'a>>),
    /// Nothing has moved yet, or at all.
    #[event("payment_intent.created", "payment_intent.payment_failed")]
    Underway,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

/// What a payment and a refund have in common.
#[derive(Deserialize)]
struct Money<'a> {
    /// In the smallest unit of the currency, as Stripe counts: there are no floats to round.
    amount: i64,
    #[serde(borrow)]
    currency: Cow<'a, str>,
}

/// In a program of yours, a database: this one forgets when it ends.
#[derive(Clone, Default)]
struct Ledger(Arc<Mutex<Book>>);

#[derive(Default)]
struct Book {
    /// Stripe sends an event again when it is not sure that it arrived.
    booked: HashSet<String>,
    balances: BTreeMap<String, i64>,
}

impl Ledger {
    fn open(&self) -> MutexGuard<'_, Book> {
        self.0.lock().expect("nobody panics holding it")
    }

    /// Books an amount once for each event. Fails, and changes nothing, if the sum has no room.
    fn book(&self, event: &str, currency: &str, amount: Option<i64>) -> Result<(), StatusCode> {
        let mut book = self.open();
        if book.booked.contains(event) {
            return Ok(());
        }
        let balance = book.balances.get(currency).copied().unwrap_or_default();
        let balance = amount.and_then(|amount| balance.checked_add(amount));
        let balance = balance.ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
        book.balances.insert(currency.to_owned(), balance);
        book.booked.insert(event.to_owned());
        Ok(())
    }
}

/// Called for every genuine delivery, also for those that come a second time.
#[webhook(path = "/stripe", provider = STRIPE, secret_env = "STRIPE_SECRET")]
async fn payments(State(ledger): State<Ledger>, event: Stripe<'_>) -> Result<(), StatusCode> {
    match event {
        Stripe::Paid(event) => {
            let Money { amount, currency } = &event.data.object;
            ledger.book(&event.id, currency, Some(*amount))
        }
        Stripe::Refunded(event) => {
            let Money { amount, currency } = &event.data.object;
            ledger.book(&event.id, currency, amount.checked_neg())
        }
        Stripe::Underway => Ok(()),
        // Known by name, but not as it is written: money that moved, and was not understood.
        Stripe::Other(other) if other.error().is_some() => Err(StatusCode::INTERNAL_SERVER_ERROR),
        Stripe::Other(other) => {
            println!("passed over {}", other.name());
            Ok(())
        }
    }
}

async fn balance(State(ledger): State<Ledger>) -> String {
    let book = ledger.open();
    let lines = book.balances.iter().map(|(currency, cents)| format!("{cents} {currency}\n"));
    lines.collect()
}

#[tokio::main]
async fn main() -> Result<(), webhook_runtime::Error> {
    let hooks = Webhooks::new().mount::<payments>().into_router()?;
    let app = Router::new().route("/balance", get(balance)).merge(hooks);
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("payments on http://{}", listener.local_addr()?);
    axum::serve(listener, app.with_state(Ledger::default())).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use webhook_runtime::testing::TestHooks;

    use super::*;

    // Each file in the directory is a test: `webhook listen --record` writes them.
    webhook_runtime::testing::recorded!(payments, "tests/deliveries", state = Ledger::default());

    fn start() -> (TestHooks<Ledger>, Ledger) {
        let ledger = Ledger::default();
        (Webhooks::new().mount::<payments>().test(ledger.clone()), ledger)
    }

    fn event(id: &str, kind: &str, object: &Value) -> Value {
        json!({
            "id": id, "object": "event", "type": kind, "created": 1_760_000_000, "livemode": false,
            "api_version": "2025-09-30.clover", "data": { "object": object },
            "request": { "id": null, "idempotency_key": null }, "pending_webhooks": 1,
        })
    }

    fn balance(ledger: &Ledger, currency: &str) -> i64 {
        ledger.open().balances.get(currency).copied().unwrap_or_default()
    }

    #[tokio::test]
    async fn money_is_booked_by_its_currency() {
        let (hooks, ledger) = start();
        for (id, kind, amount, currency) in [
            ("evt_1", "payment_intent.succeeded", 1250, "eur"),
            ("evt_2", "payment_intent.succeeded", 300, "jpy"),
            ("evt_3", "payment_intent.succeeded", 99, "eur"),
            ("evt_4", "refund.created", 250, "eur"),
            ("evt_5", "payment_intent.created", 7777, "eur"),
            ("evt_6", "customer.created", 0, "eur"),
        ] {
            let event = event(id, kind, &json!({ "amount": amount, "currency": currency }));
            assert_eq!(hooks.deliver::<payments>().json(&event).await.status(), 200, "{kind}");
        }
        assert_eq!((balance(&ledger, "eur"), balance(&ledger, "jpy")), (1099, 300));
    }

    #[tokio::test]
    async fn an_event_that_comes_again_is_booked_once() {
        let (hooks, ledger) = start();
        let paid = json!({ "amount": 5, "currency": "eur" });
        let paid = event("evt_1", "payment_intent.succeeded", &paid);
        assert_eq!(hooks.deliver::<payments>().json(&paid).replayed().await.status(), 200);
        // Signed anew, as Stripe does it when it tries again.
        hooks.advance(std::time::Duration::from_secs(3600));
        assert_eq!(hooks.deliver::<payments>().json(&paid).await.status(), 200);
        assert_eq!(balance(&ledger, "eur"), 5);
    }

    #[tokio::test]
    async fn what_is_not_genuine_books_nothing() {
        let (hooks, ledger) = start();
        let paid = json!({ "amount": 5, "currency": "eur" });
        let paid = event("evt_1", "payment_intent.succeeded", &paid);
        let forged = hooks.deliver::<payments>().json(&paid).forged().await;
        assert_eq!((forged.status().as_u16(), forged.handler_ran()), (401, false));
        let tampered = hooks.deliver::<payments>().json(&paid).tampered().await;
        assert_eq!((tampered.status().as_u16(), tampered.handler_ran()), (401, false));
        assert_eq!(ledger.open().booked.len(), 0);
    }

    /// Answered by 500, Stripe keeps it and tries again, by when the program may understand it.
    #[tokio::test]
    async fn money_that_is_not_understood_is_not_lost() {
        let (hooks, ledger) = start();
        for object in [
            json!({ "amount": 12.5, "currency": "eur" }),
            json!({ "amount": "1250", "currency": "eur" }),
            json!({ "amount": 1250 }),
        ] {
            let event = event("evt_1", "payment_intent.succeeded", &object);
            assert_eq!(hooks.deliver::<payments>().json(&event).await.status(), 500, "{object}");
        }
        for (id, amount, status) in
            [("evt_2", i64::MAX, 200), ("evt_3", 1, 500), ("evt_4", -1, 200)]
        {
            let paid = json!({ "amount": amount, "currency": "eur" });
            let event = event(id, "payment_intent.succeeded", &paid);
            assert_eq!(hooks.deliver::<payments>().json(&event).await.status(), status, "{id}");
        }
        assert_eq!(balance(&ledger, "eur"), i64::MAX - 1);
    }

    webhook_runtime::testing::conformance!(payments, state = Ledger::default());
}
