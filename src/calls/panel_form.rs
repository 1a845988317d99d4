//! The form of a criterion that a community panel decides.

use super::criteria::CriterionInput;
use crate::evaluation::PanelRule;
use crate::evaluation::panel::FEWEST_SHOWN;
use crate::values::{Parser, Pence};

/// The kinds of vote, as the form offers them.
pub const VOTES: [(&str, &str); 2] = [
    ("scores", "Each resident gives every application a score"),
    ("budget", "Each resident shares out an amount of money between the applications"),
];

/// The best score that a form of radio buttons can offer on a phone.
const BEST_SCORE: u32 = 10;
/// The most that one resident may share out.
const MOST_EACH: Pence = Pence(100_000_000);

/// Reads how residents vote.
pub(super) fn read(form: &mut Parser, input: &CriterionInput) -> Option<PanelRule> {
    let quorum = form.value::<u32>("ballots", &input.ballots, "Enter the fewest ballots that count");
    form.check(
        quorum.is_none_or(|q| q >= FEWEST_SHOWN),
        "ballots",
        "Enter 5 or more. When fewer than five residents vote only totals are shown, because a single vote could be \
         recognised, and nobody could count again",
    );
    form.check(quorum.is_none_or(|q| q <= 1000), "ballots", "Enter at most 1,000: a roll holds no more residents");
    match input.vote.trim() {
        "scores" => {
            let highest = form.value::<u32>("highest", &input.highest, "Enter the best score, like 5")?;
            form.check((1..=BEST_SCORE).contains(&highest), "highest", "Enter a number from 1 to 10");
            Some(PanelRule::Scores { highest, quorum: quorum? })
        }
        "budget" => {
            let each = form.pence("each", &input.each, "Enter what one resident may share out, like 100")?;
            form.check(each > Pence::ZERO && each <= MOST_EACH, "each", "Enter more than £0 and at most £1,000,000");
            Some(PanelRule::Budget { each, quorum: quorum? })
        }
        _ => {
            form.wrong("vote", "Choose how residents vote");
            None
        }
    }
}

/// What the form shows of a rule that is there.
pub(super) fn pairs(rule: &PanelRule, mut put: impl FnMut(&str, String)) {
    put("ballots", rule.quorum().to_string());
    match rule {
        PanelRule::Scores { highest, .. } => {
            put("vote", "scores".to_owned());
            put("highest", highest.to_string());
        }
        PanelRule::Budget { each, .. } => {
            put("vote", "budget".to_owned());
            put("each", each.plain());
        }
    }
}

/// How residents vote, in words for applicants.
#[must_use]
pub fn words(rule: &PanelRule) -> String {
    let change = match rule {
        PanelRule::Scores { .. } => "Other applications do not change your score",
        PanelRule::Budget { .. } => "Other applications change your score",
    };
    format!(
        "{}. {change}. {}. Residents are shown your name, what the money is for and the amount",
        how(rule),
        at_least(rule)
    )
}

/// How residents vote, in words for residents and for everybody.
#[must_use]
pub fn public_words(rule: &PanelRule) -> String {
    format!("{}. {}. Residents are shown who applies, what the money is for and the amount", how(rule), at_least(rule))
}

fn how(rule: &PanelRule) -> String {
    match rule {
        PanelRule::Scores { highest, .. } => {
            format!("By residents: each gives every application 0 to {highest}")
        }
        PanelRule::Budget { each, .. } => format!(
            "By residents: each shares out {each} between the applications; the one given most earns all the points"
        ),
    }
}

fn at_least(rule: &PanelRule) -> String {
    match rule.quorum() {
        1 => "At least 1 ballot must count".to_owned(),
        more => {
            format!("At least {} ballots must count", crate::values::decimals::group_thousands(&more.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(vote: &str, highest: &str, each: &str, ballots: &str) -> CriterionInput {
        CriterionInput {
            vote: vote.to_owned(),
            highest: highest.to_owned(),
            each: each.to_owned(),
            ballots: ballots.to_owned(),
            ..CriterionInput::default()
        }
    }

    #[test]
    fn a_form_says_how_residents_vote_and_shows_again_what_it_said() {
        for (given, rule) in [
            (input("scores", "5", "", "50"), PanelRule::Scores { highest: 5, quorum: 50 }),
            (input("budget", "", "100", "5"), PanelRule::Budget { each: Pence(10_000), quorum: 5 }),
        ] {
            let mut form = Parser::default();
            assert_eq!(read(&mut form, &given), Some(rule.clone()));
            form.finish().unwrap();
            let mut shown = CriterionInput::default();
            pairs(&rule, |name, value| match name {
                "vote" => shown.vote = value,
                "highest" => shown.highest = value,
                "each" => shown.each = value,
                _ => shown.ballots = value,
            });
            assert_eq!(read(&mut Parser::default(), &shown), Some(rule));
        }
    }

    #[test]
    fn what_no_phone_can_show_and_nobody_could_reach_is_refused() {
        for (given, field) in [
            (input("", "5", "", "50"), "vote"),
            (input("scores", "11", "", "50"), "highest"),
            (input("scores", "5", "", "0"), "ballots"),
            (input("scores", "5", "", "4"), "ballots"),
            (input("scores", "5", "", "1001"), "ballots"),
            (input("budget", "", "0", "5"), "each"),
        ] {
            let mut form = Parser::default();
            read(&mut form, &given);
            assert!(form.finish().unwrap_err().at(field).is_some(), "{field}");
        }
    }
}
