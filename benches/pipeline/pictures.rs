//! Photographs: a site of them built cold and warm, beside Hugo where `HUGO` names it, and in AVIF where `avifenc` is.
//!
//! Bytes are compared at the same likeness: Hugo is given the quality at which its pictures are as near to their
//! photographs as ours.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, flip_horizontal_in_place, flip_vertical_in_place, resize};
use image::{DynamicImage, GrayImage, ImageReader, RgbImage};
use rayon::prelude::*;

use crate::decks::{Taken, megabytes, watched};
use crate::timing::{row, text};

const WIDTH: u32 = 4000;
const HEIGHT: u32 = 3000;
const WIDTHS: [u32; 3] = [480, 960, 1440];
/// How many photographs are drawn; the others are these turned over, lighter or darker, with another grain.
const DRAWN: usize = 12;
/// How far apart two likenesses may be to count as the same.
const ALIKE: f64 = 0.005;

/// Measures a site of photographs.
pub(crate) fn measure(kami: &str, count: usize, scratch: &Path) -> io::Result<()> {
    let site = scratch.join("photographs");
    fs::create_dir_all(site.join("wiki"))?;
    let drawn: Vec<RgbImage> = (0..count.min(DRAWN)).into_par_iter().map(photograph).collect();
    (0..count).into_par_iter().try_for_each(|number| {
        let bytes = taken(&drawn[number % drawn.len()], number)?;
        fs::write(site.join(format!("wiki/p{number}.jpg")), bytes)
    })?;
    for page in 0..count.div_ceil(10) {
        let shown =
            (page * 10..count.min(page * 10 + 10)).map(|n| format!("![p{n}](p{n}.jpg)\n\n"));
        fs::write(site.join(format!("wiki/Page_{page}.md")), shown.collect::<Vec<_>>().concat())?;
    }
    settings(&site, "\"webp\"")?;
    println!(
        "\n## {count} photographs of 12 megapixels, {:.1} MB, in {WIDTHS:?} pixels\n",
        megabytes(size_of(&site.join("wiki"), "jpg")?)
    );
    let reference = Reference::of(&site, count.min(DRAWN))?;
    let out = scratch.join("photographs-out");
    let build = || {
        let mut command = Command::new(kami);
        command.arg("build").arg(&site).arg("-o").arg(&out);
        watched(&mut command)
    };
    tell("kami build, nothing kept", build()?, count);
    tell("kami build again", build()?, count);
    fs::remove_dir_all(&out)?;
    tell("kami build into an empty folder, all kept", build()?, count);
    let assets = out.join("assets");
    let ours = reference.likeness(&assets, "webp", '-')?;
    let sizes = (size_of(&assets, "webp")?, size_of(&assets, "jpg")?);
    tell_bytes("kami", sizes, ours);
    if let Some(hugo) = std::env::var_os("HUGO") {
        let hugo = Hugo { program: hugo.into(), site: &site, folder: scratch.join("hugo") };
        hugo.beside(count, &reference, ours)?;
    }
    fs::remove_dir_all(&out)?;
    in_avif(&site, &reference, build)?;
    fs::remove_dir_all(&site)
}

fn settings(site: &Path, formats: &str) -> io::Result<()> {
    let settings = format!("[images]\nwidths = {WIDTHS:?}\nformats = [{formats}]\n");
    fs::write(site.join("kami.toml"), settings)
}

/// Builds the site of the photographs that are compared once more, with AVIF besides.
fn in_avif(
    site: &Path,
    reference: &Reference,
    build: impl Fn() -> io::Result<Taken>,
) -> io::Result<()> {
    if Command::new("avifenc").arg("--version").stdout(Stdio::null()).status().is_err() {
        row("AVIF", "-", "no avifenc on PATH");
        return Ok(());
    }
    settings(site, "\"avif\", \"webp\"")?;
    for entry in fs::read_dir(site.join("wiki"))? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let number = name.strip_prefix('p').and_then(|number| number.parse::<usize>().ok());
        if name != "Page_0" && number.is_none_or(|number| number >= reference.count) {
            fs::remove_file(path)?;
        }
    }
    let shown = (0..reference.count).map(|n| format!("![p{n}](p{n}.jpg)\n\n"));
    fs::write(site.join("wiki/Page_0.md"), shown.collect::<Vec<_>>().concat())?;
    tell("kami build, AVIF besides, WebP kept", build()?, reference.count);
    let assets = site.with_file_name("photographs-out").join("assets");
    for kind in ["webp", "avif"] {
        let near = reference.likeness(&assets, kind, '-')?;
        tell_bytes(&format!("{kind} of {}", reference.count), (size_of(&assets, kind)?, 0), near);
    }
    Ok(())
}

fn tell(name: &str, taken: Taken, count: usize) {
    let each = taken.wall / u32::try_from(count.max(1)).unwrap_or(1);
    let note = format!(
        "cpu {}, {} a photograph, {:.0} MB at most",
        text(taken.cpu),
        text(each),
        megabytes(taken.peak)
    );
    row(name, &text(taken.wall), &note);
}

