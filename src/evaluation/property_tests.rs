//! What holds for every formula and every field of bids.

use super::samples::*;
use super::*;
use crate::values::Pence;
use proptest::prelude::*;
use rust_decimal::{Decimal, dec};

fn formula() -> impl Strategy<Value = PriceModel> {
    prop::sample::select(formulas())
}

fn method() -> impl Strategy<Value = SocialValueMethod> {
    prop::sample::select(vec![SocialValueMethod::AgainstTargets, SocialValueMethod::ShareOfHighest])
}

/// One to seven bids with prices of £1 to £250, some above the ceiling of £200.
fn field() -> impl Strategy<Value = Vec<Bid>> {
    prop::collection::vec((0_u32..=100, 100_i64..25_000, 0_i64..80, 0_i64..200), 1..8).prop_map(|parts| {
        let made = parts.into_iter().enumerate().map(|(n, (level, pence, jobs, hours))| {
            let mut made = promising(bid(&format!("B{n}"), level, 1), Decimal::from(jobs), Decimal::new(hours, 1));
            made.prices[0].price = Pence(pence);
            made
        });
        made.collect()
    })
}

proptest! {
    #[test]
    fn a_lower_price_never_scores_less_among_the_same_rivals(formula in formula(), bids_ in field(), less in 1_i64..5_000) {
        let model = three_parts(formula, SocialValueMethod::AgainstTargets);
        let before = evaluate(&model, &bids(bids_.clone())).unwrap();
        let mut cheaper = bids_;
        let price = &mut cheaper[0].prices[0].price;
        *price = Pence((price.0 - less).max(1));
        let after = evaluate(&model, &bids(cheaper)).unwrap();
        prop_assert!(score(&after, "B0", "p") >= score(&before, "B0", "p"));
    }

    #[test]
    fn the_cheaper_of_two_bids_never_has_fewer_points_for_price(formula in formula(), bids_ in field()) {
        let model = three_parts(formula, SocialValueMethod::AgainstTargets);
        let result = evaluate(&model, &bids(bids_.clone())).unwrap();
        for a in &bids_ {
            for b in &bids_ {
                if a.prices[0].price <= b.prices[0].price {
                    prop_assert!(score(&result, &a.id, "p") >= score(&result, &b.id, "p"));
                }
            }
        }
    }

    #[test]
    fn another_bid_changes_no_score_under_formulas_that_are_not_relative(
        formula in formula().prop_filter("not relative", |f| !f.is_relative()), bids_ in field(), others in field(),
    ) {
        let model = three_parts(formula, SocialValueMethod::AgainstTargets);
        prop_assert!(!model.is_relative());
        let alone = evaluate(&model, &bids(bids_.clone())).unwrap();
        let mut more = bids_.clone();
        more.extend(others.into_iter().map(|mut b| { b.id = format!("X{}", b.id); b }));
        let together = evaluate(&model, &bids(more)).unwrap();
        for b in &bids_ {
            prop_assert_eq!(total(&alone, &b.id), total(&together, &b.id));
        }
        let order = |result: &EvaluationResult| -> Vec<String> {
            result.ranking.iter().filter(|r| !r.bid.starts_with('X')).map(|r| r.bid.clone()).collect()
        };
        prop_assert_eq!(order(&alone), order(&together));
    }

    #[test]
    fn the_order_of_the_bids_changes_nothing(formula in formula(), method in method(), bids_ in field(), seed in any::<u64>()) {
        let mut model = three_parts(formula, method);
        model.ties = vec![TieRule::Price, TieRule::Draw { commitment: commitment("seed") }];
        let mut shuffled = bids_.clone();
        shuffled.sort_by_key(|b| lot(&seed.to_string(), &b.id));
        let with_seed = |bids: Vec<Bid>| Inputs { bids, draw_seed: Some("seed".into()) };
        prop_assert_eq!(evaluate(&model, &with_seed(bids_)), evaluate(&model, &with_seed(shuffled)));
    }

    #[test]
    fn totals_are_exact_sums_of_rounded_scores_between_nothing_and_a_hundred(
        formula in formula(), method in method(), bids_ in field(),
    ) {
        let model = three_parts(formula, method);
        let result = evaluate(&model, &bids(bids_)).unwrap();
        for bid in &result.bids {
            let leaves: Decimal = bid.scores.iter().flat_map(|s| &s.steps).map(|step| step.rounded).sum();
            prop_assert_eq!(bid.total, Some(leaves));
            prop_assert!(bid.total >= Some(Decimal::ZERO) && bid.total <= Some(dec!(100)));
            prop_assert!(bid.scores.iter().flat_map(|s| &s.steps).all(|s| s.rounded.scale() == 2));
        }
        let totals: Vec<_> = result.ranking.iter().map(|r| r.total).collect();
        prop_assert!(totals.windows(2).all(|pair| pair[0] >= pair[1]));
    }

    #[test]
    fn an_exported_file_recomputes_to_the_same_digits_on_another_machine(
        formula in formula(), method in method(), bids_ in field(),
    ) {
        let file = EvaluationFile::of(three_parts(formula, method), bids(bids_)).unwrap();
        let text = serde_json::to_string_pretty(&file).unwrap();
        let read: EvaluationFile = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &file);
        prop_assert_eq!(recompute(&read).unwrap().agrees, Some(true));
        prop_assert_eq!(serde_json::to_string_pretty(&read).unwrap(), text);
    }

    #[test]
    fn an_excluded_bid_changes_nobody_elses_score(formula in formula(), method in method(), bids_ in field(), out in field()) {
        let model = three_parts(formula, method);
        let alone = evaluate(&model, &bids(bids_.clone())).unwrap();
        let mut more = bids_.clone();
        more.extend(out.into_iter().map(|mut b| {
            b.id = format!("X{}", b.id);
            b.disregarded = Some("Excluded supplier.".into());
            b
        }));
        let together = evaluate(&model, &bids(more)).unwrap();
        prop_assert_eq!(alone.ranking, together.ranking);
    }

    #[test]
    fn weights_are_accepted_only_when_they_add_up_to_exactly_100(parts in prop::collection::vec(1_i64..4_000_000, 2..9)) {
        let weights: Vec<Decimal> = parts.iter().map(|p| Decimal::new(*p, 5)).collect();
        let sum: Decimal = weights.iter().sum();
        let tree = |weights: &[Decimal]| {
            let leaves = weights.iter().enumerate().map(|(n, w)| leaf(&format!("c{n}"), *w, quality(five_levels())));
            of(leaves.collect())
        };
        prop_assert_eq!(tree(&weights).check().is_ok(), sum == dec!(100));
        let mut filled = weights;
        let rest = dec!(100) - filled.iter().skip(1).sum::<Decimal>();
        filled[0] = rest;
        prop_assert_eq!(tree(&filled).check().is_ok(), rest > Decimal::ZERO);
    }

    #[test]
    fn no_price_within_the_range_overflows_any_formula(
        formula in formula(), a in 1_i64..100_000_000_000_000, b in 1_i64..100_000_000_000_000,
    ) {
        let model = three_parts(formula, SocialValueMethod::ShareOfHighest);
        let made = |id: &str, pence, jobs| {
            let mut made = promising(bid(id, 50, 1), jobs, dec!(0.000001));
            made.prices[0].price = Pence(pence);
            made
        };
        let result = evaluate(&model, &bids(vec![made("A", a, dec!(0.000001)), made("B", b, check::MAX_QUANTITY)])).unwrap();
        prop_assert!(result.bids.iter().all(|b| b.total.is_some()));
    }

    #[test]
    fn a_higher_promise_never_scores_less(
        formula in formula(), method in method(), bids_ in field(), jobs in 0_i64..500, hours in 0_i64..500,
    ) {
        let model = three_parts(formula, method);
        let before = evaluate(&model, &bids(bids_.clone())).unwrap();
        let mut more = bids_;
        more[0].promises[0].quantity += Decimal::from(jobs);
        more[0].promises[1].quantity += Decimal::new(hours, 1);
        let after = evaluate(&model, &bids(more)).unwrap();
        prop_assert!(score(&after, "B0", "s") >= score(&before, "B0", "s"));
    }

    #[test]
    fn a_higher_promise_valued_in_pounds_never_scores_less(
        relative in any::<bool>(), promised in prop::collection::vec((0_i64..40, 0_i64..300), 1..5), more in 0_i64..400,
    ) {
        let method =
            if relative { SocialValueMethod::ValueShareOfHighest } else { SocialValueMethod::ValueAgainstTarget };
        let model = super::formula_tests::valued(method);
        let make = |n: usize, (jobs, hours): (i64, i64)| {
            promising(Bid { prices: vec![], ..bid(&format!("B{n}"), 0, 1) }, Decimal::from(jobs), Decimal::from(hours))
        };
        let made: Vec<Bid> = promised.into_iter().enumerate().map(|(n, p)| make(n, p)).collect();
        let before = evaluate(&model, &bids(made.clone())).unwrap();
        let mut better = made;
        better[0].promises[0].quantity += Decimal::from(more);
        let after = evaluate(&model, &bids(better)).unwrap();
        prop_assert!(score(&after, "B0", "s") >= score(&before, "B0", "s"));
    }

    #[test]
    fn weights_times_one_change_no_digit(formula in formula(), method in method(), bids_ in field(), scale in 1_u32..5) {
        let model = three_parts(formula, method);
        let mut rescaled = model.clone();
        for criterion in &mut rescaled.criteria {
            let mut one = dec!(1);
            one.rescale(scale);
            let weight = criterion.weight.as_mut().unwrap();
            *weight *= one;
        }
        let (plain, times_one) =
            (evaluate(&model, &bids(bids_.clone())).unwrap(), evaluate(&rescaled, &bids(bids_)).unwrap());
        prop_assert_eq!(serde_json::to_string(&plain.ranking).unwrap(), serde_json::to_string(&times_one.ranking).unwrap());
        prop_assert_eq!(serde_json::to_string(&plain.bids).unwrap(), serde_json::to_string(&times_one.bids).unwrap());
    }

    #[test]
    fn a_lower_price_never_ranks_worse_where_a_figure_ranks(
        rows in prop::collection::vec((1_u32..=100, 2_i64..20_000), 2..6), less in 1_i64..5_000,
    ) {
        let mut price = leaf("p", dec!(1), Kind::Price { model: PriceModel::PricePerQualityPoint });
        price.weight = None;
        let model = of(vec![leaf("q", dec!(100), quality(percent_levels())), price]);
        let made: Vec<Bid> = rows.iter().enumerate().map(|(n, r)| bid(&format!("B{n}"), r.0, r.1)).collect();
        let rank = |made: &[Bid]| evaluate(&model, &bids(made.to_vec())).unwrap().bids[0].rank;
        let before = rank(&made);
        let mut cheaper = made;
        let price = &mut cheaper[0].prices[0].price;
        *price = Pence((price.0 - less).max(1));
        prop_assert!(rank(&cheaper) <= before);
    }

    #[test]
    fn the_totals_of_a_tree_are_the_exact_sums_of_the_leaves_shown(
        parts in prop::collection::vec(1_u32..100, 3), levels in prop::collection::vec(0_u32..5, 3), places in 0_u32..7,
    ) {
        let sum: u32 = parts.iter().sum();
        // Weights that do not come out even: the last takes what is left.
        let mut weights: Vec<Decimal> =
            parts.iter().map(|p| (Decimal::from(*p) * dec!(100) / Decimal::from(sum)).round_dp(6)).collect();
        let rest = dec!(100) - weights.iter().take(2).sum::<Decimal>();
        weights[2] = rest;
        prop_assume!(weights.iter().all(|w| *w > Decimal::ZERO));
        let leaves: Vec<Criterion> =
            weights.iter().enumerate().map(|(n, w)| leaf(&format!("c{n}"), *w, quality(five_levels()))).collect();
        let mut model = of(vec![
            leaf("g", dec!(33.333333), Kind::Group { children: leaves }),
            leaf("z", dec!(66.666667), quality(five_levels())),
        ]);
        model.rounding.places = places;
        let mut given: Vec<LevelScore> = levels
            .iter()
            .enumerate()
            .map(|(n, level)| LevelScore { criterion: format!("c{n}"), level: *level })
            .collect();
        given.push(LevelScore { criterion: "z".into(), level: 3 });
        let result = evaluate(&model, &bids(vec![Bid { id: "A".into(), levels: given, ..Bid::default() }])).unwrap();
        let own: Decimal = ["c0", "c1", "c2"].iter().filter_map(|c| score(&result, "A", c)).sum();
        prop_assert_eq!(score(&result, "A", "g"), Some(own));
        prop_assert_eq!(total(&result, "A"), own + score(&result, "A", "z").unwrap());
    }
}
