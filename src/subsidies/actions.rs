//! What people do with subsidy routes.

use super::loan::LoanInput;
use super::model::{AssistanceRow, Confirmation, Declared, Principle, Route, RouteBody, RouteKind, RouteState, Source};
use super::rules::{self, Rests, RouteRefusal, group_key};
use super::store;
use super::worked_out::MarketInput;
use crate::app::App;
use crate::audit::{self, Entry};
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::finance::InstrumentTerms;
use crate::law::subsidy::{Assistance, AssistanceKind, must_be_transparent};
use crate::outbox::mail;
use crate::people::policy::{Action, Thing, require};
use crate::people::{addresses_of_organisation, find_organisation};
use crate::values::{Actor, Id, Instant, LocalDate, Parser, Pence, Subject, actor};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// A route as it is typed.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct RouteInput {
    /// `market_terms`, `mfa`, `scheme` or `principles`.
    pub kind: String,
    /// Market terms: comparable deals, quotes, co-investors.
    pub evidence: String,
    /// Amount of the subsidy in pounds; for a loan left empty and worked out from the fields below.
    pub amount: String,
    /// Where the amount comes from.
    pub basis: String,
    /// Market and discount rate, for a loan.
    #[serde(flatten)]
    pub rates: MarketInput,
    /// Terms of the loan, when the amount is its gross cash equivalent.
    #[serde(flatten)]
    pub loan: LoanInput,
    /// Scheme: its reference.
    pub reference: String,
    /// Scheme: how the award meets its terms.
    pub fit: String,
    /// Principle A.
    pub a: String,
    /// Principle B.
    pub b: String,
    /// Principle C.
    pub c: String,
    /// Principle D.
    pub d: String,
    /// Principle E.
    pub e: String,
    /// Principle F.
    pub f: String,
    /// Principle G.
    pub g: String,
}

/// What a route begins with.
pub(super) struct Read {
    pub(super) kind: RouteKind,
    pub(super) amount: Pence,
    pub(super) body: RouteBody,
}

impl RouteInput {
    fn read(&self, now: Instant) -> Result<Read> {
        let mut form = Parser::default();
        let kind = form.value::<RouteKind>("kind", &self.kind, "Choose a route");
        let Some(kind) = kind else { return Err(form.finish().err().unwrap_or_default().into()) };
        let read = match kind {
            RouteKind::MarketTerms => {
                let evidence = form.text(
                    "evidence",
                    &self.evidence,
                    5000,
                    "Say what shows that the terms are those of the market",
                );
                Read { kind, amount: Pence::ZERO, body: RouteBody::MarketTerms { evidence } }
            }
            RouteKind::Mfa => self.read_mfa(&mut form, now)?,
            RouteKind::Scheme => {
                let reference =
                    form.text("reference", &self.reference, 100, "Enter the scheme’s reference, such as SC10001");
                let fit = form.text("fit", &self.fit, 3000, "Say how this award meets the scheme’s terms");
                let amount = self.amount(&mut form);
                Read { kind, amount, body: RouteBody::Scheme { reference, fit } }
            }
            RouteKind::Principles => {
                let given = [&self.a, &self.b, &self.c, &self.d, &self.e, &self.f, &self.g];
                let answers: BTreeMap<String, String> = Principle::ALL
                    .iter()
                    .zip(given)
                    .map(|(p, text)| {
                        (p.as_str().to_owned(), form.text(p.as_str(), text, 3000, "Answer this principle"))
                    })
                    .collect();
                let amount = self.amount(&mut form);
                Read { kind, amount, body: RouteBody::Principles { answers, signed_by: None, signed_at: None } }
            }
        };
        form.finish()?;
        Ok(read)
    }

    fn amount(&self, form: &mut Parser) -> Pence {
        let amount =
            form.pence("amount", &self.amount, "Enter the amount of the subsidy in pounds").unwrap_or_default();
        form.check(amount > Pence::ZERO || self.amount.trim().is_empty(), "amount", "Enter more than £0");
        amount
    }

