//! Whole-day powers of a yearly factor, in `Decimal`, from one root.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

const YEAR: u32 = 365;
const MEMORY: usize = 8;

/// The daily factor x with x³⁶⁵ = a, for a yearly factor 0 < a ≤ 1, and its integer powers.
///
/// The root is one Newton step from a float: an error of 10⁻¹⁶ becomes 182 × 10⁻³², below the 28th place.
/// Powers are products of the squares x, x², x⁴, …, kept as they are first needed; schedules of flows repeat
/// their gaps (28, 30, 31, 91 …), so the last few powers are remembered too.
pub(super) struct DailyFactor {
    squares: [Decimal; 32],
    known: usize,
    recent: [(u32, Decimal); MEMORY],
    next: usize,
}

impl DailyFactor {
    /// The root of a yearly factor in (0, 1].
    pub(super) fn root_of(yearly: Decimal) -> Option<Self> {
        if yearly <= Decimal::ZERO || yearly > Decimal::ONE {
            return None;
        }
        let guess = (yearly.to_f64()?.powf(1.0 / 365.0) * 1e18).to_i64()?;
        let guess = Decimal::new(guess, 18).min(Decimal::ONE);
        let at_guess = Self::of(guess).power(YEAR);
        let step = guess * (yearly - at_guess).checked_div(at_guess * Decimal::from(YEAR))?;
        Some(Self::of((guess + step).min(Decimal::ONE)))
    }

    /// A bound on the error of the daily factor itself, in units of 10⁻²⁸: what the Newton step leaves (below 1), its
    /// last rounding, and the error of x³⁶⁵ and of the yearly factor divided by their 365 a.
    pub(super) fn own_doubt(&self, yearly: Decimal) -> Option<Decimal> {
        let (_, at_guess) = self.doubt(YEAR, Decimal::ZERO);
        let carried = (at_guess + Decimal::ONE).checked_div(yearly * Decimal::from(YEAR))?;
        carried.checked_add(Decimal::TWO)
    }

    /// xⁿ with a bound on its error in units of 10⁻²⁸, for a given error of x: a product rounds by half a unit, and
    /// carries the error of each factor times the other.
    pub(super) fn doubt(&self, days: u32, daily: Decimal) -> (Decimal, Decimal) {
        let half = Decimal::from_parts(5, 0, 0, false, 1);
        let product = |(p, p_doubt): (Decimal, Decimal), (q, q_doubt): (Decimal, Decimal)| {
            (p * q, p * q_doubt + q * p_doubt + half)
        };
        let mut square = (self.squares[0], daily);
        let mut power = (Decimal::ONE, Decimal::ZERO);
        let mut rest = days;
        while rest > 0 {
            if rest & 1 == 1 {
                power = product(power, square);
            }
            square = product(square, square);
            rest >>= 1;
        }
        power
    }

    fn of(daily: Decimal) -> Self {
        let mut squares = [Decimal::ZERO; 32];
        squares[0] = daily;
        Self { squares, known: 1, recent: [(0, Decimal::ONE); MEMORY], next: 0 }
    }

    /// xⁿ, with an absolute error below 10⁻²⁸ · (n + the number of products).
    pub(super) fn power(&mut self, days: u32) -> Decimal {
        if let Some((_, power)) = self.recent.iter().find(|(n, _)| *n == days) {
            return *power;
        }
        let mut product: Option<Decimal> = None;
        let mut rest = days;
        let mut bit = 0;
        while rest > 0 {
            if bit == self.known {
                let last = self.squares[bit - 1];
                self.squares[bit] = last * last;
                self.known += 1;
            }
            if rest & 1 == 1 {
                product = Some(product.map_or(self.squares[bit], |p| p * self.squares[bit]));
            }
            rest >>= 1;
            bit += 1;
        }
        let power = product.unwrap_or(Decimal::ONE);
        self.recent[self.next] = (days, power);
        self.next = (self.next + 1) % MEMORY;
        power
    }
}

/// Discounts over whole days at an effective yearly rate, ACT/365F.
pub(super) struct Discounter {
    factor: DailyFactor,
    compounding: bool,
}

impl Discounter {
    /// `None` when the rate is −100 % or less.
    pub(super) fn new(rate: Decimal) -> Option<Self> {
        let growth = rate.checked_add(Decimal::ONE)?;
        let compounding = rate.is_sign_negative() && !rate.is_zero();
        let yearly = if compounding { growth } else { Decimal::ONE.checked_div(growth)? };
        Some(Self { factor: DailyFactor::root_of(yearly)?, compounding })
    }

    /// (1+r)^(−days/365); `None` when it does not fit.
    pub(super) fn factor(&mut self, days: u32) -> Option<Decimal> {
        let power = self.factor.power(days);
        if self.compounding { Decimal::ONE.checked_div(power) } else { Some(power) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn a_year_of_daily_factors_gives_the_yearly_factor_back() {
        for yearly in [dec!(1), dec!(0.999999995), dec!(0.5), dec!(0.01), dec!(0.000001)] {
            let mut factor = DailyFactor::root_of(yearly).unwrap();
            let error = (factor.power(365) - yearly).abs();
            assert!(error < dec!(0.0000000000000000000000005), "{yearly}: {error}");
        }
    }

    #[test]
    fn a_factor_outside_nought_to_one_is_refused() {
        assert!(DailyFactor::root_of(dec!(0)).is_none());
        assert!(DailyFactor::root_of(dec!(1.1)).is_none());
        assert!(Discounter::new(dec!(-1)).is_none());
    }

    #[test]
    fn remembered_powers_are_the_powers_asked_for() {
        let mut factor = DailyFactor::root_of(dec!(0.9)).unwrap();
        for days in [31, 28, 31, 30, 31, 30, 31, 0, 1, 2, 3, 4, 5, 365, 31, 730] {
            let fresh = DailyFactor::root_of(dec!(0.9)).unwrap().power(days);
            assert_eq!(factor.power(days), fresh);
        }
    }
}
