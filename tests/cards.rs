//! Cards: the pictures that are shown where a page is linked to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use image::GenericImageView as _;
use kamishibai::compile::{Bundle, compile};
use kamishibai::memo::Memo;
use kamishibai::page::Options;
use kamishibai::source::{Source, Sources};

fn site(texts: &[(&str, &str)]) -> Bundle {
    let mut sources = Sources::new();
    for (path, text) in texts {
        sources.insert(Source::text(path, text));
    }
    compile(sources, Options::default())
}

fn cards(bundle: &Bundle) -> Vec<String> {
    bundle.addresses().into_iter().filter(|address| address.starts_with("cards/")).collect()
}

const BASE: (&str, &str) = ("kami.toml", "base_url = \"https://example.org/rain/\"\n");

#[test]
fn pages_and_decks_have_cards_where_the_site_knows_its_address() {
    let texts = [
        BASE,
        ("decks/rain.md", "# 雨\n"),
        ("wiki/傘.md", "傘。\n"),
        ("wiki/傘.en.md", "An umbrella.\n"),
    ];
    let bundle = site(&texts);
    assert_eq!(
        cards(&bundle),
        [
            "cards/index.en.png",
            "cards/index.png",
            "cards/rain.png",
            "cards/wiki/傘.en.png",
            "cards/wiki/傘.png"
        ]
    );
    for (page, card) in [
        ("decks/rain.html", "cards/rain.png"),
        ("decks/rain.notes.html", "cards/rain.png"),
        ("wiki/傘.html", "cards/wiki/%E5%82%98.png"),
        ("index.html", "cards/index.png"),
    ] {
        let html = String::from_utf8(bundle.output(page).expect("the page is there").bytes.clone())
            .unwrap();
        let image =
            format!("<meta property=\"og:image\" content=\"https://example.org/rain/{card}\">");
        assert!(html.contains(&image), "{page}: {html}");
        assert!(html.contains("content=\"summary_large_image\""));
    }
    let html = &bundle.output("tags.html").map(|page| page.bytes.clone()).unwrap_or_default();
    assert!(!String::from_utf8_lossy(html).contains("og:image"));
    let bare = site(&texts[1..]);
    assert!(cards(&bare).is_empty());
    assert!(bare.output("cards/rain.png").is_none());
}

/// A deck's card has a short name, and yet no two have the same.
#[test]
fn no_two_cards_have_one_address() {
    let texts = [
        BASE,
        ("decks/rain.md", "# 雨\n"),
        ("wiki/rain.md", "雨。\n"),
        ("decks/index/index.md", "# x\n"),
        ("decks/wiki/rain.md", "# x\n"),
        ("decks/decks/rain.md", "# x\n"),
    ];
    let bundle = site(&texts);
    let all = cards(&bundle);
    let expected = [
        "cards/decks/decks/rain.png",
        "cards/decks/index.png",
        "cards/decks/wiki/rain.png",
        "cards/index.png",
        "cards/rain.png",
        "cards/wiki/rain.png",
    ];
    assert_eq!(all, expected);
    for address in &all {
        assert!(bundle.output(address).is_some(), "{address}");
    }
    for address in ["cards/decks/rain.png", "cards/nobody.png", "cards/wiki/nobody.png"] {
        assert!(bundle.output(address).is_none(), "{address}");
    }
}

/// A site may bring its own.
#[test]
fn a_card_in_static_takes_the_place_of_ours() {
    let mut sources = Sources::new();
    for (path, text) in [BASE, ("decks/rain.md", "# 雨\n")] {
        sources.insert(Source::text(path, text));
    }
    sources.insert(Source::asset("static/cards/rain.png", b"theirs", None));
    let bundle = compile(sources, Options::default());
    assert_eq!(bundle.output("cards/rain.png").expect("it is there").bytes, b"theirs");
}

