//! What a bundle is written as besides: compressed forms beside its texts, and one archive.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Read as _};
use std::path::Path;
use std::process::Command;

use kamishibai::compile::compile;
use kamishibai::digest::Digest;
use kamishibai::export::{self, Archive, Member, Request, Summary};
use kamishibai::output::{Encoding, Entry, parse_manifest};
use kamishibai::page::Options;
use kamishibai::source::Source;
use tempfile::TempDir;

use crate::serve::unpacked_by_zstd;

use super::{Bundle, age, assert_no_staging, assert_same, assert_whole, bundle, put, tree, write};

fn request<'a>(bundle: &'a Bundle, target: &'a Path, site: &'a Path) -> Request<'a> {
    Request { bundle, target, site, precompress: true, keep_stale: false }
}

fn write_compressed(bundle: &Bundle, target: &Path) -> anyhow::Result<Summary> {
    export::write(&request(bundle, target, Path::new("/nonexistent")), &|_, _| ())
}

fn entries(target: &Path) -> Vec<Entry> {
    parse_manifest(&fs::read(target.join("bundle.json")).unwrap()).unwrap()
}

fn site(text: &str) -> Bundle {
    let page = format!("# 梅雨\n\n{}\n", text.repeat(200));
    bundle(&[
        ("wiki/雨 100%.md", &page),
        ("wiki/a.png", "no picture, and no text either: no picture, and no text either"),
        ("static/own.txt", &"own ".repeat(99)),
        ("static/own.txt.gz", "packed by hand"),
        ("static/tiny.txt", "x"),
    ])
}

fn unpacked(form: &Entry, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match form.content_encoding.as_deref() {
        Some("br") => drop(brotli::Decompressor::new(bytes, 4096).read_to_end(&mut out).unwrap()),
        Some("zstd") => out = unpacked_by_zstd(bytes),
        _ => drop(flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).unwrap()),
    }
    out
}

#[test]
fn compressed_forms_stand_beside_texts() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("out");
    write_compressed(&site("雨が降る。"), &target).unwrap();
    assert_whole(&target);
    let entries = entries(&target);
    let find = |path: &str| entries.iter().find(|entry| entry.path == path);
    let page = find("wiki/雨_100%.html").expect("the page is there");
    for ending in ["br", "zst", "gz"] {
        let form = find(&format!("wiki/雨_100%.html.{ending}")).expect("its form is there");
        assert!(form.bytes * 3 < page.bytes, "{form:?}");
        assert_eq!(form.content_type, page.content_type);
        assert_eq!(form.cache_control, page.cache_control);
    }
    for form in entries.iter().filter(|entry| entry.content_encoding.is_some()) {
        let (path, _) = form.path.rsplit_once('.').unwrap();
        let bytes = fs::read(target.join(&form.path)).unwrap();
        assert_eq!(unpacked(form, &bytes), fs::read(target.join(path)).unwrap(), "{path}");
    }
    for path in ["sw.js.br", "sw.js.zst", "sw.js.gz", "own.txt.zst"] {
        assert!(find(path).is_some(), "{path}");
    }
    for path in ["tiny.txt.br", "tiny.txt.zst", ".nojekyll.br", "bundle.json.br"] {
        assert!(!target.join(path).exists(), "{path} helps nobody");
    }
    assert!(!entries.iter().any(|entry| entry.path.contains(".png.")));
    assert_eq!(fs::read_to_string(target.join("own.txt.gz")).unwrap(), "packed by hand");
}

#[test]
fn they_are_made_once_and_go_when_nobody_wants_them() {
    let folder = TempDir::new().unwrap();
    let (target, plain) = (folder.path().join("out"), folder.path().join("plain"));
    write(&site("雨が降る。"), &plain);
    write_compressed(&site("雨が降る。"), &target).unwrap();
    for entry in entries(&target) {
        age(&target.join(&entry.path));
    }
    let first = tree(&target);
    let again = write_compressed(&site("雨が降る。"), &target).unwrap();
    assert_eq!((again.written, again.removed), (0, 0));
    assert_same(&tree(&target), &first);
    // Of another text there is another form, the same as in an empty folder.
    write_compressed(&site("晴れる。"), &target).unwrap();
    write_compressed(&site("晴れる。"), &folder.path().join("fresh")).unwrap();
    assert_same(&tree(&target), &tree(&folder.path().join("fresh")));
    // A form that somebody spoilt is made anew.
    let form = target.join("wiki/雨_100%.html.br");
    fs::write(&form, "spoilt").unwrap();
    write_compressed(&site("晴れる。"), &target).unwrap();
    assert_same(&tree(&target), &tree(&folder.path().join("fresh")));
    write(&site("雨が降る。"), &target);
    assert_same(&tree(&target), &tree(&plain));
    assert_no_staging(&target);
}

