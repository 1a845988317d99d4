//! When residents vote, who may, and what a ballot is.

use super::model::ResidentVote;
use crate::evaluation::panel::{Ballot, FEWEST_SHOWN, PanelTally};
use crate::evaluation::{Kind, Model, PanelRule};
use crate::people::read_email;
use crate::values::{FieldErrors, Instant, Parser, Pence, RefusalInfo, so_many_are};
use std::collections::{BTreeMap, BTreeSet};

/// Most residents on one roll.
pub const MOST_RESIDENTS: usize = 1_000;
/// Most faulty rows of a list that are told at once.
const MOST_TOLD: usize = 20;

/// A refusal of the residents' vote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResidentRefusal {
    /// The call has no criterion that residents decide.
    NoPanel,
    /// Applications may still come.
    RoundOpen {
        /// Until when.
        deadline: Instant,
    },
    /// Some applications are not opened.
    NotAllOpened {
        /// How many.
        waiting: usize,
    },
    /// Nobody applied.
    NothingToVoteOn,
    /// Links with these dates are out.
    LinksSent,
    /// The vote was held and counts.
    Held,
    /// The vote is not set up.
    NotSet,
    /// The roll would hold too many.
    RollFull {
        /// Places that are left.
        left: usize,
    },
    /// Voting has not begun.
    NotOpenYet {
        /// When it begins.
        opens: Instant,
    },
    /// Voting has ended.
    Closed {
        /// When it ended.
        closes: Instant,
    },
    /// This resident has voted.
    AlreadyVoted,
    /// The vote goes on, so nothing is counted.
    NotClosed,
    /// Too few voted for single ballots to be shown.
    TooFewToShow,
    /// Too few ballots count for points.
    QuorumMissed {
        /// Ballots that count.
        valid: u32,
        /// Ballots that are needed.
        quorum: u32,
    },
}

impl RefusalInfo for ResidentRefusal {
    fn code(&self) -> &'static str {
        match self {
            ResidentRefusal::NoPanel => "residents/no-panel",
            ResidentRefusal::RoundOpen { .. } => "residents/round-open",
            ResidentRefusal::NotAllOpened { .. } => "residents/not-all-opened",
            ResidentRefusal::NothingToVoteOn => "residents/nothing-to-vote-on",
            ResidentRefusal::LinksSent => "residents/links-sent",
            ResidentRefusal::Held => "residents/held",
            ResidentRefusal::NotSet => "residents/not-set",
            ResidentRefusal::RollFull { .. } => "residents/roll-full",
            ResidentRefusal::NotOpenYet { .. } => "residents/not-open-yet",
            ResidentRefusal::Closed { .. } => "residents/closed",
            ResidentRefusal::AlreadyVoted => "residents/already-voted",
            ResidentRefusal::NotClosed => "residents/not-closed",
            ResidentRefusal::TooFewToShow => "residents/too-few-to-show",
            ResidentRefusal::QuorumMissed { .. } => "residents/quorum-missed",
        }
    }

    fn sentence(&self) -> String {
        match self {
            ResidentRefusal::NoPanel => "Residents decide no criterion of this call.".to_owned(),
            ResidentRefusal::RoundOpen { deadline } => format!(
                "Applications are taken until {}. Set the vote up after that, so that residents vote on all of them.",
                deadline.long()
            ),
            ResidentRefusal::NotAllOpened { waiting } => {
                let waiting = so_many_are(*waiting);
                format!("Open every application first, so that residents vote on all of them; {waiting} not opened.")
            }
            ResidentRefusal::NothingToVoteOn => "There is no application to vote on.".to_owned(),
            ResidentRefusal::LinksSent => "Residents have been told these dates, so they stand.".to_owned(),
            ResidentRefusal::Held => "The vote was held and its result stands.".to_owned(),
            ResidentRefusal::NotSet => "Say first when residents vote.".to_owned(),
            ResidentRefusal::RollFull { left } => {
                format!("A roll holds at most 1,000 residents; there is room for {left} more.")
            }
            ResidentRefusal::NotOpenYet { opens } => format!("Voting begins at {}. Come back then.", opens.long()),
            ResidentRefusal::Closed { closes } => format!("Voting ended at {}.", closes.long()),
            ResidentRefusal::AlreadyVoted => "This link has been used. Your vote counts once.".to_owned(),
            ResidentRefusal::NotClosed => "Nothing is counted before residents’ voting has ended.".to_owned(),
            ResidentRefusal::TooFewToShow => {
                "Fewer than five residents voted, so only the totals are shown: a single ballot could be recognised."
                    .to_owned()
            }
            ResidentRefusal::QuorumMissed { valid, quorum } => {
                let counts = match valid {
                    0 => "No ballot of residents counts".to_owned(),
                    1 => "One ballot of residents counts".to_owned(),
                    more => format!("{more} ballots of residents count"),
                };
                let needed = so_many_are(*quorum);
                format!("{counts} and {needed} needed, so the vote gives no points. Hold it again.")
            }
        }
    }
}

