//! Money that comes back: receipts, fees, reversals, the use of what was paid too early, refunds of what was too much.

use super::actions::note;
use super::book::Book;
use super::model::{Entry, EntryKind, Investment, InvestmentState};
use super::rules::InvestmentRefusal;
use super::{store, visible};
use crate::app::App;
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::finance::Instrument;
use crate::finance::payments::{Allocation, Component, Order, allocate};
use crate::funds::{self, Fund};
use crate::ledger::{self, AccountKind, Posting};
use crate::outbox::mail;
use crate::people::addresses_of_organisation;
use crate::people::policy::{Action, require};
use crate::values::time::medium_date;
use crate::values::{Actor, Id, Instant, LocalDate, Parser, Pence, Subject};
use serde::Deserialize;
use serde_json::json;

/// Recording a payment received.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Receive {
    /// How much, in pounds.
    pub amount: String,
    /// The day it came into the bank.
    pub received_on: String,
    /// The bank's reference: a payment with the same reference is recorded once.
    pub reference: String,
    /// A remark; may be empty.
    pub note: String,
    /// `yes` when this is what stands in the bank; asked for only where the amount looks like a slip of the pen.
    pub confirmed: String,
}

/// Records a payment: it pays fees, interest and principal of the oldest instalment first; the rest is kept as credit.
/// What comes in after a write-off is recovered: it pays no instalment, and makes the loss smaller.
///
/// The same reference with the same amount and day again changes nothing and gives the same entry, unless that was reversed:
/// then the money would not be in the books, so it is asked for again with a reference of its own.
///
/// # Errors
/// Invalid, Denied, NotFound, refused when nothing is out, the date is wrong, or the reference is taken or was reversed.
pub async fn receive(app: &App, actor: &Actor, id: Id<Investment>, input: &Receive, now: Instant) -> Result<Id<Entry>> {
    let Moved { amount, on, reference, remark } = read(
        (&input.amount, "Enter how much came in, in pounds"),
        ("received_on", &input.received_on, "Enter the day it came into the bank"),
        &input.reference,
        &input.note,
    )?;
    let confirmed = Parser::ticked(&input.confirmed);
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut book = store::load_book(db, id)?;
            visible(&actor, &book.investment)?;
            require(&actor, Action::ManageFund, &book.investment.thing())?;
            let kinds = [EntryKind::Receipt, EntryKind::Recovery];
            if let Some(known) = recorded(&book, &reference, &kinds, amount, on)? {
                return Ok(known);
            }
            let recovered = book.investment.state == InvestmentState::WrittenOff;
            // A standing order may run on after the last instalment: what stands in the bank stands in the books, to be
            // paid back.
            let over = matches!(book.investment.state, InvestmentState::Repaid | InvestmentState::Ended);
            if book.investment.state != InvestmentState::Running && !recovered && !over {
                return Err(InvestmentRefusal::NotRunning.into());
            }
            if on > now.date() || book.drawn(on).is_zero() {
                return Err(InvestmentRefusal::Dated.into());
            }
            super::upkeep::upkeep(db, id, now)?;
            book = store::load_book(db, id)?;
            let to_come = Pence::total(book.outstanding().iter().map(crate::finance::payments::Due::total))?;
            if !confirmed && !over && !book.is_open() && amount > to_come + to_come {
                return Err(Error::field(
                    "amount",
                    format!(
                        "This is more than twice the {to_come} that is still to come. Check the amount, and confirm it \
                         when this is what stands in the bank"
                    ),
                ));
            }
            let kind = if recovered { EntryKind::Recovery } else { EntryKind::Receipt };
            let mut entry = blank(&book.investment, kind, on, amount, now);
            if !recovered {
                entry.allocation = Json(allocate(&book.outstanding(), amount, on, Order::default()));
            }
            entry.note.clone_from(&remark);
            entry.reference = Some(reference.clone());
            entry.made_by = actor.account();
            let made = write(db, &mut book, entry, now)?;
            if !recovered {
                use_credit(db, &mut book, now)?;
                settle_state(db, &book, now)?;
            }
            let act = if recovered { "investment.recovered" } else { "investment.payment_received" };
            let facts = json!({ "entry": made, "amount": amount, "on": on });
            note(db, &actor, &book.investment, act, facts, now)?;
            Ok(made)
        })
        .await
}

