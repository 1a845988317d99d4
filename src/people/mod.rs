//! People and organisations: accounts, sign-in, roles, and the one policy that says who may do what.
//!
//! Invariants: an account exists only once its address is proven; a role is held only once its person has accepted it;
//! an answer to a sign-in never tells whether an account exists; a session or token that is
//! revoked stops working at once; a role ends, it is never deleted; nobody is denied or allowed anything
//! anywhere but in [`policy`].
//!
//! Public names: [`policy`], [`Organisation`], [`OrganisationKind`], [`Profile`], [`find_organisation`],
//! [`load_actor`], [`actions`], [`sessions`].

pub mod actions;
pub mod api;
pub mod audit_pages;
mod invitations_store;
pub mod limits;
mod model;
pub mod organisation_pages;
pub mod pages;
mod passwords;
pub mod policy;
mod rules;
pub mod sessions;
mod store;

pub use model::{AccountRow, Invitation, Member, Organisation, OrganisationKind, Profile, TokenRow};
pub use rules::{PeopleRefusal, email as read_email};
pub use store::{
    BearerToken, account_names, address_of_member, addresses_of_deciders, addresses_of_organisation,
    addresses_of_organisations, addresses_with_role, authorities, departments, find_organisation, find_organisations,
    load_actor, members_with_role,
};
