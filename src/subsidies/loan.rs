//! A loan's terms as people type them: shared by subsidy routes and offers.

use crate::finance::DayCount;
use crate::finance::business_days::{Convention, MonthEnd};
use crate::finance::loan::{Accrual, Facility, Fee, FeeCharge, Pause, Plan, Price, RateStep, Scope};
use crate::finance::schedule::{CapitalisedRounding, HolidayKind, HolidayTerm, Tranche};
use crate::values::{Parser, Pence, Rate, Share};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A loan's terms, every field as text.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct LoanInput {
    /// Amounts to be paid out, one for each tranche, each with its date: `40000 on 2027-02-01; 20000 on 2027-08-01`.
    /// A single amount is drawn on the first day.
    pub tranches: String,
    /// First day of the loan, for a tranche without a date.
    pub draw_on: String,
    /// Yearly rate in per cent, such as `4.5`; for a loan with a margin the base rate today.
    pub rate: String,
    /// Later rates, one line each: `5.5 from 2028-01-01`. Empty for one rate throughout.
    pub steps: String,
    /// What is added to the base rate, in per cent. Empty for a fixed rate.
    pub margin: String,
    /// The least a rate with a margin can be, in per cent.
    pub rate_floor: String,
    /// The most a rate with a margin can be, in per cent.
    pub rate_ceiling: String,
    /// `annuity`, `equal_principal`, `bullet` or `balloon`.
    pub repayment: String,
    /// What a balloon leaves for the end, in pounds.
    pub balloon: String,
    /// Number of instalments.
    pub instalments: String,
    /// Months from one due date to the next; 1 when empty.
    pub period_months: String,
    /// `act_365f` or `equal_periods`; the first when empty.
    pub interest: String,
    /// `interest_only`, `capitalised_simple`, `capitalised_compounding`, `deferred`, `interest_free`, or empty.
    pub holiday: String,
    /// Periods of the holiday.
    pub holiday_periods: String,
    /// The due date that the holiday begins with; 1 when empty.
    pub holiday_first: String,
    /// `lengthens` or `squeezes` the term; the first when empty.
    pub holiday_term: String,
    /// `each_tranche` when every tranche has its own holiday from its own day; otherwise the loan as a whole.
    pub holiday_scope: String,
    /// A fee on each amount paid out, in per cent.
    pub drawing_fee: String,
}

/// Words and labels of ways to repay, for radios.
pub(super) const REPAYMENTS: [(&str, &str); 4] = [
    ("annuity", "Level instalments"),
    ("equal_principal", "The same principal each time, with interest on top"),
    ("bullet", "Interest each time, all principal at the end"),
    ("balloon", "Level instalments that leave an amount for the end"),
];

/// Words and labels of holidays, for selects.
pub(super) const HOLIDAYS: [(&str, &str); 5] = [
    ("interest_only", "Only interest is paid"),
    ("capitalised_simple", "Interest is added to the loan, without interest on interest"),
    ("capitalised_compounding", "Interest is added to the loan and bears interest"),
    ("deferred", "Interest is paid with the first instalment"),
    ("interest_free", "No interest is charged"),
];

/// A rate typed in per cent.
pub(super) fn percent(form: &mut Parser, field: &str, text: &str, missing: &str) -> Option<Rate> {
    let value = form.decimal(field, text.trim().trim_end_matches('%'), missing)?;
    match Rate::new(value / Decimal::ONE_HUNDRED) {
        Ok(rate) if rate.get() >= Decimal::ZERO => Some(rate),
        _ => {
            form.wrong(field, "Enter a rate from 0% to 10,000%, like 4.5");
            None
        }
    }
}

/// A part of a whole typed in per cent.
pub(super) fn part(form: &mut Parser, field: &str, text: &str, missing: &str) -> Option<Share> {
    let value = form.decimal(field, text.trim().trim_end_matches('%'), missing)?;
    Share::new(value / Decimal::ONE_HUNDRED).map_err(|_| form.wrong(field, "Enter a part of 0% to 100%, like 5")).ok()
}

