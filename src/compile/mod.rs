//! The pipeline: Sources -> Bundle, cold or warm.
//!
//! A warm compile takes the changed documents out of the catalog and puts the new ones in; it gives
//! the same bytes as a cold one. Outputs are made when somebody asks for them.

mod faults;
mod pictures;
mod texts;
mod typecase;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use rayon::prelude::*;

use crate::catalog::{Catalog, Entry, Route, names};
use crate::check::Kept;
use crate::config::{self, Config};
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::document::code::Memo;
use crate::document::{Diagrams, Document, Formulas, Kind, Settings};
use crate::font::{self, Letters};
use crate::history::History;
use crate::output::{self, MANIFEST, Output, Templates, WORKER};
use crate::page::{self, Options, Site, View};
use crate::search::{Index, Shelf};
use crate::source::{Content, Source, SourcePath, Sources};
use crate::span::Lines;
use pictures::Gate;
pub use texts::including;
use texts::understood;
use typecase::Typecase;

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
    /// The diagrams that were drawn, whatever the state.
    diagrams: Arc<Diagrams>,
    /// What all decks say, where they share their fonts.
    shared: OnceLock<Option<Letters>>,
    made: RwLock<HashMap<String, Arc<Output>>>,
    /// The colours of code that are known, whatever the state.
    code: Arc<Memo>,
    typecase: Arc<Typecase>,
    /// How much is in memory of pictures that smaller ones are being made of.
    gate: Arc<Gate>,
    /// What went wrong while outputs were made.
    faults: Mutex<Vec<Diagnostic>>,
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
    compile_with(sources, options, Arc::default())
}

