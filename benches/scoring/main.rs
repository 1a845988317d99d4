//! Speed of the evaluation room: ranking with the trace of every number, rehearsal, sensitivity.
//!
//! At the end every target is printed with what was measured in this run and their ratio.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

mod targets;

use commonweal::evaluation::{
    Bid, BidPrice, Criterion, GivenScore, Inputs, Kind, Level, LevelScore, LowPriceRule, Measure, Model, PriceModel,
    Promise, Rounding, SocialValueMethod, TieRule, evaluate, rehearse, sensitivity, vary,
};
use commonweal::values::Pence;
use criterion::{BenchmarkId, Criterion as Bench, Throughput, criterion_group};
use rust_decimal::Decimal;
use std::hint::black_box;

/// The program's own allocator, so that what is measured is what runs.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn leaf(id: &str, weight: Decimal, kind: Kind) -> Criterion {
    Criterion { id: id.to_owned(), title: id.to_owned(), weight: Some(weight), minimum: None, kind }
}

/// Quality criteria in a group, one price and one social value criterion: `criteria` leaves in all.
fn model(criteria: u32) -> Model {
    let levels: Vec<Level> = (0..=4)
        .map(|level| Level { level, text: format!("Level {level}"), share: Decimal::from(level) / Decimal::from(4) })
        .collect();
    let quality = criteria - 2;
    let mut left = Decimal::ONE_HUNDRED;
    let children = (0..quality)
        .map(|n| {
            let weight = if n + 1 == quality { left } else { (Decimal::ONE_HUNDRED / Decimal::from(quality)).trunc() };
            left -= weight;
            leaf(&format!("q{n}"), weight, Kind::Quality { levels: levels.clone() })
        })
        .collect();
    let measures = vec![Measure {
        id: "jobs".to_owned(),
        title: "Jobs".to_owned(),
        unit: "people".to_owned(),
        weight: Decimal::ONE_HUNDRED,
        target: Decimal::from(40),
        cap: None,
        record: None,
    }];
    let social = Kind::SocialValue { method: SocialValueMethod::AgainstTargets, measures, deliverability: None };
    Model {
        title: "Benchmark".to_owned(),
        rounding: Rounding::default(),
        criteria: vec![
            leaf("quality", Decimal::from(50), Kind::Group { children }),
            leaf("price", Decimal::from(30), Kind::Price { model: PriceModel::LowestOverPrice }),
            leaf("social", Decimal::from(20), social),
        ],
        ties: vec![TieRule::Price],
        abnormally_low: Some(LowPriceRule::default()),
    }
}

/// Bids with a moderated level of every quality criterion, and what each of some evaluators gave before.
fn inputs(bids: u32, criteria: u32, evaluators: u32) -> Inputs {
    let quality = criteria - 2;
    let given = |n: u32, q: u32, evaluator: u32| GivenScore {
        criterion: format!("q{q}"),
        evaluator: format!("Evaluator {evaluator}"),
        level: (n * 7 + q * 3 + evaluator) % 5,
        reason: "The answer names dates and people for each step, and who answers when one slips.".to_owned(),
        at: "2026-11-20T10:00:00Z".to_owned(),
    };
    let bid = |n: u32| Bid {
        id: format!("B{n:04}"),
        name: format!("Bidder {n}"),
        levels: (0..quality).map(|q| LevelScore { criterion: format!("q{q}"), level: (n * 7 + q * 3) % 5 }).collect(),
        prices: vec![BidPrice { criterion: "price".to_owned(), price: Pence(100_000_000 + i64::from(n) * 137_911) }],
        promises: vec![Promise { measure: "jobs".to_owned(), quantity: Decimal::from(n % 50) }],
        given: (0..quality).flat_map(|q| (0..evaluators).map(move |e| given(n, q, e))).collect(),
        ..Bid::default()
    };
    Inputs { bids: (0..bids).map(bid).collect(), draw_seed: None }
}

fn ranking(bench: &mut Bench) {
    let model = model(20);
    let mut group = bench.benchmark_group("rank by 20 criteria");
    for bids in [5_u32, 50, 500] {
        let inputs = inputs(bids, 20, 2);
        group.throughput(Throughput::Elements(u64::from(bids)));
        group.bench_with_input(BenchmarkId::from_parameter(bids), &inputs, |b, inputs| {
            b.iter(|| evaluate(black_box(&model), black_box(inputs)));
        });
    }
    group.finish();
}

fn trying_out(bench: &mut Bench) {
    let model = model(20);
    let inputs = inputs(10, 20, 2);
    let mut group = bench.benchmark_group("try out 10 bids by 20 criteria");
    group.sample_size(10);
    group.bench_function("rehearse", |b| b.iter(|| rehearse(black_box(&model), black_box(Pence(150_000_000)))));
    group.bench_function("smallest changes", |b| b.iter(|| sensitivity(black_box(&model), black_box(&inputs))));
    group.bench_function("10,000 variations", |b| b.iter(|| vary(black_box(&model), black_box(&inputs), 10_000, 7)));
    group.finish();
}

criterion_group!(benches, ranking, trying_out);

fn main() {
    benches();
    criterion::Criterion::default().configure_from_args().final_summary();
    // A filter or a test run asks for something else.
    if std::env::args().skip(1).all(|argument| argument == "--bench") {
        targets::print();
    }
}
