use std::{borrow::Cow, time::Duration};

use base64ct::{Base64, Encoding as _};
use http::HeaderMap;

use crate::verify::{
    Field, Provider, Secret, SecretError, SuccessBody,
    form::{AmbiguousForm, RepeatedFields, SortedFields},
    scheme::{
        KeyEncoding, KeyType, RequestToSign, SchemeInfo, SignError, SignatureAlgorithm, Signed,
        SignedParts, SignedRequest, Verify, VerifyContext, VerifyError, published::PublicKey,
    },
};

const DOCS: &str = "https://opendocs.alipay.com/open/270/105902";

/// Alipay: [asynchronous notifications][docs].
///
/// *Set-up:* give the public URL as `notify_url` of each order. The secret is Alipay's public key, which
/// the open platform shows beside your app: PEM, or its base64. It is not the public key of your own app.
/// The app must sign with RSA2, in UTF-8. Bodies are forms.
///
/// Alipay retries unless the answer is `success`, so every successful delivery gets that answer,
/// whatever the handler returns. The retries are spread over 25 hours; the time-out is *unconfirmed*. Each
/// has another `notify_time`, but the same `notify_id`.
///
/// *Not signed:* headers and the URL. All of an app's notifications have the same key: compare
/// `app_id`, `out_trade_no`, `total_amount` and `seller_id` with the order. The key also signs the
/// parameters with which a buyer returns to the shop; these have no `notify_id`, and are rejected.
/// Values are signed unescaped and joined by `&`, so a value like `a&price=1` could be read as two
/// fields. Forms with such a value are rejected: keep texts like that out of `subject` and `body`, and
/// escape `passback_params`, as Alipay asks. Anyone who has seen such a form can still send it with the value split up.
///
/// [docs]: https://opendocs.alipay.com/open/270/105902
pub const ALIPAY: Provider = Provider::custom("alipay", &Alipay)
    .with_id(Field::pointer("/notify_id"))
    .with_event(Field::pointer("/trade_status"))
    .with_event_fallbacks(&[Field::pointer("/notify_type")])
    .with_ack_status(200)
    .with_success_body(SuccessBody::Always("success"))
    .with_docs_url(DOCS)
    .with_retry_period(Duration::from_secs(25 * 60 * 60));

const ALGORITHM: SignatureAlgorithm = SignatureAlgorithm::RsaSha256;

const SIGNATURE: &str = "sign";
const SIGNATURE_TYPE: &str = "sign_type";
/// The only type: RSA with SHA-256.
const RSA2: &str = "RSA2";
/// The field that every notification has.
const ID: &str = "notify_id";
/// The field that each retry has another value for.
const SENT_AT: &str = "notify_time";

/// RSA over the sorted fields of a form.
#[derive(Debug)]
struct Alipay;

impl Verify for Alipay {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo {
            key_pair: Some(KeyType::Rsa),
            ..SchemeInfo::new("RSA-SHA256, sorted fields", "")
        }
    }

    fn check_headers(&self, _: &HeaderMap) -> Result<(), VerifyError> {
        Ok(())
    }

    fn check_secret(&self, secret: &Secret) -> Result<(), SecretError> {
        public_key(secret).map(drop)
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        if !request.is_form() {
            return Err(VerifyError::MalformedBody);
        }
        let form =
            Notification::read(request.body).map_err(|AmbiguousForm| VerifyError::MalformedBody)?;
        let signature = form.value(SIGNATURE).ok_or(VerifyError::MalformedBody)?;
        let signature = Base64::decode_vec(signature).map_err(|_| VerifyError::MalformedBody)?;
        // The same key signs what a buyer brings back to the shop, which is no notification.
        let has_id = form.value(ID).is_some_and(|id| !id.is_empty());
        if form.value(SIGNATURE_TYPE) != Some(RSA2) || !has_id {
            return Err(VerifyError::MalformedBody);
        }
        let key = public_key(context.secret).map_err(VerifyError::InvalidSecret)?;
        if key.verifies(ALGORITHM, &form.text(|_| true), &signature) {
            Ok(Signed::text(form.text(|name| name != SENT_AT)))
        } else {
            Err(VerifyError::InvalidSignature)
        }
    }

    /// Signs with a private key, and adds the signature to the form, and the id if it has none.
    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        if !request.form {
            return Err(SignError::Body);
        }
        let fields = || form_urlencoded::parse(request.body).filter(|(name, _)| is_signed(name));
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields());
        if !fields().any(|(name, _)| name == ID) {
            form.append_pair(ID, request.id);
        }
        let unsigned = form.finish();
        let text = Notification::read(unsigned.as_bytes())
            .map_err(|AmbiguousForm| SignError::Body)?
            .text(|_| true);
        let signature = ALGORITHM.sign(secret, &text).map_err(SignError::Secret)?;
        let mut form = form_urlencoded::Serializer::new(unsigned);
        form.append_pair(SIGNATURE_TYPE, RSA2);
        form.append_pair(SIGNATURE, &Base64::encode_string(&signature));
        let body = Cow::Owned(form.finish().into_bytes());
        Ok(SignedParts { body, ..SignedParts::new(HeaderMap::new(), request) })
    }
}

fn public_key(secret: &Secret) -> Result<PublicKey, SecretError> {
    PublicKey::of_secret(&KeyEncoding::Pem.decode(secret)?, ALGORITHM)
}

