//! Formulas that rank by themselves, whole-life cost, figures, votes, valued promises, the living wage floor.

use super::kinds::*;
use super::samples::*;
use super::*;
use crate::values::time::parse_date;
use crate::values::{Pence, RefusalInfo};
use rust_decimal::{Decimal, dec};

fn unweighted(id: &str, kind: Kind) -> Criterion {
    Criterion { weight: None, ..leaf(id, dec!(1), kind) }
}

fn option(id: &str, value: Decimal) -> FeatureOption {
    FeatureOption { id: id.into(), text: format!("Option {id}"), value }
}

fn features() -> Vec<Feature> {
    let two = |id: &str, best| Feature {
        id: id.into(),
        title: id.to_uppercase(),
        options: vec![option("none", dec!(0)), option("some", dec!(0.1)), option("best", best)],
    };
    vec![two("warranty", dec!(0.2)), two("delivery", dec!(0.1001))]
}

fn features_of_three_tenths() -> Vec<Feature> {
    let mut all = features();
    all[1].options.pop();
    all
}

fn adjusted() -> Model {
    of(vec![unweighted("p", Kind::Price { model: PriceModel::ValueAdjusted { features: features_of_three_tenths() } })])
}

fn offer(id: &str, pounds: i64, warranty: &str, delivery: &str) -> Bid {
    let chosen = |feature: &str, option: &str| ChosenOption { feature: feature.into(), option: option.into() };
    Bid {
        levels: vec![],
        options: vec![chosen("warranty", warranty), chosen("delivery", delivery)],
        ..bid(id, 0, pounds)
    }
}

#[test]
fn a_price_of_499_with_two_tenths_of_three_is_worth_388_11() {
    let result =
        evaluate(&adjusted(), &bids(vec![offer("A", 499, "best", "none"), offer("B", 388, "none", "none")])).unwrap();
    assert_eq!(result.bids[0].figure, Some(dec!(388.11)));
    let step = &result.bids[0].scores[0].steps[0];
    assert!(step.inputs.contains(&StepInput::own("V", "0.2")) && step.inputs.contains(&StepInput::own("Vmax", "0.3")));
    // 499 × 0.7 ÷ 0.9 = 388.111…, so £388 without any option is a little less.
    assert_eq!(result.winner.as_deref(), Some("B"));
    assert_eq!(result.ranking.iter().map(|r| r.total).collect::<Vec<_>>(), [dec!(0.00), dec!(0.00)]);
}

#[test]
fn an_adjusted_price_wants_every_option_and_at_most_three_tenths() {
    let mut unanswered = offer("A", 499, "best", "none");
    unanswered.options.pop();
    let refusal = evaluate(&adjusted(), &bids(vec![unanswered])).unwrap_err();
    assert_eq!(refusal.to_string(), "Not everything is scored yet. Missing: “DELIVERY” of bid A.");
    let too_much = of(vec![unweighted("p", Kind::Price { model: PriceModel::ValueAdjusted { features: features() } })]);
    assert!(too_much.check().unwrap_err().to_string().contains("at most 0.30"));
    let mut twice = offer("A", 499, "best", "none");
    twice.options.push(twice.options[0].clone());
    assert_eq!(evaluate(&adjusted(), &bids(vec![twice])).unwrap_err().code(), "evaluation/bid");
    let mut points = adjusted();
    points.criteria.push(leaf("q", dec!(100), quality(five_levels())));
    assert!(points.check().unwrap_err().to_string().contains("no criterion can carry points"));
}

fn per_point() -> Model {
    of(vec![
        leaf("q", dec!(100), quality(percent_levels())),
        unweighted("p", Kind::Price { model: PriceModel::PricePerQualityPoint }),
    ])
}

