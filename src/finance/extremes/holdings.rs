//! Measures, public markets, losses, discounting and receipts at the ends.

use super::{amounts, dates, flows, numbers};
use crate::finance::business_days::{Convention, MonthEnd, adjust, is_business_day, months_after};
use crate::finance::discount::{self, PriceIndex, SocialBenefit, nominal, present_benefit, present_value, real};
use crate::finance::forecast::{Run, Simulated, simulate};
use crate::finance::fund::{
    BackerFlow, BackerKind, Holding, backer_measures, concentration, gross_rate, sources_and_uses, vintages,
};
use crate::finance::irr::{growth_rate, irr, periodic_mirr, working};
use crate::finance::loss::{
    DefaultTable, Exposure, Provision, ProvisionLoan, Stage, expected_loss, movement, revenue_provision,
};
use crate::finance::measures::{
    FlowKind, MULTIPLE_PLACES, Side, TypedFlow, fits, measures, nav_at, pooled_nav, rate_of_return,
};
use crate::finance::payments::{BUCKETS, Due, Order, Receipt, allocate, arrears};
use crate::finance::pme::{Level, direct_alpha, hurdle, kaplan_schoar, long_nickels, modified_pme, pme_plus};
use crate::finance::{DayCount, xirr};
use crate::law::holidays::Part;
use crate::values::{Pence, Quantity, Share};
use proptest::prelude::*;
use rust_decimal::Decimal;

const KINDS: [FlowKind; 13] = [
    FlowKind::Drawdown,
    FlowKind::FundCost,
    FlowKind::Interest,
    FlowKind::Principal,
    FlowKind::Fee,
    FlowKind::RevenueShare,
    FlowKind::Dividend,
    FlowKind::SaleProceeds,
    FlowKind::Recovery,
    FlowKind::CapitalisedInterest,
    FlowKind::Restored,
    FlowKind::GivenUp,
    FlowKind::Valuation,
];

fn typed() -> impl Strategy<Value = Vec<TypedFlow>> {
    let one = (dates(), prop::sample::select(&KINDS[..]), amounts());
    prop::collection::vec(one.prop_map(|(on, kind, amount)| TypedFlow { on, kind, amount }), 0..6)
}

