//! Who is who while bidders are shown under letters: for officers who look into exclusions and conflicts, never for
//! somebody who judges, and each look is recorded with its reason.

use super::panel::{note, refuse_conflicted};
use super::{bids, store};
use crate::app::App;
use crate::applications::{refuse_bidder, refuse_blind_judge, shown_as};
use crate::calls::{self, Call};
use crate::error::{Error, Result};
use crate::people::policy::{Action, require};
use crate::values::{Actor, Id, Instant, Parser};
use serde::{Deserialize, Serialize};
use serde_json::json;

crate::text_enum! {
    /// Why somebody looks. Named from a list, because the audit record holds no words that could tell of a person.
    pub enum LookGround {
        Exclusion = "exclusion" => "To look into an exclusion or the debarment list",
        Conflict = "conflict" => "To enquire into a conflict of interest",
        Question = "question" => "To put a question to a bidder",
        Challenge = "challenge" => "A complaint or a court asks for it",
    }
}

/// Why somebody looks.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct LookInput {
    /// `exclusion`, `conflict`, `question` or `challenge`; kept in the audit record.
    pub ground: String,
}

/// A bidder and what those who judge call it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bidder {
    /// Its letter, as `Bidder A`.
    pub shown_as: String,
    /// Its name.
    pub name: String,
    /// Its bid's reference.
    pub reference: String,
}

/// Lists the bidders of a tender with their letters, in the order of these, and records who looked and why.
///
/// # Errors
/// Invalid without a ground, Denied, NotFound where no names are hidden; refused to who judges the bids or declared a
/// conflict, and to a bidder.
pub async fn look(app: &App, actor: &Actor, call: Id<Call>, input: &LookInput, now: Instant) -> Result<Vec<Bidder>> {
    let mut form = Parser::default();
    let ground = form.value::<LookGround>("ground", &input.ground, "Say why you need to know who is who");
    form.finish()?;
    let Some(ground) = ground else { return Err(Error::field("ground", "Say why you need to know who is who")) };
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let call = calls::find(db, call)?;
            require(&actor, Action::ManagePanel, &calls::thing(&call).public(false))?;
            if !call.terms.0.hides_bidders() {
                return Err(Error::NotFound);
            }
            refuse_bidder(db, &actor, call.id)?;
            refuse_conflicted(db, &actor, call.id)?;
            refuse_blind_judge(db, &actor, &call)?;
            let final_already = store::moderation_closed(db, call.id)?.is_some();
            let named = bids::opened(db, call.id)?;
            let names: Vec<_> = named.iter().map(|b| (b.application.id, b.name.clone())).collect();
            let found: Vec<Bidder> = bids::as_judged(named, true)
                .into_iter()
                .map(|b| Bidder {
                    shown_as: shown_as(&b.application),
                    name: names
                        .iter()
                        .find(|(id, _)| *id == b.application.id)
                        .map(|(_, n)| n.clone())
                        .unwrap_or_default(),
                    reference: b.application.reference.unwrap_or_default(),
                })
                .collect();
            let facts = json!({ "ground": ground, "bidders": found.len(), "final_already": final_already });
            note(db, &actor, &call, "bidders.looked_up", facts, now)?;
            Ok(found)
        })
        .await
}
