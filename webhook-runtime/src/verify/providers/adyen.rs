use std::{borrow::Cow, time::SystemTime};

use http::HeaderMap;
use serde_json::Value;

use crate::verify::{
    BatchLayout, Field, Provider, Secret, SecretError, SuccessBody, json,
    scheme::{
        Hash, KeyEncoding, RequestToSign, Scheme, SchemeInfo, SignError, SignedParts,
        SignedRequest, Verify, VerifyContext, VerifyError,
    },
};

/// Adyen's payment webhooks: [verify HMAC signatures][docs].
///
/// *Set-up:* the secret is the hexadecimal HMAC key of the webhook. Every item of a notification
/// has its own signature, and all must be valid. A handler gets the content of
/// `NotificationRequestItem`. One PSP reference has several events, so the id is the reference with
/// the event's name and success. If a handler returns nothing, the response is `[accepted]`, which
/// older notifications require.
///
/// *Not signed:* everything except eight fields of each item: the PSP reference and the original
/// one, merchant account and reference, amount, currency, event code and success. Adyen retries for
/// up to seven days (unconfirmed).
///
/// [docs]: https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures
pub const ADYEN: Provider = Provider::custom("adyen", &Adyen)
    .with_id(Field::pointer("/notificationItems/0/NotificationRequestItem/pspReference"))
    .with_event(Field::pointer("/notificationItems/0/NotificationRequestItem/eventCode"))
    .with_batch(
        BatchLayout::at("/notificationItems")
            .with_inner("/NotificationRequestItem")
            .with_id("/pspReference")
            .with_id_parts(&["/eventCode", "/success"])
            .with_event("/eventCode"),
    )
    .with_success_body(SuccessBody::IfEmpty("[accepted]"))
    .with_docs_url("https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures")
    .with_response_timeout(std::time::Duration::from_secs(10));

/// Adyen's other webhooks (banking, management, platforms): the signature of the whole body is in
/// the header `HmacSignature`.
///
/// *Set-up:* the secret is the hexadecimal HMAC key of the webhook. *Not signed:* headers.
pub const ADYEN_PLATFORM: Provider = Provider::new(
    "adyen-header",
    Scheme::hmac_sha256().header("hmacsignature").base64().key(KeyEncoding::Hex),
)
.with_event(Field::pointer("/type"))
.with_docs_url(
    "https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures",
)
.with_response_timeout(std::time::Duration::from_secs(10));

/// HMAC-SHA256 over eight fields of each item, inside the item.
#[derive(Debug)]
struct Adyen;

impl Verify for Adyen {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo {
            signs_body: false,
            signed_pointers: &[
                "/notificationItems/0/NotificationRequestItem/pspReference",
                "/notificationItems/0/NotificationRequestItem/eventCode",
                "/notificationItems/0/NotificationRequestItem/success",
                "/notificationItems/0/NotificationRequestItem/amount/value",
                "/notificationItems/0/NotificationRequestItem/amount/currency",
                "/notificationItems/0/NotificationRequestItem/originalReference",
                "/notificationItems/0/NotificationRequestItem/merchantAccountCode",
                "/notificationItems/0/NotificationRequestItem/merchantReference",
            ],
            ..SchemeInfo::new("HMAC-SHA256, fields of each item", "")
        }
    }

    fn check_headers(&self, _: &HeaderMap) -> Result<(), VerifyError> {
        Ok(())
    }

    fn check_secret(&self, secret: &Secret) -> Result<(), SecretError> {
        KeyEncoding::Hex.decode(secret).map(drop)
    }

    fn verify(
        &self,
        request: &SignedRequest<'_>,
        context: &VerifyContext<'_>,
    ) -> Result<Option<SystemTime>, VerifyError> {
        if !json::has_unique_keys(request.body) {
            return Err(VerifyError::MalformedBody);
        }
        let key = KeyEncoding::Hex.decode(context.secret).map_err(VerifyError::InvalidSecret)?;
        let body = std::str::from_utf8(request.body).map_err(|_| VerifyError::MalformedBody)?;
        let items = json::raw_value(body, "/notificationItems").and_then(json::array_items);
        let items = items.filter(|items| !items.is_empty()).ok_or(VerifyError::MalformedBody)?;
        for item in items {
            // Parses one item at a time into a tree: anyone can send a body, and a tree of the
            // whole body would take a hundred times its size.
            let item = json::raw_value(item, "/NotificationRequestItem");
            let item: Value = item
                .and_then(|item| serde_json::from_str(item).ok())
                .ok_or(VerifyError::MalformedBody)?;
            let sent = item.pointer("/additionalData/hmacSignature").and_then(Value::as_str);
            let sent = sent.ok_or(VerifyError::MalformedBody)?;
            let text = signed_template(&item).ok_or(VerifyError::MalformedBody)?;
            if !Hash::Sha256.hmac(&key, &[text.as_bytes()]).is_base64(sent) {
                return Err(VerifyError::InvalidSignature);
            }
        }
        Ok(None)
    }

    /// Puts the signature into each item of the body.
    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        let key = KeyEncoding::Hex.decode(secret).map_err(SignError::Secret)?;
        let mut body: Value = serde_json::from_slice(request.body).map_err(|_| SignError::Body)?;
        let items = body.get_mut("notificationItems").and_then(Value::as_array_mut);
        for item in items.ok_or(SignError::Body)? {
            let item = item.get_mut("NotificationRequestItem").ok_or(SignError::Body)?;
            let text = signed_template(item).ok_or(SignError::Body)?;
            let signature = Hash::Sha256.hmac(&key, &[text.as_bytes()]).to_base64();
            let fields = item.as_object_mut().ok_or(SignError::Body)?;
            let data =
                fields.entry("additionalData").or_insert_with(|| Value::Object(<_>::default()));
            let data = data.as_object_mut().ok_or(SignError::Body)?;
            data.insert("hmacSignature".to_owned(), Value::from(signature));
        }
        let body = Cow::Owned(body.to_string().into_bytes());
        Ok(SignedParts { headers: HeaderMap::new(), body })
    }
}

/// The eight fields, separated by colons; a missing field is empty.
fn signed_template(item: &Value) -> Option<String> {
    const FIELDS: [&str; 8] = [
        "/pspReference",
        "/originalReference",
        "/merchantAccountCode",
        "/merchantReference",
        "/amount/value",
        "/amount/currency",
        "/eventCode",
        "/success",
    ];
    let mut text = String::new();
    for (at, pointer) in FIELDS.iter().enumerate() {
        if at > 0 {
            text.push(':');
        }
        match item.pointer(pointer) {
            None | Some(Value::Null) => {}
            Some(Value::String(value)) => text.push_str(value),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => text.push_str(&value.to_string()),
            Some(_) => return None,
        }
    }
    Some(text)
}
