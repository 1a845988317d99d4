//! What is missing or wrong before an application can be sent, question by question.

use super::model::{Answers, PriceAnswers, Promised};
use super::price_parts;
use super::questions::{self, Asks, LEAST_CASH_ROWS, Question};
use super::rules::not_eligible;
use crate::calls::Terms;
use crate::conditions::Direction;
use crate::evaluation::check::{MAX_PLACES, MAX_PRICE, MAX_QUANTITY};
use crate::evaluation::{AboveCeiling, Kind};
use crate::values::Pence;
use crate::values::time::medium_date;
use rust_decimal::Decimal;

/// Something that is missing or wrong before an application can be sent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Missing {
    /// Which question it is about.
    pub question: String,
    /// What to do.
    pub sentence: String,
}

/// Everything that is missing or wrong, in the order of the task list; empty when it can be sent.
#[must_use]
pub fn missing(terms: &Terms, answers: &Answers, price: &PriceAnswers) -> Vec<Missing> {
    let mut all = Vec::new();
    for question in questions::questions(terms) {
        for sentence in missing_of(terms, &question, answers, price) {
            all.push(Missing { question: question.key.clone(), sentence });
        }
    }
    all
}

/// What is missing at one question.
#[must_use]
pub(super) fn missing_of(terms: &Terms, question: &Question, answers: &Answers, price: &PriceAnswers) -> Vec<String> {
    match &question.asks {
        Asks::Organisation | Asks::Files => Vec::new(),
        Asks::Eligibility => not_eligible(terms, &answers.eligibility),
        Asks::Quality { criterion, words } => {
            let text = answers.answers.get(criterion).map_or("", String::as_str);
            let most = usize::try_from(*words).unwrap_or(usize::MAX).saturating_mul(questions::CHARACTERS_A_WORD);
            if questions::is_blank(text) {
                vec![format!("Answer “{}”", question.title)]
            } else if text.len() > most && text.chars().count() > most {
                vec![format!(
                    "“{}” is too long. Use {words} words or fewer, and at most {most} characters",
                    question.title
                )]
            } else if questions::has_at_most(text, *words) {
                Vec::new()
            } else {
                let count = questions::words(text);
                vec![format!("“{}” has {count} words. Use {words} or fewer", question.title)]
            }
        }
        Asks::Pass { criterion, .. } => match answers.answers.get(criterion).map(String::as_str) {
            Some("yes" | "no") => Vec::new(),
            _ => vec![format!("Answer yes or no to “{}”", question.title)],
        },
        Asks::Promise { id } => match answers.promises.get(id) {
            None => vec![format!(
                "Say how much you promise, from how much today, by when and how, for “{}”",
                question.title
            )],
            Some(promised) => promise_problems(terms, question, id, promised),
        },
        Asks::Price => price_problems(terms, price),
        Asks::LotPlace { lots } => match answers.lot_place {
            Some(place) if !(1..=*lots).contains(&place) => {
                vec![format!("Give this lot a place from 1 to {lots} in your order of lots, or none")]
            }
            _ => Vec::new(),
        },
        Asks::UseOfFunds => use_problems(answers, price),
        Asks::CashFlow => cash_problems(answers),
    }
}