#[test]
fn a_form_takes_no_place_of_something_foreign() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("out");
    write(&site("雨"), &target);
    put(&target, "index.html.br", "mine");
    let before = tree(&target);
    let refused = write_compressed(&site("雨"), &target).expect_err("it is in the way");
    assert!(refused.to_string().contains("index.html.br is not of the bundle"), "{refused}");
    assert_same(&tree(&target), &before);
}

/// When an encoder gives other bytes, forms that were made before must not be taken for those of today:
/// raise `RECIPE` in `src/output/compressed.rs`, then write the new digest here.
#[test]
fn encoders_are_those_of_the_recipe() {
    let mut text = String::new();
    for n in 0..4000 {
        writeln!(text, "<p>{} 雨 {}</p>", n * n % 977, n % 7).unwrap();
    }
    let digests: Vec<String> = Encoding::ALL
        .map(|encoding| Digest::of(&encoding.compress(text.as_bytes()).unwrap()).short())
        .into();
    assert_eq!(digests, ["43c5f35d549fc3bc", "22b189d2169c7d2c", "b827af091c3da066"]);
}

/// Opens an archive with a reader that is not ours; returns what it says of it.
fn read_by_python(archive: &Path, program: &str) -> String {
    let output = Command::new("python3").args(["-c", program]).arg(archive).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_archive_holds_the_bundle_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let (target, archive) = (folder.path().join("out"), folder.path().join("a.zip"));
    let mut sources = site("雨").sources;
    let long: Vec<u8> =
        (0..9_u32 << 20).map(|at| at.wrapping_mul(0x9e37_79b1).to_be_bytes()[0]).collect();
    sources.insert(Source::asset("static/long.mp4", &long, None));
    write(&compile(sources, Options::default()), &target);
    put(&target, "CNAME", "foreign\n");
    let size = export::zip(&target, &archive).unwrap();
    let bytes = fs::read(&archive).unwrap();
    assert_eq!(bytes.len() as u64, size);
    let unpacked = folder.path().join("unpacked");
    let program = format!(
        "import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nz.extractall({unpacked:?})\nfor i in z.infolist(): print(i.date_time, oct(i.external_attr >> 16), i.flag_bits)"
    );
    let told = read_by_python(&archive, &program);
    let mut lines: Vec<&str> = told.lines().collect();
    lines.dedup();
    assert_eq!(lines, ["(1980, 1, 1, 0, 0, 0) 0o100644 2048"]);
    fs::remove_file(target.join("CNAME")).unwrap();
    assert_same(&tree(&unpacked), &tree(&target));
    export::zip(&target, &archive).unwrap();
    assert_eq!(fs::read(&archive).unwrap(), bytes, "the same bundle, the same bytes");
    fs::write(target.join("index.html"), "spoilt").unwrap();
    let refused = export::zip(&target, &archive).expect_err("a file changed").to_string();
    assert!(refused.contains("index.html was changed"), "{refused}");
    assert_eq!(fs::read(&archive).unwrap(), bytes, "the old archive stays");
    assert_no_staging(&target);
}

#[test]
fn more_files_than_the_old_format_counts() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("many.zip");
    let mut archive = Archive::new(BufWriter::new(File::create(&path).unwrap()));
    (0..70_000).for_each(|n| archive.add(&Member::of(&format!("{n}.txt"), b"x".to_vec())).unwrap());
    drop(archive.finish().unwrap());
    let program = "import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1])\nprint(len(z.namelist()), z.read('69999.txt'))";
    assert_eq!(read_by_python(&path, program), "70000 b'x'\n");
}

#[test]
fn an_archive_takes_no_place_of_anything_else() {
    let folder = TempDir::new().unwrap();
    let (site_folder, target) = (folder.path().join("site"), folder.path().join("out"));
    let bundle = site("雨");
    write(&bundle, &target);
    put(folder.path(), "precious", "not an archive");
    put(folder.path(), "old.zip", "PK\x03\x04 and so on");
    fs::create_dir_all(site_folder.join("wiki")).unwrap();
    let request = request(&bundle, &target, &site_folder);
    let refusal =
        |file: &Path| export::refuse_zip(file, &request).map_err(|error| error.to_string());
    for (file, said) in [
        ("precious", "is no zip archive"),
        ("out", "is in the bundle"),
        ("out/new.zip", "is in the bundle"),
        ("site", "is a folder"),
        ("site/wiki/a.zip", "is in the site's `wiki` folder"),
        ("nowhere/a.zip", "there is no folder"),
    ] {
        let refused = refusal(&folder.path().join(file)).expect_err(file);
        assert!(refused.contains(said) && refused.contains("\nhelp: "), "{file}: {refused}");
    }
    assert_eq!(refusal(&folder.path().join("old.zip")), Ok(()));
    assert_eq!(refusal(&folder.path().join("new.zip")), Ok(()));
}
