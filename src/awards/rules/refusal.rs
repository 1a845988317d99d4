//! What this room refuses, and in which words.

use crate::awards::model::{AwardState, MOST_PARTS};
use crate::values::time::long_date;
use crate::values::{self, Instant, LocalDate, Pence, RefusalInfo, counted_with};

/// A refusal of this room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwardRefusal {
    /// No signed ranking.
    NoSignedRanking,
    /// It was left out of the ranking.
    NotRanked {
        /// Whether it is a bid of a tender, not an application of a round.
        tender: bool,
    },
    /// Another bid is first.
    NotBest,
    /// It shares first place with others, and no published rule parts them.
    SharesFirst {
        /// How many share it.
        bids: usize,
    },
    /// A first stage shortlists and awards nothing.
    Shortlists,
    /// The call was withdrawn.
    CallWithdrawn,
    /// One fell away and the others are not ranked again.
    BidFellAway {
        /// Whether it is a bid of a tender, not an application of a round.
        tender: bool,
    },
    /// It is recommended already, and that was not declined.
    RecommendedAlready {
        /// Whether it is a bid of a tender, not an application of a round.
        tender: bool,
    },
    /// The final decision is made.
    Decided,
    /// The amount is outside what the round offers.
    AmountOutside {
        /// Least of the round.
        least: Pence,
        /// Most of the round.
        most: Pence,
    },
    /// The pot does not hold that much.
    PotExhausted {
        /// What is left.
        left: Pence,
    },
    /// The round does not offer this.
    NotOffered {
        /// What.
        instrument: &'static str,
    },
    /// Checks are missing before approval.
    ChecksMissing {
        /// Which, in words.
        what: String,
    },
    /// A supplier or subcontractor is excluded.
    Excluded {
        /// Who.
        subject: String,
        /// Whether a contract was to be signed, not an award approved.
        signing: bool,
    },
    /// Nobody approves what they recommended.
    SamePerson,
    /// No award stands yet.
    NoAward,
    /// The award is not at that step.
    WrongState {
        /// Where it is.
        state: AwardState,
    },
    /// Not every summary is sent.
    SummariesNotSent {
        /// Suppliers that none was made for.
        waiting: usize,
        /// Suppliers whose summary no mail server took yet.
        queued: usize,
    },
    /// That summary is given already.
    SummaryGiven,
    /// The notice would be published before the summaries were sent.
    NoticeBeforeSummaries {
        /// When the last was sent.
        last: Instant,
    },
    /// The notice lies in the future.
    NoticeInFuture,
    /// This procedure has no award notice.
    NoNotice,
    /// The standstill still runs.
    InStandstill {
        /// First day on which it may be signed.
        earliest: LocalDate,
    },
    /// A court claim suspends signing.
    Suspended,
    /// Somebody else changes the parts of a recommendation.
    NotRecommender,
    /// A contract has no parts.
    NoPackage,
    /// The committee has voted on the recommendation as it was.
    VotedOn,
    /// A subsidy route stands that was recorded for the parts as they were.
    RouteStands,
    /// More parts than one offer may have.
    TooManyParts,
    /// The first part is the recommendation itself.
    OnlyPart,
    /// The parts of a package do not reach the least of the round yet.
    NotComplete {
        /// What they come to.
        amount: Pence,
        /// Least of the round.
        least: Pence,
    },
    /// Who recommends it said that other parts of the package follow.
    MoreFollow,
    /// The package is complete already.
    CompleteAlready,
    /// Who recommended it may still complete it, or the committee decides on it.
    GoesOn,
    /// Its bidder gave notice that it withdraws.
    BidderWithdraws,
    /// That its bidder withdraws is known already.
    WithdrawalTold,
    /// Who noted that the bidder withdraws does not confirm it.
    OwnNote,
    /// Its bidder gave no notice that it withdraws.
    WithdrawalNotTold,
    /// No recorded subsidy route.
    NoRoute,
    /// The answer comes too late.
    OfferLapsed {
        /// The last instant.
        by: Instant,
    },
    /// The last instant to answer lies in the past.
    AnswerByPast,
    /// A contract is decided by one member.
    NoCommittee,
    /// A member with a conflict of interest stands aside.
    Recused,
    /// Too few members have voted.
    NoQuorum {
        /// Members for or against.
        counted: u32,
        /// Members who must vote.
        quorum: u32,
    },
    /// The committee has not decided like that.
    NoMajority {
        /// Members for it.
        favour: u32,
        /// Members against it.
        against: u32,
    },
}