fn share() -> impl Strategy<Value = Share> {
    (0_i64..=1_000_000).prop_map(|n| Share::new(Decimal::new(n, 6)).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn measures_of_any_typed_flows_answer_or_refuse(flows in typed(), on in dates(), value in amounts(), other in amounts()) {
        let nav = nav_at(&flows, on);
        let measured = measures(&flows, nav, Some(other), on, MULTIPLE_PLACES);
        if fits(&flows).is_ok() {
            // Nothing was cut: what is shown is the exact sum.
            let sum = |side: Side| -> i128 {
                flows.iter().filter(|f| f.on <= on && f.kind.side() == side).map(|f| i128::from(f.amount.0)).sum()
            };
            prop_assert_eq!(i128::from(measured.paid_in.0), sum(Side::PaidIn));
            prop_assert_eq!(i128::from(measured.distributed.0), sum(Side::Distributed));
        }
        let _ = (measures(&flows, nav, Some(other), on, MULTIPLE_PLACES), rate_of_return(&flows, nav, on), gross_rate(&flows, Some(value), on));
        let _ = (pooled_nav(&[nav, nav]), sources_and_uses(value, &flows, on));
        let kinds = [BackerKind::Call, BackerKind::Recall, BackerKind::Distribution, BackerKind::RecallableDistribution];
        let backers: Vec<BackerFlow> =
            flows.iter().zip(kinds.into_iter().cycle()).map(|(f, kind)| BackerFlow { on: f.on, kind, amount: f.amount }).collect();
        let _ = backer_measures(&backers, value, other, on);
        let holding = |name: &str, value: Pence| Holding {
            name: name.to_owned(), sector: "Food".to_owned(), ward: "North".to_owned(), first_drawn: on, invested: other,
            received: value, value, written_off: other, recovered: value,
        };
        let holdings = [holding("A", value), holding("B", other)];
        let _ = (concentration(&holdings), vintages(&holdings));
    }

    #[test]
    fn a_fund_against_any_index_answers_or_refuses(flows in typed(), nav in amounts(), on in dates(), a in numbers(), b in numbers(), then in dates()) {
        let index = [Level { on: chrono::NaiveDate::MIN, level: a }, Level { on: then, level: b }];
        let navs: Vec<_> = flows.iter().map(|f| (f.on, nav)).collect();
        let _ = (kaplan_schoar(&flows, nav, &index, on), long_nickels(&flows, nav, &index, on), pme_plus(&flows, nav, &index, on));
        let _ = (modified_pme(&flows, &navs, nav, &index, on), direct_alpha(&flows, nav, &index, on), hurdle(a, then, &[on]));
    }

    #[test]
    fn losses_and_provisions_at_the_ends_answer_or_refuse(a in amounts(), b in amounts(), c in amounts(), rate in numbers(), chance in share(), on in dates()) {
        let exposure = Exposure { balances: vec![a, b, c], undrawn: b, conversion: chance, security: c, haircut: chance, unsecured_loss: chance, effective_rate: rate };
        let table = DefaultTable { grade: "B".to_owned(), valid_from: on, source: "Test".to_owned(), yearly: vec![chance] };
        let _ = (expected_loss(&exposure, &table, Stage::One), expected_loss(&exposure, &table, Stage::Two), expected_loss(&exposure, &table, Stage::Three));
        let provision = |asset: &str, amount| Provision { asset: asset.to_owned(), stage: Stage::One, amount };
        let _ = movement(&[provision("A", a), provision("B", b)], &[provision("A", c)], &["B".to_owned()]);
        let _ = revenue_provision(&ProvisionLoan { given_on: on, is_capital: true, is_commercial: false, loss_in_year: a, already_met: b });
    }

    #[test]
    fn discounting_and_growth_at_the_ends_answer_or_refuse(a in numbers(), b in numbers(), x in amounts(), y in amounts(), days in any::<u32>(), years in any::<u32>()) {
        let table = &discount::STANDARD[0];
        let _ = (nominal(a, b), real(a, b), growth_rate(a, b, days), present_value(table, &[x, y], a));
        let zero = Share::default();
        let benefit = SocialBenefit { units: Quantity::new(a).unwrap(), unit_value: x, deadweight: zero, displacement: zero, attribution: zero, drop_off: zero, first_year: years, years: days };
        let _ = present_benefit(&benefit, table).map(|found| found.ratio(y));
        let index = PriceIndex { source: "Test".to_owned(), levels: vec![(1, a), (2, b)] };
        let _ = (index.convert(x, 1, 2), index.convert(x, 2, 3));
        let _ = (periodic_mirr(&[x, y], a, b), irr(&[x, y, x]));
    }

    #[test]
    fn dates_at_the_ends_answer_or_refuse(from in dates(), to in dates(), months in any::<u32>(), cash in flows(), rate in numbers()) {
        for count in DayCount::ALL {
            let _ = (count.days(from, to, Some(to)), count.fraction(from, to, None));
        }
        for convention in [Convention::Unadjusted, Convention::Following, Convention::ModifiedFollowing, Convention::Preceding] {
            let _ = (adjust(from, convention, Part::Scotland), is_business_day(from, Part::EnglandWales));
        }
        let _ = (months_after(from, months, MonthEnd::KeepsEnd), months_after(from, months, MonthEnd::SameDay));
        let _ = (working(&cash, None, rate), xirr(&cash, None).nearest_to(rate));
    }

    #[test]
    fn receipts_and_simulations_at_the_ends_answer_or_refuse(due in dates(), on in dates(), a in amounts(), b in amounts(), chance in share(), seed in any::<u64>()) {
        let dues = [Due { instalment: 1, due, fee: a, interest: b, principal: a }, Due { instalment: 2, due: on, fee: b, interest: a, principal: b }];
        let _ = (allocate(&dues, a, on, Order::default()), arrears(&dues, &[Receipt { on: due, amount: b }], Order::default(), on, &BUCKETS));
        let book = [Simulated { contracted: vec![a, b, a], default: chance, recovery: chance, delay: chance, swing: chance, exit: Some((chance, b)) }];
        let _ = simulate(&book, Run { seed, paths: 3, cash: a, costs: b }, 2, &|_| {});
    }
}
