//! The list: filters, pages and the search field.

use http::StatusCode;

use crate::site::{Site, delivery, moment};

/// The numbers of the deliveries on a page, in order.
fn ids(text: &str) -> Vec<i64> {
    let rows = text.split("data-row=\"").skip(1);
    rows.map(|row| row.split('"').next().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn pages_are_by_number() {
    let site = Site::new().await;
    let new: Vec<_> = (0..120).map(|key| delivery(key, "done")).collect();
    site.run(&new).await;
    let first = site.get("/deliveries").await;
    assert_eq!(ids(&first.text), (71..=120).rev().collect::<Vec<_>>());
    assert!(first.has("<strong>120</strong> match") && first.has("newest 50 shown"));
    let link = |text: &str, rel: &str| {
        let (_, rest) = text.split_once(&format!("rel=\"{rel}\" href=\"./")).unwrap();
        format!("/{}", rest.split('"').next().unwrap().replace("&amp;", "&"))
    };
    let second = site.get(&link(&first.text, "next")).await;
    assert_eq!(ids(&second.text), (21..=70).rev().collect::<Vec<_>>());
    let last = site.get(&link(&second.text, "next")).await;
    assert_eq!(ids(&last.text), (1..=20).rev().collect::<Vec<_>>());
    assert!(!last.has("rel=\"next\""));
    // New deliveries shift nothing.
    site.run(&(200..210).map(|key| delivery(key, "done")).collect::<Vec<_>>()).await;
    let back = site.get(&link(&last.text, "prev")).await;
    assert_eq!(ids(&back.text), ids(&second.text));
}

#[tokio::test]
async fn a_filter_narrows_the_list() {
    let site = Site::new().await;
    let mut refund = delivery(2, "bad 500: no stock for 17");
    refund.event = Some("refunds/create".to_owned());
    refund.head.tenant = vec![("shop".to_owned(), "umbra & co".to_owned())];
    let mut event = delivery(3, "done");
    event.endpoint = "events".to_owned();
    site.run(&[delivery(1, "done"), refund, event]).await;
    site.store(&[delivery(4, "waits")]).await;
    let mut retrying = delivery(5, "x");
    retrying.received_at -= std::time::Duration::from_secs(7200);
    site.store(&[retrying]).await;
    for (query, expected) in [
        ("", &[5, 4, 3, 2, 1][..]),
        ("endpoint=events", &[3]),
        ("event=refunds%2Fcreate", &[2]),
        ("tenant=shop%3Dumbra%2B%2526%2Bco", &[2]),
        ("provider_id=evt_1", &[1]),
        ("error=no+STOCK", &[2]),
        ("state=dead", &[2]),
        ("state=dead&state=completed", &[3, 2, 1]),
        ("state=pending", &[5, 4]),
        ("state=pending&state=dead", &[5, 4, 2]),
        ("state=retrying&state=dead", &[2]),
        ("state=retrying", &[]),
        ("since=1h", &[4, 3, 2, 1]),
        ("since=2020-01-01T00:00", &[5, 4, 3, 2, 1]),
        ("since=between&from=2020-01-01T00:00&until=2020-01-02T00:00", &[]),
        ("until=2020-01-01T00:00", &[]),
        ("unknown=1&event=&since=any", &[5, 4, 3, 2, 1]),
        ("before=3", &[2, 1]),
        ("after=3", &[5, 4]),
    ] {
        let page = site.get(&format!("/deliveries?{query}")).await;
        assert_eq!((page.status, ids(&page.text)), (StatusCode::OK, expected.to_vec()), "{query}");
    }
}

#[tokio::test]
async fn a_bad_value_is_told_and_the_rest_stays() {
    let site = Site::new().await;
    site.dead(1).await;
    site.run(&[delivery(9, "done")]).await;
    for (query, told) in [
        ("state=dead&since=yesterdayish", "“yesterdayish” is not a time. Write 2026-11-27T14:00."),
        ("state=dead&state=deaf", "“deaf” is not a state."),
        ("state=dead&before=x", "“x” is not a number."),
        ("state=dead&after=9999999999999999999999", "is not a number."),
        ("state=dead&until=2026-02-30T00:00", "is not a time."),
        ("state=dead&cause=%00", "is not a number."),
    ] {
        let page = site.get(&format!("/deliveries?{query}")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert!(page.has(told), "{query}: {}", page.text);
        assert_eq!(ids(&page.text), [1], "the rest of the filter stays: {query}");
    }
    for query in
        ["before=-1", "after=9223372036854775807", "before=-9223372036854775808", "%ff=%ff&a"]
    {
        assert_eq!(
            site.get(&format!("/deliveries?{query}")).await.status,
            StatusCode::OK,
            "{query}"
        );
    }
}

#[tokio::test]
async fn the_search_field_finds_numbers_and_ids() {
    let site = Site::new().await;
    let mut numeric = delivery(3, "done");
    numeric.provider_id = Some("4711".to_owned());
    let (mut twin, mut other) = (delivery(4, "done"), delivery(5, "done"));
    (twin.provider_id, other.provider_id) = (Some("twin".to_owned()), Some("twin".to_owned()));
    site.run(&[delivery(1, "done"), delivery(2, "done"), numeric, twin, other]).await;
    for (query, to) in [
        ("2", "./deliveries/2"),
        ("%232", "./deliveries/2"),
        ("1,000,000", "./deliveries/1000000"),
        ("4711", "./deliveries/3"),
        ("evt_1", "./deliveries/1"),
        ("twin", "./deliveries?provider_id=twin"),
        ("none%26x", "./deliveries?provider_id=none%26x"),
    ] {
        let page = site.get(&format!("/deliveries?q={query}")).await;
        assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, to), "{query}");
    }
    let unknown = site.get("/deliveries/412007").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(unknown.has("No delivery #412,007") && unknown.has("dead letters for 30 d"));
}

#[tokio::test]
async fn an_empty_list_says_why() {
    let site = Site::new().await;
    assert!(site.get("").await.has("No deliveries yet"));
    assert!(site.get("/deliveries").await.has("No deliveries yet"));
    assert!(site.get("/deliveries?state=dead").await.has("No dead letters"));
    let page = site.get("/deliveries?error=deadlock&since=24h").await;
    assert!(
        page.has("No matches") && page.has("Search at any time") && page.has("Clear all filters")
    );
}

#[tokio::test]
async fn a_count_stops_at_its_bound() {
    let site = Site::new().await;
    for block in 0..11 {
        let new: Vec<_> = (0..1000).map(|key| delivery(block * 1000 + key, "waits")).collect();
        site.store(&new).await;
    }
    moment().await;
    let page = site.get("/deliveries").await;
    assert!(page.has("More than 10,000"), "{}", page.text);
}
