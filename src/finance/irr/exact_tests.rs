//! The rates against exact arithmetic written apart from the code under test.

use super::*;
use crate::values::time::parse_date;
use chrono::Days;
use num_bigint::{BigInt, Sign};
use proptest::prelude::*;
use rust_decimal::dec;

/// The number of distinct roots of a polynomial in a half-open interval, by Sturm's theorem on whole numbers.
mod sturm {
    use super::*;

    type Polynomial = Vec<BigInt>;

    fn trim(p: &mut Polynomial) {
        while p.last().is_some_and(|c| c.sign() == Sign::NoSign) {
            p.pop();
        }
    }

    /// Minus a positive multiple of the remainder of a division.
    fn minus_remainder(a: &Polynomial, b: &Polynomial) -> Polynomial {
        let mut rest = a.clone();
        let lead = b.last().unwrap();
        let size = BigInt::from(lead.magnitude().clone());
        while rest.len() >= b.len() {
            let top = rest.last().unwrap() * if lead.sign() == Sign::Minus { -1 } else { 1 };
            let shift = rest.len() - b.len();
            for coefficient in &mut rest {
                *coefficient *= &size;
            }
            for (index, coefficient) in b.iter().enumerate() {
                rest[index + shift] -= &top * coefficient;
            }
            trim(&mut rest);
        }
        rest.iter().map(|c| -c).collect()
    }

    /// The sign at a fraction p/q with q > 0.
    fn sign_at(polynomial: &Polynomial, p: i64, q: i64) -> i32 {
        let mut value = BigInt::ZERO;
        let mut scale = BigInt::from(1);
        for coefficient in polynomial.iter().rev() {
            value = value * p + coefficient * &scale;
            scale *= q;
        }
        match value.sign() {
            Sign::Minus => -1,
            Sign::NoSign => 0,
            Sign::Plus => 1,
        }
    }

    fn changes(chain: &[Polynomial], p: i64, q: i64) -> usize {
        let signs: Vec<i32> = chain.iter().map(|f| sign_at(f, p, q)).filter(|s| *s != 0).collect();
        signs.windows(2).filter(|w| w[0] != w[1]).count()
    }

    /// Distinct roots in growth 1 + r of Σ flowₖ · (1+r)^(n−k), over (low, high], and whether one is multiple.
    pub fn roots(flows: &[i64], low: (i64, i64), high: (i64, i64)) -> (usize, bool) {
        let mut f: Polynomial = flows.iter().rev().map(|c| BigInt::from(*c)).collect();
        trim(&mut f);
        let mut derivative: Polynomial = f.iter().enumerate().skip(1).map(|(k, c)| c * k).collect();
        trim(&mut derivative);
        let mut chain = vec![f, derivative];
        while chain.last().unwrap().len() > 1 {
            let next = minus_remainder(&chain[chain.len() - 2], chain.last().unwrap());
            if next.is_empty() {
                break;
            }
            chain.push(next);
        }
        let multiple = chain.last().unwrap().len() > 1;
        (changes(&chain, low.0, low.1).abs_diff(changes(&chain, high.0, high.1)), multiple)
    }
}

fn yearly(pence: &[i64]) -> Vec<Flow> {
    let start = parse_date("2020-01-01").unwrap();
    (0_u64..).zip(pence).map(|(k, p)| Flow { date: start + Days::new(365 * k), amount: Pence(*p) }).collect()
}

