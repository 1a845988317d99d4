//! Awards in the words of the domain.

use crate::applications::Application;
use crate::calls::Call;
use crate::db::schema::awards;
use crate::db::{Json, MultiBackend};
use crate::finance::schedule::Tranche;
use crate::finance::{Instrument, InstrumentTerms};
use crate::missions::Mission;
use crate::values::{Account, Id, Instant, LocalDate, Pence, actor};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// Whether it leads to a contract or to an investment.
    pub enum AwardKind { Contract = "contract" => "Contract", Investment = "investment" => "Investment" }
}
crate::text_column!(AwardKind);

crate::text_enum! {
    /// How far an award has come. Contracts go recommended → approved → noticed → signed;
    /// investments recommended → approved → offered → accepted → signed.
    pub enum AwardState {
        Recommended = "recommended" => "Recommended",
        Approved = "approved" => "Approved",
        DeclinedByCommittee = "declined_by_committee" => "Not approved",
        Noticed = "noticed" => "In standstill",
        Offered = "offered" => "Offered",
        Accepted = "accepted" => "Accepted",
        Declined = "declined" => "Declined by the applicant",
        Lapsed = "lapsed" => "Lapsed",
        Signed = "signed" => "Signed",
    }
}
crate::text_column!(AwardState);

/// The decision to buy from, or invest in, one applicant.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = awards, check_for_backend(MultiBackend))]
pub struct Award {
    /// Identifier.
    pub id: Id<Award>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// The application that won.
    pub application_id: Id<Application>,
    /// The organisation that won.
    pub organisation_id: Id<actor::Organisation>,
    /// The mission it serves.
    pub mission_id: Id<Mission>,
    /// Contract or investment.
    pub kind: AwardKind,
    /// How far it has come.
    pub state: AwardState,
    /// Contract value including VAT, or amount invested.
    pub value: Pence,
    /// Why, for the record and the notice.
    pub reasons: String,
    /// Terms of the contract or of the offer.
    pub terms: Json<AwardTerms>,
    /// Who recommended.
    pub recommended_by: Id<Account>,
    /// When.
    pub recommended_at: Instant,
    /// Who approved or declined, never the same person.
    pub approved_by: Option<Id<Account>>,
    /// When.
    pub approved_at: Option<Instant>,
    /// Number of the award notice on the national platform.
    pub notice_number: Option<String>,
    /// When it was published there.
    pub notice_published_at: Option<Instant>,
    /// Last day of the standstill.
    pub standstill_last_day: Option<LocalDate>,
    /// First day on which the contract may be signed.
    pub earliest_signing: Option<LocalDate>,
    /// Last instant to answer an offer.
    pub offer_answer_by: Option<Instant>,
    /// When the applicant answered.
    pub answered_at: Option<Instant>,
    /// Who answered.
    pub answered_by: Option<Id<Account>>,
    /// When the agreement was made.
    pub signed_at: Option<Instant>,
}

/// Terms of a contract or an offer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AwardTerms {
    /// First day.
    pub starts_on: LocalDate,
    /// Last day.
    pub ends_on: LocalDate,
    /// What is offered, for an investment.
    pub offer: Option<InvestmentOffer>,
}

/// What is offered as an investment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvestmentOffer {
    /// The terms of the instrument.
    pub terms: InstrumentTerms,
    /// What is paid out and when it is planned, one for each tranche. A guarantee has none.
    pub draws: Vec<Tranche>,
    /// What must be so before money flows, one line each; one tranche each where there are several.
    pub precedents: Vec<String>,
}

impl InvestmentOffer {
    /// Which instrument it is.
    #[must_use]
    pub fn instrument(&self) -> Instrument {
        self.terms.instrument()
    }

    /// What is paid out in all, or for a guarantee what is at stake.
    #[must_use]
    pub fn amount(&self) -> Pence {
        self.terms.at_stake(&self.draws)
    }
}
