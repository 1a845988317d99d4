//! Whatever is asked at the ends of dates, amounts and rates: an answer or a named refusal, never a panic.

mod holdings;
mod instruments;
mod workings;

use super::affordability::{CashMonth, STRESSES, affordability, stressed};
use super::business_days::{Convention, MonthEnd};
use super::conditions::{Clawback, clawback, condition_effect};
use super::equivalents::{of_cash, of_equity};
use super::fund::{Evergreen, project};
use super::instruments::revenue_share::{Ending, RevenuePeriod, RevenueShare, revenue_share};
use super::irr::{irr, mirr, npv, time_weighted, xirr, xnpv};
use super::loan::{Accrual, Effect, Event, Facility, Plan, Price, Scope, What, replay};
use super::loss::soft_loan;
use super::payments::Due;
use super::receipts::{AccountTerms, Entry, account};
use super::schedule::Tranche;
use super::{Closing, DayCount, Flow};
use crate::values::{LocalDate, Pence, Rate, Share};
use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn dates() -> impl Strategy<Value = LocalDate> {
    prop_oneof![
        Just(NaiveDate::MIN),
        Just(NaiveDate::MAX),
        Just(NaiveDate::from_ymd_opt(2028, 2, 29).unwrap()),
        (0_u64..40_000).prop_map(|d| NaiveDate::from_ymd_opt(1990, 1, 1).unwrap() + Days::new(d)),
    ]
}

fn amounts() -> impl Strategy<Value = Pence> {
    prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0), Just(1), Just(-1), any::<i64>(), -1_000_000_i64..1_000_000]
        .prop_map(Pence)
}

fn numbers() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        Just(Decimal::MAX),
        Just(Decimal::MIN),
        Just(Decimal::ZERO),
        Just(Decimal::NEGATIVE_ONE),
        Just(Decimal::ONE_HUNDRED),
        Just(Decimal::new(-999_999, 6)),
        (-1_000_i64..1_000).prop_map(|n| Decimal::new(n, 3)),
    ]
}

fn flows() -> impl Strategy<Value = Vec<Flow>> {
    prop::collection::vec((dates(), amounts()).prop_map(|(date, amount)| Flow { date, amount }), 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn rates_and_values_of_any_flows_answer_or_refuse(cash in flows(), other in flows(), a in numbers(), b in numbers(), date in dates(), value in amounts()) {
        let closing = Some(Closing { date, value });
        let _ = (xirr(&cash, closing), xnpv(a, &cash), mirr(&cash, closing, a, b), time_weighted(&[], &cash));
        let pence: Vec<Pence> = cash.iter().map(|f| f.amount).collect();
        let _ = (irr(&pence), npv(a, &pence), condition_effect(&cash, &other, a), of_cash(&cash, a), of_equity(value, value));
        if let Some(first) = cash.first() {
            let back: Vec<(Flow, Pence)> = other.iter().map(|f| (*f, value)).collect();
            let _ = soft_loan(*first, &back, a);
        }
    }

    #[test]
    fn loans_at_the_ends_of_everything_answer_or_refuse(on in dates(), amount in amounts(), rate in numbers(), instalments in 0_u32..30, months in 0_u32..200, happened in dates(), paid in amounts(), first in prop::option::of(dates())) {
        let Ok(rate) = Rate::new(rate) else { return Ok(()) };
        let terms = Facility {
            draws: vec![Tranche { on, amount }], price: Price::Fixed { rate }, accrual: Accrual::Days(DayCount::ThirtyE360Isda),
            plan: Plan::Balloon { amount: paid }, instalments, period_months: months, first_due: first, month_end: MonthEnd::KeepsEnd,
            convention: Convention::Unadjusted, calendar: None, pauses: Vec::new(), scope: Scope::EachTranche, fees: Vec::new(),
        };
        let event = |what| Event { on: happened, tranche: 0, what };
        let _ = replay(&terms, &[]);
        let _ = replay(&terms, &[event(What::Prepaid { amount: paid, effect: Effect::Lowers }), event(What::Short { paid })]);
        let _ = replay(&terms, &[event(What::Rescheduled { instalments, period_months: Some(months), first_due: first, plan: None })]);
    }

    #[test]
    fn accounts_shares_and_projections_at_the_ends_answer_or_refuse(on in dates(), due in dates(), a in amounts(), b in amounts(), c in amounts(), n in numbers()) {
        let dues = [Due { instalment: 1, due, fee: a.max(Pence::ZERO), interest: b.max(Pence::ZERO), principal: Pence::ZERO }];
        let entries = [Entry::Received { on, amount: c }, Entry::Refunded { on: due, amount: b }, Entry::Reversed { entry: 0 }];
        let _ = (account(&AccountTerms::default(), &dues, &entries[..1], due), account(&AccountTerms::default(), &dues, &entries, on));
        let share = Share::new(Decimal::new(5, 1)).unwrap();
        let agreement = RevenueShare {
            draws: vec![Tranche { on, amount: a }], share, floor: b, ceiling: Some(c), multiple: n, long_stop: due, ending: Ending::Balloon,
        };
        let period = RevenuePeriod { due, revenue: Some(c), restated: Some((on, a)), restated_again: vec![(due, b)], paid: Some(b) };
        let _ = revenue_share(&agreement, &[period.clone(), RevenuePeriod { due: on, ..period }]);
        let _ = clawback(&Clawback { amount: a, promised: n, delivered: n, from: on, until: Some(due) }, due);
        let month = CashMonth { revenue: a, variable_costs: b, fixed_costs: c, other_debt: a, service: b };
        let _ = (affordability(&[month; 3], a), stressed(&[month; 3], STRESSES[0]));
        let terms = Evergreen { cash: a, invested: b, repaid: share, income: share, lost: share, costs: c, inflation: n, reinvested: share };
        let _ = project(&terms, 5);
    }
}
