//! Calls that are open, put into the database as their own room would leave them.

use crate::support::World;
use chrono::TimeDelta;
use commonweal::applications::samples::Sample;
use commonweal::calls::{
    Call, CallKey, CallKind, CallStage, ConditionAsked, EligibilityQuestion, Instrument, Part, RoundTerms, TenderTerms,
    Terms, Timetable,
};
use commonweal::conditions::{Behaviour, Cadence, ConditionBody, Direction, Fixedness, Pace, Verifier};
use commonweal::db::Json;
use commonweal::evaluation::{Criterion, Kind, Level, Measure, Model, PriceModel, Rounding, SocialValueMethod};
use commonweal::law::procedures::Procedure;
use commonweal::law::tendering::Circumstances;
use commonweal::law::thresholds::ContractType;
use commonweal::values::time::parse_date;
use commonweal::values::{Id, Instant, Pence, Quantity, Role};
use diesel::prelude::*;
use rust_decimal::{Decimal, dec};

fn criterion(id: &str, title: &str, weight: Option<Decimal>, kind: Kind) -> Criterion {
    Criterion { id: id.into(), title: title.into(), weight, minimum: None, kind }
}

fn levels() -> Vec<Level> {
    (0..5).map(|n| Level { level: n, text: format!("Text of level {n}"), share: Decimal::from(n) / dec!(4) }).collect()
}

fn jobs(required: bool) -> ConditionAsked {
    ConditionAsked {
        id: "jobs".into(),
        condition: Id::new(),
        version: 1,
        body: ConditionBody {
            title: "Residents in work".into(),
            text: "Employ people who live here.".into(),
            behaviour: Behaviour::Access,
            fixedness: Fixedness::Negotiable,
            measure: "Residents in work for 6 months or more".into(),
            unit: "people".into(),
            direction: Direction::AtLeast,
            target: Quantity::new(dec!(40)).unwrap(),
            evidence: vec!["Payroll".into()],
            verifier: Verifier::Council,
            cadence: Cadence::HalfYearly,
            pace: Pace::Builds,
            grace_days: 14,
            cure_days: 60,
            remedies: vec!["A plan agreed together".into()],
            sunset: None,
            prohibition: None,
        },
        target: Quantity::new(dec!(40)).unwrap(),
        cap: None,
        due: parse_date("2030-05-31").unwrap(),
        required,
    }
}

fn terms(criteria: Vec<Criterion>, deadline: Instant) -> Terms {
    Terms {
        description: "What is wanted.".into(),
        tender: None,
        round: None,
        model: Model {
            title: "Sample".into(),
            rounding: Rounding::default(),
            criteria,
            ties: vec![],
            abnormally_low: None,
        },
        words: [("method".to_owned(), 50)].into(),
        conditions: vec![jobs(false)],
        eligibility: vec![EligibilityQuestion {
            id: "registered".into(),
            question: "Is your organisation registered in the United Kingdom?".into(),
            right_answer: true,
            otherwise: "Register your organisation first.".into(),
        }],
        timetable: Timetable { questions_by: None, answers_by: None, deadline: Some(deadline), decision_on: None },
    }
}

/// Terms of a small tender that closes at the deadline.
pub fn tender_terms(deadline: Instant) -> Terms {
    let measure = Measure {
        id: "jobs".into(),
        title: "Jobs".into(),
        unit: "people".into(),
        weight: dec!(100),
        target: dec!(40),
        cap: None,
        record: None,
    };
    let social =
        Kind::SocialValue { method: SocialValueMethod::AgainstTargets, measures: vec![measure], deliverability: None };
    let criteria = vec![
        criterion(
            "insured",
            "Insurance",
            None,
            Kind::PassFail { requirement: "You are insured for £5 million.".into() },
        ),
        criterion("method", "Working with residents", Some(dec!(50)), Kind::Quality { levels: levels() }),
        criterion("cost", "Whole price", Some(dec!(40)), Kind::Price { model: PriceModel::LowestOverPrice }),
        criterion("social", "Social value", Some(dec!(10)), social),
    ];
    Terms {
        tender: Some(TenderTerms {
            procedure: Procedure::Open,
            stage: None,
            contract_type: ContractType::GoodsServices,
            estimated_value: Pence(120_000_000),
            circumstances: Circumstances::default(),
            starts_on: parse_date("2027-06-01").unwrap(),
            ends_on: parse_date("2030-05-31").unwrap(),
            price_sealed_until_moderated: true,
            bidders_hidden: false,
            hours_asked: None,
            lot: None,
            considered: std::collections::BTreeMap::new(),
        }),
        ..terms(criteria, deadline)
    }
}

/// Terms of a small investment round.
pub fn round_terms(deadline: Instant) -> Terms {
    let criteria = vec![criterion("method", "What you will do", Some(dec!(100)), Kind::Quality { levels: levels() })];
    Terms {
        round: Some(RoundTerms {
            fund: "Youth Fund".into(),
            pot: Pence(200_000_000),
            least: Pence(2_000_000),
            most: Pence(50_000_000),
            instruments: vec![Instrument::Loan],
            quorum: Some(1),
        }),
        ..terms(criteria, deadline)
    }
}

/// An open call with its sealing keys.
pub fn open_call(world: &World, kind: CallKind, terms: Terms) -> Call {
    let officer = world.person(Role::ProcurementOfficer).account().unwrap();
    let now = world.now();
    let id: Id<Call> = Id::new();
    let call = Call {
        id,
        authority_id: world.council,
        mission_id: world.mission(),
        kind,
        reference: format!("T-{id}"),
        title: "Community kitchens".into(),
        summary: "Kitchens on four estates.".into(),
        stage: CallStage::Open,
        version: 1,
        deadline_at: terms.timetable.deadline,
        terms: Json(terms),
        terms_hash: Some("hash".into()),
        published_at: Some(now),
        created_at: now,
        created_by: officer,
    };
    insert(world, &call);
    call
}

fn insert(world: &World, call: &Call) {
    use commonweal::db::schema::{call_keys, calls};
    let keys: Vec<CallKey> = Part::ALL
        .iter()
        .map(|part| {
            let key = world.app.keys.make_sealing_key().unwrap();
            CallKey {
                id: Id::new(),
                authority_id: call.authority_id,
                call_id: call.id,
                part: *part,
                recipient: key.recipient,
                wrapped: key.wrapped,
            }
        })
        .collect();
    world
        .app
        .db
        .write_now(|db| {
            diesel::insert_into(calls::table).values(call).execute(db)?;
            for key in &keys {
                diesel::insert_into(call_keys::table).values(key).execute(db)?;
            }
            Ok(())
        })
        .unwrap();
}

/// A tender that closes in ten days.
pub fn tender(world: &World) -> Call {
    let deadline = world.now().plus(TimeDelta::days(10));
    open_call(world, CallKind::Tender, tender_terms(deadline))
}

/// A round that closes in ten days.
pub fn round(world: &World) -> Call {
    let deadline = world.now().plus(TimeDelta::days(10));
    open_call(world, CallKind::Round, round_terms(deadline))
}

/// What to put into an application.
pub fn sample(text: &str) -> Sample {
    Sample { text: text.into(), factor: dec!(0.5), price: Pence(10_000_000), declared_by: "Leila Haddad".into() }
}
