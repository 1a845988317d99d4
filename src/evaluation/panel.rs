//! The tally of a community panel after voting has closed. One person, one vote, is kept by the roll of whoever stores the
//! ballots; a ballot holds no person, time or order, and a trace ends at it.

use super::exact;
use super::inputs::PanelResult;
use super::kinds::PanelRule;
use super::refusal::EvaluationRefusal;
use crate::values::{self, Pence, round_half_up};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Fewer valid ballots than this show totals only, because a person could be recognised by more.
pub const FEWEST_SHOWN: u32 = 5;

/// One secret ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ballot {
    /// A score for every application.
    Scores(BTreeMap<String, u32>),
    /// Money for some applications, at most the budget together; what is left over goes to nobody.
    Budget(#[schemars(with = "BTreeMap<String, String>")] BTreeMap<String, Pence>),
}

/// What the roll says: how many residents may vote and how many did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Roll {
    /// Residents of the panel.
    pub entitled: u32,
    /// Residents who voted.
    pub voted: u32,
}

/// What the votes came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PanelTally {
    /// Residents of the panel.
    pub entitled: u32,
    /// Residents who voted.
    pub voted: u32,
    /// `voted ÷ entitled`, to four places, half away from zero.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub turnout: Decimal,
    /// Ballots that count.
    pub valid: u32,
    /// Ballots that do not fit the rule and count for nothing.
    pub spoilt: u32,
    /// Whether enough ballots count.
    pub quorum_met: bool,
    /// Every application, in the order given.
    pub applications: Vec<ApplicationTally>,
}

/// The votes for one application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicationTally {
    /// The application.
    pub application: String,
    /// The sum of the scores, or the pounds given to it.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub sum: Decimal,
    /// The mean of a ballot, to two places, half away from zero; none with too few ballots.
    #[serde(with = "exact::option")]
    #[schemars(schema_with = "exact::optional_schema")]
    pub mean: Option<Decimal>,
    /// How many ballots gave each score, or gave money at all under `given`; none with too few ballots.
    pub spread: Option<BTreeMap<String, u32>>,
}

/// Counts the ballots. Their order changes nothing.
///
/// # Errors
/// More voters than residents; a number of ballots that is not the number of voters; no application, or one named twice.
pub fn tally(
    rule: &PanelRule,
    applications: &[String],
    ballots: &[Ballot],
    roll: Roll,
) -> Result<PanelTally, EvaluationRefusal> {
    let refuse = |sentence: String| Err(EvaluationRefusal::Model(sentence));
    let known: BTreeSet<&str> = applications.iter().map(String::as_str).collect();
    if known.is_empty() || known.len() != applications.len() {
        return refuse("Name every application that is voted on, once.".to_owned());
    }
    if roll.entitled == 0 || roll.voted > roll.entitled {
        return refuse(format!("{} of {} residents cannot have voted.", roll.voted, roll.entitled));
    }
    if u32::try_from(ballots.len()) != Ok(roll.voted) {
        let (voters, held) = (values::counted(roll.voted, "voters"), values::counted(ballots.len(), "ballots"));
        return refuse(format!("The roll counts {voters} and the box holds {held}."));
    }
    let valid: Vec<&Ballot> = ballots.iter().filter(|ballot| fits(ballot, rule, &known)).collect();
    let counted = u32::try_from(valid.len()).unwrap_or(u32::MAX);
    let shown = counted >= FEWEST_SHOWN;
    let applications = applications.iter().map(|application| {
        let (mut sum, mut spread) = (Decimal::ZERO, BTreeMap::new());
        for ballot in &valid {
            let (worth, kind) = match ballot {
                Ballot::Scores(scores) => {
                    let score = scores.get(application).copied().unwrap_or_default();
                    (Decimal::from(score), score.to_string())
                }
                Ballot::Budget(given) => {
                    let amount = given.get(application).copied().unwrap_or_default();
                    (amount.pounds(), if amount.is_zero() { "nothing" } else { "given" }.to_owned())
                }
            };
            sum += worth;
            *spread.entry(kind).or_default() += 1;
        }
        ApplicationTally {
            application: application.clone(),
            sum,
            mean: shown.then(|| round_half_up(sum / Decimal::from(counted), 2)),
            spread: shown.then_some(spread),
        }
    });
    let mut turnout = round_half_up(Decimal::from(roll.voted) / Decimal::from(roll.entitled), 4);
    turnout.rescale(4);
    Ok(PanelTally {
        entitled: roll.entitled,
        voted: roll.voted,
        turnout,
        valid: counted,
        spoilt: roll.voted - counted,
        quorum_met: counted >= rule.quorum(),
        applications: applications.collect(),
    })
}

