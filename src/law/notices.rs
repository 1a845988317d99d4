//! Notices of the Procurement Act 2023 and the days they are due.

use super::calendar::Period;
use super::dated::{Dated, Unknown, day};
use super::thresholds::ContractType;
use crate::values::LocalDate;
use crate::values::time::medium_date;
use chrono::{Datelike, Months, NaiveDate};
use serde::Serialize;

crate::text_enum! {
    /// The notices, by their codes on the national platform.
    pub enum Notice {
        Pipeline = "UK1" => "Pipeline notice",
        MarketEngagement = "UK2" => "Preliminary market engagement notice",
        Planned = "UK3" => "Planned procurement notice",
        Tender = "UK4" => "Tender notice",
        Transparency = "UK5" => "Transparency notice",
        Award = "UK6" => "Contract award notice",
        ContractDetails = "UK7" => "Contract details notice",
        Payments = "UK8" => "Contract payment information",
        Performance = "UK9" => "Contract performance notice",
        Change = "UK10" => "Contract change notice",
        Termination = "UK11" => "Contract termination notice",
        ProcurementTermination = "UK12" => "Procurement termination notice",
        MarketIntention = "UK13" => "Dynamic market intention notice",
        MarketEstablishment = "UK14" => "Dynamic market establishment notice",
        MarketModification = "UK15" => "Dynamic market modification notice",
        MarketCessation = "UK16" => "Dynamic market cessation notice",
        PaymentsCompliance = "UK17" => "Payments compliance notice",
    }
}

crate::text_enum! {
    /// A duty to publish within a number of days of something.
    pub enum Duty {
        PipelineOfTheYear = "pipeline" => "Pipeline notice, from 1 April",
        ContractDetails = "contract_details" => "Contract details notice, from signing",
        ContractDetailsLightTouch = "contract_details_light_touch" => "Contract details notice, light touch, from signing",
        ContractCopy = "contract_copy" => "Copy of a contract over £5 million, from signing",
        ContractCopyLightTouch = "contract_copy_light_touch" => "Copy of a light touch contract over £5 million, from signing",
        ChangedContractCopy = "changed_contract_copy" => "Copy of a changed contract over £5 million, from the change",
        Payments = "payments" => "Payments of a quarter, from its last day",
        PaymentsCompliance = "payments_compliance" => "Payments compliance of a half-year, from its last day",
        Breach = "breach" => "Performance notice of a breach or persistent poor performance",
        Termination = "termination" => "Contract termination notice, from the end",
        ReportExclusion = "report_exclusion" => "Report of an exclusion to the Minister",
    }
}

/// When a duty must be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Due {
    /// Last day.
    pub by: LocalDate,
    /// How it was counted.
    pub period: Period,
    /// The section.
    pub reference: &'static str,
}

struct Deadline {
    duty: Duty,
    period: Period,
    reference: &'static str,
}

const ACT: (LocalDate, &str) =
    (day(2025, 2, 24), "Procurement Act 2023 and Procurement Regulations 2024, commenced on 24 February 2025");
const PERFORMANCE: (LocalDate, &str) =
    (day(2026, 1, 1), "Procurement Act 2023 ss.69 and 71, commenced on 1 January 2026");
const PAYMENTS: (LocalDate, &str) = (day(2026, 4, 1), "Procurement Act 2023 s.70, commenced on 1 April 2026");

const fn within(duty: Duty, days: u32, reference: &'static str, since: (LocalDate, &'static str)) -> Dated<Deadline> {
    Dated {
        valid_from: since.0,
        valid_until: None,
        source: since.1,
        value: Deadline { duty, period: Period::CalendarInclusive(days), reference },
    }
}

const DEADLINES: &[Dated<Deadline>] = &[
    within(Duty::PipelineOfTheYear, 56, "Procurement Act 2023 s.93", ACT),
    within(Duty::ContractDetails, 30, "Procurement Act 2023 s.53", ACT),
    within(Duty::ContractDetailsLightTouch, 120, "Procurement Act 2023 s.53", ACT),
    within(Duty::ContractCopy, 90, "Procurement Act 2023 s.53", ACT),
    within(Duty::ContractCopyLightTouch, 180, "Procurement Act 2023 s.53", ACT),
    within(Duty::ChangedContractCopy, 90, "Procurement Act 2023 s.77", ACT),
    within(Duty::Payments, 30, "Procurement Act 2023 s.70", PAYMENTS),
    within(Duty::PaymentsCompliance, 30, "Procurement Act 2023 s.69", PERFORMANCE),
    within(Duty::Breach, 30, "Procurement Act 2023 s.71(5)", PERFORMANCE),
    within(Duty::Termination, 30, "Procurement Act 2023 s.80", ACT),
    within(Duty::ReportExclusion, 30, "Procurement Act 2023 s.59", ACT),
];

/// The last day of a duty whose clock began on `from` (the day of signing, the end of a quarter, …).
///
/// # Errors
/// [`Unknown`] before the duty commenced.
pub fn due(duty: Duty, from: LocalDate) -> Result<Due, Unknown> {
    let found = DEADLINES
        .iter()
        .find(|entry| entry.value.duty == duty && entry.covers(from))
        .ok_or_else(|| Unknown::new(format!("the deadline of “{}” on {}", duty.label(), medium_date(from))))?;
    Ok(Due { by: found.value.period.end(from)?, period: found.value.period, reference: found.value.reference })
}

