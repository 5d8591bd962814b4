//! The CloudFormation template: what was asked for, and the functions that know a bundle's addresses.

use serde_json::{Map, Value as Json, json};

use super::rules::{Redirect, Rules};
use super::{DATA, MEDIA, ascii_json, base_path, folders, own_endings, public_host, quoted, slug};
use crate::compile::Bundle;
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::output::host_text;

/// How large a function at the edge may be.
const FUNCTION_BYTES_MAX: usize = 10_240;
/// How large a template may be that is handed over as it is.
pub(super) const BODY_BYTES_MAX: usize = 51_200;
/// Where certificates and functions for CloudFront live.
const MAIN_REGION: &str = "us-east-1";

/// What a template is asked to have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloudFront {
    /// A server whose pages are to be kept; without one, the bundle is all there is.
    pub origin: Option<String>,
    /// Where a second bucket stands.
    pub replica: Option<String>,
    /// The name that readers know the site by.
    pub domain: Option<String>,
}

impl CloudFront {
    /// Tells what is wrong with what was asked for, and the remedy.
    pub fn fault(&self) -> Option<(String, &'static str)> {
        for (flag, name) in [("--domain", &self.domain), ("--custom-origin", &self.origin)] {
            if let Some(name) = name.as_deref().filter(|name| !is_host(name)) {
                let help =
                    "write the name alone, such as www.example.org, without https:// or a path";
                return Some((format!("`{flag} {name}` is no name of a host"), help));
            }
        }
        if let Some(region) = self.replica.as_deref() {
            if !is_region(region) {
                let help =
                    "regions are called as ap-northeast-3: `aws account list-regions` lists them";
                return Some((format!("`--replica-region {region}` is no region"), help));
            }
            if region == MAIN_REGION && (self.domain.is_some() || self.origin.is_some()) {
                let help = "the certificate or the functions of CloudFront have to be there: choose another region for the second bucket";
                return Some((format!("the stack itself stands in {MAIN_REGION}"), help));
            }
        }
        (self.origin.is_some() && self.origin == self.domain).then(|| {
            let what =
                "the server and its readers' name are the same, so CloudFront would ask itself";
            (what.to_owned(), "give the server a name of its own, such as origin.example.org")
        })
    }

    /// Returns the flags as they were written.
    fn flags(&self) -> String {
        let said = [
            (" --custom-origin ", &self.origin),
            (" --replica-region ", &self.replica),
            (" --domain ", &self.domain),
        ];
        said.iter().filter_map(|(flag, value)| Some(format!("{flag}{}", value.as_ref()?))).collect()
    }

    pub(super) fn values(
        &self,
        bundle: &Bundle,
        rules: &Rules,
    ) -> Result<(Json, Vec<String>), Diagnostic> {
        let (script, notes) = match self.origin {
            None => edge_function(bundle, rules)?,
            Some(_) => (origin_function(bundle, rules)?, Vec::new()),
        };
        let indent = if self.origin.is_some() { "          " } else { "        " };
        let known = |name: &str| rules.headers.iter().find(|it| it.name.eq_ignore_ascii_case(name));
        let own: Vec<Json> = rules
            .headers
            .iter()
            .filter(|it| !SECURITY.iter().any(|name| it.name.eq_ignore_ascii_case(name)))
            .map(|it| json!({"name": quoted(&it.name), "value": quoted(&it.value)}))
            .collect();
        let csp = known("content-security-policy");
        let own_frames = csp.is_some_and(|csp| csp.value.ends_with("frame-ancestors 'self'"));
        let referrer =
            known("referrer-policy").map_or("strict-origin-when-cross-origin", |it| &it.value);
        let condition = |is: bool, name: &str, deep: &str| {
            if is { format!("\n{deep}Condition: {name}") } else { String::new() }
        };
        let replica = self.replica.is_some();
        let spare = replica && self.origin.is_some();
        let host = self
            .domain
            .clone()
            .unwrap_or_else(|| self.origin.clone().unwrap_or_else(|| public_host(bundle)));
        let values = json!({
            "flags": self.flags(),
            "name": quoted(&slug(&host)),
            "domain": self.domain.as_deref().map(quoted),
            "origin": self.origin.as_deref().map(quoted),
            "replica": self.replica,
            "main": condition(replica, "IsMain", "    "),
            "main_output": condition(replica, "IsMain", "    "),
            "spare": condition(spare, "IsReplica", "    "),
            "spare_output": condition(spare, "IsReplica", "    "),
            "csp": csp.map(|csp| quoted(&csp.value)),
            "own_frames": own_frames,
            "own_headers": own,
            "referrer": quoted(referrer),
            "function": indented(&script, indent),
            "digest": Digest::of(script.as_bytes()).short(),
        });
        Ok((values, notes))
    }
}

