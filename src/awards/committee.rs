//! The committee that decides on an investment: who is for it, who against, who stands aside.
//!
//! A member with a conflict of interest is recused and does not count for the quorum; nobody votes on what they
//! recommended; a recommendation is approved only with the quorum of the round's terms and more votes for it than against.

use super::actions::{as_read, is_whole, note};
use super::model::{Award, AwardKind, AwardState};
use super::rules::{AwardRefusal, at_step};
use super::store;
use crate::app::App;
use crate::applications;
use crate::audit;
use crate::calls::{self, Call, USUAL_QUORUM};
use crate::db::schema::committee_votes;
use crate::db::{Db, MultiBackend};
use crate::error::{Error, Result};
use crate::outbox::mail;
use crate::people::policy::{Action, Thing, require};
use crate::people::{address_of_member, addresses_of_deciders, find_organisation};
use crate::scoring;
use crate::values::{Account, Actor, Id, Instant, Parser, Role, actor};
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::json;

crate::text_enum! {
    /// What a member of the committee says.
    pub enum Stance {
        For = "for" => "For",
        Against = "against" => "Against",
        Recused = "recused" => "Recused: a conflict of interest",
    }
}
crate::text_column!(Stance);

/// What a member said about a recommendation. It can be changed until the decision.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = committee_votes, check_for_backend(MultiBackend))]
pub struct CommitteeVote {
    /// Identifier.
    pub id: Id<CommitteeVote>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The recommendation.
    pub award_id: Id<Award>,
    /// The member.
    pub account_id: Id<Account>,
    /// For, against or recused.
    pub stance: Stance,
    /// Why.
    pub reason: String,
    /// When.
    pub voted_at: Instant,
}

/// Where a committee stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Members for it.
    pub favour: u32,
    /// Members against it.
    pub against: u32,
    /// Members who stand aside.
    pub recused: u32,
}

impl Standing {
    /// Counts what members said.
    #[must_use]
    pub fn of(stances: impl IntoIterator<Item = Stance>) -> Self {
        let mut standing = Standing::default();
        for stance in stances {
            match stance {
                Stance::For => standing.favour += 1,
                Stance::Against => standing.against += 1,
                Stance::Recused => standing.recused += 1,
            }
        }
        standing
    }

    /// Whether the committee has decided as the one who records its decision says.
    ///
    /// # Errors
    /// [`AwardRefusal::NoQuorum`]; [`AwardRefusal::NoMajority`] for an approval that not more members are for than against,
    /// and for a refusal where more are for it.
    pub fn decides(self, approve: bool, quorum: u32) -> Result<(), AwardRefusal> {
        let counted = self.favour + self.against;
        if counted < quorum {
            return Err(AwardRefusal::NoQuorum { counted, quorum });
        }
        if (self.favour > self.against) == approve {
            Ok(())
        } else {
            Err(AwardRefusal::NoMajority { favour: self.favour, against: self.against })
        }
    }
}

/// Writes to the members of the committee that a recommendation waits for them, all but who made it, with every part of a
/// package; or that the one they were told of was changed. Who was told of these very parts last is not told again.
pub(super) fn ask(db: &mut Db, call: &Call, award: &Award, changed: bool, address: &str, now: Instant) -> Result<()> {
    let mark = award.terms.0.mark();
    if last_told(db, award)?.as_deref() == Some(mark.as_str()) {
        return Ok(());
    }
    note(db, &Actor::System, award, ASKED, json!({ "parts": mark }), now)?;
    let name = find_organisation(db, award.organisation_id)?.name;
    let (subject, before) = if changed {
        ("A recommendation was changed", "A recommendation that waits for you was changed. ")
    } else {
        ("A recommendation waits for you", "")
    };
    let subject = format!("{subject}: {}", call.reference);
    let mut parts = String::new();
    if award.terms.0.is_package() {
        parts.push_str("\n\nIts parts are approved, offered and accepted together:\n");
        for line in award.terms.0.listed() {
            parts.push_str(&format!("{}: {}\n", line.title, line.amount));
        }
    }
    let text = format!(
        "{before}Somebody recommends an award of {} to {name}: {} “{}”. It waits for the committee.{parts}\n\nRead why, and decide:\n{address}/desk/calls/{}/award\n",
        award.value, call.reference, call.title, call.id
    );
    let members = addresses_of_deciders(db, award.authority_id, Role::CommitteeMember, Some(award.recommended_by))?;
    for to in members {
        mail::queue(db, Some(award.authority_id), &to, &subject, &text, now)?;
    }
    Ok(())
}

