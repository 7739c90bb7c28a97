//! Payloads: which bodies are decoded, and 415, 400 and 422 for the others.

use std::{borrow::Cow, collections::HashMap};

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use webhook_runtime::{Delivery, Secret, Webhooks, providers::GITHUB, webhook};

use crate::{
    ORDER, Order,
    common::{PATH, SECRET, ask, delivery, delivery_to, post, router, set, sign, status},
    echo, order_paid,
};

#[tokio::test]
async fn all_json_content_types_are_accepted() {
    let router = router::<order_paid>();
    for (content_type, expected) in [
        (Some("application/json"), 200),
        (Some("Application/JSON; charset=utf-8"), 200),
        (Some("application/cloudevents+json"), 200),
        (Some("text/plain"), 200),
        (None, 200),
        (Some("application/xml"), 415),
        (Some("application/octet-stream"), 415),
        (Some("multipart/form-data; boundary=x"), 415),
        (Some("application/jsonp"), 415),
        (Some("+json"), 415),
        (Some(""), 415),
    ] {
        let mut request = delivery(ORDER);
        request.headers_mut().remove("content-type");
        if let Some(content_type) = content_type {
            set(&mut request, "content-type", content_type);
        }
        assert_eq!(status(&router, request).await, expected, "{content_type:?}");
    }
}

#[tokio::test]
async fn raw_deliveries_take_any_content_type() {
    let mut request = delivery("\u{0}\u{1}");
    set(&mut request, "content-type", "application/octet-stream");
    assert_eq!(status(&router::<echo>(), request).await, 200);
}

