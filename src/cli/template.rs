//! `kami template`: what a host wants to be told, on standard output.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::report::Reporter;
use crate::compile::{Bundle, compile};
use crate::hosting::{self, CloudFront};
use crate::load;
use crate::page::Options;
use crate::source::Sources;

#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    #[command(subcommand)]
    host: Host,
}

#[derive(Debug, clap::Subcommand)]
enum Host {
    /// A CloudFormation template: a private bucket behind CloudFront, or a server with the bundle as its spare
    Cloudfront {
        #[command(flatten)]
        site: Site,
        /// Keep the pages of this WordPress or MediaWiki server, with the bundle as its spare
        #[arg(long, value_name = "HOST")]
        custom_origin: Option<String>,
        /// Keep a second bucket in this region
        #[arg(long, value_name = "REGION")]
        replica_region: Option<String>,
        /// The name that readers know the site by, with its certificate and DNS records
        #[arg(long, value_name = "NAME")]
        domain: Option<String>,
    },
    /// A workflow for GitHub Actions that builds and publishes the site
    GithubPages(Site),
    /// netlify.toml
    Netlify(Site),
    /// wrangler.toml
    CloudflarePages(Site),
    /// A server of nginx
    Nginx(Site),
    /// A Caddyfile
    Caddy(Site),
    /// The VCL of a Varnish before `kami serve --read-only`
    Varnish(Site),
}

#[derive(Debug, clap::Args)]
struct Site {
    /// A site folder or one Markdown file [default: the nearest folder upwards with kami.toml, else here]
    path: Option<PathBuf>,
}

pub(super) fn run(flags: &Flags, reporter: &Reporter) -> Result<u8> {
    let (site, host) = match &flags.host {
        Host::Cloudfront { site, custom_origin, replica_region, domain } => {
            let asked = CloudFront {
                origin: custom_origin.clone(),
                replica: replica_region.clone(),
                domain: domain.clone(),
            };
            if let Some((what, help)) = asked.fault() {
                bail!("{what}\nhelp: {help}");
            }
            (site, hosting::Host::CloudFront(asked))
        }
        Host::GithubPages(site) => (site, hosting::Host::GithubPages),
        Host::Netlify(site) => (site, hosting::Host::Netlify),
        Host::CloudflarePages(site) => (site, hosting::Host::CloudflarePages),
        Host::Nginx(site) => (site, hosting::Host::Nginx),
        Host::Caddy(site) => (site, hosting::Host::Caddy),
        Host::Varnish(site) => (site, hosting::Host::Varnish(hosting::Varnish::on_a_host())),
    };
    let bundle = bundle(site, reporter)?;
    match hosting::host_template(&bundle, &host) {
        Ok(told) => {
            reporter.answer(&told.text);
            for note in &told.notes {
                reporter.note(note);
            }
            Ok(0)
        }
        Err(fault) => {
            reporter.diagnostic(&bundle.locate(&fault));
            Ok(1)
        }
    }
}

/// Compiles the site; where there is none, the text is for a site without old addresses.
fn bundle(site: &Site, reporter: &Reporter) -> Result<Bundle> {
    let read = || {
        let root = super::root_of(site.path.as_deref())?;
        let options = Options { file: super::name_of(&root), ..Options::default() };
        Ok((load::load(&root)?, options))
    };
    let (sources, options) = match (read(), &site.path) {
        (Ok(found), _) => found,
        (Err(error), Some(_)) => return Err(error),
        (Err(_), None) => {
            reporter.note("there is no site here, so the text knows no addresses: run it in the site's folder, or name that");
            (Sources::new(), Options::default())
        }
    };
    Ok(compile(sources, options))
}