impl LoanInput {
    /// Whether anything of a loan was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tranches.trim().is_empty() && self.rate.trim().is_empty()
    }

    /// Reads the terms; field errors go to the form.
    pub fn read(&self, form: &mut Parser) -> Option<Facility> {
        let draws = self.read_tranches(form);
        let begin = draws.iter().flatten().map(|d| d.on).min();
        let price = self.read_price(form, begin);
        let plan = self.read_plan(form);
        let instalments = form.value::<u32>("instalments", &self.instalments, "Enter the number of instalments");
        let period_months = self.read_months(form);
        let accrual = match self.interest.trim() {
            "" | "act_365f" => Some(Accrual::Days(DayCount::Act365F)),
            "equal_periods" => Some(Accrual::EqualPeriods),
            _ => {
                form.wrong("interest", "Choose how interest is counted");
                None
            }
        };
        let pauses = self.read_holiday(form);
        let scope = match self.holiday_scope.trim() {
            "each_tranche" => Scope::EachTranche,
            _ => Scope::Facility,
        };
        let fees = if self.drawing_fee.trim().is_empty() {
            Some(Vec::new())
        } else {
            part(form, "drawing_fee", &self.drawing_fee, "").map(|share| {
                vec![Fee {
                    name: "Arrangement fee".to_owned(),
                    charge: FeeCharge::OnDrawing { share },
                    financed: false,
                }]
            })
        };
        Some(Facility {
            draws: draws?,
            price: price?,
            accrual: accrual?,
            plan: plan?,
            instalments: instalments?,
            period_months: period_months?,
            first_due: None,
            month_end: MonthEnd::SameDay,
            convention: Convention::Unadjusted,
            calendar: None,
            pauses: pauses?,
            scope,
            fees: fees?,
        })
    }

    fn read_price(&self, form: &mut Parser, begin: Option<crate::values::LocalDate>) -> Option<Price> {
        let rate = percent(form, "rate", &self.rate, "Enter the yearly interest rate in per cent");
        if !self.margin.trim().is_empty() {
            let margin = percent(form, "margin", &self.margin, "");
            let mut limit = |field: &str, text: &str| {
                if text.trim().is_empty() { Some(None) } else { percent(form, field, text, "").map(Some) }
            };
            let floor = limit("rate_floor", &self.rate_floor);
            let ceiling = limit("rate_ceiling", &self.rate_ceiling);
            let base = vec![RateStep { from: begin?, rate: rate? }];
            return Some(Price::BasePlusMargin { base, margin: margin?, floor: floor?, ceiling: ceiling? });
        }
        if self.steps.trim().is_empty() {
            return Some(Price::Fixed { rate: rate? });
        }
        let mut steps = Vec::new();
        for line in self.steps.split([';', '\n']).map(str::trim).filter(|line| !line.is_empty()) {
            let Some((rate, from)) = line.split_once(" from ") else {
                form.wrong("steps", "Write each later rate like 5.5 from 1/1/2028");
                return None;
            };
            let rate = percent(form, "steps", rate, "Write each later rate like 5.5 from 1/1/2028");
            let from = form.date("steps", from, "Write each later rate like 5.5 from 1/1/2028");
            steps.push(RateStep { from: from?, rate: rate? });
        }
        steps.insert(0, RateStep { from: begin?, rate: rate? });
        Some(Price::Stepped { steps })
    }

    fn read_plan(&self, form: &mut Parser) -> Option<Plan> {
        let repayment = form.text("repayment", &self.repayment, 40, "Choose how it is repaid");
        match repayment.as_str() {
            "annuity" => Some(Plan::Annuity),
            "equal_principal" => Some(Plan::EqualPrincipal),
            "bullet" => Some(Plan::Bullet),
            "balloon" => {
                let amount = form.pence("balloon", &self.balloon, "Enter what is left for the end, in pounds")?;
                form.check(amount > Pence::ZERO, "balloon", "Enter more than £0");
                Some(Plan::Balloon { amount })
            }
            "" => None,
            _ => {
                form.wrong("repayment", "Choose how it is repaid");
                None
            }
        }
    }

    /// Months from one payment to the next; 1 when nothing is typed.
    pub(super) fn read_months(&self, form: &mut Parser) -> Option<u32> {
        if self.period_months.trim().is_empty() {
            Some(1)
        } else {
            form.value::<u32>("period_months", &self.period_months, "")
        }
    }

    /// The amounts paid out, each with its day.
    pub(super) fn read_tranches(&self, form: &mut Parser) -> Option<Vec<Tranche>> {
        const MISSING: &str = "Enter how much is paid out, such as 40,000 on 1 February 2027";
        let mut tranches = Vec::new();
        for line in self.tranches.split([';', '\n']).map(str::trim).filter(|line| !line.is_empty()) {
            let (amount, on) = line.split_once(" on ").unwrap_or((line, self.draw_on.as_str()));
            let field = if line.contains(" on ") { "tranches" } else { "draw_on" };
            let amount = form.pence("tranches", amount, MISSING);
            form.check(amount.is_none_or(|a| a > Pence::ZERO), "tranches", "Enter an amount above £0");
            let amount = amount.filter(|a| *a > Pence::ZERO);
            let on = form.date(field, on, "Enter the day the money is paid out");
            if let (Some(amount), Some(on)) = (amount, on) {
                tranches.push(Tranche { on, amount });
            } else {
                return None;
            }
        }
        if tranches.is_empty() {
            form.wrong("tranches", MISSING);
            return None;
        }
        Some(tranches)
    }

    fn read_holiday(&self, form: &mut Parser) -> Option<Vec<Pause>> {
        let kind = match self.holiday.trim() {
            "" => return Some(Vec::new()),
            "interest_only" => HolidayKind::InterestOnly,
            "capitalised_simple" => HolidayKind::CapitalisedSimple,
            "capitalised_compounding" => HolidayKind::CapitalisedCompounding,
            "deferred" => HolidayKind::Deferred,
            "interest_free" => HolidayKind::InterestFree,
            _ => {
                form.wrong("holiday", "Choose what happens to interest in the holiday");
                return None;
            }
        };
        let term = match self.holiday_term.trim() {
            "" | "lengthens" => HolidayTerm::Lengthens,
            "squeezes" => HolidayTerm::Squeezes,
            _ => {
                form.wrong("holiday_term", "Choose whether the holiday lengthens the loan");
                return None;
            }
        };
        let periods =
            form.value::<u32>("holiday_periods", &self.holiday_periods, "Enter how many periods the holiday lasts")?;
        let first = if self.holiday_first.trim().is_empty() {
            1
        } else {
            form.value::<u32>("holiday_first", &self.holiday_first, "")?
        };
        form.check(first >= 1 && periods >= 1, "holiday_periods", "Enter 1 or more");
        Some(vec![Pause { first, periods, kind, term, rounding: CapitalisedRounding::EachRow }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> LoanInput {
        LoanInput {
            tranches: "£40,000 on 2027-02-01; 20,000 on 1/8/2027".into(),
            rate: "4.5%".into(),
            repayment: "annuity".into(),
            instalments: "48".into(),
            holiday: "interest_only".into(),
            holiday_periods: "6".into(),
            ..LoanInput::default()
        }
    }

    fn read(input: &LoanInput) -> Facility {
        let mut form = Parser::default();
        let terms = input.read(&mut form);
        form.finish().unwrap();
        terms.unwrap()
    }

    #[test]
    fn a_loan_in_two_tranches_is_read_as_it_is_written() {
        let terms = read(&plain());
        assert_eq!(terms.draws.iter().map(|t| t.amount).collect::<Vec<_>>(), [Pence(4_000_000), Pence(2_000_000)]);
        assert_eq!(terms.price, Price::Fixed { rate: "0.045".parse().unwrap() });
        assert_eq!(terms.pauses.iter().map(|p| (p.first, p.periods)).collect::<Vec<_>>(), [(1, 6)]);
        assert!(crate::finance::loan::replay(&terms, &[]).is_ok());
    }

    #[test]
    fn steps_margins_balloons_and_later_holidays_are_read() {
        let stepped = LoanInput { steps: "5.5 from 1/2/2028; 6 from 1/2/2029".into(), ..plain() };
        let Price::Stepped { steps } = read(&stepped).price else { panic!() };
        assert_eq!(steps.iter().map(|s| s.rate.to_string()).collect::<Vec<_>>(), ["0.045", "0.055", "0.06"]);
        let margin = LoanInput { margin: "2".into(), rate_floor: "3".into(), ..plain() };
        let Price::BasePlusMargin { base, ceiling, .. } = read(&margin).price else { panic!() };
        assert_eq!((base.len(), ceiling), (1, None));
        let balloon = LoanInput {
            repayment: "balloon".into(),
            balloon: "10,000".into(),
            holiday_first: "13".into(),
            holiday_term: "squeezes".into(),
            ..plain()
        };
        let terms = read(&balloon);
        assert_eq!(terms.plan, Plan::Balloon { amount: Pence(1_000_000) });
        assert_eq!((terms.pauses[0].first, terms.pauses[0].term), (13, HolidayTerm::Squeezes));
        let mut form = Parser::default();
        LoanInput { steps: "soon".into(), ..plain() }.read(&mut form);
        assert!(form.finish().unwrap_err().at("steps").is_some());
    }

    #[test]
    fn nothing_or_less_is_no_amount_to_pay_out() {
        for tranches in ["0 on 2027-02-01", "-1 on 2027-02-01"] {
            let mut form = Parser::default();
            assert_eq!(LoanInput { tranches: tranches.into(), ..plain() }.read(&mut form), None);
            assert!(form.finish().unwrap_err().at("tranches").is_some(), "{tranches}");
        }
    }

    #[test]
    fn every_missing_field_of_a_loan_is_told_at_once() {
        let mut form = Parser::default();
        assert_eq!(LoanInput::default().read(&mut form), None);
        let errors = form.finish().unwrap_err();
        for field in ["tranches", "rate", "repayment", "instalments"] {
            assert!(errors.at(field).is_some(), "{field}");
        }
    }
}
