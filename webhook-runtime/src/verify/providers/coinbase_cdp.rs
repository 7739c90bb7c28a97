use std::time::Duration;

use http::{HeaderMap, HeaderName};

use crate::verify::{
    Field, Provider, Secret, json,
    scheme::{
        Hash, ReplayWindow, RequestToSign, SchemeInfo, SignError, Signed, SignedParts,
        SignedRequest, Timestamp, Verify, VerifyContext, VerifyError, header_text, insert_header,
        single_value,
    },
};

const DOCS: &str = "https://docs.cdp.coinbase.com/webhooks/verify-signatures";

/// Coinbase Developer Platform: [verifying signatures][docs] of webhooks, which Hook0 sends.
///
/// *Set-up:* create a subscription with the public URL; the secret is the `secret` in its metadata.
///
/// *Not signed:* headers other than those that the signature lists, and the borders between the
/// listed ones: so read id and event in the body. The body must be an object or an array of JSON. Only
/// signatures `v1` count: the older `v0` leaves the headers out. The time may be five minutes off.
/// Time-out and retries are *unconfirmed*.
///
/// [docs]: https://docs.cdp.coinbase.com/webhooks/verify-signatures
pub const COINBASE_CDP: Provider = Provider::custom("coinbase-cdp", &Hook0)
    .with_id(Field::pointer("/id"))
    .with_event(Field::pointer("/eventType"))
    .with_docs_url(DOCS);

const SIGNATURE: &str = "x-hook0-signature";

/// The most headers that a signature may list.
const MAX_HEADERS: usize = 32;

const TIME: Timestamp = Timestamp::field("t").with_tolerance(Duration::from_secs(300));

/// HMAC-SHA256 over the time, a list of headers, and the body.
#[derive(Debug)]
struct Hook0;

/// The fields of the signature's header.
struct Claims<'r> {
    time: &'r str,
    names: &'r str,
    signature: &'r str,
}

impl Verify for Hook0 {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo {
            signs_time: true,
            replay_window: ReplayWindow::Limited(Duration::from_secs(300)),
            ..SchemeInfo::new("HMAC-SHA256, listed headers", SIGNATURE)
        }
    }

    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        let claims = Claims::read(headers)?;
        TIME.check_format(claims.time)?;
        claims.values(headers).map(drop)
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        let claims = Claims::read(request.headers)?;
        let values = claims.values(request.headers)?;
        let head = format!("{}.{values}.", claims.names);
        let pieces = [claims.time.as_bytes(), b".", head.as_bytes(), request.body];
        let tag = Hash::Sha256.hmac(context.secret.expose(), &pieces);
        if !tag.is_hex(claims.signature) {
            return Err(VerifyError::InvalidSignature);
        }
        // The body begins at the first brace or bracket, as no listed value has one.
        let first = request.body.trim_ascii_start().first();
        if !matches!(first, Some(b'{' | b'[')) || !json::is_json(request.body) {
            return Err(VerifyError::MalformedBody);
        }
        let time =
            TIME.with_optional_tolerance(context.tolerance).accept(claims.time, context.now)?;
        Ok(Signed::joined(head.into_bytes(), request.body).at(Some(time)))
    }

    /// Signs with a list of no headers but that of the id.
    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        const ID: &str = "x-event-id";
        let time = TIME.format(request.unix_millis());
        let head = format!("{time}.{ID}.{}.", request.id);
        let tag = Hash::Sha256.hmac(secret.expose(), &[head.as_bytes(), request.body]);
        let mut headers = HeaderMap::new();
        let value = format!("t={time},h={ID},v1={}", tag.to_hex());
        insert_header(&mut headers, SIGNATURE, &value)?;
        insert_header(&mut headers, ID, request.id)?;
        if let Some(id) = headers.get_mut(ID) {
            id.set_sensitive(false);
        }
        Ok(SignedParts::new(headers, request))
    }
}

impl<'r> Claims<'r> {
    fn read(headers: &'r HeaderMap) -> Result<Self, VerifyError> {
        const MALFORMED: VerifyError = VerifyError::MalformedSignature(SIGNATURE);
        let [mut time, mut names, mut signature] = [None; 3];
        for field in header_text(headers, SIGNATURE)?.split(',') {
            let (key, value) = field.split_once('=').ok_or(MALFORMED)?;
            let slot = match key {
                "t" => &mut time,
                "h" => &mut names,
                "v1" => &mut signature,
                _ => continue,
            };
            if slot.replace(value).is_some() {
                return Err(MALFORMED);
            }
        }
        let (Some(time), Some(names), Some(signature)) = (time, names, signature) else {
            return Err(MALFORMED);
        };
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if signature.len() != 64 || !signature.bytes().all(is_digit) {
            return Err(MALFORMED);
        }
        Ok(Self { time, names, signature })
    }

    /// The values of the listed headers, joined by dots.
    fn values(&self, headers: &HeaderMap) -> Result<String, VerifyError> {
        let malformed = VerifyError::MalformedHeader(SIGNATURE);
        let mut values = String::new();
        let mut known: Vec<HeaderName> = Vec::new();
        for name in self.names.split(' ').filter(|_| !self.names.is_empty()) {
            let is_mark = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
            let plain = Some(name).filter(|name| name.bytes().all(is_mark));
            let name = plain.and_then(|name| HeaderName::try_from(name).ok()).ok_or(malformed)?;
            if known.contains(&name) || known.len() == MAX_HEADERS {
                return Err(malformed);
            }
            let value = single_value(headers, SIGNATURE, &name)?.to_str().map_err(|_| malformed)?;
            if value.contains(['{', '[']) {
                return Err(malformed);
            }
            if !known.is_empty() {
                values.push('.');
            }
            values.push_str(value);
            known.push(name);
        }
        Ok(values)
    }
}
