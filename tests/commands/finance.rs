//! `commonweal finance …`: each command with a worked example whose numbers are known or worked out here.

use super::schema::violations;
use super::{commonweal, json, sentence};
use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Each command with its example of the README.
pub const EXAMPLES: [(&str, &[&str]); 12] = [
    ("xirr", &["flows.csv"]),
    ("irr", &["amounts.csv"]),
    ("npv", &["flows.csv", "--rate", "0.09"]),
    ("schedule", &["loan.json"]),
    ("revenue-share", &["share.json", "--revenues", "revenues.csv"]),
    ("allocate", &["account.json", "--receipts", "receipts.csv"]),
    ("ratchet", &["ratchet.json"]),
    ("subsidy", &["award.json"]),
    ("affordability", &["sheet.csv", "--opening-cash", "12000"]),
    ("measures", &["holdings.csv", "--on", "2026-11-24", "--commitment", "1000000"]),
    ("pme", &["fund.json", "--index", "index.csv"]),
    ("simulate", &["book.json"]),
];

/// The commands whose example is a CSV, with the same in JSON.
const IN_JSON: [(&str, &str); 5] = [
    (
        "xirr",
        r#"{"flows": [{"date": "2025-01-01", "amount": "-100.00"}], "closing": {"date": "2026-01-01", "value": "105.00"}}"#,
    ),
    ("irr", r#"{"amounts": ["-100.00", "60.00", "60.00"]}"#),
    ("npv", r#"{"rate": "0.09", "flows": [{"date": "2025-01-01", "amount": "-100.00"}]}"#),
    (
        "affordability",
        r#"{"opening_cash": "5.00", "sheet": [{"revenue": "9.00", "variable_costs": "1.00", "fixed_costs": "2.00",
            "other_debt": "0.00", "service": "3.00"}]}"#,
    ),
    (
        "measures",
        r#"{"on": "2026-01-01", "commitment": "900.00", "holdings": [{"name": "Mill", "sector": "Food", "ward": "North",
            "flows": [{"on": "2024-01-01", "kind": "drawdown", "amount": "100.00"},
                      {"on": "2025-01-01", "kind": "valuation", "amount": "120.00"}]}],
            "fund_costs": [{"on": "2024-01-01", "kind": "fund_cost", "amount": "1.00"}],
            "backers": [{"on": "2024-01-01", "kind": "call", "amount": "101.00"}]}"#,
    ),
];

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/examples/finance")
}

fn example(command: &str) -> &'static [&'static str] {
    EXAMPLES.iter().find(|(name, _)| *name == command).unwrap().1
}

/// Runs the example of a command with more options.
fn run(command: &str, more: &[&str]) -> String {
    let arguments: Vec<&str> = ["finance", command].iter().chain(example(command)).chain(more).copied().collect();
    let output = commonweal(&examples(), &arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "nothing is drawn where there is no terminal");
    String::from_utf8(output.stdout).unwrap()
}

fn answer(command: &str) -> Value {
    serde_json::from_str(&run(command, &[])).unwrap()
}

/// The result of a command for a text.
fn with(name: &str, text: &str, arguments: &[&str]) -> std::process::Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    let all: Vec<&str> = ["finance"].iter().chain(arguments).copied().collect();
    commonweal(folder.path(), &all)
}

/// One line of a working: what, the formula, the result.
struct Said {
    what: String,
    working: String,
    result: String,
}

fn explained(command: &str) -> Vec<Said> {
    let read = |line: &str| {
        let (what, rest) = line.split_once(": ").unwrap_or((line, ""));
        let (what, rest) = match rest.split_once(": ") {
            Some((more, rest)) if !more.contains(" = ") => (format!("{what}: {more}"), rest),
            _ => (what.to_owned(), rest),
        };
        let (working, result) = rest.rsplit_once(" = ").unwrap_or(("", rest));
        Said { what, working: working.to_owned(), result: result.to_owned() }
    };
    run(command, &["--explain"]).lines().filter(|l| !l.starts_with("    Source")).map(read).collect()
}

fn figure(text: &str) -> Decimal {
    let plain = text.replace(['£', ',', '%'], "").replace('−', "-");
    plain.trim().parse().unwrap_or_else(|_| panic!("{text} is not a figure"))
}

