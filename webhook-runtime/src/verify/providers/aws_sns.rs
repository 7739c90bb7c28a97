use std::borrow::Cow;

use base64ct::{Base64, Encoding as _};
use http::{HeaderMap, Uri};

use crate::verify::{
    Field, Provider, Secret, handshake,
    handshake::{Condition, Handshake, HandshakeResponse},
    named::{self, Scalar},
    scheme::{
        Certificate, KeyRequest, RequestToSign, SchemeInfo, SignError, SignatureAlgorithm, Signed,
        SignedParts, SignedRequest, Timestamp, Verify, VerifyContext, VerifyError,
    },
};

/// AWS SNS over HTTPS: [verifying message signatures][docs].
///
/// *Set-up:* the secret is the topic's ARN, because SNS signs for every AWS account; set one secret
/// for each topic. A [`KeySource`](crate::KeySource) fetches the certificate, but only from URLs of
/// SNS itself. This crate confirms a subscription by visiting its URL, after verifying its
/// signature. Turn raw message delivery off: raw messages are not signed.
///
/// *Not signed:* headers, and in the body `UnsubscribeURL` and `MessageAttributes`. Fields are signed
/// on lines of their own, so a message with a line feed in any field but `Message` is rejected.
///
/// [docs]: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
#[doc(alias = "amazon-sns")]
#[doc(alias = "sns")]
pub const AWS_SNS: Provider = Provider::custom("aws-sns", &Sns)
    .with_id(Field::pointer("/MessageId"))
    .with_event(Field::pointer("/Type"))
    .with_handshakes(&[Handshake::signed(
        &[Condition::BodyIs("/Type", "SubscriptionConfirmation")],
        HandshakeResponse::ConfirmSubscription(
            handshake::RequestValue::Body("/SubscribeURL"),
            is_sns,
        ),
    )])
    .with_docs_url("https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html")
    .with_response_timeout(std::time::Duration::from_secs(15));

/// RSA over some fields of the body; the body contains the certificate's URL.
#[derive(Debug)]
struct Sns;

/// The time when the message was published. Retries have the same time, so there is no window
/// unless the endpoint sets one.
const TIME: Timestamp = Timestamp::pointer("/Timestamp").rfc3339().without_window();

impl Verify for Sns {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo {
            fetches_keys: true,
            signs_body: false,
            signs_time: true,
            signed_pointers: &[
                "/MessageId",
                "/Type",
                "/Message",
                "/Subject",
                "/TopicArn",
                "/Timestamp",
            ],
            ..SchemeInfo::new("RSA SHA-1 or SHA-256, certificate", "")
        }
    }

    fn check_headers(&self, _: &HeaderMap) -> Result<(), VerifyError> {
        Ok(())
    }

    fn key_request(&self, request: &SignedRequest<'_>) -> Result<Option<KeyRequest>, VerifyError> {
        let message = Message::read(request.body)?;
        let url = message.field("SigningCertURL").ok_or(VerifyError::MalformedBody)?;
        let is_certificate = url.parse::<Uri>().is_ok_and(|uri| {
            let name = uri.path().strip_prefix("/SimpleNotificationService-");
            let name = name.and_then(|rest| rest.strip_suffix(".pem"));
            let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric());
            uri.query().is_none() && name.is_some_and(is_name)
        });
        if is_sns(url) && is_certificate {
            Ok(Some(KeyRequest::Url(Cow::Owned(url.to_owned()))))
        } else {
            Err(VerifyError::UntrustedKey)
        }
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        let message = Message::read(request.body)?;
        let topic = message.field("TopicArn").ok_or(VerifyError::MalformedBody)?;
        if !context.secret.matches(topic.as_bytes()) {
            return Err(VerifyError::InvalidSignature);
        }
        let pem = context.key.ok_or(VerifyError::KeyUnavailable)?;
        let certificate = Certificate::parse(pem, context.now).ok_or(VerifyError::UntrustedKey)?;
        let algorithm = match message.field("SignatureVersion") {
            Some("1") => SignatureAlgorithm::RsaSha1,
            Some("2") => SignatureAlgorithm::RsaSha256,
            _ => return Err(VerifyError::MalformedBody),
        };
        let key = certificate.rsa_key().ok_or(VerifyError::KeyUnavailable)?;
        let signature = message.field("Signature").ok_or(VerifyError::MalformedBody)?;
        let signature = Base64::decode_vec(signature).map_err(|_| VerifyError::MalformedBody)?;
        let text = message.signed_template().ok_or(VerifyError::MalformedBody)?;
        if !key.verifies(algorithm, text.as_bytes(), &signature) {
            return Err(VerifyError::InvalidSignature);
        }
        let timestamp = message.field("Timestamp").ok_or(VerifyError::MalformedBody)?;
        let time =
            TIME.with_optional_tolerance(context.tolerance).accept(timestamp, context.now)?;
        // Retries have the same time, which is that of the publication.
        Ok(Signed::text(text.into_bytes()).at(Some(time)))
    }

    fn sign<'r>(&self, _: &Secret, _: &RequestToSign<'r>) -> Result<SignedParts<'r>, SignError> {
        Err(SignError::Unsupported)
    }
}

