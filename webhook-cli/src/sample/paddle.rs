//! Paddle's notifications, by the object that they are about.

use serde_json::{Value, json};

const TIME: &str = "2025-10-09T08:53:20.000000Z";

pub(super) fn body(event: &str) -> Value {
    let (object, happened) = event.split_once('.').unwrap_or((event, ""));
    let price = json!({
        "id": "pri_1", "product_id": "pro_1", "name": "A sample", "description": "A sample",
        "unit_price": {"amount": "2000", "currency_code": "USD"},
        "billing_cycle": {"interval": "month", "frequency": 1},
    });
    let data = match object {
        "transaction" => json!({
            "id": "txn_1", "status": transaction_status(happened), "customer_id": "ctm_1",
            "subscription_id": null, "currency_code": "USD", "origin": "web",
            "collection_mode": "automatic", "custom_data": null,
            "items": [{"price": price, "quantity": 1}],
            "details": {"totals": {
                "subtotal": "2000", "discount": "0", "tax": "0", "total": "2000", "credit": "0",
                "balance": "0", "grand_total": "2000", "currency_code": "USD",
            }},
            "payments": [], "created_at": TIME, "updated_at": TIME,
        }),
        "subscription" => json!({
            "id": "sub_1", "status": subscription_status(happened), "customer_id": "ctm_1",
            "transaction_id": "txn_1", "currency_code": "USD", "collection_mode": "automatic",
            "custom_data": null,
            "items": [{"status": "active", "quantity": 1, "recurring": true, "price": price}],
            "billing_cycle": {"interval": "month", "frequency": 1},
            "started_at": TIME, "created_at": TIME, "updated_at": TIME,
        }),
        "customer" => json!({
            "id": "ctm_1", "name": "Jane", "email": "jane@example.com", "locale": "en",
            "marketing_consent": false, "status": "active", "custom_data": null,
            "created_at": TIME, "updated_at": TIME,
        }),
        _ => json!({"id": "obj_1", "status": "active", "created_at": TIME, "updated_at": TIME}),
    };
    json!({"notification_id": "ntf_1", "occurred_at": TIME, "data": data})
}

fn transaction_status(happened: &str) -> &str {
    match happened {
        "created" => "draft",
        "payment_failed" => "past_due",
        "billed" | "canceled" | "paid" | "past_due" | "ready" => happened,
        _ => "completed",
    }
}

fn subscription_status(happened: &str) -> &str {
    match happened {
        "canceled" | "past_due" | "paused" | "trialing" => happened,
        _ => "active",
    }
}
