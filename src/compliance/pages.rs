//! Pages of obligations: what is due, one due date, reporting, deciding, sharing.

use super::actions::{self, DecisionInput, ReportInput};
use super::model::{Claim, ClaimState, Due, RemedyStep};
use super::remedies::{self, ProposeInput, TakeInput};
use super::store::{self, DueFilter};
use crate::agreements::{self, Agreement, Obligation, Whose};
use crate::conditions::Verifier;
use crate::db::{Cursor, Page};
use crate::documents::{self, Document};
use crate::error::{Error, Result};
use crate::http::export::Table;
use crate::http::{Answer, FormState, Link, Parts, Posted, Shell, Visit, attachment, page, page_again, see};
use crate::people::policy::{Action, can};
use crate::values::time::{distance, medium_date, short_date};
use crate::values::{FieldErrors, Id, LocalDate, Refusal};
use actix_web::web;
use askama::Template;
use serde::Deserialize;

/// A date as pages write it.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand it a reference")]
fn day(date: &LocalDate) -> String {
    medium_date(*date)
}

/// `?show=to_verify&after=…&format=csv`
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct DueQuery {
    /// `open`, `to_verify`, `overdue`, `missed`, `breach`, `upcoming`, `decided` or `all`.
    pub show: String,
    /// The `next` of the page before.
    pub after: String,
    /// `csv` or `xlsx`; a page when empty.
    pub format: String,
}

/// Most rows of one exported file.
const EXPORTED: usize = 5000;

/// One due date of a list, with the names around it.
pub(super) struct Line {
    pub(super) due: Due,
    pub(super) obligation: Obligation,
    pub(super) organisation: String,
}

pub(super) fn cursor(text: &str) -> Result<Option<Cursor>> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|e: &str| Error::field("after", e)) }
}

/// The list as page, file and API give it, and which one it is.
pub(super) async fn lines(visit: &Visit, query: &DueQuery, limit: usize) -> Result<(DueFilter, Page<Line>)> {
    let whose = Whose::of(&visit.actor)?;
    let filter = match query.show.as_str() {
        "" if visit.actor.is_staff() => DueFilter::ToVerify,
        "" => DueFilter::Open,
        word => word.parse().map_err(|e: String| Error::field("show", e))?,
    };
    let (after, now) = (cursor(&query.after)?, visit.now);
    let found = visit
        .app
        .db
        .read(move |db| {
            let found = store::list(db, &whose, filter, now, after.as_ref(), limit)?;
            let items = found
                .items
                .into_iter()
                .map(|(due, obligation, organisation)| Line { due, obligation, organisation })
                .collect();
            Ok(Page { items, next: found.next })
        })
        .await?;
    Ok((filter, found))
}

#[derive(Template)]
#[template(path = "compliance/list.html")]
struct ListPage {
    shell: Shell,
    lines: Vec<Line>,
    filters: Vec<Link>,
    verdict: String,
    next: String,
    base: String,
    staff: bool,
    today: LocalDate,
}

/// `GET /compliance`
///
/// # Errors
/// Denied for the public; Invalid for an unknown filter.
pub async fn list(visit: Visit, query: web::Query<DueQuery>) -> Answer {
    if !query.format.is_empty() {
        let (_, all) = lines(&visit, &query, EXPORTED).await?;
        return table(&all.items).answer(&query.format);
    }
    let (filter, found) = lines(&visit, &query, Page::<Line>::SIZE).await?;
    let staff = visit.actor.is_staff();
    let base = format!("/compliance?show={filter}");
    let filters = DueFilter::ALL
        .iter()
        .map(|one| Link {
            text: one.label().to_owned(),
            href: format!("/compliance?show={one}"),
            current: *one == filter,
        })
        .collect();
    let verdict = verdict(filter, staff, found.items.len(), found.next.is_some());
    let title = if staff { "Obligations" } else { "What you have promised" };
    page(&ListPage {
        shell: visit.shell(title, "/compliance"),
        next: found.next.map(|c| format!("{base}&after={c}")).unwrap_or_default(),
        lines: found.items,
        filters,
        verdict,
        base,
        staff,
        today: visit.today(),
    })
}

