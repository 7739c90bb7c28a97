//! Paddle.

use std::borrow::Cow::Borrowed;

use serde::Deserialize;
use serde_json::{Value, json};
use webhook_runtime::{
    UnknownEvent, WebhookEvent, Webhooks, payloads::paddle, providers::PADDLE, webhook,
};

use crate::decode;

fn event(kind: &str, data: &Value) -> Value {
    json!({
        "event_id": "evt_1", "event_type": kind, "occurred_at": "2026-01-02T03:04:05.678901Z",
        "notification_id": "ntf_1", "data": data,
    })
}

fn price() -> Value {
    json!({
        "id": "pri_1", "product_id": "pro_1", "name": "Monthly", "description": "for each seat",
        "type": "standard", "billing_cycle": { "interval": "month", "frequency": 1 },
        "unit_price": { "amount": "1050", "currency_code": "EUR" }, "unit_price_overrides": [],
        "quantity": { "minimum": 1, "maximum": 100 }, "tax_mode": "account_setting",
    })
}

/// A paid transaction.
pub(crate) fn transaction() -> Value {
    let totals = json!({
        "subtotal": "2100", "discount": "100", "tax": "380", "total": "2380", "credit": "80",
        "credit_to_balance": "0", "balance": "0", "grand_total": "2300", "fee": "165",
        "earnings": "1755", "currency_code": "EUR",
    });
    event(
        "transaction.completed",
        &json!({
            "id": "txn_1", "status": "completed", "customer_id": "ctm_1", "address_id": "add_1",
            "subscription_id": "sub_1", "invoice_id": "inv_1", "invoice_number": "123-45678",
            "currency_code": "EUR", "origin": "web", "collection_mode": "automatic",
            "discount_id": "dsc_1", "custom_data": { "account": 7 },
            "billing_period": {
                "starts_at": "2026-01-02T03:04:05Z", "ends_at": "2026-02-02T03:04:05Z",
            },
            "items": [{ "price": price(), "quantity": 2, "proration": null }],
            "details": { "tax_rates_used": [], "totals": totals, "line_items": [{ "id": "txnitm_1" }] },
            "payments": [{ "amount": "2300", "status": "captured" }],
            "checkout": { "url": "https://example.com/pay?_ptxn=txn_1" },
            "created_at": "2026-01-02T03:04:00Z", "updated_at": "2026-01-02T03:04:05Z",
            "billed_at": "2026-01-02T03:04:04Z",
        }),
    )
}

/// A subscription that will pause.
pub(crate) fn subscription() -> Value {
    let period = json!({ "starts_at": "2026-01-02T03:04:05Z", "ends_at": "2026-02-02T03:04:05Z" });
    event(
        "subscription.created",
        &json!({
            "id": "sub_1", "status": "trialing", "customer_id": "ctm_1", "transaction_id": "txn_1",
            "currency_code": "EUR", "collection_mode": "manual", "custom_data": { "account": 7 },
            "items": [{
                "status": "trialing", "quantity": 2, "recurring": true, "price": price(),
                "next_billed_at": "2026-02-02T03:04:05Z", "trial_dates": period,
                "product": { "id": "pro_1", "name": "Seats" },
            }],
            "billing_cycle": { "interval": "month", "frequency": 1 },
            "current_billing_period": period,
            "scheduled_change": {
                "action": "pause", "effective_at": "2026-02-02T03:04:05Z",
                "resume_at": "2026-03-02T03:04:05Z",
            },
            "discount": { "id": "dsc_1", "starts_at": "2026-01-02T03:04:05Z", "ends_at": null },
            "started_at": "2026-01-02T03:04:05Z", "first_billed_at": "2026-01-02T03:04:05Z",
            "next_billed_at": "2026-02-02T03:04:05Z", "paused_at": "2026-01-03T03:04:05Z",
            "canceled_at": "2026-01-04T03:04:05Z", "created_at": "2026-01-02T03:04:05Z",
            "updated_at": "2026-01-02T03:04:05Z",
        }),
    )
}

/// A customer.
pub(crate) fn customer() -> Value {
    event(
        "customer.updated",
        &json!({
            "id": "ctm_1", "name": "Jo Brown", "email": "jo@example.com", "locale": "en-GB",
            "marketing_consent": false, "status": "active", "custom_data": { "account": 7 },
            "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z",
            "import_meta": { "external_id": "9", "imported_from": "elsewhere" },
        }),
    )
}

/// The data of one's own.
#[derive(Debug, PartialEq, Deserialize)]
struct Own {
    account: u64,
}

