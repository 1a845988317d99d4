//! What only a tender has: threshold, procedure, duties before the notice, minimum periods.

use super::model::{TenderTerms, Terms, WageArea};
use super::rules::{CallRefusal, Missing, Section};
use super::stage_rules;
use crate::law::procedures::Procedure;
use crate::law::{
    self, Circumstances, MinimumPeriod, Threshold, Unknown, participation_period, tendering_period, threshold,
};
use crate::values::{Instant, LocalDate, Pence};

/// Where the law lets terms be changed, and until when.
pub const AMENDING: &str = "Procurement Act 2023 s.31";

/// Something to consider before the notice, with what was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duty {
    /// Key in [`TenderTerms::considered`].
    pub key: &'static str,
    /// Its name.
    pub label: &'static str,
    /// What to write.
    pub hint: &'static str,
    /// The section.
    pub reference: &'static str,
    /// Whether it binds below the threshold too.
    pub below_threshold: bool,
}

/// Every duty, in the order of the page.
pub const DUTIES: [Duty; 7] = [
    Duty {
        key: "market_engagement",
        label: "Market engagement",
        hint: "What you asked the market, with the number of its notice, or why you did not",
        reference: "Procurement Act 2023 ss.16–17",
        below_threshold: false,
    },
    Duty {
        key: "conflicts",
        label: "Conflicts assessment",
        hint: "Who was asked, what was found, what was done about it",
        reference: "Procurement Act 2023 ss.81–83",
        below_threshold: false,
    },
    Duty {
        key: "social_value",
        label: "Social value",
        hint: "How the contract can make the area better off, and whether people were consulted",
        reference: "Public Services (Social Value) Act 2012 s.1",
        below_threshold: false,
    },
    Duty {
        key: "policy_statement",
        label: "National policy statement",
        hint: "How you had regard to growth and small suppliers, to missions, and to capability",
        reference: "Procurement Act 2023 s.13",
        below_threshold: false,
    },
    Duty {
        key: "lots",
        label: "Lots",
        hint: "Why the contract is or is not divided into lots",
        reference: "Procurement Act 2023 s.18",
        below_threshold: false,
    },
    Duty {
        key: "exclusions",
        label: "Exclusion and debarment",
        hint: "How suppliers and their subcontractors will be checked, and by whom",
        reference: "Procurement Act 2023 ss.26–28",
        below_threshold: false,
    },
    Duty {
        key: "small_suppliers",
        label: "Small suppliers",
        hint: "Which barriers small and voluntary organisations may meet, and what you did about them",
        reference: "Procurement Act 2023 ss.12(4) and 86",
        below_threshold: true,
    },
];

/// The threshold for this tender and whether its value, or that of all its lots together, reaches it, on the day the procurement begins.
///
/// # Errors
/// [`Unknown`] where the table has no entry for the day.
pub fn above_threshold(tender: &TenderTerms, commenced: LocalDate) -> Result<(Threshold, bool), Unknown> {
    let threshold = threshold(tender.contract_type, commenced)?;
    Ok((threshold, threshold.is_above(tender.value_together())))
}

/// The duties that bind, given whether the value reaches the threshold.
pub fn duties(above: bool) -> impl Iterator<Item = &'static Duty> {
    DUTIES.iter().filter(move |duty| above || duty.below_threshold)
}

/// The shortest period after a notice or invitation of that day: for requests to take part of a first stage, for final
/// tenders of suppliers that were selected beforehand, or for tenders.
///
/// # Errors
/// [`Unknown`] where the table has no entry for the day.
pub fn minimum_period(tender: &TenderTerms, notice_on: LocalDate) -> Result<MinimumPeriod, Unknown> {
    if tender.is_first_stage() {
        participation_period(notice_on, &tender.circumstances)
    } else {
        let invited = tender.first_stage().is_some();
        let preselected_only = invited || tender.circumstances.preselected_only;
        tendering_period(notice_on, &Circumstances { preselected_only, ..tender.circumstances })
    }
}

/// Whether a deadline leaves suppliers the shortest period that the law allows.
///
/// # Errors
/// [`CallRefusal::PeriodTooShort`]; Unknown is told as a period that cannot be checked.
pub fn period_holds(tender: &TenderTerms, deadline: Instant, notice_on: LocalDate) -> crate::error::Result<()> {
    let period = minimum_period(tender, notice_on)?;
    if deadline.date() < period.earliest_deadline {
        return Err(CallRefusal::PeriodTooShort {
            days: period.days,
            earliest: period.earliest_deadline,
            reference: period.reference,
        }
        .into());
    }
    Ok(())
}

