//! Bidders under letters: where a tender says so, staff see Bidder A, Bidder B and so on until moderation is final. The
//! letters are drawn at the opening, so that they follow neither names nor the order in which bids came in. Who needs a
//! name before that asks on “Who is who”, where each look is recorded with its ground. The identifier of a bid, which stands
//! in addresses, tells when it was begun; so nothing that those who judge read has a time beside a name.

use super::model::{Answers, Application};
use super::store;
use crate::calls::Call;
use crate::db::Db;
use crate::db::schema::{applications, calls, panel_members, quality_final};
use crate::error::{Error, Result};
use crate::people::Profile;
use crate::values::{Actor, Id, RefusalInfo};
use diesel::dsl::exists;
use diesel::prelude::*;

/// Somebody who judges asks for what would tell whose a bid is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamesHidden;

impl RefusalInfo for NamesHidden {
    fn code(&self) -> &'static str {
        "applications/names-hidden"
    }
    fn sentence(&self) -> String {
        "You judge these bids under letters, so you see whose they are only when moderation is final. Ask a colleague who is not on the panel."
            .to_owned()
    }
}

/// What those who judge call a bidder.
#[must_use]
pub fn shown_as(application: &Application) -> String {
    application.letter.as_ref().map_or_else(|| "A bidder".to_owned(), |letter| format!("Bidder {letter}"))
}

/// The letters in their order: A to Z, then AA, AB and so on.
fn letter(place: usize) -> String {
    const ALPHABET: usize = 26;
    let mut left = place + 1;
    let mut letters = Vec::new();
    while left > 0 {
        let digit = u8::try_from((left - 1) % ALPHABET).unwrap_or_default();
        letters.push(char::from(b'A' + digit));
        left = (left - 1) / ALPHABET;
    }
    letters.iter().rev().collect()
}

/// Draws a letter for each bid, in an order that nobody can tell before.
pub(super) fn draw(bids: &[Id<Application>]) -> Vec<(Id<Application>, String)> {
    let mut drawn: Vec<(u128, Id<Application>)> = bids.iter().map(|id| (rand::random(), *id)).collect();
    drawn.sort_unstable();
    drawn.into_iter().enumerate().map(|(place, (_, id))| (id, letter(place))).collect()
}

/// Whether the bidders of a call are shown under letters to all staff: its terms say so, and moderation is not final. The
/// one condition of every page, file and answer for programs. Asks the database only of a call that hides names.
///
/// # Errors
/// What the database says.
pub fn names_hidden(db: &mut Db, call: &Call) -> Result<bool> {
    Ok(call.terms.0.hides_bidders() && store::quality_final_at(db, call.id)?.is_none())
}

/// A call as somebody on the desk may look at its bids.
#[derive(Debug)]
pub struct Sight {
    /// The call.
    pub call: Call,
    /// Whether its bidders stand under letters, as [`names_hidden`] finds it.
    pub hidden: bool,
    /// Whether this person judges it and may not know them yet: they sit on its panel, and nobody took their place.
    blind: bool,
}

impl Sight {
    fn of(call: Call, quality_final: bool, seated: bool) -> Self {
        let hidden = call.terms.0.hides_bidders() && !quality_final;
        Sight { call, hidden, blind: hidden && seated }
    }

    /// As [`refuse_blind_judge`].
    ///
    /// # Errors
    /// [`NamesHidden`].
    pub fn refuse_blind_judge(&self) -> Result<()> {
        if self.blind { Err(NamesHidden.into()) } else { Ok(()) }
    }
}

/// Whether moderation of a call that the statement names is final, and whether an account sits on its panel.
macro_rules! judging {
    ($account:expr) => {
        (
            exists(quality_final::table.filter(quality_final::call_id.eq(calls::id))),
            exists(
                panel_members::table
                    .filter(panel_members::call_id.eq(calls::id))
                    .filter(panel_members::account_id.eq($account))
                    .filter(panel_members::replaced_at.is_null()),
            ),
        )
    };
}

/// A call as somebody on the desk may look at its bids. One statement.
///
/// # Errors
/// NotFound; Denied for who is not signed in.
pub fn sight(db: &mut Db, actor: &Actor, call: Id<Call>) -> Result<Sight> {
    let account = actor.account().ok_or(Error::Denied)?;
    let (call, (quality_final, seated)): (Call, (bool, bool)) =
        calls::table.filter(calls::id.eq(call)).select((Call::as_select(), judging!(account))).first(db)?;
    Ok(Sight::of(call, quality_final, seated))
}

