//! A share of revenue until a cap or a last day.
//!
//! Payment = max(0, min(max(share × revenue, floor), ceiling, cap − paid)), cap = multiple × drawn. A tranche after the
//! start raises the cap by its own multiple. A period without a revenue figure is paid provisionally; figures that come
//! or change later are settled with the next payment.

use crate::finance::refusal::{FinanceRefusal, Worked, times, total};
use crate::finance::schedule::Tranche;
use crate::values::{LocalDate, Pence, Share};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What becomes of what is left below the cap on the last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It is forgiven.
    Forgiven,
    /// It is due at once.
    Balloon,
    /// It becomes the principal of a term loan.
    TermLoan,
    /// The agreement goes on, with this share.
    ShareRises(Share),
}

/// A revenue share agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevenueShare {
    /// What is drawn and when.
    pub draws: Vec<Tranche>,
    /// The share of revenue.
    pub share: Share,
    /// The least for a period.
    pub floor: Pence,
    /// The most for a period; `None` for no limit.
    pub ceiling: Option<Pence>,
    /// The cap as a multiple of what is drawn, 1 or more.
    pub multiple: Decimal,
    /// The last day of the agreement.
    pub long_stop: LocalDate,
    /// What happens then.
    pub ending: Ending,
}

/// One revenue period and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevenuePeriod {
    /// The day its payment is due.
    pub due: LocalDate,
    /// Revenue as first reported; negative is taken for 0. `None` when nothing was reported in time.
    pub revenue: Option<Pence>,
    /// A later figure, and the due date with which it is settled.
    pub restated: Option<(LocalDate, Pence)>,
    /// Figures after that one in the order they came, each in the place of the one before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restated_again: Vec<(LocalDate, Pence)>,
    /// What was paid in fact; `None` when as due.
    pub paid: Option<Pence>,
}

impl RevenuePeriod {
    /// Every later figure with the due date with which it is settled, in the order they came.
    pub fn later_figures(&self) -> impl Iterator<Item = (LocalDate, Pence)> + '_ {
        self.restated.iter().chain(&self.restated_again).copied()
    }
}

/// One payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SharePayment {
    /// The due date.
    pub due: LocalDate,
    /// The cap on this day.
    pub cap: Pence,
    /// Share × revenue within floor and ceiling.
    pub regular: Pence,
    /// The regular payment was estimated from the last reported revenue.
    pub provisional: bool,
    /// Settlement of restated periods, negative when too much had been paid.
    pub true_up: Pence,
    /// To pay: regular + settlement + what was missed, between 0 and what is left to the cap.
    pub payable: Pence,
    /// What was paid.
    pub paid: Pence,
    /// Paid beyond the cap, to be given back.
    pub refund: Pence,
    /// Paid in all after this payment, refunds taken off.
    pub paid_to_date: Pence,
}

/// How the agreement stands after the last period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", content = "amount", rename_all = "snake_case")]
pub enum Standing {
    /// Payments go on; this is left to the cap.
    Running(Pence),
    /// The cap is reached.
    Complete,
    /// Given up on the last day.
    Forgiven(Pence),
    /// Due at once on the last day.
    Balloon(Pence),
    /// Turned into a term loan on the last day.
    TermLoan(Pence),
}

