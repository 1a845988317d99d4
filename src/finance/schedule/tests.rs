use super::*;
use crate::values::time::parse_date;
use chrono::Days;
use proptest::prelude::*;

fn date(text: &str) -> LocalDate {
    parse_date(text).unwrap()
}

fn loan(pounds: i64, rate: &str, instalments: u32) -> LoanTerms {
    LoanTerms {
        tranches: vec![Tranche { on: date("2026-01-01"), amount: Pence(pounds * 100) }],
        rate: rate.parse().unwrap(),
        repayment: Repayment::Annuity,
        instalments,
        period_months: 1,
        first_due: None,
        interest: InterestBasis::EqualPeriods,
        holiday: None,
    }
}

fn after_holiday(kind: HolidayKind, interest: InterestBasis, rounding: CapitalisedRounding) -> String {
    let holiday = Holiday { kind, periods: 12, term: HolidayTerm::Lengthens, rounding };
    let terms = LoanTerms { interest, holiday: Some(holiday), ..loan(10_000, "0.06", 24) };
    let schedule = build(&terms).unwrap();
    assert_eq!(schedule.rows.len(), 36);
    schedule.rows[11].closing.plain()
}

#[test]
fn a_years_capitalised_holiday_leaves_the_published_balance_by_each_named_rule() {
    use CapitalisedRounding::{EachRow, OnceAtEnd};
    use HolidayKind::{CapitalisedCompounding, CapitalisedSimple};
    use InterestBasis::{Act365F, EqualPeriods};
    assert_eq!(after_holiday(CapitalisedSimple, EqualPeriods, EachRow), "10600.00");
    assert_eq!(after_holiday(CapitalisedSimple, Act365F, OnceAtEnd), "10600.00");
    assert_eq!(after_holiday(CapitalisedCompounding, EqualPeriods, OnceAtEnd), "10616.78");
    assert_eq!(after_holiday(CapitalisedCompounding, EqualPeriods, EachRow), "10616.79");
    assert_eq!(after_holiday(CapitalisedCompounding, Act365F, EachRow), "10616.77");
}

#[test]
fn a_loan_without_interest_is_repaid_in_equal_parts() {
    let schedule = build(&loan(1_000, "0", 4)).unwrap();
    let payments: Vec<String> = schedule.rows.iter().map(|r| r.payment.plain()).collect();
    assert_eq!(payments, ["250.00", "250.00", "250.00", "250.00"]);
    let thirds = build(&loan(1_000, "0", 3)).unwrap();
    assert_eq!(thirds.rows[2].payment.plain(), "333.34", "the last takes the remainder");
}

#[test]
fn a_level_loan_has_the_instalment_of_the_formula_and_the_last_takes_the_remainder() {
    // 10,000 × 0.005 / (1 − 1.005⁻¹²) = 860.664…
    let schedule = build(&loan(10_000, "0.06", 12)).unwrap();
    assert!(schedule.rows[..11].iter().all(|r| r.payment == Pence(86_066)));
    assert_eq!(schedule.rows[0].interest, Pence(5_000));
    assert_eq!(schedule.rows[11].payment, Pence(86_070));
    assert_eq!(schedule.rows[11].closing, Pence::ZERO);
}

#[test]
fn equal_principal_and_bullet_loans_repay_as_they_are_named() {
    let equal = build(&LoanTerms { repayment: Repayment::EqualPrincipal, ..loan(1_200, "0.12", 12) }).unwrap();
    assert!(equal.rows.iter().all(|r| r.principal == Pence(10_000)));
    assert_eq!(equal.rows[0].interest, Pence(1_200));
    assert_eq!(equal.rows[11].interest, Pence(100));
    let bullet = build(&LoanTerms { repayment: Repayment::Bullet, ..loan(1_200, "0.12", 12) }).unwrap();
    assert!(bullet.rows[..11].iter().all(|r| r.principal.is_zero() && r.payment == Pence(1_200)));
    assert_eq!(bullet.rows[11].payment, Pence(121_200));
}

