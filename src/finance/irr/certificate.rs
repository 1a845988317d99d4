//! The certificate: in `Decimal`, the net present value changes sign around the published rate.
//!
//! For r ≥ 0 flows are discounted to the first date with x = (1+r)^(−1/365), for r < 0 compounded to the last with
//! x = (1+r)^(1/365); either way x ≤ 1, so 28 places suffice at the extremes, and Horner's rule needs only the powers
//! of the gaps. Multiplying by a positive power does not move a sign.

use super::search::Touching;
use super::{RATE_PLACES, Series};
use crate::finance::powers::DailyFactor;
use rust_decimal::{Decimal, RoundingStrategy};
use std::cmp::Ordering;

/// 0.5·10⁻⁸.
const HALF: Decimal = Decimal::from_parts(5, 0, 0, false, 9);
/// −0.999999.
const LOWEST: Decimal = Decimal::from_parts(999_999, 0, 0, true, 6);
const HIGHEST: Decimal = Decimal::ONE_HUNDRED;
/// How far from the float's root a certified rate may be: 10⁻⁴.
const REACH: Decimal = Decimal::from_parts(1, 0, 0, false, 4);
/// 10⁻¹⁴; squared, it is the unit of the last place.
const TINY: Decimal = Decimal::from_parts(1, 0, 0, false, 14);

/// The outcome of certifying one root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certified {
    /// The rate to 8 places whose half-unit neighbours have present values of opposite sign.
    Rate(Decimal),
    /// The root is not inside (−0.999999, 100).
    OutOfRange,
    /// 28 digits cannot tell.
    No,
}

/// A present value with the sign that is certain of it.
#[derive(Clone, Copy)]
struct Value {
    amount: Decimal,
    sign: Ordering,
}

/// The present value at a rate, in pence (r ≥ 0: at the first date; r < 0: at the last).
///
/// The sign is `Equal` when the amount is within the rounding of the arithmetic. A quick bound settles nearly every
/// case; when it does not, the error is followed step by step. The quick bound, of a sum of n flows over e days at the
/// yearly factor a, in units of 10⁻²⁸ of the gross flows: each Horner step rounds twice (below 8n together); a power
/// is wrong by less than e for its products and, through the root, by e·xᵉ·2(1 + 1/(365a)), which is below 2.02e for
/// a ≥ 1/e, and below 300 + 2/a otherwise as e·xᵉ ≤ 365/(e·ln(1/a)).
fn value_at(series: &Series, rate: Decimal) -> Option<Value> {
    let growth = Decimal::ONE + rate;
    let discounting = !rate.is_sign_negative() || rate.is_zero();
    let yearly = if discounting { Decimal::ONE.checked_div(growth)? } else { growth };
    let mut factor = DailyFactor::root_of(yearly)?;
    let mut amount = Decimal::ZERO;
    let mut gross = Decimal::ZERO;
    for (gap, flow) in gaps(series, discounting) {
        let flow = flow?;
        gross = gross.checked_add(flow.abs())?;
        amount = (amount * factor.power(gap)).checked_add(flow)?;
    }
    let units = Decimal::from(4 * u64::from(series.span()) + 300)
        + Decimal::from(8 * series.days.len())
        + Decimal::TWO.checked_div(yearly)?;
    let quick = (gross * TINY) * (units * TINY);
    let certain = amount.abs() > quick || amount.abs() > doubt_of(series, discounting, &factor, yearly)?;
    let sign = if certain { amount.cmp(&Decimal::ZERO) } else { Ordering::Equal };
    Some(Value { amount, sign })
}

/// The days since the flow before, and the flow in pence, in the order of Horner's rule.
fn gaps(series: &Series, discounting: bool) -> impl Iterator<Item = (u32, Option<Decimal>)> + '_ {
    let count = series.days.len();
    let mut before: Option<u32> = None;
    (0..count).map(move |step| {
        let index = if discounting { count - 1 - step } else { step };
        let day = series.days[index];
        let gap = before.map_or(0, |before| before.abs_diff(day));
        before = Some(day);
        (gap, Decimal::try_from_i128_with_scale(series.pence[index], 0).ok())
    })
}

