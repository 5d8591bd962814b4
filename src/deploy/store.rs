//! A bucket and a prefix in it: objects are read, listed, written, copied and removed.
//!
//! A bucket that turns out to be in another region is asked there.

use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Result;
use http::Method;

use super::access::Surroundings;
use super::client::{Answer, Call, Client, Sent, Service, told};
use super::target::{encoded, key};
use super::xml::Node;
use super::{fault, utc_now};
use crate::digest::Digest;
use crate::output::{Entry, MANIFEST, cache_control};

/// Where the digest of an object's bytes is kept with it.
const DIGEST: &str = "x-amz-meta-kami-digest";

#[derive(Clone, Debug)]
pub(super) struct Store {
    pub(super) client: Arc<Client>,
    pub(super) bucket: String,
    /// Empty, or with a slash at its end.
    pub(super) prefix: String,
    /// Where a store of one's own is; `None` for AWS.
    endpoint: Option<String>,
    service: Arc<RwLock<Service>>,
}

/// What is known of an object besides its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// Of its bytes, where we have put them there.
    pub(super) digest: Option<String>,
    pub(super) content_type: String,
    pub(super) cache_control: String,
    pub(super) content_encoding: String,
}

impl Held {
    pub(super) fn of(entry: &Entry) -> Held {
        Held {
            digest: Some(entry.digest.clone()),
            content_type: entry.content_type.to_string(),
            cache_control: entry.cache_control.to_string(),
            content_encoding: entry.content_encoding.as_deref().unwrap_or_default().to_owned(),
        }
    }

    /// Returns what is known of a file of which nothing is known.
    pub(super) fn unknown() -> Held {
        Held {
            digest: None,
            content_type: String::new(),
            cache_control: String::new(),
            content_encoding: String::new(),
        }
    }

    /// Returns how the manifest and the note are held: JSON that is asked for each time.
    pub(super) fn record(bytes: &[u8]) -> Held {
        Held {
            digest: Some(Digest::of(bytes).to_string()),
            content_type: "application/json".to_owned(),
            cache_control: cache_control(MANIFEST).to_owned(),
            content_encoding: String::new(),
        }
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("content-type", self.content_type.clone()),
            ("cache-control", self.cache_control.clone()),
        ];
        headers.extend(self.digest.clone().map(|digest| (DIGEST, digest)));
        if !self.content_encoding.is_empty() {
            headers.push(("content-encoding", self.content_encoding.clone()));
        }
        headers
    }
}

/// One object of a listing.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    /// Below the prefix.
    pub(super) path: String,
    pub(super) bytes: u64,
    /// As the store writes it; later times come later in the order of texts.
    pub(super) modified: String,
}

/// One state of an object, in a bucket that keeps them all.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) modified: String,
    pub(super) is_removal: bool,
}

