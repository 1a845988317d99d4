//! Writing a draft: beginning it, what is wanted, money and procedure, duties.

use super::catalogue;
use super::model::{
    Call, CallKind, CallStage, Instrument, RoundTerms, TenderTerms, Terms, Timetable, USUAL_QUORUM, WageArea,
};
use super::rules::{self, CallRefusal};
use super::{lots, store, tender};
use crate::app::App;
pub(super) use crate::audit::note as record;
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::evaluation::{LowPriceRule, Model, Rounding, TieRule};
use crate::law::procedures::Procedure;
use crate::law::tendering::Circumstances;
use crate::law::thresholds::ContractType;
use crate::missions::Mission;
use crate::people::policy::{Action, Thing, can, require};
use crate::values::{Actor, Id, Instant, Parser, Pence, RefusalInfo};
use chrono::Datelike;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a person must be allowed to do to write a call of this kind.
#[must_use]
pub fn edit_action(kind: CallKind) -> Action {
    match kind {
        CallKind::Tender => Action::EditTender,
        CallKind::Round => Action::EditRound,
    }
}

/// A call that this person may do this to. Who may not even read it learns nothing of it.
///
/// # Errors
/// NotFound, Denied.
pub(super) fn load(db: &mut Db, actor: &Actor, id: Id<Call>, action: Option<Action>) -> Result<Call> {
    let call = store::find(db, id)?;
    may(actor, &call, action)?;
    Ok(call)
}

/// As [`load`], and whether it is a draft whose mission is hidden from the public: one statement.
///
/// # Errors
/// NotFound, Denied.
pub(super) fn load_with_mission(db: &mut Db, actor: &Actor, id: Id<Call>) -> Result<(Call, bool)> {
    let (call, mission, ..) = store::find_around(db, id)?;
    may(actor, &call, None)?;
    let hidden = catalogue::is_hidden(&call, &mission);
    Ok((call, hidden))
}

fn may(actor: &Actor, call: &Call, action: Option<Action>) -> Result<()> {
    let thing = store::thing(call);
    if !can(actor, Action::ReadCall, &thing) {
        return Err(Error::NotFound);
    }
    require(actor, edit_action(call.kind), &thing)?;
    action.map_or(Ok(()), |action| require(actor, action, &thing))
}

/// Beginning a call.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct NewCall {
    /// `tender` or `round`.
    pub kind: String,
    /// Title.
    pub title: String,
    /// What is wanted, in a sentence or two.
    pub summary: String,
    /// Identifier of the mission it serves.
    pub mission: String,
}

/// Begins a draft. References count within the year; two people who begin at once get different ones.
///
/// # Errors
/// Invalid, Denied.
pub async fn create(app: &App, actor: &Actor, input: &NewCall, now: Instant) -> Result<Id<Call>> {
    let mut form = Parser::default();
    let kind = form.value::<CallKind>("kind", &input.kind, "Choose what kind of call it is");
    let title = form.text("title", &input.title, 160, "Enter a title");
    let summary = form.text("summary", &input.summary, 600, "Say in a sentence or two what is wanted");
    let mission = form.value::<Id<Mission>>("mission", &input.mission, "Choose the mission it serves");
    form.finish()?;
    let (Some(kind), Some(mission)) = (kind, mission) else {
        return Err(Error::field("kind", "Choose what kind of call it is"));
    };
    let role = match kind {
        CallKind::Tender => crate::values::Role::ProcurementOfficer,
        CallKind::Round => crate::values::Role::FundManager,
    };
    let authority = actor.authority_as(role).ok_or(Error::Denied)?;
    let created_by = actor.account().ok_or(Error::Denied)?;
    let blank = blank_terms(kind, &title, now);
    let call = Call {
        id: Id::new(),
        authority_id: authority,
        mission_id: mission,
        kind,
        reference: String::new(),
        title,
        summary,
        stage: CallStage::Draft,
        version: 0,
        terms: Json(blank),
        terms_hash: None,
        deadline_at: None,
        published_at: None,
        created_at: now,
        created_by,
    };
    let actor = actor.clone();
    with_reference(app, &call, now, move |db, call| {
        require(&actor, edit_action(kind), &Thing::of_authority(authority))?;
        catalogue::check_mission(db, authority, mission)?;
        store::insert(db, &call)?;
        record(db, &actor, &call, "call.begun", json!({ "reference": call.reference, "kind": kind }), now)
    })
    .await
}

