//! Pages of a holding and of its fund: what they say first, in each state of its conditions and payments.

use crate::funds::{Ground, agreement, day, ground, loan, noon};
use crate::support::World;
use commonweal::agreements::{Agreement, Obligation, ObligationTerms};
use commonweal::compliance::{Due, samples as figures};
use commonweal::conditions::{Cadence, Direction, Pace, Verifier};
use commonweal::db::Json;
use commonweal::db::schema::obligations;
use commonweal::investments::Investment;
use commonweal::investments::samples::{self, Habit};
use commonweal::values::{Actor, Id, LocalDate};
use commonweal::{agreements, outbox};
use diesel::prelude::*;
use rust_decimal::dec;
use scraper::{Html, Selector};
use serde_json::json;

/// A loan of £12,000 at 12 % in 24 equal parts from 15 January 2028, with two promises: fair pay for everybody by
/// 30 June 2028, and 24 people in work by the end of 2029.
struct Holding {
    ground: Ground,
    id: Id<Investment>,
    agreement: Id<Agreement>,
    owner: Actor,
    fair_pay: Due,
    work: Due,
}

fn drawn_on() -> LocalDate {
    day("2028-01-15")
}

fn promise(world: &World, id: Id<Agreement>, title: &str, quantity: &str, unit: &str, due: &str) {
    world
        .app
        .db
        .write_now(|db| {
            let agreement = agreements::find(db, id)?;
            let obligation = Obligation {
                id: Id::new(),
                authority_id: agreement.authority_id,
                agreement_id: id,
                organisation_id: agreement.organisation_id,
                mission_id: agreement.mission_id,
                condition_id: Id::new(),
                asked_id: title.to_lowercase(),
                title: title.to_owned(),
                measure: title.to_owned(),
                unit: unit.to_owned(),
                direction: Direction::AtLeast,
                baseline: "0".parse().unwrap(),
                promised: quantity.parse().unwrap(),
                kpi: false,
                terms: Json(ObligationTerms {
                    due: day(due),
                    cadence: Cadence::Once,
                    pace: Pace::Builds,
                    evidence: vec!["Payroll".to_owned()],
                    verifier: Verifier::Council,
                    grace_days: 5,
                    cure_days: 30,
                    remedies: vec!["Notice with a plan".to_owned(), "Pause of payments out".to_owned()],
                    sunset: None,
                    how: String::new(),
                }),
                created_at: agreement.signed_at,
            };
            diesel::insert_into(obligations::table).values(&obligation).execute(db)?;
            Ok(())
        })
        .unwrap();
}

/// The holding on its first day, its payments recorded up to a later day with this habit.
async fn holding(world: &World, habit: Habit, until: &str) -> Holding {
    world.move_clock(noon(drawn_on())).await;
    let ground = ground(world, "100000").await;
    let (organisation, owner) = world.applicant("Brook Street Kitchens CIC");
    let terms = loan(drawn_on(), &[1_200_000], 24, dec!(0.12));
    let agreement = agreement(world, &ground, organisation, terms, "I-2028-0001");
    promise(world, agreement, "Fair pay", "100", "%", "2028-06-30");
    promise(world, agreement, "Residents in work", "24", "people", "2029-12-31");
    let now = world.now();
    world.app.db.write_now(|db| outbox::emit(db, "agreement.signed", json!({ "agreement": agreement }), now)).unwrap();
    world.run_jobs().await;
    let mut dues = figures::dues(&world.app, agreement).await.unwrap();
    assert_eq!(dues.len(), 2);
    let (fair_pay, work) = (dues.remove(0), dues.remove(0));
    let id = samples::running(&world.app, &ground.cast, agreement, drawn_on(), habit, day(until)).await.unwrap();
    Holding { ground, id, agreement, owner, fair_pay, work }
}

impl Holding {
    fn page(&self) -> String {
        format!("/investments/{}", self.id)
    }

    fn fund(&self) -> String {
        format!("/funds/{}", self.ground.fund)
    }