fn promise_problems(terms: &Terms, question: &Question, id: &str, promised: &Promised) -> Vec<String> {
    let mut problems = Vec::new();
    let title = &question.title;
    if promised.quantity.get().is_sign_negative() && !promised.quantity.get().is_zero() {
        problems.push(format!("The promise for “{title}” cannot be less than nothing"));
    }
    // What the ranking could not take must not be sent: it would stop the ranking of everybody.
    if promised.quantity.get() > MAX_QUANTITY || promised.quantity.get().scale() > MAX_PLACES {
        problems.push(format!(
            "The promise for “{title}” is too large or too fine: use at most {} with at most {MAX_PLACES} decimal places",
            crate::values::decimals::shown_decimal(MAX_QUANTITY)
        ));
    }
    problems.extend(baseline_problems(terms, question, id, promised));
    if let Some(deadline) = terms.timetable.deadline
        && promised.by <= deadline.date()
    {
        problems.push(format!(
            "The date for “{title}” must be after {}, when the call closes",
            medium_date(deadline.date())
        ));
    }
    if questions::is_blank(&promised.how) {
        problems.push(format!("Say how you will keep and show the promise for “{title}”"));
    }
    let Some(asked) = questions::condition(terms, id) else { return problems };
    if asked.body.unit == "%" && promised.quantity.get() > Decimal::ONE_HUNDRED {
        problems.push(format!("The promise for “{title}” cannot be more than 100%"));
    }
    if asked.required {
        let (quantity, target) = (promised.quantity.get(), asked.target.get());
        let kept = match asked.body.direction {
            Direction::AtLeast => quantity >= target,
            Direction::AtMost => quantity <= target,
            Direction::Equal => quantity == target,
        };
        if !kept {
            problems.push(format!(
                "“{title}” asks for {} {} {}",
                asked.body.direction.label().to_lowercase(),
                asked.target.shown(),
                asked.body.unit
            ));
        }
    }
    if promised.by > asked.due {
        problems.push(format!("The date for “{title}” must be {} or earlier", medium_date(asked.due)));
    }
    problems
}

/// What cannot be true of how much there is today, or cannot be counted.
fn baseline_problems(terms: &Terms, question: &Question, id: &str, promised: &Promised) -> Vec<String> {
    let (title, quantity, baseline) = (&question.title, promised.quantity.get(), promised.baseline.get());
    let mut problems = Vec::new();
    if baseline.is_sign_negative() && !baseline.is_zero() {
        problems.push(format!("How much there is today for “{title}” cannot be less than nothing"));
    }
    if questions::is_counted(&questions::unit(terms, id)) && [quantity, baseline].iter().any(|n| !n.fract().is_zero()) {
        problems
            .push(format!("Use whole numbers for “{title}”: {} are counted one by one", questions::unit(terms, id)));
    }
    // A measure of the model that no condition covers earns points for more.
    let direction = questions::condition(terms, id).map_or(Direction::AtLeast, |asked| asked.body.direction);
    let backwards = match direction {
        Direction::AtLeast => baseline > quantity,
        Direction::AtMost => baseline < quantity,
        Direction::Equal => false,
    };
    if backwards {
        problems.push(format!(
            "The promise for “{title}” is worse than what there is today. Promise at least what you have, or correct how much there is today"
        ));
    }
    problems
}

/// The published ceiling of a price criterion, where a price above it excludes the bid.
fn excluding_ceiling(terms: &Terms, id: &str) -> Option<Pence> {
    match &terms.model.criterion(id)?.kind {
        Kind::Price { model } | Kind::Cost { model, .. } => {
            model.ceiling().filter(|(_, above)| *above == AboveCeiling::Excluded).map(|(ceiling, _)| ceiling)
        }
        _ => None,
    }
}

fn price_problems(terms: &Terms, price: &PriceAnswers) -> Vec<String> {
    let mut problems = Vec::new();
    for (id, title) in questions::prices(terms) {
        match price.prices.get(&id) {
            None => problems.push(format!("Enter the price for “{title}”")),
            Some(given) if given.0 <= 0 => problems.push(format!("The price for “{title}” must be more than £0")),
            Some(given) if *given > MAX_PRICE => problems.push(format!("The price for “{title}” is too large")),
            Some(_) => {
                let compared = price_parts::compared(terms, &id, price);
                if let Some(ceiling) = excluding_ceiling(terms, &id).filter(|c| compared.is_some_and(|p| p > *c)) {
                    let what = if compared == price.prices.get(&id).copied() { "price" } else { "whole-life cost" };
                    problems.push(format!(
                        "The {what} for “{title}” is above the ceiling of {ceiling}: a bid above it is left out"
                    ));
                }
            }
        }
    }
    if questions::asks_hours(terms) {
        match price.hours {
            None => problems.push("Enter the hours of work that the price pays for".to_owned()),
            Some(hours) if hours.get() <= Decimal::ZERO || hours.get() > MAX_QUANTITY => {
                problems.push("The hours of work must be more than 0, and fewer than a million million".to_owned());
            }
            Some(_) => {}
        }
    }
    if let Some(round) = &terms.round {
        match price.amount {
            None => problems.push("Enter how much you need".to_owned()),
            Some(amount) if amount < round.least || amount > round.most => {
                problems.push(format!("Ask for between {} and {}", round.least, round.most));
            }
            Some(_) => {}
        }
    }
    problems.extend(price_parts::problems(terms, price));
    problems
}

