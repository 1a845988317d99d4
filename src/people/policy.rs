//! The one place that says who may do what. Deny by default.
//!
//! A rule names the roles that may act and the facts that must hold; a room fills [`Thing`] with the
//! facts of what it owns. Pages hide what [`can`] denies, actions ask it again, and the route list
//! names an [`Action`] for every route so that [`may_reach`] can refuse before a handler runs.

use crate::error::Error;
use crate::values::Role::{
    Administrator, ApplicantEditor, ApplicantOwner, Auditor, CommitteeMember, ContractManager, Evaluator, FundManager,
    MissionLead, ProcurementOfficer,
};
use crate::values::{Account, Actor, Capacity, Id, Role, actor};

/// The facts about a thing that the policy judges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thing {
    /// The authority it belongs to.
    pub authority: Option<Id<actor::Organisation>>,
    /// The applicant organisation it belongs to.
    pub organisation: Option<Id<actor::Organisation>>,
    /// Whether it is published.
    pub public: bool,
    /// Who made, proposed or recommended it.
    pub made_by: Option<Id<Account>>,
    /// Whether the actor is assigned to it (panel, staff of a call).
    pub assigned: bool,
    /// Whether the actor has an unresolved conflict of interest with it.
    pub conflicted: bool,
}

impl Thing {
    /// A thing of an authority.
    #[must_use]
    pub fn of_authority(authority: Id<actor::Organisation>) -> Self {
        Thing { authority: Some(authority), ..Thing::default() }
    }

    /// A thing of an applicant organisation towards an authority.
    #[must_use]
    pub fn of_applicant(authority: Id<actor::Organisation>, organisation: Id<actor::Organisation>) -> Self {
        Thing { authority: Some(authority), organisation: Some(organisation), ..Thing::default() }
    }

    /// The same thing, published or not.
    #[must_use]
    pub fn public(mut self, public: bool) -> Self {
        self.public = public;
        self
    }

    /// The same thing with its maker.
    #[must_use]
    pub fn made_by(mut self, maker: Option<Id<Account>>) -> Self {
        self.made_by = maker;
        self
    }

    /// The same thing, the actor assigned to it or not.
    #[must_use]
    pub fn assigned(mut self, assigned: bool) -> Self {
        self.assigned = assigned;
        self
    }

    /// The same thing, the actor conflicted or not.
    #[must_use]
    pub fn conflicted(mut self, conflicted: bool) -> Self {
        self.conflicted = conflicted;
        self
    }
}

struct Rule {
    /// Anybody may, when the thing is public.
    public: bool,
    /// Any signed-in person may.
    signed_in: bool,
    /// Staff of the thing's authority with one of these roles may.
    staff: &'static [Role],
    /// Members of the thing's applicant organisation with one of these roles may.
    applicant: &'static [Role],
    /// Reading: an auditor of the authority may too, and a public thing is open to all.
    read: bool,
    /// Not the person who made it.
    other_person: bool,
    /// Only somebody assigned to it and not conflicted.
    panel: bool,
}

const NOBODY: Rule = Rule {
    public: false,
    signed_in: false,
    staff: &[],
    applicant: &[],
    read: false,
    other_person: false,
    panel: false,
};

const fn staff(roles: &'static [Role]) -> Rule {
    Rule { staff: roles, ..NOBODY }
}
const fn staff_reads(roles: &'static [Role]) -> Rule {
    Rule { staff: roles, read: true, ..NOBODY }
}
const fn second_person(roles: &'static [Role]) -> Rule {
    Rule { staff: roles, other_person: true, ..NOBODY }
}
const fn applicants(roles: &'static [Role]) -> Rule {
    Rule { applicant: roles, ..NOBODY }
}

const OWN: &[Role] = &[ApplicantOwner, ApplicantEditor];
const BUYERS_AND_FUNDERS: &[Role] = &[ProcurementOfficer, FundManager];
const EVERY_STAFF: &[Role] = &[
    Administrator,
    MissionLead,
    ProcurementOfficer,
    Evaluator,
    FundManager,
    CommitteeMember,
    ContractManager,
    Auditor,
];

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident => $rule:expr),+ $(,)?) => {
        /// Everything a person can ask for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action { $($(#[$doc])* $name),+ }
        impl Action {
            /// Every action, for the table test.
            pub const ALL: &'static [Action] = &[$(Action::$name),+];
            fn rule(self) -> Rule { match self { $(Action::$name => $rule),+ } }
        }
    };
}

