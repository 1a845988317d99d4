//! Explanations of whatever was worked out at the ends: as many lines as can be written, never a panic.

use super::{amounts, dates, flows, numbers};
use crate::finance::Closing;
use crate::finance::affordability::{CashMonth, STRESSES, affordability, stressed};
use crate::finance::conditions::condition_effect;
use crate::finance::equivalents::{of_cash, of_grant};
use crate::finance::explain;
use crate::finance::forecast::{Run, Simulated, simulate};
use crate::finance::irr::{irr, xirr};
use crate::finance::loan::{Facility, replay};
use crate::finance::measures::{FlowKind, MULTIPLE_PLACES, TypedFlow, measures};
use crate::finance::pme::{Level, kaplan_schoar};
use crate::finance::schedule::{InterestBasis, LoanTerms, Repayment, Tranche};
use crate::values::{Pence, Rate, Share};
use proptest::prelude::*;
use rust_decimal::Decimal;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn rates_and_equivalents_are_explained_without_a_panic(cash in flows(), other in flows(), date in dates(), value in amounts(), rate in numbers()) {
        let closing = Some(Closing { date, value });
        let _ = explain::rates::dated_rate(&cash, closing, &xirr(&cash, closing));
        let pence: Vec<Pence> = cash.iter().map(|f| f.amount).collect();
        if let Ok(found) = irr(&pence) {
            let _ = explain::rates::periodic_rate(&pence, &found);
        }
        let _ = (explain::rates::dated_value(&cash, rate), explain::rates::periodic_value(&pence, rate));
        if let Ok(found) = condition_effect(&cash, &other, rate) {
            let _ = explain::conditions::effect(&cash, &other, rate, &found);
        }
        if let Ok(found) = of_cash(&cash, rate) {
            let _ = explain::subsidies::of_cash(&cash, rate, found);
        }
        let _ = explain::subsidies::of_grant(value, of_grant(value));
    }

    #[test]
    fn loans_sheets_funds_and_forecasts_are_explained_without_a_panic(on in dates(), a in amounts(), b in amounts(), n in numbers(), points in 0_i64..10_000) {
        let terms = LoanTerms {
            tranches: vec![Tranche { on, amount: a }], rate: Rate::new(Decimal::new(points, 4)).unwrap(), repayment: Repayment::Annuity,
            instalments: 12, period_months: 1, first_due: None, interest: InterestBasis::Act365F, holiday: None,
        };
        if let Ok(found) = replay(&Facility::from(&terms), &[]) {
            let _ = (explain::loans::schedule(&found), explain::subsidies::of_loan(&found, n, n, on, a));
        }
        let sheet = [CashMonth { revenue: a, variable_costs: b, fixed_costs: a, other_debt: b, service: a }; 2];
        if let Ok(found) = affordability(&sheet, b) {
            let _ = explain::affordability::affordability(&sheet, b, &found);
        }
        if let Ok(found) = stressed(&sheet, STRESSES[2]).and_then(|sheet| affordability(&sheet, b)) {
            let _ = explain::affordability::stressed(&STRESSES[2], &found);
        }
        let flows = [TypedFlow { on, kind: FlowKind::Drawdown, amount: a }, TypedFlow { on, kind: FlowKind::Interest, amount: b }];
        let _ = explain::fund::measures(&flows, Some(b), on, &measures(&flows, None, Some(b), on, MULTIPLE_PLACES));
        let index = [Level { on, level: n }];
        if let Ok(found) = kaplan_schoar(&flows, b, &index, on) {
            let _ = explain::public_market::kaplan_schoar(&flows, b, &index, on, found);
        }
        let chance = Share::new(Decimal::new(5, 1)).unwrap();
        let book = [Simulated { contracted: vec![a, b], default: chance, recovery: chance, delay: chance, swing: chance, exit: None }];
        let run = Run { seed: 1, paths: 5, cash: a, costs: b };
        if let Ok(found) = simulate(&book, run, 1, &|_| {}) {
            let _ = explain::simulation::forecast(&run, &found);
        }
    }
}
