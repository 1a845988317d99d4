//! What can be asked of those who get public money.

use super::screen::Warning;
use crate::audit::Recorded;
use crate::db::schema::{condition_exceptions, condition_versions, conditions};
use crate::db::{Json, MultiBackend};
use crate::law::subsidy::ProhibitionCode;
use crate::missions::Mission;
use crate::values::{Account, Id, Instant, LocalDate, Quantity, Subject, actor};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// What behaviour of the firm a condition steers (Mazzucato and Rodrik's taxonomy).
    pub enum Behaviour {
        Access = "access" => "Access",
        Directionality = "directionality" => "Direction",
        ProfitSharing = "profit_sharing" => "Sharing of profits",
        Reinvestment = "reinvestment" => "Reinvestment",
    }
}
crate::text_column!(Behaviour);

impl Behaviour {
    /// What it means, for the page on which it is chosen.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Behaviour::Access => "Who gets what the money makes, and at which price",
            Behaviour::Directionality => "What the firm does differently: pay, jobs, food, energy",
            Behaviour::ProfitSharing => "How the public shares in success",
            Behaviour::Reinvestment => "What happens with the surplus",
        }
    }
}

crate::text_enum! {
    /// Whether a condition stands as it is or is worked out with the applicant.
    pub enum Fixedness { Fixed = "fixed" => "Fixed", Negotiable = "negotiable" => "Open to negotiation" }
}
crate::text_enum! {
    /// Which side of the target keeps the promise.
    pub enum Direction { AtLeast = "at_least" => "At least", AtMost = "at_most" => "At most", Equal = "equal" => "Exactly" }
}
crate::text_enum! {
    /// Who checks what is reported.
    pub enum Verifier {
        Council = "council" => "The council", ThirdParty = "third_party" => "A third party", Itself = "self" => "The organisation itself",
    }
}
crate::text_enum! {
    /// How often a figure is due.
    pub enum Cadence {
        Once = "once" => "Once, at the target date", Quarterly = "quarterly" => "Every quarter",
        HalfYearly = "half_yearly" => "Twice a year", Yearly = "yearly" => "Once a year",
    }
}

crate::text_enum! {
    /// When a promise is to be kept. A count, such as people in work, builds up to its date; a level, such as fair pay,
    /// holds from the first day of the agreement.
    #[derive(Default)]
    pub enum Pace {
        #[default]
        Builds = "builds" => "It builds up to its date",
        Holds = "holds" => "It holds from the first day",
    }
}

/// A catalogue entry: what its newest version is, and what lists show of it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = conditions, check_for_backend(MultiBackend))]
pub struct Condition {
    /// Identifier.
    pub id: Id<Condition>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The mission it was written for, when it was written for one.
    pub mission_id: Option<Id<Mission>>,
    /// Title of the newest version.
    pub title: String,
    /// Behaviour of the newest version.
    pub behaviour: Behaviour,
    /// Number of the newest version, from 1.
    pub version: i64,
    /// When it was begun.
    pub created_at: Instant,
    /// Who began it.
    pub created_by: Id<Account>,
}

impl Recorded for Condition {
    fn authority(&self) -> Id<actor::Organisation> {
        self.authority_id
    }
    fn subject(&self) -> Subject {
        Subject::new("condition", self.id)
    }
}

/// A version of a catalogue entry. Never changed.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = condition_versions, check_for_backend(MultiBackend))]
pub struct ConditionVersion {
    /// Identifier.
    pub id: Id<ConditionVersion>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The entry.
    pub condition_id: Id<Condition>,
    /// From 1.
    pub version: i64,
    /// What it says.
    pub body: Json<ConditionBody>,
    /// What its author answered: everything in subsidy law that keeping it depends on, none when nothing.
    pub depends_on: Json<Vec<ProhibitionCode>>,
    /// Words in it that look like something subsidy law prohibits and that the author did not answer for.
    pub warnings: Json<Vec<Warning>>,
    /// Why it was made.
    pub reason: String,
    /// When.
    pub made_at: Instant,
    /// Who.
    pub made_by: Id<Account>,
}

/// The grounds on which an exception of the Subsidy Control Act is used for one version.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = condition_exceptions, check_for_backend(MultiBackend))]
pub struct ConditionException {
    /// Identifier.
    pub id: Id<ConditionException>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The entry.
    pub condition_id: Id<Condition>,
    /// The version; a later one needs its own.
    pub version: i64,
    /// The grounds.
    pub grounds: String,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// Who recorded it: never the author of the version.
    pub recorded_by: Id<Account>,
}

/// What a version of a catalogue entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionBody {
    /// Short title: "Fair pay".
    pub title: String,
    /// What is asked, in a sentence.
    pub text: String,
    /// Which behaviour it steers.
    pub behaviour: Behaviour,
    /// Fixed or negotiable.
    pub fixedness: Fixedness,
    /// What is counted: "Residents in work for 6 months or more".
    pub measure: String,
    /// Unit of the measure: "people".
    pub unit: String,
    /// Which side of the target keeps the promise.
    pub direction: Direction,
    /// The usual target.
    pub target: Quantity,
    /// Kinds of evidence that are accepted.
    pub evidence: Vec<String>,
    /// Who checks.
    pub verifier: Verifier,
    /// How often a figure is due.
    pub cadence: Cadence,
    /// Whether it builds up to its date or holds from the first day. Versions written before this was asked build up.
    #[serde(default)]
    pub pace: Pace,
    /// Days after the due date before a figure counts as missed.
    pub grace_days: i64,
    /// Days to cure a miss before it becomes a breach.
    pub cure_days: i64,
    /// The remedy ladder, mildest first.
    pub remedies: Vec<String>,
    /// After this date the condition no longer binds.
    pub sunset: Option<LocalDate>,
    /// What subsidy law says of it, when it may not be asked of an investment.
    pub prohibition: Option<ProhibitionCode>,
}

impl ConditionBody {
    /// A target of it in words, such as "at least 12 people".
    #[must_use]
    pub fn target_words(&self, target: Quantity) -> String {
        let side = match self.direction {
            Direction::AtLeast => "at least",
            Direction::AtMost => "at most",
            Direction::Equal => "exactly",
        };
        format!("{side} {}", target.of(&self.unit))
    }
}