/// Adds `£5 + £6 − £2` up, words between left out.
fn sum(formula: &str) -> Decimal {
    let mut total = Decimal::ZERO;
    let mut sign = Decimal::ONE;
    for word in formula.split_whitespace() {
        match word {
            "+" => sign = Decimal::ONE,
            "−" => sign = Decimal::NEGATIVE_ONE,
            _ if word.trim_start_matches('−').starts_with('£') => total += sign * figure(word),
            _ => {}
        }
    }
    total
}

fn result(lines: &[Said], what: &str) -> Decimal {
    figure(&lines.iter().find(|l| l.what == what).unwrap_or_else(|| panic!("no line {what}")).result)
}

fn amount(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

fn penny(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
}

#[test]
fn every_example_is_valid_by_the_schema_of_its_command_and_a_misspelt_field_is_not() {
    for (command, arguments) in EXAMPLES {
        let schema = json(&commonweal(&examples(), &["finance", command, "--schema"]));
        let text = match IN_JSON.iter().find(|(name, _)| *name == command) {
            Some((_, text)) => (*text).to_owned(),
            None => std::fs::read_to_string(examples().join(arguments[0])).unwrap(),
        };
        let mut value: Value = serde_json::from_str(&text).unwrap();
        if IN_JSON.iter().any(|(name, _)| *name == command) {
            json(&with("x.json", &text, &[command, "x.json"]));
        }
        assert_eq!(violations(&schema, &value), Vec::<String>::new(), "{command}");
        value["colour"] = json!("blue");
        assert!(!violations(&schema, &value).is_empty(), "{command}: the schema allows anything");
        let refused = sentence(&with("x.json", &value.to_string(), &[command, "x.json"]));
        assert!(refused.contains("colour"), "{command}: {refused}");
    }
}

#[test]
fn every_table_stands_in_columns_and_every_help_has_its_example() {
    for (command, _) in EXAMPLES {
        let table = run(command, &["--table"]);
        let lines: Vec<&str> = table.lines().collect();
        let rules: Vec<usize> = (0..lines.len()).filter(|i| lines[*i].starts_with("--")).collect();
        assert!(!rules.is_empty(), "{command}: {table}");
        for rule in rules {
            let width = lines[rule].chars().count();
            assert!(lines[rule - 1].chars().count() <= width, "{command}: {table}");
            let rows = lines[rule + 1..].iter().take_while(|line| !line.is_empty());
            assert!(
                rows.clone().count() > 0 && rows.clone().all(|row| row.chars().count() <= width),
                "{command}: {table}"
            );
        }
        let help = commonweal(&examples(), &["finance", command, "--help"]);
        assert!(String::from_utf8_lossy(&help.stdout).contains("Example"), "{command}");
    }
}

#[test]
fn a_yearly_rate_is_the_published_one_and_its_lines_add_up_to_nearly_nothing() {
    assert_eq!(answer("xirr")["rate"], "0.37336253");
    let lines = explained("xirr");
    let flows: Vec<&Said> = lines.iter().filter(|l| l.what.starts_with("200")).collect();
    assert_eq!(flows.len(), 5);
    let added: Decimal = flows.iter().map(|l| figure(&l.result)).sum();
    assert_eq!(added, result(&lines, "Net present value"));
    assert!(added.abs() < dec!(0.0001), "{added}");
    for line in flows {
        let (paid, factor) = line.working.rsplit_once(" = ").unwrap().1.split_once(" × ").unwrap();
        assert!((figure(paid) * figure(factor) - figure(&line.result)).abs() < dec!(0.00000001), "{}", line.working);
    }
    let ends: Vec<Decimal> =
        lines.iter().filter(|l| l.what.starts_with("Certificate")).map(|l| figure(&l.result)).collect();
    assert!(ends[0] > Decimal::ZERO && ends[1] < Decimal::ZERO, "{ends:?}");
    let two = with(
        "two.json",
        r#"{"flows": [{"date": "2021-01-01", "amount": "-100.00"}, {"date": "2022-01-01", "amount": "230.00"}],
            "closing": {"date": "2023-01-01", "value": "-132.00"}}"#,
        &["xirr", "two.json"],
    );
    assert_eq!(json(&two), json!({"status": "not_unique", "roots": ["0.10000000", "0.20000000"]}));
}

