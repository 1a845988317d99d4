//! The targets, each measured in this run: what was asked for, what it took, and the ratio (below 1 is kept).

use crate::yardstick::{plain, yardstick};
use crate::{book, investment, long_loan, run_of};
use commonweal::finance::forecast::simulate;
use commonweal::finance::irr::{Search, Series, certify};
use commonweal::finance::loan::{Facility, replay};
use commonweal::finance::{Flow, build, xirr};
use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The median time of one call, over rounds of many calls.
fn median<T>(calls: u32, mut work: impl FnMut() -> T) -> Duration {
    let mut rounds: Vec<Duration> = (0..15)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..calls {
                black_box(work());
            }
            start.elapsed() / calls
        })
        .collect();
    rounds.sort_unstable();
    rounds[rounds.len() / 2]
}

fn once<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

fn line(what: &str, took: Duration, target: Duration) {
    let ratio = took.as_secs_f64() / target.as_secs_f64();
    println!("{what:<64} {took:>12.2?} of {target:>9.2?}  ratio {ratio:.3}");
}

pub fn print() {
    println!("\nTargets (a ratio below 1 is kept)");
    let flows = investment(1);
    let floats = plain(&flows);
    let series = Series::net(&flows, None).unwrap();
    let root = Search::run(&series).roots[0];
    let native = median(20_000, || yardstick(black_box(&floats)));
    let search = median(20_000, || Search::run(black_box(&series)));
    line("search of 24 flows against Newton and Brent in plain floats", search, native);
    let certificate = median(5_000, || certify(black_box(&series), black_box(root)));
    line("certificate of 24 flows", certificate, Duration::from_micros(30));
    let loan = long_loan();
    let facility = Facility::from(&loan);
    let millisecond = Duration::from_millis(1);
    line("schedule of 480 rows with interest by days, plain", median(50, || build(&loan)), millisecond);
    let full = median(50, || replay(&facility, &[]));
    line("schedule of 480 rows with interest by days, replayed in full", full, millisecond);
    let investments: Vec<Vec<Flow>> = (0..10_000).map(investment).collect();
    let portfolio = median(1, || measured(&investments));
    line("10,000 investments with 24 flows, two threads", portfolio, Duration::from_secs(1));
    drop(investments);
    let book = book();
    let took = once(|| simulate(&book, run_of(10_000), 2, &|_| {}));
    line("simulation of 200 investments, 15 years, 10,000 paths", took, Duration::from_secs(20));
    growth();
}

fn rates(investments: &[Vec<Flow>]) -> usize {
    investments.iter().filter(|flows| xirr(flows, None).rate().is_some()).count()
}

fn measured(investments: &[Vec<Flow>]) -> usize {
    let (first, second) = investments.split_at(investments.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| rates(second));
        rates(first) + other.join().unwrap()
    })
}

/// Investments are made, measured and let go one by one: time grows in proportion, memory does not.
fn growth() {
    println!("\nGrowth");
    let mut before: Option<f64> = None;
    for count in [1_000_u64, 10_000, 100_000] {
        let reset = fs::write("/proc/self/clear_refs", "5").is_ok();
        let took = once(|| {
            let found = (0..count).filter(|seed| xirr(&investment(*seed), None).rate().is_some()).count();
            assert_eq!(u64::try_from(found).unwrap(), count);
        });
        let each = took.as_secs_f64() * 1e6 / f64::from(u32::try_from(count).unwrap());
        let ratio = before.map_or(1.0, |before| each / before);
        before.get_or_insert(each);
        let peak = if reset { "peak resident memory since the last line" } else { "peak resident memory so far" };
        println!(
            "{count:>7} investments: {took:>10.2?}, {each:.2} µs each, ratio {ratio:.2} to the first; {peak} {}",
            peak_memory()
        );
    }
}

fn peak_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned())
}
