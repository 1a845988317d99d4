//! Charts drawn on the server as SVG, to stand beside a table with the same figures.
//!
//! Across is per cent and down is pixels, without an outer `viewBox`, so that every label keeps its 15 px on a phone
//! and on a wide screen. Positions are exact decimals, rounded once: per cent to two places, pixels to one.
//! The surer, the more solid: hollow is promised or still to come, hatched is claimed or forecast, solid is verified
//! or paid. Colours come from classes of the theme; nothing is told by colour alone.
//!
//! Each chart has `render`, which gives HTML that is safe to insert: `{{ chart|safe }}`.

mod bars;
mod cash;
mod compare;
mod curve;
mod lanes;
mod plan;
mod progress;
mod scale;
mod spark;

pub use bars::{ShareBar, ShareBars, WeightBar, WeightBars, WeightKind};
pub use cash::{CashColumns, CashYear};
pub use compare::{CompareBar, CompareBars};
pub use curve::{CurvePoint, PriceCurve};
pub use lanes::{Lane, Lanes, Stretch, StretchKind};
pub use plan::{PlanColumns, PlannedPayment};
pub use progress::{ProgressBar, ProgressLine, Reading};
pub use scale::Unit;
pub use spark::Spark;

use rust_decimal::Decimal;

/// What stands around a chart.
#[derive(Clone, Debug, Default)]
pub struct Heading {
    /// Unique on the page, a plain word such as `readings`; ids inside the drawing start with it.
    pub id: String,
    /// What the drawing shows, for people who hear it: "Readings of the indicator against its line".
    pub name: String,
    /// The title: what one learns from the chart, such as "Placements for young people lag".
    pub finding: String,
    /// What the figures count and over which period.
    pub unit: String,
}

impl Heading {
    /// All four in the order of the fields.
    #[must_use]
    pub fn new(
        id: impl Into<String>,
        name: impl Into<String>,
        finding: impl Into<String>,
        unit: impl Into<String>,
    ) -> Self {
        Heading { id: id.into(), name: name.into(), finding: finding.into(), unit: unit.into() }
    }
}

/// Words in the drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Label {
    /// Per cent from the left.
    x: Decimal,
    /// Pixels from the top, at the foot of the letters.
    y: Decimal,
    /// Pixels to move sideways.
    dx: i32,
    anchor: &'static str,
    class: &'static str,
    text: String,
}

/// A line of the grid with its words above it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Gridline {
    y: Decimal,
    /// The base of the chart, drawn darker.
    base: bool,
    text: String,
}

/// A point of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spot {
    x: Decimal,
    y: Decimal,
    /// Still to come, so drawn hollow.
    hollow: bool,
}

/// The `points` of a polyline.
fn points(spots: &[Spot]) -> String {
    spots.iter().map(|s| format!("{},{}", s.x, s.y)).collect::<Vec<_>>().join(" ")
}
