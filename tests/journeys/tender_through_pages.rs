//! A supplier bids, wins, promises and is checked; the one that loses reads why. All through pages.

use super::{Bidder, Staff, at, evaluate, on, statuses, turned_down};
use crate::support::{Client, Page};
use commonweal::values::{Actor, Role};
use futures_util::join;

const CLOSES: &str = "2027-03-15T12:00:00Z";

/// What is counted of the two conditions, as the page of the mission names it.
pub const RESIDENTS: &str = "residents in work for 6 months or more, people";
const WAGES: &str = "wages at the London Living Wage or more, % (0 of 1 reported)";

/// The mission, with one outcome and one indicator, published.
pub async fn mission(lead: &Client, title: &str) -> String {
    let page = lead
        .fill(
            "/missions/new",
            "Save",
            &[
                ("title", title),
                ("statement", "By 2032 nobody here goes without a good meal"),
                ("summary", "We buy and lend so that people cook, eat and work together."),
                ("target_on", "31/12/2032"),
                ("answerable", "Director of Public Health"),
            ],
        )
        .await;
    let home = page.path.trim_end_matches("/manage").to_owned();
    lead.fill(&format!("{home}/outcomes/new"), "Add the outcome", &[("title", "Nobody goes hungry")]).await;
    let indicator = [
        ("outcome", "Nobody goes hungry"),
        ("title", "of adults went without a meal"),
        ("unit", "%"),
        ("direction", "decrease"),
        ("baseline", "19"),
        ("baseline_on", "31/3/2026"),
        ("target", "2"),
        ("target_on", "31/12/2032"),
        ("source", "Residents' survey"),
    ];
    lead.fill(&format!("{home}/indicators/new"), "Add the indicator", &indicator).await;
    lead.fill(&format!("{home}/manage"), "Publish the mission", &[]).await.shows("The mission is published");
    home
}

/// A condition in the catalogue.
pub async fn condition(lead: &Client, title: &str, fixedness: &str, measure: &str, unit: &str, target: &str) {
    let fields = [
        ("title", title),
        ("text", "What the money is given for."),
        ("behaviour", "access"),
        ("fixedness", fixedness),
        ("measure", measure),
        ("unit", unit),
        ("direction", "at_least"),
        ("target", target),
        ("evidence", "Payroll summary"),
        ("verifier", "council"),
        ("cadence", "once"),
        ("pace", "builds"),
        ("grace_days", "14"),
        ("cure_days", "60"),
        ("remedies", "A plan agreed together\nA tenth of the next payment is held back"),
        ("depends_on", "none"),
        ("reason", "First version"),
    ];
    lead.fill("/conditions/new", "Put it in the catalogue", &fields).await;
}

