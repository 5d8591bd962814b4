//! `kami deploy`: the bundle to where readers find it.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::report::Reporter;
use crate::compile::Bundle;
use crate::deploy::{Back, Contents, Deployment, Plan, Request, Surroundings, Target, back};
use crate::diagnostic::Severity;
use crate::export;
use crate::load::{self, Root};
use crate::page::Options;

#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// Where to: `s3://bucket/prefix` or `file:///folder`
    target: String,
    /// A site folder or one Markdown file [default: the nearest folder upwards with kami.toml, else here]
    path: Option<PathBuf>,
    /// The address of a store that understands S3; without it, AWS
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// The CloudFront distribution that is to ask anew for what changed
    #[arg(long, value_name = "ID")]
    distribution: Option<String>,
    /// Tell what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Delete files of older bundles that this one does not have, after all else
    #[arg(long)]
    delete: bool,
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, clap::Args)]
struct Which {
    /// Give the bundle a place of its own and move readers there in one step
    #[arg(long)]
    release: bool,
    /// Go back to the bundle before: its release, or the versions that the bucket keeps
    #[arg(long, conflicts_with = "release")]
    rollback: bool,
}

pub(super) fn run(flags: &Flags, reporter: &Reporter) -> Result<u8> {
    let target = Target::parse(&flags.target)?;
    if flags.which.rollback {
        return roll_back(flags, &target, reporter).map(|()| 0);
    }
    let root = super::root_of(flags.path.as_deref())?;
    super::finish(&root, reporter);
    let options = Options {
        file: super::name_of(&root),
        memo: super::memo_of(&root),
        avif: super::avif(),
        ..Options::default()
    };
    let bundle = super::whole(&root, load::load, options, reporter)?;
    let progress = reporter.progress();
    let contents = Contents::of(&bundle, &|done, total| progress.at(done, total))?;
    progress.done();
    let found = bundle.diagnostics();
    reporter.diagnostics(&bundle, &found);
    reporter.summary(&found);
    if found.iter().any(|one| one.rule.severity == Severity::Error) {
        reporter.note("nothing was deployed: mend the errors first");
        return Ok(1);
    }
    let job = Job { flags, bundle: &bundle, contents: &contents, reporter };
    match &target {
        Target::Folder(folder) => job.to_folder(folder, &root)?,
        Target::Bucket { bucket, prefix } => job.to_bucket(bucket, prefix)?,
    }
    Ok(0)
}

/// What one deploy is made from.
struct Job<'a> {
    flags: &'a Flags,
    bundle: &'a Bundle,
    contents: &'a Contents<'a>,
    reporter: &'a Reporter,
}

impl Job<'_> {
    fn to_bucket(&self, bucket: &str, prefix: &str) -> Result<()> {
        let surroundings = surroundings();
        let request = request(self.flags, bucket, prefix, &surroundings);
        let deployment = Deployment::plan(&request, self.contents)?;
        carry_out(&deployment, self.flags, self.reporter)
    }

    fn to_folder(&self, folder: &Path, root: &Root) -> Result<()> {
        refuse_store_flags(self.flags, folder)?;
        let id = self.flags.which.release.then(|| self.contents.id());
        let own = id.as_ref().map(|id| folder.join("releases").join(id));
        let request = export::Request {
            bundle: self.bundle,
            target: folder,
            site: &root.folder,
            precompress: false,
            keep_stale: !self.flags.delete,
        };
        let looked = export::Request { target: own.as_deref().unwrap_or(folder), ..request };
        let plan = self.contents.plan(export::look(&looked)?, self.flags.delete);
        tell(&plan, self.flags, self.reporter);
        if self.flags.dry_run {
            return Ok(());
        }
        let progress = self.reporter.progress();
        let at = |done, total| progress.at(done, total);
        let summary = match &id {
            Some(id) => export::write_release(&request, id, &at)?,
            None => export::write(&request, &at)?,
        };
        progress.done();
        if summary.in_place {
            self.reporter.note("the bundle was written file by file: its folder could not be exchanged in one step here");
        }
        self.reporter.outcome(&format!("{}: {plan}\n", self.flags.target));
        Ok(())
    }
}

/// Goes back to the bundle before; nothing is built for it.
fn roll_back(flags: &Flags, target: &Target, reporter: &Reporter) -> Result<()> {
    let is_meant = !flags.dry_run;
    let release = match target {
        Target::Folder(folder) => {
            refuse_store_flags(flags, folder)?;
            export::previous_release(folder, is_meant)?.display().to_string()
        }
        Target::Bucket { bucket, prefix } => {
            let surroundings = surroundings();
            match back(&request(flags, bucket, prefix, &surroundings), is_meant)? {
                Back::Release(release) => release,
                Back::Files(deployment) => return carry_out(&deployment, flags, reporter),
            }
        }
    };
    let word = if is_meant { "counts again" } else { "would count again" };
    reporter.outcome(&format!("{}: the release {release} {word}\n", flags.target));
    Ok(())
}

/// Tells a plan and does it, unless it was only to be told.
fn carry_out(deployment: &Deployment<'_>, flags: &Flags, reporter: &Reporter) -> Result<()> {
    tell(&deployment.plan, flags, reporter);
    if flags.dry_run {
        return Ok(());
    }
    let progress = reporter.progress();
    let done = deployment.run(&|done, total| progress.at(done, total))?;
    progress.done();
    for path in &done.invalidated {
        reporter.detail(&format!("forgotten by CloudFront: {path}"));
    }
    if done.changed {
        reporter.outcome(&format!("{}: {}\n", flags.target, deployment.plan));
    } else {
        reporter.outcome(&format!("{}: all of it is there\n", flags.target));
    }
    Ok(())
}

/// Tells what is planned: as the answer where that is what was asked for, else to those who want more.
fn tell(plan: &Plan, flags: &Flags, reporter: &Reporter) {
    if flags.dry_run {
        return reporter.answer(&format!("{}{plan}\n", plan.list()));
    }
    plan.list().lines().for_each(|line| reporter.detail(line));
}

fn request<'a>(
    flags: &'a Flags,
    bucket: &'a str,
    prefix: &'a str,
    surroundings: &'a Surroundings,
) -> Request<'a> {
    Request {
        bucket,
        prefix,
        endpoint: flags.endpoint.as_deref(),
        distribution: flags.distribution.as_deref(),
        delete: flags.delete,
        release: flags.which.release,
        surroundings,
    }
}

fn refuse_store_flags(flags: &Flags, folder: &Path) -> Result<()> {
    let given = [("--endpoint", &flags.endpoint), ("--distribution", &flags.distribution)];
    match given.into_iter().find(|(_, value)| value.is_some()) {
        Some((flag, _)) => {
            let folder = folder.display();
            bail!("`{flag}` is for stores, and {folder} is a folder\nhelp: leave it out")
        }
        None => Ok(()),
    }
}

/// Returns what credentials are found by. Variables that are no text are none of them.
fn surroundings() -> Surroundings {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Surroundings { variables: variables.collect(), home: std::env::home_dir() }
}
