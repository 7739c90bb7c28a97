//! Several secrets of one endpoint, and secrets of several endpoints.

use http::StatusCode;
use webhook_runtime::{
    Delivery, Secret, Webhooks, providers::HMAC_SHA256_HEX, scheme::RequestToSign, webhook,
};

use crate::common::{PATH, ask, post, sign, status};

#[tokio::test]
async fn rotation_accepts_both_secrets() {
    #[webhook(path = "/webhook")]
    async fn rotating(delivery: &Delivery) -> String {
        delivery.secret_name().to_owned()
    }
    let router = Webhooks::new()
        .mount::<rotating>()
        .secrets::<rotating>([
            Secret::new("2nd").with_name("NEW"),
            Secret::new("1st").with_name("OLD"),
        ])
        // Calls add up: this is a third secret.
        .secrets::<rotating>([Secret::from_key([0, 255]).with_name("KEY")])
        .into_router()
        .expect("nothing is wrong with it");
    for (secret, name) in [
        (Secret::new("2nd"), Some("NEW")),
        (Secret::new("1st"), Some("OLD")),
        (Secret::from_key([0, 255]), Some("KEY")),
        (Secret::new("3rd"), None),
        (Secret::new("NEW"), None),
        (Secret::new(" 2nd"), None),
    ] {
        let headers = HMAC_SHA256_HEX
            .sign(&secret, &RequestToSign::new(b"x"))
            .expect("it can be signed")
            .headers;
        let answer = ask(&router, post(PATH, headers, "x")).await;
        match name {
            Some(name) => assert_eq!(answer.text(), name),
            None => assert_eq!(answer.status, StatusCode::UNAUTHORIZED),
        }
    }
}

#[tokio::test]
async fn endpoints_do_not_share_secrets() {
    #[webhook(path = "/one")]
    async fn one(_: &Delivery) {}
    #[webhook(path = "/two")]
    async fn two(_: &Delivery) {}
    let router = Webhooks::new()
        .mount::<one>()
        .mount::<two>()
        .secrets::<one>([Secret::new("secret of one")])
        .secrets::<two>([Secret::new("secret of two")])
        .into_router()
        .expect("nothing is wrong with it");
    for (path, secret, expected) in [
        ("/one", "secret of one", 200),
        ("/two", "secret of two", 200),
        ("/one", "secret of two", 401),
        ("/two", "secret of one", 401),
    ] {
        let request = post(path, sign(&HMAC_SHA256_HEX, secret, b""), "");
        assert_eq!(status(&router, request).await, expected, "{path} with the {secret}");
    }
}
