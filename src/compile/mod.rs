//! The pipeline: Sources -> Bundle, cold or warm.
//!
//! A warm compile takes the changed documents out of the catalog and puts the new ones in; it gives
//! the same bytes as a cold one. Outputs are made when somebody asks for them.

mod faults;
mod large;
mod outputs;
mod pictures;
mod texts;
mod typecase;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use rayon::prelude::*;

use crate::catalog::{Catalog, Entry, names};
use crate::check::Kept;
use crate::config::{self, Config};
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::document::{Document, Settings, Workshop};
use crate::history::History;
use crate::output::{Output, Templates};
use crate::page::{Lettering, Options, Site};
use crate::search::{Index, Shelf};
use crate::source::{Content, Source, SourcePath, Sources};
use crate::span::Lines;
pub use large::Large;
use pictures::Gate;
pub use texts::including;
use texts::understood;
use typecase::{Prepared, Typecase};

/// Every output of one compile, whole.
#[derive(Debug)]
pub struct Bundle {
    pub sources: Sources,
    pub config: Arc<Config>,
    pub options: Arc<Options>,
    pub catalog: Catalog,
    /// When and by whom files were changed; empty unless somebody tells.
    pub history: History,
    /// Names that may be meant, once somebody asks for one that nothing bears.
    pub kept: Kept,
    templates: Arc<Templates>,
    config_diagnostics: Arc<Vec<Diagnostic>>,
    /// Drafts are parsed but are not in the catalog; what is wrong with them counts all the same.
    documents: imbl::OrdMap<SourcePath, Arc<Document>>,
    /// What the documents are found by, and the index of all, once somebody searches.
    shelf: Shelf,
    index: OnceLock<Index>,
    /// The documents that include others' texts.
    assembled: imbl::OrdSet<SourcePath>,
    /// Where what is dear is made, for all states: formulas, diagrams, colours of code.
    workshop: Arc<Workshop>,
    lettering: Lettering,
    prepared: Prepared,
    made: RwLock<HashMap<String, Arc<Output>>>,
    typecase: Arc<Typecase>,
    /// Digests of the pictures that no AVIF could be made of, once all were tried.
    without_avif: OnceLock<BTreeSet<Digest>>,
    /// How much is in memory of pictures that smaller ones are being made of.
    gate: Arc<Gate>,
    /// What went wrong while outputs were made.
    faults: Mutex<Vec<Diagnostic>>,
    /// The first file that was not what it had been when its bytes were wanted again.
    lost: OnceLock<SourcePath>,
    /// The lines of the file that was looked at last: its diagnostics stand together.
    lines: Mutex<Option<(SourcePath, Arc<Lines>)>>,
}

/// A source that came, changed (`Some`) or went (`None`).
#[derive(Clone, Debug)]
pub struct Change {
    pub path: SourcePath,
    pub source: Option<Source>,
}

/// Compiles all sources.
pub fn compile(sources: Sources, options: Options) -> Bundle {
    let workshop = Arc::new(Workshop::new(options.memo.clone()));
    compile_with(sources, options, workshop)
}

fn compile_with(sources: Sources, options: Options, workshop: Arc<Workshop>) -> Bundle {
    let (mut config, mut found) = config::parse(sources.text("kami.toml").unwrap_or(""));
    if options.base_url.is_some() {
        config.base_url.clone_from(&options.base_url);
    }
    found.extend(pictures::equip(&mut config, &options));
    let texts: Vec<&Source> = sources.iter().filter(|source| source.path.is_document()).collect();
    let documents = || {
        let texts = texts.par_iter();
        let settings = Settings { html: config.html, workshop: &workshop };
        let read = |source: &&Source| Some(Arc::new(understood(&sources, source, settings)?));
        texts.filter_map(read).collect()
    };
    let (templates, documents): (_, Vec<Arc<Document>>) =
        rayon::join(|| Arc::new(Templates::new(&sources)), documents);
    let catalog = catalog(&sources, &documents, &config, &options);
    let assembled = documents.iter().filter(|document| !document.parts.is_empty());
    let assembled = assembled.map(|document| document.path.clone()).collect();
    let documents =
        documents.into_iter().map(|document| (document.path.clone(), document)).collect();
    Bundle {
        sources,
        config: Arc::new(config),
        options: Arc::new(options),
        shelf: Shelf::of(&catalog),
        index: OnceLock::new(),
        catalog,
        history: History::default(),
        kept: Kept::default(),
        templates,
        config_diagnostics: Arc::new(found),
        documents,
        assembled,
        workshop,
        lettering: Lettering::default(),
        prepared: Prepared::default(),
        made: RwLock::default(),
        typecase: Arc::default(),
        without_avif: OnceLock::new(),
        gate: Arc::default(),
        faults: Mutex::default(),
        lost: OnceLock::new(),
        lines: Mutex::default(),
    }
}

fn catalog(
    sources: &Sources,
    documents: &[Arc<Document>],
    config: &Config,
    options: &Options,
) -> Catalog {
    let exists = |path: &SourcePath| sources.get(path).is_some();
    let listed = documents.par_iter().filter(|document| options.drafts || !document.matter.draft);
    let entries: Vec<Entry> =
        listed.map(|document| Entry::new(Arc::clone(document), config, exists)).collect();
    let mut catalog = Catalog::of(entries);
    for source in sources.iter() {
        if let Content::Asset(asset) = &source.content {
            catalog.insert_asset(&source.path, asset);
        }
    }
    catalog
}

