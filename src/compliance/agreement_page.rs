//! The page of one agreement: its terms, what became of its promises, and everything that was done.

use super::model::{ClaimState, Due, DueState};
use super::rules::{Known, Standing, Status, standing};
use super::store;
use super::totals::newest;
use crate::agreements::{self, Agreement, AgreementKind, AgreementState, Obligation};
use crate::audit;
use crate::awards::PartLine;
use crate::error::{Error, Result};
use crate::finance::InstrumentTerms;
use crate::http::chart::{Heading, ShareBar, ShareBars, Unit};
use crate::http::export::Table;
use crate::http::{Answer, Link, Shell, Visit, page};
use crate::people::policy::{Action, Thing, can};
use crate::values::decimals::shown_decimal;
use crate::values::time::{distance, medium_date};
use crate::values::{Id, LocalDate, Pence, counted};
use actix_web::web;
use askama::Template;
use rust_decimal::Decimal;
use serde::Deserialize;

/// `?format=csv`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct OneQuery {
    /// `csv` or `xlsx` of the obligations; a page when empty.
    format: String,
}

/// One obligation and how it stands.
pub(super) struct Row {
    pub(super) obligation: Obligation,
    pub(super) standing: Standing,
    /// The word for its state, and its colour.
    pub(super) word: &'static str,
    pub(super) colour: &'static str,
    /// The due date to look at next.
    pub(super) due: Option<Due>,
}

impl Row {
    fn figure(figure: Option<Decimal>) -> String {
        figure.map_or_else(|| "not yet".to_owned(), shown_decimal)
    }

    fn claimed(&self) -> String {
        Self::figure(self.standing.claimed)
    }

    fn verified(&self) -> String {
        Self::figure(self.standing.verified)
    }

    fn rating(&self) -> String {
        match self.standing.rating {
            Some(rating) if self.obligation.kpi => format!("Indicator: {}", rating.label().to_lowercase()),
            None if self.obligation.kpi => "Indicator: not rated yet".to_owned(),
            _ => String::new(),
        }
    }
}

/// How every obligation of an agreement stands today.
pub(super) fn rows(obligations: Vec<Obligation>, dues: &[Due], claims: &[super::Claim], today: LocalDate) -> Vec<Row> {
    let figures = newest(claims);
    obligations
        .into_iter()
        .map(|obligation| {
            let own: Vec<&Due> = dues.iter().filter(|d| d.obligation_id == obligation.id).collect();
            let figure = figures.get(&obligation.id).copied().unwrap_or_default();
            let grace_until = own.iter().find(|d| d.binding).map_or(obligation.terms.0.due, |d| d.grace_until);
            let standing = standing(
                &Known {
                    direction: obligation.direction,
                    promised: obligation.promised.get(),
                    claimed: figure.claimed,
                    verified: figure.verified,
                    disputed: figure.disputed,
                    grace_until,
                },
                today,
            );
            let worst =
                own.iter().find(|d| matches!(d.state, DueState::Breached | DueState::Enforced | DueState::Reserved));
            let missed = own.iter().find(|d| d.state == DueState::Missed);
            let overdue = own.iter().find(|d| {
                d.state == DueState::Pending && d.due_on < today && d.claim_state != Some(ClaimState::Reported)
            });
            let decided = own.iter().rev().find(|d| matches!(d.state, DueState::Met | DueState::Cured));
            let cured = decided.is_some_and(|d| d.state == DueState::Cured);
            let (word, colour) = match (worst, missed, overdue) {
                (Some(due), ..) => (due.state.label(), due.state.colour()),
                (None, Some(due), _) => due.word(),
                (None, None, Some(_)) => ("Overdue", "red"),
                _ if standing.status == Status::Met && cured => (DueState::Cured.label(), DueState::Cured.colour()),
                _ if standing.status == Status::NotDue && figure.verified.is_some() => ("On the way", "blue"),
                _ => (standing.status.label(), standing.status.colour()),
            };
            let due = worst
                .or(missed)
                .or_else(|| own.iter().find(|d| d.state == DueState::Pending))
                .or_else(|| own.last())
                .map(|d| (*d).clone());
            Row { obligation, standing, word, colour, due }
        })
        .collect()
}

/// One act on the timeline, without names: a person of the council or of the organisation, or the calendar.
struct Act {
    title: &'static str,
    by: &'static str,
    machine: String,
    words: String,
}

