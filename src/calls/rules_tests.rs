//! Rules of calls, tried on the two sample calls and on many others near them.

use super::model::{Call, CallKind, CallStage, Notice, NoticeKind, Terms};
use super::notice_rules::{amendable, notice_fits};
use super::rules::{CallRefusal, Missing, Section, identifier, missing, next_reference, takes_questions, withdrawable};
use super::samples::{self, Dates};
use super::{criteria, price_form, tender, view};
use crate::conditions::{
    AskedOf, Behaviour, Cadence, ConditionBody, Direction, Fixedness, Pace, Verifier, may_be_asked,
};
use crate::db::Json;
use crate::evaluation::{Criterion, Kind};
use crate::law::procedures::Procedure;
use crate::law::subsidy::ProhibitionCode;
use crate::values::{Id, Instant, Pence, Quantity, RefusalInfo};
use chrono::TimeDelta;
use proptest::prelude::*;
use rust_decimal::{Decimal, dec};
use std::collections::BTreeSet;

fn now() -> Instant {
    "2026-11-24T10:00:00Z".parse().unwrap()
}

fn body(title: &str, prohibition: Option<ProhibitionCode>) -> ConditionBody {
    ConditionBody {
        title: title.to_owned(),
        text: format!("{title}, please."),
        behaviour: Behaviour::Directionality,
        fixedness: Fixedness::Fixed,
        measure: format!("{title}, counted"),
        unit: "people".to_owned(),
        direction: Direction::AtLeast,
        target: Quantity::new(dec!(20)).unwrap(),
        evidence: vec!["Payroll".to_owned()],
        verifier: Verifier::Council,
        cadence: Cadence::HalfYearly,
        pace: Pace::Builds,
        grace_days: 10,
        cure_days: 30,
        remedies: vec!["Cure plan".to_owned(), "Payment held back".to_owned()],
        sunset: None,
        prohibition,
    }
}

fn asked(id: &str, required: bool, dates: &Dates, prohibition: Option<ProhibitionCode>) -> super::ConditionAsked {
    super::ConditionAsked {
        id: id.to_owned(),
        condition: Id::new(),
        version: 1,
        body: body(id, prohibition),
        target: Quantity::new(dec!(20)).unwrap(),
        cap: None,
        due: dates.ends_on,
        required,
    }
}

fn call(kind: CallKind, terms: Terms) -> Call {
    Call {
        id: Id::new(),
        authority_id: Id::new(),
        mission_id: Id::new(),
        kind,
        reference: "T-2026-0007".to_owned(),
        title: "Kitchens".to_owned(),
        summary: "Somebody to run kitchens.".to_owned(),
        stage: CallStage::Draft,
        version: 0,
        deadline_at: terms.timetable.deadline,
        terms: Json(terms),
        terms_hash: None,
        published_at: None,
        created_at: now(),
        created_by: Id::new(),
    }
}

fn kitchens() -> Call {
    let dates = Dates::closing_in(now(), 52);
    let conditions = vec![
        asked("local_work", false, &dates, None),
        asked("food", false, &dates, None),
        asked("pay", true, &dates, None),
    ];
    call(CallKind::Tender, samples::community_kitchens(&dates, conditions))
}

fn youth() -> Call {
    let dates = Dates::closing_in(now(), 40);
    call(CallKind::Round, samples::youth_fund(&dates, vec![asked("placements", false, &dates, None)]))
}

fn codes(call: &Call) -> Vec<&'static str> {
    missing(call, now().date()).into_iter().map(|m: Missing| m.code).collect()
}

#[test]
fn the_samples_are_whole_and_add_up_to_100() {
    assert_eq!(missing(&kitchens(), now().date()), vec![]);
    assert_eq!(missing(&youth(), now().date()), vec![]);
    let dates = Dates::closing_in(now(), 52);
    assert_eq!(codes(&call(CallKind::Tender, samples::community_kitchens(&dates, vec![]))), Vec::<&str>::new());
}