impl RefusalInfo for AwardRefusal {
    fn code(&self) -> &'static str {
        match self {
            AwardRefusal::NoSignedRanking => "awards/no-signed-ranking",
            AwardRefusal::NotRanked { .. } => "awards/not-ranked",
            AwardRefusal::NotBest => "awards/not-most-advantageous",
            AwardRefusal::SharesFirst { .. } => "awards/shares-first-place",
            AwardRefusal::Shortlists => "awards/stage-shortlists",
            AwardRefusal::CallWithdrawn => "awards/call-withdrawn",
            AwardRefusal::BidFellAway { .. } => "awards/bid-fell-away",
            AwardRefusal::RecommendedAlready { .. } => "awards/recommended-already",
            AwardRefusal::Decided => "awards/decided",
            AwardRefusal::AmountOutside { .. } => "awards/amount-outside",
            AwardRefusal::PotExhausted { .. } => "awards/pot-exhausted",
            AwardRefusal::NotOffered { .. } => "awards/instrument-not-offered",
            AwardRefusal::ChecksMissing { .. } => "awards/checks-missing",
            AwardRefusal::Excluded { .. } => "awards/excluded",
            AwardRefusal::SamePerson => "awards/same-person",
            AwardRefusal::NoAward => "awards/no-award",
            AwardRefusal::WrongState { .. } => "awards/wrong-state",
            AwardRefusal::SummariesNotSent { .. } => "awards/summaries-not-sent",
            AwardRefusal::SummaryGiven => "awards/summary-given",
            AwardRefusal::NoticeBeforeSummaries { .. } => "awards/notice-before-summaries",
            AwardRefusal::NoticeInFuture => "awards/notice-in-future",
            AwardRefusal::NoNotice => "awards/no-notice",
            AwardRefusal::InStandstill { .. } => "awards/in-standstill",
            AwardRefusal::Suspended => "awards/suspended",
            AwardRefusal::NotRecommender => "awards/not-recommender",
            AwardRefusal::NoPackage => "awards/no-package",
            AwardRefusal::VotedOn => "awards/voted-on",
            AwardRefusal::RouteStands => "awards/route-stands",
            AwardRefusal::TooManyParts => "awards/too-many-parts",
            AwardRefusal::OnlyPart => "awards/only-part",
            AwardRefusal::NotComplete { .. } => "awards/not-complete",
            AwardRefusal::MoreFollow => "awards/more-follow",
            AwardRefusal::CompleteAlready => "awards/complete-already",
            AwardRefusal::GoesOn => "awards/goes-on",
            AwardRefusal::BidderWithdraws => "awards/bidder-withdraws",
            AwardRefusal::WithdrawalTold => "awards/withdrawal-told",
            AwardRefusal::OwnNote => "awards/own-note",
            AwardRefusal::WithdrawalNotTold => "awards/withdrawal-not-told",
            AwardRefusal::NoRoute => "awards/no-subsidy-route",
            AwardRefusal::OfferLapsed { .. } => "awards/offer-lapsed",
            AwardRefusal::AnswerByPast => "awards/answer-by-past",
            AwardRefusal::NoCommittee => "awards/no-committee",
            AwardRefusal::Recused => "awards/recused",
            AwardRefusal::NoQuorum { .. } => "awards/no-quorum",
            AwardRefusal::NoMajority { .. } => "awards/no-majority",
        }
    }

    fn sentence(&self) -> String {
        match self {
            AwardRefusal::NoSignedRanking => "Sign the ranking before you recommend an award.".to_owned(),
            AwardRefusal::NotRanked { tender: true } => {
                "This bid was left out of the ranking, so it cannot win.".to_owned()
            }
            AwardRefusal::NotRanked { tender: false } => {
                "This application was left out of the ranking, so no offer can be made to it.".to_owned()
            }
            AwardRefusal::Shortlists => {
                "This is the first of two stages: it ends in a shortlist, not in an award. The contract is awarded from \
                 the final tenders of the second stage."
                    .to_owned()
            }
            AwardRefusal::CallWithdrawn => {
                "The call was withdrawn, so nothing is awarded, offered or signed under it.".to_owned()
            }
            AwardRefusal::NotBest => {
                "Only the most advantageous tender can win: recommend the bid in first place.".to_owned()
            }
            AwardRefusal::SharesFirst { bids } => format!(
                "{bids} bids share first place and no published rule parts them, so none of them may be chosen before the \
                 others. Withdraw the tender and publish it again with a rule for equal totals that parts them, such as \
                 the lower price, or a draw whose seed is committed to beforehand."
            ),
            AwardRefusal::BidFellAway { tender } => format!(
                "{} has fallen away. Rank the others again and sign that ranking before anything is decided.",
                if *tender { "A bid" } else { "An application" }
            ),
            AwardRefusal::RecommendedAlready { tender: true } => {
                "An award of this tender is recommended already. Another can be recommended only when it is declined."
                    .to_owned()
            }
            AwardRefusal::RecommendedAlready { tender: false } => {
                "This application is recommended already. It can be recommended again only when that is declined or lapses."
                    .to_owned()
            }
            AwardRefusal::Decided => "The decision is made, so the ranking it rests on stands.".to_owned(),
            AwardRefusal::AmountOutside { least, most } => {
                format!("The round invests between {least} and {most} at a time. Change the amount.")
            }
            AwardRefusal::PotExhausted { left } => format!("Only {left} is left in the pot of this round."),
            AwardRefusal::NotOffered { instrument } => {
                format!("This round does not offer this: {}. Choose what it does offer.", instrument.to_lowercase())
            }
            AwardRefusal::ChecksMissing { what } => format!("Record the checks first: {what}."),
            AwardRefusal::Excluded { subject, signing: true } => format!(
                "{subject} was found to be excluded after the award was approved, so the contract cannot be signed. If it \
                 is the supplier, record that its bid falls away; an excluded subcontractor may be replaced, and a new \
                 check then says so."
            ),
            AwardRefusal::Excluded { subject, signing: false } => format!(
                "{subject} is excluded, so the award cannot be approved. An excluded supplier’s tender must be left out; \
                 an excluded subcontractor may be replaced."
            ),
            AwardRefusal::SamePerson => {
                "You recommended this award. Ask a committee member to decide on it.".to_owned()
            }
            AwardRefusal::NoAward => {
                "Nothing is awarded yet. Recommend an award and have it approved; then the summaries are sent.".to_owned()
            }
            AwardRefusal::WrongState { state } => {
                format!("This cannot be done now: the award is “{}”.", state.label())
            }
            AwardRefusal::SummaryGiven => "This supplier was given its summary already.".to_owned(),
            AwardRefusal::SummariesNotSent { waiting: 0, queued } => {
                let summaries = counted_with(*queued, "summaries", "is", "are");
                format!(
                    "Wait until every supplier has its assessment summary: {summaries} not yet taken by a mail server. \
                     Where one cannot be mailed, give it another way and record that."
                )
            }
            AwardRefusal::SummariesNotSent { waiting, .. } => {
                let suppliers = counted_with(*waiting, "suppliers", "has", "have");
                format!("Send the assessment summaries first; {suppliers} not been sent one.")
            }
            AwardRefusal::NoticeBeforeSummaries { last } => format!(
                "The notice must be published after every summary was sent; the last was sent at {}.",
                last.long()
            ),
            AwardRefusal::NoticeInFuture => {
                "Record the notice once it is published: its date and time lie in the future.".to_owned()
            }
            AwardRefusal::NoNotice => {
                "A below-threshold contract has no contract award notice. It may be signed once it is approved."
                    .to_owned()
            }
            AwardRefusal::InStandstill { earliest } => {
                format!("The standstill still runs. The contract may be signed from {}.", long_date(*earliest))
            }
            AwardRefusal::Suspended => {
                "A court claim that was notified in the standstill suspends signing until the court lifts it or the \
                 proceedings end."
                    .to_owned()
            }
            AwardRefusal::NotRecommender => {
                "Only the person who recommended this can change its parts, before the committee votes.".to_owned()
            }
            AwardRefusal::NoPackage => "A contract has no parts. Only an investment can be a package.".to_owned(),
            AwardRefusal::VotedOn => {
                "Members of the committee have voted on this as it is, so its parts stay. If it should be different, it is \
                 declined and recommended again."
                    .to_owned()
            }
            AwardRefusal::RouteStands => {
                "A subsidy route is recorded for the parts as they are. Withdraw it, change the parts, then record the route \
                 for the whole package."
                    .to_owned()
            }
            AwardRefusal::TooManyParts => format!("One offer has at most {MOST_PARTS} parts."),
            AwardRefusal::OnlyPart => {
                "This is the only part, so it stays. If it should not be offered, a committee member declines it."
                    .to_owned()
            }
            AwardRefusal::NotComplete { amount, least } => format!(
                "The recommendation is not complete: its parts come to {amount} and the round invests at least {least}. \
                 Who recommended it adds the missing part first."
            ),
            AwardRefusal::MoreFollow => {
                "Other parts of this package are still to come. Who recommended it adds them, or says that no other follows."
                    .to_owned()
            }
            AwardRefusal::CompleteAlready => {
                "The package is complete, and the committee was told. Add a part or take one out to change it.".to_owned()
            }
            AwardRefusal::GoesOn => {
                "Who recommended this can still complete it, or the committee decides on it, so nobody else takes it back."
                    .to_owned()
            }
            AwardRefusal::BidderWithdraws => {
                "The awarded bidder has given notice that it withdraws, so no contract is signed with it. Record that its \
                 bid falls away, then rank the others again."
                    .to_owned()
            }
            AwardRefusal::WithdrawalTold => {
                "The council knows already that you withdraw, and records that your bid falls away.".to_owned()
            }
            AwardRefusal::OwnNote => {
                "You noted that the bidder withdraws. Another officer reads its message and records that its bid falls \
                 away."
                    .to_owned()
            }
            AwardRefusal::WithdrawalNotTold => {
                "The awarded bidder has not given notice that it withdraws, and an award is not undone on the word of one \
                 officer. Ask the owner of the bidder’s organisation to give notice on its outcome page, or say where and \
                 when the bidder said so, for another officer to confirm."
                    .to_owned()
            }
            AwardRefusal::NoRoute => {
                "Record the subsidy route of this applicant before the offer: market terms, minimal financial \
                 assistance, a scheme, or a signed assessment."
                    .to_owned()
            }
            AwardRefusal::OfferLapsed { by } => {
                format!("The offer could be answered until {}. It has lapsed; ask the council.", by.long())
            }
            AwardRefusal::AnswerByPast => {
                "Give the applicant time to answer: choose a moment in the future.".to_owned()
            }
            AwardRefusal::NoCommittee => {
                "A contract is approved by one committee member. Record the decision itself.".to_owned()
            }
            AwardRefusal::Recused => {
                "You have a conflict of interest with one who applied, so you stand aside: others decide.".to_owned()
            }
            AwardRefusal::NoQuorum { counted, quorum } => {
                let members = values::counted(*quorum, "members");
                let have = match counted {
                    0 => "none has".to_owned(),
                    1 => "1 has".to_owned(),
                    more => format!("{more} have"),
                };
                format!(
                    "{members} of the committee must vote for or against this; {have}. Recused members do not count."
                )
            }
            AwardRefusal::NoMajority { favour, against } => {
                format!("The committee has not decided like this: {favour} for, {against} against.")
            }
        }
    }

    fn reference(&self) -> Option<&'static str> {
        match self {
            AwardRefusal::Shortlists => Some("Procurement Act 2023 s.20(2)(b)"),
            AwardRefusal::NotBest | AwardRefusal::SharesFirst { .. } | AwardRefusal::NotRanked { tender: true } => {
                Some("Procurement Act 2023 s.19")
            }
            AwardRefusal::ChecksMissing { .. } | AwardRefusal::Excluded { .. } => Some("Procurement Act 2023 ss.26–28"),
            AwardRefusal::SummariesNotSent { .. } | AwardRefusal::NoticeBeforeSummaries { .. } => {
                Some("Procurement Act 2023 s.50")
            }
            AwardRefusal::InStandstill { .. } => Some("Procurement Act 2023 s.51"),
            AwardRefusal::Suspended => Some("Procurement Act 2023 s.101"),
            AwardRefusal::NoRoute => Some("Subsidy Control Act 2022 s.12"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_calls_what_was_sent_a_bid_in_a_tender_and_an_application_in_a_round() {
        let words = |tender| {
            let (fell, unranked) = (AwardRefusal::BidFellAway { tender }, AwardRefusal::NotRanked { tender });
            assert_eq!((fell.code(), unranked.code()), ("awards/bid-fell-away", "awards/not-ranked"));
            assert_eq!(unranked.reference().is_some(), tender, "the Act says nothing of a round");
            format!("{} {}", fell.sentence(), unranked.sentence())
        };
        let (tender, round) = (words(true), words(false));
        assert!(tender.starts_with("A bid has fallen away.") && tender.contains("This bid was left out"), "{tender}");
        assert!(round.starts_with("An application has fallen away.") && !round.contains("bid"), "{round}");
    }

    #[test]
    fn one_supplier_has_and_two_have() {
        let words = |waiting| AwardRefusal::SummariesNotSent { waiting, queued: 3 - waiting }.sentence();
        assert!(words(0).contains("3 summaries are not yet taken"), "{}", words(0));
        assert!(words(1).ends_with("1 supplier has not been sent one."), "{}", words(1));
        assert!(words(2).ends_with("2 suppliers have not been sent one."), "{}", words(2));
    }
}
