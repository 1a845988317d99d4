//! Nobody decides as staff about an enterprise of their own, whatever roles they hold in the council.

use crate::agreements::award;
use crate::compliance::{file, one_promise, with_people};
use crate::funds::{agreement, day, loan, noon};
use crate::instruments::{book, held_from};
use crate::journeys::{id, items, sent};
use crate::subsidies::application_of;
use crate::support::World;
use commonweal::awards::{self, AwardKind};
use commonweal::compliance::actions as figures;
use commonweal::investments::Entry;
use commonweal::investments::actions::open;
use commonweal::values::{Actor, Id, Pence, Role};
use rust_decimal::dec;
use serde_json::{Value, json};

/// The same person as an officer of everything in the council.
fn as_staff(world: &World, who: &Actor) -> Actor {
    let roles = [Role::ProcurementOfficer, Role::FundManager, Role::CommitteeMember, Role::ContractManager];
    roles.into_iter().fold(who.clone(), |who, role| world.also(&who, role))
}

/// Each of these is denied to an officer who belongs to the enterprise, and not to a colleague with the same roles.
async fn only_others(world: &World, torn: &Actor, asked: &[(String, Value)]) {
    let torn = world.api(torn).await;
    for (path, body) in asked {
        let answer = sent(&torn, path, body.clone(), 403).await;
        assert_eq!(answer["type"], "/problems/denied", "{path}: {answer}");
    }
    let colleague = world.api(&as_staff(world, &world.person(Role::Auditor))).await;
    for (path, body) in asked {
        let reply = colleague.post(path, body.clone()).await;
        assert_ne!(reply.status, 403, "{path}: {}", reply.text);
    }
}

