//! From figures to places on the page, and from figures to words.

use crate::values::decimals::group_thousands;
use crate::values::{Pence, round_half_up};
use rust_decimal::Decimal;

/// A straight rule from figures to places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    low: Decimal,
    high: Decimal,
    from: Decimal,
    to: Decimal,
}

impl Scale {
    /// `low` is drawn at `from`, `high` at `to`.
    pub(super) fn new(low: Decimal, high: Decimal, from: i32, to: i32) -> Self {
        Scale { low, high, from: Decimal::from(from), to: Decimal::from(to) }
    }

    /// Where a figure is drawn, kept between the ends. A rule without length draws everything at its start.
    fn at(&self, figure: Decimal, places: u32) -> Decimal {
        let span = self.high.checked_sub(self.low).filter(|s| !s.is_zero());
        let share = span
            .and_then(|span| figure.checked_sub(self.low)?.checked_div(span))
            .map_or(Decimal::ZERO, |share| share.clamp(Decimal::ZERO, Decimal::ONE));
        fixed(self.from + share * (self.to - self.from), places)
    }

    /// Per cent across, two places.
    pub(super) fn across(&self, figure: Decimal) -> Decimal {
        self.at(figure, 2)
    }

    /// Pixels down, one place.
    pub(super) fn down(&self, figure: Decimal) -> Decimal {
        self.at(figure, 1)
    }
}

/// Rounded half up and written with exactly these places.
pub(super) fn fixed(value: Decimal, places: u32) -> Decimal {
    let mut value = round_half_up(value, places);
    value.rescale(places);
    value
}

/// Round figures (1, 2 or 5 times a power of ten apart) that enclose `low` and `high`, with at most `most` steps
/// between them and one more at each end. Always at least two.
pub(super) fn ticks(low: Decimal, high: Decimal, most: u32) -> Vec<Decimal> {
    let (low, high) = (low.min(high), low.max(high));
    let span = high.checked_sub(low).unwrap_or(Decimal::MAX);
    let step = step(span, Decimal::from(most.max(1)));
    let (first, last) = (steps_below(low, step), steps_above(high, step));
    let last = if first == last { last + Decimal::ONE } else { last };
    let mut all = Vec::new();
    let mut at = first;
    while at <= last {
        all.extend(at.checked_mul(step).map(|figure| figure.normalize()));
        at += Decimal::ONE;
    }
    all
}

fn steps_below(figure: Decimal, step: Decimal) -> Decimal {
    figure.checked_div(step).unwrap_or(Decimal::ZERO).floor()
}

fn steps_above(figure: Decimal, step: Decimal) -> Decimal {
    figure.checked_div(step).unwrap_or(Decimal::ZERO).ceil()
}

fn step(span: Decimal, most: Decimal) -> Decimal {
    if span.is_zero() {
        return Decimal::ONE;
    }
    let mut power = Decimal::new(1, 6);
    loop {
        for times in [1, 2, 5] {
            let Some(step) = power.checked_mul(Decimal::from(times)) else { return power };
            if step.checked_mul(most).is_none_or(|reach| reach >= span) {
                return step;
            }
        }
        match power.checked_mul(Decimal::TEN) {
            Some(next) => power = next,
            None => return power,
        }
    }
}

/// How a figure is written: what stands before and after it and how many places it has.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// Before the figure, such as "£".
    pub prefix: String,
    /// After the figure, such as "%" or " homes".
    pub suffix: String,
    /// Decimal places.
    pub places: u32,
}

impl Unit {
    /// Per cent.
    #[must_use]
    pub fn percent(places: u32) -> Self {
        Unit { suffix: "%".to_owned(), places, ..Unit::default() }
    }

    /// Whole things, without a word after them.
    #[must_use]
    pub fn count() -> Self {
        Unit::default()
    }

    /// The figure in words: thousands separated, a true minus sign.
    #[must_use]
    pub fn show(&self, figure: Decimal) -> String {
        let text = fixed(figure.abs(), self.places).to_string();
        let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
        let zero = text.chars().all(|c| matches!(c, '0' | '.'));
        let sign = if figure.is_sign_negative() && !zero { "−" } else { "" };
        format!("{sign}{}{}{rest}{}", self.prefix, group_thousands(whole), self.suffix)
    }

