//! A convertible loan: interest that adds up, and conversion at the better of a cap and a discount.

use crate::finance::DayCount;
use crate::finance::refusal::{FinanceRefusal, Worked, times, total};
use crate::values::{LocalDate, Pence, Rate, Share};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

/// What a convertible becomes at maturity without a qualifying round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtMaturity {
    /// It is repaid with its interest.
    Repaid,
    /// It converts at the cap.
    ConvertsAtCap,
}

/// A convertible loan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Convertible {
    /// The day it was paid out.
    pub drawn_on: LocalDate,
    /// How much.
    pub principal: Pence,
    /// Yearly simple interest, ACT/365F, that converts too.
    pub interest: Rate,
    /// The highest value of the enterprise before new money at which it converts; `None` for no cap.
    pub cap: Option<Pence>,
    /// What it pays less than new investors.
    pub discount: Share,
    /// The least a round must raise to convert it.
    pub qualifying_round: Pence,
    /// The last day.
    pub maturity: LocalDate,
    /// What happens then.
    pub at_maturity: AtMaturity,
}

/// A round of new shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// The day.
    pub on: LocalDate,
    /// New money, the convertible apart.
    pub raised: Pence,
    /// Value of the enterprise before the new money.
    pub pre_money: Pence,
    /// Shares before the round, fully diluted.
    pub shares_before: u64,
}

/// Which price was the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PricedBy {
    /// The cap.
    Cap,
    /// The discount, or the round's own price when there is none.
    Discount,
}

/// A conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Conversion {
    /// Interest that had added up.
    pub interest: Pence,
    /// Principal and interest.
    pub converted: Pence,
    /// Price of a share in pounds, to 6 places.
    pub price: Decimal,
    /// Which price it is.
    pub priced_by: PricedBy,
    /// Whole new shares.
    pub shares: u64,
    /// What buys no whole share, paid in cash.
    pub cash: Pence,
}

/// What a convertible is on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It runs on, with this much owed.
    Running {
        /// Principal and interest.
        owed: Pence,
    },
    /// It became shares.
    Converted(Conversion),
    /// It is due in cash.
    Due {
        /// Principal and interest.
        owed: Pence,
    },
}

/// Simple interest up to a day, at most to maturity.
///
/// # Errors
/// [`FinanceRefusal`] before the drawing or when it does not fit.
pub fn owed_on(note: &Convertible, on: LocalDate) -> Worked<(Pence, Pence)> {
    if on < note.drawn_on {
        return Err(FinanceRefusal::Contradiction("The loan was not drawn yet on that day."));
    }
    let years = DayCount::Act365F.fraction(note.drawn_on, on.min(note.maturity).max(note.drawn_on), None);
    let rate = note.interest.get().checked_mul(years).ok_or(FinanceRefusal::TooLarge)?;
    let interest = times(note.principal, rate)?;
    Ok((interest, total([note.principal, interest])?))
}

/// What a round, or maturity, does to a convertible. Price = min(cap / shares before, round price × (1 − discount)).
///
/// # Errors
/// [`FinanceRefusal`]: nothing drawn, no shares, a maturity conversion without a cap, figures too large.
pub fn convertible(note: &Convertible, round: Option<Round>, on: LocalDate, shares_now: u64) -> Worked<Outcome> {
    if note.principal <= Pence::ZERO {
        return Err(FinanceRefusal::NotPositive("an amount to draw"));
    }
    let capped = |shares: u64| -> Worked<Option<Decimal>> {
        let price = |cap: Pence| cap.pounds().checked_div(Decimal::from(shares));
        note.cap.map(|cap| price(cap).ok_or(FinanceRefusal::NotPositive("a number of shares"))).transpose()
    };
    if let Some(round) = round.filter(|r| r.raised >= note.qualifying_round && r.on <= note.maturity && r.on <= on) {
        let shares = Decimal::from(round.shares_before);
        let fair =
            round.pre_money.pounds().checked_div(shares).ok_or(FinanceRefusal::NotPositive("a number of shares"))?;
        let discounted = fair.checked_mul(Decimal::ONE - note.discount.get()).ok_or(FinanceRefusal::TooLarge)?;
        return match capped(round.shares_before)?.filter(|cap| *cap < discounted) {
            Some(cap) => convert(note, round.on, cap, PricedBy::Cap),
            None => convert(note, round.on, discounted, PricedBy::Discount),
        };
    }
    let (_, owed) = owed_on(note, on)?;
    match note.at_maturity {
        _ if on < note.maturity => Ok(Outcome::Running { owed }),
        AtMaturity::Repaid => Ok(Outcome::Due { owed }),
        AtMaturity::ConvertsAtCap => {
            let price = capped(shares_now)?.ok_or(FinanceRefusal::Missing("the cap it converts at"))?;
            convert(note, note.maturity, price, PricedBy::Cap)
        }
    }
}