/// What a tender lacks.
pub fn missing(tender: &TenderTerms, terms: &Terms, commenced: LocalDate, missing: &mut Vec<Missing>) {
    money(tender, terms, missing);
    if let Some(lot) = &tender.lot {
        super::lot_terms::missing(lot, terms, missing);
    }
    if super::round::votes(terms) > 0 {
        missing.push(Missing::new(
            Section::Criteria,
            "calls/vote-in-tender",
            "Residents vote in investment rounds. Bids are judged by evaluators, so remove the community panel.",
        ));
    }
    let above = match above_threshold(tender, commenced) {
        Ok((threshold, above)) => {
            procedure(tender, threshold, above, missing);
            above
        }
        Err(unknown) => {
            missing.push(Missing::of(Section::Money, unknown));
            true
        }
    };
    for duty in duties(above) {
        if tender.considered.get(duty.key).is_none_or(|words| words.trim().is_empty()) {
            missing.push(
                Missing::new(
                    Section::Duties,
                    "calls/duty",
                    format!("{}: say what was considered and decided.", duty.label),
                )
                .by(duty.reference),
            );
        }
    }
    stage_rules::missing(tender, terms, missing);
    if !tender.is_first_stage() && !terms.model.criteria.iter().any(crate::evaluation::Criterion::holds_price) {
        missing.push(Missing::new(
            Section::Criteria,
            "calls/no-price",
            "Add a price criterion. Where everybody is paid the same, use a fixed price.",
        ));
    }
    if let Some(deadline) = terms.timetable.deadline {
        match minimum_period(tender, commenced) {
            Ok(period) if deadline.date() < period.earliest_deadline => missing.push(
                Missing::new(
                    Section::Timetable,
                    "calls/period-too-short",
                    format!(
                        "With a notice on {} applications may not close before {}: suppliers have at least {} days. {}",
                        crate::values::time::medium_date(commenced),
                        crate::values::time::medium_date(period.earliest_deadline),
                        period.days,
                        period.reason
                    ),
                )
                .by(period.reference),
            ),
            Ok(_) => {}
            Err(unknown) => missing.push(Missing::of(Section::Timetable, unknown)),
        }
    }
}

/// The hourly wage that the hours of a bid are held against on a day; none where hours are not asked for.
///
/// # Errors
/// [`Unknown`] when the table holds no rate for that day.
pub fn hourly_wage(area: Option<WageArea>, on: LocalDate) -> Result<Option<Pence>, Unknown> {
    let Some(area) = area else { return Ok(None) };
    let wage = law::living_wage(on)?.value;
    Ok(Some(match area {
        WageArea::London => wage.london,
        WageArea::Uk => wage.uk,
    }))
}

/// What is asked for must be held against the wage of the day of publication.
pub(super) fn hours(tender: &TenderTerms, terms: &Terms, today: LocalDate, missing: &mut Vec<Missing>) {
    let held_against = terms.model.abnormally_low.as_ref().and_then(|rule| rule.hourly_wage);
    match hourly_wage(tender.hours_asked, today) {
        Ok(wage) if tender.hours_asked.is_some() && wage != held_against => missing.push(Missing::new(
            Section::Money,
            "calls/living-wage",
            "The living wage has changed since the money page was saved. Save it again, so that hours are held against the wage of today.",
        )),
        Ok(_) => {}
        Err(unknown) => missing.push(Missing::of(Section::Money, unknown)),
    }
}

fn money(tender: &TenderTerms, terms: &Terms, missing: &mut Vec<Missing>) {
    if tender.estimated_value <= Pence::ZERO {
        missing.push(Missing::new(
            Section::Money,
            "calls/value",
            "Estimate the value of the whole contract, with VAT, options and extensions.",
        ));
    }
    if tender.ends_on <= tender.starts_on {
        missing.push(Missing::new(Section::Money, "calls/contract-dates", "Say when the contract begins and ends."));
    } else if terms.timetable.decision_on.is_some_and(|decision| tender.starts_on <= decision) {
        missing.push(Missing::new(
            Section::Money,
            "calls/contract-starts-early",
            "The contract begins after the decision; choose a later first day.",
        ));
    }
}

fn procedure(tender: &TenderTerms, threshold: Threshold, above: bool, missing: &mut Vec<Missing>) {
    let mut wrong = |code, sentence: String, reference| {
        missing.push(Missing::new(Section::Money, code, sentence).by(reference));
    };
    let at = tender.procedure;
    if !at.is_competitive() {
        wrong(
            "calls/not-competitive",
            "Nobody competes in a direct award, so it has no call. Choose a procedure with competition.".to_owned(),
            at.reference(),
        );
    }
    if above && (at == Procedure::BelowThreshold || tender.circumstances.below_threshold) {
        wrong(
            "calls/above-threshold",
            format!(
                "The value reaches the threshold of {} for {}, so the below-threshold rules cannot be used.",
                threshold.amount,
                tender.contract_type.label().to_lowercase()
            ),
            "Procurement Act 2023 s.3 and Schedule 1",
        );
    }
    if !tender.contract_type.is_light_touch() && (at == Procedure::LightTouch || tender.circumstances.light_touch) {
        wrong(
            "calls/not-light-touch",
            "Light touch rules are only for light touch services. Choose that contract type, or another procedure."
                .to_owned(),
            "Procurement Act 2023 s.9",
        );
    }
    if tender.circumstances.dynamic_market && at != Procedure::DynamicMarket {
        wrong(
            "calls/not-dynamic-market",
            "The shorter period of a dynamic market needs the dynamic market procedure.".to_owned(),
            "Procurement Act 2023 s.34",
        );
    }
}
