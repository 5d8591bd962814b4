//! Clocks: what a call or a child process costs in time and in processor time, and how it is told.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// Processor time of all threads, in the kernel's ticks of 10 ms.
    pub(crate) cpu: Duration,
}

/// Whose processor time is read.
#[derive(Clone, Copy, Debug)]
enum Who {
    /// This process.
    Own,
    /// Its children that have ended.
    Children,
}

fn cpu(who: Who) -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program may hold spaces; it ends at the last parenthesis.
    let fields: Vec<&str> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let from = match who {
        Who::Own => 11,
        Who::Children => 13,
    };
    let ticks = fields.iter().skip(from).take(2).filter_map(|field| field.parse::<u64>().ok());
    Duration::from_millis(ticks.sum::<u64>() * 10)
}

/// Returns the processor time of all children that have ended.
pub(crate) fn of_children() -> Duration {
    cpu(Who::Children)
}

/// Runs a call and returns what it took with what it returned.
pub(crate) fn timed<T>(call: impl FnOnce() -> T) -> (Cost, T) {
    let (started, before) = (Instant::now(), cpu(Who::Own));
    let value = call();
    (Cost { wall: started.elapsed(), cpu: cpu(Who::Own).saturating_sub(before) }, value)
}

/// Runs a call several times.
pub(crate) fn repeated<T>(times: usize, mut call: impl FnMut() -> T) -> Vec<Cost> {
    (0..times).map(|_| timed(|| drop(std::hint::black_box(call()))).0).collect()
}

/// Runs a program to its end, without its output.
///
/// # Panics
/// When it cannot be started or ends with the status of a failure.
pub(crate) fn program(command: &mut Command) -> Cost {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let (started, before) = (Instant::now(), of_children());
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
    Cost { wall: started.elapsed(), cpu: of_children().saturating_sub(before) }
}

/// Returns the smallest wall and the smallest processor time.
pub(crate) fn least(costs: &[Cost]) -> Cost {
    Cost {
        wall: costs.iter().map(|cost| cost.wall).min().unwrap_or_default(),
        cpu: costs.iter().map(|cost| cost.cpu).min().unwrap_or_default(),
    }
}

/// Returns the time in the middle.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Writes a time with three digits or so.
pub(crate) fn text(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds >= 1.0 => format!("{seconds:.2} s"),
        seconds if seconds >= 0.1 => format!("{:.0} ms", seconds * 1e3),
        seconds if seconds >= 1e-3 => format!("{:.2} ms", seconds * 1e3),
        seconds => format!("{:.1} us", seconds * 1e6),
    }
}

/// Prints one row of the table.
pub(crate) fn row(name: &str, value: &str, note: &str) {
    println!("| {name:<44} | {value:>10} | {note}");
}

/// Prints a row of what `count` things cost together.
pub(crate) fn row_of(name: &str, costs: &[Cost], count: usize, note: &str) {
    let cost = least(costs);
    let each = cost.wall.as_secs_f64() * 1e6 / f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    row(name, &text(cost.wall), &format!("cpu {}, {each:.1} us a page{note}", text(cost.cpu)));
}
