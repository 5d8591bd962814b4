//! Diagnostics -> SARIF 2.1.0: what code hosts and editors read.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value as Json, json};

use super::{Located, Severity, rules};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What a path may hold as it is in a URI.
const KEPT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Writes a log of one run: every rule of ours, and what was found, in its order.
pub fn log(found: &[Located]) -> String {
    let places: BTreeMap<&str, usize> = rules::ALL.iter().map(|rule| rule.code).zip(0..).collect();
    let rules: Vec<Json> = rules::ALL
        .iter()
        .map(|rule| {
            let first = rule.explanation.split_inclusive(". ").next().unwrap_or(rule.explanation);
            json!({
                "id": rule.code,
                "shortDescription": { "text": first.trim_end() },
                "fullDescription": { "text": rule.explanation },
                "help": { "text": rule.explanation },
                "defaultConfiguration": { "level": level(rule.severity) },
            })
        })
        .collect();
    let results: Vec<Json> =
        found.iter().map(|located| result(located, places.get(located.code))).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "kamishibai",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Hint => "note",
        other => other.name(),
    }
}

fn result(located: &Located, rule: Option<&usize>) -> Json {
    let path = located.path.trim_start_matches("./");
    let uri = utf8_percent_encode(path, KEPT).to_string();
    json!({
        "ruleId": located.code,
        "ruleIndex": rule,
        "level": level(located.severity),
        "message": { "text": format!("{}\nhelp: {}", located.message, located.help) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri },
            "region": {
                "startLine": located.line,
                "startColumn": located.column,
                "endColumn": located.column + located.width,
            },
        } }],
    })
}