/// What the bank's statement says of money that moved, with a remark.
struct Moved {
    amount: Pence,
    on: LocalDate,
    reference: String,
    remark: String,
}

/// Reads what a receipt and a refund have in common: the amount with what to say without it, the field of the day with its
/// value and what to say without it, the bank's reference and a remark that may be empty.
fn read(
    (amount, how_much): (&str, &str),
    (field, day, which_day): (&'static str, &str, &str),
    reference: &str,
    remark: &str,
) -> Result<Moved> {
    let mut form = Parser::default();
    let amount = form.pence("amount", amount, how_much);
    form.check(amount.is_none_or(|a| a > Pence::ZERO), "amount", "Enter an amount of more than £0");
    let on = form.date(field, day, which_day);
    let reference = form.text("reference", reference, 80, "Enter the bank’s reference of the payment");
    let remark = form.optional_text("note", remark, 500).unwrap_or_default();
    form.finish()?;
    let (Some(amount), Some(on)) = (amount, on) else { return Err(Error::field("amount", how_much)) };
    Ok(Moved { amount, on, reference, remark })
}

/// The entry that is recorded with a bank reference already, when it is the same; refused when it is another or was
/// reversed.
fn recorded(
    book: &Book,
    reference: &str,
    kinds: &[EntryKind],
    amount: Pence,
    on: LocalDate,
) -> Result<Option<Id<Entry>>> {
    let Some(known) = book.entries.iter().find(|e| e.reference.as_deref() == Some(reference)) else { return Ok(None) };
    if book.is_reversed(known) {
        return Err(InvestmentRefusal::ReferenceReversed.into());
    }
    if kinds.contains(&known.kind) && known.amount == amount && known.booked_on == on {
        return Ok(Some(known.id));
    }
    Err(InvestmentRefusal::ReferenceTaken.into())
}

/// Recording that credit was paid back to the enterprise.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Refund {
    /// How much, in pounds: at most the credit.
    pub amount: String,
    /// The day it left the bank.
    pub paid_on: String,
    /// The bank's reference: a refund with the same reference is recorded once.
    pub reference: String,
    /// A remark; may be empty.
    pub note: String,
}

/// Records that what came in above what was due was paid back, and tells the enterprise. It was never distributed, so no
/// measure changes.
///
/// # Errors
/// Invalid, also for more than the credit; Denied, NotFound; refused when the date is wrong, the reference is taken, or the
/// fund has not the money.
pub async fn refund(app: &App, actor: &Actor, id: Id<Investment>, input: &Refund, now: Instant) -> Result<Id<Entry>> {
    let Moved { amount, on, reference, remark } = read(
        (&input.amount, "Enter how much was paid back, in pounds"),
        ("paid_on", &input.paid_on, "Enter the day it left the bank"),
        &input.reference,
        &input.note,
    )?;
    let address = app.config.server.public_url.trim_end_matches('/').to_owned();
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut book = store::load_book(db, id)?;
            visible(&actor, &book.investment)?;
            require(&actor, Action::ManageFund, &book.investment.thing())?;
            if let Some(known) = recorded(&book, &reference, &[EntryKind::Refund], amount, on)? {
                return Ok(known);
            }
            // Of what is written off the enterprise owes more than it could get back.
            if matches!(book.investment.state, InvestmentState::AwaitingDrawdown | InvestmentState::WrittenOff) {
                return Err(InvestmentRefusal::NotRunning.into());
            }
            if on > now.date() || book.drawn(on).is_zero() {
                return Err(InvestmentRefusal::Dated.into());
            }
            // What has fallen due is paid from the credit first.
            super::upkeep::upkeep(db, id, now)?;
            book = store::load_book(db, id)?;
            let most = book.refundable(on);
            if amount > most {
                let told =
                    format!("At most {most} can be paid back: that came in by then and pays nothing that is due");
                return Err(Error::field("amount", told));
            }
            let mut entry = blank(&book.investment, EntryKind::Refund, on, amount, now);
            entry.note.clone_from(&remark);
            entry.reference = Some(reference.clone());
            entry.made_by = actor.account();
            let made = write(db, &mut book, entry, now)?;
            let facts = json!({ "entry": made, "amount": amount, "on": on });
            note(db, &actor, &book.investment, "investment.refunded", facts, now)?;
            tell_refunded(db, &book.investment, amount, on, &address, now)?;
            Ok(made)
        })
        .await
}

