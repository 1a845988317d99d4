//! The formula of a price or a whole-life cost, as the builder's form offers, shows and reads it.

use super::criteria::CriterionInput;
use super::rules::identifier;
use crate::evaluation::check::{MAX_PLACES, MAX_PRICE};
use crate::evaluation::price::best_value;
use crate::evaluation::{AboveCeiling, Feature, FeatureOption, PriceBand, PriceModel};
use crate::values::decimals::{parse_decimal, shown_decimal};
use crate::values::{Parser, Pence};
use rust_decimal::{Decimal, dec};
use std::collections::BTreeSet;

/// What the best options of all features may be worth together, as a part of the price.
const BEST_TOGETHER: Decimal = dec!(0.30);

crate::text_enum! {
    /// The price formulas that a form offers.
    pub enum Formula {
        AbsoluteToCeiling = "absolute_to_ceiling" => "Against the ceiling: other bids change nothing",
        Bands = "bands" => "Published price bands: other bids change nothing",
        LowestOverPrice = "lowest_over_price" => "Lowest price divided by the price",
        LinearToCeiling = "linear_to_ceiling" => "Between the lowest price and the ceiling",
        Bilinear = "bilinear" => "Around the mean price",
        FixedPrice = "fixed_price" => "Everybody is paid the same; price earns no points",
        PricePerQualityPoint = "price_per_quality_point" => "Price for each point: the lowest is first",
        ValueAdjusted = "value_adjusted" => "Price lowered for what is offered: the lowest is first",
    }
}

impl Formula {
    /// What to think of before choosing it.
    #[must_use]
    pub fn warning(self) -> &'static str {
        match self {
            Formula::AbsoluteToCeiling | Formula::Bands => "",
            Formula::LowestOverPrice | Formula::LinearToCeiling | Formula::Bilinear => {
                "A losing bid can decide who wins; the rehearsal shows it"
            }
            Formula::FixedPrice => "For a plain price only",
            Formula::PricePerQualityPoint => {
                "It carries no weight: all other criteria add up to 100%. A very cheap bid of poor quality can come \
                 first, so set a least level for every question that matters. A bid without points is left out"
            }
            Formula::ValueAdjusted => {
                "Nothing else can carry points: whatever counts is an option of the price, and the rest is pass or \
                 fail. A bidder that offers every best option has its price lowered by as much as 30%"
            }
        }
    }

    /// The formulas of a form: word, label, warning. A whole-life cost has no fixed price.
    #[must_use]
    pub fn offered(whole_life: bool) -> Vec<(&'static str, &'static str, &'static str)> {
        Formula::ALL
            .iter()
            .filter(|formula| !(whole_life && **formula == Formula::FixedPrice))
            .map(|formula| (formula.as_str(), formula.label(), formula.warning()))
            .collect()
    }
}

/// What the form shows of a formula that is there.
pub(super) fn pairs(model: &PriceModel, mut put: impl FnMut(&str, String)) {
    let above =
        |above: AboveCeiling| if above == AboveCeiling::Excluded { "excluded" } else { "scores_zero" }.to_owned();
    match model {
        PriceModel::LowestOverPrice => put("formula", Formula::LowestOverPrice.to_string()),
        PriceModel::LinearToCeiling { ceiling, exponent, above_ceiling } => {
            put("formula", Formula::LinearToCeiling.to_string());
            put("ceiling", ceiling.plain());
            put("exponent", exponent.to_string());
            put("above_ceiling", above(*above_ceiling));
        }
        PriceModel::AbsoluteToCeiling { ceiling, exponent, above_ceiling } => {
            put("formula", Formula::AbsoluteToCeiling.to_string());
            put("ceiling", ceiling.plain());
            put("exponent", exponent.to_string());
            put("above_ceiling", above(*above_ceiling));
        }
        PriceModel::Bilinear { ceiling, mean_share, above_ceiling } => {
            put("formula", Formula::Bilinear.to_string());
            put("ceiling", ceiling.plain());
            put("mean_share", mean_share.normalize().to_string());
            put("above_ceiling", above(*above_ceiling));
        }
        PriceModel::Bands { bands, above_ceiling } => {
            put("formula", Formula::Bands.to_string());
            let lines: Vec<String> =
                bands.iter().map(|b| format!("{} {}", b.up_to.plain(), b.share.normalize())).collect();
            put("bands", lines.join("\n"));
            put("above_ceiling", above(*above_ceiling));
        }
        PriceModel::FixedPrice { price } => {
            put("formula", Formula::FixedPrice.to_string());
            put("fixed_price", price.plain());
        }
        PriceModel::PricePerQualityPoint => put("formula", Formula::PricePerQualityPoint.to_string()),
        PriceModel::ValueAdjusted { features } => {
            put("formula", Formula::ValueAdjusted.to_string());
            let lines: Vec<String> = features
                .iter()
                .flat_map(|f| f.options.iter().map(|o| format!("{}: {} {}", f.title, o.text, o.value.normalize())))
                .collect();
            put("features", lines.join("\n"));
        }
    }
}

