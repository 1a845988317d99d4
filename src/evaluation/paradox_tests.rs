//! The known paradoxes of scoring, and the rehearsal that finds them.

use super::samples::*;
use super::*;
use crate::values::Pence;
use rust_decimal::dec;

#[test]
fn a_loser_turns_two_bids_round_under_lowest_over_price() {
    let model = half_and_half(PriceModel::LowestOverPrice);
    let (a, b, c) = (bid("A", 80, 150), bid("B", 60, 100), bid("C", 8, 50));
    let two = evaluate(&model, &bids(vec![a.clone(), b.clone()])).unwrap();
    assert_eq!((total(&two, "A"), total(&two, "B")), (dec!(73.33), dec!(80.00)));
    assert_eq!(two.winner.as_deref(), Some("B"));
    let three = evaluate(&model, &bids(vec![a, b, c])).unwrap();
    assert_eq!((total(&three, "A"), total(&three, "B"), total(&three, "C")), (dec!(56.67), dec!(55.00), dec!(54.00)));
    assert_eq!(three.winner.as_deref(), Some("A"));
}

#[test]
fn the_bid_in_the_middle_cannot_win_under_lowest_over_price() {
    let model = half_and_half(PriceModel::LowestOverPrice);
    let field = bids(vec![bid("A", 50, 50), bid("B", 75, 75), bid("C", 100, 100)]);
    let result = evaluate(&model, &field).unwrap();
    assert_eq!(["A", "B", "C"].map(|b| total(&result, b).to_string()), ["75.00", "70.83", "75.00"].map(str::to_owned));
}

#[test]
fn one_inflated_promise_flattens_the_rest_under_share_of_highest_and_not_against_targets() {
    let with = |method| {
        let model = of(vec![leaf("s", dec!(100), social(method, vec![measure("jobs", dec!(100), dec!(20))]))]);
        let promise = |id: &str, jobs| Bid {
            id: id.into(),
            promises: vec![Promise { measure: "jobs".into(), quantity: jobs }],
            ..Bid::default()
        };
        evaluate(&model, &bids(vec![promise("A", dec!(10)), promise("B", dec!(15)), promise("C", dec!(1000))])).unwrap()
    };
    let highest = with(SocialValueMethod::ShareOfHighest);
    assert_eq!((total(&highest, "A"), total(&highest, "B")), (dec!(1.00), dec!(1.50)));
    let targets = with(SocialValueMethod::AgainstTargets);
    assert_eq!(
        (total(&targets, "A"), total(&targets, "B"), total(&targets, "C")),
        (dec!(50.00), dec!(75.00), dec!(100.00))
    );
}

#[test]
fn shares_of_the_highest_social_value_are_ten_eight_and_nothing() {
    let model = of(vec![
        leaf("s", dec!(10), social(SocialValueMethod::ShareOfHighest, vec![measure("value", dec!(100), dec!(1))])),
        leaf("q", dec!(90), quality(five_levels())),
    ]);
    let offer = |id: &str, value| Bid {
        id: id.into(),
        levels: vec![LevelScore { criterion: "q".into(), level: 0 }],
        promises: vec![Promise { measure: "value".into(), quantity: value }],
        ..Bid::default()
    };
    let field = bids(vec![offer("A", dec!(500000)), offer("B", dec!(400000)), offer("C", dec!(0))]);
    let result = evaluate(&model, &field).unwrap();
    assert_eq!((total(&result, "A"), total(&result, "B"), total(&result, "C")), (dec!(10.00), dec!(8.00), dec!(0.00)));
    let nothing = evaluate(&model, &bids(vec![offer("A", dec!(0)), offer("B", dec!(0))])).unwrap();
    assert_eq!((total(&nothing, "A"), total(&nothing, "B")), (dec!(0.00), dec!(0.00)));
}

