//! The service under load, beside what this machine can do at all.
//!
//! One run starts the real binary on a practice council, asks it over sixteen connections, and puts each figure beside
//! two yardsticks measured in the same minute: an actix handler that returns the same bytes from memory, and threads
//! that only commit the same rows to the same kind of database. Then the database is grown to 2,000 calls and
//! 100,000 applications and everything is measured again.
//!
//! How long the practice council takes to make and the server to start is told beside them.
//!
//! `make bench` runs it; `LOAD_SECONDS` sets how long each figure is measured, `LOAD_ONLY=sqlite` or `postgres` one
//! database. It ends with status 1 when a bound is missed.
#![allow(missing_docs, clippy::unwrap_used, clippy::as_conversions, clippy::panic, reason = "a benchmark")]
#![allow(clippy::cast_precision_loss, reason = "rates of requests are shown to three digits")]

mod client;
mod council;
mod grow;
mod raw;
mod yardstick;

use client::{Asked, Measured};
use council::Council;
use std::time::Duration;

/// Connections, all busy all the time.
pub const CONNECTIONS: usize = 16;

fn seconds() -> Duration {
    let asked = std::env::var("LOAD_SECONDS").ok().and_then(|s| s.parse().ok());
    Duration::from_secs(asked.unwrap_or(8))
}

/// How often each figure is measured.
const TURNS: u32 = 4;

/// One thing that is measured, and its name.
type Figure<'a> = (&'static str, &'a dyn Fn() -> Vec<Duration>);