/// The act of asking the committee, with the mark of what it was asked about.
const ASKED: &str = "award.committee_asked";

/// The mark of the parts that the committee was told of last; nothing before it was asked.
fn last_told(db: &mut Db, award: &Award) -> Result<Option<String>> {
    let acts = audit::of_subject(db, &award.id.to_string())?;
    let asked = acts.iter().rev().find(|act| act.action == ASKED);
    Ok(asked.and_then(|act| act.facts.0.get("parts")).and_then(serde_json::Value::as_str).map(ToOwned::to_owned))
}

/// Why a member is for or against it who said nothing before they recorded the decision.
const BY_DECIDING: &str = "Given by recording the decision";

/// Writes to who recommended an award that it was not approved, with what was said against it.
pub(super) fn tell_recommender(db: &mut Db, award: &Award, address: &str, now: Instant) -> Result<()> {
    let Some(to) = address_of_member(db, award.authority_id, award.recommended_by)? else { return Ok(()) };
    let call = calls::find(db, award.call_id)?;
    let name = find_organisation(db, award.organisation_id)?.name;
    let mut why = String::new();
    for vote in store::committee_votes(db, award.id)? {
        if vote.stance == Stance::Against && vote.reason != BY_DECIDING {
            why.push_str(&format!("Said against it: {}\n\n", vote.reason));
        }
    }
    let subject = format!("Your recommendation was not approved: {}", call.reference);
    let text = format!(
        "The award of {} to {name}, which you recommended, was not approved: {} “{}”.\n\n{why}{address}/desk/calls/{}/award\n",
        award.value, call.reference, call.title, call.id
    );
    mail::queue(db, Some(award.authority_id), &to, &subject, &text, now)?;
    Ok(())
}

/// What a member says.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct StanceInput {
    /// `for`, `against` or `recused`.
    pub stance: String,
    /// Why; for `recused`, what the conflict of interest is.
    pub reason: String,
    /// The mark of the parts that were read: `parts_mark` of the award. A vote on a package needs it.
    pub parts: String,
}

/// A committee member says what they think of somebody else's recommendation of an investment, or stands aside.
///
/// # Errors
/// Invalid, also when the parts are others than those that were read; Denied; refused for the recommender, after the
/// decision, for a contract, while parts of a package are missing, and for a vote of somebody who declared a conflict of
/// interest with any applicant of the round.
pub async fn vote(app: &App, actor: &Actor, id: Id<Award>, input: &StanceInput, now: Instant) -> Result<()> {
    let mut form = Parser::default();
    let stance =
        form.value::<Stance>("stance", &input.stance, "Say whether you are for it, against it, or stand aside");
    let reason = form.text("reason", &input.reason, 2000, "Say why");
    form.finish()?;
    let Some(stance) = stance else { return Err(Error::field("stance", "Say whether you are for it or against it")) };
    let by = actor.account().ok_or(Error::Denied)?;
    let (actor, read) = (actor.clone(), input.parts.clone());
    app.db
        .write(move |db| {
            let award = store::find(db, id)?;
            if award.recommended_by == by {
                return Err(AwardRefusal::SamePerson.into());
            }
            let thing = Thing::of_authority(award.authority_id).made_by(Some(award.recommended_by));
            require(&actor, Action::ApproveAward, &thing)?;
            applications::refuse_bidder(db, &actor, award.call_id)?;
            at_step(&award, &[AwardState::Recommended])?;
            if award.kind != AwardKind::Investment {
                return Err(AwardRefusal::NoCommittee.into());
            }
            // A vote fixes the parts, so it waits until all are there.
            is_whole(db, &award)?;
            as_read(&award, &read, "stance")?;
            // Who stood aside stays aside, whatever they think of it later.
            let said = store::committee_votes(db, award.id)?;
            let aside = said.iter().any(|v| v.account_id == by && v.stance == Stance::Recused);
            let call = calls::find(db, award.call_id)?;
            if stance != Stance::Recused && (aside || scoring::has_conflict(db, by, &call)?) {
                return Err(AwardRefusal::Recused.into());
            }
            record(db, &actor, &award, by, stance, &reason, now)
        })
        .await
}

