//! Requests to a store: signed, and tried again where that helps.
//!
//! A store that is busy, slow or cut off is asked again after a while that grows; what it refuses comes back as
//! its answer, for the caller to judge.

#![expect(clippy::disallowed_methods, reason = "the next try waits for a while")]

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, anyhow};
use http::header::{CONTENT_LENGTH, HeaderMap, RETRY_AFTER};
use http::{Method, Request};
use sha2::{Digest as _, Sha256};
use ureq::SendBody;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

use super::access::{Access, RENEW, Surroundings};
use super::fault;
use super::target::encoded_value;
use super::xml::Node;
use crate::source::{Parts, each_part};

/// How many requests are under way at the same time.
pub(super) const AT_ONCE: usize = 16;
/// How often a request is made before a store is given up.
const TRIES_MAX: u32 = 8;
/// The same for a store that has never answered: its address is wrong, sooner than its day bad.
const FIRST_TRIES_MAX: u32 = 3;
const PAUSE_FIRST_MS: u64 = 150;
const PAUSE_MAX_MS: u64 = 15_000;
const CONNECT_SECONDS: u64 = 10;
/// How long a store may take to answer what it has received.
const ANSWER_SECONDS: u64 = 30;
/// How slow a line may be.
const BYTES_PER_SECOND_MIN: u64 = 16 << 10;
/// A manifest of a million files.
const ANSWER_BYTES_MAX: u64 = 512 << 20;

/// A service: where it is, and what its requests are signed for.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) name: &'static str,
    pub(super) region: String,
    /// Its address up to where paths begin.
    pub(super) base: String,
}

/// A request.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// Percent-encoded, with a slash before it.
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Sent<'a>,
}

/// What is sent with a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sent<'a> {
    Bytes(&'a [u8]),
    /// A large file of so many bytes.
    File(&'a dyn Parts, u64),
}

impl Sent<'_> {
    fn length(self) -> u64 {
        match self {
            Sent::Bytes(bytes) => bytes.len() as u64,
            Sent::File(_, length) => length,
        }
    }

    /// Returns the digest that a store wants to be told.
    fn digest(self) -> Result<String> {
        let mut hasher = Sha256::new();
        match self {
            Sent::Bytes(bytes) => hasher.update(bytes),
            Sent::File(parts, length) => {
                let take = |part: &[u8]| {
                    hasher.update(part);
                    Ok(())
                };
                each_part(parts, length, take).map_err(|error| {
                    let what = format!("a file cannot be sent: {error}");
                    fault(&what, "deploy again once nothing writes to the site's files any more")
                })?;
            }
        }
        Ok(hex(&hasher.finalize()))
    }
}

/// A large file that is read as it is sent.
struct Reading<'a> {
    parts: &'a dyn Parts,
    at: u64,
    length: u64,
}

impl io::Read for Reading<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length - self.at).unwrap_or(usize::MAX);
        let count = left.min(into.len());
        self.parts.read_at(self.at, &mut into[..count])?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Call<'_> {
    pub(super) fn get(path: String) -> Call<'static> {
        let (query, headers) = (Vec::new(), Vec::new());
        Call { method: Method::GET, path, query, headers, body: Sent::Bytes(&[]) }
    }
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// What it was asked with, of credentials that end.
    token: String,
}

/// Why a store did not do what it was asked for.
#[derive(Debug, Default)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
    /// The region that the bucket is really in.
    pub(super) region: Option<String>,
    /// The store's clock.
    pub(super) date: String,
}

impl Answer {
    pub(super) fn is_fine(&self) -> bool {
        (200..300).contains(&self.status) && !self.has_failed_late()
    }