#[test]
fn holidays_of_each_kind_differ_in_what_becomes_of_interest() {
    let with = |kind| {
        let holiday = Holiday { kind, periods: 3, term: HolidayTerm::Squeezes, rounding: CapitalisedRounding::EachRow };
        build(&LoanTerms { holiday: Some(holiday), ..loan(1_200, "0.12", 12) }).unwrap()
    };
    let paid = with(HolidayKind::InterestOnly);
    assert_eq!(paid.rows.len(), 12);
    assert_eq!((paid.rows[0].payment, paid.rows[0].closing), (Pence(1_200), Pence(120_000)));
    let deferred = with(HolidayKind::Deferred);
    assert_eq!(deferred.rows[2].payment, Pence::ZERO);
    assert_eq!(deferred.rows[3].payment - deferred.rows[4].payment, Pence(3_600));
    let free = with(HolidayKind::InterestFree);
    assert_eq!(free.totals.interest + Pence(3_600), deferred.totals.interest);
    let capitalised = with(HolidayKind::CapitalisedCompounding);
    assert_eq!(capitalised.rows[2].closing, Pence(123_636));
    assert_eq!(capitalised.totals.principal, Pence(123_636));
}

/// Worked out by hand in decimals of 40 digits, apart from this program: each row's interest is balance × rate × days / 365,
/// rounded half up; the instalment is (balance + interest of the first paying row) ÷ Σ Π 1/(1 + rate × days / 365).
#[test]
fn an_annuity_after_a_capitalised_holiday_over_a_leap_day_agrees_with_the_calculator() {
    let holiday = Holiday {
        kind: HolidayKind::CapitalisedCompounding,
        periods: 3,
        term: HolidayTerm::Lengthens,
        rounding: CapitalisedRounding::EachRow,
    };
    let terms = LoanTerms {
        tranches: vec![Tranche { on: date("2027-11-30"), amount: Pence(1_234_567) }],
        interest: InterestBasis::Act365F,
        holiday: Some(holiday),
        ..loan(0, "0.0525", 6)
    };
    let found = build(&terms).unwrap();
    let row = |r: &Row| (r.due.to_string(), r.days, r.interest.0, r.capitalised.0, r.principal.0, r.closing.0);
    let by_hand = [
        ("2027-12-30", 30, 5_327, 5_327, 0, 1_239_894),
        ("2028-01-30", 31, 5_529, 5_529, 0, 1_245_423),
        ("2028-02-29", 30, 5_374, 5_374, 0, 1_250_797),
        ("2028-03-30", 30, 5_397, 0, 206_274, 1_044_523),
        ("2028-04-30", 31, 4_657, 0, 207_014, 837_509),
        ("2028-05-30", 30, 3_614, 0, 208_057, 629_452),
        ("2028-06-30", 31, 2_807, 0, 208_864, 420_588),
        ("2028-07-30", 30, 1_815, 0, 209_856, 210_732),
        ("2028-08-30", 31, 940, 0, 210_732, 0),
    ];
    let by_hand = by_hand.map(|(due, days, i, c, p, end)| (due.to_owned(), days, i, c, p, end));
    assert_eq!(found.rows.iter().map(row).collect::<Vec<_>>(), by_hand);
    let payments: Vec<i64> = found.rows.iter().map(|r| r.payment.0).collect();
    assert_eq!(
        payments,
        [0, 0, 0, 211_671, 211_671, 211_671, 211_671, 211_671, 211_672],
        "the last takes the remainder"
    );
}