#[test]
fn the_lowest_price_for_a_point_wins_and_a_bid_without_points_is_left_out() {
    let result =
        evaluate(&per_point(), &bids(vec![bid("A", 80, 1000), bid("B", 60, 720), bid("C", 0, 1), bid("D", 100, 1250)]))
            .unwrap();
    let figures: Vec<_> = result.ranking.iter().map(|r| (r.bid.as_str(), r.rank, r.figure.unwrap())).collect();
    assert_eq!(figures, [("B", 1, dec!(12.00)), ("A", 2, dec!(12.50)), ("D", 2, dec!(12.50))]);
    assert_eq!(result.bids[2].exclusions[0].code, "no-points");
    assert_eq!(result.bids[1].total, Some(dec!(60.00)));
    let mut settled = per_point();
    settled.ties = vec![TieRule::Quality];
    let result = evaluate(&settled, &bids(vec![bid("A", 80, 1000), bid("D", 100, 1250)])).unwrap();
    assert_eq!(result.winner.as_deref(), Some("D"));
    assert!(!settled.is_relative());
}

#[test]
fn two_prices_cannot_stand_beside_one_that_ranks_by_itself() {
    let mut model = per_point();
    model.criteria.push(unweighted("x", Kind::Price { model: PriceModel::PricePerQualityPoint }));
    assert!(model.check().unwrap_err().to_string().contains("cannot score another price"));
}

#[test]
fn a_file_ranked_by_a_figure_is_recomputed_and_the_bidder_recomputes_its_own() {
    let file = EvaluationFile::of(per_point(), bids(vec![bid("A", 80, 1000), bid("B", 60, 720)])).unwrap();
    let read: EvaluationFile = serde_json::from_str(&serde_json::to_string(&file).unwrap()).unwrap();
    assert_eq!(recompute(&read).unwrap().agrees, Some(true));
    let mut own = bidder_file(&read, "A").unwrap();
    assert!(recompute_own(&own).unwrap().agrees);
    own.result.figure = Some(dec!(12.49));
    assert!(!recompute_own(&own).unwrap().agrees);
}

#[test]
fn the_prices_that_rank_by_themselves_come_with_their_warnings() {
    let warned = |model: &Model, code: &str| -> String {
        let found = rehearse(model, Pence(100_000)).unwrap().warnings;
        found.into_iter().find(|w| w.code == code).unwrap().sentence
    };
    assert!(warned(&per_point(), "price-per-point").contains("poor quality can win"));
    // 0.3 ÷ 0.7
    assert!(warned(&adjusted(), "options-only").contains("until it costs 42.9% more"));
}

fn whole_life(discount: Discount) -> Model {
    let life = WholeLife { years: 3, discount, items: vec![] };
    let model = PriceModel::LowestOverPrice;
    of(vec![leaf("q", dec!(50), quality(percent_levels())), leaf("p", dec!(50), Kind::Cost { model, life })])
}

fn costing(mut bid: Bid, flows: &[(u32, i64)]) -> Bid {
    let flow =
        |(year, pounds): &(u32, i64)| CostFlow { year: *year, what: "Energy".into(), amount: Pence(pounds * 100) };
    bid.costs = vec![BidCosts { criterion: "p".into(), flows: flows.iter().map(flow).collect() }];
    bid
}

#[test]
fn the_dearer_machine_with_lower_running_costs_wins_on_whole_life_cost() {
    let model = whole_life(Discount::Rate { rate: dec!(0.1) });
    let cheap = costing(bid("A", 50, 1000), &[(1, 1100), (2, 1210), (3, 1331)]);
    let dear = costing(bid("B", 50, 2000), &[(1, 110), (2, 121), (3, 133)]);
    let result = evaluate(&model, &bids(vec![cheap.clone(), dear])).unwrap();
    // 1000 + 3 × 1000 = 4000; 2000 + 100 + 100 + 133 ÷ 1.331 = 2299.92 (99.9249…).
    assert_eq!(result.winner.as_deref(), Some("B"));
    let step = &result.bids[0].scores[1].steps[0];
    assert!(step.inputs.contains(&StepInput::money("price", Pence(400_000))), "{:?}", step.inputs);
    let step = &result.bids[1].scores[1].steps[0];
    assert!(step.inputs.contains(&StepInput::money("price", Pence(229_992))), "{:?}", step.inputs);
    assert!(step.inputs.contains(&StepInput::money("later costs, discounted", Pence(29_992))));
    let missing = evaluate(&model, &bids(vec![bid("A", 50, 1000)])).unwrap_err();
    assert_eq!(missing.code(), "evaluation/incomplete");
    let late = evaluate(&model, &bids(vec![costing(bid("A", 50, 1000), &[(4, 1)])])).unwrap_err();
    assert!(late.to_string().contains("a year from 0 to 3"), "{late}");
    let residual = evaluate(&model, &bids(vec![costing(bid("A", 50, 1000), &[(0, -1000)])])).unwrap_err();
    assert!(residual.to_string().contains("must be more than £0"), "{residual}");
}

