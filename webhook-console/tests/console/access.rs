//! Access to the console, and the headers of every response.

use axum::{Router, body::Body};
use http::{Request, StatusCode};
use tower::ServiceExt as _;
use webhook_console::{Access, Console};

use crate::site::Site;

/// Every page that can be read.
pub(crate) const SCREENS: [&str; 11] = [
    "",
    "/deliveries",
    "/deliveries?state=dead",
    "/deliveries?q=1",
    "/deliveries/1",
    "/endpoints/orders",
    "/endpoints/orders/pause",
    "/system",
    "/changes/1",
    "/events?screen=&root=.%2F",
    "/nothing",
];

/// Every form.
pub(crate) const FORMS: [&str; 9] = [
    "/deliveries/1/retry",
    "/deliveries/1/cancel",
    "/deliveries/1/replay",
    "/deliveries/1/discard",
    "/endpoints/orders/pause",
    "/endpoints/orders/resume",
    "/changes/confirm",
    "/changes",
    "/changes/1/stop",
];

#[tokio::test]
async fn nothing_is_shown_without_access() {
    let site = Site::new().await;
    site.dead(1).await;
    for path in SCREENS {
        for viewer in ["", "stranger", "ana "] {
            let page = site.get_as(viewer, path).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path} as {viewer:?}");
            assert!(!page.has("orders") && !page.has("stock"), "{path}: {}", page.text);
        }
    }
}

#[tokio::test]
async fn every_response_has_the_headers() {
    let site = Site::new().await;
    site.dead(1).await;
    for path in SCREENS {
        if path.starts_with("/events") {
            continue;
        }
        for viewer in ["ana", "ben", "stranger"] {
            let page = site.get_as(viewer, path).await;
            let policy = page.headers["content-security-policy"].to_str().unwrap();
            for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
                assert!(policy.contains(part), "{path}: {policy}");
            }
            assert!(!policy.contains("unsafe"), "{policy}");
            assert_eq!(page.headers["cache-control"], "no-store", "{path}");
            assert_eq!(page.headers["x-content-type-options"], "nosniff");
            assert_eq!(page.headers["referrer-policy"], "no-referrer");
            for inline in [" style=", "<style", " onclick", "javascript:", "<script>"] {
                assert!(!page.has(inline), "{path} has {inline}");
            }
        }
    }
}

#[tokio::test]
async fn assets_are_kept_and_hold_nothing() {
    let site = Site::new().await;
    let page = site.get("/system").await;
    for name in ["console.css", "console.js", "icon.svg"] {
        let (_, rest) = page.text.split_once(&format!("./assets/{name}.")).unwrap();
        let hash = rest.split('"').next().unwrap();
        // A browser may fetch them before it signs in.
        let asset = site.get_as("stranger", &format!("/assets/{name}.{hash}")).await;
        assert_eq!(asset.status, StatusCode::OK);
        assert!(asset.headers["cache-control"].to_str().unwrap().contains("immutable"));
        assert_eq!(asset.headers["x-content-type-options"], "nosniff");
        let other = site.get(&format!("/assets/{name}.0000000000000000")).await;
        assert_eq!(other.status, StatusCode::NOT_FOUND);
    }
}

fn get(path: &str, credentials: Option<&str>) -> Request<Body> {
    let mut request = Request::get(path);
    if let Some(credentials) = credentials {
        request = request.header("authorization", credentials);
    }
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn basic_authentication_takes_one_user() {
    let site = Site::new().await;
    let access = Access::basic_env("CARGO_PKG_NAME", "CONSOLE_TEST_UNSET_PASSWORD");
    let error = access.unwrap_err().to_string();
    assert!(error.contains("`CONSOLE_TEST_UNSET_PASSWORD` is not set"), "{error}");
    let both = Access::basic_env("CONSOLE_TEST_UNSET_USER", "CONSOLE_TEST_UNSET_PASSWORD");
    let error = both.unwrap_err().to_string();
    assert!(error.contains("UNSET_USER") && error.contains("UNSET_PASSWORD"), "{error}");

    // The name and the version of this package are variables that are set.
    let access = Access::basic_env("CARGO_PKG_NAME", "CARGO_PKG_VERSION").unwrap();
    let router: Router = Console::new(site.inbox.clone(), access).into_router();
    let right = "Basic d2ViaG9vay1jb25zb2xlOjAuMS4w";
    for (credentials, status) in [
        (Some(right), StatusCode::OK),
        (Some(&*right.replace("Basic", "basic")), StatusCode::OK),
        (None, StatusCode::UNAUTHORIZED),
        (Some("Basic"), StatusCode::UNAUTHORIZED),
        (Some("Basic !"), StatusCode::UNAUTHORIZED),
        (Some("Bearer d2ViaG9vay1jb25zb2xlOjAuMS4w"), StatusCode::UNAUTHORIZED),
        // `ana:s3cret:x`
        (Some("Basic YW5hOnMzY3JldDp4"), StatusCode::UNAUTHORIZED),
        // `webhook-console:` and `:0.1.0`
        (Some("Basic d2ViaG9vay1jb25zb2xlOg=="), StatusCode::UNAUTHORIZED),
        (Some("Basic OjAuMS4w"), StatusCode::UNAUTHORIZED),
    ] {
        let response = router.clone().oneshot(get("/system", credentials)).await.unwrap();
        assert_eq!(response.status(), status, "{credentials:?}");
        if status == StatusCode::UNAUTHORIZED {
            let asks = response.headers()["www-authenticate"].to_str().unwrap();
            assert!(asks.starts_with("Basic realm="), "{asks}");
        }
    }
}

#[tokio::test]
async fn a_console_can_be_mounted_anywhere() {
    let site = Site::new().await;
    let access = || Access::decide(|_| webhook_console::Permission::full("ana"));
    let console = || Console::new(site.inbox.clone(), access()).into_router::<()>();
    for (router, path, link) in [
        (console(), "/", "href=\"./deliveries\""),
        (console(), "/system", "href=\"./deliveries\""),
        (Router::new().nest("/a/b", console()), "/a/b", "href=\"./b/deliveries\""),
        (Router::new().nest("/a/b", console()), "/a/b/endpoints/x", "href=\"../deliveries\""),
    ] {
        let response = router.clone().oneshot(get(path, None)).await.unwrap();
        let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains(link), "{path}: {text}");
    }
}