fn tell_bytes(name: &str, (small, own): (usize, usize), near: f64) {
    let note = format!("structural similarity {near:.4}, and {:.1} MB of JPEG", megabytes(own));
    row(&format!("{name}: bytes"), &format!("{:.1} MB", megabytes(small)), &note);
}

/// Hugo, which makes the same widths of the same photographs.
struct Hugo<'a> {
    program: PathBuf,
    site: &'a Path,
    folder: PathBuf,
}

impl Hugo<'_> {
    /// Finds the quality that looks like ours, and builds all in that.
    fn beside(&self, count: usize, reference: &Reference, ours: f64) -> io::Result<()> {
        let (mut low, mut high, mut quality) = (1, 100, 80);
        loop {
            self.write(reference.count, quality)?;
            self.build()?;
            let near = reference.likeness(&self.folder.join("public/photos"), "webp", '_')?;
            println!("Hugo at quality {quality}: structural similarity {near:.4}");
            if (near - ours).abs() < ALIKE || high - low < 2 {
                break;
            }
            if near < ours {
                low = quality;
            } else {
                high = quality;
            }
            quality = usize::midpoint(low, high);
        }
        self.write(count, quality)?;
        tell("Hugo, nothing kept", self.build()?, count);
        tell("Hugo again", self.build()?, count);
        let made = self.folder.join("public/photos");
        let near = reference.likeness(&made, "webp", '_')?;
        // What it was given lies beside what it made.
        let own = size_of(&made, "jpg")? - size_of_given(&made)?;
        tell_bytes("Hugo", (size_of(&made, "webp")?, own), near);
        fs::remove_dir_all(&self.folder)
    }

    fn build(&self) -> io::Result<Taken> {
        let mut command = Command::new(&self.program);
        command.arg("--source").arg(&self.folder);
        watched(command.env("HUGO_CACHEDIR", self.folder.join("cache")))
    }

    /// Writes its site anew, with nothing kept.
    fn write(&self, count: usize, quality: usize) -> io::Result<()> {
        let folder = &self.folder;
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder.join("content/photos"))?;
        fs::create_dir_all(folder.join("layouts"))?;
        for number in 0..count {
            let name = format!("p{number}.jpg");
            let from = self.site.join("wiki").join(&name);
            fs::hard_link(from, folder.join("content/photos").join(&name))?;
        }
        fs::write(folder.join("content/photos/index.md"), "---\ntitle: photos\n---\n")?;
        fs::write(
            folder.join("hugo.toml"),
            "baseURL = \"/\"\ndisableKinds = [\"taxonomy\", \"term\", \"rss\", \"sitemap\"]\n[imaging]\nresampleFilter = \"lanczos\"\n",
        )?;
        let widths: Vec<String> = WIDTHS.iter().map(u32::to_string).collect();
        let page = format!(
            "{{{{ range .Resources.ByType \"image\" }}}}{{{{ $p := . }}}}{{{{ range slice {} }}}}\
             <img src=\"{{{{ ($p.Resize (printf \"%dx webp q{quality}\" .)).RelPermalink }}}}\">{{{{ end }}}}\
             <img src=\"{{{{ (.Resize \"960x jpg q80\").RelPermalink }}}}\">{{{{ end }}}}\n",
            widths.join(" ")
        );
        for name in ["page.html", "home.html", "section.html"] {
            let text = if name == "page.html" { &page } else { "" };
            fs::write(folder.join("layouts").join(name), text)?;
        }
        Ok(())
    }
}

/// Some of the photographs, scaled with great care, to compare with.
struct Reference {
    count: usize,
    /// By photograph and width.
    scaled: Vec<Vec<GrayImage>>,
}

impl Reference {
    fn of(site: &Path, count: usize) -> io::Result<Reference> {
        let scaled = (0..count).into_par_iter().map(|number| {
            let photograph = read(&site.join(format!("wiki/p{number}.jpg")))?.to_rgb8();
            let scaled = WIDTHS.iter().map(|width| {
                let high = width * HEIGHT / WIDTH;
                let scaled = resize(&photograph, *width, high, FilterType::Lanczos3);
                DynamicImage::from(scaled).to_luma8()
            });
            Ok(scaled.collect())
        });
        Ok(Reference { count, scaled: scaled.collect::<io::Result<_>>()? })
    }

    /// Returns how near the pictures in a folder are to their photographs, all widths alike. Their names begin with
    /// those of the photographs.
    fn likeness(&self, made: &Path, kind: &str, mark: char) -> io::Result<f64> {
        let entries = fs::read_dir(made)?.collect::<io::Result<Vec<_>>>()?;
        let found: Vec<f64> = entries
            .par_iter()
            .filter_map(|entry| {
                let path = entry.path();
                let name = path.file_name()?.to_string_lossy().into_owned();
                let number = name.strip_prefix('p')?.split(mark).next()?.parse::<usize>().ok()?;
                if number >= self.count || path.extension()? != kind {
                    return None;
                }
                let picture = read(&path).ok()?.to_luma8();
                let width = WIDTHS.iter().position(|width| *width == picture.width())?;
                Some(likeness(&self.scaled[number][width], &picture))
            })
            .collect();
        let count = self.count * WIDTHS.len();
        if found.len() != count {
            let text = format!("{} pictures to compare, not {count}", found.len());
            return Err(io::Error::other(text));
        }
        Ok(found.iter().sum::<f64>() / f64::from(u32::try_from(count).unwrap_or(u32::MAX)))
    }
}