    fn read_mfa(&self, form: &mut Parser, now: Instant) -> Result<Read> {
        let body = |basis: String, market, discount| RouteBody::Mfa {
            basis,
            market,
            discount,
            notified_at: now,
            confirmation: None,
            given_on: None,
        };
        if !self.amount.trim().is_empty() || self.loan.is_empty() {
            let amount = self.amount(form);
            let basis = form.text("basis", &self.basis, 1000, "Say where the amount comes from");
            return Ok(Read { kind: RouteKind::Mfa, amount, body: body(basis, None, None) });
        }
        let terms = self.loan.read(form);
        let rates = self.rates.read(form);
        std::mem::take(form).finish()?;
        let (Some(loan), Some((market, discount))) = (terms, rates) else {
            return Err(Error::field("rate", "Enter the terms of the loan"));
        };
        let draws = loan.draws.clone();
        let found = InstrumentTerms::Loan(loan).equivalent(&draws, &market, &discount, now.date())?;
        if found.amount <= Pence::ZERO {
            return Err(RouteRefusal::NoSubsidy.into());
        }
        Ok(Read { kind: RouteKind::Mfa, amount: found.amount, body: body(found.basis, Some(market), Some(discount)) })
    }
}

fn note(db: &mut Db, actor: &Actor, route: &Route, action: &'static str, at: Instant) -> Result<()> {
    audit::record(
        db,
        Entry {
            authority: Some(route.authority_id),
            at,
            actor,
            action,
            subject: Subject::new("subsidy_route", route.id),
            facts: json!({
                "application": route.application_id, "organisation": route.organisation_id,
                "route": route.kind, "state": route.state, "amount": route.amount,
            }),
        },
    )?;
    Ok(())
}

fn tell(db: &mut Db, route: &Route, subject: &str, body: &str, now: Instant) -> Result<()> {
    for address in addresses_of_organisation(db, route.organisation_id)? {
        mail::queue(db, Some(route.authority_id), &address, subject, body, now)?;
    }
    Ok(())
}

/// Begins the route of an application. Market terms and a scheme are complete at once; minimal financial assistance
/// notifies the enterprise and waits for its confirmation; an assessment waits for its signature.
///
/// # Errors
/// Invalid, Denied, refused; Conflict when a route stands already.
pub async fn start(
    app: &App,
    actor: &Actor,
    organisation: Id<actor::Organisation>,
    application: &str,
    input: &RouteInput,
    now: Instant,
) -> Result<Id<Route>> {
    let authority = actor.authority_as(crate::values::Role::FundManager).ok_or(Error::Denied)?;
    require(actor, Action::RecordSubsidy, &Thing::of_applicant(authority, organisation))?;
    begin(app, actor, organisation, application, input.read(now)?, None, now).await
}

/// Writes a route down and, for minimal financial assistance, notifies the enterprise. An amount that was worked out names
/// the award and the value it was worked out from.
pub(super) async fn begin(
    app: &App,
    actor: &Actor,
    organisation: Id<actor::Organisation>,
    application: &str,
    read: Read,
    worked_from: Option<(String, Pence)>,
    now: Instant,
) -> Result<Id<Route>> {
    let authority = actor.authority_as(crate::values::Role::FundManager).ok_or(Error::Denied)?;
    require(actor, Action::RecordSubsidy, &Thing::of_applicant(authority, organisation))?;
    let started_by = actor.account().ok_or(Error::Denied)?;
    let application: Id<()> = application.parse().map_err(|_| Error::NotFound)?;
    let Read { kind, amount, body } = read;
    let link = app.config.server.public_url.trim_end_matches('/').to_owned();
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let enterprise = find_organisation(db, organisation)?;
            if !enterprise.kind.is_applicant() {
                return Err(Error::NotFound);
            }
            if !store::require_applicant(db, authority, &application.to_string(), organisation)? {
                return Err(RouteRefusal::NoOffer.into());
            }
            if store::has_conflict(db, started_by, &application.to_string())? {
                return Err(RouteRefusal::Conflicted.into());
            }
            if let Some((award, value)) = &worked_from {
                store::require_worth(db, award, *value)?;
            }
            let named = enterprise.profile.0.group.trim();
            let group_name = if named.is_empty() { enterprise.name.clone() } else { named.to_owned() };
            let at_once = matches!(kind, RouteKind::MarketTerms | RouteKind::Scheme);
            let route = Route {
                id: Id::new(),
                authority_id: authority,
                application_id: application.to_string(),
                organisation_id: organisation,
                group_key: group_key(&group_name),
                group_name,
                kind,
                state: if at_once { RouteState::Recorded } else { RouteState::Open },
                amount,
                body: Json(body.clone()),
                started_at: now,
                started_by,
                recorded_at: at_once.then_some(now),
                recorded_by: at_once.then_some(started_by),
                withdrawn_why: None,
            };
            store::insert(db, &route)?;
            note(db, &actor, &route, if at_once { "subsidy.recorded" } else { "subsidy.started" }, now)?;
            if kind == RouteKind::Mfa {
                let council = find_organisation(db, authority)?.name;
                let text = format!(
                    "{council} proposes to give {} minimal financial assistance under section 36 of the Subsidy \
                     Control Act 2022.\n\nGross value: {}.\nHow it was found: {}\n\nBefore it can be given you must \
                     confirm in writing what your whole group has had from other authorities since 1 April two \
                     financial years before this one. Sign in and confirm \
                     here:\n{link}/subsidy-confirmations/{}\n",
                    enterprise.name,
                    amount,
                    basis_of(&route),
                    route.id
                );
                tell(db, &route, "Minimal financial assistance: please confirm", &text, now)?;
            }
            Ok(route.id)
        })
        .await
}