fn tell_refunded(
    db: &mut Db,
    investment: &Investment,
    amount: Pence,
    on: LocalDate,
    address: &str,
    now: Instant,
) -> Result<()> {
    let subject = format!("{amount} is paid back to you: {}", investment.reference);
    let text = format!(
        "You paid {amount} more than was due of {} “{}”. It was paid back to you on {}.\n\n{address}/my-investments/{}\n",
        investment.reference,
        investment.title,
        medium_date(on),
        investment.id
    );
    for to in addresses_of_organisation(db, investment.organisation_id)? {
        mail::queue(db, Some(investment.authority_id), &to, &subject, &text, now)?;
    }
    Ok(())
}

/// Charging a fee.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Charge {
    /// How much, in pounds.
    pub amount: String,
    /// From when it is due; it is paid with the first instalment on or after this day.
    pub due_on: String,
    /// Why.
    pub reason: String,
}

/// Charges a fee, due with the first instalment on or after a day.
///
/// # Errors
/// Invalid, Denied, NotFound, refused when nothing is out or no instalment is left.
pub async fn charge(app: &App, actor: &Actor, id: Id<Investment>, input: &Charge, now: Instant) -> Result<Id<Entry>> {
    let mut form = Parser::default();
    let amount = form.pence("amount", &input.amount, "Enter the fee, in pounds");
    form.check(amount.is_none_or(|a| a > Pence::ZERO), "amount", "Enter an amount of more than £0");
    let on = form.date("due_on", &input.due_on, "Enter from when it is due");
    let reason = form.text("reason", &input.reason, 500, "Enter what the fee is for, as the agreement says");
    form.finish()?;
    let (Some(amount), Some(on)) = (amount, on) else { return Err(Error::field("amount", "Enter an amount")) };
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut book = store::load_book(db, id)?;
            visible(&actor, &book.investment)?;
            require(&actor, Action::ManageFund, &book.investment.thing())?;
            if book.investment.state != InvestmentState::Running {
                return Err(InvestmentRefusal::NotRunning.into());
            }
            if on < now.date() {
                return Err(Error::field("due_on", "Enter today or a later day"));
            }
            let row = book.rows().iter().find(|r| r.due >= on).ok_or(InvestmentRefusal::NoInstalment)?;
            let mut entry = blank(&book.investment, EntryKind::Charge, row.due, amount, now);
            entry.instalment = Some(i64::from(row.number));
            entry.note.clone_from(&reason);
            entry.made_by = actor.account();
            let made = write(db, &mut book, entry, now)?;
            note(
                db,
                &actor,
                &book.investment,
                "investment.fee_charged",
                json!({ "entry": made, "amount": amount }),
                now,
            )?;
            Ok(made)
        })
        .await
}

/// Cancelling an entry.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Reverse {
    /// Why.
    pub reason: String,
}

