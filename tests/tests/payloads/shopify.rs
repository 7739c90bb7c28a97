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
        assert_eq!(order.id.expect("an id"), json["id"].as_u64().expect("a number"));
        assert_eq!((order.name.as_deref(), order.order_number), (Some("#9999"), Some(1234)));
        assert_eq!(order.financial_status, Some(shopify::FinancialStatus::Voided));
        assert_eq!(order.cancel_reason, Some(shopify::CancelReason::Customer));
        let total = json["total_price"].as_str().expect("money is text");
        assert_eq!(order.total_price.expect("a price"), total);
        assert_eq!(order.email.as_deref(), Some("jon@example.com"));
        let (first, json) = (&order.line_items[0], &json["line_items"]);
        assert_eq!(order.line_items.len(), json.as_array().expect("a list").len());
        assert_eq!(first.title.as_deref(), Some(json[0]["title"].as_str().expect("text")));
        let price = json[0]["price"].as_str().expect("money is text");
        assert_eq!(first.price.as_deref(), Some(price));
        assert_eq!(order.shipping_lines[0].price.as_deref(), Some("10.00"));
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
    assert!(matches!(decoded.total_price, Some(Borrowed("12345678901234567890.10"))));
    let body = order("404.95");
    assert!(serde_json::from_str::<shopify::Order<'_>>(&body).is_err());
}

/// Orders of Shopify POS have no way of shipping; `include_fields` leaves out whatever it does not
/// name.
#[test]
fn fields_may_be_null_or_missing() {
    let body = r##"{"id":1,"name":"#1001","shipping_lines":null,"discount_codes":[null],
        "line_items":[{"title":"Hat"},null],"customer":{},"test":null}"##;
    let order: shopify::Order<'_> = decode(body);
    assert_eq!((order.id, order.name.as_deref()), (Some(1), Some("#1001")));
    assert_eq!((order.shipping_lines, order.discount_codes), (vec![], vec![]));
    assert_eq!(order.line_items.len(), 1);
    assert_eq!(
        (order.line_items[0].title.as_deref(), order.line_items[0].quantity),
        (Some("Hat"), None)
    );
    assert_eq!((order.total_price, order.created_at, order.test), (None, None, None));
    assert_eq!(order.customer.expect("a customer").id, None);
}
