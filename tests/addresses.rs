//! An address that names two things names the second as a part of the first. Where it is a part of something else the
//! address is unknown, and nothing is done, whatever was sent to it.

use crate::funds::{agreement, day, loan, noon};
use crate::instruments::{book, held_from, received};
use crate::scoring::{ready, signed};
use crate::support::{Api, Client, World};
use commonweal::calls::{self, Call, CallKind, CallStage, Question};
use commonweal::db::Json;
use commonweal::db::schema::{
    call_questions, calls as call_rows, invitations, members, panel_conflicts, panel_members, price_enquiries,
};
use commonweal::investments::actions::{self, ProposeDrawdown, ProposeValuation};
use commonweal::investments::cancelling;
use commonweal::investments::restructuring;
use commonweal::people::{Invitation, Member};
use commonweal::scoring::{Conflict, ConflictOutcome, Enquiry, EnquiryOutcome, PanelMember};
use commonweal::values::{Actor, Id, Role, actor};
use commonweal::web::routes;
use diesel::prelude::*;
use rust_decimal::dec;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const BIDS: [(&str, i64, i64); 2] = [("Alder Kitchens", 20, 1_000_000), ("Birch Meals", 10, 900_000)];

/// One route with something foreign in its address: who asks, the route, what stands in its braces, what is sent.
struct Asked {
    who: Actor,
    route: &'static str,
    ids: Vec<String>,
    body: Value,
}

fn asked(who: &Actor, route: &'static str, ids: &[&dyn ToString], body: Value) -> Asked {
    Asked { who: who.clone(), route, ids: ids.iter().map(|id| id.to_string()).collect(), body }
}

fn filled(pattern: &str, ids: &[String]) -> String {
    let (mut out, mut ids) = (String::new(), ids.iter());
    for part in pattern.split('/').skip(1) {
        out.push('/');
        out.push_str(if part.starts_with('{') { ids.next().unwrap() } else { part });
    }
    assert!(ids.next().is_none(), "{pattern} has fewer places");
    out
}

/// Another call like this one, with nothing in it.
fn another(world: &World, call: Id<Call>, reference: &str, stage: CallStage) -> Id<Call> {
    let like = world.app.db.read_now(|db| calls::find(db, call)).unwrap();
    let sent = stage != CallStage::Draft;
    let row = Call {
        id: Id::new(),
        reference: reference.into(),
        stage,
        terms_hash: like.terms_hash.filter(|_| sent),
        deadline_at: like.deadline_at.filter(|_| sent),
        published_at: like.published_at.filter(|_| sent),
        ..like
    };
    world.app.db.write_now(|db| Ok(diesel::insert_into(call_rows::table).values(&row).execute(db)?)).unwrap();
    row.id
}

fn member_of(world: &World, organisation: Id<actor::Organisation>) -> Id<Member> {
    let of = members::table.filter(members::organisation_id.eq(organisation)).select(members::id);
    world.app.db.read_now(|db| Ok(of.first(db)?)).unwrap()
}

