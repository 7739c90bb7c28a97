use std::{borrow::Cow, time::Duration};

use http::{HeaderMap, HeaderValue, header};
use serde_json::{Map, Value};

use crate::verify::{
    Deduplication, Field, Provider, Secret, SuccessBody,
    form::AmbiguousForm,
    multipart,
    named::{self, Scalar},
    scheme::{
        Hash, RequestToSign, SchemeInfo, SignError, Signed, SignedParts, SignedRequest, Timestamp,
        Verify, VerifyContext, VerifyError,
    },
};

const DOCS: &str = "https://developers.hellosign.com/docs/events/walkthrough/";

/// Dropbox Sign (`HelloSign`): [events][docs].
///
/// *Set-up:* set the public URL as the account's callback URL, or as that of an API app. The secret is
/// the account's API key, as text. Dropbox Sign sends a test at once, which is a delivery with the
/// event `callback_test`. Bodies are forms of the kind `multipart/form-data`, whose field `json` is the
/// JSON payload: handlers and the inbox get that JSON as the body.
///
/// Dropbox Sign repeats an event unless the answer is `Hello API Event Received`, so every successful
/// delivery gets that answer, whatever the handler returns. It retries for about three days; its
/// time-out is *unconfirmed*.
///
/// *Not signed:* nearly everything! The signature covers only `event_time` and `event_type`, so
/// anyone who has seen one delivery can send any other content with them. Take only the id of the
/// request from it, ask the API for the rest, and set a `tolerance`: there is none, since retries
/// repeat the time. Nothing identifies a delivery: two events of one type in one second have the same
/// signature. So the inbox takes none for a duplicate, and the handler has to be idempotent.
///
/// [docs]: https://developers.hellosign.com/docs/events/walkthrough/
#[doc(alias = "hellosign")]
pub const DROPBOX_SIGN: Provider = Provider::custom("dropbox-sign", &DropboxSign)
    .with_event(Field::pointer(TYPE))
    .with_deduplication(Deduplication::Disabled)
    .with_ack_status(200)
    .with_success_body(SuccessBody::Always("Hello API Event Received"))
    .with_docs_url(DOCS)
    .with_retry_period(Duration::from_secs(3 * 24 * 60 * 60));

/// The field of the form that has the JSON.
const FIELD: &str = "json";

const TIME: &str = "/event/event_time";
const TYPE: &str = "/event/event_type";
const SIGNATURE: &str = "/event/event_hash";

/// Ten digits, without a window unless the endpoint sets one.
const SIGNED_AT: Timestamp = Timestamp::pointer(TIME).unix_seconds().without_window();

/// HMAC-SHA256 over the time and the type of the event, inside of the JSON in a form.
#[derive(Debug)]
struct DropboxSign;

impl Verify for DropboxSign {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo {
            signs_body: false,
            signs_time: true,
            signed_pointers: &[TIME, TYPE],
            multipart_field: Some(FIELD),
            ..SchemeInfo::new("HMAC-SHA256, time and type", "")
        }
    }

    fn check_headers(&self, _: &HeaderMap) -> Result<(), VerifyError> {
        Ok(())
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        let json = multipart::value(request.body, FIELD)
            .ok()
            .flatten()
            .ok_or(VerifyError::MalformedBody)?;
        let found = named::scalars(json, [TIME, TYPE, SIGNATURE]);
        let [time, kind, signature] = found.and_then(texts).ok_or(VerifyError::MalformedBody)?;
        // Time and type are signed without a separator. Where the time has ten digits and the type does
        // not begin with one, the border cannot be moved.
        SIGNED_AT.check_format(&time)?;
        if kind.bytes().next().is_none_or(|first| first.is_ascii_digit()) {
            return Err(VerifyError::MalformedBody);
        }
        let tag = Hash::Sha256.hmac(context.secret.expose(), &[time.as_bytes(), kind.as_bytes()]);
        if !tag.is_hex(&signature) {
            return Err(VerifyError::InvalidSignature);
        }
        let at = SIGNED_AT.with_optional_tolerance(context.tolerance).accept(&time, context.now)?;
        // The time is that of the event, and retries repeat it.
        let signed = Signed::text([time, kind].concat().into_bytes());
        Ok(signed.at(Some(at)).with_payload(json.as_bytes().to_vec()))
    }

    /// Puts time and signature into the JSON, and the JSON into a form. An event without a type becomes a
    /// `callback_test`.
    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        let json = if multipart::is_multipart(request.body) {
            let json = multipart::value(request.body, FIELD);
            json.map_err(|AmbiguousForm| SignError::Body)?.ok_or(SignError::Body)?.as_bytes()
        } else {
            request.body
        };
        let mut json: Value = serde_json::from_slice(json).map_err(|_| SignError::Body)?;
        let event = json
            .as_object_mut()
            .and_then(|json| {
                json.entry("event").or_insert_with(|| Map::new().into()).as_object_mut()
            })
            .ok_or(SignError::Body)?;
        let time = SIGNED_AT.format(request.unix_millis());
        let kind = event.entry("event_type").or_insert_with(|| "callback_test".into());
        let kind = kind.as_str().ok_or(SignError::Body)?;
        let tag = Hash::Sha256.hmac(secret.expose(), &[time.as_bytes(), kind.as_bytes()]);
        event.insert("event_time".to_owned(), time.into());
        event.insert("event_hash".to_owned(), tag.to_hex().into());
        let (content_type, body) = multipart::write(FIELD, &json.to_string());
        let content_type = HeaderValue::try_from(content_type)
            .map_err(|_| SignError::Header(header::CONTENT_TYPE.as_str()))?;
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, content_type)]);
        Ok(SignedParts { body: Cow::Owned(body), ..SignedParts::new(headers, request) })
    }
}

/// The strings, if all are there.
fn texts<const N: usize>(found: [Option<Scalar<'_>>; N]) -> Option<[Cow<'_, str>; N]> {
    let mut texts = [const { Cow::Borrowed("") }; N];
    for (text, found) in texts.iter_mut().zip(found) {
        *text = found?.into_text()?;
    }
    Some(texts)
}
