//! Bounds how much a store sends: an answer that never ends must not fill the memory.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// In bytes. The longest answer is that to `INFO memory`, of a few KiB.
const LIMIT: usize = 256 * 1024;

/// For each byte that is sent, so many can be received. The answers about a proof are shorter than its commands.
const RECEIVED_PER_SENT: usize = 16;

/// A connection that fails when much more is received than the commands ask for.
pub(super) struct Bounded<S> {
    stream: S,
    /// How many bytes can be received before more is sent.
    left: usize,
}

impl<S> Bounded<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, left: LIMIT }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let received = buffer.filled().len().saturating_sub(before);
        self.left = self.left.checked_sub(received).ok_or_else(|| io::Error::other("too long an answer"))?;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let sent = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.left = self.left.saturating_add(sent.saturating_mul(RECEIVED_PER_SENT)).min(LIMIT);
        Poll::Ready(Ok(sent))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
