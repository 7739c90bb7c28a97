use std::time::Duration;

use crate::verify::{
    Field, Provider,
    scheme::{Scheme, SignedValue, Timestamp},
};

const DOCS: &str =
    "https://www.mercadopago.com.mx/developers/en/docs/checkout-pro-orders/notifications";

/// Mercado Pago: [notifications][docs].
///
/// *Set-up:* in your integrations, under Webhooks, set the public URL; the secret is the secret
/// signature that is shown there. Notifications of QR codes are not signed, and are refused.
///
/// *Not signed:* the body! The signature covers the time, the header `X-Request-Id`, and `data.id` in
/// the query, as far as they are sent. Whoever has seen one notification can send it with any other
/// body. So read only `data.id` of the query, and ask the API for what it stands for. Set a
/// `tolerance`: the time has no limit, and is in seconds or milliseconds, by product. Mercado Pago
/// waits 22 seconds, and retries for days (*unconfirmed*).
///
/// [docs]: https://www.mercadopago.com.mx/developers/en/docs/checkout-pro-orders/notifications
pub const MERCADO_PAGO: Provider = Provider::new(
    "mercado-pago",
    Scheme::hmac_sha256()
        .header("x-signature")
        .fields(",", "v1")
        .hex()
        .timestamp(Timestamp::field("ts").unix_seconds_or_millis().without_window())
        .values(&[
            SignedValue::query("data_id", "data.id").lower_case().optional("id:", ";"),
            SignedValue::header("request_id", "x-request-id").optional("request-id:", ";"),
        ])
        .without_body()
        .signed("{data_id}{request_id}ts:{timestamp};"),
)
.with_id(Field::header("x-request-id"))
.with_event(Field::pointer("/action"))
.with_docs_url(DOCS)
.with_response_timeout(Duration::from_secs(22));
