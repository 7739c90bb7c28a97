//! Bodies: reads them within limits of size, time and memory, and drains rejected ones.

use std::{
    error::Error,
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use http_body::Body as _;
use http_body_util::LengthLimitError;
use tokio::time::{Instant, sleep_until};

use crate::{
    delivery::Rejection,
    support::{
        peer::Peer,
        shares::{Full, Share, Shares},
    },
};

/// A hundred years: a deadline that far ahead can still be computed.
const MAX_TIMEOUT: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The part of a body that may arrive at any rate, within the time for the whole body.
const FREE_RATE: usize = 64 * 1024;
/// The least rate of what follows: this many bytes...
const RATE_BYTES: usize = 16 * 1024;
/// ...in this time.
const RATE_TIME: Duration = Duration::from_secs(4);

/// The maximum size of a part of a body. Parts of long bodies are alike, so that what one body frees fits
/// the next one: with buffers that grow, the process would take much more than the bodies.
const CHUNK: usize = 16 * 1024;

/// The memory of such a part, measured: an allocator keeps some of what it gets back, and the connection has
/// a buffer of its own.
const CHUNK_MEMORY: usize = CHUNK + CHUNK / 4;

/// The maximum size of the first chunk of a body whose length is known.
const MAX_FIRST_CHUNK: usize = 4 * CHUNK;

/// The memory of a header beside its text: its entry, its place in the index, and its allocations.
const HEADER_MEMORY: usize = 160;

/// The memory of headers that does not count: more than those of usual requests take.
const FREE_HEADERS: usize = 8 * 1024;

/// The limits to reading a body.
#[derive(Clone)]
pub(crate) struct BodyLimits {
    /// The maximum time to read the whole body.
    pub(crate) timeout: Duration,
    /// The memory of all bodies together.
    pub(crate) memory: Arc<Shares>,
}

impl BodyLimits {
    /// Reads a body of at most `limit` bytes. It counts the bytes itself, because the limits of
    /// layers around it can be switched off. Unusually large headers count in the memory, too.
    pub(crate) async fn read(
        &self,
        mut body: Body,
        headers: &HeaderMap,
        limit: usize,
        peer: Peer,
    ) -> Result<(Bytes, Share), Rejection> {
        let mut share = self.memory.share(peer);
        if share.grow(memory_of(headers).saturating_sub(FREE_HEADERS)).is_err() {
            drain(unread(headers, body)).await;
            return Err(Rejection::Overloaded);
        }
        let mut reading = Reading::new(&mut body, limit, share);
        // A body that has arrived needs no timer. If the server's own task has the body, then
        // it delivers it before the second poll.
        let mut may_poll_again = true;
        let polled_twice = poll_fn(|context| match reading.poll(context) {
            Poll::Pending if std::mem::take(&mut may_poll_again) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            polled => Poll::Ready(polled),
        });
        let result = match polled_twice.await {
            Poll::Ready(result) => result,
            Poll::Pending => reading.wait(self.timeout).await,
        };
        let result = result.map(|()| reading.finish());
        if matches!(result, Err(Rejection::TooLarge { .. } | Rejection::Overloaded)) {
            // Reading has made the client send it, also with `Expect`.
            drain((!body.is_end_stream()).then_some(body)).await;
        }
        result
    }
}

/// A body that is being read.
struct Reading<'a> {
    body: &'a mut Body,
    limit: usize,
    share: Share,
    length: usize,
    /// The part of the share that is not for the body.
    memory_of_head: usize,
    /// The first piece. Most bodies come in one piece, which is not copied.
    first: Bytes,
    /// All pieces, once the body has come in more than one, or has to be waited for.
    chunks: Vec<Vec<u8>>,
    is_copied: bool,
}

impl<'a> Reading<'a> {
    fn new(body: &'a mut Body, limit: usize, share: Share) -> Self {
        let (first, chunks) = (Bytes::new(), Vec::new());
        let memory_of_head = share.amount();
        let (length, is_copied) = (0, false);
        Self { body, limit, share, length, memory_of_head, first, chunks, is_copied }
    }

