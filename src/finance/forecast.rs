//! What a fund's cash may be: contracted flows under simulated defaults, delays, revenue and exits.
//!
//! The same seed gives the same digits on every machine: the generator is counter-based whole-number arithmetic, draws
//! are compared as whole numbers, money is whole pence, and no float takes part. Each path has its own stream, so the
//! result does not depend on the order or number of cores.

use super::irr::irr;
use super::refusal::{FinanceRefusal, Worked};
use crate::values::{Pence, Share};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

/// The most paths of a run.
pub const MOST_PATHS: u32 = 100_000;
/// The most years.
pub const MOST_YEARS: usize = 60;
/// Parts of a whole in which chances are compared: millionths.
const WHOLE: u64 = 1_000_000;

/// A counter-based generator: each output mixes a key with a counter by SplitMix64's finaliser (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub struct Stream {
    key: u64,
    count: u64,
}

impl Stream {
    /// The stream of one path of a seed.
    #[must_use]
    pub fn new(seed: u64, path: u32) -> Self {
        Stream { key: mix(seed ^ mix(u64::from(path).wrapping_add(1))), count: 0 }
    }

    /// The next 64 bits.
    pub fn next_bits(&mut self) -> u64 {
        self.count = self.count.wrapping_add(1);
        mix(self.key.wrapping_add(self.count.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// A whole number below a bound by the upper half of a product; the unevenness is below bound / 2⁶⁴. 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.next_bits()) * u128::from(bound);
        u64::try_from(product >> 64).unwrap_or(0)
    }

    fn happens(&mut self, millionths: u64) -> bool {
        self.below(WHOLE) < millionths
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// One investment as a simulation sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Simulated {
    /// Contracted cash by year, drawdowns negative.
    pub contracted: Vec<Pence>,
    /// Chance of default in a year while it performs.
    pub default: Share,
    /// The part of the receipts still contracted that is recovered two years after a default.
    pub recovery: Share,
    /// Chance in a year that its receipts come a year late.
    pub delay: Share,
    /// Revenue swing: receipts are multiplied by 1 ± up to this.
    pub swing: Share,
    /// An exit: chance in each year of a sale for an amount, which ends it.
    pub exit: Option<(Share, Pence)>,
}

/// A run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Any number; the same gives the same result.
    pub seed: u64,
    /// How many paths.
    pub paths: u32,
    /// Cash at the start.
    pub cash: Pence,
    /// Costs each year.
    pub costs: Pence,
}

/// Percentiles of one figure over all paths (nearest rank).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Spread<T> {
    /// 5th.
    pub p5: T,
    /// 25th.
    pub p25: T,
    /// 50th.
    pub p50: T,
    /// 75th.
    pub p75: T,
    /// 95th.
    pub p95: T,
}

/// One year of a forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ForecastYear {
    /// From 1.
    pub year: u32,
    /// Cash by contract, without anything going wrong.
    pub contracted: Pence,
    /// Cash at the end of the year.
    pub liquidity: Spread<Pence>,
    /// Received from investments in the year: what can be lent again.
    pub recycled: Spread<Pence>,
    /// Mean of liquidity in pounds, to 4 places.
    pub mean: Decimal,
    /// Standard error of that mean in pounds, to 4 places: standard deviation / √paths.
    pub standard_error: Decimal,
    /// Paths with less than nothing in cash.
    pub short: u32,
}

/// A forecast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Forecast {
    /// Year by year.
    pub years: Vec<ForecastYear>,
    /// Rates of return of the investments' cash by path, years as periods, where there is one.
    pub rate: Option<Spread<Decimal>>,
    /// Paths without one rate: all lost, or several.
    pub without_rate: u32,
}

struct Odds {
    default: u64,
    recovery: Decimal,
    delay: u64,
    swing: u64,
    exit: Option<(u64, i64)>,
}

impl Odds {
    fn of(terms: &Simulated) -> Self {
        Odds {
            default: millionths(terms.default),
            recovery: terms.recovery.get(),
            delay: millionths(terms.delay),
            swing: millionths(terms.swing),
            exit: terms.exit.map(|(chance, amount)| (millionths(chance), amount.0)),
        }
    }
}

fn millionths(share: Share) -> u64 {
    (share.get() * Decimal::from(WHOLE)).round().to_u64().unwrap_or(0)
}

