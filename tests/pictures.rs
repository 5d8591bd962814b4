//! Pictures that are made of a site's pictures, and those that nothing can be made of.

use std::io::Cursor;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{
    DynamicImage, ExtendedColorType, GenericImageView as _, ImageDecoder as _, ImageEncoder as _,
    ImageReader, Rgb, RgbImage,
};
use kamishibai::cache;
use kamishibai::compile::{Bundle, Change, compile, recompile};
use kamishibai::digest::Digest;
use kamishibai::memo::Memo;
use kamishibai::output::parse_manifest;
use kamishibai::page::Options;
use kamishibai::picture::{self, Avif, Facts, Format, Images, Order, Recipe};
use kamishibai::source::{Source, SourcePath, Sources};

/// Draws what no encoder finds easy: colours that run, and grain. The corner at the top left is red.
pub(crate) fn scene(width: u32, height: u32) -> RgbImage {
    let mut grain = 7_u32;
    RgbImage::from_fn(width, height, |x, y| {
        grain = grain.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [run, fall] = [x * 255 / width, y * 255 / height];
        if x < width / 8 && y < height / 8 {
            return Rgb([230, 20, 20]);
        }
        let noise = grain >> 26;
        let part = |value: u32| u8::try_from((value + noise).min(255)).expect("at most 255");
        Rgb([part(run / 2), part(fall), part(255 - run)])
    })
}

/// Writes a picture as a JPEG with what cameras add: how it is turned, where it was taken, a profile.
pub(crate) fn jpeg(pixels: &RgbImage, turned: u8, icc: Option<&[u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 92);
    if let Some(icc) = icc {
        encoder.set_icc_profile(icc.to_vec()).expect("JPEG holds profiles");
    }
    encoder
        .write_image(pixels, pixels.width(), pixels.height(), ExtendedColorType::Rgb8)
        .expect("pixels can be written");
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x02\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([turned, 0, 0]);
    // The maker of the camera, eight bytes behind the table.
    exif.extend(b"\x01\x0f\0\x02\0\0\0\x08\0\0\0\x26\0\0\0\0GPSCANON");
    let length = u16::try_from(exif.len() + 2).expect("it is short").to_be_bytes();
    let segment = [&[0xff, 0xe1], &length[..], &exif].concat();
    drop(bytes.splice(2..2, segment));
    bytes
}

pub(crate) fn png(pixels: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new(&mut bytes);
    pixels.write_with_encoder(encoder).expect("pixels can be written");
    bytes
}

/// Draws a picture by words: its kind and size, and what is odd about it.
pub(crate) fn from_words(words: &str) -> Vec<u8> {
    let mut words = words.split_whitespace();
    let kind = words.next().expect("a kind");
    let (width, height) = words.next().and_then(|size| size.split_once('x')).expect("a size");
    let [width, height] = [width, height].map(|side| side.parse::<u32>().expect("pixels"));
    let odd = words.next().unwrap_or_default();
    // A header may promise more than there is.
    let (wide, high) = if odd == "promised" { (64, 48) } else { (width, height) };
    let pixels = scene(wide, high);
    let mut bytes = match (kind, odd) {
        ("jpeg", _) => jpeg(&pixels, 1, None),
        ("png", "deep") => png(&DynamicImage::from(DynamicImage::from(pixels).into_rgb16())),
        ("png", _) => png(&DynamicImage::from(pixels)),
        _ => panic!("no picture is `{kind}`"),
    };
    match (kind, odd) {
        ("jpeg", "promised" | "print") => {
            let at = bytes.windows(2).position(|pair| pair == b"\xff\xc0").expect("a frame");
            let side = |side: u32| u16::try_from(side).expect("JPEG has 16 bits").to_be_bytes();
            bytes[at + 5..at + 7].copy_from_slice(&side(height));
            bytes[at + 7..at + 9].copy_from_slice(&side(width));
            if odd == "print" {
                bytes[at + 9] = 4;
            }
        }
        ("png", "promised") => {
            bytes[16..20].copy_from_slice(&width.to_be_bytes());
            bytes[20..24].copy_from_slice(&height.to_be_bytes());
            let sum = crc32fast::hash(&bytes[12..29]).to_be_bytes();
            bytes[29..33].copy_from_slice(&sum);
        }
        (_, "padded") => bytes.resize(11 << 20, 0),
        (_, "cut") => bytes.truncate(bytes.len() / 2),
        _ => {}
    }
    bytes
}

