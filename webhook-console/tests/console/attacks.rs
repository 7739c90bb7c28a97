//! Forged forms, viewers who may only look, and texts that try to be markup.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body::Frame;

use crate::{
    access::FORMS,
    site::{Site, delivery, form},
};

/// The fields of every form that there is.
const FIELDS: [(&str, &str); 8] = [
    ("action", "retry"),
    ("scope", "all"),
    ("tick", "1"),
    ("list", ""),
    ("seen", "9223372036854775807.9999999999999"),
    ("confirmed", "2"),
    ("typed", "2"),
    ("why", "a reason"),
];

async fn full_site() -> Site {
    let site = Site::new().await;
    site.dead(2).await;
    site.run(&[delivery(10, "done")]).await;
    site.store(&[delivery(11, "waits")]).await;
    site.inbox.pause("events", "ana", "").await.unwrap();
    site
}

#[tokio::test]
async fn forms_without_a_token_change_nothing() {
    let site = full_site().await;
    let before = site.all().await;
    let of_ben = "1.AAAA";
    for path in FORMS.into_iter().chain(["/deliveries/1/body"]) {
        for headers in [
            &[][..],
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")][..],
            &[("sec-fetch-site", "none")][..],
            &[("origin", "https://evil.example"), ("host", "console.example")][..],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")][..],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")][..],
        ] {
            for token in [None, Some(""), Some(of_ben), Some("9999999999.AAAA")] {
                let mut fields = FIELDS.to_vec();
                fields.extend(token.map(|token| ("token", token)));
                let page = site.send(form("ana", path, &fields, headers)).await;
                assert_eq!(page.status, StatusCode::FORBIDDEN, "{path} {headers:?} {token:?}");
                assert!(page.has("This form has expired"), "{}", page.text);
            }
        }
    }
    assert_eq!(site.all().await, before);
}

