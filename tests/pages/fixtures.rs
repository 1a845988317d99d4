//! Comparing a part with the HTML that the design system's package ships for the same options.

#![allow(clippy::unwrap_used, reason = "a test stops where something is missing")]

use commonweal::http::forms::FormState;
use commonweal::values::FieldErrors;
use scraper::{ElementRef, Html, Node};
use serde_json::Value;
use std::path::Path;

/// Runs every fixture of a component whose options are all in `supported` (paths, array indexes left out) and for
/// which `draw` gives HTML; `expected` of them must remain.
pub(super) fn compare(component: &str, supported: &[&str], expected: usize, draw: impl Fn(&Value) -> Option<String>) {
    compare_as(component, supported, expected, |_, theirs| structure(theirs), draw);
}

/// The same for a part that differs on purpose: `published` gives the structure that is expected of it from the
/// options and the HTML that the package ships.
pub(super) fn compare_as(
    component: &str,
    supported: &[&str],
    expected: usize,
    published: impl Fn(&Value, &str) -> Vec<String>,
    draw: impl Fn(&Value) -> Option<String>,
) {
    let file = Path::new(env!("UI_NODE_MODULES"))
        .join("govuk-frontend/dist/govuk/components")
        .join(component)
        .join("fixtures.json");
    let all: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let mut compared = 0;
    for fixture in all["fixtures"].as_array().unwrap() {
        let mut used = Vec::new();
        paths(&fixture["options"], "", &mut used);
        if used.iter().any(|path| !supported.contains(&path.as_str())) {
            continue;
        }
        let Some(ours) = draw(&fixture["options"]) else { continue };
        let theirs = published(&fixture["options"], fixture["html"].as_str().unwrap());
        assert_eq!(structure(&ours), theirs, "{component}: {}\n{ours}", fixture["name"]);
        compared += 1;
    }
    assert_eq!(compared, expected, "{component}: another number of fixtures than expected was compared");
}

pub(super) fn paths(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                paths(member, &if at.is_empty() { name.clone() } else { format!("{at}.{name}") }, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| paths(item, at, found)),
        _ => found.push(at.to_owned()),
    }
}

/// Elements, sorted attributes and classes, and text of some HTML, one a line.
pub(super) fn structure(html: &str) -> Vec<String> {
    let mut lines = Vec::new();
    outline(Html::parse_fragment(html).root_element(), 0, &mut lines);
    lines
}

pub(super) fn outline(element: ElementRef<'_>, depth: usize, lines: &mut Vec<String>) {
    for child in element.children() {
        match child.value() {
            Node::Text(text) => {
                let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
                if !words.is_empty() {
                    lines.push(format!("{:depth$}{words}", ""));
                }
            }
            Node::Element(found) => {
                // `data-module` starts the package's script, which our pages do not carry.
                let mut attributes: Vec<String> = found
                    .attrs()
                    .filter(|(name, _)| *name != "data-module")
                    .map(|(name, value)| {
                        let mut words: Vec<&str> = value.split_whitespace().collect();
                        if name == "class" {
                            words.sort_unstable();
                        }
                        format!(" {name}={:?}", words.join(" "))
                    })
                    .collect();
                attributes.sort_unstable();
                lines.push(format!("{:depth$}<{}{}>", "", found.name(), attributes.concat()));
                outline(ElementRef::wrap(child).unwrap(), depth + 1, lines);
            }
            _ => {}
        }
    }
}

/// The text at a path such as `label.text`, or nothing.
pub(super) fn text(options: &Value, path: &str) -> String {
    match path.split('.').fold(options, |value, name| &value[name]) {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

pub(super) fn flag(options: &Value, path: &str) -> bool {
    path.split('.').fold(options, |value, name| &value[name]).as_bool().unwrap_or(false)
}

/// What follows `prefix` in the only class at a path; `None` when there is another class.
pub(super) fn modifier(options: &Value, path: &str, prefix: &str) -> Option<String> {
    let class = text(options, path);
    if class.is_empty() { Some(class) } else { class.strip_prefix(prefix).map(str::to_owned) }
}

pub(super) fn state(options: &Value) -> FormState {
    let name = text(options, "name");
    let mut values: Vec<(String, String)> = vec![(name.clone(), text(options, "value"))];
    values.extend(list(options, "values").iter().map(|v| (name.clone(), text(v, ""))));
    for item in list(options, "items") {
        if flag(&item, "checked") || flag(&item, "selected") {
            values.push((name.clone(), text(&item, "value")));
        }
    }
    let form = FormState::filled(values.into_iter().filter(|(_, value)| !value.is_empty()));
    let message = text(options, "errorMessage.text");
    if message.is_empty() { form } else { form.with_errors(FieldErrors::one(&name, message)) }
}

pub(super) fn list(options: &Value, path: &str) -> Vec<Value> {
    options[path].as_array().cloned().unwrap_or_default()
}

/// Pieces that every control of a form shares.
pub(super) struct Common {
    pub(super) form: FormState,
    pub(super) name: String,
    pub(super) id: String,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) size: String,
    pub(super) heading: bool,
}

impl Common {
    pub(super) fn labelled(options: &Value) -> Option<Self> {
        Some(Common {
            form: state(options),
            name: text(options, "name"),
            id: text(options, "id"),
            label: text(options, "label.text"),
            hint: text(options, "hint.text"),
            size: modifier(options, "label.classes", "govuk-label--")?,
            heading: flag(options, "label.isPageHeading"),
        })
    }

    pub(super) fn in_fieldset(options: &Value) -> Option<Self> {
        options["fieldset"]["legend"]["text"].as_str()?;
        Some(Common {
            form: state(options),
            name: text(options, "name"),
            id: text(options, "idPrefix"),
            label: text(options, "fieldset.legend.text"),
            hint: text(options, "hint.text"),
            size: modifier(options, "fieldset.legend.classes", "govuk-fieldset__legend--")?,
            heading: flag(options, "fieldset.legend.isPageHeading"),
        })
    }
}

pub(super) const LABELLED: [&str; 8] =
    ["name", "id", "value", "label.text", "label.classes", "label.isPageHeading", "hint.text", "errorMessage.text"];

pub(super) fn also<'a>(more: &[&'a str]) -> Vec<&'a str> {
    LABELLED.iter().chain(more).copied().collect()
}
