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

impl Membership {
    /// In which capacity a person acts when they use this role.
    #[must_use]
    pub fn capacity(&self) -> Capacity {
        if self.role.is_staff() { Capacity::Authority(self.organisation) } else { Capacity::Applicant }
    }
}

/// For whom a person acts. Who belongs to several authorities, or to one and to an applicant organisation, acts for one
/// at a time: so each list has one owner, and nobody meets a bid from both sides on one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// For this authority, as its staff.
    Authority(Id<Organisation>),
    /// For the applicant organisations that the person belongs to.
    Applicant,
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Capacity::Authority(id) => fmt::Display::fmt(id, f),
            Capacity::Applicant => f.write_str("applicant"),
        }
    }
}

impl FromStr for Capacity {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "applicant" {
            return Ok(Capacity::Applicant);
        }
        text.parse().map(Capacity::Authority).map_err(|_| format!("there is no capacity “{text}”"))
    }
}

/// The first capacity that is chosen when a person chose none: their first authority, or else as an applicant.
fn first_capacity(memberships: &[Membership]) -> Option<Capacity> {
    memberships.iter().find(|m| m.role.is_staff()).or(memberships.first()).map(Membership::capacity)
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
        /// The current memberships that count now: those of the capacity in which the person acts.
        memberships: Vec<Membership>,
        /// Their other current memberships. They allow nothing, but a conflict of interest is one in any capacity.
        elsewhere: Vec<Membership>,
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

    /// The person's memberships in the capacity in which they act, none for the public and the system.
    #[must_use]
    pub fn memberships(&self) -> &[Membership] {
        match self {
            Actor::Person { memberships, .. } => memberships,
            Actor::Public | Actor::System => &[],
        }
    }

    /// The person's memberships in other capacities, which allow nothing now.
    #[must_use]
    pub fn elsewhere(&self) -> &[Membership] {
        match self {
            Actor::Person { elsewhere, .. } => elsewhere,
            Actor::Public | Actor::System => &[],
        }
    }

    /// Every membership of the person, in whatever capacity they act: for what they may *not* do because of whom they
    /// belong to. What they may do is asked of [`Actor::memberships`].
    pub fn everywhere(&self) -> impl Iterator<Item = &Membership> {
        self.memberships().iter().chain(self.elsewhere())
    }

    /// The capacity in which the person acts; none for who belongs to nobody.
    #[must_use]
    pub fn capacity(&self) -> Option<Capacity> {
        first_capacity(self.memberships())
    }

    /// The capacities in which the person may act, with the name of whom they act for: the one of now first.
    #[must_use]
    pub fn capacities(&self) -> Vec<(Capacity, String)> {
        let mut found: Vec<(Capacity, String)> = Vec::new();
        for capacity in self.everywhere().map(Membership::capacity) {
            if found.iter().any(|(known, _)| *known == capacity) {
                continue;
            }
            let mut of = self.everywhere().filter(|m| m.capacity() == capacity);
            let name = match of.next() {
                Some(first) if of.all(|m| m.organisation == first.organisation) => first.name.clone(),
                _ => "your organisations".to_owned(),
            };
            found.push((capacity, name));
        }
        found
    }

    /// The same person in one capacity: only its memberships count. Without a choice it is their first authority, or
    /// else their applicant organisations.
    #[must_use]
    pub fn acting_for(self, chosen: Option<Capacity>) -> Self {
        match self {
            Actor::Person { account, name, mut memberships, elsewhere } => {
                memberships.extend(elsewhere);
                let chosen = chosen.or_else(|| first_capacity(&memberships));
                let (memberships, elsewhere) = memberships.into_iter().partition(|m| Some(m.capacity()) == chosen);
                Actor::Person { account, name, memberships, elsewhere }
            }
            other => other,
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

    /// The authority a member of staff works for: one, as each visit is in one capacity (the first, when several).
    #[must_use]
    pub fn authority(&self) -> Option<Id<Organisation>> {
        self.memberships().iter().find(|m| m.role.is_staff()).map(|m| m.organisation)
    }

    /// The authority where the person holds this role: as for [`Actor::authority`].
    #[must_use]
    pub fn authority_as(&self, role: Role) -> Option<Id<Organisation>> {
        self.memberships().iter().find(|m| m.role == role).map(|m| m.organisation)
    }

    /// The applicant organisations the person may act for now.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn belonging(roles: &[(Role, Id<Organisation>)]) -> Actor {
        let memberships = roles
            .iter()
            .map(|(role, organisation)| Membership { organisation: *organisation, name: role.label(), role: *role })
            .collect();
        Actor::Person { account: Id::new(), name: "P".to_owned(), memberships, elsewhere: Vec::new() }
    }

    #[test]
    fn who_belongs_to_several_acts_for_one_at_a_time_and_is_known_by_all() {
        let (one, two, enterprise) = (Id::new(), Id::new(), Id::new());
        let whole = belonging(&[
            (Role::ApplicantOwner, enterprise),
            (Role::Evaluator, one),
            (Role::Auditor, one),
            (Role::FundManager, two),
        ]);
        let person = whole.acting_for(None);
        assert_eq!((person.authority(), person.capacity()), (Some(one), Some(Capacity::Authority(one))));
        assert!(person.has(Role::Auditor, one) && !person.has(Role::FundManager, two));
        assert_eq!(person.applicant_organisations().count(), 0);
        let person = person.acting_for(Some(Capacity::Authority(two)));
        assert_eq!(person.authority_as(Role::FundManager), Some(two));
        let person = person.acting_for(Some(Capacity::Applicant));
        assert_eq!((person.authority(), person.applicant_organisations().count()), (None, 1));
        assert_eq!((person.everywhere().count(), person.capacities().len()), (4, 3));
        // Who left an authority does not act for another in its place.
        let gone = person.acting_for(Some(Capacity::Authority(Id::new())));
        assert_eq!((gone.memberships().len(), gone.capacity(), gone.everywhere().count()), (0, None, 4));
    }

    #[test]
    fn a_capacity_is_kept_as_a_word_and_several_enterprises_are_one() {
        for capacity in [Capacity::Applicant, Capacity::Authority(Id::new())] {
            assert_eq!(capacity.to_string().parse(), Ok(capacity));
        }
        assert!("council".parse::<Capacity>().is_err());
        let person =
            belonging(&[(Role::ApplicantOwner, Id::new()), (Role::ApplicantEditor, Id::new())]).acting_for(None);
        assert_eq!(person.capacities(), vec![(Capacity::Applicant, "your organisations".to_owned())]);
        assert_eq!((person.applicant_organisations().count(), person.elsewhere().len()), (2, 0));
    }
}
