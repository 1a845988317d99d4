//! What lots have in common, and what each lacks, tried on the sample tender divided in three.

use super::lot_terms::{LotLine, LotTerms, agree, choice_of, choice_word};
use super::model::{Call, CallKind, CallStage};
use super::rules::{Missing, missing};
use super::samples::{self, Dates};
use super::tender::above_threshold;
use crate::db::Json;
use crate::evaluation::{Kind, LotChoice, PriceModel, TieRule};
use crate::law::procedures::Procedure;
use crate::values::{Id, Instant, Pence};
use proptest::prelude::*;
use rust_decimal::dec;

fn now() -> Instant {
    "2026-11-24T10:00:00Z".parse().unwrap()
}

fn lot(reference: &str, title: &str, value: Pence) -> Call {
    let mut terms = samples::community_kitchens(&Dates::closing_in(now(), 52), vec![]);
    terms.tender.as_mut().unwrap().estimated_value = value;
    Call {
        id: Id::new(),
        authority_id: Id::new(),
        mission_id: Id::new(),
        kind: CallKind::Tender,
        reference: reference.to_owned(),
        title: title.to_owned(),
        summary: "Somebody to run a kitchen.".to_owned(),
        stage: CallStage::Draft,
        version: 0,
        deadline_at: None,
        terms: Json(terms),
        terms_hash: None,
        published_at: None,
        created_at: now(),
        created_by: Id::new(),
    }
}

fn whole(first: &Call, choice: LotChoice) -> LotTerms {
    LotTerms {
        group: Id::new(),
        title: "Community kitchens".to_owned(),
        lots: vec![LotLine { call: first.id, reference: first.reference.clone(), title: first.title.clone() }],
        most_bid: Some(2),
        most_won: Some(1),
        choice,
        together: Pence::ZERO,
    }
}

/// Three lots of £100,000, £150,000 and £50,000.
fn divided(choice: LotChoice) -> Vec<Call> {
    let mut lots = vec![
        lot("T-2026-0001", "Alder estate", Pence(10_000_000)),
        lot("T-2026-0002", "Brecon estate", Pence(15_000_000)),
        lot("T-2026-0003", "Cantley estate", Pence(5_000_000)),
    ];
    lots[0].terms.0.tender.as_mut().unwrap().lot = Some(whole(&lots[0], choice));
    let first = lots[0].id;
    agree(&mut lots, first).unwrap();
    lots
}

fn codes(call: &Call) -> Vec<&'static str> {
    missing(call, now().date()).into_iter().map(|m: Missing| m.code).collect()
}

#[test]
fn every_lot_names_all_lots_and_their_value_together() {
    let lots = divided(LotChoice::PublishedOrder);
    for (call, number) in lots.iter().zip(1_usize..) {
        let whole = call.lot().unwrap();
        assert_eq!((whole.number(call.id), whole.lots.len(), whole.together), (Some(number), 3, Pence(30_000_000)));
        assert_eq!(whole.others(call.id, "/calls").len(), 2);
        assert_eq!(codes(call), Vec::<&str>::new());
    }
    let second = lots[1].lot().unwrap();
    assert_eq!(second.heading(lots[1].id), "Lot 2 of 3 of Community kitchens");
    assert_eq!(second.name(lots[2].id), "Lot 3, Cantley estate");
    assert!(second.sentences().join(" ").contains("at most one lot. A supplier that comes first in more lots"));
}

#[test]
fn the_value_of_all_lots_together_decides_the_threshold() {
    let mut lots = divided(LotChoice::PublishedOrder);
    for call in &mut lots {
        let tender = call.terms.0.tender.as_mut().unwrap();
        tender.procedure = Procedure::BelowThreshold;
        assert!(above_threshold(tender, now().date()).unwrap().1, "£300,000 reach it although no lot does");
        assert!(codes(call).contains(&"calls/above-threshold"));
        let tender = call.terms.0.tender.as_mut().unwrap();
        tender.lot = None;
        assert!(!above_threshold(tender, now().date()).unwrap().1);
        assert!(!codes(call).contains(&"calls/above-threshold"));
    }
}

#[test]
fn what_is_saved_in_one_lot_holds_for_all_and_what_is_its_own_stays() {
    let mut lots = divided(LotChoice::PublishedOrder);
    let later = Dates::closing_in(now(), 70);
    let changed = lots[2].id;
    lots[2].title = "Cantley and Dunmore".to_owned();
    let terms = &mut lots[2].terms.0;
    terms.timetable = samples::community_kitchens(&later, vec![]).timetable;
    terms.tender.as_mut().unwrap().procedure = Procedure::CompetitiveFlexible;
    terms.tender.as_mut().unwrap().estimated_value = Pence(6_000_000);
    agree(&mut lots, changed).unwrap();
    for call in &lots {
        assert_eq!(call.terms.0.timetable.deadline, Some(later.deadline));
        assert_eq!(call.terms.0.tender.as_ref().unwrap().procedure, Procedure::CompetitiveFlexible);
        let whole = call.lot().unwrap();
        assert_eq!((whole.lots[2].title.as_str(), whole.together), ("Cantley and Dunmore", Pence(31_000_000)));
    }
    assert_eq!(lots[0].terms.0.tender.as_ref().unwrap().estimated_value, Pence(10_000_000));
}

