//! How long a ranking takes: bids × twenty criteria, with the trace of every number, and the rehearsal of a model.

use commonweal::evaluation::{
    Bid, BidPrice, Criterion, Inputs, Kind, Level, LevelScore, Measure, Model, PriceModel, Promise, Rounding,
    SocialValueMethod, TieRule, evaluate, rehearse,
};
use commonweal::values::Pence;
use criterion::{BenchmarkId, Criterion as Bench, Throughput, criterion_group, criterion_main};
use rust_decimal::Decimal;
use std::hint::black_box;

const QUALITY: u32 = 18;

fn leaf(id: &str, weight: Decimal, kind: Kind) -> Criterion {
    Criterion { id: id.to_owned(), title: id.to_owned(), weight: Some(weight), minimum: None, kind }
}

/// Eighteen quality criteria in a group, one price and one social value criterion.
fn model() -> Model {
    let levels: Vec<Level> = (0..=4)
        .map(|level| Level { level, text: format!("Level {level}"), share: Decimal::from(level) / Decimal::from(4) })
        .collect();
    let mut left = Decimal::ONE_HUNDRED;
    let children = (0..QUALITY)
        .map(|n| {
            let weight = if n + 1 == QUALITY { left } else { Decimal::from(5) };
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
        abnormally_low: Some(commonweal::evaluation::LowPriceRule::default()),
    }
}

fn inputs(bids: u32) -> Inputs {
    let bid = |n: u32| Bid {
        id: format!("B{n:04}"),
        name: format!("Bidder {n}"),
        levels: (0..QUALITY).map(|q| LevelScore { criterion: format!("q{q}"), level: (n * 7 + q * 3) % 5 }).collect(),
        prices: vec![BidPrice { criterion: "price".to_owned(), price: Pence(100_000_000 + i64::from(n) * 137_911) }],
        promises: vec![Promise { measure: "jobs".to_owned(), quantity: Decimal::from(n % 50) }],
        ..Bid::default()
    };
    Inputs { bids: (0..bids).map(bid).collect(), draw_seed: None }
}

fn ranking(bench: &mut Bench) {
    let model = model();
    let mut group = bench.benchmark_group("rank");
    for bids in [5_u32, 50, 500] {
        let inputs = inputs(bids);
        group.throughput(Throughput::Elements(u64::from(bids)));
        group.bench_with_input(BenchmarkId::from_parameter(bids), &inputs, |b, inputs| {
            b.iter(|| evaluate(black_box(&model), black_box(inputs)));
        });
    }
    group.finish();
}

fn rehearsal(bench: &mut Bench) {
    let model = model();
    bench.bench_function("rehearse", |b| b.iter(|| rehearse(black_box(&model), black_box(Pence(150_000_000)))));
}

criterion_group!(benches, ranking, rehearsal);
criterion_main!(benches);
