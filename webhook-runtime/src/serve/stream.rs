//! The byte stream of a connection, which records when bytes are read and written.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::guard::ConnectionState;

/// A stream that records its reads and writes in the connection's state.
pub(crate) struct TrackedStream<T> {
    inner: T,
    state: Arc<ConnectionState>,
    /// True if the client speaks HTTP/2.
    #[cfg(feature = "http2")]
    is_http2: bool,
    /// Bytes that were read to detect the protocol, and are to be read again.
    #[cfg(feature = "http2")]
    replay: bytes::Bytes,
}

impl<T> TrackedStream<T> {
    fn record_write(&self, written: &Poll<io::Result<usize>>) {
        match written {
            #[cfg(feature = "http2")]
            Poll::Ready(Ok(bytes)) if self.is_http2 => self.state.on_http2_write(*bytes),
            Poll::Ready(Ok(_)) => self.state.on_write(),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.state.on_write_blocked(),
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> TrackedStream<T> {
    pub(crate) fn new(inner: T, state: Arc<ConnectionState>) -> Self {
        Self {
            inner,
            state,
            #[cfg(feature = "http2")]
            is_http2: false,
            #[cfg(feature = "http2")]
            replay: bytes::Bytes::new(),
        }
    }

    /// True if the client begins with the preface of HTTP/2 (RFC 9113, section 3.4).
    #[cfg(feature = "http2")]
    pub(crate) async fn is_http2(&mut self) -> io::Result<bool> {
        use tokio::io::AsyncReadExt as _;

        const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        let mut read_so_far = bytes::BytesMut::with_capacity(PREFACE.len());
        while read_so_far.len() < PREFACE.len() && PREFACE.starts_with(&read_so_far) {
            let missing = PREFACE.len() - read_so_far.len();
            let mut buffer = [0; PREFACE.len()];
            let read = self.inner.read(&mut buffer[..missing]).await?;
            if read == 0 {
                break;
            }
            self.state.on_read();
            read_so_far.extend_from_slice(&buffer[..read]);
        }
        self.is_http2 = read_so_far == PREFACE;
        self.replay = read_so_far.freeze();
        Ok(self.is_http2)
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for TrackedStream<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        #[cfg(feature = "http2")]
        if !self.replay.is_empty() {
            let length = self.replay.len().min(buffer.remaining());
            buffer.put_slice(&self.replay.split_to(length));
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        let read = buffer.filled().len() - before;
        if read > 0 {
            self.state.on_read();
        }
        #[cfg(feature = "http2")]
        if self.is_http2 && self.state.is_flooded(read) {
            let error = io::Error::other("the client sends frames without requests");
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for TrackedStream<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.record_write(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.record_write(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
