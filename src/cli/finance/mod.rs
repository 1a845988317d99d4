//! `commonweal finance …`: a file in, JSON, a table or the working out, or one clear sentence. No database and no clock.
//!
//! Every command reads its file the same way ([`reading`]), asks the engine, and shows one result in one of three ways
//! ([`shown`]): JSON, `--table`, or `--explain`. `--schema` prints the JSON Schema of its file.

mod affordability;
mod conditions;
mod funds;
mod loans;
mod rates;
mod reading;
mod repayments;
mod shown;
mod simulation;
mod subsidies;

use crate::finance::forecast::MOST_PATHS;
use crate::values::RefusalInfo;
use clap::{Args, Subcommand};
use reading::{date_option, decimal_option, pounds_option};
use shown::View;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What a command says: text for standard output, or a sentence for standard error.
type Said = Result<String, String>;

/// The file of a command and how its result is shown.
#[derive(Debug, Args)]
pub struct Input {
    /// The file; - reads standard input.
    file: Option<PathBuf>,
    /// Print the JSON Schema of the file instead.
    #[arg(long)]
    schema: bool,
    /// Print a table for people instead of JSON.
    #[arg(long)]
    table: bool,
    /// Print the working line by line instead of JSON.
    #[arg(long, conflicts_with = "table")]
    explain: bool,
}

/// The commands of `commonweal finance`.
#[derive(Debug, Subcommand)]
pub enum Finance {
    /// The certified yearly rate of return of dated cash flows (CSV date,amount in pounds, or JSON).
    #[command(
        after_help = "Examples:\n  commonweal finance xirr flows.csv\n  commonweal finance xirr flows.csv --nav 250000 --on 2026-11-24 --explain"
    )]
    Xirr {
        #[command(flatten)]
        input: Input,
        /// Closing value in pounds.
        #[arg(long, requires = "on", allow_hyphen_values = true)]
        nav: Option<String>,
        /// Date of the closing value.
        #[arg(long, requires = "nav")]
        on: Option<String>,
    },
    /// The certified rate of return for one period of amounts at equal distances (CSV amount, or JSON).
    #[command(after_help = "Example:\n  commonweal finance irr amounts.csv --explain")]
    Irr {
        #[command(flatten)]
        input: Input,
    },
    /// The present value of dated flows or of yearly amounts, at a rate or at Green Book rates (CSV or JSON).
    #[command(
        after_help = "Examples:\n  commonweal finance npv flows.csv --rate 0.09\n  commonweal finance npv amounts.csv --green-book standard --on 2026-11-24"
    )]
    Npv {
        #[command(flatten)]
        input: Input,
        /// Yearly rate (for amounts at equal distances, the rate for one period) as a fraction.
        #[arg(long, conflicts_with = "green_book", allow_hyphen_values = true)]
        rate: Option<String>,
        /// Declining real rates of the Green Book, for yearly amounts with year 0 first: standard or health.
        #[arg(long, requires = "on")]
        green_book: Option<String>,
        /// The day of the appraisal, which chooses the table.
        #[arg(long, requires = "green_book")]
        on: Option<String>,
    },
    /// A loan schedule to the penny: the plain terms, or a facility with everything that has happened to it (JSON).
    #[command(after_help = "Example:\n  commonweal finance schedule loan.json --table")]
    Schedule {
        #[command(flatten)]
        input: Input,
    },
    /// The payments of a revenue share up to its cap or last day (JSON; revenues also as CSV due,revenue).
    #[command(after_help = "Example:\n  commonweal finance revenue-share share.json --revenues revenues.csv --table")]
    RevenueShare {
        #[command(flatten)]
        input: Input,
        /// Revenues as CSV with the header due,revenue and, if wanted, paid.
        #[arg(long, value_name = "FILE")]
        revenues: Option<PathBuf>,
    },
    /// What receipts paid, and what is overdue (JSON; receipts also as CSV date,amount).
    #[command(after_help = "Example:\n  commonweal finance allocate account.json --receipts receipts.csv --explain")]
    Allocate {
        #[command(flatten)]
        input: Input,
        /// Receipts as CSV with the header date,amount.
        #[arg(long, value_name = "FILE")]
        receipts: Option<PathBuf>,
    },
    /// The rates of a margin ratchet and, with a loan, what they change in cash, present value and subsidy (JSON).
    #[command(after_help = "Example:\n  commonweal finance ratchet ratchet.json --explain")]
    Ratchet {
        #[command(flatten)]
        input: Input,
    },
    /// Gross cash equivalents of instruments and the running total of minimal financial assistance (JSON).
    #[command(after_help = "Example:\n  commonweal finance subsidy award.json --explain")]
    Subsidy {
        #[command(flatten)]
        input: Input,
    },
    /// Cover, break-even, runway and stresses of a cash-flow sheet, and the largest loan it carries (JSON or CSV).
    #[command(after_help = "Example:\n  commonweal finance affordability sheet.csv --opening-cash 12000 --table")]
    Affordability {
        #[command(flatten)]
        input: Input,
        /// Cash at the start in pounds; with CSV.
        #[arg(long, allow_hyphen_values = true)]
        opening_cash: Option<String>,
    },
    /// Paid in, DPI, RVPI, TVPI, PICC, MOIC, gross and net rates, concentration and vintages (JSON or CSV).
    #[command(
        after_help = "Example:\n  commonweal finance measures holdings.csv --on 2026-11-24 --commitment 1000000 --table"
    )]
    Measures {
        #[command(flatten)]
        input: Input,
        /// The day of the report; with CSV.
        #[arg(long)]
        on: Option<String>,
        /// The commitment in pounds; with CSV.
        #[arg(long)]
        commitment: Option<String>,
    },
    /// The fund against a public index: Kaplan–Schoar, Long–Nickels, PME+, mPME, Direct Alpha (JSON).
    #[command(after_help = "Example:\n  commonweal finance pme fund.json --index index.csv --table")]
    Pme {
        #[command(flatten)]
        input: Input,
        /// The index as CSV with the header date,level.
        #[arg(long, value_name = "FILE")]
        index: Option<PathBuf>,
    },
    /// A seeded simulation of defaults, delays, revenue and exits: cash, rate and recycling by year (JSON).
    #[command(after_help = "Example:\n  commonweal finance simulate book.json --seed 7 --paths 10000 --table")]
    Simulate {
        #[command(flatten)]
        input: Input,
        /// The same seed gives the same digits on every machine.
        #[arg(long)]
        seed: Option<u64>,
        /// How many paths.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_PATHS)))]
        paths: Option<u32>,
    },
}