fn compile_with(sources: Sources, options: Options, diagrams: Arc<Diagrams>) -> Bundle {
    let (mut config, found) = config::parse(sources.text("kami.toml").unwrap_or(""));
    if options.base_url.is_some() {
        config.base_url.clone_from(&options.base_url);
    }
    let texts: Vec<&Source> = sources.iter().filter(|source| source.path.is_document()).collect();
    let documents = || {
        let texts = texts.par_iter();
        let read = |formulas: &mut Formulas, source: &&Source| {
            let settings = Settings { html: config.html, formulas, diagrams: &diagrams };
            Some(Arc::new(understood(&sources, source, settings)?))
        };
        texts.map_init(Formulas::default, read).flatten_iter().collect()
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
        diagrams,
        shared: OnceLock::new(),
        made: RwLock::default(),
        code: Arc::default(),
        typecase: Arc::default(),
        gate: Arc::default(),
        faults: Mutex::default(),
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
        let diagrams = Arc::clone(&bundle.diagrams);
        let next = compile_with(sources, (*options).clone(), diagrams);
        return next.with_history(bundle.history.clone()).with_code(Arc::clone(&bundle.code));
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
        diagrams: Arc::clone(&bundle.diagrams),
        shared: OnceLock::new(),
        made: RwLock::default(),
        code: Arc::clone(&bundle.code),
        typecase: Arc::clone(&bundle.typecase),
        gate: Arc::clone(&bundle.gate),
        faults: Mutex::default(),
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
                let settings = Settings {
                    html: self.config.html,
                    formulas: &Formulas::default(),
                    diagrams: &self.diagrams,
                };
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
        Bundle { history, made: RwLock::default(), ..self }
    }

    /// Returns the bundle with colours of code that are known already.
    #[must_use]
    pub fn with_code(self, code: Arc<Memo>) -> Bundle {
        Bundle { code, ..self }
    }

    /// Returns the colours of code that are known.
    pub fn code(&self) -> &Arc<Memo> {
        &self.code
    }

    /// Returns the view that pages are composed from.
    pub fn site(&self) -> Site<'_> {
        Site {
            config: &self.config,
            catalog: &self.catalog,
            history: &self.history,
            interface: &self.templates.interface,
            options: &self.options,
            code: Some(&self.code),
            shared: &self.shared,
        }
    }

    /// Returns the output at an address if it was made earlier.
    pub fn made(&self, address: &str) -> Option<Arc<Output>> {
        self.made.read().unwrap_or_else(PoisonError::into_inner).get(address).cloned()
    }

    /// Returns how much went wrong while outputs were made.
    pub fn fault_count(&self) -> usize {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Returns the output at an address, made now or earlier.
    pub fn output(&self, address: &str) -> Option<Arc<Output>> {
        if let Some(output) = self.made(address) {
            return Some(output);
        }
        let mut output = self.make(address)?;
        output.bytes.shrink_to_fit();
        let output = Arc::new(output);
        // Hundreds of pictures need not be kept twice.
        if self.options.memo.keeps() && self.is_to_be_made(address) {
            return Some(output);
        }
        self.made
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(address.to_owned(), Arc::clone(&output));
        Some(output)
    }

    /// Makes the output at an address and does not keep it.
    pub fn make(&self, address: &str) -> Option<Output> {
        if address == MANIFEST {
            return Some(self.manifest());
        }
        if let Some(bytes) = self.templates.file(address) {
            return Some(Output::new(address, bytes.to_vec()));
        }
        if address.starts_with("search/")
            && let Some(script) = self.index().make(address)
        {
            return Some(Output::new(address, script));
        }
        if let Some(output) = self.plain(address) {
            return Some(output);
        }
        let asset = address.starts_with("assets/");
        if let Some(output) = asset.then(|| self.picture(address)).flatten() {
            return Some(output);
        }
        self.looks(address).or_else(|| self.font(address)).or_else(|| self.render(address))
    }

    /// Makes the manifest of all other outputs; none of them is kept. Notes are not for everybody
    /// who may ask for it.
    fn manifest(&self) -> Output {
        let notes = |address: &str| matches!(self.catalog.route(address), Some(Route::Notes(_)));
        let entries: Vec<output::Entry> = self
            .addresses()
            .par_iter()
            .filter(|address| *address != MANIFEST && !notes(address))
            .filter_map(|address| Some(output::Entry::of(address, &self.make(address)?)))
            .collect();
        Output::new(MANIFEST, output::manifest(&entries).into_bytes())
    }

    /// Makes the service worker of the bundle whose other outputs have a manifest of this digest.
    pub fn worker(&self, manifest: &Digest) -> Output {
        let lang = &self.config.lang;
        let home = page::home(self.site(), lang);
        Output::new(WORKER, self.templates.worker(manifest, lang, &home).into_bytes())
    }

    /// Makes the style sheet of a document's own looks.
    fn looks(&self, address: &str) -> Option<Output> {
        // Thousands of pages have none, and each of their own addresses comes by here.
        if !address.starts_with("assets/") {
            return None;
        }
        let styled = self.catalog.entries().filter(|entry| entry.document.has_looks());
        let named = styled.filter(|entry| address.starts_with(&page::looks_stem(entry)));
        let mut looks = named.filter_map(|entry| page::looks(self.site(), entry));
        let (_, css) = looks.find(|(known, _)| known == address)?;
        Some(Output::new(address, css.into_bytes()))
    }

    /// Makes a font, or the style sheet that brings the fonts of a deck.
    fn font(&self, address: &str) -> Option<Output> {
        let name = address.strip_prefix("assets/")?;
        let bytes = self.typecase.make(address).or_else(|| font::piece(name)).or_else(|| {
            // Whoever asks has seen a page that nobody here remembers.
            let of_deck = |entry: &&Arc<Entry>| page::may_be_font_of(entry, address);
            for entry in self.catalog.entries().filter(of_deck) {
                self.typecase.note(&page::fonts_of(self.site(), entry));
            }
            self.typecase.make(address)
        });
        bytes.map(|bytes| Output::new(address, bytes))
    }

    /// Returns the addresses of all fonts; what slides say is read for it.
    fn fonts(&self) -> BTreeSet<String> {
        let decks: Vec<_> =
            self.catalog.entries().filter(|entry| entry.kind == Kind::Deck).collect();
        let found = decks.par_iter().flat_map_iter(|entry| {
            let fonts = page::fonts_of(self.site(), entry);
            self.typecase.note(&fonts);
            let sheet = Some(fonts.address.clone()).filter(|address| !address.is_empty());
            fonts.addresses().chain(sheet).collect::<Vec<_>>()
        });
        found.collect()
    }

    fn render(&self, address: &str) -> Option<Output> {
        let bytes = self.rendered(&page::compose(self.site(), address)?);
        Some(Output::new(address, bytes))
    }

    /// Renders a page, of the bundle or beside it.
    pub fn rendered(&self, page: &page::Page) -> Vec<u8> {
        if let View::Deck(deck) = &page.view {
            self.typecase.note(&deck.fonts);
        }
        let (bytes, fault) = self.templates.render(page);
        if let Some(fault) = fault {
            // One template fails on many pages.
            let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
        bytes
    }

    /// Makes the outputs that no template has a hand in.
    fn plain(&self, address: &str) -> Option<Output> {
        match address {
            ".nojekyll" => return Some(Output::new(address, Vec::new())),
            _ if self.catalog.route(address).is_none() => {
                let text = page::machine_text(self.site(), address);
                return text.map(|text| Output::new(address, text.into_bytes()));
            }
            _ => {}
        }
        match self.catalog.route(address)? {
            Route::Asset(path) => self.asset(address, path),
            Route::Static(path) => match &self.sources.get(path)?.content {
                Content::Asset(asset) => Some(Output::new(address, asset.bytes.to_vec())),
                Content::Text(text) => Some(Output::new(address, text.as_bytes().to_vec())),
                Content::Unusable(_) => None,
            },
            Route::Data(path) => {
                let mut files = self.documents.get(path)?.data_files();
                let file = files.find(|file| file.address == address)?;
                Some(Output::new(address, file.bytes.clone()))
            }
            Route::Notes(_) if self.options.notes => page::notes_script(self.site(), address)
                .map(|script| Output::new(address, script.into_bytes())),
            _ => None,
        }
    }

    /// Returns all addresses of the bundle in their order; `bundle.json` is the exporter's.
    pub fn addresses(&self) -> Vec<String> {
        let mut addresses = self.addresses_beside_search();
        addresses.extend(self.fonts());
        addresses.extend(self.index().addresses().cloned());
        addresses.sort();
        addresses.dedup();
        addresses
    }

    /// Returns all addresses but those of the search and of fonts, for which every text is read.
    pub fn addresses_beside_search(&self) -> Vec<String> {
        let mut addresses: Vec<String> = self.templates.addresses().cloned().collect();
        let written = |route: &Route| self.options.notes || !matches!(route, Route::Notes(_));
        addresses.extend(
            self.catalog
                .routes()
                .filter(|(_, routes)| routes.first().is_some_and(written))
                .map(|(address, _)| address.to_string()),
        );
        let styled = self.catalog.entries().filter(|entry| entry.document.has_looks());
        let looks = styled.filter_map(|entry| page::looks(self.site(), entry));
        addresses.extend(looks.map(|(address, _)| address));
        addresses.extend(self.picture_addresses());
        addresses.extend(page::list_routes(self.site()));
        addresses.extend(page::machine_routes(self.site()));
        addresses.push(".nojekyll".to_owned());
        addresses
    }
}
