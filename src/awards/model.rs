//! Awards in the words of the domain.

use crate::applications::Application;
use crate::audit::Recorded;
use crate::calls::Call;
use crate::db::schema::awards;
use crate::db::{Json, MultiBackend};
use crate::finance::schedule::Tranche;
use crate::finance::terms::package::{self, Part};
use crate::finance::{Instrument, InstrumentTerms};
use crate::missions::Mission;
use crate::people::policy::Thing;
use crate::subsidies::Applicant;
use crate::values::money::MoneyError;
use crate::values::{Account, Id, Instant, LocalDate, Pence, Subject, actor};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

crate::text_enum! {
    /// Whether it leads to a contract or to an investment.
    pub enum AwardKind { Contract = "contract" => "Contract", Investment = "investment" => "Investment" }
}
crate::text_column!(AwardKind);

crate::text_enum! {
    /// How far an award has come. Contracts go recommended → approved → noticed → signed;
    /// investments recommended → approved → offered → accepted → signed. An offer that nobody answers lapses, and so does the
    /// award of a contract whose bid falls away before it is signed, and a package that is taken back unfinished.
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

impl Recorded for Award {
    fn authority(&self) -> Id<actor::Organisation> {
        self.authority_id
    }
    fn subject(&self) -> Subject {
        Subject::new("award", self.id)
    }
}

/// Terms of a contract or an offer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AwardTerms {
    /// First day.
    pub starts_on: LocalDate,
    /// Last day.
    pub ends_on: LocalDate,
    /// What is offered, for an investment; of a package the first part.
    pub offer: Option<InvestmentOffer>,
    /// The other parts of a package, in their order. Awards from before there were packages name none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<InvestmentOffer>,
    /// Whether who recommends it said that other parts follow: until they are there the committee is not asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more_follow: bool,
}

/// Most parts of one package: more than one person can still read as one offer.
pub const MOST_PARTS: usize = 6;

impl Award {
    /// The award as the policy judges it. It names who won, so that nobody acts as staff about their own enterprise.
    #[must_use]
    pub fn thing(&self) -> Thing {
        Thing::of_applicant(self.authority_id, self.organisation_id)
    }

    /// Whose subsidy route this decision is about.
    pub(super) fn applicant(&self) -> Applicant {
        Applicant {
            authority: self.authority_id,
            organisation: self.organisation_id,
            application: self.application_id.to_string(),
        }
    }
}

impl AwardTerms {
    /// Terms of a contract, which offers no money.
    #[must_use]
    pub fn of_contract(starts_on: LocalDate, ends_on: LocalDate) -> AwardTerms {
        AwardTerms { starts_on, ends_on, offer: None, further: Vec::new(), more_follow: false }
    }

    /// Terms of an investment by one instrument.
    #[must_use]
    pub fn of_offer(starts_on: LocalDate, ends_on: LocalDate, offer: InvestmentOffer) -> AwardTerms {
        AwardTerms { starts_on, ends_on, offer: Some(offer), further: Vec::new(), more_follow: false }
    }

    /// Every part in its order: none for a contract, one where a single instrument is offered.
    pub fn parts(&self) -> impl Iterator<Item = &InvestmentOffer> {
        self.offer.iter().chain(&self.further)
    }

    /// How many parts there are.
    #[must_use]
    pub fn number_of_parts(&self) -> usize {
        self.parts().count()
    }

    /// A mark that changes with any of these terms, in hexadecimal: a page carries it, so that what somebody votes on is
    /// what they read.
    #[must_use]
    pub fn mark(&self) -> String {
        hex::encode(Sha256::digest(format!("{self:?}").as_bytes()))
    }

    /// Whether several instruments are offered as one.
    #[must_use]
    pub fn is_package(&self) -> bool {
        self.number_of_parts() > 1
    }

    /// All parts added up: what is paid out in all and what guarantees put at stake.
    ///
    /// # Errors
    /// When the sum does not fit.
    pub fn amount(&self) -> Result<Pence, MoneyError> {
        Pence::total(self.parts().map(InvestmentOffer::amount))
    }

    /// Number, instrument and amount of each part, as lists of parts show them.
    #[must_use]
    pub fn listed(&self) -> Vec<PartLine> {
        (1_i64..)
            .zip(self.parts())
            .map(|(number, part)| PartLine {
                number,
                title: package::title(number, &part.terms),
                instrument: part.instrument(),
                amount: part.amount(),
            })
            .collect()
    }

    /// Every part as `finance` reads it.
    #[must_use]
    pub fn layers(&self) -> Vec<Part<'_>> {
        self.parts().map(|part| Part { terms: &part.terms, draws: &part.draws }).collect()
    }
}

/// One part of a package in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartLine {
    /// From 1.
    pub number: i64,
    /// "2. Repayable loan".
    pub title: String,
    /// Which instrument it is.
    pub instrument: Instrument,
    /// What is paid out in all, or for a guarantee what is at stake.
    pub amount: Pence,
}

/// What is offered as an investment by one instrument.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(pounds: i64) -> InvestmentOffer {
        let on = crate::values::time::parse_date("2027-02-01").unwrap();
        InvestmentOffer {
            terms: InstrumentTerms::Grant,
            draws: vec![Tranche { on, amount: Pence(pounds * 100) }],
            precedents: Vec::new(),
        }
    }

    #[test]
    fn terms_of_a_single_offer_from_before_there_were_packages_read_as_one_part() {
        let old = r#"{"starts_on":"2027-02-01","ends_on":"2029-02-01","offer":{"terms":{"instrument":"grant"},
            "draws":[{"on":"2027-02-01","amount":"30000.00"}],"precedents":["Lease signed"]}}"#;
        let terms: AwardTerms = serde_json::from_str(old).unwrap();
        assert_eq!((terms.number_of_parts(), terms.amount().unwrap()), (1, Pence(3_000_000)));
        assert!(!terms.is_package());
        let again = serde_json::to_string(&terms).unwrap();
        assert!(!again.contains("further"), "a single offer is stored as it always was: {again}");
        let contract: AwardTerms =
            serde_json::from_str(r#"{"starts_on":"2027-02-01","ends_on":"2029-02-01","offer":null}"#).unwrap();
        assert_eq!(contract.number_of_parts(), 0);
    }

    #[test]
    fn the_parts_of_a_package_are_numbered_in_their_order_and_add_up() {
        let day = crate::values::time::parse_date("2027-02-01").unwrap();
        let mut terms = AwardTerms::of_offer(day, day, grant(30_000));
        terms.further.push(grant(70_000));
        let titles: Vec<_> = terms.listed().into_iter().map(|l| (l.title, l.amount.0 / 100)).collect();
        assert_eq!(titles, [("1. Grant".to_owned(), 30_000), ("2. Grant".to_owned(), 70_000)]);
        assert_eq!(terms.amount().unwrap(), Pence(10_000_000));
        let read: AwardTerms = serde_json::from_str(&serde_json::to_string(&terms).unwrap()).unwrap();
        assert_eq!(read, terms);
        assert_eq!(read.mark(), terms.mark());
        terms.further = vec![grant(60_000)];
        assert_ne!(read.mark(), terms.mark(), "as many parts, and not the same");
    }
}
