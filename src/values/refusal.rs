//! What a rule answers when it says no.

use serde::Serialize;

/// A rule's answer: a stable code, a plain sentence that says what to do, and the reference.
///
/// Every room has its own enum of refusals; this trait is how they are told to people and programs.
pub trait RefusalInfo {
    /// Stable, in kebab-case, prefixed by its room: `calls/weights-not-100`.
    fn code(&self) -> &'static str;
    /// One plain sentence for the person, saying what to do.
    fn sentence(&self) -> String;
    /// The law or policy it rests on, such as `Procurement Act 2023 s.54`, when there is one.
    fn reference(&self) -> Option<&'static str> {
        None
    }
}

/// A refusal on its way to a person, whatever room it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Stable code.
    pub code: &'static str,
    /// Plain sentence.
    pub sentence: String,
    /// Legal or policy reference.
    pub reference: Option<&'static str>,
}

impl<R: RefusalInfo> From<R> for Refusal {
    fn from(refusal: R) -> Self {
        Refusal { code: refusal.code(), sentence: refusal.sentence(), reference: refusal.reference() }
    }
}