/// Cancels a payment, a fee, a refund or a recovery by a counter-entry of today; the entry itself stays.
///
/// Credit that came from a cancelled payment and was used since is taken back too, the latest use first.
///
/// # Errors
/// Invalid, also while a part of it is paid back; Denied, NotFound, refused when it cannot be reversed or is reversed
/// already.
pub async fn reverse(
    app: &App,
    actor: &Actor,
    id: Id<Investment>,
    entry: Id<Entry>,
    input: &Reverse,
    now: Instant,
) -> Result<Id<Entry>> {
    let mut form = Parser::default();
    let reason = form.text("reason", &input.reason, 500, "Enter why it is reversed");
    form.finish()?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut book = store::load_book(db, id)?;
            visible(&actor, &book.investment)?;
            require(&actor, Action::ManageFund, &book.investment.thing())?;
            let original = book.entries.iter().find(|e| e.id == entry).cloned().ok_or(Error::NotFound)?;
            if book.is_reversed(&original) {
                return Err(InvestmentRefusal::ReversedAlready.into());
            }
            let paid_fee = original.kind == EntryKind::Charge && fee_is_paid(&book, &original);
            if !original.kind.is_recorded() || paid_fee {
                return Err(InvestmentRefusal::NotReversible.into());
            }
            let lost = matches!(book.investment.state, InvestmentState::WrittenOff | InvestmentState::Ended);
            // Neither of the two changes what was due.
            let apart = matches!(original.kind, EntryKind::Recovery | EntryKind::Refund);
            if lost && !apart {
                return Err(InvestmentRefusal::NotRunning.into());
            }
            let made = cancel(db, &mut book, &original, &reason, actor.account(), now)?;
            while book.credit() < Pence::ZERO {
                let used = book.entries.iter().rfind(|e| e.kind == EntryKind::Credit && !book.is_reversed(e)).cloned();
                let Some(used) = used else { break };
                cancel(db, &mut book, &used, "The payment it came from was reversed", None, now)?;
            }
            if book.credit() < Pence::ZERO {
                return Err(Error::field("reason", "A part of this payment was paid back. Reverse that refund first"));
            }
            if !lost {
                use_credit(db, &mut book, now)?;
                settle_state(db, &book, now)?;
            }
            let facts = json!({ "entry": made, "reverses": entry, "amount": original.amount });
            note(db, &actor, &book.investment, "investment.entry_reversed", facts, now)?;
            Ok(made)
        })
        .await
}

/// Whether taking the fee away would leave its instalment overpaid.
fn fee_is_paid(book: &Book, charge: &Entry) -> bool {
    let number = charge.instalment.and_then(|n| u32::try_from(n).ok());
    let unpaid = book.outstanding().iter().find(|d| Some(d.instalment) == number).map_or(Pence::ZERO, |d| d.fee);
    unpaid < charge.amount
}

fn blank(investment: &Investment, kind: EntryKind, on: LocalDate, amount: Pence, now: Instant) -> Entry {
    Entry {
        id: Id::new(),
        authority_id: investment.authority_id,
        investment_id: investment.id,
        kind,
        reverses_id: None,
        booked_on: on,
        amount,
        instalment: None,
        allocation: Json(Allocation::default()),
        note: String::new(),
        reference: None,
        made_by: None,
        made_at: now,
    }
}

fn cancel(
    db: &mut Db,
    book: &mut Book,
    original: &Entry,
    reason: &str,
    by: Option<Id<crate::values::Account>>,
    now: Instant,
) -> Result<Id<Entry>> {
    let mut entry = blank(&book.investment, EntryKind::Reversal, now.date(), original.amount, now);
    entry.reverses_id = Some(original.id);
    entry.allocation = original.allocation.clone();
    reason.clone_into(&mut entry.note);
    entry.made_by = by;
    write(db, book, entry, now)
}

/// Uses credit for every instalment that has fallen due, each on the day both were there.
pub(super) fn use_credit(db: &mut Db, book: &mut Book, now: Instant) -> Result<()> {
    let today = now.date();
    loop {
        let credit = book.credit();
        let Some(due) = book.outstanding().into_iter().find(|d| d.due <= today).filter(|_| credit > Pence::ZERO) else {
            return Ok(());
        };
        let since = book.receipts().iter().map(|r| r.on).max().unwrap_or(due.due);
        let on = due.due.max(since.min(today));
        let allocation = allocate(&[due], credit, on, Order::default());
        let amount = credit - allocation.left_over;
        if amount <= Pence::ZERO {
            return Ok(());
        }
        let mut entry = blank(&book.investment, EntryKind::Credit, on, amount, now);
        entry.allocation = Json(Allocation { left_over: Pence::ZERO, ..allocation });
        write(db, book, entry, now)?;
    }
}

/// Stores an entry, posts it to the ledger, and adds it to the book.
fn write(db: &mut Db, book: &mut Book, entry: Entry, now: Instant) -> Result<Id<Entry>> {
    store::insert_entry(db, &entry)?;
    let original = entry.reverses_id.and_then(|id| book.entries.iter().find(|e| e.id == id));
    let kind = original.map_or(entry.kind, |o| o.kind);
    if kind != EntryKind::Charge {
        post(db, &book.investment, &entry, kind, now)?;
    }
    let id = entry.id;
    book.entries.push(entry);
    book.entries.sort_by_key(|e| (e.booked_on, e.id));
    Ok(id)
}