#[test]
fn a_periodic_rate_makes_the_present_value_change_sign_and_values_are_the_published_ones() {
    let rate = amount(&answer("irr")["rate"]);
    let flows = [-120_000, 39_000, 30_000, 21_000, 37_000, 46_000].map(Decimal::from);
    let value = |rate: Decimal| flows.iter().rev().fold(Decimal::ZERO, |sum, flow| sum / (Decimal::ONE + rate) + flow);
    assert!(value(rate - dec!(0.000000005)) > Decimal::ZERO && value(rate + dec!(0.000000005)) < Decimal::ZERO);
    let lines = explained("irr");
    let added: Decimal = lines.iter().filter(|l| l.what.starts_with("Period")).map(|l| figure(&l.result)).sum();
    assert_eq!(added, result(&lines, "Net present value"));
    assert_eq!(answer("npv")["present_value"], "2086.65");
    assert_eq!(result(&explained("npv"), "To the penny"), dec!(2086.65));
    // A million pounds in the years 1, 10, 30, 31 and 75, by the published factors and by multiplying the rates.
    let mut years = vec!["0".to_owned(); 76];
    let (mut factor, mut factors, mut published) = (Decimal::ONE, Decimal::ZERO, Decimal::ZERO);
    for (year, amount) in years.iter_mut().enumerate().skip(1) {
        factor /= if year <= 30 { dec!(1.035) } else { dec!(1.03) };
        let known = [
            (1, dec!(0.966184)),
            (10, dec!(0.708919)),
            (30, dec!(0.356278)),
            (31, dec!(0.345901)),
            (75, dec!(0.094214)),
        ];
        if let Some((_, shown)) = known.iter().find(|(known, _)| *known == year) {
            "1000000".clone_into(amount);
            factors += factor;
            published += shown;
        }
    }
    let text = format!("amount\n{}\n", years.join("\n"));
    let found = with("a.csv", &text, &["npv", "a.csv", "--green-book", "standard", "--on", "2026-11-24"]);
    let value = amount(&json(&found)["present_value"]);
    assert_eq!(value, penny(factors * dec!(1_000_000)));
    assert!((value - published * dec!(1_000_000)).abs() < dec!(2.5), "{value}: five factors of six places");
}

#[test]
fn a_schedule_capitalises_prepays_and_steps_and_every_line_can_be_worked_out_again() {
    let schedule = answer("schedule");
    let rows = schedule["loans"][0].as_array().unwrap();
    assert_eq!(rows[11]["closing"], "10616.77", "the published balance after a year's holiday");
    assert_eq!(rows.last().unwrap()["closing"], "0.00");
    assert_eq!(rows[17]["prepaid"], "1000.00");
    assert_eq!(rows[24]["parts"][0]["rate"], "0.055", "the step holds from 2028");
    assert_eq!(rows[0]["parts"][0]["base"], "10000");
    let lines = explained("schedule");
    let mut checked = 0;
    for line in &lines {
        if line.what.starts_with("Interest, period") {
            let part = |part: &str| {
                let factors: Vec<&str> = part.split(" × ").collect();
                let years = factors[2].split_whitespace().next().unwrap();
                figure(factors[0]) * figure(factors[1]) / Decimal::ONE_HUNDRED * figure(years)
            };
            let interest: Decimal = line.working.split(" + ").map(part).sum();
            assert_eq!(penny(interest), figure(&line.result), "{}", line.working);
            checked += 1;
        } else if line.what.starts_with("Balance") || line.what.starts_with("Payment") {
            assert_eq!(sum(&line.working), figure(&line.result), "{}: {}", line.what, line.working);
            checked += 1;
        }
    }
    assert_eq!(checked, 36 * 3);
    assert_eq!(result(&lines, "Principal repaid"), result(&lines, "What had to be repaid"));
    assert_eq!(result(&lines, "Principal repaid"), dec!(10616.77));
}

