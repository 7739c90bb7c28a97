use std::borrow::Cow;

use base64ct::{Base64, Encoding as _};
use http::HeaderMap;

use crate::verify::{
    Field, Provider, Secret,
    scheme::{
        Certificate, KeyRequest, RequestToSign, SchemeInfo, SignError, SignatureAlgorithm, Signed,
        SignedParts, SignedRequest, Timestamp, Verify, VerifyContext, VerifyError, header_text,
    },
};

/// PayPal: [verify webhook signatures][docs].
///
/// *Set-up:* the secret is the webhook's id, which is public; PayPal's certificate authenticates
/// the sender. A [`KeySource`](crate::KeySource) fetches the certificate, but only from URLs of
/// PayPal itself. Its subject must be PayPal, and it must be valid now. Only the TLS connection
/// proves that the certificate is PayPal's, so fetch it over HTTPS only.
///
/// *Not signed:* headers other than transmission id and time. Of the body, only a CRC-32 is signed.
/// It is a checksum, not a hash, so it does not protect against a changed body. The transmission id
/// is signed, so it is the delivery's id here; the event's own id is `/id` in the body. PayPal
/// retries up to 25 times in 3 days (*unconfirmed*).
///
/// [docs]: https://developer.paypal.com/api/rest/webhooks/rest/
pub const PAYPAL: Provider = Provider::custom("paypal", &PayPal)
    .with_id(Field::header(ID))
    .with_event(Field::pointer("/event_type"))
    .with_docs_url("https://developer.paypal.com/api/rest/webhooks/rest/");

const ID: &str = "paypal-transmission-id";
const TIMESTAMP: &str = "paypal-transmission-time";
const SIGNATURE: &str = "paypal-transmission-sig";
const CERTIFICATE: &str = "paypal-cert-url";
const ALGORITHM: &str = "paypal-auth-algo";

const HOSTS: [&str; 2] = ["https://api.paypal.com", "https://api.sandbox.paypal.com"];
const PATH: &str = "/v1/notifications/certs/";

/// PayPal defines no window; an endpoint can set one.
const TIME: Timestamp = Timestamp::header(TIMESTAMP).rfc3339().without_window();

/// RSA over ids, a time and a checksum.
#[derive(Debug)]
struct PayPal;

impl Verify for PayPal {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo {
            fetches_keys: true,
            // Only a checksum of the body is signed, and other bodies have the same checksum.
            signs_body: false,
            signs_time: true,
            signed_headers: &[ID, TIMESTAMP],
            ..SchemeInfo::new("RSA SHA-256, certificate", SIGNATURE)
        }
    }

    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        if header_text(headers, ALGORITHM)? != "SHA256withRSA" {
            return Err(VerifyError::MalformedHeader(ALGORITHM));
        }
        header_text(headers, ID)?;
        header_text(headers, SIGNATURE)?;
        TIME.check_format(header_text(headers, TIMESTAMP)?)?;
        if is_paypal(header_text(headers, CERTIFICATE)?) {
            Ok(())
        } else {
            Err(VerifyError::UntrustedKey)
        }
    }

    fn key_request(&self, request: &SignedRequest<'_>) -> Result<Option<KeyRequest>, VerifyError> {
        self.check_headers(request.headers)?;
        let url = header_text(request.headers, CERTIFICATE)?;
        Ok(Some(KeyRequest::Url(Cow::Owned(url.to_owned()))))
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        let headers = request.headers;
        let pem = context.key.ok_or(VerifyError::KeyUnavailable)?;
        let certificate = Certificate::parse(pem, context.now)
            .filter(|certificate| certificate.is_issued_to("paypal.com"))
            .ok_or(VerifyError::UntrustedKey)?;
        let key = certificate.rsa_key().ok_or(VerifyError::KeyUnavailable)?;
        let signature = Base64::decode_vec(header_text(headers, SIGNATURE)?)
            .map_err(|_| VerifyError::MalformedSignature(SIGNATURE))?;
        let timestamp = header_text(headers, TIMESTAMP)?;
        let webhook_id = String::from_utf8_lossy(context.secret.expose());
        let (id, checksum) = (header_text(headers, ID)?, crc32fast::hash(request.body));
        let text = format!("{id}|{timestamp}|{webhook_id}|{checksum}");
        if !key.verifies(SignatureAlgorithm::RsaSha256, text.as_bytes(), &signature) {
            return Err(VerifyError::InvalidSignature);
        }
        let time =
            TIME.with_optional_tolerance(context.tolerance).accept(timestamp, context.now)?;
        let lasting = format!("{id}|{webhook_id}|{checksum}");
        Ok(Signed::text(lasting.into_bytes()).at(Some(time)))
    }

    fn sign<'r>(&self, _: &Secret, _: &RequestToSign<'r>) -> Result<SignedParts<'r>, SignError> {
        Err(SignError::Unsupported)
    }
}

/// True for the URL of a certificate of PayPal: https, its host, and the name of a certificate,
/// which cannot contain a part that a server would read in another way.
fn is_paypal(url: &str) -> bool {
    let name = HOSTS.iter().find_map(|host| url.strip_prefix(host)?.strip_prefix(PATH));
    name.is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

#[cfg(test)]
mod tests {
    use super::is_paypal;

    #[test]
    fn only_urls_of_paypal_are_fetched() {
        const CERTS: &str = "https://api.paypal.com/v1/notifications/certs/";
        assert!(is_paypal("https://api.paypal.com/v1/notifications/certs/CERT-1"));
        assert!(is_paypal("https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1"));
        for name in [
            "",
            "../../../v1/payments",
            "..",
            "CERT-1/..",
            "CERT-1/",
            "CERT-1?a=b",
            "CERT-1#a",
            "CERT-1;a",
            "CERT-1%2f..",
            "CERT_1",
            "CERT.1",
            "CERT 1",
            "CERT-1\n",
            "CERT-\u{e9}",
        ] {
            assert!(!is_paypal(&format!("{CERTS}{name}")), "{name:?}");
        }
        for url in [
            "http://api.paypal.com/x",
            "http://api.paypal.com/v1/notifications/certs/CERT-1",
            "https://api.paypal.com:443/v1/notifications/certs/CERT-1",
            "https://api.paypal.com/v2/notifications/certs/CERT-1",
            "https://paypal.com.evil.example/x",
            "https://evilpaypal.com/x",
            "https://api.paypal.com@evil.example/x",
            "https://api.paypal.com:444/x",
            "https://evil.example/.paypal.com",
            "https://evil.example#.paypal.com",
            "https://evil.example\\.paypal.com/",
            "",
        ] {
            assert!(!is_paypal(url), "{url}");
        }
    }
}
