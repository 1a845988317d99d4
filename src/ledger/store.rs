//! Rows of the ledger.

use super::model::{AccountKind, LedgerAccount, LedgerRefusal, Posting, Transfer};
use crate::db::schema::{ledger_accounts, ledger_transfers};
use crate::db::{Db, sum_pence};
use crate::error::Result;
use crate::values::{Id, Instant, LocalDate, Pence, Subject, actor};
use diesel::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// The account of an owner and kind; opened when there is none yet.
///
/// # Errors
/// What the database says.
pub fn account(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    owner: &Subject,
    kind: AccountKind,
    now: Instant,
) -> Result<Id<LedgerAccount>> {
    let find = |db: &mut Db| -> Result<Option<Id<LedgerAccount>>> {
        Ok(ledger_accounts::table
            .filter(ledger_accounts::owner_kind.eq(&owner.kind))
            .filter(ledger_accounts::owner_id.eq(&owner.id))
            .filter(ledger_accounts::kind.eq(kind))
            .select(ledger_accounts::id)
            .first(db)
            .optional()?)
    };
    if let Some(found) = find(db)? {
        return Ok(found);
    }
    let opened = LedgerAccount {
        id: Id::new(),
        authority_id: authority,
        owner_kind: owner.kind.clone(),
        owner_id: owner.id.clone(),
        kind,
        created_at: now,
    };
    let insert = diesel::insert_into(ledger_accounts::table).values(&opened).on_conflict_do_nothing();
    crate::on_each!(db, c => insert.execute(c))?;
    Ok(find(db)?.unwrap_or(opened.id))
}

/// Writes a transfer.
///
/// # Errors
/// A [`LedgerRefusal`], or what the database says.
pub fn transfer(db: &mut Db, posting: Posting) -> Result<Id<Transfer>> {
    if posting.amount <= Pence::ZERO {
        return Err(LedgerRefusal::NothingMoves.into());
    }
    if posting.debit == posting.credit {
        return Err(LedgerRefusal::SameAccount.into());
    }
    let own: i64 = ledger_accounts::table
        .filter(ledger_accounts::id.eq_any([posting.debit, posting.credit]))
        .filter(ledger_accounts::authority_id.eq(posting.authority))
        .count()
        .get_result(db)?;
    if own != 2 {
        return Err(LedgerRefusal::OtherAuthority.into());
    }
    let row = Transfer {
        id: Id::new(),
        authority_id: posting.authority,
        debit_id: posting.debit,
        credit_id: posting.credit,
        amount: posting.amount,
        booked_on: posting.on,
        made_at: posting.at,
        source_kind: posting.source.kind,
        source_id: posting.source.id,
        memo: posting.memo,
    };
    diesel::insert_into(ledger_transfers::table).values(&row).execute(db)?;
    Ok(row.id)
}

/// Debits less credits of an account.
///
/// # Errors
/// What the database says.
pub fn balance(db: &mut Db, account: Id<LedgerAccount>) -> Result<Pence> {
    let debits: Option<i64> =
        ledger_transfers::table.filter(ledger_transfers::debit_id.eq(account)).select(sum_pence("amount")).first(db)?;
    let credits: Option<i64> = ledger_transfers::table
        .filter(ledger_transfers::credit_id.eq(account))
        .select(sum_pence("amount"))
        .first(db)?;
    Ok(Pence(debits.unwrap_or(0)) - Pence(credits.unwrap_or(0)))
}

