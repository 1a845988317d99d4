//! The questions of an application, found from the terms of its call.

use crate::calls::{ConditionAsked, Terms};
use crate::evaluation::{Criterion, Kind, Measure, PriceModel};
use rust_decimal::Decimal;

/// Words of an answer where the terms say nothing.
pub const USUAL_WORDS: u32 = 500;
/// Characters for each word of a limit: what has more is not made of words, however few they are.
pub const CHARACTERS_A_WORD: usize = 20;
/// Lines of the use of funds that a page offers.
pub const FUND_LINES: usize = 8;
/// Rows of a cash-flow sheet at most: three years by month.
pub const CASH_ROWS: usize = 36;
/// Rows of a cash-flow sheet at least: three years by quarter.
pub const LEAST_CASH_ROWS: usize = 12;

crate::text_enum! {
    /// The parts of the task list.
    pub enum Section {
        Organisation = "organisation" => "Your organisation",
        Offer = "offer" => "Your offer",
        Promises = "promises" => "Your promises",
        Money = "money" => "Money",
    }
}

/// What a question asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asks {
    /// The organisation's facts.
    Organisation,
    /// Whether it can apply at all.
    Eligibility,
    /// An answer in words to a quality criterion.
    Quality {
        /// The criterion.
        criterion: String,
        /// Most words.
        words: u32,
    },
    /// Yes or no to a pass/fail criterion.
    Pass {
        /// The criterion.
        criterion: String,
        /// What must be so.
        requirement: String,
    },
    /// A promised figure.
    Promise {
        /// Condition or measure.
        id: String,
    },
    /// Prices (tender) or the amount (investment).
    Price,
    /// What the amount is for.
    UseOfFunds,
    /// The cash-flow sheet.
    CashFlow,
    /// The place of this lot in the bidder's own order of lots; it need not be given.
    LotPlace {
        /// How many lots there are.
        lots: u32,
    },
    /// Files that belong to the whole application.
    Files,
}

/// One page of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its place in the address.
    pub key: String,
    /// Part of the task list.
    pub section: Section,
    /// As the task list calls it.
    pub title: String,
    /// What it asks for.
    pub asks: Asks,
}

fn question(key: impl Into<String>, section: Section, title: impl Into<String>, asks: Asks) -> Question {
    Question { key: key.into(), section, title: title.into(), asks }
}

/// Every question of a call, in the order of the task list.
#[must_use]
pub fn questions(terms: &Terms) -> Vec<Question> {
    let mut all = vec![question("organisation", Section::Organisation, "Who you are", Asks::Organisation)];
    if !terms.eligibility.is_empty() {
        all.push(question("eligibility", Section::Organisation, "Whether you can apply", Asks::Eligibility));
    }
    for node in terms.model.nodes() {
        let criterion = node.criterion;
        match &criterion.kind {
            Kind::PassFail { requirement } => all.push(question(
                format!("pass-{}", criterion.id),
                Section::Organisation,
                &criterion.title,
                Asks::Pass { criterion: criterion.id.clone(), requirement: requirement.clone() },
            )),
            Kind::Quality { .. } => all.push(question(
                format!("quality-{}", criterion.id),
                Section::Offer,
                &criterion.title,
                Asks::Quality {
                    criterion: criterion.id.clone(),
                    words: terms.words.get(&criterion.id).copied().unwrap_or(USUAL_WORDS),
                },
            )),
            Kind::Group { .. }
            | Kind::Price { .. }
            | Kind::Cost { .. }
            | Kind::Figure { .. }
            | Kind::Panel { .. }
            | Kind::SocialValue { .. } => {}
        }
    }
    if let Some(whole) = terms.lot().filter(|whole| whole.asks_preference()) {
        let lots = u32::try_from(whole.lots.len()).unwrap_or(u32::MAX);
        all.push(question("lot-place", Section::Offer, "Your own order of the lots", Asks::LotPlace { lots }));
    }
    all.push(question("files", Section::Offer, "Files", Asks::Files));
    for (id, title) in promises(terms) {
        all.push(question(format!("promise-{id}"), Section::Promises, title, Asks::Promise { id }));
    }
    if terms.round.is_some() {
        all.push(question("price", Section::Money, "How much you need", Asks::Price));
        all.push(question("use-of-funds", Section::Money, "What the money is for", Asks::UseOfFunds));
        all.push(question("cash-flow", Section::Money, "Cash flow over three years", Asks::CashFlow));
    } else if !prices(terms).is_empty() {
        all.push(question("price", Section::Money, "Price", Asks::Price));
    }
    all.sort_by_key(|q| q.section);
    all
}

/// One question by its place in the address.
#[must_use]
pub fn find_question(terms: &Terms, key: &str) -> Option<Question> {
    questions(terms).into_iter().find(|q| q.key == key)
}

