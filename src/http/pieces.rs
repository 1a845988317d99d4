//! Pieces of pages, each drawn by a function of its own.
//!
//! The macros of `templates/parts` that are used most or draw most hand their arguments to these. A macro's body is
//! otherwise repeated wherever it is used, and the compiler's time for a page grows faster than the page: a form of
//! twenty controls took it seconds.
#![allow(missing_docs, reason = "a field is the argument of that name of the macro")]

use super::FormState;
use askama::Template;

/// What `error_summary` of `parts/forms.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/forms.html", block = "error_summary")]
pub struct ErrorSummary<'a> {
    pub form: &'a FormState,
    pub title: &'a str,
}

/// What `input` of `parts/forms.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/forms.html", block = "input")]
pub struct Input<'a> {
    pub form: &'a FormState,
    pub name: &'a str,
    pub label_text: &'a str,
    pub hint: &'a str,
    pub kind: &'a str,
    pub prefix: &'a str,
    pub suffix: &'a str,
    pub width: &'a str,
    pub inputmode: &'a str,
    pub autocomplete: &'a str,
    pub spellcheck: &'a str,
    pub size: &'a str,
    pub heading: bool,
    pub id: &'a str,
    pub classes: &'a str,
}

/// What `textarea` of `parts/forms.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/forms.html", block = "textarea")]
pub struct Textarea<'a> {
    pub form: &'a FormState,
    pub name: &'a str,
    pub label_text: &'a str,
    pub hint: &'a str,
    pub rows: u64,
    pub limit: &'a str,
    pub autocomplete: &'a str,
    pub spellcheck: &'a str,
    pub size: &'a str,
    pub heading: bool,
    pub id: &'a str,
}

/// What `choice` of `parts/forms.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/forms.html", block = "choice")]
pub struct Choice<'a> {
    pub form: &'a FormState,
    pub name: &'a str,
    pub id: &'a str,
    pub what: &'a str,
    pub index: usize,
    pub value: &'a str,
    pub text: &'a str,
    pub hint: &'a str,
}

/// What `tick` of `parts/forms.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/forms.html", block = "tick")]
pub struct Tick<'a> {
    pub form: &'a FormState,
    pub name: &'a str,
    pub text: &'a str,
    pub hint: &'a str,
    pub id: &'a str,
}

/// What `datetime` of `parts/forms.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/forms.html", block = "datetime")]
pub struct Datetime<'a> {
    pub form: &'a FormState,
    pub prefix: &'a str,
    pub legend_text: &'a str,
    pub hint: &'a str,
    pub size: &'a str,
    pub heading: bool,
}

/// What `upload` of `parts/forms.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/forms.html", block = "upload")]
pub struct Upload<'a> {
    pub form: &'a FormState,
    pub name: &'a str,
    pub label_text: &'a str,
    pub hint: &'a str,
    pub multiple: bool,
    pub accept: &'a str,
    pub size: &'a str,
    pub heading: bool,
    pub id: &'a str,
}

/// What `button` of `parts/forms.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/forms.html", block = "button")]
pub struct Button<'a> {
    pub text: &'a str,
    pub kind: &'a str,
    pub name: &'a str,
    pub value: &'a str,
}

/// What `link_button` of `parts/forms.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/forms.html", block = "link_button")]
pub struct LinkButton<'a> {
    pub text: &'a str,
    pub href: &'a str,
    pub kind: &'a str,
}

/// What `start` of `parts/forms.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/forms.html", block = "start")]
pub struct Start<'a> {
    pub text: &'a str,
    pub href: &'a str,
}

/// What `post` of `parts/forms.html` draws, as far as to what stands in it.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/forms.html", block = "post_top")]
pub struct PostTop<'a> {
    pub action: &'a str,
    pub csrf: &'a str,
    pub files: bool,
    pub classes: &'a str,
}

/// What `choices` of `parts/forms.html` draws, as far as to what stands in it.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/forms.html", block = "choices_top")]
pub struct ChoicesTop<'a> {
    pub form: &'a FormState,
    pub name: &'a str,
    pub legend_text: &'a str,
    pub hint: &'a str,
    pub size: &'a str,
    pub heading: bool,
    pub id: &'a str,
    pub what: &'a str,
    pub inline: bool,
    pub small: bool,
    pub classes: &'a str,
}

/// What `select` of `parts/forms.html` draws, as far as to what stands in it.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/forms.html", block = "select_top")]
pub struct SelectTop<'a> {
    pub form: &'a FormState,
    pub name: &'a str,
    pub label_text: &'a str,
    pub hint: &'a str,
    pub placeholder: &'a str,
    pub size: &'a str,
    pub heading: bool,
    pub id: &'a str,
}

