//! The verification of a request with one thing changed, a bounded number of times.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    collections::HashSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use webhook_runtime::{
    Provider, Secret,
    scheme::{RequestToSign, SignedRequest, VerifyError},
};

use super::{MAX_BODY, MAX_BYTES, MAX_CHECKS, Question};

/// The most bytes of a body that are shown where it differs.
const MAX_SHOWN: usize = 16;

/// The fit of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It verifies.
    Now,
    /// The signature fits, but its time is out of the window.
    OutOfWindow(VerifyError),
    /// The signature fits another spelling of the URL, which this runtime forgives and others do not.
    OtherSpelling,
}

/// The input of one check.
#[derive(Clone, Copy)]
pub(super) struct Trial<'t> {
    pub(super) provider: &'t Provider,
    pub(super) secret: &'t Secret,
    pub(super) url: &'t str,
    pub(super) headers: &'t HeaderMap,
    pub(super) body: &'t [u8],
}

/// The search for the cause of one request.
pub(super) struct Search<'a> {
    pub(super) question: &'a Question<'a>,
    pub(super) headers: HeaderMap,
    secret: Secret,
    left: Cell<usize>,
    /// The number of bytes of bodies that are still verified.
    bytes: Cell<usize>,
    /// The body that was signed, once it is found.
    signed_body: RefCell<Option<Vec<u8>>>,
    /// The hashes of the bodies that were tried.
    bodies: RefCell<HashSet<u64>>,
}

impl<'a> Search<'a> {
    pub(super) fn new(question: &'a Question<'a>) -> Self {
        let secret = question.secrets.first().cloned();
        Self {
            question,
            headers: question.capture.header_map(),
            secret: secret.unwrap_or_else(|| Secret::new("")),
            left: Cell::new(MAX_CHECKS),
            bytes: Cell::new(MAX_BYTES),
            signed_body: RefCell::default(),
            bodies: RefCell::default(),
        }
    }

    /// The number of checks so far.
    pub(super) fn checks(&self) -> usize {
        MAX_CHECKS - self.left.get()
    }

    /// The number of checks that are left.
    pub(super) fn left(&self) -> usize {
        self.left.get()
    }

