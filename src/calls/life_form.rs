//! Which later costs a whole-life cost counts, as the builder's form shows and reads it.

use super::criteria::CriterionInput;
use super::rules::identifier;
use crate::evaluation::later_costs::{MOST_AMOUNTS, MOST_ITEMS};
use crate::evaluation::{CostItem, CostPaid, Discount, WholeLife};
use crate::values::Parser;
use crate::values::decimals::shown_decimal;
use crate::values::time::medium_date;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// The two ways to bring later costs to the purchase, as the form offers them.
pub const DISCOUNTS: [(&str, &str, &str); 2] = [
    ("rate", "By one rate a year", "Money later counts for less. At 0% every year counts alike"),
    ("green_book", "By the Treasury’s Green Book rates", "3.5% a year in real terms, falling after 30 years"),
];

/// Reads which later costs count. Costs keep the identifiers they had.
pub(super) fn read(form: &mut Parser, before: Option<&WholeLife>, input: &CriterionInput) -> Option<WholeLife> {
    let years = form.value::<u32>("years", &input.years, "Enter how many years after the purchase count, like 10");
    form.check(years.is_none_or(|y| (1..=60).contains(&y)), "years", "Enter 1 to 60 years");
    let discount = match input.discount.trim() {
        "rate" => {
            let rate = form.decimal(
                "discount_rate",
                input.discount_rate.trim().trim_end_matches('%'),
                "Enter the rate, like 3.5",
            );
            form.check(
                rate.is_none_or(|r| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&r) && r.normalize().scale() <= 4),
                "discount_rate",
                "Enter a rate from 0% to 100% with at most 4 decimal places",
            );
            rate.map(|rate| Discount::Rate { rate: (rate / Decimal::ONE_HUNDRED).normalize() })
        }
        "green_book" => {
            let on = form.date("appraised_on", &input.appraised_on, "Enter the day of the appraisal");
            let discount = on.map(|on| Discount::GreenBook { on });
            form.check(
                discount.as_ref().is_none_or(|d| d.factor(1).is_some()),
                "appraised_on",
                "No rates are known for that day. Enter the day on which you appraise",
            );
            discount
        }
        _ => {
            form.wrong("discount", "Choose how later costs are brought to the day of the purchase");
            None
        }
    };
    let items = read_items(form, before.map(|b| b.items.as_slice()).unwrap_or_default(), input);
    let (years, discount) = (years?, discount?);
    let amounts = items.iter().map(|i| i.amounts(years)).fold(0_usize, usize::saturating_add);
    if items.len() > MOST_ITEMS || amounts > MOST_AMOUNTS {
        form.wrong(
            "by_year",
            format!(
                "This asks bidders for {amounts} amounts in {} lists. Ask at most {MOST_AMOUNTS} amounts and \
                 {MOST_ITEMS} costs: use fewer years, or fewer costs year by year",
                items.len()
            ),
        );
    }
    Some(WholeLife { years, discount, items })
}

fn read_items(form: &mut Parser, before: &[CostItem], input: &CriterionInput) -> Vec<CostItem> {
    let mut taken: BTreeSet<String> = before.iter().map(|i| i.id.clone()).collect();
    let mut items: Vec<CostItem> = Vec::new();
    for (field, text, paid) in [
        ("every_year", &input.every_year, CostPaid::EveryYear),
        ("by_year", &input.by_year, CostPaid::ByYear),
        ("at_end", &input.at_end, CostPaid::AtEnd),
        ("worth_at_end", &input.worth_at_end, CostPaid::WorthAtEnd),
    ] {
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let title = form.text(field, line, 120, "Name the cost");
            if items.iter().any(|i| i.title == title) {
                form.wrong(field, format!("“{title}” is named twice. Name each cost once"));
                continue;
            }
            let known = before.iter().find(|i| i.title == title).map(|i| i.id.clone());
            let id = known.unwrap_or_else(|| identifier(&title, &taken));
            taken.insert(id.clone());
            items.push(CostItem { id, title, paid });
        }
    }
    form.check(!items.is_empty(), "every_year", "Name at least one later cost, such as electricity or repairs");
    items
}

/// What the form shows of later costs that are there.
pub(super) fn pairs(life: &WholeLife, mut put: impl FnMut(&str, String)) {
    put("years", life.years.to_string());
    match &life.discount {
        Discount::Rate { rate } => {
            put("discount", "rate".to_owned());
            put("discount_rate", (rate * Decimal::ONE_HUNDRED).normalize().to_string());
        }
        Discount::GreenBook { on } => {
            put("discount", "green_book".to_owned());
            put("appraised_on", on.to_string());
        }
    }
    for (field, paid) in [
        ("every_year", CostPaid::EveryYear),
        ("by_year", CostPaid::ByYear),
        ("at_end", CostPaid::AtEnd),
        ("worth_at_end", CostPaid::WorthAtEnd),
    ] {
        let titles: Vec<&str> = life.items.iter().filter(|i| i.paid == paid).map(|i| i.title.as_str()).collect();
        put(field, titles.join("\n"));
    }
}

