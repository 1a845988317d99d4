//! Pages of agreements: the list, signing, and changing. The page of one agreement belongs to `compliance`,
//! which knows what became of its promises.

use super::actions::{self, ChangeInput, SignInput};
use super::making::Won;
use super::model::{Agreement, AgreementKind, ChangeKind};
use super::store::{self, AgreementFilter, Whose};
use crate::awards::Award;
use crate::db::{Cursor, Page};
use crate::error::{Error, Result};
use crate::http::export::Table;
use crate::http::{Answer, FormState, Link, Posted, Shell, Visit, page, page_again, see};
use crate::people::policy::{Action, can};
use crate::people::{find_organisation, find_organisations};
use crate::values::time::{medium_date, short_date};
use crate::values::{Id, LocalDate, Pence};
use actix_web::web;
use askama::Template;
use serde::Deserialize;

/// `?kind=contract&state=active&after=…&format=csv`
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// `contract` or `investment`; all when empty.
    pub kind: String,
    /// `active`, `completed` or `terminated`; all when empty.
    pub state: String,
    /// The `next` of the page before.
    pub after: String,
    /// `csv` or `xlsx`; a page when empty.
    pub format: String,
}

/// Most rows of one exported file.
const EXPORTED: usize = 5000;

/// One agreement of the list with the other party's name.
pub(super) struct Line {
    pub(super) agreement: Agreement,
    pub(super) organisation: String,
}

/// A word of the address as a filter; nothing chosen is no filter.
fn chosen<T: std::str::FromStr<Err = String>>(field: &str, text: &str) -> Result<Option<T>> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|e: String| Error::field(field, e)) }
}

/// The list as page, file and API give it.
pub(super) async fn lines(visit: &Visit, query: &ListQuery, limit: usize) -> Result<Page<Line>> {
    let whose = Whose::of(&visit.actor)?;
    let filter = AgreementFilter { kind: chosen("kind", &query.kind)?, state: chosen("state", &query.state)? };
    let after: Option<Cursor> = if query.after.is_empty() {
        None
    } else {
        Some(query.after.parse().map_err(|e: &str| Error::field("after", e))?)
    };
    visit
        .app
        .db
        .read(move |db| {
            let found = store::list(db, &whose, filter, after.as_ref(), limit)?;
            let ids: Vec<_> = found.items.iter().map(|a| a.organisation_id).collect();
            let names = find_organisations(db, &ids)?;
            Ok(Page {
                next: found.next,
                items: found
                    .items
                    .into_iter()
                    .map(|agreement| Line {
                        organisation: names.get(&agreement.organisation_id).map(|o| o.name.clone()).unwrap_or_default(),
                        agreement,
                    })
                    .collect(),
            })
        })
        .await
}

#[derive(Template)]
#[template(path = "agreements/list.html")]
struct ListPage {
    shell: Shell,
    lines: Vec<Line>,
    filters: Vec<Link>,
    verdict: String,
    next: String,
    base: String,
    staff: bool,
}

impl ListPage {
    /// Whether this is somebody whose organisation was invested in.
    fn invested(&self) -> bool {
        !self.staff && self.lines.iter().any(|line| line.agreement.kind == AgreementKind::Investment)
    }
}

fn address(kind: &str, state: &str) -> String {
    format!("/agreements?kind={kind}&state={state}")
}

/// `GET /agreements`
///
/// # Errors
/// Denied for the public; Invalid for an unknown filter.
pub async fn list(visit: Visit, query: web::Query<ListQuery>) -> Answer {
    if !query.format.is_empty() {
        let all = lines(&visit, &query, EXPORTED).await?;
        return table(&all.items).answer(&query.format);
    }
    let found = lines(&visit, &query, Page::<Line>::SIZE).await?;
    let base = address(&query.kind, &query.state);
    let filters = [
        ("All", "", ""),
        ("Running contracts", "contract", "active"),
        ("Running investments", "investment", "active"),
        ("Completed", "", "completed"),
        ("Ended early", "", "terminated"),
    ]
    .map(|(text, kind, state)| Link {
        text: text.to_owned(),
        href: address(kind, state),
        current: query.kind == kind && query.state == state,
    })
    .to_vec();
    let worth = Pence::total(found.items.iter().map(|l| l.agreement.value)).map_err(Error::from)?;
    let verdict = match (found.items.len(), found.next.is_some()) {
        (0, _) => String::new(),
        (_, true) => format!("The newest {} agreements, together {worth}.", found.items.len()),
        (1, false) => format!("One agreement of {worth}."),
        (n, false) => format!("{n} agreements, together {worth}."),
    };
    page(&ListPage {
        shell: visit.shell("Agreements", "/agreements"),
        next: found.next.map(|c| format!("{base}&after={c}")).unwrap_or_default(),
        lines: found.items,
        filters,
        verdict,
        base,
        staff: visit.actor.is_staff(),
    })
}

