//! A community panel decides a part of a round's score: the roll, secret ballots, the published result, the ranking.

use crate::scoring::{Ready, judge, ready};
use crate::support::{Api, World};
use chrono::TimeDelta;
use commonweal::calls::{self, Call, CallKind, Terms};
use commonweal::db::schema::{audit_rows, calls as call_rows, resident_ballots, resident_roll, resident_votes};
use commonweal::db::{Db, Json};
use commonweal::evaluation::panel::{Ballot, Roll, tally};
use commonweal::evaluation::{Criterion, EvaluationFile, Kind, PanelRule, recompute};
use commonweal::outbox;
use commonweal::scoring::residents::samples::{self, Times};
use commonweal::scoring::residents::{casting, roll};
use commonweal::scoring::samples as scoring_samples;
use commonweal::values::{Actor, Clock, Id, Instant, Pence, Role};
use diesel::prelude::*;
use futures_util::future::join_all;
use rust_decimal::dec;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

const BIDS: [(&str, i64, i64); 3] =
    [("Alder Youth", 20, 60_000), ("Birch Youth", 10, 90_000), ("Cedar Youth", 5, 30_000)];

fn terms(world: &World, call: Id<Call>) -> Terms {
    world.app.db.read_now(|db| calls::find(db, call)).unwrap().terms.0
}

/// A closed round with opened applications, of whose points residents decide a fifth.
pub fn round(world: &World, rule: PanelRule) -> Ready {
    let ready = ready(world, CallKind::Round, &BIDS);
    let mut terms = terms(world, ready.call);
    for criterion in &mut terms.model.criteria {
        if criterion.id == "plan" {
            criterion.weight = Some(dec!(60));
        }
    }
    terms.model.criteria.push(Criterion {
        id: "residents".into(),
        title: "Residents’ vote".into(),
        weight: Some(dec!(20)),
        minimum: None,
        kind: Kind::Panel { rule },
    });
    world
        .app
        .db
        .write_now(|db| {
            diesel::update(call_rows::table.filter(call_rows::id.eq(ready.call)))
                .set(call_rows::terms.eq(Json(terms.clone())))
                .execute(db)?;
            Ok(())
        })
        .unwrap();
    ready
}

pub const SCORES: PanelRule = PanelRule::Scores { highest: 5, quorum: 3 };

fn in_minutes(world: &World, minutes: i64) -> Instant {
    world.now().plus(TimeDelta::minutes(minutes))
}

/// Set now, open in an hour, closed in a day.
fn times(world: &World) -> Times {
    Times { set: world.now(), opens: in_minutes(world, 60), closes: in_minutes(world, 60 * 24) }
}

fn scores(alder: u32, birch: u32, cedar: u32) -> Value {
    json!({ "votes": { "A-1": alder.to_string(), "A-2": birch.to_string(), "A-3": cedar.to_string() } })
}

async fn cast(api: &Api, secret: &str, body: Value) -> u16 {
    api.post(&format!("/api/v1/votes/{secret}"), body).await.status
}

/// The secret of a link, as the resident reads it in the mail.
fn secret_of(world: &World, address: &str) -> String {
    let mails = world.app.db.read_now(|db| outbox::mail::list(db, None, 200)).unwrap().items;
    let mail = mails.iter().find(|m| m.recipient == address).unwrap_or_else(|| panic!("no mail to {address}"));
    mail.body.split_once("/vote/").unwrap().1.split_whitespace().next().unwrap().to_owned()
}

fn ballots(world: &World) -> Vec<(String, String)> {
    world
        .app
        .db
        .read_now(|db| {
            Ok(resident_ballots::table
                .select((resident_ballots::id, resident_ballots::ballot))
                .order(resident_ballots::id)
                .load(db)?)
        })
        .unwrap()
}