#[test]
fn the_green_book_factor_of_year_one_is_0_966184() {
    let on = parse_date("2026-11-24").unwrap();
    let factor = Discount::GreenBook { on }.factor(1).unwrap();
    assert_eq!(factor.round_dp(6), dec!(0.966184));
    let before = Discount::GreenBook { on: parse_date("2000-01-01").unwrap() };
    assert!(whole_life(before).check().unwrap_err().to_string().contains("no discount rates are known"));
    assert_eq!(Discount::Rate { rate: dec!(0) }.factor(60), Some(dec!(1)));
}

#[test]
fn an_adjusted_price_adds_later_costs_after_the_options() {
    let life = WholeLife { years: 1, discount: Discount::Rate { rate: dec!(0) }, items: vec![] };
    let model = PriceModel::ValueAdjusted { features: features_of_three_tenths() };
    let model = of(vec![unweighted("p", Kind::Cost { model, life })]);
    let made = costing(offer("A", 499, "best", "none"), &[(1, 100)]);
    assert_eq!(evaluate(&model, &bids(vec![made])).unwrap().bids[0].figure, Some(dec!(488.11)));
}

#[test]
fn figures_earn_the_share_of_the_bound_they_reach_either_way() {
    let bands = |shares: [Decimal; 2]| {
        vec![FigureBand { bound: dec!(1.1), share: shares[0] }, FigureBand { bound: dec!(1.5), share: shares[1] }]
    };
    let cover = Kind::Figure {
        measure: FigureMeasure::Affordability,
        better: Better::Higher,
        bands: bands([dec!(0.5), dec!(1)]),
        trial: None,
    };
    let loss = Kind::Figure {
        measure: FigureMeasure::ExpectedLoss,
        better: Better::Lower,
        bands: bands([dec!(1), dec!(0.2)]),
        trial: None,
    };
    let model = of(vec![leaf("cover", dec!(50), cover), leaf("loss", dec!(50), loss)]);
    let made = |id: &str, cover, loss| Bid {
        id: id.into(),
        figures: vec![
            BidFigure { criterion: "cover".into(), value: cover, source: String::new() },
            BidFigure { criterion: "loss".into(), value: loss, source: "a sheet".into() },
        ],
        ..Bid::default()
    };
    let field =
        bids(vec![made("A", dec!(1.5), dec!(1.1)), made("B", dec!(1.49), dec!(1.11)), made("C", dec!(-2), dec!(1.6))]);
    let result = evaluate(&model, &field).unwrap();
    assert_eq!(["A", "B", "C"].map(|b| total(&result, b)), [dec!(100.00), dec!(35.00), dec!(0.00)]);
    let mut missing = made("A", dec!(1), dec!(1));
    missing.figures.pop();
    assert_eq!(evaluate(&model, &bids(vec![missing])).unwrap_err().code(), "evaluation/incomplete");
}

