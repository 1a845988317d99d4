//! Returns: measures equal what is worked out by hand, reasons stand where there is no rate, files equal pages.

use crate::funds::{Ground, agreement, assert_balanced, day, ground, loan};
use crate::support::World;
use commonweal::finance::measures::Figure;
use commonweal::finance::{Flow, Xirr, xirr};
use commonweal::investments::samples::{self, Habit};
use commonweal::investments::{Investment, Standing};
use commonweal::missions;
use commonweal::returns;
use commonweal::values::{Id, Pence};
use rust_decimal::{Decimal, dec};
use serde_json::json;

async fn holding(
    world: &World,
    ground: &Ground,
    name: &str,
    number: u32,
    instalments: u32,
    rate: Decimal,
    habit: Habit,
    until: &str,
) -> Id<Investment> {
    let (organisation, _) = world.applicant(name);
    let drawn_on = day("2024-01-15");
    let id = agreement(
        world,
        ground,
        organisation,
        loan(drawn_on, &[120_000], instalments, rate),
        &format!("I-2024-{number:04}"),
    );
    samples::running(&world.app, &ground.cast, id, drawn_on, habit, day(until)).await.unwrap()
}

both! {
    async fn measures_are_those_of_the_finance_functions_and_of_a_calculation_by_hand(world: World) {
        let ground = ground(&world, "4800").await;
        // £1,200 at 12 % in 24 equal parts: £50 and 1 % of what is owed each month, £12, £11.50, …
        let id = holding(&world, &ground, "Harvest Lane", 1, 24, dec!(0.12), Habit::OnTime, "2025-01-16").await;
        let on = day("2025-01-16");
        let found = world.app.db.read_now(|db| returns::load(db, ground.fund, on)).unwrap();
        let m = &found.measures;
        // Twelve payments: £600 principal and £12 + £11.50 + … + £6.50 = £111 interest.
        assert_eq!((m.paid_in, m.distributed), (Pence(120_000), Pence(71_100)));
        assert_eq!(m.nav.unwrap().value, Pence(60_000));
        assert_eq!(m.dpi, Figure::Known(dec!(0.59)));
        assert_eq!(m.rvpi, Figure::Known(dec!(0.50)));
        assert_eq!(m.tvpi, Figure::Known(dec!(1.09)));
        assert_eq!(m.moic, Figure::Known(dec!(1.09)));
        assert_eq!(m.picc, Figure::Known(dec!(0.25)));
        let mut flows = vec![Flow { date: day("2024-01-15"), amount: Pence(-120_000) }];
        for month in 0..12_u32 {
            let interest = 1_200 - 50 * i64::from(month);
            flows.push(Flow { date: day("2024-02-15") + chrono::Months::new(month), amount: Pence(5_000 + interest) });
        }
        flows.push(Flow { date: on, amount: Pence(60_000) });
        assert_eq!(found.rate, xirr(&flows, None));
        assert!(found.rate.rate().unwrap() > dec!(0.12));
        assert!(found.unvalued);
        assert_eq!(found.holdings[0].book.investment.id, id);
        assert_eq!(found.forecast().len(), 12);
        assert_balanced(&world);
    }

    async fn a_rate_of_less_than_a_year_is_not_shown_and_says_why(world: World) {
        let ground = ground(&world, "4800").await;
        holding(&world, &ground, "Harvest Lane", 1, 24, dec!(0.12), Habit::OnTime, "2024-06-16").await;
        let found = world.app.db.read_now(|db| returns::load(db, ground.fund, day("2024-06-16"))).unwrap();
        assert!(matches!(found.rate, Xirr::Rate { annualised_short: true, .. }));
        assert_eq!(found.rate.sentence(), Some("Less than a year has passed, so no yearly rate is shown."));
        let (shown, why) = commonweal::investments::pages::rate_shown(&found.rate);
        assert_eq!((shown.as_str(), why.as_str()), ("–", "Less than a year has passed, so no yearly rate is shown."));
        assert!(found.verdict().ends_with("so no yearly rate is shown."));
        let none = world.app.db.read_now(|db| returns::load(db, ground.fund, day("2023-06-16"))).unwrap();
        assert!(matches!(none.measures.dpi, Figure::NotAvailable(_)));
        assert_eq!(none.verdict(), "Nothing is paid out yet, so there is no return to show.");
    }

    async fn the_page_of_a_fund_has_what_its_files_have_and_asks_little_of_the_database(world: World) {
        let mut ground = ground(&world, "100000").await;
        ground.mission = world.mission();
        let today = world.now().date();
        let until = today.to_string();
        for number in 1..=12_u32 {
            let habit = if number == 3 { Habit::StoppedFor(2) } else { Habit::OnTime };
            let instalments = if number == 5 { 6 } else { 120 };
            holding(&world, &ground, &format!("Enterprise {number:02}"), number, instalments, dec!(0.04), habit, &until).await;
        }
        let browser = world.client(&ground.cast.fund_manager).await;
        let path = format!("/funds/{}", ground.fund);
        browser.get(&path).await.expect(200);
        let session = { let before = world.app.db.statements(); browser.get("/help").await.expect(200); world.app.db.statements() - before };
        let before = world.app.db.statements();
        let page = browser.get(&path).await.expect(200);
        let asked = world.app.db.statements() - before;
        assert!(asked <= 5 + session, "{asked} statements, of which {session} for the session");
        let page = page.shows("Enterprise 03").shows("days late").shows("For each £1 paid out").shows("12 holdings");
        let csv = browser.get(&format!("{path}?format=csv")).await.expect(200).text;
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let mut invested = Pence::ZERO;
        let mut rows = 0;
        for row in reader.records() {
            let row = row.unwrap();
            let paid_in: Pence = row[7].parse().unwrap();
            let received: Pence = row[8].parse().unwrap();
            assert!(page.text.contains(&received.to_string()), "{received}");
            assert_eq!((&row[2], &row[18]), ("Food", ground.mission.to_string().as_str()), "the mission by its name, and as programs know it");
            invested = invested + paid_in;
            rows += 1;
        }
        assert_eq!(rows, 12);
        assert!(page.text.contains(&invested.to_string()));
        assert!(browser.get(&format!("{path}?format=xlsx")).await.expect(200).bytes.starts_with(b"PK"));
        let late = browser.get(&format!("{path}?sort=-late&format=csv")).await.expect(200).text;
        assert!(late.lines().nth(1).unwrap().starts_with("Enterprise 03"));
        browser.get(&format!("{path}?mission={}", Id::<Investment>::new())).await.expect(200).shows("No holding yet");
        browser.get(&format!("{path}?sort=nonsense")).await.expect(422);
        browser.get(&format!("{path}/forecast")).await.expect(200).shows("is contracted to come back by");
        let statement = browser.get(&format!("{path}/statement?format=csv")).await.expect(200).text;
        let found = world.app.db.read_now(|db| returns::load(db, ground.fund, today)).unwrap();
        let last: Pence = statement.lines().last().unwrap().rsplit(',').next().unwrap().parse().unwrap();
        assert_eq!(last, found.measures.distributed - found.measures.paid_in);
        browser.get(&format!("{path}/statement")).await.expect(200).shows("DPI");
        browser.get(&format!("{path}/cash")).await.expect(200).shows("can be paid out to enterprises today");
        let repaid = found.holdings.iter().filter(|h| h.standing == Standing::Repaid).count();
        assert_eq!(repaid, 1);
        let api = world.api(&ground.cast.fund_manager).await;
        let mission = world.app.db.read_now(|db| missions::find(db, ground.mission)).unwrap();
        let behind = api.get(&format!("/api/v1/missions/{}/totals", mission.slug)).await.expect(200).json();
        let agreed = Pence::total(found.holdings.iter().map(|h| h.book.investment.amount)).unwrap();
        assert_eq!(
            behind["money"],
            json!([{ "kind": "investment", "count": 12, "organisations": 12, "agreed": agreed, "paid": found.measures.paid_in }]),
        );
        let json = api.get(&format!("/api/v1/funds/{}", ground.fund)).await.expect(200).json();
        assert_eq!(json["holdings"].as_array().unwrap().len(), 12);
        assert_eq!(json["rate_of_return"]["status"], "rate");
        api.get(&format!("/api/v1/funds/{}/forecast", ground.fund)).await.expect(200);
        assert_balanced(&world);
    }
}
