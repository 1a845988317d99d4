//! What two stages must have, and whether an invitation leaves time enough.

use super::model::{Call, CallStage, TenderStage, TenderTerms, Terms, Timetable};
use super::rules::{self, Known, Missing, Section};
use super::tender;
use crate::evaluation::ShortlistRule;
use crate::law::procedures::Procedure;
use crate::values::{Instant, LocalDate, RefusalInfo};
use rust_decimal::Decimal;

/// Why something about stages is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageRefusal {
    /// The procedure has one stage only.
    OneStageOnly(Procedure),
    /// An investment round.
    NotATender,
    /// A second stage is not divided again.
    IsSecond,
    /// It is divided into lots.
    InLots,
    /// There are no two stages.
    NotStaged,
    /// A second stage has no shortlist of its own.
    SecondShortlistsNobody,
    /// The second stage was withdrawn, or was opened before.
    SecondNotWaiting,
    /// The rehearsal of the second stage was not ticked as seen.
    SecondUnseen,
    /// Nobody may bid who was not invited.
    Late,
    /// The second stage would close earlier than the law allows.
    PeriodTooShort {
        /// Days of the period.
        days: u32,
        /// Earliest day.
        earliest: LocalDate,
        /// The section.
        reference: &'static str,
    },
}

impl RefusalInfo for StageRefusal {
    fn code(&self) -> &'static str {
        match self {
            StageRefusal::OneStageOnly(_) => "calls/one-stage-only",
            StageRefusal::NotATender => "calls/stages-of-a-tender",
            StageRefusal::IsSecond => "calls/is-second-stage",
            StageRefusal::InLots => "calls/lots-or-stages",
            StageRefusal::NotStaged => "calls/not-staged",
            StageRefusal::SecondShortlistsNobody => "calls/second-stage-shortlists-nobody",
            StageRefusal::SecondNotWaiting => "calls/second-stage-not-waiting",
            StageRefusal::SecondUnseen => "calls/second-rehearsal-unseen",
            StageRefusal::Late => "calls/late-entrant",
            StageRefusal::PeriodTooShort { .. } => "calls/period-too-short",
        }
    }
    fn sentence(&self) -> String {
        match self {
            StageRefusal::OneStageOnly(procedure) => one_stage_sentence(*procedure),
            StageRefusal::NotATender => "Only a tender can have two stages.".to_owned(),
            StageRefusal::IsSecond => {
                "This is the second stage already. Its rule is set on the page of the first stage.".to_owned()
            }
            StageRefusal::InLots => {
                "This tender is divided into lots, and a tender in lots is held in one stage. Take the \
                                     lots out, or keep one stage."
                    .to_owned()
            }
            StageRefusal::SecondShortlistsNobody => {
                "This is the second stage. Who goes on to it is decided on the page of the first stage.".to_owned()
            }
            StageRefusal::NotStaged => "This tender has one stage, so nobody is shortlisted.".to_owned(),
            StageRefusal::SecondNotWaiting => {
                "The second stage does not wait for a shortlist: it was opened before, or it is withdrawn.".to_owned()
            }
            StageRefusal::SecondUnseen => {
                "Read what the rehearsal found about the scoring model of the second stage, and tick that you have seen \
                 that too."
                    .to_owned()
            }
            StageRefusal::Late => "Only suppliers that went on from the first stage may send a final tender. Nobody \
                                   comes in late. Look at the open calls for others."
                .to_owned(),
            StageRefusal::PeriodTooShort { days, earliest, .. } => format!(
                "Invited suppliers must have at least {days} days from the day after the invitation, so final tenders \
                 may not close before {}. Choose a later closing date.",
                crate::values::time::medium_date(*earliest)
            ),
        }
    }
    fn reference(&self) -> Option<&'static str> {
        match self {
            StageRefusal::OneStageOnly(procedure) => Some(procedure.reference()),
            StageRefusal::Late => Some(Procedure::CompetitiveFlexible.reference()),
            StageRefusal::PeriodTooShort { reference, .. } => Some(reference),
            _ => None,
        }
    }
}

fn one_stage_sentence(procedure: Procedure) -> String {
    format!(
        "Two stages are not possible here ({}): it has one stage, without a limit on who may tender. Choose the \
         competitive flexible procedure, or keep one stage.",
        procedure.label().to_lowercase()
    )
}

/// Whether a draft may be divided into two stages, or its rule be changed.
///
/// # Errors
/// [`StageRefusal`].
pub fn may_have_stages(call: &Call) -> Result<(), StageRefusal> {
    let Some(tender) = &call.terms.0.tender else { return Err(StageRefusal::NotATender) };
    if tender.first_stage().is_some() {
        return Err(StageRefusal::IsSecond);
    }
    if tender.lot.is_some() {
        return Err(StageRefusal::InLots);
    }
    if tender.procedure.may_have_stages() { Ok(()) } else { Err(StageRefusal::OneStageOnly(tender.procedure)) }
}

