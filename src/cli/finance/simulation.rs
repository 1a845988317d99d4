//! A seeded simulation of a fund's cash.

use super::shown::{Table, View, schema as schema_of};
use super::{Said, reading, refused};
use crate::finance::explain;
use crate::finance::forecast::{self, Forecast, ForecastYear, Run, Simulated};
use crate::values::Pence;
use crate::values::decimals::shown_percent;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Threads of a run; the digits do not depend on their number.
const THREADS: u32 = 2;

/// A book of investments and the run.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BookFile {
    /// Cash at the start.
    cash: Pence,
    /// Costs each year.
    costs: Pence,
    /// The investments.
    investments: Vec<Simulated>,
    /// Any number; the same gives the same digits. May be given by --seed instead.
    #[serde(default)]
    seed: u64,
    /// How many paths. May be given by --paths instead.
    #[serde(default = "some_paths")]
    paths: u32,
}

const fn some_paths() -> u32 {
    1_000
}

/// The JSON Schema of the file of `finance simulate`.
pub fn schema() -> Said {
    schema_of::<BookFile>()
}

#[derive(Serialize)]
struct Answer {
    run: Run,
    forecast: Forecast,
}

/// `finance simulate FILE.json [--seed N] [--paths N]`. A terminal is shown how far the run is.
///
/// # Errors
/// One sentence: what cannot be read, or too many paths or years.
pub fn simulate(text: &str, seed: Option<u64>, paths: Option<u32>, view: View) -> Said {
    let file: BookFile = reading::json(text, "book of investments")?;
    let run =
        Run { seed: seed.unwrap_or(file.seed), paths: paths.unwrap_or(file.paths), cash: file.cash, costs: file.costs };
    // Nothing is drawn where standard error is no terminal.
    let bar = ProgressBar::with_draw_target(Some(u64::from(run.paths)), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} paths, {eta} left") {
        bar.set_style(style);
    }
    let forecast = forecast::simulate(&file.investments, run, THREADS, &|done| bar.set_position(u64::from(done)));
    bar.finish_and_clear();
    let answer = Answer { run, forecast: forecast.map_err(refused)? };
    view.show(&answer, || tables(&answer.forecast), || explain::simulation::forecast(&run, &answer.forecast))
}

fn tables(found: &Forecast) -> Vec<Table> {
    let mean = |pounds: Decimal| Pence::round_pounds(pounds).unwrap_or(Pence::ZERO).to_string();
    let year = |y: &ForecastYear| {
        let mut row = vec![y.year.to_string()];
        let cash = [y.contracted, y.liquidity.p5, y.liquidity.p50, y.liquidity.p95].map(|amount| amount.to_string());
        row.extend(cash);
        row.extend([mean(y.mean), mean(y.standard_error), y.short.to_string(), y.recycled.p50.to_string()]);
        row
    };
    let heads = [
        "Year",
        "Contracted",
        "Cash p5",
        "Cash p50",
        "Cash p95",
        "Mean",
        "Standard error",
        "Short paths",
        "Recycled p50",
    ];
    let mut tables = vec![Table::new("Cash by year", &heads, found.years.iter().map(year))];
    if let Some(rate) = &found.rate {
        let row = [rate.p5, rate.p25, rate.p50, rate.p75, rate.p95].map(|rate| shown_percent(rate, 4));
        tables.push(Table::new("Rate of return", &["p5", "p25", "p50", "p75", "p95"], [row.to_vec()]));
    }
    tables
}