fn decoded(bytes: &[u8]) -> DynamicImage {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().expect("in memory");
    reader.decode().expect("what we make can be read")
}

fn facts(bytes: &[u8]) -> Facts {
    let path = SourcePath::new("wiki/a.jpg");
    Facts::of(&path, bytes, picture::size(&path, bytes))
}

/// Makes pictures of one that can be read.
fn derive(bytes: &[u8], facts: &Facts, recipes: &[Recipe]) -> Vec<Vec<u8>> {
    let made = picture::derive(bytes, facts, recipes, &Avif::default()).into_iter();
    made.map(|made| made.expect("it is a picture")).collect()
}

fn asset(path: &str, bytes: &[u8]) -> Source {
    Source::asset(path, bytes, picture::size(&SourcePath::new(path), bytes))
}

fn site(files: Vec<Source>, memo: Memo) -> Bundle {
    compile(files.into_iter().collect::<Sources>(), Options { memo, ..Options::default() })
}

fn text(bundle: &Bundle, address: &str) -> String {
    let output = bundle.output(address).unwrap_or_else(|| panic!("nothing at {address}"));
    String::from_utf8_lossy(&output.bytes).into_owned()
}

/// Returns the addresses in the attributes of a name, from the folder of the page.
fn addresses(html: &str, name: &str) -> Vec<String> {
    let mark = format!("{name}=\"");
    let values = html.split(&*mark).skip(1).filter_map(|rest| rest.split('"').next());
    let each = values.flat_map(|value| value.split(", ")).filter_map(|one| one.split(' ').next());
    each.filter_map(|address| address.strip_prefix("../")).map(str::to_owned).collect()
}

#[test]
fn a_photograph_becomes_pictures_in_several_widths() {
    let photo = jpeg(&scene(3000, 2000), 1, None);
    let page = Source::text("wiki/A.md", "![雨](photo.jpg)\n\n![二](photo.jpg)\n");
    let deck =
        Source::text("decks/d.md", "![bg](photo.jpg)\n\n# 題\n\n---\n\n![w:320](photo.jpg)\n");
    let bundle = site(vec![page, deck, asset("wiki/photo.jpg", &photo)], Memo::default());
    let html = text(&bundle, "wiki/A.html");
    assert!(html.contains("<picture><source type=\"image/webp\" srcset="), "{html}");
    assert!(html.contains("width=\"3000\" height=\"2000\""), "nothing jumps");
    assert!(html.contains("fetchpriority=\"high\"") && html.contains("loading=\"lazy\""));
    assert!(!html.contains("style="), "the policy allows no `style=`");
    let deck = text(&bundle, "decks/d.html");
    assert!(!deck.contains("<picture"), "themes say `p > img`");
    let all = bundle.addresses();
    let mut widths = Vec::new();
    for (page, address) in [&html, &deck].into_iter().flat_map(|html| {
        let shown = addresses(html, "srcset").into_iter().chain(addresses(html, " src"));
        shown.filter(|address| address.contains("photo")).map(move |address| (html, address))
    }) {
        assert!(all.contains(&address), "{address} is part of the bundle");
        let output = bundle.output(&address).expect("it can be made");
        let (width, height) = decoded(&output.bytes).dimensions();
        assert!(height.abs_diff(width * 2 / 3) <= 1, "{address} keeps its shape");
        if has_extension(&address, "webp") {
            assert_eq!(output.content_type, "image/webp");
            assert!(
                page.contains(&format!("{address} {width}w")),
                "{address} is as wide as it says"
            );
            assert!(output.bytes.len() < photo.len());
            widths.push(width);
        }
    }
    widths.sort_unstable();
    widths.dedup();
    assert_eq!(widths, [480, 960, 1440, 1920, 3000]);
    let lost = all.iter().find(|address| bundle.output(address).is_none());
    assert_eq!(lost, None, "every address has an output");
    assert!(bundle.diagnostics().iter().all(|found| found.path.as_str() != "wiki/A.md"));
}

