//! What an offer costs the enterprise, in pounds and dates and plain words, before it accepts.

use super::community_shares::CommunityShareTerms;
use super::convertible::ConvertibleTerms;
use super::facts::{Fact, Facts, Happened};
use super::guarantee::GuaranteeTerms;
use super::recoverable_grant::RecoverableGrantTerms;
use super::revenue_share::RevenueShareTerms;
use super::shares::ShareTerms;
use super::{Agreed, InstrumentTerms};
use crate::finance::instruments::convertible::{AtMaturity, Outcome, PricedBy, Round, convertible, owed_on};
use crate::finance::instruments::recoverable_grant::{TriggerYear, recoveries};
use crate::finance::instruments::revenue_share::Ending;
use crate::finance::loan::{Facility, Plan, Price};
use crate::finance::refusal::{FinanceRefusal, penny, times, total};
use crate::finance::schedule::{Row, Schedule, Tranche};
use crate::values::decimals::{group_thousands, shown_percent};
use crate::values::time::medium_date;
use crate::values::{LocalDate, Pence};
use rust_decimal::{Decimal, dec};
use serde::Serialize;

/// One way things may go, and what is paid then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scenario {
    /// "If revenue is half of that".
    pub when: String,
    /// What is paid, in words.
    pub then: String,
    /// What is paid in all, where it can be said.
    pub paid: Option<Pence>,
}

/// What an offer costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// The answer in two or three sentences.
    pub lead: String,
    /// What else to know.
    pub lines: Vec<String>,
    /// Other ways things may go.
    pub scenarios: Vec<Scenario>,
    /// Payment by payment, where the terms let one say it; rows marked as estimates change with what is reported.
    pub rows: Vec<Row>,
}

pub(super) fn percent(part: Decimal) -> String {
    let shown = shown_percent(part, 2);
    shown.strip_suffix(".00%").map_or(shown.clone(), |whole| format!("{whole}%"))
}

/// "each month", "every 3 months", "each year".
pub(super) fn every(months: u32) -> String {
    match months {
        1 => "each month".to_owned(),
        12 => "each year".to_owned(),
        n => format!("every {n} months"),
    }
}

pub(super) fn count(number: u64) -> String {
    group_thousands(&number.to_string())
}

/// "£X in N payments from DATE to DATE".
fn paid_words(rows: &[Row]) -> Agreed<(Pence, String)> {
    let paying: Vec<&Row> = rows.iter().filter(|r| !r.payment.is_zero()).collect();
    let sum = total(paying.iter().map(|r| r.payment))?;
    let words = match (paying.first(), paying.last()) {
        (Some(first), Some(last)) if paying.len() > 1 => {
            format!("{sum} in {} payments, from {} to {}", paying.len(), medium_date(first.due), medium_date(last.due))
        }
        (Some(only), _) => format!("{sum} on {}", medium_date(only.due)),
        _ => "nothing".to_owned(),
    };
    Ok((sum, words))
}

impl InstrumentTerms {
    /// What it costs the enterprise.
    ///
    /// # Errors
    /// As [`InstrumentTerms::schedule`].
    pub fn cost(&self, draws: &[Tranche]) -> Agreed<Cost> {
        let amount = total(draws.iter().map(|d| d.amount))?;
        match self {
            InstrumentTerms::Loan(terms) => loan(terms, &self.planned(draws)?),
            InstrumentTerms::RevenueShare(terms) => self.revenue_share(terms, draws, amount),
            InstrumentTerms::Equity(terms) | InstrumentTerms::PreferenceShares(terms) => shares(terms, amount),
            InstrumentTerms::Convertible(terms) => self.convertible(terms, draws, amount),
            InstrumentTerms::CommunityShares(terms) => community(terms, amount),
            InstrumentTerms::RecoverableGrant(terms) => grant(terms, draws, amount),
            InstrumentTerms::Grant => Ok(Cost {
                lead: format!(
                    "You would get {amount} and pay nothing back, as long as it is used for what was agreed."
                ),
                lines: vec!["The whole amount is a subsidy.".to_owned()],
                scenarios: Vec::new(),
                rows: Vec::new(),
            }),
            InstrumentTerms::Guarantee(terms) => guarantee(terms, self.planned(draws)?),
        }
    }

