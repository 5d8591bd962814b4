//! What CloudFront is told: to forget what changed and no more, and where the release lies.

use std::fs;

use super::stand_in::{Asked, Fault, Wire};
use super::{Place, ask_service};

/// Makes a distribution in front of the bucket; returns its id.
fn distribution(place: &Place, path: &str) -> String {
    let origin = |id: &str, bucket: &str| {
        format!(
            "<Origin><Id>{id}</Id><DomainName>{bucket}.s3.us-east-1.amazonaws.com</DomainName><OriginPath>{path}</OriginPath><S3OriginConfig><OriginAccessIdentity></OriginAccessIdentity></S3OriginConfig></Origin>"
        )
    };
    let config = format!(
        "<DistributionConfig xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><CallerReference>{0}</CallerReference><Origins><Quantity>2</Quantity><Items>{1}{2}</Items></Origins><DefaultCacheBehavior><TargetOriginId>a</TargetOriginId><ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy><ForwardedValues><QueryString>false</QueryString><Cookies><Forward>none</Forward></Cookies></ForwardedValues><MinTTL>0</MinTTL></DefaultCacheBehavior><Comment></Comment><Enabled>true</Enabled></DistributionConfig>",
        place.bucket,
        origin("a", &place.bucket),
        origin("b", "a-copy-elsewhere"),
    );
    let made =
        ask_service("cloudfront", "POST", "/2020-05-31/distribution", &[], config.as_bytes());
    let made = String::from_utf8(made.bytes).unwrap();
    made.split("<Id>").nth(1).unwrap().split('<').next().unwrap().to_owned()
}

/// Returns the paths of each invalidation that was asked for.
fn forgotten(asked: &[Asked]) -> Vec<Vec<String>> {
    let bodies =
        asked.iter().filter(|it| it.method == "POST" && it.target.contains("/invalidation"));
    let paths = |asked: &Asked| {
        let body = String::from_utf8(asked.body.clone()).unwrap();
        let paths = body.split("<Path>").skip(1).map(|rest| rest.split('<').next().unwrap());
        paths.map(|path| path.replace("&amp;", "&")).collect()
    };
    bodies.map(paths).collect()
}

#[test]
fn it_forgets_what_changed_and_no_more() {
    let mut place = Place::new(Wire::sound());
    place.write("wiki/雨 の日.md", "# 雨\n\n[[Kamishibai]]\n");
    place.write("wiki/雨/index.md", "# 雨の中\n\n[[Kamishibai]]\n");
    place.target.push_str("/the/site");
    let id = distribution(&place, "/the");
    let flags = ["--distribution", id.as_str()];
    place.deploy(&flags);
    assert_eq!(forgotten(&place.wire.take()), [["/site/*"]], "whatever was there before");
    place.deploy(&flags);
    assert!(forgotten(&place.wire.take()).is_empty(), "nothing changed");
    place.write("wiki/雨 の日.md", "# 雨\n\nIt rains. [[Kamishibai]]\n");
    place.write("wiki/雨/index.md", "# 雨の中\n\nIt pours. [[Kamishibai]]\n");
    place.deploy(&flags);
    let told = forgotten(&place.wire.take());
    let rain = "%E9%9B%A8";
    for path in [
        format!("/site/wiki/{rain}_%E3%81%AE%E6%97%A5.html"),
        format!("/site/wiki/{rain}/index.html"),
        format!("/site/wiki/{rain}/"),
        "/site/bundle.json".to_owned(),
        "/site/sw.js".to_owned(),
    ] {
        assert!(told[0].contains(&path), "{path} is not in {told:?}");
    }
    assert!(
        !told[0].iter().any(|path| path.contains('*') || path.contains("/assets/")),
        "{told:?}"
    );
    assert!(told[0].len() < 20 && told[0].iter().all(|path| path.is_ascii()), "{told:?}");
}

#[test]
fn many_changes_of_a_folder_are_one_wildcard() {
    let place = Place::new(Wire::sound());
    let id = distribution(&place, "");
    for n in 0..70 {
        place.write(&format!("wiki/Many/{n}.md"), &format!("# Number {n}\n\nbefore\n"));
    }
    place.deploy(&["--distribution", &id]);
    for n in 0..70 {
        place.write(&format!("wiki/Many/{n}.md"), &format!("# Number {n}\n\nafter\n"));
    }
    place.wire.take();
    place.deploy(&["--distribution", &id]);
    let told = forgotten(&place.wire.take());
    assert!(told[0].contains(&"/wiki/Many/*".to_owned()), "{told:?}");
    assert!(told[0].contains(&"/wiki/Many/".to_owned()), "a wildcard is not the folder: {told:?}");
    assert!(told[0].len() < 30 && !told[0].contains(&"/*".to_owned()), "{told:?}");
}