#[test]
fn one_lot_alone_a_draw_and_points_that_do_not_rank_are_missed() {
    let mut alone = lot("T-2026-0001", "Alder estate", Pence(10_000_000));
    alone.terms.0.tender.as_mut().unwrap().lot = Some(whole(&alone, LotChoice::PublishedOrder));
    let found = missing(&alone, now().date());
    let one = found.iter().find(|m| m.code == "calls/one-lot").unwrap();
    assert_eq!(one.reference, Some("Procurement Act 2023 s.18"));

    let mut drawn = divided(LotChoice::PublishedOrder).remove(0);
    drawn.terms.0.model.ties = vec![TieRule::Draw { commitment: "0".repeat(64) }];
    assert!(codes(&drawn).contains(&"calls/draw-in-lots"));

    for choice in [LotChoice::PublishedOrder, LotChoice::HighestSum] {
        let mut priced = divided(choice).remove(0);
        assert_eq!(codes(&priced), Vec::<&str>::new());
        let mut weights = [dec!(40), dec!(20), dec!(20), dec!(20)].into_iter();
        for criterion in &mut priced.terms.0.model.criteria {
            if let Kind::Price { model } = &mut criterion.kind {
                (*model, criterion.weight) = (PriceModel::PricePerQualityPoint, None);
            } else {
                criterion.weight = weights.next();
            }
        }
        assert_eq!(priced.terms.0.model.problems(), vec![]);
        let found = missing(&priced, now().date());
        let refused = found.iter().any(|m| m.sentence.contains("only where every lot is ranked by points"));
        assert_eq!(refused, choice == LotChoice::HighestSum, "{found:?}");
    }
}

#[test]
fn only_a_limit_on_winning_asks_suppliers_for_their_own_order() {
    let mut whole = whole(&lot("T-2026-0001", "Alder estate", Pence(1)), LotChoice::SupplierPreference);
    assert!(whole.asks_preference());
    whole.most_won = None;
    assert!(!whole.asks_preference());
    for choice in [LotChoice::PublishedOrder, LotChoice::SupplierPreference, LotChoice::HighestSum] {
        assert_eq!(choice_of(choice_word(choice)), Some(choice));
    }
    assert_eq!(choice_of("by favour"), None);
}

#[test]
fn a_limit_that_is_not_below_the_number_of_lots_limits_nothing() {
    let fields = |whole: &LotTerms| whole.idle_limits().into_iter().map(|(field, _)| field).collect::<Vec<_>>();
    let alone = whole(&lot("T-2026-0001", "Alder estate", Pence(1)), LotChoice::PublishedOrder);
    assert_eq!(fields(&alone), Vec::<&str>::new(), "the other lots are still to come");
    let line = alone.lots[0].clone();
    let of = |lots: usize, most_bid, most_won| LotTerms {
        lots: vec![line.clone(); lots],
        most_bid,
        most_won,
        ..alone.clone()
    };
    assert_eq!(fields(&of(3, Some(2), Some(1))), Vec::<&str>::new());
    assert_eq!(fields(&of(2, Some(2), Some(1))), ["most_bid"]);
    assert_eq!(fields(&of(2, Some(3), Some(2))), ["most_bid", "most_won"]);
    assert_eq!(fields(&of(2, None, None)), Vec::<&str>::new());
}

proptest! {
    /// However values are spread over lots, what decides the threshold is their exact sum, and it is the same in each.
    #[test]
    fn the_value_together_is_the_sum_of_every_lot(values in prop::collection::vec(0_i64..1_000_000_000_000, 2..8)) {
        let mut lots: Vec<Call> =
            values.iter().map(|value| lot("T-2026-0001", "A lot", Pence(*value))).collect();
        let first = lots[0].id;
        lots[0].terms.0.tender.as_mut().unwrap().lot = Some(whole(&lots[0], LotChoice::PublishedOrder));
        agree(&mut lots, first).unwrap();
        for call in &lots {
            prop_assert_eq!(call.lot().unwrap().together, Pence(values.iter().sum()));
            prop_assert_eq!(call.lot().unwrap().lots.len(), values.len());
        }
    }
}
