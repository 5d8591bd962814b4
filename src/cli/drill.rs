//! `kami drill`: the outage rehearsed, as a table.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, anyhow, bail};

use super::report::Reporter;
use crate::compile::{Bundle, compile};
use crate::config::closest;
use crate::drill::{DEFAULT_TIMELINE, Drill, timeline};
use crate::hosting::{Host, Varnish, host_template};
use crate::load;
use crate::page::Options;
use crate::varnish::{Cache, PATIENCE, SECOND, Stand};

#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// A site folder or one Markdown file [default: the nearest folder upwards with kami.toml, else here]
    path: Option<PathBuf>,
    /// An address that readers ask for once a minute, such as wiki/EBS.html; may come several times
    #[arg(long, value_name = "ADDRESS")]
    page: Vec<String>,
    /// What happens to the origin: well, slow, errors, gone or back, each with minutes, hours or days
    #[arg(long, value_name = "LINE", default_value = DEFAULT_TIMELINE)]
    timeline: String,
    /// Let a second origin answer where the first does not, as --replica-region and --custom-origin make it
    #[arg(long)]
    spare: bool,
    /// Ask a real Varnish, which has to be installed, with the VCL of `kami template varnish`; a minute takes 60 ms
    #[arg(long, conflicts_with = "spare")]
    varnish: bool,
}

pub(super) fn run(flags: &Flags, reporter: &Reporter) -> Result<()> {
    let phases = timeline(&flags.timeline).map_err(|what| {
        anyhow!("{what}\nhelp: write it such as --timeline \"{DEFAULT_TIMELINE}\"")
    })?;
    let root = super::root_of(flags.path.as_deref())?;
    let options = Options { file: super::name_of(&root), ..Options::default() };
    let bundle = compile(load::load(&root)?, options);
    let mut pages = Drill::pages_of(&bundle);
    if !flags.page.is_empty() {
        pages.clone_from(&flags.page);
        for page in &mut pages {
            *page = page.trim_start_matches('/').to_owned();
            if bundle.output(page).is_none() {
                let addresses = bundle.addresses_beside_search();
                let near = closest(page, addresses.iter().map(String::as_str));
                let help = near.map_or_else(
                    || "`kami build` writes bundle.json, which lists all addresses".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                bail!("nothing of the site is at `{page}`\nhelp: {help}");
            }
        }
    }
    let drill = Drill { pages, timeline: phases, spare: flags.spare };
    let table =
        if flags.varnish { seen_in_varnish(&drill, bundle, reporter)? } else { drill.table() };
    reporter.answer(&table);
    Ok(())
}

/// Rehearses with Varnish, in a time that passes a thousand times faster.
fn seen_in_varnish(drill: &Drill, bundle: Bundle, reporter: &Reporter) -> Result<String> {
    let bundle = Arc::new(bundle);
    let stand = Stand::up(Arc::clone(&bundle), &drill.pages)?;
    let patience = format!("{}ms", PATIENCE.as_millis());
    let asked =
        Varnish { port: stand.port(), second: SECOND, patience: (patience.clone(), patience) };
    let vcl = host_template(&bundle, &Host::Varnish(asked)).map_err(|fault| {
        let told = bundle.locate(&fault);
        anyhow!("{}: {}", told.path, told.message)
    })?;
    let mut cache = Cache::start(&stand, &vcl.text)?;
    let seconds = drill.minutes() * 60 / 1000;
    if seconds > 5 {
        reporter.note(&format!("this takes {seconds} s"));
    }
    drill.table_of(|minute, origin| cache.minute((minute, origin), &drill.pages))
}
