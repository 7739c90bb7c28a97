use std::{borrow::Cow, time::Duration};

use http::HeaderMap;
use serde_json::{Value, json};

use crate::verify::{
    Field, Provider, Secret, form,
    named::{self, Scalar},
    scheme::{
        Hash, RequestToSign, SchemeInfo, SignError, Signed, SignedParts, SignedRequest, Timestamp,
        Verify, VerifyContext, VerifyError,
    },
};

/// Mailgun: [securing webhooks][docs].
///
/// *Set-up:* the secret is the account's HTTP webhook signing key. For events of a sub-account, the
/// key of the parent account is enough: Mailgun sends a `parent-signature` too. Inbound routes must
/// post forms, as they do for messages without attachments.
///
/// *Not signed:* the event itself! The signature covers only a timestamp and a random token, so
/// anyone who has seen one delivery can send another event with its signature. Deduplicate by the
/// token, which is the delivery's id here, and set a `tolerance`: Mailgun sets none.
///
/// [docs]: https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
pub const MAILGUN: Provider = Provider::custom("mailgun", &Mailgun)
    .with_id(Field::pointer("/signature/token"))
    .with_event(Field::pointer("/event-data/event"))
    .with_docs_url(
        "https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks",
    )
    .with_retry_period(Duration::from_secs(8 * 3600));

/// HMAC-SHA256 over timestamp and token, inside the body.
#[derive(Debug)]
struct Mailgun;

/// Ten digits, without a window unless the endpoint sets one.
const TIME: Timestamp = Timestamp::pointer("/signature/timestamp").without_window();

impl Verify for Mailgun {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo {
            signs_body: false,
            signs_time: true,
            signed_pointers: &["/signature/token"],
            ..SchemeInfo::new("HMAC-SHA256, timestamp and token", "")
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
        let fields = if request.is_form() { of_form(request.body) } else { of_json(request.body) };
        let [timestamp, token, signature, parent] = fields.ok_or(VerifyError::MalformedBody)?;
        let (Some(timestamp), Some(token)) = (timestamp, token) else {
            return Err(VerifyError::MalformedBody);
        };
        if signature.is_none() && parent.is_none() {
            return Err(VerifyError::MalformedBody);
        }
        let pieces = [timestamp.as_bytes(), token.as_bytes()];
        let tag = Hash::Sha256.hmac(context.secret.expose(), &pieces);
        if ![signature, parent].into_iter().flatten().any(|signature| tag.is_hex(&signature)) {
            return Err(VerifyError::InvalidSignature);
        }
        let time =
            TIME.with_optional_tolerance(context.tolerance).accept(&timestamp, context.now)?;
        // The time has ten digits, so it cannot be taken for a part of the token.
        Ok(Signed::text(token.into_owned().into_bytes()).at(Some(time)))
    }

    /// Puts the signature into the body: the id becomes the token.
    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        let timestamp = (request.unix_millis() / 1000).to_string();
        let pieces = [timestamp.as_bytes(), request.id.as_bytes()];
        let signature = Hash::Sha256.hmac(secret.expose(), &pieces).to_hex();
        let fields = [("timestamp", &*timestamp), ("token", request.id), ("signature", &signature)];
        let body = if request.form {
            let mut form = form_urlencoded::Serializer::new(String::new());
            let given = form_urlencoded::parse(request.body);
            form.extend_pairs(given.filter(|(name, _)| fields.iter().all(|(own, _)| name != own)));
            form.extend_pairs(fields);
            form.finish()
        } else {
            let mut body: Value =
                serde_json::from_slice(request.body).map_err(|_| SignError::Body)?;
            let object = body.as_object_mut().ok_or(SignError::Body)?;
            let [time, token, signature] = fields.map(|(_, value)| value);
            let signature = json!({"timestamp": time, "token": token, "signature": signature});
            object.insert("signature".to_owned(), signature);
            body.to_string()
        };
        let body = Cow::Owned(body.into_bytes());
        Ok(SignedParts { body, ..SignedParts::new(HeaderMap::new(), request) })
    }
}

/// The parts of the signature: timestamp, token, and the signatures by the account and by the parent
/// of a sub-account.
type Parts<'b> = [Option<Cow<'b, str>>; 4];

fn of_form(body: &[u8]) -> Option<Parts<'_>> {
    let field = |name| form::value(body, name).ok();
    Some([field("timestamp")?, field("token")?, field("signature")?, field("parent-signature")?])
}

fn of_json(body: &[u8]) -> Option<Parts<'_>> {
    let found = named::scalars(
        std::str::from_utf8(body).ok()?,
        [
            "/signature/timestamp",
            "/signature/token",
            "/signature/signature",
            "/signature/parent-signature",
        ],
    );
    found.map(|found| found.map(text))
}

/// A string or a number, as text.
fn text(scalar: Option<Scalar<'_>>) -> Option<Cow<'_, str>> {
    match scalar? {
        Scalar::Text(text) => Some(text),
        Scalar::Word(word) => Some(word.into()),
        Scalar::Compound => None,
    }
}