/// The criterion that residents decide, and how they vote.
#[must_use]
pub fn panel(model: &Model) -> Option<(String, PanelRule)> {
    model.nodes().into_iter().find_map(|node| match &node.criterion.kind {
        Kind::Panel { rule } => Some((node.criterion.id.clone(), rule.clone())),
        _ => None,
    })
}

/// The longest that a vote may take, in days.
pub(super) const LONGEST_DAYS: i64 = 90;

/// Whether every application is in, so that residents can vote on all of them.
///
/// # Errors
/// [`ResidentRefusal::RoundOpen`].
pub fn all_are_in(deadline: Option<Instant>, now: Instant) -> Result<(), ResidentRefusal> {
    match deadline {
        Some(deadline) if now < deadline => Err(ResidentRefusal::RoundOpen { deadline }),
        _ => Ok(()),
    }
}

/// Whether a vote is taken at this instant; the closing instant itself is in time.
///
/// # Errors
/// [`ResidentRefusal::NotOpenYet`], [`ResidentRefusal::Closed`].
pub fn is_voting(vote: &ResidentVote, now: Instant) -> Result<(), ResidentRefusal> {
    if now < vote.opens_at {
        return Err(ResidentRefusal::NotOpenYet { opens: vote.opens_at });
    }
    if now > vote.closes_at || vote.closed_at.is_some() {
        return Err(ResidentRefusal::Closed { closes: vote.closes_at });
    }
    Ok(())
}

/// Whether single ballots may be published.
#[must_use]
pub fn shows_ballots(tally: &PanelTally) -> bool {
    tally.valid >= FEWEST_SHOWN
}

/// The addresses of a pasted list or of a CSV file: one a row, in the first cell that holds one. Rows are numbered from 1
/// as a spreadsheet numbers them; empty rows and a heading are passed over.
///
/// # Errors
/// Every faulty row, at the field `addresses`; an address that comes twice is a fault, because one of the two is wrong.
pub fn read_addresses(text: &str) -> Result<Vec<String>, FieldErrors> {
    let mut errors = FieldErrors::default();
    let (mut found, mut seen) = (Vec::new(), BTreeMap::new());
    let mut faults = 0;
    for (place, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let row = place + 1;
        if line.trim().is_empty() {
            continue;
        }
        let cells = line.split([',', ';', '\t']).map(|cell| cell.trim().trim_matches('"').trim());
        let Some(cell) = cells.clone().find(|cell| cell.contains('@')) else {
            let heading = row == 1 && cells.into_iter().any(|c| c.to_lowercase().contains("mail"));
            if !heading {
                faults += 1;
                fault(&mut errors, faults, format!("Row {row}: there is no email address"));
            }
            continue;
        };
        let mut form = Parser::default();
        let email = read_email(&mut form, "addresses", cell);
        if form.finish().is_err() {
            faults += 1;
            fault(&mut errors, faults, format!("Row {row}: “{}” is no email address", shortened(cell)));
        } else if let Some(before) = seen.insert(email.clone(), row) {
            faults += 1;
            fault(&mut errors, faults, format!("Row {row}: the same address as in row {before}"));
        } else {
            found.push(email);
        }
    }
    if faults > MOST_TOLD {
        errors.add("addresses", format!("{} more rows are wrong", faults - MOST_TOLD));
    }
    if faults == 0 && found.is_empty() {
        errors.add("addresses", "Enter at least one email address");
    }
    if faults == 0 && found.len() > MOST_RESIDENTS {
        errors.add("addresses", "Enter at most 1,000 addresses");
    }
    if errors.is_empty() { Ok(found) } else { Err(errors) }
}

