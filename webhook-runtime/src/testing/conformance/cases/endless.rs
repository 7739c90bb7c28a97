//! The case of a body that never ends.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use http::StatusCode;
use http_body::{Frame, SizeHint};

use super::{CaseResult, Target, Verdict::Passed, not_applicable};
use crate::testing::{
    conformance::failure::{Failure, NoAnswer},
    response::TestResponse,
};

/// More bytes than any receiver takes, if its limit is not known.
const TOO_MUCH: u64 = 256 * 1024 * 1024;

/// The bytes that a receiver may take beyond its limit: buffers on the way, and a refusal that drains.
const BEYOND: u64 = 8 * 1024 * 1024;

/// The length that is declared.
const DECLARED: u64 = 64 * 1024 * 1024 * 1024;

/// The maximum time for each body.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends bodies that never end, with the headers of a genuine delivery. The receiver must answer or
/// close the connection at some point. Some servers read what they refuse, keep none of it, and say
/// so when it ends: after more than any receiver takes, the body has an end for them. Strict targets
/// must not wait for it.
pub(crate) async fn endless_bodies_are_cut_off(target: &Target) -> CaseResult {
    let limit = target.endpoint().max_body as u64;
    let bound = if target.knows_max_body { limit * 2 + BEYOND } else { TOO_MUCH };
    for (what, declared) in [
        ("a body without an end", None),
        ("a body without an end, declared as 64 GiB", Some(DECLARED)),
    ] {
        let request = target.sample_delivery().await?.genuine()?;
        let given = Arc::new(AtomicU64::new(0));
        let endless = Endless { given: Arc::clone(&given), bound, declared };
        let asked = target.exchange(what, &request, request.to_http().map(|_| Body::new(endless)));
        let answer = tokio::time::timeout(PATIENCE, asked).await;
        let given = given.load(Relaxed);
        let mebibytes = given / (1024 * 1024);
        let too_much = |answered: &str| {
            Failure::new(format!(
                "{what}\n  expected: an answer, or the end of the connection\n  answered: \
                 {answered}, after {mebibytes} MiB were sent"
            ))
        };
        if given >= bound {
            match answer {
                Ok(Ok(response)) if target.is_lenient() && is_too_large(&response) => {
                    return Ok(Passed);
                }
                Ok(Ok(response)) if response.no_answer.is_none() => {
                    return Err(too_much(response.status().as_str()));
                }
                _ => return Err(too_much("nothing")),
            }
        }
        match answer {
            Ok(Ok(response)) => cut_off(&response).map_err(|answered| too_much(&answered))?,
            // Half of that in half a minute is as much as can be asked for.
            _ if given >= TOO_MUCH / 2 => return Err(too_much("nothing")),
            Ok(Err(failure)) if failure.no_answer() != Some(&NoAnswer::TimedOut) => {
                return Err(failure);
            }
            _ => return not_applicable("it takes the body too slowly to see if there is an end"),
        }
    }
    Ok(Passed)
}

fn is_too_large(response: &TestResponse) -> bool {
    response.no_answer.is_none() && response.status() == StatusCode::PAYLOAD_TOO_LARGE
}

/// Checks that a response, or its absence, is a refusal.
fn cut_off(response: &TestResponse) -> Result<(), String> {
    match &response.no_answer {
        Some(NoAnswer::Closed(_)) => Ok(()),
        Some(no_answer) => Err(no_answer.to_string()),
        None if response.status().is_success() => Err(response.status().to_string()),
        None => Ok(()),
    }
}

/// A body that ends after more than any receiver takes; in an error if more is declared.
struct Endless {
    given: Arc<AtomicU64>,
    bound: u64,
    declared: Option<u64>,
}

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        static PIECE: [u8; 256 * 1024] = [b' '; 256 * 1024];
        if self.given.fetch_add(PIECE.len() as u64, Relaxed) >= self.bound {
            return Poll::Ready(self.declared.map(|_| Err(io::Error::other("enough"))));
        }
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&PIECE)))))
    }

    fn size_hint(&self) -> SizeHint {
        self.declared.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
