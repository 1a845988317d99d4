//! The form of a criterion that scores a figure which the service works out for each application of a round.

use super::criteria::CriterionInput;
use super::price_form::is_part;
use crate::evaluation::{Better, FigureBand, FigureMeasure, FigureRisk, FigureTrial, Kind, RiskGrade};
use crate::values::decimals::{parse_decimal, shown_decimal};
use crate::values::{Parser, Pence};
use rust_decimal::Decimal;

crate::text_enum! {
    /// The figures that a form offers: those that differ from one application to the next.
    pub enum Figure {
        Affordability = "affordability" => "Cover: how many times the application’s cash pays its instalments, in the hardest twelve months",
        ExpectedLoss = "expected_loss" => "Expected loss: the part of the amount that we expect to lose",
        Return = "return" => "Return: what we expect to earn in a year, after what we expect to lose",
        Subsidy = "subsidy" => "Subsidy: what the loan spares against the market, in pounds",
    }
}

impl Figure {
    fn of(measure: FigureMeasure) -> Option<Figure> {
        match measure {
            FigureMeasure::Affordability => Some(Figure::Affordability),
            FigureMeasure::ExpectedLoss => Some(Figure::ExpectedLoss),
            FigureMeasure::Subsidy => Some(Figure::Subsidy),
            FigureMeasure::Return => Some(Figure::Return),
            FigureMeasure::Other => None,
        }
    }

    fn measure(self) -> (FigureMeasure, Better) {
        match self {
            Figure::Affordability => (FigureMeasure::Affordability, Better::Higher),
            Figure::ExpectedLoss => (FigureMeasure::ExpectedLoss, Better::Lower),
            Figure::Return => (FigureMeasure::Return, Better::Higher),
            Figure::Subsidy => (FigureMeasure::Subsidy, Better::Lower),
        }
    }
}

/// Whether the service can work a figure out itself.
#[must_use]
pub fn is_worked_out(measure: FigureMeasure) -> bool {
    Figure::of(measure).is_some()
}

/// Reads what the figure is, its bounds and the loan it is worked out on.
pub(super) fn read(form: &mut Parser, input: &CriterionInput) -> Option<Kind> {
    let figure: Option<Figure> = form.value("measure", &input.measure, "Choose a figure");
    let bands = lines(form, "bounds", &input.bounds, "a bound and the part of the points, like 1.25 0.8")
        .map(|lines| lines.into_iter().map(|(bound, share)| FigureBand { bound, share }).collect::<Vec<_>>());
    form.check(bands.as_ref().is_none_or(|b| !b.is_empty()), "bounds", "Enter at least one bound");
    if let (Some(bands), Some(figure)) = (&bands, figure) {
        check_bounds(form, bands, figure.measure().1);
    }
    let rate = percent(form, "loan_rate", &input.loan_rate, "Enter the yearly rate of the loan, like 5");
    let months = form.value::<u32>("loan_months", &input.loan_months, "Enter the months of the loan, like 60");
    let possible = |months: &u32| (1..=600).contains(months);
    form.check(months.is_none_or(|m| possible(&m)), "loan_months", "Enter 1 to 600 months");
    // What was refused here is told once.
    let months = months.filter(possible);
    let follows = if input.follows.trim().is_empty() {
        Some(Decimal::ZERO)
    } else {
        percent(form, "follows", &input.follows, "")
    };
    let (mut market, mut risk) = (None, None);
    match figure {
        Some(Figure::Subsidy) => {
            market = Some(percent(form, "market", &input.market, "Enter what the market would ask, like 9")?);
        }
        Some(Figure::ExpectedLoss | Figure::Return) => {
            let default = percent(form, "default", &input.default, "Enter the chance of default in a year, like 8");
            let lost = percent(form, "lost", &input.lost, "Enter the part that a default loses, like 60");
            let grades = lines(form, "risks", &input.risks, "a cover and the chance in per cent, like 1.25 4");
            let grades = grades?
                .into_iter()
                .map(|(cover, chance)| RiskGrade { cover, default: (chance / Decimal::ONE_HUNDRED).normalize() });
            risk = Some(FigureRisk { default: default?, grades: grades.collect(), lost: lost? });
        }
        Some(Figure::Affordability) | None => {}
    }
    let (measure, better) = figure?.measure();
    let trial = FigureTrial { rate: rate?, months: months?, follows: follows?, market, risk };
    if let Some(problem) = trial.problem(measure) {
        let field = match measure {
            FigureMeasure::Return if trial.months < 12 => "loan_months",
            FigureMeasure::ExpectedLoss | FigureMeasure::Return => "risks",
            _ => "measure",
        };
        form.wrong(field, sentence(problem));
    }
    Some(Kind::Figure { measure, better, bands: bands?, trial: Some(trial) })
}

