//! Bundle -> a store behind a web address: planned first, then sent in an order that readers do not notice.
//!
//! Assets go first, then pages that are new, pages that changed, `bundle.json`, and what is no more at the very
//! end and only when asked for. So whatever happens in the middle, each page that a reader meets is whole, old
//! or new, with all that it shows, and no link leads nowhere. The next run finishes what was broken off.

mod access;
mod client;
mod cloudfront;
mod local;
mod paths;
mod plan;
mod release;
mod remote;
mod rollback;
mod store;
mod target;
mod xml;

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, anyhow};

use crate::compile::Bundle;
use crate::digest::Digest;
use crate::output::{Entry, MANIFEST, NOTE, Note, is_lasting};
use client::{AT_ONCE, Sent};
use cloudfront::CloudFront;
use local::Local;
use release::Release;
use remote::Remote;
use rollback::Earlier;
use store::{Held, Store};

pub use access::Surroundings;
pub use plan::{Act, Plan, Step};
pub use target::Target;

/// Hears how many of how many are done.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// How many pages are read again after they were sent.
const SAMPLES: usize = 8;

/// What goes where.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub bucket: &'a str,
    /// Empty, or with a slash at its end.
    pub prefix: &'a str,
    /// The address of a store of one's own; `None` for AWS.
    pub endpoint: Option<&'a str>,
    /// The CloudFront distribution that is to ask anew for what changed.
    pub distribution: Option<&'a str>,
    /// Whether files of older bundles are deleted.
    pub delete: bool,
    /// Whether the bundle gets a prefix of its own, and readers are moved to it in one step.
    pub release: bool,
    pub surroundings: &'a Surroundings,
}

/// The files of a bundle as they are to be, for a target that is compared with them.
#[derive(Debug)]
pub struct Contents<'a>(Local<'a>);

impl Request<'_> {
    fn open(&self) -> Result<(Store, Option<CloudFront>)> {
        let Request { bucket, prefix, endpoint, surroundings, .. } = *self;
        let store = Store::new((bucket, prefix), endpoint, surroundings)?;
        let cloudfront = self.distribution.map(|id| CloudFront::new(id, endpoint, surroundings));
        Ok((store, cloudfront.transpose()?))
    }
}

/// What going back comes to.
#[derive(Debug)]
pub enum Back {
    /// This release counts again.
    Release(String),
    /// The files of the bundle before are to be put back.
    Files(Box<Deployment<'static>>),
}

/// Goes back to the release before. Where there are no releases, it is planned which files go back.
/// `is_meant` tells whether it is to be done, and not only told.
pub fn back(request: &Request<'_>, is_meant: bool) -> Result<Back> {
    let (store, cloudfront) = request.open()?;
    match release::back(&store, cloudfront.as_ref(), is_meant)? {
        Some(release) => Ok(Back::Release(release)),
        None => Ok(Back::Files(Box::new(Deployment::back(request)?))),
    }
}

impl<'a> Contents<'a> {
    /// Makes every output of a bundle once.
    pub fn of(bundle: &'a Bundle, progress: Progress<'_>) -> Result<Contents<'a>> {
        Local::of(bundle, progress).map(Contents)
    }

    /// Returns what a release of these files is called.
    pub fn id(&self) -> String {
        Digest::of(&self.0.manifest).short()
    }

    /// Compares with what a folder has: of each file what it is, or nothing where that is not known.
    pub fn plan(&self, there: Vec<(String, Option<Entry>)>, delete: bool) -> Plan {
        let unknown = Held::unknown();
        let there: HashMap<String, Held> = there
            .into_iter()
            .map(|(path, entry)| (path, entry.as_ref().map_or(unknown.clone(), Held::of)))
            .collect();
        let is_first = there.is_empty();
        Plan { delete, is_first, ..Plan::of(&self.0.entries, &there) }
    }
}

/// A deploy to a store that is planned and not yet begun.
#[derive(Debug)]
pub struct Deployment<'a> {
    pub plan: Plan,
    goal: Goal<'a>,
    store: Store,
    remote: Remote,
    cloudfront: Option<CloudFront>,
    /// What readers write before the paths of the bundle.
    root: String,
    release: Option<Release>,
}

/// What is to be there afterwards, and where its bytes come from.
#[derive(Debug)]
enum Goal<'a> {
    Bundle(&'a Local<'a>),
    Earlier(Earlier),
}

impl Goal<'_> {
    fn manifest(&self) -> &[u8] {
        match self {
            Goal::Bundle(local) => &local.manifest,
            Goal::Earlier(earlier) => &earlier.manifest,
        }
    }

    fn entries(&self) -> &[Entry] {
        match self {
            Goal::Bundle(local) => &local.entries,
            Goal::Earlier(earlier) => &earlier.entries,
        }
    }
}

