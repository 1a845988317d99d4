//! How firmly the winner of a ranking stands: the smallest changes that would change it, and a seeded simulation.
//!
//! Worked out from the stored file of the newest ranking, on the blocking pool, whenever somebody asks: the same ranking
//! gives the same digits, here and by `commonweal scoring sensitivity FILE --seed SEED`.

use super::model::Ranking;
use super::store::{self, JudgedCall};
use super::words;
use crate::app::App;
use crate::calls::{self, Call, rehearsing};
use crate::error::{Error, Result};
use crate::evaluation::{EvaluationFile, EvaluationRefusal, Sensitivity, Variation, in_words, sensitivity, vary};
use crate::people::policy::{Action, require};
use crate::values::{Actor, Id};
use serde::Serialize;

/// Variations of one simulation: a share of wins is known to half a per cent.
pub const DRAWS: u32 = 10_000;
/// Most bids for which this is worked out while somebody waits; larger calls use the program.
pub const MOST_BIDS: usize = 200;

/// How firmly the winner stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Firmness {
    /// Hash of the ranking's file that this was worked out from.
    pub ranking_hash: String,
    /// The whole of it in a sentence.
    pub in_words: String,
    /// The smallest change of each score and each weight that changes the winner.
    pub smallest_changes: Sensitivity,
    /// How often each bid wins when scores vary by a level.
    pub variations: Variation,
}

/// Works it out. The seed comes from the hash of the ranking, so nobody chooses it.
///
/// # Errors
/// Of the evaluation itself.
pub fn of(file: &EvaluationFile, hash: &str) -> Result<Firmness, EvaluationRefusal> {
    let smallest_changes = sensitivity(&file.model, &file.inputs)?;
    let variations = vary(&file.model, &file.inputs, DRAWS, rehearsing::seed_of(hash))?;
    let in_words = in_words(
        &smallest_changes,
        &variations,
        |bid| words::name_of(file, bid).to_owned(),
        |criterion| words::title_of(file, criterion).to_owned(),
    );
    Ok(Firmness { ranking_hash: hash.to_owned(), in_words, smallest_changes, variations })
}

/// The newest ranking of a call with how firm it is; no firmness without a ranking or with more than [`MOST_BIDS`].
///
/// # Errors
/// NotFound, Denied, refused by the evaluation.
pub async fn of_call(app: &App, actor: &Actor, id: Id<Call>) -> Result<(Call, Option<Ranking>, Option<Firmness>)> {
    let actor = actor.clone();
    let (call, ranking) = app
        .db
        .read(move |db| {
            let JudgedCall { call, ranking, .. } = store::judged_call(db, id)?;
            require(&actor, Action::ReadSensitivity, &calls::thing(&call).public(false))?;
            Ok((call, ranking))
        })
        .await?;
    let Some(ranking) = ranking.filter(|r| r.file.0.inputs.bids.len() <= MOST_BIDS) else {
        return Ok((call, None, None));
    };
    let (ranking, found) = tokio::task::spawn_blocking(move || {
        let found = of(&ranking.file.0, &ranking.hash);
        (ranking, found)
    })
    .await
    .map_err(|e| Error::Internal(Box::new(e)))?;
    Ok((call, Some(ranking), Some(found?)))
}