    /// As [`Unit::show`], without places that are zero: for the grid.
    pub(super) fn round(&self, figure: Decimal) -> String {
        let places = figure.normalize().scale();
        Unit { places, ..self.clone() }.show(figure)
    }
}

/// Money at a mark or on the grid: "£4.66m", "−£310k", "£950".
pub(super) fn compact(pence: Pence) -> String {
    let pounds = pence.pounds().abs();
    let sign = if pence.0 < 0 { "−" } else { "" };
    let (share, unit, places) = if pounds >= Decimal::from(999_500) {
        (pounds / Decimal::from(1_000_000), "m", 2)
    } else if pounds >= Decimal::from(10_000) {
        (pounds / Decimal::ONE_THOUSAND, "k", 0)
    } else {
        return pence.to_string();
    };
    format!("{sign}£{}{unit}", round_half_up(share, places).normalize())
}

/// Breaks words into lines of at most `most` letters, since SVG does not. A longer word keeps its own line.
pub(super) fn lines(text: &str, most: usize) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match all.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => all.push(word.to_owned()),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rust_decimal::dec;

    #[test]
    fn grid_figures_are_round_and_enclose_what_is_drawn() {
        assert_eq!(ticks(dec!(2), dec!(19), 5), [dec!(0), dec!(5), dec!(10), dec!(15), dec!(20)]);
        assert_eq!(ticks(dec!(93.6), dec!(94.6), 5).first(), Some(&dec!(93.6)));
        assert_eq!(ticks(dec!(7), dec!(7), 5), [dec!(7), dec!(8)]);
        assert_eq!(ticks(dec!(-4660000), dec!(1630000), 7).first(), Some(&dec!(-5000000)));
    }

    proptest! {
        #[test]
        fn every_figure_lands_between_the_ends_of_its_rule(low in -1_000_000_i64..1_000_000, span in 0_i64..1_000_000, at in any::<i64>()) {
            let rule = Scale::new(Decimal::from(low), Decimal::from(low + span), 9, 98);
            let x = rule.across(Decimal::from(at));
            prop_assert!(x >= dec!(9) && x <= dec!(98));
            prop_assert_eq!(x.scale(), 2);
        }

        #[test]
        fn a_grid_never_has_more_steps_than_asked_plus_the_two_ends(low in -1_000_000_000_i64..1_000_000_000, span in 0_i64..1_000_000_000, most in 1_u32..9) {
            let (low, high) = (Decimal::from(low), Decimal::from(low + span));
            let all = ticks(low, high, most);
            prop_assert!(all.len() >= 2 && all.len() <= usize::try_from(most).unwrap() + 2);
            prop_assert!(all[0] <= low && all[all.len() - 1] >= high);
        }
    }

    #[test]
    fn the_largest_figures_do_not_stop_a_page() {
        assert!(ticks(Decimal::MIN, Decimal::MAX, 5).len() >= 2);
        assert_eq!(Scale::new(Decimal::MIN, Decimal::MAX, 0, 100).across(Decimal::ZERO), dec!(0.00));
    }

    #[test]
    fn money_and_figures_are_written_as_people_read_them() {
        assert_eq!(compact(Pence(-466_000_000)), "−£4.66m");
        assert_eq!(compact(Pence(31_000_000)), "£310k");
        assert_eq!(compact(Pence(99_960_000)), "£1m");
        assert_eq!(compact(Pence(95_000)), "£950");
        assert_eq!(Unit::percent(1).show(dec!(11.4)), "11.4%");
        assert_eq!(Unit::count().show(dec!(-5310)), "−5,310");
        assert_eq!(Unit::count().show(dec!(-0.4)), "0");
        assert_eq!(Unit::percent(1).round(dec!(20)), "20%");
    }

    #[test]
    fn a_long_measure_is_broken_between_words() {
        assert_eq!(lines("Residents in work for 6 months or more", 20), ["Residents in work", "for 6 months or more"]);
        assert!(lines("", 20).is_empty());
    }
}
