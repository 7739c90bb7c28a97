use crate::verify::{
    Field, Provider,
    scheme::{Scheme, Timestamp},
};

/// `WeChat` Pay, API version 3: [signature verification][docs].
///
/// *Set-up:* give the public URL as `notify_url` of each order. There is no secret: the header
/// `Wechatpay-Serial` names the key. Answer it with a [`KeySource`](crate::KeySource) for the set
/// `wechat-pay`: the public key of `WeChat` Pay with that id in PEM, from the merchant platform.
///
/// The payload in `/resource` is encrypted, with the merchant's API key. `WeChat` Pay also sends
/// wrong signatures on purpose, to test that they are rejected.
///
/// *Not signed:* the URL, and other headers than the time and the nonce. All merchants share the key:
/// a delivery to another merchant also verifies here, but only you can decrypt yours. `WeChat` Pay
/// sets no limit for the age; five minutes are recommended (*unconfirmed*). It waits five seconds, and
/// retries for a day.
///
/// [docs]: https://pay.weixin.qq.com/doc/v3/merchant/4012365342
pub const WECHAT_PAY: Provider = Provider::custom(
    "wechat-pay",
    &Scheme::rsa_sha256()
        .header("wechatpay-signature")
        .base64()
        .timestamp(Timestamp::header("wechatpay-timestamp").without_window())
        // The nonce. It is signed behind the time, and ends with the line.
        .id_header("wechatpay-nonce")
        .signed("{timestamp}\n{id}\n{body}\n")
        .key_set("wechat-pay")
        .key_id_header("wechatpay-serial"),
)
.with_id(Field::pointer("/id"))
.with_event(Field::pointer("/event_type"))
.with_docs_url("https://pay.weixin.qq.com/doc/v3/merchant/4012365342");