/// What some of the paths gave, by year and path.
struct Gathered {
    liquidity: Vec<Vec<i64>>,
    recycled: Vec<Vec<i64>>,
    rates: Vec<Decimal>,
    without_rate: u32,
}

/// Simulates a fund on so many threads; the result does not depend on their number. `progress` is told how many paths
/// are done, now and then.
///
/// # Errors
/// [`FinanceRefusal`]: no path or too many, no year or too many, sums too large.
pub fn simulate(
    investments: &[Simulated],
    run: Run,
    threads: u32,
    progress: &(dyn Fn(u32) + Sync),
) -> Worked<Forecast> {
    let horizon = investments.iter().map(|i| i.contracted.len()).max().unwrap_or(0);
    if run.paths == 0 || run.paths > MOST_PATHS {
        return Err(FinanceRefusal::Contradiction("Enter between 1 and 100,000 paths."));
    }
    if horizon == 0 || horizon > MOST_YEARS {
        return Err(FinanceRefusal::Contradiction("Enter between 1 and 60 years."));
    }
    let odds: Vec<Odds> = investments.iter().map(Odds::of).collect();
    // A default in the last year recovers, and a late receipt arrives, after the contracts end.
    let years = horizon + 2;
    let share = run.paths.div_ceil(threads.clamp(1, run.paths));
    let done = AtomicU32::new(0);
    let tell = |paths: u32| progress(done.fetch_add(paths, Ordering::Relaxed) + paths);
    let parts = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..run.paths)
            .step_by(usize::try_from(share).unwrap_or(usize::MAX))
            .map(|first| {
                let paths = first..first.saturating_add(share).min(run.paths);
                let (odds, tell) = (&odds, &tell);
                scope.spawn(move || gather(investments, odds, run, years, paths, tell))
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().map_err(|_| FinanceRefusal::TooLarge)?)
            .collect::<Worked<Vec<_>>>()
    })?;
    let mut all = Gathered::of(years);
    for part in parts {
        all.take(part);
    }
    let mut found = Vec::with_capacity(years);
    for (index, (mut cash, mut came)) in all.liquidity.into_iter().zip(all.recycled).enumerate() {
        let (mean, standard_error) = mean_and_error(&cash)?;
        let short = u32::try_from(cash.iter().filter(|c| **c < 0).count()).unwrap_or(u32::MAX);
        let contracted: i128 =
            investments.iter().filter_map(|i| i.contracted.get(index)).map(|p| i128::from(p.0)).sum();
        found.push(ForecastYear {
            year: u32::try_from(index + 1).unwrap_or(u32::MAX),
            contracted: Pence(i64::try_from(contracted).map_err(|_| FinanceRefusal::TooLarge)?),
            liquidity: spread(&mut cash).ok_or(FinanceRefusal::TooLarge)?.map(Pence),
            recycled: spread(&mut came).ok_or(FinanceRefusal::TooLarge)?.map(Pence),
            mean,
            standard_error,
            short,
        });
    }
    Ok(Forecast { years: found, rate: spread(&mut all.rates), without_rate: all.without_rate })
}

/// Runs some paths one after another.
fn gather(
    investments: &[Simulated],
    odds: &[Odds],
    run: Run,
    years: usize,
    paths: Range<u32>,
    tell: &dyn Fn(u32),
) -> Worked<Gathered> {
    let fits = |pence: i128| i64::try_from(pence).map_err(|_| FinanceRefusal::TooLarge);
    let mut gathered = Gathered::of(years);
    let (mut out, mut back) = (vec![0_i128; years], vec![0_i128; years]);
    let mut flows = Vec::with_capacity(years);
    let mut untold = 0;
    for path in paths {
        let mut stream = Stream::new(run.seed, path);
        out.fill(0);
        back.fill(0);
        for (investment, odds) in investments.iter().zip(odds) {
            one(investment, odds, &mut stream, &mut out, &mut back)?;
        }
        let mut cash = i128::from(run.cash.0);
        flows.clear();
        for year in 0..years {
            cash += back[year] + out[year] - i128::from(run.costs.0);
            gathered.liquidity[year].push(fits(cash)?);
            gathered.recycled[year].push(fits(back[year])?);
            flows.push(Pence(fits(back[year] + out[year])?));
        }
        match irr(&flows).ok().and_then(|r| r.rate()) {
            Some(rate) => gathered.rates.push(rate),
            None => gathered.without_rate += 1,
        }
        untold += 1;
        if untold == 256 {
            tell(untold);
            untold = 0;
        }
    }
    tell(untold);
    Ok(gathered)
}