/// How the amount of a route was found, in words.
#[must_use]
pub fn basis_of(route: &Route) -> String {
    match &route.body.0 {
        RouteBody::Mfa { basis, .. } => basis.clone(),
        RouteBody::MarketTerms { evidence } => evidence.clone(),
        RouteBody::Scheme { reference, fit } => format!("{reference}. {fit}"),
        RouteBody::Principles { .. } => "Assessed against the seven principles.".to_owned(),
    }
}

/// An enterprise's written confirmation.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ConfirmationInput {
    /// What the group had from others, one line each: `authority; date; amount; kind`, where kind is `mfa`, `spei`,
    /// `legacy_de_minimis` or `small_amount` and `mfa` when left out. Empty for nothing.
    pub declared: String,
    /// `yes`: everything is declared for the whole group.
    pub complete: String,
}

fn read_declared(input: &ConfirmationInput) -> Result<Vec<Declared>> {
    let mut form = Parser::default();
    let mut declared = Vec::new();
    for (line, number) in input.declared.lines().zip(1_u32..).filter(|(line, _)| !line.trim().is_empty()) {
        let parts: Vec<&str> = line.split(';').map(str::trim).collect();
        let [authority, date, amount, rest @ ..] = parts.as_slice() else {
            form.wrong("declared", format!("Line {number}: write authority; date; amount"));
            continue;
        };
        let mut one = Parser::default();
        let authority = one.text("declared", authority, 160, "Say which authority gave it");
        let given_on = one.date("declared", date, "Enter the date it was given");
        let amount = one.pence("declared", amount, "Enter the amount in pounds").filter(|a| *a > Pence::ZERO);
        let kind =
            rest.first().map_or(Some(AssistanceKind::Mfa), |k| one.value("declared", k, "Say which kind it was"));
        match (given_on, amount, kind, one.finish()) {
            (Some(given_on), Some(amount), Some(kind), Ok(())) => {
                declared.push(Declared { authority, given_on, amount, kind });
            }
            (.., Err(errors)) => {
                let why = errors.0.first().map_or("", |e| e.message.as_str());
                form.wrong("declared", format!("Line {number}: {why}"));
            }
            _ => form.wrong("declared", format!("Line {number}: enter an amount of more than £0")),
        }
    }
    form.check(Parser::ticked(&input.complete), "complete", "Confirm that this is everything your whole group has had");
    form.check(declared.len() <= 200, "declared", "Declare at most 200 amounts");
    form.finish()?;
    Ok(declared)
}

/// The enterprise confirms in writing; the route is complete when the group's total fits the cap.
///
/// # Errors
/// Invalid, NotFound for another organisation's route, refused over the cap.
pub async fn confirm(app: &App, actor: &Actor, id: Id<Route>, input: &ConfirmationInput, now: Instant) -> Result<()> {
    let declared = read_declared(input)?;
    let by = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut route = store::find(db, id)?;
            require(&actor, Action::AnswerOffer, &route.thing())?;
            if !store::require_applicant(db, route.authority_id, &route.application_id, route.organisation_id)? {
                return Err(RouteRefusal::NoOffer.into());
            }
            let mut received = store::own_of_group(db, route.authority_id, &route.group_key, route.id)?;
            received.extend(declared.iter().map(|d| Assistance { given: d.given_on, amount: d.amount, kind: d.kind }));
            let check = rules::may_confirm(&route, &received, now.date())?;
            if let RouteBody::Mfa { confirmation, .. } = &mut route.body.0 {
                *confirmation = Some(Confirmation {
                    at: now,
                    by,
                    declared: declared.clone(),
                    used: check.used,
                    cap: check.cap,
                    window_from: check.window_from,
                });
            }
            route.state = RouteState::Recorded;
            route.recorded_at = Some(now);
            store::set(db, &route)?;
            let council = find_organisation(db, route.authority_id)?.name;
            let row = |source, from_authority: &str, kind, amount, given_on| AssistanceRow {
                id: Id::new(),
                authority_id: route.authority_id,
                route_id: route.id,
                group_key: route.group_key.clone(),
                organisation_id: route.organisation_id,
                source,
                from_authority: from_authority.to_owned(),
                kind,
                amount,
                given_on,
            };
            for d in &declared {
                store::insert_assistance(db, &row(Source::Declared, &d.authority, d.kind, d.amount, d.given_on))?;
            }
            // Counted from the confirmation on, so that two routes of one group cannot both use the same room.
            store::insert_assistance(db, &row(Source::Own, &council, AssistanceKind::Mfa, route.amount, now.date()))?;
            note(db, &actor, &route, "subsidy.confirmed", now)
        })
        .await
}

