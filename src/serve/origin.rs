//! The server as an origin: what it tells the caches before it, and texts compressed once for all of them.
//!
//! `kami serve --read-only` answers the network, and whoever comes by way of another server, as a host of the bundle
//! does: with the bundle's own bytes, and of a file with what the manifest and `_headers` say. Nobody sits at this
//! machine for it. Whatever depends on who asks is never said to be for everybody.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::accept::{forms, is_known, takes_plain};
use crate::compile::Bundle;
use crate::digest::Digest;
use crate::hosting::all_headers;
use crate::output::{Encoding, Entry, MANIFEST, Output, WORKER, is_text, manifest, parse_manifest};

/// How many answers may wait for their turn; whoever comes then is asked to come again.
const WAITING_MAX: usize = 256;
/// How long an answer may wait for its turn.
const WAIT: Duration = Duration::from_secs(5);
/// How much compressed text is kept.
const KEPT_BYTES_MAX: usize = 64 << 20;
/// What is smaller travels in one packet in any case.
const PACKED_BYTES_MIN: usize = 1 << 10;
/// What is larger takes longer than who asks should wait, in the forms that take long.
const SLOW_BYTES_MAX: usize = 256 << 10;
/// The quickest to make first.
const QUICK: [Encoding; 3] = [Encoding::Gzip, Encoding::Zstd, Encoding::Brotli];
/// Who asks for somebody else says so in one of these.
const PASSED_ON: [&str; 4] = ["forwarded", "x-forwarded-for", "via", "x-real-ip"];

/// What an origin keeps.
#[derive(Debug)]
pub(super) struct Origin {
    /// Whether it is one for all, and not only for those who come by way of another server.
    for_all: bool,
    waiting: Semaphore,
    making: Arc<Semaphore>,
    kept: Mutex<Kept>,
    headers: Mutex<Option<(Digest, HeaderMap)>>,
    shipped: Mutex<Option<Shipped>>,
}

/// What is made last when a bundle is written, since it tells of all else.
#[derive(Debug)]
struct Shipped {
    /// Of the manifest of all else.
    build: Digest,
    manifest: Arc<Output>,
    worker: Arc<Output>,
}

/// A turn to make an answer; held until that is made.
#[derive(Debug)]
pub(super) struct Turn {
    _making: OwnedSemaphorePermit,
}

