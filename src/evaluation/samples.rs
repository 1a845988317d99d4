//! Models and bids that the tests of this room share.

use super::*;
use crate::values::Pence;
use rust_decimal::{Decimal, dec};

pub(super) fn leaf(id: &str, weight: Decimal, kind: Kind) -> Criterion {
    Criterion { id: id.into(), title: id.to_uppercase(), weight: Some(weight), minimum: None, kind }
}

/// Levels 0 to 4 with shares of a quarter each.
pub(super) fn five_levels() -> Vec<Level> {
    (0..5).map(|n| Level { level: n, text: format!("Level {n}"), share: Decimal::from(n) / dec!(4) }).collect()
}

/// Levels 0 to 100 with a share of one per cent each.
pub(super) fn percent_levels() -> Vec<Level> {
    (0..=100).map(|n| Level { level: n, text: format!("{n} of 100"), share: Decimal::from(n) / dec!(100) }).collect()
}

pub(super) fn quality(levels: Vec<Level>) -> Kind {
    Kind::Quality { levels }
}

pub(super) fn measure(id: &str, weight: Decimal, target: Decimal) -> Measure {
    Measure { id: id.into(), title: id.to_uppercase(), unit: "people".into(), weight, target, cap: None, record: None }
}

pub(super) fn social(method: SocialValueMethod, measures: Vec<Measure>) -> Kind {
    Kind::SocialValue { method, measures, deliverability: None }
}

pub(super) fn of(criteria: Vec<Criterion>) -> Model {
    Model { title: "Sample".into(), rounding: Rounding::default(), criteria, ties: vec![], abnormally_low: None }
}

/// Quality in per cent and price, half each.
pub(super) fn half_and_half(model: PriceModel) -> Model {
    of(vec![leaf("q", dec!(50), quality(percent_levels())), leaf("p", dec!(50), Kind::Price { model })])
}

/// Quality, price and one promise, for the models whose result must not depend on order or rivals.
pub(super) fn three_parts(price: PriceModel, method: SocialValueMethod) -> Model {
    of(vec![
        leaf("q", dec!(40), quality(percent_levels())),
        leaf("p", dec!(35.5), Kind::Price { model: price }),
        leaf(
            "s",
            dec!(24.5),
            social(method, vec![measure("jobs", dec!(60), dec!(30)), measure("hours", dec!(40), dec!(7))]),
        ),
    ])
}

pub(super) fn bid(id: &str, level: u32, pounds: i64) -> Bid {
    Bid {
        id: id.into(),
        name: format!("Bidder {id}"),
        levels: vec![LevelScore { criterion: "q".into(), level }],
        prices: vec![BidPrice { criterion: "p".into(), price: Pence(pounds * 100) }],
        ..Bid::default()
    }
}

pub(super) fn promising(mut bid: Bid, jobs: Decimal, hours: Decimal) -> Bid {
    bid.promises =
        vec![Promise { measure: "jobs".into(), quantity: jobs }, Promise { measure: "hours".into(), quantity: hours }];
    bid
}

pub(super) fn bids(bids: Vec<Bid>) -> Inputs {
    Inputs { bids, draw_seed: None }
}

pub(super) fn total(result: &EvaluationResult, bid: &str) -> Decimal {
    result.bids.iter().find(|b| b.bid == bid).and_then(|b| b.total).unwrap()
}

pub(super) fn score(result: &EvaluationResult, bid: &str, criterion: &str) -> Option<Decimal> {
    let bid = result.bids.iter().find(|b| b.bid == bid).unwrap();
    bid.scores.iter().find(|s| s.criterion == criterion).unwrap().score
}

/// Every formula that carries points, with a ceiling of £200.
pub(super) fn formulas() -> Vec<PriceModel> {
    let ceiling = Pence(20_000);
    let above_ceiling = AboveCeiling::ScoresZero;
    vec![
        PriceModel::LowestOverPrice,
        PriceModel::LinearToCeiling { ceiling, exponent: 1, above_ceiling },
        PriceModel::LinearToCeiling { ceiling, exponent: 2, above_ceiling },
        PriceModel::AbsoluteToCeiling { ceiling, exponent: 1, above_ceiling },
        PriceModel::AbsoluteToCeiling { ceiling, exponent: 3, above_ceiling },
        PriceModel::Bilinear { ceiling, mean_share: dec!(0.85), above_ceiling },
        PriceModel::Bands {
            bands: vec![
                PriceBand { up_to: Pence(5_000), share: dec!(1) },
                PriceBand { up_to: Pence(12_000), share: dec!(0.6) },
                PriceBand { up_to: Pence(20_000), share: dec!(0.1) },
            ],
            above_ceiling,
        },
    ]
}
