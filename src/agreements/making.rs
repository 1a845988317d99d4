//! How an award becomes an agreement: its terms as awarded, and every promise as an obligation.

use super::model::{Agreement, AgreementKind, AgreementState, Obligation, ObligationTerms};
use super::rules::AgreementRefusal;
use super::store;
use crate::applications::{self, Answers, Promised};
use crate::audit::{self, Entry};
use crate::awards::Award;
use crate::calls::{self, Call, ConditionAsked, Part, Terms};
use crate::conditions::{Cadence, Direction, Pace, Verifier};
use crate::db::{Db, Json};
use crate::error::Result;
use crate::evaluation::{Kind, Measure};
use crate::outbox;
use crate::values::{Actor, Id, Instant, Quantity, Subject};

use serde_json::json;

/// What the award gives to the agreement, read once.
pub(super) struct Won {
    /// The award.
    pub(super) award: Award,
    /// The call it came from.
    pub(super) call: Call,
    /// What was asked and what is promised of it.
    pub(super) promises: Vec<Promise>,
}

/// One thing asked, and what the winner promised of it.
pub(super) struct Promise {
    /// Id in the call.
    pub(super) id: String,
    /// Title.
    pub(super) title: String,
    /// The promise in words: "at least 24 people by 31 May 2027".
    pub(super) words: String,
    obligation: Obligation,
}

/// Reads the award, its call and the opened promises.
///
/// # Errors
/// NotFound; refused while the application is sealed.
pub(super) fn won(db: &mut Db, award: Award, now: Instant) -> Result<Won> {
    let call = calls::find(db, award.call_id)?;
    let opened = applications::opened(db, award.application_id, Part::Quality)?.ok_or(AgreementRefusal::StillSealed)?;
    let answers = opened.answers()?;
    let application = applications::find(db, award.application_id)?;
    // What binds is what the applicant answered, which may be an older version than the call's last.
    let older = if application.call_version == call.version {
        None
    } else {
        Some(calls::version_terms(db, call.id, application.call_version)?.0)
    };
    let terms = older.as_ref().unwrap_or(&call.terms.0);
    let promises = obligations_of(&award, terms, &answers, now)
        .into_iter()
        .map(|obligation| Promise {
            id: obligation.asked_id.clone(),
            title: obligation.title.clone(),
            words: super::store::words(&obligation),
            obligation,
        })
        .collect();
    Ok(Won { award, call, promises })
}

/// Every promise as an obligation: conditions asked first, in the order of the call, then measures of the model
/// that no condition stands behind.
fn obligations_of(award: &Award, terms: &Terms, answers: &Answers, now: Instant) -> Vec<Obligation> {
    let mut made: Vec<Obligation> = terms
        .conditions
        .iter()
        .filter_map(|asked| {
            let promised = answers.promises.get(&asked.id).cloned().or_else(|| unsaid(asked))?;
            Some(from_condition(award, asked, &promised, now))
        })
        .collect();
    for (measure, promised) in terms
        .model
        .nodes()
        .into_iter()
        .filter_map(|node| match &node.criterion.kind {
            Kind::SocialValue { measures, .. } => Some(measures),
            _ => None,
        })
        .flatten()
        .filter_map(|measure| Some((measure, answers.promises.get(&measure.id)?)))
    {
        if made.iter().all(|o| o.asked_id != measure.id) {
            made.push(from_measure(award, measure, promised, now));
        }
    }
    made
}

/// A condition that every applicant must keep binds at the call's target even where the applicant gave no figure.
fn unsaid(asked: &ConditionAsked) -> Option<Promised> {
    asked.required.then(|| Promised {
        quantity: asked.target,
        baseline: Quantity::default(),
        by: asked.due,
        how: String::new(),
    })
}