    fn revenue_share(&self, terms: &RevenueShareTerms, draws: &[Tranche], amount: Pence) -> Agreed<Cost> {
        let cap = times(amount, terms.multiple)?;
        let with = |revenue: Pence| -> Agreed<Schedule> {
            let today = draws.iter().map(|d| d.on).min().unwrap_or(LocalDate::MIN);
            let reports: Vec<Fact> = terms
                .due_dates(draws)
                .iter()
                .map(|due| Fact { on: *due, known_on: today, what: Happened::Revenue { revenue } })
                .collect();
            self.schedule(&Facts { draws, happened: &reports, today })
        };
        let expected = with(terms.expected)?;
        let (sum, words) = paid_words(&expected.rows)?;
        let period = every(terms.period_months);
        let lead = format!(
            "You would get {amount} and pay {} of your revenue {period}, until you have paid {cap} in all or until {}, \
             whichever comes first. With revenue of {} a period you would pay back {words}: {} more than you get.",
            percent(terms.share.get()),
            medium_date(terms.long_stop),
            terms.expected,
            (sum - amount).max(Pence::ZERO)
        );
        let mut lines = vec![match terms.ceiling {
            Some(ceiling) if terms.floor > Pence::ZERO => {
                format!("No payment is less than {} or more than {ceiling}, except a last one.", terms.floor)
            }
            Some(ceiling) => format!("No payment is more than {ceiling}. In a period without revenue you pay nothing."),
            None if terms.floor > Pence::ZERO => {
                format!("No payment is less than {}, whatever revenue is.", terms.floor)
            }
            None => "In a period without revenue you pay nothing.".to_owned(),
        }];
        lines.push(match terms.ending {
            Ending::Forgiven => "What is not paid by the last day is forgiven.".to_owned(),
            Ending::Balloon => format!("What is left of {cap} on the last day is due at once."),
            Ending::TermLoan => terms.term_loan.map_or_else(String::new, |loan| {
                format!(
                    "What is left of {cap} on the last day becomes a loan at {} a year in {} instalments.",
                    percent(loan.rate.get()),
                    loan.instalments
                )
            }),
            Ending::ShareRises(share) => {
                format!(
                    "If {cap} is not paid by the last day, you go on with {} of revenue until it is.",
                    percent(share.get())
                )
            }
        });
        lines.push(
            "You report revenue before each payment. Without a report the payment is worked out from your last figure and \
             put right with the next one."
                .to_owned(),
        );
        let mut scenarios = Vec::new();
        for (word, factor) in [("half of that", dec!(0.5)), ("half as much again", dec!(1.5)), ("nothing", dec!(0))] {
            let found = with(times(terms.expected, factor)?)?;
            let (paid, words) = paid_words(&found.rows)?;
            let rest = if found.open_until.is_some() && paid < cap {
                format!(". {} stays unpaid", cap - paid)
            } else {
                String::new()
            };
            scenarios.push(Scenario {
                when: format!("If revenue is {word}"),
                then: format!("you pay {words}{rest}."),
                paid: Some(paid),
            });
        }
        let mut rows = expected.rows;
        for row in &mut rows {
            row.estimate = true;
        }
        Ok(Cost { lead, lines, scenarios, rows })
    }

