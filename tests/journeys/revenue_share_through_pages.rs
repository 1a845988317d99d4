//! A bakery is offered a share of its revenue instead of a loan, reports what it earns, and pays until the cap. All
//! through pages.

use super::loan_through_pages::{DECLARED, build, receive, score, write};
use super::tender_through_pages::{condition, mission, start};
use super::{Bidder, Staff, on, turned_down};
use commonweal::subsidies;

const OFFER: [(&str, &str); 9] = [
    ("tranches", "40,000 on 1/6/2027"),
    ("share", "10"),
    ("multiple", "1.5"),
    ("expected", "60,000"),
    ("first_due", "1/9/2027"),
    ("period_months", "3"),
    ("long_stop", "1/6/2030"),
    ("ending", "forgiven"),
    ("precedents", "Till system is read by the council"),
];

both! {
    async fn a_bakery_shares_its_revenue_until_the_cap_is_paid(world: World) {
        on(&world, "2027-02-01T09:00:00Z").await;
        let staff = Staff::new(&world);
        let (lead, manager) = (world.client(&staff.lead).await, world.client(&staff.manager).await);
        mission(&lead, "Food").await;
        condition(&lead, "Residents in work", "negotiable", "residents in work for 6 months or more", "people", "20").await;
        let fund = [("name", "Community Wealth Fund"), ("mandate", "Patient money."), ("borrowing_rate", "4.6")];
        manager.fill("/funds", "Open the fund", &fund).await;
        let cash = format!("{}/cash", manager.open("/funds").await.link("Community Wealth Fund").trim_end_matches("/cash"));
        let commitment = [("amount", "500,000"), ("committed_on", "20/1/2027"), ("source", "Cabinet, item 7")];
        manager.fill(&cash, "Record the commitment", &commitment).await;
        let fund = cash.trim_end_matches("/cash").to_owned();

        // A round that offers loans and revenue shares, and one application.
        let desk = build(&manager, &["loan", "revenue_share"]).await;
        let alder = Bidder::new(&world, "Alder Bakers CIC");
        let (owner, stranger) = (world.client(&alder.owner).await, world.client(&Bidder::new(&world, "Birch").owner).await);
        let home = start(&owner, &desk.replace("/desk", ""), &alder).await;
        write(&owner, &home, "10").await;
        owner.done(&owner.open(&format!("{home}/check")).await.form("Send the application").with(&DECLARED)).await;
        on(&world, "2027-03-16T09:00:00Z").await;
        manager.fill(&format!("{desk}/opening"), "Open all that are sealed", &[]).await;
        let evaluator = world.client(&staff.evaluators[0]).await;
        score(&desk, &manager, (&staff.evaluators[0], &evaluator), |_| "4").await;

        // What a loan of that size would mean is tried on the cash-flow sheet, and what it would be as a subsidy.
        let reading = format!("/desk/applications/{}", home.rsplit('/').next().unwrap());
        manager.open(&reading).await.shows("What it can carry").shows("£40,000 over 60 months at 5.00% a year can be carried")
            .shows("Revenue 50% lower").shows("Largest loan").shows("Minimal financial assistance to the group")
            .shows("£0 of £315,000");
        let tried = manager.open(&reading).await.form("Try it").with(&[("amount", "200,000"), ("months", "36"), ("market", "12")]);
        manager.send(&tried).await.expect(200).shows("is too much for the sheet").shows("Such a loan holds a subsidy of £");
        manager.get(&format!("{reading}?rate=lots")).await.expect(200).shows("There is a problem");
        stranger.get(&reading).await.expect(403);
        let carried = world.api(&staff.manager).await.get(&format!("/api/v1/applications/{}/affordability?follows=20", home.rsplit('/').next().unwrap())).await.expect(200).json();
        assert_eq!(carried["courses"].as_array().unwrap().len(), 7);

        // The offer, in the form for a revenue share. What is missing is said at its field, and the form stays.
        let award = format!("{desk}/award");
        manager.open(&award).await.shows("This form is for: Repayable loan").shows("Revenue share");
        let form = manager.open(&format!("{award}?instrument=revenue_share")).await.form("Recommend");
        let begun = form.with(&[("application", "Alder"), ("reasons", "Sales swing with the seasons.")]);
        manager.send(&begun).await.expect(422).shows("Enter the share of revenue in per cent").shows("Cap, as a multiple");
        manager.done(&begun.with(&OFFER)).await.shows("Revenue share").shows("As the applicant will read it");
        let member = world.client(&staff.members[0]).await;
        member.fill(&award, "Record my decision", &[("decision", "approve")]).await;

        // The subsidy is worked out from the terms. At a market rate of 12% there is none; at 60% the enterprise confirms.
        let rates = |market| [
            ("market_rate", market), ("market_on", "1/3/2027"), ("market_source", "Three quotes"), ("discount_rate", "4"),
            ("discount_on", "1/3/2027"), ("discount_source", "Treasury"),
        ];
        let work_out = manager.open(&award).await.form("Work out and notify");
        turned_down(manager.send(&work_out.clone().with(&rates("12"))).await, "no cheaper than the market");
        let answer_by = [("answer_by_date", "15/4/2027"), ("answer_by_time", "noon")];
        turned_down(manager.post(&work_out.action.replace("/subsidy", "/offer"), &answer_by).await, "subsidy route");
        manager.done(&work_out.with(&rates("60"))).await.shows("The subsidy is £");
        let application = home.rsplit('/').next().unwrap().to_owned();
        let route = world.app.db.read_now(|db| subsidies::standing_route(db, &application)).unwrap().unwrap();
        assert!(route.amount.0 > 500_000 && route.amount.0 < 4_000_000, "{}", route.amount);
        let asks = format!("/subsidy-confirmations/{}", route.id);
        assert_eq!(owner.open(&format!("{home}/outcome")).await.shows("Read and confirm").links("/subsidy-confirmations/")[0].1, asks);
        owner.fill(&asks, "Confirm", &[("complete", "yes")]).await;
        owner.open(&format!("{home}/outcome")).await.hides("Read and confirm");
        manager.fill(&award, "Make the offer", &answer_by).await;

        // What it means, before accepting: pounds and dates, and what happens if things go another way.
        let outcome = format!("{home}/outcome");
        stranger.get(&outcome).await.expect(404);
        let page = owner.open(&outcome).await;
        page.shows("pay 10% of your revenue every 3 months, until you have paid £60,000 in all")
            .shows("£60,000 in 10 payments, from 1 September 2027 to 1 December 2029: £20,000 more than you get")
            .shows("If revenue is half of that").shows("£24,000 stays unpaid").shows("What is not paid by the last day is forgiven")
            .shows("about £6,000");
        owner.done(&page.form("Send our answer").set("answer", "accept").set("understood", "yes")).await;
        world.run_jobs().await;
        // The day the agreement is made is the day the assistance is given, and the enterprise has that in writing.
        let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 100)).unwrap().items;
        let given = format!("Gross value: {}.", route.amount);
        let confirmed = mails.iter().filter(|m| m.subject == "Minimal financial assistance: confirmation");
        assert_eq!(confirmed.filter(|m| m.body.contains(&given)).count(), 1);
        let investment = manager.open(&fund).await.links("/investments/")[0].1.clone();
        let mine = owner.open("/my-investments").await.links("/my-investments/")[0].1.clone();

        // Paid out by two people.
        on(&world, "2027-06-01T09:00:00Z").await;
        let contracts = world.client(&staff.contracts).await;
        contracts.fill(&investment, "Verify", &[("evidence", "Till seen")]).await;
        manager.fill(&investment, "Propose the payment", &[("pay_on", "1/6/2027")]).await;
        member.fill(&investment, "Approve and pay", &[]).await;
        owner.open(&mine).await.shows("£6,000");

        // Reported in time: the payment follows. Nobody else may report, and never for a day without a payment.
        on(&world, "2027-08-20T09:00:00Z").await;
        let report = |period: &'static str, amount: &'static str| [
            ("kind", "revenue"), ("on", period), ("amount", amount), ("source", "Management accounts"),
        ];
        stranger.post(&format!("{mine}/reports"), &report("2027-09-01", "1")).await.expect(404);
        turned_down(owner.post(&format!("{mine}/reports"), &report("2027-09-02", "1")).await, "Choose one of the due dates");
        turned_down(owner.post(&format!("{mine}/reports"), &report("2027-12-01", "1")).await, "up to the next one");
        owner.fill(&mine, "Report it", &[("on", "2027-09-01"), ("amount", "30,000"), ("source", "Accounts to July")]).await;
        owner.open(&mine).await.shows("£3,000").shows("revenue of £30,000").shows("Accounts to July");
        on(&world, "2027-09-01T12:00:00Z").await;
        receive(&manager, &investment, "3,000", "1/9/2027", "BANK-1").await;

        // Not reported: the last figure stands in; the late figure is settled with the next payment.
        on(&world, "2027-12-02T12:00:00Z").await;
        manager.open(&investment).await.shows("£3,000");
        receive(&manager, &investment, "3,000", "2/12/2027", "BANK-2").await;
        on(&world, "2027-12-10T09:00:00Z").await;
        owner.done(&owner.open(&mine).await.form("Report it").with(&[("on", "2027-12-01"), ("amount", "50,000"), ("source", "Late accounts")])).await;
        on(&world, "2028-02-20T09:00:00Z").await;
        owner.fill(&mine, "Report it", &[("on", "2028-03-01"), ("amount", "40,000"), ("source", "Accounts")]).await;
        owner.open(&mine).await.shows("£6,000");
        on(&world, "2028-03-01T12:00:00Z").await;
        receive(&manager, &investment, "6,000", "1/3/2028", "BANK-3").await;

        // A great summer reaches the cap, and not a penny more is due.
        on(&world, "2028-05-20T09:00:00Z").await;
        owner.fill(&mine, "Report it", &[("on", "2028-06-01"), ("amount", "900,000"), ("source", "Accounts")]).await;
        owner.open(&mine).await.shows("£48,000");
        on(&world, "2028-06-01T12:00:00Z").await;
        receive(&manager, &investment, "48,000", "1/6/2028", "BANK-4").await;
        let done = manager.open(&investment).await;
        done.shows("Repaid").shows("1.50").shows("£60,000");
        assert!(!done.has("Record the payment") && !owner.open(&mine).await.has("Report it"), "nothing is owed any more");
        // The root of 40,000 out and 3,000, 3,000, 6,000 and 48,000 back is 56.471686%.
        done.shows("56.5%").shows("certified: 0.56471686");
        manager.open(&fund).await.shows("56.5%");
        manager.open(&format!("{investment}/working")).await.shows("10% × revenue £900,000").shows("at most cap £60,000").shows("£48,000");
        stranger.get(&format!("{mine}/working")).await.expect(404);
        let csv = manager.get(&format!("{investment}/schedule?format=csv")).await.expect(200).text;
        assert!(csv.contains("2028-06-01") && csv.contains("48000.00"), "{csv}");
        let api = world.api(&staff.manager).await;
        let shown = api.get(&format!("/api/v1{investment}")).await.expect(200).json();
        assert_eq!((shown["instrument"].as_str(), shown["state"].as_str()), (Some("revenue_share"), Some("repaid")));
        assert_eq!(shown["reports"].as_array().unwrap().len(), 4);
        let program = world.api(&alder.owner).await;
        assert_eq!(program.get(&format!("/api/v1{mine}")).await.expect(200).json()["terms"]["multiple"], "1.5");
        crate::funds::assert_balanced(&world);
    }
}
