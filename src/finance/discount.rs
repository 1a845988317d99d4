//! Discount rates as dated data, discount factors, and the present value of social benefits.

use super::refusal::{FinanceRefusal, Worked, penny, times};
use crate::values::{LocalDate, Pence, Quantity, Share, round_half_up};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A yearly rate that holds up to and including a year of an appraisal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Band {
    /// The last year the rate holds; `None` for every later year.
    pub through: Option<u32>,
    /// Yearly rate as a fraction.
    pub rate: Decimal,
}

/// A declining table of real discount rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DiscountTable {
    /// What the table is called.
    pub name: &'static str,
    /// The first day appraisals use it.
    pub valid_from: LocalDate,
    /// Where it is published.
    pub source: &'static str,
    /// Ascending by year.
    pub bands: &'static [Band],
}

const fn day(year: i32, month: u32, day: u32) -> LocalDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}

/// A rate in basis points through a year.
const fn band(through: u32, points: u32) -> Band {
    Band { through: Some(through), rate: Decimal::from_parts(points, 0, 0, false, 4) }
}

const fn last(points: u32) -> Band {
    Band { through: None, rate: Decimal::from_parts(points, 0, 0, false, 4) }
}

/// The social time preference rate, real.
pub static STANDARD: &[DiscountTable] = &[DiscountTable {
    name: "Social time preference rate",
    valid_from: day(2003, 4, 1),
    source: "HM Treasury, The Green Book, annex on discounting, declining long-term discount rates",
    bands: &[band(30, 350), band(75, 300), band(125, 250), band(200, 200), band(300, 150), last(100)],
}];

/// The rate for risk to health and life, real.
pub static HEALTH: &[DiscountTable] = &[DiscountTable {
    name: "Health and life rate",
    valid_from: day(2018, 3, 1),
    source: "HM Treasury, The Green Book, annex on discounting, health discount rates",
    bands: &[band(30, 150), band(75, 129), band(125, 107), band(200, 86), band(300, 64), last(43)],
}];

/// The table in force on a day, `None` before the first.
#[must_use]
pub fn in_force(tables: &'static [DiscountTable], on: LocalDate) -> Option<&'static DiscountTable> {
    tables.iter().filter(|table| table.valid_from <= on).max_by_key(|table| table.valid_from)
}

impl DiscountTable {
    /// The rate that takes year `year − 1` to year `year` (years count from 1; year 0 has the first rate).
    #[must_use]
    pub fn rate(&self, year: u32) -> Decimal {
        let found = self.bands.iter().find(|band| band.through.is_none_or(|through| year <= through));
        found.or(self.bands.last()).map_or(Decimal::ZERO, |band| band.rate)
    }

    /// DFₜ = Π 1/(1+rᵢ) over years 1 to t, with 28 places; DF₀ = 1.
    #[must_use]
    pub fn factor(&self, year: u32) -> Decimal {
        (1..=year).fold(Decimal::ONE, |factor, y| factor / (Decimal::ONE + self.rate(y)))
    }
}

/// The benefit of an outcome over several years, before anyone discounts it.
///
/// First year = units × value × (1−deadweight) × (1−displacement) × (1−attribution to others); each later year keeps
/// (1 − drop-off) of the year before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocialBenefit {
    /// How many people, homes, tonnes …
    pub units: Quantity,
    /// The yearly value of one.
    pub unit_value: Pence,
    /// What would have happened anyway.
    pub deadweight: Share,
    /// What was only moved from elsewhere.
    pub displacement: Share,
    /// What others brought about.
    pub attribution: Share,
    /// What is lost from each year to the next.
    pub drop_off: Share,
    /// The appraisal year of the first benefit, usually 1.
    pub first_year: u32,
    /// For how many years it lasts.
    pub years: u32,
}

/// One year of a benefit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BenefitYear {
    /// Appraisal year.
    pub year: u32,
    /// Benefit that year, rounded to the penny.
    pub benefit: Pence,
    /// Discount factor, to 12 places.
    pub factor: Decimal,
}