/// Headers that a policy of CloudFront has a place of its own for.
const SECURITY: &[&str] = &[
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "x-frame-options",
    "strict-transport-security",
    "cache-control",
];

fn is_host(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(label)
}

fn is_region(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let word = |part: &&str| part.len() > 1 && part.bytes().all(|b| b.is_ascii_lowercase());
    let number =
        parts.last().is_some_and(|last| last.len() == 1 && last.as_bytes()[0].is_ascii_digit());
    parts.len() >= 3 && number && parts[..parts.len() - 1].iter().all(word)
}

/// Writes the function that the edge asks for each request; old addresses beyond its size are told.
fn edge_function(bundle: &Bundle, rules: &Rules) -> Result<(String, Vec<String>), Diagnostic> {
    let mut table = Table::of(&rules.redirects);
    let all = table.len();
    let mut script = filled(bundle, &table)?;
    while script.len() > FUNCTION_BYTES_MAX && table.len() > 0 {
        // Each entry takes a few bytes more than its texts.
        table.shorten(script.len() - FUNCTION_BYTES_MAX);
        script = filled(bundle, &table)?;
    }
    let mut notes = Vec::new();
    if table.len() < all {
        notes.push(format!(
            "{} of {all} old addresses fit the {FUNCTION_BYTES_MAX} bytes of a function at the edge; readers of the others come by the small pages that stand there",
            table.len()
        ));
    }
    Ok((script, notes))
}

/// Writes the function that says which file of the spare is meant.
fn origin_function(bundle: &Bundle, rules: &Rules) -> Result<String, Diagnostic> {
    let script = filled(bundle, &Table::of(&rules.redirects))?;
    Ok(script + &host_text(&bundle.sources, "lambda.js", &json!({}))?)
}

fn filled(bundle: &Bundle, table: &Table) -> Result<String, Diagnostic> {
    let mut data: Vec<String> = DATA.iter().map(|it| (*it).to_owned()).collect();
    data.extend(own_endings(bundle));
    let base = base_path(bundle.site());
    let base = percent_encoding::percent_decode_str(&base).decode_utf8_lossy().into_owned();
    let values = json!({
        "base": quoted(&base),
        "folders": ascii_json(&json!(folders(bundle))),
        "moved": object(&table.moved),
        "exact": object(&table.exact),
        "below": object(&table.below),
        "media": MEDIA.join("|"),
        "data": data.join("|"),
    });
    host_text(&bundle.sources, "function.js", &values)
}

/// Old addresses as a script looks them up.
#[derive(Debug, Default)]
struct Table {
    /// With `.html` at the end and without.
    moved: Vec<(String, String)>,
    exact: Vec<(String, String)>,
    below: Vec<(String, String)>,
}

impl Table {
    fn of(redirects: &[Redirect]) -> Table {
        let mut table = Table::default();
        let mut rules = redirects.iter().peekable();
        while let Some(rule) = rules.next() {
            let to = match rule.status {
                301 => rule.to.clone(),
                status => format!("{status} {}", rule.to),
            };
            let same = |next: &&Redirect| {
                next.from.strip_suffix(".html") == Some(&rule.from)
                    && (&next.to, next.status, next.below) == (&rule.to, rule.status, false)
            };
            let (from, both) = (rule.from.clone(), !rule.below && rules.next_if(same).is_some());
            match (rule.below, both) {
                (true, _) => table.below.push((from, to)),
                (false, true) => table.moved.push((from, to)),
                (false, false) => table.exact.push((from, to)),
            }
        }
        table
    }

    fn len(&self) -> usize {
        self.moved.len() + self.exact.len() + self.below.len()
    }

    /// Leaves out entries from the end until about so many bytes are gone.
    fn shorten(&mut self, bytes: usize) {
        let mut gone = 0;
        while gone < bytes {
            let last = self.moved.pop().or_else(|| self.exact.pop()).or_else(|| self.below.pop());
            let Some((from, to)) = last else { return };
            gone += quoted(&from).len() + quoted(&to).len() + 4;
        }
    }
}

/// Writes a table as an object, one entry a line.
fn object(entries: &[(String, String)]) -> String {
    if entries.is_empty() {
        return "{}".to_owned();
    }
    let entries: Map<String, Json> =
        entries.iter().map(|(from, to)| (from.clone(), json!(to))).collect();
    let lines: Vec<String> = entries
        .iter()
        .map(|(from, to)| format!("  {}: {},\n", quoted(from), ascii_json(to)))
        .collect();
    format!("{{\n{}}}", lines.concat())
}

fn indented(script: &str, indent: &str) -> String {
    let lines = script
        .lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") });
    lines.collect::<Vec<_>>().join("\n")
}
