//! The levels of a quality criterion, as the builder's form reads them.

use super::criteria::CriterionInput;
use crate::evaluation::{Criterion, Kind, Level};
use crate::values::Parser;
use rust_decimal::Decimal;

/// Texts of the five levels that a new quality criterion begins with.
pub const LEVEL_TEXTS: [&str; 5] = [
    "No answer, or one that does not deal with the question.",
    "Deals with a part of the question; gives us serious doubts that it would work.",
    "Deals with most of the question; gives us some doubts, or little evidence.",
    "Deals with the whole question, with evidence that it would work.",
    "Deals with the whole question in detail, with strong evidence, and adds something of clear worth to residents.",
];

/// Reads the levels. A scale that a program made keeps its size and its shares.
pub(super) fn read(form: &mut Parser, before: Option<&Criterion>, input: &CriterionInput) -> Vec<Level> {
    let texts = [&input.level_0, &input.level_1, &input.level_2, &input.level_3, &input.level_4];
    // A scale of another size was made by a program and keeps its shares; its first five texts can be changed here.
    if let Some(Kind::Quality { levels }) = before.map(|b| &b.kind) {
        let mut levels = levels.clone();
        for level in &mut levels {
            if let Some(text) = usize::try_from(level.level).ok().and_then(|n| texts.get(n))
                && !text.trim().is_empty()
            {
                level.text = text.trim().to_owned();
            }
        }
        return levels;
    }
    (0_u32..)
        .zip(texts.into_iter().zip(LEVEL_TEXTS))
        .map(|(level, (text, usual))| {
            let text = form.optional_text(&format!("level_{level}"), text, 600).unwrap_or_else(|| usual.to_owned());
            Level { level, text, share: Decimal::from(level) / Decimal::from(4) }
        })
        .collect()
}