actions! {
    /// Read a public page or a published thing.
    ViewPublic => Rule { public: true, ..NOBODY },
    /// Use one's own account, tokens and sessions; register an organisation.
    UseAccount => Rule { signed_in: true, ..NOBODY },
    /// See an organisation one belongs to, or as staff an applicant.
    ViewOrganisation => Rule { staff: EVERY_STAFF, applicant: OWN, read: true, ..NOBODY },
    /// Change an applicant organisation's profile and members.
    ManageOrganisation => applicants(&[ApplicantOwner]),
    /// Give and end staff roles, add departments.
    ManagePeople => staff(&[Administrator]),
    /// See who holds which role in the authority.
    ReadPeople => staff_reads(&[Administrator]),
    /// Move the sandbox clock, read kept mails.
    ManageSandbox => staff(&[Administrator]),
    /// See mails that no server took and other work that failed, and have it tried again.
    ManageWork => staff(&[Administrator]),
    /// Read the audit record.
    ReadAudit => staff_reads(&[Administrator]),
    /// Read what staff of the authority share: drafts, desks, search.
    ReadDesk => staff_reads(EVERY_STAFF),

    /// Write missions, outcomes, indicators, partners.
    EditMission => staff(&[MissionLead]),
    /// Publish or withdraw a mission.
    PublishMission => staff(&[MissionLead]),
    /// Record a dated reading of an indicator.
    RecordReading => staff(&[MissionLead, ContractManager]),
    /// Read missions, drafts too.
    ReadMission => Rule { public: true, staff: EVERY_STAFF, read: true, ..NOBODY },

    /// Write the catalogue of conditions.
    EditCondition => staff(&[MissionLead, ProcurementOfficer, FundManager]),
    /// Record the exception that subsidy law allows for a condition.
    RecordException => staff(&[FundManager]),
    /// Read the catalogue.
    ReadConditions => Rule { public: true, staff: EVERY_STAFF, read: true, ..NOBODY },

    /// Write a tender.
    EditTender => staff(&[ProcurementOfficer]),
    /// Write an investment round.
    EditRound => staff(&[FundManager]),
    /// Publish a call, record notices, amend.
    PublishCall => staff(BUYERS_AND_FUNDERS),
    /// Read a call; a draft only as staff.
    ReadCall => Rule { public: true, staff: EVERY_STAFF, read: true, ..NOBODY },
    /// Ask a question about a call.
    AskQuestion => Rule { signed_in: true, ..NOBODY },
    /// Answer questions.
    AnswerQuestion => staff(BUYERS_AND_FUNDERS),

    /// Start and write an application.
    WriteApplication => applicants(OWN),
    /// Declare, submit, replace, withdraw.
    SubmitApplication => applicants(&[ApplicantOwner]),
    /// Read one's own application.
    ReadOwnApplication => applicants(OWN),
    /// See that applications are there and read them once opened.
    ReadApplications => staff_reads(&[ProcurementOfficer, FundManager, Evaluator, CommitteeMember]),
    /// Read a whole application once it is opened. Evaluators read on their sheets, after declaring conflicts.
    ReadOpened => staff_reads(&[ProcurementOfficer, FundManager, CommitteeMember]),
    /// Be one of the two officers who open sealed applications.
    OpenEnvelopes => staff(BUYERS_AND_FUNDERS),

    /// Choose the panel.
    ManagePanel => staff(BUYERS_AND_FUNDERS),
    /// Declare conflicts of interest before sight.
    DeclareConflicts => staff(&[Evaluator]),
    /// Resolve a declared conflict after enquiry.
    ResolveConflict => second_person(BUYERS_AND_FUNDERS),
    /// Score an application one is assigned to.
    Score => Rule { staff: &[Evaluator], panel: true, ..NOBODY },
    /// Moderate and rank.
    Moderate => staff(BUYERS_AND_FUNDERS),
    /// Propose who goes on from the first stage of a tender by its published rule.
    ProposeShortlist => staff(BUYERS_AND_FUNDERS),
    /// Confirm or send back a shortlist that somebody else proposed.
    ConfirmShortlist => second_person(BUYERS_AND_FUNDERS),
    /// Read scores and ranking.
    ReadScores => staff_reads(&[ProcurementOfficer, FundManager, CommitteeMember]),
    /// See how firmly the winner stands: officers and auditors, so that nobody who approves is led by it.
    ReadSensitivity => staff_reads(BUYERS_AND_FUNDERS),

    /// Recommend an award or an offer, with reasons.
    RecommendAward => staff(BUYERS_AND_FUNDERS),
    /// Approve what somebody else recommended.
    ApproveAward => second_person(&[CommitteeMember]),
    /// Send summaries, record the award notice, sign.
    RunAward => staff(BUYERS_AND_FUNDERS),
    /// Record a subsidy route.
    RecordSubsidy => staff(&[FundManager]),
    /// Sign a principles assessment that somebody else wrote.
    SignAssessment => second_person(&[CommitteeMember]),
    /// Read awards before they are public.
    ReadAwards => staff_reads(&[ProcurementOfficer, FundManager, CommitteeMember, ContractManager]),
    /// Read one's own outcome and summary.
    ReadOutcome => applicants(OWN),
    /// Accept or decline an offer.
    AnswerOffer => applicants(&[ApplicantOwner]),

    /// Read agreements and obligations.
    ReadAgreements => Rule { staff: EVERY_STAFF, applicant: OWN, read: true, ..NOBODY },
    /// Change, complete or end an agreement; the action asks again which of these it is.
    ChangeAgreement => staff(&[ProcurementOfficer, FundManager, ContractManager]),
    /// Report a figure with evidence.
    ReportFigure => applicants(OWN),
    /// Accept, query or reject a reported figure.
    VerifyFigure => staff(&[ContractManager]),
    /// Record how a beneficiary or evidence is apportioned.
    Apportion => staff(&[ContractManager]),
    /// Take a step of the remedy ladder, waive, end.
    TakeRemedy => second_person(&[ContractManager, FundManager]),

    /// Set up funds and commitments, record receipts, propose drawdowns and valuations.
    ManageFund => staff(&[FundManager]),
    /// Approve a drawdown or valuation that somebody else proposed.
    ApproveDrawdown => second_person(&[CommitteeMember]),
    /// Verify a condition precedent.
    VerifyPrecedent => staff(&[ContractManager]),
    /// Read funds, holdings and returns.
    ReadFund => staff_reads(&[FundManager, CommitteeMember, ContractManager]),
    /// Read one's own investment, schedule and payments.
    ReadOwnInvestment => applicants(OWN),
}