fn verdict(filter: DueFilter, staff: bool, number: usize, more: bool) -> String {
    let count = match (number, more) {
        (_, true) => format!("More than {number} figures"),
        (1, false) => "One figure".to_owned(),
        (n, false) => format!("{n} figures"),
    };
    let one = number == 1 && !more;
    match filter {
        _ if number == 0 => String::new(),
        DueFilter::ToVerify if staff && one => format!("{count} waits for you to check it."),
        DueFilter::ToVerify if staff => format!("{count} wait for you to check them."),
        DueFilter::ToVerify => format!("{count} with the council to be checked."),
        DueFilter::Overdue => format!("{count} overdue."),
        DueFilter::Missed => format!("{count} missed, with time left to put it right."),
        DueFilter::Breach => format!("{count} in breach."),
        DueFilter::Upcoming => format!("{count} coming up."),
        DueFilter::Decided => format!("{count} decided."),
        DueFilter::Open => format!("{count} still open."),
        DueFilter::All => format!("{count} in all."),
    }
}

fn table(lines: &[Line]) -> Table {
    Table {
        name: "obligations".to_owned(),
        heads: vec![
            "organisation",
            "obligation",
            "measure",
            "unit",
            "period",
            "due_on",
            "target",
            "binding",
            "state",
            "figure",
            "cure_by",
            "agreement",
            "due",
        ],
        rows: lines
            .iter()
            .map(|line| {
                vec![
                    line.organisation.clone(),
                    line.obligation.title.clone(),
                    line.obligation.measure.clone(),
                    line.obligation.unit.clone(),
                    line.due.period.clone(),
                    line.due.due_on.to_string(),
                    line.due.target.to_string(),
                    line.due.binding.to_string(),
                    line.due.state.to_string(),
                    line.due.claim_state.map(|s| s.to_string()).unwrap_or_default(),
                    line.due.cure_by.map(|d| d.to_string()).unwrap_or_default(),
                    line.due.agreement_id.to_string(),
                    line.due.id.to_string(),
                ]
            })
            .collect(),
    }
}

/// Everything about one due date, for page and API.
pub(super) struct Whole {
    pub(super) due: Due,
    pub(super) agreement: Agreement,
    pub(super) obligation: Obligation,
    pub(super) organisation: String,
    pub(super) claims: Vec<Claim>,
    pub(super) files: Vec<Document>,
    pub(super) remedies: Vec<RemedyStep>,
    /// Whether a figure waits although all of the agreement was cancelled before anything was paid.
    pub(super) cancelled: bool,
}

impl Whole {
    fn binds(&self) -> bool {
        super::rules::still_binds(self.due.due_on, self.agreement.ended_on(), self.cancelled)
    }

    /// Whether a figure waits for a decision although its agreement ended before it was due.
    fn lapses(&self) -> bool {
        !self.cancelled && !self.binds() && self.due.claim_state == Some(ClaimState::Reported)
    }
}

/// Reads one due date for somebody who may see it. At most five statements.
pub(super) async fn whole(visit: &Visit, id: Id<Due>) -> Result<Whole> {
    let actor = visit.actor.clone();
    visit
        .app
        .db
        .read(move |db| {
            let (due, agreement, obligation, organisation) = store::find_due_around(db, id)?;
            if !can(&actor, Action::ReadAgreements, &actions::thing(&due)) {
                return Err(Error::NotFound);
            }
            let claims = store::claims_of_due(db, id)?;
            let files = match claims.first() {
                Some(claim) => documents::of_owner(db, "claim", &claim.id.to_string())?,
                None => Vec::new(),
            };
            let remedies = if due.state.was_breached() { store::remedies_of_due(db, id)? } else { Vec::new() };
            let waits = matches!(due.state, super::DueState::Pending | super::DueState::Missed)
                && claims.iter().any(|c| matches!(c.state, ClaimState::Reported | ClaimState::Queried));
            let cancelled = waits && agreements::all_cancelled(db, due.agreement_id)?;
            Ok(Whole { due, agreement, obligation, organisation, claims, files, remedies, cancelled })
        })
        .await
}