fn from_condition(award: &Award, asked: &ConditionAsked, promised: &Promised, now: Instant) -> Obligation {
    let body = &asked.body;
    Obligation {
        id: Id::new(),
        authority_id: award.authority_id,
        agreement_id: Id::new(),
        organisation_id: award.organisation_id,
        mission_id: award.mission_id,
        condition_id: asked.condition,
        asked_id: asked.id.clone(),
        title: body.title.clone(),
        measure: body.measure.clone(),
        unit: body.unit.clone(),
        direction: body.direction,
        baseline: promised.baseline,
        promised: promised.quantity,
        kpi: false,
        terms: Json(ObligationTerms {
            due: promised.by,
            cadence: body.cadence,
            pace: body.pace,
            evidence: body.evidence.clone(),
            verifier: body.verifier,
            grace_days: body.grace_days,
            cure_days: body.cure_days,
            remedies: body.remedies.clone(),
            sunset: body.sunset,
            how: promised.how.clone(),
        }),
        created_at: now,
    }
}

/// A measure of the model that no catalogue entry stands behind names the call itself in the entry's place, is
/// reported once at its date and has the house's usual 14 days of grace and 60 days to cure.
fn from_measure(award: &Award, measure: &Measure, promised: &Promised, now: Instant) -> Obligation {
    Obligation {
        id: Id::new(),
        authority_id: award.authority_id,
        agreement_id: Id::new(),
        organisation_id: award.organisation_id,
        mission_id: award.mission_id,
        condition_id: award.call_id.cast(),
        asked_id: measure.id.clone(),
        title: measure.title.clone(),
        measure: measure.title.clone(),
        unit: measure.unit.clone(),
        direction: Direction::AtLeast,
        baseline: promised.baseline,
        promised: promised.quantity,
        kpi: false,
        terms: Json(ObligationTerms {
            due: promised.by,
            cadence: Cadence::Once,
            pace: Pace::Builds,
            evidence: Vec::new(),
            verifier: Verifier::Council,
            grace_days: 14,
            cure_days: 60,
            remedies: vec!["Notice with a plan to put it right".to_owned()],
            sunset: None,
            how: promised.how.clone(),
        }),
        created_at: now,
    }
}