#[test]
fn a_call_asks_of_a_fixed_condition_what_the_catalogue_asks_or_more_and_of_another_what_it_likes() {
    let ask = |fixedness, direction, target: Decimal| {
        let mut draft = kitchens();
        let pay = draft.terms.0.conditions.iter_mut().find(|asked| asked.id == "pay").unwrap();
        (pay.body.fixedness, pay.body.direction) = (fixedness, direction);
        pay.target = Quantity::new(target).unwrap();
        draft
    };
    for (direction, kept, broken) in [
        (Direction::AtLeast, [dec!(20), dec!(20.01)].as_slice(), [dec!(19.99), dec!(0)].as_slice()),
        (Direction::AtMost, &[dec!(20), dec!(0)], &[dec!(20.01)]),
        (Direction::Equal, &[dec!(20)], &[dec!(19.99), dec!(20.01)]),
    ] {
        for target in kept {
            assert_eq!(codes(&ask(Fixedness::Fixed, direction, *target)), Vec::<&str>::new(), "{direction:?} {target}");
        }
        for target in broken {
            let fixed = ask(Fixedness::Fixed, direction, *target);
            assert_eq!(codes(&fixed), ["calls/condition-fixed"], "{direction:?} {target}");
            assert_eq!(codes(&ask(Fixedness::Negotiable, direction, *target)), Vec::<&str>::new());
            // What was frozen already stays as it was agreed.
            let frozen = Call { stage: CallStage::AwaitingNotice, ..fixed };
            assert_eq!(codes(&frozen), Vec::<&str>::new());
        }
    }
    let said = missing(&ask(Fixedness::Fixed, Direction::AtLeast, dec!(19)), now().date()).remove(0);
    assert_eq!(said.place, Section::Conditions);
    assert!(said.sentence.contains("“pay” is fixed in your catalogue: at least 20 people"), "{}", said.sentence);
}

#[test]
fn what_is_capped_is_asked_but_earns_no_points_and_a_call_that_says_otherwise_is_not_whole() {
    let kitchens = kitchens();
    let fed = super::rules::measures(&kitchens.terms.0.model)[0].id.clone();
    for direction in [Direction::AtMost, Direction::Equal] {
        // Terms that came another way, such as those of a copied call, are held back before they are published.
        let mut draft = kitchens.clone();
        let one = draft.terms.0.conditions.iter_mut().find(|asked| asked.id == fed).unwrap();
        one.body.direction = direction;
        let one = one.clone();
        let said = missing(&draft, now().date()).remove(0);
        assert_eq!((said.code, said.place), ("calls/condition-earns-backwards", Section::Conditions));
        assert_eq!(said.reference, Some("Procurement Act 2023 s.23"));
        let (criterion, weight) = criteria::fed_by(&draft.terms.0.model, &fed).unwrap();
        let refused = criteria::feed(&mut draft.terms.0, &one, Some((&criterion, weight))).unwrap_err();
        assert!(refused.to_string().contains("calls/condition-earns-backwards"), "{refused}");
        // Asked without points it keeps nothing waiting but the weights of the others.
        criteria::feed(&mut draft.terms.0, &one, None).unwrap();
        assert!(!codes(&draft).contains(&"calls/condition-earns-backwards"));
    }
    assert!(CallRefusal::EarnsBackwards { title: "Rent".to_owned(), tender: false }.reference().is_none());
}

#[test]
fn each_thing_that_is_taken_away_is_missed_at_its_own_page() {
    let mut draft = kitchens();
    draft.terms.0.description.clear();
    draft.terms.0.timetable.deadline = None;
    draft.terms.0.tender.as_mut().unwrap().considered.remove("lots");
    draft.terms.0.tender.as_mut().unwrap().estimated_value = Pence::ZERO;
    let found: Vec<(&str, Section)> = missing(&draft, now().date()).into_iter().map(|m| (m.code, m.place)).collect();
    assert!(found.contains(&("calls/description", Section::Basics)));
    assert!(found.contains(&("calls/deadline", Section::Timetable)));
    assert!(found.contains(&("calls/value", Section::Money)));
    // Without a value the tender is below the threshold, where the duty to consider lots does not bind.
    assert!(!found.iter().any(|(code, _)| *code == "calls/duty"));
    let mut above = kitchens();
    above.terms.0.tender.as_mut().unwrap().considered.remove("lots");
    let lots = missing(&above, now().date());
    assert_eq!((lots.len(), lots[0].reference), (1, Some("Procurement Act 2023 s.18")));
}