/// Bounds rise, and a better figure earns no less. The first fault is told.
fn check_bounds(form: &mut Parser, bands: &[FigureBand], better: Better) {
    let wrong = if bands.iter().any(|b| !is_part(b.share)) {
        "The part of the points is from 0 to 1, like 0.8"
    } else if bands.windows(2).any(|pair| matches!(pair, [a, b] if a.bound >= b.bound)) {
        "Each bound must be higher than the one before"
    } else if bands.windows(2).any(|pair| match pair {
        [a, b] if better == Better::Higher => a.share > b.share,
        [a, b] => a.share < b.share,
        _ => false,
    }) {
        match better {
            Better::Higher => "A higher figure is better here, so it may not earn less than a lower one",
            Better::Lower => "A lower figure is better here, so it may not earn less than a higher one",
        }
    } else {
        return;
    };
    form.wrong("bounds", wrong);
}

fn sentence(problem: &str) -> String {
    let mut chars = problem.trim_end_matches('.').chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn percent(form: &mut Parser, field: &str, text: &str, missing: &str) -> Option<Decimal> {
    let value = form.decimal(field, text.trim().trim_end_matches('%'), missing)?;
    if (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&value) && value.normalize().scale() <= 6 {
        return Some((value / Decimal::ONE_HUNDRED).normalize());
    }
    form.wrong(field, "Enter 0% to 100%, like 5");
    None
}

/// Two numbers a line; `None` when a line is wrong, which is told.
fn lines(form: &mut Parser, field: &str, text: &str, like: &str) -> Option<Vec<(Decimal, Decimal)>> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let pair = line.trim().rsplit_once([' ', '\t']).and_then(|(first, second)| {
            let plain = |text: &str| parse_decimal(text.trim().trim_start_matches('£').trim_end_matches('%')).ok();
            Some((plain(first)?, plain(second)?))
        });
        match pair {
            Some(pair) => found.push(pair),
            None => {
                form.wrong(field, format!("Line {}: enter {like}", number + 1));
                return None;
            }
        }
    }
    Some(found)
}

/// What the form shows of a figure that is there.
pub(super) fn pairs(
    measure: FigureMeasure,
    bands: &[FigureBand],
    trial: Option<&FigureTrial>,
    mut put: impl FnMut(&str, String),
) {
    let hundred = |part: Decimal| (part * Decimal::ONE_HUNDRED).normalize().to_string();
    put("measure", Figure::of(measure).map(|f| f.to_string()).unwrap_or_default());
    let lines: Vec<String> = bands.iter().map(|b| format!("{} {}", b.bound.normalize(), b.share.normalize())).collect();
    put("bounds", lines.join("\n"));
    let Some(trial) = trial else { return };
    put("loan_rate", hundred(trial.rate));
    put("loan_months", trial.months.to_string());
    put("follows", hundred(trial.follows));
    put("market", trial.market.map(hundred).unwrap_or_default());
    if let Some(risk) = &trial.risk {
        put("default", hundred(risk.default));
        put("lost", hundred(risk.lost));
        let lines: Vec<String> =
            risk.grades.iter().map(|g| format!("{} {}", g.cover.normalize(), hundred(g.default))).collect();
        put("risks", lines.join("\n"));
    }
}

/// A figure, or a bound of it, as people read it.
#[must_use]
pub fn shown(measure: FigureMeasure, bound: Decimal) -> String {
    match measure {
        FigureMeasure::Subsidy => Pence::round_pounds(bound).map_or_else(|_| shown_decimal(bound), |p| p.to_string()),
        FigureMeasure::ExpectedLoss | FigureMeasure::Return => {
            format!("{}%", shown_decimal(bound * Decimal::ONE_HUNDRED))
        }
        FigureMeasure::Affordability | FigureMeasure::Other => shown_decimal(bound),
    }
}

/// What is scored, in a few words.
#[must_use]
pub fn summary(measure: FigureMeasure) -> &'static str {
    match measure {
        FigureMeasure::Affordability => {
            "By published bounds from the cover of the instalments in the hardest twelve months. Other applications do \
             not change your score"
        }
        FigureMeasure::ExpectedLoss => {
            "By published bounds from the loss that we expect. Other applications do not change your score"
        }
        FigureMeasure::Subsidy => {
            "By published bounds from the subsidy in the loan. Other applications do not change your score"
        }
        FigureMeasure::Return => {
            "By published bounds from the yearly return that we expect after losses. Other applications do not change \
             your score"
        }
        FigureMeasure::Other => "By published bounds from a figure that we work out",
    }
}

/// What a figure means, for somebody who reads it beside an application.
#[must_use]
pub fn meaning(measure: FigureMeasure) -> &'static str {
    match measure {
        FigureMeasure::Affordability => {
            "How many times the application’s cash pays its instalments in the hardest twelve months. Below 1 it does not"
        }
        FigureMeasure::ExpectedLoss => "The part of the amount that we expect to lose over the whole loan",
        FigureMeasure::Return => {
            "What we expect to earn in a year: the rate that fits the instalments as agreed, less what we expect to lose \
             in each year. Below 0% we expect to get back less than we lend"
        }
        FigureMeasure::Subsidy => "What the loan spares the applicant against the market",
        FigureMeasure::Other => "A figure of the application",
    }
}