both! {
    async fn residents_vote_by_their_own_links_once_and_everybody_reads_the_result_after_closing(world: World) {
        let ready = round(&world, SCORES);
        let desk = format!("/desk/calls/{}/residents", ready.call);
        let (opens, closes) = (in_minutes(&world, 60), in_minutes(&world, 60 * 24));
        let manager = world.client(&ready.officer).await;
        let public = world.client(&Actor::Public).await;
        let result = format!("/calls/{}/vote", ready.call);
        public.get(&format!("/calls/{}", ready.call)).await.expect(200).shows("each gives every application 0 to 5").shows(&result);
        public.get(&result).await.expect(200).shows("The dates are not set yet").hides("Alder Youth");

        // Dates, then the roll: nobody is added while a row is wrong.
        for path in [&desk, &result] {
            // The menu marks the calls, where the vote lies, and nothing else.
            let text = manager.get(path).await.expect(200).text;
            assert!(text.contains("href=\"/desk/calls\" aria-current=\"true\"") && text.matches("aria-current=\"true\"").count() == 1, "{path}");
        }
        manager.get(&desk).await.expect(200).shows("not set up yet");
        let early = [("opens_date", closes.rfc3339()), ("closes_date", opens.rfc3339())];
        let early: Vec<_> = early.iter().map(|(n, v)| (*n, v.as_str())).collect();
        manager.post(&desk, &early).await.expect(422).shows("Voting closes after it has begun");
        let dates = [("opens_date", opens.rfc3339()), ("closes_date", closes.rfc3339())];
        let dates: Vec<_> = dates.iter().map(|(n, v)| (*n, v.as_str())).collect();
        manager.post_and_follow(&desk, &dates).await.expect(200).shows("Voting begins at").shows("Asked for").shows("£60,000");
        let add = format!("{desk}/roll");
        manager.upload(&add, &[("addresses", "one@r.example\ntwo at r.example\none@r.example")], &[]).await.expect(422)
            .shows("Row 2: there is no email address").shows("Row 3: the same address as in row 1");
        let list = "Name,Email\nOne,one@r.example\nTwo,two@r.example\nThree,three@r.example\n";
        let added = manager.upload(&add, &[], &[("list", "residents.csv", list.as_bytes())]).await.expect(303);
        manager.get(&added.location.unwrap()).await.expect(200).shows("3 residents were added");
        let more = "three@r.example\nfour@r.example\nfive@r.example\nsix@r.example\nseven@r.example";
        manager.upload(&add, &[("addresses", more)], &[]).await.expect(303);
        manager.get(&desk).await.expect(200).shows("4 residents were added").shows("One address was on the roll already");
        manager.post(&desk, &dates).await.expect(422).shows("Residents have been told these dates");
        let stored: Vec<String> = world.app.db.read_now(|db| {
            Ok(resident_roll::table.select(resident_roll::token_hash).load(db)?)
        }).unwrap();
        let names = ["one", "two", "three", "four", "five", "six", "seven"];
        let secrets: Vec<String> = names.iter().map(|name| secret_of(&world, &format!("{name}@r.example"))).collect();
        assert!(secrets.iter().all(|secret| !stored.contains(secret)), "only a hash of a secret is stored");

        // A resident votes on a phone: wait, vote, check, change, cast. No account, no script.
        let resident = world.client(&Actor::Public).await;
        let link = |n: usize| format!("/vote/{}", secrets[n]);
        resident.get("/vote/0000").await.expect(404);
        resident.get(&link(0)).await.expect(200).shows("Voting has not begun");
        let program = world.api(&Actor::Public).await;
        assert_eq!(cast(&program, &secrets[0], scores(5, 1, 0)).await, 409, "voting has not begun");
        world.move_clock(opens).await;
        resident.get(&link(0)).await.expect(200).shows("Your score for Birch Youth").shows("Asks for £90,000");
        resident.post(&link(0), &[("step", "check"), ("A-1", "5")]).await.expect(422).shows("Choose a score for Birch Youth");
        let chosen = [("A-1", "5"), ("A-2", "1"), ("A-3", "0")];
        let with = |step: &'static str| { let mut all = vec![("step", step)]; all.extend(chosen); all };
        resident.post(&link(0), &with("check")).await.expect(200).shows("Check your vote").shows("5 of 5");
        assert_eq!(ballots(&world).len(), 0, "checking casts nothing");
        resident.post(&link(0), &with("change")).await.expect(200).shows("Check my vote");
        resident.post_and_follow(&link(0), &with("cast")).await.expect(200).shows("You have voted");
        resident.post(&link(0), &with("cast")).await.expect(422).shows("This link has been used");
        assert_eq!(program.get(&format!("/api/v1/votes/{}", secrets[1])).await.expect(200).json()["choices"][0]["name"], "Alder Youth");
        assert_eq!(cast(&program, &secrets[1], json!({ "votes": { "A-1": "5", "A-9": "1" } })).await, 422);
        for (n, body) in [(1, scores(5, 2, 0)), (2, scores(4, 2, 1)), (3, scores(5, 5, 5)), (4, scores(4, 1, 0)), (5, scores(5, 0, 0))] {
            assert_eq!(cast(&program, &secrets[n], body).await, 200);
        }
        assert_eq!(cast(&program, &secrets[5], scores(0, 5, 5)).await, 409);

        // Nothing is told and nothing can be ranked before closing.
        public.get(&result).await.expect(200).shows("Nothing is counted before").hides("Alder Youth");
        public.get(&format!("/calls/{}/ballots.json", ready.call)).await.expect(409);
        manager.get(&desk).await.expect(200).shows("Residents are voting until").hides("Mean score");
        let now = world.now();
        scoring_samples::score_everything(&world.app, &ready.officer, &ready.evaluators, ready.call, &judge, now).await.unwrap();
        scoring_samples::moderate_everything(&world.app, &ready.officer, ready.call, &judge, now).await.unwrap();
        let officer = world.api(&ready.officer).await;
        let ranking = format!("/api/v1/calls/{}/ranking", ready.call);
        assert_eq!(officer.post(&ranking, json!({})).await.expect(409).json()["type"], "/problems/residents/not-closed");

        world.move_clock(closes.plus(TimeDelta::seconds(1))).await;
        resident.get(&link(6)).await.expect(200).shows("Voting has ended");
        assert_eq!(cast(&program, &secrets[6], scores(0, 5, 5)).await, 409);
        // Alder: 5 + 5 + 4 + 5 + 4 + 5 = 28 of six ballots.
        public.get(&result).await.expect(200).shows("6 of 7 residents voted").shows("Turnout 85.7%").shows("4.67").shows("4: 2, 5: 4")
            .shows("What residents gave to each application").shows("Alder Youth was scored best").shows("93.3%")
            .shows("Residents are shown who applies").hides("your score");
        world.client(&world.person(Role::Auditor)).await.get("/audit?kind=residents-vote").await.expect(200).shows("Counted").shows(">Residents’ vote<span");
        manager.get(&desk).await.expect(200).shows("The residents’ vote is counted");
        assert_eq!(officer.post(&format!("/api/v1/calls/{}/residents-vote", ready.call),
            json!({ "opens_date": in_minutes(&world, 10).rfc3339(), "closes_date": in_minutes(&world, 20).rfc3339() })).await.expect(409).json()["type"], "/problems/residents/held");

        // Anybody counts again from the published ballots, which are in the order of their random names.
        let published = public.get(&format!("/calls/{}/ballots.json", ready.call)).await.expect(200).json();
        let published_ballots = published["ballots"].as_array().unwrap();
        let ids: Vec<&str> = published_ballots.iter().map(|b| b["id"].as_str().unwrap()).collect();
        assert!(ids.is_sorted() && ids.iter().all(|id| id.len() == 32), "{ids:?}");
        let said: Vec<Ballot> = published_ballots.iter().map(|b| serde_json::from_value(b["ballot"].clone()).unwrap()).collect();
        let applications: Vec<String> = serde_json::from_value(published["applications"].clone()).unwrap();
        let again = tally(&SCORES, &applications, &said, Roll { entitled: 7, voted: 6 }).unwrap();
        let shown = program.get(&format!("/api/v1/calls/{}/residents-vote", ready.call)).await.expect(200).json();
        assert_eq!(shown["vote"]["tally"], serde_json::to_value(&again).unwrap());
        assert_eq!(shown["roll"], Value::Null, "the roll is the council's");
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(published.to_string().as_bytes()).unwrap();
        let counted = std::process::Command::new(env!("CARGO_BIN_EXE_commonweal"))
            .args(["scoring", "tally"]).arg(file.path()).output().unwrap();
        assert!(counted.status.success(), "{}", String::from_utf8_lossy(&counted.stderr));
        assert_eq!(serde_json::from_slice::<Value>(&counted.stdout).unwrap(), shown["vote"]["tally"]);

        // It enters the ranking: 20 × 28 ÷ (6 × 5) = 18.67, and the trace ends at the ballots.
        officer.post(&ranking, json!({})).await.expect(201);
        officer.post(&format!("{ranking}/signature"), json!({})).await.expect(200);
        let moderation = format!("/desk/calls/{}/moderation", ready.call);
        manager.get(&moderation).await.expect(200).shows("Behind first").hides(">Price</th>");
        let trace = format!("/desk/calls/{}/ranking/{}", ready.call, ready.bids[0]);
        manager.get(&trace).await.expect(200).shows("18.67").shows("What residents gave ends at their ballots");
        let file: EvaluationFile = serde_json::from_str(&officer.get(&format!("{ranking}/file")).await.expect(200).text).unwrap();
        assert_eq!(recompute(&file).unwrap().agrees, Some(true));
        assert_eq!(file.inputs.bids.iter().map(|b| b.votes[0].ballots).collect::<Vec<_>>(), [6, 6, 6]);
    }

    async fn nothing_in_the_database_leads_from_a_ballot_to_a_person_a_time_or_an_order(world: World) {
        let ready = round(&world, SCORES);
        let times = times(&world);
        let says = |resident: usize, place: usize| ((resident + place) % 6).to_string();
        samples::hold(&world.app, &ready.officer, ready.call, 40, 30, times, &says).await.unwrap();
        let cast_in_order = ballots(&world);
        world.move_clock(times.closes.plus(TimeDelta::seconds(1))).await;
        assert_eq!(ballots(&world), cast_in_order, "closing changes no ballot");

        // The audit trail says that somebody voted, and neither what nor by which ballot.
        let ids: Vec<String> = cast_in_order.iter().map(|(id, _)| id.clone()).collect();
        let rows: Vec<(String, String, String, Json<Value>)> = world.app.db.read_now(|db| {
            Ok(audit_rows::table
                .select((audit_rows::action, audit_rows::actor, audit_rows::subject_id, audit_rows::facts))
                .order(audit_rows::id)
                .load(db)?)
        }).unwrap();
        assert!(rows.iter().all(|(_, _, subject, facts)| {
            ids.iter().all(|id| subject != id && !facts.0.to_string().contains(id.as_str()))
        }));
        let voted: Vec<_> = rows.iter().filter(|(action, ..)| action == "residents.voted").collect();
        assert_eq!(voted.len(), 30);
        assert!(voted.iter().all(|(_, actor, _, facts)| {
            actor == "public" && facts.0.as_object().unwrap().keys().collect::<Vec<_>>() == ["vote"]
        }));

        // A ballot has a random name, which no clock went into, and its row lies where its name says.
        let firsts: BTreeSet<&str> = ids.iter().map(|id| &id[..2]).collect();
        assert!(firsts.len() > 10, "names that hold a time begin alike: {firsts:?}");
        world.app.db.read_now(|db| {
            match db {
                Db::Sqlite(sqlite) => {
                    let rowid = diesel::sql_query("SELECT rowid FROM resident_ballots").execute(sqlite);
                    assert!(rowid.is_err(), "there is no order of insertion to read");
                }
                Db::Pg(pg) => {
                    // The transaction that wrote each row, and where it lies: one transaction, in the order of names.
                    let transactions: i64 = diesel::dsl::sql::<diesel::sql_types::BigInt>(
                        "SELECT count(DISTINCT xmin::text) FROM resident_ballots",
                    ).get_result(pg)?;
                    assert_eq!(transactions, 1);
                    let shared: i64 = diesel::dsl::sql::<diesel::sql_types::BigInt>(
                        "SELECT count(*) FROM resident_ballots b JOIN resident_roll r ON r.xmin::text = b.xmin::text",
                    ).get_result(pg)?;
                    assert_eq!(shared, 0, "no transaction wrote both a mark on the roll and a ballot");
                    let out_of_order: i64 = diesel::dsl::sql::<diesel::sql_types::BigInt>(
                        "SELECT count(*) FROM resident_ballots a JOIN resident_ballots b ON a.ctid < b.ctid AND a.id > b.id",
                    ).get_result(pg)?;
                    assert_eq!(out_of_order, 0);
                }
            }
            Ok(())
        }).unwrap();
        let changed = world.app.db.write_now(|db| {
            diesel::update(resident_ballots::table).set(resident_ballots::ballot.eq("{}")).execute(db)?;
            Ok(())
        });
        assert!(changed.is_err(), "a ballot is never changed");
    }

    async fn fewer_than_five_voters_show_totals_only_and_a_missed_quorum_is_held_again(world: World) {
        let ready = round(&world, SCORES);
        let first = times(&world);
        let says = |_: usize, place: usize| (5 - place).to_string();
        samples::hold(&world.app, &ready.officer, ready.call, 6, 2, first, &says).await.unwrap();
        world.move_clock(first.closes.plus(TimeDelta::seconds(1))).await;
        let public = world.client(&Actor::Public).await;
        let result = format!("/calls/{}/vote", ready.call);
        public.get(&result).await.expect(200).shows("2 of 6 residents voted").shows("only the totals are shown")
            .shows("3 ballots are needed").hides("Mean score").hides("5: 2");
        let api = world.api(&Actor::Public).await;
        let box_path = format!("/api/v1/calls/{}/residents-vote/ballots", ready.call);
        assert_eq!(api.get(&box_path).await.expect(409).json()["type"], "/problems/residents/too-few-to-show");
        let now = world.now();
        scoring_samples::score_everything(&world.app, &ready.officer, &ready.evaluators, ready.call, &judge, now).await.unwrap();
        scoring_samples::moderate_everything(&world.app, &ready.officer, ready.call, &judge, now).await.unwrap();
        let officer = world.api(&ready.officer).await;
        let ranking = format!("/api/v1/calls/{}/ranking", ready.call);
        assert_eq!(officer.post(&ranking, json!({})).await.expect(409).json()["type"], "/problems/residents/quorum-missed");

        let second = times(&world);
        samples::hold(&world.app, &ready.officer, ready.call, 6, 4, second, &says).await.unwrap();
        world.move_clock(second.closes.plus(TimeDelta::seconds(1))).await;
        public.get(&result).await.expect(200).shows("4 of 6 residents voted").shows("only the totals are shown").hides("Mean score");
        assert_eq!(api.get(&box_path).await.expect(409).json()["type"], "/problems/residents/too-few-to-show");
        officer.post(&ranking, json!({})).await.expect(201);
        let votes: i64 = world.app.db.read_now(|db| Ok(resident_votes::table.count().get_result(db)?)).unwrap();
        assert_eq!(votes, 2, "the vote that was missed stays on record");
    }

    async fn a_budget_is_shared_out_and_whoever_is_given_most_earns_all_the_points(world: World) {
        let rule = PanelRule::Budget { each: Pence(10_000), quorum: 3 };
        let ready = round(&world, rule.clone());
        let times = times(&world);
        let secrets = samples::invite(&world.app, &ready.officer, ready.call, 5, times).await.unwrap();
        world.move_clock(times.opens).await;
        let resident = world.client(&Actor::Public).await;
        let link = format!("/vote/{}", secrets[0]);
        resident.get(&link).await.expect(200).shows("Share out £100").shows("What you give to Alder Youth");
        resident.post(&link, &[("step", "check"), ("A-1", "60"), ("A-2", "40.01")]).await.expect(422).shows("You gave £100.01");
        resident.post(&link, &[("step", "cast")]).await.expect(422).shows("Give something to at least one application");
        resident.post(&link, &[("step", "check"), ("A-1", "60"), ("A-2", "40")]).await.expect(200).shows("Check your vote").shows("Nothing");
        resident.post_and_follow(&link, &[("step", "cast"), ("A-1", "60"), ("A-2", "40")]).await.shows("You have voted");
        let api = world.api(&Actor::Public).await;
        for secret in &secrets[1..] {
            assert_eq!(cast(&api, secret, json!({ "votes": { "A-1": "50", "A-3": "25" } })).await, 200);
        }
        world.move_clock(times.closes.plus(TimeDelta::seconds(1))).await;
        // £260, £40 and £100 of £400.
        world.client(&Actor::Public).await.get(&format!("/calls/{}/vote", ready.call)).await.expect(200)
            .shows("Turnout 100.0%").shows("65.0%").shows("£260").shows("25.0%").shows("Alder Youth was given most").hides("your score");
        let now = world.now();
        scoring_samples::score_everything(&world.app, &ready.officer, &ready.evaluators, ready.call, &judge, now).await.unwrap();
        scoring_samples::moderate_everything(&world.app, &ready.officer, ready.call, &judge, now).await.unwrap();
        scoring_samples::rank_and_sign(&world.app, &ready.officer, ready.call, now).await.unwrap();
        let file = world.api(&ready.officer).await.get(&format!("/api/v1/calls/{}/ranking/file", ready.call)).await.expect(200).json();
        let points = |bid: usize| {
            let scores = file["result"]["bids"][bid]["scores"].as_array().unwrap();
            scores.iter().find(|s| s["criterion"] == "residents").unwrap()["score"].as_str().unwrap().to_owned()
        };
        // 20 × 100 ÷ 260 = 7.69.
        assert_eq!((points(0), points(2)), ("20.00".to_owned(), "7.69".to_owned()));
    }

    async fn a_thousand_votes_in_the_last_minute_lose_none_and_none_counts_twice(world: World) {
        let ready = round(&world, SCORES);
        let times = times(&world);
        let secrets = samples::invite(&world.app, &ready.officer, ready.call, 1_000, times).await.unwrap();
        let one_more = roll::RollInput { addresses: "late@r.example".into() };
        let full = roll::add(&world.app, &ready.officer, ready.call, &one_more, world.now()).await.unwrap_err();
        assert!(full.to_string().contains("residents/roll-full"), "{full}");
        world.move_clock(times.closes.plus(TimeDelta::seconds(-55))).await;
        let api = world.api(&Actor::Public).await;
        // Every tenth resident presses twice.
        let votes = secrets.iter().enumerate().flat_map(|(n, secret)| {
            let body = scores(u32::try_from(n % 6).unwrap(), 3, 0);
            vec![(n, secret, body); if n % 10 == 0 { 2 } else { 1 }]
        });
        let api = &api;
        let answers = join_all(votes.map(|(n, secret, body)| async move { (n, cast(api, secret, body).await) })).await;
        let acknowledged: BTreeMap<usize, usize> = answers.iter().filter(|(_, s)| *s == 200).fold(BTreeMap::new(), |mut all, (n, _)| {
            *all.entry(*n).or_default() += 1;
            all
        });
        assert!(answers.iter().all(|(_, status)| matches!(status, 200 | 409)), "a vote was neither taken nor refused");
        assert_eq!(acknowledged.len(), 1_000, "every resident's vote was taken");
        assert!(acknowledged.values().all(|times| *times == 1), "a vote was taken twice");
        assert!(world.now() <= times.closes, "the votes came within the last minute");
        world.move_clock(times.closes.plus(TimeDelta::seconds(1))).await;
        assert_eq!(cast(api, &secrets[0], scores(5, 5, 5)).await, 409);
        let shown = api.get(&format!("/api/v1/calls/{}/residents-vote", ready.call)).await.expect(200).json();
        let counted = &shown["vote"]["tally"];
        assert_eq!((&counted["entitled"], &counted["voted"], &counted["valid"]), (&json!(1_000), &json!(1_000), &json!(1_000)));
        let sent: usize = (0..1_000).map(|n| n % 6).sum();
        let sums: Vec<&str> = counted["applications"].as_array().unwrap().iter().map(|a| a["sum"].as_str().unwrap()).collect();
        assert_eq!(sums, [sent.to_string().as_str(), "3000", "0"]);
    }

    async fn a_vote_that_races_the_closing_is_counted_or_refused(world: World) {
        let ready = round(&world, SCORES);
        let times = times(&world);
        let secrets = samples::invite(&world.app, &ready.officer, ready.call, 120, times).await.unwrap();
        let given: BTreeMap<String, String> = ["A-1", "A-2", "A-3"].map(|r| (r.to_owned(), "4".to_owned())).into();
        // For the voters' clock the last instant goes on, while the job that counts runs.
        let voting = secrets.iter().map(|secret| {
            let (app, secret, given) = (world.app.clone(), secret.clone(), given.clone());
            tokio::spawn(async move { casting::cast(&app, &secret, &given, &Clock::stopped(times.closes)).await })
        });
        let voting: Vec<_> = voting.collect();
        let closing = async {
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
            outbox::run_due(&world.app, &world.handlers, times.closes.plus(TimeDelta::seconds(1)), true).await.unwrap();
        };
        let (outcomes, ()) = futures_util::join!(join_all(voting), closing);
        let mut taken = 0;
        for outcome in outcomes {
            match outcome.unwrap() {
                Ok(()) => taken += 1,
                Err(error) => assert!(error.to_string().contains("residents/closed"), "{error}"),
            }
        }
        let vote = world.app.db.read_now(|db| commonweal::scoring::residents::of_call(db, ready.call)).unwrap().unwrap();
        let counted = vote.tally.unwrap().0;
        assert_eq!((counted.voted, counted.valid), (taken, taken), "what was acknowledged is what was counted");
        assert_eq!(ballots(&world).len(), usize::try_from(taken).unwrap());
    }

    async fn only_the_rounds_officers_set_up_a_vote_and_every_application_must_be_open(world: World) {
        let ready = round(&world, SCORES);
        let path = format!("/api/v1/calls/{}/residents-vote", ready.call);
        let dates = json!({ "opens_date": in_minutes(&world, 10).rfc3339(), "closes_date": in_minutes(&world, 90).rfc3339() });
        let stranger = world.api(&world.person_of(world.other_council(), Role::FundManager)).await;
        assert!(matches!(stranger.post(&path, dates.clone()).await.status, 403 | 404));
        // The fund manager is told that the round has closed and a vote is to be set up, by mail and among the tasks.
        let (now, call) = (world.now(), ready.call);
        world.app.db.write_now(|db| outbox::emit(db, "call.closed", json!({ "call": call }), now)).unwrap();
        world.run_jobs().await;
        let mails = world.app.db.read_now(|db| outbox::mail::list(db, None, 200)).unwrap().items;
        assert!(mails.iter().any(|m| m.subject == "Set up the residents’ vote: R-2026-0002" && m.body.contains(&format!("/desk/calls/{call}/residents"))));
        let waits = "Set up the residents’ vote: R-2026-0002 Community kitchens";
        let manager = world.client(&ready.officer).await;
        manager.get("/tasks").await.expect(200).shows(waits);
        world.client(&world.person(Role::ProcurementOfficer)).await.get("/tasks").await.expect(200).hides(waits);
        let officer = world.api(&ready.officer).await;
        let list = json!({ "addresses": "one@r.example" });
        assert_eq!(officer.post(&format!("{path}/roll"), list.clone()).await.expect(409).json()["type"], "/problems/residents/not-set");
        let applicant = world.api(&world.also(&ready.suppliers[0].1, Role::FundManager)).await;
        assert_eq!(applicant.post(&path, dates.clone()).await.expect(409).json()["type"], "/problems/applications/own-organisation");
        officer.post(&path, dates.clone()).await.expect(201);
        officer.post(&path, dates.clone()).await.expect(201);
        manager.get("/tasks").await.expect(200).hides(waits);
        assert_eq!(officer.post(&format!("{path}/roll"), list).await.expect(200).json(), json!({ "added": 1, "known": 0 }));
        assert_eq!(officer.post(&path, dates).await.expect(409).json()["type"], "/problems/residents/links-sent");
    }

    async fn a_round_without_a_criterion_for_residents_has_no_vote(world: World) {
        let plain = ready(&world, CallKind::Round, &BIDS);
        let none = world.api(&plain.officer).await;
        let dates = json!({ "opens_date": in_minutes(&world, 10).rfc3339(), "closes_date": in_minutes(&world, 90).rfc3339() });
        assert_eq!(none.post(&format!("/api/v1/calls/{}/residents-vote", plain.call), dates).await.expect(409).json()["type"], "/problems/residents/no-panel");
        none.get(&format!("/api/v1/calls/{}/residents-vote", plain.call)).await.expect(404);
        world.client(&plain.officer).await.get(&format!("/desk/calls/{}/residents", plain.call)).await.expect(404);
    }
}
