//! What figures mean: how an obligation stands, what a decision or a passed moment makes of a due date, ratings.

use super::model::DueState;
use super::periods::days_after;
use crate::conditions::Direction;
use crate::values::{LocalDate, RefusalInfo};
use rust_decimal::Decimal;

/// From this part of the target on a figure is near it. The Act names ratings without figures; this is the house's.
const NEAR: Decimal = Decimal::from_parts(90, 0, 0, false, 2);
/// From this part of the target on, performance requires improvement; below, it is inadequate. The house's figure.
const HALF: Decimal = Decimal::from_parts(50, 0, 0, false, 2);
/// Least days to answer a query that comes when no other time is left.
pub const ANSWER_DAYS: i64 = 14;

/// Why something about an obligation is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ComplianceRefusal {
    /// The due date takes no more figures.
    Closed,
    /// The agreement ended before the figure was due.
    AgreementEnded,
    /// The period has not begun.
    TooEarly,
    /// A figure is with the council already.
    AlreadyReported,
    /// The figure was decided or replaced.
    NotWaiting,
    /// Evidence is asked for and none was sent.
    NoEvidence,
    /// The same beneficiaries or files were counted by somebody else; how many of each.
    DoubleCount(usize, usize),
    /// Shares would add up to more than a whole.
    Shares,
    /// The officer cannot verify more than counts.
    MoreThanCounts,
    /// It was apportioned already.
    Apportioned,
    /// The claim that counted first is gone; the figure can be reported again.
    FirstGone,
    /// The due date is not in breach.
    NotInBreach,
    /// The ladder has no further step.
    LadderEnds,
    /// The proposal was taken or replaced.
    NotProposed,
}

impl RefusalInfo for ComplianceRefusal {
    fn code(&self) -> &'static str {
        match self {
            ComplianceRefusal::Closed => "compliance/closed",
            ComplianceRefusal::AgreementEnded => "compliance/agreement-ended",
            ComplianceRefusal::TooEarly => "compliance/too-early",
            ComplianceRefusal::AlreadyReported => "compliance/already-reported",
            ComplianceRefusal::NotWaiting => "compliance/not-waiting",
            ComplianceRefusal::NoEvidence => "compliance/no-evidence",
            ComplianceRefusal::DoubleCount(..) => "compliance/double-count",
            ComplianceRefusal::Shares => "compliance/shares",
            ComplianceRefusal::MoreThanCounts => "compliance/more-than-counts",
            ComplianceRefusal::Apportioned => "compliance/apportioned",
            ComplianceRefusal::FirstGone => "compliance/first-gone",
            ComplianceRefusal::NotInBreach => "compliance/not-in-breach",
            ComplianceRefusal::LadderEnds => "compliance/ladder-ends",
            ComplianceRefusal::NotProposed => "compliance/not-proposed",
        }
    }
    fn sentence(&self) -> String {
        match self {
            ComplianceRefusal::Closed => "This due date is decided and takes no more figures.",
            ComplianceRefusal::AgreementEnded => "This agreement ended before this figure was due, so it is not due any more.",
            ComplianceRefusal::TooEarly => "This period has not begun. Report the figure once it has.",
            ComplianceRefusal::AlreadyReported => {
                "Your figure for this period is being checked. You can send another if the council queries or rejects it."
            }
            ComplianceRefusal::NotWaiting => "This figure is not waiting for a decision any more. Look at the newest one.",
            ComplianceRefusal::NoEvidence => "Evidence is asked for with this figure. Add at least one file.",
            ComplianceRefusal::DoubleCount(people, files) => return double_count(*people, *files),
            ComplianceRefusal::Shares => "All shares of one beneficiary or file together are at most 100%. Lower one of them.",
            ComplianceRefusal::MoreThanCounts => {
                "You cannot verify more than was reported and counts here. Enter that figure or a lower one."
            }
            ComplianceRefusal::Apportioned => "This was apportioned already.",
            ComplianceRefusal::FirstGone => {
                "The figure that counted this first is no longer there. The organisation can report again without sharing."
            }
            ComplianceRefusal::NotInBreach => "This due date is not in breach, so there is nothing to remedy.",
            ComplianceRefusal::LadderEnds => "The remedy ladder has no further step. Waive the breach or reserve the council's rights.",
            ComplianceRefusal::NotProposed => "This proposal was taken or replaced already. Look at the newest one.",
        }
        .to_owned()
    }
    fn reference(&self) -> Option<&'static str> {
        match self {
            ComplianceRefusal::DoubleCount(..) | ComplianceRefusal::Shares => Some("rule of the claim ledger"),
            _ => None,
        }
    }
}

