//! Lots, stages, and a bid that falls away.

use super::falling_away::without;
use super::lots::*;
use super::samples::*;
use super::stages::*;
use super::*;
use crate::values::Pence;
use proptest::prelude::*;
use rust_decimal::{Decimal, dec};
use std::collections::BTreeMap;

fn quality_only() -> Model {
    of(vec![leaf("q", dec!(100), quality(percent_levels()))])
}

fn scored(id: &str, level: u32) -> Bid {
    Bid { prices: vec![], ..bid(id, level, 1) }
}

fn lots(count: usize, most_won: Option<u32>, choice: LotChoice) -> LotsModel {
    let lot = |n: usize| Lot { id: format!("L{n}"), title: format!("Lot {n}"), model: quality_only() };
    LotsModel { lots: (1..=count).map(lot).collect(), most_bid: None, most_won, choice }
}

fn field(rows: &[&[(&str, u32)]]) -> LotsInputs {
    let bids_of = |row: &[(&str, u32)]| bids(row.iter().map(|(id, level)| scored(id, *level)).collect());
    LotsInputs {
        lots: rows
            .iter()
            .enumerate()
            .map(|(n, row)| LotBids { lot: format!("L{}", n + 1), inputs: bids_of(row) })
            .collect(),
        preferences: vec![],
        held: vec![],
    }
}

fn winners(model: &LotsModel, inputs: &LotsInputs) -> Vec<Option<String>> {
    evaluate_lots(model, inputs).unwrap().lots.into_iter().map(|l| l.winner).collect()
}

fn named(names: &[&str]) -> Vec<Option<String>> {
    names.iter().map(|n| (!n.is_empty()).then(|| (*n).to_owned())).collect()
}

#[test]
fn a_supplier_first_in_two_lots_and_allowed_one_keeps_what_the_published_way_says() {
    let inputs = field(&[&[("A", 90), ("B", 85)], &[("A", 95), ("B", 40)]]);
    assert_eq!(winners(&lots(2, None, LotChoice::PublishedOrder), &inputs), named(&["A", "A"]));
    assert_eq!(winners(&lots(2, Some(1), LotChoice::PublishedOrder), &inputs), named(&["A", "B"]));
    // 90 + 40 against 85 + 95.
    assert_eq!(winners(&lots(2, Some(1), LotChoice::HighestSum), &inputs), named(&["B", "A"]));
    let mut preferring = inputs.clone();
    preferring.preferences = vec![Preference { supplier: "A".into(), lots: vec!["L2".into()] }];
    assert_eq!(winners(&lots(2, Some(1), LotChoice::SupplierPreference), &preferring), named(&["B", "A"]));
    assert_eq!(winners(&lots(2, Some(1), LotChoice::SupplierPreference), &inputs), named(&["A", "B"]));
    let result = evaluate_lots(&lots(2, Some(1), LotChoice::PublishedOrder), &inputs).unwrap();
    assert_eq!(result.lots[1].result.winner.as_deref(), Some("A"), "the ranking itself stands");
    assert_eq!(result.lots[1].passed_over[0].sentence, "It wins as many lots as one supplier may win (1).");
}

#[test]
fn a_lot_that_was_awarded_stays_with_its_supplier_when_a_bid_falls_away_in_another() {
    // Zebra was first everywhere and meant to get lot 1, so lot 3 was awarded to Next. Then Zebra fell away in lot 1.
    let rows: [&[(&str, u32)]; 3] =
        [&[("Next", 80), ("Harvest", 60)], &[("Bread", 90)], &[("Zebra", 97), ("Next", 65)]];
    let anew = field(&rows);
    assert_eq!(winners(&lots(3, Some(1), LotChoice::PublishedOrder), &anew), named(&["Next", "Bread", "Zebra"]));
    let awarded = LotsInputs { held: vec![Held { lot: "L3".into(), supplier: "Next".into() }], ..anew };
    for choice in [LotChoice::PublishedOrder, LotChoice::SupplierPreference, LotChoice::HighestSum] {
        let result = evaluate_lots(&lots(3, Some(1), choice), &awarded).unwrap();
        let got: Vec<_> = result.lots.iter().map(|lot| lot.winner.clone()).collect();
        assert_eq!(got, named(&["Harvest", "Bread", "Next"]), "{choice:?}: lot 1 goes to the next who may still win");
        let why = |lot: usize| result.lots[lot].passed_over[0].clone();
        assert_eq!(
            (why(0).supplier, why(0).sentence.contains("as many lots as one supplier may win (1)")),
            ("Next".to_owned(), true)
        );
        assert_eq!((why(2).supplier, why(2).sentence.contains("had been awarded already")), ("Zebra".to_owned(), true));
    }
    let text = serde_json::to_string(&awarded).unwrap();
    assert_eq!(serde_json::from_str::<LotsInputs>(&text).unwrap(), awarded, "the export recomputes the same");
    let twice = Held { lot: "L1".into(), supplier: "Next".into() };
    let stranger = Held { lot: "L2".into(), supplier: "Zebra".into() };
    for wrong in [twice, stranger] {
        let mut inputs = awarded.clone();
        inputs.held.push(wrong);
        assert!(evaluate_lots(&lots(3, Some(1), LotChoice::PublishedOrder), &inputs).is_err(), "{inputs:?}");
    }
}