#[test]
fn a_turned_photograph_stands_upright_and_tells_nothing() {
    // Turned a quarter to the right for display, the corner that was at the top left is at the top right.
    let photo = jpeg(&scene(2400, 1600), 6, None);
    let page = Source::text("wiki/A.md", "![雨](photo.jpg)\n");
    let bundle = site(vec![page, asset("wiki/photo.jpg", &photo)], Memo::default());
    let html = text(&bundle, "wiki/A.html");
    assert!(html.contains("width=\"1600\" height=\"2400\""), "{html}");
    assert!(photo.windows(8).any(|part| part == b"GPSCANON"));
    let assets = bundle.addresses().into_iter().filter(|address| address.contains("photo"));
    for address in assets.collect::<Vec<_>>() {
        let output = bundle.output(&address).expect("it can be made");
        assert!(
            !output.bytes.windows(8).any(|part| part == b"GPSCANON"),
            "{address} tells who took it"
        );
        if !addresses(&html, "srcset").contains(&address) {
            continue;
        }
        let pixels = decoded(&output.bytes).into_rgb8();
        let (width, height) = pixels.dimensions();
        assert!(height > width);
        let [right, left] = [width - 9, 8].map(|x| pixels.get_pixel(x, 8).0);
        assert!(right[0] > 190 && right[1] < 70, "{address}: {right:?}");
        assert!(left[0] < 190, "{address}: {left:?}");
    }
}

#[test]
fn the_same_picture_is_the_same_whatever_is_made_with_it() {
    let photo = jpeg(&scene(3001, 1999), 8, None);
    let facts = facts(&photo);
    let recipes = picture::all(&facts, &Images::default());
    assert!(recipes.len() >= 8, "{recipes:?}");
    let together = derive(&photo, &facts, &recipes);
    for (recipe, bytes) in recipes.iter().zip(&together).rev() {
        let alone = derive(&photo, &facts, &[*recipe]);
        assert!(alone[0] == *bytes, "{recipe:?}");
        assert_eq!(decoded(bytes).width(), recipe.width);
    }
}

#[test]
fn small_pictures_stay_as_they_are() {
    let small = jpeg(&scene(80, 60), 1, None);
    let thin = jpeg(&RgbImage::from_pixel(600, 400, Rgb([90, 90, 90])), 1, None);
    let page = Source::text("wiki/A.md", "![a](small.jpg) ![b](thin.jpg)\n");
    let assets = [asset("wiki/small.jpg", &small), asset("wiki/thin.jpg", &thin)];
    let bundle = site([vec![page], assets.to_vec()].concat(), Memo::default());
    let html = text(&bundle, "wiki/A.html");
    assert!(!html.contains("srcset"), "{html}");
    assert!(html.contains("width=\"80\" height=\"60\""));
    // Nothing is drawn larger than it is.
    let middle = jpeg(&scene(700, 500), 1, None);
    let made = picture::all(&facts(&middle), &Images::default());
    assert!(made.iter().all(|recipe| recipe.width <= 700), "{made:?}");
}

#[test]
fn letters_on_a_screen_stay_as_sharp_as_they_are() {
    let mut screen = RgbImage::from_pixel(1440, 900, Rgb([255, 255, 255]));
    let grain = scene(120, 120);
    for (x, y, pixel) in screen.enumerate_pixels_mut() {
        if x % 12 < 2 && y % 20 < 14 {
            *pixel = Rgb([20, 20, 160]);
        }
        if x < 120 && y < 120 {
            *pixel = *grain.get_pixel(x, y);
        }
    }
    let bytes = png(&DynamicImage::from(screen.clone()));
    let recipe = Recipe { width: 1440, format: Format::Webp, quality: 80 };
    let made = derive(&bytes, &facts(&bytes), &[recipe]);
    assert!(decoded(&made[0]).into_rgb8() == screen, "not one pixel is another");
    assert!(made[0].len() < bytes.len());
}

