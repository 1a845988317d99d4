//! Shares: ownership and dilution, preference dividends, and who gets what when the enterprise is sold.

use crate::finance::refusal::{FinanceRefusal, Worked, split, times, total};
use crate::values::{Pence, Rate};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What a class is owed before ordinary shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    /// Classes of a lower number are paid first; equal numbers share.
    pub rank: u32,
    /// How many times its cost comes back first; usually 1.
    pub multiple: Decimal,
    /// Yearly dividend on cost.
    pub dividend: Rate,
    /// Whether unpaid dividends add up.
    pub cumulative: bool,
    /// Whether it shares in the rest besides its preference, as if ordinary.
    pub participating: bool,
    /// The most it gets in all, as a multiple of cost; `None` for no limit. Only for a participating class.
    pub participation_cap: Option<Decimal>,
}

/// A class of shares of one holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// How many shares; one converts into one ordinary share.
    pub shares: u64,
    /// What was paid for them.
    pub cost: Pence,
    /// Its preference; `None` for ordinary shares.
    pub preference: Option<Preference>,
    /// Cumulative dividends declared by the terms and unpaid.
    pub unpaid_dividends: Pence,
}

/// The part of all shares that a holding is, unrounded.
///
/// # Errors
/// [`FinanceRefusal::NotPositive`] when there is no share.
pub fn ownership(held: u64, all: u64) -> Worked<Decimal> {
    Decimal::from(held).checked_div(Decimal::from(all)).ok_or(FinanceRefusal::NotPositive("a number of shares"))
}

/// What a holding becomes when new shares are issued to others: the shares and the part before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Dilution {
    /// The part before.
    pub before: Decimal,
    /// The part after.
    pub after: Decimal,
    /// New shares to buy to keep the part, rounded up.
    pub to_keep: u64,
}

/// Dilution by an issue of new shares.
///
/// # Errors
/// [`FinanceRefusal`] when more is held than there is, or nothing is issued yet.
pub fn dilution(held: u64, all: u64, issued: u64) -> Worked<Dilution> {
    if held > all {
        return Err(FinanceRefusal::Contradiction("A holding cannot be more than all shares."));
    }
    let after_all = all.checked_add(issued).ok_or(FinanceRefusal::TooLarge)?;
    let before = ownership(held, all)?;
    let keep = (u128::from(held) * u128::from(issued)).div_ceil(u128::from(all));
    let to_keep = u64::try_from(keep).map_err(|_| FinanceRefusal::TooLarge)?;
    Ok(Dilution { before, after: ownership(held, after_all)?, to_keep })
}

/// A year's preference dividend: what is due, what profit allows, what is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Dividend {
    /// Cost × dividend rate × part of the year.
    pub due: Pence,
    /// Paid, arrears first.
    pub paid: Pence,
    /// Unpaid and still owed; nothing when the dividend is not cumulative.
    pub carried: Pence,
}

/// The dividend of a preference class for a part of a year, within what may be distributed.
///
/// # Errors
/// [`FinanceRefusal`] for ordinary shares, a negative part, or figures too large.
pub fn preference_dividend(class: &Class, years: Decimal, distributable: Pence) -> Worked<Dividend> {
    let preference = class.preference.ok_or(FinanceRefusal::Missing("the preference of the class"))?;
    if years < Decimal::ZERO {
        return Err(FinanceRefusal::Negative("a part of a year"));
    }
    let due = times(class.cost, preference.dividend.get().checked_mul(years).ok_or(FinanceRefusal::TooLarge)?)?;
    let owed = total([due, class.unpaid_dividends])?;
    let paid = owed.min(distributable.max(Pence::ZERO));
    let carried = if preference.cumulative { owed - paid } else { Pence::ZERO };
    Ok(Dividend { due, paid, carried })
}

/// What a class gets of a sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Payout {
    /// The class.
    pub name: String,
    /// By its preference.
    pub preferred: Pence,
    /// As ordinary shares.
    pub shared: Pence,
    /// Whether it gave up its preference to share as ordinary.
    pub converted: bool,
}