/// What an audit row says on the timeline; `None` for what is not told to this side.
fn told(row: &audit::Row, staff: bool) -> Option<(&'static str, &'static str)> {
    Some(match row.action.as_str() {
        "agreement.signed" => ("Agreement made", "the council and the organisation"),
        "agreement.changed" => ("Terms changed", "the council"),
        "agreement.completed" => ("Agreement completed", "the council"),
        "agreement.terminated" => ("Agreement ended early", "the council"),
        "claim.reported" => ("Figure reported", "the organisation"),
        "claim.accepted" => ("Figure accepted", "the council"),
        "claim.queried" => ("Figure queried", "the council"),
        "claim.rejected" => ("Figure rejected", "the council"),
        "due.missed" => ("Due date missed", "the calendar"),
        "due.breached" => ("In breach", if row.actor == "system" { "the calendar" } else { "the council" }),
        "remedy.taken" => ("Decision about the breach", "the council"),
        "claim.apportioned" => ("Shared figure apportioned", "the council"),
        "due.judged_again" => ("Judged again: less of the figure counts", "the council"),
        "claim.double_count_refused" if staff => ("Double count refused", "the organisation"),
        "remedy.proposed" if staff => ("Remedy proposed", "the council"),
        _ => return None,
    })
}

#[derive(Template)]
#[template(path = "compliance/agreement.html")]
struct AgreementPage {
    shell: Shell,
    agreement: Agreement,
    organisation: String,
    /// What is left of it where something was cancelled before it was paid; empty where all of it stands.
    stands: String,
    verdict: String,
    note: String,
    rows: Vec<Row>,
    dues: Vec<(Due, String)>,
    chart: String,
    acts: Vec<Act>,
    changes: Vec<agreements::AgreementChange>,
    may_change: bool,
    repayments: Option<(&'static str, String)>,
    /// The parts of a package; none where a single instrument was agreed.
    lines: Vec<PartLine>,
    /// Whether this person may open the pages of the parts.
    opens_parts: bool,
}

impl AgreementPage {
    /// All parts as they were agreed, added up.
    fn together(&self) -> Pence {
        self.lines.iter().map(|line| line.amount).sum()
    }
}

/// A date as pages write it.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand it a reference")]
fn day(date: &LocalDate) -> String {
    medium_date(*date)
}

/// `GET /agreements/{id}`
///
/// # Errors
/// NotFound for another's.
pub async fn agreement(visit: Visit, id: web::Path<Id<Agreement>>, query: web::Query<OneQuery>) -> Answer {
    let id = *id;
    let actor = visit.actor.clone();
    let (agreement, organisation, left, obligations, dues, claims, acts, changes) = visit
        .app
        .db
        .read(move |db| {
            let (agreement, organisation, left) = agreements::find_named(db, id)?;
            if !can(&actor, Action::ReadAgreements, &agreements::thing(&agreement)) {
                return Err(Error::NotFound);
            }
            let obligations = agreements::obligations(db, id)?;
            let (dues, claims) = store::dues_and_claims_of_agreement(db, id)?;
            let acts = audit::of_subject(db, &id.to_string())?;
            let changed = acts.iter().any(|a| a.action.starts_with("agreement.") && a.action != "agreement.signed");
            let changes = if changed { agreements::changes(db, id)? } else { Vec::new() };
            Ok((agreement, organisation, left, obligations, dues, claims, acts, changes))
        })
        .await?;
    let today = visit.today();
    let rows = rows(obligations, &dues, &claims, today);
    if !query.format.is_empty() {
        return table(&agreement, &rows).answer(&query.format);
    }
    let staff = visit.actor.is_staff_of(agreement.authority_id);
    let (verdict, mut note) = verdict(&agreement, &rows, &dues, today);
    let stands = agreements::what_stands(agreement.value, left);
    if agreement.state == AgreementState::Active && !stands.is_empty() && left <= Pence::ZERO {
        "All of it was cancelled before anything was paid, so its promises do not count. The council ends it."
            .clone_into(&mut note);
    }
    let acts = acts
        .iter()
        .rev()
        .filter_map(|row| {
            let (title, by) = told(row, staff)?;
            Some(Act { title, by, machine: row.at.machine(), words: row.at.medium() })
        })
        .collect();
    let thing = agreements::thing(&agreement);
    let both = Thing::of_applicant(agreement.authority_id, agreement.organisation_id);
    let opens_parts = can(&visit.actor, Action::ReadFund, &Thing::of_authority(agreement.authority_id))
        || can(&visit.actor, Action::ReadOwnInvestment, &both);
    let may_change = agreement.state == AgreementState::Active
        && (can(&visit.actor, Action::RunAward, &thing) || can(&visit.actor, Action::TakeRemedy, &thing));
    let titled = dues
        .into_iter()
        .map(|due| {
            let title = rows
                .iter()
                .find(|r| r.obligation.id == due.obligation_id)
                .map(|r| r.obligation.title.clone())
                .unwrap_or_default();
            (due, title)
        })
        .collect();
    let mut shell = visit.shell(agreement.title.clone(), "/agreements");
    shell.breadcrumbs = vec![Link::new("Agreements", "/agreements")];
    page(&AgreementPage {
        shell,
        chart: chart(&rows)?,
        repayments: match agreement.terms.0.offer.as_ref().map(|offer| &offer.terms) {
            Some(_) if agreement.terms.0.is_package() => {
                Some(("Made of", format!("{} parts", agreement.terms.0.number_of_parts())))
            }
            Some(InstrumentTerms::Loan(loan)) => Some(("Paid back in", counted(loan.instalments, "instalments"))),
            Some(other) => Some(("Instrument", other.instrument().label().to_owned())),
            None => None,
        },
        lines: if agreement.terms.0.is_package() { agreement.terms.0.listed() } else { Vec::new() },
        agreement,
        organisation,
        stands,
        verdict,
        note,
        rows,
        dues: titled,
        acts,
        changes,
        may_change,
        opens_parts,
    })
}

fn verdict(agreement: &Agreement, rows: &[Row], dues: &[Due], today: LocalDate) -> (String, String) {
    let met = rows.iter().filter(|r| r.standing.status == Status::Met).count();
    let breached = dues.iter().filter(|d| d.state == DueState::Breached).count();
    let missed = dues.iter().filter(|d| d.state == DueState::Missed).count();
    let text = match (rows.len(), breached, missed) {
        (0, ..) => "Nothing was promised in this agreement.".to_owned(),
        (_, 1.., _) => {
            format!("{breached} due {} in breach; {met} of {} promises are met.", dates(breached), rows.len())
        }
        (_, 0, 1..) => format!(
            "{missed} due {} missed, with time left to put it right; {met} of {} promises are met.",
            dates(missed),
            rows.len()
        ),
        (n, 0, 0) if met == n => "Every promise is met.".to_owned(),
        (n, 0, 0) => format!("{met} of {n} promises are met, and nothing is missed."),
    };
    let next = dues.iter().filter(|d| d.state == DueState::Pending && d.due_on >= today).map(|d| d.due_on).min();
    let note = match (agreement.state, next) {
        (AgreementState::Active, Some(next)) => {
            format!("Next figure due on {}, {}.", medium_date(next), distance(today, next))
        }
        (AgreementState::Active, None) => "No further figure is due.".to_owned(),
        (state, _) => match dues.iter().filter(|d| d.state == DueState::Pending).count() {
            0 => format!("{}.", state.label()),
            1 => format!("{}. One figure that fell due before is still open.", state.label()),
            open => format!("{}. {open} figures that fell due before are still open.", state.label()),
        },
    };
    (text, note)
}

fn dates(number: usize) -> &'static str {
    if number == 1 { "date" } else { "dates" }
}

