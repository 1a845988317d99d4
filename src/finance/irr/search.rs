//! The search for roots, in floats. Nothing it finds is published before the certificate.
//!
//! The unknown is g = ln(1+r). Each half is searched in s = |g| ≥ 0 with weights e^(−s·u), u the years from the first
//! flow (r > 0, discounting) or to the last (r < 0, compounding), so that no weight exceeds 1 at any rate or span.

use super::{Series, sign_changes};
use rust_decimal::prelude::ToPrimitive;

/// ln(1 + r) at the ends of the range: r = −0.999999 and r = 100.
const LOWEST: f64 = -13.815_510_557_964_274;
const HIGHEST: f64 = 4.615_120_516_841_26;
/// An extremum nearer to zero than this part of the gross flows is looked at in `Decimal`.
const NEAR: f64 = 1e-10;
const LANES: usize = 4;

/// A point where the net present value comes near zero without a change of sign that floats can see.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Touching {
    /// The rate of the extremum.
    pub at: f64,
    /// The sign of the value on both sides.
    pub above: bool,
}

/// What the search found, all as rates r inside (−0.999999, 100).
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Simple roots, ascending.
    pub roots: Vec<f64>,
    /// Points to look at in `Decimal`.
    pub touching: Vec<Touching>,
    /// Whether a root lies outside the range.
    pub outside: bool,
}

impl Search {
    /// Finds every root of a netted series; none when its flows have one sign.
    #[must_use]
    pub fn run(series: &Series) -> Search {
        let mut found = Search::default();
        let changes = sign_changes(series.pence.iter().copied());
        if changes == 0 {
            return found;
        }
        if changes == 1 {
            match single(series) {
                Some(g) => found.roots.push(g.exp_m1()),
                None => found.outside = true,
            }
            return found;
        }
        let total = series.total();
        half(series, total, Side::Negative, &mut found);
        if total == 0 {
            found.roots.push(0.0);
        }
        half(series, total, Side::Positive, &mut found);
        found.roots.sort_unstable_by(f64::total_cmp);
        found
    }
}

fn years(days: u32) -> f64 {
    f64::from(days) / 365.0
}

fn scaled(series: &Series) -> impl Iterator<Item = (f64, f64)> + '_ {
    let largest = series.pence.iter().map(|p| p.unsigned_abs()).max().unwrap_or(1).to_f64().unwrap_or(1.0);
    series
        .days
        .iter()
        .zip(&series.pence)
        .map(move |(days, pence)| (years(*days), pence.to_f64().unwrap_or(0.0) / largest))
}

/// One change of sign: Newton's method on ln(received / paid), both at present value.
///
/// That function falls strictly, and is nearly straight, because every flow of one sign is later than every flow of the
/// other; two flows are solved in one step. A bracket guards each step. `None` when the root is outside the range.
fn single(series: &Series) -> Option<f64> {
    let count = series.days.len();
    let mut early: Vec<(f64, f64)> = Vec::with_capacity(count);
    let mut late: Vec<(f64, f64)> = Vec::with_capacity(count);
    let first_sign = series.pence.first()?.signum();
    for ((u, c), pence) in scaled(series).zip(&series.pence) {
        if pence.signum() == first_sign { early.push((u, c.abs())) } else { late.push((u, c.abs())) }
    }
    let span = years(series.span());
    let (mut low, mut high) = (LOWEST, HIGHEST);
    let mut g = 0.0_f64;
    for _ in 0..200 {
        let (value, slope) = log_ratio(&early, &late, g, span);
        if value > 0.0 {
            low = g;
        } else {
            high = g;
        }
        let step = value / slope;
        let next = g + step;
        if next > low && next < high {
            g = next;
            if step * step * (1.0 + span) < 1e-14 {
                break;
            }
        } else {
            let middle = f64::midpoint(low, high);
            if (middle - g).abs() < 1e-14 || high - low < 1e-13 {
                break;
            }
            g = middle;
        }
    }
    (g > LOWEST + 1e-9 && g < HIGHEST - 1e-9).then_some(g)
}

/// ln(later / earlier flows) at ln(1+r) = g, and minus its derivative: the years between their centres.
fn log_ratio(early: &[(f64, f64)], late: &[(f64, f64)], g: f64, span: f64) -> (f64, f64) {
    let anchor = if g < 0.0 { span } else { 0.0 };
    let sums = |flows: &[(f64, f64)]| {
        let (mut value, mut moment) = (0.0, 0.0);
        for &(u, c) in flows {
            let present = c * (g * (anchor - u)).exp();
            value += present;
            moment += u * present;
        }
        (value, moment)
    };
    let plain = |flows: &[(f64, f64)]| flows.iter().fold((0.0, 0.0), |(v, m), &(u, c)| (v + c, m + u * c));
    let ((e, e_moment), (l, l_moment)) = if g == 0.0 { (plain(early), plain(late)) } else { (sums(early), sums(late)) };
    ((l / e).ln(), l_moment / l - e_moment / e)
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Negative,
    Positive,
}