#[test]
fn weights_that_do_not_add_up_keep_a_call_from_being_published() {
    let mut draft = kitchens();
    draft.terms.0.model.criteria[0].weight = Some(dec!(19.999));
    assert_eq!(codes(&draft), vec!["evaluation/weights-not-100"]);
}

#[test]
fn a_tender_at_the_threshold_cannot_use_the_rules_below_it() {
    let mut draft = kitchens();
    let tender = draft.terms.0.tender.as_mut().unwrap();
    tender.procedure = Procedure::BelowThreshold;
    tender.circumstances.below_threshold = true;
    tender.estimated_value = Pence(20_772_000);
    assert!(codes(&draft).contains(&"calls/above-threshold"));
    draft.terms.0.tender.as_mut().unwrap().estimated_value = Pence(20_771_999);
    assert!(!codes(&draft).contains(&"calls/above-threshold"));
}

#[test]
fn a_deadline_before_the_minimum_period_is_missed_with_its_section() {
    let mut draft = kitchens();
    let notice = now().date();
    let at = |days: u64| {
        Instant::start_of(notice.checked_add_days(chrono::Days::new(days)).unwrap()).plus(TimeDelta::hours(12))
    };
    let tender = draft.terms.0.tender.clone().unwrap();
    assert!(tender::period_holds(&tender, at(25), notice).is_ok());
    let crate::error::Error::Refused(refusal) = tender::period_holds(&tender, at(24), notice).unwrap_err() else {
        panic!()
    };
    assert_eq!((refusal.code, refusal.reference), ("calls/period-too-short", Some("Procurement Act 2023 s.54")));
    assert!(refusal.sentence.contains("19 December 2026"), "{}", refusal.sentence);
    draft.terms.0.timetable.deadline = Some(at(24));
    assert!(codes(&draft).contains(&"calls/period-too-short"));
}

#[test]
fn a_promise_that_earns_points_is_always_a_condition_with_the_same_target() {
    let mut draft = kitchens();
    draft.terms.0.conditions[0].target = Quantity::new(dec!(21)).unwrap();
    assert_eq!(codes(&draft), vec!["calls/measure-differs"]);
    draft.terms.0.conditions.remove(0);
    assert_eq!(codes(&draft), vec!["calls/measure-without-condition"]);
}

#[test]
fn what_subsidy_law_prohibits_is_refused_for_a_round_with_its_reference() {
    let mut draft = youth();
    let dates = Dates::closing_in(now(), 40);
    draft.terms.0.conditions.push(asked("local", true, &dates, Some(ProhibitionCode::DomesticContent)));
    let found = missing(&draft, now().date());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].reference, Some("Subsidy Control Act 2022 s.17"));
    assert!(may_be_asked(&draft.terms.0.conditions[1].body, AskedOf::Tender, false, now().date()).is_ok());
}