/// What `pager` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "pager")]
pub struct Pager<'a> {
    pub previous: &'a str,
    pub next: &'a str,
    pub previous_label: &'a str,
    pub next_label: &'a str,
    pub label: &'a str,
}

/// What `details` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "details")]
pub struct Details<'a> {
    pub summary_text: &'a str,
    pub text: &'a str,
    pub open: bool,
}

/// What `notification` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "notification")]
pub struct Notification<'a> {
    pub text: &'a str,
    pub success: bool,
    pub title: &'a str,
}

/// What `panel` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "panel")]
pub struct Panel<'a> {
    pub title: &'a str,
    pub body: &'a str,
}

/// What `verdict` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "verdict")]
pub struct Verdict<'a> {
    pub text: &'a str,
    pub note: &'a str,
}

/// What `empty` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "empty")]
pub struct Empty<'a> {
    pub text: &'a str,
    pub href: &'a str,
    pub link: &'a str,
}

/// What `tag` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "tag")]
pub struct Tag<'a> {
    pub text: &'a str,
    pub colour: &'a str,
}

/// What `eyebrow` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "eyebrow")]
pub struct Eyebrow<'a> {
    pub word: &'a str,
    pub colour: &'a str,
    pub text: &'a str,
}

/// What `summary_row` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "summary_row")]
pub struct SummaryRow<'a> {
    pub term: &'a str,
    pub value: &'a str,
    pub href: &'a str,
    pub link: &'a str,
    pub change: &'a str,
    pub no_actions: bool,
}

/// What `summary_action` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "summary_action")]
pub struct SummaryAction<'a> {
    pub href: &'a str,
    pub link: &'a str,
    pub change: &'a str,
}

/// What `task` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "task")]
pub struct Task<'a> {
    pub id: &'a str,
    pub title: &'a str,
    pub href: &'a str,
    pub status: &'a str,
    pub colour: &'a str,
    pub hint: &'a str,
}

/// What `figure` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "figure")]
pub struct Figure<'a> {
    pub label: &'a str,
    pub value: &'a str,
    pub note: &'a str,
}

/// What `fact` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "fact")]
pub struct Fact<'a> {
    pub term: &'a str,
    pub value: &'a str,
    pub note: &'a str,
}

/// What `strip_item` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "strip_item")]
pub struct StripItem<'a> {
    pub term: &'a str,
    pub value: &'a str,
    pub note: &'a str,
}

/// What `event` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "event")]
pub struct Event<'a> {
    pub title: &'a str,
    pub by: &'a str,
    pub machine: &'a str,
    pub words: &'a str,
    pub text: &'a str,
}

/// What `th` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "th")]
pub struct Th<'a> {
    pub text: &'a str,
    pub numeric: bool,
}

/// What `sort` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "sort")]
pub struct Sort<'a> {
    pub text: &'a str,
    pub href: &'a str,
    pub direction: &'a str,
    pub numeric: bool,
}

/// What `column` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "column")]
pub struct Column<'a> {
    pub label: &'a str,
}

/// What `td` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "td")]
pub struct Td<'a> {
    pub text: &'a str,
    pub sub: &'a str,
    pub label: &'a str,
}

/// What `td_tag` of `parts/page.html` draws.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "td_tag")]
pub struct TdTag<'a> {
    pub word: &'a str,
    pub colour: &'a str,
    pub label: &'a str,
}

/// What `state` of `parts/page.html` draws, as far as to what stands in it.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "state_top")]
pub struct StateTop<'a> {
    pub word: &'a str,
    pub colour: &'a str,
}

/// What `details_block` of `parts/page.html` draws, as far as to what stands in it.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "details_top")]
pub struct DetailsTop<'a> {
    pub summary_text: &'a str,
    pub open: bool,
}

/// What `row` of `parts/page.html` draws, as far as to what stands in it.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "row_top")]
pub struct RowTop<'a> {
    pub heading: &'a str,
    pub now: bool,
}

/// What `linked_row` of `parts/page.html` draws, as far as to what stands in it.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "linked_row_top")]
pub struct LinkedRowTop<'a> {
    pub heading: &'a str,
    pub href: &'a str,
    pub sub: &'a str,
}

/// What `table` of `parts/page.html` draws, as far as to what stands in it.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "table_top")]
pub struct TableTop<'a> {
    pub caption: &'a str,
    pub width: &'a str,
    pub size: &'a str,
    pub hidden: bool,
    pub stack: bool,
}

/// What `event_block` of `parts/page.html` draws, as far as to what stands in it.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/page.html", block = "event_top")]
pub struct EventTop<'a> {
    pub word: &'a str,
    pub colour: &'a str,
    pub title: &'a str,
    pub by: &'a str,
    pub machine: &'a str,
    pub words: &'a str,
    pub state: &'a str,
}