/// Routes of a tender, its panel and its award, asked for through the address of another tender.
async fn of_a_tender(world: &World) -> Vec<Asked> {
    let ready = ready(world, CallKind::Tender, &BIDS);
    signed(world, &ready).await;
    let (officer, call, bid, now) = (&ready.officer, ready.call, ready.bids[0], world.now());
    let other = another(world, call, "T-2026-0090", CallStage::Closed);
    let draft = another(world, call, "T-2026-0091", CallStage::Draft);
    let (committee, evaluator) = (world.person(Role::CommitteeMember), &ready.evaluators[0]);
    let fund_manager = world.person(Role::FundManager);
    let api = world.api(officer).await;
    let body = json!({ "application": bid, "reasons": "The best plan" });
    let award = api.post(&format!("/api/v1/calls/{call}/awards"), body).await.expect(201).json()["id"].clone();
    let award = award.as_str().unwrap().to_owned();
    let body = json!({ "kind": "complaint", "notified_date": now, "note": "Birch Meals asks why" });
    let known = api.post(&format!("/api/v1/awards/{award}/challenges"), body).await.expect(200).json();
    let challenge = known["challenges"][0]["id"].as_str().unwrap().to_owned();
    let of_call = panel_members::table.filter(panel_members::call_id.eq(call)).select(PanelMember::as_select());
    let member: PanelMember = world.app.db.read_now(|db| Ok(of_call.first(db)?)).unwrap();
    let elsewhere = PanelMember {
        id: Id::new(),
        call_id: other,
        account_id: evaluator.account().unwrap(),
        declared_at: Some(now),
        final_at: None,
        ..member.clone()
    };
    let conflict = Conflict {
        id: Id::new(),
        authority_id: world.council,
        call_id: call,
        account_id: evaluator.account().unwrap(),
        application_id: bid,
        nature: "My sister works there".into(),
        declared_at: now,
        outcome: ConflictOutcome::Open,
        enquiry: None,
        resolved_at: None,
        resolved_by: None,
    };
    let enquiry = Enquiry {
        id: Id::new(),
        authority_id: world.council,
        call_id: call,
        application_id: bid,
        flags: Json(Vec::new()),
        opened_at: now,
        asked_on: None,
        answer: None,
        outcome: EnquiryOutcome::Open,
        note: None,
        closed_at: None,
        closed_by: None,
        question: None,
        asked_by: None,
        answer_by: None,
        answered_at: None,
        answered_by: None,
    };
    let question = Question {
        id: Id::new(),
        authority_id: world.council,
        call_id: call,
        question: "How many meals?".into(),
        asked_at: now,
        asked_by: evaluator.account().unwrap(),
        answer: None,
        answered_at: None,
        answered_by: None,
    };
    world
        .app
        .db
        .write_now(|db| {
            diesel::insert_into(panel_members::table).values(&elsewhere).execute(db)?;
            diesel::insert_into(panel_conflicts::table).values(&conflict).execute(db)?;
            diesel::insert_into(price_enquiries::table).values(&enquiry).execute(db)?;
            diesel::insert_into(call_questions::table).values(&question).execute(db)?;
            Ok(())
        })
        .unwrap();
    let (conflict, enquiry, question, member) = (conflict.id, enquiry.id, question.id, member.id);
    let (first, second) = (&ready.suppliers[0], &ready.suppliers[1]);
    let (ended, plan, file) = (member_of(world, second.0), "plan", Id::<()>::new());
    let invitation = Invitation {
        id: Id::new(),
        organisation_id: second.0,
        email: "new@example.org".into(),
        role: Role::ApplicantEditor,
        invited_by: second.1.account().unwrap(),
        created_at: now,
        expires_at: now.plus(chrono::TimeDelta::days(7)),
        ended_at: None,
        accepted_by: None,
    };
    world.app.db.write_now(|db| Ok(diesel::insert_into(invitations::table).values(&invitation).execute(db)?)).unwrap();
    let invitation = invitation.id;
    let route = json!({ "kind": "market_terms", "amount": "1000", "evidence": "Two banks offer the same" });
    let begun = format!("/api/v1/subsidies/{}/{bid}", first.0);
    let made = world.api(&fund_manager).await.post(&begun, route.clone()).await.expect(201).json()["id"].clone();
    let made = made.as_str().unwrap().to_owned();
    let no = || json!({});
    let score = || json!({ "level": "3", "reason": "Plain dates" });
    let replacement = json!({ "account": world.person(Role::Evaluator).account().unwrap(), "reason": "Ill" });
    let given = json!({ "how": "By hand", "given_date": world.now() });
    let (falls, left_out) =
        (json!({ "ground": "debarred", "reason": "Listed" }), json!({ "ground": "breach", "reason": "Late" }));
    vec![
        asked(
            &committee,
            "POST /desk/calls/{id}/award/{award}/decision",
            &[&other, &award],
            json!({ "decision": "decline" }),
        ),
        asked(&committee, "POST /desk/calls/{id}/award/{award}/committee", &[&other, &award], no()),
        asked(officer, "POST /desk/calls/{id}/award/{award}/notice", &[&other, &award], no()),
        asked(officer, "POST /desk/calls/{id}/award/{award}/offer", &[&other, &award], no()),
        asked(officer, "GET /desk/calls/{id}/award/{award}/parts", &[&other, &award], no()),
        asked(officer, "POST /desk/calls/{id}/award/{award}/parts", &[&other, &award], no()),
        asked(officer, "POST /desk/calls/{id}/award/{award}/parts/take-out", &[&other, &award], no()),
        asked(officer, "POST /desk/calls/{id}/award/{award}/parts/complete", &[&other, &award], no()),
        asked(
            officer,
            "POST /desk/calls/{id}/award/{award}/take-back",
            &[&other, &award],
            json!({ "reason": "They left" }),
        ),
        asked(&fund_manager, "POST /desk/calls/{id}/award/{award}/subsidy", &[&other, &award], no()),
        asked(officer, "POST /desk/calls/{id}/award/{award}/challenges", &[&other, &award], no()),
        asked(
            officer,
            "POST /desk/calls/{id}/challenges/{challenge}/end",
            &[&other, &challenge],
            json!({ "note": "Over" }),
        ),
        asked(
            officer,
            "POST /desk/calls/{id}/checks/{application}",
            &[&other, &bid],
            json!({ "kind": "debarment", "outcome": "clear", "note": "Seen" }),
        ),
        asked(officer, "GET /desk/calls/{id}/summaries/{application}", &[&other, &bid], no()),
        asked(officer, "GET /api/v1/calls/{id}/summaries/{application}", &[&other, &bid], no()),
        asked(officer, "POST /desk/calls/{id}/summaries/{application}/given", &[&other, &bid], given.clone()),
        asked(officer, "POST /api/v1/calls/{id}/summaries/{application}/given", &[&other, &bid], given),
        asked(officer, "GET /desk/calls/{id}/bids/{application}/falls-away", &[&other, &bid], no()),
        asked(officer, "POST /desk/calls/{id}/bids/{application}/falls-away", &[&other, &bid], falls.clone()),
        asked(officer, "POST /api/v1/calls/{id}/bids/{application}/fall", &[&other, &bid], falls),
        asked(
            officer,
            "POST /desk/calls/{id}/conflicts/{conflict}",
            &[&other, &conflict],
            json!({ "outcome": "no_conflict", "enquiry": "Asked" }),
        ),
        asked(officer, "POST /desk/calls/{id}/panel/{member}/replace", &[&other, &member], replacement.clone()),
        asked(officer, "POST /api/v1/calls/{id}/panel/{member}/replacement", &[&other, &member], replacement),
        asked(evaluator, "GET /evaluations/{call}/{application}/{criterion}", &[&other, &bid, &plan], no()),
        asked(evaluator, "POST /evaluations/{call}/{application}/{criterion}", &[&other, &bid, &plan], score()),
        asked(evaluator, "POST /api/v1/calls/{id}/scores/{application}/{criterion}", &[&other, &bid, &plan], score()),
        asked(officer, "GET /desk/calls/{id}/moderation/{application}/{criterion}", &[&other, &bid, &plan], no()),
        asked(officer, "POST /desk/calls/{id}/moderation/{application}/{criterion}", &[&other, &bid, &plan], score()),
        asked(officer, "POST /api/v1/calls/{id}/moderation/{application}/{criterion}", &[&other, &bid, &plan], score()),
        asked(officer, "GET /desk/calls/{id}/ranking/{application}", &[&other, &bid], no()),
        asked(officer, "POST /desk/calls/{id}/ranking/{application}/disregard", &[&other, &bid], left_out.clone()),
        asked(officer, "POST /api/v1/calls/{id}/bids/{application}/disregard", &[&other, &bid], left_out),
        asked(
            officer,
            "POST /desk/calls/{id}/ranking/{application}/enquiry/{enquiry}",
            &[&other, &bid, &enquiry],
            no(),
        ),
        asked(
            officer,
            "POST /desk/calls/{id}/ranking/{application}/enquiry/{enquiry}",
            &[&call, &ready.bids[1], &enquiry],
            no(),
        ),
        asked(
            officer,
            "POST /desk/calls/{id}/ranking/{application}/enquiry/{enquiry}/question",
            &[&other, &bid, &enquiry],
            no(),
        ),
        asked(
            officer,
            "POST /desk/calls/{id}/questions/{question}",
            &[&other, &question],
            json!({ "answer": "1,000" }),
        ),
        asked(
            officer,
            "POST /api/v1/calls/{id}/questions/{question}/answer",
            &[&other, &question],
            json!({ "answer": "1,000" }),
        ),
        // Parts of a call's own terms: a word that names none of them.
        asked(officer, "GET /desk/calls/{id}/criteria/{criterion}", &[&draft, &"none"], no()),
        asked(officer, "POST /desk/calls/{id}/criteria/{criterion}", &[&draft, &"none"], no()),
        asked(officer, "POST /desk/calls/{id}/criteria/{criterion}/remove", &[&draft, &"none"], no()),
        asked(officer, "GET /desk/calls/{id}/conditions/{asked}", &[&draft, &"none"], no()),
        asked(officer, "POST /desk/calls/{id}/conditions/{asked}", &[&draft, &"none"], no()),
        asked(officer, "POST /desk/calls/{id}/conditions/{asked}/remove", &[&draft, &"none"], no()),
        asked(officer, "POST /desk/calls/{id}/eligibility/{question}/remove", &[&draft, &"none"], no()),
        // A file is looked for in the application's own list alone.
        asked(officer, "GET /desk/applications/{id}/files/{document}", &[&bid, &file], no()),
        asked(officer, "GET /api/v1/applications/{id}/content/files/{document}", &[&bid, &file], no()),
        asked(&first.1, "GET /applications/{id}/files/{document}", &[&bid, &file], no()),
        asked(&first.1, "GET /api/v1/applications/{id}/files/{document}", &[&bid, &file], no()),
        asked(&first.1, "POST /applications/{id}/files/{document}/remove", &[&bid, &file], no()),
        asked(&first.1, "POST /api/v1/applications/{id}/files/{document}/remove", &[&bid, &file], no()),
        asked(&first.1, "POST /organisations/{id}/members/{member}/end", &[&first.0, &ended], no()),
        asked(&first.1, "POST /organisations/{id}/invitations/{invitation}/withdraw", &[&first.0, &invitation], no()),
        asked(&first.1, "POST /api/v1/organisations/{id}/members/{member}/end", &[&first.0, &ended], no()),
        asked(
            &first.1,
            "POST /api/v1/organisations/{id}/invitations/{invitation}/withdraw",
            &[&first.0, &invitation],
            no(),
        ),
        asked(&fund_manager, "GET /desk/subsidies/{organisation}/{application}", &[&second.0, &bid], no()),
        asked(&fund_manager, "POST /desk/subsidies/{organisation}/{application}", &[&second.0, &bid], route.clone()),
        asked(&fund_manager, "POST /api/v1/subsidies/{organisation}/{application}", &[&second.0, &bid], route),
        asked(
            &fund_manager,
            "POST /desk/subsidies/{organisation}/{application}/{route}",
            &[&second.0, &ready.bids[1], &made],
            json!({ "step": "withdraw" }),
        ),
        asked(
            &committee,
            "POST /desk/subsidies/{organisation}/{application}/{route}/signature",
            &[&second.0, &ready.bids[1], &made],
            no(),
        ),
    ]
}

