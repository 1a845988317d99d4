//! A social enterprise is invested in, misses a condition, cures it and repays. All through pages.

use super::tender_through_pages::{RESIDENTS, answer, condition, mission, start};
use super::{Bidder, Staff, on, statuses, turned_down};
use crate::support::Client;
use commonweal::values::{Actor, Role};
use futures_util::join;

pub(super) const DECLARED: [(&str, &str); 2] = [("declared_by", "Dele Akande"), ("true_and_complete", "yes")];
const LOAN: [(&str, &str); 7] = [
    ("tranches", "40,000 on 1/6/2027"),
    ("draw_on", "1/6/2027"),
    ("rate", "12"),
    ("repayment", "annuity"),
    ("instalments", "4"),
    ("period_months", "3"),
    ("precedents", "Lease signed"),
];

pub(super) async fn build(manager: &Client, instruments: &[&str]) -> String {
    let begin = [
        ("kind", "round"),
        ("title", "Loans for food enterprises"),
        ("summary", "Repayable loans for enterprises that feed people well."),
        ("mission", "Food"),
    ];
    let home = manager.fill("/desk/calls/new", "Begin the draft", &begin).await.path;
    let part = |name: &str| format!("{home}/{name}");
    manager.fill(&part("basics"), "Save", &[("description", "The money comes back and is lent again.")]).await;
    let mut money = vec![
        ("fund", "Community Wealth Fund"),
        ("pot", "200,000"),
        ("least", "20,000"),
        ("most", "100,000"),
        ("quorum", "1"),
    ];
    money.extend(instruments.iter().map(|instrument| ("instruments", *instrument)));
    manager.fill(&part("money"), "Save", &money).await;
    let eligible = [
        ("question", "Does your organisation trade?"),
        ("right_answer", "yes"),
        ("otherwise", "Ask us about support for starting."),
    ];
    manager.fill(&part("eligibility"), "Add the question", &eligible).await;
    let quality = [("title", "How will the loan be repaid?"), ("weight", "80"), ("words", "60")];
    manager.fill(&format!("{home}/criteria/new?kind=quality"), "Save", &quality).await;
    let promises = [("title", "Promises"), ("weight", "20"), ("method", "against_targets")];
    manager.fill(&format!("{home}/criteria/new?kind=social_value"), "Save", &promises).await;
    let jobs = [
        ("condition", "Residents in work"),
        ("target", "10"),
        ("due", "31/12/2027"),
        ("feeds", "Promises"),
        ("weight", "100"),
    ];
    manager.fill(&part("conditions"), "Save", &jobs).await;
    let times = [
        ("questions_by_date", "15/2/2027"),
        ("questions_by_time", "noon"),
        ("answers_by_date", "22/2/2027"),
        ("answers_by_time", "noon"),
        ("deadline_date", "15/3/2027"),
        ("deadline_time", "noon"),
        ("decision_on", "30/4/2027"),
    ];
    manager.fill(&part("timetable"), "Save", &times).await;
    manager.fill(&part("publish"), "Freeze and publish", &[("seen", "yes")]).await;
    home
}

pub(super) async fn write(client: &Client, home: &str, jobs: &str) {
    answer(client, home, "Whether you can apply", &[("eligible_*", "yes")]).await;
    answer(client, home, "How will the loan", &[("answer", "Lunches are sold to three offices")]).await;
    let promise = [("baseline", "0"), ("quantity", jobs), ("by", "31/12/2027"), ("how", "We hire from the job club")];
    answer(client, home, "Residents in work", &promise).await;
    answer(client, home, "How much you need", &[("amount", "40,000")]).await;
    answer(client, home, "What the money is for", &[("purpose_1", "Ovens"), ("amount_1", "40,000")]).await;
    let page = client.open(home).await.link("Cash flow");
    let quarters: String = ["2027-06-30", "2027-09-30", "2027-12-31", "2028-03-31", "2028-06-30", "2028-09-30"]
        .iter()
        .chain(&["2028-12-31", "2029-03-31", "2029-06-30", "2029-09-30", "2029-12-31", "2030-03-31"])
        .map(|end| format!("{end},20000.00,8000.00\n"))
        .collect();
    let wrong = client.open(&page).await.form("Read the sheet").file(
        "sheet",
        "cash.csv",
        b"period_end,money_in,money_out\n2027-06-30,lots,1\n",
    );
    client.send(&wrong).await.expect(422).shows("Row 2, money_in");
    let sheet = format!("period_end,money_in,money_out\n{quarters}");
    client.done(&client.open(&page).await.form("Read the sheet").file("sheet", "cash.csv", sheet.as_bytes())).await;
}