    pub(super) fn provider(&self) -> &'static Provider {
        self.question.provider
    }

    /// The configured secret.
    pub(super) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The configured secret, as text.
    pub(super) fn secret_text(&self) -> &str {
        std::str::from_utf8(self.secret.expose()).unwrap_or_default()
    }

    pub(super) fn body(&self) -> &'a [u8] {
        &self.question.capture.body
    }

    /// The body, if it is small enough to be changed.
    pub(super) fn changeable_body(&self) -> Option<&'a [u8]> {
        Some(self.body()).filter(|body| body.len() <= MAX_BODY)
    }

    /// The public URL; empty if none is configured.
    pub(super) fn url(&self) -> &'a str {
        self.question.public_url.unwrap_or_default()
    }

    /// The request as it was captured.
    pub(super) fn base(&self) -> Trial<'_> {
        Trial {
            provider: self.provider(),
            secret: &self.secret,
            url: self.url(),
            headers: &self.headers,
            body: self.body(),
        }
    }

    /// The request of a trial, as schemes see it.
    pub(super) fn request<'t>(&'t self, trial: &Trial<'t>) -> SignedRequest<'t> {
        SignedRequest {
            method: &self.question.capture.method,
            url: trial.url,
            headers: trial.headers,
            query: self.question.capture.query().unwrap_or_default(),
            body: trial.body,
        }
    }

    /// Verifies a trial, if there are checks left.
    pub(super) fn fit(&self, trial: &Trial<'_>) -> Result<Fit, VerifyError> {
        let Some(left) = self.left.get().checked_sub(1) else {
            return Err(VerifyError::InvalidSignature);
        };
        let Some(bytes) = self.bytes.get().checked_sub(trial.body.len()) else {
            return Err(VerifyError::InvalidSignature);
        };
        self.left.set(left);
        self.bytes.set(bytes);
        let request = self.request(trial);
        let secrets = std::slice::from_ref(trial.secret);
        let secrets = if trial.provider.scheme_info().needs_secret { secrets } else { &[] };
        match trial.provider.verify(secrets, &request, self.question.key, self.question.now) {
            Ok(_) if is_other_spelling(trial, &request) => Ok(Fit::OtherSpelling),
            Ok(_) => Ok(Fit::Now),
            Err(reason @ (VerifyError::TimestampTooOld | VerifyError::TimestampTooNew)) => {
                Ok(Fit::OutOfWindow(reason))
            }
            Err(reason) => Err(reason),
        }
    }

    /// True if the signature of a trial fits, at any time.
    pub(super) fn fits(&self, trial: &Trial<'_>) -> bool {
        matches!(self.fit(trial), Ok(Fit::Now | Fit::OutOfWindow(_)))
    }

    pub(super) fn fits_secret(&self, secret: &Secret) -> bool {
        // A blank secret lets everybody sign.
        !secret.expose().trim_ascii().is_empty() && self.fits(&Trial { secret, ..self.base() })
    }

    pub(super) fn fits_text(&self, secret: &str) -> bool {
        secret != self.secret_text() && self.fits_secret(&Secret::new(secret))
    }

    pub(super) fn fits_url(&self, url: &str) -> bool {
        url != self.url() && self.fits(&Trial { url, ..self.base() })
    }

    pub(super) fn fits_headers(&self, headers: &HeaderMap) -> bool {
        self.fits(&Trial { headers, ..self.base() })
    }

    /// True if the signature fits this body. No body is tried twice.
    pub(super) fn fits_body(&self, body: &[u8]) -> bool {
        let headers = self.headers_of(body);
        let fits = body != self.body()
            && self.bodies.borrow_mut().insert(hash(body))
            && self.fits(&Trial { body, headers: &headers, ..self.base() });
        if fits {
            self.signed_body.replace(Some(body.to_vec()));
        }
        fits
    }

    /// The headers of a request with this body, labelled as JSON if it became JSON.
    fn headers_of(&self, body: &[u8]) -> Cow<'_, HeaderMap> {
        let begins = |body: &[u8]| matches!(body, [b'{' | b'[', ..]);
        if !begins(body) || begins(self.body()) {
            return Cow::Borrowed(&self.headers);
        }
        let mut headers = self.headers.clone();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Cow::Owned(headers)
    }

    /// The place at which the signed body and the captured one part.
    pub(super) fn difference(&self) -> Option<String> {
        let signed = self.signed_body.borrow();
        let (signed, received) = (signed.as_deref()?, self.body());
        let same = signed.iter().zip(received).take_while(|(left, right)| left == right).count();
        let shown = |body: &[u8]| {
            let end = body.len().min(same + MAX_SHOWN);
            match &body[same..end] {
                [] => "its end".to_owned(),
                part => format!("`{}`", part.escape_ascii().to_string().replace("\\\"", "\"")),
            }
        };
        Some(format!(
            "Signed are {} bytes, received {}; behind {same} equal ones, {} was signed, and {} received.",
            signed.len(),
            received.len(),
            shown(signed),
            shown(received),
        ))
    }
}

fn hash(body: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    hasher.finish()
}

/// True if a URL-signing scheme has accepted a URL that was not signed: it tries some spellings of the
/// URL. What it would sign itself is the exact one.
fn is_other_spelling(trial: &Trial<'_>, request: &SignedRequest<'_>) -> bool {
    let info = trial.provider.scheme_info();
    if !(info.joins_form_fields && info.signs_url) {
        return false;
    }
    let mut exact = RequestToSign::new(request.body).method(request.method).url(request.url);
    exact.form = request.is_form();
    let Ok(signed) = trial.provider.sign(trial.secret, &exact) else { return false };
    let name = info.signature_header;
    // The signature of another algorithm cannot be compared.
    let lengths =
        [&signed.headers, request.headers].map(|it| it.get(name).map(http::HeaderValue::len));
    lengths[0] == lengths[1] && signed.headers.get(name) != request.headers.get(name)
}
