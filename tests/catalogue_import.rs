//! A council's own catalogue of social value: imported with every error by row, kept in versions, chosen in a tender.

use crate::support::{Api, World};
use calamine::{Data, Reader};
use commonweal::calls::actions::{self, PublishInput};
use commonweal::calls::samples::{self, Dates};
use commonweal::calls::{self, Call};
use commonweal::evaluation::{Kind, MeasureRecord};
use commonweal::values::{Actor, Id, Pence, Role};
use rust_decimal::dec;
use serde_json::{Value, json};

const HEADS: [&str; 14] = [
    "code",
    "title",
    "unit",
    "proxy",
    "price_year",
    "deadweight",
    "displacement",
    "attribution",
    "drop_off",
    "years",
    "source",
    "licence",
    "valid_from",
    "valid_until",
];
const JOBS: [&str; 14] = [
    "J1",
    "People in work who live here",
    "people",
    "20,000",
    "2025",
    "20%",
    "0.1",
    "0",
    "0.5",
    "2",
    "Council study",
    "Our own",
    "2026-04-01",
    "",
];
const HOURS: [&str; 14] = [
    "H1",
    "Hours of mentoring",
    "hours",
    "15.50",
    "2025",
    "",
    "",
    "",
    "",
    "",
    "Council study",
    "",
    "2026-04-01",
    "2036-03-31",
];
const FIELDS: [(&str, &str); 3] =
    [("title", "Social values"), ("dated", "2026-04-01"), ("source", "Study of the council")];

fn csv(rows: &[[&str; 14]]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADS).unwrap();
    for row in rows {
        writer.write_record(row).unwrap();
    }
    writer.into_inner().unwrap()
}

