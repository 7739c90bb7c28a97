use std::{borrow::Cow, collections::BTreeMap, time::SystemTime};

use http::{HeaderMap, Uri};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::verify::{
    Field, Provider, Secret,
    scheme::{
        Hash, RequestToSign, SchemeInfo, SignError, SignedParts, SignedRequest, Verify,
        VerifyContext, VerifyError, header_text, insert_header,
    },
};

/// Twilio: [securing requests][docs].
///
/// *Set-up:* the secret is the account's auth token or, if Twilio is configured to sign with
/// HMAC-SHA256, the shared key. Configure the public URL exactly as in Twilio; the standard port
/// may be present or absent. Register JSON webhooks with Twilio's `bodySHA256`.
///
/// *Not signed:* headers, and the borders between a form's fields: anyone who has seen a delivery
/// can make the end of one value look like another field. Forms are signed field by field. A JSON
/// body is protected by its hash, which Twilio puts into the URL; a JSON body without the hash is
/// rejected. A GET has its payload in the query, which is decoded like a form.
///
/// [docs]: https://www.twilio.com/docs/usage/security
pub const TWILIO: Provider = Provider::custom("twilio", &Twilio)
    .with_id(Field::header("i-twilio-idempotency-token"))
    .with_methods("POST, GET")
    .with_docs_url("https://www.twilio.com/docs/usage/security")
    .with_response_timeout(std::time::Duration::from_secs(15));

const SIGNATURE: &str = "x-twilio-signature";
const SETTINGS: &str = "x-twilio-webhooks-signature-settings";

/// HMAC over the URL and the sorted fields of a form.
#[derive(Debug)]
struct Twilio;

impl Verify for Twilio {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo { signs_url: true, ..SchemeInfo::new("HMAC-SHA1 or -SHA256, fields", SIGNATURE) }
    }

    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        header_text(headers, SIGNATURE)?;
        hash(headers).map(drop)
    }

    /// The sorted fields of a form: the signature does not depend on their order and escaping.
    fn identity<'b>(&self, body: &'b [u8]) -> Cow<'b, [u8]> {
        if matches!(body.first(), Some(b'{' | b'[')) {
            return Cow::Borrowed(body);
        }
        Cow::Owned(sorted_fields(body, RepeatedFields::Distinct).into_bytes())
    }

    fn verify(
        &self,
        request: &SignedRequest<'_>,
        context: &VerifyContext<'_>,
    ) -> Result<Option<SystemTime>, VerifyError> {
        let sent = header_text(request.headers, SIGNATURE)?;
        let hash = hash(request.headers)?;
        let fields = match body_hash(request.url) {
            Some(expected) => {
                if !is_hash_of(&expected, request.body) {
                    return Err(VerifyError::InvalidSignature);
                }
                String::new()
            }
            None if request.body.is_empty() => String::new(),
            None if request.is_form() => sorted_fields(request.body, RepeatedFields::Distinct),
            None => return Err(VerifyError::MalformedBody),
        };
        let matches = |url: &str| {
            hash.hmac(context.secret.expose(), &[url.as_bytes(), fields.as_bytes()]).is_base64(sent)
        };
        if url_variants(request.url).iter().any(|url| matches(url)) {
            Ok(None)
        } else {
            Err(VerifyError::InvalidSignature)
        }
    }

    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        let fields = if request.form {
            sorted_fields(request.body, RepeatedFields::Distinct)
        } else if request.body.is_empty() || body_hash(request.url).is_some() {
            String::new()
        } else {
            return Err(SignError::Body);
        };
        let tag = Hash::Sha1.hmac(secret.expose(), &[request.url.as_bytes(), fields.as_bytes()]);
        let mut headers = HeaderMap::new();
        insert_header(&mut headers, SIGNATURE, &tag.to_base64())?;
        Ok(SignedParts::new(headers, request))
    }
}

/// The hash function in the settings header; SHA-1 without the header.
fn hash(headers: &HeaderMap) -> Result<Hash, VerifyError> {
    if !headers.contains_key(SETTINGS) {
        return Ok(Hash::Sha1);
    }
    let mut algorithms = header_text(headers, SETTINGS)?
        .split(',')
        .filter_map(|setting| setting.strip_prefix("algorithm="));
    match (algorithms.next(), algorithms.next()) {
        (Some("HMAC_SHA1"), None) => Ok(Hash::Sha1),
        (Some("HMAC_SHA256"), None) => Ok(Hash::Sha256),
        _ => Err(VerifyError::MalformedHeader(SETTINGS)),
    }
}

/// The hash of the body in the URL.
fn body_hash(url: &str) -> Option<Cow<'_, str>> {
    let (_, query) = url.split_once('?')?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "bodySHA256")
        .map(|(_, hash)| hash)
}

fn is_hash_of(expected: &str, body: &[u8]) -> bool {
    let mut buffer = [0; 32];
    base16ct::lower::decode(expected, &mut buffer)
        .is_ok_and(|expected| Sha256::digest(body).as_slice().ct_eq(expected).into())
}

/// The treatment of repeated fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RepeatedFields {
    /// Distinct values, sorted.
    Distinct,
    /// All values, in their order.
    KeepAll,
}

/// The names and values of a form, sorted by name and joined without separators.
pub(super) fn sorted_fields(form: &[u8], repeated: RepeatedFields) -> String {
    let mut fields: BTreeMap<Cow<'_, str>, Vec<Cow<'_, str>>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(form) {
        fields.entry(name).or_default().push(value);
    }
    let mut joined = String::new();
    for (name, mut values) in fields {
        if repeated == RepeatedFields::Distinct {
            values.sort_unstable();
            values.dedup();
        }
        for value in values {
            joined.push_str(&name);
            joined.push_str(&value);
        }
    }
    joined
}

/// The URL unchanged, and with the standard port added or removed, because senders and proxies
/// differ.
fn url_variants(url: &str) -> Vec<Cow<'_, str>> {
    let mut variants = vec![Cow::Borrowed(url)];
    let Ok(uri) = url.parse::<Uri>() else { return variants };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return variants;
    };
    let standard = if scheme == "https" { 443 } else { 80 };
    let start = scheme.len() + 3;
    let rest = &url[start + authority.as_str().len()..];
    match authority.port_u16() {
        None => variants.push(format!("{scheme}://{authority}:{standard}{rest}").into()),
        Some(port) if port == standard => {
            let host = authority.as_str().rsplit_once(':').map_or("", |(host, _)| host);
            variants.push(format!("{scheme}://{host}{rest}").into());
        }
        Some(_) => {}
    }
    variants
}
