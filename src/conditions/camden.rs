//! A catalogue to practise with: what a council like Camden might ask. The wages of the Living Wage Foundation are
//! law's own table; every target here is made up and is a place to begin from, not a policy.

use super::actions;
use super::inputs::ConditionInput;
use super::model::Condition;
use crate::app::App;
use crate::error::Result;
use crate::values::{Actor, Instant};

struct Draft {
    title: &'static str,
    text: &'static str,
    behaviour: &'static str,
    fixedness: &'static str,
    measure: &'static str,
    unit: &'static str,
    direction: &'static str,
    target: &'static str,
    evidence: &'static str,
    verifier: &'static str,
    cadence: &'static str,
    pace: &'static str,
    remedies: &'static str,
}

const LADDER: &str =
    "Notice and a cure plan\nNext payment held until the plan is kept\nRecovery of what was paid for it\nTermination";
const SHARING: &str = "Notice and a cure plan\nInterest on what is late\nRecovery of what is due\nEarly repayment";

const DRAFTS: [Draft; 10] = [
    Draft {
        title: "Fair pay",
        text: "Everybody aged 18 or over who works on this, also for subcontractors, is paid at least the London Living Wage in force.",
        behaviour: "directionality",
        fixedness: "fixed",
        measure: "Staff paid at least the London Living Wage",
        unit: "%",
        direction: "at_least",
        target: "100",
        evidence: "Payroll without names\nLiving Wage accreditation",
        verifier: "council",
        cadence: "yearly",
        pace: "holds",
        remedies: LADDER,
    },
    Draft {
        title: "Local employment",
        text: "New jobs are open to residents who were out of work, and some of them are still in work after six months.",
        behaviour: "directionality",
        fixedness: "negotiable",
        measure: "Residents in work for 6 months or more",
        unit: "people",
        direction: "at_least",
        target: "10",
        evidence: "Payroll without names\nConfirmation of residence by the council’s job centre",
        verifier: "council",
        cadence: "half_yearly",
        pace: "builds",
        remedies: LADDER,
    },
    Draft {
        title: "Youth placements",
        text: "Young people aged 16 to 24 finish a paid placement of at least eight weeks.",
        behaviour: "directionality",
        fixedness: "negotiable",
        measure: "Young people finishing a paid placement",
        unit: "people",
        direction: "at_least",
        target: "6",
        evidence: "Placement agreements\nPayroll without names",
        verifier: "council",
        cadence: "half_yearly",
        pace: "builds",
        remedies: LADDER,
    },
    Draft {
        title: "Sustainable food",
        text: "Meals are cooked from produce that carries a recognised sustainability certificate, wherever it was grown.",
        behaviour: "directionality",
        fixedness: "negotiable",
        measure: "Meals cooked from certified sustainable produce",
        unit: "%",
        direction: "at_least",
        target: "60",
        evidence: "Purchase records\nCertificates",
        verifier: "third_party",
        cadence: "quarterly",
        pace: "builds",
        remedies: LADDER,
    },
    Draft {
        title: "Open books",
        text: "The council sees the accounts of this work each year, so that costs and surplus are known to both sides.",
        behaviour: "profit_sharing",
        fixedness: "fixed",
        measure: "Yearly accounts given within four months of the year’s end",
        unit: "accounts a year",
        direction: "at_least",
        target: "1",
        evidence: "Accounts signed by a director",
        verifier: "council",
        cadence: "yearly",
        pace: "builds",
        remedies: LADDER,
    },
    Draft {
        title: "Rent cap for community use",
        text: "Community groups rent the space at no more than this share of the market rent.",
        behaviour: "access",
        fixedness: "fixed",
        measure: "Rent asked of community groups as a share of market rent",
        unit: "%",
        direction: "at_most",
        target: "50",
        evidence: "Rent roll\nValuation of market rent, at most three years old",
        verifier: "third_party",
        cadence: "yearly",
        pace: "holds",
        remedies: LADDER,
    },
    Draft {
        title: "Profit share above a cap",
        text: "Of the profit above an agreed cap, the enterprise pays a share back, so that the public has part in success.",
        behaviour: "profit_sharing",
        fixedness: "negotiable",
        measure: "Share of profit above the cap paid back",
        unit: "%",
        direction: "at_least",
        target: "20",
        evidence: "Accounts signed by a director\nCalculation of profit above the cap",
        verifier: "council",
        cadence: "yearly",
        pace: "holds",
        remedies: SHARING,
    },
    Draft {
        title: "Reinvestment of surplus",
        text: "At least this share of each year’s surplus goes into the enterprise’s social purpose and not to owners.",
        behaviour: "reinvestment",
        fixedness: "fixed",
        measure: "Surplus reinvested in the social purpose",
        unit: "%",
        direction: "at_least",
        target: "65",
        evidence: "Accounts signed by a director\nMinutes of the decision on surplus",
        verifier: "council",
        cadence: "yearly",
        pace: "holds",
        remedies: SHARING,
    },
    Draft {
        title: "Data sharing",
        text: "Results are given to the council as open data without anything about a person, for anyone to learn from.",
        behaviour: "access",
        fixedness: "fixed",
        measure: "Quarterly data sets given within 30 days",
        unit: "data sets a year",
        direction: "at_least",
        target: "4",
        evidence: "The data sets themselves",
        verifier: "council",
        cadence: "quarterly",
        pace: "builds",
        remedies: LADDER,
    },
    Draft {
        title: "Access at cost price",
        text: "Residents on a low income can buy what this money makes at what it costs to make.",
        behaviour: "access",
        fixedness: "negotiable",
        measure: "Residents on a low income served at cost price",
        unit: "people",
        direction: "at_least",
        target: "200",
        evidence: "Price list and cost sheet\nCount of sales at cost price",
        verifier: "council",
        cadence: "half_yearly",
        pace: "builds",
        remedies: LADDER,
    },
];

/// Writes the catalogue, in the order above.
///
/// # Errors
/// As [`actions::create`].
pub async fn write_all(app: &App, actor: &Actor, now: Instant) -> Result<Vec<Condition>> {
    let mut written = Vec::new();
    for draft in &DRAFTS {
        written.push(actions::create(app, actor, &draft.input(), now).await?);
    }
    Ok(written)
}

impl Draft {
    fn input(&self) -> ConditionInput {
        ConditionInput {
            title: self.title.to_owned(),
            text: self.text.to_owned(),
            behaviour: self.behaviour.to_owned(),
            fixedness: self.fixedness.to_owned(),
            measure: self.measure.to_owned(),
            unit: self.unit.to_owned(),
            direction: self.direction.to_owned(),
            target: self.target.to_owned(),
            evidence: self.evidence.to_owned(),
            verifier: self.verifier.to_owned(),
            cadence: self.cadence.to_owned(),
            pace: self.pace.to_owned(),
            grace_days: "14".to_owned(),
            cure_days: "60".to_owned(),
            remedies: self.remedies.to_owned(),
            depends_on: vec!["none".to_owned()],
            reason: "For practice: every target is made up".to_owned(),
            ..ConditionInput::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_can_be_read_and_none_looks_like_something_the_law_prohibits() {
        for draft in &DRAFTS {
            let words = draft.input().read(true).unwrap();
            assert!(words.warnings.is_empty(), "{}: {:?}", draft.title, words.warnings);
            assert!(words.body.prohibition.is_none());
        }
    }
}
