//! Probes without a signature, which reach no handler.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use http::{HeaderMap, Method, Request};
use webhook_runtime::{
    Delivery,
    providers::{BITBUCKET, BITBUCKET_DATA_CENTER, GITHUB, INTERCOM, SLACK},
    scheme::RequestToSign,
    webhook,
};

use crate::{
    common::{PATH, post, status},
    router, signed, with,
};

/// Each test has a counter of its own, because tests run at once.
macro_rules! counted {
    ($($name:ident $provider:ident $calls:ident)*) => {$(
        static $calls: AtomicUsize = AtomicUsize::new(0);

        #[webhook(path = "/webhook", provider = $provider)]
        async fn $name(_delivery: &Delivery) {
            $calls.fetch_add(1, Ordering::SeqCst);
        }
    )*};
}

counted! {
    intercom INTERCOM INTERCOM_CALLS
    github GITHUB GITHUB_CALLS
    slack SLACK SLACK_CALLS
    bitbucket BITBUCKET BITBUCKET_CALLS
    data_center BITBUCKET_DATA_CENTER DATA_CENTER_CALLS
}

fn bare(method: Method) -> Request<Body> {
    Request::builder().method(method).uri(PATH).body(Body::empty()).expect("a request")
}

/// <https://developers.intercom.com/docs/webhooks/setting-up-webhooks>
#[tokio::test]
async fn intercom_checks_the_url_with_head() {
    let router = router::<intercom>();
    assert_eq!(status(&router, bare(Method::HEAD)).await, 200);
    for method in [Method::GET, Method::OPTIONS, Method::PUT] {
        assert_eq!(status(&router, bare(method)).await, 405);
    }
    assert_eq!(status(&router, bare(Method::POST)).await, 401);
    // A delivery by HEAD is no delivery.
    let body = b"{}";
    let mut request = post(PATH, signed(&INTERCOM, &RequestToSign::new(body)), &body[..]);
    *request.method_mut() = Method::HEAD;
    assert_eq!(status(&router, request).await, 200);
    assert_eq!(INTERCOM_CALLS.load(Ordering::SeqCst), 0);
    assert_eq!(status(&self::router::<github>(), bare(Method::HEAD)).await, 405);
    assert_eq!(GITHUB_CALLS.load(Ordering::SeqCst), 0);
}

/// <https://github.com/runatlantis/atlantis/issues/474>
#[tokio::test]
async fn bitbucket_data_center_pings_without_a_signature() {
    const PING: (&str, &str) = ("x-event-key", "diagnostics:ping");
    let router = router::<data_center>();
    let ping = || post(PATH, HeaderMap::new(), r#"{"test": true}"#);
    assert_eq!(status(&router, with(ping(), &[PING])).await, 200);
    let mut get = with(ping(), &[PING]);
    *get.method_mut() = Method::GET;
    assert_eq!(status(&router, get).await, 405);
    let forged = format!("sha256={}", "0".repeat(64));
    for headers in [
        &[][..],
        &[("x-event-key", "repo:refs_changed")],
        &[("x-event-key", "diagnostics:ping ,repo:refs_changed")],
        &[("x-event-key", "Diagnostics:Ping")],
        &[("x-event-key", "diagnostics:pin")],
        &[PING, ("x-hub-signature", forged.as_str())],
        &[PING, ("x-hub-signature", "")],
    ] {
        assert_eq!(status(&router, with(ping(), headers)).await, 401, "{headers:?}");
    }
    assert_eq!(DATA_CENTER_CALLS.load(Ordering::SeqCst), 0);
    let cloud = self::router::<bitbucket>();
    assert_eq!(status(&cloud, with(ping(), &[PING])).await, 401, "the Cloud sends none");
    assert_eq!(BITBUCKET_CALLS.load(Ordering::SeqCst), 0);
}

/// <https://github.com/slackapi/bolt-js/issues/1397>
#[tokio::test]
async fn slack_checks_the_certificate_without_a_signature() {
    let router = router::<slack>();
    let form = |body: &str| {
        let request = post(PATH, HeaderMap::new(), body.to_owned());
        with(request, &[("content-type", "application/x-www-form-urlencoded")])
    };
    for genuine in ["ssl_check=1&token=x", "token=x&ssl_check=1", "ssl_check=1&token="] {
        assert_eq!(status(&router, form(genuine)).await, 200, "{genuine}");
    }
    for forged in [
        "ssl_check=0&token=x",
        "ssl_check=true&token=x",
        "ssl_check=&token=x",
        "ssl_check=11&token=x",
        "ssl_check=1+&token=x",
        "token=x",
        "ssl_check=1&ssl_check=1",
        "ssl_check=1&token=x&token=y",
        "ssl_check=0&ssl_check=1&token=x",
        "ssl_check=1&token=x&command=%2Fdeploy",
        "ssl_check=1&token=x&payload=%7B%7D",
        r#"{"ssl_check":"1","token":"x"}"#,
    ] {
        assert_eq!(status(&router, form(forged)).await, 401, "{forged}");
    }
    let body = "ssl_check=1&token=x";
    let json = with(form(body), &[("content-type", "application/json")]);
    assert_eq!(status(&router, json).await, 401);
    let in_query = with(
        post("/webhook?ssl_check=1&token=x", HeaderMap::new(), "command=%2Fdeploy"),
        &[("content-type", "application/x-www-form-urlencoded")],
    );
    assert_eq!(status(&router, in_query).await, 401);
    let forged = format!("v0={}", "0".repeat(64));
    let now = signed(&SLACK, &RequestToSign::new(b""))["x-slack-request-timestamp"].clone();
    let mut request = with(form(body), &[("x-slack-signature", &forged)]);
    request.headers_mut().insert("x-slack-request-timestamp", now);
    assert_eq!(status(&router, request).await, 401, "a wrong signature is no excuse");
    assert_eq!(SLACK_CALLS.load(Ordering::SeqCst), 0);
}