type Form = Arc<OnceLock<Option<Bytes>>>;
/// The tag of a text, and how it is compressed.
type Key = (String, &'static str);

#[derive(Debug, Default)]
struct Kept {
    forms: HashMap<Key, Form>,
    /// What was made, the oldest first: a site that changes leaves its old texts behind.
    made: VecDeque<(Key, usize)>,
    bytes: usize,
}

impl Origin {
    /// Makes an origin where so many answers are made at once.
    pub(super) fn new(for_all: bool, making: usize) -> Origin {
        Origin {
            for_all,
            waiting: Semaphore::new(WAITING_MAX),
            making: Arc::new(Semaphore::new(making)),
            kept: Mutex::default(),
            headers: Mutex::default(),
            shipped: Mutex::default(),
        }
    }

    /// Tells whether it answers a request.
    pub(super) fn answers(&self, headers: &HeaderMap) -> bool {
        self.for_all || PASSED_ON.iter().any(|name| headers.contains_key(*name))
    }

    /// Waits for a turn to make an answer; `None` where that takes too long, or too many wait.
    pub(super) async fn turn(&self) -> Option<Turn> {
        let waiting = self.waiting.try_acquire().ok()?;
        let making = in_time(Arc::clone(&self.making).acquire_owned()).await?.ok()?;
        drop(waiting);
        Some(Turn { _making: making })
    }

    /// Tells whether an answer needs no work any more: the form in which it goes is there, or known to who asks.
    pub(super) fn is_ready(&self, address: &str, output: &Output, headers: &HeaderMap) -> bool {
        let tag = output.digest.short();
        let first = forms_of(address, output, headers).into_iter().next().flatten();
        first.is_none_or(|encoding| {
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            let form = kept.forms.get(&(tag, encoding.name()));
            form.is_some_and(|form| form.get().is_some())
                || is_known(headers, &tag_of(output, Some(encoding)))
        })
    }

    /// Returns an output compressed, if that makes it smaller. It is made once, however many ask at the same time.
    pub(super) fn packed(&self, output: &Output, encoding: Encoding) -> Option<Bytes> {
        let key = (output.digest.short(), encoding.name());
        let form = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(kept.forms.entry(key.clone()).or_default())
        };
        let mut made = false;
        let bytes = form.get_or_init(|| {
            made = true;
            encoding.compress(&output.bytes).map(Bytes::from)
        });
        if made {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.add(key, bytes.as_ref().map_or(0, Bytes::len));
        }
        bytes.clone()
    }

    /// Returns what stands at an address of the bundle as it is written: its service worker, which is left out where
    /// the server keeps windows up to date, and its manifest, which tells of that.
    pub(super) fn output(&self, bundle: &Bundle, address: &str) -> Option<Arc<Output>> {
        if !is_shipped(address) {
            return bundle.output(address);
        }
        if let Some(own) = bundle.output(WORKER) {
            return if address == WORKER { Some(own) } else { bundle.output(address) };
        }
        // Whoever asks at the same time waits for the one that is made.
        let mut known = self.shipped.lock().unwrap_or_else(PoisonError::into_inner);
        let others = bundle.output(MANIFEST)?;
        if known.as_ref().is_none_or(|known| known.build != others.digest) {
            *known = Some(Shipped::of(bundle, &others)?);
        }
        let shipped = known.as_ref()?;
        Some(Arc::clone(if address == WORKER { &shipped.worker } else { &shipped.manifest }))
    }

    /// Says what the bundle's `_headers` says of all files, but for what an answer says more strictly: the policy of
    /// a picture that is a document, and how long what never changes is kept, or what is not for everybody.
    pub(super) fn add_headers(&self, bundle: &Bundle, head: &mut HeaderMap) {
        let digest = bundle.output("_headers").map(|output| output.digest);
        let mut known = self.headers.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref().map(|(digest, _)| *digest) != digest {
            *known = digest.map(|digest| (digest, read_headers(bundle)));
        }
        let Some((_, headers)) = known.as_ref() else { return };
        let caching = head.get(header::CACHE_CONTROL).map_or(&b""[..], HeaderValue::as_bytes);
        let is_fixed = |word: &[u8]| memchr::memmem::find(caching, word).is_some();
        let fixed = is_fixed(b"immutable") || is_fixed(b"no-store") || is_fixed(b"no-cache");
        let sandboxed = head.contains_key(header::CONTENT_SECURITY_POLICY);
        for (name, value) in headers {
            let stricter = (name == header::CONTENT_SECURITY_POLICY && sandboxed)
                || (name == header::CACHE_CONTROL && fixed);
            if !stricter {
                head.insert(name, value.clone());
            }
        }
    }
}

impl Shipped {
    fn of(bundle: &Bundle, others: &Output) -> Option<Shipped> {
        let worker = bundle.worker(&others.digest);
        let mut entries = parse_manifest(&others.bytes)?;
        entries.push(Entry::of(WORKER, &worker));
        let manifest = Output::new(MANIFEST, manifest(&entries).into_bytes());
        Some(Shipped {
            build: others.digest,
            manifest: Arc::new(manifest),
            worker: Arc::new(worker),
        })
    }
}

impl Kept {
    fn add(&mut self, key: Key, bytes: usize) {
        self.bytes += bytes;
        self.made.push_back((key, bytes));
        while self.bytes > KEPT_BYTES_MAX {
            let Some((oldest, bytes)) = self.made.pop_front() else { return };
            self.forms.remove(&oldest);
            self.bytes -= bytes;
        }
    }
}

