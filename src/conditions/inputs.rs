//! What people type about conditions, and how it is read.

use super::model::{Behaviour, Cadence, ConditionBody, ConditionVersion, Direction, Fixedness, Pace, Verifier};
use super::rules;
use super::screen::{self, Warning};
use crate::error::{Error, Result};
use crate::law::subsidy::ProhibitionCode;
use crate::missions::Mission;
use crate::values::{Id, Parser, Quantity};
use rust_decimal::Decimal;
use serde::Deserialize;

/// The answer that a condition depends on none of what the law prohibits.
pub(super) const NONE_OF_THESE: &str = "none";

/// Writing an entry, or a new version of one.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ConditionInput {
    /// Identifier of the mission it is written for; may be empty.
    pub mission: String,
    /// Short title.
    pub title: String,
    /// What is asked, in a sentence.
    pub text: String,
    /// `access`, `directionality`, `profit_sharing` or `reinvestment`.
    pub behaviour: String,
    /// `fixed` or `negotiable`.
    pub fixedness: String,
    /// What is counted.
    pub measure: String,
    /// Its unit.
    pub unit: String,
    /// `at_least`, `at_most` or `equal`.
    pub direction: String,
    /// The usual target.
    pub target: String,
    /// Kinds of evidence, one a line.
    pub evidence: String,
    /// `council`, `third_party` or `self`.
    pub verifier: String,
    /// `once`, `quarterly`, `half_yearly` or `yearly`.
    pub cadence: String,
    /// `builds` up to its date, or `holds` from the first day.
    pub pace: String,
    /// Days after a due date before a figure counts as missed.
    pub grace_days: String,
    /// Days to cure a miss.
    pub cure_days: String,
    /// The remedy ladder, mildest first, one step a line.
    pub remedies: String,
    /// After this date it no longer binds; may be empty.
    pub sunset: String,
    /// What keeping it depends on: `domestic_content`, `export_performance`, `relocation`, or `none`.
    pub depends_on: Vec<String>,
    /// Why this version is made.
    pub reason: String,
}

/// A version as read.
#[derive(Clone, Debug)]
pub(super) struct Words {
    pub mission: Option<Id<Mission>>,
    pub body: ConditionBody,
    pub depends_on: Vec<ProhibitionCode>,
    pub warnings: Vec<Warning>,
    pub reason: String,
}

fn lines(form: &mut Parser, field: &str, text: &str, missing: &str) -> Vec<String> {
    let found: Vec<String> = text.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect();
    form.check(!found.is_empty(), field, missing);
    form.check(
        found.len() <= 12 && found.iter().all(|l| l.chars().count() <= 200),
        field,
        "Use at most 12 lines of at most 200 characters each",
    );
    found
}

fn days(form: &mut Parser, field: &str, text: &str) -> i64 {
    let days = form.value::<u16>(field, text, "Enter a number of days; 0 is allowed");
    form.check(days.is_none_or(|d| d <= 730), field, "Enter at most 730 days");
    i64::from(days.unwrap_or(0))
}

