//! Instruments, conditions and equivalents at the ends.

use super::{amounts, dates, flows, numbers};
use crate::finance::affordability::{CashMonth, largest_loan};
use crate::finance::conditions::{Ratchet, RatchetStep, Tested, effective_rate, forgiveness, ratchet};
use crate::finance::equivalents::{Given, mfa_by_group, of_grant, of_guarantee, of_loan_balances, rate_on, together};
use crate::finance::instruments::community_shares::{SocietyRules, holding_limit, interest, value, withdrawals};
use crate::finance::instruments::convertible::{AtMaturity, Convertible, Round, convertible};
use crate::finance::instruments::equity::{Class, Preference, dilution, preference_dividend, waterfall};
use crate::finance::instruments::guarantee::{Claim, Guarantee};
use crate::finance::instruments::package::{Layer, blended};
use crate::finance::instruments::recoverable_grant::{RecoverableGrant, TriggerYear, recoveries};
use crate::finance::instruments::revenue_share::daily_form;
use crate::finance::loan::{Facility, known_on, replay};
use crate::finance::schedule::{InterestBasis, LoanTerms, Repayment, Tranche, balances, build};
use crate::finance::subsidy_equivalent::{SourcedRate, gross_cash_equivalent};
use crate::law::subsidy::{Assistance, AssistanceKind};
use crate::values::{Pence, Rate, Share};
use proptest::prelude::*;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

fn rates() -> impl Strategy<Value = Rate> {
    prop_oneof![
        Just(Decimal::ONE_HUNDRED),
        Just(Decimal::new(-999_999_999, 9)),
        (-900_i64..10_000).prop_map(|n| Decimal::new(n, 3))
    ]
    .prop_map(|rate| Rate::new(rate).unwrap())
}

fn share() -> impl Strategy<Value = Share> {
    (0_i64..=1_000).prop_map(|n| Share::new(Decimal::new(n, 3)).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn conversions_and_recoveries_at_the_ends_answer_or_refuse(drawn_on in dates(), maturity in dates(), on in dates(), a in amounts(), b in amounts(), c in amounts(), interest in rates(), discount in share(), shares in any::<u64>(), n in numbers()) {
        for (cap, at_maturity) in [(Some(b), AtMaturity::ConvertsAtCap), (None, AtMaturity::Repaid)] {
            let note = Convertible { drawn_on, principal: a, interest, cap, discount, qualifying_round: c, maturity, at_maturity };
            let _ = convertible(&note, Some(Round { on, raised: b, pre_money: c, shares_before: shares }), on, shares);
            let _ = convertible(&note, None, on, shares);
        }
        let grant = RecoverableGrant { granted: a, trigger: b, share: discount, cap: n, until: on };
        let _ = recoveries(&grant, &[TriggerYear { due: on, figure: c }, TriggerYear { due: maturity, figure: a }]);
        let _ = daily_form(a, b, c, discount, 360);
    }

    #[test]
    fn shares_at_the_ends_answer_or_refuse(a in amounts(), b in amounts(), multiple in numbers(), dividend in rates(), held in any::<u64>(), all in any::<u64>(), issued in any::<u64>(), participating in any::<bool>(), cap in prop::option::of(numbers())) {
        let preference = Preference { rank: 1, multiple, dividend, cumulative: true, participating, participation_cap: cap };
        let class = |name: &str, preference| Class { name: name.to_owned(), shares: held, cost: a, preference, unpaid_dividends: b };
        let classes = [class("A", Some(preference)), class("B", None), class("C", Some(Preference { rank: 2, ..preference }))];
        let _ = (waterfall(&classes, a), waterfall(&classes, b), preference_dividend(&classes[0], multiple, b), dilution(held, all, issued));
        let rules = SocietyRules { interest_limit: dividend, locked_until: chrono::NaiveDate::MIN, yearly_withdrawal: multiple, suspended: false };
        let _ = (interest(&rules, a, dividend, b), withdrawals(&rules, a, b, &[a, b], chrono::NaiveDate::MAX), value(a, b), holding_limit(chrono::NaiveDate::MIN));
    }

    #[test]
    fn guarantees_and_equivalents_at_the_ends_answer_or_refuse(on in dates(), until in dates(), a in amounts(), b in amounts(), fee in rates(), cover in share(), market in numbers(), discount in numbers(), cash in flows()) {
        let guarantee = Guarantee { cover, limit: a, until, fee };
        let _ = guarantee.calls(&[Claim { on, loss: a, recovered: b }, Claim { on: until, loss: b, recovered: a }]);
        let _ = (guarantee.exposure(a, b, on), of_guarantee(&guarantee, market, &[(on, a), (until, b)], discount));
        let _ = (of_grant(a), together(&[a, b]), effective_rate(&cash));
        let sourced = SourcedRate { rate: fee, on, source: "Test".to_owned() };
        let _ = rate_on(std::slice::from_ref(&sourced), until, i64::MAX);
        let given = [Given { enterprise: "A".to_owned(), assistance: Assistance { given: on, amount: a, kind: AssistanceKind::Mfa } }];
        let _ = mfa_by_group(&given, &BTreeMap::new(), "A", b, until);
        let layer = Layer { name: "Loan".to_owned(), cash, subsidy: a };
        let _ = blended(&[layer.clone(), layer]);
    }

    #[test]
    fn plain_loans_and_what_follows_from_them_answer_or_refuse(on in dates(), first in prop::option::of(dates()), amount in amounts(), rate in rates(), instalments in 0_u32..40, months in 0_u32..130, market in rates(), n in numbers()) {
        for (repayment, interest) in [(Repayment::Annuity, InterestBasis::Act365F), (Repayment::EqualPrincipal, InterestBasis::EqualPeriods), (Repayment::Bullet, InterestBasis::Act365F)] {
            let terms = LoanTerms { tranches: vec![Tranche { on, amount }], rate, repayment, instalments, period_months: months, first_due: first, interest, holiday: None };
            let facility = Facility::from(&terms);
            let _ = known_on(&facility, &[], on);
            if let Ok(loan) = replay(&facility, &[]) {
                let _ = of_loan_balances(&loan, n, n, on);
            }
            if let Ok(schedule) = build(&terms) {
                let sourced = SourcedRate { rate: market, on, source: "Test".to_owned() };
                let _ = (balances(&terms, &schedule), gross_cash_equivalent(&terms, &schedule, sourced.clone(), sourced, on));
            }
        }
    }

    #[test]
    fn conditions_and_the_largest_loan_at_the_ends_answer_or_refuse(base in rates(), floor in rates(), ceiling in rates(), down in numbers(), up in numbers(), on in dates(), start in dates(), a in amounts(), b in amounts(), most in share()) {
        let terms = Ratchet { base, steps: vec![RatchetStep { condition: "Jobs".to_owned(), step_down: down, penalty: up }], floor, ceiling };
        let test = |accepted_on| Tested { condition: "Jobs".to_owned(), on, cut_off: on, accepted_on };
        let _ = (ratchet(&terms, &[test(None)], &[start]), ratchet(&terms, &[test(Some(on))], &[start]), forgiveness(a, down, b, most));
        let month = CashMonth { revenue: a, variable_costs: b, fixed_costs: a, other_debt: b, service: Pence::ZERO };
        let _ = largest_loan(&[month; 3], a, down, None, b, a, &|loan| Ok(vec![loan]));
    }
}