#[test]
fn what_shines_through_and_what_moves_is_kept() {
    let mut drop = DynamicImage::from(scene(900, 600)).into_rgba8();
    drop.enumerate_pixels_mut()
        .for_each(|(x, _, pixel)| pixel.0[3] = if x < 450 { 0 } else { 255 });
    let glass = png(&DynamicImage::from(drop));
    let made =
        derive(&glass, &facts(&glass), &[Recipe { width: 480, format: Format::Webp, quality: 80 }]);
    let pixels = decoded(&made[0]).into_rgba8();
    assert_eq!([pixels.get_pixel(40, 40).0[3], pixels.get_pixel(440, 40).0[3]], [0, 255]);
    let mut gif = Vec::new();
    {
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut gif);
        for shade in [10, 200] {
            let frame = image::RgbaImage::from_pixel(600, 400, image::Rgba([shade, 90, 90, 255]));
            encoder.encode_frame(image::Frame::new(frame)).expect("GIF holds it");
        }
    }
    gif.resize(gif.len() + 30_000, 0);
    let page = Source::text("wiki/A.md", "![a](a.gif)\n");
    let bundle = site(vec![page, asset("wiki/a.gif", &gif)], Memo::default());
    assert!(!text(&bundle, "wiki/A.html").contains("srcset"));
    let address = bundle.addresses().into_iter().find(|address| has_extension(address, "gif"));
    let output = bundle.output(&address.expect("it is served")).expect("it is there");
    let frames = output.bytes.windows(2).filter(|pair| pair == b"\x21\xf9").count();
    assert_eq!(frames, 2, "both pictures of it are there");
}

#[test]
fn colours_mean_what_they_meant() {
    let wide = moxcms::ColorProfile::new_display_p3().encode().expect("a profile can be written");
    let screen = moxcms::ColorProfile::new_srgb().encode().expect("a profile can be written");
    let mut long =
        moxcms::ColorProfile::new_adobe_rgb().encode().expect("a profile can be written");
    let green = RgbImage::from_fn(800, 600, |x, y| Rgb([30, 200 + u8::from((x ^ y) & 1 == 0), 40]));
    let of = |icc: &[u8], format| {
        let photo = jpeg(&green, 1, Some(icc));
        let recipe = Recipe { width: 400, format, quality: 90 };
        let mut made = derive(&photo, &facts(&photo), &[recipe]);
        let bytes = made.pop().expect("one was asked for");
        let mut decoder = ImageReader::new(Cursor::new(&bytes))
            .with_guessed_format()
            .and_then(|reader| reader.into_decoder().map_err(std::io::Error::other))
            .expect("it can be read");
        (
            decoder.icc_profile().expect("it can be asked"),
            decoded(&bytes).into_rgb8().get_pixel(200, 150).0,
        )
    };
    for format in [Format::Webp, Format::Jpeg, Format::Png] {
        let (profile, pixel) = of(&wide, format);
        assert_eq!(profile.as_deref(), Some(&wide[..]), "{format:?} keeps a small profile");
        assert!(pixel[0].abs_diff(30) < 8, "the pixels are as they were: {pixel:?}");
        assert_eq!(of(&screen, format).0, None, "what every screen means needs no word");
    }
    // Too long to go along, it is worked into the pixels.
    long.resize(9000, 0);
    let size = u32::try_from(long.len()).expect("it is short").to_be_bytes();
    long[..4].copy_from_slice(&size);
    let (profile, pixel) = of(&long, Format::Webp);
    assert_eq!(profile, None);
    assert!(pixel[0] < 12, "the green of that profile is more than a screen has: {pixel:?}");
}

#[test]
fn what_was_made_once_is_found_again_and_changes_nothing() {
    let photo = jpeg(&scene(2000, 1500), 1, None);
    let files = || {
        let page = Source::text("wiki/A.md", "![雨](photo.jpg)\n");
        vec![page, asset("wiki/photo.jpg", &photo)]
    };
    let folder = tempfile::tempdir().expect("a folder");
    let cold = site(files(), cache::on_disk(folder.path()));
    let told = Mutex::new(Vec::new());
    cold.develop(&|done, total| told.lock().expect("nobody panics").push((done, total)));
    assert_eq!(*told.lock().expect("nobody panics"), [(1, 1)], "a photograph is decoded once");
    let warm = site(files(), cache::on_disk(folder.path()));
    let again = AtomicUsize::new(0);
    warm.develop(&|done, _| again.store(done, Ordering::Relaxed));
    assert_eq!(again.into_inner(), 0, "nothing is made twice");
    let bare = site(files(), Memo::default());
    let manifests =
        [&cold, &warm, &bare].map(|bundle| bundle.make("bundle.json").expect("a manifest"));
    assert_eq!(manifests[0], manifests[1]);
    assert_eq!(manifests[0], manifests[2]);
    let entries = parse_manifest(&manifests[0].bytes).expect("it is ours");
    for entry in entries.iter().filter(|entry| has_extension(&entry.path, "webp")) {
        let output = warm.output(&entry.path).expect("it is there");
        assert_eq!(Digest::of(&output.bytes).to_string(), entry.digest);
    }
}

