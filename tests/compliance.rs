//! Compliance: report, query, accept; missed, cured, breached; counted once, shared; reminders once.

use crate::agreements::{Said, contract, days, quantity, refused};
use crate::support::World;
use chrono::{Days, TimeDelta};
use commonweal::agreements::Agreement;
use commonweal::agreements::actions::ChangeInput;
use commonweal::compliance::actions::{self, ApportionInput, DecisionInput, ReportInput};
use commonweal::compliance::remedies::{self, ProposeInput, TakeInput};
use commonweal::compliance::{
    AttentionKind, Claim, ClaimState, Due, DueState, needs_attention, record_of_mission, samples, totals_of_agreement,
};
use commonweal::conditions::{Cadence, Direction, Verifier};
use commonweal::db::schema::{counted_once, jobs, mails, obligations};
use commonweal::documents::Upload;
use commonweal::error::Error;
use commonweal::serve::{self, Upkeep};
use commonweal::values::{Actor, Clock, Id, Instant, LocalDate, Role, actor};
use diesel::prelude::*;
use serde_json::json;

pub async fn one_promise(world: &World, name: &str) -> (Id<actor::Organisation>, Actor, Due) {
    let (organisation, owner) = world.applicant(name);
    let said = [Said { id: "jobs", quantity: "20", by: days(world, 60), cadence: Cadence::Once }];
    let agreement = contract(world, organisation, &owner, &said).await;
    let due = samples::dues(&world.app, agreement).await.unwrap().remove(0);
    (organisation, owner, due)
}

fn noon(date: LocalDate) -> Instant {
    Instant::start_of(date).plus(TimeDelta::hours(12))
}

fn state(world: &World, due: &Due) -> Due {
    world.app.db.read_now(|db| commonweal::compliance::find_due(db, due.id)).unwrap()
}

fn decision(word: &str, verified: &str, reason: &str) -> DecisionInput {
    DecisionInput { decision: word.to_owned(), verified: verified.to_owned(), reason: reason.to_owned() }
}

pub fn with_people(figure: &str, people: &str) -> ReportInput {
    ReportInput { quantity: figure.to_owned(), beneficiaries: people.to_owned(), ..ReportInput::default() }
}

pub fn file(text: &str) -> Vec<Upload> {
    vec![Upload { name: "payroll.txt".to_owned(), bytes: text.as_bytes().to_vec() }]
}

fn subjects(world: &World) -> Vec<String> {
    world
        .app
        .db
        .read_now(|db| Ok(mails::table.select(mails::subject).order(mails::created_at).load::<String>(db)?))
        .unwrap()
}

/// Completes an agreement, or ends it early, with what follows from that.
async fn ended(world: &World, agreement: Id<Agreement>, what: &str) {
    let role = if what == "completion" { Role::ProcurementOfficer } else { Role::ContractManager };
    let input = ChangeInput { what: what.to_owned(), reason: "The work is over".to_owned(), ..ChangeInput::default() };
    let person = world.person(role);
    commonweal::agreements::actions::change(&world.app, &person, agreement, &input, world.now()).await.unwrap();
    world.run_jobs().await;
}

/// A figure with two people behind it, of whom another organisation counts one too: refused to it, noted for the officer.
struct Twice {
    first: Actor,
    one: Due,
    claim: Id<Claim>,
    double: String,
    officer: Actor,
}

impl Twice {
    /// Within the time for it, or once the days of grace are over.
    async fn of(world: &World, figure: &str, late: bool) -> Twice {
        let (_, first, one) = one_promise(world, "First").await;
        let (_, second, two) = one_promise(world, "Second").await;
        let officer = world.person(Role::ContractManager);
        if late {
            world.move_clock(noon(one.grace_until + Days::new(2))).await;
        }
        let now = world.now();
        let people = with_people(figure, "AB 12-34\nCD 56");
        let claim = actions::report(&world.app, &first, one.id, &people, file("first"), now).await.unwrap();
        let people = with_people("4", "ab1234\nEF 78");
        let taken = actions::report(&world.app, &second, two.id, &people, file("second"), now).await.unwrap_err();
        assert_eq!(refused(taken), "compliance/double-count");
        let noted = world.api(&officer).await.get("/api/v1/double-counts").await.expect(200).json();
        let double = noted["items"][0]["id"].as_str().unwrap().to_owned();
        Twice { first, one, claim, double, officer }
    }

    async fn accepted(&self, world: &World) -> DueState {
        samples::accept(&world.app, &self.officer, self.claim, world.now()).await.unwrap()
    }

    /// Six tenths of one of two people stay, which is eight tenths of the figure: what of it is verified now, what has
    /// become of the due date, and what the first organisation reads.
    async fn shared(&self, world: &World) -> (String, Due, String) {
        let shares =
            ApportionInput { first_percent: "60".into(), percent: "40".into(), reason: "Both trained her".into() };
        let id = self.double.parse().unwrap();
        actions::apportion(&world.app, &self.officer, id, &shares, world.now()).await.unwrap();
        let claim = world.app.db.read_now(|db| commonweal::compliance::find_claim(db, self.claim)).unwrap();
        let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 100)).unwrap().items;
        let told: Vec<_> = mails.into_iter().filter(|m| m.subject.starts_with(SHARED)).collect();
        assert!(!told.is_empty(), "the first organisation is told");
        assert!(told[0].body.contains("60% of it stays with yours"), "{}", told[0].body);
        assert!(told[0].body.contains("The council says: Both trained her"), "{}", told[0].body);
        (claim.verified.unwrap().shown(), state(world, &self.one), told[0].body.clone())
    }
}

