//! What can be asked of those who get public money.

use crate::law::subsidy::ProhibitionCode;
use crate::values::{LocalDate, Quantity};
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

/// Marker of a catalogue entry, for [`crate::values::Id`].
#[derive(Debug)]
pub struct Condition;

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
