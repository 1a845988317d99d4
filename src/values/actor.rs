//! Who acts, and on what.

use super::Id;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Marker of a person's account, for [`Id`].
#[derive(Debug)]
pub enum Account {}
/// Marker of an organisation of any kind, for [`Id`].
#[derive(Debug)]
pub enum Organisation {}

/// What a person may be in an organisation. The first eight are for authorities, the last two for applicants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks after accounts, organisations and the sandbox.
    Administrator,
    /// Answers for missions, indicators and conditions.
    MissionLead,
    /// Runs tenders.
    ProcurementOfficer,
    /// Scores applications on panels.
    Evaluator,
    /// Runs the fund and investment rounds.
    FundManager,
    /// Approves awards and drawdowns.
    CommitteeMember,
    /// Verifies what organisations report on agreements.
    ContractManager,
    /// Reads everything of the authority, changes nothing.
    Auditor,
    /// Owns an applicant organisation: signs and submits.
    ApplicantOwner,
    /// Helps to write an applicant's answers.
    ApplicantEditor,
}

impl Role {
    /// All roles, in the order pages list them.
    pub const ALL: [Role; 10] = [
        Role::Administrator,
        Role::MissionLead,
        Role::ProcurementOfficer,
        Role::Evaluator,
        Role::FundManager,
        Role::CommitteeMember,
        Role::ContractManager,
        Role::Auditor,
        Role::ApplicantOwner,
        Role::ApplicantEditor,
    ];

    /// Whether the role belongs to an authority's staff.
    #[must_use]
    pub fn is_staff(self) -> bool {
        !matches!(self, Role::ApplicantOwner | Role::ApplicantEditor)
    }

    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Administrator => "administrator",
            Role::MissionLead => "mission_lead",
            Role::ProcurementOfficer => "procurement_officer",
            Role::Evaluator => "evaluator",
            Role::FundManager => "fund_manager",
            Role::CommitteeMember => "committee_member",
            Role::ContractManager => "contract_manager",
            Role::Auditor => "auditor",
            Role::ApplicantOwner => "applicant_owner",
            Role::ApplicantEditor => "applicant_editor",
        }
    }

    /// For people: "procurement officer".
    #[must_use]
    pub fn label(self) -> String {
        match self {
            // The organisation beside it says for whom.
            Role::ApplicantOwner => "owner".to_owned(),
            Role::ApplicantEditor => "editor".to_owned(),
            _ => self.as_str().replace('_', " "),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Role::ALL.into_iter().find(|r| r.as_str() == text).ok_or_else(|| format!("there is no role “{text}”"))
    }
}

/// One role of a person in one organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The authority or applicant organisation.
    pub organisation: Id<Organisation>,
    /// Its name, for the page shell.
    pub name: String,
    /// The role there.
    pub role: Role,
}

/// Who is acting: the public, a signed-in person with the roles they hold now, or the system's own worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody signed in.
    Public,
    /// A person.
    Person {
        /// The account.
        account: Id<Account>,
        /// The name shown to colleagues.
        name: String,
        /// Every current membership.
        memberships: Vec<Membership>,
    },
    /// A job of the worker, or a command line on the server.
    System,
}

impl Actor {
    /// The account, when a person acts.
    #[must_use]
    pub fn account(&self) -> Option<Id<Account>> {
        match self {
            Actor::Person { account, .. } => Some(*account),
            Actor::Public | Actor::System => None,
        }
    }

    /// The person's memberships, none for the public and the system.
    #[must_use]
    pub fn memberships(&self) -> &[Membership] {
        match self {
            Actor::Person { memberships, .. } => memberships,
            Actor::Public | Actor::System => &[],
        }
    }

    /// Whether the person holds the role in the organisation.
    #[must_use]
    pub fn has(&self, role: Role, organisation: Id<Organisation>) -> bool {
        self.memberships().iter().any(|m| m.role == role && m.organisation == organisation)
    }

    /// Whether the person holds the role anywhere.
    #[must_use]
    pub fn has_anywhere(&self, role: Role) -> bool {
        self.memberships().iter().any(|m| m.role == role)
    }

    /// Whether the person is staff of any authority.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        self.memberships().iter().any(|m| m.role.is_staff())
    }

    /// Whether the person is staff of this authority.
    #[must_use]
    pub fn is_staff_of(&self, authority: Id<Organisation>) -> bool {
        self.memberships().iter().any(|m| m.role.is_staff() && m.organisation == authority)
    }

    /// The authority a member of staff works for (the first, when several).
    #[must_use]
    pub fn authority(&self) -> Option<Id<Organisation>> {
        self.memberships().iter().find(|m| m.role.is_staff()).map(|m| m.organisation)
    }

    /// The authority where the person holds this role (the first, when several).
    #[must_use]
    pub fn authority_as(&self, role: Role) -> Option<Id<Organisation>> {
        self.memberships().iter().find(|m| m.role == role).map(|m| m.organisation)
    }

    /// The applicant organisations the person may act for.
    pub fn applicant_organisations(&self) -> impl Iterator<Item = &Membership> {
        self.memberships().iter().filter(|m| !m.role.is_staff())
    }
}

/// What an audit row, an event or a mail is about: a kind word and an identifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Singular kind, such as `call` or `application`.
    pub kind: String,
    /// Its identifier.
    pub id: String,
}

impl Subject {
    /// Names a thing.
    pub fn new<T>(kind: &str, id: Id<T>) -> Self {
        Subject { kind: kind.to_owned(), id: id.to_string() }
    }
}
