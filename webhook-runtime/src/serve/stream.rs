//! A connection's bytes, of which its seat is told.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::guard::State;

/// What bytes are read from and written to.
pub(crate) struct Stream<T> {
    inner: T,
    state: Arc<State>,
    /// What was read to see which protocol it is, to be read again.
    #[cfg(feature = "http2")]
    again: bytes::Bytes,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Stream<T> {
    pub(crate) fn new(inner: T, state: Arc<State>) -> Self {
        Self {
            inner,
            state,
            #[cfg(feature = "http2")]
            again: bytes::Bytes::new(),
        }
    }

    /// Whether the client begins with the preface of HTTP/2 (RFC 9113, section 3.4).
    #[cfg(feature = "http2")]
    pub(crate) async fn is_http2(&mut self) -> io::Result<bool> {
        use tokio::io::AsyncReadExt as _;

        const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        let mut begun = bytes::BytesMut::with_capacity(PREFACE.len());
        while begun.len() < PREFACE.len() && PREFACE.starts_with(&begun) {
            let left = PREFACE.len() - begun.len();
            let mut one = [0; PREFACE.len()];
            let read = self.inner.read(&mut one[..left]).await?;
            if read == 0 {
                break;
            }
            self.state.heard();
            begun.extend_from_slice(&one[..read]);
        }
        let is_http2 = begun == PREFACE;
        self.again = begun.freeze();
        Ok(is_http2)
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Stream<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        #[cfg(feature = "http2")]
        if !self.again.is_empty() {
            let length = self.again.len().min(buffer.remaining());
            buffer.put_slice(&self.again.split_to(length));
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            self.state.heard();
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Stream<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(context, bytes))?;
        self.state.spoke();
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write_vectored(context, slices))?;
        self.state.spoke();
        Poll::Ready(Ok(written))
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
