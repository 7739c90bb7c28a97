use base64ct::{Base64, Encoding as _};
use http::HeaderMap;
use serde_json::{Map, Value};

use crate::verify::{
    Field, Provider, Secret,
    handshake::{Condition, Handshake, HandshakeResponse, HashPart, RequestValue},
    scheme::{
        KeyRequest, RequestToSign, SchemeInfo, SignError, Signed, SignedParts, SignedRequest,
        Verify, VerifyContext, VerifyError, header_text,
        published::{self, SignatureAlgorithm, Wanted},
    },
};

const HANDSHAKES: &[Handshake] = &[Handshake::unsigned(
    "GET",
    &[Condition::Query("challenge_code")],
    HandshakeResponse::Json(&[(
        "challengeResponse",
        RequestValue::Sha256Hex(&[
            HashPart::Value(RequestValue::Query("challenge_code")),
            HashPart::VerifyToken,
            HashPart::PublicUrl,
        ]),
    )]),
)];

/// eBay: [event notifications][docs], also those of closed accounts.
///
/// *Set-up:* subscribe to topics with the Notification API, or in the developer portal under Alerts
/// and Notifications. There is no secret: the signature names a key. Answer it with a
/// [`KeySource`](crate::KeySource) for the set `ebay`: the response of
/// `/commerce/notification/v1/public_key/{id}`, which needs an application token. Keep it for an hour.
///
/// Before it delivers, eBay asks for a hash of a challenge, your
/// [verify token](crate::Webhooks::verify_token) and the endpoint's public URL: the program does not
/// start without them. eBay takes a token of 32 to 80 letters, digits, `_` and `-`. The public URL must
/// be the one that is registered at eBay, letter by letter and without a query.
///
/// *Not signed:* headers, the URL and the time. A recorded delivery can be replayed. The hash is
/// SHA-1: whoever can make eBay sign a body of their choice could find another with the same hash.
/// eBay repeats notifications that are not acknowledged by 200, 201, 202 or 204; how often, and its
/// time-out, are *unconfirmed*.
///
/// [docs]: https://developer.ebay.com/api-docs/commerce/notification/overview.html
pub const EBAY: Provider = Provider::custom("ebay", &Ebay)
    .with_id(Field::pointer("/notification/notificationId"))
    .with_event(Field::pointer("/metadata/topic"))
    .with_handshakes(HANDSHAKES)
    .with_docs_url("https://developer.ebay.com/api-docs/commerce/notification/overview.html");

const SIGNATURE: &str = "x-ebay-signature";
const MALFORMED: VerifyError = VerifyError::MalformedSignature(SIGNATURE);

/// ECDSA with SHA-1. The signature and the id of its key are JSON in base64.
#[derive(Debug)]
struct Ebay;

/// The content of the header.
struct Claimed {
    key_id: String,
    signature: Vec<u8>,
}

impl Claimed {
    fn read(headers: &HeaderMap) -> Result<Self, VerifyError> {
        let json = Base64::decode_vec(header_text(headers, SIGNATURE)?).map_err(|_| MALFORMED)?;
        let json: Map<String, Value> = serde_json::from_slice(&json).map_err(|_| MALFORMED)?;
        let text = |name: &str| json.get(name).and_then(Value::as_str);
        let is = |name: &str, wanted: &str| {
            text(name).is_some_and(|value| value.eq_ignore_ascii_case(wanted))
        };
        if !is("alg", "ecdsa") || !is("digest", "sha1") {
            return Err(MALFORMED);
        }
        let signature = Base64::decode_vec(text("signature").ok_or(MALFORMED)?);
        let key_id = text("kid").filter(|id| !id.is_empty()).ok_or(VerifyError::UntrustedKey)?;
        Ok(Self { key_id: key_id.to_owned(), signature: signature.map_err(|_| MALFORMED)? })
    }
}

impl Verify for Ebay {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo {
            needs_secret: false,
            fetches_keys: true,
            ..SchemeInfo::new("ECDSA P-256 SHA-1", SIGNATURE)
        }
    }

    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        Claimed::read(headers).map(drop)
    }

    fn key_request(&self, request: &SignedRequest<'_>) -> Result<Option<KeyRequest>, VerifyError> {
        let id = Some(Claimed::read(request.headers)?.key_id);
        Ok(Some(KeyRequest::InSet { set: "ebay", id }))
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        let claimed = Claimed::read(request.headers)?;
        let document = context.key.ok_or(VerifyError::KeyUnavailable)?;
        let wanted = Wanted {
            id: Some(&claimed.key_id),
            algorithm: SignatureAlgorithm::EcdsaP256Sha1,
            is_chosen: false,
            now: context.now,
        };
        if published::verify(document, wanted, request.body, &claimed.signature)? {
            Ok(Signed::text(request.body))
        } else {
            Err(VerifyError::InvalidSignature)
        }
    }

    fn sign<'r>(&self, _: &Secret, _: &RequestToSign<'r>) -> Result<SignedParts<'r>, SignError> {
        Err(SignError::Unsupported)
    }
}