/// Whether this actor may do this to this thing. Everything not allowed is denied.
#[must_use]
pub fn can(actor: &Actor, action: Action, thing: &Thing) -> bool {
    let rule = action.rule();
    if rule.public && thing.public {
        return true;
    }
    let account = match actor {
        // The worker acts for decisions that were already allowed when they were made.
        Actor::System => return true,
        Actor::Public => return false,
        Actor::Person { account, .. } => *account,
    };
    if rule.signed_in {
        return true;
    }
    if rule.other_person && thing.made_by == Some(account) {
        return false;
    }
    if rule.panel && (!thing.assigned || thing.conflicted) {
        return false;
    }
    let holds = |roles: &[Role], organisation: Option<Id<actor::Organisation>>| {
        organisation.is_some_and(|o| actor.memberships().iter().any(|m| m.organisation == o && roles.contains(&m.role)))
    };
    // In whatever capacity they act, nobody decides as staff about an enterprise of their own.
    let own = thing.organisation.is_some_and(|o| actor.everywhere().any(|m| m.organisation == o && !m.role.is_staff()));
    (holds(rule.staff, thing.authority) && (rule.read || !own))
        || (rule.read && holds(&[Auditor], thing.authority))
        || holds(rule.applicant, thing.organisation)
}

/// As [`can`], as a result.
///
/// # Errors
/// Denied; NotFound for a stranger, who may not even know of an unpublished thing: nobody of the authority and nobody
/// of the applicant, in whatever capacity they act.
pub fn require(actor: &Actor, action: Action, thing: &Thing) -> Result<(), Error> {
    if can(actor, action, thing) {
        return Ok(());
    }
    let theirs = thing.organisation.is_some_and(|id| actor.everywhere().any(|m| m.organisation == id))
        || thing.authority.is_some_and(|id| actor.everywhere().any(|m| m.capacity() == Capacity::Authority(id)));
    let owned = thing.authority.is_some() || thing.organisation.is_some();
    if thing.public || theirs || !owned { Err(Error::Denied) } else { Err(Error::NotFound) }
}