/// Writes a new call under the next free reference of its kind and year.
///
/// # Errors
/// What writing it says; Conflict when a free reference was not found in many attempts.
pub(super) async fn with_reference<F>(app: &App, call: &Call, now: Instant, write: F) -> Result<Id<Call>>
where
    F: Fn(&mut Db, Call) -> Result<()> + Clone + Send + 'static,
{
    let prefix = rules::reference_prefix(call.kind, now.date().year());
    let mut attempt = 0_u64;
    loop {
        let (call, prefix, write) = (call.clone(), prefix.clone(), write.clone());
        let made = app
            .db
            .write(move |db| {
                let mut call = call.clone();
                call.reference = rules::next_reference(&prefix, store::last_reference(db, &prefix)?.as_deref());
                let id = call.id;
                write(db, call)?;
                Ok(id)
            })
            .await;
        match made {
            // Somebody else took the number between our look and our write: look again.
            Err(Error::Conflict(_)) if attempt < 60 => {
                attempt += 1;
                tokio::time::sleep(Duration::from_millis(rand::random_range(1..=5 + attempt))).await;
            }
            made => return made,
        }
    }
}

/// Browsers send line ends as two characters; stored text has one, so that a saved form changes nothing by itself.
pub(super) fn plain_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn blank_terms(kind: CallKind, title: &str, now: Instant) -> Terms {
    let today = now.date();
    let tender = (kind == CallKind::Tender).then(|| TenderTerms {
        procedure: Procedure::Open,
        stage: None,
        contract_type: ContractType::GoodsServices,
        estimated_value: Pence::ZERO,
        circumstances: Circumstances {
            electronic_submission: true,
            documents_with_notice: true,
            ..Circumstances::default()
        },
        starts_on: today,
        ends_on: today,
        price_sealed_until_moderated: true,
        bidders_hidden: false,
        hours_asked: None,
        lot: None,
        considered: BTreeMap::new(),
    });
    let round = (kind == CallKind::Round).then(|| RoundTerms {
        fund: String::new(),
        pot: Pence::ZERO,
        least: Pence::ZERO,
        most: Pence::ZERO,
        instruments: vec![Instrument::Loan],
        quorum: Some(USUAL_QUORUM),
    });
    let ties =
        if kind == CallKind::Tender { vec![TieRule::SocialValue, TieRule::Price] } else { vec![TieRule::Quality] };
    Terms {
        description: String::new(),
        model: Model {
            title: title.to_owned(),
            rounding: Rounding::default(),
            criteria: Vec::new(),
            ties,
            abnormally_low: (kind == CallKind::Tender).then(LowPriceRule::default),
        },
        tender,
        round,
        words: BTreeMap::new(),
        conditions: Vec::new(),
        eligibility: Vec::new(),
        timetable: Timetable { questions_by: None, answers_by: None, deadline: None, decision_on: None },
    }
}

/// One change of a draft, with its audit row.
pub(super) async fn change<T, F>(
    app: &App,
    actor: &Actor,
    id: Id<Call>,
    part: &'static str,
    now: Instant,
    mut edit: F,
) -> Result<T>
where
    T: Send + 'static,
    F: FnMut(&mut Db, &mut Call) -> Result<T> + Send + 'static,
{
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut call = load(db, &actor, id, None)?;
            rules::writable(&call)?;
            let made = edit(db, &mut call)?;
            lots::follow(db, &actor, &mut call, now)?;
            store::set(db, &call)?;
            record(db, &actor, &call, "call.draft_changed", json!({ "part": part }), now)?;
            Ok(made)
        })
        .await
}

/// The first page of the builder.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct BasicsInput {
    /// Title.
    pub title: String,
    /// What is wanted, in a sentence or two.
    pub summary: String,
    /// Identifier of the mission it serves.
    pub mission: String,
    /// What is wanted, at length.
    pub description: String,
    /// The page's fingerprint of what was stored when it was shown; saving is refused when a colleague has changed it
    /// since. Programs may leave it out.
    pub seen: String,
}

/// Fingerprint of the first page as it is stored, to tell whether a colleague changed it meanwhile.
#[must_use]
pub fn basics_fingerprint(call: &Call) -> String {
    let stored = (&call.title, &call.summary, call.mission_id, &call.terms.0.description);
    hex::encode(Sha256::digest(json!(stored).to_string()))
}

