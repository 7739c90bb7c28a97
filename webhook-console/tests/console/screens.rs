//! The content of each screen.

use std::time::Duration;

use http::StatusCode;
use webhook_console::{Access, Console, Permission};
use webhook_runtime::inbox::{
    AttemptResult, EndpointRetention, Filter, Job, JobHandlers, TxSource, store::Heartbeat,
};

use crate::site::{Site, delivery, form, get, handlers, moment};

#[tokio::test]
async fn the_overview_says_what_is_wrong_first() {
    let site = Site::new().await;
    site.dead(3).await;
    site.run(&[delivery(70, "bad 422: price is null"), delivery(71, "done")]).await;
    let workers = site.inbox.start_workers(handlers());
    let endpoint = site.get("/endpoints/orders").await;
    assert!(endpoint.has("<dd>1<div class=\"second\">set for all endpoints"), "{}", endpoint.text);
    let page = site.get("").await;
    assert!(page.has("<bdi>orders</bdi> has 4 dead letters"), "{}", page.text);
    assert!(page.has("<bdi>500: no stock for"), "{}", page.text);
    assert!(
        page.has("Review 4") && page.has("(4) Overview · tests &lt;staging&gt; · webhook console")
    );
    let causes = page.text.split_once("id=\"causes\"").unwrap().1;
    assert!(
        causes.find("no stock").unwrap() < causes.find("price is null").unwrap(),
        "largest first"
    );
    assert!(causes.contains("deliveries?state=dead&amp;endpoint=orders&amp;cause="));
    assert!(page.has("SQLite 3.") && page.has("2 endpoints"));
    assert!(page.has("4 in the last ten minutes"), "{}", page.text);
    assert!(page.has("Figures as a table") && page.has("role=\"img\""));
    drop(workers);
}

#[tokio::test]
async fn an_inbox_with_an_old_delivery_is_not_empty() {
    let site = Site::new().await;
    // More idle endpoints than are asked for their last delivery, and the delivery is at the last one.
    let idle = |handlers: JobHandlers, number| {
        handlers.on(format!("idle_{number}"), async |_: Job, _: TxSource| AttemptResult::Completed)
    };
    let workers = site.inbox.start_workers((0..30).fold(JobHandlers::new(), idle));
    assert!(site.get("").await.has("No deliveries yet"));
    site.store(&[delivery(1, "waits")]).await;
    moment().await;
    let page = Console::new(site.inbox.clone(), Access::decide(|_| Permission::full("ana")));
    let router = axum::Router::new().nest("/console", page.into_router());
    assert!(!get(router, "").await.has("No deliveries yet"));
    drop(workers);
}

#[tokio::test]
async fn the_list_of_a_cause_has_its_dead_letters() {
    let site = Site::new().await;
    site.dead(3).await;
    site.run(&[delivery(70, "bad 422: price is null")]).await;
    let page = site.get("").await;
    let (_, rest) = page.text.split_once("class=\"count s-dead\" href=\"./console/").unwrap();
    let list = rest.split('"').next().unwrap().replace("&amp;", "&");
    let list = site.get(&format!("/{list}")).await;
    assert!(list.has("<strong>3</strong> match"), "{}", list.text);
    assert!(list.has("cause: <strong><bdi>500: no stock for"), "{}", list.text);
}

#[tokio::test]
async fn a_retry_is_no_backoff() {
    let site = Site::new().await;
    site.dead(1).await;
    site.post("/deliveries/1/retry", &[]).await;
    site.run(&[]).await;
    let page = site.get("/deliveries/1").await;
    assert!(page.has("run again ") && !page.has("backoff"), "{}", page.text);
    assert!(page.has("Same error when it was run again"), "{}", page.text);
}

#[tokio::test]
async fn a_delivery_tells_what_happened() {
    let site = Site::new().await;
    let mut new = delivery(1, "bad 500: reserve stock: no answer: Connection refused");
    new.head.headers.insert("content-type", http::HeaderValue::from_static("application/json"));
    site.run(&[new, delivery(2, "done")]).await;
    // One that is completed comes again.
    site.store(&[delivery(2, "done")]).await;
    let page = site.get("/deliveries/1").await;
    for text in [
        "Attempt 1: ",
        "<strong><bdi>reserve stock</bdi></strong>",
        "Connection refused",
        "Received, verified and stored",
        "signature matched <bdi>SHOPIFY_SECRET</bdi>",
        "shop = acme",
        "Showing it is logged under your name, <bdi>ana</bdi>.",
    ] {
        assert!(page.has(text), "{text}: {}", page.text);
    }
    assert!(site.get("/deliveries/2").await.has("1 duplicate of this one"));
    assert!(!page.has("Connection refused</pre>") && !page.has("bad 500"), "the body is not shown");
}

