//! A wiki to measure on: the same bytes for the same number of pages, on any machine.
//!
//! About 600 words a page with headings, lists, tables, code in ten languages, footnotes, links of
//! both forms, pictures and tags; every third page is Japanese; about 20 pages share a folder.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use crate::words::{
    ADJECTIVES, ADVERBS, CODE, JA_ADJECTIVES, JA_NOUNS, JA_PLACES, JA_STUFFS, JA_VERBS, NOUNS,
    PLACES, PREPOSITIONS, SECTIONS, STUFFS, SUBSECTIONS, TAGS, VERBS,
};

/// How many pages share a folder.
const PAGES_A_FOLDER: usize = 20;
/// How many pictures there are; pages share them.
pub(crate) const PICTURES: usize = 4;

/// A sequence of numbers that follows from its seeds alone (splitmix64).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seeds: &[u64]) -> Random {
        let mut random = Random(0x6b61_6d69_7368_6962);
        for seed in seeds {
            random.0 ^= seed.wrapping_mul(0xff51_afd7_ed55_8ccd);
            random.next();
        }
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or(0)
    }

    /// Returns a number from `start` to before `end`.
    pub(crate) fn between(&mut self, start: usize, end: usize) -> usize {
        start + self.below(end - start)
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

/// What a page is called and where it lies.
#[derive(Clone, Debug)]
pub(crate) struct Meta {
    pub(crate) japanese: bool,
    pub(crate) title: String,
    /// The path under `wiki/` without `.md`.
    pub(crate) path: String,
    tags: Vec<&'static str>,
    date: String,
}

/// A wiki of so many pages.
#[derive(Debug)]
pub(crate) struct Wiki {
    pub(crate) pages: Vec<Meta>,
}

/// How large a wiki came out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Size {
    pub(crate) words: usize,
    pub(crate) bytes: usize,
}

impl Wiki {
    pub(crate) fn new(pages: usize) -> Wiki {
        Wiki { pages: (0..pages).map(meta).collect() }
    }

    /// Returns an English page in the middle: the one that is edited.
    pub(crate) fn edited(&self) -> &Meta {
        let middle = self.pages.len() / 2;
        &self.pages[middle - middle % 3]
    }

    /// Writes the wiki as a site. With a hub, every page also links to the page `Hub`.
    pub(crate) fn write(&self, folder: &Path, hub: bool) -> io::Result<Size> {
        let wiki = folder.join("wiki");
        fs::create_dir_all(wiki.join("assets"))?;
        fs::write(folder.join("kami.toml"), "title = \"Bench wiki\"\nlang = \"en\"\n")?;
        for number in 0..PICTURES {
            picture(number)
                .save(wiki.join(format!("assets/p{number}.png")))
                .map_err(io::Error::other)?;
        }
        let mut size = Size::default();
        let mut folders: BTreeMap<&str, &Meta> = BTreeMap::new();
        for (index, page) in self.pages.iter().enumerate() {
            let inside = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            if folders.insert(inside, page).is_none() {
                fs::create_dir_all(wiki.join(inside))?;
            }
            let mut text = Body::new(self, index).text();
            size.words += text.split_whitespace().count();
            if hub {
                text.push_str("\n[[Hub]] holds it together.\n");
            }
            let text = front_matter(page) + &text;
            size.bytes += text.len();
            fs::write(wiki.join(format!("{}.md", page.path)), text)?;
        }
        let mut index = "---\ntitle: \"Bench wiki\"\n---\n\nA generated wiki.\n\n".to_owned();
        for page in folders.values() {
            writeln!(index, "- [{}]({}.md)", page.title, page.path).map_err(io::Error::other)?;
        }
        fs::write(wiki.join("index.md"), index)?;
        if hub {
            fs::write(wiki.join("Hub.md"), "What every page links to.\n")?;
        }
        Ok(size)
    }
}

fn meta(index: usize) -> Meta {
    let mut random = Random::new(&[1, index as u64]);
    let japanese = index % 3 == 2;
    let (stuff, place) = (random.below(STUFFS.len()), random.below(PLACES.len()));
    let title = if japanese {
        format!("{}{} {index:05}", JA_STUFFS[stuff], JA_PLACES[place])
    } else {
        format!("{} {} {index:05}", STUFFS[stuff], PLACES[place])
    };
    let group = index / PAGES_A_FOLDER;
    let mut folder = Random::new(&[2, group as u64]);
    let mut path = folder.pick(SECTIONS).to_owned();
    for _ in 0..folder.below(3) {
        path = format!("{path}/{}", folder.pick(SUBSECTIONS));
    }
    let slug = format!("{}-{}-{index:05}", STUFFS[stuff], PLACES[place]).to_lowercase();
    let mut tags: Vec<&str> = (0..random.between(1, 4)).map(|_| random.pick(TAGS)).collect();
    tags.sort_unstable();
    tags.dedup();
    let (year, month, day) =
        (random.between(2018, 2026), random.between(1, 13), random.between(1, 29));
    Meta {
        japanese,
        title,
        path: format!("{path}-{group:03}/{slug}"),
        tags,
        date: format!("{year}-{month:02}-{day:02}"),
    }
}

