use std::borrow::Cow;

use http::HeaderMap;
use serde_json::Value;

use crate::verify::{
    BatchLayout, Field, Provider, Secret, SecretError, SuccessBody,
    named::{self, Scalar},
    scheme::{
        Hash, KeyEncoding, RequestToSign, Scheme, SchemeInfo, SignError, Signed, SignedParts,
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
/// one, merchant account and reference, amount, currency, event code and success; nor which items
/// share a notification: recorded items can be put together anew. Take them one by one, as a payload
/// type does: an inbox knows each item again, but a `Batch` or `&Delivery` only the same set of items.
/// The eight are signed with colons between them, so an item with a colon in
/// any of them but the merchant's reference is rejected. Adyen retries for up to seven days
/// (*unconfirmed*).
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

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        let key = KeyEncoding::Hex.decode(context.secret).map_err(VerifyError::InvalidSecret)?;
        let body = std::str::from_utf8(request.body).map_err(|_| VerifyError::MalformedBody)?;
        let mut texts = Vec::new();
        let count = named::for_each_item(body, "notificationItems", |item| {
            let Fields { text, signature } =
                Fields::read(item, OUTER).ok_or(VerifyError::MalformedBody)?;
            let signature = signature.ok_or(VerifyError::MalformedBody)?;
            if !Hash::Sha256.hmac(&key, &[text.as_bytes()]).is_base64(&signature) {
                return Err(VerifyError::InvalidSignature);
            }
            texts.push(text);
            Ok(())
        });
        match count {
            Ok(0) | Err(None) => return Err(VerifyError::MalformedBody),
            Err(Some(error)) => return Err(error),
            Ok(_) => {}
        }
        // Each item is signed by itself, so their order and number are not signed.
        texts.sort_unstable();
        texts.dedup();
        Ok(Signed::text(texts.join("\n").into_bytes()))
    }

    fn signed_item<'i>(&self, item: &'i str) -> Cow<'i, str> {
        Fields::read(item, INNER).map_or(Cow::Borrowed(item), |fields| Cow::Owned(fields.text))
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
            let json = item.to_string();
            let text = Fields::read(&json, INNER).ok_or(SignError::Body)?.text;
            let signature = Hash::Sha256.hmac(&key, &[text.as_bytes()]).to_base64();
            let fields = item.as_object_mut().ok_or(SignError::Body)?;
            let data =
                fields.entry("additionalData").or_insert_with(|| Value::Object(<_>::default()));
            let data = data.as_object_mut().ok_or(SignError::Body)?;
            data.insert("hmacSignature".to_owned(), Value::from(signature));
        }
        let body = Cow::Owned(body.to_string().into_bytes());
        Ok(SignedParts { body, ..SignedParts::new(HeaderMap::new(), request) })
    }
}

/// The pointers to the signed fields in the order in which they are signed, and to the signature.
const INNER: [&str; 9] = [
    "/pspReference",
    "/originalReference",
    "/merchantAccountCode",
    "/merchantReference",
    "/amount/value",
    "/amount/currency",
    "/eventCode",
    "/success",
    "/additionalData/hmacSignature",
];

/// The same in an item as it is sent.
const OUTER: [&str; 9] = [
    "/NotificationRequestItem/pspReference",
    "/NotificationRequestItem/originalReference",
    "/NotificationRequestItem/merchantAccountCode",
    "/NotificationRequestItem/merchantReference",
    "/NotificationRequestItem/amount/value",
    "/NotificationRequestItem/amount/currency",
    "/NotificationRequestItem/eventCode",
    "/NotificationRequestItem/success",
    "/NotificationRequestItem/additionalData/hmacSignature",
];

/// The place of the merchant's own reference, the only field in which Adyen allows a colon.
const MERCHANT_REFERENCE: usize = 3;

/// The signed text of an item: eight fields, separated by colons. A missing field is empty.
struct Fields<'j> {
    text: String,
    signature: Option<Cow<'j, str>>,
}

impl<'j> Fields<'j> {
    /// Returns `None` if the text could have been made of other fields.
    fn read(item: &'j str, pointers: [&str; 9]) -> Option<Self> {
        let [fields @ .., signature] = named::scalars(item, pointers)?;
        let mut text = String::new();
        for (at, field) in fields.into_iter().enumerate() {
            if at > 0 {
                text.push(':');
            }
            let field = match field {
                None => continue,
                Some(Scalar::Text(field)) => field,
                Some(Scalar::Word(field)) => field.into(),
                Some(Scalar::Compound) => return None,
            };
            if at != MERCHANT_REFERENCE && field.contains(':') {
                return None;
            }
            text.push_str(&field);
        }
        Some(Self { text, signature: signature.and_then(Scalar::into_text) })
    }
}