    /// Reads what has arrived. It is ready at the end of the body.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Rejection>> {
        while let Some(frame) = ready!(Pin::new(&mut *self.body).poll_frame(context)) {
            let frame = frame.map_err(|error| broken_body(&error))?;
            if let Ok(data) = frame.into_data() {
                self.add(data)?;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Waits for the rest. Meanwhile the share can be taken away for another peer.
    async fn wait(&mut self, timeout: Duration) -> Result<(), Rejection> {
        self.copy();
        self.share.expose();
        let taken = self.share.taken().ok_or(Rejection::Overloaded)?;
        let mut taken = pin!(taken.notified());
        let now = Instant::now();
        let mut rate = Rate { end: now + timeout.min(MAX_TIMEOUT), since: now, received: 0 };
        let mut due = pin!(sleep_until(rate.due(self.length)));
        poll_fn(|context| {
            if taken.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(Rejection::Overloaded));
            }
            if let Poll::Ready(result) = self.poll(context) {
                return Poll::Ready(result);
            }
            rate.record(self.length);
            while due.as_mut().poll(context).is_ready() {
                if rate.due(self.length) <= Instant::now() {
                    return Poll::Ready(Err(Rejection::BodyTimeout));
                }
                due.as_mut().reset(rate.due(self.length));
            }
            Poll::Pending
        })
        .await
    }

    fn add(&mut self, data: Bytes) -> Result<(), Rejection> {
        if data.len() > self.limit - self.length {
            return Err(Rejection::TooLarge { limit: self.limit });
        }
        if self.length == 0 && !self.is_copied {
            self.grow(data.len())?;
            self.length = data.len();
            self.first = data;
            return Ok(());
        }
        self.copy();
        self.append(&data)
    }

    /// Copies the first piece, which would keep the whole buffer of the connection. Its memory counts
    /// already.
    fn copy(&mut self) {
        self.is_copied = true;
        let first = std::mem::take(&mut self.first);
        if first.is_empty() {
            return;
        }
        let missing = self.body.size_hint().exact().unwrap_or(0);
        let missing = usize::try_from(missing).unwrap_or(usize::MAX);
        let most = first.len().max(MAX_FIRST_CHUNK.min(self.limit));
        let mut size = first.len().saturating_add(missing).min(most);
        if self.grow(size - first.len()).is_err() {
            size = first.len();
        }
        let mut chunk = Vec::with_capacity(size);
        chunk.extend_from_slice(&first);
        self.chunks.push(chunk);
    }

    fn append(&mut self, mut data: &[u8]) -> Result<(), Rejection> {
        while !data.is_empty() {
            let room = self.chunks.last().map_or(0, |chunk| chunk.capacity() - chunk.len());
            let (now, later) = data.split_at(data.len().min(room));
            if let Some(chunk) = self.chunks.last_mut() {
                chunk.extend_from_slice(now);
            }
            self.length += now.len();
            data = later;
            if !data.is_empty() {
                self.add_chunk(data.len())?;
            }
        }
        Ok(())
    }

    /// Adds room for more, of which some has arrived.
    fn add_chunk(&mut self, arrived: usize) -> Result<(), Rejection> {
        let most = self.limit - self.length;
        // Twice as much each time, until the chunks are large.
        let wanted = arrived.max(self.length).min(CHUNK);
        let memory = |size| if size == CHUNK { CHUNK_MEMORY } else { size };
        let mut size = wanted.min(most);
        if self.grow(memory(size)).is_err() {
            size = arrived.min(CHUNK);
            self.grow(memory(size))?;
        }
        self.chunks.push(Vec::with_capacity(size));
        Ok(())
    }

    fn grow(&mut self, by: usize) -> Result<(), Rejection> {
        self.share.grow(by).map_err(|Full| Rejection::Overloaded)
    }

    /// The body in one piece, and its share.
    fn finish(mut self) -> (Bytes, Share) {
        if self.chunks.is_empty() {
            return (self.first, self.share);
        }
        if self.chunks.len() == 1 {
            return (self.chunks.swap_remove(0).into(), self.share);
        }
        let mut whole = Vec::with_capacity(self.length);
        for chunk in self.chunks {
            whole.extend_from_slice(&chunk);
        }
        self.share.shrink(self.share.amount().saturating_sub(self.memory_of_head + self.length));
        (whole.into(), self.share)
    }
}

/// The least rate of a body.
struct Rate {
    /// The end of the time for the whole body.
    end: Instant,
    /// The time at which enough had last arrived, and how much had arrived by then.
    since: Instant,
    received: usize,
}

impl Rate {
    fn record(&mut self, received: usize) {
        if received.min(FREE_RATE) > self.received || received - self.received >= RATE_BYTES {
            (self.since, self.received) = (Instant::now(), received);
        }
    }

    /// The time by which more must have arrived.
    fn due(&self, received: usize) -> Instant {
        if received > FREE_RATE { self.end.min(self.since + RATE_TIME) } else { self.end }
    }
}

/// The memory that headers take, roughly.
fn memory_of(headers: &HeaderMap) -> usize {
    let text = |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len();
    headers.iter().map(|header| text(header) + HEADER_MEMORY).sum()
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
