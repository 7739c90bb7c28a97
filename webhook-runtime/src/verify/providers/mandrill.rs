use std::{borrow::Cow, time::SystemTime};

use http::HeaderMap;

use super::twilio::{Repeated, sorted_fields};
use crate::verify::{
    Items, Provider, Secret,
    handshake::{Answer, Handshake},
    scheme::{
        Hash, Incoming, Means, Outgoing, SignError, Signed, Traits, Verify, VerifyError,
        header_text, insert_header,
    },
};

/// Mandrill (Mailchimp Transactional): [authenticating webhook requests][docs].
///
/// *Set-up:* the secret is the webhook's key; configure the public URL exactly as it was entered.
/// The check by HEAD when a webhook is added is answered. Bodies are forms whose field
/// `mandrill_events` is the JSON payload: a list of events.
///
/// *Not signed:* headers, and the borders between the form's fields, which are signed one after
/// another without a mark: text of one field can be made to look like another field.
///
/// [docs]: https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/
pub const MANDRILL: Provider = Provider::custom("mandrill", &Mandrill)
    .json_in_form_field("mandrill_events")
    .items(Items::at("").id("/_id").unique_with(&["/event", "/ts"]).event("/event"))
    .handshakes(&[Handshake::unsigned("HEAD", &[], Answer::Empty(200))])
    .docs("https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/");

const SIGNATURE: &str = "x-mandrill-signature";

/// HMAC-SHA1 over the URL and the sorted fields of a form.
#[derive(Debug)]
struct Mandrill;

impl Verify for Mandrill {
    fn traits(&self) -> Traits {
        Traits { signs_url: true, ..Traits::new("HMAC-SHA1, fields", SIGNATURE) }
    }

    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        header_text(headers, SIGNATURE).map(drop)
    }

    /// The fields in order: the signature is the same in whatever order and spelling they come.
    fn identity<'b>(&self, body: &'b [u8]) -> Cow<'b, [u8]> {
        Cow::Owned(sorted_fields(body, Repeated::Kept).into_bytes())
    }

    fn verify(
        &self,
        request: &Incoming<'_>,
        means: &Means<'_>,
    ) -> Result<Option<SystemTime>, VerifyError> {
        if !request.is_form() {
            return Err(VerifyError::MalformedBody);
        }
        let fields = sorted_fields(request.body, Repeated::Kept);
        let pieces = [request.url.as_bytes(), fields.as_bytes()];
        let tag = Hash::Sha1.hmac(means.secret.expose(), &pieces);
        if tag.is_base64(header_text(request.headers, SIGNATURE)?) {
            Ok(None)
        } else {
            Err(VerifyError::NoMatch)
        }
    }

    fn sign<'r>(&self, secret: &Secret, request: &Outgoing<'r>) -> Result<Signed<'r>, SignError> {
        if !request.form {
            return Err(SignError::Body);
        }
        let fields = sorted_fields(request.body, Repeated::Kept);
        let tag = Hash::Sha1.hmac(secret.expose(), &[request.url.as_bytes(), fields.as_bytes()]);
        let mut headers = HeaderMap::new();
        insert_header(&mut headers, SIGNATURE, &tag.to_base64())?;
        Ok(Signed::new(headers, request))
    }
}
