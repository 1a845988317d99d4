//! A plain screen of words: it warns an author, it never decides.

use crate::law::subsidy::ProhibitionCode;
use serde::{Deserialize, Serialize};

/// Words that look like something subsidy law prohibits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The words as they were found, in small letters.
    pub words: String,
    /// What they look like.
    pub code: ProhibitionCode,
}

const DOMESTIC: &[&str] = &[
    "uk made",
    "made in the uk",
    "uk goods",
    "uk products",
    "uk produce",
    "uk grown",
    "uk suppliers",
    "uk materials",
    "uk steel",
    "british",
    "domestic goods",
    "domestic suppliers",
    "domestic products",
    "home grown",
    "imported",
    "imports",
    "not imported",
    "locally made",
    "locally sourced",
    "local produce",
    "local suppliers",
];
const EXPORT: &[&str] =
    &["export", "exports", "exported", "exporting", "overseas sales", "sales abroad", "foreign sales"];
const RELOCATION: &[&str] = &[
    "relocate",
    "relocates",
    "relocation",
    "relocating",
    "move to",
    "moves to",
    "moving to",
    "move from",
    "moves from",
    "moving from",
    "move its",
    "moves its",
    "transfer jobs",
    "transfer of jobs",
];

/// Everything in a text that looks like a prohibited dependence, each once, in the order of the Act.
///
/// Hyphens and other marks count as spaces and whole words are matched, so that `UK-made` is found and
/// `important` is not.
#[must_use]
pub fn screen(text: &str) -> Vec<Warning> {
    let plain: String = text.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let plain = format!(" {} ", plain.split_whitespace().collect::<Vec<_>>().join(" "));
    let lists = [
        (ProhibitionCode::ExportPerformance, EXPORT),
        (ProhibitionCode::DomesticContent, DOMESTIC),
        (ProhibitionCode::Relocation, RELOCATION),
    ];
    lists
        .into_iter()
        .flat_map(|(code, words)| words.iter().map(move |w| (code, *w)))
        .filter(|(_, words)| plain.contains(&format!(" {words} ")))
        .map(|(code, words)| Warning { words: words.to_owned(), code })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<ProhibitionCode> {
        let mut codes: Vec<_> = screen(text).into_iter().map(|w| w.code).collect();
        codes.dedup();
        codes
    }

    #[test]
    fn buying_british_exporting_and_moving_are_noticed_however_they_are_written() {
        assert_eq!(codes("Only UK-made ovens"), [ProhibitionCode::DomesticContent]);
        assert_eq!(codes("At least 20% of sales are exports."), [ProhibitionCode::ExportPerformance]);
        assert_eq!(codes("The firm will relocate\nits bakery"), [ProhibitionCode::Relocation]);
    }

    #[test]
    fn ordinary_conditions_are_not_suspected() {
        assert!(screen("Residents in work for 6 months, an important and reportable result").is_empty());
        assert!(screen("").is_empty());
    }
}