fn front_matter(page: &Meta) -> String {
    let (title, date, tags) = (&page.title, &page.date, page.tags.join(", "));
    format!("---\ntitle: \"{title}\"\ndate: {date}\ntags: [{tags}]\n---\n\n")
}

/// A picture that a compressor has some work with.
pub(crate) fn picture(number: usize) -> image::RgbImage {
    let (width, height) = (320_u32, 180_u32);
    let mut random = Random::new(&[3, number as u64]);
    let corner = random.next().to_le_bytes();
    image::RgbImage::from_fn(width, height, |x, y| {
        let slope = ((x * 3 + y * 2) % (width + height)).to_le_bytes()[0];
        let noise = (((x * 7919 + y * 104_729) >> 5) & 3).to_le_bytes()[0];
        image::Rgb([0, 1, 2].map(|channel| corner[channel] / 2 + slope / 2 + noise))
    })
}

/// The text of one page while it is written.
struct Body<'a> {
    wiki: &'a Wiki,
    page: &'a Meta,
    index: usize,
    random: Random,
    /// Links still to be placed in the text.
    links: Vec<String>,
    footnotes: Vec<&'static str>,
    noted: Vec<&'static str>,
}

impl<'a> Body<'a> {
    fn new(wiki: &'a Wiki, index: usize) -> Body<'a> {
        let mut body = Body {
            wiki,
            page: &wiki.pages[index],
            index,
            random: Random::new(&[4, index as u64]),
            links: Vec::new(),
            footnotes: vec!["b", "a"],
            noted: Vec::new(),
        };
        body.links = body.choose_links();
        body
    }

    /// Half of the links lead to neighbours, half anywhere; half are written by title, half by path.
    fn choose_links(&mut self) -> Vec<String> {
        let pages = &self.wiki.pages;
        let mut targets = Vec::new();
        for _ in 0..4 {
            let near = (self.index + self.random.below(21)).saturating_sub(10);
            targets.push(near.min(pages.len() - 1));
        }
        targets.extend((0..4).map(|_| self.random.below(pages.len())));
        let mut seen = vec![self.index];
        let mut links = Vec::new();
        for target in targets {
            if seen.contains(&target) {
                continue;
            }
            seen.push(target);
            let other = &pages[target];
            links.push(if self.random.chance(50) {
                format!("[[{}]]", other.title)
            } else {
                format!("[{}]({}.md)", other.title, relative(&self.page.path, &other.path))
            });
        }
        links
    }

    fn text(mut self) -> String {
        let mut blocks = vec![self.paragraph()];
        for section in 0..self.random.between(3, 7) {
            blocks.push(format!("## {}", self.heading()));
            blocks.push(self.paragraph());
            blocks.push(self.block((section + self.index) % 6));
            if self.random.chance(40) {
                blocks.push(format!("### {}", self.heading()));
                blocks.push(self.paragraph());
            }
            blocks.push(self.paragraph());
        }
        if !self.links.is_empty() {
            blocks
                .push(if self.page.japanese { "## 関連ページ" } else { "## See also" }.to_owned());
            let items: Vec<String> = self.links.iter().map(|link| format!("- {link}")).collect();
            blocks.push(items.join("\n"));
        }
        for name in std::mem::take(&mut self.noted) {
            blocks.push(format!("[^{name}]: {}", self.sentence()));
        }
        blocks.join("\n\n") + "\n"
    }

    fn heading(&mut self) -> String {
        let random = &mut self.random;
        if self.page.japanese {
            return format!("{}{}", random.pick(JA_ADJECTIVES), random.pick(JA_NOUNS));
        }
        format!("{} {}", capital(random.pick(ADJECTIVES)), random.pick(NOUNS))
    }

    fn noun(&mut self) -> &'static str {
        self.random.pick(if self.page.japanese { JA_NOUNS } else { NOUNS })
    }

    fn block(&mut self, kind: usize) -> String {
        match kind {
            0 => self.list(),
            1 => self.table(),
            2 => self.code(),
            3 => {
                let up = "../".repeat(self.page.path.matches('/').count());
                format!("![{}]({up}assets/p{}.png)", self.noun(), self.random.below(PICTURES))
            }
            4 => format!("> {}\n> {}", self.sentence(), self.sentence()),
            _ => {
                let items = 1..=self.random.between(3, 5);
                items
                    .map(|number| format!("{number}. {}", self.sentence()))
                    .collect::<Vec<_>>()
                    .join("\n")
            }
        }
    }

    fn list(&mut self) -> String {
        let mut lines = Vec::new();
        for _ in 0..self.random.between(3, 6) {
            lines.push(format!("- {}", self.sentence()));
            if self.random.chance(30) {
                lines.push(format!("  - {}", self.sentence()));
            }
        }
        lines.join("\n")
    }

