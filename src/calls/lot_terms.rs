//! What the terms of a lot say of the whole tender, and what the whole asks of each lot.
//!
//! A tender in lots is several calls: each lot has its own title, value, criteria, bids, panel, ranking and award. What
//! they share stands in the terms of every one of them, so that each lot's frozen terms are whole in themselves: the
//! lots in their published order, the limits, the way of choosing among lots, and the value of all together, which
//! decides the threshold (Procurement Act 2023 Schedule 3). Nothing here is looked up when a page or a bid needs it.

use super::model::{Call, TenderTerms, Terms, Timetable};
use super::rules::{Missing, Section};
use crate::evaluation::lots::MOST_LOTS_SUMMED;
use crate::evaluation::{Lot, LotChoice, LotsModel, TieRule};
use crate::values::{Id, Pence, RefusalInfo};
use serde::{Deserialize, Serialize};

/// Where the law speaks of dividing into lots, and asks for reasons where a tender is not divided.
pub const DIVIDING: &str = "Procurement Act 2023 s.18";
/// Where the law lets lots be limited, by objective means.
pub const LIMITING: &str = "Procurement Act 2023 s.20";
/// Most lots of one tender: of all ways to choose, the sum of points tries every lot against all others.
pub const MOST_LOTS: usize = MOST_LOTS_SUMMED;

/// A tender in lots, as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InLots {}

/// What a lot's terms say of the tender it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotTerms {
    /// The same in every lot.
    pub group: Id<InLots>,
    /// Title of the whole.
    pub title: String,
    /// Every lot, this one too, in the published order.
    pub lots: Vec<LotLine>,
    /// Most lots that one supplier may bid for; no limit when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_bid: Option<u32>,
    /// Most lots that one supplier may win; no limit when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_won: Option<u32>,
    /// Who gets which lot where a supplier came first in more than it may win.
    pub choice: LotChoice,
    /// Estimated value of all lots together; decides the threshold and with it the periods.
    pub together: Pence,
}

/// One lot in the list of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotLine {
    /// The call that this lot is.
    pub call: Id<Call>,
    /// Its reference.
    pub reference: String,
    /// Its title.
    pub title: String,
}

/// The ways to choose among lots: word, name, what it means.
pub const WAYS: [(&str, &str, &str); 3] = [
    (
        "published_order",
        "In the published order of the lots",
        "Lot 1 is given to its best bid, then lot 2 to its best bid whose supplier may still win, and so on",
    ),
    (
        "supplier_preference",
        "By each supplier’s own preference",
        "Each supplier says in its sealed bid which lots it would rather have, and keeps those it came first in",
    ),
    (
        "highest_sum",
        "By the highest sum of points",
        "As many lots as possible are given out, then so that the points of the winning bids add up to the most",
    ),
];

/// The word of a way to choose, as forms and programs send it.
#[must_use]
pub fn choice_word(choice: LotChoice) -> &'static str {
    match choice {
        LotChoice::PublishedOrder => "published_order",
        LotChoice::SupplierPreference => "supplier_preference",
        LotChoice::HighestSum => "highest_sum",
    }
}

/// The way to choose that a word names.
#[must_use]
pub fn choice_of(word: &str) -> Option<LotChoice> {
    [LotChoice::PublishedOrder, LotChoice::SupplierPreference, LotChoice::HighestSum]
        .into_iter()
        .find(|choice| choice_word(*choice) == word.trim())
}

impl LotTerms {
    /// Number of a call among the lots, from 1; none for a call that is no lot of this tender.
    #[must_use]
    pub fn number(&self, call: Id<Call>) -> Option<usize> {
        self.lots.iter().position(|line| line.call == call).map(|place| place + 1)
    }

    /// The name of a lot in messages, such as `Lot 2, Camden Town`.
    #[must_use]
    pub fn name(&self, call: Id<Call>) -> String {
        match self.lots.iter().zip(1_usize..).find(|(line, _)| line.call == call) {
            Some((line, number)) => format!("Lot {number}, {}", line.title),
            None => self.title.clone(),
        }
    }

    /// `Lot 2 of 3 of Community kitchens`.
    #[must_use]
    pub fn heading(&self, call: Id<Call>) -> String {
        let number = self.number(call).unwrap_or_default();
        format!("Lot {number} of {} of {}", self.lots.len(), self.title)
    }