/// Writes the agreement with its obligations, its audit row and its event, in the caller's transaction.
///
/// # Errors
/// What the database says.
pub(super) fn make(db: &mut Db, actor: &Actor, won: &Won, kpis: &[String], now: Instant) -> Result<Agreement> {
    let award = &won.award;
    let agreement = Agreement {
        id: Id::new(),
        authority_id: award.authority_id,
        mission_id: award.mission_id,
        call_id: award.call_id,
        application_id: award.application_id,
        award_id: award.id,
        organisation_id: award.organisation_id,
        kind: award.kind,
        state: AgreementState::Active,
        reference: store::next_reference(db, award.kind, now)?,
        title: won.call.title.clone(),
        value: award.value,
        starts_on: award.terms.0.starts_on,
        ends_on: award.terms.0.ends_on,
        terms: award.terms.clone(),
        signed_at: now,
        signed_by: if award.kind == AgreementKind::Contract { actor.account() } else { None },
        ended_at: None,
    };
    store::insert(db, &agreement)?;
    for promise in &won.promises {
        let mut obligation = promise.obligation.clone();
        obligation.id = Id::new();
        obligation.agreement_id = agreement.id;
        obligation.kpi = kpis.contains(&obligation.asked_id);
        store::insert_obligation(db, &obligation)?;
    }
    audit::record(
        db,
        Entry {
            authority: Some(agreement.authority_id),
            at: now,
            actor,
            action: "agreement.signed",
            subject: Subject::new("agreement", agreement.id),
            facts: json!({
                "award": award.id, "reference": agreement.reference, "value": agreement.value,
                "obligations": won.promises.len(), "kpis": kpis.len(),
            }),
        },
    )?;
    outbox::emit(db, "agreement.signed", json!({ "agreement": agreement.id, "kind": agreement.kind }), now)?;
    Ok(agreement)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::{Behaviour, ConditionBody, Fixedness};
    use crate::values::time::parse_date;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    pub(crate) fn asked(id: &str, required: bool) -> ConditionAsked {
        ConditionAsked {
            id: id.to_owned(),
            condition: Id::new(),
            version: 1,
            body: ConditionBody {
                title: format!("Title of {id}"),
                text: "Do it".to_owned(),
                behaviour: Behaviour::Access,
                fixedness: Fixedness::Fixed,
                measure: format!("Measure of {id}"),
                unit: "people".to_owned(),
                direction: Direction::AtLeast,
                target: "10".parse().unwrap(),
                evidence: vec!["Payroll".to_owned()],
                verifier: Verifier::Council,
                cadence: Cadence::Quarterly,
                pace: Pace::Builds,
                grace_days: 5,
                cure_days: 30,
                remedies: vec!["Notice".to_owned(), "Hold payment".to_owned()],
                sunset: None,
                prohibition: None,
            },
            target: "12".parse().unwrap(),
            cap: None,
            due: parse_date("2027-12-31").unwrap(),
            required,
        }
    }

    fn award() -> Award {
        let day = parse_date("2027-01-01").unwrap();
        let now = Instant::start_of(day);
        Award {
            id: Id::new(),
            authority_id: Id::new(),
            call_id: Id::new(),
            application_id: Id::new(),
            organisation_id: Id::new(),
            mission_id: Id::new(),
            kind: AgreementKind::Contract,
            state: crate::awards::AwardState::Noticed,
            value: crate::values::Pence(1),
            reasons: String::new(),
            terms: Json(crate::awards::AwardTerms::of_contract(day, day)),
            recommended_by: Id::new(),
            recommended_at: now,
            approved_by: None,
            approved_at: None,
            notice_number: None,
            notice_published_at: None,
            standstill_last_day: None,
            earliest_signing: None,
            offer_answer_by: None,
            answered_at: None,
            answered_by: None,
            signed_at: None,
        }
    }

    fn terms(conditions: Vec<ConditionAsked>) -> Terms {
        Terms {
            description: String::new(),
            tender: None,
            round: None,
            model: crate::evaluation::Model {
                title: String::new(),
                rounding: crate::evaluation::Rounding::default(),
                criteria: Vec::new(),
                ties: Vec::new(),
                abnormally_low: None,
            },
            words: std::collections::BTreeMap::new(),
            conditions,
            eligibility: Vec::new(),
            timetable: calls::Timetable { questions_by: None, answers_by: None, deadline: None, decision_on: None },
        }
    }

    #[test]
    fn a_required_condition_without_a_figure_binds_at_the_target_and_an_optional_one_does_not_bind() {
        let made = obligations_of(
            &award(),
            &terms(vec![asked("pay", true), asked("jobs", false)]),
            &Answers::default(),
            Instant::start_of(parse_date("2027-01-01").unwrap()),
        );
        assert_eq!(made.len(), 1);
        assert_eq!(made[0].promised, "12".parse().unwrap());
        assert_eq!(made[0].asked_id, "pay");
    }

    proptest! {
        #[test]
        fn every_promise_becomes_one_obligation_with_equal_figures(figures in prop::collection::vec((0i64..100_000, 0i64..1000), 1..12)) {
            let conditions: Vec<_> = (0..figures.len()).map(|n| asked(&format!("c{n}"), n % 2 == 0)).collect();
            let mut answers = Answers::default();
            for (n, (quantity, baseline)) in figures.iter().enumerate() {
                answers.promises.insert(format!("c{n}"), Promised {
                    quantity: Quantity::new(Decimal::new(*quantity, 2)).unwrap(),
                    baseline: Quantity::new(Decimal::from(*baseline)).unwrap(),
                    by: parse_date("2028-03-31").unwrap(),
                    how: format!("plan {n}"),
                });
            }
            let made = obligations_of(&award(), &terms(conditions), &answers, Instant::start_of(parse_date("2027-01-01").unwrap()));
            prop_assert_eq!(made.len(), figures.len());
            for obligation in &made {
                let promised = &answers.promises[&obligation.asked_id];
                prop_assert_eq!(obligation.promised.get(), promised.quantity.get());
                prop_assert_eq!(obligation.baseline.get(), promised.baseline.get());
                prop_assert_eq!(obligation.terms.0.due, promised.by);
                prop_assert_eq!(&obligation.terms.0.how, &promised.how);
                prop_assert_eq!(obligation.terms.0.remedies.len(), 2);
            }
        }
    }
}
