//! Deliveries by GET, whose payload is the query.

use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, Request};
use serde::Deserialize;
use webhook_runtime::{
    Batch, Delivery, Provider, Rejection, Secret, Webhook, Webhooks,
    inbox::{DeliveryState, Filter, Inbox},
    providers::{HUBSPOT, HUBSPOT_V1, HUBSPOT_V2},
    scheme::RequestToSign,
    webhook,
};

use crate::{
    PUBLIC,
    common::{SECRET, ask, status},
    router, signed,
};

#[derive(Deserialize)]
struct Contact {
    email: String,
    vid: u64,
}

macro_rules! typed {
    ($($name:ident $provider:ident)*) => {$(
        #[webhook(path = "/webhook", provider = $provider)]
        async fn $name(contact: Contact) -> String {
            format!("{} {}", contact.email, contact.vid)
        }
    )*};
}

typed! { v1 HUBSPOT_V1  v2 HUBSPOT_V2  v3 HUBSPOT }

#[webhook(path = "/webhook", provider = HUBSPOT_V1, inbox)]
async fn stored_v1(contact: Contact) {
    assert_eq!(contact.email, "a@b.example");
}

#[webhook(path = "/webhook", provider = HUBSPOT_V2, inbox)]
async fn stored_v2(contact: Contact) {
    assert_eq!(contact.email, "a@b.example");
}

#[webhook(path = "/webhook", provider = HUBSPOT)]
async fn batch(batch: Batch<'_, Contact>) -> Result<String, Rejection> {
    assert_eq!(batch.len(), 1);
    Ok(batch.all()?.into_iter().map(|contact| contact.email).collect())
}

#[webhook(path = "/webhook", provider = HUBSPOT)]
async fn raw(delivery: &Delivery) -> String {
    format!("{:?} {:?} {}", delivery.id(), delivery.event(), delivery.body().len())
}

const URI: &str = "/webhook?email=a%40b.example&vid=7";

/// A request with the signature of a request of this method, URI and body.
fn request(
    provider: &Provider,
    method: &str,
    (uri, body): (&str, &'static str),
    (signed_method, signed_uri, signed_body): (&str, &str, &str),
) -> Request<Body> {
    let url = format!("{PUBLIC}{signed_uri}");
    let to_sign = RequestToSign::new(signed_body.as_bytes()).method(signed_method).url(&url);
    let headers: HeaderMap = signed(provider, &to_sign);
    let mut request = Request::builder().method(method).uri(uri).body(Body::from(body));
    *request.as_mut().expect("a request").headers_mut() = headers;
    request.expect("a request")
}

/// <https://knowledge.hubspot.com/workflows/send-get-requests-with-hubspot-workflows>
#[tokio::test]
async fn hubspot_workflows_send_get() {
    fn genuine(provider: &Provider) -> Request<Body> {
        request(provider, "GET", (URI, ""), ("GET", URI, ""))
    }
    for (router, provider) in
        [(router::<v1>(), HUBSPOT_V1), (router::<v2>(), HUBSPOT_V2), (router::<v3>(), HUBSPOT)]
    {
        let answer = ask(&router, genuine(&provider)).await;
        let name = provider.name();
        assert_eq!((answer.status.as_u16(), answer.text()), (200, "a@b.example 7"), "{name}");
        let query = "/webhook?email=a";
        let misfit = request(&provider, "GET", (query, ""), ("GET", query, ""));
        assert_eq!(status(&router, misfit).await, 422, "{name}");
        let bare = request(&provider, "GET", ("/webhook", ""), ("GET", "/webhook", ""));
        assert_eq!(status(&router, bare).await, 422, "{name}");
        let put = request(&provider, "PUT", (URI, ""), ("PUT", URI, ""));
        assert_eq!(status(&router, put).await, 405, "{name}");
        let post = r#"{"email":"c@d.example","vid":8}"#;
        let post = request(&provider, "POST", (URI, post), ("POST", URI, post));
        assert_eq!(ask(&router, post).await.text(), "c@d.example 8", "{name}");
    }
    assert_eq!(ask(&router::<batch>(), genuine(&HUBSPOT)).await.text(), "a@b.example");
    assert_eq!(ask(&router::<raw>(), genuine(&HUBSPOT)).await.text(), "None None 0");
}

#[tokio::test]
async fn the_query_is_signed_and_the_method_too() {
    const OTHER: &str = "/webhook?email=evil%40b.example&vid=7";
    for (router, provider) in [(router::<v2>(), HUBSPOT_V2), (router::<v3>(), HUBSPOT)] {
        for forged in [
            request(&provider, "GET", (OTHER, ""), ("GET", URI, "")),
            request(&provider, "GET", (URI, ""), ("POST", URI, "")),
            request(&provider, "POST", (URI, ""), ("GET", URI, "")),
        ] {
            assert_eq!(status(&router, forged).await, 401, "{}", provider.name());
        }
    }
}

/// Version 1 signs only the body: a recorded body must not vouch for a query.
#[tokio::test]
async fn a_get_has_no_body() {
    let recorded = r#"{"email":"a@b.example","vid":7}"#;
    for (router, provider) in
        [(router::<v1>(), HUBSPOT_V1), (router::<v2>(), HUBSPOT_V2), (router::<v3>(), HUBSPOT)]
    {
        for method in ["GET", "POST"] {
            let forged = request(&provider, "GET", (URI, recorded), (method, URI, recorded));
            assert_eq!(status(&router, forged).await, 401, "{} {method}", provider.name());
        }
    }
}

/// Stores two deliveries, one of them twice, and waits until both were handled.
async fn stores_two<H: Webhook<()>>(provider: &Provider) {
    let inbox = Inbox::builder("").open_in_memory().expect("it opens");
    let router = Webhooks::new()
        .mount::<H>()
        .secrets::<H>([Secret::new(SECRET)])
        .public_url(PUBLIC)
        .inbox(inbox.clone())
        .into_router()
        .expect("nothing is wrong with it");
    for uri in [URI, "/webhook?email=a%40b.example&vid=8", URI] {
        let answer = ask(&router, request(provider, "GET", (uri, ""), ("GET", uri, ""))).await;
        assert_eq!(answer.status.as_u16(), 202, "{}", provider.name());
    }
    let handled = async {
        loop {
            let all = inbox.list(Filter::all()).collect().await.expect("the inbox works");
            assert_eq!(all.len(), 2, "{}", provider.name());
            if all.iter().all(|record| record.state == DeliveryState::Completed) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), handled).await.expect("both are handled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_inbox_keeps_the_query() {
    stores_two::<stored_v1>(&HUBSPOT_V1).await;
    stores_two::<stored_v2>(&HUBSPOT_V2).await;
}