#[test]
fn a_warm_compile_has_the_pictures_of_a_cold_one() {
    let [first, second] = [(2000, 1500), (1800, 1100)].map(|(w, h)| jpeg(&scene(w, h), 1, None));
    let page = Source::text("wiki/A.md", "![雨](photo.jpg)\n");
    let before = site(vec![page.clone(), asset("wiki/photo.jpg", &first)], Memo::default());
    let new = asset("wiki/photo.jpg", &second);
    let change = Change { path: new.path.clone(), source: Some(new.clone()) };
    let warm = recompile(&before, vec![change]);
    let cold = site(vec![page, new], Memo::default());
    assert_eq!(warm.addresses(), cold.addresses());
    for address in cold.addresses() {
        assert_eq!(warm.make(&address), cold.make(&address), "at {address}");
    }
    let stale = addresses(&text(&before, "wiki/A.html"), "srcset");
    assert!(stale.iter().all(|address| cold.make(address).is_none()), "old names mean nothing");
}

#[test]
fn the_site_says_in_which_widths_and_formats() {
    let photo = jpeg(&scene(2000, 1500), 1, None);
    let settings = "[images]\nwidths = [300, 600]\nquality = 60\nformats = []\n";
    let page = Source::text("wiki/A.md", "![雨](photo.jpg)\n");
    let files = vec![Source::text("kami.toml", settings), page, asset("wiki/photo.jpg", &photo)];
    let bundle = site(files, Memo::default());
    let html = text(&bundle, "wiki/A.html");
    assert!(html.contains(".jpg 300w, ") && html.contains(".jpg 600w\""), "{html}");
    assert!(!html.contains("webp") && !html.contains("<picture"));
    assert!(bundle.diagnostics().iter().all(|found| found.path.as_str() != "kami.toml"));
    let wrong = "[images]\nwidths = [5, \"x\"]\nquality = 0\nformats = [\"avif\", \"gif\"]\n";
    let bundle = site(vec![Source::text("kami.toml", wrong)], Memo::default());
    let messages: Vec<String> =
        bundle.diagnostics().into_iter().map(|found| found.message).collect();
    assert_eq!(messages.len(), 5, "{messages:?}");
    assert!(messages.iter().any(|message| message.contains("`avifenc` was not found")));
}

/// An encoder that wraps what it is handed, and refuses pictures of one height.
fn wrapper(version: &'static str, refused: u32) -> Avif {
    let make = move |order: &Order<'_>| {
        let pixels = decoded(order.png);
        assert!(!order.has_profile && order.coarseness < 30, "{order:?}");
        assert!(order.png.windows(4).all(|word| word != b"eXIf" && word != b"CANO"));
        if pixels.height() == refused {
            return Err("it is too high".to_owned());
        }
        Ok(format!("avif {}x{}", pixels.width(), pixels.height()).into_bytes())
    };
    Avif::new(move || Ok(Digest::of(version.as_bytes())), make)
}

fn in_avif(settings: &str, avif: Avif, memo: Memo) -> Bundle {
    let photo = jpeg(&scene(2000, 1500), 1, None);
    let page = Source::text("wiki/A.md", "![雨](photo.jpg)\n\n![札](sign.png)\n");
    let deck = Source::text("decks/d.md", "![bg](photo.jpg)\n\n# 題\n\n![w:320](photo.jpg)\n");
    let sign = png(&DynamicImage::from(scene(1000, 700)));
    let assets = [asset("wiki/photo.jpg", &photo), asset("wiki/sign.png", &sign)];
    let files = [Source::text("kami.toml", settings), page, deck].into_iter().chain(assets);
    compile(files.collect::<Sources>(), Options { memo, avif, ..Options::default() })
}