impl Side {
    fn rate(self, s: f64) -> f64 {
        match self {
            Side::Negative => (-s).exp_m1(),
            Side::Positive => s.exp_m1(),
        }
    }
}

/// One half of the rates as arrays padded to whole lanes, for the scan.
struct Half {
    u: Vec<[f64; LANES]>,
    c: Vec<[f64; LANES]>,
}

impl Half {
    fn new(series: &Series, side: Side) -> Half {
        let span = years(series.span());
        let count = series.days.len().div_ceil(LANES);
        let mut half = Half { u: vec![[0.0; LANES]; count], c: vec![[0.0; LANES]; count] };
        for (index, (u, c)) in scaled(series).enumerate() {
            half.u[index / LANES][index % LANES] = if side == Side::Positive { u } else { span - u };
            half.c[index / LANES][index % LANES] = c;
        }
        half
    }

    /// Value, derivative by s, and gross value (the sum of magnitudes).
    fn at(&self, s: f64) -> (f64, f64, f64) {
        let (mut value, mut slope, mut gross) = (0.0, 0.0, 0.0);
        for (u, c) in self.u.iter().flatten().zip(self.c.iter().flatten()) {
            let present = c * (-s * u).exp();
            value += present;
            slope -= u * present;
            gross += present.abs();
        }
        (value, slope, gross)
    }

    /// As [`Half::at`], with the bound on the second derivative; a value of zero keeps the sign given.
    fn point(&self, s: f64, above: bool) -> Point {
        let (mut value, mut slope, mut bend) = (0.0, 0.0, 0.0);
        for (u, c) in self.u.iter().flatten().zip(self.c.iter().flatten()) {
            let present = c * (-s * u).exp();
            value += present;
            slope -= u * present;
            bend += u * u * present.abs();
        }
        Point { s, value, slope, bend, above: if value == 0.0 { above } else { value > 0.0 } }
    }
}

fn half(series: &Series, total: i128, side: Side, found: &mut Search) {
    let mut running = 0_i128;
    let mut sum = |pence: &i128| {
        running += pence;
        running
    };
    let (bound, anchor) = match side {
        Side::Positive => (sign_changes(series.pence.iter().map(&mut sum)), series.pence.first()),
        Side::Negative => (sign_changes(series.pence.iter().rev().map(&mut sum)), series.pence.last()),
    };
    if bound == 0 {
        return;
    }
    let half = Half::new(series, side);
    let end = if side == Side::Positive { HIGHEST } else { -LOWEST };
    let at_start = if total == 0 { half.at(0.0).1 > 0.0 } else { total > 0 };
    let at_end = half.at(end).0;
    if bound == 1 && total != 0 {
        if (at_end > 0.0) == at_start {
            found.outside = true;
        } else {
            found.roots.push(side.rate(refine(&half, 0.0, end, at_start)));
        }
        return;
    }
    if (at_end > 0.0) != anchor.is_some_and(|pence| *pence > 0) {
        found.outside = true;
    }
    scan(&half, years(series.span()), end, at_start, side, found);
}

/// Where the value stands at a point: with its derivative by s, and a bound on the second derivative from here on (the
/// weights only fall).
#[derive(Clone, Copy)]
struct Point {
    s: f64,
    value: f64,
    slope: f64,
    bend: f64,
    above: bool,
}

/// How often a step is halved where neither the value nor its slope keeps its sign for certain.
const HALVINGS: u32 = 12;

/// A jump over fewer steps than these costs more, by its exponentials, than the steps themselves.
const WORTH_A_JUMP: f64 = 16.0;

/// How far from a point on [`within`] is certain without halving: either the value keeps its sign, because
/// |value| > w (|slope| + w·bend/2), or the slope keeps its own. A hundredth is kept back for rounding.
fn certain_from(point: Point) -> f64 {
    let (value, slope) = (point.value.abs(), point.slope.abs());
    let clear = 2.0 * value / (slope + (slope * slope + 2.0 * point.bend * value).sqrt());
    0.99 * clear.max(slope / point.bend)
}

