//! A loan's terms as people type them: shared by subsidy routes and offers.

use crate::finance::LoanTerms;
use crate::finance::schedule::{
    CapitalisedRounding, Holiday, HolidayKind, HolidayTerm, InterestBasis, Repayment, Tranche,
};
use crate::values::{Parser, Pence, Rate};
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
    /// Yearly rate in per cent, such as `4.5`.
    pub rate: String,
    /// `annuity`, `equal_principal` or `bullet`.
    pub repayment: String,
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
}

/// Words and labels of ways to repay, for radios.
pub const REPAYMENTS: [(&str, &str); 3] = [
    ("annuity", "Level instalments"),
    ("equal_principal", "The same principal each time, with interest on top"),
    ("bullet", "Interest each time, all principal at the end"),
];

/// Words and labels of holidays, for selects.
pub const HOLIDAYS: [(&str, &str); 5] = [
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
            form.wrong(field, "Enter a rate of 0% or more, like 4.5");
            None
        }
    }
}

impl LoanInput {
    /// Whether anything of a loan was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tranches.trim().is_empty() && self.rate.trim().is_empty()
    }

    /// Reads the terms; field errors go to the form.
    pub fn read(&self, form: &mut Parser) -> Option<LoanTerms> {
        let tranches = self.read_tranches(form);
        let rate = percent(form, "rate", &self.rate, "Enter the yearly interest rate in per cent");
        let repayment = form.text("repayment", &self.repayment, 40, "Choose how it is repaid");
        let repayment = match repayment.as_str() {
            "annuity" => Some(Repayment::Annuity),
            "equal_principal" => Some(Repayment::EqualPrincipal),
            "bullet" => Some(Repayment::Bullet),
            "" => None,
            _ => {
                form.wrong("repayment", "Choose how it is repaid");
                None
            }
        };
        let instalments = form.value::<u32>("instalments", &self.instalments, "Enter the number of instalments");
        let period_months = if self.period_months.trim().is_empty() {
            Some(1)
        } else {
            form.value::<u32>("period_months", &self.period_months, "")
        };
        let interest = match self.interest.trim() {
            "" | "act_365f" => Some(InterestBasis::Act365F),
            "equal_periods" => Some(InterestBasis::EqualPeriods),
            _ => {
                form.wrong("interest", "Choose how interest is counted");
                None
            }
        };
        let holiday = self.read_holiday(form);
        Some(LoanTerms {
            tranches: tranches?,
            rate: rate?,
            repayment: repayment?,
            instalments: instalments?,
            period_months: period_months?,
            first_due: None,
            interest: interest?,
            holiday: holiday?,
        })
    }

    fn read_tranches(&self, form: &mut Parser) -> Option<Vec<Tranche>> {
        const MISSING: &str = "Enter how much is paid out, such as 40,000 on 2027-02-01";
        let mut tranches = Vec::new();
        for line in self.tranches.split([';', '\n']).map(str::trim).filter(|line| !line.is_empty()) {
            let (amount, on) = line.split_once(" on ").unwrap_or((line, self.draw_on.as_str()));
            let field = if line.contains(" on ") { "tranches" } else { "draw_on" };
            let amount = form.pence("tranches", amount, MISSING).filter(|a| *a > Pence::ZERO);
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

    #[expect(clippy::option_option, reason = "outer: whether it could be read; inner: whether there is a holiday")]
    fn read_holiday(&self, form: &mut Parser) -> Option<Option<Holiday>> {
        let kind = match self.holiday.trim() {
            "" => return Some(None),
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
        let periods =
            form.value::<u32>("holiday_periods", &self.holiday_periods, "Enter how many periods the holiday lasts")?;
        Some(Some(Holiday { kind, periods, term: HolidayTerm::Lengthens, rounding: CapitalisedRounding::EachRow }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loan_in_two_tranches_is_read_as_it_is_written() {
        let input = LoanInput {
            tranches: "£40,000 on 2027-02-01; 20,000 on 1/8/2027".into(),
            rate: "4.5%".into(),
            repayment: "annuity".into(),
            instalments: "48".into(),
            holiday: "interest_only".into(),
            holiday_periods: "6".into(),
            ..LoanInput::default()
        };
        let mut form = Parser::default();
        let terms = input.read(&mut form).unwrap();
        form.finish().unwrap();
        assert_eq!(terms.tranches.iter().map(|t| t.amount).collect::<Vec<_>>(), [Pence(4_000_000), Pence(2_000_000)]);
        assert_eq!(terms.rate.to_string(), "0.045");
        assert_eq!(terms.holiday.map(|h| h.periods), Some(6));
        assert!(crate::finance::build(&terms).is_ok());
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
