//! A convertible loan: repaid at maturity, or shares after a qualifying round.

use super::facts::{Facts, Happened};
use super::shares::{self, ShareTerms};
use super::{Agreed, without_end};
use crate::finance::instruments::convertible::{
    AtMaturity, Conversion, Convertible, Outcome, Round, convertible as worked, owed_on,
};
use crate::finance::refusal::FinanceRefusal;
use crate::finance::schedule::{Nature, Row, Schedule, Tranche};
use crate::values::{LocalDate, Pence, Rate, Share};
use serde::{Deserialize, Serialize};

/// What a convertible loan says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConvertibleTerms {
    /// Yearly simple interest, ACT/365F, that converts too.
    pub interest: Rate,
    /// The highest value of the company before new money at which it converts.
    pub cap: Option<Pence>,
    /// What it pays less than new investors.
    pub discount: Share,
    /// The least a round must raise to convert it.
    pub qualifying_round: Pence,
    /// The last day.
    pub maturity: LocalDate,
    /// What happens then.
    pub at_maturity: AtMaturity,
    /// Shares in issue when it is agreed.
    pub shares_now: u64,
}

impl ConvertibleTerms {
    /// The note as drawn.
    ///
    /// # Errors
    /// More or less than one drawing, or maturity before it.
    pub fn note(&self, draws: &[Tranche]) -> Agreed<Convertible> {
        let [draw] = draws else {
            return Err(FinanceRefusal::Contradiction("A convertible loan is paid out in one amount.").into());
        };
        if self.maturity <= draw.on {
            return Err(FinanceRefusal::Contradiction("The last day must be after the amount is paid out.").into());
        }
        Ok(Convertible {
            drawn_on: draw.on,
            principal: draw.amount,
            interest: self.interest,
            cap: self.cap,
            discount: self.discount,
            qualifying_round: self.qualifying_round,
            maturity: self.maturity,
            at_maturity: self.at_maturity,
        })
    }

    /// The conversion so far, with its day and the shares in issue after it.
    ///
    /// # Errors
    /// Figures too large, nothing drawn.
    pub fn converted(&self, facts: &Facts<'_>) -> Agreed<Option<(LocalDate, Conversion, u64)>> {
        let note = self.note(facts.draws)?;
        for fact in facts.happened {
            let Happened::Round { raised, pre_money, shares_before } = fact.what else { continue };
            let round = Round { on: fact.on, raised, pre_money, shares_before };
            if raised < self.qualifying_round || fact.on > self.maturity {
                continue;
            }
            if let Outcome::Converted(conversion) = worked(&note, Some(round), fact.on, shares_before)? {
                return Ok(Some((fact.on, conversion, shares_before.saturating_add(conversion.shares))));
            }
        }
        if self.at_maturity == AtMaturity::ConvertsAtCap
            && facts.today >= self.maturity
            && let Outcome::Converted(conversion) = worked(&note, None, self.maturity, self.shares_now)?
        {
            return Ok(Some((self.maturity, conversion, self.shares_now.saturating_add(conversion.shares))));
        }
        Ok(None)
    }
}

pub(super) fn schedule(terms: &ConvertibleTerms, facts: &Facts<'_>) -> Agreed<Schedule> {
    let note = terms.note(facts.draws)?;
    if terms.at_maturity == AtMaturity::ConvertsAtCap && terms.cap.is_none() {
        return Err(FinanceRefusal::Missing("the value at which it becomes shares on the last day").into());
    }
    let Some((on, conversion, all_shares)) = terms.converted(facts)? else {
        if terms.at_maturity == AtMaturity::ConvertsAtCap {
            return Ok(Schedule::of(Vec::new(), Some(without_end()))?);
        }
        let (interest, owed) = owed_on(&note, terms.maturity)?;
        let row = Row {
            days: u32::try_from((terms.maturity - note.drawn_on).num_days()).unwrap_or(0),
            drawn: note.principal,
            interest,
            principal: note.principal,
            payment: owed,
            ..Row::blank(1, terms.maturity, Nature::Instalment)
        };
        return Ok(Schedule::of(vec![row], None)?);
    };
    let held = note.principal + conversion.interest - conversion.cash;
    let mut rows = vec![Row {
        days: u32::try_from((on - note.drawn_on).num_days()).unwrap_or(0),
        drawn: note.principal,
        interest: conversion.interest,
        capitalised: conversion.interest,
        principal: conversion.cash,
        payment: conversion.cash,
        closing: held,
        ..Row::blank(1, on, Nature::Conversion)
    }];
    let shares = ShareTerms { shares: conversion.shares, all_shares, market_value: None, preference: None };
    for row in shares::rows(&shares, held, on, facts.happened)? {
        // The first number belongs to the conversion.
        rows.push(Row { number: row.number + 1, ..row });
    }
    let sold = rows.iter().any(|r| r.nature == Nature::Sale);
    Ok(Schedule::of(rows, (!sold).then(without_end))?)
}