/// Whether a rule can be published: it leaves somebody out, and asks for no more points than there are.
#[must_use]
pub fn rule_holds(rule: &ShortlistRule) -> bool {
    let points = rule.at_least.is_none_or(|least| least > Decimal::ZERO && least <= Decimal::ONE_HUNDRED);
    (rule.best.is_some() || rule.at_least.is_some()) && rule.best != Some(0) && points
}

/// A published rule in a sentence.
#[must_use]
pub fn rule_words(rule: &ShortlistRule) -> String {
    let best = rule.best.map(|best| match best {
        1 => "the best one goes on, together with all who share the first place".to_owned(),
        best => format!("the best {best} go on, together with all who share the last place"),
    });
    let least = rule.at_least.map(|least| {
        let points = if least == Decimal::ONE { "point" } else { "points" };
        format!("at least {} {points}", least.normalize())
    });
    match (best, least) {
        (Some(best), Some(least)) => {
            format!("Of those with {least}, {best}.")
        }
        (Some(best), None) => format!("Of all, {best}."),
        (None, Some(least)) => format!("All with {least} go on."),
        (None, None) => "All go on.".to_owned(),
    }
}

/// What a tender of two stages lacks for its place among them.
pub(super) fn missing(tender: &TenderTerms, terms: &Terms, missing: &mut Vec<Missing>) {
    let Some(stage) = &tender.stage else { return };
    if !tender.procedure.may_have_stages() {
        missing.push(
            Missing::new(Section::Stages, "calls/one-stage-only", one_stage_sentence(tender.procedure))
                .by(tender.procedure.reference()),
        );
    }
    let TenderStage::First { rule, .. } = stage else { return };
    if !rule_holds(rule) {
        missing.push(Missing::new(
            Section::Stages,
            "calls/shortlist-rule",
            "Say who goes on: the best so many, those with a number of points, or both.",
        ));
    }
    for node in terms.model.nodes() {
        if node.criterion.formula().is_some() {
            missing.push(Missing::new(
                Section::Criteria,
                "calls/price-in-first-stage",
                format!(
                    "Requests to take part are judged without prices: remove “{}” here. Prices come with the final \
                     tenders.",
                    node.criterion.title
                ),
            ));
        }
    }
}

/// A second stage has no dates before its invitation.
pub(super) fn no_dates(terms: &Terms, missing: &mut Vec<Missing>) {
    let times = &terms.timetable;
    if times.deadline.is_some() || times.questions_by.is_some() || times.answers_by.is_some() {
        missing.push(Missing::new(
            Section::Timetable,
            "calls/dates-by-invitation",
            "Leave the dates of the second stage empty: they are set when suppliers are invited to it.",
        ));
    }
}

/// What is wrong with the dates of an invitation that is sent today: their order, the shortest period that the law
/// allows, and promises that would be due too early.
#[must_use]
pub(super) fn dates_wrong(second: &Call, dates: &Timetable, now: Instant) -> Vec<Missing> {
    let mut call = second.clone();
    call.terms.0.timetable = dates.clone();
    let known = Known { notice_on: Some(now.date()), ..Known::default() };
    let mut wrong = rules::missing_with(&call, &known, now.date());
    wrong.retain(|m| {
        m.place == Section::Timetable
            || matches!(m.code, "calls/condition-due" | "calls/condition-sunset" | "calls/contract-starts-early")
    });
    if [dates.questions_by, dates.answers_by].into_iter().flatten().any(|at| at <= now) {
        wrong.push(Missing::new(
            Section::Timetable,
            "calls/dates-past",
            "The day for questions or answers of the second stage is past. Propose the shortlist with later dates.",
        ));
    }
    wrong
}

/// Whether a second stage waits to be opened by its shortlist.
///
/// # Errors
/// [`StageRefusal::SecondNotWaiting`].
pub fn waits(second: &Call) -> Result<(), StageRefusal> {
    if second.stage == CallStage::AwaitingNotice && second.published_at.is_some() {
        Ok(())
    } else {
        Err(StageRefusal::SecondNotWaiting)
    }
}

