//! Refusals, exclusions, formulas, ties, recomputation.

use super::samples::*;
use super::*;
use crate::values::{Pence, RefusalInfo};
use rust_decimal::{Decimal, dec};

fn linear() -> Model {
    let above_ceiling = AboveCeiling::Excluded;
    half_and_half(PriceModel::AbsoluteToCeiling { ceiling: Pence(20_000), exponent: 1, above_ceiling })
}

fn codes(result: &EvaluationResult, bid: &str) -> Vec<String> {
    result.bids.iter().find(|b| b.bid == bid).unwrap().exclusions.iter().map(|e| e.code.clone()).collect()
}

#[test]
fn weights_that_miss_100_are_refused_with_the_node_and_the_distance() {
    let mut model = linear();
    model.criteria[1].weight = Some(dec!(49.999));
    let refusal = evaluate(&model, &bids(vec![])).unwrap_err();
    assert_eq!(refusal.to_string(), "Weights of the top level add up to 99.999, 0.001 too little.");
    assert_eq!(refusal.code(), "evaluation/weights-not-100");
    let children = vec![leaf("a", dec!(70), quality(five_levels())), leaf("b", dec!(31), quality(five_levels()))];
    model.criteria = vec![leaf("group", dec!(100), Kind::Group { children })];
    assert_eq!(model.check().unwrap_err().to_string(), "Weights of “GROUP” add up to 101, 1 too much.");
}

#[test]
fn everything_wrong_with_a_model_is_listed_at_once() {
    let mut model = of(vec![
        leaf("q", dec!(50), quality(vec![])),
        leaf("q", dec!(40), Kind::Price { model: PriceModel::FixedPrice { price: Pence(0) } }),
        leaf("s", dec!(40), social(SocialValueMethod::AgainstTargets, vec![measure("m", dec!(90), dec!(0))])),
    ]);
    model.rounding.places = 9;
    let found: Vec<_> = model.problems().iter().map(RefusalInfo::code).collect();
    for code in ["criterion", "duplicate-id", "weight-not-allowed", "weights-not-100", "model"] {
        assert!(found.contains(&format!("evaluation/{code}").as_str()), "{code} in {found:?}");
    }
    assert_eq!(of(vec![]).check(), Err(EvaluationRefusal::NoCriteria));
}

#[test]
fn a_tree_of_any_depth_gives_each_leaf_the_product_of_its_weights() {
    let inner = vec![leaf("x", dec!(25), quality(five_levels())), leaf("y", dec!(75), quality(five_levels()))];
    let outer =
        vec![leaf("in", dec!(50), Kind::Group { children: inner }), leaf("z", dec!(50), quality(five_levels()))];
    let model =
        of(vec![leaf("out", dec!(60), Kind::Group { children: outer }), leaf("w", dec!(40), quality(five_levels()))]);
    let levels = ["x", "y", "z", "w"].map(|c| LevelScore { criterion: c.into(), level: 3 }).to_vec();
    let result = evaluate(&model, &bids(vec![Bid { id: "A".into(), levels, ..Bid::default() }])).unwrap();
    let got = ["x", "y", "in", "out", "w"].map(|c| score(&result, "A", c).unwrap());
    // 60 × 50 % × 25 % = 7.5 points, three quarters of them 5.625, rounded 5.63; the groups add what was rounded.
    assert_eq!(got, [dec!(5.63), dec!(16.88), dec!(22.51), dec!(45.01), dec!(30.00)]);
    assert_eq!(total(&result, "A").to_string(), "75.01");
}

#[test]
fn missing_scores_prices_and_promises_are_named_and_never_zero() {
    let model = three_parts(PriceModel::LowestOverPrice, SocialValueMethod::AgainstTargets);
    let mut bare = bid("A", 50, 100);
    bare.levels.clear();
    bare.prices.clear();
    let EvaluationRefusal::Incomplete { missing } = evaluate(&model, &bids(vec![bare])).unwrap_err() else {
        panic!("not incomplete")
    };
    assert_eq!(missing.iter().map(|m| m.id.as_str()).collect::<Vec<_>>(), ["q", "p", "jobs", "hours"]);
}