fn double_count(people: usize, files: usize) -> String {
    let said = |n: usize, one: &str, more: &str| match n {
        0 => None,
        1 => Some(format!("one {one}")),
        n => Some(format!("{n} {more}")),
    };
    let what: Vec<String> =
        [said(people, "beneficiary", "beneficiaries"), said(files, "file", "files")].into_iter().flatten().collect();
    format!(
        "Your figure counts {} that another figure has counted for the same measure and period. Take them out, \
         or ask the council to decide how they are shared; it has been told.",
        what.join(" and ")
    )
}

/// Whether a figure keeps a promise.
#[must_use]
pub fn keeps(direction: Direction, target: Decimal, figure: Decimal) -> bool {
    match direction {
        Direction::AtLeast => figure >= target,
        Direction::AtMost => figure <= target,
        Direction::Equal => figure == target,
    }
}

/// How much of a target a figure reaches, 0 to 1: `figure/target` for "at least", `2 − figure/target` for "at most"
/// and `1 − |figure − target|/|target|` for "exactly", cut to 0 and 1. A target of nothing is reached or not.
#[must_use]
pub fn reached(direction: Direction, target: Decimal, figure: Decimal) -> Decimal {
    if keeps(direction, target, figure) {
        return Decimal::ONE;
    }
    let part = (figure - target).abs().checked_div(target.abs()).unwrap_or(Decimal::ONE);
    (Decimal::ONE - part).clamp(Decimal::ZERO, Decimal::ONE)
}

crate::text_enum! {
    /// How an obligation stands, seen from its verified figure.
    pub enum Status {
        Met = "met" => "Met",
        Near = "near" => "Near",
        Missed = "missed" => "Missed",
        NotDue = "not_due" => "Not due yet",
        Disputed = "disputed" => "Disputed",
    }
}

impl Status {
    /// Colour of its tag.
    #[must_use]
    pub fn colour(self) -> &'static str {
        match self {
            Status::Met => "green",
            Status::Near => "yellow",
            Status::Missed => "red",
            Status::NotDue => "grey",
            Status::Disputed => "orange",
        }
    }
}

crate::text_enum! {
    /// Ratings of key performance indicators (Procurement Act 2023 s.71), with the identifiers of the open
    /// contracting standard.
    pub enum Rating {
        Good = "met" => "Good",
        Approaching = "slightlyBelow" => "Approaching target",
        RequiresImprovement = "below" => "Requires improvement",
        Inadequate = "significantlyBelow" => "Inadequate",
        Other = "other" => "Other",
    }
}

/// The three figures of an obligation or period, never mixed, and what they come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Promised.
    pub promised: Decimal,
    /// Claimed and counted, verified or not.
    pub claimed: Option<Decimal>,
    /// Verified.
    pub verified: Option<Decimal>,
    /// What it comes to. Only verified figures can meet a promise.
    pub status: Status,
    /// The rating, once it is due or verified.
    pub rating: Option<Rating>,
}

/// What is known of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Which side of the promise keeps it.
    pub direction: Direction,
    /// Promised.
    pub promised: Decimal,
    /// Claimed and counted.
    pub claimed: Option<Decimal>,
    /// Verified.
    pub verified: Option<Decimal>,
    /// Whether the newest figure is queried or rejected.
    pub disputed: bool,
    /// Last day of grace.
    pub grace_until: LocalDate,
}

/// How an obligation stands on a day.
#[must_use]
pub fn standing(known: &Known, today: LocalDate) -> Standing {
    let part = known.verified.map(|figure| reached(known.direction, known.promised, figure));
    let met = known.verified.is_some_and(|figure| keeps(known.direction, known.promised, figure));
    let over = today > known.grace_until;
    let status = match part {
        _ if met => Status::Met,
        _ if known.disputed => Status::Disputed,
        _ if !over => Status::NotDue,
        Some(part) if part >= NEAR => Status::Near,
        _ => Status::Missed,
    };
    let rating = match (status, part) {
        (Status::NotDue, _) => None,
        (Status::Met, _) => Some(Rating::Good),
        (Status::Disputed, None) => Some(Rating::Other),
        (_, Some(part)) if part >= NEAR => Some(Rating::Approaching),
        (_, Some(part)) if part >= HALF => Some(Rating::RequiresImprovement),
        _ => Some(Rating::Inadequate),
    };
    Standing { promised: known.promised, claimed: known.claimed, verified: known.verified, status, rating }
}