#[test]
fn a_plain_loan_keeps_its_form_and_its_lines_give_the_same_totals() {
    let terms = r#"{"tranches": [{"on": "2026-01-01", "amount": "1000.00"}], "rate": "0", "repayment": "annuity",
        "instalments": 4, "interest": "equal_periods"}"#;
    let found = json(&with("l.json", terms, &["schedule", "l.json"]));
    for row in found["rows"].as_array().unwrap() {
        assert_eq!(row["payment"], "250.00");
    }
    let text = String::from_utf8(with("l.json", terms, &["schedule", "l.json", "--explain"]).stdout).unwrap();
    assert!(text.contains("Principal repaid: £1,000 + £0 = £1,000"), "{text}");
}

#[test]
fn a_revenue_share_pays_within_floor_and_ceiling_and_estimates_what_is_not_reported() {
    let found = answer("revenue-share");
    let paid: Vec<&str> = found["payments"].as_array().unwrap().iter().map(|p| p["paid"].as_str().unwrap()).collect();
    // 5% of 18,000; the floor; the ceiling; the last known again.
    assert_eq!(paid, ["900.00", "100.00", "1500.00", "1500.00"]);
    assert_eq!(found["payments"][3]["provisional"], true);
    assert_eq!(found["standing"], json!({"status": "running", "amount": "22000.00"}));
    let lines = explained("revenue-share");
    let all = lines.iter().find(|l| l.what == "Paid in all").unwrap();
    assert_eq!(sum(&all.working), figure(&all.result));
    assert_eq!(result(&lines, "Cap") - figure(&all.result), dec!(22_000));
}

#[test]
fn receipts_pay_the_oldest_instalment_first_and_nothing_is_lost() {
    let found = answer("allocate");
    assert_eq!(found["overdue"], "600.00");
    assert_eq!(found["days_past_due"], 50);
    assert_eq!(found["outstanding"][1]["principal"], "150.00");
    let lines = explained("allocate");
    let put: Decimal =
        lines.iter().filter(|l| l.what.starts_with("Put to ") && l.working.is_empty()).map(|l| figure(&l.result)).sum();
    assert_eq!(put, dec!(760));
    for what in ["Received less refunded", "Put to something", "Overdue"] {
        let line = lines.iter().find(|l| l.what == what).unwrap();
        assert_eq!(sum(&line.working), figure(&line.result), "{what}");
    }
    let file = std::fs::read_to_string(examples().join("account.json")).unwrap();
    let mut file: Value = serde_json::from_str(&file).unwrap();
    file["entries"] = json!([
        {"kind": "received", "on": "2026-02-01", "amount": "460.00"}, {"kind": "reversed", "entry": 0},
        {"kind": "received", "on": "2026-02-02", "amount": "0.00"}
    ]);
    let refused = sentence(&with("a.json", &file.to_string(), &["allocate", "a.json"]));
    assert!(refused.contains("(finance/not-positive)"), "{refused}");
    file["entries"].as_array_mut().unwrap().pop();
    let reversed = json(&with("a.json", &file.to_string(), &["allocate", "a.json"]));
    assert_eq!(reversed["postings"], json!([]), "as if it had never been");
}

#[test]
fn a_ratchet_lowers_the_rate_from_the_next_period_and_its_price_is_told() {
    let found = answer("ratchet");
    assert_eq!(
        found["rates"],
        json!([{"from": "2026-01-01", "rate": "0.06"}, {"from": "2027-01-01", "rate": "0.055"}])
    );
    // Half a per cent less on 75,000, 50,000 (366 days) and 25,000, each row rounded.
    let days = |pounds: i64, days: i64| {
        let at = |rate: Decimal| penny(Decimal::from(pounds) * rate * Decimal::from(days) / Decimal::from(365));
        at(dec!(0.055)) - at(dec!(0.06))
    };
    let change = [days(75_000, 365), days(50_000, 366), days(25_000, 365)];
    assert_eq!(amount(&found["effect"]["cash"]), change.iter().sum::<Decimal>());
    let lines = explained("ratchet");
    let shown: Vec<Decimal> = lines
        .iter()
        .filter(|l| l.what.starts_with("Change in cash: 20"))
        .map(|l| figure(l.working.split(" × ").next().unwrap()))
        .filter(|a| !a.is_zero())
        .collect();
    assert_eq!(shown, change);
    let values: Decimal =
        lines.iter().filter(|l| l.what.starts_with("Change in cash: 20")).map(|l| figure(&l.result)).sum();
    assert_eq!(penny(values), amount(&found["effect"]["present_value"]));
    assert_eq!(-amount(&found["effect"]["present_value"]), amount(&found["effect"]["subsidy"]));
}