/// Who gets what of the proceeds after debts.
///
/// Preferences are paid in rank, each multiple × cost + unpaid cumulative dividends; the rest goes to ordinary,
/// converted and participating shares by number, a capped class stopping at its cap. A class that does not participate,
/// or is capped, converts when that pays it more, the others' choices given; choices are tried from the lowest
/// preference per share until none changes. Payouts add up to the proceeds to the penny, as long as any class can take
/// the rest.
///
/// # Errors
/// [`FinanceRefusal`]: no class, negative proceeds, figures too large.
pub fn waterfall(classes: &[Class], proceeds: Pence) -> Worked<Vec<Payout>> {
    if classes.is_empty() {
        return Err(FinanceRefusal::Missing("at least one class of shares"));
    }
    if proceeds < Pence::ZERO {
        return Err(FinanceRefusal::Negative("proceeds"));
    }
    let claims = classes.iter().map(claim).collect::<Worked<Vec<_>>>()?;
    let mut order: Vec<usize> = (0..classes.len()).filter(|i| may_convert(&classes[*i])).collect();
    let a_share = |i: &usize| claims[*i].decimal() / Decimal::from(classes[*i].shares.max(1));
    order.sort_by_key(a_share);
    let mut converted = vec![false; classes.len()];
    for _ in 0..=classes.len() {
        let mut changed = false;
        for &index in &order {
            let kept = pay(classes, &claims, &converted, proceeds)?;
            let mut tried = converted.clone();
            tried[index] = !tried[index];
            let other = pay(classes, &claims, &tried, proceeds)?;
            let sum = |p: &Payout| total([p.preferred, p.shared]);
            if sum(&other[index])? > sum(&kept[index])? {
                converted = tried;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    pay(classes, &claims, &converted, proceeds)
}

fn may_convert(class: &Class) -> bool {
    class.preference.is_some_and(|p| !p.participating || p.participation_cap.is_some()) && class.shares > 0
}

fn claim(class: &Class) -> Worked<Pence> {
    class.preference.map_or(Ok(Pence::ZERO), |p| total([times(class.cost, p.multiple)?, class.unpaid_dividends]))
}

fn pay(classes: &[Class], claims: &[Pence], converted: &[bool], proceeds: Pence) -> Worked<Vec<Payout>> {
    let mut left = proceeds;
    let mut payouts: Vec<Payout> = classes
        .iter()
        .zip(converted)
        .map(|(c, &converted)| Payout { name: c.name.clone(), preferred: Pence::ZERO, shared: Pence::ZERO, converted })
        .collect();
    let preferred = |i: &usize| classes[*i].preference.filter(|_| !converted[*i]);
    let mut ranks: Vec<u32> = (0..classes.len()).filter_map(|i| preferred(&i).map(|p| p.rank)).collect();
    ranks.sort_unstable();
    ranks.dedup();
    for rank in ranks {
        let here: Vec<usize> = (0..classes.len()).filter(|i| preferred(i).is_some_and(|p| p.rank == rank)).collect();
        let wanted: Vec<Pence> = here.iter().map(|i| claims[*i]).collect();
        let given = left.min(total(wanted.iter().copied())?);
        for (index, part) in here.iter().zip(split(given, &wanted)?) {
            payouts[*index].preferred = part;
        }
        left = left - given;
    }
    share_out(classes, &mut payouts, left)?;
    Ok(payouts)
}

/// The rest by number of shares; a capped class that is full leaves its part to the others.
fn share_out(classes: &[Class], payouts: &mut [Payout], mut left: Pence) -> Worked<()> {
    let mut open: Vec<usize> = (0..classes.len())
        .filter(|i| payouts[*i].converted || classes[*i].preference.is_none_or(|p| p.participating))
        .collect();
    while left > Pence::ZERO && !open.is_empty() {
        let weights = open.iter().map(|i| i64::try_from(classes[*i].shares).map(Pence));
        let weights = weights.collect::<Result<Vec<_>, _>>().map_err(|_| FinanceRefusal::TooLarge)?;
        let parts = split(left, &weights)?;
        let mut full = Vec::new();
        for (index, part) in open.iter().copied().zip(&parts) {
            let cap = classes[index].preference.filter(|_| !payouts[index].converted).and_then(|p| p.participation_cap);
            let Some(cap) = cap else { continue };
            let room = (times(classes[index].cost, cap)? - payouts[index].preferred).max(Pence::ZERO);
            if room < *part {
                full.push((index, room));
            }
        }
        if full.is_empty() {
            for (index, part) in open.iter().copied().zip(parts) {
                payouts[index].shared = part;
            }
            return Ok(());
        }
        for (index, room) in full {
            payouts[index].shared = room;
            left = left - room;
            open.retain(|i| *i != index);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rust_decimal::dec;

    fn class(name: &str, shares: u64, pounds: i64, preference: Option<Preference>) -> Class {
        Class { name: name.to_owned(), shares, cost: Pence(pounds * 100), preference, unpaid_dividends: Pence::ZERO }
    }

    #[expect(clippy::unnecessary_wraps, reason = "a class holds it as an option")]
    fn preferred(participating: bool, cap: Option<Decimal>) -> Option<Preference> {
        let dividend = "0.08".parse().unwrap();
        Some(Preference {
            rank: 1,
            multiple: dec!(1),
            dividend,
            cumulative: true,
            participating,
            participation_cap: cap,
        })
    }

    fn sale(preference: Option<Preference>, pounds: i64) -> (i64, i64, bool) {
        let classes = [class("Ordinary", 800, 0, None), class("Fund", 200, 100_000, preference)];
        let paid = waterfall(&classes, Pence(pounds * 100)).unwrap();
        let got = |p: &Payout| (p.preferred + p.shared).0 / 100;
        (got(&paid[0]), got(&paid[1]), paid[1].converted)
    }

    #[test]
    fn a_preference_comes_first_and_is_given_up_when_sharing_pays_more() {
        let plain = preferred(false, None);
        assert_eq!(sale(plain, 60_000), (0, 60_000, false));
        assert_eq!(sale(plain, 300_000), (200_000, 100_000, false));
        assert_eq!(sale(plain, 1_000_000), (800_000, 200_000, true));
        assert_eq!(sale(preferred(true, None), 600_000), (400_000, 200_000, false));
        let capped = preferred(true, Some(dec!(1.5)));
        assert_eq!(sale(capped, 600_000), (450_000, 150_000, false));
        assert_eq!(sale(capped, 1_000_000), (800_000, 200_000, true));
    }

    #[test]
    fn dividends_wait_for_profit_and_add_up_only_when_cumulative() {
        let mut shares = class("Fund", 200, 100_000, preferred(false, None));
        let first = preference_dividend(&shares, dec!(1), Pence(300_000)).unwrap();
        assert_eq!((first.due, first.paid, first.carried), (Pence(800_000), Pence(300_000), Pence(500_000)));
        shares.unpaid_dividends = first.carried;
        let paid = waterfall(&[class("Ordinary", 800, 0, None), shares], Pence(20_000_000)).unwrap();
        assert_eq!(paid[1].preferred, Pence(10_500_000));
    }

    #[test]
    fn new_shares_thin_a_holding_unless_its_part_is_bought() {
        let thinner = dilution(200, 1_000, 250).unwrap();
        assert_eq!((thinner.before, thinner.after, thinner.to_keep), (dec!(0.2), dec!(0.16), 50));
        assert!(dilution(2, 1, 1).is_err());
        assert!(ownership(0, 0).is_err());
    }

    proptest! {
        #[test]
        fn a_sale_is_paid_out_to_the_penny_and_more_never_pays_the_fund_less(
            pounds in 0_i64..10_000_000, more in 0_i64..1_000_000, cap in prop::option::of(1_i64..4), joins in any::<bool>(), second in any::<bool>(),
        ) {
            let cap = cap.filter(|_| joins).map(Decimal::from);
            let mut classes = vec![class("Ordinary", 733, 10, None), class("Fund", 267, 100_000, preferred(joins, cap))];
            if second {
                classes.push(class("Seed", 119, 40_000, preferred(false, None)));
            }
            let paid = waterfall(&classes, Pence(pounds)).unwrap();
            prop_assert_eq!(paid.iter().map(|p| p.preferred + p.shared).sum::<Pence>(), Pence(pounds));
            let later = waterfall(&classes[..2], Pence(pounds + more)).unwrap();
            let now = waterfall(&classes[..2], Pence(pounds)).unwrap();
            prop_assert!(later[1].preferred + later[1].shared >= now[1].preferred + now[1].shared);
        }
    }
}