impl Gathered {
    fn of(years: usize) -> Self {
        Gathered {
            liquidity: vec![Vec::new(); years],
            recycled: vec![Vec::new(); years],
            rates: Vec::new(),
            without_rate: 0,
        }
    }

    fn take(&mut self, part: Gathered) {
        for (all, more) in self.liquidity.iter_mut().zip(part.liquidity) {
            all.extend(more);
        }
        for (all, more) in self.recycled.iter_mut().zip(part.recycled) {
            all.extend(more);
        }
        self.rates.extend(part.rates);
        self.without_rate += part.without_rate;
    }
}

/// One investment on one path. The number of draws a year does not depend on what happens, so that a change of one chance
/// does not shift every later draw.
fn one(terms: &Simulated, odds: &Odds, stream: &mut Stream, out: &mut [i128], back: &mut [i128]) -> Worked<()> {
    let mut performs = true;
    for (year, contracted) in terms.contracted.iter().enumerate() {
        let fails = stream.happens(odds.default);
        let late = stream.happens(odds.delay);
        let swing = stream.below(2 * odds.swing + 1);
        let sold = odds.exit.map(|(chance, amount)| (stream.happens(chance), amount));
        if !performs {
            continue;
        }
        if contracted.0 < 0 {
            out[year] += i128::from(contracted.0);
            continue;
        }
        if fails {
            performs = false;
            let left: i128 = terms.contracted[year..].iter().map(|p| i128::from(p.0.max(0))).sum();
            let left = Decimal::try_from_i128_with_scale(left, 0).map_err(|_| FinanceRefusal::TooLarge)?;
            let recovered = Pence::round_pence(left * odds.recovery).map_err(|_| FinanceRefusal::TooLarge)?;
            back[year + 2] += i128::from(recovered.0);
            continue;
        }
        let factor = i128::from(WHOLE) - i128::from(odds.swing) + i128::from(swing);
        let received = (i128::from(contracted.0) * factor).div_euclid(i128::from(WHOLE));
        back[year + usize::from(late)] += received;
        if let Some((true, amount)) = sold {
            back[year] += i128::from(amount);
            performs = false;
        }
    }
    Ok(())
}

impl<T> Spread<T> {
    fn map<U>(self, of: impl Fn(T) -> U) -> Spread<U> {
        Spread { p5: of(self.p5), p25: of(self.p25), p50: of(self.p50), p75: of(self.p75), p95: of(self.p95) }
    }
}

fn spread<T: Ord + Copy>(values: &mut [T]) -> Option<Spread<T>> {
    values.sort_unstable();
    let rank = |percent: usize| values.get((percent * values.len()).div_ceil(100).max(1) - 1).copied();
    Some(Spread { p5: rank(5)?, p25: rank(25)?, p50: rank(50)?, p75: rank(75)?, p95: rank(95)? })
}

fn in_pounds(pence: Decimal) -> Decimal {
    (pence / Decimal::ONE_HUNDRED).round_dp(4)
}