#[tokio::test]
async fn invalid_json_is_400() {
    let router = router::<order_paid>();
    let ill: [&[u8]; 7] = [
        b"",
        b"{",
        br#"{"id":7,"note":"x"}}"#,
        br#"{"id":7,"note":"x"} {}"#,
        br"{'id':7}",
        br#"{"id":7,"note":"#,
        b"\xff\xfe",
    ];
    for body in ill {
        let answer = ask(&router, delivery(body.to_vec())).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", body.escape_ascii());
        answer.problem();
    }
    let answer = ask(&router, delivery("{\n  \"id\": x}")).await;
    let detail = answer.problem()["detail"].to_string();
    assert!(detail.contains("line 2 column 9"), "the place is told: {detail}");
    // A number that no type holds is JSON all the same.
    let unbounded = format!(r#"{{"id":{}}}"#, "9".repeat(1000));
    let answer = ask(&router, delivery(unbounded)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.problem()["path"], "id");
}

/// Unlimited recursion would overflow the stack, and end the process.
#[tokio::test]
async fn deep_nesting_is_400() {
    #[webhook(path = "/webhook", provider = GITHUB)]
    async fn any(delivery: Delivery, _: Value) {
        assert_eq!(delivery.action(), None);
    }
    #[webhook(path = "/webhook", provider = GITHUB)]
    async fn action(delivery: &Delivery) -> String {
        format!("{:?}", delivery.action())
    }
    for opening in ["[", r#"{"action":"#, r#"{"x":"#, r#"{"x":[{"action":"#] {
        let deep = opening.repeat(100_000);
        let request = || post(PATH, sign(&GITHUB, SECRET, deep.as_bytes()), deep.clone());
        assert_eq!(status(&router::<any>(), request()).await, 400, "{opening}");
        assert_eq!(ask(&router::<action>(), request()).await.text(), "None", "{opening}");
    }
}

#[tokio::test]
async fn mismatches_name_the_json_path() {
    #[derive(Deserialize)]
    struct Basket<'a> {
        #[serde(borrow)]
        #[allow(dead_code, reason = "only decoded")]
        items: Vec<Order<'a>>,
        #[allow(dead_code, reason = "only decoded")]
        paid: Option<bool>,
    }
    #[webhook(path = "/webhook")]
    async fn basket(_: Basket<'_>) {}
    let router = router::<basket>();
    for (body, path) in [
        (r#"{"items":[{"id":1,"note":""},{"id":"2","note":""}]}"#, "items[1].id"),
        (r#"{"items":[{"id":-1,"note":""}]}"#, "items[0].id"),
        (r#"{"items":[{"id":1,"note":null}]}"#, "items[0].note"),
        (r#"{"items":[{"id":1}]}"#, "items[0].note"),
        (r#"{"paid":true}"#, "items"),
        (r#"{"items":[],"paid":"yes"}"#, "paid"),
        ("{\n  \"items\":\n  7}", "items"),
        ("[1, 2, 3]", "[0]"),
        ("7", ""),
    ] {
        let answer = ask(&router, delivery(body)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(answer.problem()["path"], path, "{body}");
    }
}

#[tokio::test]
async fn forms_are_decoded_by_field_type() {
    let router = router::<order_paid>();
    let form = |body: &'static str| {
        let mut request = delivery(body);
        set(&mut request, "content-type", "application/x-www-form-urlencoded");
        request
    };
    let answer = ask(&router, form("id=7&note=with+care%21&more=1")).await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, "7: with care!"));
    for (body, path) in [("id=x&note=", "id"), ("id=7", "note"), ("id=7&id=8&note=", "id")] {
        let answer = ask(&router, form(body)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(answer.problem()["path"], path, "{body}");
    }
}

#[tokio::test]
async fn payloads_are_any_serde_type() {
    #[webhook(path = "/str")]
    async fn borrowed(delivery: Delivery, text: &str) -> String {
        assert!(delivery.body().as_ptr_range().contains(&text.as_ptr()), "no copy");
        text.to_owned()
    }
    #[webhook(path = "/cow")]
    async fn cow(text: Cow<'_, str>) -> String {
        text.into_owned()
    }
    #[webhook(path = "/string")]
    async fn string(text: String) -> String {
        text
    }
    #[webhook(path = "/value")]
    async fn value(value: Value) -> String {
        value["a"].to_string()
    }
    #[webhook(path = "/map")]
    async fn map(map: HashMap<&str, u8>) -> String {
        map["a"].to_string()
    }
    #[webhook(path = "/tuple")]
    async fn tuple((number, text): (u8, &str)) -> String {
        format!("{number} {text}")
    }
    #[webhook(path = "/option")]
    async fn option(number: Option<u8>) -> String {
        format!("{number:?}")
    }
    let secret = || [Secret::new(SECRET)];
    let router = Webhooks::new()
        .mount::<borrowed>()
        .mount::<cow>()
        .mount::<string>()
        .mount::<value>()
        .mount::<map>()
        .mount::<tuple>()
        .mount::<option>()
        .secrets::<borrowed>(secret())
        .secrets::<cow>(secret())
        .secrets::<string>(secret())
        .secrets::<value>(secret())
        .secrets::<map>(secret())
        .secrets::<tuple>(secret())
        .secrets::<option>(secret())
        .into_router()
        .expect("nothing is wrong with it");
    for (path, body, told) in [
        ("/str", r#""abc""#, "abc"),
        ("/cow", r#""a\nc""#, "a\nc"),
        ("/string", r#""a\u00e9c""#, "aéc"),
        ("/value", r#"{"a":[1]}"#, "[1]"),
        ("/map", r#"{"a":1}"#, "1"),
        ("/tuple", r#"[1,"b"]"#, "1 b"),
        ("/option", "7", "Some(7)"),
        ("/option", "null", "None"),
    ] {
        let answer = ask(&router, delivery_to(path, body)).await;
        assert_eq!((answer.status, answer.text()), (StatusCode::OK, told), "{path} {body}");
    }
    let answer = ask(&router, delivery_to("/str", r#""a\nc""#)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "an escaped text is not borrowed");
}

/// `Cow` with `#[serde(borrow)]`, as in the examples, borrows if it can.
#[tokio::test]
async fn unescaped_fields_are_borrowed() {
    #[webhook(path = "/webhook")]
    async fn kept_over_await(order: Order<'_>) -> &'static str {
        tokio::task::yield_now().await;
        if matches!(order.note, Cow::Borrowed(_)) { "borrowed" } else { "owned" }
    }
    let router = router::<kept_over_await>();
    assert_eq!(ask(&router, delivery(ORDER)).await.text(), "borrowed");
    assert_eq!(ask(&router, delivery(r#"{"id":1,"note":"\""}"#)).await.text(), "owned");
}