#[test]
fn a_bullet_with_interest_only_holiday_over_a_leap_day_agrees_with_the_calculator() {
    let holiday = Holiday {
        kind: HolidayKind::InterestOnly,
        periods: 2,
        term: HolidayTerm::Squeezes,
        rounding: CapitalisedRounding::EachRow,
    };
    let terms = LoanTerms {
        tranches: vec![Tranche { on: date("2028-01-15"), amount: Pence(5_000_000) }],
        repayment: Repayment::Bullet,
        period_months: 3,
        interest: InterestBasis::Act365F,
        holiday: Some(holiday),
        ..loan(0, "0.0475", 4)
    };
    let found = build(&terms).unwrap();
    let rows: Vec<_> = found.rows.iter().map(|r| (r.due.to_string(), r.days, r.payment.0, r.closing.0)).collect();
    // 50,000 × 4.75 % × 91 / 365 = 592.123…; × 92 / 365 = 598.630…
    let by_hand = [
        ("2028-04-15", 91, 59_212, 5_000_000),
        ("2028-07-15", 91, 59_212, 5_000_000),
        ("2028-10-15", 92, 59_863, 5_000_000),
        ("2029-01-15", 92, 5_059_863, 0),
    ];
    assert_eq!(rows, by_hand.map(|(due, days, paid, end)| (due.to_owned(), days, paid, end)));
}

#[test]
fn a_second_tranche_bears_interest_from_its_day_and_raises_the_instalments() {
    let mut terms = loan(1_000, "0.0365", 6);
    terms.interest = InterestBasis::Act365F;
    terms.tranches.push(Tranche { on: date("2026-03-11"), amount: Pence(100_000) });
    let schedule = build(&terms).unwrap();
    let row = schedule.rows[2];
    assert_eq!((row.due, row.days, row.drawn), (date("2026-04-01"), 31, Pence(100_000)));
    let expected = (row.opening.0 * 31 + 100_000 * 21) / 10_000;
    assert!((row.interest.0 - expected).abs() <= 1, "{} {expected}", row.interest.0);
    assert!(row.payment > schedule.rows[1].payment);
    assert_eq!(schedule.rows[3].payment, row.payment);
    let stood = balances(&terms, &schedule);
    assert_eq!(stood.iter().map(|b| (b.to - b.from).num_days()).sum::<i64>(), 181);
    assert!(stood.iter().any(|b| b.from == date("2026-03-11") && b.amount == row.opening + Pence(100_000)));
}

#[test]
fn due_dates_keep_the_day_of_the_month_where_the_month_has_it() {
    let mut terms = loan(1_000, "0.05", 3);
    terms.tranches[0].on = date("2026-12-31");
    let dues: Vec<String> = build(&terms).unwrap().rows.iter().map(|r| r.due.to_string()).collect();
    assert_eq!(dues, ["2027-01-31", "2027-02-28", "2027-03-31"]);
}

#[test]
fn terms_that_make_no_schedule_are_refused_with_what_to_change() {
    let refused = |change: fn(&mut LoanTerms)| {
        let mut terms = loan(1_000, "0.05", 12);
        change(&mut terms);
        build(&terms).unwrap_err()
    };
    assert_eq!(refused(|t| t.tranches.clear()), ScheduleRefusal::NothingDrawn);
    assert_eq!(refused(|t| t.tranches[0].amount = Pence(-1)), ScheduleRefusal::NothingDrawn);
    assert_eq!(refused(|t| t.rate = "-0.01".parse().unwrap()), ScheduleRefusal::NegativeRate);
    assert_eq!(refused(|t| t.instalments = 0), ScheduleRefusal::Instalments);
    assert_eq!(refused(|t| t.instalments = u32::MAX), ScheduleRefusal::Instalments);
    assert_eq!(refused(|t| t.period_months = 0), ScheduleRefusal::Period);
    assert_eq!(refused(|t| t.first_due = Some(date("2026-01-01"))), ScheduleRefusal::DueBeforeDrawn);
    assert_eq!(refused(|t| t.first_due = Some(date("2026-02-02"))), ScheduleRefusal::UnequalFirstPeriod);
    assert_eq!(refused(|t| t.tranches[0].on = LocalDate::MAX), ScheduleRefusal::TooLarge);
    assert_eq!(
        refused(|t| t.tranches.push(Tranche { on: date("2027-01-01"), amount: Pence(1) })),
        ScheduleRefusal::DrawnAfterEnd
    );
    assert_eq!(
        refused(|t| t.holiday = Some(Holiday {
            kind: HolidayKind::InterestOnly,
            periods: 12,
            term: HolidayTerm::Squeezes,
            rounding: CapitalisedRounding::EachRow
        })),
        ScheduleRefusal::HolidayTooLong
    );
    assert_eq!(ScheduleRefusal::HolidayTooLong.code(), "finance/holiday-too-long");
}

