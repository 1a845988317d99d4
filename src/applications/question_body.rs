//! What each kind of question shows beside its fields.

use super::model::Draft;
use super::pages::{day, level_texts};
use super::price_parts::{self, CostGroup, OptionGroup};
use super::questions::{self, Asks, CASH_ROWS, FUND_LINES, LEAST_CASH_ROWS, Question};
use super::shown;
use crate::calls::{Call, EligibilityQuestion};
use crate::people::Profile;
use crate::values::decimals::shown_decimal;

/// The two answers of a yes-or-no question.
pub(super) const YES_NO: [(&str, &str); 2] = [("yes", "Yes"), ("no", "No")];

/// Everything a question's page needs besides its form. Fields that a kind does not use are empty.
#[derive(Clone, Debug, Default)]
pub(super) struct Body {
    /// What is asked, in a sentence.
    pub text: String,
    /// Level texts, best first (quality).
    pub levels: Vec<(String, String)>,
    /// Word limit (quality).
    pub limit: String,
    /// Yes-or-no questions (eligibility).
    pub eligibility: Vec<EligibilityQuestion>,
    /// Yes and no.
    pub yes_no: Vec<(&'static str, &'static str)>,
    /// Unit of the promise.
    pub unit: String,
    /// Hint at the quantity.
    pub hint: String,
    /// Hint at the date.
    pub by_hint: String,
    /// The obligation that a promise becomes.
    pub becomes: String,
    /// Term, value, note.
    pub facts: Vec<(String, String, String)>,
    /// Field name and title of each price.
    pub prices: Vec<(String, String)>,
    /// Whether the hours of work are asked for.
    pub hours: bool,
    /// Hint at the amount; empty for tenders.
    pub amount_hint: String,
    /// Numbers of the lines that are offered.
    pub rows: Vec<usize>,
    /// The organisation's facts.
    pub profile: Profile,
    /// Later costs that the price is asked with.
    pub costs: Vec<CostGroup>,
    /// How later costs are brought to the day of the purchase.
    pub discounts: Vec<String>,
    /// Options that lower the price.
    pub choices: Vec<OptionGroup>,
}

/// What a question shows.
pub(super) fn body(call: &Call, question: &Question, draft: &Draft) -> Body {
    let terms = &call.terms.0;
    let mut body = Body { yes_no: YES_NO.to_vec(), ..Body::default() };
    match &question.asks {
        Asks::Organisation => {
            body.profile = draft.answers.profile.clone();
            body.text = "These facts come from your organisation’s profile and go with your application.".to_owned();
        }
        Asks::Eligibility => {
            body.eligibility.clone_from(&terms.eligibility);
            body.text = "The same questions that anybody can try before signing in.".to_owned();
        }
        Asks::Quality { criterion, words } => {
            body.levels = level_texts(call, criterion);
            let now = draft.answers.answers.get(criterion).map_or(0, |text| questions::words(text));
            body.limit = format!("Use {words} words or fewer. When last saved there were {now}.");
            if let Some(node) = terms.model.nodes().iter().find(|n| n.criterion.id == *criterion) {
                body.facts.push((
                    "Weight".to_owned(),
                    format!("{} of 100", shown_decimal(node.points)),
                    "of the whole score".to_owned(),
                ));
            }
            body.facts.push(("Length".to_owned(), format!("{words} words"), "more cannot be sent".to_owned()));
        }
        Asks::Pass { requirement, .. } => body.text.clone_from(requirement),
        Asks::Promise { id } => promise(call, id, draft, &mut body),
        Asks::Price => {
            body.hours = questions::asks_hours(terms);
            body.prices =
                questions::prices(terms).into_iter().map(|(id, title)| (format!("price_{id}"), title)).collect();
            if let Some(round) = &terms.round {
                body.amount_hint = format!("From {} to {}", round.least, round.most);
                body.text = "How much you ask for. What it is for comes on the next page.".to_owned();
            } else {
                (body.costs, body.discounts) = price_parts::cost_groups(terms);
                body.choices = price_parts::option_groups(terms);
                body.text =
                    "Prices include VAT. They are sealed apart from your other answers, and opened later.".to_owned();
            }
        }
        Asks::LotPlace { lots } => {
            body.hint = format!(
                "1 for the lot that you would rather have than any other, up to {lots}. Leave it empty if you do not mind"
            );
            body.text = "You may come first in more lots than one supplier may win. Then you keep those that you put first here. Say it in your bid for each lot; it stays sealed with your answers, and the order of the lots on their page counts where you say nothing.".to_owned();
        }
        Asks::UseOfFunds => {
            body.rows = (1..=FUND_LINES).collect();
            body.text = match draft.price.amount {
                Some(amount) => format!("Say line by line what the {amount} is for. The lines must add up to it."),
                None => "Say line by line what the money is for. The lines must add up to what you ask for.".to_owned(),
            };
        }
        Asks::CashFlow => {
            let typed = draft
                .typed
                .get(&question.key)
                .map_or(0, |fields| fields.keys().filter(|k| k.starts_with("end_")).count());
            let known = draft.answers.cash_flow.len().max(typed).max(LEAST_CASH_ROWS);
            body.rows = (1..=known.min(CASH_ROWS)).collect();
            body.text = "Three years: the last day of each quarter, the money coming in from trading and grants, and the money going out, without the money you ask for here.".to_owned();
        }
        Asks::Files => {
            body.text =
                "Files that belong to the whole application. Files for one question go on its own page.".to_owned();
        }
    }
    body
}

fn promise(call: &Call, id: &str, draft: &Draft, body: &mut Body) {
    let terms = &call.terms.0;
    body.unit = questions::unit(terms, id);
    let measure = questions::measures(terms).into_iter().find(|(_, m, _)| m.id == id);
    if let Some(asked) = questions::condition(terms, id) {
        body.text.clone_from(&asked.body.text);
        body.hint = if asked.required {
            format!(
                "Everybody promises {} {} {}",
                asked.body.direction.label().to_lowercase(),
                asked.target.shown(),
                body.unit
            )
        } else {
            format!("The target is {}", asked.target.of(&body.unit))
        };
        body.by_hint = format!("{} or earlier. For example, 31/5/2029", day(asked.due));
        body.becomes = shown::becomes(asked, draft.answers.promises.get(id));
        body.facts.push(("Counted".to_owned(), asked.body.measure.clone(), String::new()));
        if !asked.body.evidence.is_empty() {
            body.facts.push((
                "Shown by".to_owned(),
                asked.body.evidence.join(", "),
                asked.body.cadence.label().to_owned(),
            ));
        }
    } else if let Some((_, measure, _)) = &measure {
        body.text.clone_from(&measure.title);
        body.by_hint = "For example, 31/5/2029".to_owned();
    }
    if let Some((criterion, measure, points)) = measure {
        if body.hint.is_empty() {
            body.hint =
                format!("A promise of {} earns the full mark; more earns no more", shown_decimal(measure.target));
        }
        body.facts.insert(
            0,
            (
                "Weight".to_owned(),
                format!("up to {} of 100", shown_decimal(points)),
                format!("part of “{}”", criterion.title),
            ),
        );
        body.facts.insert(
            1,
            (
                "Our target".to_owned(),
                crate::values::decimals::shown_with_unit(measure.target, &measure.unit),
                String::new(),
            ),
        );
    }
}