#[tokio::test]
async fn bodies_are_shown_in_their_form() {
    let site = Site::new().await;
    let mut form_body = delivery(2, "a=1&b=%3Cb%3E");
    form_body.head.headers.insert(
        "content-type",
        http::HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    let mut binary = delivery(3, "");
    binary.body = vec![0, 1, 255, 200, 7].into();
    let long = format!("[{}]", vec!["\"größe\""; 20_000].join(","));
    site.run(&[
        delivery(1, r#"{"z":1.50,"a":["\u202e",null]}"#),
        form_body,
        binary,
        delivery(4, "plain\ntext"),
        delivery(5, long),
        delivery(6, ""),
    ])
    .await;
    let token = site.token("ana").await;
    for (id, parts) in [
        (
            1,
            &["<span class=\"j-key\">&quot;z&quot;</span>: <span class=\"j-value\">1.50</span>"][..],
        ),
        (2, &["<code><bdi>a</bdi></code>", "<bdi>&lt;b&gt;</bdi>"]),
        (3, &["00000000  00 01 ff c8 07"]),
        (4, &["plain\ntext"]),
        (5, &["the first 64 KiB of"]),
        (6, &["The body is empty."]),
    ] {
        let page = site
            .send(form("ana", &format!("/deliveries/{id}/body"), &[("token", &token)], &[]))
            .await;
        for part in parts {
            assert!(
                page.has(part),
                "{id}: {part}: {}",
                &page.text[page.text.len().saturating_sub(9000)..]
            );
        }
        assert!(page.text.len() < 1_500_000, "{id}: {}", page.text.len());
    }
    let missing = site.send(form("ana", "/deliveries/99/body", &[("token", &token)], &[])).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_system_lists_workers_and_the_store() {
    let site = Site::new().await;
    let mut beat = Heartbeat::default();
    (beat.name, beat.slots) = ("web-3".to_owned(), 16);
    beat.next_in = Some(Duration::ZERO);
    site.inbox.store().heartbeat(&beat).await.unwrap();
    let three_days = Some(Duration::from_secs(3 * 86_400));
    let own = [EndpointRetention::new("orders", three_days, None)];
    site.inbox.store().set_retention(&own).await.unwrap();
    let page = site.get("/system").await;
    for text in [
        "web-3",
        "Alive",
        "0 of 16",
        "SQLite 3.",
        "inbox.db",
        "</a> keeps completed ones for 3 d",
        "version 4",
        "Store writable",
        "webhook-console",
    ] {
        assert!(page.has(text), "{text}: {}", page.text);
    }
}

#[tokio::test]
async fn many_finished_deliveries_are_estimated() {
    let site = Site::new().await;
    let new: Vec<_> = (0..10_500).map(|key| delivery(key, "waits")).collect();
    site.store(&new).await;
    site.inbox.cancel(&Filter::all()).await.unwrap();
    site.run(&[delivery(20_001, "bad one"), delivery(20_002, "bad one")]).await;
    let page = site.get("/system").await;
    let retention = page.text.split_once("id=\"retention\"").unwrap().1;
    assert!(retention.contains("about 11,000</td>"), "{retention}");
    assert!(retention.contains(">2</td>"), "few are counted: {retention}");
}

#[tokio::test]
async fn a_closed_store_is_told() {
    let site = Site::new().await;
    site.inbox.close().await.unwrap();
    for path in ["", "/deliveries", "/deliveries/1", "/endpoints/orders", "/system"] {
        let page = site.get(path).await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(page.has("The database does not answer"), "{path}: {}", page.text);
    }
}

#[tokio::test]
async fn an_open_page_is_renewed() {
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    let site = Site::new().await;
    site.dead(1).await;
    let access = Access::decide(|_| Permission::read_only("ben"));
    let router: axum::Router = Console::new(site.inbox.clone(), access).into_router();
    for screen in
        ["", "deliveries%3Fstate%3Ddead", "deliveries%2F1", "endpoints%2Forders", "system"]
    {
        let uri = format!("/events?screen={screen}&root=..%2F&at=2026-11-28T10:00:00Z");
        let request = http::Request::get(uri).body(axum::body::Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let frame = response.into_body().frame().await.unwrap().unwrap().into_data().unwrap();
        let text = String::from_utf8(frame.to_vec()).unwrap();
        assert!(text.starts_with("event: page\ndata: <!DOCTYPE html>"), "{text}");
        assert!(text.contains("href=\"../deliveries\""), "{text}");
    }
    for root in ["%2F%2Fevil%2F", "http%3A%2F%2Fevil%2F", ""] {
        let uri = format!("/events?screen=&root={root}");
        let request = http::Request::get(uri).body(axum::body::Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{root}");
    }
}

#[tokio::test]
async fn a_blocked_delivery_names_the_one_before_it() {
    let site = Site::new().await;
    let in_order = |key: u64| {
        let mut new = delivery(key, "waits");
        new.ordering_key = Some("LIN-1".into());
        new
    };
    site.store(&[in_order(1), in_order(2), in_order(3)]).await;
    let list = site.get("/deliveries?state=blocked").await;
    assert_eq!(list.text.matches("behind #1<").count(), 2, "{}", list.text);
    let page = site.get("/deliveries/3").await;
    assert!(page.has("Behind <a href=\"../deliveries/1\">#1</a> with the same ordering key."));
    assert!(page.has("same ordering key, runs before this one"), "{}", page.text);
    site.inbox.cancel(&Filter::all().ids([1])).await.unwrap();
    assert!(site.get("/deliveries/3").await.has("same ordering key, ran before this one"));
    assert!(site.get("/deliveries/1").await.has("same ordering key, runs after this one"));
}
