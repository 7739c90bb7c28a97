//! The steps from a request to the response, in order, and the first two rejections: 405 and 415.

use http::{HeaderMap, Method, Request, StatusCode, header};
use webhook_runtime::webhook;

use crate::{
    ORDER, Order,
    common::{End, PATH, Script, ask, delivery, post, router, set, signature, status},
    echo, order_paid,
};

#[tokio::test]
async fn a_genuine_delivery_reaches_the_handler() {
    let answer = ask(&router::<order_paid>(), delivery(ORDER)).await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, "7: with care"));
}

#[tokio::test]
async fn chunked_bodies_are_joined() {
    let router = router::<echo>();
    for pieces in [vec!["", "ab", "", "c", ""], vec!["abc"], vec!["a", "b", "c"]] {
        let mut request = delivery("abc");
        *request.body_mut() = Script::new(pieces, End::Complete).into();
        assert_eq!(ask(&router, request).await.text(), "abc");
    }
    assert_eq!(ask(&router, delivery("")).await.status, StatusCode::OK, "an empty body is a body");
}

/// Starts with a request where everything is wrong, and corrects one mistake after another.
#[tokio::test]
async fn steps_reject_in_order() {
    #[webhook(path = "/webhook", max_body = 64)]
    async fn small(order: Order<'_>) -> String {
        order.note.into_owned()
    }
    let router = router::<small>();
    let forged = signature(b"something else");
    let long = "x".repeat(65);
    let declared = || Script::new([long.clone()], End::Silence).declared(65);
    let in_pieces = || Script::new([long.clone()], End::Silence);

    let mut request = Request::get(PATH).body(declared().into()).expect("a request");
    set(&mut request, "content-encoding", "gzip");
    set(&mut request, "content-type", "image/png");
    assert_eq!(status(&router, request).await, 405, "the method comes first");

    let mut request = post(PATH, HeaderMap::new(), declared());
    set(&mut request, "content-encoding", "gzip");
    set(&mut request, "content-type", "image/png");
    assert_eq!(status(&router, request).await, 415, "then the content encoding");

    let mut request = post(PATH, HeaderMap::new(), declared());
    set(&mut request, "content-type", "image/png");
    assert_eq!(status(&router, request).await, 413, "then the declared length");

    let mut request = post(PATH, HeaderMap::new(), in_pieces());
    set(&mut request, "content-type", "image/png");
    assert_eq!(status(&router, request).await, 401, "then the form of the signature");

    let mut request = post(PATH, HeaderMap::new(), in_pieces());
    set(&mut request, "content-type", "image/png");
    set(&mut request, "x-signature", &forged);
    assert_eq!(status(&router, request).await, 413, "then the length that arrives");

    let mut request = post(PATH, HeaderMap::new(), "not JSON");
    set(&mut request, "content-type", "image/png");
    set(&mut request, "x-signature", &forged);
    assert_eq!(status(&router, request).await, 401, "then the signature");

    let mut request = delivery("not JSON");
    set(&mut request, "content-type", "image/png");
    assert_eq!(status(&router, request).await, 415, "then the content type");

    assert_eq!(status(&router, delivery("not JSON")).await, 400, "then the body's grammar");
    assert_eq!(status(&router, delivery("{}")).await, 422, "then the payload's type");
    assert_eq!(status(&router, delivery(ORDER)).await, 200);
}

#[tokio::test]
async fn methods_other_than_post_are_405() {
    let router = router::<echo>();
    let custom = Method::from_bytes(b"PURGE").expect("a method");
    for method in [
        Method::GET,
        Method::HEAD,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
        Method::CONNECT,
        custom,
    ] {
        let mut request = delivery("{}");
        *request.method_mut() = method.clone();
        let answer = ask(&router, request).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.headers[header::ALLOW], "POST", "{method}");
        assert_eq!(answer.body.is_empty(), method == Method::HEAD, "{method}");
    }
}

/// The signature covers the bytes as sent, so every content encoding is rejected. What is no
/// encoding is in `tests/tests/genuine/bodies.rs`.
#[tokio::test]
async fn every_content_encoding_is_415() {
    let router = router::<echo>();
    for coding in ["gzip", "br", "zstd", "deflate", "identity, gzip", "gzip, br", ", br", "\u{e9}"]
    {
        let mut request = delivery("{}");
        set(&mut request, "content-encoding", coding);
        let answer = ask(&router, request).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{coding:?}");
        let detail = answer.problem()["detail"].to_string();
        assert!(detail.contains("Content-Encoding"), "{detail}");
    }
}
