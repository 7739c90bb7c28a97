//! Signatures of another algorithm, or of the body alone.

use webhook_runtime::{
    Provider, Secret,
    scheme::{KeyEncoding, RequestToSign, Scheme},
};

use super::{
    Cause,
    header::signature_names,
    search::{Search, Trial},
    signature::signatures,
};

/// A way to sign a text with a secret.
struct Method {
    label: &'static str,
    /// Signs the text of a request as its body.
    scheme: Scheme,
}

const HEADER: &str = "x-signature";

const METHODS: [Method; 5] = [
    Method { label: "HMAC-SHA1", scheme: Scheme::hmac_sha1().header(HEADER) },
    Method { label: "HMAC-SHA256", scheme: Scheme::hmac_sha256().header(HEADER) },
    Method { label: "HMAC-SHA512", scheme: Scheme::hmac_sha512().header(HEADER) },
    Method { label: "SHA-1", scheme: Scheme::sha1().header(HEADER).signed("{secret}{body}") },
    Method { label: "SHA-256", scheme: Scheme::sha256().header(HEADER).signed("{secret}{body}") },
];

impl Method {
    /// The signature of a text.
    fn sign(&self, key: KeyEncoding, secret: &Secret, text: &[u8]) -> Option<Vec<u8>> {
        let provider = Provider::new("digest", self.scheme.key(key));
        let signed = provider.sign(secret, &RequestToSign::new(text)).ok()?;
        signatures(signed.headers.get(HEADER)?.to_str().ok()?).pop()
    }
}

pub(super) fn find(search: &Search<'_>) -> Option<Cause> {
    let provider = search.provider();
    let info = provider.scheme_info();
    let joins = info.joins_form_fields && info.signs_url;
    let (own, key) = match provider.scheme() {
        Some(scheme) => (scheme.algorithm(), scheme.key_encoding()),
        None => ("", KeyEncoding::Text),
    };
    let is_of_secret = own.starts_with("HMAC") || own.starts_with("SHA-");
    let is_code =
        provider.scheme().is_none() && info.needs_secret && !info.signature_header.is_empty();
    if !is_of_secret && !is_code {
        return None;
    }
    let names = signature_names(provider);
    let values = names.iter().filter_map(|name| search.headers.get(name.as_str())?.to_str().ok());
    let query = search.question.capture.query().unwrap_or_default();
    let in_query =
        |name: &str| query.split('&').find_map(|it| it.strip_prefix(name)?.strip_prefix('='));
    let parameter = provider.signature_parameter().and_then(in_query);
    let sent: Vec<_> = values.chain(parameter).flat_map(signatures).take(8).collect();
    let fits = |method: &Method, text: &[u8]| {
        let tag = method.sign(key, search.secret(), text);
        tag.is_some_and(|tag| sent.contains(&tag))
    };
    let text = match provider.scheme() {
        Some(scheme) => signed_text(search, scheme),
        None if joins => Some(joined(search.url(), search.body())),
        None => None,
    };
    if let Some(text) = text {
        let mut others = METHODS.iter().filter(|method| method.label != own);
        if let Some(method) = others.find(|method| fits(method, &text)) {
            let label = match method.label {
                "SHA-1" => "a plain SHA-1 of secret and text",
                "SHA-256" => "a plain SHA-256 of secret and text",
                label => label,
            };
            let due = if own.is_empty() { info.summary } else { own };
            return Some(Cause::new(
                "signature-wrong-algorithm",
                format!("The signature fits {label}; this provider uses {due}."),
                "Use the algorithm of the provider where the request is signed.",
            ));
        }
    }
    let template = provider.scheme().map_or("more than the body", Scheme::signed_template);
    if matches!(template, "{body}" | "{secret}{body}" | "{body}{secret}")
        || search.body().is_empty()
    {
        return None;
    }
    let mut methods = METHODS.iter().filter(|method| own.is_empty() || method.label == own);
    methods.any(|method| fits(method, search.body())).then(|| {
        Cause::new(
            "signed-body-only",
            format!("The signature covers the body alone; this provider signs {template}."),
            "Sign the text that the provider signs.",
        )
    })
}

/// The text that is due, even if the signature has another form.
fn signed_text(search: &Search<'_>, scheme: &Scheme) -> Option<Vec<u8>> {
    let base = search.base();
    if let Ok(text) = scheme.signed_text(&search.request(&base)) {
        return Some(text);
    }
    // With any signature of the right form in its place.
    let pattern = scheme.signature_pattern();
    let (name, form) = pattern.split_once(": ")?;
    let mut headers = search.headers.clone();
    let name = http::HeaderName::try_from(name).ok()?;
    headers.insert(name, http::HeaderValue::try_from(form.replace('…', "0")).ok()?);
    scheme.signed_text(&search.request(&Trial { headers: &headers, ..base })).ok()
}

/// A URL and the sorted fields of a form, without anything between them.
fn joined(url: &str, form: &[u8]) -> Vec<u8> {
    let mut fields: Vec<_> = form_urlencoded::parse(form).collect();
    fields.sort();
    let mut text = url.as_bytes().to_vec();
    for (name, value) in fields {
        text.extend_from_slice(name.as_bytes());
        text.extend_from_slice(value.as_bytes());
    }
    text
}