/// The names of the fields that are read.
const NAMES: [&str; 11] = [
    "/Message",
    "/MessageId",
    "/Signature",
    "/SignatureVersion",
    "/SigningCertURL",
    "/Subject",
    "/SubscribeURL",
    "/Timestamp",
    "/Token",
    "/TopicArn",
    "/Type",
];

/// The fields of a message, in the order of [`NAMES`].
struct Message<'b>([Option<Cow<'b, str>>; NAMES.len()]);

impl<'b> Message<'b> {
    fn read(body: &'b [u8]) -> Result<Self, VerifyError> {
        let body = std::str::from_utf8(body).map_err(|_| VerifyError::MalformedBody)?;
        let fields = named::scalars(body, NAMES).ok_or(VerifyError::MalformedBody)?;
        Ok(Self(fields.map(|field| field.and_then(Scalar::into_text))))
    }

    fn field(&self, name: &str) -> Option<&str> {
        let at = NAMES.iter().position(|known| known[1..] == *name)?;
        self.0[at].as_deref()
    }

    /// Names and values, one on each line, in the order in which SNS signs them. A line feed in a
    /// value could be taken for the end of its line; only the message, which comes first, has any.
    fn signed_template(&self) -> Option<String> {
        const NOTIFICATION: &[&str] =
            &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
        const SUBSCRIPTION: &[&str] =
            &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
        let names = match self.field("Type")? {
            "Notification" => NOTIFICATION,
            "SubscriptionConfirmation" | "UnsubscribeConfirmation" => SUBSCRIPTION,
            _ => return None,
        };
        let mut text = String::with_capacity(self.field("Message")?.len() + 1024);
        for name in names {
            match self.field(name) {
                Some(value) if value.contains('\n') && *name != "Message" => return None,
                Some(value) => text.extend([*name, "\n", value, "\n"]),
                None if *name == "Subject" => {}
                None => return None,
            }
        }
        Some(text)
    }
}

/// True for a URL of SNS itself: https, the exact host, and no port, user or fragment.
fn is_sns(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let host = &rest[..rest.find(['/', '?']).unwrap_or(rest.len())];
    let region = host.strip_prefix("sns.").and_then(|rest| {
        let rest = rest.strip_suffix(".cn").unwrap_or(rest);
        rest.strip_suffix(".amazonaws.com")
    });
    let is_region = region.is_some_and(|region| {
        // `us-east-1`, but not `s3-us-west-2`: there, `sns` would be the name of anyone's bucket.
        matches!(region.as_bytes(), [b'a'..=b'z', b'a'..=b'z', b'-', .., b'0'..=b'9'])
            && region.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    });
    is_region
        && url.parse::<Uri>().is_ok_and(|uri| uri.host() == Some(host))
        && url.bytes().all(|byte| matches!(byte, 0x21..=0x7e) && byte != b'#' && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::is_sns;

    #[test]
    fn only_urls_of_sns_are_fetched() {
        for url in [
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem",
            "https://sns.cn-north-1.amazonaws.com.cn/x.pem",
            "https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&Token=1",
        ] {
            assert!(is_sns(url), "{url}");
        }
        for url in [
            "http://sns.us-east-1.amazonaws.com/x.pem",
            "https://sns.us-east-1.amazonaws.com.evil.example/x.pem",
            "https://sns.us-east-1.amazonaws.com@evil.example/x.pem",
            "https://evil.example/sns.us-east-1.amazonaws.com/x.pem",
            "https://sns.us-east-1.amazonaws.com:8443/x.pem",
            "https://user@sns.us-east-1.amazonaws.com/x.pem",
            "https://sns.us-east-1.amazonaws.com#@evil.example/x.pem",
            "https://sns.us-east-1.amazonaws.com\\@evil.example/x.pem",
            "https://evil.sns.us-east-1.amazonaws.com/x.pem",
            "https://sns.a.b.amazonaws.com/x.pem",
            "https://sns.us.amazonaws.com/x.pem",
            "https://SNS.us-east-1.amazonaws.com/x.pem",
            "https://169.254.169.254/x.pem",
            "https://localhost/x.pem",
            "https://sns..amazonaws.com/x.pem",
            "https:///x.pem",
            "",
        ] {
            assert!(!is_sns(url), "{url}");
        }
    }
}