/// Works through the periods.
///
/// # Errors
/// [`FinanceRefusal`]: nothing drawn, a multiple below 1, a floor above the ceiling, or figures too large.
pub fn revenue_share(terms: &RevenueShare, periods: &[RevenuePeriod]) -> Worked<(Vec<SharePayment>, Standing)> {
    if terms.draws.is_empty() || terms.draws.iter().any(|d| d.amount <= Pence::ZERO) {
        return Err(FinanceRefusal::NotPositive("an amount to draw"));
    }
    if terms.multiple < Decimal::ONE {
        return Err(FinanceRefusal::Contradiction("The cap must be at least once what is drawn."));
    }
    if terms.floor < Pence::ZERO || terms.ceiling.is_some_and(|c| c < terms.floor) {
        return Err(FinanceRefusal::Contradiction(
            "The most for a period must be at least the least, and both 0 or more.",
        ));
    }
    let mut periods = periods.to_vec();
    periods.sort_by_key(|p| p.due);
    let regular = |revenue: Pence, on: LocalDate| -> Worked<Pence> {
        let share = match terms.ending {
            Ending::ShareRises(share) if on > terms.long_stop => share,
            _ => terms.share,
        };
        let due = times(revenue.max(Pence::ZERO), share.get())?.max(terms.floor);
        Ok(terms.ceiling.map_or(due, |ceiling| due.min(ceiling)))
    };
    let (mut paid, mut carried, mut last_known) = (Pence::ZERO, Pence::ZERO, Pence::ZERO);
    let mut payments: Vec<SharePayment> = Vec::new();
    let goes_on = matches!(terms.ending, Ending::ShareRises(_));
    for (index, period) in periods.iter().enumerate() {
        if period.due > terms.long_stop && !goes_on {
            break;
        }
        let drawn = total(terms.draws.iter().filter(|d| d.on <= period.due).map(|d| d.amount))?;
        let cap = times(drawn, terms.multiple)?;
        let charged = regular(period.revenue.unwrap_or(last_known), period.due)?;
        last_known = period.revenue.unwrap_or(last_known);
        let mut settled = 0_i128;
        for (earlier, payment) in periods[..index].iter().zip(&payments) {
            let mut before = payment.regular;
            for (with, revenue) in earlier.later_figures() {
                let restated = regular(revenue, earlier.due)?;
                if with == period.due {
                    settled += i128::from(restated.0) - i128::from(before.0);
                }
                before = restated;
            }
        }
        let true_up = Pence(i64::try_from(settled).map_err(|_| FinanceRefusal::TooLarge)?);
        let wanted = total([charged, true_up, carried])?;
        let room = (cap - paid).max(Pence::ZERO);
        let payable = wanted.clamp(Pence::ZERO, room);
        let received = period.paid.unwrap_or(payable);
        if received < Pence::ZERO {
            return Err(FinanceRefusal::Negative("a payment"));
        }
        let refund = (received - room).max(Pence::ZERO);
        paid = total([paid, received, -refund])?;
        // What was not paid, or paid too much below the cap, goes on to the next payment.
        carried = if wanted > room { Pence::ZERO } else { total([wanted, -received, refund])? };
        payments.push(SharePayment {
            due: period.due,
            cap,
            regular: charged,
            provisional: period.revenue.is_none(),
            true_up,
            payable,
            paid: received,
            refund,
            paid_to_date: paid,
        });
    }
    let cap = times(total(terms.draws.iter().map(|d| d.amount))?, terms.multiple)?;
    let left = cap - paid;
    let ended = periods.last().is_some_and(|p| p.due >= terms.long_stop);
    let standing = match terms.ending {
        _ if left <= Pence::ZERO => Standing::Complete,
        Ending::Forgiven if ended => Standing::Forgiven(left),
        Ending::Balloon if ended => Standing::Balloon(left),
        Ending::TermLoan if ended => Standing::TermLoan(left),
        _ => Standing::Running(left),
    };
    Ok((payments, standing))
}

/// The volume form: a fixed part of the yearly volume each day until net and fee are paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DailyForm {
    /// Volume × rate / day basis.
    pub payment: Pence,
    /// How many payments pay net and fee, rounded up.
    pub payments: u32,
}