#[test]
fn a_price_of_zero_is_refused_and_never_divided_by() {
    let refusal = evaluate(&half_and_half(PriceModel::LowestOverPrice), &bids(vec![bid("A", 50, 0)])).unwrap_err();
    assert_eq!(refusal.code(), "evaluation/price-not-positive");
}

#[test]
fn answers_that_the_model_does_not_ask_for_are_refused() {
    let model = linear();
    let code = |change: fn(&mut Bid)| {
        let mut made = bid("A", 50, 100);
        change(&mut made);
        evaluate(&model, &bids(vec![made])).unwrap_err().code()
    };
    assert_eq!(code(|b| b.levels[0].level = 101), "evaluation/bid");
    assert_eq!(code(|b| b.levels[0].criterion = "p".into()), "evaluation/bid");
    assert_eq!(code(|b| b.levels.push(b.levels[0].clone())), "evaluation/bid");
    assert_eq!(code(|b| b.promises.push(Promise { measure: "jobs".into(), quantity: dec!(1) })), "evaluation/bid");
    let twice = bids(vec![bid("A", 50, 100), bid("A", 60, 90)]);
    assert_eq!(evaluate(&model, &twice).unwrap_err().code(), "evaluation/duplicate-bid");
}

#[test]
fn a_bid_below_a_minimum_is_excluded_with_its_reason_and_sets_no_lowest_price() {
    let mut model = half_and_half(PriceModel::LowestOverPrice);
    model.criteria[0].minimum = Some(Minimum::Percent { percent: dec!(60) });
    let mut unpriced = bid("C", 59, 10);
    unpriced.prices.clear();
    let field = bids(vec![bid("A", 60, 100), bid("B", 59, 10), unpriced]);
    let result = evaluate(&model, &field).unwrap();
    assert_eq!(total(&result, "A"), dec!(80.00));
    assert_eq!(codes(&result, "B"), ["below-minimum"]);
    let b = &result.bids[1];
    assert_eq!(b.exclusions[0].sentence, "29.50 points for “Q” are below the minimum of 30.00, 60% of 50.");
    assert_eq!(
        (b.total, b.rank, score(&result, "B", "q"), score(&result, "B", "p")),
        (None, None, Some(dec!(29.50)), None)
    );
    model.criteria[0].minimum = Some(Minimum::Level { level: 61 });
    let result = evaluate(&model, &bids(vec![bid("A", 60, 100)])).unwrap();
    assert_eq!(result.bids[0].exclusions[0].sentence, "Level 60 for “Q” is below the minimum of 61.");
    assert_eq!((result.winner, result.ranking.len()), (None, 0));
}

#[test]
fn a_minimum_where_price_decides_is_refused() {
    let mut model = linear();
    model.criteria[1].minimum = Some(Minimum::Percent { percent: dec!(10) });
    assert_eq!(model.check().unwrap_err().code(), "evaluation/minimum-on-relative");
}

#[test]
fn bids_that_fail_are_disregarded_or_ask_too_much_are_left_out() {
    let mut model = linear();
    let kind = Kind::PassFail { requirement: "Insured from the award.".into() };
    model.criteria.push(Criterion { id: "ins".into(), title: "Insurance".into(), weight: None, minimum: None, kind });
    let pass = |mut b: Bid, passed| {
        b.passes = vec![Pass { criterion: "ins".into(), passed, reason: "No undertaking given.".into() }];
        b
    };
    let mut withdrawn = pass(bid("D", 90, 50), true);
    withdrawn.disregarded = Some("Excluded supplier, Schedule 6.".into());
    let field =
        vec![pass(bid("A", 50, 100), true), pass(bid("B", 90, 50), false), pass(bid("C", 90, 201), true), withdrawn];
    let result = evaluate(&model, &bids(field)).unwrap();
    assert_eq!(result.winner.as_deref(), Some("A"));
    assert_eq!(codes(&result, "B"), ["failed"]);
    assert_eq!(codes(&result, "C"), ["above-ceiling"]);
    assert_eq!(codes(&result, "D"), ["disregarded"]);
    assert_eq!(result.bids[0].scores[2].passed, Some(true));
    let unanswered = evaluate(&model, &bids(vec![bid("A", 50, 100)])).unwrap_err();
    assert_eq!(unanswered.code(), "evaluation/incomplete");
}

