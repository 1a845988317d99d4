//! Equal totals: the published cascade, and the draw that anybody can recompute.

use super::file::EvaluationFile;
use super::model::TieRule;
use super::refusal::EvaluationRefusal;
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use std::cmp::Ordering;

/// What is published before anybody knows the bids: the SHA-256 of the seed, in hexadecimal.
#[must_use]
pub fn commitment(seed: &str) -> String {
    hex::encode(Sha256::digest(seed.as_bytes()))
}

/// The lot a bid draws: SHA-256 of the seed, a line break and the bid's identifier. The lowest is first.
#[must_use]
pub fn lot(seed: &str, bid: &str) -> String {
    hex::encode(Sha256::digest(format!("{seed}\n{bid}").as_bytes()))
}

/// A bid that takes part in the ranking, with what the cascade may compare.
#[derive(Clone, Debug)]
pub(crate) struct Contender {
    pub bid: String,
    pub total: Decimal,
    /// The price per point or adjusted price, where that ranks; the lower the better.
    pub figure: Option<Decimal>,
    /// One value for each tie rule, the higher the better; none for the draw.
    pub keys: Vec<Decimal>,
}

impl Contender {
    /// Less when this one is better, before the cascade: by the figure that ranks, else by points.
    fn ahead(&self, other: &Contender) -> Ordering {
        match (self.figure, other.figure) {
            (Some(own), Some(others)) => own.cmp(&others),
            _ => other.total.cmp(&self.total),
        }
    }
}

/// A contender's place.
pub(crate) struct Place {
    pub contender: Contender,
    pub rank: u32,
    pub tie: Option<String>,
}

fn described(rule: &TieRule) -> String {
    match rule {
        TieRule::Criterion { criterion } => format!("more points for “{criterion}”"),
        TieRule::SocialValue => "more points for social value".to_owned(),
        TieRule::Quality => "more points for quality".to_owned(),
        TieRule::Price => "the lower price".to_owned(),
        TieRule::Draw { .. } => "the draw whose seed was committed to beforehand".to_owned(),
    }
}

fn settled_by(rule: &TieRule) -> String {
    format!("Equal totals were settled by {}.", described(rule))
}

/// The published rule that put one bid of a ranking before another with an equal total; none where their totals differ, or
/// where they share a place.
#[must_use]
pub fn parted_by<'a>(file: &'a EvaluationFile, ahead: &str, behind: &str) -> Option<&'a TieRule> {
    let ranking = &file.result.as_ref()?.ranking;
    let at = |bid: &str| ranking.iter().position(|ranked| ranked.bid == bid);
    let (from, to) = (at(ahead)?, at(behind)?);
    let (first, last) = (ranking.get(from)?, ranking.get(to)?);
    let level = match (first.figure, last.figure) {
        (Some(one), Some(other)) => one == other,
        _ => first.total == last.total,
    };
    if !level {
        return None;
    }
    // Each was parted from the one above it. Of all between the two, the rule that is asked first parted them.
    let between = ranking.get(from + 1..=to)?;
    let parts = |rule: &&TieRule| {
        let sentence = settled_by(rule);
        between.iter().any(|ranked| ranked.tie.as_deref() == Some(sentence.as_str()))
    };
    file.model.ties.iter().find(parts)
}

/// Ranks contenders: by total, then by the cascade. The order given changes nothing.
pub(crate) fn rank(
    mut contenders: Vec<Contender>,
    rules: &[TieRule],
    seed: Option<&str>,
) -> Result<Vec<Place>, EvaluationRefusal> {
    if let (Some(seed), Some(TieRule::Draw { commitment: promised })) = (seed, rules.last())
        && !promised.eq_ignore_ascii_case(&commitment(seed))
    {
        return Err(EvaluationRefusal::SeedMismatch);
    }
    let draws = matches!(rules.last(), Some(TieRule::Draw { .. }));
    contenders.sort_by(|a, b| {
        a.ahead(b).then_with(|| b.keys.cmp(&a.keys)).then_with(|| match seed {
            Some(seed) if draws => lot(seed, &a.bid).cmp(&lot(seed, &b.bid)),
            _ => a.bid.cmp(&b.bid),
        })
    });
    let mut places: Vec<Place> = Vec::with_capacity(contenders.len());
    for (contender, position) in contenders.into_iter().zip(1..) {
        let mut rank = position;
        let mut tie = None;
        if let Some(above) = places.last_mut()
            && above.contender.ahead(&contender).is_eq()
        {
            let parted = above.contender.keys.iter().zip(&contender.keys).position(|(a, b)| a != b);
            let sentence = if let Some(rule) = parted.and_then(|index| rules.get(index)) {
                settled_by(rule)
            } else if let (true, Some(rule)) = (draws, rules.last()) {
                if seed.is_none() {
                    return Err(EvaluationRefusal::SeedMissing);
                }
                settled_by(rule)
            } else {
                rank = above.rank;
                "Equal totals share a rank: no published rule parts them.".to_owned()
            };
            above.tie.get_or_insert_with(|| sentence.clone());
            tie = Some(sentence);
        }
        places.push(Place { contender, rank, tie });
    }
    Ok(places)
}