/// Debits and credits of every account of some owners: `(owner, kind) → (debits, credits)`. Three statements.
///
/// # Errors
/// What the database says.
pub fn balances(
    db: &mut Db,
    owner_kind: &str,
    owners: &[String],
) -> Result<HashMap<(String, AccountKind), (Pence, Pence)>> {
    let accounts: Vec<LedgerAccount> = ledger_accounts::table
        .filter(ledger_accounts::owner_kind.eq(owner_kind))
        .filter(ledger_accounts::owner_id.eq_any(owners))
        .select(LedgerAccount::as_select())
        .load(db)?;
    let ids: Vec<Id<LedgerAccount>> = accounts.iter().map(|a| a.id).collect();
    let debits: HashMap<Id<LedgerAccount>, Option<i64>> = ledger_transfers::table
        .filter(ledger_transfers::debit_id.eq_any(&ids))
        .group_by(ledger_transfers::debit_id)
        .select((ledger_transfers::debit_id, sum_pence("amount")))
        .load(db)?
        .into_iter()
        .collect();
    let credits: HashMap<Id<LedgerAccount>, Option<i64>> = ledger_transfers::table
        .filter(ledger_transfers::credit_id.eq_any(&ids))
        .group_by(ledger_transfers::credit_id)
        .select((ledger_transfers::credit_id, sum_pence("amount")))
        .load(db)?
        .into_iter()
        .collect();
    let of = |sums: &HashMap<Id<LedgerAccount>, Option<i64>>, id| Pence(sums.get(&id).copied().flatten().unwrap_or(0));
    Ok(accounts.into_iter().map(|a| ((a.owner_id, a.kind), (of(&debits, a.id), of(&credits, a.id)))).collect())
}

/// Debits less credits by kind of account over a whole authority. Their sum is zero.
///
/// # Errors
/// What the database says.
pub fn trial_balance(db: &mut Db, authority: Id<actor::Organisation>) -> Result<BTreeMap<AccountKind, Pence>> {
    let debits: Vec<(AccountKind, Option<i64>)> = ledger_transfers::table
        .inner_join(ledger_accounts::table.on(ledger_accounts::id.eq(ledger_transfers::debit_id)))
        .filter(ledger_transfers::authority_id.eq(authority))
        .group_by(ledger_accounts::kind)
        .select((ledger_accounts::kind, sum_pence("amount")))
        .load(db)?;
    let credits: Vec<(AccountKind, Option<i64>)> = ledger_transfers::table
        .inner_join(ledger_accounts::table.on(ledger_accounts::id.eq(ledger_transfers::credit_id)))
        .filter(ledger_transfers::authority_id.eq(authority))
        .group_by(ledger_accounts::kind)
        .select((ledger_accounts::kind, sum_pence("amount")))
        .load(db)?;
    let mut kinds: BTreeMap<AccountKind, Pence> = BTreeMap::new();
    for (kind, sum) in debits {
        let entry = kinds.entry(kind).or_default();
        *entry = *entry + Pence(sum.unwrap_or(0));
    }
    for (kind, sum) in credits {
        let entry = kinds.entry(kind).or_default();
        *entry = *entry - Pence(sum.unwrap_or(0));
    }
    Ok(kinds)
}

/// The days on which transfers of a source are booked, with their amounts, oldest first; at most 2,000.
///
/// # Errors
/// What the database says.
pub fn transfers_of_source(db: &mut Db, source: &Subject) -> Result<Vec<(LocalDate, Pence)>> {
    Ok(ledger_transfers::table
        .filter(ledger_transfers::source_kind.eq(&source.kind))
        .filter(ledger_transfers::source_id.eq(&source.id))
        .select((ledger_transfers::booked_on, ledger_transfers::amount))
        .order((ledger_transfers::booked_on, ledger_transfers::id))
        .limit(2_000)
        .load(db)?)
}