/// Saves title, summary, mission and description. Everything may still be empty but the title.
///
/// # Errors
/// Invalid, Denied, NotFound, refused when frozen.
pub async fn set_basics(app: &App, actor: &Actor, id: Id<Call>, input: &BasicsInput, now: Instant) -> Result<()> {
    let mut form = Parser::default();
    let title = form.text("title", &input.title, 160, "Enter a title");
    let summary = form.optional_text("summary", &input.summary, 600).unwrap_or_default();
    let description = form.optional_text("description", &plain_lines(&input.description), 20_000).unwrap_or_default();
    let mission = form.value::<Id<Mission>>("mission", &input.mission, "Choose the mission it serves");
    form.finish()?;
    let Some(mission) = mission else { return Err(Error::field("mission", "Choose the mission it serves")) };
    let seen = input.seen.trim().to_owned();
    change(app, actor, id, "basics", now, move |db, call| {
        if !seen.is_empty() && seen != basics_fingerprint(call) {
            let differs = [
                ("the title", title != call.title),
                ("the sentence of what is wanted", summary != call.summary),
                ("the mission", mission != call.mission_id),
                ("the description", description != call.terms.0.description),
            ];
            let names: Vec<&str> = differs.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect();
            // Two people who typed the same have nothing to settle.
            if !names.is_empty() {
                return Err(CallRefusal::ChangedMeanwhile(names.join(", ")).into());
            }
        }
        catalogue::check_mission(db, call.authority_id, mission)?;
        call.title.clone_from(&title);
        call.summary.clone_from(&summary);
        call.mission_id = mission;
        call.terms.0.description.clone_from(&description);
        call.terms.0.model.title.clone_from(&title);
        Ok(())
    })
    .await
}

/// The second page of the builder, of either kind.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct MoneyInput {
    /// Tender: estimated value with VAT, options and extensions, in pounds.
    pub estimated_value: String,
    /// Tender: contract type.
    pub contract_type: String,
    /// Tender: procedure.
    pub procedure: String,
    /// Tender: first day of the contract.
    pub starts_on: String,
    /// Tender: last day of the contract.
    pub ends_on: String,
    /// Tender: circumstances that hold, by their names in the law room.
    pub circumstances: Vec<String>,
    /// Tender: `yes` when price is opened only after quality is moderated.
    pub price_sealed: String,
    /// `yes` when evaluators see bidders under letters until moderation is final.
    pub bidders_hidden: String,
    /// Tender: `no`, `london` or `uk`: whether bidders say the hours their price pays for, and the living wage those are
    /// held against. Left as it is when empty.
    pub hours_asked: String,
    /// Round: the fund.
    pub fund: String,
    /// Round: money in the pot, in pounds.
    pub pot: String,
    /// Round: least for one investment.
    pub least: String,
    /// Round: most for one investment.
    pub most: String,
    /// Round: what may be offered.
    pub instruments: Vec<String>,
    /// Round: members of the committee who must vote before an investment is decided; three when empty.
    pub quorum: String,
}

/// The circumstances that a form offers: name and words.
pub const CIRCUMSTANCES: [(&str, &str); 9] = [
    ("electronic_submission", "Tenders are submitted electronically"),
    ("documents_with_notice", "Every tender document is published with the notice"),
    ("qualifying_planned_notice", "A qualifying planned procurement notice was published 40 days to 12 months before"),
    ("urgency", "A state of urgency makes the usual period impractical"),
    ("light_touch", "It is a light touch contract"),
    ("below_threshold", "The value is below the threshold"),
    ("preselected_only", "Only suppliers selected beforehand may tender"),
    ("agreed_with_preselected", "The period was agreed with suppliers selected beforehand"),
    ("dynamic_market", "It is awarded by reference to a dynamic market"),
];

fn read_circumstances(form: &mut Parser, names: &[String]) -> Circumstances {
    let mut all = Circumstances::default();
    for name in names.iter().map(|n| n.trim()).filter(|n| !n.is_empty()) {
        let place = match name {
            "electronic_submission" => &mut all.electronic_submission,
            "documents_with_notice" => &mut all.documents_with_notice,
            "qualifying_planned_notice" => &mut all.qualifying_planned_notice,
            "urgency" => &mut all.urgency,
            "light_touch" => &mut all.light_touch,
            "below_threshold" => &mut all.below_threshold,
            "preselected_only" => &mut all.preselected_only,
            "agreed_with_preselected" => &mut all.agreed_with_preselected,
            "dynamic_market" => &mut all.dynamic_market,
            _ => {
                form.wrong("circumstances", "Choose from the list");
                continue;
            }
        };
        *place = true;
    }
    all
}