#[test]
fn a_price_at_the_ceiling_stays_and_one_above_it_may_score_nothing() {
    let at = evaluate(&linear(), &bids(vec![bid("A", 50, 200)])).unwrap();
    assert_eq!(total(&at, "A"), dec!(25.00));
    let above_ceiling = AboveCeiling::ScoresZero;
    let model = half_and_half(PriceModel::LinearToCeiling { ceiling: Pence(20_000), exponent: 1, above_ceiling });
    let over = evaluate(&model, &bids(vec![bid("A", 50, 201), bid("B", 50, 200)])).unwrap();
    // B asks the lowest price there is, which is the ceiling itself.
    assert_eq!((score(&over, "A", "p"), score(&over, "B", "p")), (Some(dec!(0.00)), Some(dec!(50.00))));
}

#[test]
fn each_formula_gives_the_published_points() {
    let points = |formula: PriceModel| {
        let result =
            evaluate(&half_and_half(formula), &bids(vec![bid("A", 0, 50), bid("B", 0, 100), bid("C", 0, 150)]));
        ["A", "B", "C"].map(|b| score(result.as_ref().unwrap(), b, "p").unwrap())
    };
    let expected = [
        [dec!(50.00), dec!(25.00), dec!(16.67)],
        [dec!(50.00), dec!(33.33), dec!(16.67)],
        [dec!(50.00), dec!(22.22), dec!(5.56)],
        [dec!(37.50), dec!(25.00), dec!(12.50)],
        [dec!(49.22), dec!(43.75), dec!(28.91)],
        [dec!(50.00), dec!(42.50), dec!(21.25)],
        [dec!(50.00), dec!(30.00), dec!(5.00)],
    ];
    for (formula, expected) in formulas().into_iter().zip(expected) {
        assert_eq!(points(formula.clone()), expected, "{formula:?}");
    }
}

#[test]
fn under_a_fixed_price_quality_alone_decides() {
    let mut price = leaf("p", dec!(1), Kind::Price { model: PriceModel::FixedPrice { price: Pence(10_000) } });
    price.weight = None;
    let model = of(vec![leaf("q", dec!(100), quality(percent_levels())), price]);
    let result = evaluate(&model, &bids(vec![bid("A", 70, 100), bid("B", 80, 100)])).unwrap();
    assert_eq!((result.winner.as_deref(), total(&result, "B")), (Some("B"), dec!(80.00)));
    assert_eq!(evaluate(&model, &bids(vec![bid("A", 70, 99)])).unwrap_err().code(), "evaluation/bid");
}

#[test]
fn promises_count_as_far_as_they_are_believed_and_up_to_target_and_cap() {
    let mut model = three_parts(PriceModel::LowestOverPrice, SocialValueMethod::AgainstTargets);
    let Kind::SocialValue { measures, deliverability, .. } = &mut model.criteria[2].kind else { panic!() };
    measures[1].cap = Some(dec!(0.3));
    let table = (0..=100).map(|level| DeliverabilityShare { level, share: Decimal::from(level) / dec!(100) }).collect();
    *deliverability = Some(Deliverability { criterion: "q".into(), table });
    let field =
        bids(vec![promising(bid("A", 50, 100), dec!(30), dec!(20)), promising(bid("B", 100, 100), dec!(90), dec!(0))]);
    let result = evaluate(&model, &field).unwrap();
    // jobs: 14.7 × 15/30 = 7.35; hours: effective 10 of 7 would earn 9.8, the cap leaves 0.3 × 24.5 = 7.35.
    assert_eq!(score(&result, "A", "s"), Some(dec!(14.70)));
    assert_eq!(score(&result, "B", "s"), Some(dec!(14.70)));
    let steps = &result.bids[0].scores[2].steps;
    assert_eq!((steps[0].rounded, steps[1].unrounded), (dec!(7.35), dec!(7.35)));
    assert!(steps[1].inputs.contains(&StepInput::own("effective", "10")));
}

