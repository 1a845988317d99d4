//! Whole-life cost, the two prices that rank by themselves, and figures of a round: built, offered, sealed, ranked.

use crate::applications::sample_calls::{open_call, sample, tender_terms};
use crate::scoring::ready;
use crate::support::World;
use chrono::TimeDelta;
use commonweal::applications::actions::{self as applying, Declaration, DraftInput};
use commonweal::applications::{self, Application, CashRow, samples as application_samples};
use commonweal::calls::samples::{self as call_samples, Dates};
use commonweal::calls::{self, Call, CallKind, NewCall, Part, Terms, actions as calling};
use commonweal::db::Json;
use commonweal::db::schema::{calls as call_rows, opened_parts};
use commonweal::evaluation::{
    Better, CostItem, CostPaid, Criterion, Discount, EvaluationFile, Feature, FeatureOption, FigureBand, FigureMeasure,
    FigureRisk, FigureTrial, Kind, PriceModel, RiskGrade, WholeLife, recompute,
};
use commonweal::scoring::samples as scoring_samples;
use commonweal::values::time::parse_date;
use commonweal::values::{Actor, Clock, Id, Instant, Pence, Role};
use diesel::prelude::*;
use rust_decimal::dec;
use serde_json::json;

fn leaf(id: &str, title: &str, kind: Kind) -> Criterion {
    Criterion { id: id.into(), title: title.into(), weight: None, minimum: None, kind }
}

fn machine() -> WholeLife {
    let item = |id: &str, title: &str, paid| CostItem { id: id.into(), title: title.into(), paid };
    WholeLife {
        years: 2,
        discount: Discount::Rate { rate: dec!(0.1) },
        items: vec![
            item("energy", "Electricity", CostPaid::EveryYear),
            item("repairs", "Repairs", CostPaid::ByYear),
            item("resale", "Resale value", CostPaid::WorthAtEnd),
        ],
    }
}

/// The sample tender, with its price scored in another way.
fn with_price(terms: Terms, price: Kind) -> Terms {
    let mut terms = terms;
    for criterion in &mut terms.model.criteria {
        if criterion.id == "cost" {
            criterion.kind = price.clone();
        }
    }
    terms
}

fn whole_life_tender(deadline: Instant) -> Terms {
    let price = Kind::Cost { model: PriceModel::LowestOverPrice, life: machine() };
    with_price(tender_terms(deadline), price)
}

/// Only pass or fail and a price that options lower.
fn adjusted_tender(deadline: Instant) -> Terms {
    let option = |id: &str, text: &str, value| FeatureOption { id: id.into(), text: text.into(), value };
    let warranty = Feature {
        id: "warranty".into(),
        title: "Warranty".into(),
        options: vec![option("two", "Two years", dec!(0)), option("five", "Five years", dec!(0.2))],
    };
    let vans = Feature {
        id: "vans".into(),
        title: "Vans".into(),
        options: vec![option("petrol", "Petrol", dec!(0)), option("electric", "Electric", dec!(0.1))],
    };
    let mut terms = tender_terms(deadline);
    terms.conditions.clear();
    terms.words.clear();
    terms.model.criteria = vec![
        leaf("insured", "Insurance", Kind::PassFail { requirement: "You are insured for £5 million.".into() }),
        leaf("cost", "Price", Kind::Price { model: PriceModel::ValueAdjusted { features: vec![warranty, vans] } }),
    ];
    terms
}

fn in_ten_days(world: &World) -> Instant {
    world.now().plus(TimeDelta::days(10))
}

/// Sends an application that differs from the sample as it is said.
async fn send(world: &World, call: &Call, name: &str, change: impl FnOnce(&mut DraftInput)) -> Id<Application> {
    let (organisation, owner) = world.applicant(name);
    let id = applying::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
    let mut draft = application_samples::answers(&call.terms.0, &sample(name), world.now().date());
    change(&mut draft);
    applying::save_draft(&world.app, &owner, id, &draft, world.now()).await.unwrap();
    let declared =
        Declaration { declared_by: "Leila Haddad".into(), true_and_complete: "yes".into(), ..Declaration::default() };
    applying::submit(&world.app, &owner, id, &declared, &Clock::stopped(world.now())).await.unwrap();
    id
}