#[test]
fn a_subsidy_counts_the_group_exactly_at_the_limit_and_names_its_sources() {
    let found = answer("subsidy");
    // £5,000 a year saved, discounted over 365 and 731 days at 4.25%.
    let year = 5_000.0 / 1.0425 + 5_000.0 / 1.0425_f64.powf(731.0 / 365.0);
    let loan: f64 = found["instruments"][1]["gross_cash_equivalent"].as_str().unwrap().parse().unwrap();
    assert!((loan - year).abs() < 0.0051, "{loan} {year}");
    assert_eq!(found["total"], "21396.27");
    assert_eq!(found["running_total"]["used"], "290000.00", "the award of 2023 is outside the window");
    let text = run("subsidy", &["--explain"]);
    assert!(text.contains("Source: Subsidy Control Act 2022 s.36") && text.contains("treasury team, 2026-11-01"));
    let lines = explained("subsidy");
    let all = lines.iter().find(|l| l.what == "Gross cash equivalents together").unwrap();
    assert_eq!(sum(&all.working), figure(&all.result));
    let file = std::fs::read_to_string(examples().join("award.json")).unwrap();
    let mut file: Value = serde_json::from_str(&file).unwrap();
    let check =
        |file: &Value| json(&with("a.json", &file.to_string(), &["subsidy", "a.json"]))["running_total"].clone();
    file["given"][0]["amount"] = json!("293603.73");
    assert_eq!(check(&file)["fits"], true, "exactly at the limit");
    file["given"][0]["amount"] = json!("293603.74");
    assert_eq!((&check(&file)["fits"], &check(&file)["excess"]), (&json!(false), &json!("0.01")));
    file["market"][0]["on"] = json!("2024-11-01");
    let refused = sentence(&with("a.json", &file.to_string(), &["subsidy", "a.json"]));
    assert!(
        refused.contains("market rate observed recently enough") && refused.contains("(finance/missing)"),
        "{refused}"
    );
    file["market"][0]["on"] = json!("2026-11-01");
    file["given"][0]["amount"] = json!("-1.00");
    let refused = sentence(&with("a.json", &file.to_string(), &["subsidy", "a.json"]));
    assert!(refused.contains("(law/assistance-not-positive, Subsidy Control Act 2022 s.36)"), "{refused}");
}

#[test]
fn a_sheet_gives_its_cover_and_the_largest_loan_that_keeps_one() {
    let found = answer("affordability");
    // (127,500 − 51,000 − 38,400) / (1,800 + 10,800), and 51,000 / 76,500.
    assert_eq!(found["sheet"]["cover"], "3.02");
    assert_eq!(found["sheet"]["break_even"], "0.6667");
    assert_eq!(found["stresses"][2]["runway"], 10);
    for line in explained("affordability").iter().filter(|l| l.what.starts_with("Cash after month")) {
        assert_eq!(sum(&line.working), figure(&line.result), "{}", line.what);
    }
    let month = json!({"revenue": "3000.00", "variable_costs": "1000.00", "fixed_costs": "1000.00", "other_debt": "0.00", "service": "0.00"});
    let sheet = json!({
        "opening_cash": "0.00",
        "sheet": vec![month; 12],
        "largest": {
            "facility": {
                "draws": [{"on": "2026-01-01", "amount": "1.00"}], "price": {"kind": "fixed", "rate": "0"},
                "plan": {"plan": "equal_principal"}, "instalments": 12, "period_months": 1, "first_due": "2026-02-01"
            },
            "first_month": "2026-02-01", "least_cover": "1.25", "step": "100.00", "most": "100000.00"
        }
    });
    let found = json(&with("s.json", &sheet.to_string(), &["affordability", "s.json"]));
    // 12,000 a year of cash at a cover of 1.25 carries 9,600 of principal at no interest; 9,600 / 12 is whole pounds.
    assert_eq!(found["largest_loan"], "9600.00");
}