/// Scores, moderates, ranks and signs what the panel gives to each bid.
pub(super) async fn score(
    desk: &str,
    manager: &Client,
    evaluator: (&Actor, &Client),
    level: impl Fn(&str) -> &'static str,
) {
    let panel = format!("{desk}/panel");
    manager.fill(&panel, "Add to the panel", &[("account", &evaluator.0.account().unwrap().to_string())]).await;
    let sheet = format!("/evaluations/{}", desk.rsplit('/').next().unwrap());
    // In a round applicants apply: nobody reads of bidders.
    evaluator.1.open(&sheet).await.shows("The applicants").hides("bidder");
    evaluator.1.fill(&sheet, "Declare", &[("answer", "none")]).await;
    for (_, link) in evaluator.1.open(&sheet).await.links(&format!("{sheet}/")) {
        evaluator.1.fill(&link, "Save", &[("level", level(&link)), ("reason", "As the level says")]).await;
    }
    evaluator.1.fill(&sheet, "Make my scores final", &[]).await;
    let moderation = format!("{desk}/moderation");
    for (_, link) in manager.open(&moderation).await.links(&format!("{moderation}/")) {
        manager.fill(&link, "Agree", &[("level", level(&link)), ("reason", "The plan fits the level")]).await;
    }
    manager.fill(&moderation, "Close the moderation", &[]).await;
    manager.fill(&moderation, "Rank the applications", &[]).await;
    manager.fill(&moderation, "Sign the ranking", &[]).await;
}

pub(super) async fn receive(manager: &Client, investment: &str, amount: &str, day: &str, reference: &str) {
    let fields = [("amount", amount), ("received_on", day), ("reference", reference)];
    manager.fill(investment, "Record the payment", &fields).await;
}

