//! Changes by operators: of one delivery, many, and endpoints.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use webhook_runtime::inbox::{
    DeliveryState::{self, Cancelled, Completed, Dead},
    MinuteSum,
    store::Work,
};

use crate::site::{Page, Site, delivery, moment};

#[tokio::test]
async fn one_delivery_is_changed_at_once() {
    let site = Site::new().await;
    site.dead(1).await;
    let waits = site.store(&[delivery(7, "waits")]).await[0];
    let page = site.post("/deliveries/1/retry", &[("list", "state=dead")]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!(page.location(), "../../deliveries/1?done=retry&list=state%3Ddead");
    assert_eq!(site.state(1).await, DeliveryState::Pending);
    let shown = site.get("/deliveries/1?done=retry&list=state%3Ddead").await;
    assert!(shown.has("Delivery #1 was retried."), "{}", shown.text);
    assert!(shown.has("href=\"../deliveries?state=dead\""), "the way back keeps the filter");
    // It is no dead letter any more.
    let again = site.post("/deliveries/1/retry", &[]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.has("Delivery #1 is pending, and cannot be retried."), "{}", again.text);
    site.post(&format!("/deliveries/{waits}/cancel"), &[]).await;
    assert_eq!(site.state(waits).await, DeliveryState::Cancelled);
    site.post(&format!("/deliveries/{waits}/replay"), &[]).await;
    assert_eq!(site.state(waits).await, DeliveryState::Pending);
    assert_eq!(site.post("/deliveries/999/retry", &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.post("/deliveries/1/explode", &[]).await.status, StatusCode::NOT_FOUND);
    let system = site.get("/system").await;
    assert!(
        system.has("Retried <a href=\"./deliveries/1\">#1</a>") && system.has(">ana<"),
        "{}",
        system.text
    );
}

#[tokio::test]
async fn the_page_that_asks_says_how_long_it_takes() {
    let site = Site::new().await;
    site.dead(3).await;
    let mut sum = MinuteSum::new(SystemTime::now() - Duration::from_secs(600), "orders");
    sum.completed = 60;
    let mut work = Work::default();
    work.sums = vec![sum];
    site.inbox.store().commit(&work).await.unwrap();
    let ask = async |action| {
        let seen = site.get("/deliveries?state=dead").await.field("seen");
        let fields =
            [("action", action), ("scope", "all"), ("list", "state=dead"), ("seen", &*seen)];
        site.post("/changes/confirm", &fields).await
    };
    let asks = ask("retry").await;
    assert!(asks.has("500 at a time"), "{}", asks.text);
    assert!(asks.has("At the pace of the last hour, all of them have run within about 3 min."));
    assert!(!ask("discard").await.has("At the pace"), "they do not run");
    // The last change was measured.
    confirm(&site, &asks, &[]).await;
    site.dead(2).await;
    assert!(ask("discard").await.has("about 1 s to change"));
}

/// The form of the page that asks, filled in.
async fn confirm(site: &Site, asks: &Page, more: &[(&str, &str)]) -> Page {
    let fields = ["action", "list", "confirmed", "scope"].map(|name| (name, asks.field(name)));
    let mut all: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
    let seen = asks.has("name=\"seen\"").then(|| asks.field("seen"));
    all.extend(seen.as_deref().map(|seen| ("seen", seen)));
    let ticks: Vec<String> = asks
        .text
        .split("name=\"tick\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    all.extend(ticks.iter().map(|tick| ("tick", &**tick)));
    all.extend(more);
    site.post("/changes", &all).await
}

#[tokio::test]
async fn all_that_match_are_changed_once_confirmed() {
    let site = Site::new().await;
    site.dead(3).await;
    site.run(&[delivery(50, "done")]).await;
    let seen = site.get("/deliveries?state=dead").await.field("seen");
    let all = [("action", "retry"), ("scope", "all"), ("list", "state=dead"), ("seen", &*seen)];
    let asks = site.post("/changes/confirm", &all).await;
    assert_eq!(asks.status, StatusCode::OK);
    assert!(asks.has("<h1>Retry 3 dead letters?</h1>"), "{}", asks.text);
    assert!(
        asks.has("orders/paid") && asks.has("no stock for") && asks.has("Logged with your name")
    );
    assert_eq!(site.counts().await["Dead"], 3, "nothing is changed by the page that asks");
    let result = confirm(&site, &asks, &[]).await;
    assert_eq!((result.status, result.location()), (StatusCode::SEE_OTHER, "./changes/1"));
    let page = site.get("/changes/1").await;
    assert!(page.has("3 of 3 were retried"), "{}", page.text);
    assert_eq!(site.counts().await["Pending"], 3);
    assert!(site.get("/system").await.has("3 of 3"));
}

#[tokio::test]
async fn more_than_confirmed_changes_nothing() {
    let site = Site::new().await;
    site.dead(3).await;
    let token_time = site.get("/deliveries?state=dead").await.field("seen");
    let all =
        [("action", "retry"), ("scope", "all"), ("list", "state=dead"), ("seen", &*token_time)];
    let asks = site.post("/changes/confirm", &all).await;
    let before = site.all().await;
    // Somebody has confirmed fewer than match.
    let fields = [
        ("action", "retry"),
        ("scope", "all"),
        ("list", "state=dead"),
        ("seen", &*token_time),
        ("confirmed", "2"),
    ];
    let page = site.post("/changes", &fields).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.has("You confirmed 2, but 3 match now."), "{}", page.text);
    assert_eq!(site.all().await, before);
    assert_eq!(site.get("/changes/1").await.status, StatusCode::NOT_FOUND);
    // Fewer is fine, and is told.
    site.post("/deliveries/1/retry", &[]).await;
    let result = confirm(&site, &asks, &[]).await;
    assert_eq!(result.status, StatusCode::SEE_OTHER);
    let page = site.get("/changes/1").await;
    assert!(
        page.has("2 of 3 were retried") && page.has("1 were no longer dead letters"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn what_came_later_is_not_touched() {
    let site = Site::new().await;
    site.dead(2).await;
    let late = site.store(&[delivery(90, "bad 500: late")]).await[0];
    let seen = site.get("/deliveries?state=dead").await.field("seen");
    moment().await;
    site.run(&[delivery(91, "bad 500: later")]).await;
    let all = [("action", "retry"), ("scope", "all"), ("list", "state=dead"), ("seen", &*seen)];
    let asks = site.post("/changes/confirm", &all).await;
    assert!(asks.has("Retry 2 dead letters?"), "{}", asks.text);
    confirm(&site, &asks, &[]).await;
    assert_eq!(site.state(1).await, DeliveryState::Pending);
    // One that was there and has died since, and one that has come since.
    assert_eq!(site.state(late).await, DeliveryState::Dead);
    assert_eq!(site.state(late + 1).await, DeliveryState::Dead);
}

#[tokio::test]
async fn ticks_are_changed_and_no_others() {
    let site = Site::new().await;
    site.dead(4).await;
    site.run(&[delivery(50, "done")]).await;
    let ticked =
        [("action", "discard"), ("scope", "ticked"), ("tick", "1"), ("tick", "3"), ("tick", "5")];
    let asks = site.post("/changes/confirm", &ticked).await;
    assert!(
        asks.has("Discard 2 dead letters?") && asks.has("To confirm, type how many: 2"),
        "{}",
        asks.text
    );
    let wrong = confirm(&site, &asks, &[("typed", "3")]).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.has("You typed <bdi>3</bdi>. The number is 2."), "{}", wrong.text);
    assert!(wrong.has("aria-invalid=\"true\""));
    let blank = confirm(&site, &asks, &[]).await;
    assert_eq!(blank.status, StatusCode::BAD_REQUEST);
    assert_eq!(site.counts().await["Dead"], 4);
    let right = confirm(&site, &asks, &[("typed", " 2 ")]).await;
    assert_eq!(right.status, StatusCode::SEE_OTHER);
    let states =
        [site.state(1).await, site.state(2).await, site.state(3).await, site.state(5).await];
    assert_eq!(states, [Cancelled, Dead, Cancelled, Completed]);
    let nothing = site.post("/changes/confirm", &[("action", "retry"), ("scope", "ticked")]).await;
    assert!(nothing.has("Nothing selected. Tick deliveries, or choose all that match."));
}

#[tokio::test]
async fn many_have_to_be_typed_and_go_in_pieces() {
    let site = Site::new().await;
    let new: Vec<_> = (0..1200).map(|key| delivery(key, "waits")).collect();
    site.store(&new).await;
    let seen = site.get("/deliveries?state=pending").await.field("seen");
    let all = [("action", "cancel"), ("scope", "all"), ("list", "state=pending"), ("seen", &*seen)];
    let asks = site.post("/changes/confirm", &all).await;
    assert!(
        asks.has("Cancel 1,200 deliveries?") && asks.has("type how many: 1200"),
        "{}",
        asks.text
    );
    let wrong = confirm(&site, &asks, &[("typed", "1020")]).await;
    assert!(wrong.has("The number is 1200."));
    let result = confirm(&site, &asks, &[("typed", "1,200")]).await;
    assert_eq!(result.status, StatusCode::SEE_OTHER);
    for _ in 0..500 {
        if site.get("/changes/1").await.has("1,200 of 1,200 were cancelled") {
            break;
        }
        moment().await;
    }
    assert_eq!(site.counts().await["Cancelled"], 1200);
}

#[tokio::test]
async fn replay_leaves_dead_letters_alone() {
    let site = Site::new().await;
    site.dead(1).await;
    site.run(&[delivery(8, "done"), delivery(9, "done")]).await;
    let seen = site.get("/deliveries").await.field("seen");
    let all = [("action", "replay"), ("scope", "all"), ("list", ""), ("seen", &*seen)];
    let asks = site.post("/changes/confirm", &all).await;
    assert!(asks.has("Replay 2 deliveries?"), "{}", asks.text);
    confirm(&site, &asks, &[("typed", "2")]).await;
    assert_eq!(site.counts().await, [("Dead".to_owned(), 1), ("Pending".to_owned(), 2)].into());
}

#[tokio::test]
async fn an_endpoint_is_paused_and_resumed() {
    let site = Site::new().await;
    site.store(&[delivery(1, "waits")]).await;
    let page = site.post("/endpoints/orders/pause", &[("why", "  the bank is down ")]).await;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "../../endpoints/orders"));
    let paused = site.inbox.paused().await.unwrap();
    assert_eq!((&*paused[0].by, &*paused[0].why), ("ana", "the bank is down"));
    let shown = site.get("/endpoints/orders").await;
    assert!(
        shown.has("Paused by <bdi>ana</bdi>")
            && shown.has("the bank is down")
            && shown.has(">Resume<")
    );
    assert!(site.get("").await.has("is paused, 1 pending"));
    site.post("/endpoints/orders/resume", &[]).await;
    assert!(site.inbox.paused().await.unwrap().is_empty());
    let unknown = site.post("/endpoints/nobody/pause", &[]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(site.inbox.paused().await.unwrap().is_empty());
    let system = site.get("/system").await;
    assert!(
        system.has("Paused <a")
            && system.has("Resumed <a")
            && system.has("“<bdi>the bank is down</bdi>”")
    );
}