    async fn shown(&self, world: &World, due: &Due, figure: &str, reported: &str, accepted: &str) {
        world.move_clock(noon(day(reported))).await;
        let claim =
            figures::report(&world.app, &self.owner, due.id, figure.parse().unwrap(), world.now()).await.unwrap();
        world.move_clock(noon(day(accepted))).await;
        figures::accept(&world.app, &self.ground.cast.contract_manager, claim, world.now()).await.unwrap();
    }
}

fn count(html: &str, selector: &str) -> usize {
    Html::parse_document(html).select(&Selector::parse(selector).unwrap()).count()
}

fn text(html: &str, selector: &str) -> String {
    let found = Html::parse_document(html)
        .select(&Selector::parse(selector).unwrap())
        .map(|e| e.text().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join(" | ");
    found.split_whitespace().collect::<Vec<_>>().join(" ")
}

both! {
    async fn a_holding_in_breach_says_so_first_and_the_fund_says_what_to_do(world: World) {
        let h = holding(&world, Habit::OnTime, "2028-10-20").await;
        h.shown(&world, &h.work, "14", "2028-03-01", "2028-03-05").await;
        world.move_clock(noon(day("2028-10-20"))).await;
        let manager = world.client(&h.ground.cast.fund_manager).await;
        let page = manager.get(&h.page()).await.expect(200);
        let verdict = text(&page.text, ".cw-verdict");
        assert!(verdict.starts_with("Paid on time 9 times out of 9, but 1 condition is in breach. £7,500 is still owed."), "{verdict}");
        assert!(verdict.contains("Next: £575 on 15 November 2028"), "{verdict}");
        let conditions = text(&page.text, "table:has(caption) tbody tr:has(a[href*='/compliance/dues/'])");
        assert!(conditions.contains("Fair pay 100% not yet 30 June 2028 In breach"), "{conditions}");
        assert!(conditions.contains("Residents in work 24 people 14 people 31 December 2029 On the way"), "{conditions}");
        // Six days after the date of the promise the days of grace are over.
        let told = text(&page.text, "#course-d");
        assert!(told.contains("Fair pay: not due yet from 15 January 2028 to 6 July 2028, then missed or in breach since 6 July 2028."), "{told}");
        assert!(page.text.contains("one not put right"));
        assert_eq!(count(&page.text, ".cw-timeline__item--breach"), 1);

        let fund = manager.get(&h.fund()).await.expect(200);
        assert!(text(&fund.text, "tbody tr:has(a[href^='/investments/'])").contains("1 in breach 0 of 2 met On time"));
        assert!(text(&fund.text, "tfoot").contains("0 of 2 met"));
        let attention = text(&fund.text, ".cw-attention li");
        assert!(attention.contains("In breach Brook Street Kitchens CIC · “Fair pay” was due on 30 June 2028"), "{attention}");
        assert!(attention.contains("Proposed next: Notice with a plan. Take the next step"), "{attention}");
        assert_eq!(count(&fund.text, &format!(".cw-attention a[href='/compliance/dues/{}']", h.fair_pay.id)), 1);
        let csv = manager.get(&format!("{}?format=csv", h.fund())).await.expect(200).text;
        let mut rows = csv::Reader::from_reader(csv.as_bytes());
        assert_eq!(rows.headers().unwrap().iter().skip(3).take(3).collect::<Vec<_>>(), ["conditions", "conditions_met", "conditions_agreed"]);
        let row = rows.records().next().unwrap().unwrap();
        assert_eq!((&row[3], &row[4], &row[5]), ("1 in breach", "0", "2"));
    }

    async fn a_miss_that_was_put_right_is_cured_and_lies_in_the_past(world: World) {
        let h = holding(&world, Habit::OnTime, "2028-10-20").await;
        h.shown(&world, &h.fair_pay, "100", "2028-07-18", "2028-07-20").await;
        world.move_clock(noon(day("2028-10-20"))).await;
        let manager = world.client(&h.ground.cast.fund_manager).await;
        let page = manager.get(&h.page()).await.expect(200);
        let verdict = text(&page.text, ".cw-verdict");
        assert!(verdict.starts_with("Paid on time 9 times out of 9, and every condition is met or on the way."), "{verdict}");
        assert!(verdict.contains("One miss so far was put right."), "{verdict}");
        let told = text(&page.text, "#course-d");
        assert!(told.contains("missed or in breach from 6 July 2028 to 20 July 2028, then met since 20 July 2028."), "{told}");
        assert!(page.text.contains("put right") && text(&page.text, "td .govuk-tag--green").contains("Cured"));
        assert_eq!(count(&page.text, ".cw-timeline__item--cured"), 1);
        manager.get(&h.fund()).await.expect(200).shows("On the way").shows("1 of 2 met").hides("attention");
    }

    async fn what_is_due_soon_waits_to_be_checked_or_is_overdue_is_told_by_the_fund(world: World) {
        let h = holding(&world, Habit::OnTime, "2028-07-03").await;
        let manager = world.client(&h.ground.cast.fund_manager).await;
        world.move_clock(noon(day("2028-06-20"))).await;
        manager.get(&h.fund()).await.expect(200).shows("1 due in 10 days");
        world.move_clock(noon(day("2028-07-03"))).await;
        manager.get(&h.fund()).await.expect(200).shows("1 overdue").shows("See what is owed");
        let page = manager.get(&h.page()).await.expect(200);
        assert!(text(&page.text, ".cw-verdict").contains("but 1 figure is overdue"));
        assert!(text(&page.text, "td .govuk-tag--red").contains("Overdue"));
        figures::report(&world.app, &h.owner, h.fair_pay.id, "100".parse().unwrap(), world.now()).await.unwrap();
        manager.get(&h.fund()).await.expect(200).shows("1 to check").shows("Check the evidence");
        let page = manager.get(&h.page()).await.expect(200).shows("Evidence to be checked (1 waiting)").shows("100% being checked");
        assert_eq!(count(&page.text, &format!(".cw-actions a[href='/compliance/dues/{}']", h.fair_pay.id)), 1);
        let officer = world.client(&h.ground.cast.contract_manager).await;
        officer.get(&h.page()).await.expect(200).shows("Check evidence (1 waiting)").hides("Record a payment");
    }

    async fn a_holding_that_pays_late_says_how_much_and_since_when(world: World) {
        let h = holding(&world, Habit::StoppedFor(2), "2028-07-01").await;
        world.move_clock(noon(day("2028-07-01"))).await;
        let manager = world.client(&h.ground.cast.fund_manager).await;
        let page = manager.get(&h.page()).await.expect(200);
        let verdict = text(&page.text, ".cw-verdict");
        // £500 of capital each; interest of £105 and £100 on what was owed.
        assert!(verdict.starts_with("£1,205 is overdue, 47 days for the oldest part, and 1 figure is overdue."), "{verdict}");
        assert!(page.text.contains("£605 overdue") && page.text.contains("Overdue by age"));
        let owner = world.client(&h.owner).await;
        let mine = owner.get(&format!("/my-investments/{}", h.id)).await.expect(200);
        let verdict = text(&mine.text, ".cw-verdict");
        assert!(verdict.starts_with("£1,205 is overdue, 47 days for the oldest part. Pay it now"), "{verdict}");
        assert!(verdict.ends_with("After that: £595 on 15 July 2028, in 14 days."), "{verdict}");
    }

    async fn long_lists_are_cut_to_what_is_near_and_shown_whole_on_request(world: World) {
        let h = holding(&world, Habit::OnTime, "2029-06-20").await;
        h.shown(&world, &h.fair_pay, "100", "2028-06-20", "2028-06-25").await;
        h.shown(&world, &h.work, "25", "2028-09-20", "2028-09-25").await;
        world.move_clock(noon(day("2029-06-20"))).await;
        let manager = world.client(&h.ground.cast.fund_manager).await;
        let page = manager.get(&h.page()).await.expect(200).shows("every condition is met").shows("Showing 12 of 24 payments");
        let rows = |html: &str| count(html, "#schedule tbody tr");
        assert_eq!(rows(&page.text), 12);
        // Seventeen payments came in; six of them stand before the next one.
        assert!(text(&page.text, "#schedule tbody tr").starts_with("12 15 January 2029"));
        assert_eq!(text(&page.text, "#schedule .cw-table__row--now th"), "18");
        assert_eq!(text(&page.text, "#schedule tfoot tr"), "24 All, to January 2030 £1,500.00 £12,000.00 £13,500.00 £0.00");
        let told = text(&page.text, "#plan-d");
        assert!(told.starts_with("24 payments from 15 February 2028 to 15 January 2030: £1,500 interest and £12,000 capital."), "{told}");
        assert!(told.ends_with("17 of 24 are paid in full."), "{told}");
        assert_eq!(text(&page.text, ".cw-chart__title").matches("Payments that fall until January 2030").count(), 1);
        assert!(page.text.contains("Showing the latest 12 of 17 entries"));
        let received = |html: &str| text(html, "table").matches("Payment received").count();
        assert_eq!(received(&page.text), 12);
        assert!(!text(&page.text, ".cw-timeline").contains("Payment received"), "planned payments are only in the full history");

        let whole = manager.get(&format!("{}?schedule=all", h.page())).await.expect(200).shows("Showing all 24 payments");
        assert_eq!((rows(&whole.text), received(&whole.text)), (24, 12));
        let whole = manager.get(&format!("{}?account=all&schedule=all", h.page())).await.expect(200).shows("Showing all 17 entries");
        assert_eq!((rows(&whole.text), received(&whole.text)), (24, 17));
        // The other lists stay as they were asked for.
        assert_eq!(count(&whole.text, "a[href='?schedule=all&account=all&history=all#history']"), 1);
        let entries = text(&page.text, "a[href='?history=all#history']");
        let whole = manager.get(&format!("{}?history=all", h.page())).await.expect(200);
        let events = count(&whole.text, ".cw-timeline .moj-timeline__item");
        assert_eq!(entries, format!("Full history, {events} entries"));
        assert!(events > 17 && text(&whole.text, ".cw-timeline").contains("Payment received: £615"));

        let owner = world.client(&h.owner).await;
        let path = format!("/my-investments/{}", h.id);
        let mine = owner.get(&path).await.expect(200).shows("Your next payment is £535 on 15 July 2029").shows("Showing the latest 12 of 17");
        assert_eq!(rows(&mine.text), 12);
        let mine = owner.get(&format!("{path}?schedule=all&account=all")).await.expect(200).shows("Showing all 17 payments");
        assert_eq!(rows(&mine.text), 24);
    }

    async fn holdings_are_sorted_by_how_their_conditions_stand(world: World) {
        let h = holding(&world, Habit::OnTime, "2028-10-20").await;
        let (organisation, _) = world.applicant("A Quiet Workshop");
        let other = agreement(&world, &h.ground, organisation, loan(drawn_on(), &[60_000], 24, dec!(0)), "I-2028-0002");
        samples::running(&world.app, &h.ground.cast, other, drawn_on(), Habit::OnTime, day("2028-10-20")).await.unwrap();
        world.move_clock(noon(day("2028-10-20"))).await;
        let manager = world.client(&h.ground.cast.fund_manager).await;
        let first = async |sort: &str| {
            let csv = manager.get(&format!("{}?sort={sort}&format=csv", h.fund())).await.expect(200).text;
            csv.lines().nth(1).unwrap().split(',').next().unwrap().to_owned()
        };
        assert_eq!(first("-conditions").await, "Brook Street Kitchens CIC");
        assert_eq!(first("conditions").await, "A Quiet Workshop");
        let none = manager.get(&h.fund()).await.expect(200);
        assert!(text(&none.text, "tbody tr:has(a[href^='/investments/'])").contains("A Quiet Workshop Repayable loan · I-2028-0002 None"));
        let plain = manager.get(&format!("/agreements/{}", h.agreement)).await.expect(200);
        plain.shows("In breach");
    }

    async fn the_page_of_a_holding_asks_little_of_the_database(world: World) {
        let h = holding(&world, Habit::OnTime, "2029-06-20").await;
        world.move_clock(noon(day("2029-06-20"))).await;
        let manager = world.client(&h.ground.cast.fund_manager).await;
        let owner = world.client(&h.owner).await;
        for (who, path) in [(&manager, h.page()), (&manager, h.fund()), (&owner, format!("/my-investments/{}", h.id))] {
            who.get(&path).await.expect(200);
            let before = world.app.db.statements();
            who.get(&path).await.expect(200);
            let asked = world.app.db.statements() - before;
            assert!(asked <= 6, "{path} asks {asked} times");
        }
    }
}
