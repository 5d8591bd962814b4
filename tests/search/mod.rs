//! The index of a search: what it folds and cuts, how large it is, what an edit makes of it.
//!
//! That it finds all it should is tried in `tests/browser/search.test.mjs`, with the script that pages have.

use std::fs;
use std::path::Path;

use kamishibai::compile::{Bundle, Change, compile, recompile};
use kamishibai::load;
use kamishibai::output::cache_control;
use kamishibai::page::Options;
use kamishibai::search::{Token, blocks, fold, tokens};
use kamishibai::source::{Source, SourcePath, Sources};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn vectors() -> serde_json::Value {
    let text = fs::read_to_string(root().join("tests/search/vectors.json"));
    serde_json::from_str(&text.expect("the vectors are beside this file")).expect("JSON")
}

#[test]
fn folding_is_that_of_the_vectors() {
    for pair in vectors()["fold"].as_array().expect("a list") {
        let mut folded = String::new();
        fold(pair[0].as_str().expect("a text"), &mut folded);
        assert_eq!(folded, pair[1].as_str().expect("a text"), "{}", pair[0]);
    }
}

#[test]
fn folding_a_text_is_folding_its_unusual_characters_too() {
    // What is plain takes a short way; among what is not, it takes the long one.
    for pair in vectors()["fold"].as_array().expect("a list") {
        let text = pair[0].as_str().expect("a text");
        let (mut short, mut long) = (String::new(), String::new());
        fold(text, &mut short);
        fold(&format!("{text} ㍿"), &mut long);
        assert_eq!(long, format!("{short} 株式会社"), "{text}");
    }
}

#[test]
fn tokens_are_those_of_the_vectors() {
    for case in vectors()["tokens"].as_array().expect("a list") {
        let (mut words, mut grams) = (Vec::new(), Vec::new());
        let text = case[0].as_str().expect("a text");
        tokens(text, |token| match token {
            Token::Word(word) => words.push(text[word].to_owned()),
            Token::Gram(first, '\0') => grams.push(first.to_string()),
            Token::Gram(first, second) => grams.push([first, second].iter().collect()),
        });
        let list = |value: &serde_json::Value| -> Vec<String> {
            serde_json::from_value(value.clone()).expect("a list of texts")
        };
        assert_eq!((words, grams), (list(&case[1]), list(&case[2])), "{}", case[0]);
    }
}

/// Pieces of texts that take every way there is through folding, alone and side by side.
const PIECES: &str = "word|Word|a|7| |-|x\u{301}|\u{323}|é|ß|Σ|ς|İ|…|’|ﬁ|①|か|が|か\u{3099}|カ\u{3099}|ガ|ー|ｶﾞ|ﾊ\u{309a}\
    |ヽ|漢|字|㍿|、|。|\u{3000}|Ａ|각|가\u{11a8}|\u{1100}\u{1161}|ไทย|да|Я|🎉|👩‍💻|𠮷|a longer run of plain words |MiXeD_Case.";

fn texts() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(PIECES.split('|').collect::<Vec<_>>());
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn folding_in_pieces_is_folding_at_once(text in texts()) {
        let mut folded = String::new();
        fold(&text, &mut folded);
        let all = text.nfkc().flat_map(char::to_lowercase).filter(|c| *c != 'ー').map(|c| match c {
            'ァ'..='ヶ' | 'ヽ' | 'ヾ' => char::from_u32(u32::from(c) - 0x60).expect("a hiragana"),
            'ς' => 'σ',
            c => c,
        });
        prop_assert_eq!(folded, all.collect::<String>());
    }

    #[test]
    fn many_bytes_at_a_time_give_the_tokens_of_one_at_a_time(text in "[a-z0-9 .,_-]{0,200}|[a-z]{60,70}( [a-z]{0,70}){0,4}") {
        let of = |text: &str| {
            let mut found = Vec::new();
            tokens(text, |token| found.push(token));
            found.sort_by_key(|token| matches!(token, Token::Gram(..)));
            found
        };
        let mut slowly = of(&format!("{text} 、"));
        prop_assert_eq!(slowly.pop(), Some(Token::Gram('、', '\0')));
        prop_assert_eq!(of(&text), slowly);
    }
}

#[test]
fn white_space_is_one_space_wherever_it_stands() {
    let lengths = (2..80).flat_map(|length| (1..length).map(move |at| (at, length - at)));
    let all = lengths.map(|(a, b)| ("a".repeat(a), "b".repeat(b))).collect::<Vec<_>>();
    let lines = all.iter().map(|(start, end)| format!("{start}  {end}\n\n"));
    let source = Source::text("wiki/A.md", &lines.collect::<String>());
    let bundle = compile(Sources::from_iter([source]), Options::default());
    let mut said = Vec::new();
    for entry in bundle.catalog.entries() {
        blocks(entry, |block| said.push(block.text.to_owned()));
    }
    let expected = all.iter().map(|(start, end)| format!("{start} {end}"));
    assert_eq!(said[1..], expected.collect::<Vec<_>>());
}

fn demo() -> Sources {
    let root = load::Root::at(root()).expect("the repository is a site");
    load::load(&root).expect("the repository has decks and a wiki")
}

fn shards(bundle: &Bundle, kinds: &[&str]) -> Vec<(String, usize)> {
    let is = |address: &&String| {
        let name = address.strip_prefix("search/");
        name.is_some_and(|name| kinds.iter().any(|kind| name.starts_with(&format!("{kind}-"))))
    };
    let addresses = bundle.addresses();
    let found = addresses.iter().filter(is).map(|address| {
        (address.clone(), bundle.make(address).expect("it is one of the addresses").bytes.len())
    });
    found.collect()
}

#[test]
fn postings_are_at_most_a_third_of_the_texts() {
    let bundle = compile(demo(), Options::default());
    let sum = |kinds: &[&str]| shards(&bundle, kinds).iter().map(|(_, bytes)| bytes).sum::<usize>();
    let (postings, texts) = (sum(&["d", "w", "g"]), sum(&["t"]));
    assert!(postings * 3 <= texts, "{postings} bytes of postings, {texts} bytes of texts");
}

#[test]
fn a_shard_may_be_kept_for_ever_and_the_index_is_asked_for_again() {
    let bundle = compile(demo(), Options::default());
    for (address, _) in shards(&bundle, &["d", "w", "g", "t"]) {
        assert!(cache_control(&address).contains("immutable"), "{address}");
    }
    for address in ["search/index.js", "search/own.js", "search.html"] {
        assert!(cache_control(address).contains("max-age=0"), "{address}");
    }
}

/// A shard that kept its name has the same bytes: what was loaded before stays good.
#[test]
fn an_edit_gives_other_names_to_other_bytes() {
    let before = compile(demo(), Options::default());
    let path = "wiki/EBS.md";
    let text = before.sources.text(path).expect("the demo has it").to_owned();
    let edited = Source::text(path, &format!("{text}\nあたらしい段落 fresh\n"));
    let change = Change { path: SourcePath::new(path), source: Some(edited) };
    let after = recompile(&before, vec![change]);
    let kinds = ["d", "w", "g", "t"];
    let (old, new) = (shards(&before, &kinds), shards(&after, &kinds));
    assert!(new.iter().any(|shard| !old.contains(shard)), "an edit is found");
    let kept = new.iter().filter(|(address, _)| old.iter().any(|(known, _)| known == address));
    let mut count = 0;
    for (address, _) in kept {
        assert_eq!(before.make(address), after.make(address), "{address}");
        count += 1;
    }
    assert!(count > 0, "texts of other pages keep their names");
}