/// Tells whether an address is one of those that are made last.
pub(super) fn is_shipped(address: &str) -> bool {
    matches!(address, MANIFEST | WORKER)
}

fn read_headers(bundle: &Bundle) -> HeaderMap {
    let read = |(name, value): (String, String)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_str(&value).ok()?))
    };
    all_headers(bundle).into_iter().filter_map(read).collect()
}

/// Returns the forms in which an output may be sent, the best first. Pictures are compressed as they are.
pub(super) fn forms_of(
    address: &str,
    output: &Output,
    headers: &HeaderMap,
) -> Vec<Option<Encoding>> {
    if !is_text(address) {
        return vec![None];
    }
    let mut forms = forms(headers);
    let large = output.bytes.len() > SLOW_BYTES_MAX;
    if output.bytes.len() < PACKED_BYTES_MIN && takes_plain(headers) {
        forms.retain(Option::is_none);
    } else if large {
        let quick = QUICK.into_iter().map(Some).find(|form| forms.contains(form));
        forms.retain(|form| form.is_none() || Some(*form) == quick);
    }
    forms
}

/// Returns the tag of an output in one of its forms: other bytes, another tag.
pub(super) fn tag_of(output: &Output, form: Option<Encoding>) -> String {
    let digest = output.digest.short();
    form.map_or_else(|| format!("\"{digest}\""), |form| format!("\"{digest}-{}\"", form.name()))
}

/// Waits for something, but not for long.
pub(super) async fn in_time<T>(wait: impl Future<Output = T>) -> Option<T> {
    timeout(WAIT, wait).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_compressed_once_and_little_is_kept() {
        let origin = Origin::new(true, 1);
        let text = |letter: u8| Output::new("a.html", vec![letter; 4096]);
        let packed = |output: &Output| origin.packed(output, Encoding::Gzip).expect("it shrinks");
        assert_eq!(packed(&text(b'a')).as_ptr(), packed(&text(b'a')).as_ptr());
        let mut kept = origin.kept.lock().unwrap();
        for number in 0..10 {
            kept.add((number.to_string(), "gzip"), KEPT_BYTES_MAX / 4);
        }
        assert!(kept.bytes <= KEPT_BYTES_MAX && kept.made.len() == 4, "{}", kept.made.len());
        assert!(kept.forms.is_empty(), "the oldest went");
    }

    #[test]
    fn forms_fit_what_is_sent() {
        let headers =
            HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, br"))]);
        let forms = |address: &str, bytes: usize| {
            let forms = forms_of(address, &Output::new(address, vec![b'a'; bytes]), &headers);
            forms.first().copied().flatten()
        };
        assert_eq!(forms("a.html", 4096), Some(Encoding::Brotli));
        assert_eq!(forms("a.svg", 4096), Some(Encoding::Brotli));
        assert_eq!(forms("a.html", 100), None);
        assert_eq!(forms("a.png", 4096), None);
        assert_eq!(forms("search/d-0123456789abcdef.js", 1 << 20), Some(Encoding::Gzip));
        // Who takes none of the quick forms gets what they take.
        let asked = HeaderValue::from_static("br, zstd");
        let large = Output::new("a.js", vec![b'a'; 1 << 20]);
        let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, asked)]);
        assert_eq!(forms_of("a.js", &large, &headers), [Some(Encoding::Zstd), None]);
    }

    #[tokio::test]
    async fn whoever_comes_when_too_many_wait_is_sent_away_at_once() {
        let origin = Origin::new(true, 1);
        let turn = origin.turn().await.expect("the first has a turn");
        let others = origin.waiting.acquire_many(u32::try_from(WAITING_MAX).unwrap()).await;
        assert!(origin.turn().await.is_none());
        drop(others);
        drop(turn);
        assert!(origin.turn().await.is_some());
    }
}