    fn table(&mut self) -> String {
        let head = [self.noun(), self.noun(), self.noun(), self.noun()];
        let mut table = format!("| {} |\n| --- | :---: | ---: | --- |", head.join(" | "));
        for _ in 0..self.random.between(3, 7) {
            let noun = self.noun();
            let random = &mut self.random;
            let (code, number) = (random.pick(NOUNS), random.below(10_000));
            write!(table, "\n| {noun} | `{code}` | {number} | {} |", random.pick(ADJECTIVES))
                .expect("a string takes every line");
        }
        table
    }

    fn code(&mut self) -> String {
        let random = &mut self.random;
        let (lang, template) = CODE[random.below(CODE.len())];
        let (a, b) = (random.pick(NOUNS), random.pick(NOUNS));
        let code = template
            .replace("@a", a)
            .replace("@b", b)
            .replace("@A", &capital(a))
            .replace("@B", &capital(b))
            .replace("@U", &a.to_uppercase())
            .replace("@n", &random.between(2, 99).to_string());
        format!("```{lang}\n{code}\n```")
    }

    /// A paragraph of three to five sentences, some of them with emphasis, code, a link or a footnote.
    fn paragraph(&mut self) -> String {
        let mut sentences = Vec::new();
        for _ in 0..self.random.between(3, 6) {
            let mut sentence = self.sentence();
            let japanese = self.page.japanese;
            match self.random.below(12) {
                0 => sentence = format!("**{sentence}**"),
                1 => {
                    let (a, b) = (self.random.pick(NOUNS), self.random.pick(NOUNS));
                    sentence =
                        format!("{sentence} `{a}_{b}()`{}", if japanese { "。" } else { "." });
                }
                2 if !japanese => sentence = emphasized(&sentence),
                3..=5 => match self.links.pop() {
                    Some(link) if japanese => sentence = format!("{sentence}関連: {link}。"),
                    Some(link) => sentence = format!("{sentence} See also {link}. "),
                    None => {}
                },
                6 => {
                    if let Some(name) = self.footnotes.pop() {
                        sentence = format!("{sentence}[^{name}]");
                        self.noted.push(name);
                    }
                }
                _ => {}
            }
            sentences.push(sentence);
        }
        sentences.join(if self.page.japanese { "" } else { " " })
    }

    fn sentence(&mut self) -> String {
        sentence(&mut self.random, self.page.japanese)
    }
}

pub(crate) fn sentence(random: &mut Random, in_japanese: bool) -> String {
    if in_japanese {
        return japanese(random);
    }
    let [n0, n1, n2] = [0; 3].map(|_| random.pick(NOUNS));
    let [a0, a1, a2] = [0; 3].map(|_| random.pick(ADJECTIVES));
    let [v0, v1] = [0; 2].map(|_| random.pick(VERBS));
    match random.below(4) {
        0 => {
            let beside = random.pick(PREPOSITIONS);
            format!("The {a0} {n0} {v0} the {a1} {n1} {beside} the {a2} {n2}.")
        }
        1 => {
            let how = random.pick(ADVERBS);
            format!("When a {n0} {v0} the {n1}, it {how} {v1} a {a0} {a1} {n2}.")
        }
        2 => {
            let many = random.between(2, 500);
            format!("Every {n0} {v0} {many} items, and each {n1} {v1} its own {a0} {n2}.")
        }
        _ => {
            let (than, how) = (random.pick(&["better", "older", "simpler"]), random.pick(ADVERBS));
            format!("A {a0} {n0} is {than} than it looks because the {n1} {how} {v0}.")
        }
    }
}

fn japanese(random: &mut Random) -> String {
    let [n0, n1, n2, n3] = [0; 4].map(|_| random.pick(JA_NOUNS));
    let (adjective, verb) = (random.pick(JA_ADJECTIVES), random.pick(JA_VERBS));
    match random.below(4) {
        0 => format!("{n0}は{adjective}{n1}を{verb}前に、{n2}の{n3}を確認します。"),
        1 => format!(
            "この{n0}では、{n1}と{n2}の関係について説明し、{adjective}{n3}を{verb}ことができます。"
        ),
        2 => format!("もし{n0}が{n1}より速いならば、担当者は{n2}を{verb}でしょう。"),
        _ => {
            format!("{n0}の{n1}は{}件あり、その多くは{adjective}{n2}です。", random.between(2, 400))
        }
    }
}

fn emphasized(sentence: &str) -> String {
    let mut words: Vec<String> = sentence.split(' ').map(str::to_owned).collect();
    words[1] = format!("*{}*", words[1]);
    words.join(" ")
}

fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

/// Returns the way from one page's folder to another page.
fn relative(from: &str, to: &str) -> String {
    let folder: Vec<&str> =
        from.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect();
    let target: Vec<&str> = to.split('/').collect();
    let common = folder.iter().zip(&target).take_while(|(a, b)| a == b).count();
    "../".repeat(folder.len() - common) + &target[common..].join("/")
}
