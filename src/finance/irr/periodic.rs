//! Rates over equal periods, modified rates, and rates that leave the timing of cash out.
//!
//! Flow k of a periodic series stands k whole periods after the first. The rate is one for a period: the same search and
//! certificate as for dated flows, with a period in the place of the year.

use super::{Closing, Flow, RATE_PLACES, Search, Series, Xirr, before_netting, publish, sign_changes};
use crate::finance::powers::Discounter;
use crate::values::{LocalDate, Pence, RefusalInfo, round_half_up};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The most periods of a series that is scanned, because money changes its direction more than once: beyond, a scan of
/// every bracket would take too long to wait for.
pub const MOST_PERIODS: usize = 2_400;
/// The most periods of any other series.
pub const MOST_FLOWS: usize = 100_000;
const YEAR: u32 = 365;

/// Why a rate cannot be worked out, apart from what [`Xirr`] says of the flows themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RateRefusal {
    /// More than [`MOST_PERIODS`] or [`MOST_FLOWS`].
    #[error("Enter at most 100,000 periods, and at most 2,400 where money changes its direction more than once.")]
    TooManyPeriods,
    /// A rate of −100 % or less.
    #[error("Enter a rate above −100%.")]
    RateTooLow,
    /// Nothing was paid, or nothing received.
    #[error("Enter at least one payment and one receipt.")]
    OneSided,
    /// All on one day, or no time between.
    #[error("Enter amounts on at least two days.")]
    TooShort,
    /// A valuation is missing where money moved.
    #[error("Enter the value on {0}, before that day’s payment: money moved then.")]
    ValueMissing(LocalDate),
    /// The value before a payment and the payment leave nothing to grow.
    #[error("Nothing was held after {0}, so no growth can be measured from then.")]
    NothingHeld(LocalDate),
    /// A figure that cannot be held.
    #[error("The amounts, dates or rates are too large.")]
    TooLarge,
    /// The result is outside −99.9999 % to +10,000 %.
    #[error("The rate is below −99.9999% or above 10,000%.")]
    OutOfRange,
}

impl RefusalInfo for RateRefusal {
    fn code(&self) -> &'static str {
        match self {
            RateRefusal::TooManyPeriods => "finance/too-many-periods",
            RateRefusal::RateTooLow => "finance/rate-too-low",
            RateRefusal::OneSided => "finance/one-sided",
            RateRefusal::TooShort => "finance/too-short",
            RateRefusal::ValueMissing(_) => "finance/value-missing",
            RateRefusal::NothingHeld(_) => "finance/nothing-held",
            RateRefusal::TooLarge => "finance/too-large",
            RateRefusal::OutOfRange => "finance/rate-out-of-range",
        }
    }

    fn sentence(&self) -> String {
        self.to_string()
    }
}

/// The rate of return for one period of flows at equal distances, with the same outcomes as [`super::xirr`].
///
/// # Errors
/// [`RateRefusal::TooManyPeriods`].
///
/// ```
/// use commonweal::finance::irr::irr;
/// use commonweal::values::Pence;
/// let flows = [-100_00, 60_00, 60_00].map(Pence);
/// assert_eq!(irr(&flows).unwrap().rate().unwrap().to_string(), "0.13066239");
/// ```
pub fn irr(flows: &[Pence]) -> Result<Xirr, RateRefusal> {
    let changes = sign_changes(flows.iter().map(|flow| i128::from(flow.0)));
    if flows.len() > MOST_FLOWS || (flows.len() > MOST_PERIODS && changes > 1) {
        return Err(RateRefusal::TooManyPeriods);
    }
    let mut series = Series::default();
    let mut first = None;
    for (period, flow) in (0_u32..).zip(flows) {
        if !flow.is_zero() {
            let begin = *first.get_or_insert(period);
            series.days.push((period - begin) * YEAR);
            series.pence.push(i128::from(flow.0));
        }
    }
    if series.pence.windows(2).all(|pair| (pair[0] > 0) == (pair[1] > 0)) {
        return Ok(if flows.len() == 1 { Xirr::TooShort } else { Xirr::NoSignChange });
    }
    Ok(publish(&series, &Search::run(&series)))
}