#[tokio::test]
async fn another_site_cannot_use_a_stolen_token() {
    let site = full_site().await;
    let (before, token) = (site.all().await, site.token("ana").await);
    for path in FORMS {
        for from in ["cross-site", "same-site"] {
            let mut fields = FIELDS.to_vec();
            fields.push(("token", &token));
            let page = site.send(form("ana", path, &fields, &[("sec-fetch-site", from)])).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
    assert_eq!(site.all().await, before);
}

#[tokio::test]
async fn a_form_of_the_same_origin_needs_no_token() {
    let site = full_site().await;
    let headers = [("sec-fetch-site", "same-origin"), ("origin", "null")];
    let page = site.send(form("ana", "/deliveries/1/retry", &[], &headers)).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_viewer_who_may_only_look_changes_nothing() {
    let site = full_site().await;
    let (before, token) = (site.all().await, site.token("ana").await);
    let own = site.get_as("ben", "/deliveries/1").await.field("token");
    for path in FORMS {
        for token in [&*token, &*own] {
            for headers in [&[][..], &[("sec-fetch-site", "same-origin")][..]] {
                let mut fields = FIELDS.to_vec();
                fields.push(("token", token));
                let page = site.send(form("ben", path, &fields, headers)).await;
                assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
                assert!(page.has("Read-only access"), "{path}: {}", page.text);
            }
        }
    }
    assert_eq!(site.all().await, before);
    for path in ["", "/deliveries", "/deliveries/1", "/endpoints/orders", "/system"] {
        let page = site.get_as("ben", path).await;
        for offered in
            ["name=\"tick\"", "Retry…", ">Retry<", "Pause…", "Discard…", "name=\"action\""]
        {
            assert!(!page.has(offered), "{path} offers {offered}");
        }
    }
    // They may look at a body, under their name.
    let body = site.send(form("ben", "/deliveries/1/body", &[("token", &own)], &[])).await;
    assert!(body.status.is_success() && body.has("no stock for"), "{}", body.text);
    assert!(site.get("/system").await.has("Showed the body of"));
}

#[tokio::test]
async fn nothing_but_a_post_changes_anything() {
    let site = full_site().await;
    let before = site.all().await;
    for path in FORMS {
        for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let request = Request::builder().method(method).uri(format!("/console{path}"));
            let request = request.header("viewer", "ana").header("sec-fetch-site", "same-origin");
            let _ = site.send(request.body(Body::empty()).unwrap()).await;
        }
        // A content type that a page elsewhere can send without being asked.
        for content_type in ["text/plain", "multipart/form-data; boundary=x", "application/json"] {
            let request = Request::post(format!("/console{path}")).header("viewer", "ana");
            let request = request
                .header("sec-fetch-site", "same-origin")
                .header("content-type", content_type)
                .body(Body::from("action=retry&scope=ticked&tick=1&confirmed=1"));
            let page = site.send(request.unwrap()).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path} {content_type}");
        }
    }
    assert_eq!(site.all().await, before);
}

#[tokio::test]
async fn a_form_of_any_size_and_kind_is_answered() {
    let site = full_site().await;
    let before = site.all().await;
    let token = site.token("ana").await;
    let huge = "x".repeat(100_000);
    for fields in [
        vec![("list", &*huge)],
        vec![("action", "explode"), ("scope", "all")],
        vec![("action", "retry"), ("scope", "everything")],
        vec![("action", "retry"), ("scope", "ticked"), ("tick", "1e9")],
        vec![("action", "retry"), ("scope", "ticked")],
        vec![("action", "retry"), ("scope", "all"), ("seen", "x.y"), ("confirmed", "2")],
        vec![("action", "retry"), ("scope", "all"), ("confirmed", "2")],
        vec![
            ("action", "retry"),
            ("scope", "all"),
            ("seen", "9.9"),
            ("list", "state=deaf"),
            ("confirmed", "2"),
        ],
        vec![("action", "retry"), ("scope", "all"), ("seen", "9.99999999999999999999")],
    ] {
        let mut all = vec![("token", &*token)];
        all.extend(fields.clone());
        for path in ["/changes", "/changes/confirm"] {
            let page = site.send(form("ana", path, &all, &[])).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{path} {:?}", &fields[1..]);
            assert!(page.has("Nothing was changed"), "{}", page.text);
        }
    }
    assert_eq!(site.all().await, before);
}

/// Markup, control characters, and marks that steer the direction of text.
const HOSTILE: &str =
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;\u{202e}\u{7}\u{200b}end";

#[tokio::test]
async fn stored_markup_is_text() {
    let site = Site::new().await;
    let mut new = delivery(1, format!("bad {HOSTILE}"));
    new.event = Some(HOSTILE.to_owned());
    new.provider_id = Some(HOSTILE.to_owned());
    new.head.tenant = vec![("shop".to_owned(), HOSTILE.to_owned())];
    new.head.secret_name = HOSTILE.to_owned();
    new.head.uri = format!("/{}", HOSTILE.replace(['\u{7}', '\u{202e}', '\u{200b}'], ""));
    new.head.headers.insert("x-note", http::HeaderValue::from_bytes(b"<b>\xff\"").unwrap());
    let mut other = delivery(2, "done");
    other.endpoint = "<i>events</i>".to_owned();
    site.run(&[new]).await;
    site.store(&[other]).await;
    site.inbox.pause("orders", HOSTILE, HOSTILE).await.unwrap();
    let token = site.token("ana").await;
    let mut pages = Vec::new();
    for path in [
        "",
        "/deliveries",
        "/deliveries/1",
        "/deliveries/1?list=endpoint%3D%3Cscript%3Ex&done=retry",
        "/endpoints/orders",
        "/endpoints/%3Ci%3Eevents%3C%2Fi%3E",
        "/system",
        "/deliveries?endpoint=%3Cscript%3E&event=%22%3E%3Cscript%3E&error=%E2%80%AE&since=%3Cscript%3E&state=%3Cb%3E",
        "/deliveries?provider_id=%3Cscript%3Ealert",
    ] {
        pages.push((path.to_owned(), site.get(path).await));
    }
    let ticked = [("token", &*token), ("action", "discard"), ("scope", "ticked"), ("tick", "1")];
    pages.push((
        "confirm".to_owned(),
        site.send(form("ana", "/changes/confirm", &ticked, &[])).await,
    ));
    pages.push((
        "body".to_owned(),
        site.send(form("ana", "/deliveries/1/body", &[("token", &token)], &[])).await,
    ));
    for (path, page) in pages {
        assert!(
            page.status.is_success() || page.status == StatusCode::BAD_REQUEST,
            "{path} {}",
            page.status
        );
        for markup in ["<script>", "<img", "<b>", "<i>", "alert(1)\""] {
            assert!(!page.has(markup), "{path} has {markup}: {}", page.text);
        }
        for hidden in ['\u{202e}', '\u{7}', '\u{200b}'] {
            assert!(!page.text.contains(hidden), "{path} has {hidden:?}");
        }
    }
    let page = site.get("/deliveries/1").await;
    assert!(page.has("<bdi>&lt;script&gt;alert(1)&lt;/script&gt;"), "{}", page.text);
    assert!(page.has("<span class=\"chip\">U+202E</span>"), "{}", page.text);
    assert!(page.has("<span class=\"chip\">0xFF</span>"), "{}", page.text);
}

#[tokio::test]
async fn secrets_in_headers_are_masked() {
    let site = Site::new().await;
    let mut new = delivery(1, "bad x");
    for name in ["x-shopify-hmac-sha256", "authorization", "x-api-key", "cookie", "x-gitlab-token"]
    {
        new.head.headers.insert(name, http::HeaderValue::from_static("c4n4ry"));
    }
    new.head.headers.insert("user-agent", http::HeaderValue::from_static("Captain-Hook"));
    site.run(&[new]).await;
    let token = site.token("ana").await;
    let shown = site.send(form("ana", "/deliveries/1/body", &[("token", &token)], &[])).await;
    for page in [site.get("/deliveries/1").await, shown] {
        assert!(!page.has("c4n4ry") && page.has("Captain-Hook"), "{}", page.text);
        assert_eq!(page.text.matches("masked, 6 characters").count(), 5);
    }
}

/// A body that never comes.
struct Never;

impl http_body::Body for Never {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn a_form_that_does_not_arrive_is_answered() {
    let site = full_site().await;
    let before = site.all().await;
    tokio::time::pause();
    for path in FORMS {
        let request = Request::post(format!("/console{path}"))
            .header("viewer", "ana")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded");
        let page = site.send(request.body(Body::new(Never)).unwrap()).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(page.has("did not arrive in time"), "{path}: {}", page.text);
    }
    tokio::time::resume();
    assert_eq!(site.all().await, before);
}
