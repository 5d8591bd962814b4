//! CloudFront, as far as a deploy needs it: where a distribution looks, and what it is to forget.

use std::ops::Range;

use anyhow::Result;
use getrandom::fill;
use http::Method;

use super::access::Surroundings;
use super::client::{Answer, Call, Client, Sent, Service, hex, told};
use super::paths::ascii;
use super::store::Store;
use super::utc_now;
use crate::xml::escaped;

const VERSION: &str = "2020-05-31";

#[derive(Debug)]
pub(super) struct CloudFront {
    client: Client,
    service: Service,
    id: String,
}

impl CloudFront {
    pub(super) fn new(
        id: &str,
        endpoint: Option<&str>,
        surroundings: &Surroundings,
    ) -> Result<CloudFront> {
        let of_environment = ["AWS_ENDPOINT_URL_CLOUDFRONT", "AWS_ENDPOINT_URL"];
        let mut of_environment = of_environment.iter().filter_map(|it| surroundings.variable(it));
        let base = of_environment.next().or(endpoint).unwrap_or("https://cloudfront.amazonaws.com");
        let plain = |b: u8| b.is_ascii_alphanumeric();
        if id.is_empty() || !id.bytes().all(plain) {
            let help = "it is a name such as E2QWRUHAPOMQZL: `aws cloudfront list-distributions` lists them";
            return Err(super::fault(&format!("`{id}` is no distribution of CloudFront"), help));
        }
        Ok(CloudFront {
            client: Client::new(surroundings),
            // Its interface is in one region, whatever those of the buckets are.
            service: Service {
                name: "cloudfront",
                region: "us-east-1".to_owned(),
                base: base.trim_end_matches('/').to_owned(),
            },
            id: id.to_owned(),
        })
    }

    fn path(&self, rest: &str) -> String {
        format!("/{VERSION}/distribution/{}{rest}", self.id)
    }

    fn refused(&self, what: &str, answer: &Answer) -> anyhow::Error {
        told(&format!("{what} of distribution {}", self.id), &answer.refusal(), &utc_now())
    }

    /// Returns what readers write before a path of the bundle: the prefix of the keys, less what the
    /// distribution puts before each path by itself.
    pub(super) fn root(&self, store: &Store) -> Result<String> {
        let prefix = store.prefix.trim_end_matches('/');
        let answer = self.client.send(&self.service, &Call::get(self.path("/config")))?;
        if !answer.is_fine() {
            // Who may only have paths forgotten has the bundle where the origin begins, sooner than not.
            return match answer.status {
                403 => Ok(String::new()),
                _ => Err(self.refused("read the configuration", &answer)),
            };
        }
        let config = String::from_utf8_lossy(&answer.body).into_owned();
        let ours =
            origins(&config).into_iter().find(|origin| is_of(&config[origin.clone()], store));
        let path = ours.map(|origin| origin_path(&config[origin])).unwrap_or_default();
        let path = path.trim_matches('/');
        let rest = prefix.strip_prefix(path).unwrap_or(prefix).trim_matches('/');
        Ok(if rest.is_empty() { String::new() } else { format!("/{rest}") })
    }

    /// Has the distribution look below a path of the bucket, and of buckets that are copies of it; tells
    /// whether it looked elsewhere before.
    pub(super) fn point_to(&self, home: &Store, path: &str) -> Result<bool> {
        let what = "point the origin";
        let answer = self.client.send(&self.service, &Call::get(self.path("/config")))?;
        if !answer.is_fine() {
            return Err(self.refused(what, &answer));
        }
        let mut config = String::from_utf8_lossy(&answer.body).into_owned();
        let (before, base) = (config.clone(), home.prefix.trim_end_matches('/'));
        let mut is_there = false;
        for origin in origins(&before).into_iter().rev() {
            let text = &before[origin.clone()];
            let own = origin_path(text);
            let is_ours = own.trim_matches('/') == base
                || own.trim_start_matches('/').starts_with(&format!("{}releases/", home.prefix));
            if is_of(text, home) || (is_ours && !text.contains("<CustomOriginConfig>")) {
                is_there = true;
                config.replace_range(origin, &with_path(text, path));
            }
        }
        if !is_there {
            let what =
                format!("distribution {} has no origin in the bucket {}", self.id, home.bucket);
            return Err(super::fault(&what, "check `--distribution` and the bucket"));
        }
        if config == before {
            return Ok(false);
        }
        let call = Call {
            method: Method::PUT,
            headers: vec![
                ("content-type", "application/xml".to_owned()),
                ("if-match", answer.header("etag").to_owned()),
            ],
            body: Sent::Bytes(config.as_bytes()),
            ..Call::get(self.path("/config"))
        };
        let answer = self.client.send(&self.service, &call)?;
        if answer.is_fine() { Ok(true) } else { Err(self.refused(what, &answer)) }
    }

    /// Has paths forgotten.
    pub(super) fn invalidate(&self, paths: &[String]) -> Result<()> {
        let mut mark = [0; 12];
        // Two deploys of one bundle are two: the one in between may be what is to be forgotten.
        let _ = fill(&mut mark);
        let items = paths
            .iter()
            .fold(String::new(), |items, path| items + "<Path>" + &escaped(path) + "</Path>");
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/{VERSION}/\"><Paths><Quantity>{}</Quantity><Items>{items}</Items></Paths><CallerReference>kami-{}</CallerReference></InvalidationBatch>",
            paths.len(),
            hex(&mark)
        );
        let call = Call {
            method: Method::POST,
            headers: vec![("content-type", "application/xml".to_owned())],
            body: Sent::Bytes(body.as_bytes()),
            ..Call::get(self.path("/invalidation"))
        };
        let answer = self.client.send(&self.service, &call)?;
        if answer.is_fine() { Ok(()) } else { Err(self.refused("renew the caches", &answer)) }
    }
}

/// Returns where in a configuration each origin stands.
fn origins(config: &str) -> Vec<Range<usize>> {
    let starts = config.match_indices("<Origin>").map(|(at, _)| at);
    starts.filter_map(|at| Some(at..at + config[at..].find("</Origin>")?)).collect()
}

/// Tells whether an origin is the bucket itself.
fn is_of(origin: &str, store: &Store) -> bool {
    let name = origin.split("<DomainName>").nth(1).unwrap_or_default();
    name.trim_start().strip_prefix(&*store.bucket).is_some_and(|rest| rest.starts_with('.'))
}

fn origin_path(origin: &str) -> &str {
    let path = origin.split("<OriginPath>").nth(1).and_then(|rest| rest.split('<').next());
    path.unwrap_or_default().trim()
}

/// Returns an origin with another path.
fn with_path(origin: &str, path: &str) -> String {
    let path = format!("<OriginPath>{}</OriginPath>", escaped(&ascii(path)));
    for (start, end) in
        [("<OriginPath>", "</OriginPath>"), ("<OriginPath/>", ""), ("<OriginPath />", "")]
    {
        if let Some(at) = origin.find(start)
            && let Some(length) = origin[at + start.len()..].find(end)
        {
            let rest = &origin[at + start.len() + length + end.len()..];
            return format!("{}{path}{rest}", &origin[..at]);
        }
    }
    origin.replacen("</DomainName>", &format!("</DomainName>{path}"), 1)
}
