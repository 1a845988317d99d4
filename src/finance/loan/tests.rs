use super::*;
use crate::finance::schedule::{self, Holiday, InterestBasis, LoanTerms, Repayment};
use crate::values::time::parse_date;
use chrono::{Days, Months};
use proptest::prelude::*;

fn date(text: &str) -> LocalDate {
    parse_date(text).unwrap()
}

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

fn facility(pounds: i64, yearly: &str, instalments: u32) -> Facility {
    Facility {
        draws: vec![Tranche { on: date("2026-01-01"), amount: Pence(pounds * 100) }],
        price: Price::Fixed { rate: rate(yearly) },
        accrual: Accrual::EqualPeriods,
        plan: Plan::Annuity,
        instalments,
        period_months: 1,
        first_due: None,
        month_end: MonthEnd::SameDay,
        convention: Convention::Unadjusted,
        calendar: None,
        pauses: Vec::new(),
        scope: Scope::Facility,
        fees: Vec::new(),
    }
}

fn event(on: &str, what: What) -> Event {
    Event { on: date(on), tranche: 0, what }
}

fn rows(terms: &Facility, events: &[Event]) -> Vec<LoanRow> {
    replay(terms, events).unwrap().loans.remove(0)
}

/// Everything that must hold of every schedule, to the penny.
fn holds(found: &LoanSchedule) {
    let t = found.totals;
    assert_eq!(
        t.principal + t.prepaid,
        t.drawn + t.capitalised + t.arrears_added + t.fees_added - t.written_off,
        "principal"
    );
    assert_eq!(t.accrued, t.interest_paid + t.capitalised + t.arrears_added + t.interest_written_off, "interest");
    for loan in &found.loans {
        let end = loan.last().unwrap();
        assert_eq!((end.closing, end.interest_owed, end.overdue), (Pence::ZERO, Pence::ZERO, Pence::ZERO));
        let mut opening = Pence::ZERO;
        let mut owed = Pence::ZERO;
        for row in loan {
            assert_eq!(row.opening, opening);
            let added = row.drawn + row.fees_added + row.arrears_added + row.capitalised;
            assert_eq!(row.closing, row.opening + added - row.prepaid - row.written_off - row.principal);
            owed =
                owed + row.accrued - row.capitalised - row.arrears_added - row.interest_paid - row.interest_written_off;
            assert_eq!(row.interest_owed, owed);
            assert!(row.principal >= Pence::ZERO && row.closing >= Pence::ZERO && row.overdue <= row.closing);
            opening = row.closing;
        }
    }
    let cash: Pence = found.cash.iter().map(|f| f.amount).sum();
    assert_eq!(cash, t.interest_paid + t.principal + t.prepaid + t.fees - t.drawn);
}

fn parts_rounded_once(loan: &[LoanRow]) {
    for row in loan {
        let exact: Decimal = row.parts.iter().map(|p| p.interest().unwrap()).sum();
        assert_eq!(row.accrued, Pence::round_pence(exact).unwrap(), "row {}", row.number);
    }
}