fn fits(ballot: &Ballot, rule: &PanelRule, known: &BTreeSet<&str>) -> bool {
    match (ballot, rule) {
        (Ballot::Scores(scores), PanelRule::Scores { highest, .. }) => {
            scores.len() == known.len()
                && scores.iter().all(|(application, score)| known.contains(application.as_str()) && score <= highest)
        }
        (Ballot::Budget(given), PanelRule::Budget { each, .. }) => {
            given.iter().all(|(application, amount)| known.contains(application.as_str()) && *amount >= Pence::ZERO)
                && Pence::total(given.values().copied()).is_ok_and(|sum| sum <= *each)
        }
        _ => false,
    }
}

impl PanelTally {
    /// What the evaluation takes: the votes for one application under a criterion.
    #[must_use]
    pub fn result(&self, criterion: &str, application: &str) -> Option<PanelResult> {
        let found = self.applications.iter().find(|a| a.application == application)?;
        Some(PanelResult { criterion: criterion.to_owned(), ballots: self.valid, sum: found.sum })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn names() -> Vec<String> {
        vec!["A".into(), "B".into()]
    }

    fn scores(a: u32, b: u32) -> Ballot {
        Ballot::Scores([("A".to_owned(), a), ("B".to_owned(), b)].into())
    }

    const RULE: PanelRule = PanelRule::Scores { highest: 5, quorum: 3 };

    #[test]
    fn turnout_sums_means_and_spreads_are_counted_and_spoilt_ballots_count_for_nothing() {
        let mut ballots = vec![scores(5, 1), scores(4, 1), scores(5, 0), scores(3, 2), scores(5, 5)];
        ballots.push(scores(6, 0));
        ballots.push(Ballot::Scores([("A".to_owned(), 5)].into()));
        ballots.push(Ballot::Budget([("A".to_owned(), Pence(1))].into()));
        let found = tally(&RULE, &names(), &ballots, Roll { entitled: 12, voted: 8 }).unwrap();
        assert_eq!((found.valid, found.spoilt, found.turnout, found.quorum_met), (5, 3, dec!(0.6667), true));
        let a = &found.applications[0];
        assert_eq!((a.sum, a.mean), (dec!(22), Some(dec!(4.40))));
        assert_eq!(a.spread.as_ref().unwrap().get("5"), Some(&3));
        ballots.reverse();
        assert_eq!(tally(&RULE, &names(), &ballots, Roll { entitled: 12, voted: 8 }).unwrap(), found);
        assert_eq!(found.result("v", "B").unwrap().sum, dec!(9));
        assert_eq!(found.result("v", "C"), None);
    }

    #[test]
    fn fewer_than_five_ballots_show_totals_only() {
        let ballots = vec![scores(5, 1); 4];
        let found = tally(&RULE, &names(), &ballots, Roll { entitled: 4, voted: 4 }).unwrap();
        assert!(found.applications.iter().all(|a| a.mean.is_none() && a.spread.is_none()));
        assert_eq!(found.applications[0].sum, dec!(20));
        let none = tally(&RULE, &names(), &[], Roll { entitled: 4, voted: 0 }).unwrap();
        assert_eq!((none.turnout, none.quorum_met, none.applications[0].sum), (dec!(0), false, dec!(0)));
    }

    #[test]
    fn a_budget_is_shared_out_up_to_its_end_and_not_beyond() {
        let rule = PanelRule::Budget { each: Pence(10_000), quorum: 1 };
        let give = |a, b| Ballot::Budget([("A".to_owned(), Pence(a)), ("B".to_owned(), Pence(b))].into());
        let ballots = vec![give(10_000, 0), give(2_500, 7_500), give(9_999, 2), give(-1, 1), give(0, 0)];
        let found = tally(&rule, &names(), &ballots, Roll { entitled: 5, voted: 5 }).unwrap();
        assert_eq!((found.valid, found.spoilt), (3, 2));
        assert_eq!((found.applications[0].sum, found.applications[1].sum), (dec!(125.00), dec!(75.00)));
    }

    #[test]
    fn a_box_that_does_not_fit_its_roll_is_refused() {
        let refused = |voted, entitled| tally(&RULE, &names(), &[scores(1, 1)], Roll { entitled, voted }).unwrap_err();
        assert!(refused(2, 5).to_string().contains("counts 2 voters and the box holds 1 ballot."));
        assert!(refused(6, 5).to_string().contains("cannot have voted"));
        assert!(tally(&RULE, &["A".into(), "A".into()], &[], Roll { entitled: 1, voted: 0 }).is_err());
    }
}