/// Two officers open the answers, evaluators score, the moderation closes, two officers open the prices, and the bids
/// are ranked by an officer, who is given back.
async fn opened_and_ranked(world: &World, call: &Call) -> Actor {
    let (first, second) = (world.person(Role::ProcurementOfficer), world.person(Role::ProcurementOfficer));
    let (app, now) = (&world.app, call.deadline_at.unwrap().plus(TimeDelta::minutes(6)));
    world.move_clock(now).await;
    let evaluators = vec![world.person(Role::Evaluator), world.person(Role::Evaluator)];
    let judge = |_: usize, _: &str, _: &str| 3;
    for part in [Part::Quality, Part::Price] {
        applying::ask_opening(app, &first, call.id, part, now).await.unwrap();
        applying::confirm_opening(app, &second, call.id, part, now).await.unwrap();
        if part == Part::Quality {
            scoring_samples::score_everything(app, &first, &evaluators, call.id, &judge, now).await.unwrap();
            scoring_samples::moderate_everything(app, &first, call.id, &judge, now).await.unwrap();
        }
    }
    world
        .client(&first)
        .await
        .post(&format!("/desk/calls/{}/moderation", call.id), &[("step", "rank")])
        .await
        .expect(303);
    first
}

async fn file_of(world: &World, officer: &Actor, call: Id<Call>) -> EvaluationFile {
    let text = world.client(officer).await.get(&format!("/desk/calls/{call}/ranking.json")).await.expect(200).text;
    let file: EvaluationFile = serde_json::from_str(&text).unwrap();
    assert_eq!(recompute(&file).unwrap().agrees, Some(true));
    file
}

fn costs(energy: i64, repairs: [i64; 2], resale: i64) -> serde_json::Value {
    let pounds = |amount: i64| format!("{amount}.00");
    json!({ "energy": [pounds(energy)], "repairs": repairs.map(pounds), "resale": [pounds(resale)] })
}

