//! The streams that renew open pages: how many there are, and when they end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use tokio::time::timeout;
use tower::ServiceExt as _;
use webhook_console::{Access, Console, Permission};

use crate::site::Site;

/// The streams of a console.
const MAX_STREAMS: usize = 64;

/// Opens a stream of the overview.
async fn open(router: &Router) -> (StatusCode, Body) {
    let request = Request::get("/events?screen=&root=.%2F").body(Body::empty()).unwrap();
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    (parts.status, body)
}

fn console(site: &Site, access: Access) -> Router {
    Console::new(site.inbox.clone(), access).into_router()
}

fn everybody() -> Access {
    Access::decide(|_| Permission::full("ana"))
}

#[tokio::test]
async fn they_end_when_the_process_is_stopped() {
    let site = Site::new().await;
    let router = console(&site, everybody());
    let (status, body) = open(&router).await;
    assert_eq!(status, StatusCode::OK);
    site.inbox.set_draining();
    let ended = timeout(Duration::from_secs(1), body.collect()).await;
    assert!(ended.is_ok(), "a server would wait for it");
    let (_, late) = open(&router).await;
    assert!(timeout(Duration::from_secs(1), late.collect()).await.is_ok());
}

#[tokio::test]
async fn they_end_when_access_is_taken_away() {
    let site = Site::new().await;
    let may = Arc::new(AtomicBool::new(true));
    let asked = Arc::clone(&may);
    let access = Access::decide(move |_| {
        if asked.load(Ordering::SeqCst) { Permission::full("ana") } else { Permission::Forbidden }
    });
    let (_, mut body) = open(&console(&site, access)).await;
    let event = timeout(Duration::from_secs(10), body.frame()).await.unwrap().unwrap().unwrap();
    assert!(event.into_data().unwrap().starts_with(b"event: page\n"));
    may.store(false, Ordering::SeqCst);
    let rest = timeout(Duration::from_secs(10), body.collect()).await.unwrap().unwrap().to_bytes();
    assert!(rest.is_empty() || rest.starts_with(b"event: page\n"));
}

#[tokio::test]
async fn clients_that_do_not_read_keep_no_place() {
    let site = Site::new().await;
    let router = console(&site, everybody());
    let mut bodies = Vec::new();
    for _ in 0..MAX_STREAMS {
        let (status, body) = open(&router).await;
        assert_eq!(status, StatusCode::OK);
        bodies.push(body);
    }
    assert_eq!(open(&router).await.0, StatusCode::SERVICE_UNAVAILABLE);
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(620)).await;
    assert_eq!(open(&router).await.0, StatusCode::OK);
    drop(bodies);
}
