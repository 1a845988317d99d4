//! Pages of officers: who judges a call, and their conflicts of interest.

use super::model::Conflict;
use super::pages::form_shell;
use super::panel::{self, MemberInput, ResolutionInput};
use super::{bids, rules, store};
use crate::calls::{self, Call};
use crate::error::Result;
use crate::http::{Answer, FormState, Posted, Shell, Visit, page, page_again, see};
use crate::people::members_with_role;
use crate::people::policy::{Action, Thing, can, require};
use crate::values::{Account, Id, Role};
use actix_web::web;
use askama::Template;

#[derive(Template)]
#[template(path = "scoring/panel.html")]
struct PanelPage {
    shell: Shell,
    form: FormState,
    call: Call,
    members: Vec<(String, &'static str, &'static str, String)>,
    conflicts: Vec<(Conflict, String, String)>,
    evaluators: Vec<(String, String)>,
    may_manage: bool,
}

async fn panel_page(visit: &Visit, id: Id<Call>, form: FormState) -> Result<PanelPage> {
    let actor = visit.actor.clone();
    let (call, seated, bids, evaluators) = visit
        .app
        .db
        .read(move |db| {
            let call = calls::find(db, id)?;
            require(&actor, Action::ReadScores, &Thing::of_authority(call.authority_id))?;
            let evaluators = members_with_role(db, call.authority_id, Role::Evaluator)?;
            Ok((call, store::seated(db, id)?, bids::opened(db, id)?, evaluators))
        })
        .await?;
    let name = |a: Id<Account>| seated.names.get(&a).cloned().unwrap_or_default();
    let members = seated
        .members
        .iter()
        .map(|m| {
            let (word, colour) = if rules::is_conflicted(&seated.conflicts, m) {
                ("Conflict", "red")
            } else if m.final_at.is_some() {
                ("Final", "green")
            } else if m.declared_at.is_some() {
                ("Scoring", "light-blue")
            } else {
                ("Not declared", "grey")
            };
            (name(m.account_id), word, colour, m.declared_at.map(|d| d.medium()).unwrap_or_default())
        })
        .collect();
    let conflicts = seated
        .conflicts
        .iter()
        .map(|c| {
            let bid = bids.iter().find(|b| b.application.id == c.application_id);
            (c.clone(), name(c.account_id), bid.map(|b| b.name.clone()).unwrap_or_default())
        })
        .collect();
    Ok(PanelPage {
        shell: form_shell(visit, "Panel", &form),
        form,
        members,
        conflicts,
        evaluators: evaluators
            .into_iter()
            .filter(|(id, _)| !seated.members.iter().any(|m| m.account_id == *id))
            .map(|(id, name)| (id.to_string(), name))
            .collect(),
        may_manage: can(&visit.actor, Action::ManagePanel, &Thing::of_authority(call.authority_id)),
        call,
    })
}

/// `GET /desk/calls/{id}/panel`
///
/// # Errors
/// Denied.
pub async fn panel_of(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    page(&panel_page(&visit, *id, FormState::empty()).await?)
}

/// `POST /desk/calls/{id}/panel`
///
/// # Errors
/// Denied.
pub async fn add_member(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<MemberInput>) -> Answer {
    match panel::add_member(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(_) => {
            visit.done("Added to the panel.");
            see(&format!("/desk/calls/{id}/panel"))
        }
        Err(error) => page_again(&panel_page(&visit, *id, posted.again(error)?).await?),
    }
}

/// `POST /desk/calls/{id}/conflicts/{conflict}`
///
/// # Errors
/// Denied.
pub async fn resolve(
    visit: Visit,
    path: web::Path<(Id<Call>, Id<Conflict>)>,
    posted: Posted<ResolutionInput>,
) -> Answer {
    let (call, conflict) = path.into_inner();
    match panel::resolve(&visit.app, &visit.actor, conflict, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("The enquiry is recorded.");
            see(&format!("/desk/calls/{call}/panel"))
        }
        Err(error) => page_again(&panel_page(&visit, call, posted.again(error)?).await?),
    }
}