/// Transfers in and out of an owner's account of a kind, newest first: the transfer, and whether it was debited.
///
/// # Errors
/// What the database says.
pub fn transfers_of_owner(
    db: &mut Db,
    owner: &Subject,
    kind: AccountKind,
    limit: i64,
) -> Result<Vec<(Transfer, bool)>> {
    Ok(ledger_transfers::table
        .inner_join(ledger_accounts::table.on(
            ledger_accounts::id.eq(ledger_transfers::debit_id).or(ledger_accounts::id.eq(ledger_transfers::credit_id)),
        ))
        .filter(ledger_accounts::owner_kind.eq(&owner.kind))
        .filter(ledger_accounts::owner_id.eq(&owner.id))
        .filter(ledger_accounts::kind.eq(kind))
        .select((Transfer::as_select(), ledger_accounts::id))
        .order((ledger_transfers::booked_on.desc(), ledger_transfers::id.desc()))
        .limit(limit)
        .load(db)?
        .into_iter()
        .map(|(t, account): (Transfer, Id<LedgerAccount>)| {
            let debited = t.debit_id == account;
            (t, debited)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Database;
    use crate::people::{Organisation, OrganisationKind, Profile};
    use crate::values::time::parse_date;
    use proptest::prelude::*;

    fn ground() -> (tempfile::TempDir, Database, Id<actor::Organisation>, Instant) {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open(&format!("sqlite:{}", folder.path().join("l.db").display()), 2).unwrap();
        crate::db::migrate::up(&db).unwrap();
        let now = Instant::start_of(parse_date("2026-11-24").unwrap());
        let council = Organisation {
            id: Id::new(),
            kind: OrganisationKind::Authority,
            name: "Council".into(),
            parent_id: None,
            profile: crate::db::Json(Profile::default()),
            created_at: now,
            created_by: None,
        };
        db.write_now(|c| {
            diesel::insert_into(crate::db::schema::organisations::table).values(&council).execute(c)?;
            Ok(())
        })
        .unwrap();
        (folder, db, council.id, now)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
        #[test]
        fn after_any_sequence_of_transfers_the_balances_add_up_to_zero(
            moves in prop::collection::vec((0_usize..5, 0_usize..5, -3_i64..1_000_000_000), 1..25),
        ) {
            let (_folder, db, council, now) = ground();
            let on = now.date();
            let kinds = [AccountKind::Bank, AccountKind::Loans, AccountKind::CouncilCapital, AccountKind::Suspense, AccountKind::InterestIncome];
            let owner = Subject { kind: "fund".into(), id: "x".into() };
            let mut expected = [0_i64; 5];
            for (debit, credit, amount) in moves {
                let owner = owner.clone();
                let made = db.write_now(|c| {
                    let debit = account(c, council, &owner, kinds[debit], now)?;
                    let credit = account(c, council, &owner, kinds[credit], now)?;
                    transfer(c, Posting { authority: council, debit, credit, amount: Pence(amount), on, at: now, source: owner.clone(), memo: "m".into() })
                });
                prop_assert_eq!(made.is_ok(), amount > 0 && debit != credit);
                if made.is_ok() {
                    expected[debit] += amount;
                    expected[credit] -= amount;
                }
            }
            let trial = db.read_now(|c| trial_balance(c, council)).unwrap();
            prop_assert_eq!(trial.values().copied().sum::<Pence>(), Pence::ZERO);
            for (kind, amount) in kinds.iter().zip(expected) {
                prop_assert_eq!(trial.get(kind).copied().unwrap_or_default(), Pence(amount));
            }
        }
    }

    #[test]
    fn a_stored_transfer_can_be_neither_changed_nor_removed() {
        let (_folder, db, council, now) = ground();
        let owner = Subject { kind: "fund".into(), id: "x".into() };
        let id = db
            .write_now(|c| {
                let debit = account(c, council, &owner, AccountKind::Bank, now)?;
                let credit = account(c, council, &owner, AccountKind::CouncilCapital, now)?;
                assert_eq!(account(c, council, &owner, AccountKind::Bank, now)?, debit);
                transfer(
                    c,
                    Posting {
                        authority: council,
                        debit,
                        credit,
                        amount: Pence(5),
                        on: now.date(),
                        at: now,
                        source: owner.clone(),
                        memo: "m".into(),
                    },
                )
            })
            .unwrap();
        let changed = db.write_now(|c| {
            Ok(diesel::update(ledger_transfers::table.filter(ledger_transfers::id.eq(id)))
                .set(ledger_transfers::amount.eq(6_i64))
                .execute(c)?)
        });
        assert!(changed.is_err());
        let removed = db
            .write_now(|c| Ok(diesel::delete(ledger_transfers::table.filter(ledger_transfers::id.eq(id))).execute(c)?));
        assert!(removed.is_err());
    }
}