/// A form that is the only one with its signed text.
struct Notification<'r>(SortedFields<'r>);

impl<'r> Notification<'r> {
    /// Reads a form with distinct names, and without a value that could be read as further fields.
    fn read(form: &'r [u8]) -> Result<Self, AmbiguousForm> {
        let fields = SortedFields::read(form, RepeatedFields::KeepAll)?;
        let mut previous = None;
        for (name, value) in fields.iter() {
            if previous == Some(name)
                || !is_name(name)
                || value.split('&').skip(1).any(begins_with_field)
            {
                return Err(AmbiguousForm);
            }
            previous = Some(name);
        }
        Ok(Self(fields))
    }

    fn value(&self, wanted: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value)
    }

    /// The signed text, of some of the signed fields.
    fn text(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<u8> {
        let fields = || self.0.iter().filter(|(name, _)| is_signed(name) && is_wanted(name));
        let length = fields().map(|(name, value)| name.len() + value.len() + 2).sum();
        let mut text = Vec::with_capacity(length);
        for (name, value) in fields() {
            let separator = if text.is_empty() { "" } else { "&" };
            for piece in [separator, name, "=", value] {
                text.extend_from_slice(piece.as_bytes());
            }
        }
        text
    }
}

fn is_signed(name: &str) -> bool {
    name != SIGNATURE && name != SIGNATURE_TYPE
}

/// True for the names that Alipay's fields have.
fn is_name(name: &str) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    !name.is_empty() && name.bytes().all(is_of_name)
}

/// True if a text behind `&` would be read as a further field.
fn begins_with_field(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| is_name(name))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::verify::scheme::published::fixtures::RSA;

    fn text(form: &str) -> Option<String> {
        let form = Notification::read(form.as_bytes()).ok()?;
        Some(String::from_utf8(form.text(|_| true)).expect("text"))
    }

    #[test]
    fn fields_are_sorted_and_signatures_left_out() {
        let form = "b=2&sign=x&a=%E8%8C%B6+%26+%25&sign_type=RSA2&c=&B==1";
        assert_eq!(text(form).as_deref(), Some("B==1&a=\u{8336} & %&b=2&c="));
        assert_eq!(text("").as_deref(), Some(""));
        let form = Notification::read(b"notify_time=1&a=2").expect("a form");
        assert_eq!(form.text(|name| name != SENT_AT), b"a=2");
    }

    /// No two forms that are read have the same text.
    #[test]
    fn values_that_could_be_fields_are_rejected() {
        for other in
            ["a=1%26b=2", "a=1%26b%3D2", "a=x%26y%26b.c=", "a%3D1=2", "a%26b=2", "=1", "a+b=1"]
        {
            assert_eq!(text(other), None, "{other}");
        }
        for repeated in ["a=1&a=1", "a=1&%61=2", "sign=1&a=2&sign=1"] {
            assert_eq!(text(repeated), None, "{repeated}");
        }
        for plain in
            ["a=1%26", "a=1%26b", "a=1%26+b=2", "a=%26%3D", "a=b=c", "a=%E8%8C%B6%26%E8%8C%B6=1"]
        {
            assert!(text(plain).is_some(), "{plain}");
        }
    }
    /// A page that a buyer returns to gets parameters that the same key signed.
    #[test]
    fn only_notifications_are_deliveries() {
        use rsa::pkcs8::{DecodePrivateKey as _, EncodePublicKey as _};

        let key = rsa::PrivateKey::from_pkcs8_pem(RSA).expect("a key");
        let public = rsa::PublicKey::from(&key).to_public_key_der().expect("DER");
        let mut headers = HeaderMap::new();
        let label = http::HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(http::header::CONTENT_TYPE, label);
        let judge = |fields: &str| {
            // As it is signed, for no value is escaped.
            let signature = ALGORITHM.sign(&Secret::new(RSA), fields.as_bytes()).expect("signed");
            let mut form = form_urlencoded::Serializer::new(format!("{fields}&sign_type=RSA2"));
            let body = form.append_pair("sign", &Base64::encode_string(&signature)).finish();
            let (url, query, body) = ("", "", body.as_bytes());
            let request = SignedRequest { method: "POST", url, headers: &headers, query, body };
            let secrets = [Secret::from_key(public.as_bytes())];
            ALIPAY.verify(&secrets, &request, None, SystemTime::now()).map(drop)
        };
        assert_eq!(judge("notify_id=1&out_trade_no=7&total_amount=1.00"), Ok(()));
        for returned in [
            "method=alipay.trade.page.pay.return&out_trade_no=7&total_amount=1.00",
            "notify_id=&out_trade_no=7",
            "out_trade_no=7",
        ] {
            assert_eq!(judge(returned), Err(VerifyError::MalformedBody), "{returned}");
        }
    }
    #[test]
    fn a_signed_form_has_an_id() {
        let sign = |form: &'static str| {
            let request = RequestToSign::new(form.as_bytes()).form().id("n 1");
            let sent = ALIPAY.sign(&Secret::new(RSA), &request).expect("signed");
            String::from_utf8(sent.body.into_owned()).expect("text")
        };
        assert!(sign("a=1&sign=x").starts_with("a=1&notify_id=n+1&sign_type=RSA2&sign="));
        assert!(sign("").starts_with("notify_id=n+1&sign_type=RSA2&sign="));
        assert!(sign("notify_id=7&a=1").starts_with("notify_id=7&a=1&sign_type=RSA2&sign="));
    }
}