#[test]
fn a_call_is_amended_only_before_its_deadline_and_after_its_notice_is_republished() {
    let mut open = kitchens();
    assert_eq!(amendable(&open, &[], 0, now()), Err(CallRefusal::NotOpen));
    open.stage = CallStage::Open;
    assert_eq!(amendable(&open, &[], 0, now()), Err(CallRefusal::NotRepublished));
    let notice = |kind| Notice {
        id: Id::new(),
        authority_id: open.authority_id,
        call_id: open.id,
        kind,
        number: "1".to_owned(),
        published_at: now(),
        recorded_at: now(),
        recorded_by: Id::new(),
    };
    let republished = [notice(NoticeKind::Tender), notice(NoticeKind::TenderAmended)];
    assert_eq!(amendable(&open, &republished, 0, now()), Ok(()));
    // One republished notice serves one amendment.
    assert_eq!(amendable(&open, &republished, 1, now()), Err(CallRefusal::NotRepublished));
    let deadline = open.deadline_at.unwrap();
    assert_eq!(amendable(&open, &republished, 0, deadline), Ok(()));
    let late = amendable(&open, &republished, 0, deadline.plus(TimeDelta::microseconds(1))).unwrap_err();
    assert_eq!((late.code(), late.reference()), ("calls/after-deadline", Some("Procurement Act 2023 s.31")));
    // The closing job was faster than a clock that still shows the last instant.
    let closed = Call { stage: CallStage::Closed, ..open.clone() };
    assert_eq!(amendable(&closed, &republished, 0, deadline), Err(CallRefusal::AfterDeadline));
    assert_eq!(withdrawable(&open, &republished), Ok(()));
    // An award that fell away leaves its notice behind; whether one stands is asked of the database.
    assert_eq!(withdrawable(&open, &[notice(NoticeKind::Award)]), Ok(()));
    assert_eq!(withdrawable(&open, &[notice(NoticeKind::Details)]), Err(CallRefusal::NotWithdrawable));
}

#[test]
fn a_notice_is_recorded_only_when_it_is_waited_for_and_never_from_the_future() {
    let mut waiting = kitchens();
    assert_eq!(notice_fits(&waiting, NoticeKind::Tender, now(), now()), Err(CallRefusal::NoticeNotExpected));
    waiting.stage = CallStage::AwaitingNotice;
    assert_eq!(notice_fits(&waiting, NoticeKind::Tender, now(), now()), Ok(()));
    let tomorrow = now().plus(TimeDelta::days(1));
    assert_eq!(notice_fits(&waiting, NoticeKind::Tender, tomorrow, now()), Err(CallRefusal::NoticeInFuture));
    assert_eq!(notice_fits(&waiting, NoticeKind::Award, now(), now()), Err(CallRefusal::NoticeNotExpected));
}

#[test]
fn questions_are_taken_until_their_last_instant_and_not_after() {
    let mut open = kitchens();
    open.stage = CallStage::Open;
    let until = open.terms.0.timetable.questions_by.unwrap();
    assert_eq!(takes_questions(&open, until), Ok(()));
    assert_eq!(takes_questions(&open, until.plus(TimeDelta::microseconds(1))), Err(CallRefusal::QuestionsClosed));
}

#[test]
fn references_count_on_within_the_year_and_past_9999() {
    assert_eq!(next_reference("T-2026-", None), "T-2026-0001");
    assert_eq!(next_reference("T-2026-", Some("T-2026-0041")), "T-2026-0042");
    assert_eq!(next_reference("R-2027-", Some("R-2027-9999")), "R-2027-10000");
}

#[test]
fn a_criterion_is_added_moved_into_a_group_and_removed_with_its_words() {
    let mut terms = kitchens().terms.0;
    let group = criteria::CriterionInput {
        kind: "group".into(),
        title: "Quality".into(),
        weight: "20".into(),
        ..Default::default()
    };
    let group = criteria::put(&mut terms, None, &group).unwrap();
    let mut input = criteria::CriterionInput {
        title: "Menus".into(),
        weight: "100".into(),
        parent: group.clone(),
        words: "900".into(),
        ..Default::default()
    };
    criteria::put(&mut terms, Some("menus"), &input).unwrap();
    assert_eq!(criteria::parent_of(&terms.model, "menus"), Some(group.clone()));
    assert_eq!(terms.words.get("menus"), Some(&900));
    // The level texts stay when the form sends none.
    assert!(matches!(&terms.model.criterion("menus").unwrap().kind, Kind::Quality { levels } if levels.len() == 5));
    input.parent = "menus".into();
    assert!(criteria::put(&mut terms, Some("menus"), &input).is_err());
    criteria::remove(&mut terms, &group).unwrap();
    assert!(terms.model.criterion("menus").is_none());
    assert!(!terms.words.contains_key("menus"));
}