#[test]
fn a_funds_measures_come_from_typed_flows_and_concentration_from_values() {
    let found = answer("measures");
    let known = |figure: &Value| figure["value"].as_str().unwrap().to_owned();
    let m = &found["measures"];
    assert_eq!((known(&m["dpi"]), known(&m["rvpi"]), known(&m["tvpi"])), ("0.33".into(), "0.65".into(), "0.98".into()));
    assert_eq!((known(&m["picc"]), known(&m["moic"])), ("0.18".into(), "1.00".into()));
    assert_eq!(found["gross"]["rate"], "0.00000000", "180,000 paid, 60,000 back and 120,000 held");
    assert!(amount(&found["net"]["rate"]) < Decimal::ZERO, "the fund's cost counts in the net rate");
    assert_eq!(known(&found["concentration"]["herfindahl"]), "0.4650");
    assert_eq!(found["vintages"][1]["holdings"], 2);
    let lines = explained("measures");
    for what in ["Paid in", "Distributed", "Invested, fund costs left out"] {
        let line = lines.iter().find(|l| l.what == what).unwrap();
        assert_eq!(sum(&line.working), figure(&line.result), "{what}");
    }
    let squares: Decimal = lines.iter().filter(|l| l.what.ends_with("squared")).map(|l| figure(&l.result)).sum();
    assert_eq!(squares, result(&lines, "Herfindahl index"));
}

#[test]
fn the_methods_against_an_index_keep_the_last_flow_beside_the_value() {
    let found = answer("pme");
    // −25, 15, 7 with the index at 100, 115, 130: NAV* = 25·1.3 − 15·130/115 − 7, added to the last flow.
    let held = 32.5 - 15.0 * 130.0 / 115.0 - 7.0;
    let root = |first: f64, second: f64, third: f64| {
        (second + (second * second + 4.0 * first * third).sqrt()) / (2.0 * first) - 1.0
    };
    let close =
        |value: &Value, expected: f64| (value.as_str().unwrap().parse::<f64>().unwrap() - expected).abs() < 1e-6;
    assert!(close(&found["long_nickels"]["index"]["rate"], root(25.0, 15.0, 7.0 + held)), "{found}");
    assert!(close(&found["direct_alpha"]["rate"], root(32.5, 15.0 * 130.0 / 115.0, 17.0)), "{found}");
    assert_eq!(found["kaplan_schoar"], "1.0448");
    let lines = explained("pme");
    let grown = |side: &str| -> Decimal {
        lines.iter().filter(|l| l.what.starts_with("20") && l.what.contains(side)).map(|l| figure(&l.result)).sum()
    };
    assert_eq!(grown("paid in"), result(&lines, "Paid in, grown with the index"));
    assert!((grown("distributed") - result(&lines, "Distributed, grown with the index")).abs() < dec!(0.00000002));
}

#[test]
fn a_simulation_repeats_its_digits_by_seed_and_without_chance_is_the_contract() {
    let first = run("simulate", &["--seed", "7", "--paths", "600"]);
    assert_eq!(run("simulate", &["--seed", "7", "--paths", "600"]), first);
    assert_ne!(run("simulate", &["--seed", "8", "--paths", "600"]), first);
    let file = std::fs::read_to_string(examples().join("book.json")).unwrap();
    let mut file: Value = serde_json::from_str(&file).unwrap();
    for investment in file["investments"].as_array_mut().unwrap() {
        for chance in ["default", "delay", "swing"] {
            investment[chance] = json!("0");
        }
        investment["exit"] = Value::Null;
    }
    let found = json(&with("b.json", &file.to_string(), &["simulate", "b.json"]));
    let mut cash = amount(&file["cash"]);
    for year in found["forecast"]["years"].as_array().unwrap() {
        cash += amount(&year["contracted"]) - amount(&file["costs"]);
        assert_eq!(amount(&year["liquidity"]["p5"]), cash);
        assert_eq!((amount(&year["liquidity"]["p95"]), amount(&year["mean"])), (cash, cash));
        assert_eq!(amount(&year["standard_error"]), Decimal::ZERO);
    }
    let lines = explained("simulate");
    for line in lines.iter().filter(|l| l.what.ends_with("by contract")) {
        assert_eq!(sum(&line.working), figure(&line.result), "{}", line.what);
    }
}