fn chart(rows: &[Row]) -> Result<String> {
    if rows.is_empty() {
        return Ok(String::new());
    }
    let bars = rows
        .iter()
        .map(|row| {
            let (claimed, verified) =
                (row.standing.claimed.unwrap_or_default(), row.standing.verified.unwrap_or_default());
            let places = [row.standing.promised, claimed, verified]
                .iter()
                .map(|d| d.normalize().scale())
                .max()
                .unwrap_or(0)
                .min(2);
            let unit = &row.obligation.unit;
            let suffix = if unit.starts_with('%') { unit.clone() } else { format!(" {unit}") };
            ShareBar {
                measure: row.obligation.title.clone(),
                promised: row.standing.promised,
                claimed,
                verified,
                unit: Unit { suffix, places, ..Unit::default() },
            }
        })
        .collect();
    let met = rows.iter().filter(|r| r.standing.status == Status::Met).count();
    let chart = ShareBars {
        heading: Heading::new(
            "promises",
            "Promised, claimed and verified for each obligation",
            format!("{met} of {} promises are met by verified figures", rows.len()),
            "Newest figures, counted since the agreement began",
        ),
        bars,
    };
    Ok(chart.render()?)
}

fn table(agreement: &Agreement, rows: &[Row]) -> Table {
    let figure = |value: Option<Decimal>| value.map(|v| v.to_string()).unwrap_or_default();
    Table {
        name: format!("obligations-{}", agreement.reference),
        heads: vec![
            "agreement",
            "obligation",
            "measure",
            "unit",
            "direction",
            "baseline",
            "promised",
            "claimed",
            "verified",
            "due",
            "status",
            "kpi",
            "rating",
        ],
        rows: rows
            .iter()
            .map(|row| {
                let o = &row.obligation;
                vec![
                    agreement.reference.clone(),
                    o.title.clone(),
                    o.measure.clone(),
                    o.unit.clone(),
                    o.direction.to_string(),
                    o.baseline.to_string(),
                    o.promised.to_string(),
                    figure(row.standing.claimed),
                    figure(row.standing.verified),
                    o.terms.0.due.to_string(),
                    row.standing.status.to_string(),
                    o.kpi.to_string(),
                    row.standing.rating.map(|r| r.to_string()).unwrap_or_default(),
                ]
            })
            .collect(),
    }
}