#[test]
fn every_number_carries_its_formula_inputs_and_rounding() {
    let model = half_and_half(PriceModel::LowestOverPrice);
    let result = evaluate(&model, &bids(vec![bid("A", 80, 150), bid("B", 60, 100)])).unwrap();
    let step = &result.bids[0].scores[1].steps[0];
    assert_eq!(step.formula, "W × lowest price ÷ price");
    assert_eq!((step.unrounded.round_dp(6), step.rounded), (dec!(33.333333), dec!(33.33)));
    let rivals: Vec<_> =
        step.inputs.iter().filter(|i| i.from_rivals).map(|i| (i.name.as_str(), i.value.as_str())).collect();
    assert_eq!(rivals, [("lowest price", "100.00")]);
}

#[test]
fn halves_follow_the_rule_of_the_model() {
    let mut model = of(vec![leaf(
        "q",
        dec!(100),
        quality(vec![
            Level { level: 0, text: "None".into(), share: dec!(0) },
            Level { level: 1, text: "Some".into(), share: dec!(0.00125) },
        ]),
    )]);
    let one = bids(vec![Bid {
        id: "A".into(),
        levels: vec![LevelScore { criterion: "q".into(), level: 1 }],
        ..Bid::default()
    }]);
    assert_eq!(total(&evaluate(&model, &one).unwrap(), "A"), dec!(0.13));
    model.rounding.rule = RoundingRule::HalfEven;
    assert_eq!(total(&evaluate(&model, &one).unwrap(), "A"), dec!(0.12));
}

#[test]
fn ties_go_through_the_cascade_and_say_what_settled_them() {
    let mut model = linear();
    let equal = bids(vec![bid("A", 50, 100), bid("B", 60, 120), bid("C", 50, 100)]);
    let shared = evaluate(&model, &equal).unwrap();
    assert_eq!(shared.ranking.iter().map(|r| r.rank).collect::<Vec<_>>(), [1, 1, 1]);
    assert_eq!(shared.winner, None);
    model.ties = vec![TieRule::Quality];
    let settled = evaluate(&model, &equal).unwrap();
    assert_eq!(settled.winner.as_deref(), Some("B"));
    assert_eq!(settled.ranking[0].tie.as_deref(), Some("Equal totals were settled by more points for quality."));
    assert_eq!(settled.ranking.iter().map(|r| r.rank).collect::<Vec<_>>(), [1, 2, 2]);
    model.ties = vec![TieRule::Price, TieRule::Draw { commitment: commitment("seed of the council") }];
    assert_eq!(evaluate(&model, &equal), Err(EvaluationRefusal::SeedMissing));
    let mut drawn = equal;
    drawn.draw_seed = Some("another seed".into());
    assert_eq!(evaluate(&model, &drawn), Err(EvaluationRefusal::SeedMismatch));
    drawn.draw_seed = Some("seed of the council".into());
    let result = evaluate(&model, &drawn).unwrap();
    let first = if lot("seed of the council", "A") < lot("seed of the council", "C") { "A" } else { "C" };
    assert_eq!(result.winner.as_deref(), Some(first));
    assert_eq!(result.ranking[2].bid, "B");
}

#[test]
fn of_two_equal_totals_it_is_known_which_rule_parted_them_whoever_stands_between() {
    let mut model = linear();
    let mut drawn = bids(vec![bid("A", 50, 100), bid("B", 60, 120), bid("C", 50, 100), bid("D", 40, 100)]);
    let file = EvaluationFile::of(model.clone(), drawn.clone()).unwrap();
    assert_eq!(parted_by(&file, "A", "C"), None, "they share a place");
    let draw = TieRule::Draw { commitment: commitment("seed of the council") };
    model.ties = vec![TieRule::Quality, draw.clone()];
    drawn.draw_seed = Some("seed of the council".into());
    let file = EvaluationFile::of(model, drawn).unwrap();
    let order: Vec<&str> = file.result.as_ref().unwrap().ranking.iter().map(|r| r.bid.as_str()).collect();
    let (second, third) = (order[1], order[2]);
    assert_eq!((order[0], order[3]), ("B", "D"));
    assert_eq!(parted_by(&file, "B", second), Some(&TieRule::Quality));
    assert_eq!(parted_by(&file, "B", third), Some(&TieRule::Quality), "the draw parted only the two below");
    assert_eq!(parted_by(&file, second, third), Some(&draw));
    assert_eq!((parted_by(&file, third, "B"), parted_by(&file, "B", "D")), (None, None));
}

