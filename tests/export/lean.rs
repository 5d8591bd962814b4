//! A build lets go of large files and reads them again: the same bytes as before, or no bundle.

use std::fs;
use std::path::Path;

use image::{Rgb, RgbImage};
use kamishibai::compile::{Bundle, compile};
use kamishibai::load::{self, Root};
use kamishibai::page::Options;
use kamishibai::source::Content;
use tempfile::TempDir;

use super::{tree, try_write, write};
use crate::pictures::jpeg;

const PHOTO: &str = "wiki/rain.jpg";
const FILM: &str = "static/film.mp4";
/// So long that it is never held.
const LONG: &str = "static/long.mp4";

fn site() -> TempDir {
    let site = TempDir::new().unwrap();
    let mut state = 1_u32;
    let noise = RgbImage::from_fn(900, 600, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [_, b, c, d] = state.to_le_bytes();
        Rgb([b, c, d])
    });
    for folder in ["wiki", "static"] {
        fs::create_dir(site.path().join(folder)).unwrap();
    }
    fs::write(site.path().join("wiki/Rain.md"), "# Rain\n\n![Rain on a roof](rain.jpg)\n").unwrap();
    fs::write(site.path().join(PHOTO), jpeg(&noise, 1, None)).unwrap();
    fs::write(site.path().join(FILM), vec![7; 100_000]).unwrap();
    let long: Vec<u8> =
        (0..9_u32 << 20).map(|at| at.wrapping_mul(0x9e37_79b1).to_be_bytes()[0]).collect();
    fs::write(site.path().join(LONG), long).unwrap();
    site
}

fn lean(site: &Path) -> Bundle {
    compile(load::load_lean(&Root::at(site).unwrap()).unwrap(), Options::default())
}

#[test]
fn what_is_read_again_makes_the_same_bundle() {
    let (site, out) = (site(), TempDir::new().unwrap());
    let bundle = lean(site.path());
    let held = bundle.sources.iter().filter(|source| match &source.content {
        Content::Asset(asset) => asset.held().is_some(),
        _ => false,
    });
    if cfg!(target_os = "linux") {
        assert_eq!(held.count(), 0, "all files are large");
    }
    let all = compile(load::load(&Root::at(site.path()).unwrap()).unwrap(), Options::default());
    let [one, other] = ["one", "other"].map(|name| out.path().join(name));
    write(&bundle, &one);
    write(&all, &other);
    assert!(tree(&one) == tree(&other), "held or not, the bytes are the same");
    let long = fs::read(site.path().join(LONG)).unwrap();
    assert!(fs::read(one.join("long.mp4")).unwrap() == long);
    let again = write(&bundle, &one);
    assert_eq!(again.written, 0, "what is there is left where it is");
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_changes_while_a_bundle_is_made_leaves_the_old_one() {
    let (site, out) = (site(), TempDir::new().unwrap());
    let target = out.path().join("out");
    write(&lean(site.path()), &target);
    let old = tree(&target);
    for name in [PHOTO, FILM] {
        let file = site.path().join(name);
        let bytes = fs::read(&file).unwrap();
        let mut other = bytes.clone();
        *other.last_mut().unwrap() ^= 1;
        for now in [Some(&other[..]), Some(&bytes[..70_000]), Some(b""), None] {
            // A page that is new, so that there is something to write.
            fs::write(site.path().join("wiki/New.md"), "# New\n").unwrap();
            let bundle = lean(site.path());
            match now {
                Some(now) => fs::write(&file, now).unwrap(),
                None => fs::remove_file(&file).unwrap(),
            }
            let error = try_write(&bundle, &target).expect_err("it is not what was read");
            let said = error.to_string();
            assert!(said.contains(&format!("`{name}` changed or went away")), "{said}");
            assert!(said.contains("\nhelp: build again"), "{said}");
            assert!(tree(&target) == old, "the old bundle is as it was");
            assert_eq!(fs::read_dir(out.path()).unwrap().count(), 1, "nothing is left behind");
            fs::write(&file, &bytes).unwrap();
        }
    }
    let summary = write(&lean(site.path()), &target);
    assert!(summary.written > 0 && target.join("wiki/New.html").is_file());
}

/// What is never held is copied from the disk, or left where the old bundle has it.
#[test]
fn a_long_film_is_that_of_its_state_or_there_is_no_bundle() {
    let (site, out) = (site(), TempDir::new().unwrap());
    let target = out.path().join("out");
    let (file, new) = (site.path().join(LONG), out.path().join("new"));
    write(&lean(site.path()), &target);
    let bytes = fs::read(&file).unwrap();
    let mut other = bytes.clone();
    *other.last_mut().unwrap() ^= 1;
    for now in [Some(&other[..]), Some(&bytes[..9_000_000]), Some(b""), None] {
        let bundle = lean(site.path());
        match now {
            Some(now) => fs::write(&file, now).unwrap(),
            None => fs::remove_file(&file).unwrap(),
        }
        write(&bundle, &target);
        assert!(fs::read(target.join("long.mp4")).unwrap() == bytes, "it is kept");
        let said = try_write(&lean_again(&bundle), &new).expect_err("it changed").to_string();
        assert!(said.contains(&format!("`{LONG}` changed or went away")), "{said}");
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 1, "nothing is left behind");
        fs::write(&file, &bytes).unwrap();
    }
}

/// Returns the bundle of the same sources, which knows of nothing that went wrong.
fn lean_again(bundle: &Bundle) -> Bundle {
    compile(bundle.sources.clone(), Options::default())
}