/// Builds the tender page by page and gives the address of its desk.
async fn build(officer: &Client) -> String {
    let desk = officer
        .fill(
            "/desk/calls/new",
            "Begin the draft",
            &[
                ("kind", "tender"),
                ("title", "Community kitchens"),
                ("summary", "Kitchens where neighbours cook and eat together."),
                ("mission", "Food"),
            ],
        )
        .await;
    let home = desk.path.clone();
    desk.shows("What is missing");
    let part = |name: &str| format!("{home}/{name}");
    officer.fill(&part("basics"), "Save", &[("description", "Four kitchens, fitted and free of rent.")]).await;
    let money = [
        ("estimated_value", "1,200,000"),
        ("contract_type", "goods_services"),
        ("procedure", "open"),
        ("starts_on", "1/7/2027"),
        ("ends_on", "30/6/2029"),
        ("circumstances", "electronic_submission"),
        ("circumstances", "documents_with_notice"),
        ("price_sealed", "yes"),
    ];
    officer.fill(&part("money"), "Save", &money).await;
    let considered: Vec<_> =
        ["market_engagement", "conflicts", "social_value", "policy_statement", "lots", "exclusions", "small_suppliers"]
            .into_iter()
            .map(|duty| (duty, "Considered on two open afternoons and written down."))
            .collect();
    officer.fill(&part("duties"), "Save", &considered).await;
    let eligible = [
        ("question", "Is your organisation registered?"),
        ("right_answer", "yes"),
        ("otherwise", "Register your organisation first."),
    ];
    officer.fill(&part("eligibility"), "Add the question", &eligible).await;
    let criterion = |kind: &str| format!("{home}/criteria/new?kind={kind}");
    let insured = [("title", "Insurance"), ("requirement", "You are insured for £5 million.")];
    officer.fill(&criterion("pass_fail"), "Save", &insured).await;
    let quality = [("title", "How will residents run the kitchens?"), ("weight", "50"), ("words", "40")];
    officer.fill(&criterion("quality"), "Save", &quality).await;
    let promises = [("title", "Promises"), ("weight", "20"), ("method", "against_targets")];
    officer.fill(&criterion("social_value"), "Save", &promises).await;
    let price = [("title", "Whole price"), ("weight", "30"), ("formula", "lowest_over_price")];
    officer.fill(&criterion("price"), "Save", &price).await.shows("Weights add up to 100");
    let jobs = [
        ("condition", "Residents in work"),
        ("target", "20"),
        ("due", "31/3/2028"),
        ("feeds", "Promises"),
        ("weight", "100"),
    ];
    officer.fill(&part("conditions"), "Save", &jobs).await;
    let pay = [("condition", "Fair pay"), ("target", "100"), ("due", "30/6/2028"), ("required", "yes")];
    officer.fill(&part("conditions"), "Save", &pay).await;
    let early = [("deadline_date", "10/2/2027"), ("deadline_time", "noon")];
    officer.fill(&part("timetable"), "Save", &early).await;
    assert!(!officer.open(&part("publish")).await.has("Freeze and publish"), "the period is too short");
    let times = [
        ("questions_by_date", "19/2/2027"),
        ("questions_by_time", "noon"),
        ("answers_by_date", "26/2/2027"),
        ("answers_by_time", "noon"),
        ("deadline_date", "15/3/2027"),
        ("deadline_time", "noon"),
        ("decision_on", "30/4/2027"),
    ];
    officer.fill(&part("timetable"), "Save", &times).await;
    home
}

/// Answers one task of an application, found by its title.
pub async fn answer(client: &Client, home: &str, task: &str, fields: &[(&str, &str)]) -> Page {
    let page = client.open(home).await.link(task);
    client.fill(&page, "Save and continue", fields).await
}

/// Starts an application for the organisation, by the link on the call.
pub async fn start(client: &Client, call: &str, bidder: &Bidder) -> String {
    let form = client.open(&format!("{call}/apply")).await.form("Start").set("organisation", &bidder.id.to_string());
    let home = client.done(&form).await.path;
    assert_eq!(client.done(&form).await.path, home, "one application for each organisation");
    home
}

struct Offer<'a> {
    method: &'a str,
    jobs: &'a str,
    price: &'a str,
}

async fn write(client: &Client, home: &str, offer: &Offer<'_>) {
    answer(client, home, "Whether you can apply", &[("eligible_*", "yes")]).await;
    answer(client, home, "Insurance", &[("answer", "yes")]).await;
    answer(client, home, "How will residents", &[("answer", offer.method)]).await;
    let jobs = [("baseline", "2"), ("quantity", offer.jobs), ("by", "31/3/2028"), ("how", "Job fairs on the estates")];
    answer(client, home, "Residents in work", &jobs).await;
    let pay = [("baseline", "100"), ("quantity", "100"), ("by", "30/6/2028"), ("how", "Every wage, every month")];
    answer(client, home, "Fair pay", &pay).await;
    answer(client, home, "Price", &[("price_*", offer.price)]).await;
}

const DECLARED: [(&str, &str); 2] = [("declared_by", "Leila Haddad"), ("true_and_complete", "yes")];

