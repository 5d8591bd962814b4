//! What the head of a deck's page tells search engines and networks of it, as Marp's directives say.

use serde::Serialize;

use super::Site;
use super::fill::{relative, root_of};
use super::shell::Shell;
use crate::catalog::Entry;
use crate::theme::file_of;

/// Each is empty where the deck says nothing.
#[derive(Clone, Debug, Default, Serialize)]
pub struct About {
    pub author: String,
    pub keywords: String,
    pub url: String,
    /// A whole address where there is one.
    pub image: String,
}

impl About {
    /// Returns what a deck says of itself; a picture of the site gets the address of its file.
    pub(super) fn of(site: Site<'_>, entry: &Entry) -> About {
        let about = &entry.document.about;
        let image = match about.image.as_str() {
            address if address.is_empty() || address.contains("://") => address.to_owned(),
            file => site
                .catalog
                .resolve_asset(entry, &file_of(file))
                .and_then(|path| site.catalog.asset(&path))
                .map(|asset| match site.config.base_url {
                    Some(_) => super::sitemap::url(site, &asset.route),
                    None => relative(&root_of(&entry.route), &asset.route),
                })
                .unwrap_or_default(),
        };
        let (author, url) = (about.author.clone(), about.url.clone());
        About { author, keywords: about.keywords.join(","), url, image }
    }

    /// Puts the deck's own address and picture in the place of those that the site gives it.
    pub(super) fn replace(&self, shell: &mut Shell) {
        let Some(social) = &mut shell.social else { return };
        if !self.url.is_empty() {
            social.url.clone_from(&self.url);
        }
        if !self.image.is_empty() {
            (social.image, social.card) = (Some(self.image.clone()), false);
        }
    }
}
