//! Acknowledgements while others look at the console.

use std::time::{Duration, Instant};

use axum::{
    Router,
    body::{Body, to_bytes},
};
use http::{HeaderValue, Request};
use tokio::{task::JoinSet, time::sleep};
use tower_service::Service as _;
use webhook_benches::{Sample, setting};
use webhook_console::{Access, Console, Permission};
use webhook_runtime::Inbox;

use crate::endpoints::stored;

/// The pages that are open, each of which is renewed every two seconds.
const PAGES: u64 = 10;

const RENEWED: Duration = Duration::from_secs(2);

/// Sends one delivery after the other, by turns with nobody and with pages open.
pub(crate) async fn watched(inbox: &Inbox) {
    let mut webhooks = stored(inbox.clone()).into_router().expect("nothing is wrong with it");
    let access = Access::decide(|_| Permission::full("ana"));
    let console = Console::new(inbox.clone(), access).into_router();
    let slice = Duration::from_millis(setting("WEBHOOK_BENCH_SLICE_MS", 200, 6000));
    let (mut alone, mut beside, mut number) = (Vec::new(), Vec::new(), 0);
    for _ in 0..setting("WEBHOOK_BENCH_ROUNDS", 1, 4) {
        acknowledge(&mut webhooks, slice, &mut number, &mut alone).await;
        let mut pages = JoinSet::new();
        for page in 0..PAGES {
            pages.spawn(renew(console.clone(), page));
        }
        acknowledge(&mut webhooks, slice, &mut number, &mut beside).await;
        pages.shutdown().await;
    }
    for (name, figure) in [("on average", mean as fn(&mut [f64]) -> f64), ("99th percentile", slow)]
    {
        let (alone, beside) = (figure(&mut alone), figure(&mut beside));
        println!(
            "  an acknowledgement, {name}, ms: {alone:.2}, with {PAGES} open pages {beside:.2}"
        );
    }
}

/// The milliseconds until each is acknowledged.
async fn acknowledge(
    webhooks: &mut Router,
    slice: Duration,
    number: &mut u64,
    took: &mut Vec<f64>,
) {
    let until = Instant::now() + slice;
    while Instant::now() < until {
        let mut request = Sample::Comment.request();
        *number += 1;
        let id = HeaderValue::try_from(format!("watched-{number}")).expect("letters and digits");
        request.headers_mut().insert("x-github-delivery", id);
        let begun = Instant::now();
        let response = webhooks.call(request).await.expect("it never fails");
        took.push(begun.elapsed().as_secs_f64() * 1000.0);
        assert!(response.status().is_success(), "{}", response.status());
    }
}

/// Shows a page again and again.
async fn renew(mut console: Router, page: u64) {
    let paths = ["/", "/deliveries", "/deliveries?state=dead", "/endpoints/endpoint_3", "/system"];
    let path = paths.iter().cycle().nth(usize::try_from(page).expect("few")).expect("endless");
    // They were not opened at the same time.
    sleep(RENEWED * u32::try_from(page).expect("few") / u32::try_from(PAGES).expect("few")).await;
    loop {
        let request = Request::get(*path).body(Body::empty()).expect("a request");
        let response = console.call(request).await.expect("it never fails");
        assert!(response.status().is_success(), "{path}: {}", response.status());
        to_bytes(response.into_body(), usize::MAX).await.expect("a page");
        sleep(RENEWED).await;
    }
}

#[allow(clippy::cast_precision_loss, reason = "there are not many")]
fn mean(took: &mut [f64]) -> f64 {
    took.iter().sum::<f64>() / took.len() as f64
}

fn slow(took: &mut [f64]) -> f64 {
    took.sort_unstable_by(f64::total_cmp);
    took[(took.len() - 1) * 99 / 100]
}