#[test]
fn rehearsal_finds_a_reversal_that_the_real_evaluation_confirms() {
    let model = half_and_half(PriceModel::LowestOverPrice);
    let rehearsal = rehearse(&model, Pence(10_000)).unwrap();
    assert!(rehearsal.relative);
    let RankReversal::Found { example } = rehearsal.rank_reversal else { panic!("no reversal found") };
    let real = |id: &str, synthetic: &SyntheticBid| {
        let level = (synthetic.quality * dec!(100)).normalize().to_string().parse().unwrap();
        let mut made = bid(id, level, 1);
        made.prices[0].price = synthetic.price;
        made
    };
    let (first, second, third) = (real("1", &example.first), real("2", &example.second), real("3", &example.newcomer));
    let two = evaluate(&model, &bids(vec![first.clone(), second.clone()])).unwrap();
    assert_eq!(two.winner.as_deref(), Some("1"));
    assert_eq!(Some(total(&two, "1")), example.first.total_before);
    let three = evaluate(&model, &bids(vec![first, second, third])).unwrap();
    assert_eq!(three.winner.as_deref(), Some("2"));
    assert_eq!(total(&three, "3"), example.newcomer.total_after);
    assert_eq!(three.ranking[2].bid, "3");
}

#[test]
fn rehearsal_finds_reversals_for_every_relative_formula_and_none_for_the_others() {
    for formula in formulas() {
        let relative = formula.is_relative();
        let rehearsal = rehearse(&half_and_half(formula.clone()), Pence(10_000)).unwrap();
        assert_eq!(rehearsal.relative, relative, "{formula:?}");
        match rehearsal.rank_reversal {
            RankReversal::Found { .. } => assert!(relative, "{formula:?}"),
            RankReversal::ImpossibleBecause { .. } => assert!(!relative, "{formula:?}"),
            RankReversal::NotFound { tried } => panic!("nothing found in {tried} for {formula:?}"),
        }
        let codes: Vec<_> = rehearsal.warnings.iter().map(|w| w.code).collect();
        assert_eq!(codes.contains(&"relative-price"), relative);
        let curved = matches!(formula, PriceModel::LowestOverPrice | PriceModel::Bands { .. });
        assert_eq!(codes.contains(&"middle-cannot-win"), curved, "{formula:?}");
    }
}

#[test]
fn price_alone_cannot_reverse_ranks() {
    let model = of(vec![leaf("p", dec!(100), Kind::Price { model: PriceModel::LowestOverPrice })]);
    let rehearsal = rehearse(&model, Pence(10_000)).unwrap();
    assert!(matches!(rehearsal.rank_reversal, RankReversal::ImpossibleBecause { .. }));
}

#[test]
fn the_hidden_price_of_a_point_is_shown_around_the_expected_price() {
    let above_ceiling = AboveCeiling::Excluded;
    let linear = PriceModel::AbsoluteToCeiling { ceiling: Pence(20_000), exponent: 1, above_ceiling };
    let rehearsal = rehearse(&half_and_half(linear), Pence(10_000)).unwrap();
    // W / B = 50 points over £200: every point costs £4, whatever the price.
    assert_eq!(rehearsal.price_per_point.len(), 5);
    assert!(rehearsal.price_per_point.iter().all(|row| row.pounds_per_point == Some(Pence(400))));
    let curved = rehearse(&half_and_half(PriceModel::LowestOverPrice), Pence(10_000)).unwrap();
    let costs: Vec<_> = curved.price_per_point.iter().map(|row| row.pounds_per_point.unwrap()).collect();
    assert!(costs.windows(2).all(|pair| pair[0] < pair[1]), "a point costs more at a higher price: {costs:?}");
    // At £100 and a lowest price of £70 the slope is 50 × 70 / 100² points a pound: £2.86 a point, £2.83 for one per cent.
    assert_eq!(costs[2], Pence(283));
}

#[test]
fn rehearsal_refuses_a_model_that_is_not_whole_or_no_price() {
    let mut model = half_and_half(PriceModel::LowestOverPrice);
    assert!(rehearse(&model, Pence(0)).is_err());
    model.criteria[0].weight = Some(dec!(49));
    assert!(matches!(rehearse(&model, Pence(1)), Err(EvaluationRefusal::WeightsNot100 { .. })));
}

#[test]
fn where_no_reversal_is_found_the_rehearsal_says_how_many_were_tried_and_claims_no_proof() {
    let model = of(vec![
        leaf("q", dec!(99.99), quality(percent_levels())),
        leaf("p", dec!(0.01), Kind::Price { model: PriceModel::LowestOverPrice }),
    ]);
    let rehearsal = rehearse(&model, Pence(10_000)).unwrap();
    let RankReversal::NotFound { tried } = rehearsal.rank_reversal else { panic!("{:?}", rehearsal.rank_reversal) };
    assert!(tried > 10_000);
    assert!(!rehearsal.warnings.iter().any(|w| w.code == "rank-reversal"));
}