const ASKED: &str = "[images]\nwidths = [480, 960]\nformats = [\"avif\", \"webp\"]\n";

#[test]
fn avif_comes_before_webp_where_it_is_asked_for() {
    let bundle = in_avif(ASKED, wrapper("1", 0), Memo::default());
    let html = text(&bundle, "wiki/A.html");
    let kinds: Vec<&str> = html.split("<source type=\"").skip(1).map(|rest| &rest[..10]).collect();
    assert_eq!(kinds, ["image/avif", "image/webp", "image/webp"], "a sign stays sharp: {html}");
    let deck = text(&bundle, "decks/d.html");
    assert_eq!(deck.matches("<picture><source type=\"image/avif\"").count(), 1, "{deck}");
    assert!(deck.contains("<p><img "), "themes say `p > img`");
    let offered: Vec<String> =
        addresses(&html, "srcset").into_iter().chain(addresses(&deck, "srcset")).collect();
    let mut avif: Vec<&String> = offered.iter().filter(|it| has_extension(it, "avif")).collect();
    avif.sort();
    avif.dedup();
    let made = avif.iter().map(|address| {
        let output = bundle.output(address).unwrap_or_else(|| panic!("nothing at {address}"));
        assert_eq!(output.content_type, "image/avif");
        String::from_utf8_lossy(&output.bytes).into_owned()
    });
    let mut made: Vec<String> = made.collect();
    made.sort();
    assert_eq!(made, ["avif 480x360", "avif 960x720"]);
    let all = bundle.addresses();
    let written = all.iter().filter(|address| has_extension(address, "avif"));
    assert_eq!(written.count(), 2, "a bundle has what its pages offer");
    let names = |version, settings: &str| {
        let all = in_avif(settings, wrapper(version, 0), Memo::default()).addresses();
        all.into_iter().filter(|it| has_extension(it, "avif")).collect::<Vec<_>>()
    };
    assert_eq!(names("1", ASKED).len(), 2);
    assert_ne!(names("1", ASKED), names("2", ASKED), "another encoder makes other bytes");
    assert!(names("1", "[images]\nformats = [\"webp\"]\n").is_empty());
}

#[test]
fn what_no_avif_is_made_of_is_shown_without() {
    let folder = tempfile::tempdir().expect("a folder");
    let bundle = in_avif(ASKED, wrapper("1", 720), cache::on_disk(folder.path()));
    bundle.develop(&|_, _| {});
    let html = text(&bundle, "wiki/A.html");
    assert!(!html.contains("avif") && html.contains("image/webp"), "{html}");
    assert!(!text(&bundle, "decks/d.html").contains("avif"));
    assert!(!bundle.addresses().iter().any(|address| has_extension(address, "avif")));
    let found = bundle.diagnostics();
    let mut told: Vec<String> = found
        .iter()
        .filter(|found| found.rule.code == "unmade-avif")
        .map(|found| bundle.locate(found))
        .map(|it| format!("{}:{}:{}: {}", it.path, it.line, it.column, it.message))
        .collect();
    told.sort();
    let message = "no AVIF could be made of `wiki/photo.jpg`: it is too high";
    let places = ["decks/d.md:1:1", "decks/d.md:5:1", "wiki/A.md:1:1"];
    assert_eq!(told, places.map(|place| format!("{place}: {message}")));
    // A page that was there before has promised one.
    let early = in_avif(ASKED, wrapper("1", 720), Memo::default());
    let offered = addresses(&text(&early, "wiki/A.html"), "srcset");
    let refused = offered.iter().filter(|it| has_extension(it, "avif"));
    let kept = refused.map(|address| early.output(address).expect("it is there").bytes.clone());
    let kinds: Vec<bool> = kept.map(|bytes| bytes.starts_with(b"RIFF")).collect();
    assert_eq!(kinds, [false, true], "what was refused is shown in another format");
}

fn has_extension(address: &str, extension: &str) -> bool {
    std::path::Path::new(address).extension().is_some_and(|known| known == extension)
}