/// A bound on the error of the present value, followed through every step of Horner's rule. A product or a sum rounds
/// by less than 0.7 units of 10⁻²⁸ of itself.
fn doubt_of(series: &Series, discounting: bool, factor: &DailyFactor, yearly: Decimal) -> Option<Decimal> {
    let rounding = Decimal::from_parts(7, 0, 0, false, 1);
    let daily = factor.own_doubt(yearly)?;
    let (mut amount, mut doubt) = (Decimal::ZERO, Decimal::ZERO);
    for (gap, flow) in gaps(series, discounting) {
        let (power, power_doubt) = factor.doubt(gap, daily);
        let moved = amount * power;
        let carried = doubt.checked_mul(power)?.checked_add(amount.abs().checked_mul(power_doubt)?)?;
        amount = moved.checked_add(flow?)?;
        doubt = carried.checked_add(rounding.checked_mul(moved.abs().checked_add(amount.abs())?)?)?;
    }
    Some((doubt * TINY) * TINY)
}

fn to_places(rate: Decimal) -> Decimal {
    let mut rate = rate.round_dp_with_strategy(RATE_PLACES, RoundingStrategy::MidpointAwayFromZero);
    rate.rescale(RATE_PLACES);
    if rate.is_zero() {
        rate.set_sign_positive(true);
    }
    rate
}

/// Rounds a float's root to 8 places and proves it, moving it by what `Decimal` says where the float was not good enough.
#[must_use]
pub fn certify(series: &Series, guess: f64) -> Certified {
    let Ok(start) = Decimal::try_from(guess) else { return Certified::No };
    let mut rate = to_places(start);
    for _ in 0..12 {
        if (rate - start).abs() > REACH {
            return Certified::No;
        }
        let (low, high) = (rate - HALF, rate + HALF);
        if low < LOWEST || high > HIGHEST {
            return Certified::OutOfRange;
        }
        let (Some(below), Some(above)) = (value_at(series, low), value_at(series, high)) else { return Certified::No };
        match (below.sign, above.sign) {
            (Ordering::Equal, Ordering::Equal) => return Certified::No,
            // A root exactly half-way between two published rates goes away from zero, as all rounding here.
            (Ordering::Equal, _) if rate <= Decimal::ZERO => return Certified::Rate(to_places(low)),
            (_, Ordering::Equal) if rate >= Decimal::ZERO => return Certified::Rate(to_places(high)),
            (a, b) if a != b => return Certified::Rate(rate),
            _ => {}
        }
        let Some(share) = below.amount.checked_div(below.amount - above.amount) else { return Certified::No };
        let Some(moved) = share.checked_mul(HALF * Decimal::TWO).and_then(|by| low.checked_add(by)) else {
            return Certified::No;
        };
        let next = to_places(moved);
        if next == rate {
            return Certified::No;
        }
        rate = next;
    }
    Certified::No
}

/// What `Decimal` says of a point where floats saw the value turn back close to zero.
pub(super) enum Touch {
    /// It does not reach zero.
    Clear,
    /// It crosses twice: the two certified rates.
    Crosses([Decimal; 2]),
    /// It cannot be told from touching.
    Unknown,
}

/// Looks at a turning point with 28 digits. The turn is known to about 10⁻⁸ and the value is flat there, so its height
/// is known to some 10⁻¹⁵ of the gross flows; a smaller height is a touch.
pub(super) fn around_touch(series: &Series, touch: Touching) -> Touch {
    let Ok(at) = Decimal::try_from(touch.at) else { return Touch::Unknown };
    let gross: i128 = series.pence.iter().map(|p| p.abs()).sum();
    let side = if touch.above { Ordering::Greater } else { Ordering::Less };
    let Ok(gross) = Decimal::try_from_i128_with_scale(gross, 0) else { return Touch::Unknown };
    let Some(turn) = value_at(series, at) else { return Touch::Unknown };
    if turn.amount.abs() < gross * TINY {
        return Touch::Unknown;
    }
    if turn.sign == side {
        return Touch::Clear;
    }
    match (crossing(series, at, side, -REACH), crossing(series, at, side, REACH)) {
        (Some(low), Some(high)) if low < high => Touch::Crosses([low, high]),
        _ => Touch::Unknown,
    }
}

/// The crossing between a turn and a point where the outer sign holds, by halving in `Decimal`.
fn crossing(series: &Series, turn: Decimal, side: Ordering, reach: Decimal) -> Option<Decimal> {
    let (mut inner, mut outer) = (turn, turn + reach);
    if value_at(series, outer)?.sign != side {
        return None;
    }
    while (outer - inner).abs() > HALF {
        let middle = (inner + outer) / Decimal::TWO;
        if value_at(series, middle)?.sign == side {
            outer = middle;
        } else {
            inner = middle;
        }
    }
    let rate = to_places(inner);
    let (low, high) = (value_at(series, rate - HALF)?.sign, value_at(series, rate + HALF)?.sign);
    (low != high).then_some(rate)
}