impl ConditionInput {
    fn answers(&self, form: &mut Parser) -> Vec<ProhibitionCode> {
        let chosen: Vec<&str> = self.depends_on.iter().map(|a| a.trim()).filter(|a| !a.is_empty()).collect();
        form.check(
            !chosen.is_empty(),
            "depends_on",
            "Choose everything that keeping this condition depends on, or none of these",
        );
        let mut codes: Vec<ProhibitionCode> = Vec::new();
        for answer in chosen.iter().filter(|a| **a != NONE_OF_THESE) {
            match rules::QUESTIONS.iter().find(|(code, ..)| code.as_str() == *answer) {
                Some((code, ..)) => codes.push(*code),
                None => form.wrong("depends_on", "Choose from the answers"),
            }
        }
        let both = chosen.contains(&NONE_OF_THESE) && !codes.is_empty();
        form.check(!both, "depends_on", "Choose either what it depends on, or none of these");
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    pub(super) fn read(&self, first: bool) -> Result<Words> {
        let mut form = Parser::default();
        let mission = form.optional::<Id<Mission>>("mission", &self.mission);
        let title = form.text("title", &self.title, 80, "Enter a short title, like Fair pay");
        let text = form.text("text", &self.text, 600, "Enter what is asked");
        let behaviour = form.value::<Behaviour>("behaviour", &self.behaviour, "Choose which behaviour it steers");
        let fixedness = form.value::<Fixedness>("fixedness", &self.fixedness, "Choose whether it can be negotiated");
        let measure = form.text("measure", &self.measure, 200, "Enter what is counted");
        let unit = form.text("unit", &self.unit, 40, "Enter the unit, like people or %");
        let direction =
            form.value::<Direction>("direction", &self.direction, "Choose which side of the target keeps it");
        let target = form.value::<Quantity>("target", &self.target, "Enter the usual target");
        let fits = |t: Quantity| t.get().abs() <= Decimal::from(1_000_000_000_000_i64) && t.get().scale() <= 6;
        form.check(
            target.is_none_or(fits),
            "target",
            "Enter a number of at most a trillion, with at most six decimal places",
        );
        let evidence = lines(&mut form, "evidence", &self.evidence, "Enter at least one kind of evidence");
        let verifier = form.value::<Verifier>("verifier", &self.verifier, "Choose who checks what is reported");
        let cadence = form.value::<Cadence>("cadence", &self.cadence, "Choose how often a figure is due");
        let pace = form.value::<Pace>("pace", &self.pace, "Choose whether it builds up or holds from the first day");
        let grace_days = days(&mut form, "grace_days", &self.grace_days);
        let cure_days = days(&mut form, "cure_days", &self.cure_days);
        let remedies = lines(&mut form, "remedies", &self.remedies, "Enter at least one step, the mildest first");
        let sunset = form.optional_date("sunset", &self.sunset);
        let depends_on = self.answers(&mut form);
        let reason = if first {
            form.optional_text("reason", &self.reason, 500).unwrap_or_else(|| "First version".to_owned())
        } else {
            form.text("reason", &self.reason, 500, "Enter why you make a new version")
        };
        form.finish()?;
        let (
            Some(behaviour),
            Some(fixedness),
            Some(direction),
            Some(target),
            Some(verifier),
            Some(cadence),
            Some(pace),
        ) = (behaviour, fixedness, direction, target, verifier, cadence, pace)
        else {
            return Err(Error::field("", "Fill in every field"));
        };
        let screened = format!("{title}\n{text}\n{measure}\n{unit}\n{}", evidence.join("\n"));
        let warnings = screen::screen(&screened).into_iter().filter(|w| !depends_on.contains(&w.code)).collect();
        let prohibition = rules::deciding(&depends_on);
        let body = ConditionBody {
            title,
            text,
            behaviour,
            fixedness,
            measure,
            unit,
            direction,
            target,
            evidence,
            verifier,
            cadence,
            pace,
            grace_days,
            cure_days,
            remedies,
            sunset,
            prohibition,
        };
        Ok(Words { mission, body, depends_on, warnings, reason })
    }

    /// The fields of a form that begins with what a version says. The answers to the law are left open: the
    /// author of the next version answers anew.
    pub(super) fn fields(version: &ConditionVersion, mission: Option<Id<Mission>>) -> Vec<(&'static str, String)> {
        let body = &version.body.0;
        vec![
            ("mission", mission.map(|m| m.to_string()).unwrap_or_default()),
            ("title", body.title.clone()),
            ("text", body.text.clone()),
            ("behaviour", body.behaviour.to_string()),
            ("fixedness", body.fixedness.to_string()),
            ("measure", body.measure.clone()),
            ("unit", body.unit.clone()),
            ("direction", body.direction.to_string()),
            ("target", body.target.to_string()),
            ("evidence", body.evidence.join("\n")),
            ("verifier", body.verifier.to_string()),
            ("cadence", body.cadence.to_string()),
            ("pace", body.pace.to_string()),
            ("grace_days", body.grace_days.to_string()),
            ("cure_days", body.cure_days.to_string()),
            ("remedies", body.remedies.join("\n")),
            ("sunset", body.sunset.map(|d| d.to_string()).unwrap_or_default()),
        ]
    }
}

/// Recording the exception of the Act for the newest version of an entry.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ExceptionInput {
    /// The version that was read.
    pub version: String,
    /// The grounds that the Act asks for.
    pub grounds: String,
}

impl ExceptionInput {
    pub(super) fn read(&self) -> Result<(i64, String)> {
        let mut form = Parser::default();
        let version = form.value::<u32>("version", &self.version, "Enter the version that you read");
        let grounds = form.text("grounds", &self.grounds, 4000, "Enter the grounds that the Act asks for");
        form.check(
            grounds.is_empty() || grounds.split_whitespace().count() >= 10,
            "grounds",
            "Answer each part of what the Act asks for, in at least 10 words",
        );
        form.finish()?;
        Ok((i64::from(version.unwrap_or(0)), grounds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> ConditionInput {
        ConditionInput {
            title: "Ovens".into(),
            text: "Use British ovens".into(),
            behaviour: "directionality".into(),
            fixedness: "fixed".into(),
            measure: "Ovens".into(),
            unit: "ovens".into(),
            direction: "at_least".into(),
            target: "3".into(),
            evidence: "Invoices\n\n  Photographs ".into(),
            verifier: "council".into(),
            cadence: "once".into(),
            pace: "builds".into(),
            grace_days: "0".into(),
            cure_days: "30".into(),
            remedies: "Notice".into(),
            depends_on: vec!["none".into()],
            ..ConditionInput::default()
        }
    }

    #[test]
    fn an_author_who_answers_none_of_these_is_warned_of_words_that_look_otherwise() {
        let words = input().read(true).unwrap();
        assert_eq!(words.body.prohibition, None);
        assert_eq!(words.warnings.len(), 1);
        assert_eq!(words.body.evidence, ["Invoices", "Photographs"]);
        let honest = ConditionInput { depends_on: vec!["domestic_content".into()], ..input() }.read(true).unwrap();
        assert_eq!(honest.body.prohibition, Some(ProhibitionCode::DomesticContent));
        assert!(honest.warnings.is_empty());
    }

    #[test]
    fn an_author_who_leaves_the_question_of_law_open_or_answers_it_both_ways_is_told() {
        for answers in [vec![], vec!["none".into(), "relocation".into()], vec!["ailing_enterprise".into()]] {
            let Err(Error::Invalid(errors)) = (ConditionInput { depends_on: answers, ..input() }).read(true) else {
                panic!("taken");
            };
            assert!(errors.at("depends_on").is_some());
        }
    }

    #[test]
    fn a_later_version_needs_its_reason() {
        assert!(input().read(false).is_err());
        assert_eq!(input().read(true).unwrap().reason, "First version");
    }
}