#[derive(Template)]
#[template(path = "compliance/due.html")]
struct DuePage {
    shell: Shell,
    form: FormState,
    whole: Whole,
    verdict: String,
    target: String,
    may_report: bool,
    why_not: String,
    waiting: Option<Claim>,
    may_decide: bool,
    open_step: Option<RemedyStep>,
    may_take: bool,
    may_propose: bool,
    internal: bool,
    ladder: Vec<(String, &'static str, &'static str)>,
}

impl DuePage {
    /// What whoever decides looks for, where somebody else than the council checks the figure.
    fn checked_by(&self) -> &'static str {
        match self.whole.obligation.terms.0.verifier {
            Verifier::Council => "",
            Verifier::ThirdParty => {
                "A third party checks this figure. Accept it when its report is among the evidence; query it when it is not."
            }
            Verifier::Itself => {
                "The organisation checks this figure itself. Accept what it declares with its evidence."
            }
        }
    }
}

async fn due_page(visit: &Visit, id: Id<Due>, form: FormState) -> Result<DuePage> {
    let whole = whole(visit, id).await?;
    let thing = actions::thing(&whole.due);
    let may_act = can(&visit.actor, Action::ReportFigure, &thing);
    let refusal = actions::may_report(&whole.due, whole.binds(), visit.now).err();
    let waiting = whole.claims.iter().find(|c| matches!(c.state, ClaimState::Reported | ClaimState::Queried)).cloned();
    let open_step = whole.remedies.iter().find(|s| s.taken_at.is_none() && s.withdrawn_at.is_none()).cloned();
    let officer = can(&visit.actor, Action::VerifyFigure, &thing);
    let may_take = open_step
        .as_ref()
        .is_some_and(|s| can(&visit.actor, Action::TakeRemedy, &thing.clone().made_by(s.proposed_by)));
    let internal = visit.actor.is_staff_of(whole.due.authority_id);
    let mut shell = visit.shell(whole.obligation.title.clone(), "/compliance");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    shell.breadcrumbs = vec![
        Link::new("Agreements", "/agreements"),
        Link::new(whole.agreement.reference.clone(), format!("/agreements/{}", whole.agreement.id)),
    ];
    let ladder = ladder(&whole);
    Ok(DuePage {
        shell,
        form,
        verdict: story(&whole, visit.today()),
        target: format!(
            "{} {}{}",
            whole.due.target.shown(),
            whole.obligation.unit,
            if whole.due.binding { "" } else { ", a milestone on the way" }
        ),
        may_report: may_act && refusal.is_none(),
        why_not: match refusal {
            Some(refusal) if may_act => Refusal::from(refusal).sentence,
            _ => String::new(),
        },
        may_decide: officer && waiting.is_some(),
        waiting,
        may_propose: officer && whole.due.state.was_breached() && whole.due.state != super::DueState::Waived,
        open_step,
        may_take,
        internal,
        ladder,
        whole,
    })
}

/// The ladder with what was taken of it.
fn ladder(whole: &Whole) -> Vec<(String, &'static str, &'static str)> {
    (0_i64..)
        .zip(&whole.obligation.terms.0.remedies)
        .map(|(index, step)| {
            let (word, colour) = if index < whole.due.next_step {
                ("Taken", "red")
            } else if index == whole.due.next_step && whole.due.state.was_breached() {
                ("Next", "yellow")
            } else {
                ("Not taken", "grey")
            };
            (step.clone(), word, colour)
        })
        .collect()
}

