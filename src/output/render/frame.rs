//! Templates with what is the same on many pages written into them: the words of a language, and the ways to
//! the site's own pages from one depth of folders. To look up fifty of these on each page took as long as
//! all the rest of it.
//!
//! Only the built-in templates are treated so, and only where a site brings none of its own: then a name
//! that stands here means what it means on the page, for none of ours gives such a name to anything else.

use std::sync::{Arc, PoisonError, RwLock};

use memchr::memmem;
use tera::{Tera, Value};

use super::{Texts, add, escape, is_template};
use crate::page::{Shell, SiteLinks};

/// How many frames are kept: a site has as many as languages times depths of folders.
const FRAMES_MAX: usize = 64;

/// What many pages have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Common {
    lang: String,
    root: String,
    icon: String,
    feed: String,
    site: SiteLinks,
}

/// The built-in templates for the pages that have so much in common.
#[derive(Debug)]
pub(super) struct Frame {
    common: Common,
    pub(super) tera: Tera,
    /// The site's own pages as templates see them.
    pub(super) site: Value,
    /// The policy that most pages have, and the same as it stands in an attribute.
    policy: (String, Value),
}

/// The frames that were asked for.
#[derive(Debug)]
pub(super) struct Frames {
    texts: Texts,
    made: RwLock<Vec<Arc<Frame>>>,
}

impl Frames {
    /// Takes the built-in templates. The editor's and a deck's have many words and few pages: they are left out.
    pub(super) fn new(texts: &Texts) -> Frames {
        let few = |name: &str| name.starts_with("deck/") || name.starts_with("editor/");
        let framed = texts.iter().filter(|(name, _)| is_template(name) && !few(name));
        let texts = framed.map(|(name, text)| (name.clone(), text.clone())).collect();
        Frames { texts, made: RwLock::default() }
    }

    /// Returns the templates for a page, made now or earlier; nothing where they would be too many.
    pub(super) fn of(&self, template: &str, shell: &Shell) -> Option<Arc<Frame>> {
        if !self.texts.contains_key(template) {
            return None;
        }
        let known = |frames: &[Arc<Frame>]| frames.iter().find(|it| it.common.fits(shell)).cloned();
        let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(frame) = known(&made) {
            return Some(frame);
        }
        drop(made);
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        known(&made).or_else(|| {
            let room = made.len() < FRAMES_MAX;
            let frame = room.then(|| Arc::new(Frame::new(&self.texts, shell)))?;
            made.push(Arc::clone(&frame));
            Some(frame)
        })
    }
}

impl Common {
    fn of(shell: &Shell) -> Common {
        let Shell { lang, root, icon, feed, site, .. } = shell.clone();
        Common { lang, root, icon, feed, site }
    }

    fn fits(&self, shell: &Shell) -> bool {
        let Common { lang, root, icon, feed, site } = self;
        (root, lang, icon, feed, site)
            == (&shell.root, &shell.lang, &shell.icon, &shell.feed, &shell.site)
    }
}

impl Frame {
    fn new(texts: &Texts, shell: &Shell) -> Frame {
        let common = Common::of(shell);
        let known = |name: &str| match name.split_once('.') {
            Some(("t", word)) => shell.strings.get(word),
            Some(("site", name)) => match name {
                "title" => Some(&common.site.title),
                "home" => Some(&common.site.home),
                "pages" => Some(&common.site.pages),
                "recent" => Some(&common.site.recent),
                "search" => Some(&common.site.search),
                "graph" => Some(&common.site.graph),
                _ => None,
            },
            Some(_) => None,
            None => match name {
                "lang" => Some(&common.lang),
                "root" => Some(&common.root),
                "icon" => Some(&common.icon),
                "feed" => Some(&common.feed),
                _ => None,
            },
        };
        let filled = |text: &str| filled(text, |name| known(name).and_then(|it| literal(it)));
        let mut tera = Tera::new();
        tera.set_escape_fn(escape);
        add(&mut tera, texts.iter().map(|(name, text)| (name.clone(), filled(text))));
        let site = Value::from_serializable(&common.site);
        let policy = escaped(&shell.csp).unwrap_or_default();
        Frame { policy: (shell.csp.clone(), Value::safe_string(&policy)), tera, site, common }
    }

    /// Returns a policy as it stands in an attribute, if it is the one that most pages have.
    pub(super) fn policy(&self, policy: &str) -> Option<Value> {
        (self.policy.0 == policy).then(|| self.policy.1.clone())
    }
}

/// Writes into a template what is known of what it prints: `{{ site.title }}`.
fn filled(template: &str, known: impl Fn(&str) -> Option<String>) -> String {
    let (mut out, mut rest) = (String::with_capacity(template.len() * 2), template);
    while let Some(at) = memmem::find(rest.as_bytes(), b"{{ ") {
        let (before, after) = (&rest[..at], &rest[at + 3..]);
        let Some((name, behind)) = after.split_once(" }}") else { break };
        out.push_str(before);
        match known(name) {
            Some(text) => out.push_str(&text),
            None => out.extend(["{{ ", name, " }}"]),
        }
        rest = behind;
    }
    out + rest
}

/// Returns a text as a template prints it, if it can stand in the template itself: it must not be taken for
/// a command, and `{%-` must not eat its ends.
fn literal(text: &str) -> Option<String> {
    let plain = !text.is_empty() && text.trim() == text && !text.contains('{');
    plain.then(|| escaped(text)).flatten()
}

fn escaped(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len() * 2);
    escape(text, &mut out).ok()?;
    String::from_utf8(out).ok()
}
