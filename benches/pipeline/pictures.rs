//! Photographs: a site of them built cold and warm, beside Hugo where `HUGO` names it.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, resize};
use image::{DynamicImage, GrayImage, ImageReader, RgbImage};
use rayon::prelude::*;

use crate::decks::{Taken, megabytes, watched};
use crate::timing::{row, text};

const WIDTH: u32 = 4000;
const HEIGHT: u32 = 3000;
const WIDTHS: [u32; 3] = [480, 960, 1440];
/// The width at which pictures are compared.
const COMPARED: u32 = 960;

/// Measures a site of photographs.
pub(crate) fn measure(kami: &str, count: usize, scratch: &Path) -> io::Result<()> {
    let site = scratch.join("photographs");
    fs::create_dir_all(site.join("wiki"))?;
    (0..count).into_par_iter().try_for_each(|number| {
        fs::write(site.join(format!("wiki/p{number}.jpg")), photograph(number)?)
    })?;
    let pages = count.div_ceil(10);
    for page in 0..pages {
        let shown =
            (page * 10..count.min(page * 10 + 10)).map(|n| format!("![p{n}](p{n}.jpg)\n\n"));
        fs::write(site.join(format!("wiki/Page_{page}.md")), shown.collect::<Vec<_>>().concat())?;
    }
    fs::write(site.join("kami.toml"), format!("[images]\nwidths = {WIDTHS:?}\n"))?;
    let taken = size_of(&site.join("wiki"), "jpg")?;
    println!(
        "\n## {count} photographs of 12 megapixels, {:.1} MB, in {WIDTHS:?} pixels\n",
        megabytes(taken)
    );
    let out = scratch.join("photographs-out");
    let build = || {
        let mut command = Command::new(kami);
        command.arg("build").arg(&site).arg("-o").arg(&out);
        command
    };
    tell("kami build, nothing kept", watched(&mut build())?, count);
    tell("kami build again", watched(&mut build())?, count);
    fs::remove_dir_all(&out)?;
    tell("kami build into an empty folder, all kept", watched(&mut build())?, count);
    println!("WebP {:.1} MB", megabytes(size_of(&out.join("assets"), "webp")?));
    compare(&site, &out.join("assets"), "p0-")?;
    if let Some(hugo) = std::env::var_os("HUGO") {
        beside_hugo(Path::new(&hugo), &site, count, scratch)?;
    }
    fs::remove_dir_all(&site)
}

fn tell(name: &str, taken: Taken, count: usize) {
    let each = taken.wall / u32::try_from(count.max(1)).unwrap_or(1);
    let note = format!("{} a photograph, {:.0} MB at most", text(each), megabytes(taken.peak));
    row(name, &text(taken.wall), &note);
}

/// Has Hugo make the same widths of the same photographs.
fn beside_hugo(hugo: &Path, site: &Path, count: usize, scratch: &Path) -> io::Result<()> {
    let folder = scratch.join("hugo");
    fs::create_dir_all(folder.join("content/photos"))?;
    fs::create_dir_all(folder.join("layouts"))?;
    for number in 0..count {
        let name = format!("p{number}.jpg");
        fs::hard_link(site.join("wiki").join(&name), folder.join("content/photos").join(&name))?;
    }
    fs::write(folder.join("content/photos/index.md"), "---\ntitle: photos\n---\n")?;
    fs::write(
        folder.join("hugo.toml"),
        "baseURL = \"/\"\ndisableKinds = [\"taxonomy\", \"term\", \"rss\", \"sitemap\"]\n[imaging]\nresampleFilter = \"lanczos\"\n",
    )?;
    let widths: Vec<String> = WIDTHS.iter().map(u32::to_string).collect();
    let page = format!(
        "{{{{ range .Resources.ByType \"image\" }}}}{{{{ $p := . }}}}{{{{ range slice {} }}}}\
         <img src=\"{{{{ ($p.Resize (printf \"%dx webp q80\" .)).RelPermalink }}}}\">{{{{ end }}}}\
         <img src=\"{{{{ (.Resize \"960x jpg q80\").RelPermalink }}}}\">{{{{ end }}}}\n",
        widths.join(" ")
    );
    for name in ["page.html", "home.html", "section.html"] {
        fs::write(folder.join("layouts").join(name), if name == "page.html" { &page } else { "" })?;
    }
    let build = || {
        let mut command = Command::new(hugo);
        command.arg("--source").arg(&folder).env("HUGO_CACHEDIR", folder.join("cache"));
        command
    };
    tell("Hugo, nothing kept", watched(&mut build())?, count);
    tell("Hugo again", watched(&mut build())?, count);
    println!("WebP {:.1} MB", megabytes(size_of(&folder.join("public/photos"), "webp")?));
    compare(site, &folder.join("public/photos"), "p0_")?;
    fs::remove_dir_all(&folder)
}

/// Tells how near a picture is to the photograph that it was made of, scaled with great care.
fn compare(site: &Path, made: &Path, start: &str) -> io::Result<()> {
    let read = |path: &Path| {
        let reader = ImageReader::open(path)?.with_guessed_format()?;
        reader.decode().map_err(io::Error::other)
    };
    let photograph = read(&site.join("wiki/p0.jpg"))?;
    for entry in fs::read_dir(made)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with(start) || path.extension().is_none_or(|extension| extension != "webp")
        {
            continue;
        }
        let picture = read(&path)?;
        if picture.width() == COMPARED {
            let (width, height) = (picture.width(), picture.height());
            let scaled = resize(&photograph.to_rgb8(), width, height, FilterType::Lanczos3);
            let near = likeness(&DynamicImage::from(scaled).to_luma8(), &picture.to_luma8());
            let bytes = fs::metadata(&path)?.len();
            println!("at {COMPARED} pixels: {bytes} bytes, structural similarity {near:.4}");
        }
    }
    Ok(())
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
fn photograph(number: usize) -> io::Result<Vec<u8>> {
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
    let mut large = resize(&small, WIDTH, HEIGHT, FilterType::Triangle);
    for pixel in large.pixels_mut() {
        let grain = u8::try_from(next() >> 28).unwrap_or(0);
        pixel.0 = pixel.0.map(|part| part.saturating_add(grain).saturating_sub(8));
    }
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(&large).map_err(io::Error::other)?;
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