/// Whether any thing at all could be open to this actor: asked for each route before its handler runs.
#[must_use]
pub fn may_reach(actor: &Actor, action: Action) -> bool {
    let rule = action.rule();
    if rule.public {
        return true;
    }
    match actor {
        Actor::System => true,
        Actor::Public => false,
        Actor::Person { .. } => {
            rule.signed_in
                || actor.memberships().iter().any(|m| {
                    rule.staff.contains(&m.role) || rule.applicant.contains(&m.role) || (rule.read && m.role == Auditor)
                })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::Membership;

    fn person(role: Role, organisation: Id<actor::Organisation>) -> Actor {
        let membership = Membership { organisation, name: "x".to_owned(), role };
        Actor::Person { account: Id::new(), name: "P".to_owned(), memberships: vec![membership], elsewhere: Vec::new() }
    }

    #[test]
    fn nobody_approves_what_they_made() {
        let council = Id::new();
        let member = person(CommitteeMember, council);
        let thing = Thing::of_authority(council);
        assert!(can(&member, Action::ApproveAward, &thing));
        assert!(!can(&member, Action::ApproveAward, &thing.made_by(member.account())));
    }

    #[test]
    fn a_role_in_one_authority_is_nothing_in_another() {
        let officer = person(ProcurementOfficer, Id::new());
        assert!(!can(&officer, Action::EditTender, &Thing::of_authority(Id::new())));
        assert!(!can(&officer, Action::ReadCall, &Thing::of_authority(Id::new())));
        assert!(can(&officer, Action::ReadCall, &Thing::of_authority(Id::new()).public(true)));
    }

    #[test]
    fn a_stranger_is_not_even_told_that_a_thing_is_there() {
        let (council, enterprise) = (Id::new(), Id::new());
        let thing = Thing::of_applicant(council, enterprise);
        let answer = |actor: &Actor, thing: &Thing| require(actor, Action::ReportFigure, thing);
        assert!(answer(&person(ApplicantOwner, enterprise), &thing).is_ok());
        assert!(matches!(answer(&person(ApplicantOwner, Id::new()), &thing), Err(Error::NotFound)));
        assert!(matches!(answer(&person(ContractManager, Id::new()), &thing), Err(Error::NotFound)));
        assert!(matches!(answer(&person(Evaluator, council), &thing), Err(Error::Denied)));
        assert!(matches!(answer(&person(ApplicantOwner, Id::new()), &thing.public(true)), Err(Error::Denied)));
    }

    #[test]
    fn an_auditor_reads_everything_of_the_authority_and_changes_nothing() {
        let council = Id::new();
        let auditor = person(Auditor, council);
        let thing = Thing::of_authority(council).assigned(true);
        for action in Action::ALL.iter().copied() {
            let rule = action.rule();
            if rule.signed_in || rule.public && !rule.read {
                continue;
            }
            assert_eq!(can(&auditor, action, &thing), rule.read, "{action:?}");
        }
    }

    #[test]
    fn a_conflicted_or_unassigned_evaluator_does_not_score() {
        let council = Id::new();
        let evaluator = person(Evaluator, council);
        let thing = Thing::of_authority(council);
        assert!(!can(&evaluator, Action::Score, &thing));
        assert!(can(&evaluator, Action::Score, &thing.clone().assigned(true)));
        assert!(!can(&evaluator, Action::Score, &thing.assigned(true).conflicted(true)));
    }

    #[test]
    fn the_public_reaches_only_public_actions() {
        for action in Action::ALL.iter().copied() {
            assert_eq!(may_reach(&Actor::Public, action), action.rule().public, "{action:?}");
        }
    }
}