fn record(
    db: &mut Db,
    actor: &Actor,
    award: &Award,
    by: Id<Account>,
    stance: Stance,
    reason: &str,
    now: Instant,
) -> Result<()> {
    let vote = CommitteeVote {
        id: Id::new(),
        authority_id: award.authority_id,
        award_id: award.id,
        account_id: by,
        stance,
        reason: reason.to_owned(),
        voted_at: now,
    };
    store::put_committee_vote(db, &vote)?;
    note(db, actor, award, "committee.voted", json!({ "stance": stance }), now)
}

/// Requires the committee's decision to be what is recorded. Who records it is a member of the committee; where they have
/// said nothing yet, recording it is their vote.
///
/// # Errors
/// [`AwardRefusal::Recused`] for a member who stands aside or declared a conflict; [`Standing::decides`].
pub(super) fn require_decision(
    db: &mut Db,
    actor: &Actor,
    award: &Award,
    by: Id<Account>,
    approve: bool,
    now: Instant,
) -> Result<()> {
    let call = calls::find(db, award.call_id)?;
    let quorum = call.terms.0.round.as_ref().map_or(USUAL_QUORUM, calls::RoundTerms::quorum);
    let mut votes = store::committee_votes(db, award.id)?;
    let own = votes.iter().find(|v| v.account_id == by).map(|v| v.stance);
    let conflicted = scoring::conflicted(db, &call)?;
    if own == Some(Stance::Recused) || conflicted.contains(&by) {
        return Err(AwardRefusal::Recused.into());
    }
    if own.is_none() {
        let stance = if approve { Stance::For } else { Stance::Against };
        record(db, actor, award, by, stance, BY_DECIDING, now)?;
        votes = store::committee_votes(db, award.id)?;
    }
    // Whoever declared a conflict since they voted stands aside.
    let stance = |v: &CommitteeVote| if conflicted.contains(&v.account_id) { Stance::Recused } else { v.stance };
    Standing::of(votes.iter().map(stance)).decides(approve, quorum)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn standing(favour: u32, against: u32, recused: u32) -> Standing {
        Standing { favour, against, recused }
    }

    #[test]
    fn a_recused_member_does_not_count_for_the_quorum() {
        assert_eq!(standing(2, 0, 5).decides(true, 3), Err(AwardRefusal::NoQuorum { counted: 2, quorum: 3 }));
        assert_eq!(standing(2, 1, 0).decides(true, 3), Ok(()));
    }

    #[test]
    fn a_tie_approves_nothing() {
        assert_eq!(standing(2, 2, 0).decides(true, 3), Err(AwardRefusal::NoMajority { favour: 2, against: 2 }));
        assert_eq!(standing(2, 2, 0).decides(false, 3), Ok(()));
        assert!(standing(3, 1, 0).decides(false, 3).is_err());
    }

    proptest! {
        #[test]
        fn a_committee_with_a_quorum_decides_exactly_one_way(favour in 0_u32..9, against in 0_u32..9, recused in 0_u32..9, quorum in 1_u32..9) {
            let found = standing(favour, against, recused);
            let (yes, no) = (found.decides(true, quorum).is_ok(), found.decides(false, quorum).is_ok());
            prop_assert_eq!(yes || no, favour + against >= quorum);
            prop_assert!(!(yes && no));
            prop_assert_eq!(yes, favour + against >= quorum && favour > against);
        }
    }
}