    /// Tells whether a copy broke off after its answer had begun with a 200.
    fn has_failed_late(&self) -> bool {
        self.status == 200 && self.body.len() < 4096 && {
            let text = String::from_utf8_lossy(&self.body);
            text.contains("<Error>") && text.contains("<Code>")
        }
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(super) fn refusal(&self) -> Refusal {
        let document = Node::parse(&self.body).unwrap_or_default();
        // CloudFront puts the error into an envelope.
        let error = document.child("Error").unwrap_or(&document);
        let region = [self.header("x-amz-bucket-region"), error.at("Region")];
        let code = match error.at("Code") {
            "" => self.header("x-amz-error-code"),
            code => code,
        };
        Refusal {
            status: self.status,
            code: code.to_owned(),
            message: error.at("Message").to_owned(),
            region: region.into_iter().find(|it| !it.is_empty()).map(str::to_owned),
            date: self.header("date").to_owned(),
        }
    }

    fn is_passing(&self) -> bool {
        matches!(self.status, 429 | 500 | 502 | 503 | 504)
            || (self.status == 400 && self.refusal().code == "RequestTimeout")
            || self.has_failed_late()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if !self.code.is_empty() {
            write!(f, " {}", self.code)?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

#[derive(Debug)]
pub(super) struct Client {
    agent: ureq::Agent,
    access: Access,
    /// Whether the store has answered anything at all.
    has_answered: AtomicBool,
    /// Whether another request has failed for good, so that this one need not be tried again.
    is_given_up: AtomicBool,
}

impl Client {
    pub(super) fn new(surroundings: &Surroundings) -> Client {
        // A service of the machine itself either answers at once or is not there.
        let near = agent(Duration::from_secs(1));
        Client {
            agent: agent(Duration::from_secs(CONNECT_SECONDS)),
            access: Access::new(surroundings, near),
            has_answered: AtomicBool::new(false),
            is_given_up: AtomicBool::new(false),
        }
    }

    /// Has others try no more.
    pub(super) fn give_up(&self) {
        self.is_given_up.store(true, Ordering::Relaxed);
    }

    /// Makes a request until it is answered with something that will not pass by itself.
    pub(super) fn send(&self, service: &Service, call: &Call<'_>) -> Result<Answer> {
        let (mut tries, mut is_renewed) = (0, false);
        let digest = call.body.digest()?;
        loop {
            tries += 1;
            let (pause, last) = match self.try_once(service, call, &digest) {
                Ok(answer) => {
                    self.has_answered.store(true, Ordering::Relaxed);
                    if is_expired(&answer) && !is_renewed && self.access.renew(&answer.token) {
                        is_renewed = true;
                        continue;
                    }
                    if !answer.is_passing() {
                        return Ok(answer);
                    }
                    (retry_after(&answer), format!("it answers {}", answer.refusal()))
                }
                Err(Failed::Here(error)) => return Err(error),
                Err(Failed::There(error)) => (None, error.to_string()),
            };
            let has_answered = self.has_answered.load(Ordering::Relaxed);
            let tries_max = if has_answered { TRIES_MAX } else { FIRST_TRIES_MAX };
            if tries >= tries_max || self.is_given_up.load(Ordering::Relaxed) {
                return Err(unreachable(service, &last, tries));
            }
            std::thread::sleep(pause.unwrap_or_else(|| growing(tries)));
        }
    }

    fn try_once(&self, service: &Service, call: &Call<'_>, digest: &str) -> Result<Answer, Failed> {
        let mut uri = format!("{}{}", service.base, call.path);
        for (index, (name, value)) in call.query.iter().enumerate() {
            uri.push(if index == 0 { '?' } else { '&' });
            uri.push_str(name);
            uri.push('=');
            uri.push_str(&encoded_value(value));
        }
        let mut request = Request::builder().method(&call.method).uri(&uri);
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        let request = request.header("x-amz-content-sha256", digest).body(()).map_err(|error| {
            let what = format!("{} is no address: {error}", service.base);
            Failed::Here(fault(&what, "write it as `--endpoint https://host`"))
        })?;
        let (mut parts, ()) = request.into_parts();
        self.access.sign(&mut parts, service.name, &service.region).map_err(Failed::Here)?;
        let token = parts.headers.get("x-amz-security-token");
        let token = token.and_then(|token| token.to_str().ok()).unwrap_or_default().to_owned();
        let length = call.body.length();
        let patience = Duration::from_secs(ANSWER_SECONDS + length / BYTES_PER_SECOND_MIN);
        let run = match call.body {
            Sent::Bytes([]) if call.method != Method::PUT => {
                self.run(Request::from_parts(parts, ()), patience)
            }
            Sent::Bytes(bytes) => self.run(Request::from_parts(parts, bytes), patience),
            Sent::File(file, length) => {
                parts.headers.insert(CONTENT_LENGTH, length.into());
                let mut reading = Reading { parts: file, at: 0, length };
                let body = SendBody::from_reader(&mut reading);
                self.run(Request::from_parts(parts, body), patience)
            }
        };
        let (parts, mut body) = run.map_err(Failed::There)?.into_parts();
        let body = body.with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        let body = body.map_err(Failed::There)?;
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body, token })
    }

    fn run<B: ureq::AsSendBody>(
        &self,
        request: Request<B>,
        patience: Duration,
    ) -> Result<http::Response<ureq::Body>, ureq::Error> {
        let request = self.agent.configure_request(request);
        let request = request
            .timeout_send_body(Some(patience))
            .timeout_recv_response(Some(Duration::from_secs(ANSWER_SECONDS)))
            .build();
        self.agent.run(request)
    }
}

/// Where a request failed: for good on this side, or on the way.
enum Failed {
    Here(anyhow::Error),
    There(ureq::Error),
}

fn agent(connect: Duration) -> ureq::Agent {
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::Specific(roots()))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    ureq::Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(2 * AT_ONCE)
        .max_idle_connections_per_host(2 * AT_ONCE)
        .user_agent(concat!("kamishibai/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(connect))
        .timeout_recv_body(Some(Duration::from_secs(10 * ANSWER_SECONDS)))
        .build()
        .new_agent()
}

/// Returns the authorities that the system trusts, those of `SSL_CERT_FILE` where it is set.
fn roots() -> Arc<Vec<Certificate<'static>>> {
    let found = rustls_native_certs::load_native_certs().certs;
    Arc::new(found.iter().map(|der| Certificate::from_der(der).to_owned()).collect())
}

fn is_expired(answer: &Answer) -> bool {
    matches!(answer.status, 400 | 401 | 403)
        && matches!(
            answer.refusal().code.as_str(),
            "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired"
        )
}

fn retry_after(answer: &Answer) -> Option<Duration> {
    let seconds: u64 = answer.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_millis((seconds * 1000).clamp(PAUSE_FIRST_MS, PAUSE_MAX_MS)))
}

/// Returns a pause that doubles with each try, less a part that differs: not all come back at once.
fn growing(tries: u32) -> Duration {
    let full = (PAUSE_FIRST_MS << tries.min(16)).min(PAUSE_MAX_MS);
    let mut random = [0];
    // Without chance all come back together, which is no more than unkind.
    let _ = getrandom::fill(&mut random);
    Duration::from_millis(full - full * u64::from(random[0]) / 512)
}

fn unreachable(service: &Service, last: &str, tries: u32) -> anyhow::Error {
    let help = if service.base.starts_with("https://") && last.contains("ertificate") {
        "its certificate must be one that this system trusts; SSL_CERT_FILE names other authorities"
    } else {
        "check the network and `--endpoint`, then deploy again: what is there already is not sent again"
    };
    anyhow!("{} was asked {tries} times in vain: {last}\nhelp: {help}", service.base)
}

/// Says what a store refused and what to do about it.
pub(super) fn told(what: &str, refusal: &Refusal, now: &str) -> anyhow::Error {
    let help = match refusal.code.as_str() {
        "NoSuchBucket" => "make the bucket first, or check its name and `--endpoint`",
        "NoSuchDistribution" => "check the number behind `--distribution`",
        "InvalidAccessKeyId" | "UnrecognizedClientException" | "InvalidClientTokenId" => {
            "the store does not know the access key: check AWS_ACCESS_KEY_ID, AWS_PROFILE and `--endpoint`"
        }
        "SignatureDoesNotMatch" => {
            "the secret does not fit the access key: check AWS_SECRET_ACCESS_KEY or the profile"
        }
        "RequestTimeTooSkewed" | "RequestExpired" => {
            let what = format!(
                "cannot {what}: this machine's clock is wrong: it says {now}, and the store's says {}",
                refusal.date
            );
            return fault(&what, "set the clock (`timedatectl set-ntp true`), then deploy again");
        }
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" | "InvalidToken" => {
            let what = format!("cannot {what}: the credentials have run out ({refusal})");
            return fault(&what, RENEW);
        }
        "TooManyInvalidationsInProgress" => {
            "wait until CloudFront has done those that are under way, then deploy again"
        }
        "PermanentRedirect"
        | "AuthorizationHeaderMalformed"
        | "IllegalLocationConstraintException" => {
            "the bucket is in another region: set AWS_REGION to it"
        }
        "AccessDenied" | "AllAccessDisabled" | "AccessDeniedException" => {
            "the account may not do that: it needs s3:ListBucket on the bucket, s3:GetObject and s3:PutObject in it, s3:DeleteObject for `--delete`, and for `--distribution` cloudfront:CreateInvalidation"
        }
        "" if refusal.status == 403 => {
            "the account may not do that, or the credentials are not for this store"
        }
        _ => "mend the cause and deploy again: what is there already is not sent again",
    };
    fault(&format!("cannot {what}: the store answers {refusal}"), help)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        use fmt::Write as _;
        write!(text, "{byte:02x}").expect("a string takes all");
        text
    })
}