/// Reads a formula. Features keep the identifiers they had; new ones take none of `taken`.
pub(super) fn read(
    form: &mut Parser,
    input: &CriterionInput,
    before: &[Feature],
    taken: &BTreeSet<String>,
) -> Option<PriceModel> {
    let formula: Formula = form.value("formula", &input.formula, "Choose a formula")?;
    let above_ceiling = match input.above_ceiling.trim() {
        "" | "excluded" => AboveCeiling::Excluded,
        "scores_zero" => AboveCeiling::ScoresZero,
        _ => {
            form.wrong("above_ceiling", "Choose one of the answers");
            return None;
        }
    };
    let ceiling =
        |form: &mut Parser| read_price(form, "ceiling", &input.ceiling, "Enter the ceiling, in pounds with VAT");
    match formula {
        Formula::LowestOverPrice => Some(PriceModel::LowestOverPrice),
        Formula::LinearToCeiling => {
            let (ceiling, exponent) = (ceiling(form), read_power(form, &input.exponent));
            Some(PriceModel::LinearToCeiling { ceiling: ceiling?, exponent: exponent?, above_ceiling })
        }
        Formula::AbsoluteToCeiling => {
            let (ceiling, exponent) = (ceiling(form), read_power(form, &input.exponent));
            Some(PriceModel::AbsoluteToCeiling { ceiling: ceiling?, exponent: exponent?, above_ceiling })
        }
        Formula::Bilinear => {
            let ceiling = ceiling(form);
            let missing = "Enter the part that the mean price earns, like 0.85";
            let mean_share = form.decimal("mean_share", &input.mean_share, missing)?;
            let possible = is_part(mean_share) && mean_share > Decimal::ZERO;
            form.check(possible, "mean_share", "Enter a part of one, more than 0 and at most 1, like 0.85");
            Some(PriceModel::Bilinear { ceiling: ceiling?, mean_share, above_ceiling })
        }
        Formula::Bands => match read_bands(&input.bands) {
            Ok(bands) => Some(PriceModel::Bands { bands, above_ceiling }),
            Err(message) => {
                form.wrong("bands", message);
                None
            }
        },
        Formula::FixedPrice => {
            let missing = "Enter the price that everybody is paid";
            let price = read_price(form, "fixed_price", &input.fixed_price, missing)?;
            Some(PriceModel::FixedPrice { price })
        }
        Formula::PricePerQualityPoint => Some(PriceModel::PricePerQualityPoint),
        Formula::ValueAdjusted => match read_features(&input.features, before, taken) {
            Ok(features) => Some(PriceModel::ValueAdjusted { features }),
            Err(message) => {
                form.wrong("features", message);
                None
            }
        },
    }
}

/// A price that can be published.
fn read_price(form: &mut Parser, field: &str, text: &str, missing: &str) -> Option<Pence> {
    let found = form.pence(field, text, missing)?;
    let possible = found > Pence::ZERO && found <= MAX_PRICE;
    form.check(possible, field, "Enter more than £0 and at most £1,000,000,000,000");
    possible.then_some(found)
}

/// The power of a formula; 1 when it is left empty.
fn read_power(form: &mut Parser, text: &str) -> Option<u32> {
    if text.trim().is_empty() {
        return Some(1);
    }
    let found = form.value::<u32>("exponent", text, "")?;
    let possible = (1..=5).contains(&found);
    form.check(possible, "exponent", "Enter a whole number from 1 to 5; 1 is a straight line");
    possible.then_some(found)
}

/// Whether a number is a part of one that can be published.
pub(super) fn is_part(value: Decimal) -> bool {
    (Decimal::ZERO..=Decimal::ONE).contains(&value) && value.scale() <= MAX_PLACES
}

