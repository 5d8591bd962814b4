//! One page of the browser: it is shown addresses of a bundle and asked what it sees.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::{Browser, answer};
use crate::output::Output;

/// Where the bundle seems to be. No such host exists, and none is asked for.
pub(super) const ORIGIN: &str = "https://kami.invalid/";

/// Gives the output at an address of the bundle.
pub(super) type Files<'a> = &'a (dyn Fn(&str) -> Option<Arc<Output>> + Sync);

/// A page of a running browser.
pub struct Page<'a> {
    browser: &'a Browser,
    files: Files<'a>,
    target: String,
    session: String,
    messages: Receiver<Json>,
    state: RefCell<State>,
}

#[derive(Debug, Default)]
struct State {
    loaded: bool,
    /// Addresses outside of the bundle that the page asked for in vain.
    refused: Vec<String>,
}

impl Browser {
    /// Opens an empty page as large as a slide, `scale` device pixels to a pixel.
    pub fn page<'a>(&'a self, files: Files<'a>, size: (u32, u32), scale: f64) -> Result<Page<'a>> {
        let made = self.call("Target.createTarget", &json!({ "url": "about:blank" }))?;
        let target = made["targetId"].as_str().context("a page has a name")?.to_owned();
        let attach = json!({ "targetId": target, "flatten": true });
        let attached = self.call("Target.attachToTarget", &attach)?;
        let session = attached["sessionId"].as_str().context("a session has a name")?.to_owned();
        let messages = self.pipe.route(&session);
        let page =
            Page { browser: self, files, target, session, messages, state: RefCell::default() };
        page.call("Page.enable", &json!({}))?;
        page.call("Fetch.enable", &json!({ "patterns": [{ "urlPattern": "*" }] }))?;
        page.resize(size, scale)?;
        let features = json!([
            { "name": "prefers-color-scheme", "value": "light" },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        page.call("Emulation.setEmulatedMedia", &json!({ "features": features }))?;
        Ok(page)
    }
}

impl Page<'_> {
    /// Makes the page as large as a slide.
    pub fn resize(&self, (width, height): (u32, u32), scale: f64) -> Result<()> {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", &metrics).map(drop)
    }

    /// Goes to an address of the bundle and waits until all of it has come.
    pub fn open(&self, address: &str) -> Result<()> {
        self.state.borrow_mut().loaded = false;
        let gone = self.call("Page.navigate", &json!({ "url": format!("{ORIGIN}{address}") }))?;
        if let Some(error) = gone["errorText"].as_str() {
            bail!("the browser cannot open {address}: {error}");
        }
        while !self.state.borrow().loaded {
            let message = self.browser.receive(&self.messages, "the page")?;
            self.heed(&message)?;
        }
        Ok(())
    }

    /// Runs a script, waits for what it promises and returns that.
    pub fn evaluate(&self, script: &str) -> Result<Json> {
        let parameters =
            json!({ "expression": script, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.call("Runtime.evaluate", &parameters)?;
        if let Some(thrown) = answer.get("exceptionDetails") {
            let text = thrown["exception"]["description"].as_str().or(thrown["text"].as_str());
            bail!("a script failed in the browser: {}", text.unwrap_or("no reason"));
        }
        Ok(answer["result"]["value"].take())
    }

    /// Prints the page in the size that its style sheet asks for.
    pub fn pdf(&self) -> Result<Vec<u8>> {
        let parameters = json!({
            "printBackground": true,
            "preferCSSPageSize": true,
            "generateTaggedPDF": true,
            "transferMode": "ReturnAsStream",
        });
        let printed = self.call("Page.printToPDF", &parameters)?;
        let stream = printed["stream"].as_str().context("a print comes as a stream")?;
        let mut bytes = Vec::new();
        loop {
            let part = self.call("IO.read", &json!({ "handle": stream, "size": 1 << 20 }))?;
            let data = part["data"].as_str().unwrap_or_default();
            if part["base64Encoded"] == true {
                bytes.extend(STANDARD.decode(data).context("read the browser's print")?);
            } else {
                bytes.extend_from_slice(data.as_bytes());
            }
            if part["eof"] == true {
                break;
            }
        }
        self.call("IO.close", &json!({ "handle": stream }))?;
        Ok(bytes)
    }

    /// Takes a picture of the whole page.
    pub fn png(&self) -> Result<Vec<u8>> {
        let shot = self.call("Page.captureScreenshot", &json!({ "format": "png" }))?;
        STANDARD
            .decode(shot["data"].as_str().unwrap_or_default())
            .context("read the browser's picture")
    }

    /// Returns the addresses outside of the bundle that were asked for and refused.
    pub fn refused(&self) -> Vec<String> {
        self.state.borrow().refused.clone()
    }

    fn call(&self, method: &str, parameters: &Json) -> Result<Json> {
        let id = self.browser.pipe.send(&self.session, method, parameters)?;
        loop {
            let message = self.browser.receive(&self.messages, method)?;
            if message["id"] == id {
                return answer(message, method);
            }
            self.heed(&message)?;
        }
    }

    /// Takes note of something that happened on the page.
    fn heed(&self, message: &Json) -> Result<()> {
        match message["method"].as_str() {
            Some("Fetch.requestPaused") => self.serve(&message["params"]),
            Some("Page.loadEventFired") => {
                self.state.borrow_mut().loaded = true;
                Ok(())
            }
            Some("Inspector.targetCrashed") => {
                Err(anyhow!("the browser's page crashed\nhelp: the machine may be short of memory"))
            }
            _ => Ok(()),
        }
    }

    /// Answers a request with the bundle's own file.
    fn serve(&self, request: &Json) -> Result<()> {
        let id = &request["requestId"];
        let url = request["request"]["url"].as_str().unwrap_or_default();
        let Some(path) = url.strip_prefix(ORIGIN) else {
            if url.starts_with("http") {
                self.state.borrow_mut().refused.push(url.to_owned());
            }
            let refusal = json!({ "requestId": id, "errorReason": "BlockedByClient" });
            return self.browser.pipe.send(&self.session, "Fetch.failRequest", &refusal).map(drop);
        };
        let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
        let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
        let answer = match (self.files)(&path) {
            Some(output) => json!({
                "requestId": id,
                "responseCode": 200,
                "responseHeaders": [{ "name": "Content-Type", "value": output.content_type }],
                "body": STANDARD.encode(&output.bytes),
            }),
            None => json!({ "requestId": id, "responseCode": 404 }),
        };
        self.browser.pipe.send(&self.session, "Fetch.fulfillRequest", &answer).map(drop)
    }
}

impl std::fmt::Debug for Page<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Page").field("session", &self.session).finish_non_exhaustive()
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        self.browser.pipe.forget(&self.session);
        // A browser that is gone has closed it.
        drop(self.browser.pipe.send("", "Target.closeTarget", &json!({ "targetId": self.target })));
    }
}