#[test]
fn who_was_awarded_as_many_lots_as_it_may_win_shares_no_first_place_in_another() {
    let anew = field(&[&[("A", 80), ("B", 80)], &[("A", 90), ("B", 40)]]);
    let preferred = lots(2, Some(1), LotChoice::SupplierPreference);
    assert_eq!(winners(&preferred, &anew), named(&["", "A"]), "no rule parts the two in the first lot");
    let awarded = LotsInputs { held: vec![Held { lot: "L2".into(), supplier: "A".into() }], ..anew };
    for choice in [LotChoice::PublishedOrder, LotChoice::SupplierPreference, LotChoice::HighestSum] {
        assert_eq!(winners(&lots(2, Some(1), choice), &awarded), named(&["B", "A"]), "{choice:?}");
    }
}

#[test]
fn more_lots_are_given_out_before_more_points_are_gathered() {
    let inputs = field(&[&[("A", 100), ("B", 1)], &[("A", 100)]]);
    assert_eq!(winners(&lots(2, Some(1), LotChoice::HighestSum), &inputs), named(&["B", "A"]));
    // Nobody else may have the second lot when the published order decides.
    let result = evaluate_lots(&lots(2, Some(1), LotChoice::PublishedOrder), &inputs).unwrap();
    assert_eq!(result.lots[1].winner, None);
    assert_eq!(result.lots[1].passed_over[0].supplier, "A");
}

#[test]
fn bids_beyond_the_limit_are_left_out_from_the_end_of_the_suppliers_own_order() {
    let mut model = lots(3, None, LotChoice::PublishedOrder);
    model.most_bid = Some(2);
    let mut inputs = field(&[&[("A", 90)], &[("A", 90)], &[("A", 90), ("B", 10)]]);
    assert_eq!(winners(&model, &inputs), named(&["A", "A", "B"]));
    inputs.preferences = vec![Preference { supplier: "A".into(), lots: vec!["L3".into(), "L2".into()] }];
    let result = evaluate_lots(&model, &inputs).unwrap();
    assert_eq!(result.lots.iter().map(|l| l.winner.clone()).collect::<Vec<_>>(), named(&["", "A", "A"]));
    assert_eq!(result.lots[0].result.bids[0].exclusions[0].code, "disregarded");
}

#[test]
fn a_shared_first_place_gives_a_lot_to_nobody_until_a_rule_parts_them() {
    let inputs = field(&[&[("A", 90), ("B", 90)]]);
    assert_eq!(winners(&lots(1, Some(1), LotChoice::PublishedOrder), &inputs), named(&[""]));
    let unknown = field(&[&[], &[]]);
    assert!(evaluate_lots(&lots(1, None, LotChoice::PublishedOrder), &unknown).is_err());
    assert!(evaluate_lots(&lots(3, None, LotChoice::PublishedOrder), &unknown).is_err());
    assert_eq!(winners(&lots(2, None, LotChoice::HighestSum), &unknown), named(&["", ""]));
}