/// A committee member signs an assessment that somebody else wrote.
///
/// # Errors
/// Denied, refused.
pub async fn sign(app: &App, actor: &Actor, id: Id<Route>, now: Instant) -> Result<()> {
    let by = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut route = store::find(db, id)?;
            // Who wrote it is told so in words before the policy would say a bare no.
            if route.started_by == by {
                return Err(RouteRefusal::SamePerson.into());
            }
            require(&actor, Action::SignAssessment, &route.thing().made_by(Some(route.started_by)))?;
            if store::has_conflict(db, by, &route.application_id)? {
                return Err(RouteRefusal::Conflicted.into());
            }
            rules::may_sign(&route, by)?;
            if let RouteBody::Principles { signed_by, signed_at, .. } = &mut route.body.0 {
                *signed_by = Some(by);
                *signed_at = Some(now);
            }
            route.state = RouteState::Recorded;
            route.recorded_at = Some(now);
            route.recorded_by = Some(by);
            store::set(db, &route)?;
            note(db, &actor, &route, "subsidy.signed", now)
        })
        .await
}

/// Marks a route as given. For minimal financial assistance the enterprise gets the statement that section 37 asks for:
/// what it was, the day, the gross value.
fn mark_given(db: &mut Db, actor: &Actor, mut route: Route, on: LocalDate, now: Instant) -> Result<()> {
    route.state = RouteState::Given;
    if let RouteBody::Mfa { given_on, .. } = &mut route.body.0 {
        *given_on = Some(on);
        store::set_given(db, route.id, on)?;
        let council = find_organisation(db, route.authority_id)?.name;
        let text = format!(
            "{council} confirms that minimal financial assistance was given.\n\nDate: {}.\nGross value: {}.\n\n\
             Keep this confirmation for at least three years.\n",
            crate::values::time::medium_date(on),
            route.amount
        );
        tell(db, &route, "Minimal financial assistance: confirmation", &text, now)?;
    }
    store::set(db, &route)?;
    note(db, actor, &route, "subsidy.given", now)
}

fn mark_withdrawn(db: &mut Db, actor: &Actor, mut route: Route, now: Instant) -> Result<()> {
    route.state = RouteState::Withdrawn;
    store::delete_own(db, route.id)?;
    store::set(db, &route)?;
    note(db, actor, &route, "subsidy.withdrawn", now)
}

/// Whose application something is decided about.
#[derive(Clone, Debug)]
pub struct Applicant {
    /// The authority that decides.
    pub authority: Id<actor::Organisation>,
    /// The enterprise.
    pub organisation: Id<actor::Organisation>,
    /// Its application, which a room below owns.
    pub application: String,
}

impl Applicant {
    /// Its route that stands, unless the investment was cancelled.
    fn standing(&self, db: &mut Db) -> Result<Option<Route>> {
        let own = |route: &Route| (route.authority_id, route.organisation_id) == (self.authority, self.organisation);
        let found = store::standing_told(db, &self.application)?.filter(|(_, cancelled)| !cancelled);
        Ok(found.map(|(route, _)| route).filter(own))
    }
}

/// The agreement of an application is signed, so the enterprise has a right to the money: its subsidy is given today.
/// Nothing on market terms, which give none. In the transaction that signs.
///
/// # Errors
/// What the database says.
pub fn agreed(db: &mut Db, actor: &Actor, who: &Applicant, now: Instant) -> Result<()> {
    match who.standing(db)? {
        Some(route) if route.state == RouteState::Recorded && route.kind.holds_subsidy() => {
            mark_given(db, actor, route, now.date(), now)
        }
        _ => Ok(()),
    }
}

