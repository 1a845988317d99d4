//! Pages of officers: who judges a call, and their conflicts of interest.

use super::model::{Conflict, PanelMember};
use super::pages::form_shell;
use super::panel::{self, MemberInput, ReplaceInput, ResolutionInput};
use super::{bids, rules, store, words};
use crate::applications::shown_as;
use crate::calls::Call;
use crate::error::Result;
use crate::http::{Answer, FormState, Posted, Shell, Visit, page, page_again, see};
use crate::people::members_with_role;
use crate::people::policy::{Action, Thing, can, require};
use crate::values::{Account, Id, Role};
use actix_web::web;
use askama::Template;

/// An evaluator, and how far their sheet is: not what they scored.
struct Member {
    id: Id<PanelMember>,
    name: String,
    word: &'static str,
    colour: &'static str,
    declared: String,
    /// By criterion: answers that have a score and a reason, of all.
    given: Vec<String>,
    all: String,
    replaced: String,
    may_be_replaced: bool,
}

#[derive(Template)]
#[template(path = "scoring/panel.html")]
struct PanelPage {
    shell: Shell,
    form: FormState,
    call: Call,
    members: Vec<Member>,
    /// Titles of what is scored, over the columns of how far each evaluator is.
    heads: Vec<String>,
    conflicts: Vec<(Conflict, String, String)>,
    /// Whether bidders stand under letters for now.
    hidden: bool,
    evaluators: Vec<(String, String)>,
    may_manage: bool,
}

impl PanelPage {
    fn sent(&self) -> words::Sent {
        words::Sent::to(&self.call)
    }
}

async fn panel_page(visit: &Visit, id: Id<Call>, form: FormState) -> Result<PanelPage> {
    let (actor, me) = (visit.actor.clone(), visit.account()?);
    let (call, hidden, blind, seated, bids, evaluators, given) = visit
        .app
        .db
        .read(move |db| {
            let seat = store::seat(db, id, me)?;
            let hidden = seat.hidden();
            let blind = hidden && seat.member.is_some_and(|m| m.replaced_at.is_none());
            let call = seat.call;
            require(&actor, Action::ReadScores, &Thing::of_authority(call.authority_id))?;
            let evaluators = members_with_role(db, call.authority_id, Role::Evaluator)?;
            let bids = bids::opened(db, id)?;
            Ok((call, hidden, blind, store::seated(db, id)?, bids, evaluators, store::given(db, id)?))
        })
        .await?;
    let name = |a: Id<Account>| seated.names.get(&a).cloned().unwrap_or_default();
    let may_manage = can(&visit.actor, Action::ManagePanel, &Thing::of_authority(call.authority_id))
        && !rules::conflict_stands(&seated.conflicts, me);
    let scored = rules::scored_criteria(&call.terms.0.model);
    let members = seated
        .members
        .iter()
        .map(|m| {
            let (word, colour) = if m.replaced_at.is_some() {
                ("Replaced", "grey")
            } else if rules::is_conflicted(&seated.conflicts, m) {
                ("Conflict", "red")
            } else if m.final_at.is_some() {
                ("Final", "green")
            } else if m.declared_at.is_some() {
                ("Scoring", "light-blue")
            } else {
                ("Not declared", "grey")
            };
            let mine = || given.iter().filter(|(account, _)| *account == m.account_id);
            let by: Vec<usize> = scored.iter().map(|c| mine().filter(|(_, id)| *id == c.id).count()).collect();
            Member {
                id: m.id,
                name: name(m.account_id),
                word,
                colour,
                declared: m.declared_at.map(crate::values::Instant::medium).unwrap_or_default(),
                all: format!("{} of {}", by.iter().sum::<usize>(), scored.len() * bids.len()),
                given: by.into_iter().map(|n| format!("{n} of {}", bids.len())).collect(),
                replaced: match (m.replaced_at, &m.replaced_reason) {
                    (Some(at), Some(why)) => {
                        let second = seated.members.iter().find(|s| Some(s.id) == m.successor_id);
                        let second = second.map(|s| name(s.account_id)).unwrap_or_default();
                        format!("Replaced by {second} on {}: {why}", at.medium())
                    }
                    _ => String::new(),
                },
                may_be_replaced: may_manage && m.replaced_at.is_none(),
            }
        })
        .collect();
    let conflicts = seated
        .conflicts
        .iter()
        .map(|c| {
            let bid = bids.iter().find(|b| b.application.id == c.application_id);
            let (mut conflict, who) = (c.clone(), name(c.account_id));
            if blind {
                // What a colleague wrote may name the bidder, so its letter is not put beside it.
                return (conflict, who, format!("One of the {}s", words::Sent::to(&call).who));
            }
            if let Some(bid) = bid.filter(|_| hidden) {
                conflict.nature = bids::under_letter(&conflict.nature, bid);
                conflict.enquiry = conflict.enquiry.map(|words| bids::under_letter(&words, bid));
                return (conflict, who, shown_as(&bid.application));
            }
            (conflict, who, bid.map(|b| b.name.clone()).unwrap_or_default())
        })
        .collect();
    Ok(PanelPage {
        shell: form_shell(visit, "Panel", &form),
        form,
        members,
        heads: scored.iter().map(|c| c.title.clone()).collect(),
        conflicts,
        hidden,
        evaluators: evaluators
            .into_iter()
            .filter(|(id, _)| *id != me && !seated.members.iter().any(|m| m.account_id == *id))
            .map(|(id, name)| (id.to_string(), name))
            .collect(),
        may_manage,
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

/// `POST /desk/calls/{id}/panel/{member}/replace`
///
/// # Errors
/// Denied, NotFound.
pub async fn replace(
    visit: Visit,
    path: web::Path<(Id<Call>, Id<PanelMember>)>,
    posted: Posted<ReplaceInput>,
) -> Answer {
    let (call, member) = path.into_inner();
    match panel::replace_member(&visit.app, &visit.actor, call, member, &posted.input, visit.now).await {
        Ok(_) => {
            visit.done("Somebody else has taken the place. What was scored until then is kept.");
            see(&format!("/desk/calls/{call}/panel"))
        }
        Err(error) => page_again(&panel_page(&visit, call, posted.again(error)?).await?),
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
    visit.under(call, move |db| Ok(store::find_conflict(db, conflict)?.call_id)).await?;
    match panel::resolve(&visit.app, &visit.actor, conflict, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("The enquiry is recorded.");
            see(&format!("/desk/calls/{call}/panel"))
        }
        Err(error) => page_again(&panel_page(&visit, call, posted.again(error)?).await?),
    }
}
