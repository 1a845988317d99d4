//! Every ranking that was made of a call, and why one came after another.

use super::falling_away::{Moved, compared};
use super::model::{Fallen, Ranking, Rerank};
use super::pages::form_shell;
use super::standing::ranked_by;
use super::{store, words};
use crate::applications::Application;
use crate::calls::{self, Call};
use crate::error::Result;
use crate::http::{Answer, FormState, Shell, Visit, page};
use crate::people::policy::{Action, require};
use crate::values::Id;
use actix_web::web;
use askama::Template;

/// What was kept of the rankings of a call.
pub(super) struct Kept {
    pub(super) call: Call,
    /// Newest first.
    pub(super) rankings: Vec<Ranking>,
    /// Newest first.
    pub(super) reranks: Vec<Rerank>,
    /// In the order in which they fell away.
    pub(super) fallen: Vec<(Fallen, Application)>,
}

impl Kept {
    fn of(&self, id: Id<Ranking>) -> Option<&Ranking> {
        self.rankings.iter().find(|r| r.id == id)
    }

    /// Both rankings of a re-ranking, when they are among those that are listed.
    pub(super) fn both(&self, rerank: &Rerank) -> Option<(&Ranking, &Ranking)> {
        Some((self.of(rerank.before_id)?, self.of(rerank.after_id)?))
    }

    /// What fell away between two rankings.
    pub(super) fn between(&self, before: &Ranking, after: &Ranking) -> Vec<&Fallen> {
        let names = |ranking: &Ranking, bid: &str| {
            ranking.file.0.result.iter().flat_map(|r| &r.ranking).any(|place| place.bid == bid)
        };
        self.fallen
            .iter()
            .filter(|(_, application)| {
                let bid = super::bid_id(application);
                names(before, &bid) && !names(after, &bid)
            })
            .map(|(fallen, _)| fallen)
            .collect()
    }
}

pub(super) async fn kept(visit: &Visit, id: Id<Call>) -> Result<Kept> {
    let actor = visit.actor.clone();
    visit
        .app
        .db
        .read(move |db| {
            let call = calls::find(db, id)?;
            require(&actor, Action::ReadScores, &calls::thing(&call).public(false))?;
            Ok(Kept {
                rankings: store::rankings(db, id)?,
                reranks: store::reranks(db, id)?,
                fallen: store::fallen(db, id)?,
                call,
            })
        })
        .await
}

/// One re-ranking: when, why in sentences, and every bid before and after.
struct Again {
    when: String,
    why: Vec<String>,
    rows: Vec<(String, String, String, String, String)>,
    first_changed: String,
}

fn again(kept: &Kept, rerank: &Rerank) -> Option<Again> {
    let (before, after) = kept.both(rerank)?;
    let name = |fallen: &Fallen| {
        let bid = kept.fallen.iter().find(|(f, _)| f.id == fallen.id).map(|(_, a)| super::bid_id(a));
        let named = before.file.0.inputs.bids.iter().find(|b| Some(&b.id) == bid.as_ref());
        named.map(|b| b.name.clone()).unwrap_or_default()
    };
    let moved = compared(&before.file.0, &after.file.0);
    let first = |place: fn(&Moved) -> &Option<(u32, String)>| {
        moved.iter().find(|m| place(m).as_ref().is_some_and(|(rank, _)| *rank == 1)).map(|m| m.name.clone())
    };
    let (was, is) = (first(|m| &m.before), first(|m| &m.after));
    let shown = |place: &Option<(u32, String)>| match place {
        Some((rank, total)) => (rank.to_string(), total.clone()),
        None => ("left out".to_owned(), String::new()),
    };
    Some(Again {
        when: rerank.made_at.medium(),
        why: kept
            .between(before, after)
            .into_iter()
            .map(|f| format!("{}: {}. {}", name(f), f.ground.label(), f.reason))
            .collect(),
        first_changed: match (was, is) {
            (Some(was), Some(is)) if was != is => format!("{was} was first; now {is} is."),
            (Some(_), Some(is)) => format!("{is} stays first."),
            (_, None) => "Nobody is left.".to_owned(),
            (None, Some(is)) => format!("Now {is} is first."),
        },
        rows: moved
            .iter()
            .map(|m| {
                let ((rank_before, total_before), (rank_after, total_after)) = (shown(&m.before), shown(&m.after));
                (m.name.clone(), rank_before, total_before, rank_after, total_after)
            })
            .collect(),
    })
}

#[derive(Template)]
#[template(path = "scoring/rankings.html")]
struct RankingsPage {
    shell: Shell,
    call: Call,
    /// What the call's bids are ranked by.
    by: &'static str,
    again: Vec<Again>,
    rankings: Vec<Ranking>,
}

impl RankingsPage {
    fn sent(&self) -> words::Sent {
        words::Sent::to(&self.call)
    }
}

/// `GET /desk/calls/{id}/rankings`
///
/// # Errors
/// Denied, NotFound.
pub async fn show(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let kept = kept(&visit, *id).await?;
    page(&RankingsPage {
        shell: form_shell(&visit, "Rankings that were made", &FormState::empty()),
        by: ranked_by(&kept.call.terms.0.model),
        again: kept.reranks.iter().filter_map(|rerank| again(&kept, rerank)).collect(),
        call: kept.call,
        rankings: kept.rankings,
    })
}