prop_compose! {
    fn any_terms()(
        draws in prop::collection::vec((0_u64..400, 1_i64..100_000_000_000), 1..4),
        points in 0_u32..3_000,
        repayment in prop_oneof![Just(Repayment::Annuity), Just(Repayment::EqualPrincipal), Just(Repayment::Bullet)],
        interest in prop_oneof![Just(InterestBasis::Act365F), Just(InterestBasis::EqualPeriods)],
        instalments in 1_u32..200,
        period_months in 1_u32..13,
        periods in 0_u32..24,
        kind in prop_oneof![
            Just(HolidayKind::InterestOnly), Just(HolidayKind::CapitalisedSimple),
            Just(HolidayKind::CapitalisedCompounding), Just(HolidayKind::Deferred), Just(HolidayKind::InterestFree),
        ],
        term in prop_oneof![Just(HolidayTerm::Lengthens), Just(HolidayTerm::Squeezes)],
        rounding in prop_oneof![Just(CapitalisedRounding::EachRow), Just(CapitalisedRounding::OnceAtEnd)],
    ) -> LoanTerms {
        LoanTerms {
            tranches: draws
                .into_iter()
                .map(|(day, pence)| Tranche { on: date("2026-01-31") + Days::new(day), amount: Pence(pence) })
                .collect(),
            rate: rust_decimal::Decimal::new(i64::from(points), 4).try_into().unwrap(),
            repayment,
            instalments,
            period_months,
            first_due: None,
            interest,
            holiday: (periods > 0).then_some(Holiday { kind, periods, term, rounding }),
        }
    }
}

proptest! {
    #[test]
    fn every_schedule_repays_exactly_what_was_drawn_and_capitalised(terms in any_terms()) {
        let Ok(schedule) = build(&terms) else { return Ok(()) };
        let mut balance = Pence::ZERO;
        let mut before = terms.tranches.iter().map(|t| t.on).min().unwrap();
        for (number, row) in (1_u32..).zip(&schedule.rows) {
            prop_assert_eq!(row.number, number);
            prop_assert_eq!(row.opening, balance);
            prop_assert_eq!((row.due - before).num_days(), i64::from(row.days));
            prop_assert_eq!(row.closing, row.opening + row.drawn + row.capitalised - row.principal);
            prop_assert_eq!(row.payment, row.interest - row.capitalised + row.principal);
            prop_assert!(row.closing >= Pence::ZERO && row.principal >= Pence::ZERO && row.payment >= Pence::ZERO);
            prop_assert!(row.capitalised >= Pence::ZERO && row.interest >= row.capitalised);
            balance = row.closing;
            before = row.due;
        }
        let totals = schedule.totals;
        prop_assert_eq!(balance, Pence::ZERO);
        prop_assert_eq!(totals.drawn, terms.tranches.iter().map(|t| t.amount).sum());
        prop_assert_eq!(totals.principal, totals.drawn + totals.capitalised);
        prop_assert_eq!(totals.payment, totals.drawn + totals.interest);
        prop_assert!(balances(&terms, &schedule).iter().all(|b| b.amount >= Pence::ZERO && b.to > b.from));
    }

    #[test]
    fn terms_and_schedules_survive_json(terms in any_terms()) {
        let text = serde_json::to_string(&terms).unwrap();
        prop_assert_eq!(serde_json::from_str::<LoanTerms>(&text).unwrap(), terms.clone());
        if let Ok(schedule) = build(&terms) {
            let text = serde_json::to_string(&schedule).unwrap();
            prop_assert_eq!(serde_json::from_str::<Schedule>(&text).unwrap(), schedule);
        }
    }
}