/// The transfers of an entry: from the bank (or from credit) to what it paid, and of a refund from credit to the bank; a
/// reversal the other way round.
fn post(db: &mut Db, investment: &Investment, entry: &Entry, kind: EntryKind, now: Instant) -> Result<()> {
    let (authority, owner) = (investment.authority_id, investment.owner());
    let reversal = entry.kind == EntryKind::Reversal;
    if kind == EntryKind::Refund && !reversal {
        let held = ledger::account(db, authority, &owner, AccountKind::Suspense, now)?;
        let (on, source) = (entry.booked_on, Subject::new("entry", entry.id));
        return funds::pay_out(db, authority, investment.fund_id, held, entry.amount, on, now, &source);
    }
    let from = match kind {
        EntryKind::Credit => ledger::account(db, authority, &owner, AccountKind::Suspense, now)?,
        _ => ledger::account(db, authority, &Fund::owner(investment.fund_id), AccountKind::Bank, now)?,
    };
    let paid = &entry.allocation.0;
    let parts = match kind {
        EntryKind::Refund => vec![(AccountKind::Suspense, entry.amount, "Paid back")],
        EntryKind::Recovery => vec![(AccountKind::Impairment, entry.amount, "Recovered after the write-off")],
        _ => vec![
            (AccountKind::FeeIncome, paid.to(Component::Fee), "Fee"),
            (AccountKind::InterestIncome, paid.to(Component::Interest), "Interest"),
            (AccountKind::Loans, paid.to(Component::Principal), "Principal"),
            (AccountKind::Suspense, paid.left_over, "Paid and not yet due"),
        ],
    };
    for (account, amount, word) in parts {
        if amount <= Pence::ZERO {
            continue;
        }
        let to = ledger::account(db, authority, &owner, account, now)?;
        // What was paid back and did not arrive stands in the bank again.
        let (debit, credit) = if reversal && kind != EntryKind::Refund { (to, from) } else { (from, to) };
        let memo = if reversal { format!("{word}, reversed") } else { word.to_owned() };
        let (on, source) = (entry.booked_on, Subject::new("entry", entry.id));
        ledger::transfer(db, Posting { authority, debit, credit, amount, on, at: now, source, memo })?;
    }
    Ok(())
}

/// Closed when everything that was ever due is paid and nothing more can fall due; running again when a payment is
/// reversed. What was paid out and never comes back is taken out of the books then.
pub(super) fn settle_state(db: &mut Db, book: &Book, now: Instant) -> Result<()> {
    let investment = &book.investment;
    let over = book.is_over(now.date());
    match investment.state {
        InvestmentState::Running if over => {
            // A payment that was reversed never came, so it ends nothing.
            let paid = |e: &&Entry| matches!(e.kind, EntryKind::Receipt | EntryKind::Credit) && !book.is_reversed(e);
            let last_paid = book.entries.iter().filter(paid).map(|e| e.booked_on).max();
            let (authority, owner) = (investment.authority_id, investment.owner());
            let credit = ledger::account(db, authority, &owner, AccountKind::Loans, now)?;
            let left = ledger::balance(db, credit)?;
            let lends = matches!(
                investment.terms.0.instrument(),
                Instrument::Loan | Instrument::RevenueShare | Instrument::Convertible | Instrument::RecoverableGrant
            );
            if left <= Pence::ZERO && lends {
                return store::set_state(db, investment.id, InvestmentState::Repaid, last_paid);
            }
            let on = now.date();
            if left > Pence::ZERO {
                let debit = ledger::account(db, authority, &owner, AccountKind::Impairment, now)?;
                let (source, memo) = (Subject::new("ending", investment.id), "Ended: does not come back".to_owned());
                ledger::transfer(db, Posting { authority, debit, credit, amount: left, on, at: now, source, memo })?;
            }
            store::set_state(db, investment.id, InvestmentState::Ended, Some(on))
        }
        InvestmentState::Repaid if !over => store::set_state(db, investment.id, InvestmentState::Running, None),
        _ => Ok(()),
    }
}