/// Reads a picture; AVIF by the program that comes with its encoder.
fn read(path: &Path) -> io::Result<DynamicImage> {
    if path.extension().is_some_and(|extension| extension == "avif") {
        let png = path.with_extension("png");
        let status = Command::new("avifdec").arg(path).arg(&png).stdout(Stdio::null()).status()?;
        let picture = if status.success() { read(&png) } else { Err(io::Error::other("avifdec")) };
        fs::remove_file(&png)?;
        return picture;
    }
    let reader = ImageReader::open(path)?.with_guessed_format()?;
    reader.decode().map_err(io::Error::other)
}

/// The structural similarity of two pictures, over squares of eight pixels.
fn likeness(one: &GrayImage, other: &GrayImage) -> f64 {
    let (mut sum, mut squares) = (0.0, 0.0);
    for top in (0..one.height() - 7).step_by(4) {
        for left in (0..one.width() - 7).step_by(4) {
            let mut sums = [0.0; 5];
            for index in 0..64 {
                let (across, down) = (left + index % 8, top + index / 8);
                let light = |image: &GrayImage| f64::from(image.get_pixel(across, down).0[0]);
                let (ours, theirs) = (light(one), light(other));
                let parts = [ours, theirs, ours * ours, theirs * theirs, ours * theirs];
                sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part / 64.0);
            }
            let [mean, mean_other, square, square_other, both] = sums;
            let spread = square - mean * mean + square_other - mean_other * mean_other;
            let common = both - mean * mean_other;
            sum += (2.0 * mean * mean_other + 6.5025) * (2.0 * common + 58.5225)
                / ((mean * mean + mean_other * mean_other + 6.5025) * (spread + 58.5225));
            squares += 1.0;
        }
    }
    sum / squares
}

/// Draws something that costs a decoder as much as a photograph: shapes of all sizes, edges, grain.
fn photograph(number: usize) -> RgbImage {
    let mut seed = u32::try_from(number).unwrap_or(0).wrapping_mul(0x9e37_79b9) ^ 0x5bd1_e995;
    let mut next = move || {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        seed
    };
    let mut layer = |width: u32, height: u32| {
        let grain = RgbImage::from_fn(width, height, |_, _| {
            let [red, green, blue, _] = next().to_le_bytes();
            image::Rgb([red, green, blue])
        });
        resize(&grain, WIDTH / 4, HEIGHT / 4, FilterType::CatmullRom)
    };
    let layers = [layer(8, 6), layer(40, 30), layer(200, 150), layer(WIDTH / 4, HEIGHT / 4)];
    let small = RgbImage::from_fn(WIDTH / 4, HEIGHT / 4, |x, y| {
        let part = |channel: usize| {
            let at = |index: usize| f32::from(layers[index].get_pixel(x, y).0[channel]);
            // An edge here and there: a photograph has some.
            let step = if at(1) > 140.0 { 40.0 } else { 0.0 };
            at(0) * 0.5 + at(1) * 0.2 + at(2) * 0.12 + at(3) * 0.05 + step
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
        let byte = |channel: usize| part(channel).clamp(0.0, 255.0) as u8;
        image::Rgb([byte(0), byte(1), byte(2)])
    });
    resize(&small, WIDTH, HEIGHT, FilterType::Triangle)
}

/// Writes one that was drawn as a camera would that was held in another way.
fn taken(drawn: &RgbImage, number: usize) -> io::Result<Vec<u8>> {
    let mut picture = drawn.clone();
    let round = number / DRAWN;
    if round & 1 == 1 {
        flip_horizontal_in_place(&mut picture);
    }
    if round & 2 == 2 {
        flip_vertical_in_place(&mut picture);
    }
    let light = u8::try_from(round / 4 * 6 % 60).unwrap_or(0);
    let mut seed = u32::try_from(number).unwrap_or(0).wrapping_mul(0x85eb_ca6b) ^ 0x27d4_eb2f;
    for pixel in picture.pixels_mut() {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        let grain = u8::try_from(seed >> 28).unwrap_or(0) + light;
        pixel.0 = pixel.0.map(|part| part.saturating_add(grain).saturating_sub(8));
    }
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90)
        .encode_image(&picture)
        .map_err(io::Error::other)?;
    Ok(bytes)
}

fn size_of(folder: &Path, ending: &str) -> io::Result<usize> {
    let mut all = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == ending) {
            all += usize::try_from(fs::metadata(&path)?.len()).unwrap_or(0);
        }
    }
    Ok(all)
}

/// Returns the bytes of the photographs themselves, which Hugo copies: their names say no width.
fn size_of_given(folder: &Path) -> io::Result<usize> {
    let mut all = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|found| found == "jpg") && !name.contains('_') {
            all += usize::try_from(fs::metadata(&path)?.len()).unwrap_or(0);
        }
    }
    Ok(all)
}