fn fault(errors: &mut FieldErrors, faults: usize, sentence: String) {
    if faults <= MOST_TOLD {
        errors.add("addresses", sentence);
    }
}

fn shortened(cell: &str) -> String {
    cell.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// Reads a ballot from what was chosen for each application, by its reference.
///
/// # Errors
/// Each fault at the application it is about; a reference that is not voted on at `votes`.
pub fn read_ballot(
    rule: &PanelRule,
    vote: &ResidentVote,
    given: &BTreeMap<String, String>,
) -> Result<Ballot, FieldErrors> {
    let mut form = Parser::default();
    let known: BTreeSet<String> = vote.references().into_iter().collect();
    if given.keys().any(|reference| !known.contains(reference)) {
        form.wrong("votes", "Vote on the applications of this round");
    }
    let text = |reference: &str| given.get(reference).map(String::as_str).unwrap_or_default();
    let ballot = match rule {
        PanelRule::Scores { highest, .. } => {
            let mut scores = BTreeMap::new();
            for choice in &vote.choices.0 {
                let typed = text(&choice.reference).trim();
                let score = typed.parse::<u32>().ok().filter(|score| score <= highest);
                if typed.is_empty() {
                    form.wrong(&choice.reference, format!("Choose a score for {}", choice.name));
                } else if score.is_none() {
                    let most = format!("Choose a whole score from 0 to {highest} for {}", choice.name);
                    form.wrong(&choice.reference, most);
                }
                scores.insert(choice.reference.clone(), score.unwrap_or_default());
            }
            Ballot::Scores(scores)
        }
        PanelRule::Budget { each, .. } => {
            let mut given = BTreeMap::new();
            for choice in &vote.choices.0 {
                let amount = form.optional::<Pence>(&choice.reference, text(&choice.reference)).unwrap_or_default();
                form.check(amount >= Pence::ZERO, &choice.reference, "Enter an amount of £0 or more");
                if !amount.is_zero() {
                    given.insert(choice.reference.clone(), amount);
                }
            }
            if given.is_empty()
                && let Some(first) = vote.choices.0.first()
            {
                form.wrong(&first.reference, "Give something to at least one application");
            }
            let over = match Pence::total(given.values().copied()) {
                Ok(sum) if sum <= *each => None,
                Ok(sum) => Some(format!("You gave {sum} and have {each} to share out. Give less")),
                Err(_) => Some(format!("You have {each} to share out. Give less")),
            };
            if let (Some(sentence), Some(first)) = (over, vote.choices.0.first()) {
                form.wrong(&first.reference, sentence);
            }
            Ballot::Budget(given)
        }
    };
    form.finish()?;
    Ok(ballot)
}

#[cfg(test)]
mod tests {
    use super::super::model::Choice;
    use super::*;
    use crate::db::Json;
    use crate::values::Id;

    fn vote() -> ResidentVote {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let choice = |reference: &str, name: &str| Choice {
            reference: reference.to_owned(),
            name: name.to_owned(),
            purpose: "Ovens".to_owned(),
            amount: Pence(4_000_000),
        };
        ResidentVote {
            id: Id::new(),
            authority_id: Id::new(),
            call_id: Id::new(),
            criterion: "v".to_owned(),
            choices: Json(vec![choice("R-1", "Alder"), choice("R-2", "Birch")]),
            opens_at: at("2027-01-10T09:00:00Z"),
            closes_at: at("2027-01-20T17:00:00Z"),
            set_at: at("2027-01-01T09:00:00Z"),
            set_by: Id::new(),
            closed_at: None,
            tally: None,
            ballots_hash: None,
        }
    }

    fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn voting_begins_and_ends_to_the_instant() {
        let mut vote = vote();
        let just = |at: Instant, micros| at.plus(chrono::TimeDelta::microseconds(micros));
        assert!(matches!(is_voting(&vote, just(vote.opens_at, -1)), Err(ResidentRefusal::NotOpenYet { .. })));
        assert_eq!(is_voting(&vote, vote.opens_at), Ok(()));
        assert_eq!(is_voting(&vote, vote.closes_at), Ok(()));
        assert!(matches!(is_voting(&vote, just(vote.closes_at, 1)), Err(ResidentRefusal::Closed { .. })));
        vote.closed_at = Some(vote.closes_at);
        assert!(is_voting(&vote, vote.closes_at).is_err());
    }

    #[test]
    fn a_list_is_read_from_rows_or_a_spreadsheet_and_every_faulty_row_is_told() {
        let csv = "\u{feff}Name,Email\r\nAda,ADA@example.org\r\n\r\n\"Bo\";\"bo@example.org\"\ncy@example.org\n";
        assert_eq!(read_addresses(csv).unwrap(), ["ada@example.org", "bo@example.org", "cy@example.org"]);
        let wrong = read_addresses("ada@example.org\nnobody\nx@\nAda@example.org").unwrap_err();
        let told: Vec<&str> = wrong.0.iter().map(|e| e.message.as_str()).collect();
        assert_eq!(told[0], "Row 2: there is no email address");
        assert_eq!(told[1], "Row 3: “x@” is no email address");
        assert_eq!(told[2], "Row 4: the same address as in row 1");
        assert!(read_addresses("  \n").is_err());
        let many = (0..1001).map(|n| format!("r{n}@example.org\n")).collect::<Vec<_>>().concat();
        assert!(read_addresses(&many).unwrap_err().at("addresses").unwrap().contains("at most 1,000"));
        let bad: String = (0..30).map(|_| "nothing\n".to_owned()).collect();
        assert_eq!(read_addresses(&bad).unwrap_err().0.len(), 21);
    }

    #[test]
    fn a_ballot_of_scores_scores_everything_within_the_scale() {
        let rule = PanelRule::Scores { highest: 5, quorum: 1 };
        let whole = read_ballot(&rule, &vote(), &given(&[("R-1", "5"), ("R-2", "0")])).unwrap();
        assert_eq!(whole, Ballot::Scores([("R-1".to_owned(), 5), ("R-2".to_owned(), 0)].into()));
        let missing = read_ballot(&rule, &vote(), &given(&[("R-1", "5")])).unwrap_err();
        assert_eq!(missing.at("R-2"), Some("Choose a score for Birch"));
        assert!(read_ballot(&rule, &vote(), &given(&[("R-1", "6"), ("R-2", "1")])).unwrap_err().at("R-1").is_some());
        assert!(read_ballot(&rule, &vote(), &given(&[("R-1", "-1"), ("R-2", "1")])).unwrap_err().at("R-1").is_some());
        let half = read_ballot(&rule, &vote(), &given(&[("R-1", "4.5"), ("R-2", "1")])).unwrap_err();
        assert_eq!((half.0.len(), half.at("R-1")), (1, Some("Choose a whole score from 0 to 5 for Alder")));
        let refusal = ResidentRefusal::QuorumMissed { valid: 1, quorum: 5 };
        assert!(refusal.sentence().starts_with("One ballot of residents counts and 5 are needed"));
        let strange = read_ballot(&rule, &vote(), &given(&[("R-1", "1"), ("R-2", "1"), ("R-3", "1")])).unwrap_err();
        assert!(strange.at("votes").is_some());
    }

    #[test]
    fn a_vote_is_set_up_only_once_nobody_can_apply_any_more() {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let deadline = at("2026-12-12T12:00:00Z");
        let early = all_are_in(Some(deadline), at("2026-12-12T11:59:59Z"));
        assert_eq!(early, Err(ResidentRefusal::RoundOpen { deadline }));
        assert_eq!(all_are_in(Some(deadline), deadline.plus(chrono::TimeDelta::microseconds(1))), Ok(()));
    }

    #[test]
    fn a_budget_is_shared_out_up_to_its_end() {
        let rule = PanelRule::Budget { each: Pence(10_000), quorum: 1 };
        let shared = read_ballot(&rule, &vote(), &given(&[("R-1", "60"), ("R-2", "40.00")])).unwrap();
        assert_eq!(shared, Ballot::Budget([("R-1".to_owned(), Pence(6_000)), ("R-2".to_owned(), Pence(4_000))].into()));
        for nothing in [given(&[]), given(&[("R-1", "0")])] {
            assert!(read_ballot(&rule, &vote(), &nothing).is_err(), "a ballot that says nothing would fill the quorum");
        }
        let over = read_ballot(&rule, &vote(), &given(&[("R-1", "60"), ("R-2", "40.01")])).unwrap_err();
        assert!(over.at("R-1").unwrap().contains("£100.01"));
        assert!(read_ballot(&rule, &vote(), &given(&[("R-1", "-1")])).unwrap_err().at("R-1").is_some());
    }
}