both! {
    async fn a_supplier_bids_and_wins_and_the_one_that_loses_reads_why(world: World) {
        on(&world, "2027-02-01T09:00:00Z").await;
        let staff = Staff::new(&world);
        let public = world.client(&Actor::Public).await;
        let lead = world.client(&staff.lead).await;
        let officer = world.client(&staff.officer).await;
        let second = world.client(&staff.second).await;

        // A mission and what the council asks for its money.
        officer.get("/missions/new").await.expect(403);
        let mission = mission(&lead, "Food").await;
        condition(&lead, "Residents in work", "negotiable", "residents in work for 6 months or more", "people", "20").await;
        condition(&lead, "Fair pay", "fixed", "wages at the London Living Wage or more", "%", "100").await;

        // The tender is built, checked and published; its notice opens it.
        lead.get("/desk/calls/new").await.expect(403);
        let desk = build(&officer).await;
        let call = desk.replace("/desk", "");
        public.get(&call).await.expect(404);
        let publish = officer.open(&format!("{desk}/publish")).await.form("Freeze and publish");
        turned_down(officer.send(&publish).await, "Read what the rehearsal found");
        let publish = publish.set("seen", "yes");
        officer.done(&publish).await.shows("Record the notice");
        assert!(officer.send(&publish).await.status >= 400, "a call is published once");
        public.get(&call).await.expect(404);
        on(&world, "2027-02-01T11:00:00Z").await;
        let notice = [("notice_number", "2027/S 000-004711"), ("notice_date", "1/2/2027"), ("notice_time", "10:30")];
        let notice = officer.open(&desk).await.form("Record the notice").with(&notice);
        let (one, other) = join!(officer.send(&notice), second.send(&notice));
        assert_eq!(statuses(&one, &other)[0], 303);
        assert!(statuses(&one, &other)[1] >= 400, "the notice is recorded once");

        // Suppliers find it, ask, and see whether they can apply.
        public.open("/calls").await.shows("Community kitchens");
        let can = public.open(&format!("{call}/can-i-apply")).await.form("See whether you can apply");
        public.send(&can.clone().set("eligible_*", "no")).await.expect(200).shows("Register your organisation first.");
        public.send(&can.set("eligible_*", "yes")).await.expect(200).shows("You can apply.");
        let (alder, birch, cedar) = (Bidder::new(&world, "Alder Kitchens"), Bidder::new(&world, "Birch Meals"), Bidder::new(&world, "Cedar Food"));
        let (first, loser, late) = (world.client(&alder.owner).await, world.client(&birch.owner).await, world.client(&cedar.owner).await);
        loser.fill(&call, "Ask the question", &[("question", "Do volunteers count as residents in work?")]).await;
        public.open(&call).await.hides("Do volunteers count").hides("Birch Meals");
        first.get(&desk).await.expect(403);
        officer.fill(&desk, "Publish the answer", &[("answer", "No, only paid work counts.")]).await;
        public.open(&call).await.shows("Do volunteers count").shows("No, only paid work counts.").hides("Birch Meals");

        // Alder writes, leaves, comes back, adds a file, and sends.
        let alder_home = start(&first, &call, &alder).await;
        let page = first.open(&alder_home).await.link("How will residents");
        first.done(&first.open(&page).await.form("Save and go to the task list").set("answer", "A council of residents chooses")).await.shows("Completed");
        let again = world.client(&alder.owner).await;
        assert_eq!(again.open(&page).await.form("Save and continue").value("answer"), Some("A council of residents chooses"));
        again.open(&format!("{alder_home}/check")).await.hides("Send the application");
        let alders = Offer { method: "A council of residents chooses the menus and hires", jobs: "20", price: "900,000" };
        write(&again, &alder_home, &alders).await;
        let files = again.open(&alder_home).await.links(&format!("{alder_home}/answer/files"))[0].1.clone();
        again.done(&again.open(&files).await.form("Add the file").file("file", "plan.pdf", b"%PDF-1.7 the plan")).await.shows("plan.pdf");
        let editor = world.client(&world.person_of(alder.id, Role::ApplicantEditor)).await;
        assert!(!editor.open(&format!("{alder_home}/check")).await.has("Send the application"), "only an owner sends");
        let send = again.open(&format!("{alder_home}/check")).await.form("Send the application").with(&DECLARED);
        editor.post(&format!("{alder_home}/submit"), &DECLARED).await.expect(403);
        let receipt = again.done(&send).await;
        receipt.shows("Application sent").shows("SHA-256");
        let reference = receipt.reply.words().split_whitespace().find(|w| w.starts_with("B-")).unwrap().to_owned();

        // Birch sends twice at one moment, and replaces what it sent.
        let birch_home = start(&loser, &call, &birch).await;
        write(&loser, &birch_home, &Offer { method: "We cook", jobs: "8", price: "850,000" }).await;
        let send = loser.open(&format!("{birch_home}/check")).await.form("Send the application").with(&DECLARED);
        let (one, other) = join!(loser.send(&send), loser.send(&send));
        assert_eq!(statuses(&one, &other)[0], 303);
        write(&loser, &birch_home, &Offer { method: "We cook with care", jobs: "10", price: "800,000" }).await;
        let send = loser.open(&format!("{birch_home}/check")).await.form("Send the application").with(&DECLARED);
        loser.done(&send).await.shows("Receipts that this one replaces");

        // Nobody else finds what was written, sent or received.
        for path in ["", "/receipt", "/check"] {
            loser.get(&format!("{alder_home}{path}")).await.expect(404);
            assert!(officer.get(&format!("{alder_home}{path}")).await.status >= 403);
        }
        loser.post(&format!("{alder_home}/submit"), &DECLARED).await.expect(404);
        loser.post(&format!("{alder_home}/withdraw"), &[]).await.expect(404);
        let alder_desk = alder_home.replace("/applications", "/desk/applications");
        officer.get(&alder_desk).await.expect(404);
        officer.open(&desk).await.hides("Alder Kitchens").hides(&reference);

        // Nobody opens before the closing, and Cedar comes a minute late.
        let opening = format!("{desk}/opening");
        assert!(!officer.open(&opening).await.has("Ask for the opening"));
        turned_down(officer.post(&opening, &[("part", "quality")]).await, "can be opened from");
        let cedar_home = start(&late, &call, &cedar).await;
        write(&late, &cedar_home, &Offer { method: "We deliver", jobs: "5", price: "700,000" }).await;
        let send = late.open(&format!("{cedar_home}/check")).await.form("Send the application").with(&DECLARED);
        on(&world, "2027-03-15T12:01:00Z").await;
        let late_answer = late.send(&send).await;
        turned_down(late_answer.clone(), "12:01");
        turned_down(late_answer, &at(CLOSES).exact());
        turned_down(officer.post(&opening, &[("part", "quality")]).await, "can be opened from");

        // Two officers open together; one alone cannot.
        on(&world, "2027-03-15T12:10:00Z").await;
        turned_down(second.post(&format!("{opening}/confirm"), &[("part", "quality")]).await, "");
        officer.fill(&opening, "Ask for the opening", &[]).await;
        assert!(!officer.open(&opening).await.has("Confirm and open"));
        turned_down(officer.post(&format!("{opening}/confirm"), &[("part", "quality")]).await, "");
        let third = world.client(&world.person(Role::ProcurementOfficer)).await;
        let confirm = second.open(&opening).await.form("Confirm and open");
        let third_confirm = third.open(&opening).await.form("Confirm and open");
        let (one, other) = join!(second.send(&confirm), third.send(&third_confirm));
        assert_eq!(statuses(&one, &other)[0], 303);
        assert!(statuses(&one, &other)[1] >= 400, "each envelope opens once");
        officer.open(&opening).await.shows("Alder Kitchens").shows("Birch Meals").hides("Cedar Food");
        officer.open(&alder_desk).await.shows("chooses the menus").shows("Sealed.").hides("900,000");
        let stranger = world.client(&staff.stranger).await;
        stranger.get(&opening).await.expect(404);
        stranger.get(&alder_desk).await.expect(404);

        // The panel declares before it sees, and each scores alone.
        let panel = format!("{desk}/panel");
        for evaluator in &staff.evaluators {
            officer.fill(&panel, "Add to the panel", &[("account", &evaluator.account().unwrap().to_string())]).await;
        }
        let sheet = format!("/evaluations/{}", call.rsplit('/').next().unwrap());
        let evaluators = [world.client(&staff.evaluators[0]).await, world.client(&staff.evaluators[1]).await];
        officer.get(&sheet).await.expect(403);
        let bids = [(alder_home.as_str(), "4"), (birch_home.as_str(), "2")].map(|(home, level)| (home.rsplit('/').next().unwrap().to_owned(), level));
        for (place, evaluator) in evaluators.iter().enumerate() {
            let page = evaluator.open(&sheet).await;
            page.shows("Alder Kitchens").hides("chooses the menus");
            evaluator.done(&page.form("Declare").set("answer", "none")).await;
            let links = evaluator.open(&sheet).await.links(&format!("{sheet}/"));
            assert_eq!(links.len(), 4);
            let mut levels = 0;
            for (_, link) in links {
                let page = evaluator.open(&link).await;
                let level = bids.iter().find(|(bid, _)| link.contains(bid)).unwrap().1;
                let form = page.form("Save");
                let why = format!("Reason of evaluator {place}");
                let form = if form.offers("level") { levels += 1; form.set("level", level) } else { form.set("passed", "yes") };
                evaluator.done(&form.set("reason", &why)).await;
            }
            assert_eq!(levels, 2);
            if place == 0 {
                let finish = evaluator.open(&sheet).await.form("Make my scores final");
                let (one, other) = join!(evaluator.send(&finish), evaluator.send(&finish));
                assert_eq!(statuses(&one, &other)[0], 303);
            }
        }
        evaluators[1].open(&sheet).await.hides("Reason of evaluator 0");
        assert!(!officer.open(&format!("{desk}/moderation")).await.has("Close the moderation"));
        evaluators[1].fill(&sheet, "Make my scores final", &[]).await;
        evaluators[1].open(&sheet).await.shows("Reason of evaluator 0");

        // Moderation, then the prices, then the ranking with its trace.
        let moderation = format!("{desk}/moderation");
        turned_down(officer.post(&opening, &[("part", "price")]).await, "moderat");
        for (_, link) in officer.open(&moderation).await.links(&format!("{moderation}/")) {
            let form = officer.open(&link).await.form("Agree");
            let level = bids.iter().find(|(bid, _)| link.contains(bid)).unwrap().1;
            let form = if form.offers("level") { form.set("level", level) } else { form.set("passed", "yes") };
            officer.done(&form.set("reason", &format!("The panel agrees on {level}"))).await;
        }
        officer.fill(&moderation, "Close the moderation", &[]).await;
        officer.open(&moderation).await.shows("The prices are still sealed").hides("Rank the bids");
        officer.fill(&opening, "Ask for the opening", &[]).await;
        second.fill(&opening, "Confirm and open", &[]).await;
        officer.fill(&moderation, "Rank the bids", &[]).await;
        let sign = officer.open(&moderation).await.form("Sign the ranking");
        officer.done(&sign).await.shows("Alder Kitchens is first with 96.67 points");
        assert!(officer.send(&sign).await.status >= 400, "a ranking is signed once");
        let trace = officer.open(&moderation).await.link("Alder Kitchens");
        // 30 x 800,000 / 900,000.
        officer.open(&trace).await.shows("26.67").shows("50.00").shows("20.00");
        let file = officer.get(&format!("{desk}/ranking.json")).await.expect(200).text;
        let recomputed = evaluate(&file);
        assert_eq!(recomputed["agrees"], true);
        assert_eq!((&recomputed["result"]["ranking"][0]["total"], &recomputed["result"]["ranking"][1]["total"]), (&"96.67".into(), &"65.00".into()));
        evaluators[0].get(&format!("{desk}/ranking.json")).await.expect(403);

        // One person recommends, another approves.
        let award = format!("{desk}/award");
        loser.open(&format!("{birch_home}/outcome")).await.shows("There is no decision yet").hides("Alder");
        officer.fill(&award, "Recommend", &[("application", "Alder"), ("reasons", "First by the published criteria.")]).await;
        for kind in ["exclusion", "debarment"] {
            let check = [("kind", kind), ("outcome", "clear"), ("note", "Looked up today")];
            officer.fill(&award, "Record the check", &check).await;
        }
        let members = [world.client(&staff.members[0]).await, world.client(&staff.members[1]).await];
        let approve = members[0].open(&award).await.form("Record my decision").set("decision", "approve");
        assert!(!officer.open(&award).await.has("Record my decision"));
        turned_down(officer.post(&approve.action, &[("decision", "approve")]).await, "You recommended this award");
        lead.post(&approve.action, &[("decision", "approve")]).await.expect(403);
        let other_approve = members[1].open(&award).await.form("Record my decision").set("decision", "approve");
        let (one, other) = join!(members[0].send(&approve), members[1].send(&other_approve));
        assert_eq!(statuses(&one, &other)[0], 303);
        assert!(statuses(&one, &other)[1] >= 400, "a recommendation is decided once");
        let award_id = approve.action.split('/').nth(5).unwrap().to_owned();

        // Summaries first, then the notice, then the standstill.
        on(&world, "2027-04-12T09:00:00Z").await;
        let notice_form = [("number", "2027/S 000-008815"), ("published_date", "12/4/2027"), ("published_time", "8:00")];
        assert!(!officer.open(&award).await.has("Record the notice"));
        turned_down(officer.post(&format!("{award}/{award_id}/notice"), &notice_form).await, "summar");
        officer.fill(&award, "Send every summary", &[]).await.shows("2 of 2 given");
        on(&world, "2027-04-12T11:00:00Z").await;
        let notice = [("number", "2027/S 000-008815"), ("published_date", "12/4/2027"), ("published_time", "10:00")];
        officer.fill(&award, "Record the notice", &notice).await.shows("21 April 2027");
        let signing = format!("/agreements/sign/{award_id}");
        on(&world, "2027-04-21T16:00:00Z").await;
        turned_down(officer.post(&signing, &[]).await, "standstill");

        // The loser reads why, and not what it must not see.
        let outcome = format!("{birch_home}/outcome");
        loser.open(&outcome).await.shows("Birch Meals is not successful").shows("Alder Kitchens").shows("The panel agrees on 2")
            .shows("25.00").shows("50.00").shows("How the winner was assessed").shows("The panel agrees on 4").hides("chooses the menus").hides("Reason of evaluator").hides("900,000");
        loser.get(&format!("{alder_home}/outcome")).await.expect(404);
        late.get(&outcome).await.expect(404);

        // The contract is signed once, and its obligations are there.
        on(&world, "2027-04-22T09:00:00Z").await;
        lead.get(&signing).await.expect(403);
        let sign = officer.open(&signing).await.form("Sign the contract").set("kpis", "Residents in work");
        let (one, other) = join!(officer.send(&sign), officer.send(&sign));
        assert_eq!(statuses(&one, &other)[0], 303);
        world.run_jobs().await;
        let agreements = first.open("/agreements").await.links("/agreements/");
        assert_eq!(agreements.len(), 1, "{agreements:?}");
        let agreement = agreements[0].1.clone();
        first.open(&agreement).await.shows("Residents in work").shows("20").shows("31 March 2028");
        loser.get(&agreement).await.expect(404);
        stranger.get(&agreement).await.expect(404);

        // A figure with evidence, checked by somebody of the council.
        on(&world, "2028-04-03T09:00:00Z").await;
        let due = first.open("/compliance").await.link("Residents in work");
        loser.get(&due).await.expect(404);
        loser.get(&format!("{due}/report")).await.expect(404);
        let report = first.open(&format!("{due}/report")).await.form("Report the figure").set("quantity", "19");
        first.send(&report).await.expect(422);
        let report = report.file("evidence", "payroll.csv", b"month,people\n2028-03,19\n");
        let (one, other) = join!(first.send(&report), first.send(&report));
        assert_eq!(statuses(&one, &other)[0], 303);
        assert!(statuses(&one, &other)[1] >= 400, "the same figure is reported once");
        // The public reads of it at once, as claimed and not as true. Nothing is reported of the wages yet.
        let told = public.open(&mission).await.reply.table("The same figures");
        assert_eq!(told, [[RESIDENTS, "20", "19", "0", "0%"], [WAGES, "100", "–", "–", "–"]]);
        let contracts = world.client(&staff.contracts).await;
        let decide = contracts.open(&due).await.form("Decide").with(&[("decision", "accept"), ("verified", "18"), ("reason", "One left in May")]);
        assert!(first.post(&decide.action, &[("decision", "accept")]).await.status >= 403);
        stranger.post(&decide.action, &[("decision", "accept")]).await.expect(403);
        contracts.done(&decide).await;
        assert!(contracts.send(&decide).await.status >= 400, "a figure is decided once");
        first.open(&due).await.shows("One left in May");
        let told = public.open(&mission).await.reply.table("The same figures");
        assert_eq!(told, [[RESIDENTS, "20", "19", "18", "90%"], [WAGES, "100", "–", "–", "–"]]);
    }
}