fn convert(note: &Convertible, on: LocalDate, price: Decimal, priced_by: PricedBy) -> Worked<Outcome> {
    let price = crate::values::round_half_up(price, 6);
    let (interest, converted) = owed_on(note, on)?;
    let shares =
        converted.pounds().checked_div(price).ok_or(FinanceRefusal::NotPositive("a price of a share"))?.floor();
    let spent = Pence::round_pounds(shares.checked_mul(price).ok_or(FinanceRefusal::TooLarge)?);
    let cash = (converted - spent.map_err(|_| FinanceRefusal::TooLarge)?).max(Pence::ZERO);
    let shares = shares.to_u64().ok_or(FinanceRefusal::TooLarge)?;
    Ok(Outcome::Converted(Conversion { interest, converted, price, priced_by, shares, cash }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::parse_date;
    use rust_decimal::dec;

    fn note() -> Convertible {
        Convertible {
            drawn_on: parse_date("2026-01-01").unwrap(),
            principal: Pence(10_000_000),
            interest: "0.08".parse().unwrap(),
            cap: Some(Pence(200_000_000)),
            discount: "0.20".parse().unwrap(),
            qualifying_round: Pence(50_000_000),
            maturity: parse_date("2028-01-01").unwrap(),
            at_maturity: AtMaturity::Repaid,
        }
    }

    fn after(note: &Convertible, pre_money: i64, raised: i64) -> Outcome {
        let on = parse_date("2027-01-01").unwrap();
        let round =
            Round { on, raised: Pence(raised * 100), pre_money: Pence(pre_money * 100), shares_before: 1_000_000 };
        convertible(note, Some(round), on, 1_000_000).unwrap()
    }

    #[test]
    fn it_converts_at_the_better_of_cap_and_discount() {
        let Outcome::Converted(by_cap) = after(&note(), 5_000_000, 1_000_000) else { panic!() };
        assert_eq!((by_cap.price, by_cap.priced_by, by_cap.shares), (dec!(2), PricedBy::Cap, 54_000));
        let Outcome::Converted(cheap) = after(&note(), 1_500_000, 1_000_000) else { panic!() };
        assert_eq!(
            (cheap.price, cheap.priced_by, cheap.shares, cheap.cash),
            (dec!(1.2), PricedBy::Discount, 90_000, Pence(0))
        );
        assert_eq!(cheap.interest, Pence(800_000));
        assert_eq!(after(&note(), 5_000_000, 499_999), Outcome::Running { owed: Pence(10_800_000) });
    }

    #[test]
    fn without_a_round_it_is_repaid_or_converts_at_maturity_and_interest_stops_there() {
        let on = parse_date("2030-06-01").unwrap();
        assert_eq!(convertible(&note(), None, on, 1_000_000), Ok(Outcome::Due { owed: Pence(11_600_000) }));
        let converts = Convertible { at_maturity: AtMaturity::ConvertsAtCap, ..note() };
        let Ok(Outcome::Converted(done)) = convertible(&converts, None, on, 1_000_000) else { panic!() };
        assert_eq!((done.price, done.shares), (dec!(2), 58_000));
        let none = Convertible { cap: None, ..converts };
        assert!(convertible(&none, None, on, 1_000_000).is_err());
    }
}
