//! A simulated forecast.

use super::{Line, percent, pounds_shown};
use crate::finance::forecast::{Forecast, Run};
use crate::values::Pence;

/// What was run, and each year's cash by contract and in the paths.
#[must_use]
pub fn forecast(run: &Run, found: &Forecast) -> Vec<Line> {
    let mut lines = vec![
        Line::new("Paths", "", run.paths.to_string()),
        Line::new("Seed, which gives these digits again", "", run.seed.to_string()),
    ];
    let mut contracted = run.cash;
    for year in &found.years {
        let formula = format!("{contracted} + contracted {} − costs {}", year.contracted, run.costs);
        contracted = contracted + year.contracted - run.costs;
        lines.push(Line::new(format!("Cash after year {} by contract", year.year), formula, contracted.to_string()));
        let spread = &year.liquidity;
        let percentiles =
            format!("5 in 100 below {}, half below {}, 5 in 100 above {}", spread.p5, spread.p50, spread.p95);
        lines.push(Line::new(format!("Cash after year {} in the paths", year.year), "", percentiles));
        let mean = pounds_shown(year.mean);
        let error = pounds_shown(year.standard_error);
        lines.push(Line::new(
            format!("Mean of year {}", year.year),
            "",
            format!("{mean}, standard error {error}, below {} in {} of {} paths", Pence::ZERO, year.short, run.paths),
        ));
    }
    if let Some(rate) = &found.rate {
        let result = format!(
            "5 in 100 below {}, half below {}, 5 in 100 above {}",
            percent(rate.p5),
            percent(rate.p50),
            percent(rate.p95)
        );
        lines.push(Line::new("Rate of return of the investments, years as periods", "", result));
    }
    lines.push(Line::new("Paths without one rate", "", found.without_rate.to_string()));
    lines
}