    fn convertible(&self, terms: &ConvertibleTerms, draws: &[Tranche], amount: Pence) -> Agreed<Cost> {
        let note = terms.note(draws)?;
        let (interest, owed) = owed_on(&note, terms.maturity)?;
        let end = match terms.at_maturity {
            AtMaturity::Repaid => {
                format!(
                    "Otherwise you pay back {owed} on {}: {interest} of it is interest.",
                    medium_date(terms.maturity)
                )
            }
            AtMaturity::ConvertsAtCap => {
                format!("Otherwise it becomes shares on {} at the highest value agreed.", medium_date(terms.maturity))
            }
        };
        let lead = format!(
            "You would get {amount}. If you raise at least {} from new investors by {}, the council’s money and its interest \
             of {} a year become shares and nothing is paid back. {end}",
            terms.qualifying_round,
            medium_date(terms.maturity),
            percent(terms.interest.get())
        );
        let cap = terms.cap.map(|cap| format!("a value of the company of {cap} before the new money"));
        let discount = (!terms.discount.get().is_zero())
            .then(|| format!("{} less than new investors pay", percent(terms.discount.get())));
        let price = [cap, discount].into_iter().flatten().collect::<Vec<_>>().join(", or ");
        let mut lines = Vec::new();
        if !price.is_empty() {
            lines.push(format!("The council’s price of a share is the lower of: {price}."));
        }
        lines.push("New shares make the part of every owner before them smaller.".to_owned());
        let base = terms.cap.unwrap_or(Pence(amount.0.saturating_mul(10)));
        let mut scenarios = Vec::new();
        for (word, factor) in [("half of", dec!(0.5)), ("", dec!(1)), ("twice", dec!(2))] {
            let pre_money = times(base, factor)?;
            let round = Round {
                on: terms.maturity,
                raised: terms.qualifying_round,
                pre_money,
                shares_before: terms.shares_now,
            };
            let Outcome::Converted(found) = convertible(&note, Some(round), terms.maturity, terms.shares_now)? else {
                continue;
            };
            let fair = pre_money.pounds().checked_div(Decimal::from(terms.shares_now)).unwrap_or_default();
            let new = terms.qualifying_round.pounds().checked_div(fair).unwrap_or_default();
            let all = Decimal::from(terms.shares_now) + Decimal::from(found.shares) + new;
            let part = Decimal::from(found.shares).checked_div(all).unwrap_or_default();
            let why = if found.priced_by == PricedBy::Cap { "the highest value agreed" } else { "the lower price" };
            scenarios.push(Scenario {
                when: format!(
                    "If the company is worth {pre_money} then{}",
                    if word.is_empty() || terms.cap.is_none() {
                        String::new()
                    } else {
                        format!(", {word} the highest value agreed")
                    }
                ),
                then: format!(
                    "the council gets {} shares, {} of the company, by {why}.",
                    count(found.shares),
                    percent(part)
                ),
                paid: None,
            });
        }
        Ok(Cost { lead, lines, scenarios, rows: self.planned(draws)?.rows })
    }
}

fn loan(terms: &Facility, schedule: &Schedule) -> Agreed<Cost> {
    let paying: Vec<&Row> = schedule.rows.iter().filter(|r| !r.payment.is_zero()).collect();
    let (Some(first), Some(last)) = (paying.first(), paying.last()) else {
        return Err(FinanceRefusal::Missing("an amount to lend").into());
    };
    let rate = match &terms.price {
        Price::Fixed { rate } => format!("Interest at {} a year", shown_percent(rate.get(), 2)),
        Price::Stepped { .. } => "Interest, at the rates below,".to_owned(),
        Price::BasePlusMargin { .. } => "Interest, as the base rate stands now,".to_owned(),
    };
    let lead = format!(
        "You would get {} and pay back {} in {} payments, the first of {} on {} and the last of {} on {}. {rate} costs you \
         {} in all.",
        schedule.totals.drawn,
        schedule.totals.payment,
        paying.len(),
        first.payment,
        medium_date(first.due),
        last.payment,
        medium_date(last.due),
        schedule.totals.interest
    );
    let mut lines = Vec::new();
    let percent = |rate: Decimal| shown_percent(rate, 2);
    match &terms.price {
        Price::Fixed { .. } => {}
        Price::Stepped { steps } => {
            for step in steps {
                lines.push(format!("From {} the rate is {} a year.", medium_date(step.from), percent(step.rate.get())));
            }
        }
        Price::BasePlusMargin { base, margin, floor, ceiling } => {
            let now = base.iter().max_by_key(|s| s.from).map_or(Decimal::ZERO, |s| s.rate.get());
            let mut words = format!(
                "The rate is the base rate, {} now, and {} on top. When the base rate changes, so do your payments.",
                percent(now),
                percent(margin.get())
            );
            if let Some(floor) = floor {
                words.push_str(&format!(" It is never less than {}.", percent(floor.get())));
            }
            if let Some(ceiling) = ceiling {
                words.push_str(&format!(" It is never more than {}.", percent(ceiling.get())));
            }
            lines.push(words);
        }
    }
    if let Plan::Balloon { amount } = terms.plan {
        lines.push(format!("The last payment holds {amount} that is left for the end."));
    }
    for pause in &terms.pauses {
        lines.push(pause_words(pause));
    }
    let fees = total(schedule.rows.iter().map(|r| r.fee))?;
    if fees > Pence::ZERO {
        lines.push(format!("Fees of {fees} are in the payments."));
    }
    let mut scenarios = Vec::new();
    if let Price::BasePlusMargin { base, .. } = &terms.price
        && let Some(step) = base.iter().max_by_key(|s| s.from)
    {
        for more in [dec!(0.01), dec!(0.02)] {
            let Ok(rate) = crate::values::Rate::new(step.rate.get() + more) else { continue };
            let begin = terms.draws.iter().map(|d| d.on).min().unwrap_or(step.from);
            let rise = Fact { on: begin, known_on: begin, what: Happened::BaseRate { rate } };
            let found = super::loan::schedule(terms, &Facts { draws: &terms.draws, happened: &[rise], today: begin })?;
            let (paid, words) = paid_words(&found.rows)?;
            scenarios.push(Scenario {
                when: format!("If the base rate is {} from the start", percent(rate.get())),
                then: format!("you pay {words}."),
                paid: Some(paid),
            });
        }
    }
    let mut rows = schedule.rows.clone();
    for row in &mut rows {
        row.estimate = matches!(terms.price, Price::BasePlusMargin { .. });
    }
    Ok(Cost { lead, lines, scenarios, rows })
}

