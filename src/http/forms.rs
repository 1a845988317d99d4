//! The state of a form: what a person typed, and what is wrong with it.

use crate::values::FieldErrors;
use crate::values::fields::FieldError;
use std::collections::BTreeMap;

/// What the parts of a page need to draw a form again without losing an answer.
///
/// An empty state draws an empty form; no error is shown before the first post.
#[derive(Clone, Debug, Default)]
pub struct FormState {
    values: BTreeMap<String, Vec<String>>,
    errors: FieldErrors,
}

impl FormState {
    /// A form with nothing typed yet.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// A form that shows stored answers.
    #[must_use]
    pub fn filled<K: Into<String>, V: Into<String>>(values: impl IntoIterator<Item = (K, V)>) -> Self {
        let mut state = Self::default();
        for (name, value) in values {
            state.values.entry(name.into()).or_default().push(value.into());
        }
        state
    }

    /// The same answers with what is wrong with them.
    #[must_use]
    pub fn with_errors(mut self, errors: FieldErrors) -> Self {
        self.errors = errors;
        self
    }

    /// What was typed in a field, or nothing.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).and_then(|v| v.first()).map_or("", String::as_str)
    }

    /// Whether a radio or tick box with this value was chosen.
    #[must_use]
    pub fn chosen(&self, name: &str, value: &str) -> bool {
        self.values.get(name).is_some_and(|v| v.iter().any(|one| one == value))
    }

    /// The message at a field.
    #[must_use]
    pub fn error(&self, name: &str) -> Option<&str> {
        self.errors.at(name)
    }

    /// Every error, for the summary at the top of the page.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.errors.0
    }

    /// The state of one of several forms of a page that use the same field names. Each such form sends its own name in a
    /// hidden field `at`, and the ids of its controls are `at-field`. The state is empty unless that form was sent.
    #[must_use]
    pub fn at(&self, form: &str) -> FormState {
        if self.value("at") == form { self.clone() } else { FormState::empty() }
    }

    /// The id of the control that an error of the summary leads to.
    #[must_use]
    pub fn control(&self, field: &str) -> String {
        match self.value("at") {
            "" => field.to_owned(),
            at => format!("{at}-{field}"),
        }
    }

    /// Whether the page title starts with "Error:".
    #[must_use]
    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }
}
