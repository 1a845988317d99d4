//! The rehearsal in full.

use super::formula_tests::valued;
use super::samples::*;
use super::*;
use crate::values::Pence;
use rust_decimal::{Decimal, dec};

fn absolute() -> PriceModel {
    PriceModel::AbsoluteToCeiling { ceiling: Pence(20_000), exponent: 1, above_ceiling: AboveCeiling::Excluded }
}

fn full(model: &Model) -> FullRehearsal {
    rehearse_in_full(model, Pence(10_000), 5, 2_000, 7).unwrap()
}

#[test]
fn a_published_weight_of_half_may_be_worth_far_less_when_prices_lie_close_together() {
    let found = full(&half_and_half(absolute()));
    let of = |id: &str| found.influence.iter().find(|i| i.criterion == id).unwrap();
    // Quality from 1 to 100 of 50 points has a standard deviation of 50 × 0.2887 = 14.4; prices from 80 to 120 of a
    // ceiling of 200 one of 50 × 0.1183 ÷ 2 = 2.96. Their variances are 208.3 to 8.75: 96.0 and 4.0 %.
    assert!((of("q").real - dec!(96)).abs() <= dec!(0.6), "{:?}", of("q"));
    assert!((of("p").real - dec!(4)).abs() <= dec!(0.6), "{:?}", of("p"));
    // Within fields of five, as a population: a factor of √0.8.
    assert!((of("q").spread - dec!(12.91)).abs() < dec!(0.3) && (of("p").spread - dec!(2.65)).abs() < dec!(0.1));
    assert_eq!(of("q").published, dec!(50));
    let sum: Decimal = found.influence.iter().map(|i| i.real).sum();
    assert!((sum - dec!(100)).abs() <= dec!(0.2));
}

#[test]
fn every_field_has_one_kind_of_winner_and_the_same_seed_gives_the_same_digits() {
    let model = half_and_half(PriceModel::LowestOverPrice);
    let found = full(&model);
    let w = &found.wins;
    assert_eq!(w.cheapest_and_best + w.cheapest + w.best + w.middle + w.shared, dec!(1));
    assert!(w.best > w.cheapest, "close prices leave quality to decide: {w:?}");
    assert_eq!(found, full(&model));
    assert_ne!(found.wins, rehearse_in_full(&model, Pence(10_000), 5, 2_000, 8).unwrap().wins);
    assert!(middle_in_words(w).contains("of 100 fields"));
    assert!(rehearse_in_full(&model, Pence(10_000), 1, 1, 1).is_err());
    assert!(rehearse_in_full(&model, Pence(10_000), 5, 0, 1).is_err());
}

#[test]
fn the_curve_and_the_profiles_can_be_checked_by_hand() {
    let found = full(&half_and_half(absolute()));
    assert_eq!((found.curve.len(), found.curve[0].price), (21, Pence(5_000)));
    assert!(found.curve.iter().all(|row| row.pounds_per_point == Some(Pence(400))));
    // At £80 the cheapest earns 30 for price, the best at £120 earns 20 + 50: 81 % of 50 is 40.5 and 70.5 in all.
    assert_eq!(found.profiles[0].quality, Some(dec!(0.81)));
    // Half of the points at £80 make 55; the best earns 50 and needs more than 5 for price: below £180.
    assert_eq!(found.profiles[1].price, Some(Pence(17_900)));
    assert!(found.profiles[1].sentence.contains("wins up to £179 against half"));
}

#[test]
fn one_inflated_promise_takes_points_only_where_rivals_are_the_yardstick() {
    let of = |method| full(&valued(method)).inflated.remove(0);
    for method in [SocialValueMethod::AgainstTargets, SocialValueMethod::ValueAgainstTarget] {
        let found = of(method);
        assert_eq!(found.before, [dec!(6.00), dec!(8.00), dec!(10.00)]);
        assert_eq!(found.before, found.after);
        assert!(found.sentence.contains("takes no points"));
    }
    for method in [SocialValueMethod::ShareOfHighest, SocialValueMethod::ValueShareOfHighest] {
        let found = of(method);
        assert_eq!(found.after, [dec!(0.60), dec!(0.80), dec!(1.00)]);
        assert!(found.sentence.contains("leaves the bid that met them 1.00 of 10.00 points"), "{}", found.sentence);
    }
}