both! {
    async fn a_social_enterprise_is_invested_in_misses_a_condition_cures_it_and_repays(world: World) {
        on(&world, "2027-02-01T09:00:00Z").await;
        let staff = Staff::new(&world);
        let administrator = world.client(&world.person(Role::Administrator)).await;
        let (public, lead) = (world.client(&Actor::Public).await, world.client(&staff.lead).await);
        let manager = world.client(&staff.manager).await;
        let mission = mission(&lead, "Food").await;
        condition(&lead, "Residents in work", "negotiable", "residents in work for 6 months or more", "people", "20").await;

        // The fund and the council's money.
        lead.get("/funds").await.expect(403);
        let fund = [("name", "Community Wealth Fund"), ("mandate", "Patient loans that serve the missions."), ("borrowing_rate", "4.6")];
        manager.fill("/funds", "Open the fund", &fund).await;
        let fund = manager.open("/funds").await.link("Community Wealth Fund");
        let cash = format!("{}/cash", fund.trim_end_matches("/cash"));
        let fund = cash.trim_end_matches("/cash").to_owned();
        let commitment = [("amount", "500,000"), ("committed_on", "20/1/2027"), ("source", "Cabinet 20 January 2027, item 7")];
        let commit = manager.open(&cash).await.form("Record the commitment").with(&commitment);
        let (one, other) = join!(manager.send(&commit), manager.send(&commit));
        assert_eq!(statuses(&one, &other)[0], 303);
        manager.send(&commit).await;
        manager.open(&cash).await.shows("£500,000").hides("£1,000,000").hides("£1,500,000");

        // The round, and two applications; a third is late.
        let desk = build(&manager, &["loan"]).await;
        let call = desk.replace("/desk", "");
        public.open("/calls").await.shows("Loans for food enterprises");
        let (alder, birch, cedar) = (Bidder::new(&world, "Alder Lunches CIC"), Bidder::new(&world, "Birch Bakers"), Bidder::new(&world, "Cedar Food"));
        let (owner, loser, late) = (world.client(&alder.owner).await, world.client(&birch.owner).await, world.client(&cedar.owner).await);
        let home = start(&owner, &call, &alder).await;
        let other_home = start(&loser, &call, &birch).await;
        let late_home = start(&late, &call, &cedar).await;
        for (client, home, jobs) in [(&owner, &home, "10"), (&loser, &other_home, "4"), (&late, &late_home, "9")] {
            write(client, home, jobs).await;
        }
        for (client, home) in [(&owner, &home), (&loser, &other_home)] {
            let send = client.open(&format!("{home}/check")).await.form("Send the application").with(&DECLARED);
            client.done(&send).await.shows("Application sent");
        }
        loser.get(&home).await.expect(404);
        loser.get(&format!("{home}/receipt")).await.expect(404);
        let send = late.open(&format!("{late_home}/check")).await.form("Send the application").with(&DECLARED);
        on(&world, "2027-03-15T12:00:01Z").await;
        turned_down(late.send(&send).await, "This call has closed");

        // Opened and scored.
        on(&world, "2027-03-16T09:00:00Z").await;
        let opening = format!("{desk}/opening");
        lead.post(&format!("{desk}/open-investments"), &[]).await.expect(403);
        manager.fill(&opening, "Open all that are sealed", &[]).await;
        let alders = home.rsplit('/').next().unwrap().to_owned();
        let evaluator = world.client(&staff.evaluators[0]).await;
        let level = |link: &str| if link.contains(&alders) { "4" } else { "1" };
        score(&desk, &manager, (&staff.evaluators[0], &evaluator), level).await;
        manager.open(&format!("{desk}/moderation")).await.shows("Alder Lunches CIC is first with 100.00 points");

        // Recommended by one person, approved by another; no offer before the subsidy is looked at.
        let award = format!("{desk}/award");
        let mut recommend = vec![("application", "Alder"), ("reasons", "The plan is sold in advance.")];
        recommend.extend(LOAN);
        let recommend = manager.open(&award).await.form("Recommend").with(&recommend);
        let (one, other) = join!(manager.send(&recommend), manager.send(&recommend));
        assert_eq!(statuses(&one, &other)[0], 303);
        assert!(statuses(&one, &other)[1] >= 400, "an application is recommended once");
        let members = [world.client(&staff.members[0]).await, world.client(&staff.members[1]).await];
        let approve = members[0].open(&award).await.form("Record my decision").set("decision", "approve");
        turned_down(manager.post(&approve.action, &[("decision", "approve")]).await, "You recommended this award");
        members[0].done(&approve).await;
        assert!(members[0].send(&approve).await.status >= 400, "a recommendation is decided once");
        let offer = approve.action.replace("/decision", "/offer");
        manager.open(&award).await.shows("Record the subsidy route above before the offer");
        let answer_by = [("answer_by_date", "15/4/2027"), ("answer_by_time", "noon")];
        turned_down(manager.post(&offer, &answer_by).await, "subsidy route");
        let route = manager.open(&award).await.links("/desk/subsidies/")[0].1.clone();
        assert!(!lead.get(&route).await.text.contains("Write the route down"));
        manager.fill(&route, "Write the route down", &[("kind", "market_terms"), ("evidence", "Three lenders quote 11.8% to 12.4%")]).await;
        manager.fill(&award, "Make the offer", &answer_by).await;

        // The enterprise reads what it costs, and accepts once.
        let outcome = format!("{home}/outcome");
        loser.get(&outcome).await.expect(404);
        let editor = world.client(&world.person_of(alder.id, Role::ApplicantEditor)).await;
        assert!(!editor.open(&outcome).await.has("Send our answer"));
        editor.post(&outcome, &[("answer", "accept"), ("understood", "yes")]).await.expect(403);
        let page = owner.open(&outcome).await;
        page.shows("£10,763.22").shows("Lease signed");
        let accept = page.form("Send our answer").set("answer", "accept");
        owner.send(&accept).await.expect(422).shows("Confirm that you have read what it costs");
        let accept = accept.set("understood", "yes");
        let (one, other) = join!(owner.send(&accept), owner.send(&accept));
        assert_eq!(statuses(&one, &other)[0], 303);
        world.run_jobs().await;
        let investment = {
            let found = manager.open(&fund).await.links("/investments/");
            assert_eq!(found.len(), 1, "one acceptance makes one investment: {found:?}");
            found[0].1.clone()
        };
        let agreements = owner.open("/agreements").await.links("/agreements/");
        assert_eq!(agreements.len(), 1);
        owner.open(&agreements[0].1).await.shows("Residents in work");
        let mine = owner.open("/my-investments").await.links("/my-investments/")[0].1.clone();
        loser.get(&mine).await.expect(404);
        loser.get(&investment).await.expect(403);

        // Money goes out when what must be so is verified, by two persons.
        on(&world, "2027-06-01T09:00:00Z").await;
        let contracts = world.client(&staff.contracts).await;
        manager.fill(&investment, "Propose the payment", &[("pay_on", "1/6/2027")]).await;
        let pay = members[0].open(&investment).await.form("Approve and pay");
        turned_down(members[0].send(&pay).await, "Lease signed");
        assert!(!manager.open(&investment).await.has("Verify"));
        contracts.fill(&investment, "Verify", &[("evidence", "Lease of 28 May seen")]).await;
        assert!(manager.send(&pay).await.status >= 400);
        turned_down(manager.post(&pay.action, &[("decision", "approve")]).await, "You proposed");
        let other_pay = members[1].open(&investment).await.form("Approve and pay");
        let (one, other) = join!(members[0].send(&pay), members[1].send(&other_pay));
        assert_eq!(statuses(&one, &other)[0], 303);
        assert!(statuses(&one, &other)[1] >= 400, "a tranche is paid once");
        owner.open(&mine).await.shows("£10,763.22").shows("1 September 2027");

        // Two instalments, the second in two parts and late; the same bank line twice counts once.
        on(&world, "2027-09-01T12:00:00Z").await;
        let fields = [("amount", "10,763.22"), ("received_on", "1/9/2027"), ("reference", "BANK-1")];
        let record = manager.open(&investment).await.form("Record the payment").with(&fields);
        let (one, other) = join!(manager.send(&record), manager.send(&record));
        assert_eq!(statuses(&one, &other)[0], 303);
        // 40,000 at 12% for a quarter of 92 days is 1,209.86 of interest.
        manager.open(&investment).await.shows("£30,446.64").shows("£1,209.86").shows("£9,553.36");
        owner.post(&format!("{investment}/payments"), &fields).await.expect(403);
        on(&world, "2027-12-01T12:00:00Z").await;
        receive(&manager, &investment, "5,000", "1/12/2027", "BANK-2").await;
        on(&world, "2027-12-11T12:00:00Z").await;
        manager.open(&investment).await.shows("£5,763.22");
        receive(&manager, &investment, "5,763.22", "11/12/2027", "BANK-3").await;
        manager.open(&investment).await.shows("All 2 payments are in, 1 of them late").shows("£20,594.32");

        // The promise is missed: reminded, missed after the grace, cured within the time to cure.
        on(&world, "2028-01-20T09:00:00Z").await;
        let mails = administrator.open("/mails").await;
        mails.shows("Residents in work is due on").shows("Overdue: Residents in work");
        let due = owner.open("/compliance").await.link("Residents in work");
        owner.open(&due).await.shows("Missed");
        loser.get(&due).await.expect(404);
        loser.upload(&format!("{due}/report"), &[("quantity", "10")], &[("evidence", "a.csv", b"10")]).await.expect(404);
        contracts.open(&due).await.shows("Missed");
        on(&world, "2028-02-01T09:00:00Z").await;
        let report = owner.open(&format!("{due}/report")).await.form("Report the figure").set("quantity", "10").file("evidence", "payroll.csv", b"people\n10\n");
        owner.done(&report).await;
        assert!(owner.send(&report).await.status >= 400, "one figure at a time");
        let decide = contracts.open(&due).await.form("Decide").set("decision", "accept");
        owner.post(&decide.action, &[("decision", "accept")]).await.expect(403);
        let colleague = world.client(&world.person(Role::ContractManager)).await;
        let other_decide = colleague.open(&due).await.form("Decide").set("decision", "accept");
        let (one, other) = join!(contracts.send(&decide), colleague.send(&other_decide));
        assert_eq!(statuses(&one, &other)[0], 303);
        assert!(statuses(&one, &other)[1] >= 400, "a figure is decided once");
        owner.open(&due).await.shows("Cured");
        let told = public.open(&mission).await.reply.table("The same figures");
        assert_eq!(told, [[RESIDENTS, "10", "10", "10", "100%"]]);

        // Repaid to the penny, and what the fund made of it.
        on(&world, "2028-03-01T12:00:00Z").await;
        receive(&manager, &investment, "10,763.22", "1/3/2028", "BANK-4").await;
        on(&world, "2028-06-01T12:00:00Z").await;
        receive(&manager, &investment, "10,763.23", "1/6/2028", "BANK-5").await;
        assert!(!manager.open(&investment).await.has("Record the payment"), "nothing is owed any more");
        // A standing order runs on: it pays nothing, and goes back.
        let more = [("amount", "1"), ("received_on", "1/6/2028"), ("reference", "BANK-6")];
        manager.fill(&investment, "Record what came in", &more).await.shows("is to be refunded");
        let back = [("amount", "1"), ("paid_on", "1/6/2028"), ("reference", "BANK-7")];
        manager.fill(&investment, "Record the refund", &back).await;
        owner.open(&mine).await.shows("The loan is repaid");
        // 43,052.89 of 40,000; the root of the dated payments is 12.470791%.
        manager.open(&investment).await.shows("1.08").shows("12.5%").shows("certified: 0.12470791").shows("£43,052.89");
        manager.open(&fund).await.shows("1.08").shows("12.5%").shows("certified: 0.12470791");
    }
}
