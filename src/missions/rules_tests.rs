//! Tests of the line, the states and the refusals.

use super::super::model::Trend;
use super::*;
use crate::values::time::parse_date;
use crate::values::{Instant, Quantity};
use proptest::prelude::*;
use rust_decimal::dec;

fn date(text: &str) -> LocalDate {
    parse_date(text).unwrap()
}

fn at() -> Instant {
    Instant::from_micros(0).unwrap()
}

fn indicator(baseline: Decimal, target: Decimal) -> Indicator {
    Indicator {
        id: Id::new(),
        authority_id: Id::new(),
        mission_id: Id::new(),
        outcome_id: Id::new(),
        title: "of adults went without a meal".to_owned(),
        unit: "%".to_owned(),
        direction: if target >= baseline { Trend::Increase } else { Trend::Decrease },
        baseline: Quantity::new(baseline).unwrap(),
        baseline_on: date("2022-03-31"),
        target: Quantity::new(target).unwrap(),
        target_on: date("2030-12-31"),
        source: "Survey".to_owned(),
        created_at: at(),
    }
}

fn reading(of: &Indicator, on: &str, value: Decimal) -> Reading {
    Reading {
        id: Id::new(),
        authority_id: of.authority_id,
        mission_id: of.mission_id,
        indicator_id: of.id,
        read_on: date(on),
        value: Quantity::new(value).unwrap(),
        source: "Survey".to_owned(),
        supersedes: None,
        reason: None,
        recorded_at: at(),
        recorded_by: Id::new(),
    }
}

fn mission(status: MissionStatus) -> Mission {
    Mission {
        id: Id::new(),
        authority_id: Id::new(),
        slug: "food".to_owned(),
        title: "Food".to_owned(),
        statement: "Everyone eats well".to_owned(),
        summary: String::new(),
        answerable: "Director".to_owned(),
        parent_id: None,
        status,
        target_on: date("2030-12-31"),
        budget: None,
        leaf: 0,
        created_at: at(),
        created_by: Id::new(),
        published_at: None,
    }
}

#[test]
fn hunger_that_falls_too_slowly_is_behind_the_line_by_the_difference_on_the_day_of_the_reading() {
    let food = indicator(dec!(19), dec!(2));
    let latest = reading(&food, "2026-10-14", dec!(11.4));
    let standing = state_of(&food, Some(&latest), date("2026-11-24"));
    // 1658 of 3197 days gone: 19 − 17 × 1658 / 3197.
    assert_eq!(crate::values::round_half_up(standing.line, 4), dec!(10.1836));
    assert_eq!(standing.state, State::Behind);
    assert_eq!(crate::values::round_half_up(standing.gap, 1), dec!(-1.2));
    assert_eq!(food.shown_gap(standing.gap, 1), "1.2 percentage points");
}

#[test]
fn a_reading_within_two_per_cent_of_the_whole_way_is_on_the_line() {
    let way = indicator(dec!(0), dec!(100));
    let line = on_line(&way, date("2026-10-14"));
    let state = |value| state_of(&way, Some(&reading(&way, "2026-10-14", value)), date("2026-11-24")).state;
    assert_eq!(state(line), State::OnLine);
    assert_eq!(state(line + dec!(2)), State::OnLine);
    assert_eq!(state(line + dec!(2.01)), State::Ahead);
    assert_eq!(state(line - dec!(2.01)), State::Behind);
}

#[test]
fn on_the_target_date_the_line_still_judges_and_the_day_after_the_target_does() {
    let way = indicator(dec!(0), dec!(100));
    let last = reading(&way, "2030-06-30", dec!(93));
    assert_eq!(state_of(&way, Some(&last), date("2030-12-31")).state, State::OnLine);
    let after = state_of(&way, Some(&last), date("2031-01-01"));
    assert_eq!((after.state, after.gap, after.due), (State::Missed, dec!(-7), None));
    let met = reading(&way, "2030-06-30", dec!(100));
    assert_eq!(state_of(&way, Some(&met), date("2031-01-01")).state, State::Met);
}

#[test]
fn an_indicator_without_a_reading_says_so() {
    assert_eq!(state_of(&indicator(dec!(0), dec!(9)), None, date("2026-01-01")).state, State::Unread);
}

#[test]
fn a_mission_without_an_indicator_is_not_published_and_a_withdrawn_one_is_never_written_to() {
    assert_eq!(publish(&mission(MissionStatus::Draft), 0), Err(MissionRefusal::NoIndicator));
    assert_eq!(publish(&mission(MissionStatus::Draft), 1), Ok(()));
    assert_eq!(publish(&mission(MissionStatus::Published), 1), Err(MissionRefusal::AlreadyPublished));
    assert_eq!(write(&mission(MissionStatus::Withdrawn)), Err(MissionRefusal::Withdrawn));
    assert_eq!(withdraw(&mission(MissionStatus::Draft)), Err(MissionRefusal::NotPublished));
}