/// Walks the half in equal steps; each weight is multiplied by its own constant, so a step costs no exponential. Where
/// far-off flows weigh nothing any more, which over centuries is nearly everywhere, many steps are taken in one jump.
fn scan(half: &Half, span: f64, end: f64, at_start: bool, side: Side, found: &mut Search) {
    let steps = (end / (0.5 / span).min(0.02)).ceil();
    let step = end / steps;
    let ratio: Vec<[f64; LANES]> = half.u.iter().map(|u| u.map(|u| (-step * u).exp())).collect();
    let mut present = half.c.clone();
    let mut before = Point { above: at_start, ..half.point(0.0, at_start) };
    let mut number = 0.0;
    while number < steps {
        let jump = (certain_from(before) / step).floor().min(steps - number);
        if jump >= WORTH_A_JUMP {
            number += jump;
            let s = (number * step).min(end);
            for ((p, c), u) in present.iter_mut().zip(&half.c).zip(&half.u) {
                for lane in 0..LANES {
                    p[lane] = c[lane] * (-s * u[lane]).exp();
                }
            }
        } else {
            number += 1.0;
            for (p, q) in present.iter_mut().zip(&ratio) {
                for lane in 0..LANES {
                    p[lane] *= q[lane];
                }
            }
        }
        let (mut value, mut falling, mut bend) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        for (p, u) in present.iter().zip(&half.u) {
            for lane in 0..LANES {
                let moment = p[lane] * u[lane];
                value[lane] += p[lane];
                falling[lane] += moment;
                bend[lane] += (moment * u[lane]).abs();
            }
        }
        let sum = |lanes: [f64; LANES]| (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
        let value = sum(value);
        let next = Point {
            s: (number * step).min(end),
            value,
            slope: -sum(falling),
            bend: sum(bend),
            above: if value == 0.0 { before.above } else { value > 0.0 },
        };
        within(half, before, next, HALVINGS, side, found);
        before = next;
    }
}

/// Every root between two points: none where the value cannot reach zero, at most one where the slope cannot, and
/// otherwise those of the two halves.
fn within(half: &Half, from: Point, to: Point, halvings: u32, side: Side, found: &mut Search) {
    let width = to.s - from.s;
    if from.above == to.above && from.value.abs() > width * (from.slope.abs() + width * from.bend / 2.0) {
        return;
    }
    let one_way = from.slope.abs() > width * from.bend;
    if !one_way && halvings > 0 {
        let middle = half.point(f64::midpoint(from.s, to.s), from.above);
        within(half, from, middle, halvings - 1, side, found);
        within(half, middle, to, halvings - 1, side, found);
    } else if from.above != to.above {
        found.roots.push(side.rate(refine(half, from.s, to.s, from.above)));
    } else if towards_zero(from.above, from.slope) && !towards_zero(from.above, to.slope) {
        extremum(half, from.s, to.s, from.above, side, found);
    }
}

fn towards_zero(above: bool, slope: f64) -> bool {
    if above { slope < 0.0 } else { slope > 0.0 }
}

/// The value comes towards zero and turns away inside a step: two roots, a touch, or nothing.
fn extremum(half: &Half, from: f64, to: f64, above: bool, side: Side, found: &mut Search) {
    let (mut low, mut high) = (from, to);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if towards_zero(above, half.at(middle).1) {
            low = middle;
        } else {
            high = middle;
        }
        if high - low < 1e-15 * (1.0 + high) {
            break;
        }
    }
    let turn = f64::midpoint(low, high);
    let (value, _, gross) = half.at(turn);
    if value.abs() <= NEAR * gross {
        found.touching.push(Touching { at: side.rate(turn), above });
    } else if (value > 0.0) != above {
        found.roots.push(side.rate(refine(half, from, turn, above)));
        found.roots.push(side.rate(refine(half, turn, to, !above)));
    }
}

/// Newton's method inside a bracket, halving it whenever a step would leave it or shrink it too slowly.
fn refine(half: &Half, from: f64, to: f64, above: bool) -> f64 {
    let (mut low, mut high) = (from, to);
    let mut s = f64::midpoint(low, high);
    let mut last_step = high - low;
    for _ in 0..200 {
        let (value, slope, _) = half.at(s);
        if value == 0.0 {
            return s;
        }
        if (value > 0.0) == above {
            low = s;
        } else {
            high = s;
        }
        let newton = s - value / slope;
        let next = if newton > low && newton < high && (newton - s).abs() < 0.7 * last_step {
            newton
        } else {
            f64::midpoint(low, high)
        };
        last_step = (next - s).abs();
        s = next;
        if last_step < 1e-15 * (1.0 + s) {
            break;
        }
    }
    s
}