/// How later costs are brought to the day of the purchase, in a sentence.
#[must_use]
pub fn discount_words(life: &WholeLife) -> String {
    match &life.discount {
        Discount::Rate { rate } if rate.is_zero() => "Costs of every year count alike.".to_owned(),
        Discount::Rate { rate } => format!(
            "Costs of a year are divided by {} for each year after the purchase ({}% a year).",
            shown_decimal(Decimal::ONE + rate),
            shown_decimal(rate * Decimal::ONE_HUNDRED)
        ),
        Discount::GreenBook { on } => format!(
            "Later costs count for less by the Treasury’s Green Book rates of {}: £1 after a year counts {} of a pound.",
            medium_date(*on),
            life.discount.factor(1).unwrap_or_default().round_dp(4)
        ),
    }
}

/// When a cost is paid, in words.
#[must_use]
pub fn paid_words(paid: CostPaid, years: u32) -> String {
    match paid {
        CostPaid::EveryYear => "the same every year".to_owned(),
        CostPaid::ByYear => format!("an amount for each of {years} years"),
        CostPaid::AtEnd => format!("once, in year {years}"),
        CostPaid::WorthAtEnd => format!("what is left in year {years}, taken off"),
    }
}

/// Which later costs count and how, a line for each.
#[must_use]
pub fn words(life: &WholeLife) -> Vec<String> {
    let mut lines: Vec<String> =
        life.items.iter().map(|i| format!("{}: {}", i.title, paid_words(i.paid, life.years))).collect();
    lines.push(discount_words(life));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn input() -> CriterionInput {
        CriterionInput {
            years: "10".into(),
            discount: "rate".into(),
            discount_rate: "3.5%".into(),
            every_year: "Electricity\nService contract".into(),
            by_year: "Repairs".into(),
            worth_at_end: "Resale value".into(),
            ..CriterionInput::default()
        }
    }

    #[test]
    fn a_form_says_which_later_costs_count_and_shows_again_what_it_said() {
        let mut form = Parser::default();
        let read_first = read(&mut form, None, &input()).unwrap();
        form.finish().unwrap();
        assert_eq!(read_first.discount, Discount::Rate { rate: dec!(0.035) });
        assert_eq!(
            read_first.items.iter().map(|i| (i.id.as_str(), i.paid)).collect::<Vec<_>>(),
            [
                ("electricity", CostPaid::EveryYear),
                ("service_contract", CostPaid::EveryYear),
                ("repairs", CostPaid::ByYear),
                ("resale_value", CostPaid::WorthAtEnd)
            ]
        );
        let mut shown = CriterionInput::default();
        pairs(&read_first, |name, value| match name {
            "years" => shown.years = value,
            "discount" => shown.discount = value,
            "discount_rate" => shown.discount_rate = value,
            "every_year" => shown.every_year = value,
            "by_year" => shown.by_year = value,
            "at_end" => shown.at_end = value,
            _ => shown.worth_at_end = value,
        });
        assert_eq!(read(&mut Parser::default(), Some(&read_first), &shown), Some(read_first.clone()));
        let lines = words(&read_first);
        assert_eq!(lines[2], "Repairs: an amount for each of 10 years");
        assert!(lines.last().unwrap().contains("divided by 1.035"), "{lines:?}");
    }

    #[test]
    fn what_cannot_be_counted_is_refused_at_its_field() {
        let green = CriterionInput { discount: "green_book".into(), ..input() };
        for (given, field) in [
            (CriterionInput { years: "61".into(), ..input() }, "years"),
            (CriterionInput { discount: String::new(), ..input() }, "discount"),
            (CriterionInput { discount_rate: "101".into(), ..input() }, "discount_rate"),
            (CriterionInput { discount_rate: "0.00001".into(), ..input() }, "discount_rate"),
            (green.clone(), "appraised_on"),
            (CriterionInput { appraised_on: "1/1/2000".into(), ..green }, "appraised_on"),
            (CriterionInput { by_year: "Electricity".into(), ..input() }, "by_year"),
            (CriterionInput { years: "60".into(), by_year: "A\nB\nC\nD".into(), ..input() }, "by_year"),
            (
                CriterionInput {
                    every_year: String::new(),
                    by_year: String::new(),
                    worth_at_end: String::new(),
                    ..input()
                },
                "every_year",
            ),
        ] {
            let mut form = Parser::default();
            read(&mut form, None, &given);
            assert!(form.finish().unwrap_err().at(field).is_some(), "{field}");
        }
    }
}
