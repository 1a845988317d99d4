//! What happened under an agreement, as it was reported.

use super::restructured::NewTerms;
use crate::finance::schedule::Tranche;
use crate::values::{LocalDate, Pence, Rate};
use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// What can be reported of an investment.
    pub enum FactKind {
        Revenue = "revenue" => "Revenue of a period",
        Figure = "figure" => "Yearly figure for the trigger",
        BaseRate = "base_rate" => "New base rate",
        Dividend = "dividend" => "Dividend",
        Interest = "interest" => "Interest on shares declared",
        Withdrawal = "withdrawal" => "Withdrawal of shares",
        Round = "round" => "Round of new shares",
        Exit = "exit" => "Sale of the company",
        Claim = "claim" => "Claim of the lender",
        Recovered = "recovered" => "Recovered by the lender",
        Restructured = "restructured" => "Change of a running loan",
    }
}

impl FactKind {
    /// Whether the enterprise itself may report it.
    #[must_use]
    pub fn by_enterprise(self) -> bool {
        matches!(self, FactKind::Revenue | FactKind::Figure)
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happened {
    /// Revenue of the period whose payment falls due on the fact's day.
    Revenue {
        /// As reported; below zero counts as nothing.
        revenue: Pence,
    },
    /// The figure that a trigger is compared with, of the year whose day the fact names.
    Figure {
        /// May be below zero.
        figure: Pence,
    },
    /// The base rate of a loan with a margin, from the fact's day on.
    BaseRate {
        /// Yearly rate.
        rate: Rate,
    },
    /// A dividend: what the company gives to the fund's ordinary shares, or may give to its preference shares.
    Dividend {
        /// How much.
        amount: Pence,
    },
    /// Interest that a society declared for a year.
    Interest {
        /// The rate declared.
        rate: Rate,
        /// The surplus that the society may use for the fund's interest.
        surplus: Pence,
    },
    /// The fund asks a society for its money.
    Withdrawal {
        /// How much it asks for.
        amount: Pence,
        /// All share capital of the society.
        all_capital: Pence,
        /// What was let out to members in this year so far.
        let_out: Pence,
    },
    /// New shares are issued.
    Round {
        /// New money, the convertible apart.
        raised: Pence,
        /// Value of the company before it.
        pre_money: Pence,
        /// Shares before it, fully diluted.
        shares_before: u64,
    },
    /// The whole company is sold.
    Exit {
        /// The price for all shares, after debts.
        proceeds: Pence,
        /// All shares in issue.
        all_shares: u64,
    },
    /// The lender claims for a loss.
    Claim {
        /// The lender's loss.
        loss: Pence,
    },
    /// The lender recovered something of its first loss that is not wholly recovered.
    Recovered {
        /// How much.
        amount: Pence,
    },
    /// A running loan has new terms from the fact's day on. It is proposed and approved, not reported.
    Restructured(NewTerms),
}

impl Happened {
    /// What kind of report it is.
    #[must_use]
    pub fn kind(&self) -> FactKind {
        match self {
            Happened::Revenue { .. } => FactKind::Revenue,
            Happened::Figure { .. } => FactKind::Figure,
            Happened::BaseRate { .. } => FactKind::BaseRate,
            Happened::Dividend { .. } => FactKind::Dividend,
            Happened::Interest { .. } => FactKind::Interest,
            Happened::Withdrawal { .. } => FactKind::Withdrawal,
            Happened::Round { .. } => FactKind::Round,
            Happened::Exit { .. } => FactKind::Exit,
            Happened::Claim { .. } => FactKind::Claim,
            Happened::Recovered { .. } => FactKind::Recovered,
            Happened::Restructured(_) => FactKind::Restructured,
        }
    }

    /// It in a line: "revenue of £12,000".
    #[must_use]
    pub fn words(&self) -> String {
        let percent = |rate: Rate| crate::values::decimals::shown_percent(rate.get(), 2);
        match self {
            Happened::Revenue { revenue } => format!("revenue of {revenue}"),
            Happened::Figure { figure } => format!("a figure of {figure}"),
            Happened::BaseRate { rate } => format!("a base rate of {} a year", percent(*rate)),
            Happened::Dividend { amount } => format!("a dividend of {amount}"),
            Happened::Interest { rate, surplus } => {
                format!("interest of {} declared, {surplus} of surplus for it", percent(*rate))
            }
            Happened::Withdrawal { amount, .. } => format!("{amount} asked back"),
            Happened::Round { raised, pre_money, .. } => format!("{raised} raised at {pre_money} before the money"),
            Happened::Exit { proceeds, .. } => format!("the company sold for {proceeds}"),
            Happened::Claim { loss } => format!("a loss of {loss}"),
            Happened::Recovered { amount } => format!("{amount} recovered"),
            Happened::Restructured(new) => new.words(),
        }
    }
}

/// What happened, when, and since when it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The day it belongs to: for a period its due date.
    pub on: LocalDate,
    /// The day it was recorded.
    pub known_on: LocalDate,
    /// What.
    pub what: Happened,
}

/// All that is known by a day.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What is drawn, or is planned to be.
    pub draws: &'a [Tranche],
    /// In the order it was recorded.
    pub happened: &'a [Fact],
    /// The day.
    pub today: LocalDate,
}

impl Facts<'_> {
    /// The first day of drawing.
    #[must_use]
    pub fn begin(&self) -> Option<LocalDate> {
        self.draws.iter().map(|d| d.on).min()
    }
}

/// The number of a row that a fact makes: its place among all facts, so that it never changes.
pub(super) fn number(place: usize, after: usize) -> u32 {
    u32::try_from(place + 1 + after).unwrap_or(u32::MAX)
}