#[test]
fn price_bands_are_read_line_by_line_and_a_wrong_line_is_named() {
    let bands = price_form::read_bands("900,000 1\n\n£1,200,000 0.5\n").unwrap();
    assert_eq!(bands.iter().map(|b| b.up_to).collect::<Vec<_>>(), vec![Pence(90_000_000), Pence(120_000_000)]);
    assert!(price_form::read_bands("900,000 1\nmuch").unwrap_err().starts_with("Line 2:"));
}

#[test]
fn the_page_says_in_words_how_each_criterion_is_scored() {
    let call = kitchens();
    let rows = view::scored(&call.terms.0);
    assert_eq!(rows[0].by, "Levels 0 to 4, least 2");
    assert_eq!(rows[0].words, "At most 1,000 words");
    let price = rows.iter().find(|r| r.id == "price").unwrap();
    assert!(price.by.contains("£1,200,000") && price.by.contains("Other bids do not change your score"));
    let weights: Decimal = rows.iter().map(|r| r.weight.trim_end_matches('%').parse::<Decimal>().unwrap()).sum();
    assert_eq!(weights, dec!(100));
    assert!(
        view::weights_chart(&call.terms.0.model).unwrap().contains("Quality and social value together count for 70%")
    );
}

#[test]
fn frozen_terms_read_back_are_the_same_and_have_the_same_hash() {
    let terms = kitchens().terms.0;
    let text = crate::evaluation::canonical_json(&terms);
    let again: Terms = serde_json::from_str(&text).unwrap();
    assert_eq!(again, terms);
    assert_eq!(super::actions::terms_hash(&again), super::actions::terms_hash(&terms));
}

proptest! {
    #[test]
    fn a_model_is_whole_exactly_when_its_weights_are_100(cents in -500_i64..500) {
        let mut draft = kitchens();
        let shift = Decimal::new(cents, 2);
        let first: &mut Criterion = &mut draft.terms.0.model.criteria[0];
        first.weight = first.weight.map(|w| w + shift);
        let found = codes(&draft);
        prop_assert_eq!(found.contains(&"evaluation/weights-not-100"), cents != 0);
    }

    #[test]
    fn a_deadline_is_refused_exactly_when_it_leaves_fewer_than_the_days_of_the_law(days in 1_u64..60, urgency: bool, documents: bool) {
        let mut tender = kitchens().terms.0.tender.unwrap();
        tender.circumstances.urgency = urgency;
        tender.circumstances.documents_with_notice = documents;
        let notice = now().date();
        let deadline = Instant::start_of(notice.checked_add_days(chrono::Days::new(days)).unwrap()).plus(TimeDelta::hours(17));
        let least = if urgency { 10 } else if documents { 25 } else { 30 };
        prop_assert_eq!(tender::period_holds(&tender, deadline, notice).is_ok(), days >= least);
    }

    #[test]
    fn every_identifier_is_new(titles in proptest::collection::vec("[ a-zA-Z£]{0,12}", 1..20)) {
        let mut taken = BTreeSet::new();
        for title in titles {
            let id = identifier(&title, &taken);
            prop_assert!(!id.is_empty());
            prop_assert!(taken.insert(id));
        }
    }

    #[test]
    fn nothing_is_amended_after_the_deadline_whatever_else_holds(after in 1_i64..10_000_000, amendments in 0_usize..3) {
        let mut open = kitchens();
        open.stage = CallStage::Open;
        let late = open.deadline_at.unwrap().plus(TimeDelta::microseconds(after));
        prop_assert_eq!(amendable(&open, &[], amendments, late), Err(CallRefusal::AfterDeadline));
    }
}
