use std::{
    borrow::Cow,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use http::HeaderMap;
use p256::ecdsa::signature::Verifier as _;
use serde_json::{Map, Value};

use super::apple_chain::{self, Chained};
use crate::verify::{
    Field, Provider, Secret, json,
    scheme::{
        KeyRequest, RequestToSign, SchemeInfo, SignError, Signed, SignedParts, SignedRequest,
        Timestamp, Verify, VerifyContext, VerifyError,
    },
};

/// Apple: [App Store Server Notifications][docs], version 2.
///
/// *Set-up:* in App Store Connect, enter the public URL for production and for the sandbox, and choose
/// version 2. The secret is the app's bundle id, which is public: a chain of certificates to Apple's
/// root proves the sender. A [`KeySource`](crate::KeySource) fetches the root, Apple Root CA - G3.
///
/// The body is a token, and its content is the payload that the handler gets. Transactions and
/// renewals in it are tokens as well, which are signed in the same way.
///
/// *Not signed:* the URL and headers. The environment (`/data/environment`) is signed, and is not
/// checked here: compare it, so that a purchase in the sandbox is none in production. Certificates
/// have to be valid at the time of signing; whether one was revoked is not asked. Apple retries after
/// 1, 12, 24, 48 and 72 hours; its time-out is *unconfirmed*.
///
/// [docs]: https://developer.apple.com/documentation/appstoreservernotifications
pub const APPLE_APP_STORE: Provider = Provider::custom("apple-app-store", &AppStore)
    .with_id(Field::pointer("/notificationUUID"))
    .with_event(Field::pointer("/notificationType"))
    .with_action(Field::pointer("/subtype"))
    .with_docs_url("https://developer.apple.com/documentation/appstoreservernotifications")
    .with_retry_period(Duration::from_secs(157 * 60 * 60));

/// Apple Root CA - G3.
const ROOT: &str = "https://www.apple.com/certificateauthority/AppleRootCA-G3.cer";

/// The places of the bundle id, by the kind of notification.
const BUNDLE_IDS: [&str; 4] =
    ["/data/bundleId", "/summary/bundleId", "/externalPurchaseToken/bundleId", "/appData/bundleId"];

/// Apple repeats a notification for days, so there is no window.
const SIGNED_AT: Timestamp = Timestamp::pointer("/signedDate").unix_millis().without_window();

/// A JSON web signature (ES256) with the certificates of its key.
#[derive(Debug)]
struct AppStore;

/// The parts of the signature.
struct Token<'t> {
    message: &'t str,
    signature: p256::ecdsa::Signature,
    chain: [Chained; 3],
    payload: Vec<u8>,
}

impl<'t> Token<'t> {
    fn read(token: &'t str) -> Option<Self> {
        let decode = |part: &str| Base64UrlUnpadded::decode_vec(part).ok();
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        let header: Map<String, Value> = serde_json::from_slice(&decode(header)?).ok()?;
        if header.get("alg").and_then(Value::as_str) != Some("ES256") || header.contains_key("crit")
        {
            return None;
        }
        let certificates = header.get("x5c")?.as_array()?;
        // Three at most are read, whatever was sent.
        let read = |one: &Value| Chained::read(&Base64::decode_vec(one.as_str()?).ok()?);
        let [leaf, intermediate, root] = &certificates[..] else { return None };
        Some(Self {
            message,
            signature: p256::ecdsa::Signature::from_slice(&decode(signature)?).ok()?,
            chain: [read(leaf)?, read(intermediate)?, read(root)?],
            payload: decode(payload)?,
        })
    }
}

impl Verify for AppStore {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo {
            fetches_keys: true,
            signs_time: true,
            ..SchemeInfo::new("JWS, ES256, certificates", "")
        }
    }

    fn check_headers(&self, _: &HeaderMap) -> Result<(), VerifyError> {
        Ok(())
    }

    fn key_request(&self, request: &SignedRequest<'_>) -> Result<Option<KeyRequest>, VerifyError> {
        // Nothing is fetched for what cannot be a notification.
        let token = json::scalar(request.body, "/signedPayload");
        match token.as_deref().and_then(Token::read) {
            Some(_) => Ok(Some(KeyRequest::Url(Cow::Borrowed(ROOT)))),
            None => Err(VerifyError::MalformedBody),
        }
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        let root = context.key.ok_or(VerifyError::KeyUnavailable)?;
        let root = Chained::read(root).ok_or(VerifyError::KeyUnavailable)?;
        let token = json::scalar(request.body, "/signedPayload");
        let token = token.ok_or(VerifyError::MalformedBody)?;
        let token = Token::read(&token).ok_or(VerifyError::MalformedBody)?;
        // The time is believed only once the signature is: nothing else depends on it before.
        let millis = json::scalar(&token.payload, "/signedDate");
        let millis = millis.and_then(|text| SIGNED_AT.parse(&text));
        let millis = millis.ok_or(VerifyError::MalformedTimestamp)?;
        let at = UNIX_EPOCH.checked_add(Duration::from_millis(millis));
        let at: SystemTime = at.ok_or(VerifyError::MalformedTimestamp)?;
        let key =
            apple_chain::leaf_key(&token.chain, &root, at).ok_or(VerifyError::UntrustedKey)?;
        if key.verify(token.message.as_bytes(), &token.signature).is_err() {
            return Err(VerifyError::InvalidSignature);
        }
        let bundle = BUNDLE_IDS.iter().find_map(|place| json::scalar(&token.payload, place));
        // Another bundle id is that of another secret.
        if !bundle.is_some_and(|bundle| context.secret.matches(bundle.as_bytes())) {
            return Err(VerifyError::InvalidSignature);
        }
        let timestamp = SIGNED_AT.with_optional_tolerance(context.tolerance);
        let signed_at = timestamp.accept_millis(millis, context.now)?;
        let payload = token.payload;
        Ok(Signed::text(payload.clone()).with_payload(payload).at(Some(signed_at)))
    }

    fn sign<'r>(&self, _: &Secret, _: &RequestToSign<'r>) -> Result<SignedParts<'r>, SignError> {
        Err(SignError::Unsupported)
    }
}
