//! Subsidy routes in the words of the domain.

use crate::db::schema::{subsidy_assistance, subsidy_routes};
use crate::db::{Json, MultiBackend};
use crate::finance::subsidy_equivalent::SourcedRate;
use crate::law::subsidy::AssistanceKind;
use crate::people::policy::Thing;
use crate::values::{Account, Id, Instant, LocalDate, Pence, actor};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

crate::text_column!(AssistanceKind);

crate::text_enum! {
    /// Why an investment is lawful.
    pub enum RouteKind {
        MarketTerms = "market_terms" => "Market terms",
        Mfa = "mfa" => "Minimal financial assistance",
        Scheme = "scheme" => "A subsidy scheme",
        Principles = "principles" => "Assessment against the principles",
    }
}
crate::text_column!(RouteKind);

impl RouteKind {
    /// Whether something is given by it that others in the market would not have.
    #[must_use]
    pub fn holds_subsidy(self) -> bool {
        self != RouteKind::MarketTerms
    }
}

crate::text_enum! {
    /// How far a route has come.
    pub enum RouteState {
        Open = "open" => "Not complete",
        Recorded = "recorded" => "Recorded",
        Given = "given" => "Given",
        Withdrawn = "withdrawn" => "Withdrawn",
    }
}
crate::text_column!(RouteState);

crate::text_enum! {
    /// Whose assistance a row of the running total is.
    pub enum Source { Own = "own" => "This council", Declared = "declared" => "Declared by the enterprise" }
}
crate::text_column!(Source);

crate::text_enum! {
    /// The seven principles of Schedule 1 to the Subsidy Control Act 2022.
    pub enum Principle {
        A = "a" => "A. It serves a common interest: it mends a market failure or an unfairness",
        B = "b" => "B. It is in proportion and limited to what is needed",
        C = "c" => "C. It changes what the enterprise does",
        D = "d" => "D. It does not pay for what would be paid for anyway",
        E = "e" => "E. No other means would distort competition less",
        F = "f" => "F. Its effects on competition and investment in the UK are kept small",
        G = "g" => "G. Its benefits outweigh its harms",
    }
}

/// The route of one application.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = subsidy_routes, check_for_backend(MultiBackend))]
pub struct Route {
    /// Identifier.
    pub id: Id<Route>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The application, which a room below owns.
    pub application_id: String,
    /// The enterprise.
    pub organisation_id: Id<actor::Organisation>,
    /// Its group under common control, folded so that spelling does not part it.
    pub group_key: String,
    /// The group's name as written.
    pub group_name: String,
    /// Which route.
    pub kind: RouteKind,
    /// How far it has come.
    pub state: RouteState,
    /// Gross cash amount or equivalent of the subsidy; nothing on market terms.
    pub amount: Pence,
    /// What is recorded, by kind.
    pub body: Json<RouteBody>,
    /// When it was begun.
    pub started_at: Instant,
    /// Who began it.
    pub started_by: Id<Account>,
    /// When it was complete.
    pub recorded_at: Option<Instant>,
    /// Who made it complete; empty when the enterprise's confirmation did.
    pub recorded_by: Option<Id<Account>>,
    /// Why somebody withdrew it; empty when it ended with what it was recorded for.
    pub withdrawn_why: Option<String>,
}

impl Route {
    /// The route as the policy judges it. It names the enterprise, so that nobody decides as staff about their own.
    #[must_use]
    pub fn thing(&self) -> Thing {
        Thing::of_applicant(self.authority_id, self.organisation_id)
    }

    /// Why somebody withdrew it, or nothing.
    #[must_use]
    pub fn why_withdrawn(&self) -> &str {
        self.withdrawn_why.as_deref().unwrap_or_default()
    }

    /// The day on which minimal financial assistance was given and confirmed to the enterprise.
    #[must_use]
    pub fn given_on(&self) -> Option<LocalDate> {
        match &self.body.0 {
            RouteBody::Mfa { given_on, .. } => *given_on,
            _ => None,
        }
    }
}

/// What is recorded, by kind of route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "route", rename_all = "snake_case")]
pub enum RouteBody {
    /// The terms are what a commercial investor would offer.
    MarketTerms {
        /// Comparable deals, quotes, private co-investors, expert views.
        evidence: String,
    },
    /// Minimal financial assistance.
    Mfa {
        /// How the amount was found, in words.
        basis: String,
        /// Market rate of a loan, when the amount is its gross cash equivalent.
        market: Option<SourcedRate>,
        /// Discount rate, likewise.
        discount: Option<SourcedRate>,
        /// When the enterprise was notified.
        notified_at: Instant,
        /// Its written confirmation.
        confirmation: Option<Confirmation>,
        /// The day it was given and confirmed.
        given_on: Option<LocalDate>,
    },
    /// Under a scheme that exists.
    Scheme {
        /// Its reference in the subsidy database.
        reference: String,
        /// How the award meets the scheme's terms.
        fit: String,
    },
    /// Assessed by itself.
    Principles {
        /// An answer for each of the seven.
        answers: BTreeMap<String, String>,
        /// Who signed, never who wrote.
        signed_by: Option<Id<Account>>,
        /// When.
        signed_at: Option<Instant>,
    },
}

/// What an enterprise confirms in writing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// When.
    pub at: Instant,
    /// The account that confirmed.
    pub by: Id<Account>,
    /// What the group had from other authorities in the window.
    pub declared: Vec<Declared>,
    /// Running total before this assistance.
    pub used: Pence,
    /// The cap it was held against.
    pub cap: Pence,
    /// First day that counted.
    pub window_from: LocalDate,
}

/// Assistance from another authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// Who gave it.
    pub authority: String,
    /// When.
    pub given_on: LocalDate,
    /// Gross cash amount or equivalent.
    pub amount: Pence,
    /// Under which heading.
    pub kind: AssistanceKind,
}

/// A row of a group's running total.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = subsidy_assistance, check_for_backend(MultiBackend))]
pub struct AssistanceRow {
    /// Identifier.
    pub id: Id<AssistanceRow>,
    /// The authority that keeps this total.
    pub authority_id: Id<actor::Organisation>,
    /// The route it belongs to.
    pub route_id: Id<Route>,
    /// The group.
    pub group_key: String,
    /// The enterprise that had it or declared it.
    pub organisation_id: Id<actor::Organisation>,
    /// Own or declared.
    pub source: Source,
    /// Who gave it.
    pub from_authority: String,
    /// Under which heading.
    pub kind: AssistanceKind,
    /// Gross cash amount or equivalent.
    pub amount: Pence,
    /// When.
    pub given_on: LocalDate,
}