/// Mean in pounds, and standard error √(Σ(x − mean)² / (n − 1) / n), by whole-number roots; 0 for one path.
fn mean_and_error(values: &[i64]) -> Worked<(Decimal, Decimal)> {
    let too_large = || FinanceRefusal::TooLarge;
    let count = i128::try_from(values.len()).map_err(|_| too_large())?;
    let sum: i128 = values.iter().map(|v| i128::from(*v)).sum();
    let mean = Decimal::try_from_i128_with_scale(sum, 0).map_err(|_| too_large())? / Decimal::from(values.len());
    if count < 2 {
        return Ok((in_pounds(mean), Decimal::ZERO));
    }
    // Around the whole penny below the mean: that adds less than a penny squared to the variance.
    let mut squares: u128 = 0;
    for value in values {
        let apart = (i128::from(*value) - sum.div_euclid(count)).unsigned_abs();
        squares = apart.checked_mul(apart).and_then(|s| squares.checked_add(s)).ok_or_else(too_large)?;
    }
    let per = (count * (count - 1)).unsigned_abs();
    let hundredths = match squares.checked_mul(10_000) {
        Some(scaled) => (scaled / per).isqrt(),
        None => (squares / per).isqrt().checked_mul(100).ok_or_else(too_large)?,
    };
    let error = i128::try_from(hundredths).ok().and_then(|h| Decimal::try_from_i128_with_scale(h, 4).ok());
    Ok((in_pounds(mean), error.ok_or_else(too_large)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn share(text: &str) -> Share {
        text.parse().unwrap()
    }

    fn loan(default: &str) -> Simulated {
        let mut contracted = vec![Pence(-1_000_000)];
        contracted.extend(vec![Pence(250_000); 5]);
        Simulated {
            contracted,
            default: share(default),
            recovery: share("0.4"),
            delay: share("0.1"),
            swing: share("0.05"),
            exit: None,
        }
    }

    const RUN: Run = Run { seed: 20_261_124, paths: 400, cash: Pence(30_000_000), costs: Pence(100_000) };

    #[test]
    fn the_generator_gives_the_digits_it_gave_when_it_was_written() {
        let mut stream = Stream::new(1, 0);
        let first: Vec<u64> = (0..4).map(|_| stream.below(1_000_000)).collect();
        assert_eq!(first, [153_795, 2_226, 931_024, 593_784]);
    }

    #[test]
    fn without_any_chance_the_forecast_is_the_contract() {
        let sure = Simulated { default: share("0"), delay: share("0"), swing: share("0"), ..loan("0") };
        let found = simulate(&[sure], RUN, 1, &|_| {}).unwrap();
        assert_eq!(found.years[0].liquidity.p5, Pence(28_900_000));
        assert_eq!(found.years[5].liquidity.p95, Pence(30_000_000 - 1_000_000 + 1_250_000 - 600_000));
        assert_eq!((found.years[5].standard_error, found.without_rate), (Decimal::ZERO, 0));
        assert_eq!(found.rate.unwrap().p5, found.rate.unwrap().p95);
    }

    #[test]
    fn the_same_seed_gives_the_same_forecast_and_more_paths_a_smaller_error() {
        let book: Vec<Simulated> = (0..20).map(|_| loan("0.05")).collect();
        let told = std::sync::Mutex::new(Vec::new());
        let first = simulate(&book, RUN, 1, &|done| told.lock().unwrap().push(done)).unwrap();
        assert_eq!(told.into_inner().unwrap(), [256, 400]);
        for threads in [2, 3, 7, 1_000] {
            assert_eq!(simulate(&book, RUN, threads, &|_| {}).unwrap(), first, "{threads} threads, the same digits");
        }
        assert_eq!(simulate(&book, RUN, 1, &|_| {}).unwrap(), first);
        assert_ne!(simulate(&book, Run { seed: 2, ..RUN }, 1, &|_| {}).unwrap(), first);
        let more = simulate(&book, Run { paths: 1_600, ..RUN }, 1, &|_| {}).unwrap();
        let (few, many) = (first.years[5].standard_error, more.years[5].standard_error);
        assert!(many < few * Decimal::new(6, 1) && many > few * Decimal::new(4, 1), "{few} {many}");
        assert!((first.years[5].mean - more.years[5].mean).abs() < few * Decimal::from(4));
        assert!(simulate(&book, Run { paths: 0, ..RUN }, 1, &|_| {}).is_err());
        assert!(simulate(&[], RUN, 1, &|_| {}).is_err());
    }

    #[test]
    fn more_defaults_leave_less_at_every_percentile_of_the_end() {
        let at = |default| {
            simulate(&(0..20).map(|_| loan(default)).collect::<Vec<_>>(), RUN, 1, &|_| {}).unwrap().years[7].liquidity
        };
        let (few, many) = (at("0.02"), at("0.20"));
        assert!(many.p5 < few.p5 && many.p50 < few.p50 && many.p95 < few.p95);
    }

    proptest! {
        #[test]
        fn percentiles_are_in_order_and_a_draw_is_below_its_bound(seed in any::<u64>(), bound in 1_u64..u64::MAX, mut values in prop::collection::vec(any::<i64>(), 1..50)) {
            prop_assert!(Stream::new(seed, 3).below(bound) < bound);
            let s = spread(&mut values).unwrap();
            prop_assert!(s.p5 <= s.p25 && s.p25 <= s.p50 && s.p50 <= s.p75 && s.p75 <= s.p95);
        }
    }
}