/// A run that ends between the files and CloudFront leaves it to the next one to tell.
#[test]
fn what_was_not_told_is_told_the_next_time() {
    let place = Place::new(Wire::new(|_, asked| match asked {
        asked if asked.method == "POST" && asked.header("x-try").is_empty() => {
            Fault::Answer(403, "AccessDenied")
        }
        _ => Fault::None,
    }));
    let id = distribution(&place, "");
    place.deploy(&[]);
    place.write("wiki/Page.md", "# Page\n\nanother\n");
    place.fails(
        &["--distribution", &id],
        &["cannot renew the caches", "cloudfront:CreateInvalidation"],
    );
    let there = place.objects();
    assert_eq!(there["wiki/Page.html"].bytes, place.built()["wiki/Page.html"]);
    assert!(there.contains_key(super::NOTE));
    let mut place = place;
    place.wire = Wire::sound();
    place.deploy(&["--distribution", &id]);
    let told = forgotten(&place.wire.take());
    assert!(told[0].contains(&"/wiki/Page.html".to_owned()), "{told:?}");
    place.deploy(&["--delete"]);
    place.assert_is(&[]);
    place.fails(&["--distribution", "ENOTHERE"], &["404 NoSuchDistribution", "check the number"]);
    place.fails(&["--distribution", "x/y"], &["is no distribution of CloudFront"]);
}

#[test]
fn a_release_is_one_switch_and_so_is_the_way_back() {
    let mut place = Place::new(Wire::sound());
    place.target.push_str("/site");
    let id = distribution(&place, "/site");
    let flags = ["--release", "--distribution", id.as_str()];
    let config = || {
        let path = format!("/2020-05-31/distribution/{id}/config");
        let config = ask_service("cloudfront", "GET", &path, &[], &[]);
        let config = String::from_utf8(config.bytes).unwrap();
        let paths =
            config.split("<OriginPath>").skip(1).map(|rest| rest.split('<').next().unwrap());
        paths.map(str::to_owned).collect::<Vec<_>>()
    };
    place.deploy(&flags);
    let first = config();
    assert!(first[0].starts_with("/site/releases/"), "{first:?}");
    assert_eq!(first[0], first[1], "the copy of the bucket is looked at in the same way");
    let files = |path: &str| -> Vec<String> {
        let prefix = format!("{}/", &path[1..]);
        place.objects().into_keys().filter(|key| key.starts_with(&prefix)).collect()
    };
    assert_eq!(files(&first[0]).len(), place.built().len());
    place.write("wiki/Page.md", "# Page\n\nanother\n");
    place.wire.take();
    place.deploy(&flags);
    let second = config();
    assert_ne!(first, second);
    let asked = place.wire.take();
    let sent = asked.iter().filter(|it| it.method == "PUT" && it.path().contains("/assets/"));
    assert!(sent.clone().count() > 3);
    assert!(sent.clone().all(|it| it.body.is_empty()), "what is the same is copied there");
    assert_eq!(forgotten(&asked), [["/*"]]);
    let old = files(&first[0]).len();
    assert_eq!(old, files(&second[0]).len(), "the release before stays whole");
    let told = place.deploy(&flags);
    assert!(told.contains("all of it is there"), "{told}");
    place.deploy(&["--rollback", "--dry-run", "--distribution", &id]);
    assert_eq!(config(), second);
    place.deploy(&["--rollback", "--distribution", &id]);
    assert_eq!(config(), first);
    let pointer = &place.objects()["site/current.json"].bytes;
    assert!(String::from_utf8_lossy(pointer).contains(first[0].rsplit('/').next().unwrap()));
    place.deploy(&["--rollback", "--distribution", &id]);
    assert_eq!(config(), second, "and forth");
}

#[test]
fn a_bucket_with_versions_goes_back_to_the_bundle_before() {
    let place = Place::new(Wire::sound());
    let versions = b"<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status></VersioningConfiguration>";
    super::ask("PUT", &format!("/{}?versioning", place.bucket), &[], versions);
    place.fails(&["--rollback"], &["there is no bundle at"]);
    place.write("wiki/Gone.md", "# Gone\n\n[[Kamishibai]]\n");
    place.deploy(&[]);
    place.fails(&["--rollback"], &["keeps no bundle from before this one"]);
    let before = place.objects();
    fs::remove_file(place.site.path().join("wiki/Gone.md")).unwrap();
    place.write("wiki/Page.md", "# Page\n\nanother\n");
    place.deploy(&["--delete"]);
    let after = place.objects();
    let planned = place.deploy(&["--rollback", "--dry-run", "--delete"]);
    assert!(
        planned.contains("changed   wiki/Page.html")
            && planned.contains("new       wiki/Gone.html"),
        "{planned}"
    );
    assert_eq!(place.objects(), after);
    place.wire.take();
    place.deploy(&["--rollback", "--delete"]);
    assert!(place.objects() == before, "to the byte, types and caching included");
    let sent: Vec<Asked> = place.wire.take();
    assert!(sent.iter().filter(|it| it.path().starts_with("wiki/")).all(|it| it.body.is_empty()));
    place.deploy(&["--rollback", "--delete"]);
    assert!(place.objects() == after, "and forth");
}