/// What a deploy did besides what was planned.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// Whether anything was to be done.
    pub changed: bool,
    /// The paths that CloudFront was told to forget.
    pub invalidated: Vec<String>,
}

impl<'a> Deployment<'a> {
    /// Compares a bundle with what is in the store; changes nothing there.
    pub fn plan(request: &Request<'_>, contents: &'a Contents<'a>) -> Result<Deployment<'a>> {
        let (mut store, cloudfront) = request.open()?;
        let root = root(cloudfront.as_ref(), &store)?;
        let local = &contents.0;
        let release = request.release.then(|| Release::plan(store.clone(), &local.manifest));
        let release = release.transpose()?;
        if let Some(release) = &release {
            store = release.store();
        }
        let remote = Remote::survey(&store, local)?;
        refuse_foreign(&store, &remote)?;
        let plan = Plan {
            delete: request.delete,
            is_first: remote.manifest.is_none(),
            ..Plan::of(&local.entries, &remote.files)
        };
        Ok(Deployment { plan, goal: Goal::Bundle(local), store, remote, cloudfront, root, release })
    }

    /// Plans the way back to the bundle before, in a bucket that keeps versions.
    fn back(request: &Request<'_>) -> Result<Deployment<'a>> {
        let (store, cloudfront) = request.open()?;
        let root = root(cloudfront.as_ref(), &store)?;
        let (earlier, remote, plan) = rollback::plan(&store)?;
        let plan = Plan { delete: request.delete, ..plan };
        let goal = Goal::Earlier(earlier);
        Ok(Deployment { plan, goal, store, remote, cloudfront, root, release: None })
    }

    /// Tells whether all is there already, and nothing is left of a run that was broken off.
    fn is_done(&self) -> bool {
        self.plan.is_empty()
            && self.remote.note.unsure.is_empty()
            && self.remote.manifest.as_deref() == Some(self.goal.manifest())
    }

    /// Does what was planned.
    pub fn run(&self, progress: Progress<'_>) -> Result<Done> {
        let mut invalidated = Vec::new();
        let mut changed = !self.is_done();
        if changed {
            let mut note = self.remote.note.clone();
            note.unsure.extend(self.plan.steps.iter().map(|step| step.entry.path.clone()));
            note.left = self.plan.stale.iter().cloned().collect();
            self.put_note(&note)?;
            let (done, total) = (AtomicUsize::new(0), self.plan.steps.len() + 1);
            let tick = || progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            let sent = self.send(&tick);
            sent.map_err(|error| broken_off(&error, done.load(Ordering::Relaxed), total))?;
            self.verify()?;
            if self.release.is_none() {
                invalidated = self.invalidate(&note.unsure)?;
            }
            self.clean_up()?;
        }
        if let Some(release) = &self.release {
            changed |= !release.counts();
            invalidated = release.switch(self.cloudfront.as_ref())?;
        }
        Ok(Done { changed, invalidated })
    }

    /// Sends files group by group, the manifest at the end.
    fn send(&self, tick: &(dyn Fn() + Sync)) -> Result<()> {
        for phase in plan::phases(&self.plan.steps) {
            self.all(&phase, &|step| {
                self.send_one(step)?;
                tick();
                Ok(())
            })?;
        }
        let manifest = self.goal.manifest();
        self.store.put(MANIFEST, &Held::record(manifest), Sent::Bytes(manifest))?;
        tick();
        Ok(())
    }

    fn send_one(&self, step: &Step) -> Result<()> {
        let Step { act, entry } = step;
        let (store, held) = (&self.store, Held::of(entry));
        match &self.goal {
            Goal::Earlier(earlier) => {
                let version = earlier.versions.get(&entry.path).map(String::as_str);
                store.copy((&store.key(&entry.path), version), &entry.path, &held)
            }
            Goal::Bundle(_) if *act == Act::Metadata => {
                store.copy((&store.key(&entry.path), None), &entry.path, &held)
            }
            Goal::Bundle(local) => {
                let twin = self.release.as_ref().and_then(|release| release.twin(&entry.digest));
                match twin {
                    Some(twin) => store.copy((twin, None), &entry.path, &held),
                    None => match local.large(entry)? {
                        Some(file) => {
                            let body = Sent::File(&*file, entry.bytes);
                            store.put(&entry.path, &held, body)
                        }
                        None => store.put(&entry.path, &held, Sent::Bytes(&local.bytes(entry)?)),
                    },
                }
            }
        }
    }

    /// Does the same with each of many; the first that fails for good stops the others.
    fn all<T: Sync>(&self, items: &[T], work: &(dyn Fn(&T) -> Result<()> + Sync)) -> Result<()> {
        let fault = Mutex::new(None);
        let fault_or_not = || fault.lock().unwrap_or_else(PoisonError::into_inner);
        on_threads(items, &|item| {
            if fault_or_not().is_some() {
                return;
            }
            if let Err(error) = work(item) {
                // What fails afterwards fails because others have given up.
                fault_or_not().get_or_insert(error);
                self.store.client.give_up();
            }
        });
        fault.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }

    /// Reads back the manifest and some pages.
    fn verify(&self) -> Result<()> {
        let manifest = Digest::of(self.goal.manifest()).to_string();
        let mut samples: Vec<(&str, &str)> = vec![(MANIFEST, &manifest)];
        let sent = self.plan.steps.iter().map(|step| &step.entry);
        let pages: Vec<&Entry> =
            sent.filter(|entry| entry.content_type.starts_with("text/html")).collect();
        let step = pages.len().div_ceil(SAMPLES).max(1);
        let some = pages.into_iter().step_by(step);
        let home = self.goal.entries().iter().find(|entry| entry.path == "index.html");
        samples.extend(home.into_iter().chain(some).map(|it| (&*it.path, &*it.digest)));
        let found = on_threads(&samples, &|(path, digest)| self.store.has(path, digest));
        for ((path, _), found) in samples.iter().zip(found) {
            if !found? {
                let what = format!("{} does not hold what was sent to it", self.store.name(path));
                let help =
                    "somebody else may deploy to the same place: wait for them, then deploy again";
                return Err(fault(&what, help));
            }
        }
        Ok(())
    }

    /// Has CloudFront forget what changed.
    fn invalidate(&self, unsure: &BTreeSet<String>) -> Result<Vec<String>> {
        let Some(cloudfront) = &self.cloudfront else { return Ok(Vec::new()) };
        let mut changed: BTreeSet<&str> = unsure.iter().map(String::as_str).collect();
        changed.insert(MANIFEST);
        if self.plan.delete {
            changed.extend(self.plan.stale.iter().map(String::as_str));
        }
        // What bears its digest in its name is never another.
        changed.retain(|path| !is_lasting(path));
        let paths = paths::to_forget(&self.root, &changed, self.plan.is_first);
        cloudfront.invalidate(&paths)?;
        Ok(paths)
    }

    /// Removes what is no more, where that was asked for, and the note.
    fn clean_up(&self) -> Result<()> {
        let stale = &self.plan.stale;
        let mut note = Note::default();
        if self.plan.delete {
            // Nothing shows an asset any more when the pages are gone.
            let (assets, pages): (Vec<&String>, Vec<&String>) =
                stale.iter().partition(|path| is_lasting(path));
            self.all(&pages, &|path| self.store.delete(path))?;
            self.all(&assets, &|path| self.store.delete(path))?;
        } else {
            note.left = stale.iter().cloned().collect();
        }
        if !note.is_empty() {
            return self.put_note(&note);
        }
        // Whoever may not delete may still say that there is nothing to be done.
        self.store.delete(NOTE).or_else(|_| self.put_note(&note))
    }

    fn put_note(&self, note: &Note) -> Result<()> {
        let bytes = note.bytes();
        self.store.put(NOTE, &Held::record(&bytes), Sent::Bytes(&bytes))
    }
}

fn root(cloudfront: Option<&CloudFront>, store: &Store) -> Result<String> {
    cloudfront.map_or_else(|| Ok(String::new()), |cloudfront| cloudfront.root(store))
}

/// Refuses to write over what no deploy has put there.
fn refuse_foreign(store: &Store, remote: &Remote) -> Result<()> {
    let Some(first) = remote.foreign.first() else { return Ok(()) };
    let others = match remote.foreign.len() - 1 {
        0 => String::new(),
        n => format!(" (and {n} more)"),
    };
    let what = format!("{}{others} is there and no deploy has put it there", store.name(first));
    Err(fault(&what, "name another prefix, or move it away; nothing was touched"))
}

fn broken_off(error: &anyhow::Error, done: usize, total: usize) -> anyhow::Error {
    let text = format!("{error:#}");
    let (what, help) = text.split_once("\nhelp: ").unwrap_or((&text, "deploy again"));
    anyhow!(
        "{what}\n{done} of {total} files are there, and every page that readers meet is whole; the next deploy does the rest\nhelp: {help}"
    )
}

/// Does the same with each of many, some at a time; the outcomes come in the order of the items.
fn on_threads<T: Sync, R: Send>(items: &[T], work: &(dyn Fn(&T) -> R + Sync)) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::with_capacity(items.len()));
    let worker = || {
        while let index = next.fetch_add(1, Ordering::Relaxed)
            && let Some(item) = items.get(index)
        {
            let outcome = work(item);
            outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((index, outcome));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(items.len()) {
            scope.spawn(worker);
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_unstable_by_key(|(index, _)| *index);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// Returns what this machine's clock says, as stores write times.
fn utc_now() -> String {
    jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn fault(what: &str, help: &str) -> anyhow::Error {
    anyhow!("{what}\nhelp: {help}")
}
