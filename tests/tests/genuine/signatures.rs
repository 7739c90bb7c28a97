//! Signatures that vendors make over another spelling, or with another key, than the receiver would
//! expect.

use base16ct::lower::encode_string;
use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::Sha256;
use webhook_runtime::{
    Delivery,
    providers::{MAILGUN, TWILIO},
    webhook,
};

use crate::{
    common::{PATH, SECRET, ask, post, set, status},
    router, told,
};

const FORM: &str = "application/x-www-form-urlencoded";

#[webhook(path = "/webhook", provider = TWILIO)]
async fn twilio(_: &Delivery) {}

/// <https://github.com/twilio/twilio-node/issues/621>,
/// <https://github.com/twilio/twilio-node/issues/1059>
#[tokio::test]
async fn twilio_signs_other_escapes_and_ports_than_it_sends() {
    let router = router::<twilio>();
    let send = async |target: &str, signed: &str| {
        let mut mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).expect("any key");
        mac.update(signed.as_bytes());
        mac.update(b"Bodya b");
        let mut request = post(target, http::HeaderMap::new(), "Body=a+b");
        set(&mut request, "content-type", FORM);
        let signature = Base64::encode_string(&mac.finalize().into_bytes());
        set(&mut request, "x-twilio-signature", &signature);
        status(&router, request).await
    };
    for (sent, signed) in [
        ("/webhook?a=it's", "/webhook?a=it%27s"),
        ("/webhook?a=it%27s", "/webhook?a=it's"),
        ("/webhook?a=b:c", "/webhook?a=b%3Ac"),
        ("/webhook?a=b%3ac", "/webhook?a=b:c"),
        ("/webhook?a=b%40c", "/webhook?a=b@c"),
        ("/webhook?a=b@c&d=e'f", "/webhook?a=b%40c&d=e'f"),
        ("/webhook?a=b+c", "/webhook?a=b%20c"),
        ("/webhook", "/webhook"),
    ] {
        for origin in ["https://example.com", "https://example.com:443"] {
            let signed = format!("{origin}{signed}");
            assert_eq!(send(sent, &signed).await, 200, "{sent}, signed {signed}");
        }
    }
    // The forged twins: other values, another order, another port, another path.
    for (sent, signed) in [
        ("/webhook?a=b'c", "https://example.com/webhook?a=b%2527c"),
        ("/webhook?a=b%26c", "https://example.com/webhook?a=b&c"),
        ("/webhook?a=b&c", "https://example.com/webhook?a=b%26c"),
        ("/webhook?a=1&b=2", "https://example.com/webhook?b=2&a=1"),
        ("/webhook?a=1", "https://example.com:8443/webhook?a=1"),
        ("/webhook?a=1", "http://example.com/webhook?a=1"),
        ("/webhook?a=1", "https://example.com/webhook"),
        ("/webhook", "https://example.com/webhook?"),
    ] {
        assert_eq!(send(sent, signed).await, 401, "{sent}, signed {signed}");
    }
}

#[webhook(path = "/webhook", provider = MAILGUN)]
async fn mailgun(delivery: &Delivery) -> String {
    told(delivery)
}

fn tag(key: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any key");
    mac.update(text.as_bytes());
    encode_string(&mac.finalize().into_bytes())
}

/// <https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks>
#[tokio::test]
async fn mailgun_signs_for_the_parent_of_a_sub_account() {
    let router = router::<mailgun>();
    let send = async |kind: &'static str, body: String| {
        let mut request = post(PATH, http::HeaderMap::new(), body);
        set(&mut request, "content-type", kind);
        ask(&router, request).await
    };
    let bodies = |own: &str, parent: Option<&str>| {
        let parent = |start: &str, end: &str| {
            parent.map_or(String::new(), |parent| format!("{start}{parent}{end}"))
        };
        [
            (
                "application/json",
                format!(
                    r#"{{"signature":{{"timestamp":"1760000000","token":"t","signature":"{own}"{}}},"event-data":{{"event":"opened"}}}}"#,
                    parent(",\"parent-signature\":\"", "\"")
                ),
            ),
            (
                FORM,
                format!(
                    "timestamp=1760000000&token=t&signature={own}{}&event=opened",
                    parent("&parent-signature=", "")
                ),
            ),
        ]
    };
    let (ours, theirs) = (tag(SECRET, "1760000000t"), tag("another", "1760000000t"));
    let accepted = [(&*ours, None), (&ours, Some(&*theirs)), (&theirs, Some(&ours))];
    for (own, parent) in accepted {
        for (kind, body) in bodies(own, parent) {
            let answer = send(kind, body.clone()).await;
            assert_eq!((answer.status.as_u16(), answer.text()), (200, "t opened"), "{body}");
        }
    }
    let other = tag(SECRET, "1760000001t");
    for (own, parent) in
        [(&*theirs, None), (&theirs, Some(&*theirs)), (&theirs, Some("")), ("", Some(&other))]
    {
        for (kind, body) in bodies(own, parent) {
            assert_eq!(send(kind, body.clone()).await.status.as_u16(), 401, "{body}");
        }
    }
}