#[test]
fn what_cannot_be_read_or_is_refused_is_one_sentence_with_its_place() {
    let cases: &[(&str, &str, &[&str], &str)] = &[
        ("a.csv", "amount\n-5\nten\n", &["irr", "a.csv"], "Row 3, amount “ten”"),
        ("a.csv", "date,amount\n2026-01-01,5\n", &["npv", "a.csv"], "--rate"),
        ("a.csv", "date,amount\n2026-01-01,5\n", &["npv", "a.csv", "--rate", "-1"], "finance/too-large"),
        (
            "a.csv",
            "amount\n5\n",
            &["npv", "a.csv", "--green-book", "gold", "--on", "2026-01-01"],
            "neither standard nor health",
        ),
        ("a.csv", "when,kind\n", &["measures", "a.csv", "--on", "2026-01-01"], "header “holding,on,kind,amount”"),
        (
            "a.csv",
            "holding,on,kind,amount\nMill,2026-01-01,gift,5\n",
            &["measures", "a.csv", "--on", "2026-01-01"],
            "Row 2, kind: unknown variant `gift`",
        ),
        (
            "a.csv",
            "holding,on,kind,amount\nMill,2026-01-01,drawdown,92233720368547758.07\nMill,2026-01-02,drawdown,0.01\n",
            &["measures", "a.csv", "--on", "2026-01-03"],
            "too large. (finance/too-large)",
        ),
        (
            "a.csv",
            "holding,on,kind,amount\n,2026-01-01,interest,5\n",
            &["measures", "a.csv", "--on", "2026-01-01"],
            "Row 2: name the holding",
        ),
        (
            "a.csv",
            "revenue,variable_costs,fixed_costs\n1,,3\n",
            &["affordability", "a.csv", "--opening-cash", "0"],
            "Row 2: enter the variable_costs",
        ),
        ("a.csv", "revenue,variable_costs,fixed_costs\n1,2,3\n", &["affordability", "a.csv"], "--opening-cash"),
        ("a.json", "{\"cash\": \"0.00\"}", &["simulate", "a.json"], "missing field `costs` at line 1"),
        (
            "a.json",
            "{\"cash\": \"0.00\", \"costs\": \"0.00\", \"investments\": []}",
            &["simulate", "a.json"],
            "between 1 and 60 years. (finance/contradiction)",
        ),
        (
            "a.json",
            "{\"on\": \"2026-01-01\", \"nav\": \"1.00\", \"flows\": []}",
            &["pme", "a.json"],
            "Enter the level of the index",
        ),
        ("a.json", "{\"ratchet\": {}}", &["ratchet", "a.json"], "missing field `base` at line 1"),
        ("a.json", "[]", &["schedule", "a.json"], "The loan cannot be read"),
    ];
    for (name, text, arguments, expected) in cases {
        let said = sentence(&with(name, text, arguments));
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    assert!(sentence(&commonweal(&examples(), &["finance", "irr"])).contains("Name the file"));
    assert!(sentence(&commonweal(&examples(), &["finance", "irr", "none.csv"])).contains("none.csv cannot be read"));
}

#[test]
fn every_example_of_the_readme_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let commands: Vec<Vec<String>> = readme
        .lines()
        .filter(|line| line.starts_with("    commonweal finance ") || line.starts_with("    commonweal timetable "))
        .map(|line| line.split('#').next().unwrap().split_whitespace().skip(1).map(str::to_owned).collect())
        .collect();
    for (command, _) in EXAMPLES {
        assert!(commands.iter().any(|c| c[1] == command), "the README has no example of {command}");
    }
    for arguments in commands {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = commonweal(root, &arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!output.stdout.is_empty(), "{arguments:?}");
    }
}