fn story(whole: &Whole, today: LocalDate) -> String {
    use super::DueState as S;
    let due = &whole.due;
    let unit = &whole.obligation.unit;
    let newest = whole.claims.first();
    let verified = newest.and_then(|c| c.verified).map(crate::values::Quantity::shown);
    match (due.state, due.claim_state) {
        (S::Pending | S::Missed, Some(ClaimState::Reported)) => format!(
            "{} {unit} reported, and being checked by the council.",
            newest.map(|c| c.quantity.shown()).unwrap_or_default()
        ),
        (S::Pending | S::Missed, Some(ClaimState::Queried)) => {
            format!(
                "The council has asked about the figure. Answer by {}.",
                medium_date(due.cure_by.unwrap_or(due.grace_until))
            )
        }
        (S::Pending, _) => format!("A figure is due on {}, {}.", medium_date(due.due_on), distance(today, due.due_on)),
        (S::Missed, _) => format!(
            "Missed, but it can be put right until {}, {}.",
            due.cure_by.map(medium_date).unwrap_or_default(),
            due.cure_by.map(|d| distance(today, d)).unwrap_or_default()
        ),
        (S::Met, _) => format!("Met: {} {unit} verified.", verified.unwrap_or_default()),
        (S::Cured, _) => {
            format!("Missed at first, then put right in time: {} {unit} verified.", verified.unwrap_or_default())
        }
        (S::Breached, _) => "In breach: the time to put it right has passed.".to_owned(),
        (S::Enforced, _) => "The council has taken a step of the remedy ladder.".to_owned(),
        (S::Waived, _) => "The council has waived this breach.".to_owned(),
        (S::Reserved, _) => "The council has reserved its rights about this breach.".to_owned(),
        (S::Closed, _) => "No longer due: the agreement has ended.".to_owned(),
    }
}

/// `GET /compliance/dues/{id}`
///
/// # Errors
/// NotFound for another's.
pub async fn due(visit: Visit, id: web::Path<Id<Due>>) -> Answer {
    page(&due_page(&visit, *id, FormState::empty()).await?)
}

#[derive(Template)]
#[template(path = "compliance/report.html")]
struct ReportPage {
    shell: Shell,
    form: FormState,
    due: Due,
    obligation: Obligation,
    accepts: String,
}

async fn report_page(visit: &Visit, id: Id<Due>, form: FormState) -> Result<ReportPage> {
    let now = visit.now;
    let (due, obligation, binds) = visit
        .app
        .db
        .read(move |db| {
            let due = store::find_due(db, id)?;
            let obligation = agreements::find_obligation(db, due.obligation_id)?;
            let agreement = agreements::find(db, due.agreement_id)?;
            let binds = actions::still_binds(db, &agreement, &due)?;
            Ok((due, obligation, binds))
        })
        .await?;
    if !can(&visit.actor, Action::ReportFigure, &actions::thing(&due)) {
        return Err(Error::NotFound);
    }
    if !form.has_errors() {
        actions::may_report(&due, binds, now)?;
    }
    let mut shell = visit.shell("Report a figure", "/compliance");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    let accepts = match obligation.terms.0.evidence.join(", ") {
        none if none.is_empty() => "Up to 10 files".to_owned(),
        kinds => format!("Up to 10 files. What counts: {kinds}"),
    };
    Ok(ReportPage { shell, form, due, obligation, accepts })
}

/// `GET /compliance/dues/{id}/report`
///
/// # Errors
/// NotFound for another's; refused when nothing is due.
pub async fn report_form(visit: Visit, id: web::Path<Id<Due>>) -> Answer {
    page(&report_page(&visit, *id, FormState::empty()).await?)
}

/// `POST /compliance/dues/{id}/report`
///
/// # Errors
/// NotFound, Denied.
pub async fn report(visit: Visit, id: web::Path<Id<Due>>, parts: Parts) -> Answer {
    let input = ReportInput {
        quantity: parts.field("quantity").to_owned(),
        note: parts.field("note").to_owned(),
        beneficiaries: parts.field("beneficiaries").to_owned(),
        evidence: Vec::new(),
    };
    let files = parts
        .files
        .iter()
        .filter(|(name, file)| name == "evidence" && !file.bytes.is_empty())
        .map(|(_, file)| file.clone())
        .collect();
    match actions::report(&visit.app, &visit.actor, *id, &input, files, visit.now).await {
        Ok(_) => {
            visit.done("Your figure is reported. The council checks it and writes to you.");
            see(&format!("/compliance/dues/{id}"))
        }
        Err(error) => {
            let state = FormState::filled(parts.fields.into_iter().filter(|(name, _)| name != "csrf"));
            let form = match error {
                Error::Invalid(errors) => state.with_errors(errors),
                Error::Refused(refusal) => {
                    let field = if refusal.code.starts_with("documents/") { "evidence" } else { "" };
                    state.with_errors(FieldErrors::one(field, refusal.sentence))
                }
                other => return Err(other.into()),
            };
            page_again(&report_page(&visit, *id, form).await?)
        }
    }
}