impl Store {
    pub(super) fn new(
        (bucket, prefix): (&str, &str),
        endpoint: Option<&str>,
        surroundings: &Surroundings,
    ) -> Result<Store> {
        let of_environment = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];
        let mut of_environment = of_environment.iter().filter_map(|it| surroundings.variable(it));
        let endpoint = endpoint.or_else(|| of_environment.next()).map(endpoint_of).transpose()?;
        let service = service(bucket, endpoint.as_deref(), surroundings.region());
        Ok(Store {
            client: Arc::new(Client::new(surroundings)),
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            endpoint,
            service: Arc::new(RwLock::new(service)),
        })
    }

    /// Returns what lies under a longer prefix.
    pub(super) fn below(&self, more: &str) -> Store {
        Store { prefix: key(&self.prefix, more), ..self.clone() }
    }

    /// Returns the key of a path.
    pub(super) fn key(&self, path: &str) -> String {
        key(&self.prefix, path)
    }

    /// Returns how a person names a path in it.
    pub(super) fn name(&self, path: &str) -> String {
        format!("s3://{}/{}", self.bucket, key(&self.prefix, path))
    }

    fn call(&self, method: Method, path: &str) -> Call<'static> {
        Call { method, ..Call::get(encoded(&format!("/{}", key(&self.prefix, path)))) }
    }

    fn send(&self, call: &Call<'_>) -> Result<Answer> {
        let mut followed = 0;
        loop {
            let service = self.service.read().unwrap_or_else(PoisonError::into_inner).clone();
            let answer = self.client.send(&service, call)?;
            if matches!(answer.status, 301 | 307 | 400 | 403)
                && followed < 2
                && let Some(region) = answer.refusal().region
                && region != service.region
            {
                followed += 1;
                let next = self::service(&self.bucket, self.endpoint.as_deref(), region);
                *self.service.write().unwrap_or_else(PoisonError::into_inner) = next;
                continue;
            }
            return Ok(answer);
        }
    }

    fn expect(&self, what: &str, call: &Call<'_>) -> Result<Answer> {
        let answer = self.send(call)?;
        if answer.is_fine() { Ok(answer) } else { Err(refused(what, &answer)) }
    }

    /// Reads an object; `None` where there is none.
    pub(super) fn get(&self, path: &str) -> Result<Option<Vec<u8>>> {
        self.get_version(path, None)
    }

    pub(super) fn get_version(&self, path: &str, id: Option<&str>) -> Result<Option<Vec<u8>>> {
        let mut call = self.call(Method::GET, path);
        call.query.extend(id.map(|id| ("versionId", id.to_owned())));
        let answer = self.send(&call)?;
        match answer.status {
            404 if answer.refusal().code != "NoSuchBucket" => Ok(None),
            _ if answer.is_fine() => Ok(Some(answer.body)),
            _ => Err(refused(&format!("read {}", self.name(path)), &answer)),
        }
    }

    /// Tells what is known of an object; `None` where there is none.
    pub(super) fn head(&self, path: &str, version: Option<&str>) -> Result<Option<Held>> {
        let mut call = self.call(Method::HEAD, path);
        call.query.extend(version.map(|id| ("versionId", id.to_owned())));
        let answer = self.send(&call)?;
        let text = |name: &str| answer.header(name).to_owned();
        match answer.status {
            404 => Ok(None),
            _ if answer.is_fine() => Ok(Some(Held {
                digest: Some(text(DIGEST)).filter(|digest| !digest.is_empty()),
                content_type: text("content-type"),
                cache_control: text("cache-control"),
                content_encoding: text("content-encoding"),
            })),
            _ => Err(refused(&format!("look at {}", self.name(path)), &answer)),
        }
    }

    pub(super) fn put(&self, path: &str, held: &Held, body: Sent<'_>) -> Result<()> {
        let call = Call { headers: held.headers(), body, ..self.call(Method::PUT, path) };
        self.expect(&format!("write {}", self.name(path)), &call).map(drop)
    }

    /// Puts an object there without sending its bytes: those of a version of a key of the bucket.
    pub(super) fn copy(
        &self,
        (from, version): (&str, Option<&str>),
        to: &str,
        held: &Held,
    ) -> Result<()> {
        let mut source = encoded(&format!("/{}/{from}", self.bucket));
        if let Some(id) = version {
            source.push_str("?versionId=");
            source.push_str(id);
        }
        let mut call = Call { headers: held.headers(), ..self.call(Method::PUT, to) };
        call.headers.push(("x-amz-copy-source", source));
        call.headers.push(("x-amz-metadata-directive", "REPLACE".to_owned()));
        self.expect(&format!("write {}", self.name(to)), &call).map(drop)
    }

    pub(super) fn delete(&self, path: &str) -> Result<()> {
        let answer = self.send(&self.call(Method::DELETE, path))?;
        if answer.is_fine() || answer.status == 404 {
            return Ok(());
        }
        Err(refused(&format!("remove {}", self.name(path)), &answer))
    }

    /// Lists all that is below the prefix; `None` when that is more than `limit`.
    pub(super) fn list(&self, limit: usize) -> Result<Option<Vec<Listed>>> {
        let mut found = Vec::new();
        let mut next = None;
        loop {
            let mut call = Call::get("/".to_owned());
            call.query.push(("list-type", "2".to_owned()));
            call.query.push(("prefix", self.prefix.clone()));
            call.query.extend(next.map(|token| ("continuation-token", token)));
            let what = format!("list {}", self.name(""));
            let answer = self.expect(&what, &call)?;
            let Some(listing) = Node::parse(&answer.body) else {
                return Err(fault(
                    &format!("cannot {what}: the store answers no XML"),
                    "check `--endpoint`",
                ));
            };
            for object in listing.all("Contents") {
                let Some(path) = object.at("Key").strip_prefix(&self.prefix) else { continue };
                found.push(Listed {
                    path: path.to_owned(),
                    bytes: object.at("Size").parse().unwrap_or(0),
                    modified: object.at("LastModified").to_owned(),
                });
            }
            let token = listing.at("NextContinuationToken");
            if listing.at("IsTruncated") != "true" || token.is_empty() {
                return Ok(Some(found));
            }
            if found.len() > limit {
                return Ok(None);
            }
            next = Some(token.to_owned());
        }
    }

    /// Returns all states of an object, the newest first.
    pub(super) fn versions(&self, path: &str) -> Result<Vec<Version>> {
        let mut call = Call::get("/".to_owned());
        let key = key(&self.prefix, path);
        call.query.push(("versions", String::new()));
        call.query.push(("prefix", key.clone()));
        let what = format!("list the versions of {}", self.name(path));
        let answer = self.expect(&what, &call)?;
        let listing = Node::parse(&answer.body).unwrap_or_default();
        let of = |name: &'static str| {
            let key = key.clone();
            listing.all(name).filter(move |it| it.at("Key") == key).map(move |it| Version {
                id: it.at("VersionId").to_owned(),
                modified: it.at("LastModified").to_owned(),
                is_removal: name == "DeleteMarker",
            })
        };
        let mut found: Vec<Version> = of("Version").chain(of("DeleteMarker")).collect();
        // The store lists the newest first; among equal times that order stays.
        found.sort_by(|a, b| b.modified.cmp(&a.modified));
        Ok(found)
    }

    /// Tells whether an object's bytes are these.
    pub(super) fn has(&self, path: &str, digest: &str) -> Result<bool> {
        Ok(self.get(path)?.is_some_and(|bytes| Digest::of(&bytes).to_string() == digest))
    }
}

