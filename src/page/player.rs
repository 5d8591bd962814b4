//! Films and sounds on a page: the browser's own controls, a poster, captions from files beside them.

use super::fill::{Filler, attribute, fragment, relative};
use super::pictures::{missing, poster_of};
use super::shell::label;
use crate::catalog::AssetEntry;
use crate::document::film::{self, Play};
use crate::document::html::escape;
use crate::document::{Picture, Stand, Video, video};

impl Filler<'_> {
    /// Writes what plays, if that is what stands in the place of a picture.
    pub(super) fn played(&self, picture: &Picture, out: &mut String) -> bool {
        let play = film::play(&picture.target);
        if picture.stand != Stand::Text {
            let films = play == Some(Play::Film);
            if films {
                self.ground_film(picture, out);
            }
            return films;
        }
        if let Some(play) = play {
            self.player(picture, play, out);
        } else if let Some(video) = video(&picture.target) {
            self.card(picture, &video, out);
        } else {
            return false;
        }
        true
    }

    /// Writes a film that plays by itself behind a slide, without a sound, while the slide is shown. Who sees the slide
    /// elsewhere sees its poster.
    fn ground_film(&self, picture: &Picture, out: &mut String) {
        let Some((src, remote)) = self.plays_from(picture) else {
            return missing(&film::words(&picture.alt).0, &picture.target, out);
        };
        let poster = poster_of(picture).filter(|poster| self.shows(poster));
        if let Some(poster) = poster.as_ref().filter(|_| !self.is_on_stage()) {
            return self.picture(poster, out);
        }
        // Without a poster its first picture is one.
        let first = remote || poster.is_some();
        out.push_str("<video muted loop playsinline");
        attribute("preload", if first { "none" } else { "metadata" }, out);
        attribute("src", &src, out);
        if let Some(poster) = poster.and_then(|poster| self.plain(&poster)) {
            attribute("poster", &poster, out);
        }
        for (name, value) in [("class", &picture.class), ("title", &picture.title)] {
            if !value.is_empty() {
                attribute(name, value, out);
            }
        }
        out.push_str("></video>");
    }

    /// Returns the address of what plays, and whether another host has it.
    fn plays_from(&self, picture: &Picture) -> Option<(String, bool)> {
        let (path, part) = picture.target.split_once('#').unwrap_or((&picture.target, ""));
        let remote = path.starts_with("https://") || path.starts_with("http://");
        let mut src = if remote { path.to_owned() } else { self.file(path)? };
        if !part.is_empty() {
            src.extend(["#", &fragment(part)]);
        }
        Some((src, remote))
    }

    /// Writes the player of a film or a sound; where its file is missing, what is said of it.
    fn player(&self, picture: &Picture, play: Play, out: &mut String) {
        let (alt, poster) = film::words(&picture.alt);
        let Some((src, remote)) = self.plays_from(picture) else {
            return missing(&alt, &picture.target, out);
        };
        out.push_str(if play == Play::Film {
            "<video controls playsinline"
        } else {
            "<audio controls"
        });
        // Nothing is asked of another host before somebody wants to see it.
        attribute("preload", if remote { "none" } else { "metadata" }, out);
        attribute("src", &src, out);
        let poster = poster.filter(|_| play == Play::Film);
        if let Some(poster) = poster.and_then(|poster| self.file(&film::decoded(poster))) {
            attribute("poster", &poster, out);
        }
        for (name, value) in
            [("aria-label", &alt), ("class", &picture.class), ("title", &picture.title)]
        {
            if !value.is_empty() {
                attribute(name, value, out);
            }
        }
        if play == Play::Film {
            for (name, value) in [("width", picture.width), ("height", picture.height)] {
                if let Some(value) = value {
                    attribute(name, &value.to_string(), out);
                }
            }
        }
        out.push('>');
        if !remote {
            self.captions(&picture.target, out);
        }
        out.push_str(if play == Play::Film { "</video>" } else { "</audio>" });
    }

    /// Writes the card of a film that another host keeps: a link, until a script puts the player in its place if that
    /// is known.
    fn card(&self, picture: &Picture, video: &Video, out: &mut String) {
        out.push_str("<a class=\"video\"");
        attribute("href", &picture.target, out);
        if let Some(frame) = &video.frame {
            attribute("data-frame", frame, out);
        }
        out.push_str(" rel=\"noopener noreferrer\"><span>");
        escape(if picture.alt.trim().is_empty() { video.host } else { &picture.alt }, out);
        out.push_str("</span> <small>");
        let key = if video.frame.is_some() { "video_load" } else { "video_open" };
        let word = self.site.interface.word(&self.entry.lang, key);
        escape(&word.replace("{host}", video.host), out);
        out.push_str("</small></a>");
    }

    fn captions(&self, target: &str, out: &mut String) {
        let langs = self.site.config.languages.iter().map(String::as_str);
        let own = self.entry.lang.as_str();
        let mut shown = false;
        for (lang, name) in film::captions(target, langs) {
            let Some(src) = self.file(&name) else { continue };
            let lang = lang.unwrap_or(own);
            out.push_str("<track kind=\"captions\"");
            attribute("src", &src, out);
            attribute("srclang", lang, out);
            attribute("label", &label(self.site, lang), out);
            if lang == own && !shown {
                shown = true;
                out.push_str(" default");
            }
            out.push('>');
        }
    }

    /// Returns the address of a file of the site, as it is written on this page.
    fn file(&self, target: &str) -> Option<String> {
        let path = self.site.catalog.resolve_asset(self.entry, target)?;
        let route = |asset: &AssetEntry| relative(&self.root, &asset.route);
        self.site.catalog.asset(&path).map(route)
    }
}