/// Compiles again after changes, doing only what they ask for.
pub fn recompile(bundle: &Bundle, changes: Vec<Change>) -> Bundle {
    recompile_with(bundle, changes, Arc::clone(&bundle.options))
}

/// Does so with other options for what is new.
pub fn recompile_with(bundle: &Bundle, changes: Vec<Change>, options: Arc<Options>) -> Bundle {
    let mut sources = bundle.sources.clone();
    let mut paths = Vec::with_capacity(changes.len());
    for Change { path, source } in changes {
        match source {
            Some(source) => sources.insert(source),
            None => drop(sources.remove(&path)),
        }
        paths.push(path);
    }
    paths.extend(including(bundle, &paths));
    if paths.iter().any(|path| path.as_str() == "kami.toml") {
        let next = compile_with(sources, (*options).clone(), Arc::clone(&bundle.workshop));
        return next.with_history(bundle.history.clone());
    }
    let templates = if paths.iter().any(|path| bundle.templates.reads(path)) {
        Arc::new(Templates::new(&sources))
    } else {
        Arc::clone(&bundle.templates)
    };
    let mut next = Bundle {
        sources,
        config: Arc::clone(&bundle.config),
        options,
        catalog: bundle.catalog.clone(),
        history: bundle.history.clone(),
        kept: Kept::default(),
        templates,
        config_diagnostics: Arc::clone(&bundle.config_diagnostics),
        documents: bundle.documents.clone(),
        shelf: bundle.shelf.clone(),
        index: OnceLock::new(),
        assembled: bundle.assembled.clone(),
        workshop: Arc::clone(&bundle.workshop),
        lettering: Lettering::default(),
        prepared: Prepared::default(),
        made: RwLock::default(),
        typecase: Arc::clone(&bundle.typecase),
        without_avif: OnceLock::new(),
        gate: Arc::clone(&bundle.gate),
        faults: Mutex::default(),
        lost: OnceLock::new(),
        lines: Mutex::default(),
    };
    // A file that comes or goes makes translations of its neighbours, or pages of them.
    let mut renamed = Vec::new();
    for path in paths.iter().filter(|path| path.is_document()) {
        if bundle.sources.get(path).is_some() != next.sources.get(path).is_some() {
            renamed.extend(names::translations_of(path, &next.config));
        }
    }
    next.kept = bundle.kept.after(paths.iter().chain(&renamed));
    next.replace(&paths, &renamed);
    next
}

impl Bundle {
    fn replace(&mut self, paths: &[SourcePath], renamed: &[SourcePath]) {
        let parsed: Vec<(&SourcePath, Option<Document>)> = paths
            .par_iter()
            .filter(|path| path.is_document())
            .map(|path| {
                let settings = Settings { html: self.config.html, workshop: &self.workshop };
                let source = self.sources.get(path);
                (path, source.and_then(|source| understood(&self.sources, source, settings)))
            })
            .collect();
        for (path, document) in parsed {
            self.leave(path);
            match &document {
                Some(document) if !document.parts.is_empty() => {
                    drop(self.assembled.insert(path.clone()));
                }
                _ => drop(self.assembled.remove(path)),
            }
            match document {
                Some(document) => drop(self.documents.insert(path.clone(), Arc::new(document))),
                None => drop(self.documents.remove(path)),
            }
            self.enter(path);
        }
        for path in renamed {
            if !self.documents.contains_key(path) {
                continue;
            }
            self.leave(path);
            self.enter(path);
        }
        for path in paths.iter().filter(|path| !path.is_document()) {
            match self.sources.get(path).map(|source| &source.content) {
                Some(Content::Asset(asset)) => {
                    self.catalog.insert_asset(path, asset);
                }
                _ => self.catalog.remove_asset(path),
            }
        }
    }

    fn leave(&mut self, path: &SourcePath) {
        self.catalog.remove(path);
        self.shelf.remove(path);
    }

    fn enter(&mut self, path: &SourcePath) {
        let Some(document) = self.documents.get(path) else { return };
        if self.catalog.entry(path).is_some() || (document.matter.draft && !self.options.drafts) {
            return;
        }
        let exists = |path: &SourcePath| self.sources.get(path).is_some();
        let entry = Entry::new(Arc::clone(document), &self.config, exists);
        self.catalog.insert(entry);
        self.shelf.forget(path);
    }

    /// Returns the index of what the site says, made when it is first asked for.
    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(&self.catalog, &self.shelf))
    }

    /// Makes the index for whoever makes every output: texts are read once, and kept till then.
    pub fn index_all(&self) {
        self.index.get_or_init(|| Index::with_texts(&self.catalog, &self.shelf));
    }

    /// Returns the bundle with a history of its files: pages then tell their last change.
    #[must_use]
    pub fn with_history(self, history: History) -> Bundle {
        Bundle { history, made: RwLock::default(), prepared: Prepared::default(), ..self }
    }

    /// Returns the view that pages are composed from.
    pub fn site(&self) -> Site<'_> {
        Site {
            config: &self.config,
            catalog: &self.catalog,
            history: &self.history,
            interface: &self.templates.interface,
            options: &self.options,
            workshop: &self.workshop,
            colours: true,
            lettering: &self.lettering,
            without_avif: self.without_avif.get(),
        }
    }

    /// Returns a file that changed or went while outputs were made of it: they are not one state of the site.
    pub fn lost(&self) -> Option<&SourcePath> {
        self.lost.get()
    }

    /// Returns how much went wrong while outputs were made.
    pub fn fault_count(&self) -> usize {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
