//! Many decks at once, beside marp-cli on the same files: how long they take and how much memory.
//!
//! Marp is found on PATH, or where the variable MARP says; without it only our own row is printed. The decks
//! hold what both set alike: no formulas, which only Marp sets, and no code with colours.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::corpus::{PICTURES, Random, picture, sentence};
use crate::timing::{median, of_children, row, text};
use crate::words::{ADJECTIVES, CODE, JA_ADJECTIVES, JA_NOUNS, NOUNS};

const DECKS: usize = 200;
const SLIDES: usize = 30;
const OUR_RUNS: usize = 5;

/// What one run of a program took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) wall: Duration,
    /// Processor time of all its threads, and of what it started.
    pub(crate) cpu: Duration,
    /// The most memory that the process held, in bytes.
    pub(crate) peak: usize,
}

/// Builds the decks with `kami`, then with Marp, and prints how they compare.
pub(crate) fn compare(kami: &str, scratch: &Path) -> io::Result<()> {
    println!("\n## {DECKS} decks of {SLIDES} slides\n");
    let site = scratch.join("decks-site");
    write(&site)?;
    let mut runs = Vec::new();
    for _ in 0..OUR_RUNS {
        let out = scratch.join("decks-ours");
        let mut command = Command::new(kami);
        command.args(["build", "-q", "-o"]).arg(&out).arg(&site);
        runs.push(watched(&mut command)?);
        fs::remove_dir_all(&out)?;
    }
    let ours = middle(&runs);
    let note = |taken: Taken| format!("{:.0} MB at most", megabytes(taken.peak));
    row("kami build, handouts and search included", &text(ours.wall), &note(ours));
    let out = scratch.join("decks-marp");
    let marp = std::env::var_os("MARP").unwrap_or_else(|| "marp".into());
    let mut command = Command::new(marp);
    command.arg("--no-config-file").arg("-I").arg(site.join("decks")).arg("-o").arg(&out);
    let theirs = match watched(&mut command) {
        Ok(theirs) => theirs,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            row("marp-cli", "-", "not on PATH, and MARP does not say where it is");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let written = fs::read_dir(&out)?.filter_map(Result::ok);
    let written = written.filter(|entry| entry.path().extension().is_some_and(|it| it == "html"));
    let count = format!("{}, {} decks written", note(theirs), written.count());
    row("marp-cli, one process", &text(theirs.wall), &count);
    let times = theirs.wall.as_secs_f64() / ours.wall.as_secs_f64();
    let note = format!("goal 100; memory {:.1}x", megabytes(theirs.peak) / megabytes(ours.peak));
    row("marp-cli takes", &format!("{times:.0}x"), &note);
    Ok(())
}

pub(crate) fn megabytes(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes >> 10).unwrap_or(u32::MAX)) / 1024.0
}

fn middle(runs: &[Taken]) -> Taken {
    let peak = runs.iter().map(|run| run.peak).max().unwrap_or_default();
    let cpu = median(runs.iter().map(|run| run.cpu).collect());
    Taken { wall: median(runs.iter().map(|run| run.wall).collect()), cpu, peak }
}

/// Runs a program to its end and looks at its memory meanwhile.
pub(crate) fn watched(command: &mut Command) -> io::Result<Taken> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let (started, before) = (Instant::now(), of_children());
    let mut child = command.spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let said = fs::read_to_string(&status).unwrap_or_default();
        let line = said.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        let kilobytes = line.split_whitespace().next().and_then(|number| number.parse().ok());
        peak = peak.max(kilobytes.unwrap_or(0_usize) << 10);
        if let Some(ended) = child.try_wait()? {
            let wall = started.elapsed();
            if !ended.success() {
                return Err(io::Error::other(format!("{command:?}: {ended}")));
            }
            return Ok(Taken { wall, cpu: of_children().saturating_sub(before), peak });
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Writes the decks: every third one is Japanese; lists, code, tables, quotations, pictures and backgrounds.
fn write(site: &Path) -> io::Result<()> {
    let folder = site.join("decks");
    fs::create_dir_all(&folder)?;
    fs::write(site.join("kami.toml"), "title = \"Bench decks\"\nlang = \"en\"\n")?;
    for number in 0..PICTURES {
        picture(number).save(folder.join(format!("p{number}.png"))).map_err(io::Error::other)?;
    }
    for deck in 0..DECKS {
        fs::write(folder.join(format!("deck-{deck:03}.md")), deck_text(deck))?;
    }
    Ok(())
}

fn deck_text(deck: usize) -> String {
    let mut random = Random::new(&[7, deck as u64]);
    let japanese = deck % 3 == 2;
    let mut out = format!(
        "---\nmarp: true\ntheme: default\npaginate: true\ntitle: Deck {deck}\n---\n\n# Deck {deck}\n"
    );
    for slide in 1..SLIDES {
        let title = if japanese {
            format!("{}{}", random.pick(JA_ADJECTIVES), random.pick(JA_NOUNS))
        } else {
            format!("{} {}", random.pick(ADJECTIVES), random.pick(NOUNS))
        };
        let body = body(&mut random, japanese, slide);
        let note = sentence(&mut random, japanese);
        out.extend(["\n---\n\n## ", &title, "\n\n", &body, "\n\n<!-- ", &note, " -->\n"]);
    }
    out
}

fn body(random: &mut Random, japanese: bool, slide: usize) -> String {
    let mut say = || sentence(random, japanese);
    match slide % 6 {
        0 => format!("* {}\n* {}\n* {}\n* {}", say(), say(), say(), say()),
        1 => {
            let (_, code) = CODE[random.below(CODE.len())];
            format!("```\n{code}\n```")
        }
        2 => {
            let number = slide % PICTURES;
            format!("![bg right:40%](p{number}.png)\n\n1. {}\n2. {}\n3. {}", say(), say(), say())
        }
        3 => format!("**{}** {}\n\n{}", say(), say(), say()),
        4 => {
            let mut row = || format!("| {} | `{}` |", random.pick(NOUNS), random.pick(NOUNS));
            format!("| A | B |\n| --- | ---: |\n{}\n{}\n{}\n{}", row(), row(), row(), row())
        }
        _ => format!("> {}\n\n![w:400](p{}.png)", say(), slide % PICTURES),
    }
}