/// What an officer decides about a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Accepted at this figure.
    Accept(Decimal),
    /// Asked about.
    Query,
    /// Not accepted.
    Reject,
}

/// A due date as the rules see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What has become of it.
    pub state: DueState,
    /// Last day of grace.
    pub grace_until: LocalDate,
    /// Last day to put it right.
    pub cure_by: Option<LocalDate>,
    /// Days that the obligation gives to cure.
    pub cure_days: i64,
    /// Which side of the target keeps it.
    pub direction: Direction,
    /// Target of the period.
    pub target: Decimal,
    /// Whether falling short is a miss.
    pub binding: bool,
}

impl Judged {
    /// Whether figures are still taken.
    #[must_use]
    pub fn takes_figures(&self) -> bool {
        matches!(self.state, DueState::Pending | DueState::Missed)
    }

    /// The state, and the last day to cure, after an officer's decision.
    ///
    /// A figure that keeps the target meets a due date, or cures a missed one. Anything else leaves it open while
    /// there is time; once the days of grace are over it is missed, and once the time to cure is over it is in
    /// breach. A query never ends the time: where none is left, it gives [`ANSWER_DAYS`] to answer.
    #[must_use]
    pub fn after(&self, decision: Decision, today: LocalDate) -> (DueState, Option<LocalDate>) {
        let enough = match decision {
            Decision::Accept(figure) => !self.binding || keeps(self.direction, self.target, figure),
            Decision::Query | Decision::Reject => false,
        };
        match (self.state, enough) {
            (DueState::Pending, true) => (DueState::Met, None),
            (DueState::Missed, true) => (DueState::Cured, self.cure_by),
            (DueState::Pending, false) if today > self.grace_until => {
                let days = if decision == Decision::Query { self.cure_days.max(ANSWER_DAYS) } else { self.cure_days };
                (DueState::Missed, Some(days_after(today, days)))
            }
            (DueState::Missed, false) if self.cure_by.is_some_and(|by| today > by) => {
                if decision == Decision::Query {
                    (DueState::Missed, Some(days_after(today, ANSWER_DAYS)))
                } else {
                    (DueState::Breached, self.cure_by)
                }
            }
            (state, _) => (state, self.cure_by),
        }
    }

    /// The state, and the last day to cure, when the figure that met or cured it is lowered later: it is judged as if that
    /// lower figure had been accepted today instead. What no figure met stays as it is.
    #[must_use]
    pub fn lowered(&self, figure: Decimal, today: LocalDate) -> (DueState, Option<LocalDate>) {
        let before = match self.state {
            DueState::Met => DueState::Pending,
            DueState::Cured => DueState::Missed,
            state => return (state, self.cure_by),
        };
        Judged { state: before, ..*self }.after(Decision::Accept(figure), today)
    }

    /// What the end of the days of grace makes of it while no figure is with the council.
    #[must_use]
    pub fn grace_over(&self) -> (DueState, Option<LocalDate>) {
        match self.state {
            DueState::Pending => (DueState::Missed, Some(days_after(self.grace_until, self.cure_days))),
            state => (state, self.cure_by),
        }
    }

    /// What the end of the time to cure makes of it while no figure is with the council.
    #[must_use]
    pub fn cure_over(&self, today: LocalDate) -> DueState {
        match (self.state, self.cure_by) {
            (DueState::Missed, Some(by)) if today > by => DueState::Breached,
            (state, _) => state,
        }
    }
}

/// Whether a due date still binds once its agreement has ended: what fell due up to that day is owed as before, what
/// would have fallen due later is not. Of what was cancelled before anything was paid nothing binds, whatever its day.
#[must_use]
pub fn still_binds(due_on: LocalDate, ended_on: Option<LocalDate>, cancelled: bool) -> bool {
    !cancelled && ended_on.is_none_or(|ended| due_on <= ended)
}