    /// The other lots with their names and the addresses of their pages below `base`.
    #[must_use]
    pub fn others(&self, call: Id<Call>, base: &str) -> Vec<(String, String)> {
        let others = self.lots.iter().filter(|line| line.call != call);
        others.map(|line| (self.name(line.call), format!("{base}/{}", line.call))).collect()
    }

    /// Limits and way of choosing, in plain sentences.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let lots = |most: u32| if most == 1 { "one lot".to_owned() } else { format!("{most} lots") };
        let mut all = vec![match self.most_bid {
            Some(most) => format!("One supplier may bid for at most {}.", lots(most)),
            None => "A supplier may bid for any number of lots.".to_owned(),
        }];
        match self.most_won {
            None => all.push("A supplier may win any number of lots: each goes to its own best bid.".to_owned()),
            Some(most) => {
                all.push(format!("One supplier may win at most {}.", lots(most)));
                all.push(
                    match self.choice {
                        LotChoice::PublishedOrder => {
                            "A supplier that comes first in more lots gets those that come first in this order. Each \
                             lot goes to its best bid whose supplier may still win."
                        }
                        LotChoice::SupplierPreference => {
                            "A supplier that comes first in more lots keeps those that it put first in its own sealed \
                             order of lots; where it gave none, the order of the lots here counts. A lot given up goes \
                             to the next bid."
                        }
                        LotChoice::HighestSum => {
                            "Where a supplier comes first in more lots, as many lots as possible are given out, and \
                             then so that the points of all winning bids add up to the most."
                        }
                    }
                    .to_owned(),
                );
            }
        }
        all
    }

    /// The limits that limit nothing, because there are no more lots than they allow: each with its field and a
    /// sentence for whoever sets it. Of one lot nothing is said: the others are still to come.
    #[must_use]
    pub fn idle_limits(&self) -> Vec<(&'static str, String)> {
        let lots = self.lots.len();
        let idle = |limit: Option<u32>| {
            limit.filter(|most| lots > 1 && usize::try_from(*most).is_ok_and(|most| most >= lots)).map(|most| {
                format!(
                    "There are {lots} lots, so a limit of {most} limits nothing. Enter a lower number or leave it empty"
                )
            })
        };
        [("most_bid", self.most_bid), ("most_won", self.most_won)]
            .into_iter()
            .filter_map(|(field, limit)| Some((field, idle(limit)?)))
            .collect()
    }

    /// Whether suppliers are asked for their own order of the lots.
    #[must_use]
    pub fn asks_preference(&self) -> bool {
        self.choice == LotChoice::SupplierPreference && self.most_won.is_some()
    }

    /// The model of all lots, from the terms of each in the published order.
    #[must_use]
    pub fn model<'a>(&self, terms: impl Iterator<Item = (Id<Call>, &'a Terms)>) -> LotsModel {
        LotsModel {
            lots: terms
                .map(|(call, terms)| {
                    let line = self.lots.iter().find(|line| line.call == call);
                    Lot {
                        id: line.map(|line| line.reference.clone()).unwrap_or_default(),
                        title: line.map(|line| line.title.clone()).unwrap_or_default(),
                        model: terms.model.clone(),
                    }
                })
                .collect(),
            most_bid: self.most_bid,
            most_won: self.most_won,
            choice: self.choice,
        }
    }
}

impl TenderTerms {
    /// The value that decides the threshold: of all lots together, or of the one contract.
    #[must_use]
    pub fn value_together(&self) -> Pence {
        self.lot.as_ref().map_or(self.estimated_value, |lot| lot.together)
    }
}

impl Terms {
    /// What the terms say of lots, where the call is one.
    #[must_use]
    pub fn lot(&self) -> Option<&LotTerms> {
        self.tender.as_ref().and_then(|tender| tender.lot.as_ref())
    }
}

impl Call {
    /// What the terms say of lots, where the call is one.
    #[must_use]
    pub fn lot(&self) -> Option<&LotTerms> {
        self.terms.0.lot()
    }
}