/// A benefit over its years, and its present value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PresentBenefit {
    /// Year by year.
    pub years: Vec<BenefitYear>,
    /// Sum of benefit × factor, rounded once to the penny.
    pub present_value: Pence,
}

impl PresentBenefit {
    /// Present value over what was put in, to 4 places; `None` when nothing was.
    #[must_use]
    pub fn ratio(&self, inputs: Pence) -> Option<Decimal> {
        self.present_value.decimal().checked_div(inputs.decimal()).map(|ratio| round_half_up(ratio, 4))
    }
}

/// The present value of a benefit by a table. `None` when an amount does not fit or it lasts over 500 years.
#[must_use]
pub fn present_benefit(benefit: &SocialBenefit, table: &DiscountTable) -> Option<PresentBenefit> {
    if benefit.years > 500 || benefit.first_year > 500 {
        return None;
    }
    let kept = |share: Share| Decimal::ONE - share.get();
    let mut amount = benefit
        .unit_value
        .decimal()
        .checked_mul(benefit.units.get())?
        .checked_mul(kept(benefit.deadweight))?
        .checked_mul(kept(benefit.displacement))?
        .checked_mul(kept(benefit.attribution))?;
    let mut years = Vec::new();
    let mut sum = Decimal::ZERO;
    for year in benefit.first_year..benefit.first_year + benefit.years {
        let rounded = Pence::round_pence(amount).ok()?;
        let factor = round_half_up(table.factor(year), 12);
        sum = sum.checked_add(rounded.decimal().checked_mul(factor)?)?;
        years.push(BenefitYear { year, benefit: rounded, factor });
        amount = amount.checked_mul(kept(benefit.drop_off))?;
    }
    Some(PresentBenefit { years, present_value: Pence::round_pence(sum).ok()? })
}

/// A price index: its level by year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceIndex {
    /// What it is called and where it is published.
    pub source: String,
    /// Calendar or financial year and level, any order.
    pub levels: Vec<(i32, Decimal)>,
}

impl PriceIndex {
    /// An amount of one year's prices in another's: amount × level(to) / level(from), to the penny.
    ///
    /// # Errors
    /// [`FinanceRefusal`] when a year is missing or its level is 0.
    pub fn convert(&self, amount: Pence, from: i32, to: i32) -> Worked<Pence> {
        let level = |year: i32| {
            let found = self.levels.iter().find(|(y, level)| *y == year && *level > Decimal::ZERO);
            found.map(|(_, level)| *level).ok_or(FinanceRefusal::Missing("the price index of both years"))
        };
        times(amount, level(to)?.checked_div(level(from)?).ok_or(FinanceRefusal::TooLarge)?)
    }
}

/// The nominal rate of a real one under inflation: (1 + real) × (1 + inflation) − 1, to 8 places.
///
/// # Errors
/// [`FinanceRefusal::TooLarge`].
pub fn nominal(real: Decimal, inflation: Decimal) -> Worked<Decimal> {
    let growth = (Decimal::ONE.checked_add(real)).zip(Decimal::ONE.checked_add(inflation));
    let rate = growth.and_then(|(r, i)| r.checked_mul(i)).and_then(|product| product.checked_sub(Decimal::ONE));
    Ok(round_half_up(rate.ok_or(FinanceRefusal::TooLarge)?, 8))
}

/// The real rate of a nominal one: (1 + nominal) / (1 + inflation) − 1, to 8 places.
///
/// # Errors
/// [`FinanceRefusal::TooLarge`] at −100 % inflation too.
pub fn real(nominal: Decimal, inflation: Decimal) -> Worked<Decimal> {
    let growth = (Decimal::ONE.checked_add(nominal)).zip(Decimal::ONE.checked_add(inflation));
    let rate = growth.and_then(|(n, i)| n.checked_div(i)).and_then(|quotient| quotient.checked_sub(Decimal::ONE));
    Ok(round_half_up(rate.ok_or(FinanceRefusal::TooLarge)?, 8))
}