#[test]
fn votes_become_points_by_the_published_rule_and_only_above_the_quorum() {
    let with = |rule| of(vec![leaf("v", dec!(20), Kind::Panel { rule }), leaf("q", dec!(80), quality(five_levels()))]);
    let made = |id: &str, ballots, sum| Bid {
        levels: vec![LevelScore { criterion: "q".into(), level: 0 }],
        prices: vec![],
        votes: vec![PanelResult { criterion: "v".into(), ballots, sum }],
        ..bid(id, 0, 1)
    };
    let scores = with(PanelRule::Scores { highest: 5, quorum: 50 });
    let result = evaluate(&scores, &bids(vec![made("A", 200, dec!(750)), made("B", 200, dec!(0))])).unwrap();
    assert_eq!((total(&result, "A"), total(&result, "B")), (dec!(15.00), dec!(0.00)));
    assert!(!scores.is_relative());
    let few = evaluate(&scores, &bids(vec![made("A", 49, dec!(10))])).unwrap_err();
    assert!(few.to_string().contains("fewer than the quorum of 50"), "{few}");
    let many = evaluate(&scores, &bids(vec![made("A", 50, dec!(251))])).unwrap_err();
    assert!(many.to_string().contains("cannot add up to 251"), "{many}");
    let budget = with(PanelRule::Budget { each: Pence(10_000), quorum: 1 });
    let result = evaluate(&budget, &bids(vec![made("A", 100, dec!(6000)), made("B", 100, dec!(3000))])).unwrap();
    assert_eq!((total(&result, "A"), total(&result, "B")), (dec!(20.00), dec!(10.00)));
    assert!(budget.is_relative());
    let nothing = evaluate(&budget, &bids(vec![made("A", 100, dec!(0))])).unwrap();
    assert_eq!(total(&nothing, "A"), dec!(0.00));
}

pub(super) fn record(proxy: i64, deadweight: Decimal, years: u32, drop_off: Decimal) -> MeasureRecord {
    MeasureRecord {
        code: "J1".into(),
        proxy: Pence(proxy * 100),
        price_year: 2024,
        deadweight,
        displacement: dec!(0.1),
        attribution: dec!(0),
        drop_off,
        years,
        source: "The council’s own table".into(),
        licence: String::new(),
        valid_from: parse_date("2024-04-01").unwrap(),
        valid_until: None,
        catalogue: None,
    }
}

pub(super) fn valued(method: SocialValueMethod) -> Model {
    let mut jobs = measure("jobs", dec!(50), dec!(10));
    jobs.record = Some(record(10_000, dec!(0.2), 2, dec!(0.5)));
    let mut hours = measure("hours", dec!(50), dec!(100));
    hours.record = Some(record(20, dec!(0), 1, dec!(0)));
    of(vec![leaf("q", dec!(90), quality(percent_levels())), leaf("s", dec!(10), social(method, vec![jobs, hours]))])
}

fn promising_only(id: &str, jobs: Decimal, hours: Decimal) -> Bid {
    promising(Bid { prices: vec![], ..bid(id, 0, 1) }, jobs, hours)
}

#[test]
fn what_is_taken_off_a_promise_is_exact_and_valued_only_where_the_model_says_so() {
    // 10000 × 0.8 × 0.9 × (1 + 0.5) = £10,800 a job; 20 × 0.9 = £18 an hour; all targets: 108,000 + 1,800.
    assert_eq!(record(10_000, dec!(0.2), 2, dec!(0.5)).net_value(), dec!(1080000.000));
    let model = valued(SocialValueMethod::ValueAgainstTarget);
    let field = bids(vec![promising_only("A", dec!(5), dec!(50)), promising_only("B", dec!(20), dec!(0))]);
    let result = evaluate(&model, &field).unwrap();
    assert_eq!((total(&result, "A"), total(&result, "B")), (dec!(5.00), dec!(10.00)));
    let relative = evaluate(&valued(SocialValueMethod::ValueShareOfHighest), &field).unwrap();
    // 54,900 of 216,000.
    assert_eq!((total(&relative, "A"), total(&relative, "B")), (dec!(2.54), dec!(10.00)));
    let mut bare = valued(SocialValueMethod::ValueAgainstTarget);
    let Kind::SocialValue { measures, .. } = &mut bare.criteria[1].kind else { panic!() };
    measures[0].record = None;
    assert!(bare.check().unwrap_err().to_string().contains("needs a record of what it is worth"));
}

