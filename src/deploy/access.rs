//! The account's side: credentials from where AWS's own tools look for them, and the region.
//!
//! Nothing in here is ever printed; what is debugged of a credential is blanked by its crate.

#![expect(clippy::disallowed_methods, reason = "profile files are read here")]

use std::collections::HashMap;
use std::fs;
use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Poll, Waker};

use anyhow::Result;
use bytes::Bytes;
use http::request::Parts;
use reqsign_aws_v4::{Credential, DefaultCredentialProvider, RequestSigner};
use reqsign_core::{
    Context, FileRead, HttpSend, ProvideCredential as _, SignRequest as _, StaticEnv,
};

use super::fault;

/// What the command line found around it.
#[derive(Clone, Default)]
pub struct Surroundings {
    pub variables: HashMap<String, String>,
    pub home: Option<PathBuf>,
}

impl std::fmt::Debug for Surroundings {
    /// Variables hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("home", &self.home).finish_non_exhaustive()
    }
}

impl Surroundings {
    /// Returns a variable that says something.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns the region that requests are signed for until a store names another.
    pub(super) fn region(&self) -> String {
        let own = self.variable("AWS_REGION").or_else(|| self.variable("AWS_DEFAULT_REGION"));
        let of_profile = || self.setting("region");
        own.map(str::to_owned).or_else(of_profile).unwrap_or_else(|| "us-east-1".to_owned())
    }

    /// Reads what the profile says of a key in the configuration file.
    fn setting(&self, key: &str) -> Option<String> {
        let profile = self.variable("AWS_PROFILE").unwrap_or("default");
        let path = match self.variable("AWS_CONFIG_FILE") {
            Some(path) => PathBuf::from(path),
            None => self.home.as_ref()?.join(".aws/config"),
        };
        let text = fs::read_to_string(path).ok()?;
        let (mut is_ours, mut found) = (false, None);
        for line in text.lines().map(str::trim) {
            if let Some(section) = line.strip_prefix('[').and_then(|line| line.split(']').next()) {
                let name = section.trim();
                is_ours = name.strip_prefix("profile ").unwrap_or(name).trim() == profile;
            } else if is_ours
                && let Some((name, value)) = line.split_once('=')
                && name.trim() == key
            {
                found = Some(value.trim().to_owned());
            }
        }
        found
    }
}

/// Signs requests with the credentials of the account.
#[derive(Debug)]
pub(super) struct Access {
    context: Context,
    provider: DefaultCredentialProvider,
    credential: Mutex<Option<Credential>>,
}

impl Access {
    pub(super) fn new(surroundings: &Surroundings, agent: ureq::Agent) -> Access {
        let environment =
            StaticEnv { home_dir: surroundings.home.clone(), envs: surroundings.variables.clone() };
        let mut provider = DefaultCredentialProvider::builder().no_process().no_sso();
        if surroundings.variable("AWS_EC2_METADATA_DISABLED") == Some("true") {
            provider = provider.no_imds();
        }
        Access {
            context: Context::new()
                .with_env(environment)
                .with_file_read(Disk)
                .with_http_send(Wire(agent)),
            provider: provider.build(),
            credential: Mutex::default(),
        }
    }

    /// Adds to a request what proves who asks.
    pub(super) fn sign(&self, parts: &mut Parts, service: &str, region: &str) -> Result<()> {
        let credential = self.credential()?;
        let signer = RequestSigner::new(service, region);
        let signed = at_once(signer.sign_request(&self.context, parts, Some(&credential), None));
        signed.map_err(|error| fault(&format!("cannot sign a request: {error}"), RENEW))
    }

    fn credential(&self) -> Result<Credential> {
        let mut kept = self.credential.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(credential) = &*kept {
            return Ok(credential.clone());
        }
        let found = self.load()?;
        *kept = Some(found.clone());
        Ok(found)
    }

    /// Looks for the credentials again, as those with this token have run out; tells whether there are others now.
    pub(super) fn renew(&self, token: &str) -> bool {
        let mut kept = self.credential.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(found) = self.load() else { return false };
        let other = found.session_token.as_deref().unwrap_or_default() != token;
        *kept = Some(found);
        other
    }

    fn load(&self) -> Result<Credential> {
        let help = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile of ~/.aws/credentials in AWS_PROFILE";
        match at_once(self.provider.provide_credential(&self.context)) {
            Ok(Some(credential)) => Ok(credential),
            Ok(None) => Err(fault("there are no credentials for the store", help)),
            Err(error) => {
                let what = format!("the credentials for the store cannot be read: {error}");
                Err(fault(&what, help))
            }
        }
    }
}

pub(super) const RENEW: &str =
    "get new credentials and deploy again: what is there already is not sent again";

/// Runs a future of which nothing waits: our files and requests block until they are done.
fn at_once<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = std::task::Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::yield_now();
    }
}

#[derive(Debug)]
struct Disk;

impl FileRead for Disk {
    async fn file_read(&self, path: &str) -> reqsign_core::Result<Vec<u8>> {
        fs::read(path).map_err(|error| {
            reqsign_core::Error::config_invalid(format!("{path} cannot be read")).with_source(error)
        })
    }
}

/// Asks the services that hand out credentials.
#[derive(Debug)]
struct Wire(ureq::Agent);

impl HttpSend for Wire {
    async fn http_send(
        &self,
        request: http::Request<Bytes>,
    ) -> reqsign_core::Result<http::Response<Bytes>> {
        let failed = |error: ureq::Error| {
            reqsign_core::Error::unexpected("no credentials from the network").with_source(error)
        };
        let (parts, body) = request.into_parts();
        let request = http::Request::from_parts(parts, body.to_vec());
        let (parts, mut body) = self.0.run(request).map_err(failed)?.into_parts();
        let bytes = body.read_to_vec().map_err(failed)?;
        Ok(http::Response::from_parts(parts, Bytes::from(bytes)))
    }
}