fn crooked() -> impl Strategy<Value = Vec<i64>> {
    prop_oneof![
        prop::collection::vec(-1_000_i64..1_000, 2..9),
        prop::collection::vec(-1_000_000_000_000_i64..1_000_000_000_000, 2..9),
        // Products of (x − root) have many roots in the range.
        (prop::collection::vec(1_i64..40, 1..5), 1_i64..1_000).prop_map(|(roots, by)| {
            let mut flows = vec![-by];
            for tenths in roots {
                let mut next = vec![0; flows.len() + 1];
                for (k, c) in flows.iter().enumerate() {
                    next[k] += 10 * c;
                    next[k + 1] -= (10 + tenths) * c;
                }
                flows = next;
            }
            flows
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn exactly_the_rates_that_whole_number_algebra_counts_are_found_or_the_answer_says_unresolved(pence in crooked()) {
        let flows: Vec<Pence> = pence.iter().copied().map(Pence).collect();
        let (count, multiple) = sturm::roots(&pence, (11, 10_000_000), (1_009, 10));
        let found = irr(&flows).unwrap();
        prop_assert_eq!(&xirr(&yearly(&pence), None), &found, "dated and periodic agree");
        match found {
            Xirr::Rate { .. } => prop_assert_eq!(count, 1),
            Xirr::NotUnique { roots } => prop_assert_eq!(count, roots.len()),
            Xirr::NoRoot | Xirr::OutOfRange | Xirr::NoSignChange => prop_assert_eq!(count, 0),
            Xirr::Unresolved { .. } => prop_assert!(multiple || count > 1, "a single clear rate was not resolved"),
            other => prop_assert!(false, "{:?}", other),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_modified_rate_at_the_internal_rate_is_the_internal_rate(paid in 100_i64..1_000_000, shares in prop::collection::vec(1_i64..100, 1..8)) {
        let mut pence = vec![-paid * 100];
        pence.extend(shares.iter().map(|s| paid * s));
        let rate = irr(&pence.iter().copied().map(Pence).collect::<Vec<_>>()).unwrap().rate();
        if let Some(rate) = rate.filter(|r| *r > dec!(-0.9) && *r < dec!(5)) {
            let modified = mirr(&yearly(&pence), None, rate, rate).unwrap();
            prop_assert!((modified - rate).abs() <= dec!(0.0000001), "{} {}", modified, rate);
        }
    }

    #[test]
    fn the_present_value_at_a_periodic_rate_is_nearly_nothing(paid in 100_i64..1_000_000, shares in prop::collection::vec(1_i64..100, 1..8)) {
        let mut flows = vec![Pence(-paid * 100)];
        flows.extend(shares.iter().map(|s| Pence(paid * s)));
        if let Some(rate) = irr(&flows).unwrap().rate() {
            let (below, above) = (npv(rate - dec!(0.000000005), &flows).unwrap(), npv(rate + dec!(0.000000005), &flows).unwrap());
            prop_assert!(below >= Decimal::ZERO && above <= Decimal::ZERO, "{} {}", below, above);
        }
    }

    #[test]
    fn money_moved_at_its_value_does_not_change_the_time_weighted_return(
        growth in prop::collection::vec(50_i64..200, 2..8), moved in prop::collection::vec(0_i64..1_000_000, 8),
    ) {
        // Values in whole pounds times 100 ^ n would overflow, so growth is applied exactly to fractions.
        let start = parse_date("2020-01-01").unwrap();
        let mut values = vec![Valued { on: start, value: Pence(1_000_000_000_000) }];
        let mut flows = Vec::new();
        let mut held = 1_000_000_000_000_i64;
        let mut expected = Decimal::ONE;
        for (k, (percent, put_in)) in (1_u64..).zip(growth.iter().zip(&moved)) {
            let on = start + Days::new(k * 100);
            let before = held;
            held = held / 100 * percent;
            expected *= Decimal::from(held) / Decimal::from(before);
            values.push(Valued { on, value: Pence(held) });
            flows.push(Flow { date: on, amount: Pence(*put_in) });
            held += put_in;
        }
        let found = time_weighted(&values, &flows).unwrap();
        prop_assert!((found.total - (expected - Decimal::ONE)).abs() <= dec!(0.00000001));
    }
}

#[test]
fn a_modified_rate_is_the_published_one_and_one_where_there_are_two_internal_rates() {
    let pounds = [-120_000, 39_000, 30_000, 21_000, 37_000, 46_000].map(|p| Pence(p * 100));
    assert_eq!(periodic_mirr(&pounds, dec!(0.10), dec!(0.12)).unwrap().round_dp(8), dec!(0.12609413));
    assert_eq!(periodic_mirr(&pounds, dec!(0.10), dec!(0.14)).unwrap().round_dp(4), dec!(0.1348));
    assert!(matches!(irr(&[-100, 230, -132].map(Pence)).unwrap(), Xirr::NotUnique { .. }));
    assert!(periodic_mirr(&[-100, 230, -132].map(Pence), dec!(0.1), dec!(0.1)).is_ok());
    assert_eq!(mirr(&yearly(&[-100, -20]), None, dec!(0), dec!(0)), Err(RateRefusal::OneSided));
    assert_eq!(mirr(&yearly(&[-100, 120]), None, dec!(-1), dec!(0)), Err(RateRefusal::RateTooLow));
}

#[test]
fn two_periodic_rates_are_both_told_where_the_common_library_gives_one_of_them() {
    assert_eq!(irr(&[-100, 230, -132].map(Pence)).unwrap(), Xirr::NotUnique { roots: vec![dec!(0.1), dec!(0.2)] });
    assert_eq!(irr(&[Pence(-5)]), Ok(Xirr::TooShort));
    assert_eq!(irr(&[]), Ok(Xirr::NoSignChange));
    let back_and_forth: Vec<Pence> = [-1, 3].map(Pence).into_iter().cycle().take(2_401).collect();
    assert_eq!(irr(&back_and_forth), Err(RateRefusal::TooManyPeriods));
}

#[test]
fn a_touch_and_a_crossing_close_together_are_not_taken_for_one_rate() {
    // (x − 4.4)²·(x − 4.5): the search once saw only the crossing and published 350 % as the one rate.
    let flows = [-1_000, 13_300, -58_960, 87_120].map(Pence);
    assert!(matches!(irr(&flows).unwrap(), Xirr::Unresolved { near } if (near - dec!(3.4)).abs() < dec!(0.001)));
}

#[test]
fn a_return_without_the_value_on_the_day_money_moved_names_that_day() {
    let day = |text: &str| parse_date(text).unwrap();
    let values = [
        Valued { on: day("2024-01-01"), value: Pence(0) },
        Valued { on: day("2025-01-01"), value: Pence(110) },
        Valued { on: day("2026-01-01"), value: Pence(264) },
    ];
    let moved =
        [Flow { date: day("2024-01-01"), amount: Pence(100) }, Flow { date: day("2025-01-01"), amount: Pence(110) }];
    let found = time_weighted(&values, &moved).unwrap();
    assert_eq!(found.total, dec!(0.32), "10 % then 20 %, whatever was put in between");
    assert!(found.yearly.unwrap() > dec!(0.14));
    assert_eq!(time_weighted(&[values[0], values[2]], &moved), Err(RateRefusal::ValueMissing(day("2025-01-01"))));
    assert_eq!(time_weighted(&values, &[]), Err(RateRefusal::NothingHeld(day("2024-01-01"))));
}

#[test]
fn a_hundred_thousand_flows_over_sixty_years_up_to_ten_trillion_pounds_have_a_certified_rate() {
    let start = parse_date("2000-01-01").unwrap();
    let mut seed = 7_u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let mut flows = vec![Flow { date: start, amount: Pence(-1_000_000_000_000_000) }];
    for _ in 1..100_000 {
        let amount = Pence(i64::try_from(1 + next(60_000_000_000)).unwrap());
        flows.push(Flow { date: start + Days::new(1 + next(21_914)), amount });
    }
    let rate = xirr(&flows, None).rate().unwrap();
    assert!(xnpv(rate - dec!(0.00000001), &flows).unwrap() > Decimal::ZERO);
    assert!(xnpv(rate + dec!(0.00000001), &flows).unwrap() < Decimal::ZERO);
    flows.push(Flow { date: start + Days::new(21_915), amount: Pence(-1) });
    assert!(matches!(xirr(&flows, None), Xirr::Rate { .. } | Xirr::NotUnique { .. } | Xirr::OutOfRange));
}

#[test]
fn a_hundred_thousand_flows_over_sixty_years_that_change_direction_again_and_again_are_all_weighed() {
    let start = parse_date("2000-01-01").unwrap();
    let mut seed = 11_u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let mut flows = vec![Flow { date: start, amount: Pence(-1_000_000_000_000) }];
    for number in 1..100_000 {
        let amount = i64::try_from(1 + next(200_000_000)).unwrap();
        let drawn_again = number % 7 == 0;
        flows.push(Flow {
            date: start + Days::new(1 + next(21_914)),
            amount: Pence(if drawn_again { -amount } else { amount }),
        });
    }
    let rate = xirr(&flows, None).rate().unwrap();
    assert!(xnpv(rate - dec!(0.00000001), &flows).unwrap() > Decimal::ZERO);
    assert!(xnpv(rate + dec!(0.00000001), &flows).unwrap() < Decimal::ZERO);
}

#[test]
fn a_hundred_thousand_periods_have_a_rate_and_more_are_refused() {
    let mut flows = vec![Pence(2_000_000); 100_000];
    flows[0] = Pence(-100_000_000);
    assert_eq!(irr(&flows).unwrap().rate(), Some(dec!(0.02)), "as good as for ever");
    flows[50_000] = Pence(-1);
    assert_eq!(irr(&flows), Err(RateRefusal::TooManyPeriods), "too many to scan for several rates");
    flows[50_000] = Pence(1);
    flows.push(Pence(1));
    assert_eq!(irr(&flows), Err(RateRefusal::TooManyPeriods));
}
