//! Reading what was typed on one question into the draft. Whatever cannot be read is kept as typed.

use super::model::{CashRow, Draft, Promised, UseOfFunds};
use super::price_parts;
use super::questions::{self, Asks, CASH_ROWS, FUND_LINES, Question};
use crate::calls::Terms;
use crate::people::Profile;
use crate::values::{FieldErrors, Parser, Pence, Quantity};
use std::collections::BTreeMap;

/// Fields of a form by name.
pub type Fields = BTreeMap<String, String>;

/// Longest text of one field, in characters. Word limits are judged when the answers are checked.
pub const MOST_CHARACTERS: usize = 60_000;

/// Puts the fields of one question into the draft and says which of them cannot be read. Empty fields are no
/// error: a page may be saved half done.
///
/// # Errors
/// Only when a text is longer than a draft can hold; then nothing is taken.
pub fn take(
    terms: &Terms,
    question: &Question,
    fields: &Fields,
    draft: &mut Draft,
) -> Result<FieldErrors, FieldErrors> {
    if let Some((name, _)) = fields.iter().find(|(_, value)| value.chars().count() > MOST_CHARACTERS) {
        return Err(FieldErrors::one(name, format!("Use {MOST_CHARACTERS} characters or fewer")));
    }
    let get = |name: &str| fields.get(name).map_or("", |v| v.trim());
    let mut form = Parser::default();
    let mut whole = true;
    match &question.asks {
        Asks::Organisation | Asks::Files => {}
        Asks::Eligibility => {
            for asked in &terms.eligibility {
                match get(&format!("eligible_{}", asked.id)) {
                    "yes" => draft.answers.eligibility.insert(asked.id.clone(), true),
                    "no" => draft.answers.eligibility.insert(asked.id.clone(), false),
                    _ => draft.answers.eligibility.remove(&asked.id),
                };
            }
        }
        Asks::Quality { criterion, .. } => put(&mut draft.answers.answers, criterion, get("answer")),
        Asks::Pass { criterion, .. } => {
            let answer = get("answer");
            put(&mut draft.answers.answers, criterion, if matches!(answer, "yes" | "no") { answer } else { "" });
        }
        Asks::Promise { id } => match promise(&mut form, &get) {
            Some(promised) => {
                draft.answers.promises.insert(id.clone(), promised);
            }
            None => {
                draft.answers.promises.remove(id);
                whole = false;
            }
        },
        Asks::Price => {
            for (id, _) in questions::prices(terms) {
                let name = format!("price_{id}");
                match form.optional::<Pence>(&name, get(&name)) {
                    Some(price) => {
                        draft.price.prices.insert(id, price);
                    }
                    None => {
                        draft.price.prices.remove(&id);
                    }
                }
            }
            if questions::asks_hours(terms) {
                draft.price.hours = form.optional::<Quantity>("hours", get("hours"));
            }
            if terms.round.is_some() {
                draft.price.amount = form.optional::<Pence>("amount", get("amount"));
            }
            whole &= price_parts::take(terms, &mut form, &get, &mut draft.price);
        }
        Asks::LotPlace { lots } => {
            let place = form.optional::<u32>("place", get("place"));
            form.check(
                place.is_none_or(|place| (1..=*lots).contains(&place)),
                "place",
                &format!("Enter a place from 1 to {lots}, or leave it empty"),
            );
            draft.answers.lot_place = place;
        }
        Asks::UseOfFunds => {
            draft.answers.use_of_funds.clear();
            for n in 1..=FUND_LINES {
                let (purpose, amount) = (format!("purpose_{n}"), format!("amount_{n}"));
                match (get(&purpose), form.optional::<Pence>(&amount, get(&amount))) {
                    ("", None) => {}
                    ("", Some(_)) | (_, None) => whole = false,
                    (text, Some(amount)) => {
                        draft.answers.use_of_funds.push(UseOfFunds { purpose: text.to_owned(), amount });
                    }
                }
            }
        }
        Asks::CashFlow => {
            draft.answers.cash_flow.clear();
            for n in 1..=CASH_ROWS {
                let names = [format!("end_{n}"), format!("in_{n}"), format!("out_{n}")];
                let [end, money_in, money_out] = &names;
                if names.iter().all(|name| get(name).is_empty()) {
                    continue;
                }
                let row = (
                    form.optional_date(end, get(end)),
                    form.optional::<Pence>(money_in, get(money_in)),
                    form.optional::<Pence>(money_out, get(money_out)),
                );
                match row {
                    (Some(period_end), Some(money_in), Some(money_out)) => {
                        draft.answers.cash_flow.push(CashRow { period_end, money_in, money_out });
                    }
                    _ => whole = false,
                }
            }
        }
    }
    let errors = form.finish().err().unwrap_or_default();
    let any = fields.values().any(|v| !v.trim().is_empty());
    if any && (!whole || !errors.is_empty()) {
        draft.typed.insert(question.key.clone(), fields.clone());
    } else {
        draft.typed.remove(&question.key);
    }
    Ok(errors)
}

fn put(map: &mut BTreeMap<String, String>, key: &str, value: &str) {
    if value.is_empty() {
        map.remove(key);
    } else {
        map.insert(key.to_owned(), value.to_owned());
    }
}