/// Price bands, one a line: highest price and part of the points. Prices rise, and a higher price earns no more.
///
/// # Errors
/// A sentence that names the line.
pub fn read_bands(text: &str) -> Result<Vec<PriceBand>, String> {
    let mut bands: Vec<PriceBand> = Vec::new();
    for (place, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |what: &str| format!("Line {}: {what}", place + 1);
        let unread = || wrong("enter a price and a part of the points, like 900,000 0.8");
        let (price, share) = line.trim().rsplit_once([' ', '\t']).ok_or_else(unread)?;
        let up_to: Pence = price.trim().parse().map_err(|_| unread())?;
        let share = parse_decimal(share).map_err(|_| unread())?;
        if up_to <= Pence::ZERO || up_to > MAX_PRICE {
            return Err(wrong("enter a price of more than £0 and at most £1,000,000,000,000"));
        }
        if !is_part(share) {
            return Err(wrong("the part of the points is from 0 to 1, like 0.8"));
        }
        if bands.last().is_some_and(|before| up_to <= before.up_to) {
            return Err(wrong("the price must be higher than on the line before"));
        }
        if bands.last().is_some_and(|before| share > before.share) {
            return Err(wrong("a higher price may not earn more than a lower one"));
        }
        bands.push(PriceBand { up_to, share });
    }
    if bands.is_empty() { Err("Enter at least one price band".to_owned()) } else { Ok(bands) }
}

/// Options of an adjusted price, one a line: feature, colon, option, value. Lines of one feature make its options, in
/// their order. What was there before keeps its identifiers.
///
/// # Errors
/// A sentence that names the line.
pub fn read_features(text: &str, before: &[Feature], taken: &BTreeSet<String>) -> Result<Vec<Feature>, String> {
    let mut features: Vec<Feature> = Vec::new();
    let mut taken = taken.clone();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = || {
            format!(
                "Line {}: enter a feature, a colon, an option and its value, like Warranty: five years 0.1",
                number + 1
            )
        };
        let (title, rest) = line.split_once(':').ok_or_else(wrong)?;
        let (option, value) = rest.trim().rsplit_once([' ', '\t']).ok_or_else(wrong)?;
        let (title, option) = (title.trim(), option.trim());
        let value = parse_decimal(value).map_err(|_| wrong())?;
        if title.is_empty() || option.is_empty() || title.chars().count() > 120 || option.chars().count() > 200 {
            return Err(wrong());
        }
        if value.is_sign_negative() && !value.is_zero() || value > BEST_TOGETHER {
            return Err(format!("Line {}: the value is a part of the price, from 0 to 0.30", number + 1));
        }
        let known = before.iter().find(|f| f.title == title);
        let place = match features.iter().position(|f| f.title == title) {
            Some(place) => place,
            None => {
                let id = known.map_or_else(|| identifier(title, &taken), |f| f.id.clone());
                taken.insert(id.clone());
                features.push(Feature { id, title: title.to_owned(), options: Vec::new() });
                features.len() - 1
            }
        };
        let Some(feature) = features.get_mut(place) else { continue };
        if feature.options.iter().any(|o| o.text == option) {
            return Err(format!("Line {}: “{option}” is there already", number + 1));
        }
        let known = known.and_then(|f| f.options.iter().find(|o| o.text == option)).map(|o| o.id.clone());
        let mut used: BTreeSet<String> = feature.options.iter().map(|o| o.id.clone()).collect();
        used.extend(before.iter().filter(|f| f.title == title).flat_map(|f| &f.options).map(|o| o.id.clone()));
        let id = known.unwrap_or_else(|| identifier(option, &used));
        feature.options.push(FeatureOption { id, text: option.to_owned(), value });
    }
    if let Some(alone) = features.iter().find(|f| f.options.len() < 2) {
        return Err(format!("“{}” needs at least two options; the least can be worth 0", alone.title));
    }
    let best = best_value(&features);
    if features.len() > 20 || best <= Decimal::ZERO || best > BEST_TOGETHER {
        return Err(
            "The best options of at most 20 features together are worth more than 0 and at most 0.30".to_owned()
        );
    }
    Ok(features)
}

