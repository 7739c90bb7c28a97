//! Bodies: reads them within limits of size, time and memory, and drains rejected ones.

use std::{
    error::Error,
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body::Body as _;
use http_body_util::LengthLimitError;

use crate::delivery::{
    Rejection,
    memory::{MemoryBudget, MemoryPermit},
};

/// The limits to reading a body.
#[derive(Clone)]
pub(crate) struct BodyLimits {
    /// The maximum time to read the whole body.
    pub(crate) timeout: Duration,
    /// The memory budget of all bodies together.
    pub(crate) memory: Arc<MemoryBudget>,
}

impl BodyLimits {
    /// Reads a body of at most `limit` bytes. It counts the bytes itself, because the limits of
    /// layers around it can be switched off.
    pub(crate) async fn read(
        &self,
        mut body: Body,
        limit: usize,
    ) -> Result<(Bytes, MemoryPermit), Rejection> {
        let result = {
            let mut read = pin!(read_to_end(&mut body, limit, self.memory.permit()));
            // A body that has arrived needs no timer. If the server's own task has the body, then
            // it delivers it before the second poll.
            let mut may_poll_again = true;
            let polled_twice = poll_fn(|context| match read.as_mut().poll(context) {
                Poll::Pending if std::mem::take(&mut may_poll_again) => {
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
                polled => Poll::Ready(polled),
            });
            match polled_twice.await {
                Poll::Ready(result) => result,
                Poll::Pending => tokio::time::timeout(self.timeout, read)
                    .await
                    .unwrap_or(Err(Rejection::BodyTimeout)),
            }
        };
        if matches!(result, Err(Rejection::TooLarge { .. } | Rejection::Overloaded)) {
            // Reading has made the client send it, also with `Expect`.
            drain((!body.is_end_stream()).then_some(body)).await;
        }
        result
    }
}

async fn read_to_end(
    body: &mut Body,
    limit: usize,
    mut permit: MemoryPermit,
) -> Result<(Bytes, MemoryPermit), Rejection> {
    let mut body = Pin::new(body);
    let mut first = Bytes::new();
    let mut rest: Option<BytesMut> = None;
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let Ok(data) = frame.map_err(|error| broken_body(&error))?.into_data() else { continue };
        let length = rest.as_ref().map_or(first.len(), BytesMut::len);
        if data.len() > limit - length {
            return Err(Rejection::TooLarge { limit });
        }
        permit.grow(data.len())?;
        if first.is_empty() && rest.is_none() {
            // Most bodies come in one piece, which is not copied.
            first = data;
        } else {
            rest.get_or_insert_with(|| BytesMut::from(&first[..])).extend_from_slice(&data);
        }
    }
    Ok((rest.map_or(first, BytesMut::freeze), permit))
}

/// The rejection of a body that ended with an error.
#[cold]
fn broken_body(error: &axum::Error) -> Rejection {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return Rejection::TooLargeForLayer;
        }
        cause = error.source();
    }
    Rejection::IncompleteBody
}

/// Values of `Content-Encoding` that are no coding. Some senders put the character set there.
const NO_CODING: [&str; 6] = ["", "identity", "utf-8", "utf8", "us-ascii", "iso-8859-1"];

/// True if the body is compressed or encoded in another way. Each of a list of codings counts.
pub(crate) fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONTENT_ENCODING).iter().any(|value| {
        value.as_bytes().split(|byte| *byte == b',').any(|coding| {
            let coding = coding.trim_ascii();
            !NO_CODING.iter().any(|none| coding.eq_ignore_ascii_case(none.as_bytes()))
        })
    })
}

/// The maximum number of bytes that are read of a rejected request's body.
const MAX_DRAINED: usize = 256 * 1024;
/// The maximum time to drain a body.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(500);
/// The maximum size of a body that is drained without a task of its own, if it has arrived.
const MAX_DRAINED_INLINE: u64 = 16 * 1024;

/// The body of a rejected request, if there is something to drain. With `Expect`, the client has
/// not sent the body, and reading would make it do so.
pub(crate) fn unread(headers: &HeaderMap, body: Body) -> Option<Body> {
    (!body.is_end_stream() && !headers.contains_key(header::EXPECT)).then_some(body)
}

/// Drains a rejected body, up to a limit, concurrently to the response. A connection that is closed
/// with unread bytes is reset, and the sender would lose the response. It does not wait for the
/// network.
pub(crate) async fn drain(body: Option<Body>) {
    let Some(mut body) = body else { return };
    let is_small = body.size_hint().exact().is_some_and(|length| length <= MAX_DRAINED_INLINE);
    if is_small && has_arrived(&mut body).await {
        return;
    }
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    runtime.spawn(tokio::time::timeout(DRAIN_TIMEOUT, async move {
        let mut body = pin!(body);
        let mut left = MAX_DRAINED;
        while let Some(Ok(frame)) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                break;
            }
        }
    }));
}

/// Returns whether the whole body has arrived. It polls twice: hyper starts to read a body at the
/// first poll, and has what has arrived at the second.
async fn has_arrived(body: &mut Body) -> bool {
    let mut polled = false;
    poll_fn(|context| {
        loop {
            // No waker is needed: if the body has not arrived, a task polls it again.
            let mut no_waker = Context::from_waker(Waker::noop());
            match Pin::new(&mut *body).poll_frame(&mut no_waker) {
                Poll::Ready(Some(Ok(_))) if !body.is_end_stream() => {}
                Poll::Ready(_) => return Poll::Ready(true),
                Poll::Pending if polled => return Poll::Ready(false),
                Poll::Pending => {
                    polled = true;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        }
    })
    .await
}
