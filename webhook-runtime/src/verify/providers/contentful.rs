use std::{fmt::Write as _, time::Duration};

use http::{HeaderMap, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::escapes::COMPONENT;
use crate::verify::{
    Field, Provider, Secret,
    scheme::{
        Hash, ReplayWindow, RequestToSign, SchemeInfo, SignError, Signed, SignedParts,
        SignedRequest, Timestamp, Verify, VerifyContext, VerifyError, header_text, insert_header,
        single_value,
    },
};

/// Contentful: [request verification][docs].
///
/// *Set-up:* the secret is the signing secret of 64 characters. Configure the public URL: its path
/// and query are signed exactly as Contentful requests them. A URL with a second `?` is rejected:
/// what follows it is not signed.
///
/// *Not signed:* headers other than those that the request lists as signed. A delivery is valid for
/// 30 seconds.
///
/// [docs]: https://www.contentful.com/developers/docs/webhooks/request-verification/
pub const CONTENTFUL: Provider = Provider::custom("contentful", &Contentful)
    .with_event(Field::header("x-contentful-topic"))
    .with_docs_url("https://www.contentful.com/developers/docs/webhooks/request-verification/");

const SIGNATURE: &str = "x-contentful-signature";
const SIGNED_HEADERS: &str = "x-contentful-signed-headers";
const TIMESTAMP: &str = "x-contentful-timestamp";

/// A delivery of exactly 30 seconds is already too old.
const TIME: Timestamp = Timestamp::header(TIMESTAMP)
    .unix_millis()
    .with_max_age(Duration::from_millis(29_999))
    .with_max_ahead(Duration::from_secs(30));

/// HMAC-SHA256 over a canonical request.
#[derive(Debug)]
struct Contentful;

impl Verify for Contentful {
    fn scheme_info(&self) -> SchemeInfo {
        SchemeInfo {
            signs_url: true,
            signs_time: true,
            signs_method: true,
            replay_window: ReplayWindow::Limited(Duration::from_secs(30)),
            ..SchemeInfo::new("HMAC-SHA256, canonical request", SIGNATURE)
        }
    }

    fn check_headers(&self, headers: &HeaderMap) -> Result<(), VerifyError> {
        header_text(headers, SIGNATURE)?;
        let signed = header_text(headers, SIGNED_HEADERS)?;
        // The headers that the scheme depends on must be signed too.
        if ![SIGNED_HEADERS, TIMESTAMP].iter().all(|name| signed.split(',').any(|it| it == *name)) {
            return Err(VerifyError::MalformedHeader(SIGNED_HEADERS));
        }
        TIME.check_format(header_text(headers, TIMESTAMP)?)
    }

    fn verify<'r>(
        &self,
        request: &SignedRequest<'r>,
        context: &VerifyContext<'_>,
    ) -> Result<Signed<'r>, VerifyError> {
        let listed = header_text(request.headers, SIGNED_HEADERS)?;
        let mut names: Vec<&str> = listed.split(',').collect();
        names.sort_unstable();
        // A name that is listed a thousand times would be copied a thousand times.
        let mut distinct: Vec<String> = names.iter().map(|it| it.to_ascii_lowercase()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() != names.len() {
            return Err(VerifyError::MalformedHeader(SIGNED_HEADERS));
        }
        // Contentful signs only the text between the first question mark and the second.
        if request.url.matches('?').count() > 1 {
            return Err(VerifyError::InvalidSignature);
        }
        let (mut headers, mut lasting) = (String::new(), String::new());
        for name in names {
            let value = single_value(request.headers, SIGNED_HEADERS, name)?;
            let value = value.to_str().map_err(|_| VerifyError::MalformedHeader(SIGNED_HEADERS))?;
            append(&mut headers, name, value.trim());
            if !name.eq_ignore_ascii_case(TIMESTAMP) {
                append(&mut lasting, name, value.trim());
            }
        }
        let head = canonical_head(request.method, request.url, &headers);
        let tag = Hash::Sha256.hmac(context.secret.expose(), &[head.as_bytes(), request.body]);
        if !tag.is_hex(header_text(request.headers, SIGNATURE)?) {
            return Err(VerifyError::InvalidSignature);
        }
        let timestamp = header_text(request.headers, TIMESTAMP)?;
        let time =
            TIME.with_optional_tolerance(context.tolerance).accept(timestamp, context.now)?;
        let head = canonical_head(request.method, request.url, &lasting);
        Ok(Signed::joined(head.into_bytes(), request.body).at(Some(time)))
    }

    fn sign<'r>(
        &self,
        secret: &Secret,
        request: &RequestToSign<'r>,
    ) -> Result<SignedParts<'r>, SignError> {
        let timestamp = request.unix_millis().to_string();
        let listed = format!("{SIGNED_HEADERS},{TIMESTAMP}");
        let mut signed = String::new();
        append(&mut signed, SIGNED_HEADERS, &listed);
        append(&mut signed, TIMESTAMP, &timestamp);
        let head = canonical_head(request.method, request.url, &signed);
        let tag = Hash::Sha256.hmac(secret.expose(), &[head.as_bytes(), request.body]);
        let mut headers = HeaderMap::new();
        insert_header(&mut headers, SIGNED_HEADERS, &listed)?;
        insert_header(&mut headers, TIMESTAMP, &timestamp)?;
        insert_header(&mut headers, SIGNATURE, &tag.to_hex())?;
        Ok(SignedParts::new(headers, request))
    }
}

fn append(headers: &mut String, name: &str, value: &str) {
    let separator = if headers.is_empty() { "" } else { ";" };
    let _ = write!(headers, "{separator}{name}:{value}");
}

/// Method, path and headers, one on each line; the body follows.
fn canonical_head(method: &str, url: &str, headers: &str) -> String {
    /// The characters that `encodeURI` does not escape.
    const URI: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'!')
        .remove(b'~')
        .remove(b'*')
        .remove(b'\'')
        .remove(b'(')
        .remove(b')')
        .remove(b';')
        .remove(b',')
        .remove(b'/')
        .remove(b'?')
        .remove(b':')
        .remove(b'@')
        .remove(b'&')
        .remove(b'=')
        .remove(b'+')
        .remove(b'$')
        .remove(b'#');
    let path_and_query = url.parse::<Uri>().ok();
    let path_and_query = path_and_query.as_ref().and_then(Uri::path_and_query);
    let mut parts = path_and_query.map_or("/", |it| it.as_str()).split('?');
    let path = utf8_percent_encode(parts.next().unwrap_or_default(), URI).to_string();
    // The query is escaped twice: as a component, and again with the path.
    let query = match parts.next() {
        None | Some("") => String::new(),
        Some(query) => {
            let escaped = utf8_percent_encode(query, COMPONENT).to_string();
            format!("?{}", utf8_percent_encode(&escaped, URI))
        }
    };
    format!("{method}\n{path}{query}\n{headers}\n")
}