fn pause_words(pause: &crate::finance::loan::Pause) -> String {
    use crate::finance::schedule::{HolidayKind, HolidayTerm};
    let what = match pause.kind {
        HolidayKind::InterestOnly => "you pay interest alone",
        HolidayKind::CapitalisedSimple => "you pay nothing, and interest is added to the loan",
        HolidayKind::CapitalisedCompounding => "you pay nothing, and interest is added to the loan and bears interest",
        HolidayKind::Deferred => "you pay nothing, and the interest is due with the next payment",
        HolidayKind::InterestFree => "you pay nothing and no interest is charged",
    };
    let end = match pause.term {
        HolidayTerm::Lengthens => "The loan ends later by that.",
        HolidayTerm::Squeezes => "The loan ends as agreed, so later payments are larger.",
    };
    if pause.periods == 1 {
        format!("On due date {} {what}. {end}", pause.first)
    } else {
        format!("On due dates {} to {} {what}. {end}", pause.first, pause.first + pause.periods - 1)
    }
}

fn shares(terms: &ShareTerms, amount: Pence) -> Agreed<Cost> {
    let part = terms.part()?;
    let worth = penny(amount.decimal().checked_div(part).ok_or(FinanceRefusal::TooLarge)?)?;
    let kind = if terms.preference.is_some() { "preference shares" } else { "shares" };
    let mut lead = format!(
        "You would get {amount} for {} of {} {kind}: the council would own {} of the company, which values it at {worth} \
         with the money. You pay nothing back unless the company pays a dividend or is sold.",
        count(terms.shares),
        count(terms.all_shares),
        percent(part)
    );
    let mut lines = Vec::new();
    if let Some(preference) = terms.preference {
        let yearly = times(amount, preference.dividend.get())?;
        lead.push_str(&format!(
            " In a year with enough profit the council gets {yearly} before other owners get a dividend."
        ));
        lines.push(
            if preference.cumulative {
                "A dividend that profit does not allow is owed and adds up."
            } else {
                "A dividend that profit does not allow is not made up later."
            }
            .to_owned(),
        );
        let first = times(amount, preference.multiple)?;
        lines.push(format!(
            "In a sale the council gets {first} before the other owners{}.",
            if preference.participating {
                ", and then shares in the rest"
            } else {
                ", or its part of all if that is more"
            }
        ));
    } else {
        let of_thousand = times(Pence(100_000), part)?;
        lines.push(format!("Of each £1,000 of dividends the council gets {of_thousand}."));
    }
    lines.push("The council’s part gets smaller when new shares are issued to others.".to_owned());
    let mut scenarios = Vec::new();
    for factor in [dec!(0.5), dec!(1), dec!(3)] {
        let price = times(worth, factor)?;
        let own = terms.payout(amount, Pence::ZERO, price, terms.all_shares)?;
        scenarios.push(Scenario {
            when: format!("If the company is sold for {price} after debts"),
            then: format!("the council gets {own} and the other owners {}.", price - own),
            paid: Some(own),
        });
    }
    Ok(Cost { lead, lines, scenarios, rows: Vec::new() })
}

