//! Speed of the finance room: rate search, certificate, portfolio, schedule, simulation.
//!
//! The yardstick is the plain way in floats, written here and run on the same flows, so that the two stand side by side
//! in one run. At the end every target is printed with what was measured and their ratio.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

mod targets;
mod yardstick;

use commonweal::finance::forecast::{Run, Simulated, simulate};
use commonweal::finance::irr::{Search, Series, certify};
use commonweal::finance::loan::{Facility, replay};
use commonweal::finance::schedule::{InterestBasis, LoanTerms, Repayment, Tranche};
use commonweal::finance::{Flow, build, xirr};
use commonweal::values::{Pence, time::parse_date};
use criterion::{BatchSize, Criterion, criterion_group};
use std::hint::black_box;
use yardstick::{plain, yardstick};

/// A loan paid out once and repaid in 23 monthly payments that vary by a seed.
fn investment(seed: u64) -> Vec<Flow> {
    let start = parse_date("2022-03-15").unwrap();
    let mut state = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((state >> 33) % below).unwrap()
    };
    let paid = 2_000_000 + next(48_000_000);
    let mut flows = vec![Flow { date: start, amount: Pence(-paid) }];
    flows.extend((1_u32..24).map(|month| Flow {
        date: start + chrono::Months::new(month),
        amount: Pence(paid / 22 + next(20_000) - 5_000),
    }));
    flows
}

/// A series whose signs change many times: a facility drawn again and again.
fn revolving() -> Vec<Flow> {
    let mut flows = investment(7);
    for (index, flow) in flows.iter_mut().enumerate() {
        if index % 5 == 3 {
            flow.amount = -flow.amount;
        }
    }
    flows
}

fn rates(criterion: &mut Criterion) {
    let flows = investment(1);
    let floats = plain(&flows);
    let series = Series::net(&flows, None).unwrap();
    let root = Search::run(&series).roots[0];
    assert!((yardstick(&floats).unwrap() - root).abs() < 1e-8, "the yardstick finds the same rate");
    let mut group = criterion.benchmark_group("xirr of 24 flows");
    group.bench_function("yardstick, floats only", |b| b.iter(|| yardstick(black_box(&floats))));
    group.bench_function("search alone", |b| b.iter(|| Search::run(black_box(&series))));
    group.bench_function("certificate alone", |b| b.iter(|| certify(black_box(&series), black_box(root))));
    group.bench_function("certified, from dated pence", |b| b.iter(|| xirr(black_box(&flows), None)));
    let many = revolving();
    group.bench_function("certified, many changes of sign", |b| b.iter(|| xirr(black_box(&many), None)));
    group.finish();
}

fn portfolio(criterion: &mut Criterion) {
    let investments: Vec<Vec<Flow>> = (0..10_000).map(investment).collect();
    let mut group = criterion.benchmark_group("portfolio of 10,000 investments with 24 flows");
    group.sample_size(10);
    group.bench_function("one core", |b| {
        b.iter(|| investments.iter().filter(|flows| xirr(flows, None).rate().is_some()).count());
    });
    group.bench_function("two cores", |b| {
        b.iter(|| {
            std::thread::scope(|scope| {
                let halves: Vec<_> = investments
                    .chunks(investments.len() / 2)
                    .map(|half| {
                        scope.spawn(move || half.iter().filter(|flows| xirr(flows, None).rate().is_some()).count())
                    })
                    .collect();
                halves.into_iter().map(|half| half.join().unwrap()).sum::<usize>()
            })
        });
    });
    group.finish();
}

/// Forty years of months, interest by the days.
fn long_loan() -> LoanTerms {
    LoanTerms {
        tranches: vec![Tranche { on: parse_date("2026-01-31").unwrap(), amount: Pence(25_000_000) }],
        rate: "0.0525".parse().unwrap(),
        repayment: Repayment::Annuity,
        instalments: 480,
        period_months: 1,
        first_due: None,
        interest: InterestBasis::Act365F,
        holiday: None,
    }
}

fn schedules(criterion: &mut Criterion) {
    let terms = long_loan();
    let facility = Facility::from(&terms);
    let mut group = criterion.benchmark_group("schedule of 480 rows");
    group.bench_function("plain", |b| b.iter_batched(|| terms.clone(), |terms| build(&terms), BatchSize::SmallInput));
    group.bench_function("replayed in full", |b| b.iter(|| replay(black_box(&facility), &[])));
    group.finish();
}

/// Two hundred loans of fifteen years, a tenth of them with an exit.
fn book() -> Vec<Simulated> {
    let share = |text: &str| text.parse().unwrap();
    (0..200_i64)
        .map(|number| {
            let paid = 5_000_000 + number * 50_000;
            let mut contracted = vec![Pence(-paid)];
            contracted.extend(vec![Pence(paid / 11); 14]);
            let exit = (number % 10 == 0).then(|| (share("0.05"), Pence(paid * 2)));
            Simulated {
                contracted,
                default: share("0.03"),
                recovery: share("0.4"),
                delay: share("0.1"),
                swing: share("0.2"),
                exit,
            }
        })
        .collect()
}

/// A run with enough cash for every investment.
fn run_of(paths: u32) -> Run {
    Run { seed: 20_261_124, paths, cash: Pence(3_000_000_000), costs: Pence(10_000_000) }
}

fn simulation(criterion: &mut Criterion) {
    let book = book();
    let mut group = criterion.benchmark_group("simulation of 200 investments over 15 years, 500 paths");
    group.sample_size(10);
    for threads in [1, 2] {
        group.bench_function(format!("{threads} threads"), |b| {
            b.iter(|| simulate(black_box(&book), run_of(500), threads, &|_| {}));
        });
    }
    group.finish();
}

criterion_group!(benches, rates, portfolio, schedules, simulation);

fn main() {
    benches();
    Criterion::default().configure_from_args().final_summary();
    // A filter or a test run asks for something else.
    if std::env::args().skip(1).all(|argument| argument == "--bench") {
        targets::print();
    }
}