#[test]
fn the_lot_of_a_bid_can_be_recomputed_with_any_sha256() {
    assert_eq!(commitment("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_ne!(lot("abc", "A"), lot("abc", "B"));
}

#[test]
fn a_stored_result_is_recomputed_to_the_last_digit_and_a_changed_model_is_seen() {
    let model = half_and_half(PriceModel::LowestOverPrice);
    let mut file = EvaluationFile::of(model, bids(vec![bid("A", 80, 150), bid("B", 60, 100)])).unwrap();
    assert_eq!(recompute(&file).unwrap().agrees, Some(true));
    file.model.title = "Another title".into();
    let found = recompute(&file).unwrap();
    assert_eq!(found.agrees, Some(false));
    assert_eq!(found.differences.iter().map(|d| d.path.as_str()).collect::<Vec<_>>(), ["/model_hash"]);
    file.format = "commonweal-evaluation/2".into();
    assert!(recompute(&file).is_err());
}

#[test]
fn the_hash_of_a_model_does_not_depend_on_the_order_of_keys_in_its_file() {
    let model = half_and_half(PriceModel::LowestOverPrice);
    let text = serde_json::to_string(&model).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let object = value.as_object_mut().unwrap();
    let title = object.shift_remove("title").unwrap();
    object.insert("title".into(), title);
    assert_ne!(value.to_string(), text);
    let reread: Model = serde_json::from_value(value).unwrap();
    assert_eq!(model_hash(&reread), model_hash(&model));
}

#[test]
fn low_prices_are_flagged_and_never_excluded() {
    let mut model = linear();
    model.abnormally_low = Some(LowPriceRule::default());
    let result = evaluate(&model, &bids(vec![bid("A", 50, 50), bid("B", 50, 100), bid("C", 50, 110)])).unwrap();
    assert_eq!(result.winner.as_deref(), Some("A"));
    assert_eq!(
        result.low_prices.iter().map(|f| (f.bid.as_str(), f.reason)).collect::<Vec<_>>(),
        [("A", LowPriceReason::BelowMean), ("A", LowPriceReason::BelowNext)]
    );
}

#[test]
fn sensitivity_names_the_level_and_the_weight_that_would_change_the_winner() {
    let model = half_and_half(PriceModel::LowestOverPrice);
    let close = bids(vec![bid("A", 80, 1000), bid("B", 80, 1005)]);
    let found = sensitivity(&model, &close).unwrap();
    assert_eq!(found.winner.as_deref(), Some("A"));
    assert_eq!(found.levels_tried, 4);
    assert!(found.levels.iter().any(|l| (l.bid.as_str(), l.to, l.winner.as_deref()) == ("A", 79, Some("B"))));
    let clear = sensitivity(&model, &bids(vec![bid("A", 90, 100), bid("B", 20, 150)])).unwrap();
    assert!(clear.levels.is_empty() && clear.weights.is_empty());
    let by_weight = sensitivity(&model, &bids(vec![bid("A", 60, 100), bid("B", 80, 150)])).unwrap();
    assert_eq!(by_weight.winner.as_deref(), Some("A"));
    // 20 points of quality against a third of the price: they balance at a weight of 62.5 for quality.
    let quality = by_weight.weights.iter().find(|w| w.criterion == "q").unwrap();
    assert_eq!((quality.from, quality.to, quality.winner.as_deref()), (dec!(50), dec!(62.5), None));
}

#[test]
fn a_file_stored_by_the_first_release_is_read_and_recomputed_to_the_same_digits_and_hash() {
    let text = include_str!("fixtures/stored.json");
    let file: EvaluationFile = serde_json::from_str(text).unwrap();
    let found = recompute(&file).unwrap();
    assert_eq!(found.differences, []);
    assert_eq!(found.agrees, Some(true));
    let before: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(canonical_json(&file), canonical_json(&before), "nothing is added to what was stored");
}