fn community(terms: &CommunityShareTerms, amount: Pence) -> Agreed<Cost> {
    let yearly = times(amount, terms.expected.get())?;
    let most = times(amount, terms.rules.interest_limit.get())?;
    let lead = format!(
        "The council would hold {amount} of shares in your society, with one vote like every member. You would pay interest \
         of about {yearly} a year when there is a surplus, never more than {most}, and no capital before {}.",
        medium_date(terms.rules.locked_until)
    );
    let lines = vec![
        "In a year without a surplus you pay no interest, and it is not made up later.".to_owned(),
        format!(
            "After that day the council may ask for its money; your board decides, and lets out at most {} of all share \
             capital a year.",
            percent(terms.rules.yearly_withdrawal)
        ),
    ];
    let scenarios = vec![
        Scenario {
            when: "If the surplus is enough each year".to_owned(),
            then: format!("you pay {yearly} a year."),
            paid: None,
        },
        Scenario {
            when: "If there is no surplus".to_owned(),
            then: "you pay nothing.".to_owned(),
            paid: Some(Pence::ZERO),
        },
    ];
    Ok(Cost { lead, lines, scenarios, rows: Vec::new() })
}

fn grant(terms: &RecoverableGrantTerms, draws: &[Tranche], amount: Pence) -> Agreed<Cost> {
    let cap = times(amount, terms.cap)?;
    let lead = format!(
        "You would get {amount}. You pay back nothing unless your {} is more than {}. In a year in which it is, you pay {} \
         of what is above, {cap} in all at most, and nothing after {}.",
        terms.figure,
        terms.trigger,
        percent(terms.share.get()),
        medium_date(terms.until)
    );
    let dates = terms.due_dates();
    let grant = terms.grant(draws);
    let mut scenarios = Vec::new();
    for factor in [dec!(1), dec!(1.5), dec!(2)] {
        let figure = times(terms.trigger, factor)?;
        let years: Vec<TriggerYear> = dates.iter().map(|due| TriggerYear { due: *due, figure }).collect();
        let rows: Vec<Row> = recoveries(&grant, &years)?
            .iter()
            .map(|r| Row { payment: r.amount, ..Row::blank(0, r.due, crate::finance::schedule::Nature::Recovery) })
            .collect();
        let (paid, words) = paid_words(&rows)?;
        scenarios.push(Scenario {
            when: format!("If it is {figure} each year"),
            then: format!("you pay back {words}."),
            paid: Some(paid),
        });
    }
    let lines = vec![format!(
        "You report it once a year, by {} the first time. No interest is charged.",
        medium_date(terms.first_due)
    )];
    Ok(Cost { lead, lines, scenarios, rows: Vec::new() })
}

fn guarantee(terms: &GuaranteeTerms, schedule: Schedule) -> Agreed<Cost> {
    let (_, words) = paid_words(&schedule.rows)?;
    let cover = terms.guarantee.cover.get();
    let lead = format!(
        "The council would pay {} {} of what it loses on your loan of {}, {} at most, for claims until {}. You would pay a \
         fee of {words}, and get no money from the council.",
        terms.lender,
        percent(cover),
        terms.balance,
        terms.guarantee.limit,
        medium_date(terms.guarantee.until)
    );
    let lines = vec![
        format!("The fee is {} a year of what is covered.", percent(terms.guarantee.fee.get())),
        "You still owe your lender the whole loan.".to_owned(),
    ];
    let mut scenarios = Vec::new();
    for factor in [dec!(0.5), dec!(1)] {
        let loss = times(terms.balance, factor)?;
        let paid = terms.guarantee.exposure(loss, Pence::ZERO, terms.from)?;
        scenarios.push(Scenario {
            when: format!("If the lender loses {loss}"),
            then: format!("the council pays it {paid}."),
            paid: None,
        });
    }
    Ok(Cost { lead, lines, scenarios, rows: schedule.rows })
}