fn refused(what: &str, answer: &Answer) -> anyhow::Error {
    let mut refusal = answer.refusal();
    if refusal.code.is_empty() && (300..400).contains(&refusal.status) {
        "PermanentRedirect".clone_into(&mut refusal.code);
    }
    told(what, &refusal, &utc_now())
}

/// Reads the address of a store.
fn endpoint_of(text: &str) -> Result<String> {
    let address = text.trim_end_matches('/');
    let is_address = ["https://", "http://"].iter().any(|scheme| {
        address
            .strip_prefix(scheme)
            .is_some_and(|rest| !rest.is_empty() && !rest.contains(['?', '#', ' ']))
    });
    if is_address {
        return Ok(address.to_owned());
    }
    Err(fault(
        &format!("`{text}` is no address of a store"),
        "write it whole, such as `--endpoint https://s3.example.org`",
    ))
}

/// Returns where a bucket is asked: by a name of its own at AWS, by its path at other stores.
fn service(bucket: &str, endpoint: Option<&str>, region: String) -> Service {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let base = match endpoint {
        Some(endpoint) => format!("{endpoint}/{bucket}"),
        // A certificate covers one name before the dot.
        None if bucket.bytes().all(plain) => format!("https://{bucket}.s3.{region}.{suffix}"),
        None => format!("https://s3.{region}.{suffix}/{bucket}"),
    };
    Service { name: "s3", region, base }
}