/// Net present value in pounds of flows at equal distances, the first undiscounted: Σ CFₖ / (1+r)ᵏ, unrounded.
///
/// # Errors
/// [`RateRefusal::RateTooLow`] at −100 % or less, [`RateRefusal::TooLarge`].
pub fn npv(rate: Decimal, flows: &[Pence]) -> Result<Decimal, RateRefusal> {
    let growth = rate.checked_add(Decimal::ONE).ok_or(RateRefusal::TooLarge)?;
    if growth <= Decimal::ZERO {
        return Err(RateRefusal::RateTooLow);
    }
    flows.iter().rev().try_fold(Decimal::ZERO, |value, flow| {
        let carried = value.checked_div(growth).ok_or(RateRefusal::TooLarge)?;
        carried.checked_add(flow.pounds()).ok_or(RateRefusal::TooLarge)
    })
}

/// The yearly rate at which `from` grows to `to` in a number of days, certified to 8 places.
///
/// # Errors
/// [`RateRefusal`] when either is not positive, no day passes, or the rate is out of range.
pub fn growth_rate(from: Decimal, to: Decimal, days: u32) -> Result<Decimal, RateRefusal> {
    if from <= Decimal::ZERO || to <= Decimal::ZERO {
        return Err(RateRefusal::OneSided);
    }
    if days == 0 {
        return Err(RateRefusal::TooShort);
    }
    // A whole number of some small unit: 20 digits of the larger one are kept, far more than 8 places ask for.
    let scale = Decimal::from(10_000_000_000_i64).checked_mul(Decimal::from(10_000_000_000_i64));
    let larger = from.max(to);
    let whole = |amount: Decimal| -> Option<i128> {
        let part = amount.checked_div(larger)?.checked_mul(scale?)?;
        round_half_up(part, 0).to_string().parse().ok()
    };
    let (paid, back) = whole(from).zip(whole(to)).ok_or(RateRefusal::TooLarge)?;
    if paid == 0 || back == 0 {
        return Err(RateRefusal::OutOfRange);
    }
    let series = Series { days: vec![0, days], pence: vec![-paid, back] };
    match publish(&series, &Search::run(&series)) {
        Xirr::Rate { rate, .. } => Ok(rate),
        Xirr::OutOfRange => Err(RateRefusal::OutOfRange),
        _ => Err(RateRefusal::TooLarge),
    }
}

/// The modified internal rate of return of dated flows, a year: payments are brought to the first day at the finance
/// rate, receipts are carried to the last at the reinvestment rate, and the one grows to the other.
///
/// It is always one rate, where the internal rate may be several. ACT/365F, effective yearly rates.
///
/// # Errors
/// [`RateRefusal`].
pub fn mirr(
    flows: &[Flow],
    closing: Option<Closing>,
    finance: Decimal,
    reinvestment: Decimal,
) -> Result<Decimal, RateRefusal> {
    match before_netting(flows, closing) {
        None => {}
        Some(Xirr::TooShort) => return Err(RateRefusal::TooShort),
        Some(_) => return Err(RateRefusal::OneSided),
    }
    let series = Series::net(flows, closing).ok_or(RateRefusal::TooLarge)?;
    modified(&series, finance, reinvestment)
}

/// As [`mirr`] for flows at equal distances: the rate for one period.
///
/// # Errors
/// [`RateRefusal`].
///
/// ```
/// use commonweal::finance::irr::periodic_mirr;
/// use commonweal::values::Pence;
/// use rust_decimal::dec;
/// let flows = [-120_000_00, 39_000_00, 30_000_00, 21_000_00, 37_000_00, 46_000_00].map(Pence);
/// assert_eq!(periodic_mirr(&flows, dec!(0.10), dec!(0.12)).unwrap().round_dp(4), dec!(0.1261));
/// ```
pub fn periodic_mirr(flows: &[Pence], finance: Decimal, reinvestment: Decimal) -> Result<Decimal, RateRefusal> {
    if flows.len() > MOST_FLOWS {
        return Err(RateRefusal::TooManyPeriods);
    }
    let days = (0_u32..).zip(flows).map(|(period, _)| period * YEAR).collect();
    modified(&Series { days, pence: flows.iter().map(|f| i128::from(f.0)).collect() }, finance, reinvestment)
}