fn xlsx(rows: &[[&str; 14]]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (line, row) in (0_u32..).zip(std::iter::once(&HEADS).chain(rows)) {
        for (column, cell) in (0_u16..).zip(row) {
            sheet.write(line, column, *cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// The measures of a row with one cell changed.
fn with<'a>(row: [&'a str; 14], column: &str, cell: &'a str) -> [&'a str; 14] {
    let mut row = row;
    row[HEADS.iter().position(|head| *head == column).unwrap()] = cell;
    row
}

async fn versions(api: &Api) -> Vec<Value> {
    api.get("/api/v1/catalogues").await.expect(200).json()["items"].as_array().unwrap().clone()
}

async fn imported(api: &Api, rows: &[[&str; 14]]) -> Value {
    api.upload("/api/v1/catalogues", &FIELDS, &[("file", "values.csv", &csv(rows))]).await.expect(201).json()
}

/// What one unit of the promise of local work is worth in the model of a call.
fn worth(world: &World, call: Id<Call>) -> Option<MeasureRecord> {
    let terms = world.app.db.read_now(|db| calls::find(db, call)).unwrap().terms.0;
    let found = terms.model.nodes().into_iter().find_map(|node| match &node.criterion.kind {
        Kind::SocialValue { measures, .. } => measures.iter().find(|m| m.id == "local_work").cloned(),
        _ => None,
    });
    found.unwrap().record
}

both! {
    async fn an_officer_looks_at_a_file_before_it_becomes_a_version_and_takes_it_out_again(world: World) {
        let lead = world.person(Role::MissionLead);
        let (browser, api) = (world.client(&lead).await, world.api(&lead).await);
        browser.get("/conditions").await.expect(200).shows("Social value catalogue");
        browser.get("/desk/catalogue").await.expect(200).shows("No catalogue is imported yet").shows("Import a catalogue");
        browser.get("/desk/catalogue/new").await.expect(200).shows("The first row names them");
        let looked = browser.upload("/desk/catalogue/new", &FIELDS, &[("file", "values.csv", &csv(&[JOBS, HOURS]))]).await.expect(200)
            .shows("2 measures were read. Nothing is stored yet.").hides("Against the current version")
            .shows("deadweight 20%, displacement 10%, drop-off 50%, over 2 years").shows("Make it version 1");
        // 20,000 × 0.8 × 0.9 × (1 + 0.5).
        let looked = looked.shows("£21,600");
        assert_eq!(versions(&api).await, Vec::<Value>::new(), "looking stores nothing");
        let rows = looked.field("rows").unwrap();
        let mut fields = FIELDS.to_vec();
        fields.push(("rows", &rows));
        let kept = browser.upload("/desk/catalogue/keep", &fields, &[]).await.expect(303);
        let page = kept.location.unwrap();
        browser.get(&page).await.expect(200).shows("Version 1 is the council’s current catalogue.")
            .shows("J1: People in work who live here").shows("H1: Hours of mentoring").shows("£15.50");
        browser.get("/desk/catalogue").await.expect(200).shows("Social values, version 1").shows("Current");
        let later = csv(&[with(JOBS, "proxy", "21,000"), with(HOURS, "code", "H2")]);
        browser.upload("/desk/catalogue/new", &FIELDS, &[("file", "values.csv", &later)]).await.expect(200)
            .shows("Against the current version: 1 new, 1 changed, 1 no longer there.");
        browser.get(&format!("{page}?find=MENTOR")).await.expect(200).shows("H1: Hours").hides("J1: People");
        browser.get(&format!("{page}?find=100%25_")).await.expect(200).shows("No measure fits these words");
        // What is taken out as CSV goes in again as it is.
        let out = browser.get(&format!("{page}?format=csv")).await.expect(200);
        assert!(out.text.contains("J1,People in work who live here,people,20000.00,2025,0.2,0.1,0,0.5,2,"), "{}", out.text);
        let again = api.upload("/api/v1/catalogues", &FIELDS, &[("file", "out.csv", &out.bytes)]).await.expect(409).json();
        assert_eq!(again["type"], "/problems/conditions/same-catalogue", "the same values have the same fingerprint");
        let only = browser.get(&format!("{page}?find=mentor&format=csv")).await.expect(200);
        assert_eq!(only.text.lines().count(), 2, "{}", only.text);
        let sheet = browser.get(&format!("{page}?format=xlsx")).await.expect(200);
        let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(sheet.bytes)).unwrap();
        let cells = book.worksheet_range_at(0).unwrap().unwrap();
        assert_eq!((cells.height(), cells.get((0, 0))), (3, Some(&Data::String("code".into()))));
    }

    async fn a_workbook_reads_as_the_same_catalogue_and_the_template_is_one(world: World) {
        let api = world.api(&world.person(Role::ProcurementOfficer)).await;
        let look = |name: &'static str, bytes: Vec<u8>| {
            let (api, mut fields) = (&api, FIELDS.to_vec());
            fields.push(("check", "yes"));
            async move { api.upload("/api/v1/catalogues", &fields, &[("file", name, &bytes)]).await.expect(200).json() }
        };
        let text = look("values.csv", csv(&[JOBS, HOURS])).await;
        assert_eq!(text, look("values.xlsx", xlsx(&[JOBS, HOURS])).await);
        // Whatever its name says: the kind is found by content.
        assert_eq!((&text["measures"], text["hash"].as_str().unwrap().len()), (&json!(2), 64));
        assert!(versions(&api).await.is_empty());
        let browser = world.client(&world.person(Role::ProcurementOfficer)).await;
        for (format, name) in [("csv", "template.csv"), ("xlsx", "template.xlsx")] {
            let template = browser.get(&format!("/desk/catalogue/template?format={format}")).await.expect(200);
            assert_eq!(look(name, template.bytes).await["measures"], 1, "the template with its example row can be imported");
        }
        browser.get("/desk/catalogue/template?format=pdf").await.expect(404);
    }

    async fn every_sort_of_wrong_cell_is_told_by_row_and_column_and_nothing_is_stored(world: World) {
        let lead = world.person(Role::MissionLead);
        let (browser, api) = (world.client(&lead).await, world.api(&lead).await);
        browser.get("/desk/catalogue/new").await.expect(200);
        let long = "x".repeat(501);
        let wrong = [
            ("code", "", "code", "Enter the measure’s code"),
            ("title", "", "title", "Say what is counted"),
            ("title", long.as_str(), "title", "Say what is counted"),
            ("unit", "", "unit", "Enter the unit"),
            ("proxy", "-5", "proxy", "Enter what one unit is worth"),
            ("proxy", "0", "proxy", "Enter what one unit is worth"),
            ("proxy", "lots", "proxy", "Enter what one unit is worth"),
            ("price_year", "25", "price_year", "Enter the year"),
            ("deadweight", "120%", "deadweight", "Enter a part from 0 to 1"),
            ("displacement", "some", "displacement", "Enter a part from 0 to 1"),
            ("attribution", "-0.1", "attribution", "Enter a part from 0 to 1"),
            ("drop_off", "2", "drop_off", "Enter a part from 0 to 1"),
            ("years", "0", "years", "1 to 60"),
            ("years", "61", "years", "1 to 60"),
            ("source", "", "source", "Name the source"),
            ("valid_from", "2026-13-01", "valid_from", "Enter a date"),
            ("valid_until", "never", "valid_until", "Enter a date"),
            ("deadweight", "100%", "proxy", "Nothing of its value is left"),
            ("valid_until", "2020-01-01", "valid_until", "The last day it is valid lies before the first"),
            ("code", "J1", "code", "Row 2 has the same code"),
        ];
        for (column, cell, told, sentence) in wrong {
            let row = with(with(HOURS, "valid_until", ""), column, cell);
            for (name, bytes) in [("values.csv", csv(&[JOBS, row])), ("values.xlsx", xlsx(&[JOBS, row]))] {
                let problem = api.upload("/api/v1/catalogues", &FIELDS, &[("file", name, &bytes)]).await.expect(422).json();
                let errors = problem["errors"].as_array().unwrap();
                assert_eq!((errors.len(), errors[0]["field"].as_str()), (1, Some(format!("rows[3].{told}").as_str())), "{column} {cell}: {problem}");
                assert!(errors[0]["message"].as_str().unwrap().contains(sentence), "{column} {cell}: {problem}");
            }
        }
        // By page every error of every row stands in one table, and what was typed is kept.
        let all = [with(JOBS, "proxy", "-5"), HOURS, with(with(HOURS, "code", "H2"), "years", "0")];
        browser.upload("/desk/catalogue/new", &FIELDS, &[("file", "values.csv", &csv(&all))]).await.expect(422)
            .shows("2 cells of the file are wrong. Nothing is stored until every row is right")
            .shows("2 proxy Enter what one unit is worth").shows("4 years Enter how many years").shows("Study of the council");
        // What stands between, and rows without anything, do not move the numbers of the rows.
        let gap = [JOBS, [""; 14], with(HOURS, "unit", "")];
        let problem = api.upload("/api/v1/catalogues", &FIELDS, &[("file", "v.csv", &csv(&gap))]).await.expect(422).json();
        assert_eq!(problem["errors"][0]["field"], "rows[4].unit");
        for (text, column) in [
            ("code,title,unit,proxy,price_year,source\n", "valid_from"),
            ("code,title,unit,proxy,price_year,source,valid_from,colour\n", "colour"),
            ("code,title,unit,proxy,price_year,source,valid_from,unit\n", "unit"),
        ] {
            let problem = api.upload("/api/v1/catalogues", &FIELDS, &[("file", "v.csv", text.as_bytes())]).await.expect(422).json();
            assert_eq!(problem["errors"][0]["field"], format!("rows[1].{column}"), "{problem}");
        }
        let none = api.upload("/api/v1/catalogues", &FIELDS, &[("file", "v.csv", &csv(&[]))]).await.expect(422).json();
        assert!(none["detail"].as_str().unwrap().contains("The file has headings and no rows"), "{none}");
        // A file with semicolons is told so once, not once for each column.
        let semicolons = HEADS.join(";");
        let problem = api.upload("/api/v1/catalogues", &FIELDS, &[("file", "v.csv", semicolons.as_bytes())]).await.expect(422).json();
        let errors = problem["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{problem}");
        assert!(errors[0]["message"].as_str().unwrap().contains("Columns are separated by commas"), "{problem}");
        // What is said of the file is told together with what is wrong in it.
        let bare = [("title", ""), ("dated", "soon"), ("source", "")];
        let problem = api.upload("/api/v1/catalogues", &bare, &[("file", "v.csv", &csv(&[with(JOBS, "unit", "")]))]).await.expect(422).json();
        let fields: Vec<&str> = problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(fields, ["title", "dated", "source", "rows[2].unit"]);
        assert_eq!(versions(&api).await, Vec::<Value>::new(), "nothing of a wrong file is stored");
    }

    async fn a_file_of_another_kind_one_that_is_too_large_and_none_at_all_are_refused(world: World) {
        let lead = world.person(Role::MissionLead);
        let (browser, api) = (world.client(&lead).await, world.api(&lead).await);
        browser.get("/desk/catalogue/new").await.expect(200);
        let picture = b"\x89PNG\r\n\x1a\n0000".to_vec();
        let large = vec![b'a'; 1_000_001];
        let latin = b"code,title\nJ1,Caf\xe9".to_vec();
        let neither = "The file must be a CSV or Excel file";
        for (bytes, told, status) in [
            (picture, neither, 422),
            (b"%PDF-1.7".to_vec(), neither, 422),
            (b"\x7fELF\x02\x01\x01".to_vec(), neither, 422),
            (latin, neither, 422),
            (large, "The file is too large. Use a file of at most 1 MB", 409),
        ] {
            browser.upload("/desk/catalogue/new", &FIELDS, &[("file", "values.csv", &bytes)]).await.expect(422).shows(told).shows("Social values");
            api.upload("/api/v1/catalogues", &FIELDS, &[("file", "values.csv", &bytes)]).await.expect(status);
        }
        for (name, bytes) in [("values.pdf", b"%PDF-1.7".as_slice()), ("values.xlsx", b"no workbook".as_slice())] {
            api.upload("/api/v1/catalogues", &FIELDS, &[("file", name, bytes)]).await.expect(422).shows(neither);
        }
        // Only its name is wrong: the right ending is said.
        api.upload("/api/v1/catalogues", &FIELDS, &[("file", "values.csv", &xlsx(&[JOBS]))]).await.expect(409).shows("ending .xlsx");
        browser.upload("/desk/catalogue/new", &FIELDS, &[]).await.expect(422).shows("Choose a CSV or Excel file");
        let far = include_bytes!("files/far.xlsx");
        api.upload("/api/v1/catalogues", &FIELDS, &[("file", "far.xlsx", far)]).await.expect(422);
        let mut rows = String::from("code,title,unit,proxy,price_year,source,valid_from\n");
        (0..10_001).for_each(|n| rows.push_str(&format!("C{n},t,u,1,2025,s,2026-04-01\n")));
        let many = api.upload("/api/v1/catalogues", &FIELDS, &[("file", "v.csv", rows.as_bytes())]).await.expect(422).json();
        assert!(many["detail"].as_str().unwrap().contains("at most 10,000 rows"), "{many}");
        assert!(versions(&api).await.is_empty());
    }

    async fn ten_thousand_ordinary_rows_are_taken_and_one_more_is_told(world: World) {
        let lead = world.person(Role::MissionLead);
        let (browser, api) = (world.client(&lead).await, world.api(&lead).await);
        browser.get("/desk/catalogue/new").await.expect(200);
        // Some 95 bytes a row: 10,000 of them hold more than 900,000 bytes and less than the limit of the tests for a file.
        let file = |rows: usize| {
            let mut text = String::from("code,title,unit,proxy,price_year,source,valid_from\n");
            (1..=rows).for_each(|n| {
                text.push_str(&format!("C{n:05},Hours of support for a neighbour {n:05},hours,15.50,2025,Study of the council,2026-04-01\n"));
            });
            text.into_bytes()
        };
        let most = file(10_000);
        assert!(most.len() > 900_000 && most.len() < 1_000_000, "{}", most.len());
        let looked = browser.upload("/desk/catalogue/new", &FIELDS, &[("file", "v.csv", &most)]).await.expect(200)
            .shows("10,000 measures were read");
        let rows = looked.field("rows").unwrap();
        let mut fields = FIELDS.to_vec();
        fields.push(("rows", &rows));
        let kept = browser.upload("/desk/catalogue/keep", &fields, &[]).await.expect(303);
        browser.get(&kept.location.unwrap()).await.expect(200).shows("10,000");
        let one_more = file(10_001);
        let many = api.upload("/api/v1/catalogues", &FIELDS, &[("file", "v.csv", &one_more)]).await.expect(422).json();
        assert!(many["detail"].as_str().unwrap().contains("at most 10,000 rows"), "{many}");
        assert_eq!(versions(&api).await.len(), 1);
    }

    async fn only_those_who_write_conditions_import_and_no_other_council_sees_it(world: World) {
        let file = csv(&[JOBS]);
        for role in [Role::Evaluator, Role::ContractManager, Role::Auditor, Role::CommitteeMember] {
            let person = world.person(role);
            world.api(&person).await.upload("/api/v1/catalogues", &FIELDS, &[("file", "v.csv", &file)]).await.expect(403);
            let browser = world.client(&person).await;
            browser.get("/desk/catalogue").await.expect(200).hides("Import a catalogue");
            browser.get("/desk/catalogue/new").await.expect(403);
            browser.upload("/desk/catalogue/new", &FIELDS, &[("file", "v.csv", &file)]).await.expect(403);
            browser.upload("/desk/catalogue/keep", &FIELDS, &[]).await.expect(403);
        }
        let (_, supplier) = world.applicant("Harvest Lane");
        world.client(&supplier).await.get("/desk/catalogue").await.expect(403);
        let officer = world.person(Role::ProcurementOfficer);
        let made = imported(&world.api(&officer).await, &[JOBS]).await;
        let id = made["id"].as_str().unwrap();
        let other = world.person_of(world.other_council(), Role::MissionLead);
        let (browser, api) = (world.client(&other).await, world.api(&other).await);
        browser.get("/desk/catalogue").await.expect(200).hides("Social values, version");
        browser.get(&format!("/desk/catalogue/{id}")).await.expect(404).hides("People in work");
        browser.get(&format!("/desk/catalogue/{id}?format=csv")).await.expect(404);
        api.get(&format!("/api/v1/catalogues/{id}")).await.expect(404);
        assert!(versions(&api).await.is_empty());
        world.api(&world.person(Role::Auditor)).await.get(&format!("/api/v1/catalogues/{id}")).await.expect(200);
        // Its own first import is version 1 of its own.
        assert_eq!(imported(&api, &[JOBS]).await["version"], 1);
    }

    async fn a_version_is_never_changed_and_long_lists_go_on_page_after_page(world: World) {
        use diesel::connection::SimpleConnection;
        let lead = world.person(Role::MissionLead);
        let api = world.api(&lead).await;
        let mut rows = String::from("code,title,unit,proxy,price_year,source,valid_from\n");
        (1..=450).for_each(|n| rows.push_str(&format!("C{n:03},Measure {n:03},people,{n},2025,Study,2026-04-01\n")));
        let made = api.upload("/api/v1/catalogues", &FIELDS, &[("file", "v.csv", rows.as_bytes())]).await.expect(201).json();
        let (id, mut after, mut codes) = (made["id"].as_str().unwrap().to_owned(), String::new(), Vec::new());
        loop {
            let page = api.get(&format!("/api/v1/catalogues/{id}?after={after}")).await.expect(200).json();
            codes.extend(page["items"].as_array().unwrap().iter().map(|m| m["code"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut after),
                None => break,
            }
        }
        assert_eq!((codes.len(), codes[0].as_str(), codes[449].as_str()), (450, "C001", "C450"));
        let browser = world.client(&lead).await;
        browser.get(&format!("/desk/catalogue/{id}")).await.expect(200).shows("Measure 050").hides("Measure 051").shows("More measures");
        browser.get(&format!("/desk/catalogue/{id}?after=50")).await.expect(200).shows("Measure 051").hides("Measure 050");
        browser.get(&format!("/desk/catalogue/{id}?after=x")).await.expect(422);
        for statement in [
            "UPDATE social_value_catalogues SET title = 'x'",
            "DELETE FROM social_value_catalogues",
            "UPDATE social_value_measures SET code = 'x'",
            "DELETE FROM social_value_measures",
        ] {
            assert!(world.app.db.write_now(|db| Ok(db.batch_execute(statement)?)).is_err(), "{statement}");
        }
        world.client(&world.person(Role::Auditor)).await.get("/audit?kind=catalogue").await.expect(200)
            .shows("catalogue.imported").shows("Social value catalogue");
    }

    async fn a_tender_copies_a_value_with_its_version_and_a_later_version_changes_nothing_in_it(world: World) {
        let now = world.now();
        let ground = samples::ground(&world.app, &world.person(Role::MissionLead), now).await.unwrap();
        let officer = world.person(Role::ProcurementOfficer);
        let (desk, api) = (world.client(&officer).await, world.api(&officer).await);
        let first = imported(&api, &[JOBS, HOURS]).await;
        let dates = Dates::closing_in(now, 52);
        let terms = samples::community_kitchens(&dates, samples::kitchen_conditions(&ground.catalogue, &dates));
        let id = samples::draft(&world.app, &officer, ground.mission("food").unwrap(), &terms, now).await.unwrap();
        let asked = terms.conditions.iter().find(|c| c.id == "local_work").unwrap();
        let (target, due) = (asked.target.to_string(), asked.due.to_string());
        let path = format!("/desk/calls/{id}/conditions/local_work");
        desk.get(&path).await.expect(200).shows("J1: People in work who live here").shows("£20,000 for each (people)").shows("No value in pounds")
            .hides("H1: Hours of mentoring");
        let choose = |worth: &'static str| {
            let (desk, path, target, due) = (&desk, &path, &target, &due);
            async move {
                desk.post(path, &[("target", target.as_str()), ("due", due.as_str()), ("feeds", "promises"), ("weight", "50"), ("worth", worth)]).await
            }
        };
        choose("H1").await.expect(422).shows("This value is for one of “hours”, and the condition counts “people”");
        choose("Z9").await.expect(422).shows("Choose a measure of your current social value catalogue that is valid today");
        let without = [("target", target.as_str()), ("due", due.as_str()), ("feeds", ""), ("worth", "J1")];
        desk.post(&path, &without).await.expect(422).shows("Choose first in which criterion it earns points");
        choose("J1").await.expect(303);
        let record = worth(&world, id).unwrap();
        let from = record.catalogue.clone().unwrap();
        assert_eq!((record.proxy, record.price_year, record.years, record.drop_off), (Pence(2_000_000), 2025, 2, dec!(0.5)));
        assert_eq!((record.deadweight, record.displacement, record.attribution), (dec!(0.2), dec!(0.1), dec!(0)));
        assert_eq!((from.version, from.unit.as_str(), Some(from.hash.as_str())), (1, "people", first["hash"].as_str()));
        desk.get(&path).await.expect(200).shows("As it was copied: £21,600 for one after what is taken off");
        // Saving the rest of the condition leaves the value as it is.
        choose("").await.expect(303);
        assert_eq!(worth(&world, id), Some(record.clone()));
        // Published with its version named, for everybody to read.
        let seen = PublishInput { seen: "yes".into(), ..PublishInput::default() };
        actions::publish(&world.app, &officer, id, &seen, now).await.unwrap();
        desk.get(&format!("/calls/{id}")).await.expect(200).shows("The condition is saved");
        let public = desk.get(&format!("/calls/{id}")).await.expect(200).shows("£21,600 for one").shows("Social values, version 1");
        let public = public.shows(&from.hash[..12]);
        let second = imported(&api, &[with(JOBS, "proxy", "99,000")]).await;
        assert_eq!(second["version"], 2);
        assert_ne!(second["hash"], first["hash"]);
        assert_eq!(worth(&world, id), Some(record.clone()), "a new version changes nothing that is frozen");
        let again = desk.get(&format!("/calls/{id}")).await.expect(200);
        assert_eq!(again.words(), public.words());
        assert_ne!(choose("J1").await.status, 303, "what is frozen is not chosen again");
        assert_eq!(worth(&world, id), Some(record));
    }

    async fn only_measures_in_the_unit_of_the_condition_are_offered_and_a_word_narrows_a_long_list(world: World) {
        let now = world.now();
        let ground = samples::ground(&world.app, &world.person(Role::MissionLead), now).await.unwrap();
        let officer = world.person(Role::ProcurementOfficer);
        let (desk, api) = (world.client(&officer).await, world.api(&officer).await);
        let mut rows = String::from("code,title,unit,proxy,price_year,source,valid_from,valid_until\n");
        rows.push_str("H1,Mentoring,hours,15.50,2025,Study,2026-04-01,\nOLD,Long ago,people,5,2020,Study,2020-04-01,2021-03-31\n");
        (1..=501).for_each(|n| rows.push_str(&format!("P{n:03},Measure number {n:03},People,{n},2025,Study,2026-04-01,\n")));
        api.upload("/api/v1/catalogues", &FIELDS, &[("file", "v.csv", rows.as_bytes())]).await.expect(201);
        let dates = Dates::closing_in(now, 52);
        let terms = samples::community_kitchens(&dates, samples::kitchen_conditions(&ground.catalogue, &dates));
        let id = samples::draft(&world.app, &officer, ground.mission("food").unwrap(), &terms, now).await.unwrap();
        let path = format!("/desk/calls/{id}/conditions/local_work");
        desk.get(&path).await.expect(200).shows("P001: Measure number 001").shows("P500: Measure").hides("P501: Measure")
            .hides("H1: Mentoring").hides("OLD: Long ago").shows("Only the first 500 measures that fit").shows("Narrow the list");
        desk.get(&format!("{path}?measure_q=number+501")).await.expect(200).shows("P501: Measure number 501")
            .hides("P001: Measure").hides("Only the first 500");
        desk.get(&format!("{path}?measure_q=mentoring")).await.expect(200).shows("No measure in the unit of the condition").hides("H1: Mentoring");
        // What was found by a word is chosen, and stays in the list when something else of the form is wrong.
        let asked = terms.conditions.iter().find(|c| c.id == "local_work").unwrap();
        let (target, due) = (asked.target.to_string(), asked.due.to_string());
        let choose = |target: &str| [("target", target), ("due", due.as_str()), ("feeds", "promises"), ("weight", "50"), ("worth", "P501")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let narrowed = format!("{path}?measure_q=501");
        for (target, status) in [("many", 422), (target.as_str(), 303)] {
            let fields = choose(target);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let reply = desk.post(&narrowed, &fields).await.expect(status);
            assert!(status == 303 || reply.text.contains("P501: Measure"), "{}", reply.text);
        }
        assert_eq!(worth(&world, id).unwrap().proxy, Pence(50_100));
    }

    async fn a_value_set_by_hand_is_said_to_be_from_no_catalogue(world: World) {
        let now = world.now();
        let ground = samples::ground(&world.app, &world.person(Role::MissionLead), now).await.unwrap();
        let officer = world.person(Role::ProcurementOfficer);
        let (desk, api) = (world.client(&officer).await, world.api(&officer).await);
        let made = imported(&api, &[JOBS]).await;
        let listed = api.get(&format!("/api/v1/catalogues/{}", made["id"].as_str().unwrap())).await.expect(200).json();
        let record: MeasureRecord = serde_json::from_value(listed["items"][0]["record"].clone()).unwrap();
        let by_hand = MeasureRecord { catalogue: None, proxy: Pence(99_999_900), ..record };
        let dates = Dates::closing_in(now, 52);
        let mut terms = samples::community_kitchens(&dates, samples::kitchen_conditions(&ground.catalogue, &dates));
        for criterion in &mut terms.model.criteria {
            if let Kind::SocialValue { measures, .. } = &mut criterion.kind {
                measures.iter_mut().filter(|m| m.id == "local_work").for_each(|m| m.record = Some(by_hand.clone()));
            }
        }
        let id = samples::draft(&world.app, &officer, ground.mission("food").unwrap(), &terms, now).await.unwrap();
        assert_eq!(worth(&world, id), Some(by_hand));
        desk.get(&format!("/desk/calls/{id}/conditions/local_work")).await.expect(200)
            .shows("Set by hand, from no catalogue").hides("As it was copied");
    }

    async fn a_program_copies_a_value_word_for_word_or_not_at_all(world: World) {
        let now = world.now();
        let ground = samples::ground(&world.app, &world.person(Role::MissionLead), now).await.unwrap();
        let officer = world.person(Role::ProcurementOfficer);
        let api = world.api(&officer).await;
        let made = imported(&api, &[JOBS]).await;
        let listed = api.get(&format!("/api/v1/catalogues/{}", made["id"].as_str().unwrap())).await.expect(200).json();
        let record: MeasureRecord = serde_json::from_value(listed["items"][0]["record"].clone()).unwrap();
        assert_eq!(listed["items"][0]["net_value"], "21600");
        let dates = Dates::closing_in(now, 52);
        let mut terms = samples::community_kitchens(&dates, samples::kitchen_conditions(&ground.catalogue, &dates));
        let mut put = |record: MeasureRecord| {
            for criterion in &mut terms.model.criteria {
                if let Kind::SocialValue { measures, .. } = &mut criterion.kind {
                    measures.iter_mut().filter(|m| m.id == "local_work").for_each(|m| m.record = Some(record.clone()));
                }
            }
            terms.clone()
        };
        let raised = put(MeasureRecord { proxy: Pence(9_900_000), ..record.clone() });
        let copied = put(record.clone());
        let id = samples::draft(&world.app, &officer, ground.mission("food").unwrap(), &copied, now).await.unwrap();
        assert_eq!(worth(&world, id), Some(record));
        let input = |terms: &commonweal::calls::Terms| calls::TermsInput {
            title: String::new(),
            summary: String::new(),
            mission: String::new(),
            terms: serde_json::to_value(terms).unwrap(),
        };
        let refused = calls::set_terms(&world.app, &officer, id, &input(&raised), now).await.unwrap_err();
        let commonweal::error::Error::Invalid(errors) = refused else { panic!("{refused:?}") };
        assert!(errors.at("terms").unwrap().contains("Copy it again"), "{errors:?}");
        let stranger = world.client(&Actor::Public).await;
        assert!(stranger.get("/desk/catalogue").await.location.unwrap().starts_with("/sign-in"));
    }
}