#[test]
fn monetised_totals_stand_beside_the_score_and_change_nothing_in_it() {
    let model = valued(SocialValueMethod::AgainstTargets);
    let field = bids(vec![promising_only("A", dec!(5), dec!(50))]);
    let on = parse_date("2026-11-24").unwrap();
    let beside = social_value::worth(&model, &field, on, None).unwrap();
    assert_eq!(beside[0].total, Pence(5_490_000));
    assert_eq!(beside[0].measures[0].net_value, dec!(10800));
    let index = crate::finance::discount::PriceIndex {
        source: "GDP deflator".into(),
        levels: vec![(2024, dec!(100)), (2026, dec!(105))],
    };
    let today = social_value::worth(&model, &field, on, Some((&index, 2026))).unwrap();
    assert_eq!((today[0].total, today[0].measures[0].price_year), (Pence(5_764_500), 2026));
    let early = social_value::worth(&model, &field, parse_date("2024-03-31").unwrap(), None).unwrap_err();
    assert!(early.to_string().contains("not valid on"), "{early}");
    let mut plain = model.clone();
    let Kind::SocialValue { measures, .. } = &mut plain.criteria[1].kind else { panic!() };
    for m in measures {
        m.record = None;
    }
    let with = evaluate(&model, &field).unwrap();
    assert_eq!(total(&with, "A"), total(&evaluate(&plain, &field).unwrap(), "A"));
}

#[test]
fn the_model_of_the_day_advises_a_council_and_binds_a_central_authority() {
    use social_value::{Buyer, weight_verdict};
    let model = three_parts(PriceModel::LowestOverPrice, SocialValueMethod::AgainstTargets);
    let day = |text| parse_date(text).unwrap();
    let fine = weight_verdict(&model, Buyer::CentralAuthority, day("2026-12-31"), Pence(100)).unwrap();
    assert_eq!((fine.rule.model, fine.weight, fine.enough, fine.binding), ("PPN 002", dec!(24.5), true, true));
    let mut low = model.clone();
    low.criteria[2].weight = Some(dec!(15));
    low.criteria[0].weight = Some(dec!(49.5));
    let large = Pence(500_000_000);
    let bound = weight_verdict(&low, Buyer::CentralAuthority, day("2027-01-01"), large).unwrap();
    assert_eq!((bound.rule.model, bound.enough, bound.binding), ("PPN 026", false, true));
    assert!(bound.sentence.unwrap().contains("binds a central authority"));
    let advised = weight_verdict(&low, Buyer::Council, day("2027-01-01"), large).unwrap();
    assert!(!advised.binding && advised.sentence.unwrap().contains("does not bind a council"));
    let small = weight_verdict(&low, Buyer::CentralAuthority, day("2027-01-01"), Pence(1)).unwrap();
    assert!(!small.binding && small.enough && small.sentence.is_none());
    assert!(weight_verdict(&low, Buyer::Council, day("2019-01-01"), large).is_err());
}

#[test]
fn a_price_that_cannot_pay_the_living_wage_for_its_hours_opens_an_enquiry() {
    let mut model = half_and_half(PriceModel::LowestOverPrice);
    model.abnormally_low = Some(LowPriceRule { hourly_wage: Some(Pence(1_480)), ..LowPriceRule::default() });
    let mut short = bid("A", 50, 1_479);
    short.hours = Some(dec!(100));
    let mut fair = bid("B", 50, 1_480);
    fair.hours = Some(dec!(100));
    let result = evaluate(&model, &bids(vec![short, fair])).unwrap();
    let flags: Vec<_> = result.low_prices.iter().map(|f| (f.bid.as_str(), f.reason)).collect();
    assert_eq!(flags, [("A", LowPriceReason::BelowLivingWage)]);
    assert!(result.bids.iter().all(|b| b.rank.is_some()));
}

#[test]
fn individual_scores_and_reasons_travel_with_the_file_and_not_to_the_bidder() {
    let mut made = bid("A", 50, 100);
    made.given = vec![GivenScore {
        criterion: "q".into(),
        evaluator: "Evaluator 2".into(),
        level: 40,
        reason: "Names no start date.".into(),
        at: "2026-11-20T10:00:00Z".into(),
    }];
    made.agreed = vec![AgreedReason {
        criterion: "q".into(),
        reason: "A plan, but without dates.".into(),
        at: "2026-11-21T09:00:00Z".into(),
    }];
    let file = EvaluationFile::of(half_and_half(PriceModel::LowestOverPrice), bids(vec![made])).unwrap();
    let text = serde_json::to_string(&bidder_file(&file, "A").unwrap()).unwrap();
    assert!(!text.contains("Evaluator 2") && text.contains("without dates"));
    assert!(serde_json::to_string(&file).unwrap().contains("Evaluator 2"));
}
