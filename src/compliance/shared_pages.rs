//! Pages of figures that two agreements claim: the list, and how an officer apportions them.

use super::actions::{self, ApportionInput};
use super::model::DoubleCount;
use super::pages::{DueQuery, cursor};
use super::store;
use crate::db::Page;
use crate::error::{Error, Result};
use crate::http::{Answer, FormState, Link, Posted, Shell, Visit, page, page_again, see};
use crate::people::find_organisations;
use crate::people::policy::{Action, Thing, require};
use crate::values::{Id, actor};
use actix_web::web;
use askama::Template;

/// A refused double count with the names around it.
pub(super) struct Shared {
    pub(super) double: DoubleCount,
    pub(super) organisation: String,
    pub(super) first_organisation: String,
}

pub(super) async fn shared(visit: &Visit, after: &str, only: Option<Id<DoubleCount>>) -> Result<Page<Shared>> {
    let authority: Id<actor::Organisation> = visit.actor.authority().ok_or(Error::Denied)?;
    require(&visit.actor, Action::ReadDesk, &Thing::of_authority(authority))?;
    let after = cursor(after)?;
    visit
        .app
        .db
        .read(move |db| {
            let found = match only {
                Some(id) => {
                    let one = store::find_double_count(db, id)?;
                    if one.authority_id != authority {
                        return Err(Error::NotFound);
                    }
                    Page { items: vec![one], next: None }
                }
                None => store::double_counts_of(db, authority, true, after.as_ref(), Page::<DoubleCount>::SIZE)?,
            };
            let ids: Vec<_> = found.items.iter().flat_map(|d| [d.organisation_id, d.first_organisation_id]).collect();
            let names = find_organisations(db, &ids)?;
            let name = |id| names.get(&id).map(|o| o.name.clone()).unwrap_or_default();
            Ok(Page {
                next: found.next,
                items: found
                    .items
                    .into_iter()
                    .map(|double| Shared {
                        organisation: name(double.organisation_id),
                        first_organisation: name(double.first_organisation_id),
                        double,
                    })
                    .collect(),
            })
        })
        .await
}

#[derive(Template)]
#[template(path = "compliance/shared.html")]
struct SharedPage {
    shell: Shell,
    lines: Vec<Shared>,
    next: String,
}

/// `GET /compliance/shared`: what two figures count, waiting for an officer.
///
/// # Errors
/// Denied.
pub async fn shared_list(visit: Visit, query: web::Query<DueQuery>) -> Answer {
    let found = shared(&visit, &query.after, None).await?;
    page(&SharedPage {
        shell: visit.shell("Counted twice", "/compliance"),
        next: found.next.map(|c| format!("/compliance/shared?after={c}")).unwrap_or_default(),
        lines: found.items,
    })
}

#[derive(Template)]
#[template(path = "compliance/apportion.html")]
struct ApportionPage {
    shell: Shell,
    form: FormState,
    one: Shared,
}

async fn apportion_page(visit: &Visit, id: Id<DoubleCount>, form: FormState) -> Result<ApportionPage> {
    let one = shared(visit, "", Some(id)).await?.items.into_iter().next().ok_or(Error::NotFound)?;
    let mut shell = visit.shell("Decide how it is shared", "/compliance");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    shell.breadcrumbs = vec![Link::new("Obligations", "/compliance"), Link::new("Counted twice", "/compliance/shared")];
    Ok(ApportionPage { shell, form, one })
}

/// `GET /compliance/shared/{id}`
///
/// # Errors
/// NotFound, Denied.
pub async fn apportion_form(visit: Visit, id: web::Path<Id<DoubleCount>>) -> Answer {
    page(&apportion_page(&visit, *id, FormState::empty()).await?)
}

/// `POST /compliance/shared/{id}`
///
/// # Errors
/// NotFound, Denied.
pub async fn apportion(visit: Visit, id: web::Path<Id<DoubleCount>>, posted: Posted<ApportionInput>) -> Answer {
    match actions::apportion(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("Recorded. The organisation can report its figure again.");
            see("/compliance/shared")
        }
        Err(error) => page_again(&apportion_page(&visit, *id, posted.again(error)?).await?),
    }
}
