//! The console over a large inbox: the time of each screen on the server.

use std::time::Instant;

use axum::{
    Router,
    body::{Body, to_bytes},
};
use http::Request;
use tower_service::Service as _;
use webhook_benches::Required;
use webhook_console::{Access, Console, Permission};
use webhook_runtime::Inbox;

use crate::lists::shown;

/// The number of times that each screen is shown; the median counts.
const TIMES: usize = 7;

/// Shows every screen.
pub(crate) async fn screens(inbox: &Inbox, rows: u64) {
    let (middle, cause) = (rows / 2, 5);
    for (name, path) in [
        ("overview", "/".to_owned()),
        ("deliveries", "/deliveries".to_owned()),
        ("deliveries, some pages on", format!("/deliveries?before={middle}")),
        ("dead letters", "/deliveries?state=dead".to_owned()),
        (
            "dead letters of a cause",
            format!("/deliveries?state=dead&endpoint=endpoint_4&cause={cause}"),
        ),
        ("completed of a day", "/deliveries?state=completed&since=24h".to_owned()),
        ("blocked", "/deliveries?state=blocked".to_owned()),
        ("an error's text", "/deliveries?error=order+987".to_owned()),
        ("an event of an endpoint", "/deliveries?endpoint=endpoint_3&event=event_3".to_owned()),
        ("a tenant", "/deliveries?tenant=shop%3D77".to_owned()),
        ("one delivery", format!("/deliveries/{}", shown(rows))),
        ("an endpoint", "/endpoints/endpoint_3".to_owned()),
        ("system", "/system".to_owned()),
    ] {
        let mut took = Vec::new();
        for _ in 0..TIMES {
            // A new one each time: it keeps figures for a while.
            let access = Access::decide(|_| Permission::full("ana"));
            let mut router: Router = Console::new(inbox.clone(), access).into_router();
            let request = Request::get(&path).body(Body::empty()).expect("a request");
            let begun = Instant::now();
            let response = router.call(request).await.expect("it never fails");
            assert!(response.status().is_success(), "{path}: {}", response.status());
            let page = to_bytes(response.into_body(), usize::MAX).await.expect("a page");
            took.push(begun.elapsed());
            assert!(page.len() > 1000, "{path}");
        }
        took.sort_unstable();
        let median = took[TIMES / 2].as_secs_f64() * 1000.0;
        crate::line(&format!("the screen {name}, ms"), Required::AtMost(100.0), median);
    }
}