/// Measures figures in turns. The first is not counted: tables without a row and plans that are not made yet belong to no
/// day of the service or of its yardstick but the first.
fn in_turns<const N: usize>(figures: [Figure<'_>; N]) -> [Measured; N] {
    let mut waits = [const { Vec::new() }; N];
    for turn in 0..=TURNS {
        for (waits, (name, figure)) in waits.iter_mut().zip(figures) {
            eprintln!("turn {turn} of {TURNS}: {name}");
            let found = figure();
            if turn > 0 {
                waits.extend(found);
            }
        }
    }
    waits.map(|waits| Measured::of(waits, seconds()))
}

/// Every figure of one state of one database.
struct Round {
    from_memory: Measured,
    empty: Measured,
    list: Measured,
    detail: Measured,
    single: Measured,
    commits: Measured,
    submit: Measured,
    score: Measured,
    rank: Measured,
    resident_mb: f64,
    started_in: Duration,
}

impl Round {
    fn measure(council: &Council) -> Round {
        // In turns, so that a machine that slows down for a moment slows the figure and its yardstick alike.
        let span = seconds() / TURNS;
        let server = council.serve();
        let list_page = server.get("/calls");
        let rows = list_page.matches("<h3").count().max(list_page.matches("<tr").count().saturating_sub(1));
        assert!(rows >= 20, "the list shows {rows} rows, not 20");
        let beside = yardstick::Yardstick::start(&list_page);
        let [from_memory, empty, list, detail] = in_turns([
            ("from memory", &|| client::run(beside.port, &[Asked::get("/same")], span)),
            ("empty", &|| client::run(beside.port, &[Asked::get("/empty")], span)),
            ("list", &|| client::run(server.port, &[Asked::get("/calls")], span)),
            ("detail", &|| client::run(server.port, &[Asked::get(&format!("/calls/{}", council.live))], span)),
        ]);
        drop(beside);
        let [single, commits, submit, score, rank] = in_turns([
            ("single rows", &|| raw::single_rows(council, span)),
            ("raw commits", &|| raw::commits(council, span)),
            ("submit", &|| {
                let waits = client::run(server.port, &council.submissions(), span);
                council.settle();
                waits
            }),
            ("score", &|| client::run(server.port, &council.scores(), span)),
            ("rank", &|| client::run(server.port, &council.ranking(), span)),
        ]);
        let (resident_mb, started_in) = (server.resident_mb(), server.started_in);
        Round { from_memory, empty, list, detail, single, commits, submit, score, rank, resident_mb, started_in }
    }

    fn named(&self) -> [(&'static str, &Measured); 9] {
        [
            ("same bytes from memory", &self.from_memory),
            ("empty handler", &self.empty),
            ("list of 20 calls, HTML", &self.list),
            ("one call, HTML", &self.detail),
            ("raw single-row commits", &self.single),
            ("raw commits of the same rows", &self.commits),
            ("submit", &self.submit),
            ("save a score", &self.score),
            ("rank", &self.rank),
        ]
    }

    fn print(&self, title: &str) {
        println!("\n{title}\n{:<30} {:>10} {:>9} {:>9}  beside", "", "a second", "p50 ms", "p99 ms");
        for (name, measured) in self.named() {
            let of = |yard: &Measured| 100.0 * measured.rate / yard.rate;
            let both =
                || format!("{:.2} % of an empty handler, {:.1} % of single rows", of(&self.empty), of(&self.single));
            let beside = match name {
                "list of 20 calls, HTML" | "one call, HTML" => {
                    format!("{:.1} % of the same bytes from memory, {}", of(&self.from_memory), both())
                }
                "submit" | "save a score" | "rank" => {
                    format!("{:.1} % of raw commits, {}", of(&self.commits), both())
                }
                _ => String::new(),
            };
            println!("{name:<30} {:>10.0} {:>9.2} {:>9.2}  {beside}", measured.rate, measured.p50_ms, measured.p99_ms);
        }
        println!("{:<30} {:>10.1}", "resident memory, MB", self.resident_mb);
        println!("{:<30} {:>10.2}", "first page after, s", self.started_in.as_secs_f64());
    }
}

struct Bound {
    what: String,
    found: f64,
    least: f64,
}

fn bounds(name: &str, least_list: f64, made_in: Duration, small: &Round, large: &Round) -> Vec<Bound> {
    let mut bounds = Vec::new();
    let mut at_least = |what: String, found: f64, least: f64| bounds.push(Bound { what, found, least });
    at_least(format!("{name}: seconds left of 30 to make the council"), 30.0 - made_in.as_secs_f64(), 0.0);
    for (state, round) in [("small", small), ("large", large)] {
        at_least(
            format!("{name}, {state}: list to memory, %"),
            100.0 * round.list.rate / round.from_memory.rate,
            least_list,
        );
        at_least(
            format!("{name}, {state}: submit to raw commits, %"),
            100.0 * round.submit.rate / round.commits.rate,
            50.0,
        );
        at_least(format!("{name}, {state}: megabytes left of 100"), 100.0 - round.resident_mb, 0.0);
        at_least(format!("{name}, {state}: seconds left of 5 to start"), 5.0 - round.started_in.as_secs_f64(), 0.0);
    }
    // Set beside the yardstick of its own minute, so that a machine that slowed down is not the service's fault.
    for ((what, before), (_, after)) in small.named().into_iter().zip(large.named()).skip(2) {
        let (before_yard, after_yard) = match what {
            "raw single-row commits" | "raw commits of the same rows" => continue,
            "list of 20 calls, HTML" | "one call, HTML" => (small.from_memory.rate, large.from_memory.rate),
            _ => (small.commits.rate, large.commits.rate),
        };
        at_least(
            format!("{name}: {what}, large to small, %"),
            100.0 * (after.rate / after_yard) / (before.rate / before_yard),
            80.0,
        );
    }
    bounds
}

fn main() {
    if let Ok(port) = std::env::var("LOAD_YARDSTICK") {
        yardstick::serve(port.parse().unwrap());
        return;
    }
    let only = std::env::var("LOAD_ONLY").unwrap_or_default();
    let mut missed = 0;
    for (name, least_list) in [("sqlite", 15.0), ("postgres", 5.0)] {
        if !only.is_empty() && only != name {
            continue;
        }
        let Some(council) = Council::make(name) else {
            println!("{name}: TEST_POSTGRES_URL is not set; run this through `make bench`.");
            missed += 1;
            continue;
        };
        println!("\n{name}: the practice council was made in {:.1} s", council.made_in.as_secs_f64());
        let small = Round::measure(&council);
        small.print(&format!("{name}: the practice council"));
        grow::grow(&council);
        let large = Round::measure(&council);
        large.print(&format!("{name}: with {} calls and {} applications more", grow::CALLS, grow::APPLICATIONS));
        println!();
        for bound in bounds(name, least_list, council.made_in, &small, &large) {
            let kept = bound.found >= bound.least;
            missed += usize::from(!kept);
            println!(
                "{} {:<58} {:>7.1}, at least {:.0}",
                if kept { "kept  " } else { "MISSED" },
                bound.what,
                bound.found,
                bound.least
            );
        }
    }
    if missed > 0 {
        println!("\n{missed} bounds missed");
        std::process::exit(1);
    }
}