/// Whether the price page asks for the hours of work that the price pays for.
#[must_use]
pub fn asks_hours(terms: &Terms) -> bool {
    terms.tender.as_ref().is_some_and(|t| t.hours_asked.is_some()) && !prices(terms).is_empty()
}

/// The price criteria that a bidder fills in: every one whose price is not fixed by the authority.
#[must_use]
pub fn prices(terms: &Terms) -> Vec<(String, String)> {
    terms
        .model
        .nodes()
        .iter()
        .filter(|n| n.criterion.formula().is_some_and(|model| !matches!(model, PriceModel::FixedPrice { .. })))
        .map(|n| (n.criterion.id.clone(), n.criterion.title.clone()))
        .collect()
}

/// What is promised: each condition asked, and each measure of the model that no condition covers.
#[must_use]
pub fn promises(terms: &Terms) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> =
        terms.conditions.iter().map(|c| (c.id.clone(), c.body.title.clone())).collect();
    for (_, measure, _) in measures(terms) {
        if !all.iter().any(|(id, _)| *id == measure.id) {
            all.push((measure.id.clone(), measure.title.clone()));
        }
    }
    all
}

/// The condition of a promise, when one is asked.
#[must_use]
pub fn condition<'a>(terms: &'a Terms, id: &str) -> Option<&'a ConditionAsked> {
    terms.conditions.iter().find(|c| c.id == id)
}

/// Each social value measure with its criterion and the points out of 100 that it can earn.
#[must_use]
pub fn measures(terms: &Terms) -> Vec<(Criterion, Measure, Decimal)> {
    let mut all = Vec::new();
    for node in terms.model.nodes() {
        if let Kind::SocialValue { measures, .. } = &node.criterion.kind {
            for measure in measures {
                let points = (node.points * measure.weight / Decimal::ONE_HUNDRED).normalize();
                all.push((node.criterion.clone(), measure.clone(), points));
            }
        }
    }
    all
}

/// The unit that a promise is counted in.
#[must_use]
pub fn unit(terms: &Terms, id: &str) -> String {
    condition(terms, id).map_or_else(
        || measures(terms).into_iter().find(|(_, m, _)| m.id == id).map(|(_, m, _)| m.unit).unwrap_or_default(),
        |c| c.body.unit.clone(),
    )
}

/// Words of a text: runs of characters between white space in which something can be seen.
#[must_use]
pub fn words(text: &str) -> usize {
    // Nearly all answers are in plain letters.
    if text.is_ascii() {
        let words = text.as_bytes().split(|byte| matches!(byte, b'\t'..=b'\r' | b' '));
        return words.filter(|word| word.iter().any(u8::is_ascii_graphic)).count();
    }
    text.split_whitespace().filter(|word| word.chars().any(is_seen)).count()
}

/// Whether nothing of a text can be seen: it has no word.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|character| character.is_whitespace() || !is_seen(character))
}

/// Whether a text has no more words than these. Each answer is asked this whenever it is sent, and most are so short that
/// their words need not be counted: there is something between two of them.
#[must_use]
pub fn has_at_most(text: &str, most: u32) -> bool {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    text.len() < most.saturating_mul(2) || words(text) <= most
}

/// Whether a character leaves anything to see: control characters, joiners, marks of direction and blank fillers do not.
fn is_seen(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Whether a promise of this unit is counted in whole numbers, because it counts people or things.
#[must_use]
pub fn is_counted(unit: &str) -> bool {
    const COUNTED: [&str; 14] = [
        "people",
        "person",
        "residents",
        "jobs",
        "apprentices",
        "apprenticeships",
        "placements",
        "young people",
        "trainees",
        "volunteers",
        "organisations",
        "homes",
        "meals",
        "ovens",
    ];
    let unit = unit.trim().to_lowercase();
    COUNTED.contains(&unit.as_str())
}

#[cfg(test)]
mod tests {
    use super::{has_at_most, is_blank, words};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_in_plain_letters_are_counted_as_those_beside_them_in_any_script(
            text in prop::collection::vec(prop_oneof![0_u8..=0x7f, Just(b' '), Just(b'a')], 0..40)
        ) {
            let text = String::from_utf8(text).unwrap();
            prop_assert_eq!(words(&format!("{text} façade")), words(&text) + 1);
        }

        #[test]
        fn a_text_that_is_short_enough_is_not_counted_and_gets_the_answer_that_counting_gives(
            text in prop::collection::vec(
                prop_oneof![Just('a'), Just(' '), Just('\n'), Just('é'), Just('\u{200b}'), Just('\u{2003}'), any::<char>()], 0..40
            ),
            most in 0_u32..24,
        ) {
            let text: String = text.into_iter().collect();
            prop_assert_eq!(has_at_most(&text, most), words(&text) <= usize::try_from(most).unwrap());
            prop_assert_eq!(is_blank(&text), words(&text) == 0);
        }
    }
}