/// Routes of a loan, asked for through the address of another loan.
async fn of_a_loan(world: &World) -> Vec<Asked> {
    let offer = loan(day("2027-01-15"), &[1_200_000], 12, dec!(0.06));
    let held = held_from(world, offer.terms, offer.draws, "2027-01-15").await;
    received(world, &held, "1,060", "2027-02-15").await;
    let now = noon(day("2027-04-10"));
    world.move_clock(now).await;
    let (organisation, _) = world.applicant("Quayside Bakers");
    let offer = loan(day("2027-04-10"), &[600_000], 6, dec!(0));
    let agreed = agreement(world, &held.ground, organisation, offer, "I-2026-0002");
    let other = world.app.db.write_now(|db| actions::open(db, agreed, now)).unwrap().unwrap();
    let (manager, committee) = (&held.ground.cast.fund_manager, &held.ground.cast.committee_member);
    let pays = ProposeDrawdown { tranche: "1".into(), pay_on: "2027-04-10".into() };
    let drawdown = actions::propose_drawdown(&world.app, manager, other, &pays, now).await.unwrap();
    let worth = ProposeValuation {
        valued_on: "2027-04-10".into(),
        value: "9000".into(),
        method: "impaired".into(),
        reason: "March was not paid".into(),
    };
    let valuation = actions::propose_valuation(&world.app, manager, held.id, &worth, now).await.unwrap();
    let change = serde_json::from_value(json!({ "from_on": "2027-04-10", "rate": "3", "reason": "Agreed" })).unwrap();
    let change = restructuring::propose(&world.app, manager, held.id, &change, now).await.unwrap();
    let entry = book(world, held.id).entries[0].id;
    let (organisation, _) = world.applicant("Never Paid CIC");
    let offer = loan(day("2027-04-10"), &[600_000], 6, dec!(0));
    let unpaid = agreement(world, &held.ground, organisation, offer, "I-2026-0003");
    let unpaid = world.app.db.write_now(|db| actions::open(db, unpaid, now)).unwrap().unwrap();
    let why = cancelling::Cancel { reason: "They found other money".into() };
    let cancellation = cancelling::propose(&world.app, manager, unpaid, &why, now).await.unwrap();
    let lease: Value = world.api(manager).await.get(&format!("/api/v1/investments/{other}")).await.expect(200).json();
    let lease = lease["precedents"][0]["id"].as_str().unwrap().to_owned();
    let (approve, why) = (json!({ "decision": "approve" }), json!({ "reason": "It bounced" }));
    vec![
        asked(
            &held.ground.cast.contract_manager,
            "POST /investments/{id}/precedents/{precedent}/verify",
            &[&held.id, &lease],
            json!({ "evidence": "Seen" }),
        ),
        asked(
            committee,
            "POST /investments/{id}/drawdowns/{drawdown}/decide",
            &[&held.id, &drawdown],
            json!({ "decision": "decline" }),
        ),
        asked(
            committee,
            "POST /investments/{id}/valuations/{valuation}/decide",
            &[&other, &valuation],
            approve.clone(),
        ),
        asked(
            committee,
            "POST /investments/{id}/cancellations/{cancellation}/decide",
            &[&held.id, &cancellation],
            approve.clone(),
        ),
        asked(committee, "POST /investments/{id}/restructurings/{restructuring}/decide", &[&other, &change], approve),
        asked(manager, "GET /agreements/{id}/parts/{part}", &[&agreed, &"2"], json!({})),
        asked(manager, "POST /investments/{id}/payments/{entry}/reverse", &[&other, &entry], why.clone()),
        asked(manager, "POST /api/v1/investments/{id}/payments/{entry}/reverse", &[&other, &entry], why),
    ]
}