/// Carries out a command.
///
/// # Errors
/// One sentence: what cannot be read, with its row or line, or what the engine refuses, with its code and reference.
pub fn carry_out(command: &Finance) -> Said {
    match command {
        Finance::Xirr { input, nav, on } => {
            let closing = nav.as_deref().zip(on.as_deref());
            input.answer(rates::xirr_schema, |text, view| rates::xirr(text, closing, view))
        }
        Finance::Irr { input } => input.answer(rates::irr_schema, rates::irr),
        Finance::Npv { input, rate, green_book, on } => {
            let rate = decimal_option("--rate", rate.as_deref())?;
            let on = date_option("--on", on.as_deref())?;
            let discount = rates::Discount { rate, green_book: green_book.as_deref(), on };
            input.answer(rates::npv_schema, |text, view| rates::npv(text, &discount, view))
        }
        Finance::Schedule { input } => input.answer(loans::schema, loans::schedule),
        Finance::RevenueShare { input, revenues } => {
            let revenues = read_beside(revenues.as_deref(), input)?;
            let answer = |text: &str, view| repayments::revenue_share(text, revenues.as_deref(), view);
            input.answer(repayments::revenue_share_schema, answer)
        }
        Finance::Allocate { input, receipts } => {
            let receipts = read_beside(receipts.as_deref(), input)?;
            let answer = |text: &str, view| repayments::allocate(text, receipts.as_deref(), view);
            input.answer(repayments::allocate_schema, answer)
        }
        Finance::Ratchet { input } => input.answer(conditions::schema, conditions::ratchet),
        Finance::Subsidy { input } => input.answer(subsidies::schema, subsidies::subsidy),
        Finance::Affordability { input, opening_cash } => {
            let cash = pounds_option("--opening-cash", opening_cash.as_deref())?;
            input.answer(affordability::schema, |text, view| affordability::affordability(text, cash, view))
        }
        Finance::Measures { input, on, commitment } => {
            let on = date_option("--on", on.as_deref())?;
            let commitment = pounds_option("--commitment", commitment.as_deref())?;
            input.answer(funds::measures_schema, |text, view| funds::measures(text, on, commitment, view))
        }
        Finance::Pme { input, index } => {
            let index = read_beside(index.as_deref(), input)?;
            input.answer(funds::pme_schema, |text, view| funds::pme(text, index.as_deref(), view))
        }
        Finance::Simulate { input, seed, paths } => {
            input.answer(simulation::schema, |text, view| simulation::simulate(text, *seed, *paths, view))
        }
    }
}

impl Input {
    fn answer(&self, schema: fn() -> Said, work: impl FnOnce(&str, View) -> Said) -> Said {
        if self.schema {
            return schema();
        }
        let file = self.file.as_deref().ok_or("Name the file to read, or ask for --schema.")?;
        let view = match (self.table, self.explain) {
            (true, _) => View::Table,
            (_, true) => View::Explanation,
            _ => View::Json,
        };
        work(&read(file)?, view)
    }
}

/// A second file, which a schema does not need.
fn read_beside(file: Option<&Path>, input: &Input) -> Result<Option<String>, String> {
    file.filter(|_| !input.schema).map(read).transpose()
}

fn read(path: &Path) -> Said {
    let unreadable = |error: std::io::Error| format!("{} cannot be read: {error}.", path.display());
    if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(unreadable)?;
        return Ok(text);
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

/// A refusal of the engine: its sentence, its code, and what it rests on.
fn refused<R: RefusalInfo>(refusal: R) -> String {
    match refusal.reference() {
        Some(reference) => format!("{} ({}, {reference})", refusal.sentence(), refusal.code()),
        None => format!("{} ({})", refusal.sentence(), refusal.code()),
    }
}
