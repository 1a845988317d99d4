//! The quick tables against the exact engine, the smallest changes, and the simulation.

use super::formula_tests::valued;
use super::quick::{Memory, Quick};
use super::samples::*;
use super::variation::{in_words, vary};
use super::*;
use crate::values::Pence;
use proptest::prelude::*;
use rust_decimal::{Decimal, dec};

/// A model of everything: minimums, relative price, relative promises as far as they are believed, ties, a draw.
fn whole(price: PriceModel, method: SocialValueMethod) -> Model {
    let mut model = valued(method);
    let Kind::SocialValue { deliverability, .. } = &mut model.criteria[1].kind else { panic!() };
    let table = (0..5).map(|level| DeliverabilityShare { level, share: Decimal::from(level) / dec!(4) }).collect();
    *deliverability = Some(Deliverability { criterion: "b".into(), table });
    let mut social = model.criteria.remove(1);
    social.weight = Some(dec!(25));
    let mut a = leaf("a", dec!(55), quality(five_levels()));
    a.minimum = Some(Minimum::Level { level: 1 });
    let b = leaf("b", dec!(45), quality(five_levels()));
    let mut group = leaf("g", dec!(40), Kind::Group { children: vec![a, b] });
    group.minimum = Some(Minimum::Percent { percent: dec!(40) });
    model.criteria = vec![group, leaf("p", dec!(35), Kind::Price { model: price }), social];
    model.ties = vec![
        TieRule::Criterion { criterion: "g".into() },
        TieRule::SocialValue,
        TieRule::Price,
        TieRule::Draw { commitment: commitment("seed") },
    ];
    model
}

fn methods() -> Vec<SocialValueMethod> {
    use SocialValueMethod::{AgainstTargets, ShareOfHighest, ValueAgainstTarget, ValueShareOfHighest};
    vec![AgainstTargets, ShareOfHighest, ValueAgainstTarget, ValueShareOfHighest]
}