#[test]
fn a_mission_cannot_serve_itself_through_others() {
    let (own, other) = (Id::new(), Id::new());
    assert_eq!(serve(own, &[other, own]), Err(MissionRefusal::ParentCircle));
    assert_eq!(serve(own, &[other]), Ok(()));
}

#[test]
fn a_date_has_one_current_reading_and_a_correction_takes_its_place() {
    let food = indicator(dec!(19), dec!(2));
    let first = reading(&food, "2024-03-31", dec!(16.1));
    let mut second = reading(&food, "2024-03-31", dec!(16.4));
    second.supersedes = Some(first.id);
    let all = [first.clone(), second.clone()];
    assert_eq!(current(&all), [&second]);
    assert_eq!(record(food.id, date("2024-03-31"), None, &all), Err(MissionRefusal::DateHasReading));
    assert_eq!(record(food.id, date("2024-03-31"), Some(first.id), &all), Err(MissionRefusal::CorrectedAlready));
    assert_eq!(record(food.id, date("2024-03-31"), Some(second.id), &all), Ok(()));
    assert_eq!(record(Id::new(), date("2024-03-31"), Some(second.id), &all), Err(MissionRefusal::OtherIndicator));
    assert_eq!(record(food.id, date("2025-03-31"), None, &all), Ok(()));
}

#[test]
fn titles_become_addresses_and_the_address_of_a_page_of_ours_is_no_slug() {
    assert_eq!(slug_of("Camden’s estates & neighbourhoods!"), "camdens-estates-neighbourhoods");
    assert!(is_slug("food") && !is_slug("new") && !is_slug("-food") && !is_slug("Food") && !is_slug(""));
}

proptest! {
    #[test]
    fn the_line_starts_at_the_baseline_ends_at_the_target_and_never_turns_back(
        from in -1_000_000_i64..1_000_000, to in -1_000_000_i64..1_000_000, early in 0_u64..5000, later in 0_u64..5000,
    ) {
        let way = indicator(Decimal::new(from, 2), Decimal::new(to, 2));
        prop_assert_eq!(on_line(&way, way.baseline_on), way.baseline.get());
        prop_assert_eq!(on_line(&way, way.target_on), way.target.get());
        let (early, later) = (early.min(later), early.max(later));
        let (a, b) = (on_line(&way, way.baseline_on + chrono::Days::new(early)), on_line(&way, way.baseline_on + chrono::Days::new(later)));
        let (rises, falls) = (a <= b, a >= b);
        prop_assert!((to >= from && rises) || (to < from && falls));
        let (low, high) = (way.baseline.get().min(way.target.get()), way.baseline.get().max(way.target.get()));
        prop_assert!(a >= low && b <= high || to < from && b >= low && a <= high);
    }

    #[test]
    fn a_falling_indicator_is_judged_as_its_mirror_image_that_rises(
        from in -10_000_i64..10_000, to in -10_000_i64..10_000, value in -20_000_i64..20_000, day in 0_u64..4000, today in 0_u64..4000,
    ) {
        prop_assume!(from != to);
        let way = indicator(Decimal::from(from), Decimal::from(to));
        let mirror = indicator(Decimal::from(-from), Decimal::from(-to));
        let on = way.baseline_on + chrono::Days::new(day);
        let now = way.baseline_on + chrono::Days::new(day.max(today));
        let mut read = reading(&way, "2024-01-01", Decimal::from(value));
        read.read_on = on;
        let mut reflected = reading(&mirror, "2024-01-01", Decimal::from(-value));
        reflected.read_on = on;
        let (one, other) = (state_of(&way, Some(&read), now), state_of(&mirror, Some(&reflected), now));
        prop_assert_eq!((one.state, one.gap, one.reached), (other.state, other.gap, other.reached));
    }

    #[test]
    fn a_better_figure_is_never_judged_worse(from in -10_000_i64..10_000, way in 1_i64..10_000, a in -20_000_i64..20_000, b in -20_000_i64..20_000, day in 0_u64..3000) {
        let rising = indicator(Decimal::from(from), Decimal::from(from + way));
        let on = rising.baseline_on + chrono::Days::new(day);
        let gap = |value: i64| {
            let mut read = reading(&rising, "2024-01-01", Decimal::from(value));
            read.read_on = on;
            state_of(&rising, Some(&read), on).gap
        };
        prop_assert!(a > b || gap(a) <= gap(b));
    }
}