both! {
    async fn an_officer_builds_a_whole_life_cost_and_everybody_reads_what_counts(world: World) {
        let ground = call_samples::ground(&world.app, &world.person(Role::MissionLead), world.now()).await.unwrap();
        let officer = world.person(Role::ProcurementOfficer);
        let now = world.now();
        let dates = Dates::closing_in(now, 52);
        let terms = call_samples::community_kitchens(&dates, call_samples::kitchen_conditions(&ground.catalogue, &dates));
        let id = call_samples::draft(&world.app, &officer, ground.mission("food").unwrap(), &terms, now).await.unwrap();
        let model = |world: &World| world.app.db.read_now(|db| calls::find(db, id)).unwrap().terms.0.model;
        let price = model(&world).criteria.into_iter().find(|c| matches!(c.kind, Kind::Price { .. })).unwrap();
        let weight = price.weight.unwrap().to_string();
        let desk = world.client(&officer).await;
        let criteria = format!("/desk/calls/{id}/criteria");
        desk.post(&format!("{criteria}/{}/remove", price.id), &[]).await.expect(303);
        let new = format!("{criteria}/new");
        desk.get(&format!("{new}?kind=cost")).await.expect(200).shows("Which later costs count?").shows("Green Book").hides("The price everybody is paid");
        let wrong = [("kind", "cost"), ("title", "Ovens over their life"), ("weight", weight.as_str()), ("years", "70"), ("discount", "rate"), ("discount_rate", "3.5"), ("formula", "lowest_over_price")];
        desk.post(&new, &wrong).await.expect(422).shows("Enter 1 to 60 years").shows("Name at least one later cost");
        let right = [("kind", "cost"), ("title", "Ovens over their life"), ("weight", weight.as_str()), ("years", "10"), ("discount", "rate"), ("discount_rate", "3.5"),
            ("every_year", "Electricity\nService contract"), ("by_year", "Repairs"), ("worth_at_end", "Resale value"), ("formula", "lowest_over_price")];
        desk.post_and_follow(&new, &right).await.expect(200).shows("Whole-life cost").shows("the price and the costs of 10 years");
        let made = model(&world).criteria.last().unwrap().clone();
        let Kind::Cost { life, .. } = &made.kind else { panic!("{made:?}") };
        assert_eq!((life.items.len(), life.years), (4, 10));
        // Shown again as it was said, and a cost that stays keeps its identifier.
        desk.get(&format!("{criteria}/{}", made.id)).await.expect(200).shows("Electricity").shows("Service contract");
        let fewer: Vec<_> = right.iter().map(|(n, v)| if *n == "every_year" { (*n, "Service contract") } else { (*n, *v) }).collect();
        desk.post(&format!("{criteria}/{}", made.id), &fewer).await.expect(303);
        let Kind::Cost { life, .. } = model(&world).criteria.last().unwrap().kind.clone() else { panic!() };
        assert_eq!(life.items.iter().map(|i| i.id.as_str()).collect::<Vec<_>>(), ["service_contract", "repairs", "resale_value"]);
        assert_eq!(model(&world).problems(), vec![]);
        // A program that says no later cost is told so.
        let mut none = world.app.db.read_now(|db| calls::find(db, id)).unwrap().terms.0;
        for criterion in &mut none.model.criteria {
            if let Kind::Cost { life, .. } = &mut criterion.kind {
                life.items.clear();
            }
        }
        let api = world.api(&officer).await;
        let path = format!("/api/v1/calls/{id}/terms");
        let kept = serde_json::to_value(world.app.db.read_now(|db| calls::find(db, id)).unwrap().terms.0).unwrap();
        let without = |terms: serde_json::Value| {
            let mut terms = terms;
            for condition in terms["conditions"].as_array_mut().unwrap() {
                condition.as_object_mut().unwrap().remove("body");
            }
            json!({ "terms": terms })
        };
        let told = api.post(&path, without(serde_json::to_value(&none).unwrap())).await.expect(200).json();
        assert_eq!(told["missing"][0]["code"], json!("calls/no-later-costs"), "{told}");
        assert_eq!(api.post(&path, without(kept)).await.expect(200).json()["missing"], json!([]));
        calling::publish(&world.app, &officer, id, &calling::PublishInput { seen: "yes".into(), ..Default::default() }, now).await.unwrap();
        let notice = calling::NoticeInput { kind: "uk4".into(), notice_number: "2026/S 000-099".into(), notice_date: now.rfc3339(), notice_time: String::new() };
        calling::record_notice(&world.app, &officer, id, &notice, now).await.unwrap();
        world.client(&Actor::Public).await.get(&format!("/calls/{id}")).await.expect(200)
            .shows("What counts: Ovens over their life").shows("Service contract: the same every year")
            .shows("Repairs: an amount for each of 10 years").shows("divided by 1.035 for each year");
    }

    async fn a_bidder_gives_every_later_cost_on_the_page_of_the_price(world: World) {
        let call = open_call(&world, CallKind::Tender, whole_life_tender(in_ten_days(&world)));
        let (organisation, owner) = world.applicant("Kitchen Table");
        let id = applying::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
        let browser = world.client(&owner).await;
        let page = format!("/applications/{id}/answer/price");
        browser.get(&page).await.expect(200).shows("Later costs").shows("Electricity").shows("Year 2").shows("divided by 1.1");
        // Half of a list is kept as it was typed, and told where it is missing.
        browser.post(&page, &[("price_cost", "1,000"), ("cost.cost.energy", "110"), ("cost.cost.repairs.1", "12.34")]).await.expect(303);
        browser.get(&page).await.expect(200).shows("12.34");
        browser.get(&format!("/applications/{id}/check")).await.expect(200).shows("Enter “Repairs” for each of 2 years").shows("Enter “Resale value”. Enter 0 when there is none");
        browser.post(&page, &[("price_cost", "1,000"), ("cost.cost.energy", "much")]).await.expect(422).shows("Enter an amount in pounds");
        let whole = [("price_cost", "1,000"), ("cost.cost.energy", "110"), ("cost.cost.repairs.1", "0"), ("cost.cost.repairs.2", "242"), ("cost.cost.resale", "60.50")];
        browser.post(&page, &whole).await.expect(303);
        // 1,000 + 110 ÷ 1.1 + (110 + 242 − 60.50) ÷ 1.21 = 1,340.91
        browser.get(&format!("/applications/{id}/check")).await.expect(200)
            .shows("Repairs: £0 in year 1, £242 in year 2").shows("Whole-life cost at the day of the purchase: £1,340.91").hides("Enter “Repairs”");
        let below = [("price_cost", "1"), ("cost.cost.energy", "0"), ("cost.cost.repairs.1", "0"), ("cost.cost.repairs.2", "0"), ("cost.cost.resale", "500")];
        browser.post(&page, &below).await.expect(303);
        browser.get(&format!("/applications/{id}/check")).await.expect(200).shows("with its later costs must be more than £0");
        // The same by a program, which is told of what nobody asks.
        let api = world.api(&owner).await;
        let base = format!("/api/v1/applications/{id}");
        let draft = application_samples::answers(&call.terms.0, &sample("by program"), world.now().date());
        let of = |costs: serde_json::Value| json!({ "answers": draft.answers, "price": { "prices": { "cost": "1000.00" }, "costs": { "cost": costs } } });
        let unknown = api.post(&format!("{base}/draft"), of(json!({ "petrol": ["1.00"] }))).await.expect(422).text;
        assert!(unknown.contains("price.costs.cost.petrol"), "{unknown}");
        let short = api.post(&format!("{base}/draft"), of(json!({ "repairs": ["1.00"] }))).await.expect(422).text;
        assert!(short.contains("Give 2 amounts"), "{short}");
        api.post(&format!("{base}/draft"), of(json!({ "energy": ["110.00"] }))).await.expect(200);
        let missing = api.get(&format!("{base}/missing")).await.expect(200).text;
        assert!(missing.contains("Repairs"), "{missing}");
        api.post(&format!("{base}/draft"), of(costs(110, [0, 242], 60))).await.expect(200);
        assert_eq!(api.get(&format!("{base}/missing")).await.expect(200).json()["missing"], json!([]));
        let stored = api.get(&format!("{base}/draft")).await.expect(200).json();
        assert_eq!(stored["price"]["costs"]["cost"]["repairs"], json!(["0.00", "242.00"]));
    }

    async fn later_costs_are_sealed_with_the_price_and_the_trace_shows_each_year_discounted(world: World) {
        let call = open_call(&world, CallKind::Tender, whole_life_tender(in_ten_days(&world)));
        let priced = |pounds: i64, costs: serde_json::Value| {
            move |draft: &mut DraftInput| {
                draft.price = serde_json::from_value(json!({ "prices": { "cost": format!("{pounds}.00") }, "costs": { "cost": costs } })).unwrap();
            }
        };
        // The dearer machine costs less over its life.
        let cheap = send(&world, &call, "Alder Kitchens", priced(1_000, costs(1_100, [0, 2_420], 0))).await;
        let dear = send(&world, &call, "Birch Meals", priced(2_000, costs(110, [0, 242], 121))).await;
        let part = |id, part| world.app.db.read_now(|db| applications::opened(db, id, part)).unwrap();
        assert!(part(cheap, Part::Price).is_none());
        let officer = opened_and_ranked(&world, &call).await;
        // The costs came out of the price part, and are no part of the answers.
        assert!(part(cheap, Part::Price).unwrap().content.0.to_string().contains("2420.00"));
        assert!(!part(cheap, Part::Quality).unwrap().content.0.to_string().contains("2420.00"));
        let file = file_of(&world, &officer, call.id).await;
        let result = file.result.as_ref().unwrap();
        let name = |id: &str| file.inputs.bids.iter().find(|b| b.id == id).unwrap().name.clone();
        assert_eq!(result.winner.as_deref().map(name).as_deref(), Some("Birch Meals"));
        let desk = world.client(&officer).await;
        // 1,000 + 1,100 ÷ 1.1 + (1,100 + 2,420) ÷ 1.21 = 4,909.09
        desk.get(&format!("/desk/calls/{}/ranking/{cheap}", call.id)).await.expect(200)
            .shows("price = 4909.09").shows("price at the purchase = 1000.00")
            .shows("costs of year 1, each pound counted as 0.909090909091 = 1100.00")
            .shows("costs of year 2, each pound counted as 0.826446280992 = 3520.00")
            .shows("later costs, discounted = 3909.09");
        // 2,000 + 110 ÷ 1.1 + (110 + 242 − 121) ÷ 1.21 = 2,290.91, which earns all 40 points.
        desk.get(&format!("/desk/calls/{}/ranking/{dear}", call.id)).await.expect(200).shows("price = 2290.91").shows("40.00");
    }

    async fn the_two_prices_that_rank_by_themselves_are_offered_with_their_warnings(world: World) {
        let ground = call_samples::ground(&world.app, &world.person(Role::MissionLead), world.now()).await.unwrap();
        let officer = world.person(Role::ProcurementOfficer);
        let new = NewCall { kind: "tender".into(), title: "Ovens".into(), summary: "x".into(), mission: ground.mission("food").unwrap().to_string() };
        let id = calls::create(&world.app, &officer, &new, world.now()).await.unwrap();
        let desk = world.client(&officer).await;
        let form = format!("/desk/calls/{id}/criteria/new");
        desk.get(&format!("{form}?kind=price")).await.expect(200).shows("Price for each point")
            .shows("A very cheap bid of poor quality can come first").shows("Nothing else can carry points");
        let lowered = |features: &'static str| [("kind", "price"), ("title", "Price"), ("formula", "value_adjusted"), ("features", features)];
        desk.post(&form, &lowered("Warranty: five years 0.4")).await.expect(422).shows("Line 1: the value is a part of the price, from 0 to 0.30");
        let features = "Warranty: two years 0\nWarranty: five years 0.2\nVans: petrol 0\nVans: electric 0.1";
        desk.post_and_follow(&form, &lowered(features)).await.expect(200)
            .shows("Your price, lowered for the options you offer").shows("Under an adjusted price nothing else is scored: add a pass or fail criterion");
        desk.post(&form, &[("kind", "quality"), ("title", "How?"), ("weight", "100")]).await.expect(303);
        desk.get(&format!("/desk/calls/{id}/criteria")).await.expect(200).shows("no criterion can carry points");
        desk.get(&format!("/desk/calls/{id}/criteria/price")).await.expect(200).shows("Warranty: five years 0.2");
        // The other price goes with criteria that carry points, and takes no weight itself.
        desk.post(&format!("/desk/calls/{id}/criteria/price"), &[("title", "Price"), ("weight", "40"), ("formula", "price_per_quality_point")]).await.expect(303);
        let model = world.app.db.read_now(|db| calls::find(db, id)).unwrap().terms.0.model;
        assert_eq!((model.problems(), model.criterion("price").unwrap().weight), (vec![], None));
    }

    async fn a_price_lowered_for_what_is_offered_ranks_the_bids(world: World) {
        let call = open_call(&world, CallKind::Tender, adjusted_tender(in_ten_days(&world)));
        world.client(&Actor::Public).await.get(&format!("/calls/{}", call.id)).await.expect(200)
            .shows("Warranty: Two years counts 0%; Five years counts 20%").shows("Nothing carries points: the lowest adjusted price is first");
        let (organisation, owner) = world.applicant("Cedar Food");
        let id = applying::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
        let browser = world.client(&owner).await;
        let page = format!("/applications/{id}/answer/price");
        browser.get(&page).await.expect(200).shows("Warranty").shows("Counts 20%");
        browser.post(&page, &[("price_cost", "499"), ("option_warranty", "five")]).await.expect(303);
        browser.get(&format!("/applications/{id}/check")).await.expect(200).shows("Warranty: Five years").shows("Choose what you offer for “Vans”");
        let offer = |pounds: i64, warranty: &str, vans: &str| {
            let price = json!({ "prices": { "cost": format!("{pounds}.00") }, "options": { "warranty": warranty, "vans": vans } });
            move |draft: &mut DraftInput| draft.price = serde_json::from_value(price).unwrap()
        };
        let dear = send(&world, &call, "Alder Kitchens", offer(499, "five", "petrol")).await;
        send(&world, &call, "Birch Meals", offer(400, "two", "petrol")).await;
        let officer = opened_and_ranked(&world, &call).await;
        // 499 ÷ (1 + 0.2 ÷ 0.7) = 388.11 is less than 400.
        let desk = world.client(&officer).await;
        desk.get(&format!("/desk/calls/{}/moderation", call.id)).await.expect(200)
            .shows("Alder Kitchens is first with an adjusted price of £388.11, £11.89 less than Birch Meals.").shows("Adjusted price");
        desk.get(&format!("/desk/calls/{}/ranking/{dear}", call.id)).await.expect(200)
            .shows("An adjusted price of £388.11.").shows("Vmax = 0.3").shows("V = 0.2");
        file_of(&world, &officer, call.id).await;
    }

    async fn the_lowest_price_for_a_point_is_first(world: World) {
        let mut terms = with_price(tender_terms(in_ten_days(&world)), Kind::Price { model: PriceModel::PricePerQualityPoint });
        for criterion in &mut terms.model.criteria {
            criterion.weight = match criterion.id.as_str() {
                "method" => Some(dec!(80)),
                "social" => Some(dec!(20)),
                _ => None,
            };
        }
        let call = open_call(&world, CallKind::Tender, terms);
        world.client(&Actor::Public).await.get(&format!("/calls/{}", call.id)).await.expect(200)
            .shows("The lowest price for each of these points is first").shows("a bid without points is left out");
        let priced = |pounds: i64| move |draft: &mut DraftInput| {
            draft.price = serde_json::from_value(json!({ "prices": { "cost": format!("{pounds}.00") } })).unwrap();
        };
        let first = send(&world, &call, "Alder Kitchens", priced(7_000)).await;
        send(&world, &call, "Birch Meals", priced(8_000)).await;
        let officer = opened_and_ranked(&world, &call).await;
        let file = file_of(&world, &officer, call.id).await;
        let points = file.result.as_ref().unwrap().ranking[0].total;
        let figure = file.model.rounding.round(dec!(7000) / points);
        assert_eq!(file.result.as_ref().unwrap().ranking[0].figure, Some(figure));
        let desk = world.client(&officer).await;
        desk.get(&format!("/desk/calls/{}/moderation", call.id)).await.expect(200).shows("Alder Kitchens is first with £").shows("for each point").shows("Price for a point");
        desk.get(&format!("/desk/calls/{}/ranking/{first}", call.id)).await.expect(200).shows("price ÷ points");
    }

    async fn a_fund_manager_scores_a_figure_of_a_round_and_applicants_read_how_it_is_worked_out(world: World) {
        let ground = call_samples::ground(&world.app, &world.person(Role::MissionLead), world.now()).await.unwrap();
        let manager = world.person(Role::FundManager);
        let now = world.now();
        let dates = Dates::closing_in(now, 40);
        let terms = call_samples::youth_fund(&dates, call_samples::youth_conditions(&ground.catalogue, &dates));
        let id = call_samples::draft(&world.app, &manager, ground.mission("youth").unwrap(), &terms, now).await.unwrap();
        let desk = world.client(&manager).await;
        let criteria = format!("/desk/calls/{id}/criteria");
        let new = format!("{criteria}/new");
        desk.get(&format!("{new}?kind=figure")).await.expect(200).shows("Which figure counts?").shows("The loan it is worked out on");
        let cover = [("kind", "figure"), ("title", "Cover of the instalments"), ("weight", "20"), ("measure", "affordability"), ("loan_rate", "5"), ("loan_months", "60")];
        desk.post(&new, &cover).await.expect(422).shows("Enter at least one bound");
        let few = [("kind", "panel"), ("title", "Residents"), ("weight", "20"), ("vote", "scores"), ("highest", "5"), ("ballots", "4")];
        desk.post(&new, &few).await.expect(422).shows("fewer than five residents vote only totals are shown");
        let mut whole = cover.to_vec();
        whole.push(("bounds", "1 0.5\n1.25 1"));
        desk.post_and_follow(&new, &whole).await.expect(200).shows("cover of the instalments in the hardest twelve months");
        let model = |world: &World| world.app.db.read_now(|db| calls::find(db, id)).unwrap().terms.0.model;
        let made = model(&world).criteria.last().unwrap().id.clone();
        desk.get(&format!("{criteria}/{made}")).await.expect(200).shows("1.25 1");
        let loss = [("title", "Cover of the instalments"), ("weight", "20"), ("measure", "expected_loss"), ("bounds", "0.05 1"), ("loan_rate", "5"), ("loan_months", "60")];
        desk.post(&format!("{criteria}/{made}"), &loss).await.expect(422).shows("Enter the chance of default in a year");
        let impact = model(&world).criteria[0].clone();
        let less = (impact.weight.unwrap() - dec!(20)).to_string();
        desk.post(&format!("{criteria}/{}", impact.id), &[("title", &impact.title), ("weight", &less)]).await.expect(303);
        assert_eq!(model(&world).problems(), vec![]);
        calling::publish(&world.app, &manager, id, &calling::PublishInput { seen: "yes".into(), ..Default::default() }, now).await.unwrap();
        world.client(&Actor::Public).await.get(&format!("/calls/{id}")).await.expect(200)
            .shows("What counts: Cover of the instalments").shows("1.25 or more: 100% of the points").shows("at 5% a year, repaid in 60 equal monthly instalments");
        // A tender has no cash-flow sheet, so it has no such figure.
        let officer = world.person(Role::ProcurementOfficer);
        let other = NewCall { kind: "tender".into(), title: "Meals".into(), summary: "x".into(), mission: ground.mission("food").unwrap().to_string() };
        let tender = calls::create(&world.app, &officer, &other, now).await.unwrap();
        let desk = world.client(&officer).await;
        desk.get(&format!("/desk/calls/{tender}/criteria")).await.expect(200).hides("A figure that we work out").shows("Whole-life cost");
        desk.post(&format!("/desk/calls/{tender}/criteria/new"), &whole).await.expect(422).shows("In a tender, use a price or a question");
        let vote = [("kind", "panel"), ("title", "Residents"), ("weight", "20"), ("vote", "scores"), ("highest", "5"), ("ballots", "50")];
        desk.post(&format!("/desk/calls/{tender}/criteria/new"), &vote).await.expect(422).shows("Residents vote in investment rounds only");
        assert!(world.app.db.read_now(|db| calls::find(db, tender)).unwrap().terms.0.model.criteria.is_empty(), "nothing of it is stored");
    }

    async fn a_figure_is_worked_out_at_the_ranking_and_refused_where_it_cannot_be(world: World) {
        let ready = ready(&world, CallKind::Round, &[("Alder Youth", 20, 12_000), ("Birch Youth", 20, 24_000)]);
        let bands = vec![FigureBand { bound: dec!(1), share: dec!(0.5) }, FigureBand { bound: dec!(2), share: dec!(1) }];
        let trial = FigureTrial { rate: dec!(0), months: 12, follows: dec!(0), market: None, risk: None };
        let mut terms = world.app.db.read_now(|db| calls::find(db, ready.call)).unwrap().terms.0;
        for criterion in &mut terms.model.criteria {
            if criterion.id == "plan" {
                criterion.weight = Some(dec!(60));
            }
        }
        let kind = Kind::Figure { measure: FigureMeasure::Affordability, better: Better::Higher, bands, trial: Some(trial) };
        terms.model.criteria.push(Criterion { weight: Some(dec!(20)), ..leaf("cover", "Cover", kind) });
        let sheet: Vec<CashRow> = ["2027-03-31", "2027-06-30", "2027-09-30", "2027-12-31"].iter()
            .map(|end| CashRow { period_end: parse_date(end).unwrap(), money_in: Pence(3_000_000), money_out: Pence(2_400_000) })
            .collect();
        let give_sheet = |application: Id<Application>| {
            world.app.db.write_now(|db| {
                let mut answers = applications::opened(db, application, Part::Quality)?.unwrap().answers()?;
                answers.cash_flow = sheet.clone();
                let mine = opened_parts::table.filter(opened_parts::application_id.eq(application)).filter(opened_parts::part.eq(Part::Quality));
                diesel::update(mine).set(opened_parts::content.eq(Json(serde_json::to_value(&answers)?))).execute(db)?;
                Ok(())
            }).unwrap();
        };
        world.app.db.write_now(|db| {
            diesel::update(call_rows::table.filter(call_rows::id.eq(ready.call))).set(call_rows::terms.eq(Json(terms.clone()))).execute(db)?;
            Ok(())
        }).unwrap();
        let now = world.now();
        let judge = |_: usize, _: &str, _: &str| 3;
        scoring_samples::score_everything(&world.app, &ready.officer, &ready.evaluators, ready.call, &judge, now).await.unwrap();
        scoring_samples::moderate_everything(&world.app, &ready.officer, ready.call, &judge, now).await.unwrap();
        give_sheet(ready.bids[0]);
        let api = world.api(&ready.officer).await;
        let path = format!("/api/v1/calls/{}/ranking", ready.call);
        let refused = api.post(&path, json!({})).await.expect(409).json();
        assert_eq!(refused["type"], "/problems/scoring/figure-unknown");
        assert!(refused["detail"].as_str().unwrap().contains("“Cover” of Birch Youth (A-2) cannot be worked out: it holds no cash-flow sheet"), "{refused}");
        // By page: the officer reads the same, and may leave the application out before there is a ranking.
        let desk = world.client(&ready.officer).await;
        let moderation = format!("/desk/calls/{}/moderation", ready.call);
        desk.post(&moderation, &[("step", "rank")]).await.expect(422).shows("cannot be worked out: it holds no cash-flow sheet");
        desk.get(&moderation).await.expect(200).shows("Leave an application out before the ranking");
        desk.get(&format!("/desk/calls/{}/ranking/{}", ready.call, ready.bids[1])).await.expect(200).shows("The applications are not ranked yet").shows("Leave this application out");
        give_sheet(ready.bids[1]);
        api.post(&path, json!({})).await.expect(201);
        // 2,000 a month before debt, against twelve instalments of 1,000 and of 2,000.
        let trace = |application: Id<Application>| format!("/desk/calls/{}/ranking/{application}", ready.call);
        desk.get(&trace(ready.bids[0])).await.expect(200).shows("figure = 2").shows("share = 1")
            .shows("a cash-flow sheet of 12 months and a loan of £12,000 at 0% a year in 12 monthly instalments: the least cover of twelve months");
        desk.get(&trace(ready.bids[1])).await.expect(200).shows("figure = 1").shows("share = 0.5").shows("10.00");
        file_of(&world, &ready.officer, ready.call).await;
    }

    async fn the_return_is_scored_by_its_bounds_and_stands_beside_every_answer_of_an_evaluator(world: World) {
        let ready = ready(&world, CallKind::Round, &[("Alder Youth", 20, 12_000), ("Birch Youth", 20, 100_000)]);
        let bands = vec![FigureBand { bound: dec!(0), share: dec!(0.5) }, FigureBand { bound: dec!(0.03), share: dec!(1) }];
        let risk = FigureRisk { default: dec!(0.2), grades: vec![RiskGrade { cover: dec!(1.5), default: dec!(0.01) }], lost: dec!(0.5) };
        let trial = FigureTrial { rate: dec!(0.05), months: 24, follows: dec!(0), market: None, risk: Some(risk) };
        let mut terms = world.app.db.read_now(|db| calls::find(db, ready.call)).unwrap().terms.0;
        terms.model.criteria.iter_mut().filter(|c| c.id == "plan").for_each(|c| c.weight = Some(dec!(60)));
        let kind = Kind::Figure { measure: FigureMeasure::Return, better: Better::Higher, bands, trial: Some(trial) };
        terms.model.criteria.push(Criterion { weight: Some(dec!(20)), ..leaf("earned", "What the fund earns", kind) });
        assert_eq!(terms.model.problems(), vec![]);
        let sheet: Vec<CashRow> = ["2027-03-31", "2027-06-30", "2027-09-30", "2027-12-31"].iter()
            .map(|end| CashRow { period_end: parse_date(end).unwrap(), money_in: Pence(3_000_000), money_out: Pence(2_400_000) })
            .collect();
        world.app.db.write_now(|db| {
            diesel::update(call_rows::table.filter(call_rows::id.eq(ready.call))).set(call_rows::terms.eq(Json(terms.clone()))).execute(db)?;
            let mut answers = applications::opened(db, ready.bids[0], Part::Quality)?.unwrap().answers()?;
            for application in &ready.bids {
                answers.cash_flow = sheet.clone();
                let mine = opened_parts::table.filter(opened_parts::application_id.eq(application)).filter(opened_parts::part.eq(Part::Quality));
                diesel::update(mine).set(opened_parts::content.eq(Json(serde_json::to_value(&answers)?))).execute(db)?;
            }
            Ok(())
        }).unwrap();
        let (now, judge) = (world.now(), |_: usize, _: &str, _: &str| 3);
        scoring_samples::score_everything(&world.app, &ready.officer, &ready.evaluators, ready.call, &judge, now).await.unwrap();
        // Beside the answer: the figure, what it means and what it was worked out from; in few questions to the database.
        let evaluator = world.client(&ready.evaluators[0]).await;
        let page = format!("/evaluations/{}/{}/plan", ready.call, ready.bids[0]);
        let before = world.app.db.statements();
        let shown = evaluator.get(&page).await.expect(200).shows("Figures of this application").shows("What the fund earns");
        let asked = world.app.db.statements() - before;
        assert!(asked <= 6, "{asked} statements");
        shown.shows("What we expect to earn in a year").shows("means a chance of default of 1% a year, a default loses 50%")
            .shows("Your score is for the answer alone");
        evaluator.get(&format!("/evaluations/{}/{}/plan", ready.call, ready.bids[1])).await.expect(200).shows("chance of default of 20% a year");
        let listed = world.api(&ready.evaluators[0]).await.get(&format!("/api/v1/calls/{}/sheet", ready.call)).await.expect(200).json();
        for bid in listed["bids"].as_array().unwrap() {
            assert_eq!((&bid["figures"][0]["criterion"], bid["figures"].as_array().unwrap().len()), (&json!("earned"), 1), "{bid}");
            assert!(bid["figures"][0]["value"].as_str().unwrap().ends_with('%'), "{bid}");
        }
        scoring_samples::moderate_everything(&world.app, &ready.officer, ready.call, &judge, now).await.unwrap();
        let api = world.api(&ready.officer).await;
        api.post(&format!("/api/v1/calls/{}/ranking", ready.call), json!({})).await.expect(201);
        let desk = world.client(&ready.officer).await;
        let trace = |application: Id<Application>| format!("/desk/calls/{}/ranking/{application}", ready.call);
        // A cover of 3.8 is a safe grade, and more than 3% a year is left; a cover below 1 loses more than it earns.
        desk.get(&trace(ready.bids[0])).await.expect(200).shows("share = 1").shows("certified to 8 places");
        desk.get(&trace(ready.bids[1])).await.expect(200).shows("figure = -0.");
        let file = file_of(&world, &ready.officer, ready.call).await;
        let earned = |bid: &str| {
            let bid = file.result.as_ref().unwrap().bids.iter().find(|b| b.bid == bid).unwrap();
            bid.scores.iter().find(|s| s.criterion == "earned").unwrap().score.unwrap()
        };
        assert_eq!((earned("A-1"), earned("A-2")), (dec!(20.00), dec!(0.00)));
    }
    async fn the_evaluator_of_a_tender_is_shown_no_figure_and_no_price(world: World) {
        let (now, judge) = (world.now(), |_: usize, _: &str, _: &str| 3);
        let tender = ready(&world, CallKind::Tender, &[("Cedar Food", 5, 950_000)]);
        scoring_samples::score_everything(&world.app, &tender.officer, &tender.evaluators, tender.call, &judge, now).await.unwrap();
        world.client(&tender.evaluators[0]).await.get(&format!("/evaluations/{}/{}/plan", tender.call, tender.bids[0])).await
            .expect(200).hides("Figures of this application").hides("950,000");
    }
}