both! {
    async fn money_of_ones_own_enterprise_is_decided_on_and_recorded_by_others(world: World) {
        let (on, today) = (day("2027-01-15"), "2027-01-15");
        let offer = loan(on, &[1_200_000], 12, dec!(0.06));
        let held = held_from(&world, offer.terms, offer.draws, today).await;
        let (ground, enterprise) = (&held.ground, book(&world, held.id).investment.organisation_id);
        let manager = world.api(&ground.cast.fund_manager).await;
        let of = |id: String| format!("/api/v1/investments/{id}");
        let mut unpaid = Vec::new();
        for reference in ["I-2026-0002", "I-2026-0003"] {
            let agreed = agreement(&world, ground, enterprise, loan(on, &[60_000], 4, dec!(0)), reference);
            let made = world.app.db.write_now(|db| open(db, agreed, noon(on))).unwrap().unwrap();
            unpaid.push(of(made.to_string()));
        }
        let (running, asked, dropped) = (of(held.id.to_string()), &unpaid[0], &unpaid[1]);
        let impaired = json!({ "valued_on": today, "value": "500", "method": "impaired", "reason": "Accounts seen" });
        let written_off = json!({ "valued_on": today, "value": "0", "method": "write_off", "reason": "They closed" });
        let change = json!({ "from_on": "2027-01-20", "rate": "3", "reason": "The roof fell in" });
        let cancel = json!({ "reason": "They found other money" });
        let tranche = json!({ "tranche": "1", "pay_on": today });
        let valuation = id(&sent(&manager, &format!("{running}/valuations"), impaired.clone(), 201).await);
        let restructuring = id(&sent(&manager, &format!("{running}/restructurings"), change.clone(), 201).await);
        let drawdown = id(&sent(&manager, &format!("{asked}/drawdowns"), tranche.clone(), 201).await);
        let cancellation = id(&sent(&manager, &format!("{dropped}/cancellations"), cancel.clone(), 201).await);
        let precedent = id(&items(&manager.get(asked).await.expect(200).json(), "precedents")[0]);

        // Each page shows it all to them, and no way to decide.
        let path = format!("/investments/{}", held.id);
        let colleague = world.client(&as_staff(&world, &world.person(Role::Auditor))).await;
        colleague.get(&path).await.expect(200).shows("Approve the change").shows("Record a payment");
        let torn = as_staff(&world, &held.owner);
        let browser = world.client(&torn).await;
        let page = browser.get(&path).await.expect(200).shows("Changes of the loan");
        page.hides("Approve the change").hides("Record a payment");
        browser.get(&format!("{path}/restructure")).await.expect(403);

        let approve = || json!({ "decision": "approve" });
        only_others(&world, &torn, &[
            (format!("{running}/payments"), json!({ "amount": "100", "received_on": today, "reference": "B1" })),
            (format!("{running}/payments/{}/reverse", Id::<Entry>::new()), json!({ "reason": "Typed wrongly" })),
            (format!("{running}/refunds"), json!({ "amount": "1", "paid_on": today, "reference": "OUT-1" })),
            (format!("{running}/charges"), json!({ "amount": "1", "due_on": "2027-01-20", "reason": "A letter" })),
            (format!("{running}/valuations"), impaired),
            (format!("{running}/valuations"), written_off),
            (format!("/api/v1/valuations/{valuation}/decide"), approve()),
            (format!("{running}/restructurings/preview"), change.clone()),
            (format!("{running}/restructurings"), change),
            (format!("/api/v1/restructurings/{restructuring}/decide"), approve()),
            (format!("{asked}/drawdowns"), tranche),
            (format!("/api/v1/precedents/{precedent}/verify"), json!({ "evidence": "Copy seen" })),
            (format!("/api/v1/drawdowns/{drawdown}/decide"), approve()),
            (format!("{dropped}/cancellations"), cancel),
            (format!("/api/v1/cancellations/{cancellation}/decide"), approve()),
        ]).await;
    }

    async fn the_subsidy_and_the_award_of_ones_own_enterprise_are_run_by_others(world: World) {
        let (organisation, owner) = world.applicant("Alder Group");
        let manager = world.api(&world.person(Role::FundManager)).await;
        let route = json!({ "kind": "market_terms", "evidence": "Three quotes" });
        let begun = application_of(&world, organisation, &owner);
        let route_of = |application: String| format!("/api/v1/subsidies/{organisation}/{application}");
        let made = id(&sent(&manager, &route_of(begun.to_string()), route.clone(), 201).await);
        let step = |name: &str| format!("/api/v1/subsidy-routes/{made}/{name}");
        let next = application_of(&world, organisation, &owner);
        let won = award(&world, organisation, &owner, AwardKind::Contract, Pence(50_000_000), &[]);
        let of_award = |name: &str| format!("/api/v1/awards/{won}/{name}");
        let found = world.app.db.read_now(|db| awards::find(db, won)).unwrap();
        let given = format!("/api/v1/calls/{}/summaries/{}/given", found.call_id, found.application_id);
        let now = world.now().rfc3339();
        let claim = json!({ "kind": "claim", "notified_date": now, "note": "The court wrote" });
        let officer = world.api(&world.person(Role::ProcurementOfficer)).await;
        let told = officer.post(&of_award("challenges"), claim.clone()).await.expect(200).json();
        let challenge = id(&items(&told, "challenges")[0]);
        only_others(&world, &as_staff(&world, &owner), &[
            (route_of(next.to_string()), route),
            (step("signature"), json!({})),
            (step("given"), json!({})),
            (step("withdrawal"), json!({ "reason": "Another way was found" })),
            (given, json!({ "how": "By hand", "given_date": now })),
            (of_award("notice"), json!({ "number": "2026/S 2", "published_date": now })),
            (of_award("challenges"), claim),
            (format!("/api/v1/challenges/{challenge}/end"), json!({ "note": "It was withdrawn" })),
            (of_award("offer"), json!({ "answer_by_date": now })),
            (of_award("agreement"), json!({ "no_kpi_reason": "Nothing is counted" })),
        ]).await;
    }

    async fn what_two_enterprises_count_is_shared_out_by_who_belongs_to_neither(world: World) {
        let now = world.now();
        let (_, first, one) = one_promise(&world, "Rowan Training").await;
        let (_, second, two) = one_promise(&world, "Hazel Training").await;
        let both = with_people("2", "AB 12-34\nCD 56");
        figures::report(&world.app, &first, one.id, &both, file("first"), now).await.unwrap();
        figures::report(&world.app, &second, two.id, &both, file("second"), now).await.unwrap_err();
        let officer = world.api(&world.person(Role::ContractManager)).await;
        let noted = officer.get("/api/v1/double-counts").await.expect(200).json();
        let path = format!("/api/v1/double-counts/{}/apportionment", id(&items(&noted, "items")[0]));
        let halves = json!({ "first_percent": "50", "percent": "50", "reason": "Both trained them" });
        let torn = world.api(&as_staff(&world, &second)).await;
        assert_eq!(sent(&torn, &path, halves.clone(), 403).await["type"], "/problems/denied");
        only_others(&world, &as_staff(&world, &first), &[(path, halves)]).await;
    }
}