fn use_problems(answers: &Answers, price: &PriceAnswers) -> Vec<String> {
    if answers.use_of_funds.is_empty() {
        return vec!["Say what the money is for, line by line".to_owned()];
    }
    let total = Pence::total(answers.use_of_funds.iter().map(|line| line.amount));
    match (total, price.amount) {
        (Err(_), _) => vec!["The lines of what the money is for add up to more than can be held".to_owned()],
        (Ok(total), Some(amount)) if total != amount => {
            vec![format!("The lines of what the money is for add up to {total}, but you ask for {amount}")]
        }
        _ => Vec::new(),
    }
}

fn cash_problems(answers: &Answers) -> Vec<String> {
    let rows = &answers.cash_flow;
    if rows.len() < LEAST_CASH_ROWS {
        return vec![format!(
            "Give a cash flow of three years: at least {LEAST_CASH_ROWS} quarters. There are {}",
            rows.len()
        )];
    }
    if rows.windows(2).any(|pair| matches!(pair, [a, b] if b.period_end <= a.period_end)) {
        return vec!["Put the periods of the cash flow in order, each ending later than the one before".to_owned()];
    }
    match (rows.first(), rows.last()) {
        // The first row covers the period before its date, so eleven quarters lie between first and last.
        (Some(first), Some(last)) if (last.period_end - first.period_end).num_days() < 1000 => {
            vec!["The cash flow must cover three years".to_owned()]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::applications::model::CashRow;
    use crate::applications::samples::{Sample, answers};
    use crate::calls::{RoundTerms, Timetable};
    use crate::evaluation::{Criterion, Kind, Level, Model, PriceModel, Rounding};
    use proptest::prelude::*;
    use rust_decimal::{Decimal, dec};

    fn terms(words: u32) -> Terms {
        let level = |level: u32, share| Level { level, text: String::new(), share };
        let criterion =
            |id: &str, kind| Criterion { id: id.into(), title: id.into(), weight: Some(dec!(50)), minimum: None, kind };
        Terms {
            description: String::new(),
            tender: None,
            round: None,
            model: Model {
                title: String::new(),
                rounding: Rounding::default(),
                criteria: vec![
                    criterion("q", Kind::Quality { levels: vec![level(0, Decimal::ZERO), level(1, Decimal::ONE)] }),
                    criterion("p", Kind::Price { model: PriceModel::LowestOverPrice }),
                ],
                ties: vec![],
                abnormally_low: None,
            },
            words: [("q".to_owned(), words)].into(),
            conditions: vec![],
            eligibility: vec![],
            timetable: Timetable { questions_by: None, answers_by: None, deadline: None, decision_on: None },
        }
    }

    /// What is said to a round's applicant of a cash flow whose periods end on these days, counted from 31 March 2027.
    fn said_of_cash(days: &[u64]) -> Vec<String> {
        let first = crate::values::time::parse_date("2027-03-31").unwrap();
        let row = |day: &u64| CashRow {
            period_end: first + chrono::Days::new(*day),
            money_in: Pence(2_000_000),
            money_out: Pence(1_500_000),
        };
        let round = RoundTerms {
            fund: String::new(),
            pot: Pence(20_000_000),
            least: Pence(1),
            most: Pence(20_000_000),
            instruments: Vec::new(),
            quorum: None,
        };
        let terms = Terms { round: Some(round), ..terms(10) };
        let given = Answers { cash_flow: days.iter().map(row).collect(), ..Answers::default() };
        let all = missing(&terms, &given, &PriceAnswers::default());
        all.into_iter().filter(|m| m.question == "cash-flow").map(|m| m.sentence).collect()
    }

    /// Days from the end of the first quarter to the ends of the quarters after it, of which there are so many.
    fn quarters(count: u64) -> Vec<u64> {
        (0..count).map(|quarter| quarter * 92).collect()
    }

    #[test]
    fn a_cash_flow_of_three_years_has_twelve_quarters_and_eleven_are_too_few() {
        let few = |count| format!("Give a cash flow of three years: at least 12 quarters. There are {count}");
        assert_eq!(said_of_cash(&[]), [few(0)]);
        assert_eq!(said_of_cash(&quarters(11)), [few(11)]);
        assert_eq!(said_of_cash(&quarters(12)), Vec::<String>::new());
        assert_eq!(said_of_cash(&quarters(13)), Vec::<String>::new());
        // Few rows are few however long they are, and even where they are in disorder.
        assert_eq!(said_of_cash(&[0, 2000, 1000]), [few(3)]);
    }

    #[test]
    fn twelve_periods_in_disorder_are_told_so_once() {
        let sentence = "Put the periods of the cash flow in order, each ending later than the one before";
        let mut swapped = quarters(12);
        swapped.swap(3, 4);
        swapped.swap(7, 8);
        assert_eq!(said_of_cash(&swapped), [sentence]);
        let mut twice = quarters(12);
        twice[6] = twice[5];
        assert_eq!(said_of_cash(&twice), [sentence]);
        let mut backwards = quarters(12);
        backwards.reverse();
        assert_eq!(said_of_cash(&backwards), [sentence]);
    }

    #[test]
    fn twelve_periods_that_are_shorter_than_quarters_do_not_cover_three_years() {
        let sentence = "The cash flow must cover three years";
        let months: Vec<u64> = (0..12).map(|month| month * 30).collect();
        assert_eq!(said_of_cash(&months), [sentence]);
        // Eleven quarters lie between the first row and the last: a little over a thousand days.
        let ends_after = |last: u64| (0..11).map(|row| row * 90).chain([last]).collect::<Vec<u64>>();
        assert_eq!(said_of_cash(&ends_after(999)), [sentence]);
        assert_eq!(said_of_cash(&ends_after(1000)), Vec::<String>::new());
        // Quarters by the calendar, of which some have ninety days, are long enough.
        let calendar = [0, 91, 183, 275, 366, 457, 549, 641, 731, 822, 914, 1006];
        assert_eq!(said_of_cash(&calendar), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn an_answer_is_sent_exactly_when_it_has_between_one_word_and_the_limit(count in 0_usize..40, limit in 1_u32..30) {
            let terms = terms(limit);
            let mut given = Answers::default();
            given.answers.insert("q".into(), "word ".repeat(count));
            let price = PriceAnswers { prices: [("p".to_owned(), Pence(1))].into(), ..PriceAnswers::default() };
            let whole = missing(&terms, &given, &price).is_empty();
            prop_assert_eq!(whole, count >= 1 && count <= usize::try_from(limit).unwrap());
        }

        #[test]
        fn a_price_of_nothing_or_less_is_never_sent(pence in -1000_i64..1000) {
            let terms = terms(10);
            let mut given = Answers::default();
            given.answers.insert("q".into(), "words".into());
            let price = PriceAnswers { prices: [("p".to_owned(), Pence(pence))].into(), ..PriceAnswers::default() };
            prop_assert_eq!(missing(&terms, &given, &price).is_empty(), pence > 0);
        }

        #[test]
        fn a_sample_is_whole_at_any_price(pounds in 1_i64..1_000_000) {
            let sample = Sample { text: "text".into(), factor: dec!(0.5), price: Pence(pounds * 100), declared_by: "N".into() };
            let terms = terms(50);
            let input = answers(&terms, &sample, crate::values::time::parse_date("2026-11-24").unwrap());
            prop_assert!(missing(&terms, &input.answers, &input.price).is_empty());
        }
    }
}