/// The first day on which final tenders may close after an invitation of today, with the reason.
#[must_use]
pub fn earliest_words(second: &TenderTerms, now: Instant) -> String {
    match tender::minimum_period(second, now.date()) {
        Ok(period) => format!(
            "With an invitation today final tenders may close on {} at the earliest: suppliers have at least {} days. {} ({})",
            crate::values::time::long_date(period.earliest_deadline),
            period.days,
            period.reason,
            period.reference
        ),
        Err(unknown) => unknown.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::CallKind;
    use crate::calls::samples::{self, Dates};
    use crate::db::Json;
    use crate::evaluation::Kind;
    use crate::values::Id;
    use rust_decimal::dec;

    fn now() -> Instant {
        "2026-11-24T10:00:00Z".parse().unwrap()
    }

    fn call(procedure: Procedure, stage: Option<TenderStage>) -> Call {
        let mut terms = samples::community_kitchens(&Dates::closing_in(now(), 52), vec![]);
        let tender = terms.tender.as_mut().unwrap();
        (tender.procedure, tender.stage) = (procedure, stage);
        Call {
            id: Id::new(),
            authority_id: Id::new(),
            mission_id: Id::new(),
            kind: CallKind::Tender,
            reference: "T-2026-0001".into(),
            title: "Kitchens".into(),
            summary: "Run them".into(),
            stage: CallStage::Draft,
            version: 0,
            terms: Json(terms),
            terms_hash: None,
            deadline_at: None,
            published_at: None,
            created_at: now(),
            created_by: Id::new(),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "a call holds its stage as an option")]
    fn first(rule: ShortlistRule) -> Option<TenderStage> {
        Some(TenderStage::First { rule, second: Id::new() })
    }

    fn codes(call: &Call) -> Vec<&'static str> {
        rules::missing(call, now().date()).into_iter().map(|m| m.code).collect()
    }

    #[test]
    fn an_open_procedure_has_one_stage_and_says_which_section_says_so() {
        let refusal = may_have_stages(&call(Procedure::Open, None)).unwrap_err();
        assert_eq!(refusal.code(), "calls/one-stage-only");
        assert_eq!(refusal.reference(), Some("Procurement Act 2023 s.20(2)(a)"));
        assert!(may_have_stages(&call(Procedure::CompetitiveFlexible, None)).is_ok());
        let second = Some(TenderStage::Final { first: Id::new() });
        assert_eq!(may_have_stages(&call(Procedure::CompetitiveFlexible, second)), Err(StageRefusal::IsSecond));
        let best = ShortlistRule { best: Some(2), at_least: None };
        assert!(codes(&call(Procedure::Open, first(best))).contains(&"calls/one-stage-only"));
    }

    #[test]
    fn a_first_stage_is_judged_without_prices_and_a_second_one_needs_them() {
        let best = ShortlistRule { best: Some(2), at_least: Some(dec!(50)) };
        let mut one = call(Procedure::CompetitiveFlexible, first(best));
        assert_eq!(codes(&one), ["calls/price-in-first-stage"]);
        one.terms.0.model.criteria.retain(|c| !matches!(c.kind, Kind::Price { .. }));
        assert!(!codes(&one).contains(&"calls/no-price"));
        one.terms.0.tender.as_mut().unwrap().stage = Some(TenderStage::Final { first: Id::new() });
        assert!(codes(&one).contains(&"calls/no-price"));
    }

    #[test]
    fn a_second_stage_has_no_dates_until_its_invitation_sets_them() {
        let mut two = call(Procedure::CompetitiveFlexible, Some(TenderStage::Final { first: Id::new() }));
        assert_eq!(codes(&two), ["calls/dates-by-invitation"]);
        let dates = two.terms.0.timetable.clone();
        two.terms.0.timetable = Timetable { questions_by: None, answers_by: None, deadline: None, decision_on: None };
        assert!(codes(&two).is_empty());
        assert_eq!(waits(&two), Err(StageRefusal::SecondNotWaiting));
        assert!(dates_wrong(&two, &dates, now()).is_empty());
        // Ten days at least for suppliers that were selected beforehand, counted from the day after the invitation.
        let soon = Dates::closing_in(now(), 9);
        let times = |dates: Dates| Timetable {
            questions_by: Some(dates.questions_by),
            answers_by: Some(dates.answers_by),
            deadline: Some(dates.deadline),
            decision_on: Some(dates.decision_on),
        };
        let wrong = dates_wrong(&two, &times(soon), now());
        assert_eq!(wrong.iter().map(|m| m.code).collect::<Vec<_>>(), ["calls/period-too-short"]);
        assert_eq!(wrong[0].reference, Some("Procurement Act 2023 s.54"));
        assert!(dates_wrong(&two, &times(Dates::closing_in(now(), 10)), now()).is_empty());
    }

    #[test]
    fn requests_to_take_part_have_the_participation_period_and_final_tenders_that_of_the_selected() {
        let best = ShortlistRule { best: Some(2), at_least: None };
        let days = |stage| {
            let call = call(Procedure::CompetitiveFlexible, stage);
            tender::minimum_period(call.terms.0.tender.as_ref().unwrap(), now().date()).unwrap().days
        };
        assert_eq!((days(None), days(first(best))), (25, 25));
        assert_eq!(days(Some(TenderStage::Final { first: Id::new() })), 10);
    }

    #[test]
    fn a_rule_leaves_somebody_out_and_reads_as_a_sentence() {
        let rule = |best, at_least| ShortlistRule { best, at_least };
        assert!(rule_holds(&rule(Some(2), Some(dec!(50)))) && rule_holds(&rule(None, Some(dec!(100)))));
        for wrong in [rule(None, None), rule(Some(0), None), rule(None, Some(dec!(0))), rule(None, Some(dec!(100.01)))]
        {
            assert!(!rule_holds(&wrong), "{wrong:?}");
        }
        assert_eq!(
            rule_words(&rule(Some(2), Some(dec!(50.00)))),
            "Of those with at least 50 points, the best 2 go on, together with all who share the last place."
        );
        assert_eq!(rule_words(&rule(None, Some(dec!(62.5)))), "All with at least 62.5 points go on.");
        assert_eq!(
            rule_words(&rule(Some(1), None)),
            "Of all, the best one goes on, together with all who share the first place."
        );
    }
}
