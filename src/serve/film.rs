//! A large file on its way to somebody: a part at a time is in memory, whether one reads or a hundred.
//!
//! A file that is written to while it is sent breaks the answer off: what was sent is too short for what was said of
//! it, so nobody takes half of the old one with half of the new one for a film.

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::source::Parts;

/// How much is read at once.
const PART_BYTES: u64 = 256 << 10;

/// Returns a range of a large file as what is sent.
pub(super) fn body(parts: Arc<dyn Parts>, range: Range<u64>) -> Body {
    Body::new(Film { parts, range, reading: None })
}

struct Film {
    parts: Arc<dyn Parts>,
    /// What is still to be read.
    range: Range<u64>,
    /// The part that is being read, away from the loop that answers everybody.
    reading: Option<JoinHandle<io::Result<Bytes>>>,
}

impl Film {
    fn read(&self) -> JoinHandle<io::Result<Bytes>> {
        let (parts, at) = (Arc::clone(&self.parts), self.range.start);
        let count = PART_BYTES.min(self.range.end - at);
        spawn_blocking(move || {
            let mut part = vec![0; usize::try_from(count).map_err(io::Error::other)?];
            parts.read_at(at, &mut part)?;
            Ok(Bytes::from(part))
        })
    }
}

impl HttpBody for Film {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.range.is_empty() {
            return Poll::Ready(None);
        }
        let mut reading = self.reading.take().unwrap_or_else(|| self.read());
        let Poll::Ready(read) = Pin::new(&mut reading).poll(context) else {
            self.reading = Some(reading);
            return Poll::Pending;
        };
        let read = read.unwrap_or_else(|error| Err(io::Error::other(error)));
        self.range.start = match &read {
            Ok(part) => self.range.start + part.len() as u64,
            Err(_) => self.range.end,
        };
        Poll::Ready(Some(read.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.range.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.range.end - self.range.start)
    }
}