/// Routes with two names of which the second is no part of the first.
const ELSEWHERE: [&str; 3] = [
    // A file of the program, of this version or another.
    "GET /api-viewer/{version}/{file}",
    // The second name is a question of the call, the same for every application.
    "GET /applications/{id}/answer/{question}",
    "POST /applications/{id}/answer/{question}",
];

both! {
    async fn what_lies_under_something_else_is_not_found_and_not_touched(world: World) {
        let mut rows = of_a_tender(&world).await;
        rows.extend(of_a_loan(&world).await);
        let audited = || -> i64 {
            use commonweal::db::schema::audit_rows;
            world.app.db.read_now(|db| Ok(audit_rows::table.count().get_result(db)?)).unwrap()
        };
        let who: BTreeMap<String, &Actor> = rows.iter().map(|row| (row.who.account().unwrap().to_string(), &row.who)).collect();
        let mut people: BTreeMap<String, (Client, Api)> = BTreeMap::new();
        for (account, person) in who {
            people.insert(account, (world.client(person).await, world.api(person).await));
        }
        let mut wrong = Vec::new();
        for row in &rows {
            let (browser, program) = &people[&row.who.account().unwrap().to_string()];
            let (method, pattern) = row.route.split_once(' ').unwrap();
            let path = filled(pattern, &row.ids);
            let fields: Vec<(&str, &str)> =
                row.body.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
            let before = audited();
            let reply = match (method, pattern.starts_with("/api/")) {
                ("GET", true) => program.get(&path).await,
                ("GET", false) => browser.get(&path).await,
                (_, true) => program.post(&path, row.body.clone()).await,
                (_, false) => browser.post(&path, &fields).await,
            };
            if reply.status != 404 || audited() != before {
                wrong.push(format!("{}: {} {}", row.route, reply.status, reply.words()));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));

        let walked: BTreeSet<&str> = rows.iter().map(|row| row.route).chain(ELSEWHERE).collect();
        let left: Vec<String> = routes::all()
            .iter()
            .filter(|row| row.path.matches('{').count() > 1)
            .map(|row| format!("{} {}", row.method, row.path))
            .filter(|route| !walked.contains(route.as_str()))
            .collect();
        assert!(left.is_empty(), "give each a row here, with something that lies under another:\n{}", left.join("\n"));
    }
}
