//! The targets, each measured in this run: what was asked for, what it took, and the ratio (below 1 is kept).

use crate::{inputs, model};
use commonweal::evaluation::{evaluate, rehearse_in_full, sensitivity, vary};
use commonweal::values::Pence;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The median of some runs; what is made is let go outside the measured time.
fn median<T>(rounds: usize, mut work: impl FnMut() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            let made = black_box(work());
            let took = start.elapsed();
            drop(made);
            took
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

fn line(what: &str, took: Duration, target: Duration) {
    let ratio = took.as_secs_f64() / target.as_secs_f64();
    println!("{what:<72} {took:>12.2?} of {target:>9.2?}  ratio {ratio:.3}");
}

pub fn print() {
    println!("\nTargets (a ratio below 1 is kept)");
    let (large, many) = (model(50), inputs(1_000, 50, 5));
    let took = median(15, || evaluate(&large, &many).unwrap());
    line("1,000 bids × 50 criteria × 5 evaluators, ranked with full trace", took, Duration::from_millis(50));
    let (small, ten) = (model(20), inputs(10, 20, 2));
    let expected = Pence(110_000_000);
    let rehearsed = median(3, || rehearse_in_full(&small, expected, 10, 100_000, 7).unwrap());
    let changes = median(3, || sensitivity(&small, &ten).unwrap());
    let varied = median(3, || vary(&small, &ten, 100_000, 7).unwrap());
    println!("    rehearsal in full {rehearsed:.2?}, smallest changes {changes:.2?}, variations {varied:.2?}");
    let all = rehearsed + changes + varied;
    let what = "rehearsal and sensitivity, 10 bids × 20 criteria, 100,000 draws each";
    line(what, all, Duration::from_secs(2));
}