/// `POST /compliance/claims/{id}/decide`
///
/// # Errors
/// NotFound, Denied.
pub async fn decide(visit: Visit, id: web::Path<Id<Claim>>, posted: Posted<DecisionInput>) -> Answer {
    let claim = *id;
    let due = visit.app.db.read(move |db| Ok(store::find_claim(db, claim)?.due_id)).await?;
    match actions::decide(&visit.app, &visit.actor, claim, &posted.input, visit.now).await {
        Ok(state) => {
            visit.done(match posted.input.decision.as_str() {
                "accept" => format!("Accepted. The due date is now: {}.", state.label().to_lowercase()),
                "query" => "Your query is sent to the organisation.".to_owned(),
                _ => "The figure is rejected, and the organisation knows why.".to_owned(),
            });
            see(&format!("/compliance/dues/{due}"))
        }
        Err(error) => page_again(&due_page(&visit, due, posted.again(error)?).await?),
    }
}

/// `POST /compliance/dues/{id}/remedy`
///
/// # Errors
/// NotFound, Denied.
pub async fn propose(visit: Visit, id: web::Path<Id<Due>>, posted: Posted<ProposeInput>) -> Answer {
    match remedies::propose(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(_) => {
            visit.done("Proposed. Another person decides.");
            see(&format!("/compliance/dues/{id}"))
        }
        Err(error) => page_again(&due_page(&visit, *id, posted.again(error)?).await?),
    }
}

/// `POST /compliance/remedies/{id}/take`
///
/// # Errors
/// NotFound, Denied.
pub async fn take(visit: Visit, id: web::Path<Id<RemedyStep>>, posted: Posted<TakeInput>) -> Answer {
    let step = *id;
    let due = visit.app.db.read(move |db| Ok(store::find_remedy(db, step)?.due_id)).await?;
    match remedies::take(&visit.app, &visit.actor, step, &posted.input, visit.now).await {
        Ok(_) => {
            visit.done("Recorded, and the organisation is told.");
            see(&format!("/compliance/dues/{due}"))
        }
        Err(error) => page_again(&due_page(&visit, due, posted.again(error)?).await?),
    }
}

/// One file of evidence and its bytes, for somebody who may read the agreement behind it; for page and API.
pub(super) async fn evidence_file(visit: &Visit, id: Id<Document>) -> Result<(Document, Vec<u8>)> {
    let (document, due) = visit
        .app
        .db
        .read(move |db| {
            let document = documents::find(db, id)?;
            let claim: Id<Claim> = document.owner_id.parse().map_err(|_| Error::NotFound)?;
            if document.owner_kind != "claim" {
                return Err(Error::NotFound);
            }
            let due = store::find_claim(db, claim)?.due_id;
            Ok((document, store::find_due(db, due)?))
        })
        .await?;
    if !can(&visit.actor, Action::ReadAgreements, &actions::thing(&due)) {
        return Err(Error::NotFound);
    }
    let bytes = documents::read_file(&visit.app.config.storage.documents, &document.stored_as).await?;
    Ok((document, bytes))
}

/// `GET /compliance/evidence/{id}`: one file of evidence.
///
/// # Errors
/// NotFound for another's.
pub async fn evidence(visit: Visit, id: web::Path<Id<Document>>) -> Answer {
    let (document, bytes) = evidence_file(&visit, *id).await?;
    attachment(&document.name, &document.media_type, bytes)
}