/// A stream of costs or benefits in real prices, with an allowance for optimism: costs × (1 + uplift), benefits ×
/// (1 − uplift), each year rounded to the penny before it is discounted. Year 0 first; the sum rounded once.
///
/// # Errors
/// [`FinanceRefusal`]: more than 500 years, figures too large.
pub fn present_value(table: &DiscountTable, years: &[Pence], uplift: Decimal) -> Worked<Pence> {
    if years.len() > 501 {
        return Err(FinanceRefusal::Contradiction("Enter at most 500 years."));
    }
    let factor = Decimal::ONE.checked_add(uplift).ok_or(FinanceRefusal::TooLarge)?;
    let mut sum = Decimal::ZERO;
    for (year, amount) in (0_u32..).zip(years) {
        let allowed = times(*amount, factor)?;
        let present = allowed.decimal().checked_mul(round_half_up(table.factor(year), 12));
        sum = present.and_then(|p| sum.checked_add(p)).ok_or(FinanceRefusal::TooLarge)?;
    }
    penny(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::parse_date;

    fn table(tables: &'static [DiscountTable]) -> &'static DiscountTable {
        in_force(tables, parse_date("2026-11-24").unwrap()).unwrap()
    }

    #[test]
    fn discount_factors_are_the_published_ones() {
        let factor = |year| table(STANDARD).factor(year).round_dp(6).to_string();
        assert_eq!(factor(0), "1");
        assert_eq!(factor(1), "0.966184");
        assert_eq!(factor(10), "0.708919");
        assert_eq!(factor(30), "0.356278");
        assert_eq!(factor(31), "0.345901");
        assert_eq!(factor(75), "0.094214");
        let health = |year| table(HEALTH).factor(year).round_dp(6).to_string();
        assert_eq!(health(10), "0.861667");
        assert_eq!(health(30), "0.639762");
        assert_eq!(health(31), "0.631615");
    }

    #[test]
    fn no_table_is_used_before_its_first_day() {
        assert_eq!(in_force(STANDARD, parse_date("2003-03-31").unwrap()), None);
    }

    #[test]
    fn the_social_value_of_three_years_is_what_a_person_works_out_by_hand() {
        let share = |text: &str| text.parse::<Share>().unwrap();
        let benefit = SocialBenefit {
            units: "10".parse().unwrap(),
            unit_value: Pence(500_000),
            deadweight: share("0.28"),
            displacement: share("0.10"),
            attribution: share("0.20"),
            drop_off: share("0.30"),
            first_year: 1,
            years: 3,
        };
        let present = present_benefit(&benefit, table(STANDARD)).unwrap();
        let amounts: Vec<String> = present.years.iter().map(|y| y.benefit.plain()).collect();
        assert_eq!(amounts, ["25920.00", "18144.00", "12700.80"]);
        assert_eq!(present.present_value.plain(), "53436.49");
        assert_eq!(present.ratio(Pence(6_000_000)).unwrap().to_string(), "0.8906");
        assert_eq!(present.ratio(Pence(0)), None);
    }

    #[test]
    fn real_and_nominal_rates_and_prices_convert_there_and_back() {
        let rate = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(nominal(rate("0.035"), rate("0.02")), Ok(rate("0.0557")));
        assert_eq!(real(rate("0.0557"), rate("0.02")), Ok(rate("0.035")));
        assert!(real(rate("0.05"), rate("-1")).is_err());
        let index =
            PriceIndex { source: "Deflator".to_owned(), levels: vec![(2026, rate("110")), (2024, rate("100"))] };
        assert_eq!(index.convert(Pence(10_000), 2024, 2026), Ok(Pence(11_000)));
        assert!(index.convert(Pence(10_000), 2024, 2025).is_err());
    }

    #[test]
    fn a_cost_with_an_allowance_for_optimism_is_discounted_year_by_year() {
        let uplift = "0.2".parse().unwrap();
        // 120 now, and 120 / 1.035.
        assert_eq!(present_value(table(STANDARD), &[Pence(10_000), Pence(10_000)], uplift), Ok(Pence(23_594)));
        assert!(present_value(table(STANDARD), &[Pence(i64::MAX), Pence(i64::MAX)], uplift).is_err());
    }
}
