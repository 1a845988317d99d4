//! What people do with funds.

use super::model::{Cash, Commitment, Fund};
use super::rules::{self, FundRefusal};
use super::store;
use crate::app::App;
use crate::audit::{self, Entry};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ledger::{self, AccountKind, LedgerAccount, Posting};
use crate::people::policy::{Action, Thing, require};
use crate::values::{Actor, Id, Instant, LocalDate, Parser, Pence, Rate, Role, Subject, actor, decimals};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

/// Opening a fund.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct OpenFund {
    /// Name.
    pub name: String,
    /// What it may invest in and why.
    pub mandate: String,
    /// The yearly rate at which the council borrows, in per cent; may be empty.
    pub borrowing_rate: String,
}

/// Opens a fund of the authority where the person is fund manager.
///
/// # Errors
/// Invalid, Denied, Conflict when the name is taken.
pub async fn open(app: &App, actor: &Actor, input: &OpenFund, now: Instant) -> Result<Id<Fund>> {
    let mut form = Parser::default();
    let name = form.text("name", &input.name, 120, "Enter the fund’s name");
    let mandate = form.text("mandate", &input.mandate, 2_000, "Enter what the fund may invest in, and why");
    let typed = input.borrowing_rate.trim().trim_end_matches('%');
    let mut borrowing_rate = None;
    if !typed.is_empty() {
        match decimals::parse_decimal(typed).ok().and_then(|p| Rate::new(p / Decimal::ONE_HUNDRED).ok()) {
            Some(rate) => borrowing_rate = Some(rate),
            None => form.wrong("borrowing_rate", "Enter a yearly rate in per cent, like 4.6"),
        }
    }
    form.finish()?;
    let authority = actor.authority_as(Role::FundManager).ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            require(&actor, Action::ManageFund, &Thing::of_authority(authority))?;
            let fund = Fund {
                id: Id::new(),
                authority_id: authority,
                name: name.clone(),
                mandate: mandate.clone(),
                borrowing_rate,
                created_at: now,
                created_by: actor.account(),
            };
            store::insert(db, &fund)?;
            let owner = Fund::owner(fund.id);
            for kind in [AccountKind::Commitment, AccountKind::CouncilCapital, AccountKind::Bank] {
                ledger::account(db, authority, &owner, kind, now)?;
            }
            audit::record(
                db,
                Entry {
                    authority: Some(authority),
                    at: now,
                    actor: &actor,
                    action: "fund.opened",
                    subject: owner,
                    facts: json!({ "borrowing_rate": fund.borrowing_rate.map(Rate::get) }),
                },
            )?;
            Ok(fund.id)
        })
        .await
}

/// Recording what the council promised.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct NewCommitment {
    /// How much, in pounds.
    pub amount: String,
    /// When it was decided.
    pub committed_on: String,
    /// The decision it rests on.
    pub source: String,
}

/// Records a commitment of the council. The same decision again, with the same amount and date, changes nothing.
///
/// # Errors
/// Invalid, Denied, NotFound, Conflict when the decision is recorded with other figures.
pub async fn commit(
    app: &App,
    actor: &Actor,
    fund: Id<Fund>,
    input: &NewCommitment,
    now: Instant,
) -> Result<Id<Commitment>> {
    let mut form = Parser::default();
    let amount = form.pence("amount", &input.amount, "Enter how much the council committed, in pounds");
    form.check(amount.is_none_or(|a| a > Pence::ZERO), "amount", "Enter an amount of more than £0");
    let on = form.date("committed_on", &input.committed_on, "Enter the date of the decision");
    let source =
        form.text("source", &input.source, 200, "Enter the decision it rests on, like Cabinet 12 March 2026, item 7");
    form.finish()?;
    let (Some(amount), Some(on)) = (amount, on) else { return Err(Error::field("amount", "Enter an amount")) };
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let fund = store::find(db, fund)?;
            visible(&actor, &fund)?;
            require(&actor, Action::ManageFund, &Thing::of_authority(fund.authority_id))?;
            if let Some(known) = store::find_commitment(db, fund.id, &source)? {
                if known.amount == amount && known.committed_on == on {
                    return Ok(known.id);
                }
                return Err(Error::Conflict(
                    "This decision is recorded already with another amount or date.".to_owned(),
                ));
            }
            if on > now.date() {
                return Err(FundRefusal::CommittedLater.into());
            }
            let commitment = Commitment {
                id: Id::new(),
                authority_id: fund.authority_id,
                fund_id: fund.id,
                amount,
                committed_on: on,
                source: source.clone(),
                made_by: actor.account(),
                made_at: now,
            };
            store::insert_commitment(db, &commitment)?;
            let owner = Fund::owner(fund.id);
            let debit = ledger::account(db, fund.authority_id, &owner, AccountKind::Commitment, now)?;
            let credit = ledger::account(db, fund.authority_id, &owner, AccountKind::CouncilCapital, now)?;
            let source = Subject::new("commitment", commitment.id);
            let memo = "Committed by the council".to_owned();
            ledger::transfer(
                db,
                Posting { authority: fund.authority_id, debit, credit, amount, on, at: now, source, memo },
            )?;
            audit::record(
                db,
                Entry {
                    authority: Some(fund.authority_id),
                    at: now,
                    actor: &actor,
                    action: "fund.committed",
                    subject: owner,
                    facts: json!({ "commitment": commitment.id, "amount": amount, "on": on }),
                },
            )?;
            Ok(commitment.id)
        })
        .await
}

/// A fund of another authority is not even known to be there.
pub(crate) fn visible(actor: &Actor, fund: &Fund) -> Result<()> {
    if matches!(actor, Actor::System) || actor.is_staff_of(fund.authority_id) { Ok(()) } else { Err(Error::NotFound) }
}

/// The cash of a fund.
///
/// # Errors
/// What the database says.
pub fn cash(db: &mut Db, fund: Id<Fund>) -> Result<Cash> {
    let id = fund.to_string();
    let sums = ledger::balances(db, "fund", std::slice::from_ref(&id))?;
    let of = |kind| sums.get(&(id.clone(), kind)).copied().unwrap_or_default();
    let (committed, called) = of(AccountKind::Commitment);
    let (into, out) = of(AccountKind::Bank);
    let bank = into - out;
    Ok(Cash { committed, called, bank, available: bank + committed - called })
}

/// Pays money of a fund into another account: from the bank, and what the bank lacks is called from the council.
///
/// # Errors
/// [`FundRefusal::NotEnough`].
#[expect(clippy::too_many_arguments, reason = "a payment is made of these")]
pub fn pay_out(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    fund: Id<Fund>,
    to: Id<LedgerAccount>,
    amount: Pence,
    on: LocalDate,
    at: Instant,
    source: &Subject,
) -> Result<()> {
    let call = rules::to_call(&cash(db, fund)?, amount)?;
    let owner = Fund::owner(fund);
    let bank = ledger::account(db, authority, &owner, AccountKind::Bank, at)?;
    if call > Pence::ZERO {
        let credit = ledger::account(db, authority, &owner, AccountKind::Commitment, at)?;
        let memo = "Called from the council".to_owned();
        ledger::transfer(
            db,
            Posting { authority, debit: bank, credit, amount: call, on, at, source: source.clone(), memo },
        )?;
    }
    let memo = "Paid out to an enterprise".to_owned();
    ledger::transfer(db, Posting { authority, debit: to, credit: bank, amount, on, at, source: source.clone(), memo })?;
    Ok(())
}