fn made(id: usize, a: u32, b: u32, pence: i64, jobs: i64) -> Bid {
    let level = |criterion: &str, level| LevelScore { criterion: criterion.into(), level };
    let mut bid = promising(bid(&format!("B{id}"), 0, 1), Decimal::from(jobs), Decimal::from(jobs * 7));
    bid.levels = vec![level("a", a), level("b", b)];
    bid.prices[0].price = Pence(pence);
    bid
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_quick_tables_name_the_winner_that_the_exact_engine_names(
        price in prop::sample::select(formulas()), method in prop::sample::select(methods()), seeded in any::<bool>(),
        rows in prop::collection::vec((0_u32..5, 0_u32..5, 5_000_i64..21_000, 0_i64..25), 1..6),
    ) {
        let model = whole(price, method);
        let mut inputs = bids(rows.iter().enumerate().map(|(n, r)| made(n, r.0, r.1, r.2, r.3)).collect());
        inputs.draw_seed = seeded.then(|| "seed".to_owned());
        let quick = Quick::of(&model, &inputs).unwrap();
        let found = quick.winner(&quick.given(), &mut Memory::default()).map(|place| quick.ids[place].clone());
        let exact = match evaluate(&model, &inputs) {
            Ok(result) => result.winner,
            // A tie for a lower place asks for the seed too: then only the exact engine refuses.
            Err(EvaluationRefusal::SeedMissing) => return Ok(()),
            Err(other) => panic!("{other}"),
        };
        prop_assert_eq!(found, exact);
    }

    #[test]
    fn a_price_per_point_and_levels_moved_agree_with_the_exact_engine(
        rows in prop::collection::vec((0_u32..=100, 100_i64..20_000), 1..5), moved in 0_usize..=100,
    ) {
        let mut price = leaf("p", dec!(1), Kind::Price { model: PriceModel::PricePerQualityPoint });
        price.weight = None;
        let model = of(vec![leaf("q", dec!(100), quality(percent_levels())), price]);
        let mut inputs = bids(rows.iter().enumerate().map(|(n, r)| bid(&format!("B{n}"), r.0, r.1)).collect());
        let quick = Quick::of(&model, &inputs).unwrap();
        let mut positions = quick.given();
        positions[0] = moved;
        let found = quick.winner(&positions, &mut Memory::default()).map(|place| quick.ids[place].clone());
        inputs.bids[0].levels[0].level = u32::try_from(moved).unwrap();
        prop_assert_eq!(found, evaluate(&model, &inputs).unwrap().winner);
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn the_smallest_change_of_a_weight_changes_the_winner_and_a_tenth_less_does_not(
        rows in prop::collection::vec((1_u32..=100, 40_i64..200), 2..4),
    ) {
        let model = half_and_half(PriceModel::LowestOverPrice);
        let inputs = bids(rows.iter().enumerate().map(|(n, r)| bid(&format!("B{n}"), r.0, r.1)).collect());
        let found = sensitivity(&model, &inputs).unwrap();
        let with = |weight: Decimal| {
            let mut shifted = model.clone();
            shifted.criteria[0].weight = Some(weight);
            shifted.criteria[1].weight = Some(dec!(100) - weight);
            evaluate(&shifted, &inputs).unwrap().winner
        };
        if let Some(change) = found.weights.iter().find(|w| w.criterion == "q") {
            prop_assert_eq!(with(change.to), change.winner.clone());
            prop_assert_ne!(&change.winner, &found.winner);
            let back = if change.to > change.from { dec!(-0.1) } else { dec!(0.1) };
            if change.to + back != change.from {
                prop_assert_eq!(with(change.to + back), found.winner.clone());
            }
        } else {
            for weight in (1..100).map(Decimal::from) {
                prop_assert_eq!(with(weight), found.winner.clone());
            }
        }
    }
}

#[test]
fn a_seeded_simulation_gives_the_same_digits_and_says_how_sure_it_is() {
    let model = half_and_half(PriceModel::LowestOverPrice);
    let close = bids(vec![bid("A", 80, 1000), bid("B", 80, 1005)]);
    let first = vary(&model, &close, 10_000, 7).unwrap();
    assert_eq!(first, vary(&model, &close, 10_000, 7).unwrap());
    assert_ne!(first, vary(&model, &close, 10_000, 8).unwrap());
    // A leads by a quarter of a point, a level is half a point: A loses when it falls and B does not, or B rises alone.
    // That is 3 of 9 pairs: A wins 6 of 9.
    let a = &first.bids[0];
    assert!((a.share - dec!(0.666667)).abs() < dec!(0.015), "{a:?}");
    assert_eq!(a.standard_error.round_dp(3), dec!(0.005));
    assert_eq!(first.bids.iter().map(|b| b.wins).sum::<u32>() + first.undecided, 10_000);
    let sure = vary(&model, &bids(vec![bid("A", 90, 100), bid("B", 20, 150)]), 1_500, 1).unwrap();
    assert_eq!((sure.bids[0].wins, sure.bids[0].standard_error), (1_500, dec!(0)));
    assert!(vary(&model, &close, 0, 1).is_err());
    let alone = vary(&model, &bids(vec![bid("A", 0, 100)]), 10, 1).unwrap();
    assert_eq!(alone.bids[0].wins, 10);
}

#[test]
fn the_sentence_says_how_often_the_winner_wins_and_what_would_turn_it() {
    let model = half_and_half(PriceModel::LowestOverPrice);
    let say = |inputs: &Inputs| {
        let firm = sensitivity(&model, inputs).unwrap();
        let varied = vary(&model, inputs, 1_000, 1).unwrap();
        in_words(&firm, &varied, |bid| format!("Bidder {bid}"), str::to_uppercase)
    };
    let close = say(&bids(vec![bid("A", 80, 1000), bid("B", 80, 1005)]));
    assert!(
        close.starts_with("Bidder A wins in 6") && close.ends_with("its score for “Q” fell by one level."),
        "{close}"
    );
    let clear = say(&bids(vec![bid("A", 90, 100), bid("B", 20, 150)]));
    assert_eq!(clear, "Bidder A wins in every variation; no single score, however it moved, would change that.");
    let tied = say(&bids(vec![bid("A", 80, 100), bid("B", 80, 100)]));
    assert!(tied.starts_with("No bid is first alone"), "{tied}");
}

#[test]
fn the_smallest_move_of_a_score_counts_every_level_it_takes() {
    let model = half_and_half(PriceModel::LowestOverPrice);
    let found = sensitivity(&model, &bids(vec![bid("A", 60, 100), bid("B", 80, 150)])).unwrap();
    // A 80.00, B 73.33: A falls 14 levels to 73.00, or B rises 14 to 80.33; 13 leave A ahead.
    let moves: Vec<_> = found.scores.iter().map(|s| (s.bid.as_str(), s.from, s.to)).collect();
    assert_eq!(moves, [("A", 60, 46), ("B", 80, 94)]);
    assert!(found.levels.is_empty());
}