/// As [`sight`], with one of its bids. One statement.
///
/// # Errors
/// As [`sight`].
pub fn sight_of_bid(db: &mut Db, actor: &Actor, bid: Id<Application>) -> Result<(Application, Sight)> {
    let account = actor.account().ok_or(Error::Denied)?;
    let (application, call, (quality_final, seated)): (Application, Call, (bool, bool)) = applications::table
        .inner_join(calls::table.on(calls::id.eq(applications::call_id)))
        .filter(applications::id.eq(bid))
        .select((Application::as_select(), Call::as_select(), judging!(account)))
        .first(db)?;
    Ok((application, Sight::of(call, quality_final, seated)))
}

/// Takes out of opened answers what tells whose they are: the organisation's facts, who declared, and names of files.
pub(super) fn hide_names(answers: &mut Answers) {
    answers.profile = Profile::default();
    answers.declared_by.clear();
    for (place, file) in (1_usize..).zip(&mut answers.files) {
        file.name = file_shown_as(place, &file.name);
    }
}

/// What a file is called while names are hidden: its place among those of its bid, and an ending that tells its kind only.
fn file_shown_as(place: usize, name: &str) -> String {
    const ENDINGS: [&str; 12] = ["pdf", "docx", "xlsx", "odt", "ods", "csv", "txt", "text", "md", "png", "jpg", "jpeg"];
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    match ending.filter(|ending| ENDINGS.contains(&ending.as_str())) {
        Some(ending) => format!("file {place}.{ending}"),
        None => format!("file {place}"),
    }
}

/// Whether somebody judges a call whose bidders they may not know yet: they sit on its panel, whatever roles they have now,
/// and nobody took their place. Asks the database only of a call that hides names.
///
/// # Errors
/// What the database says.
fn judges_blind(db: &mut Db, actor: &Actor, call: &Call) -> Result<bool> {
    let Some(account) = actor.account() else { return Ok(false) };
    if !names_hidden(db, call)? {
        return Ok(false);
    }
    let seats = panel_members::table
        .filter(panel_members::call_id.eq(call.id))
        .filter(panel_members::account_id.eq(account))
        .filter(panel_members::replaced_at.is_null());
    Ok(diesel::select(exists(seats)).get_result(db)?)
}

/// Refuses to show whose a bid is to somebody who judges it under its letter.
///
/// # Errors
/// [`NamesHidden`].
pub fn refuse_blind_judge(db: &mut Db, actor: &Actor, call: &Call) -> Result<()> {
    if judges_blind(db, actor, call)? { Err(NamesHidden.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_file_keeps_its_kind_and_nothing_of_its_name() {
        assert_eq!(file_shown_as(1, "offer of Zebra Kitchens.PDF"), "file 1.pdf");
        assert_eq!(file_shown_as(2, "plan.zebra"), "file 2");
        assert_eq!(file_shown_as(3, "Zebra"), "file 3");
    }

    #[test]
    fn letters_go_on_after_z() {
        let all: Vec<String> = [0, 1, 25, 26, 27, 701, 702].map(letter).into();
        assert_eq!(all, ["A", "B", "Z", "AA", "AB", "ZZ", "AAA"]);
    }

    #[test]
    fn every_bid_has_one_letter_and_the_order_is_not_that_of_arrival_every_time() {
        let bids: Vec<Id<Application>> = (0..12).map(|_| Id::new()).collect();
        let drawn = draw(&bids);
        let letters: BTreeSet<&String> = drawn.iter().map(|(_, letter)| letter).collect();
        let named: BTreeSet<Id<Application>> = drawn.iter().map(|(id, _)| *id).collect();
        assert_eq!((letters.len(), named.len()), (12, 12));
        // Twelve bids fall into the order of arrival once in 479 million draws; three times running never.
        let in_order = |drawn: &[(Id<Application>, String)]| drawn.iter().map(|(id, _)| *id).eq(bids.iter().copied());
        assert!(!(in_order(&drawn) && in_order(&draw(&bids)) && in_order(&draw(&bids))));
    }
}
