//! Questions about a call, their answers, and who may not see who asked.

use crate::calls::{ground, refused};
use chrono::TimeDelta;
use commonweal::calls::actions::{self, AnswerInput, QuestionInput};
use commonweal::calls::samples;
use commonweal::values::{Actor, Role};

both! {
    async fn a_question_is_answered_to_all_and_nobody_sees_who_asked(world: World) {
        let ground = ground(&world).await;
        let officer = world.person(Role::ProcurementOfficer);
        let (_, asker) = world.applicant("Quite Unusual Name CIC");
        let call = samples::open_tender(&world.app, &officer, &ground, 52, world.now()).await.unwrap();
        let browser = world.client(&asker).await;
        let path = format!("/calls/{}", call.id);
        browser.get(&path).await.expect(200).shows("Ask the question");
        browser.post(&format!("{path}/questions"), &[("question", "Do volunteers count?")]).await.expect(303);
        let Actor::Person { name, account, .. } = &asker else { panic!() };
        browser.get(&path).await.expect(200).shows("Do volunteers count?").shows("Waiting for an answer");
        let (_, rival) = world.applicant("Rival CIC");
        for viewer in [Actor::Public, rival] {
            world.client(&viewer).await.get(&path).await.expect(200).hides("Do volunteers count?");
            let listed = world.api(&viewer).await.get(&format!("/api/v1{path}/questions")).await.expect(200);
            assert!(!listed.text.contains("volunteers"), "a question is public before an officer has answered it");
        }
        world.client(&officer).await.get(&path).await.expect(200).shows("Do volunteers count?").hides(name);
        let listed = world.api(&officer).await.get(&format!("/api/v1/calls/{}/questions", call.id)).await.expect(200);
        assert!(!listed.text.contains(&account.to_string()));
        let question = listed.json()["waiting"][0]["id"].as_str().unwrap().to_owned();
        let desk = world.client(&officer).await;
        desk.get(&format!("/desk/calls/{}", call.id)).await.expect(200).hides(name).shows("Answer to everybody");
        desk.post(&format!("/desk/calls/{}/questions/{question}", call.id), &[("answer", "Only paid work counts.")]).await.expect(303);
        world.client(&Actor::Public).await.get(&path).await.expect(200).shows("Only paid work counts.").shows("1 answered.");
        let again = actions::answer(&world.app, &officer, call.id, question.parse().unwrap(), &AnswerInput { answer: "No.".into() }, world.now()).await;
        assert_eq!(refused(&again.unwrap_err()), "calls/answered-already");
        let late = call.terms.0.timetable.questions_by.unwrap().plus(TimeDelta::microseconds(1));
        let closed = actions::ask(&world.app, &asker, call.id, &QuestionInput { question: "One more?".into() }, late).await;
        assert_eq!(refused(&closed.unwrap_err()), "calls/questions-closed");
    }

    async fn a_flood_of_questions_is_refused_and_pushes_no_answer_off_the_page(world: World) {
        let ground = ground(&world).await;
        let officer = world.person(Role::ProcurementOfficer);
        let (_, asker) = world.applicant("Flood");
        let call = samples::open_tender(&world.app, &officer, &ground, 52, world.now()).await.unwrap();
        let (app, now) = (&world.app, world.now());
        let input = |words: &str| QuestionInput { question: words.to_owned() };
        let same = input("What is a kitchen?");
        let asked = futures_util::future::join_all((0..20).map(|_| actions::ask(app, &asker, call.id, &same, now))).await;
        assert_eq!(asked.iter().filter(|a| a.is_ok()).count(), 1, "{asked:?}");
        assert!(asked.iter().filter_map(|a| a.as_ref().err()).all(|e| refused(e) == "calls/asked-already"));
        assert_eq!(refused(&actions::ask(app, &asker, call.id, &input("WHAT is a kitchen?"), now).await.unwrap_err()), "calls/asked-already");
        for n in 0..9 {
            actions::ask(app, &asker, call.id, &input(&format!("Question {n}?")), now).await.unwrap();
        }
        assert_eq!(refused(&actions::ask(app, &asker, call.id, &input("One more?"), now).await.unwrap_err()), "calls/too-many-questions");
        // Whatever waits, answers stay: they go on page after page, and none is cut.
        let first = asked.into_iter().find_map(Result::ok).unwrap();
        actions::answer(app, &officer, call.id, first, &AnswerInput { answer: "A place to cook.".into() }, now).await.unwrap();
        for n in 0..60_i64 {
            let at = now.plus(TimeDelta::seconds(n + 1));
            let id = actions::ask(app, &asker, call.id, &input(&format!("Another {n}?")), at).await.unwrap();
            actions::answer(app, &officer, call.id, id, &AnswerInput { answer: format!("Answer number {n}.") }, at).await.unwrap();
        }
        let browser = world.client(&Actor::Public).await;
        let path = format!("/calls/{}", call.id);
        let page = browser.get(&path).await.expect(200).shows("61 answered.").shows("Answer number 59.").hides("A place to cook.");
        let more = scraper::Html::parse_document(&page.text)
            .select(&scraper::Selector::parse("a").unwrap())
            .find(|a| a.text().collect::<String>() == "Earlier answers")
            .and_then(|a| a.value().attr("href").map(ToOwned::to_owned))
            .unwrap();
        browser.get(more.trim_end_matches("#questions")).await.expect(200).shows("A place to cook.").hides("Question 3?");
        world.client(&officer).await.get(&format!("/desk{path}")).await.expect(200).shows("9 waiting, 61 answered").shows("Question 3?");
    }
}