#[test]
fn transactions() {
    let body = transaction().to_string();
    let event: paddle::Event<'_, paddle::Transaction<'_, Own>> = decode(&body);
    assert!(matches!(event.event_id, Borrowed("evt_1")));
    assert_eq!(event.kind, "transaction.completed");
    assert_eq!(event.notification_id.as_deref(), Some("ntf_1"));
    let transaction = event.data;
    assert_eq!(transaction.status, Some(paddle::TransactionStatus::Completed));
    assert_eq!(transaction.collection_mode, Some(paddle::CollectionMode::Automatic));
    assert_eq!(transaction.custom_data, Some(Own { account: 7 }));
    let totals = transaction.details.and_then(|details| details.totals).expect("totals");
    assert!(matches!(totals.grand_total, Some(Borrowed("2300"))));
    let item = &transaction.items[0];
    assert_eq!(item.quantity, Some(2));
    let price = item.price.as_ref().expect("a price");
    let money = price.unit_price.as_ref().expect("an amount");
    assert_eq!(money.amount.as_deref(), Some("1050"));
    let cycle = price.billing_cycle.as_ref().expect("a cycle");
    assert_eq!((cycle.interval.clone(), cycle.frequency), (Some(paddle::Interval::Month), Some(1)));
}

#[test]
fn subscriptions() {
    let body = subscription().to_string();
    let subscription = decode::<paddle::Event<'_, paddle::Subscription<'_>>>(&body).data;
    assert_eq!(subscription.status, Some(paddle::SubscriptionStatus::Trialing));
    assert_eq!(subscription.transaction_id.as_deref(), Some("txn_1"));
    assert!(subscription.custom_data.is_some(), "whatever was in it");
    let change = subscription.scheduled_change.expect("a change");
    assert_eq!(change.action, Some(paddle::ScheduledAction::Pause));
    assert_eq!(change.resume_at.as_deref(), Some("2026-03-02T03:04:05Z"));
    assert_eq!(subscription.items[0].status, Some(paddle::ItemStatus::Trialing));
    assert_eq!(subscription.items[0].recurring, Some(true));
}

#[test]
fn customers() {
    let body = customer().to_string();
    let customer = decode::<paddle::Event<'_, paddle::Customer<'_, Own>>>(&body).data;
    assert_eq!(customer.status, Some(paddle::CustomerStatus::Active));
    assert_eq!(
        (customer.email.as_deref(), customer.marketing_consent),
        (Some("jo@example.com"), Some(false))
    );
    assert_eq!(customer.custom_data, Some(Own { account: 7 }));
}

/// Amounts are text at Paddle. A number would be another amount, as its unit is not known.
#[test]
fn amounts_are_text() {
    let mut body = transaction();
    body["data"]["details"]["totals"]["total"] = json!(2380);
    let body = body.to_string();
    let error = serde_json::from_str::<paddle::Event<'_, paddle::Transaction<'_>>>(&body);
    assert!(error.is_err_and(|error| error.is_data()));
}

#[tokio::test]
async fn the_signed_type_chooses_the_variant() {
    #[derive(WebhookEvent)]
    #[event(strict)]
    enum Notification<'a> {
        #[event("transaction.completed")]
        Paid(paddle::Event<'a, paddle::Transaction<'a>>),
        #[event("subscription.created")]
        Subscribed(paddle::Event<'a, paddle::Subscription<'a>>),
        #[event(other)]
        Other(UnknownEvent<'a>),
    }
    #[webhook(path = "/webhook", provider = PADDLE)]
    async fn hook(notification: Notification<'_>) -> String {
        match notification {
            Notification::Paid(event) => event.data.id.into_owned(),
            Notification::Subscribed(event) => event.data.id.into_owned(),
            Notification::Other(other) => other.name().to_owned(),
        }
    }
    let hooks = Webhooks::new().mount::<hook>().test(());
    for (body, told) in
        [(transaction(), "txn_1"), (subscription(), "sub_1"), (customer(), "customer.updated")]
    {
        let answer = hooks.deliver::<hook>().body(body.to_string()).await;
        assert_eq!((answer.status().as_u16(), &*answer.text()), (200, told));
    }
    let mut nameless = transaction();
    nameless["data"]["id"] = Value::Null;
    let answer = hooks.deliver::<hook>().body(nameless.to_string()).await;
    assert_eq!(answer.status(), 422);
    assert_eq!(answer.json::<Value>()["path"], "data.id");
}