fn table(lines: &[Line]) -> Table {
    Table {
        name: "agreements".to_owned(),
        heads: vec![
            "reference",
            "kind",
            "title",
            "organisation",
            "value",
            "starts_on",
            "ends_on",
            "state",
            "signed_at",
        ],
        rows: lines
            .iter()
            .map(|line| {
                let a = &line.agreement;
                vec![
                    a.reference.clone(),
                    a.kind.to_string(),
                    a.title.clone(),
                    line.organisation.clone(),
                    a.value.plain(),
                    a.starts_on.to_string(),
                    a.ends_on.to_string(),
                    a.state.to_string(),
                    a.signed_at.rfc3339(),
                ]
            })
            .collect(),
    }
}

/// A date as pages write it.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand it a reference")]
fn day(date: &LocalDate) -> String {
    medium_date(*date)
}

#[derive(Template)]
#[template(path = "agreements/sign.html")]
struct SignPage {
    shell: Shell,
    form: FormState,
    won: Won,
    organisation: String,
    required: bool,
    choices: Vec<(String, String, String)>,
}

async fn sign_page(visit: &Visit, award: Id<Award>, form: FormState) -> Result<SignPage> {
    let (actor, now) = (visit.actor.clone(), visit.now);
    let (won, organisation, required) = visit
        .app
        .db
        .read(move |db| {
            let won = actions::ready_to_sign(db, &actor, award, now)?;
            let organisation = find_organisation(db, won.award.organisation_id)?.name;
            let required = actions::kpis_required(&won.award, &won.call)?;
            Ok((won, organisation, required))
        })
        .await?;
    let mut shell = visit.shell("Sign the contract", "/agreements");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    shell.breadcrumbs = vec![Link::new("Agreements", "/agreements")];
    let choices = won.promises.iter().map(|p| (p.id.clone(), p.title.clone(), p.words.clone())).collect();
    Ok(SignPage { shell, form, won, organisation, required, choices })
}

/// `GET /agreements/sign/{award}`
///
/// # Errors
/// Denied, NotFound; refused before the standstill ends.
pub async fn sign_form(visit: Visit, award: web::Path<Id<Award>>) -> Answer {
    page(&sign_page(&visit, *award, FormState::empty()).await?)
}

/// `POST /agreements/sign/{award}`
///
/// # Errors
/// Denied, NotFound.
pub async fn sign(visit: Visit, award: web::Path<Id<Award>>, posted: Posted<SignInput>) -> Answer {
    match actions::sign(&visit.app, &visit.actor, *award, &posted.input, visit.now).await {
        Ok(agreement) => {
            visit.done("The contract is signed. Every promise of the application is now an obligation.");
            see(&format!("/agreements/{agreement}"))
        }
        Err(error) => page_again(&sign_page(&visit, *award, posted.again(error)?).await?),
    }
}

#[derive(Template)]
#[template(path = "agreements/change.html")]
struct ChangePage {
    shell: Shell,
    form: FormState,
    agreement: Agreement,
    choices: Vec<(&'static str, &'static str, &'static str)>,
}

impl ChangePage {
    fn is_contract(&self) -> bool {
        self.agreement.kind == AgreementKind::Contract
    }
}

async fn change_page(visit: &Visit, id: Id<Agreement>, form: FormState) -> Result<ChangePage> {
    let agreement = visit.app.db.read(move |db| store::find(db, id)).await?;
    let thing = store::thing(&agreement);
    let may_run = can(&visit.actor, Action::RunAward, &thing);
    let may_end = can(&visit.actor, Action::TakeRemedy, &thing.made_by(agreement.signed_by));
    if !may_run && !may_end {
        return Err(Error::Denied);
    }
    let mut choices = Vec::new();
    if may_run {
        if agreement.kind == AgreementKind::Contract {
            choices.push((
                ChangeKind::Change.as_str(),
                "Change its value or last day",
                "Over the limits, a contract change notice comes first",
            ));
        }
        choices.push((ChangeKind::Completion.as_str(), "Complete it", "Only from its last day on"));
    }
    if may_end {
        choices.push((ChangeKind::Termination.as_str(), "End it early", "Not by the person who signed it"));
    }
    let mut shell = visit.shell("Change or end the agreement", "/agreements");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    shell.breadcrumbs = vec![
        Link::new("Agreements", "/agreements"),
        Link::new(agreement.reference.clone(), format!("/agreements/{id}")),
    ];
    Ok(ChangePage { shell, form, agreement, choices })
}

/// `GET /agreements/{id}/change`
///
/// # Errors
/// Denied, NotFound.
pub async fn change_form(visit: Visit, id: web::Path<Id<Agreement>>) -> Answer {
    page(&change_page(&visit, *id, FormState::empty()).await?)
}

/// `POST /agreements/{id}/change`
///
/// # Errors
/// Denied, NotFound.
pub async fn change(visit: Visit, id: web::Path<Id<Agreement>>, posted: Posted<ChangeInput>) -> Answer {
    match actions::change(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("Recorded.");
            see(&format!("/agreements/{id}"))
        }
        Err(error) => page_again(&change_page(&visit, *id, posted.again(error)?).await?),
    }
}
