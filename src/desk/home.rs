//! The public home page: missions, money, open calls.

use super::results::Line;
use super::store::{self, Agreed, Checked};
use crate::agreements::AgreementKind;
use crate::calls::{Call, CallKind};
use crate::http::{Answer, Shell, Visit, page};
use crate::missions::{self, Mission, cards};
use crate::values::time::distance;
use crate::values::{Id, Instant, LocalDate, Pence, counted};
use askama::Template;
use chrono::Days;
use std::collections::HashMap;

/// Missions on the home page; the rest are a link away.
const MISSIONS: usize = 8;
/// Open calls on the home page.
const CALLS: i64 = 8;

/// Newest verified results on the home page.
const VERIFIED: usize = 5;
/// Days that a verified result is news.
const VERIFIED_DAYS: u64 = 30;

/// An open call as lists of the desk show it.
#[derive(Clone, Debug)]
pub(super) struct CallLine {
    /// Where its page is.
    pub href: String,
    /// Title.
    pub title: String,
    /// The colour of its tag: none for a tender, purple for an investment round.
    pub colour: &'static str,
    /// "Tender".
    pub kind: &'static str,
    /// "Up to £1,200,000" or "£20,000 to £500,000 each".
    pub money: String,
    /// Title of its mission.
    pub mission: String,
    /// "Lot 2 of 3 of Community kitchens", or nothing.
    pub lot: String,
    /// "7 weeks and 3 days left".
    pub left: String,
    /// "Closes noon on Friday 15 January 2027 (GMT)".
    pub closes: String,
}

fn money(call: &Call) -> String {
    let terms = &call.terms.0;
    match (&terms.tender, &terms.round) {
        (Some(tender), _) => format!("Up to {}", tender.estimated_value),
        (None, Some(round)) => format!("{} to {} each", round.least, round.most),
        (None, None) => String::new(),
    }
}

fn left(today: LocalDate, deadline: Instant) -> String {
    match distance(today, deadline.date()) {
        words if words.starts_with("in ") => format!("{} left", words.trim_start_matches("in ")),
        words => format!("Closes {words}"),
    }
}

/// Open calls in the words of a list.
pub(super) fn call_lines(
    calls: Vec<Call>,
    missions: &HashMap<Id<Mission>, Mission>,
    today: LocalDate,
) -> Vec<CallLine> {
    calls
        .into_iter()
        .map(|call| CallLine {
            href: format!("/calls/{}", call.id),
            colour: if call.kind == CallKind::Round { "purple" } else { "" },
            kind: call.kind.label(),
            money: money(&call),
            lot: call.lot().map(|whole| whole.heading(call.id)).unwrap_or_default(),
            mission: missions.get(&call.mission_id).map(|m| m.title.clone()).unwrap_or_default(),
            left: call.deadline_at.map(|d| left(today, d)).unwrap_or_default(),
            closes: call.deadline_at.map(|d| format!("Closes {}", d.long())).unwrap_or_default(),
            title: call.title,
        })
        .collect()
}

/// One of the large figures.
struct Figure {
    label: &'static str,
    value: String,
    note: String,
    /// Where each thing it counts can be read; empty for nowhere.
    href: &'static str,
}

fn figures(agreed: &[Agreed], checked: Checked) -> Vec<Figure> {
    let mut figures: Vec<Figure> = agreed
        .iter()
        .filter(|a| a.value > Pence::ZERO)
        .map(|a| match a.kind {
            AgreementKind::Contract => Figure {
                label: "Bought",
                value: a.value.in_words(),
                note: format!("{} with {}", counted(a.count, "contracts"), counted(a.organisations, "suppliers")),
                href: "",
            },
            AgreementKind::Investment => Figure {
                label: "Invested",
                value: a.value.in_words(),
                note: format!("{} in {}", counted(a.count, "investments"), counted(a.organisations, "enterprises")),
                href: "",
            },
        })
        .collect();
    if checked.promised > 0 {
        figures.push(Figure {
            label: "Verified",
            value: format!("{} of {}", grouped(checked.verified), grouped(checked.promised)),
            note: "promised results checked against evidence by the council.".to_owned(),
            href: "/results",
        });
    }
    figures
}

fn grouped(n: i64) -> String {
    crate::values::decimals::group_thousands(&n.to_string())
}

fn title(missions: usize) -> String {
    const WORDS: [&str; 9] = [
        "No",
        "One mission",
        "Two missions",
        "Three missions",
        "Four missions",
        "Five missions",
        "Six missions",
        "Seven missions",
        "Eight missions",
    ];
    match missions {
        0 => "Missions, and the money behind them".to_owned(),
        1 => "One mission, and the money behind it".to_owned(),
        n => format!("{}, and the money behind them", WORDS.get(n).unwrap_or(&"Our missions")),
    }
}

#[derive(Template)]
#[template(path = "desk/home.html")]
struct HomePage {
    shell: Shell,
    title: String,
    figures: Vec<Figure>,
    cards: Vec<cards::Card>,
    more: bool,
    calls: Vec<CallLine>,
    verified: Vec<Line>,
}

/// `GET /`
///
/// # Errors
/// What the database says.
pub async fn show(visit: Visit) -> Answer {
    let (now, today) = (visit.now, visit.today());
    let since = today.checked_sub_days(Days::new(VERIFIED_DAYS)).unwrap_or(today);
    let (cards, more, calls, (agreed, checked), verified) = visit
        .app
        .db
        .read(move |db| {
            let found = missions::list_published(db, None, MISSIONS)?;
            let more = found.next.is_some();
            let by_id = found.items.iter().map(|m| (m.id, m.clone())).collect();
            let cards = cards::cards(db, found.items, today)?;
            let calls = call_lines(store::open_calls(db, now, None, CALLS)?, &by_id, today);
            Ok((cards, more, calls, store::agreed(db)?, store::verified(db, None, VERIFIED)?))
        })
        .await?;
    let title = if more { title(usize::MAX) } else { title(cards.len()) };
    page(&HomePage {
        shell: visit.shell("Missions and open calls", "/"),
        title,
        figures: figures(&agreed, checked),
        cards,
        more,
        calls,
        verified: verified
            .items
            .into_iter()
            .filter(|v| v.claim.decided_at.is_some_and(|at| at.date() >= since))
            .map(Line::from)
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::parse_date;

    #[test]
    fn the_time_left_is_said_in_words_and_the_last_day_is_named() {
        let noon = |day: &str| {
            Instant::from_london(parse_date(day).unwrap(), crate::values::time::parse_time("noon").unwrap()).unwrap()
        };
        let today = parse_date("2026-11-24").unwrap();
        assert_eq!(left(today, noon("2027-01-15")), "7 weeks and 3 days left");
        assert_eq!(left(today, noon("2026-11-24")), "Closes today");
        assert_eq!(left(today, noon("2026-11-25")), "Closes tomorrow");
    }

    #[test]
    fn the_headline_counts_the_missions() {
        assert_eq!(title(4), "Four missions, and the money behind them");
        assert_eq!(title(1), "One mission, and the money behind it");
        assert_eq!(title(usize::MAX), "Our missions, and the money behind them");
    }
}
