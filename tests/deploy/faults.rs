//! What goes wrong between the program and a store: it passes, or it is told with what to do about it.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::stand_in::{Asked, Fault, Wire};
use super::{NOTE, Place, ask, said};

/// Returns a rule that does something to the first tries of each request.
fn at_first(tries: usize, fault: impl Fn(usize) -> Fault + Send + Sync + 'static) -> Wire {
    let seen: std::sync::Mutex<std::collections::HashMap<String, usize>> =
        std::sync::Mutex::default();
    Wire::new(move |number, asked| {
        let mut seen = seen.lock().unwrap();
        let count = seen.entry(format!("{} {}", asked.method, asked.target)).or_default();
        *count += 1;
        // The first answer of all shows that there is somebody.
        if number > 2 && *count <= tries { fault(number) } else { Fault::None }
    })
}

fn is_put(asked: &Asked, path: &str) -> bool {
    asked.method == "PUT" && asked.path() == path
}

#[test]
fn a_store_that_is_busy_or_cut_off_or_slow_is_asked_again() {
    let place = Place::new(at_first(1, |number| match number % 6 {
        0 => Fault::Answer(503, "SlowDown"),
        1 => Fault::Answer(429, "TooManyRequests"),
        2 => Fault::CutBefore,
        3 => Fault::CutAfter,
        4 => Fault::Answer(500, "InternalError"),
        _ => Fault::Slow,
    }));
    place.deploy(&[]);
    place.assert_is(&[]);
}

#[test]
fn what_is_denied_is_told_and_the_next_deploy_goes_on() {
    let broken = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let is_broken = std::sync::Arc::clone(&broken);
    let place = Place::new(Wire::new(move |_, asked| match asked {
        asked if is_put(asked, "wiki/Page.html") && is_broken.load(Ordering::Relaxed) => {
            Fault::Answer(403, "AccessDenied")
        }
        _ => Fault::None,
    }));
    place.fails(
        &[],
        &[
            "cannot write s3://",
            "wiki/Page.html",
            "403 AccessDenied",
            "files are there",
            "s3:PutObject",
        ],
    );
    let objects = place.objects();
    assert!(objects.contains_key(NOTE) && !objects.contains_key("bundle.json"));
    let sent = |path: &str| objects.contains_key(path);
    assert!(objects.keys().any(|path| path.starts_with("assets/")) && !sent("sw.js"));
    broken.store(false, Ordering::Relaxed);
    place.wire.take();
    place.deploy(&[]);
    place.assert_is(&[]);
    let again: Vec<String> = place.wire.changes();
    assert!(
        !again.iter().any(|it| it.starts_with("PUT assets/")),
        "nothing is sent twice: {again:?}"
    );
}

#[test]
fn credentials_that_run_out_are_looked_up_again() {
    let count = AtomicUsize::new(0);
    let home: std::sync::Arc<std::sync::Mutex<Option<std::path::PathBuf>>> =
        std::sync::Arc::default();
    let file = std::sync::Arc::clone(&home);
    let place = Place::new(Wire::new(move |_, asked| {
        let is_old = asked.header("x-amz-security-token") == "old";
        if is_old && asked.is_change() && count.fetch_add(1, Ordering::SeqCst) >= 5 {
            // Another program renews the profile.
            if let Some(file) = &*file.lock().unwrap() {
                fs::write(file, profile("new")).unwrap();
            }
            return Fault::Answer(400, "ExpiredToken");
        }
        Fault::None
    }));
    let path = place.site.path().join("credentials");
    fs::write(&path, profile("old")).unwrap();
    let run = || {
        let mut kami = place.command(&[]);
        kami.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        kami.env("AWS_PROFILE", "talks").env("AWS_SHARED_CREDENTIALS_FILE", &path);
        kami.output().unwrap()
    };
    let output = run();
    let told = said(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.contains("the credentials have run out") && told.contains("get new credentials"),
        "{told}"
    );
    *home.lock().unwrap() = Some(path.clone());
    let output = run();
    let told = said(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(place.wire.take().iter().any(|it| it.header("x-amz-security-token") == "new"));
    assert!(!told.contains("profile-secret"), "{told}");
    place.assert_is(&[]);
}

fn profile(token: &str) -> String {
    format!(
        "[default]\naws_access_key_id = other\naws_secret_access_key = other\n[talks]\naws_access_key_id = key\naws_secret_access_key = profile-secret\naws_session_token = {token}\n"
    )
}

#[test]
fn a_bucket_in_another_region_is_asked_there() {
    let place = Place::new(Wire::new(|_, asked| {
        let there = asked.header("authorization").contains("/ap-northeast-1/s3/");
        if there { Fault::None } else { Fault::Answer(301, "PermanentRedirect") }
    }));
    place.deploy(&[]);
    place.assert_is(&[]);
}

#[test]
fn a_wrong_world_is_explained() {
    let always = |status, code| Place::new(Wire::new(move |_, _| Fault::Answer(status, code)));
    always(403, "RequestTimeTooSkewed")
        .fails(&[], &["this machine's clock is wrong", "01 Jan 2021", "set the clock"]);
    always(403, "InvalidAccessKeyId").fails(&[], &["does not know the access key"]);
    always(403, "SignatureDoesNotMatch").fails(&[], &["does not fit the access key"]);
    let mut place = Place::new(Wire::sound());
    place.target = "s3://no-such-bucket-anywhere".to_owned();
    place.fails(&[], &["404 NoSuchBucket", "make the bucket first"]);
    let output = place.command(&[]).env_remove("AWS_ACCESS_KEY_ID").output().unwrap();
    let told = said(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.contains("there are no credentials") && told.contains("help: set AWS_ACCESS_KEY_ID"),
        "{told}"
    );
    assert!(place.wire.changes().is_empty());
    // Nobody listens there any more.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    place.wire.port = gone;
    place.fails(&[], &["was asked 3 times in vain", "check the network and `--endpoint`"]);
}

#[test]
fn what_arrived_otherwise_is_noticed() {
    let place = Place::new(Wire::sound());
    place.deploy(&[]);
    place.write("wiki/Page.md", "# Page\n\nanother\n");
    // Somebody else deploys in the same moment.
    let bucket = place.bucket.clone();
    let mut place = place;
    place.wire = Wire::new(move |_, asked| {
        if is_put(asked, "bundle.json") {
            ask("PUT", &format!("/{bucket}/wiki/Page.html"), &[], b"theirs");
        }
        Fault::None
    });
    place.fails(&[], &["wiki/Page.html does not hold what was sent", "somebody else"]);
    place.wire = Wire::sound();
    place.deploy(&["--delete"]);
    place.assert_is(&[]);
}
