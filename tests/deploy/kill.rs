//! Killed at any request, a deploy leaves every page whole with all that it shows; the next one finishes.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::stand_in::{Fault, Wire};
use super::{Place, said};

type Files = BTreeMap<String, Vec<u8>>;

/// At which changes of a run it is killed: so many that all groups of files are met.
const POINTS: [usize; 11] = [0, 1, 2, 3, 5, 7, 9, 11, 12, 13, 14];

#[test]
fn killed_anywhere_every_page_is_whole_and_the_next_deploy_finishes() {
    // Counts the changes of one run; at which of them it ends.
    let (count, point) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(usize::MAX)));
    let (counted, ending) = (Arc::clone(&count), Arc::clone(&point));
    let place = Place::new(Wire::new(move |_, asked| {
        if !asked.is_change() {
            return Fault::None;
        }
        let ending = ending.load(Ordering::SeqCst);
        match counted.fetch_add(1, Ordering::SeqCst) {
            at if at != ending => Fault::None,
            at if at % 2 == 0 => Fault::KillBefore,
            _ => Fault::KillAfter,
        }
    }));
    let sites: [&dyn Fn(); 2] = [&|| first(&place), &|| second(&place)];
    sites[0]();
    let mut old = place.built();
    place.deploy(&[]);
    let (mut killed, mut mixtures) = (0, 0);
    for (turn, at) in (1..).zip(POINTS) {
        sites[turn % 2]();
        let new = place.built();
        count.store(0, Ordering::SeqCst);
        point.store(at, Ordering::SeqCst);
        let mut kami = place.command(&["--delete"]);
        let child = kami.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        *place.wire.victim.lock().unwrap() = Some(child.id());
        let output = child.wait_with_output().unwrap();
        let is_killed = output.status.signal() == Some(9);
        assert!(is_killed || output.status.success(), "{}", said(&output));
        killed += usize::from(is_killed);
        point.store(usize::MAX, Ordering::SeqCst);
        let there: Files = place.objects().into_iter().map(|(path, it)| (path, it.bytes)).collect();
        assert_whole(&there, &old, &new);
        mixtures += usize::from(
            old.iter().chain(&new).any(|(path, _)| there.get(path) != old.get(path))
                && new.iter().any(|(path, bytes)| there.get(path) != Some(bytes)),
        );
        place.deploy(&["--delete"]);
        place.assert_is(&[]);
        old = new;
    }
    assert!(killed >= POINTS.len() - 2, "killed {killed} times only");
    assert!(mixtures >= 4, "met between two bundles {mixtures} times only");
}

fn first(place: &Place) {
    place.write("wiki/Page.md", "# Page\n\n[[Only first]] ![a](a.svg)\n");
    place.write("wiki/Only first.md", "# Only first\n\n[[Page]]\n");
    place.write("wiki/a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"8\" height=\"8\"><title>the first</title></svg>");
    drop(fs::remove_file(place.site.path().join("wiki/Only second.md")));
}

fn second(place: &Place) {
    place.write("wiki/Page.md", "# Page\n\n[[Only second]] ![a](a.svg)\n");
    place.write("wiki/Only second.md", "# Only second\n\n[[Page]]\n");
    place.write("wiki/a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"8\" height=\"8\"><title>the second</title></svg>");
    drop(fs::remove_file(place.site.path().join("wiki/Only first.md")));
}

/// Asserts that each page is of one of two bundles, and that all that it shows or leads to is there. Pages of the
/// old bundle that the new one has not may be in the middle of going.
#[track_caller]
fn assert_whole(there: &Files, old: &Files, new: &Files) {
    for (path, bytes) in there {
        let known = old.get(path) == Some(bytes) || new.get(path) == Some(bytes);
        assert!(known || path.starts_with('.'), "{path} is of neither bundle");
        if path.rsplit('.').next() != Some("html")
            || (!new.contains_key(path) && old.keys().any(|it| !there.contains_key(it)))
        {
            continue;
        }
        let html = String::from_utf8_lossy(bytes);
        for reference in references(&html, path) {
            if old.contains_key(&reference) || new.contains_key(&reference) {
                assert!(
                    there.contains_key(&reference),
                    "{path} shows {reference}, which is not there"
                );
            }
        }
    }
    let home = there.get("index.html").expect("readers find a home");
    assert!(Some(home) == old.get("index.html") || Some(home) == new.get("index.html"));
}

/// Returns the paths that a page names in `src` and `href`.
fn references(html: &str, page: &str) -> Vec<String> {
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    let named = ["src=\"", "href=\""].iter().flat_map(|mark| html.split(mark).skip(1));
    let named = named.filter_map(|rest| rest.split(['"', '#', '?']).next());
    let inside = named.filter(|it| !it.is_empty() && !it.contains(':'));
    inside
        .filter_map(|it| {
            kamishibai::source::join(folder, &it.replace("%20", " ").replace("%25", "%"))
        })
        .collect()
}