fn modified(series: &Series, finance: Decimal, reinvestment: Decimal) -> Result<Decimal, RateRefusal> {
    let span = series.span();
    let mut paying = Discounter::new(finance).ok_or(RateRefusal::RateTooLow)?;
    let mut earning = Discounter::new(reinvestment).ok_or(RateRefusal::RateTooLow)?;
    let (mut paid, mut received) = (Decimal::ZERO, Decimal::ZERO);
    for (day, pence) in series.days.iter().zip(&series.pence) {
        let amount = Decimal::try_from_i128_with_scale(*pence, 0).map_err(|_| RateRefusal::TooLarge)?;
        let step = || -> Option<(Decimal, Decimal)> {
            if *pence < 0 {
                Some((paid.checked_sub(amount.checked_mul(paying.factor(*day)?)?)?, received))
            } else {
                Some((paid, received.checked_add(amount.checked_div(earning.factor(span - *day)?)?)?))
            }
        };
        (paid, received) = { step }().ok_or(RateRefusal::TooLarge)?;
    }
    growth_rate(paid, received, span)
}

/// A value on a day, before the payments of that day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Valued {
    /// The day.
    pub on: LocalDate,
    /// What was held before that day's payments.
    pub value: Pence,
}

/// Growth with the effect of money moved in and out left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TimeWeighted {
    /// Growth over the whole time, to 8 places.
    pub total: Decimal,
    /// The same a year; `None` under a year, where a yearly figure would mislead.
    pub yearly: Option<Decimal>,
}

/// The time-weighted return: Π Vₖ₊₁ / (Vₖ + Fₖ) − 1 over the valuations, Fₖ the money put in (+) or taken out (−) on the
/// day of valuation k, after it was valued.
///
/// `moved` are seen from the holding: positive when money comes in. Every day on which money moved, and the last day,
/// needs a valuation. The first valuation may be 0 when money comes in that day.
///
/// # Errors
/// [`RateRefusal`]; a missing valuation names its day.
pub fn time_weighted(values: &[Valued], moved: &[Flow]) -> Result<TimeWeighted, RateRefusal> {
    let mut values = values.to_vec();
    values.sort_by_key(|v| v.on);
    let (Some(first), Some(last)) = (values.first(), values.last()) else { return Err(RateRefusal::TooShort) };
    if first.on == last.on {
        return Err(RateRefusal::TooShort);
    }
    let valued = |day: LocalDate| values.iter().any(|v| v.on == day);
    if let Some(flow) = moved.iter().find(|f| !f.amount.is_zero() && !valued(f.date)) {
        return Err(RateRefusal::ValueMissing(flow.date));
    }
    let mut product = Decimal::ONE;
    for pair in values.windows(2) {
        let put_in: i128 = moved.iter().filter(|f| f.date == pair[0].on).map(|f| i128::from(f.amount.0)).sum();
        let held = i128::from(pair[0].value.0) + put_in;
        if held <= 0 {
            return Err(RateRefusal::NothingHeld(pair[0].on));
        }
        let held = Decimal::try_from_i128_with_scale(held, 0).map_err(|_| RateRefusal::TooLarge)?;
        let grown = pair[1].value.decimal().checked_div(held).and_then(|g| product.checked_mul(g));
        product = grown.ok_or(RateRefusal::TooLarge)?;
    }
    let days = u32::try_from((last.on - first.on).num_days()).map_err(|_| RateRefusal::TooLarge)?;
    let yearly = (days >= YEAR && product > Decimal::ZERO).then(|| growth_rate(Decimal::ONE, product, days));
    let mut total = round_half_up(product - Decimal::ONE, RATE_PLACES);
    total.rescale(RATE_PLACES);
    Ok(TimeWeighted { total, yearly: yearly.transpose()? })
}
