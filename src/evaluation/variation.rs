//! How often each bid wins when every moderated score may have been a level higher or lower.

use super::inputs::Inputs;
use super::model::Model;
use super::quick::{Memory, Quick};
use super::rank::evaluate;
use super::refusal::EvaluationRefusal;
use super::sensitivity::Sensitivity;
use crate::finance::forecast::Stream;
use rust_decimal::Decimal;
use serde::Serialize;

/// Most draws of a simulation.
pub const MOST_DRAWS: u32 = 1_000_000;
/// Draws of one block. Blocks are shared out among threads, and their counts added up, so that the number of threads
/// changes nothing.
const BLOCK: u32 = 1_000;

/// What came of a seeded simulation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Variation {
    /// The seed: the same gives the same digits on every machine.
    pub seed: u64,
    /// How many variations were drawn.
    pub draws: u32,
    /// The winner as evaluated.
    pub winner: Option<String>,
    /// Every bid by identifier.
    pub bids: Vec<WinShare>,
    /// Variations in which no bid won alone: a tie, the draw's seed missing, or nobody left.
    pub undecided: u32,
}

/// How often one bid wins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WinShare {
    /// The bid.
    pub bid: String,
    /// Variations that it wins alone.
    pub wins: u32,
    /// The part of all, to six places, half away from zero.
    pub share: Decimal,
    /// `√(share × (1 − share) ÷ draws)`, to six places, rounded down.
    pub standard_error: Decimal,
}

/// Draws variations of the moderated levels: each stays, falls a level or rises a level with equal chances of a third;
/// at an end of its scale a move beyond it stays. Prices and promises stay as offered.
///
/// # Errors
/// [`EvaluationRefusal`] of the evaluation itself; no draws or too many.
pub fn vary(model: &Model, inputs: &Inputs, draws: u32, seed: u64) -> Result<Variation, EvaluationRefusal> {
    if draws == 0 || draws > MOST_DRAWS {
        return Err(EvaluationRefusal::Model(format!("Draw between 1 and {MOST_DRAWS} variations.")));
    }
    let winner = evaluate(model, inputs)?.winner;
    let quick = Quick::of(model, inputs)?;
    let blocks = draws.div_ceil(BLOCK);
    let run = |first: u32| -> Vec<u32> {
        let mut wins = vec![0_u32; quick.ids.len()];
        let mut memory = Memory::default();
        let mut positions = quick.given();
        for block in (first..blocks).step_by(2) {
            let mut stream = Stream::new(seed, block);
            for _ in 0..BLOCK.min(draws - block * BLOCK) {
                draw(&quick, &mut positions, &mut stream);
                let won = quick.winner(&positions, &mut memory);
                if let Some(count) = won.and_then(|won| wins.get_mut(won)) {
                    *count += 1;
                }
            }
        }
        wins
    };
    let wins: Vec<u32> = std::thread::scope(|scope| {
        let other = scope.spawn(|| run(1));
        let own = run(0);
        // The other half only fails if it panicked, which the arithmetic here cannot.
        let others = other.join().unwrap_or_else(|_| vec![0; quick.ids.len()]);
        own.iter().zip(others).map(|(a, b)| a + b).collect()
    });
    let decided: u32 = wins.iter().sum();
    let bids = quick.ids.iter().zip(&wins).map(|(bid, wins)| WinShare {
        bid: bid.clone(),
        wins: *wins,
        share: crate::values::round_half_up(Decimal::from(*wins) / Decimal::from(draws), 6),
        standard_error: standard_error(*wins, draws),
    });
    Ok(Variation { seed, draws, winner, bids: bids.collect(), undecided: draws - decided })
}

fn draw(quick: &Quick<'_>, positions: &mut [usize], stream: &mut Stream) {
    let mut bits = 0_u64;
    for (number, (slot, position)) in quick.slots.iter().zip(positions).enumerate() {
        // 32 thirds out of one output: each is the high part of a product with what is left of it.
        if number.is_multiple_of(32) {
            bits = stream.next_bits();
        }
        let product = u128::from(bits) * 3;
        bits = u64::try_from(product & u128::from(u64::MAX)).unwrap_or_default();
        *position = match product >> 64 {
            0 => slot.given.saturating_sub(1),
            1 => slot.given,
            _ => (slot.given + 1).min(slot.levels.len().saturating_sub(1)),
        };
    }
}

/// To six places, rounded down: a whole-number square root, so that no float takes part.
fn standard_error(wins: u32, draws: u32) -> Decimal {
    let (w, n) = (u128::from(wins), u128::from(draws));
    let root = (w * (n - w) * 1_000_000_000_000 / (n * n * n)).isqrt();
    Decimal::new(i64::try_from(root).unwrap_or_default(), 6)
}

/// How firmly the winner stands, in a sentence: “Ash wins in 94% of the variations; it would lose if its score for
/// “Delivery” fell by one level.” `name` and `title` give people's words for a bid and a criterion.
#[must_use]
pub fn in_words(
    firm: &Sensitivity,
    varied: &Variation,
    name: impl Fn(&str) -> String,
    title: impl Fn(&str) -> String,
) -> String {
    let Some(winner) = &firm.winner else {
        return "No bid is first alone, so there is no winner to hold on to.".to_owned();
    };
    let won = varied.bids.iter().find(|b| b.bid == *winner);
    let of_hundred = won.map_or(Decimal::ZERO, |w| w.share * Decimal::ONE_HUNDRED);
    // 99.6% must not read as all of them.
    let shown = match won {
        Some(w) if w.wins == varied.draws => "every variation".to_owned(),
        _ if won.is_none_or(|w| w.wins == 0) => "no variation".to_owned(),
        _ if of_hundred.fract().is_zero() => format!("{}% of the variations", of_hundred.normalize()),
        _ if of_hundred > Decimal::from(99) => "more than 99% of the variations".to_owned(),
        _ if of_hundred < Decimal::ONE => "fewer than 1% of the variations".to_owned(),
        _ => format!("{}% of the variations", crate::values::round_half_up(of_hundred, 0).normalize()),
    };
    let mut words = format!("{} wins in {shown}", name(winner));
    let steps = |from: u32, to: u32| match from.abs_diff(to) {
        1 => "one level".to_owned(),
        more => format!("{more} levels"),
    };
    let own = firm.scores.iter().filter(|s| s.bid == *winner && s.to < s.from).min_by_key(|s| s.from - s.to);
    let others = firm.scores.iter().filter(|s| s.bid != *winner && s.to > s.from).min_by_key(|s| s.to - s.from);
    match (own, others) {
        (Some(own), Some(other)) if other.to - other.from < own.from - own.to => words.push_str(&format!(
            "; it would lose if the score of {} for “{}” rose by {}.",
            name(&other.bid),
            title(&other.criterion),
            steps(other.from, other.to)
        )),
        (Some(own), _) => words.push_str(&format!(
            "; it would lose if its score for “{}” fell by {}.",
            title(&own.criterion),
            steps(own.from, own.to)
        )),
        (None, Some(other)) => words.push_str(&format!(
            "; it would lose if the score of {} for “{}” rose by {}.",
            name(&other.bid),
            title(&other.criterion),
            steps(other.from, other.to)
        )),
        (None, None) => words.push_str("; no single score, however it moved, would change that."),
    }
    words
}