/// What was drawn once is found again, as long as nothing on it changes.
#[test]
fn a_card_is_drawn_once() {
    type Kept = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;
    let kept: Kept = Arc::default();
    let bundle = |speaker: &str| {
        let (finds, keeps) = (Arc::clone(&kept), Arc::clone(&kept));
        let memo = Memo::new(
            move |(kind, digest)| finds.lock().unwrap().get(&format!("{kind} {digest}")).cloned(),
            move |(kind, digest), bytes: &[u8]| {
                let old = keeps.lock().unwrap().insert(format!("{kind} {digest}"), bytes.to_vec());
                assert!(old.is_none(), "it was drawn twice");
            },
        );
        let deck = format!("---\nspeaker: {speaker}\n---\n# 雨\n");
        let mut sources = Sources::new();
        for (path, text) in [BASE, ("decks/rain.md", &deck), ("wiki/傘.md", "傘。\n")] {
            sources.insert(Source::text(path, text));
        }
        compile(sources, Options { memo, ..Options::default() })
    };
    let cold = bundle("語り手");
    let drawn: Vec<_> = cards(&cold).iter().map(|it| cold.make(it).unwrap().digest).collect();
    let count = kept.lock().unwrap().len();
    let warm = bundle("語り手");
    let found: Vec<_> = cards(&warm).iter().map(|it| warm.make(it).unwrap().digest).collect();
    assert_eq!(drawn, found);
    let other = bundle("聞き手");
    let others: Vec<_> = cards(&other).iter().map(|it| other.make(it).unwrap().digest).collect();
    let changed = drawn.iter().zip(&others).filter(|(one, other)| one != other).count();
    assert_eq!((changed, kept.lock().unwrap().len()), (1, count + 1));
}

/// Whatever a title is, there is a card, and something on it.
#[test]
fn any_title_gives_a_card() {
    let long = "とても長い題".repeat(60);
    for title in [
        "雨の日の傘",
        "CloudFrontで始める、静的サイトの高速配信（入門編）",
        &long,
        &"Pneumonoultramicroscopicsilicovolcanoconiosis".repeat(8),
        "😀 👨\u{200D}👩\u{200D}👧 🇯🇵 ❤\u{FE0F} 1\u{FE0F}\u{20E3}",
        "مطر ومظلة",
        "한국어 제목",
        "<b>&amp;\"'\u{1}\u{FFFE}]]>",
        "\u{202E}turned\u{200B}",
    ] {
        let matter = format!(
            "---\ntitle: {}\nspeaker: 語り手\n---\n# x\n",
            serde_json::to_string(title).unwrap()
        );
        let bundle = site(&[BASE, ("decks/t.md", &matter)]);
        let card = bundle.output("cards/t.png").expect("there is a card");
        assert_eq!(card.content_type, "image/png");
        let picture = image::load_from_memory(&card.bytes).expect("it is a picture");
        assert_eq!(picture.dimensions(), (1200, 630), "{title}");
        let colours: std::collections::BTreeSet<_> =
            picture.pixels().map(|(_, _, colour)| colour.0).collect();
        assert!(colours.len() > 8, "{title}");
        assert!(card.bytes.len() < 60_000, "{title}: {} bytes", card.bytes.len());
        assert_eq!(
            site(&[BASE, ("decks/t.md", &matter)]).output("cards/t.png").unwrap().digest,
            card.digest
        );
    }
}

#[test]
fn a_card_wears_the_colours_of_its_theme() {
    let of = |theme: &str| {
        let matter = format!("---\ntheme: {theme}\n---\n# 題\n");
        let card =
            site(&[BASE, ("decks/t.md", &matter)]).output("cards/t.png").expect("there is a card");
        image::load_from_memory(&card.bytes).expect("it is a picture").get_pixel(100, 300).0
    };
    assert_eq!(of("default"), [0xfc, 0xfb, 0xf7, 255]);
    assert_eq!(of("takahashi"), [0xff, 0xd4, 0x00, 255]);
    assert_eq!(of("minwa"), [0xf7, 0xf3, 0xe8, 255]);
    assert_eq!(of("default\nclass: invert"), [0x17, 0x16, 0x14, 255]);
    assert_eq!(of("takahashi\nclass: lead"), [0xb3, 0x20, 0x0f, 255]);
    assert_eq!(of("takahashi\nclass: lead invert"), [0x11, 0x11, 0x11, 255]);
    assert_eq!(of("takahashi\nclass: nothing"), [0xff, 0xd4, 0x00, 255]);
    let own = [
        BASE,
        (
            "templates/themes/night.css",
            "/* @theme night */\nsection { color: #eee; background: #123456 }\n",
        ),
        ("decks/t.md", "---\ntheme: night\n---\n# 題\n"),
    ];
    let card = site(&own).output("cards/t.png").expect("there is a card");
    let picture = image::load_from_memory(&card.bytes).expect("it is a picture");
    assert_eq!(picture.get_pixel(100, 300).0, [0x12, 0x34, 0x56, 255]);
}
