//! Shopify.

use std::borrow::Cow::Borrowed;

use serde_json::Value;
use webhook_runtime::payloads::shopify;

use crate::{decode, read};

#[test]
fn orders() {
    let file = read("fixtures/payloads/shopify/orders.jsonl");
    let mut count = 0;
    for line in file.lines() {
        let body = decode::<Value>(line)["body"].to_string();
        let (order, json): (shopify::Order<'_>, Value) = (decode(&body), decode(&body));
        assert_eq!(order.id, json["id"].as_u64().expect("a number"));
        assert_eq!((&*order.name, order.order_number), ("#9999", 1234));
        assert_eq!(order.financial_status, Some(shopify::FinancialStatus::Voided));
        assert_eq!(order.cancel_reason, Some(shopify::CancelReason::Customer));
        assert_eq!(order.total_price, json["total_price"].as_str().expect("money is text"));
        assert_eq!(order.email.as_deref(), Some("jon@example.com"));
        let (first, json) = (&order.line_items[0], &json["line_items"]);
        assert_eq!(order.line_items.len(), json.as_array().expect("a list").len());
        assert_eq!(first.title, json[0]["title"].as_str().expect("text"));
        assert_eq!(first.price, json[0]["price"].as_str().expect("money is text"));
        assert_eq!(order.shipping_lines[0].price, "10.00");
        let customer = order.customer.expect("a customer");
        assert_eq!(customer.first_name.as_deref(), Some("John"));
        let address = order.shipping_address.expect("an address");
        assert_eq!(address.country_code.as_deref(), Some("US"));
        count += 1;
    }
    assert_eq!(count, 9);
}

#[test]
fn money_stays_exact_text() {
    let order = |total: &str| {
        format!(
            r##"{{"id":1,"name":"#1001","order_number":1001,"currency":"KWD","total_price":{total},
                "created_at":"2026-01-02T03:04:05+00:00"}}"##
        )
    };
    let body = order(r#""12345678901234567890.10""#);
    let decoded: shopify::Order<'_> = decode(&body);
    assert!(matches!(decoded.total_price, Borrowed("12345678901234567890.10")));
    let body = order("404.95");
    assert!(serde_json::from_str::<shopify::Order<'_>>(&body).is_err());
}
