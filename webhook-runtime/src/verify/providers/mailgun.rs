use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use http::HeaderMap;
use serde_json::{Value, json};

use crate::verify::{
    Field, Provider, Secret, json,
    scheme::{
        Hash, RequestToSign, SchemeInfo, SignError, SignedParts, SignedRequest, Timestamp, Verify,
        VerifyContext, VerifyError,
    },
};

/// Mailgun: [securing webhooks][docs].
///
/// *Set-up:* the secret is the account's HTTP webhook signing key. Inbound routes must post forms,
/// as they do for messages without attachments.
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

    fn verify(
        &self,
        request: &SignedRequest<'_>,
        context: &VerifyContext<'_>,
    ) -> Result<Option<SystemTime>, VerifyError> {
        let field = |name: &str| {
            let found = field(request.body, request.is_form(), name);
            found.ok_or(VerifyError::MalformedBody)
        };
        let (timestamp, token, signature) =
            (field("timestamp")?, field("token")?, field("signature")?);
        let pieces = [timestamp.as_bytes(), token.as_bytes()];
        if !Hash::Sha256.hmac(context.secret.expose(), &pieces).is_hex(&signature) {
            return Err(VerifyError::InvalidSignature);
        }
        TIME.with_optional_tolerance(context.tolerance).accept(&timestamp, context.now).map(Some)
    }

    /// The token, which is the only signed value besides the time, in forms and in JSON.
    fn identity<'b>(&self, body: &'b [u8]) -> Cow<'b, [u8]> {
        let is_form = !matches!(body.trim_ascii_start().first(), Some(b'{'));
        match field(body, is_form, "token") {
            Some(token) => Cow::Owned(token.into_owned().into_bytes()),
            None => Cow::Borrowed(body),
        }
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
        Ok(SignedParts { headers: HeaderMap::new(), body: Cow::Owned(body.into_bytes()) })
    }
}

/// A part of the signature in the body.
fn field<'b>(body: &'b [u8], is_form: bool, name: &str) -> Option<Cow<'b, str>> {
    if is_form {
        let mut fields = form_urlencoded::parse(body);
        fields.find(|(found, _)| found == name).map(|(_, value)| value)
    } else {
        json::scalar(body, &format!("/signature/{name}"))
    }
}