/// Whether figures of a unit are levels, which are averaged over obligations, and not amounts, which are added up.
#[must_use]
pub fn is_level(unit: &str) -> bool {
    let unit = unit.trim().to_lowercase();
    unit.starts_with('%') || unit.starts_with("per cent") || unit.starts_with("percent")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::parse_date;
    use proptest::prelude::*;
    use rust_decimal::dec;

    fn date(text: &str) -> LocalDate {
        parse_date(text).unwrap()
    }

    fn known(verified: Option<Decimal>) -> Known {
        Known {
            direction: Direction::AtLeast,
            promised: dec!(20),
            claimed: Some(dec!(30)),
            verified,
            disputed: false,
            grace_until: date("2027-01-31"),
        }
    }

    fn judged(state: DueState) -> Judged {
        Judged {
            state,
            grace_until: date("2027-01-31"),
            cure_by: (state == DueState::Missed).then(|| date("2027-03-02")),
            cure_days: 30,
            direction: Direction::AtLeast,
            target: dec!(20),
            binding: true,
        }
    }

    #[test]
    fn what_fell_due_up_to_the_end_of_an_agreement_outlives_it() {
        let ended = Some(date("2027-01-31"));
        for (due_on, binds) in [("2027-01-30", true), ("2027-01-31", true), ("2027-02-01", false)] {
            assert_eq!(still_binds(date(due_on), ended, false), binds, "{due_on}");
            assert!(still_binds(date(due_on), None, false), "while it runs everything does");
            assert!(!still_binds(date(due_on), ended, true) && !still_binds(date(due_on), None, true), "cancelled");
        }
    }

    #[test]
    fn a_figure_that_is_lowered_later_is_judged_as_if_it_had_been_accepted_so() {
        let ask = |state, cure: Option<&str>, figure, today| {
            Judged { cure_by: cure.map(date), ..judged(state) }.lowered(figure, date(today))
        };
        let cure = Some("2027-03-02");
        assert_eq!(ask(DueState::Met, None, dec!(20), "2027-02-10"), (DueState::Met, None), "enough still");
        assert_eq!(ask(DueState::Met, None, dec!(19), "2027-01-31"), (DueState::Pending, None), "there is time");
        let missed = (DueState::Missed, Some(date("2027-03-12")));
        assert_eq!(ask(DueState::Met, None, dec!(19), "2027-02-10"), missed, "the whole time to cure");
        assert_eq!(ask(DueState::Cured, cure, dec!(20), "2027-04-01"), (DueState::Cured, cure.map(date)));
        assert_eq!(ask(DueState::Cured, cure, dec!(19), "2027-03-02"), (DueState::Missed, cure.map(date)));
        assert_eq!(ask(DueState::Cured, cure, dec!(19), "2027-03-03"), (DueState::Breached, cure.map(date)));
        for state in [DueState::Pending, DueState::Missed, DueState::Breached, DueState::Waived, DueState::Closed] {
            assert_eq!(ask(state, cure, dec!(1), "2027-05-01"), (state, cure.map(date)), "no figure met it");
        }
        let free = Judged { binding: false, ..judged(DueState::Met) };
        assert_eq!(free.lowered(dec!(1), date("2027-05-01")).0, DueState::Met, "falling short of it is no miss");
    }

    #[test]
    fn a_claim_alone_never_meets_a_promise() {
        let found = standing(&known(None), date("2027-02-01"));
        assert_eq!((found.status, found.rating), (Status::Missed, Some(Rating::Inadequate)));
        assert_eq!(found.claimed, Some(dec!(30)));
    }

    #[test]
    fn ratings_follow_the_part_of_the_target_that_is_verified() {
        let rated = |figure| standing(&known(Some(figure)), date("2027-02-01"));
        assert_eq!(rated(dec!(20)).rating, Some(Rating::Good));
        assert_eq!((rated(dec!(18)).status, rated(dec!(18)).rating), (Status::Near, Some(Rating::Approaching)));
        assert_eq!(rated(dec!(17.99)).rating, Some(Rating::RequiresImprovement));
        assert_eq!(rated(dec!(9.99)).rating, Some(Rating::Inadequate));
        assert_eq!(standing(&known(Some(dec!(5))), date("2027-01-31")).status, Status::NotDue);
    }

    #[test]
    fn at_most_is_reached_from_the_other_side() {
        assert_eq!(reached(Direction::AtMost, dec!(100), dec!(110)), dec!(0.9));
        assert_eq!(reached(Direction::AtMost, dec!(100), dec!(99)), Decimal::ONE);
        assert_eq!(reached(Direction::AtMost, Decimal::ZERO, dec!(1)), Decimal::ZERO);
    }

    #[test]
    fn a_miss_is_cured_in_time_and_a_breach_after() {
        let missed = judged(DueState::Missed);
        assert_eq!(missed.after(Decision::Accept(dec!(20)), date("2027-03-20")).0, DueState::Cured);
        assert_eq!(missed.after(Decision::Accept(dec!(19)), date("2027-03-01")).0, DueState::Missed);
        assert_eq!(missed.after(Decision::Reject, date("2027-03-03")).0, DueState::Breached);
        assert_eq!(missed.cure_over(date("2027-03-02")), DueState::Missed);
        assert_eq!(missed.cure_over(date("2027-03-03")), DueState::Breached);
    }

    #[test]
    fn a_figure_that_waited_for_the_council_past_its_day_leaves_the_whole_time_to_cure() {
        let late = judged(DueState::Pending).after(Decision::Reject, date("2027-04-01"));
        assert_eq!(late, (DueState::Missed, Some(date("2027-05-01"))));
        let query = judged(DueState::Missed).after(Decision::Query, date("2027-04-01"));
        assert_eq!(query, (DueState::Missed, Some(date("2027-04-15"))));
    }

    #[test]
    fn a_milestone_is_met_by_reporting_it() {
        let milestone = Judged { binding: false, ..judged(DueState::Pending) };
        assert_eq!(milestone.after(Decision::Accept(dec!(1)), date("2027-01-01")).0, DueState::Met);
        assert_eq!(milestone.grace_over().0, DueState::Missed);
    }

    proptest! {
        #[test]
        fn more_verified_never_makes_an_at_least_promise_stand_worse(
            promised in 1i64..10_000, a in 0i64..20_000, b in 0i64..20_000, day in 0i64..60,
        ) {
            let today = date("2027-01-10") + chrono::TimeDelta::days(day);
            let rank = |figure: i64| {
                let known = Known { promised: Decimal::from(promised), ..known(Some(Decimal::from(figure))) };
                match standing(&known, today).status {
                    Status::Missed => 0,
                    Status::NotDue | Status::Disputed => 1,
                    Status::Near => 2,
                    Status::Met => 3,
                }
            };
            prop_assert!(rank(a.min(b)) <= rank(a.max(b)));
        }

        #[test]
        fn met_is_said_exactly_when_the_verified_figure_keeps_the_promise(
            promised in -1000i64..1000, verified in -1000i64..1000, direction in 0usize..3, disputed: bool, day in 0i64..60,
        ) {
            let direction = Direction::ALL[direction];
            let known = Known {
                direction, promised: Decimal::from(promised), claimed: None, verified: Some(Decimal::from(verified)), disputed,
                grace_until: date("2027-01-31"),
            };
            let found = standing(&known, date("2027-01-10") + chrono::TimeDelta::days(day));
            prop_assert_eq!(found.status == Status::Met, keeps(direction, known.promised, Decimal::from(verified)));
            prop_assert_eq!(found.rating == Some(Rating::Good), found.status == Status::Met);
            let part = reached(direction, known.promised, Decimal::from(verified));
            prop_assert!(part >= Decimal::ZERO && part <= Decimal::ONE);
        }

        #[test]
        fn a_decided_due_date_never_changes_by_a_decision(state in 0usize..9, figure in 0i64..100, day in 0i64..400) {
            let state = DueState::ALL[state];
            let before = judged(state);
            let today = date("2027-01-01") + chrono::TimeDelta::days(day);
            for decision in [Decision::Accept(Decimal::from(figure)), Decision::Query, Decision::Reject] {
                let (after, _) = before.after(decision, today);
                if !before.takes_figures() {
                    prop_assert_eq!(after, state);
                }
                prop_assert!(!(after == DueState::Breached && state == DueState::Pending), "never without time to cure");
            }
        }
    }
}