/// The bounds, and the loan the figure is worked out on, a line for each.
#[must_use]
pub fn words(measure: FigureMeasure, better: Better, bands: &[FigureBand], trial: Option<&FigureTrial>) -> Vec<String> {
    let hundred = |part: Decimal| format!("{}%", shown_decimal(part * Decimal::ONE_HUNDRED));
    let side = if better == Better::Higher { "or more" } else { "or less" };
    let mut all: Vec<String> = bands
        .iter()
        .map(|b| format!("{} {side}: {} of the points", shown(measure, b.bound), hundred(b.share)))
        .collect();
    let Some(trial) = trial else { return all };
    all.push(format!(
        "Worked out from your cash-flow sheet, on a loan of the amount you ask for, at {} a year, repaid in {} equal \
         monthly instalments from the first period of the sheet",
        hundred(trial.rate),
        trial.months
    ));
    if !trial.follows.is_zero() && measure != FigureMeasure::Subsidy {
        all.push(format!("{} of the money going out is taken to follow revenue", hundred(trial.follows)));
    }
    if let (Some(market), FigureMeasure::Subsidy) = (trial.market, measure) {
        all.push(format!("The market is taken to ask {} a year", hundred(market)));
    }
    if measure == FigureMeasure::Return {
        all.push(
            "The return is the yearly rate that fits the instalments as agreed, less what we expect to lose in each year: \
             the chance of a default in that year times what it loses, taken off at the last instalment of the year"
                .to_owned(),
        );
    }
    if let (Some(risk), FigureMeasure::ExpectedLoss | FigureMeasure::Return) = (&trial.risk, measure) {
        all.push(format!("A default is taken to lose {} of what is owed", hundred(risk.lost)));
        for grade in risk.grades.iter().rev() {
            all.push(format!(
                "Cover of {} or more: {} chance of default a year",
                shown_decimal(grade.cover),
                hundred(grade.default)
            ));
        }
        all.push(format!("Below that: {} chance of default a year", hundred(risk.default)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(measure: &str) -> CriterionInput {
        CriterionInput {
            measure: measure.into(),
            bounds: match measure {
                "affordability" => "1 0.5\n1.25 1".into(),
                "return" => "0.02 0.5\n0.04 1".into(),
                _ => "0.05 1\n0.1 0.5".into(),
            },
            loan_rate: "5%".into(),
            loan_months: "60".into(),
            market: "9".into(),
            default: "8".into(),
            risks: "1 6\n1.5 2".into(),
            lost: "60".into(),
            ..CriterionInput::default()
        }
    }

    #[test]
    fn a_form_says_which_figure_counts_and_shows_again_what_it_said() {
        for measure in ["affordability", "expected_loss", "return", "subsidy"] {
            let mut form = Parser::default();
            let first = read(&mut form, &input(measure));
            form.finish().unwrap();
            let Some(Kind::Figure { measure: which, bands, trial, .. }) = first.clone() else {
                panic!("no figure: {first:?}")
            };
            assert!(is_worked_out(which));
            assert_eq!(trial.as_ref().unwrap().problem(which), None);
            let mut shown = CriterionInput::default();
            pairs(which, &bands, trial.as_ref(), |name, value| match name {
                "measure" => shown.measure = value,
                "bounds" => shown.bounds = value,
                "loan_rate" => shown.loan_rate = value,
                "loan_months" => shown.loan_months = value,
                "follows" => shown.follows = value,
                "market" => shown.market = value,
                "default" => shown.default = value,
                "lost" => shown.lost = value,
                _ => shown.risks = value,
            });
            assert_eq!(read(&mut Parser::default(), &shown), first, "{measure}");
        }
    }

    #[test]
    fn what_cannot_be_worked_out_is_refused_at_its_field() {
        for (given, field) in [
            (CriterionInput { measure: "luck".into(), ..input("affordability") }, "measure"),
            (CriterionInput { loan_months: "11".into(), ..input("return") }, "loan_months"),
            (CriterionInput { lost: String::new(), ..input("return") }, "lost"),
            (CriterionInput { bounds: String::new(), ..input("affordability") }, "bounds"),
            (CriterionInput { bounds: "1 0.5\nmuch".into(), ..input("affordability") }, "bounds"),
            (CriterionInput { bounds: "1 50".into(), ..input("affordability") }, "bounds"),
            (CriterionInput { bounds: "1.25 0.5\n1 1".into(), ..input("affordability") }, "bounds"),
            (CriterionInput { bounds: "1 1\n1.25 0.5".into(), ..input("affordability") }, "bounds"),
            (CriterionInput { loan_months: "0".into(), ..input("affordability") }, "loan_months"),
            (CriterionInput { loan_rate: "500".into(), ..input("affordability") }, "loan_rate"),
            (CriterionInput { market: String::new(), ..input("subsidy") }, "market"),
            (CriterionInput { lost: String::new(), ..input("expected_loss") }, "lost"),
            (CriterionInput { risks: "1.5 2\n1 6".into(), ..input("expected_loss") }, "risks"),
        ] {
            let mut form = Parser::default();
            read(&mut form, &given);
            let errors = form.finish().unwrap_err();
            assert!(errors.at(field).is_some() && errors.0.len() == 1, "{field}: {errors:?}");
        }
    }
}