#[test]
fn a_plain_loan_is_the_plain_schedule_row_by_row() {
    for (plan, repayment) in [
        (Plan::Annuity, Repayment::Annuity),
        (Plan::EqualPrincipal, Repayment::EqualPrincipal),
        (Plan::Bullet, Repayment::Bullet),
    ] {
        for kind in [
            None,
            Some(HolidayKind::InterestOnly),
            Some(HolidayKind::Deferred),
            Some(HolidayKind::CapitalisedSimple),
            Some(HolidayKind::CapitalisedCompounding),
            Some(HolidayKind::InterestFree),
        ] {
            for (accrual, interest) in
                [(Accrual::EqualPeriods, InterestBasis::EqualPeriods), (Accrual::default(), InterestBasis::Act365F)]
            {
                let second = Tranche { on: date("2026-05-10"), amount: Pence(1_234_567) };
                let plain = LoanTerms {
                    tranches: vec![facility(10_000, "0.0575", 24).draws[0], second],
                    rate: rate("0.0575"),
                    repayment,
                    instalments: 24,
                    period_months: 1,
                    first_due: None,
                    interest,
                    holiday: kind.map(|kind| Holiday {
                        kind,
                        periods: 3,
                        term: HolidayTerm::Squeezes,
                        rounding: CapitalisedRounding::EachRow,
                    }),
                };
                let terms = Facility::from(&plain);
                assert_eq!((&terms.plan, terms.accrual), (&plan, accrual));
                let (full, plain) = (rows(&terms, &[]), schedule::build(&plain).unwrap());
                assert_eq!(full.len(), plain.rows.len());
                for (a, b) in full.iter().zip(&plain.rows) {
                    assert_eq!(
                        (a.due, a.principal, a.payment, a.closing),
                        (b.due, b.principal, b.payment, b.closing),
                        "{plan:?} {kind:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_years_capitalised_holiday_leaves_the_published_balances() {
    use CapitalisedRounding::{EachRow, OnceAtEnd};
    use HolidayKind::{CapitalisedCompounding, CapitalisedSimple};
    let after = |kind, accrual, rounding| {
        let pause = Pause { first: 1, periods: 12, kind, term: HolidayTerm::Lengthens, rounding };
        let terms = Facility { accrual, pauses: vec![pause], ..facility(10_000, "0.06", 24) };
        let found = replay(&terms, &[]).unwrap();
        holds(&found);
        assert_eq!(found.loans[0].len(), 36);
        found.loans[0][11].closing.plain()
    };
    assert_eq!(after(CapitalisedSimple, Accrual::EqualPeriods, EachRow), "10600.00");
    assert_eq!(after(CapitalisedCompounding, Accrual::EqualPeriods, OnceAtEnd), "10616.78");
    assert_eq!(after(CapitalisedCompounding, Accrual::EqualPeriods, EachRow), "10616.79");
    assert_eq!(after(CapitalisedCompounding, Accrual::default(), EachRow), "10616.77");
}

#[test]
fn a_balloon_is_left_for_the_end_and_custom_principal_is_as_agreed() {
    let balloon =
        rows(&Facility { plan: Plan::Balloon { amount: Pence(400_000) }, ..facility(10_000, "0.06", 12) }, &[]);
    assert!(balloon[..11].iter().all(|r| r.payment == balloon[0].payment));
    let extra = balloon[11].payment.0 - balloon[0].payment.0 - 400_000;
    assert!(extra.abs() <= 12, "the last takes only the remainder of pennies: {extra}");
    let custom = Plan::Custom { principal: vec![Pence(10_000), Pence(0), Pence(70_000)] };
    let custom = rows(&Facility { plan: custom, ..facility(1_000, "0.12", 4) }, &[]);
    assert_eq!(custom.iter().map(|r| r.principal.0).collect::<Vec<_>>(), [10_000, 0, 70_000, 20_000]);
}

#[test]
fn a_step_in_the_rate_inside_a_period_bears_each_rate_for_its_days() {
    let steps = vec![
        RateStep { from: date("2025-01-01"), rate: rate("0.0365") },
        RateStep { from: date("2026-01-11"), rate: rate("0.073") },
    ];
    let terms = Facility {
        accrual: Accrual::default(),
        price: Price::Stepped { steps: steps.clone() },
        ..facility(10_000, "0", 12)
    };
    let found = rows(&terms, &[]);
    // £1 a day for ten days, £2 a day for 21.
    assert_eq!(found[0].accrued, Pence(5_200));
    assert_eq!(found[0].parts.len(), 2);
    parts_rounded_once(&found);
    let margin = Price::BasePlusMargin {
        base: steps,
        margin: rate("0.01"),
        floor: Some(rate("0.05")),
        ceiling: Some(rate("0.08")),
    };
    let on = |day: &str| margin.on(date(day)).unwrap().to_string();
    assert_eq!((on("2026-01-10").as_str(), on("2026-01-11").as_str()), ("0.05", "0.08"));
    assert_eq!(margin.on(date("2024-12-31")), None);
    let late = Facility {
        price: Price::Stepped { steps: vec![RateStep { from: date("2026-02-01"), rate: rate("0.1") }] },
        ..terms
    };
    assert_eq!(replay(&late, &[]), Err(LoanRefusal::NoRate(date("2026-01-01"))));
}

#[test]
fn prepaying_shortens_the_loan_or_lowers_its_instalments_as_agreed() {
    let terms = facility(10_000, "0.06", 24);
    let plain = rows(&terms, &[]);
    let with = |effect| rows(&terms, &[event("2026-07-15", What::Prepaid { amount: Pence(300_000), effect })]);
    let (shorter, lower) = (with(Effect::Shortens), with(Effect::Lowers));
    assert_eq!(&shorter[..6], &plain[..6], "history stands");
    assert!(shorter.len() < 24 && shorter[8].payment == plain[8].payment);
    assert!(lower.len() == 24 && lower[8].payment < plain[8].payment);
    assert_eq!(lower[6].parts.len(), 2);
    let all =
        rows(&terms, &[event("2026-07-15", What::Prepaid { amount: plain[5].closing, effect: Effect::Shortens })]);
    assert_eq!(all.len(), 7, "the interest of the broken period is still due");
    assert!(all[6].payment > Pence::ZERO);
    let too_much = event("2026-07-15", What::Prepaid { amount: Pence(1_000_001), effect: Effect::Lowers });
    assert_eq!(replay(&terms, &[too_much]), Err(LoanRefusal::Amount(date("2026-07-15"))));
}

/// As the calculator has it: £10,000 at 7 % from 1 January 2028, £2,500 of it prepaid on 29 February.
#[test]
fn a_loan_that_is_partly_prepaid_on_a_leap_day_is_levelled_anew_as_the_calculator_has_it() {
    let draws = vec![Tranche { on: date("2028-01-01"), amount: Pence(1_000_000) }];
    let terms = Facility { draws, accrual: Accrual::default(), ..facility(0, "0.07", 12) };
    let prepaid = What::Prepaid { amount: Pence(250_000), effect: Effect::Lowers };
    let found = rows(&terms, &[event("2028-02-29", prepaid)]);
    // Of February 28 days bear interest on 9,194.16 and one day on 6,694.16.
    let by_hand = [
        (5_945, 80_584, 919_416),
        (5_066, 58_060, 611_356),
        (3_635, 59_491, 551_865),
        (3_175, 59_951, 491_914),
        (2_925, 60_201, 431_713),
        (2_484, 60_642, 371_071),
        (2_206, 60_920, 310_151),
        (1_844, 61_282, 248_869),
        (1_432, 61_694, 187_175),
        (1_113, 62_013, 125_162),
        (720, 62_406, 62_756),
        (373, 62_756, 0),
    ];
    let of_rows: Vec<_> = found.iter().map(|r| (r.accrued.0, r.principal.0, r.closing.0)).collect();
    assert_eq!(of_rows, by_hand);
    assert!(found[1..11].iter().all(|r| r.payment == Pence(63_126)) && found[11].payment == Pence(63_129));
}

#[test]
fn instalments_are_as_level_before_a_holiday_that_was_agreed_for_later_as_after_it() {
    use HolidayKind::{CapitalisedCompounding, CapitalisedSimple, Deferred, InterestFree, InterestOnly};
    let payments = |kind| -> Vec<i64> {
        let (term, rounding) = (HolidayTerm::Lengthens, CapitalisedRounding::EachRow);
        let pauses = vec![Pause { first: 5, periods: 2, kind, term, rounding }];
        rows(&Facility { pauses, ..facility(10_000, "0.06", 12) }, &[]).iter().map(|r| r.payment.0).collect()
    };
    // Where nothing is added in the holiday it is the plain loan of twelve, 860.664… each, with a pause in it.
    let after = |last: i64| [[86_067; 7].as_slice(), &[last]].concat();
    assert_eq!(payments(InterestOnly), [[86_066; 4].as_slice(), &[3_366; 2], &after(86_063)].concat());
    assert_eq!(payments(InterestFree), [[86_066; 4].as_slice(), &[0; 2], &after(86_063)].concat());
    let deferred = payments(Deferred);
    assert_eq!((deferred[3], deferred[6], deferred[7]), (86_066, 86_067 + 2 * 3_366, 86_067));
    let simple = payments(CapitalisedSimple);
    assert_eq!((simple[0], simple[5], simple[6], simple[13]), (86_633, 0, 86_632, 86_635));
    assert_eq!(payments(CapitalisedCompounding), [[86_634; 4].as_slice(), &[0; 2], &[86_634; 8]].concat());
}

#[test]
fn a_missed_instalment_is_due_with_the_next_unless_it_is_re_aged_or_capitalised() {
    let terms = facility(10_000, "0.06", 12);
    let missed = event("2026-03-01", What::Short { paid: Pence(2_000) });
    let plain = rows(&terms, &[]);
    let late = rows(&terms, std::slice::from_ref(&missed));
    assert_eq!(late[1].interest_paid, Pence(2_000));
    assert_eq!((late[1].interest_owed + late[1].overdue), plain[1].payment - Pence(2_000));
    assert!(late[2].payment >= plain[2].payment + plain[1].payment - Pence(2_000));
    assert_eq!(late[3].payment, plain[3].payment);
    let aged = rows(&terms, &[missed.clone(), event("2026-03-10", What::ReAged)]);
    assert!(aged[2].payment < late[2].payment && aged[5].payment > plain[5].payment);
    let added = replay(&terms, &[missed.clone(), event("2026-03-10", What::ArrearsCapitalised)]).unwrap();
    holds(&added);
    assert_eq!(added.totals.arrears_added, late[1].interest_owed);
    let given = What::WrittenOff { principal: Pence(100_000), interest: late[1].interest_owed };
    let given = replay(&terms, &[missed, event("2026-03-10", given)]).unwrap();
    holds(&given);
    assert_eq!((given.totals.written_off, given.totals.interest_written_off), (Pence(100_000), late[1].interest_owed));
    let last = replay(&terms, &[event("2027-01-01", What::Short { paid: Pence::ZERO })]).unwrap();
    holds(&last);
    assert_eq!(last.loans[0].len(), 13, "what is missed at the end is due a period later");
    let nothing = replay(&terms, &[event("2026-03-02", What::Short { paid: Pence::ZERO })]);
    assert_eq!(nothing, Err(LoanRefusal::NothingDue(date("2026-03-02"))));
}

#[test]
fn rescheduling_gives_what_is_owed_new_dates_and_leaves_history_alone() {
    let terms = Facility { accrual: Accrual::default(), ..facility(10_000, "0.06", 12) };
    let change = What::Rescheduled {
        instalments: 8,
        period_months: Some(3),
        first_due: Some(date("2026-08-15")),
        plan: Some(Plan::EqualPrincipal),
    };
    let found = replay(&terms, &[event("2026-06-10", change)]).unwrap();
    holds(&found);
    let loan = &found.loans[0];
    assert_eq!(loan[..5], rows(&terms, &[])[..5]);
    assert_eq!((loan.len(), loan[5].due, loan[6].due), (13, date("2026-08-15"), date("2026-11-15")));
    assert!(loan[5..12].windows(2).all(|w| w[0].principal == w[1].principal));
    let soon =
        What::Rescheduled { instalments: 8, period_months: None, first_due: Some(date("2026-06-10")), plan: None };
    assert_eq!(replay(&terms, &[event("2026-06-10", soon)]), Err(LoanRefusal::DueTooSoon(date("2026-06-10"))));
}

#[test]
fn a_holiday_by_tranche_starts_with_each_drawing_and_by_facility_with_the_first() {
    let mut terms = facility(6_000, "0.06", 12);
    terms.draws.push(Tranche { on: date("2026-04-15"), amount: Pence(300_000) });
    terms.pauses = vec![Pause {
        first: 1,
        periods: 3,
        kind: HolidayKind::InterestOnly,
        term: HolidayTerm::Squeezes,
        rounding: CapitalisedRounding::EachRow,
    }];
    let one = replay(&terms, &[]).unwrap();
    holds(&one);
    assert!(one.loans[0][4].principal > Pence::ZERO);
    let each = replay(&Facility { scope: Scope::EachTranche, ..terms }, &[]).unwrap();
    holds(&each);
    let (first, second) = (&each.loans[0], &each.loans[1]);
    assert_eq!(first.last().unwrap().due, second.last().unwrap().due, "they end together");
    assert_eq!(second[0].due, date("2026-05-01"));
    assert!(second[..3].iter().all(|r| r.principal.is_zero()) && second[3].principal > Pence::ZERO);
    // A first period of 16 days at 6 % on £3,000, by its days / 365.
    assert_eq!(second[0].accrued, Pence(789));
}

#[test]
fn fees_are_paid_or_added_to_the_balance_as_agreed() {
    let fee = |charge, financed| Fee { name: "Fee".to_owned(), charge, financed };
    let mut terms = Facility { accrual: Accrual::default(), ..facility(10_000, "0.05", 12) };
    terms.draws.push(Tranche { on: date("2026-03-15"), amount: Pence(500_000) });
    terms.fees = vec![
        fee(FeeCharge::OnDrawing { share: "0.01".parse().unwrap() }, true),
        fee(FeeCharge::EachInstalment { amount: Pence(250) }, false),
        fee(FeeCharge::Once { on: date("2026-02-10"), amount: Pence(7_500) }, false),
        fee(
            FeeCharge::Undrawn { commitment: Pence(1_500_000), rate: rate("0.0365"), until: date("2026-12-31") },
            false,
        ),
        fee(FeeCharge::AtEnd { amount: Pence(9_900) }, false),
    ];
    let found = replay(&terms, &[]).unwrap();
    holds(&found);
    assert_eq!(found.totals.fees_added, Pence(15_000));
    let loan = &found.loans[0];
    // 50 p a day on £5,000 undrawn, until it is drawn on 15 March.
    assert_eq!(loan[0].fees, Pence(250 + 31 * 50));
    assert_eq!(loan[1].fees, Pence(250 + 7_500 + 28 * 50));
    assert_eq!(loan[2].fees, Pence(250 + 14 * 50));
    assert_eq!(loan[11].fees, Pence(250 + 9_900));
    let wrong = Facility { fees: vec![fee(FeeCharge::EachInstalment { amount: Pence(1) }, true)], ..terms };
    assert_eq!(replay(&wrong, &[]), Err(LoanRefusal::FeeNotFinanced));
}

#[test]
fn a_due_date_on_a_bank_holiday_moves_and_interest_runs_to_the_moved_day() {
    let terms = Facility {
        accrual: Accrual::default(),
        first_due: Some(date("2026-04-03")),
        convention: Convention::Following,
        ..facility(10_000, "0.0365", 6)
    };
    let found = rows(&terms, &[]);
    assert_eq!((found[0].due, found[0].accrued), (date("2026-04-07"), Pence(9_600)));
    assert_eq!(found[1].due, date("2026-05-05"), "a Sunday before a bank holiday");
    let long = Facility { instalments: 60, ..terms };
    assert!(matches!(replay(&long, &[]), Err(LoanRefusal::NoCalendar(_))));
}

fn plans() -> impl Strategy<Value = Plan> {
    prop_oneof![
        Just(Plan::Annuity),
        Just(Plan::EqualPrincipal),
        Just(Plan::Bullet),
        (0_i64..5_000_000).prop_map(|p| Plan::Balloon { amount: Pence(p) }),
        prop::collection::vec(0_i64..500_000, 0..30)
            .prop_map(|p| Plan::Custom { principal: p.into_iter().map(Pence).collect() }),
    ]
}

fn kinds() -> impl Strategy<Value = HolidayKind> {
    prop_oneof![
        Just(HolidayKind::InterestOnly),
        Just(HolidayKind::Deferred),
        Just(HolidayKind::CapitalisedSimple),
        Just(HolidayKind::CapitalisedCompounding),
        Just(HolidayKind::InterestFree),
    ]
}

fn happenings() -> impl Strategy<Value = What> {
    let effect = || prop_oneof![Just(Effect::Shortens), Just(Effect::Lowers)];
    let term = || prop_oneof![Just(HolidayTerm::Lengthens), Just(HolidayTerm::Squeezes)];
    prop_oneof![
        (1_i64..2_000_000, effect()).prop_map(|(p, effect)| What::Prepaid { amount: Pence(p), effect }),
        (0_i64..50_000).prop_map(|p| What::Short { paid: Pence(p) }),
        (0_i64..2_500).prop_map(|p| What::Repriced { rate: Rate::new(Decimal::new(p, 4)).unwrap() }),
        (1_u32..40, prop::option::of(1_u32..7), prop::option::of(plans())).prop_map(
            |(instalments, period_months, plan)| {
                What::Rescheduled { instalments, period_months, first_due: None, plan }
            }
        ),
        Just(What::ReAged),
        Just(What::ArrearsCapitalised),
        (0_i64..900_000).prop_map(|p| What::WrittenOff { principal: Pence(p), interest: Pence::ZERO }),
        (1_u32..6, kinds(), term()).prop_map(|(periods, interest, term)| What::Paused { periods, interest, term }),
    ]
}

fn facilities() -> impl Strategy<Value = Facility> {
    let accrual = prop_oneof![
        Just(Accrual::EqualPeriods),
        Just(Accrual::default()),
        Just(Accrual::Days(DayCount::Thirty360Isda)),
        Just(Accrual::Days(DayCount::ActActIsda)),
        Just(Accrual::Days(DayCount::ThirtyE360Isda)),
        Just(Accrual::Days(DayCount::Nl365)),
    ];
    let pause = prop::option::of((1_u32..20, 1_u32..14, kinds(), any::<bool>(), any::<bool>()));
    let extra = prop::collection::vec((0_u64..300, 1_i64..3_000_000), 0..3);
    let shape = (
        1_u32..40,
        1_u32..7,
        prop::option::of(1_u64..100),
        any::<bool>(),
        0_i64..2_000,
        prop::option::of((1_u64..900, 0_i64..2_000)),
    );
    (plans(), accrual, pause, extra, shape, 1_i64..5_000_000, 0_u64..400).prop_map(
        |(plan, accrual, pause, extra, (instalments, period_months, first, each, points, step), pence, offset)| {
            let begin = date("2026-01-01") + Days::new(offset);
            let mut terms = Facility { accrual, plan, instalments, period_months, ..facility(1, "0", 1) };
            terms.draws = vec![Tranche { on: begin, amount: Pence(pence) }];
            terms
                .draws
                .extend(extra.into_iter().map(|(day, p)| Tranche { on: begin + Days::new(day), amount: Pence(p) }));
            terms.first_due = first.map(|d| begin + Days::new(d));
            let at = |points: i64| Rate::new(Decimal::new(points, 4)).unwrap();
            let mut steps = vec![RateStep { from: begin, rate: at(points) }];
            steps.extend(step.map(|(day, points)| RateStep { from: begin + Days::new(day), rate: at(points) }));
            terms.price = Price::Stepped { steps };
            terms.scope = if each { Scope::EachTranche } else { Scope::Facility };
            terms.pauses = pause
                .into_iter()
                .map(|(first, periods, kind, longer, each_row)| Pause {
                    first,
                    periods,
                    kind,
                    term: if longer { HolidayTerm::Lengthens } else { HolidayTerm::Squeezes },
                    rounding: if each_row { CapitalisedRounding::EachRow } else { CapitalisedRounding::OnceAtEnd },
                })
                .collect();
            terms.fees = vec![Fee {
                name: "Arrangement".to_owned(),
                charge: FeeCharge::OnDrawing { share: "0.015".parse().unwrap() },
                financed: each,
            }];
            terms
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn every_schedule_agrees_to_the_penny_whatever_was_agreed_and_whatever_happened(
        terms in facilities(), happened in prop::collection::vec((0_u64..1_200, any::<bool>(), happenings()), 0..6),
    ) {
        let begin = terms.draws[0].on;
        let mut events = Vec::new();
        let mut before = replay(&terms, &[]);
        if let Ok(found) = &before {
            holds(found);
        }
        let mut ordered: Vec<_> = happened;
        ordered.sort_by_key(|(day, ..)| *day);
        for (day, on_due, what) in ordered {
            let mut on = begin + Days::new(day);
            if let (Ok(found), true) = (&before, on_due || matches!(what, What::Short { .. })) {
                let next = found.loans[0].iter().find(|r| r.due >= on);
                on = next.map_or(on, |r| r.due);
            }
            let mut tried = events.clone();
            tried.push(Event { on, tranche: 0, what });
            match (replay(&terms, &tried), &before) {
                (Ok(found), Ok(earlier)) => {
                    holds(&found);
                    if terms.pauses.iter().all(|p| p.rounding == CapitalisedRounding::EachRow) {
                        found.loans.iter().for_each(|loan| parts_rounded_once(loan));
                    }
                    for (a, b) in found.loans.iter().zip(&earlier.loans) {
                        let past = |rows: &[LoanRow]| rows.iter().filter(|r| r.due < on).cloned().collect::<Vec<_>>();
                        prop_assert_eq!(past(a), past(b), "history was rewritten");
                    }
                    prop_assert_eq!(known_on(&terms, &tried, on.pred_opt().unwrap()).is_ok(), true);
                    events = tried;
                    before = Ok(found);
                }
                (Ok(_), Err(_)) => { events = tried; before = replay(&terms, &events); }
                (Err(_), _) => {}
            }
        }
    }

    #[test]
    fn the_internal_rate_of_a_loan_without_fees_by_equal_years_is_its_own_rate(pounds in 1_000_i64..1_000_000, points in 1_i64..2_000, years in 1_u32..10) {
        let mut terms = Facility { period_months: 12, plan: Plan::EqualPrincipal, ..facility(pounds, "0", years) };
        terms.price = Price::Fixed { rate: Rate::new(Decimal::new(points, 4)).unwrap() };
        let found = replay(&terms, &[]).unwrap();
        let pence: Vec<Pence> = found.cash.iter().map(|f| f.amount).collect();
        let rate = crate::finance::irr::irr(&pence).unwrap().rate().unwrap();
        prop_assert!((rate - Decimal::new(points, 4)).abs() < Decimal::new(2, 5), "{}", rate);
        prop_assert_eq!(found.loans[0].last().unwrap().due, date("2026-01-01") + Months::new(12 * years));
    }
}