/// When the contract details notice is due after signing: 30 days, 120 for light touch; `None` for a
/// below-threshold contract, whose notice is due as soon as reasonably practicable.
pub fn contract_details_due(
    contract: ContractType,
    below_threshold: bool,
    signed: LocalDate,
) -> Result<Option<Due>, Unknown> {
    match (below_threshold, contract.is_light_touch()) {
        (true, _) => Ok(None),
        (false, true) => due(Duty::ContractDetailsLightTouch, signed).map(Some),
        (false, false) => due(Duty::ContractDetails, signed).map(Some),
    }
}

/// The last day of the calendar quarter that holds a date.
///
/// # Errors
/// [`Unknown`] at the end of the calendar.
pub fn quarter_end(date: LocalDate) -> Result<LocalDate, Unknown> {
    last_of_month(date.year(), date.month0() / 3 * 3 + 3)
}

/// The last day of the half-year of payments compliance that holds a date: 31 March or 30 September.
///
/// # Errors
/// [`Unknown`] at the end of the calendar.
pub fn half_year_end(date: LocalDate) -> Result<LocalDate, Unknown> {
    match date.month() {
        1..=3 => last_of_month(date.year(), 3),
        4..=9 => last_of_month(date.year(), 9),
        _ => last_of_month(date.year() + 1, 3),
    }
}

fn last_of_month(year: i32, month: u32) -> Result<LocalDate, Unknown> {
    NaiveDate::from_ymd_opt(year, month, 1)
        .and_then(|first| first.checked_add_months(Months::new(1)))
        .and_then(|next| next.pred_opt())
        .ok_or_else(|| Unknown::new(format!("the end of month {month} of {year}")))
}

/// Whether a planned procurement notice shortens the tendering period: published 40 days to 12 months before the
/// tender notice.
#[must_use]
pub fn planned_notice_qualifies(planned: LocalDate, tender: LocalDate) -> bool {
    let days = (tender - planned).num_days();
    days >= 40 && planned.checked_add_months(Months::new(12)).is_some_and(|latest| tender <= latest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_signed_on_1_march_2027_has_the_published_due_days() {
        let signed = day(2027, 3, 1);
        let by = |duty| due(duty, signed).unwrap().by;
        assert_eq!(by(Duty::ContractDetails), day(2027, 3, 30));
        assert_eq!(by(Duty::ContractDetailsLightTouch), day(2027, 6, 28));
        assert_eq!(by(Duty::ContractCopy), day(2027, 5, 29));
        assert_eq!(by(Duty::ContractCopyLightTouch), day(2027, 8, 27));
        assert_eq!(contract_details_due(ContractType::Works, true, signed), Ok(None));
        let light = contract_details_due(ContractType::LightTouch, false, signed).unwrap().unwrap();
        assert_eq!(light.by, day(2027, 6, 28));
    }

    #[test]
    fn payments_of_a_quarter_are_due_on_the_29th_of_the_next_month() {
        let by = |date| due(Duty::Payments, quarter_end(date).unwrap()).unwrap().by;
        assert_eq!(by(day(2026, 5, 12)), day(2026, 7, 29));
        assert_eq!(by(day(2026, 9, 30)), day(2026, 10, 29));
        assert_eq!(by(day(2026, 11, 24)), day(2027, 1, 29));
        assert_eq!(by(day(2027, 1, 1)), day(2027, 4, 29));
    }

    #[test]
    fn payments_compliance_and_the_pipeline_have_their_known_days() {
        let half = half_year_end(day(2026, 11, 24)).unwrap();
        assert_eq!((half, due(Duty::PaymentsCompliance, half).unwrap().by), (day(2027, 3, 31), day(2027, 4, 29)));
        assert_eq!(half_year_end(day(2026, 4, 1)).unwrap(), day(2026, 9, 30));
        assert_eq!(due(Duty::PipelineOfTheYear, day(2027, 4, 1)).unwrap().by, day(2027, 5, 26));
    }

    #[test]
    fn a_planned_notice_qualifies_from_forty_days_to_twelve_months_before() {
        assert!(!planned_notice_qualifies(day(2027, 1, 1), day(2027, 2, 9)));
        assert!(planned_notice_qualifies(day(2027, 1, 1), day(2027, 2, 10)));
        assert!(planned_notice_qualifies(day(2026, 1, 1), day(2027, 1, 1)));
        assert!(!planned_notice_qualifies(day(2026, 1, 1), day(2027, 1, 2)));
    }

    #[test]
    fn every_duty_has_a_deadline_and_none_before_it_commenced() {
        for duty in Duty::ALL {
            assert!(due(*duty, day(2026, 11, 24)).is_ok(), "{duty}");
        }
        assert!(due(Duty::Payments, day(2026, 3, 31)).is_err());
        assert_eq!(due(Duty::PaymentsCompliance, day(2026, 3, 31)).unwrap().by, day(2026, 4, 29));
    }
}