/// The options of an adjusted price in words, a line for each feature.
#[must_use]
pub fn feature_words(features: &[Feature]) -> Vec<String> {
    features
        .iter()
        .map(|feature| {
            let options: Vec<String> = feature
                .options
                .iter()
                .map(|o| format!("{} counts {}%", o.text, shown_decimal(o.value * Decimal::ONE_HUNDRED)))
                .collect();
            format!("{}: {}", feature.title, options.join("; "))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    const TEXT: &str = "Warranty: two years 0\nWarranty: five years 0.1\n\nVans: petrol 0\nVans: electric 0.2";

    #[test]
    fn options_are_read_line_by_line_and_keep_their_identifiers_when_they_are_changed() {
        let read = read_features(TEXT, &[], &BTreeSet::from(["vans".to_owned()])).unwrap();
        assert_eq!(read.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(), ["warranty", "vans_2"]);
        assert_eq!((best_value(&read), read[1].options[1].id.as_str()), (dec!(0.3), "electric"));
        let mut shown = Vec::new();
        pairs(&PriceModel::ValueAdjusted { features: read.clone() }, |name, value| {
            shown.push((name.to_owned(), value));
        });
        let text = shown.iter().find(|(name, _)| name == "features").unwrap().1.clone();
        let taken = read.iter().map(|f| f.id.clone()).collect();
        assert_eq!(read_features(&text, &read, &taken).unwrap(), read);
        assert_eq!(feature_words(&read)[0], "Warranty: two years counts 0%; five years counts 10%");
    }

    #[test]
    fn an_impossible_price_is_refused_at_its_field_with_what_to_do() {
        let input = |formula: &str, ceiling: &str, exponent: &str, mean: &str| CriterionInput {
            formula: formula.to_owned(),
            ceiling: ceiling.to_owned(),
            exponent: exponent.to_owned(),
            mean_share: mean.to_owned(),
            fixed_price: ceiling.to_owned(),
            ..CriterionInput::default()
        };
        for (given, field, told) in [
            (input("absolute_to_ceiling", "0", "1", ""), "ceiling", "more than £0"),
            (input("linear_to_ceiling", "-1", "1", ""), "ceiling", "more than £0"),
            (input("linear_to_ceiling", "1000", "6", ""), "exponent", "from 1 to 5"),
            (input("absolute_to_ceiling", "1000", "0", ""), "exponent", "from 1 to 5"),
            (input("bilinear", "1000", "", "2"), "mean_share", "at most 1"),
            (input("bilinear", "1000", "", "0"), "mean_share", "more than 0"),
            (input("fixed_price", "0", "", ""), "fixed_price", "more than £0"),
        ] {
            let mut form = Parser::default();
            read(&mut form, &given, &[], &BTreeSet::new());
            let errors = form.finish().unwrap_err();
            assert_eq!(errors.0.len(), 1, "{field}: {errors:?}");
            assert!(errors.at(field).unwrap().contains(told), "{errors:?}");
        }
        // What a formula does not use is not judged.
        let mut form = Parser::default();
        assert!(read(&mut form, &input("lowest_over_price", "0", "6", "2"), &[], &BTreeSet::new()).is_some());
        form.finish().unwrap();
        for (text, told) in [
            ("900,000 1\n800,000 0.5", "Line 2: the price must be higher"),
            ("800,000 0.5\n\n900,000 1", "Line 3: a higher price may not earn more"),
            ("0 1", "Line 1: enter a price of more than £0"),
            ("900,000 80", "Line 1: the part of the points is from 0 to 1"),
            ("", "Enter at least one price band"),
        ] {
            assert!(read_bands(text).unwrap_err().starts_with(told), "{text}");
        }
    }

    #[test]
    fn a_wrong_option_is_named_by_its_line() {
        for (text, told) in [
            ("Warranty: two years 0\nWarranty five years 0.1", "Line 2: enter a feature"),
            ("Warranty: two years 0\nWarranty: five years 0.4", "Line 2: the value"),
            ("Warranty: two years 0\nWarranty: two years 0.1", "Line 2: “two years” is there already"),
            ("Warranty: two years 0.1", "needs at least two options"),
            ("Warranty: two years 0\nWarranty: five years 0", "worth more than 0"),
            ("A: x 0\nA: y 0.2\nB: x 0\nB: y 0.2", "at most 0.30"),
            ("", "worth more than 0"),
        ] {
            let error = read_features(text, &[], &BTreeSet::new()).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
