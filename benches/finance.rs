//! Speed of the finance room: rate search, certificate, portfolio, schedule.
//!
//! The yardstick is the plain way in floats (Newton's method from 10 %, Brent's when it fails), written here and run on
//! the same flows, so that the two stand side by side in one run.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]
#![allow(clippy::many_single_char_names, reason = "the letters of Brent's paper")]

use commonweal::finance::irr::{Search, Series, certify};
use commonweal::finance::schedule::{InterestBasis, LoanTerms, Repayment, Tranche};
use commonweal::finance::{Flow, build, xirr};
use commonweal::values::{Pence, time::parse_date};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::hint::black_box;

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

/// Years from the first flow, and pounds.
fn plain(flows: &[Flow]) -> Vec<(f64, f64)> {
    let first = flows[0].date;
    flows
        .iter()
        .map(|f| {
            let days = i32::try_from((f.date - first).num_days()).unwrap();
            let pence: f64 = f.amount.0.to_string().parse().unwrap();
            (f64::from(days) / 365.0, pence / 100.0)
        })
        .collect()
}

fn present_value(flows: &[(f64, f64)], rate: f64) -> (f64, f64) {
    let g = rate.ln_1p();
    let (mut value, mut slope) = (0.0, 0.0);
    for &(t, amount) in flows {
        let present = amount * (-t * g).exp();
        value += present;
        slope -= t * present;
    }
    (value, slope / (1.0 + rate))
}

fn yardstick(flows: &[(f64, f64)]) -> Option<f64> {
    let mut rate = 0.1;
    for _ in 0..50 {
        let (value, slope) = present_value(flows, rate);
        let next = rate - value / slope;
        if !next.is_finite() || next <= -1.0 {
            break;
        }
        if (next - rate).abs() < 1e-10 {
            return Some(next);
        }
        rate = next;
    }
    brent(flows, -0.999_999, 100.0)
}

fn brent(flows: &[(f64, f64)], low: f64, high: f64) -> Option<f64> {
    let value = |rate| present_value(flows, rate).0;
    let (mut a, mut b) = (low, high);
    let (mut fa, mut fb) = (value(a), value(b));
    if fa * fb > 0.0 {
        return None;
    }
    let (mut c, mut fc, mut d, mut e) = (a, fa, b - a, b - a);
    for _ in 0..200 {
        if fb * fc > 0.0 {
            (c, fc, d) = (a, fa, b - a);
            e = d;
        }
        if fc.abs() < fb.abs() {
            (a, b, c) = (b, c, b);
            (fa, fb, fc) = (fb, fc, fb);
        }
        let half = (c - b) / 2.0;
        if half.abs() < 1e-12 || fb == 0.0 {
            return Some(b);
        }
        if e.abs() > 1e-12 && fa.abs() > fb.abs() {
            let s = fb / fa;
            let (mut p, mut q) = if (a - c).abs() < f64::EPSILON {
                (2.0 * half * s, 1.0 - s)
            } else {
                let (q, r) = (fa / fc, fb / fc);
                (s * (2.0 * half * q * (q - r) - (b - a) * (r - 1.0)), (q - 1.0) * (r - 1.0) * (s - 1.0))
            };
            if p > 0.0 {
                q = -q;
            }
            p = p.abs();
            if 2.0 * p < (3.0 * half * q - (1e-12 * q).abs()).min((e * q).abs()) {
                (e, d) = (d, p / q);
            } else {
                (d, e) = (half, half);
            }
        } else {
            (d, e) = (half, half);
        }
        (a, fa) = (b, fb);
        b += if d.abs() > 1e-12 { d } else { 1e-12_f64.copysign(half) };
        fb = value(b);
    }
    None
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

fn schedules(criterion: &mut Criterion) {
    let terms = LoanTerms {
        tranches: vec![Tranche { on: parse_date("2026-01-31").unwrap(), amount: Pence(25_000_000) }],
        rate: "0.0525".parse().unwrap(),
        repayment: Repayment::Annuity,
        instalments: 480,
        period_months: 1,
        first_due: None,
        interest: InterestBasis::Act365F,
        holiday: None,
    };
    criterion.bench_function("schedule of 480 rows", |b| {
        b.iter_batched(|| terms.clone(), |terms| build(&terms), BatchSize::SmallInput);
    });
}

criterion_group!(benches, rates, portfolio, schedules);
criterion_main!(benches);