fn promise<'a>(form: &mut Parser, get: &impl Fn(&str) -> &'a str) -> Option<Promised> {
    let quantity = form.optional::<Quantity>("quantity", get("quantity"));
    let baseline = form.optional::<Quantity>("baseline", get("baseline"));
    let by = form.optional_date("by", get("by"));
    let how = get("how").to_owned();
    match (quantity, baseline, by) {
        (Some(quantity), Some(baseline), Some(by)) if !how.is_empty() => Some(Promised { quantity, baseline, by, how }),
        _ => None,
    }
}

/// The fields of a question as they are shown: as typed, or as stored.
#[must_use]
pub fn shown(terms: &Terms, question: &Question, draft: &Draft) -> Vec<(String, String)> {
    if let Some(fields) = draft.typed.get(&question.key) {
        return fields.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    }
    let yes_no = |answer: bool| if answer { "yes" } else { "no" }.to_owned();
    match &question.asks {
        Asks::Organisation | Asks::Files => Vec::new(),
        Asks::Eligibility => {
            draft.answers.eligibility.iter().map(|(id, answer)| (format!("eligible_{id}"), yes_no(*answer))).collect()
        }
        Asks::Quality { criterion, .. } | Asks::Pass { criterion, .. } => {
            draft.answers.answers.get(criterion).map(|a| ("answer".to_owned(), a.clone())).into_iter().collect()
        }
        Asks::Promise { id } => draft.answers.promises.get(id).map_or_else(Vec::new, |p| {
            vec![
                ("quantity".to_owned(), p.quantity.to_string()),
                ("baseline".to_owned(), p.baseline.to_string()),
                ("by".to_owned(), p.by.to_string()),
                ("how".to_owned(), p.how.clone()),
            ]
        }),
        Asks::Price => {
            let mut fields: Vec<_> =
                draft.price.prices.iter().map(|(id, price)| (format!("price_{id}"), price.plain())).collect();
            fields.extend(price_parts::stored(terms, &draft.price));
            if let (Some(amount), true) = (draft.price.amount, terms.round.is_some()) {
                fields.push(("amount".to_owned(), amount.plain()));
            }
            if let (Some(hours), true) = (draft.price.hours, questions::asks_hours(terms)) {
                fields.push(("hours".to_owned(), hours.to_string()));
            }
            fields
        }
        Asks::LotPlace { .. } => {
            draft.answers.lot_place.map(|place| ("place".to_owned(), place.to_string())).into_iter().collect()
        }
        Asks::UseOfFunds => (1..)
            .zip(&draft.answers.use_of_funds)
            .flat_map(|(n, line): (usize, _)| {
                [(format!("purpose_{n}"), line.purpose.clone()), (format!("amount_{n}"), line.amount.plain())]
            })
            .collect(),
        Asks::CashFlow => (1..)
            .zip(&draft.answers.cash_flow)
            .flat_map(|(n, row): (usize, _)| {
                [
                    (format!("end_{n}"), row.period_end.to_string()),
                    (format!("in_{n}"), row.money_in.plain()),
                    (format!("out_{n}"), row.money_out.plain()),
                ]
            })
            .collect(),
    }
}

crate::text_enum! {
    /// How far a question has come; the same words for everybody.
    pub enum Progress {
        NotStarted = "not_started" => "Not started",
        InProgress = "in_progress" => "In progress",
        Problem = "problem" => "There is a problem",
        Completed = "completed" => "Completed",
        Optional = "optional" => "Optional",
    }
}

impl Progress {
    /// Colour of its tag; completed ones have none.
    #[must_use]
    pub fn colour(self) -> &'static str {
        match self {
            Progress::NotStarted => "grey",
            Progress::InProgress => "blue",
            Progress::Problem => "red",
            Progress::Completed | Progress::Optional => "",
        }
    }
}

/// How far one question has come.
#[must_use]
pub fn progress(terms: &Terms, question: &Question, draft: &Draft) -> Progress {
    if question.asks == Asks::Files && !draft.answers.files.iter().any(|f| f.about.is_empty()) {
        return Progress::Optional;
    }
    if question.asks == Asks::Organisation && draft.answers.profile == Profile::default() {
        return Progress::Optional;
    }
    let typed = draft.typed.get(&question.key);
    if matches!(question.asks, Asks::LotPlace { .. }) && typed.is_none() && draft.answers.lot_place.is_none() {
        return Progress::Optional;
    }
    if let Some(fields) = typed {
        let mut copy = Draft::default();
        return match take(terms, question, fields, &mut copy) {
            Ok(errors) if errors.is_empty() => Progress::InProgress,
            _ => Progress::Problem,
        };
    }
    let problems = super::missing::missing_of(terms, question, &draft.answers, &draft.price);
    if problems.is_empty() {
        Progress::Completed
    } else if shown(terms, question, draft).is_empty() {
        Progress::NotStarted
    } else if matches!(question.asks, Asks::Quality { .. } | Asks::Promise { .. }) {
        Progress::Problem
    } else {
        Progress::InProgress
    }
}