/// The names of the circumstances that hold, for the form.
#[must_use]
pub fn circumstance_names(circumstances: &Circumstances) -> Vec<&'static str> {
    let Ok(Value::Object(map)) = serde_json::to_value(circumstances) else { return Vec::new() };
    CIRCUMSTANCES.iter().map(|(name, _)| *name).filter(|name| map.get(*name) == Some(&Value::Bool(true))).collect()
}

/// Saves what the call is worth and how it is run.
///
/// # Errors
/// Invalid, Denied, NotFound, refused when frozen.
pub async fn set_money(app: &App, actor: &Actor, id: Id<Call>, input: &MoneyInput, now: Instant) -> Result<()> {
    let input = input.clone();
    change(app, actor, id, "money", now, move |_, call| {
        let mut form = Parser::default();
        if let Some(tender) = &mut call.terms.0.tender {
            let value =
                form.pence("estimated_value", &input.estimated_value, "Enter the estimated value, in pounds with VAT");
            let contract_type =
                form.value::<ContractType>("contract_type", &input.contract_type, "Choose what is bought");
            let procedure = form.value::<Procedure>("procedure", &input.procedure, "Choose a procedure");
            let starts_on = form.date("starts_on", &input.starts_on, "Enter the first day of the contract");
            let ends_on = form.date("ends_on", &input.ends_on, "Enter the last day of the contract");
            tender.circumstances = read_circumstances(&mut form, &input.circumstances);
            tender.price_sealed_until_moderated = Parser::ticked(&input.price_sealed);
            tender.bidders_hidden = Parser::ticked(&input.bidders_hidden);
            if !input.hours_asked.trim().is_empty() {
                let area = match input.hours_asked.trim() {
                    "no" => None,
                    word => form.value::<WageArea>("hours_asked", word, "Say whether hours are asked for"),
                };
                tender.hours_asked = area;
                match tender::hourly_wage(area, now.date()) {
                    Ok(Some(wage)) => {
                        call.terms.0.model.abnormally_low.get_or_insert_default().hourly_wage = Some(wage);
                    }
                    Ok(None) => {
                        if let Some(rule) = &mut call.terms.0.model.abnormally_low {
                            rule.hourly_wage = None;
                        }
                    }
                    Err(unknown) => form.wrong("hours_asked", RefusalInfo::sentence(&unknown)),
                }
            }
            tender.estimated_value = value.unwrap_or_default();
            tender.contract_type = contract_type.unwrap_or(tender.contract_type);
            tender.procedure = procedure.unwrap_or(tender.procedure);
            tender.starts_on = starts_on.unwrap_or(tender.starts_on);
            tender.ends_on = ends_on.unwrap_or(tender.ends_on);
        }
        if let Some(round) = &mut call.terms.0.round {
            round.fund = form.text("fund", &input.fund, 160, "Name the fund");
            round.pot = form.pence("pot", &input.pot, "Enter the money in the pot, in pounds").unwrap_or_default();
            round.least = form.pence("least", &input.least, "Enter the least for one investment").unwrap_or_default();
            round.most = form.pence("most", &input.most, "Enter the most for one investment").unwrap_or_default();
            round.instruments = input
                .instruments
                .iter()
                .filter_map(|word| form.value::<Instrument>("instruments", word, "Choose what may be offered"))
                .collect();
            form.check(!round.instruments.is_empty(), "instruments", "Choose what may be offered");
            let quorum = form.optional::<u32>("quorum", &input.quorum);
            form.check(quorum.is_none_or(|q| (1..=50).contains(&q)), "quorum", "Enter a number from 1 to 50");
            round.quorum = Some(quorum.unwrap_or(USUAL_QUORUM));
        }
        form.finish()?;
        Ok(())
    })
    .await
}

/// Saves what was considered before the notice; keys that are no duty are ignored.
///
/// # Errors
/// Invalid, Denied, NotFound, refused when frozen.
pub async fn set_duties(
    app: &App,
    actor: &Actor,
    id: Id<Call>,
    input: &BTreeMap<String, String>,
    now: Instant,
) -> Result<()> {
    let mut form = Parser::default();
    let mut considered = BTreeMap::new();
    for duty in &tender::DUTIES {
        let words = input.get(duty.key).map(String::as_str).unwrap_or_default();
        if let Some(words) = form.optional_text(duty.key, words, 4000) {
            considered.insert(duty.key.to_owned(), words);
        }
    }
    form.finish()?;
    change(app, actor, id, "duties", now, move |_, call| {
        let tender = call.terms.0.tender.as_mut().ok_or(Error::NotFound)?;
        tender.considered.clone_from(&considered);
        Ok(())
    })
    .await
}
