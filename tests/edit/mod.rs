//! Editing over HTTP: what is saved, what is refused, and that nothing is ever lost.

mod desk;
mod fence;
mod form;
mod harm;
mod save;
mod upload;
mod writers;

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use serde_json::Value as Json;

use crate::serve::{Answer, Served, send};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PAGE: &str = "/_kami/source/wiki/Page.md";

/// Sends a request with a body; `headers` are whole lines.
fn ask(port: u16, method: &str, target: &str, headers: &str, body: &[u8]) -> Answer {
    let length = body.len();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    send(HERE, port, &[head.as_bytes(), body].concat())
}

/// Saves a text over a revision, or as a new one.
fn put(served: &Served, target: &str, rev: &str, text: &str) -> Answer {
    let condition =
        if rev.is_empty() { "If-None-Match: *".to_owned() } else { format!("If-Match: {rev}") };
    ask(served.port, "PUT", target, &format!("{condition}\r\n"), text.as_bytes())
}

/// Returns the revision of a text, as its tag.
#[track_caller]
fn rev(served: &Served, target: &str) -> String {
    let answer = served.get(target);
    assert_eq!(answer.status, 200, "{target}: {}", answer.text());
    answer.header("etag").expect("a text has a tag").to_owned()
}

#[track_caller]
fn json(answer: &Answer) -> Json {
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("JSON: {}", answer.text()))
}

fn read(site: &Path, path: &str) -> String {
    fs::read_to_string(site.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns all files below a folder with what they hold, but for what `.kami/` keeps.
fn tree(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("it is a folder").flatten() {
            let path = entry.path();
            let inside = path.strip_prefix(folder).expect("it lies there").display().to_string();
            if path.is_dir() && inside != ".kami" {
                folders.push(path);
            } else if path.is_file() {
                found.push((inside, fs::read(&path).unwrap_or_default()));
            }
        }
    }
    found.sort();
    found
}