/// Payment and count of the volume form.
///
/// # Errors
/// [`FinanceRefusal`] when a payment would be nothing.
pub fn daily_form(net: Pence, fee: Pence, volume: Pence, rate: Share, basis: u32) -> Worked<DailyForm> {
    let a_day = rate.get().checked_div(Decimal::from(basis)).ok_or(FinanceRefusal::NotPositive("a day basis"))?;
    let payment = times(volume, a_day)?;
    if payment <= Pence::ZERO {
        return Err(FinanceRefusal::NotPositive("a daily payment"));
    }
    let count = total([net, fee])?.0.div_euclid(payment.0) + i64::from((net.0 + fee.0).rem_euclid(payment.0) != 0);
    Ok(DailyForm { payment, payments: u32::try_from(count).map_err(|_| FinanceRefusal::TooLarge)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finance::irr::irr;
    use crate::values::time::parse_date;
    use proptest::prelude::*;
    use rust_decimal::dec;

    fn date(text: &str) -> LocalDate {
        parse_date(text).unwrap()
    }

    fn terms(ending: Ending) -> RevenueShare {
        RevenueShare {
            draws: vec![Tranche { on: date("2026-01-01"), amount: Pence(1_000_000) }],
            share: "0.05".parse().unwrap(),
            floor: Pence(10_000),
            ceiling: Some(Pence(100_000)),
            multiple: dec!(1.5),
            long_stop: date("2026-06-30"),
            ending,
        }
    }

    fn month(n: u32, revenue: Option<i64>) -> RevenuePeriod {
        let due = chrono::NaiveDate::from_ymd_opt(2026, n, 28).unwrap();
        RevenuePeriod {
            due,
            revenue: revenue.map(|r| Pence(r * 100)),
            restated: None,
            restated_again: Vec::new(),
            paid: None,
        }
    }

    #[test]
    fn each_payment_is_the_share_between_floor_and_ceiling() {
        let months = [month(1, Some(10_000)), month(2, Some(-500)), month(3, Some(90_000)), month(4, Some(100))];
        let (paid, standing) = revenue_share(&terms(Ending::Forgiven), &months).unwrap();
        assert_eq!(paid.iter().map(|p| p.payable.0).collect::<Vec<_>>(), [50_000, 10_000, 100_000, 10_000]);
        assert_eq!(standing, Standing::Running(Pence(1_500_000 - 170_000)));
    }

    #[test]
    fn a_month_without_a_figure_is_paid_provisionally_and_settled_with_the_next() {
        let mut months = vec![month(1, Some(10_000)), month(2, None), month(3, Some(10_000))];
        months[1].restated = Some((months[2].due, Pence(600_000)));
        let (paid, _) = revenue_share(&terms(Ending::Forgiven), &months).unwrap();
        assert!(paid[1].provisional);
        assert_eq!((paid[1].payable, paid[2].true_up, paid[2].payable), (Pence(50_000), Pence(-20_000), Pence(30_000)));
    }

    #[test]
    fn the_four_endings_of_the_last_day_are_told_apart() {
        let june = [month(6, Some(10_000)), RevenuePeriod { due: date("2026-06-30"), ..month(6, Some(0)) }];
        let left = Pence(1_500_000 - 60_000);
        let at = |ending| revenue_share(&terms(ending), &june).unwrap().1;
        assert_eq!(at(Ending::Forgiven), Standing::Forgiven(left));
        assert_eq!(at(Ending::Balloon), Standing::Balloon(left));
        assert_eq!(at(Ending::TermLoan), Standing::TermLoan(left));
        let rises = terms(Ending::ShareRises("0.08".parse().unwrap()));
        let (paid, standing) = revenue_share(&rises, &[month(6, Some(10_000)), month(7, Some(10_000))]).unwrap();
        assert_eq!((paid[0].payable, paid[1].payable), (Pence(50_000), Pence(80_000)));
        assert!(matches!(standing, Standing::Running(_)));
    }

    #[test]
    fn a_later_tranche_raises_the_cap_and_what_is_paid_above_it_is_given_back() {
        let mut agreement = terms(Ending::Forgiven);
        agreement.draws.push(Tranche { on: date("2026-03-01"), amount: Pence(200_000) });
        let mut months = vec![month(2, Some(0)), month(3, Some(0))];
        months[1].paid = Some(Pence(2_000_000));
        let (paid, standing) = revenue_share(&agreement, &months).unwrap();
        assert_eq!((paid[0].cap, paid[1].cap), (Pence(1_500_000), Pence(1_800_000)));
        assert_eq!((paid[1].refund, paid[1].paid_to_date), (Pence(210_000), Pence(1_800_000)));
        assert_eq!(standing, Standing::Complete);
    }

    #[test]
    fn the_published_daily_form_has_its_payment_count_and_rate() {
        let pounds = |p: i64| Pence(p * 100);
        let form = daily_form(pounds(9_000), pounds(1_000), pounds(100_000), "0.18".parse().unwrap(), 360).unwrap();
        assert_eq!((form.payment, form.payments), (pounds(50), 200));
        let mut flows = vec![pounds(-9_000)];
        flows.extend(vec![pounds(50); 200]);
        assert_eq!(irr(&flows).unwrap().rate(), Some(dec!(0.00106781)));
    }

    proptest! {
        #[test]
        fn never_more_than_the_cap_is_kept_and_no_payment_is_negative(
            revenues in prop::collection::vec((prop::option::of(-50_000_i64..500_000), prop::option::of(0_i64..600_000), prop::option::of(0_i64..500_000)), 1..12),
        ) {
            let months: Vec<_> = (1_u32..).zip(&revenues).map(|(n, (revenue, paid, later))| RevenuePeriod {
                paid: paid.map(Pence), restated: later.map(|r| (month((n + 1).min(12), None).due, Pence(r * 100))), ..month(n, *revenue)
            }).collect();
            let agreement = RevenueShare { long_stop: date("2030-01-01"), ..terms(Ending::Balloon) };
            let (paid, standing) = revenue_share(&agreement, &months).unwrap();
            for p in &paid {
                prop_assert!(p.payable >= Pence::ZERO && p.refund >= Pence::ZERO && p.paid_to_date <= p.cap);
            }
            let kept: i64 = paid.iter().map(|p| p.paid.0 - p.refund.0).sum();
            match standing {
                Standing::Running(left) => prop_assert_eq!(left, Pence(1_500_000 - kept)),
                other => { prop_assert_eq!(other, Standing::Complete); prop_assert_eq!(kept, 1_500_000); }
            }
        }
    }
}