/// What an application was to get is declined, lapsed or not approved, or the application itself is withdrawn or fell away:
/// its route, whatever its kind, spoke of those terms and of no others, so it is withdrawn, and a later offer needs one of
/// its own. Of minimal financial assistance the room under the cap is free again. A route on which another offer or an
/// agreement rests stays. In the transaction of that decision, after it is written.
///
/// # Errors
/// What the database says.
pub fn not_given(db: &mut Db, actor: &Actor, who: &Applicant, now: Instant) -> Result<()> {
    match who.standing(db)? {
        Some(route) => end(db, actor, route, now),
        None => Ok(()),
    }
}

/// Nothing more comes of a call: it is withdrawn, or all who applied are told how it ended. The routes of its applications
/// end as [`not_given`] says, but for those of `but`, which are still to be offered something. In the transaction of that
/// decision.
///
/// # Errors
/// What the database says.
pub fn call_over(db: &mut Db, actor: &Actor, call: &str, but: &[String], now: Instant) -> Result<()> {
    for route in store::standing_of_call(db, call)? {
        if !but.contains(&route.application_id) {
            end(db, actor, route, now)?;
        }
    }
    Ok(())
}

/// Withdraws a route of which nothing comes, unless an offer or an agreement rests on it.
fn end(db: &mut Db, actor: &Actor, route: Route, now: Instant) -> Result<()> {
    if store::resting_on(db, &route.application_id)? != Rests::Nothing {
        return Ok(());
    }
    // Before December 2026 it could be recorded as given while nobody had a right to it. Only minimal financial
    // assistance was confirmed to the enterprise then.
    if route.state == RouteState::Given && route.kind == RouteKind::Mfa {
        let text = format!(
            "Minimal financial assistance of {} was confirmed to you. The investment is not made, so it was not given and \
             does not count towards what your group has had. The confirmation does not hold any more.\n",
            route.amount
        );
        tell(db, &route, "Minimal financial assistance: not given", &text, now)?;
    }
    mark_withdrawn(db, actor, route, now)
}

/// Records by hand that a subsidy was given, where signing did not, because the route was complete only afterwards. For
/// minimal financial assistance it is confirmed to the enterprise.
///
/// # Errors
/// Denied; refused as [`rules::may_give`] says.
pub async fn give(app: &App, actor: &Actor, id: Id<Route>, now: Instant) -> Result<()> {
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let (route, cancelled) = store::find_told(db, id)?;
            require(&actor, Action::RecordSubsidy, &route.thing())?;
            let on = rules::may_give(&route, cancelled, store::resting_on(db, &route.application_id)?)?;
            mark_given(db, &actor, route, on, now)
        })
        .await
}

/// Withdrawing a route by hand.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct WithdrawRoute {
    /// Why; it is kept with the route, and the enterprise reads it.
    pub reason: String,
}

/// Withdraws a route that was not given, so that another can be recorded; the total is freed.
///
/// # Errors
/// Invalid, Denied; refused as [`rules::may_withdraw`] says.
pub async fn withdraw(app: &App, actor: &Actor, id: Id<Route>, input: &WithdrawRoute, now: Instant) -> Result<()> {
    let mut form = Parser::default();
    let reason = form.text("reason", &input.reason, 500, "Say why the route is withdrawn");
    form.finish()?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let (mut route, cancelled) = store::find_told(db, id)?;
            require(&actor, Action::RecordSubsidy, &route.thing())?;
            rules::may_withdraw(&route, cancelled, store::resting_on(db, &route.application_id)?)?;
            route.withdrawn_why = Some(reason.clone());
            mark_withdrawn(db, &actor, route, now)
        })
        .await
}

/// Whether a route must be uploaded to the subsidy database within three months, in a sentence.
#[must_use]
pub fn database_duty(route: &Route, now: Instant) -> String {
    match route.kind {
        RouteKind::MarketTerms => "Nothing to upload: on market terms there is no subsidy.".to_owned(),
        RouteKind::Principles => "Upload it to the subsidy database within three months of the decision.".to_owned(),
        RouteKind::Mfa | RouteKind::Scheme => match must_be_transparent(route.amount, now.date()) {
            Ok(true) => "Upload it to the subsidy database within three months: it is more than £100,000.".to_owned(),
            Ok(false) => "Nothing to upload: it is not more than £100,000.".to_owned(),
            Err(unknown) => crate::values::RefusalInfo::sentence(&unknown),
        },
    }
}