/// The most lots and the highest sum, by trying everything.
fn by_trial(scores: &[Vec<u32>], limit: u32, won: &mut Vec<u32>, lot: usize) -> (u32, u32) {
    let Some(row) = scores.get(lot) else { return (0, 0) };
    let mut best = by_trial(scores, limit, won, lot + 1);
    for (supplier, points) in row.iter().enumerate() {
        if won[supplier] < limit {
            won[supplier] += 1;
            let (given, sum) = by_trial(scores, limit, won, lot + 1);
            best = best.max((given + 1, sum + points));
            won[supplier] -= 1;
        }
    }
    best
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn the_highest_sum_is_the_one_that_trying_everything_finds(
        scores in prop::collection::vec(prop::collection::vec(0_u32..=100, 3), 1..5), limit in 1_u32..3,
    ) {
        let rows: Vec<Vec<(&str, u32)>> =
            scores.iter().map(|row| ["A", "B", "C"].into_iter().zip(row.iter().copied()).collect()).collect();
        let inputs = field(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let found = winners(&lots(scores.len(), Some(limit), LotChoice::HighestSum), &inputs);
        let given = found.iter().flatten().count();
        let sum: u32 = found
            .iter()
            .zip(&rows)
            .filter_map(|(winner, row)| row.iter().find(|(id, _)| Some(*id) == winner.as_deref()).map(|(_, p)| *p))
            .sum();
        let best = by_trial(&scores, limit, &mut vec![0; 3], 0);
        prop_assert_eq!((u32::try_from(given).unwrap(), sum), best);
        for supplier in ["A", "B", "C"] {
            let won = found.iter().flatten().filter(|w| w.as_str() == supplier).count();
            prop_assert!(won <= usize::try_from(limit).unwrap());
        }
    }
}

fn staged(best: Option<u32>, at_least: Option<Decimal>) -> StagesModel {
    let rule = ShortlistRule { best, at_least };
    StagesModel {
        earlier: vec![Stage { model: quality_only(), rule }],
        last: half_and_half(PriceModel::LowestOverPrice),
    }
}

#[test]
fn the_best_go_on_together_with_everybody_who_shares_the_last_place() {
    let first = bids(vec![scored("A", 90), scored("B", 70), scored("C", 70), scored("D", 10)]);
    let found = evaluate_stages(&staged(Some(2), None), std::slice::from_ref(&first)).unwrap();
    assert_eq!(found.shortlists[0].goes_on, ["A", "B", "C"]);
    assert_eq!(found.shortlists[0].stays[0].sentence, "Place 4 is after the best 2 that go on.");
    let by_points = evaluate_stages(&staged(Some(3), Some(dec!(70.01))), std::slice::from_ref(&first)).unwrap();
    assert_eq!(by_points.shortlists[0].goes_on, ["A"]);
    assert!(by_points.shortlists[0].stays[0].sentence.contains("fewer than the 70.01"));
    let whole =
        evaluate_stages(&staged(Some(2), None), &[first.clone(), bids(vec![bid("A", 50, 100), bid("B", 60, 100)])])
            .unwrap();
    assert_eq!(whole.last.unwrap().winner.as_deref(), Some("B"));
    let late = evaluate_stages(&staged(Some(2), None), &[first, bids(vec![bid("D", 50, 100)])]).unwrap_err();
    assert!(late.to_string().contains("did not go on"), "{late}");
    assert!(staged(None, None).check().is_err() && staged(Some(0), None).check().is_err());
}

#[test]
fn a_supplier_may_have_another_identifier_in_each_stage_and_a_late_entrant_is_still_found() {
    let names = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(bid, supplier)| ((*bid).to_owned(), (*supplier).to_owned())).collect::<BTreeMap<_, _>>()
    };
    let mut file = StagesFile {
        format: STAGES_FORMAT.to_owned(),
        model: staged(Some(1), None),
        inputs: vec![bids(vec![scored("A-1", 90), scored("A-2", 10)]), bids(vec![bid("A-7", 50, 100)])],
        suppliers: vec![names(&[("A-1", "Alder"), ("A-2", "Birch")]), names(&[("A-7", "Alder")])],
        result: None,
    };
    let found = file.recompute().unwrap();
    assert_eq!(found.shortlists[0].goes_on, ["A-1"]);
    assert_eq!(found.last.unwrap().winner.as_deref(), Some("A-7"));
    file.suppliers[1] = names(&[("A-7", "Birch")]);
    assert!(file.recompute().unwrap_err().to_string().contains("did not go on"));
    file.suppliers.clear();
    assert!(file.recompute().is_err(), "without the suppliers a bid stands for itself");
}

#[test]
fn a_bid_that_falls_away_leaves_both_rankings_and_says_whether_others_changed_places() {
    let model = half_and_half(PriceModel::LowestOverPrice);
    let three = bids(vec![bid("A", 80, 150), bid("B", 60, 100), bid("C", 8, 50)]);
    let file = EvaluationFile::of(model, three).unwrap();
    let (after, both) = without(&file, "C", "The supplier withdrew.").unwrap();
    assert_eq!((both.before.winner.as_deref(), both.after.winner.as_deref()), (Some("A"), Some("B")));
    assert!(both.reversed);
    let a = both.moved.iter().find(|m| m.bid == "A").unwrap();
    assert_eq!(
        (a.rank_before, a.rank_after, a.total_before, a.total_after),
        (Some(1), 2, Some(dec!(56.67)), dec!(73.33))
    );
    assert_eq!(recompute(&after).unwrap().agrees, Some(true));
    assert!(without(&after, "C", "Again.").is_err() && without(&file, "A", " ").is_err());
    let absolute =
        PriceModel::AbsoluteToCeiling { ceiling: Pence(20_000), exponent: 1, above_ceiling: AboveCeiling::Excluded };
    let still = EvaluationFile::of(half_and_half(absolute), file.inputs.clone()).unwrap();
    assert!(!without(&still, "C", "The supplier withdrew.").unwrap().1.reversed);
}