const SHARED: &str = "Your figure is shared with another: Promise jobs, ";

both! {
    async fn whoever_decides_is_told_who_checks_the_figure(world: World) {
        let (_, owner, due) = one_promise(&world, "Harvest Kitchens").await;
        let officer = world.person(Role::ContractManager);
        actions::report(&world.app, &owner, due.id, &with_people("2", "AB 12-34"), file("first"), world.now()).await.unwrap();
        let (desk, api) = (world.client(&officer).await, world.api(&officer).await);
        let page = format!("/compliance/dues/{}", due.id);
        desk.get(&page).await.expect(200).shows("Who checks it").shows("The council").hides("Accept it when its report");
        world.app.db.write_now(|db| {
            let mut terms = commonweal::agreements::find_obligation(db, due.obligation_id)?.terms;
            terms.0.verifier = Verifier::ThirdParty;
            let one = obligations::table.filter(obligations::id.eq(due.obligation_id));
            Ok(diesel::update(one).set(obligations::terms.eq(&terms)).execute(db)?)
        }).unwrap();
        desk.get(&page).await.expect(200).shows("A third party checks this figure. Accept it when its report is among the evidence");
        assert_eq!(api.get(&format!("/api/v1/dues/{}", due.id)).await.expect(200).json()["verifier"], "third_party");
    }

    async fn an_organisation_reports_is_asked_answers_and_is_accepted(world: World) {
        let (_, owner, due) = one_promise(&world, "Harvest Kitchens").await;
        let officer = world.person(Role::ContractManager);
        let page = format!("/compliance/dues/{}", due.id);
        let browser = world.client(&owner).await;
        browser.get("/compliance").await.expect(200).shows("Promise jobs");
        browser.get(&format!("{page}/report")).await.expect(200).shows("Payroll");
        let wrong = browser.upload(&format!("{page}/report"), &[("quantity", "many")], &[]).await.expect(422);
        wrong.shows("There is a problem").shows("value=\"many\"");
        browser.upload(&format!("{page}/report"), &[("quantity", "19")], &[]).await.expect(422).shows("Add at least one file");
        browser.upload(&format!("{page}/report"), &[("quantity", "19")], &[("evidence", "a.txt", b"nineteen names")]).await.expect(303);
        browser.get(&page).await.expect(200).shows("being checked").shows("Not scanned for viruses");
        browser.get(&format!("{page}/report")).await.expect(409);

        let desk = world.client(&officer).await;
        desk.get("/compliance").await.expect(200).shows("One figure waits for you");
        let claim = world.app.db.read_now(|db| commonweal::compliance::claims_of_agreement(db, due.agreement_id)).unwrap()[0].id;
        desk.get(&page).await.expect(200);
        let decide = format!("/compliance/claims/{claim}/decide");
        desk.post(&decide, &[("at", "decide"), ("decision", "query")]).await.expect(422).shows("Say why");
        desk.post_and_follow(&decide, &[("decision", "query"), ("reason", "Where is the twentieth?")]).await.expect(200).shows("Queried");
        let totals = world.app.db.read_now(|db| totals_of_agreement(db, due.agreement_id)).unwrap();
        assert_eq!((totals[0].promised, totals[0].claimed, totals[0].verified), (quantity("20"), Some(quantity("19")), Some(quantity("0"))));

        browser.get(&page).await.expect(200).shows("Where is the twentieth?");
        let second = samples::report(&world.app, &owner, due.id, quantity("21"), world.now()).await.unwrap();
        let more = actions::decide(&world.app, &officer, second, &decision("accept", "22", "x"), world.now()).await.unwrap_err();
        assert_eq!(refused(more), "compliance/more-than-counts");
        assert_eq!(actions::decide(&world.app, &officer, second, &decision("accept", "20", "One left"), world.now()).await.unwrap(), DueState::Met);
        let totals = world.app.db.read_now(|db| record_of_mission(db, due.mission_id)).unwrap().1;
        assert_eq!((totals[0].promised, totals[0].claimed, totals[0].verified), (quantity("20"), Some(quantity("21")), Some(quantity("20"))));
        assert_eq!(refused(actions::decide(&world.app, &officer, second, &decision("reject", "", "x"), world.now()).await.unwrap_err()), "compliance/not-waiting");
        browser.get(&format!("/agreements/{}", due.agreement_id)).await.expect(200).shows("Every promise is met").shows("Figure accepted");
        desk.get("/compliance?show=decided&format=csv").await.expect(200).shows("met");
    }

    async fn a_miss_is_reminded_of_once_each_time_and_cured_in_time(world: World) {
        let (_, owner, due) = one_promise(&world, "Harvest Kitchens").await;
        let officer = world.person(Role::ContractManager);
        world.move_clock(noon(due.due_on - Days::new(4))).await;
        let before = |words: &str| subjects(&world).iter().filter(|s| s.starts_with(words)).count();
        assert_eq!(before("Promise jobs is due on"), 1);
        world.move_clock(noon(due.due_on + Days::new(2))).await;
        assert_eq!(before("Promise jobs is due on"), 2);
        assert_eq!(before("Overdue: Promise jobs"), 1);
        assert_eq!(state(&world, &due).state, DueState::Pending);
        // The same moment told again, as after a crash, changes nothing.
        let now = world.now();
        world.app.db.write_now(|db| commonweal::outbox::schedule(db, "compliance.moment", json!({ "due": due.id, "moment": "day_after" }), now)).unwrap();
        world.run_jobs().await;
        assert_eq!(before("Overdue: Promise jobs"), 1);

        world.move_clock(noon(due.due_on + Days::new(6))).await;
        let missed = state(&world, &due);
        assert_eq!((missed.state, missed.cure_by), (DueState::Missed, Some(due.grace_until + Days::new(30))));
        let seen = world.app.db.read_now(|db| needs_attention(db, world.council, now.date())).unwrap();
        assert_eq!(seen[0].kind, AttentionKind::Missed);
        let claim = samples::report(&world.app, &owner, due.id, quantity("20"), world.now()).await.unwrap();
        // The council takes its time; that is not the organisation's breach.
        world.move_clock(noon(due.grace_until + Days::new(40))).await;
        assert_eq!(state(&world, &due).state, DueState::Missed);
        assert_eq!(samples::accept(&world.app, &officer, claim, world.now()).await.unwrap(), DueState::Cured);
        assert_eq!(state(&world, &due).state, DueState::Cured);
    }

    async fn a_miss_that_is_not_put_right_is_a_breach_and_another_person_takes_the_next_remedy(world: World) {
        let (_, owner, due) = one_promise(&world, "Harvest Kitchens").await;
        let officer = world.person(Role::ContractManager);
        let second = world.person(Role::FundManager);
        world.move_clock(noon(due.grace_until + Days::new(31))).await;
        assert_eq!(state(&world, &due).state, DueState::Breached);
        let seen = world.app.db.read_now(|db| needs_attention(db, world.council, world.now().date())).unwrap();
        assert_eq!((seen[0].kind, seen[0].next_step.as_deref()), (AttentionKind::Breach, Some("Notice with a plan")));
        let late = samples::report(&world.app, &owner, due.id, quantity("20"), world.now()).await.unwrap_err();
        assert_eq!(refused(late), "compliance/closed");

        let propose = |kind: &str| ProposeInput { kind: kind.to_owned(), reason: "As the ladder says".to_owned() };
        let step = remedies::propose(&world.app, &officer, due.id, &propose("step"), world.now()).await.unwrap();
        let take = TakeInput { reason: "Mild and enough".to_owned() };
        let own = remedies::take(&world.app, &officer, step, &take, world.now()).await.unwrap_err();
        assert!(matches!(own, Error::Denied), "nobody takes what they proposed");
        let page = format!("/compliance/dues/{}", due.id);
        let desk = world.client(&second).await;
        desk.get(&page).await.expect(200).shows("Proposed: Notice with a plan");
        desk.post(&format!("/compliance/remedies/{step}/take"), &[("at", "take"), ("reason", "")]).await.expect(422);
        desk.post_and_follow(&format!("/compliance/remedies/{step}/take"), &[("reason", "Mild and enough")]).await.expect(200).shows("Remedy taken");
        assert_eq!(refused(remedies::take(&world.app, &second, step, &take, world.now()).await.unwrap_err()), "compliance/not-proposed");
        world.client(&owner).await.get(&page).await.expect(200).shows("Mild and enough");

        let next = remedies::propose(&world.app, &officer, due.id, &propose("step"), world.now()).await.unwrap();
        remedies::take(&world.app, &second, next, &take, world.now()).await.unwrap();
        let ends = remedies::propose(&world.app, &officer, due.id, &propose("step"), world.now()).await.unwrap_err();
        assert_eq!(refused(ends), "compliance/ladder-ends");
        let waive = remedies::propose(&world.app, &officer, due.id, &propose("waive"), world.now()).await.unwrap();
        assert_eq!(remedies::take(&world.app, &second, waive, &take, world.now()).await.unwrap(), DueState::Waived);
    }

    async fn a_figure_below_the_target_is_a_breach_only_after_the_time_to_cure_and_not_by_the_same_officer(world: World) {
        let (_, owner, due) = one_promise(&world, "Harvest Kitchens").await;
        let officer = world.person(Role::ContractManager);
        world.move_clock(noon(due.grace_until + Days::new(2))).await;
        let claim = samples::report(&world.app, &owner, due.id, quantity("12"), world.now()).await.unwrap();
        assert_eq!(samples::accept(&world.app, &officer, claim, world.now()).await.unwrap(), DueState::Missed);
        let again = samples::report(&world.app, &owner, due.id, quantity("13"), world.now()).await.unwrap();
        let cure_by = state(&world, &due).cure_by.unwrap();
        world.move_clock(noon(cure_by + Days::new(3))).await;
        assert_eq!(actions::decide(&world.app, &officer, again, &decision("reject", "", "No payroll"), world.now()).await.unwrap(), DueState::Breached);
        let api = world.api(&officer).await;
        let shown = api.get(&format!("/api/v1/dues/{}", due.id)).await.expect(200).json();
        let step = shown["remedies"][0]["id"].as_str().unwrap().to_owned();
        api.post(&format!("/api/v1/remedies/{step}/take"), json!({ "reason": "x" })).await.expect(403);
        let other = world.person(Role::ContractManager);
        world.api(&other).await.post(&format!("/api/v1/remedies/{step}/take"), json!({ "reason": "Fair" })).await.expect(200);
        let totals = world.app.db.read_now(|db| totals_of_agreement(db, due.agreement_id)).unwrap();
        assert_eq!(totals[0].verified, Some(quantity("12")), "what was verified stays verified");
    }

    async fn a_figure_is_not_rejected_without_a_reason_that_the_organisation_can_read(world: World) {
        let (_, owner, due) = one_promise(&world, "Harvest Kitchens").await;
        let officer = world.person(Role::ContractManager);
        let claim = samples::report(&world.app, &owner, due.id, quantity("19"), world.now()).await.unwrap();
        let desk = world.client(&officer).await;
        let decide = format!("/compliance/claims/{claim}/decide");
        let before = state(&world, &due);
        let found = || world.app.db.read_now(|db| commonweal::compliance::find_claim(db, claim)).unwrap();
        for silent in ["", "  "] {
            desk.post(&decide, &[("at", "decide"), ("decision", "reject"), ("reason", silent)]).await.expect(422).shows("Say why, in words the organisation can act on");
            assert_eq!((found().state, found().decided_at, state(&world, &due)), (ClaimState::Reported, None, before.clone()));
        }
        desk.post(&decide, &[("decision", "reject"), ("reason", "The payroll names eighteen")]).await.expect(303);
        assert_eq!(found().state, ClaimState::Rejected);
        world.client(&owner).await.get(&format!("/compliance/dues/{}", due.id)).await.expect(200).shows("The payroll names eighteen");
    }

    async fn another_organisation_and_staff_cannot_report_and_an_organisation_cannot_decide(world: World) {
        let (_, owner, due) = one_promise(&world, "Harvest Kitchens").await;
        let (_, stranger) = world.applicant("Somebody Else");
        let officer = world.person(Role::ContractManager);
        // To a stranger there is no such date; the officer, who sees it, is told that reporting is not theirs.
        let report = async |who| samples::report(&world.app, who, due.id, quantity("20"), world.now()).await.unwrap_err();
        assert!(matches!(report(&stranger).await, Error::NotFound));
        assert!(matches!(report(&officer).await, Error::Denied));
        let browser = world.client(&stranger).await;
        browser.get(&format!("/compliance/dues/{}", due.id)).await.expect(404);
        browser.get(&format!("/compliance/dues/{}/report", due.id)).await.expect(404);
        let claim = samples::report(&world.app, &owner, due.id, quantity("20"), world.now()).await.unwrap();
        assert!(matches!(samples::accept(&world.app, &owner, claim, world.now()).await.unwrap_err(), Error::Denied));
        let elsewhere = world.person_of(world.other_council(), Role::ContractManager);
        assert!(matches!(samples::accept(&world.app, &elsewhere, claim, world.now()).await.unwrap_err(), Error::NotFound));
        let document = world.app.db.read_now(|db| commonweal::documents::of_owner(db, "claim", &claim.to_string())).unwrap()[0].id;
        browser.get(&format!("/compliance/evidence/{document}")).await.expect(404);
        world.client(&officer).await.get(&format!("/compliance/evidence/{document}")).await.expect(200).shows("Payroll summary");
    }

    async fn a_beneficiary_counted_elsewhere_is_refused_until_shared_and_never_kept_in_clear(world: World) {
        let (_, first, one) = one_promise(&world, "First").await;
        let (_, second, two) = one_promise(&world, "Second").await;
        let officer = world.person(Role::ContractManager);
        let now = world.now();
        let claim = actions::report(&world.app, &first, one.id, &with_people("2", "AB 12-34\nCD 56"), file("first"), now).await.unwrap();
        let input = with_people("4", "ab1234\nEF 78\nGH 90\nIJ 12");
        let taken = actions::report(&world.app, &second, two.id, &input, file("second"), now).await.unwrap_err();
        assert_eq!(refused(taken), "compliance/double-count");
        let same_file = actions::report(&world.app, &second, two.id, &with_people("4", "ZZ 1"), file("first"), now).await.unwrap_err();
        assert_eq!(refused(same_file), "compliance/double-count");
        // The council is told, as the refusal says: once for each thing, however often it is sent again.
        actions::report(&world.app, &second, two.id, &input, file("second"), now).await.unwrap_err();
        let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 100)).unwrap().items;
        let told: Vec<_> = mails.iter().filter(|m| m.subject.starts_with("Counted twice: ")).collect();
        assert_eq!(told.len(), 2, "a person and a file: {told:?}");
        assert!(told.iter().all(|m| m.body.contains("/compliance/shared") && !m.body.contains("ab1234")), "{told:?}");
        let prints: Vec<String> = world.app.db.read_now(|db| Ok(counted_once::table.select(counted_once::fingerprint).load(db)?)).unwrap();
        assert_eq!(prints.len(), 3, "two people and a file of the first, nothing of the second");
        assert!(prints.iter().all(|p| p.len() == 64 && !p.contains("ab1234")));

        let desk = world.client(&officer).await;
        let list = desk.get("/compliance/shared").await.expect(200);
        list.shows("Beneficiary").shows("Evidence");
        desk.get("/tasks").await.expect(200).shows(": counted twice").shows("Decide how it is shared");
        let api = world.api(&officer).await;
        let noted = api.get("/api/v1/double-counts").await.expect(200).json();
        let id = noted["items"].as_array().unwrap().iter().find(|d| d["kind"] == "beneficiary").unwrap()["id"].as_str().unwrap().to_owned();
        desk.get(&format!("/compliance/shared/{id}")).await.expect(200).shows("How much stays with First?");
        desk.post(&format!("/compliance/shared/{id}"), &[("first_percent", "60"), ("percent", "40.5"), ("reason", "Both")]).await.expect(422).shows("at most 100%");
        desk.post(&format!("/compliance/shared/{id}"), &[("first_percent", "60"), ("percent", "40"), ("reason", "Both trained her")]).await.expect(303);
        let shared = world.app.db.read_now(|db| commonweal::compliance::find_claim(db, claim)).unwrap();
        assert_eq!(shared.counted, quantity("1.6"), "one whole and six tenths");
        // Nothing was decided about the first figure, so nothing is judged; its organisation is told all the same.
        assert_eq!((state(&world, &one).state, shared.state, shared.verified), (DueState::Pending, ClaimState::Reported, None));
        let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 100)).unwrap().items;
        let told = mails.iter().find(|m| m.subject.starts_with(SHARED)).unwrap();
        assert!(told.body.contains("Reported: 2 people. Counts from now on: 1.6 people.") && told.body.contains("still being checked"), "{}", told.body);
        let again = ApportionInput { first_percent: "1".into(), percent: "1".into(), reason: "x".into() };
        assert_eq!(refused(actions::apportion(&world.app, &officer, id.parse().unwrap(), &again, now).await.unwrap_err()), "compliance/apportioned");
        let granted = actions::report(&world.app, &second, two.id, &input, file("second"), now).await.unwrap();
        let granted = world.app.db.read_now(|db| commonweal::compliance::find_claim(db, granted)).unwrap();
        assert_eq!(granted.counted, quantity("3.4"));

        let (_, third, three) = one_promise(&world, "Third").await;
        let none_left = actions::report(&world.app, &third, three.id, &with_people("1", "AB1234"), file("third"), now).await.unwrap_err();
        assert_eq!(refused(none_left), "compliance/double-count");
    }

    async fn an_accepted_figure_of_which_less_counts_after_sharing_is_open_again_and_its_organisation_is_told_why(world: World) {
        let twice = Twice::of(&world, "20", false).await;
        assert_eq!(twice.accepted(&world).await, DueState::Met);
        // Its reminders pass by while it is met.
        world.move_clock(noon(twice.one.due_on - Days::new(1))).await;
        let (verified, due, told) = twice.shared(&world).await;
        assert_eq!((verified.as_str(), due.state, due.claim_state, due.cure_by), ("16", DueState::Pending, Some(ClaimState::Accepted), None));
        assert!(told.contains("Reported: 20 people. Verified until now: 20 people. Verified from now on: 16 people."), "{told}");
        assert!(told.contains("That is not enough for this period. Report again by"), "{told}");
        let browser = world.client(&twice.first).await;
        browser.get(&format!("/compliance/dues/{}", due.id)).await.expect(200).shows("Accepted, below target");
        browser.get(&format!("/agreements/{}", due.agreement_id)).await.expect(200)
            .shows("Shared figure apportioned").shows("Judged again: less of the figure counts");
        // Nobody waits for it in vain: it is missed when its days of grace are over, and a figure that is enough cures it.
        world.move_clock(noon(due.grace_until + Days::new(2))).await;
        assert_eq!(state(&world, &due).state, DueState::Missed);
        let more = with_people("25", "AB 12-34\nCD 56");
        let again = actions::report(&world.app, &twice.first, due.id, &more, file("first again"), world.now()).await.unwrap();
        assert_eq!(samples::accept(&world.app, &twice.officer, again, world.now()).await.unwrap(), DueState::Cured);
    }

    async fn an_accepted_figure_that_is_enough_after_sharing_stays_met(world: World) {
        let twice = Twice::of(&world, "40", false).await;
        assert_eq!(twice.accepted(&world).await, DueState::Met);
        let (verified, due, told) = twice.shared(&world).await;
        assert_eq!((verified.as_str(), due.state), ("32", DueState::Met));
        assert!(told.contains("Nothing more is to do for this period"), "{told}");
        world.client(&twice.first).await.get(&format!("/agreements/{}", due.agreement_id)).await.expect(200)
            .shows("Shared figure apportioned").hides("Judged again");
    }

    async fn a_figure_of_which_less_counts_after_the_days_of_grace_can_be_put_right_before_it_is_a_breach(world: World) {
        let twice = Twice::of(&world, "20", false).await;
        assert_eq!(twice.accepted(&world).await, DueState::Met);
        world.move_clock(noon(twice.one.grace_until + Days::new(10))).await;
        let (verified, due, told) = twice.shared(&world).await;
        let by = world.now().date() + Days::new(30);
        assert_eq!((verified.as_str(), due.state, due.cure_by), ("16", DueState::Missed, Some(by)));
        let until = commonweal::values::time::medium_date(by);
        assert!(told.contains(&format!("Report again by {until}")), "{told}");
        world.move_clock(noon(by)).await;
        assert_eq!(state(&world, &due).state, DueState::Missed, "its last day");
        world.move_clock(noon(by + Days::new(1))).await;
        assert_eq!(state(&world, &due).state, DueState::Breached);
    }

    async fn a_cured_date_that_is_short_after_sharing_is_a_breach_and_the_same_officer_does_not_take_the_step(world: World) {
        let twice = Twice::of(&world, "20", true).await;
        assert_eq!(twice.accepted(&world).await, DueState::Cured);
        world.move_clock(noon(state(&world, &twice.one).cure_by.unwrap() + Days::new(3))).await;
        let (verified, due, told) = twice.shared(&world).await;
        assert_eq!((verified.as_str(), due.state), ("16", DueState::Breached));
        assert!(told.contains("The time to put it right is over"), "{told}");
        let officer = world.api(&twice.officer).await;
        let shown = officer.get(&format!("/api/v1/dues/{}", due.id)).await.expect(200).json();
        let take = format!("/api/v1/remedies/{}/take", shown["remedies"][0]["id"].as_str().unwrap());
        officer.post(&take, json!({ "reason": "My own" })).await.expect(403);
        let other = world.api(&world.person(Role::ContractManager)).await;
        other.post(&take, json!({ "reason": "Fair" })).await.expect(200);
    }

    async fn figures_due_on_the_last_day_outlive_the_completion_of_their_agreement(world: World) {
        let (winner, owner) = world.applicant("Harvest Kitchens");
        let officer = world.person(Role::ContractManager);
        let last = days(&world, 365);
        let said = ["jobs", "hours"].map(|id| Said { id, quantity: "20", by: last, cadence: Cadence::Once });
        let agreement = contract(&world, winner, &owner, &said).await;
        let dues = samples::dues(&world.app, agreement).await.unwrap();
        assert!(dues.len() == 2 && dues.iter().all(|d| d.due_on == last));
        world.move_clock(noon(last)).await;
        ended(&world, agreement, "completion").await;
        assert!(dues.iter().all(|d| state(&world, d).state == DueState::Pending));
        let browser = world.client(&owner).await;
        browser.get(&format!("/agreements/{agreement}")).await.expect(200).shows("Completed. 2 figures that fell due before are still open.");
        world.move_clock(noon(last + Days::new(1))).await;
        assert_eq!(subjects(&world).iter().filter(|s| s.starts_with("Overdue: Promise ")).count(), 2, "reminded as before");

        // Reported after the end; what the council asks for once more can be sent once more.
        let page = format!("/compliance/dues/{}", dues[0].id);
        browser.get(&page).await.expect(200).shows("Report the figure");
        browser.get(&format!("{page}/report")).await.expect(200);
        let first = samples::report(&world.app, &owner, dues[0].id, quantity("19"), world.now()).await.unwrap();
        let rejected = actions::decide(&world.app, &officer, first, &decision("reject", "", "No payroll"), world.now()).await.unwrap();
        assert_eq!(rejected, DueState::Pending);
        let again = samples::report(&world.app, &owner, dues[0].id, quantity("20"), world.now()).await.unwrap();
        assert_eq!(samples::accept(&world.app, &officer, again, world.now()).await.unwrap(), DueState::Met);
        let more = samples::report(&world.app, &owner, dues[0].id, quantity("21"), world.now()).await.unwrap_err();
        assert_eq!(refused(more), "compliance/closed");

        // What is not shown is missed and then in breach, as if the agreement ran.
        world.move_clock(noon(dues[1].grace_until + Days::new(1))).await;
        assert_eq!(state(&world, &dues[1]).state, DueState::Missed);
        world.move_clock(noon(dues[1].grace_until + Days::new(31))).await;
        assert_eq!(state(&world, &dues[1]).state, DueState::Breached);
        assert_eq!(state(&world, &dues[0]).state, DueState::Met);
    }

    async fn a_due_date_whose_job_was_lost_is_brought_up_to_date_by_the_worker(world: World) {
        let (winner, owner) = world.applicant("Harvest Kitchens");
        let last = days(&world, 365);
        let said = ["jobs", "hours"].map(|id| Said { id, quantity: "20", by: last, cadence: Cadence::Once });
        let agreement = contract(&world, winner, &owner, &said).await;
        let dues = samples::dues(&world.app, agreement).await.unwrap();
        world.move_clock(noon(last)).await;
        ended(&world, agreement, "completion").await;
        let lost = || {
            world.app.db.write_now(|db| {
                let moments = jobs::table.filter(jobs::kind.eq(commonweal::compliance::jobs::MOMENT));
                Ok(diesel::delete(moments).execute(db)?)
            }).unwrap();
        };
        // What a worker does once in a while; this one has run for longer than that.
        let worker = async || {
            let (begun, at) = (Clock::machine(), Clock::machine().plus(TimeDelta::hours(72)));
            serve::tick(&world.app, &world.handlers, "one node", &mut Upkeep::begun(begun), at).await.unwrap();
        };
        lost();
        let (forgotten, reported) = (&dues[0], &dues[1]);
        let grace = forgotten.grace_until;
        world.move_clock(noon(grace + Days::new(1))).await;
        samples::report(&world.app, &owner, reported.id, quantity("20"), world.now()).await.unwrap();
        worker().await;
        assert_eq!(state(&world, forgotten).state, DueState::Pending, "a job that is merely late has a day");
        world.move_clock(noon(grace + Days::new(2))).await;
        for _ in 0..2 {
            worker().await;
            assert_eq!([forgotten, reported].map(|due| state(&world, due).state), [DueState::Missed, DueState::Pending]);
            assert_eq!(subjects(&world).iter().filter(|s| s.starts_with("Missed: Promise ")).count(), 1);
        }
        // The whole time to put it right is left, and its end is not lost either.
        let cure_by = state(&world, forgotten).cure_by.unwrap();
        assert!(cure_by > world.now().date());
        lost();
        world.move_clock(noon(cure_by + Days::new(2))).await;
        assert_eq!(state(&world, forgotten).state, DueState::Missed);
        worker().await;
        assert_eq!([forgotten, reported].map(|due| state(&world, due).state), [DueState::Breached, DueState::Pending]);
    }

    async fn of_an_agreement_ended_early_what_fell_due_is_still_owed_and_what_comes_later_is_not(world: World) {
        let (winner, owner) = world.applicant("Harvest Kitchens");
        let officer = world.person(Role::ContractManager);
        let (soon, far) = (days(&world, 60), days(&world, 300));
        let said = [("jobs", soon), ("hours", far), ("meals", far)]
            .map(|(id, by)| Said { id, quantity: "20", by, cadence: Cadence::Once });
        let agreement = contract(&world, winner, &owner, &said).await;
        let dues = samples::dues(&world.app, agreement).await.unwrap();
        let [fell_due, waits, later] = dues.as_slice() else { panic!("{dues:?}") };
        world.move_clock(noon(soon + Days::new(1))).await;
        let early = samples::report(&world.app, &owner, waits.id, quantity("5"), world.now()).await.unwrap();
        ended(&world, agreement, "termination").await;
        assert_eq!([fell_due, waits, later].map(|d| state(&world, d).state), [DueState::Pending, DueState::Pending, DueState::Closed]);
        let late = samples::report(&world.app, &owner, later.id, quantity("20"), world.now()).await.unwrap_err();
        assert_eq!(refused(late), "compliance/agreement-ended");

        // A figure that was with the council is decided, and nobody is asked for another that would not be taken.
        let desk = world.client(&officer).await;
        desk.get(&format!("/compliance/dues/{}", waits.id)).await.expect(200).shows("The agreement ended before this figure was due");
        let query = actions::decide(&world.app, &officer, early, &decision("query", "", "Whose hours?"), world.now()).await.unwrap();
        assert_eq!(query, DueState::Closed);
        let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 100)).unwrap().items;
        let told = mails.iter().find(|m| m.subject.starts_with("Queried: ")).unwrap();
        assert!(told.body.contains("ended before this figure was due") && !told.body.contains("Report again"), "{}", told.body);

        let short = samples::report(&world.app, &owner, fell_due.id, quantity("12"), world.now()).await.unwrap();
        assert_eq!(samples::accept(&world.app, &officer, short, world.now()).await.unwrap(), DueState::Pending);
        world.move_clock(noon(fell_due.grace_until + Days::new(1))).await;
        assert_eq!(state(&world, fell_due).state, DueState::Missed);
        let whole = samples::report(&world.app, &owner, fell_due.id, quantity("20"), world.now()).await.unwrap();
        assert_eq!(samples::accept(&world.app, &officer, whole, world.now()).await.unwrap(), DueState::Cured);
    }

    async fn of_two_organisations_that_count_the_same_at_once_one_is_refused(world: World) {
        let (_, first, one) = one_promise(&world, "First").await;
        let (_, second, two) = one_promise(&world, "Second").await;
        let now = world.now();
        for round in 0..6 {
            let people = with_people("1", &format!("person {round}"));
            let (a, b) = (file(&format!("a{round}")), file(&format!("b{round}")));
            let (left, right) = tokio::join!(
                actions::report(&world.app, &first, one.id, &people, a, now),
                actions::report(&world.app, &second, two.id, &people, b, now)
            );
            let refusals: Vec<_> = [left.as_ref().err(), right.as_ref().err()].into_iter().flatten().collect();
            assert_eq!(refusals.len(), 1, "{left:?} {right:?}");
            let officer = world.person(Role::ContractManager);
            for claim in [left, right].into_iter().flatten() {
                actions::decide(&world.app, &officer, claim, &decision("reject", "", "Next round"), now).await.unwrap();
            }
        }
    }

    async fn the_whole_of_it_can_be_done_by_a_program(world: World) {
        let (_, owner, due) = one_promise(&world, "Harvest Kitchens").await;
        let officer = world.person(Role::ContractManager);
        let api = world.api(&owner).await;
        let listed = api.get("/api/v1/dues?show=open").await.expect(200).json();
        assert_eq!(listed["items"][0]["id"], json!(due.id));
        let body = json!({ "quantity": "20", "evidence": [{ "name": "p.csv", "content": "bmFtZSxwYXkKQSwxMAo=" }] });
        let made = api.post(&format!("/api/v1/dues/{}/claims", due.id), body).await.expect(201).json();
        let claim = made["claim"].as_str().unwrap();
        let shown = api.get(&format!("/api/v1/dues/{}", due.id)).await.expect(200).json();
        let file = format!("/api/v1/evidence/{}", shown["evidence"][0]["id"].as_str().unwrap());
        for who in [&owner, &officer] {
            let read = world.api(who).await.get(&file).await.expect(200);
            assert_eq!((read.bytes.as_slice(), read.header("content-disposition")), (b"name,pay\nA,10\n".as_slice(), Some("attachment; filename=\"p.csv\"")));
            assert_eq!(read.header("content-type"), Some("text/csv"));
        }
        let (_, stranger) = world.applicant("Somebody Else");
        let unknown = world.api(&stranger).await.get(&file).await.expect(404);
        assert_eq!(unknown.header("content-type"), Some("application/problem+json"));
        world.api(&Actor::Public).await.get(&file).await.expect(401);
        api.post(&format!("/api/v1/claims/{claim}/decision"), json!({ "decision": "accept" })).await.expect(403);
        let decided = world.api(&officer).await.post(&format!("/api/v1/claims/{claim}/decision"), json!({ "decision": "accept" })).await.expect(200).json();
        assert_eq!(decided["state"], "met");
        let totals = api.get(&format!("/api/v1/agreements/{}/totals", due.agreement_id)).await.expect(200).json();
        assert_eq!(totals["items"][0]["verified"], "20");
    }

    async fn per_cents_are_averaged_over_what_is_reported_and_a_passed_limit_is_not_met_on_the_page_of_its_mission(world: World) {
        let (winner, owner) = world.applicant("Harvest Kitchens");
        let officer = world.person(Role::ContractManager);
        let said = ["jobs", "hours"].map(|id| Said { id, quantity: "50", by: days(&world, 60), cadence: Cadence::Once });
        let agreement = contract(&world, winner, &owner, &said).await;
        let mission = world.mission();
        let measured = |direction: Direction| {
            world.app.db.write_now(|db| {
                let behind = commonweal::db::schema::agreements::table;
                diesel::update(behind).set(commonweal::db::schema::agreements::mission_id.eq(mission)).execute(db)?;
                let same = (obligations::measure.eq("Rent of the market"), obligations::unit.eq("%"), obligations::direction.eq(direction));
                Ok(diesel::update(obligations::table).set(same).execute(db)?)
            }).unwrap();
        };
        let slug = format!("mission-{}", mission.to_string().to_lowercase());
        let (public, api) = (world.client(&Actor::Public).await, world.api(&owner).await);
        let behind = async || {
            let items = api.get(&format!("/api/v1/missions/{slug}/totals")).await.expect(200).json()["items"].clone();
            assert_eq!(api.get(&format!("/api/v1/agreements/{agreement}/totals")).await.expect(200).json()["items"], items);
            items
        };
        measured(Direction::AtLeast);
        let rent = |direction: &str, figure: serde_json::Value, with: usize, kept: usize| json!([{
            "measure": "Rent of the market", "unit": "%", "direction": direction, "averaged": true, "promised": "50",
            "claimed": figure, "verified": figure, "obligations": 2, "reported": with, "checked": with, "kept": kept,
        }]);
        assert_eq!(behind().await, rent("at_least", json!(null), 0, 0), "not reported is not nothing");

        let due = samples::dues(&world.app, agreement).await.unwrap().remove(0);
        let claim = samples::report(&world.app, &owner, due.id, quantity("60"), world.now()).await.unwrap();
        samples::accept(&world.app, &officer, claim, world.now()).await.unwrap();
        assert_eq!(behind().await, rent("at_least", json!("60"), 1, 1), "and does not halve what is");
        let page = format!("/missions/{slug}");
        public.get(&page).await.expect(200).shows("Rent of the market, % (1 of 2 reported)");

        measured(Direction::AtMost);
        assert_eq!(behind().await, rent("at_most", json!("60"), 1, 0));
        public.get(&page).await.expect(200).shows("at most 50").shows("0 of 2 met").hides("120%").hides("Each bar is one measure");
    }

    async fn a_program_shares_out_a_file_that_two_figures_count(world: World) {
        let (_, first, one) = one_promise(&world, "First").await;
        let (_, second, two) = one_promise(&world, "Second").await;
        let desk = world.api(&world.person(Role::ContractManager)).await;
        let (mine, theirs) = (world.api(&first).await, world.api(&second).await);
        // The same bytes, "payroll", from both.
        let figure = |quantity: &str| json!({ "quantity": quantity, "evidence": [{ "name": "payroll.txt", "content": "cGF5cm9sbA==" }] });
        mine.post(&format!("/api/v1/dues/{}/claims", one.id), figure("2")).await.expect(201);
        let again = format!("/api/v1/dues/{}/claims", two.id);
        assert_eq!(theirs.post(&again, figure("4")).await.expect(409).json()["type"], "/problems/compliance/double-count");
        let noted = desk.get("/api/v1/double-counts").await.expect(200).json();
        let noted = noted["items"].as_array().unwrap();
        assert_eq!((noted.len(), &noted[0]["kind"], &noted[0]["due"]), (1, &json!("evidence"), &json!(two.id)));
        let path = format!("/api/v1/double-counts/{}/apportionment", noted[0]["id"].as_str().unwrap());
        let shares = |percent: &str| json!({ "first_percent": "60", "percent": percent, "reason": "Both are on it" });
        theirs.post(&path, shares("40")).await.expect(403);
        desk.post(&path, json!({ "first_percent": "60", "percent": "40" })).await.expect(422);
        desk.post(&path, shares("40.5")).await.expect(409);
        assert_eq!(desk.post(&path, shares("40")).await.expect(200).json(), json!({ "recorded": true }));
        assert_eq!(desk.post(&path, shares("40")).await.expect(409).json()["type"], "/problems/compliance/apportioned");
        theirs.post(&again, figure("4")).await.expect(201);
    }

    async fn a_program_proposes_a_remedy_and_another_person_takes_it(world: World) {
        let (_, owner, due) = one_promise(&world, "Harvest Kitchens").await;
        let officer = world.api(&world.person(Role::ContractManager)).await;
        let path = format!("/api/v1/dues/{}/remedies", due.id);
        let step = json!({ "kind": "step", "reason": "As the ladder says" });
        assert_eq!(officer.post(&path, step.clone()).await.expect(409).json()["type"], "/problems/compliance/not-in-breach");
        world.move_clock(noon(due.grace_until + Days::new(31))).await;
        officer.post(&path, json!({ "kind": "step" })).await.expect(422);
        world.api(&owner).await.post(&path, step.clone()).await.expect(403);
        let proposed = officer.post(&path, step).await.expect(201);
        assert_eq!(proposed.location, Some(format!("/api/v1/dues/{}", due.id)));
        let taking = format!("/api/v1/remedies/{}/take", proposed.json()["id"].as_str().unwrap());
        officer.post(&taking, json!({ "reason": "My own" })).await.expect(403);
        let other = world.api(&world.person(Role::FundManager)).await;
        assert_eq!(other.post(&taking, json!({ "reason": "Mild and enough" })).await.expect(200).json()["state"], "enforced");
        let shown = officer.get(&format!("/api/v1/dues/{}", due.id)).await.expect(200).json();
        assert_eq!((&shown["state"], &shown["remedies"][0]["title"]), (&json!("enforced"), &json!("Notice with a plan")));
    }
}