/// What one lot lacks because it is a lot.
pub(super) fn missing(lot: &LotTerms, terms: &Terms, missing: &mut Vec<Missing>) {
    if lot.lots.len() < 2 {
        missing.push(
            Missing::new(
                Section::Lots,
                "calls/one-lot",
                "A tender in lots has at least two. Add a lot, or take this one out and say why the tender is not divided.",
            )
            .by(DIVIDING),
        );
    }
    if terms.model.ties.iter().any(|tie| matches!(tie, TieRule::Draw { .. })) {
        missing.push(Missing::new(
            Section::Criteria,
            "calls/draw-in-lots",
            "A draw is made with the names of bids, and lots compare suppliers. Choose other rules for equal totals.",
        ));
    }
    // A model that is not whole says so itself.
    let own = lot.lots.first().map(|line| (line.call, terms));
    if terms.model.check().is_ok()
        && let Err(refusal) = lot.model(own.into_iter()).check()
    {
        missing.push(Missing::of(Section::Criteria, refusal).by(LIMITING));
    }
}

/// Why something about lots is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LotRefusal {
    /// The tender is not divided.
    NotInLots,
    /// It is held in two stages.
    HasStages,
    /// There are as many as there may be.
    TooManyLots,
    /// Another lot of the same notice is not ready.
    NotReady {
        /// Its name.
        lot: String,
        /// What it lacks.
        why: String,
        /// What that rests on.
        reference: Option<&'static str>,
    },
}

impl RefusalInfo for LotRefusal {
    fn code(&self) -> &'static str {
        match self {
            LotRefusal::NotInLots => "calls/not-in-lots",
            LotRefusal::HasStages => "calls/lots-or-stages",
            LotRefusal::TooManyLots => "calls/too-many-lots",
            LotRefusal::NotReady { .. } => "calls/lot-not-ready",
        }
    }
    fn sentence(&self) -> String {
        match self {
            LotRefusal::NotInLots => "This tender is not divided into lots. Divide it first.".to_owned(),
            LotRefusal::HasStages => {
                "This tender has two stages, and a tender in two stages is not divided into lots. \
                                      Keep one stage, or begin a tender of its own for each lot."
                    .to_owned()
            }
            LotRefusal::TooManyLots => format!("A tender has at most {MOST_LOTS} lots."),
            LotRefusal::NotReady { lot, why, .. } => {
                format!("All lots are published under one notice, and one is not ready. {lot}: {why}")
            }
        }
    }
    fn reference(&self) -> Option<&'static str> {
        match self {
            LotRefusal::NotInLots => Some(DIVIDING),
            LotRefusal::HasStages | LotRefusal::TooManyLots => None,
            LotRefusal::NotReady { reference, .. } => *reference,
        }
    }
}

/// What all lots of a tender have in common, because they are published under one notice.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shared {
    timetable: Timetable,
    procedure: crate::law::procedures::Procedure,
    contract_type: crate::law::thresholds::ContractType,
    circumstances: crate::law::tendering::Circumstances,
}

impl Shared {
    fn of(terms: &Terms) -> Option<Shared> {
        terms.tender.as_ref().map(|tender| Shared {
            timetable: terms.timetable.clone(),
            procedure: tender.procedure,
            contract_type: tender.contract_type,
            circumstances: tender.circumstances,
        })
    }
}

/// Makes lots agree after one of them was changed: the timetable, procedure, contract type and circumstances of
/// `changed` go to all; titles and the value together are found anew, and everything else of the tender as a whole is
/// taken from `changed`. The lots are in their published order.
///
/// # Errors
/// When the values add up to more than an amount can be.
pub(super) fn agree(lots: &mut [Call], changed: Id<Call>) -> crate::error::Result<()> {
    let Some(pattern) = lots.iter().find(|call| call.id == changed) else { return Ok(()) };
    let (Some(shared), Some(mut whole)) = (Shared::of(&pattern.terms.0), pattern.lot().cloned()) else {
        return Ok(());
    };
    let values = lots.iter().filter_map(|call| call.terms.0.tender.as_ref()).map(|tender| tender.estimated_value);
    whole.together = Pence::total(values)?;
    whole.lots = lots
        .iter()
        .map(|call| LotLine { call: call.id, reference: call.reference.clone(), title: call.title.clone() })
        .collect();
    for call in lots {
        let terms = &mut call.terms.0;
        let Some(tender) = &mut terms.tender else { continue };
        tender.lot = Some(whole.clone());
        tender.procedure = shared.procedure;
        tender.contract_type = shared.contract_type;
        tender.circumstances = shared.circumstances;
        terms.timetable = shared.timetable.clone();
    }
    Ok(())
}