#[test]
fn models_that_rank_by_a_figure_are_rehearsed_too_and_cannot_reverse() {
    let mut price = leaf("p", dec!(1), Kind::Price { model: PriceModel::PricePerQualityPoint });
    price.weight = None;
    let per_point = of(vec![leaf("q", dec!(100), quality(percent_levels())), price]);
    let found = full(&per_point);
    assert!(matches!(found.rehearsal.rank_reversal, RankReversal::ImpossibleBecause { .. }));
    // £100 ÷ 70 points.
    assert_eq!(found.curve[10].pounds_per_point, Some(Pence(143)));
    let option = |id: &str, value| FeatureOption { id: id.into(), text: id.into(), value };
    let features = vec![Feature {
        id: "f".into(),
        title: "F".into(),
        options: vec![option("none", dec!(0)), option("best", dec!(0.3))],
    }];
    let mut price = leaf("p", dec!(1), Kind::Price { model: PriceModel::ValueAdjusted { features } });
    price.weight = None;
    let found = full(&of(vec![price]));
    assert!(found.influence.is_empty() && found.profiles.is_empty());
    assert!(found.wins.best + found.wins.cheapest_and_best > dec!(0.5), "{:?}", found.wins);
}

#[test]
fn promises_judged_by_a_criterion_further_down_follow_it() {
    let mut model = valued(SocialValueMethod::AgainstTargets);
    let table = (0..=100).map(|level| DeliverabilityShare { level, share: Decimal::from(level) / dec!(100) }).collect();
    let Kind::SocialValue { deliverability, .. } = &mut model.criteria[1].kind else { panic!() };
    *deliverability = Some(Deliverability { criterion: "q".into(), table });
    model.criteria.swap(0, 1);
    let found = full(&model);
    let s = found.influence.iter().find(|i| i.criterion == "s").unwrap();
    // Believed by quality itself, the promises move with it: their influence is more than their own spread alone.
    assert!(s.real > dec!(5) && s.real < dec!(15), "{s:?}");
}

#[test]
fn what_must_be_read_names_a_weight_that_misleads_and_a_promise_that_inflates_and_keeps_the_short_warnings() {
    let codes = |found: &FullRehearsal| found.warnings().iter().map(|w| w.code).collect::<Vec<_>>();
    // Price counts for half and makes 4 % of the difference; quality makes 96 %, less than twice its half.
    let found = full(&half_and_half(absolute()));
    let misleading: Vec<String> =
        found.warnings().into_iter().filter(|w| w.code == "weight-misleads").map(|w| w.sentence).collect();
    assert_eq!(misleading.len(), 1);
    assert!(misleading[0].starts_with("“P” is published at 50 of 100 points but makes "), "{misleading:?}");
    assert!(!codes(&found).contains(&"inflated-promise"));
    assert!(codes(&full(&valued(SocialValueMethod::ShareOfHighest))).contains(&"inflated-promise"));
    assert!(!codes(&full(&valued(SocialValueMethod::AgainstTargets))).contains(&"inflated-promise"));
    let relative = full(&half_and_half(PriceModel::LowestOverPrice));
    assert!(codes(&relative).starts_with(&["relative-price", "rank-reversal"]), "{:?}", codes(&relative));
}

#[test]
fn a_vote_with_money_to_share_out_is_warned_of_in_its_own_words_and_not_as_a_promise() {
    let vote =
        |rule| of(vec![leaf("q", dec!(80), quality(percent_levels())), leaf("v", dec!(20), Kind::Panel { rule })]);
    let codes =
        |model: &Model| rehearse(model, Pence(10_000)).unwrap().warnings.iter().map(|w| w.code).collect::<Vec<_>>();
    let budget = codes(&vote(PanelRule::Budget { each: Pence(10_000), quorum: 5 }));
    assert!(budget.contains(&"budget-vote") && !budget.contains(&"share-of-highest"), "{budget:?}");
    let scores = codes(&vote(PanelRule::Scores { highest: 5, quorum: 5 }));
    assert!(!scores.contains(&"budget-vote") && !scores.contains(&"share-of-highest"), "{scores:?}");
    let promises = codes(&valued(SocialValueMethod::ShareOfHighest));
    assert!(promises.contains(&"share-of-highest") && !promises.contains(&"budget-vote"), "{promises:?}");
}
