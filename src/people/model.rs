//! Accounts, organisations, members, tokens.

use crate::db::schema::{accounts, invitations, members, organisations, registrations, tokens};
use crate::db::{Json, MultiBackend};
use crate::values::{Account, Id, Instant, Role, actor};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

/// A person's account. It belongs to no authority: one person may act for several organisations.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = accounts, check_for_backend(MultiBackend))]
pub struct AccountRow {
    /// Identifier.
    pub id: Id<Account>,
    /// Address, in lower case; the name one signs in with.
    pub email: String,
    /// Name for colleagues.
    pub name: String,
    /// Argon2id in PHC form.
    pub password_hash: String,
    /// When it was made.
    pub created_at: Instant,
    /// When it was switched off.
    pub disabled_at: Option<Instant>,
    /// Machine time until which sign-in is refused.
    pub locked_until: Option<Instant>,
    /// Wrong passwords since the last right one.
    pub failures: i64,
}

crate::text_enum! {
    /// What an organisation is.
    pub enum OrganisationKind {
        Authority = "authority" => "Authority",
        Department = "department" => "Department of an authority",
        Company = "company" => "Company",
        SocialEnterprise = "social_enterprise" => "Social enterprise",
        Charity = "charity" => "Charity",
        Cooperative = "cooperative" => "Co-operative",
        CommunityInterestCompany = "community_interest_company" => "Community interest company",
    }
}
crate::text_column!(OrganisationKind);

impl OrganisationKind {
    /// Whether it can apply for tenders and investments.
    #[must_use]
    pub fn is_applicant(self) -> bool {
        !matches!(self, OrganisationKind::Authority | OrganisationKind::Department)
    }
}

/// Facts of an organisation that its applications reuse.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// Identifier in a register, such as `GB-COH-01234567`.
    pub register_id: String,
    /// Street address.
    pub address: String,
    /// Public contact address.
    pub contact_email: String,
    /// What it does, in a sentence.
    pub purpose: String,
    /// People employed.
    pub staff: Option<u32>,
    /// The group under common control that subsidies are counted for; its own name when alone.
    pub group: String,
}

/// An authority, department or applicant organisation.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = organisations, check_for_backend(MultiBackend))]
pub struct Organisation {
    /// Identifier.
    pub id: Id<actor::Organisation>,
    /// What it is.
    pub kind: OrganisationKind,
    /// Name.
    pub name: String,
    /// The authority above a department or authority.
    pub parent_id: Option<Id<actor::Organisation>>,
    /// Facts that applications reuse.
    pub profile: Json<Profile>,
    /// When it was registered.
    pub created_at: Instant,
    /// Who registered it.
    pub created_by: Option<Id<Account>>,
}

impl Organisation {
    /// The authority whose record tells what happens here; none for an applicant organisation. A department belongs to
    /// the authority above it; an authority below another keeps its own record.
    #[must_use]
    pub fn authority(&self) -> Option<Id<actor::Organisation>> {
        match self.kind {
            OrganisationKind::Authority => Some(self.id),
            OrganisationKind::Department => self.parent_id,
            _ => None,
        }
    }
}

/// An account that waits until its address is proven.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = registrations, check_for_backend(MultiBackend))]
pub struct Registration {
    /// SHA-256 of the mailed secret, hexadecimal.
    pub hash: String,
    /// Name for colleagues.
    pub name: String,
    /// The address to be proven, in lower case.
    pub email: String,
    /// Argon2id in PHC form.
    pub password_hash: String,
    /// Machine time when the link stops working.
    pub expires_at: Instant,
}

impl std::fmt::Debug for Registration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registration").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// A role offered to an address.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = invitations, check_for_backend(MultiBackend))]
pub struct Invitation {
    /// Identifier.
    pub id: Id<Invitation>,
    /// The organisation.
    pub organisation_id: Id<actor::Organisation>,
    /// The address, in lower case.
    pub email: String,
    /// The role.
    pub role: Role,
    /// Who offers it.
    pub invited_by: Id<Account>,
    /// Since when.
    pub created_at: Instant,
    /// Until when it can be accepted.
    pub expires_at: Instant,
    /// When it was accepted, declined or taken back; open when empty.
    pub ended_at: Option<Instant>,
    /// Who accepted it.
    pub accepted_by: Option<Id<Account>>,
}

/// One role of one person in one organisation.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = members, check_for_backend(MultiBackend))]
pub struct Member {
    /// Identifier.
    pub id: Id<Member>,
    /// The person.
    pub account_id: Id<Account>,
    /// The organisation.
    pub organisation_id: Id<actor::Organisation>,
    /// The role.
    pub role: Role,
    /// Since when.
    pub created_at: Instant,
    /// Until when; still held when empty.
    pub ended_at: Option<Instant>,
}

/// A bearer token of the API, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = tokens, check_for_backend(MultiBackend))]
pub struct TokenRow {
    /// Identifier.
    pub id: Id<TokenRow>,
    /// Whose it is.
    pub account_id: Id<Account>,
    /// What its owner calls it.
    pub name: String,
    /// SHA-256 of the secret, hexadecimal.
    pub hash: String,
    /// `read` or `write`.
    pub scope: String,
    /// When it was made.
    pub created_at: Instant,
    /// When it stops working.
    pub expires_at: Instant,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
    /// The capacity in which its owner acted when they made it, and in which it acts; none for an owner who belonged to
    /// nobody, and for a token from before this was kept.
    pub acting_for: Option<String>,
}
