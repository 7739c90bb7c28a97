//! Finds out why a request does not verify.
//!
//! A request that does not verify is tried again with one thing changed: each thing that people, their
//! proxies and their frameworks get wrong, undone. If it verifies then, that is the cause. What cannot
//! be undone shows as a symptom, and is named only if nothing else fits.
//!
//! The search is bounded: [`MAX_CHECKS`] verifications, one GiB of bodies in all, and changes to bodies
//! of at most [`MAX_BODY`] bytes, before and after decompression. It explains, and never accepts: a
//! request with a cause is refused.

mod algorithm;
mod body;
mod elsewhere;
mod header;
mod json;
mod search;
mod secret;
mod signature;
mod symptom;
mod time;
mod url;

use std::time::SystemTime;

use serde::Serialize;
use webhook_runtime::{Provider, Secret, scheme::VerifyError};

use crate::capture::Capture;
pub(crate) use header::signature_names;
use search::{Fit, Search};

/// The most verifications of one request.
pub const MAX_CHECKS: usize = 150;

/// The largest body that is changed, in bytes. Larger ones are verified as they are.
pub const MAX_BODY: usize = 2 * 1024 * 1024;

/// The most bytes of bodies that are verified: all checks of a body that is changed, and some of the
/// largest capture.
const MAX_BYTES: usize = 1024 * 1024 * 1024;

/// A captured request, and what it is verified with.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The provider that the request should come from.
    pub provider: &'static Provider,
    /// The configured secret, and other secrets of the same user behind it. Providers that publish
    /// their keys need none.
    pub secrets: &'a [Secret],
    /// The public URL that is configured, for schemes that sign it.
    pub public_url: Option<&'a str>,
    /// The request.
    pub capture: &'a Capture,
    /// The key that the provider publishes.
    pub key: Option<&'a [u8]>,
    /// The time to judge at.
    pub now: SystemTime,
}

/// The verdict about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The provider sent it, and it is recent.
    Genuine,
    /// It does not verify.
    Refused,
}

/// The reason for which a request does not verify.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The stable name of the cause.
    pub id: &'static str,
    /// The cause, in a sentence or two.
    pub explain: String,
    /// The advice.
    pub fix: String,
}

impl Cause {
    fn new(id: &'static str, explain: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { id, explain: explain.into(), fix: fix.into() }
    }
}

/// The answer to a [`Question`].
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The verdict about the request as it was captured, with the URL as it is configured. It does not
    /// depend on the causes.
    pub verdict: Verdict,
    /// The causes, the likeliest first. Empty for a genuine request, and where nothing can be shown.
    pub causes: Vec<Cause>,
    /// The error of the verification itself, for a refused request.
    pub reason: Option<VerifyError>,
    /// The number of verifications.
    pub checks: usize,
}

/// Verifies a request, and finds out why it does not verify.
#[must_use]
pub fn explain(question: &Question<'_>) -> Explanation {
    let search = Search::new(question);
    let base = search.fit(&search.base());
    let (verdict, causes, reason) = match base {
        Ok(Fit::Now) => (Verdict::Genuine, Vec::new(), None),
        Ok(Fit::OutOfWindow(reason)) => {
            (Verdict::Refused, vec![time::out_of_window(&search, reason)], Some(reason))
        }
        Ok(Fit::OtherSpelling) => (Verdict::Refused, vec![url::other_spelling(&search)], None),
        Err(reason) => {
            (Verdict::Refused, find(&search, reason).into_iter().collect(), Some(reason))
        }
    };
    Explanation { verdict, causes, reason, checks: search.checks() }
}

/// True if an endpoint of the runtime accepts a request as it is.
#[must_use]
pub fn verifies(question: &Question<'_>) -> bool {
    let search = Search::new(question);
    matches!(search.fit(&search.base()), Ok(Fit::Now | Fit::OtherSpelling))
}

/// The text that the signature has to cover, if the head of the request says enough.
#[must_use]
pub fn signed_text(question: &Question<'_>) -> Option<Vec<u8>> {
    let search = Search::new(question);
    question.provider.scheme()?.signed_text(&search.request(&search.base())).ok()
}

/// Looks for the smallest change with which the request verifies, in the order of advice.
fn find(search: &Search<'_>, reason: VerifyError) -> Option<Cause> {
    // No other secret, URL or body brings a header that is missing.
    let is_head_readable = !matches!(
        reason,
        VerifyError::MissingHeader(_)
            | VerifyError::RepeatedHeader(_)
            | VerifyError::MalformedHeader(_)
            | VerifyError::MissingParameter(_)
            | VerifyError::RepeatedParameter(_)
            | VerifyError::MalformedParameter(_)
            | VerifyError::MalformedSignature(_)
            | VerifyError::TooManySignatures(_)
    );
    let of_text = |find: fn(&Search<'_>) -> Option<Cause>| {
        if is_head_readable { find(search) } else { None }
    };
    of_text(secret::find)
        .or_else(|| of_text(url::find))
        .or_else(|| header::find(search))
        .or_else(|| signature::find(search))
        .or_else(|| algorithm::find(search))
        .or_else(|| of_text(body::find))
        .or_else(|| elsewhere::find(search))
        .or_else(|| time::find(search))
        .or_else(|| symptom::find(search, reason))
}

/// A hint for a request without a cause.
#[must_use]
pub fn hint(provider: &Provider) -> &'static str {
    match provider.name() {
        "xero" | "discord" => {
            "This provider also sends requests with a wrong signature on purpose, and expects a 401."
        }
        "paypal" => "Requests of PayPal's simulator never verify.",
        _ => {
            "Compare the secret with the one that the provider shows for this very endpoint. A body in \
             which values were trimmed, keys sorted or characters replaced cannot be restored."
        }
    }
}
