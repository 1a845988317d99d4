//! The template parts have the structure that the design system publishes for the same options.
//!
//! The package ships, for every component, a list of options with the HTML they give (`fixtures.json`). Each part is
//! rendered with the options it supports and compared with that HTML: elements, classes, attributes and text, in order.
//! A fixture with an option that a part does not have is left out; the number that must remain is written beside each
//! test, so that none is left out unseen.

#![allow(clippy::unwrap_used, reason = "a test stops where something is missing")]

use super::fixtures::{Common, also, compare, compare_as, flag, list, modifier, state, structure, text};
use askama::Template;
use commonweal::http::forms::FormState;
use commonweal::http::shell::Link;
use commonweal::values::FieldErrors;
use scraper::{ElementRef, Html};
use serde_json::Value;

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% import "parts/forms.html" as forms %}{{ forms::input(c.form, c.name, c.label, hint = c.hint, kind = kind, prefix = prefix, suffix = suffix, inputmode = inputmode, autocomplete = autocomplete, spellcheck = spellcheck, size = c.size, heading = c.heading, id = c.id, classes = classes) }}"#
)]
struct Input {
    c: Common,
    kind: String,
    prefix: String,
    suffix: String,
    inputmode: String,
    autocomplete: String,
    spellcheck: String,
    classes: String,
}

#[test]
fn a_text_input_has_the_published_structure() {
    let more = ["type", "prefix.text", "suffix.text", "inputmode", "autocomplete", "spellcheck", "classes"];
    compare("input", &also(&more), 29, |o| {
        let kind = text(o, "type");
        let page = Input {
            c: Common::labelled(o)?,
            kind: if kind.is_empty() { "text".to_owned() } else { kind },
            prefix: text(o, "prefix.text"),
            suffix: text(o, "suffix.text"),
            inputmode: text(o, "inputmode"),
            autocomplete: text(o, "autocomplete"),
            spellcheck: text(o, "spellcheck"),
            classes: text(o, "classes"),
        };
        Some(page.render().unwrap())
    });
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% import "parts/forms.html" as forms %}{{ forms::textarea(c.form, c.name, c.label, hint = c.hint, rows = rows, limit = limit, autocomplete = autocomplete, spellcheck = spellcheck, size = c.size, heading = c.heading, id = c.id) }}"#
)]
struct Textarea {
    c: Common,
    rows: u64,
    limit: String,
    autocomplete: String,
    spellcheck: String,
}

#[test]
fn a_textarea_has_the_published_structure() {
    compare("textarea", &also(&["rows", "autocomplete", "spellcheck"]), 11, |o| {
        let page = Textarea {
            c: Common::labelled(o)?,
            rows: text(o, "rows").parse().unwrap_or(5),
            limit: String::new(),
            autocomplete: text(o, "autocomplete"),
            spellcheck: text(o, "spellcheck"),
        };
        Some(page.render().unwrap())
    });
}

#[test]
fn a_textarea_with_a_limit_has_the_published_structure_of_a_character_count() {
    let scripted = ["maxlength", "maxwords", "countType", "threshold"];
    let more = [&scripted[..], &["rows", "spellcheck", "textareaDescriptionText"]].concat();
    let published = |o: &Value, theirs: &str| {
        // What the package's script is told, which our pages do not carry: the limit stands in the words alone.
        let told = [
            ("maxlength", "maxlength"),
            ("maxwords", "maxwords"),
            ("count-type", "countType"),
            ("threshold", "threshold"),
        ];
        let mut theirs = theirs.replace(" govuk-js-character-count", "");
        for (attribute, option) in told {
            theirs = theirs.replace(&format!(" data-{attribute}=\"{}\"", text(o, option)), "");
        }
        structure(&theirs.replace(" data-count-type=\"words\"", ""))
    };
    compare_as("character-count", &also(&more), 24, published, |o| {
        let most = [text(o, "maxlength"), text(o, "maxwords")].into_iter().find(|most| !most.is_empty())?;
        let words = o["maxwords"].is_number() || text(o, "countType") == "words";
        let limit = match text(o, "textareaDescriptionText") {
            own if !own.is_empty() => own.replace("%{count}", &most),
            _ => format!("You can enter up to {most} {}", if words { "words" } else { "characters" }),
        };
        let page = Textarea {
            c: Common::labelled(o)?,
            rows: text(o, "rows").parse().unwrap_or(5),
            limit,
            autocomplete: String::new(),
            spellcheck: text(o, "spellcheck"),
        };
        Some(page.render().unwrap())
    });
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% import "parts/forms.html" as forms %}{{ forms::tick(c.form, c.name, text, hint = c.hint, id = c.id) }}"#
)]
struct Tick {
    c: Common,
    text: String,
}

#[test]
fn a_single_box_to_tick_has_the_published_structure() {
    let supported = ["name", "idPrefix", "describedBy", "hint.text", "errorMessage.text", "items.value", "items.text"];
    let published = |o: &Value, theirs: &str| {
        // Ours is always sent as "yes"; nothing else on our pages describes one.
        let value = format!("value=\"{}\"", text(&list(o, "items")[0], "value"));
        let theirs = theirs.replace(&value, "value=\"yes\"");
        structure(&theirs.replace(&format!("aria-describedby=\"{} ", text(o, "describedBy")), "aria-describedby=\""))
    };
    compare_as("checkboxes", &supported, 2, published, |o| {
        let items = list(o, "items");
        let (Some(item), 1) = (items.first(), items.len()) else { return None };
        let c = Common {
            form: state(o),
            name: text(o, "name"),
            id: text(o, "idPrefix"),
            label: String::new(),
            hint: text(o, "hint.text"),
            size: String::new(),
            heading: false,
        };
        Some(Tick { c, text: text(item, "text") }.render().unwrap())
    });
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% import "parts/forms.html" as forms %}{{ forms::datetime(c.form, c.name, c.label, hint = c.hint, size = c.size, heading = c.heading) }}"#
)]
struct Datetime {
    c: Common,
}

/// The lines down to the element that holds the fields, without what is in it.
fn without_fields(mut lines: Vec<String>, class: &str) -> Vec<String> {
    let holder = lines.iter().position(|line| line.contains(&format!("<div class=\"{class}\""))).unwrap();
    lines.truncate(holder + 1);
    lines
}

#[test]
fn a_date_with_a_time_has_the_published_structure_of_a_date_around_two_text_inputs() {
    let supported = [
        "id",
        "namePrefix",
        "fieldset.legend.text",
        "hint.text",
        "items.name",
        "items.classes",
        "values.day",
        "values.month",
        "values.year",
    ];
    let published = |_: &Value, theirs: &str| {
        let lines = without_fields(structure(theirs), "govuk-date-input");
        lines.iter().map(|line| line.replace("govuk-date-input", "cw-datetime")).collect::<Vec<_>>()
    };
    compare_as("date-input", &supported, 6, published, |o| {
        o["fieldset"]["legend"]["text"].as_str()?;
        let c = Common {
            form: FormState::empty(),
            name: text(o, "id"),
            id: String::new(),
            label: text(o, "fieldset.legend.text"),
            hint: text(o, "hint.text"),
            size: String::new(),
            heading: false,
        };
        // In it are a date and a time, each a text input as it is published, with its own message.
        let html = Datetime { c }.render().unwrap();
        let page = Html::parse_fragment(&html);
        let holder = page.select(&scraper::Selector::parse(".cw-datetime").unwrap()).next().unwrap();
        let holder = holder.inner_html();
        let fields = [("date", "Date", "10"), ("time", "Time", "5")].map(|(part, label, width)| {
            let id = format!("{}_{part}", text(o, "id"));
            format!(
                "<div class=\"govuk-form-group\"><label class=\"govuk-label\" for=\"{id}\">{label}</label>\
                 <input class=\"govuk-input govuk-input--width-{width}\" id=\"{id}\" name=\"{id}\" type=\"text\"></div>"
            )
        });
        assert_eq!(structure(&holder), structure(&fields.concat()));
        // Up to where the fields begin, all is as it is published.
        let (before, _) = html.split_once("<div class=\"govuk-form-group\"><label").unwrap();
        Some(before.to_owned())
    });
}

#[test]
fn a_wrong_time_marks_the_whole_of_a_date_with_a_time_and_its_own_field() {
    let form = FormState::empty().with_errors(FieldErrors::one("until_time", "Enter a time, like 12:00"));
    let c = Common {
        form,
        name: "until".to_owned(),
        id: String::new(),
        label: "Until when?".to_owned(),
        hint: String::new(),
        size: String::new(),
        heading: false,
    };
    let html = Datetime { c }.render().unwrap();
    assert!(html.starts_with("<div class=\"govuk-form-group govuk-form-group--error\"><fieldset"), "{html}");
    assert!(html.contains("aria-describedby=\"until_time-error\"") && !html.contains("until_date-error"), "{html}");
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% import "parts/forms.html" as forms %}{{ forms::select(c.form, c.name, c.label, items, hint = c.hint, size = c.size, heading = c.heading, id = c.id) }}"#
)]
struct Select {
    c: Common,
    items: Vec<(String, String)>,
}

#[test]
fn a_select_has_the_published_structure() {
    compare("select", &also(&["items.value", "items.text", "items.selected"]), 5, |o| {
        let items = list(o, "items");
        if items.iter().any(|i| i["value"].is_null() || i["text"].is_null() || i["selected"] == Value::Bool(false)) {
            return None;
        }
        let items = items.iter().map(|i| (text(i, "value"), text(i, "text"))).collect();
        Some(Select { c: Common::labelled(o)?, items }.render().unwrap())
    });
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% import "parts/forms.html" as forms %}{{ forms::upload(c.form, c.name, c.label, hint = c.hint, multiple = multiple, size = c.size, heading = c.heading, id = c.id) }}"#
)]
struct Upload {
    c: Common,
    multiple: bool,
}

#[test]
fn a_file_upload_has_the_published_structure() {
    let supported: Vec<&str> = also(&["multiple"]).into_iter().filter(|path| *path != "value").collect();
    compare("file-upload", &supported, 7, |o| {
        Some(Upload { c: Common::labelled(o)?, multiple: flag(o, "multiple") }.render().unwrap())
    });
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% import "parts/forms.html" as forms %}{% if radios %}{{ forms::radios_hinted(c.form, c.name, c.label, items, hint = c.hint, size = c.size, heading = c.heading, id = c.id) }}{% else %}{{ forms::checkboxes_hinted(c.form, c.name, c.label, items, hint = c.hint, size = c.size, heading = c.heading, id = c.id) }}{% endif %}"#
)]
struct Hinted {
    c: Common,
    radios: bool,
    items: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% import "parts/forms.html" as forms %}{% if radios %}{{ forms::radios(c.form, c.name, c.label, items, hint = c.hint, inline = inline, small = small, size = c.size, heading = c.heading, id = c.id) }}{% else %}{{ forms::checkboxes(c.form, c.name, c.label, items, hint = c.hint, small = small, size = c.size, heading = c.heading, id = c.id) }}{% endif %}"#
)]
struct Choices {
    c: Common,
    radios: bool,
    inline: bool,
    small: bool,
    items: Vec<(String, String)>,
}

const CHOICES: [&str; 14] = [
    "name",
    "idPrefix",
    "value",
    "values",
    "classes",
    "errorMessage.text",
    "hint.text",
    "fieldset.legend.text",
    "fieldset.legend.classes",
    "fieldset.legend.isPageHeading",
    "items.value",
    "items.text",
    "items.checked",
    "items.hint.text",
];

fn choices(component: &str, o: &Value) -> Option<String> {
    let items = list(o, "items");
    // An option that is checked against the value that was sent has no counterpart: a form knows only what was sent.
    if items.iter().any(|i| i["value"].is_null() || i["checked"] == Value::Bool(false)) {
        return None;
    }
    let (c, radios, classes) = (Common::in_fieldset(o)?, component == "radios", text(o, "classes"));
    if items.iter().any(|i| !i["hint"].is_null()) {
        let items = items.iter().map(|i| (text(i, "value"), text(i, "text"), text(i, "hint.text"))).collect();
        return if classes.is_empty() { Some(Hinted { c, radios, items }.render().unwrap()) } else { None };
    }
    let known = [format!("govuk-{component}--inline"), format!("govuk-{component}--small")];
    if classes.split_whitespace().any(|class| !known.contains(&class.to_owned())) {
        return None;
    }
    let (inline, small) = (classes.contains("--inline"), classes.contains("--small"));
    let items = items.iter().map(|i| (text(i, "value"), text(i, "text"))).collect();
    Some(Choices { c, radios, inline, small, items }.render().unwrap())
}

#[test]
fn radios_have_the_published_structure() {
    compare("radios", &CHOICES, 9, |o| choices("radios", o));
}

#[test]
fn checkboxes_have_the_published_structure() {
    compare("checkboxes", &CHOICES, 9, |o| choices("checkboxes", o));
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% import "parts/forms.html" as forms %}{% if start %}{{ forms::start(text, href) }}{% else if href.is_empty() %}{{ forms::button(text, kind = kind, name = name, value = value) }}{% else %}{{ forms::link_button(text, href, kind = kind) }}{% endif %}"#
)]
struct Button {
    text: String,
    href: String,
    kind: String,
    name: String,
    value: String,
    start: bool,
}

#[test]
fn buttons_have_the_published_structure() {
    compare("button", &["text", "href", "classes", "name", "value", "isStartButton"], 11, |o| {
        let start = flag(o, "isStartButton");
        if start && o["href"].is_null() {
            return None;
        }
        let page = Button {
            text: text(o, "text"),
            href: text(o, "href"),
            kind: modifier(o, "classes", "govuk-button--").filter(|kind| !kind.contains(' '))?,
            name: text(o, "name"),
            value: text(o, "value"),
            start,
        };
        Some(page.render().unwrap())
    });
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% import "parts/forms.html" as forms %}{{ forms::error_summary(form, title = title) }}"#
)]
struct ErrorSummary {
    form: FormState,
    title: String,
}

#[test]
fn the_error_summary_has_the_published_structure() {
    compare("error-summary", &["titleText", "errorList.text", "errorList.href"], 6, |o| {
        let mut errors = FieldErrors::default();
        for error in list(o, "errorList") {
            errors.add(text(&error, "href").trim_start_matches('#'), text(&error, "text"));
        }
        if errors.is_empty() {
            return None;
        }
        let form = FormState::empty().with_errors(errors);
        Some(ErrorSummary { form, title: text(o, "titleText") }.render().unwrap())
    });
}

/// A part of `page.html` that takes texts.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% import "parts/drawn/forms.html" as drawn %}{% import "parts/page.html" as page %}
{%- match part -%}
{%- when "error-message" -%}{{ drawn::error_message(text) }}
{%- when "inset-text" -%}{{ page::inset(text) }}
{%- when "warning-text" -%}{{ page::warning(text) }}
{%- when "details" -%}{{ page::details(title, text, open = yes) }}
{%- when "notification-banner" -%}{{ page::notification(text, success = yes, title = title) }}
{%- when "panel" -%}{{ page::panel(title, body = text) }}
{%- when "tag" -%}{{ page::tag(text, colour = title) }}
{%- when "skip-link" -%}{{ page::skip_link(text, href = title) }}
{%- when _ -%}
{%- endmatch -%}"#
)]
struct Telling<'a> {
    part: &'a str,
    text: String,
    title: String,
    yes: bool,
}

impl Telling<'_> {
    fn of(part: &str, text: String, title: String, yes: bool) -> String {
        Telling { part, text, title, yes }.render().unwrap()
    }
}

#[test]
fn parts_that_tell_something_have_the_published_structure() {
    let plain = |part: &'static str| move |o: &Value| Some(Telling::of(part, text(o, "text"), String::new(), false));
    compare("error-message", &["text"], 2, plain("error-message"));
    compare("inset-text", &["text"], 2, plain("inset-text"));
    compare("warning-text", &["text", "iconFallbackText"], 4, |o| {
        let icon = text(o, "iconFallbackText");
        if o["text"].is_null() || !["", "Warning"].contains(&icon.as_str()) {
            return None;
        }
        Some(Telling::of("warning-text", text(o, "text"), String::new(), false))
    });
    compare("details", &["summaryText", "text", "open"], 3, |o| {
        Some(Telling::of("details", text(o, "text"), text(o, "summaryText"), flag(o, "open")))
    });
    compare("notification-banner", &["text", "titleText", "type"], 8, |o| {
        Some(Telling::of("notification-banner", text(o, "text"), text(o, "titleText"), text(o, "type") == "success"))
    });
    compare("panel", &["titleText", "text"], 3, |o| {
        Some(Telling::of("panel", text(o, "text"), text(o, "titleText"), false))
    });
    compare("tag", &["text", "classes"], 10, |o| {
        Some(Telling::of("tag", text(o, "text"), modifier(o, "classes", "govuk-tag--")?, false))
    });
    compare("skip-link", &["text", "href"], 2, |o| {
        Some(Telling::of("skip-link", text(o, "text"), o["href"].as_str()?.to_owned(), false))
    });
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% import "parts/page.html" as page %}{{ page::pager(previous, next, previous_label = previous_label, next_label = next_label) }}"#
)]
struct Pager {
    previous: String,
    next: String,
    previous_label: String,
    next_label: String,
}

#[test]
fn the_pager_has_the_published_structure() {
    let supported =
        ["previous.href", "next.href", "previous.text", "next.text", "previous.labelText", "next.labelText"];
    compare("pagination", &supported, 5, |o| {
        // Our words, which are the package's own; a fixture with others is left out.
        if !["", "Previous page"].contains(&text(o, "previous.text").as_str()) {
            return None;
        }
        let page = Pager {
            previous: text(o, "previous.href"),
            next: text(o, "next.href"),
            previous_label: text(o, "previous.labelText"),
            next_label: text(o, "next.labelText"),
        };
        Some(page.render().unwrap())
    });
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% import "parts/page.html" as page %}{% call page::tasks() %}{% for t in tasks %}{{ page::task(t.0, t.1, t.2, t.3, colour = t.4, hint = t.5) }}{% endfor %}{% endcall %}"#
)]
struct Tasks {
    tasks: Vec<(String, String, String, String, String, String)>,
}

#[test]
fn the_task_list_has_the_published_structure() {
    let supported = [
        "items.title.text",
        "items.href",
        "items.hint.text",
        "items.status.text",
        "items.status.classes",
        "items.status.tag.text",
        "items.status.tag.classes",
        "idPrefix",
    ];
    compare("task-list", &supported, 3, |o| {
        let prefix = text(o, "idPrefix");
        let prefix = if prefix.is_empty() { "task-list".to_owned() } else { prefix };
        let items = list(o, "items");
        let mut tasks = Vec::new();
        for (place, item) in items.iter().enumerate() {
            let tagged = !item["status"]["tag"].is_null();
            let status = text(item, if tagged { "status.tag.text" } else { "status.text" });
            let colour = modifier(item, "status.tag.classes", "govuk-tag--")?;
            let waits = item["href"].is_null() && !tagged;
            let classes = text(item, "status.classes");
            let known = if waits { "govuk-task-list__status--cannot-start-yet" } else { "" };
            if status.is_empty() || (tagged && colour.is_empty()) || classes != known {
                return None;
            }
            let id = format!("{prefix}-{}", place + 1);
            tasks.push((id, text(item, "title.text"), text(item, "href"), status, colour, text(item, "hint.text")));
        }
        Some(Tasks { tasks }.render().unwrap())
    });
}

struct SummaryRow {
    key: String,
    value: String,
    html: String,
    href: String,
    link: String,
    change: String,
    no_actions: bool,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% import "parts/page.html" as page %}{% call page::summary(classes) %}{% for r in rows %}{% if r.html.is_empty() %}{{ page::summary_row(r.key, r.value, href = r.href, link = r.link, change = r.change, no_actions = r.no_actions) }}{% else %}{% call page::summary_block(r.key, href = r.href, link = r.link, change = r.change, no_actions = r.no_actions) %}{{ r.html|safe }}{% endcall %}{% endif %}{% endfor %}{% endcall %}"#
)]
struct Summary {
    classes: String,
    rows: Vec<SummaryRow>,
}

#[test]
fn the_summary_list_has_the_published_structure() {
    let supported = [
        "classes",
        "rows.key.text",
        "rows.value.text",
        "rows.value.html",
        "rows.actions.items.href",
        "rows.actions.items.text",
        "rows.actions.items.visuallyHiddenText",
    ];
    compare("summary-list", &supported, 6, |o| {
        let found = list(o, "rows");
        let actions = |row: &Value| row["actions"]["items"].as_array().map_or(0, Vec::len);
        if found.iter().any(|row| actions(row) > 1 || row.is_null()) {
            return None;
        }
        let some = found.iter().any(|row| actions(row) > 0);
        let rows = found
            .iter()
            .map(|row| {
                let action = &row["actions"]["items"][0];
                SummaryRow {
                    key: text(row, "key.text"),
                    value: text(row, "value.text"),
                    html: text(row, "value.html"),
                    href: text(action, "href"),
                    link: text(action, "text"),
                    change: text(action, "visuallyHiddenText"),
                    no_actions: some && actions(row) == 0,
                }
            })
            .collect();
        Some(Summary { classes: text(o, "classes"), rows }.render().unwrap())
    });
}

#[derive(Template)]
#[template(ext = "html", source = r#"{% import "parts/page.html" as page %}{{ page::breadcrumbs(links) }}"#)]
struct Breadcrumbs {
    links: Vec<Link>,
}

#[test]
fn breadcrumbs_have_the_published_structure() {
    compare("breadcrumbs", &["items.text", "items.href"], 5, |o| {
        let links = list(o, "items")
            .iter()
            .map(|item| Link { text: text(item, "text"), href: text(item, "href"), current: item["href"].is_null() })
            .collect();
        Some(Breadcrumbs { links }.render().unwrap())
    });
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% import "parts/forms.html" as forms %}{% call forms::post("/sign-in", "token-1", files = true) %}{{ forms::error_summary(form) }}{{ forms::input(form, "password", "Password", kind = "password", autocomplete = "current-password") }}{{ forms::textarea(form, "why", "Why", limit = "Use 1,000 words or fewer") }}{{ forms::datetime(form, "closes", "Closing time") }}{{ forms::tick(form, "true", "All is true") }}{{ forms::date(form, "due", "Due") }}{{ forms::levels(form, "level", "Level", [("4", "4 – Excellent", "Residents decide")]) }}{{ forms::hidden("version", 3) }}{% endcall %}{{ forms::action("/keys/7/revoke", "token-1", "Revoke", kind = "warning") }}"#
)]
struct Everything {
    form: FormState,
}

#[test]
fn a_form_sends_its_token_keeps_answers_and_never_shows_a_password() {
    let mut errors = FieldErrors::one("closes_time", "Enter a time, like 12:00");
    errors.add("why", "Say why");
    let answers = [
        ("password", "correct horse"),
        ("why", "\nfirst line empty </textarea><script>"),
        ("closes_date", "15/1/2027"),
        ("true", "yes"),
        ("level", "4"),
    ];
    let html = Everything { form: FormState::filled(answers).with_errors(errors) }.render().unwrap();
    let page = Html::parse_fragment(&html);
    let one = |selector: &str| {
        let found: Vec<ElementRef<'_>> = page.select(&scraper::Selector::parse(selector).unwrap()).collect();
        assert_eq!(found.len(), 1, "{selector} in {html}");
        found[0]
    };
    assert!(!html.contains("correct horse") && !html.contains("<script>"));
    assert_eq!(one(r#"form[action="/sign-in"] input[name=csrf]"#).attr("value"), Some("token-1"));
    assert_eq!(one(r#"form[action="/keys/7/revoke"] input[name=csrf]"#).attr("value"), Some("token-1"));
    assert_eq!(one(r#"form[action="/sign-in"]"#).attr("enctype"), Some("multipart/form-data"));
    assert_eq!(one("textarea").text().collect::<String>(), "\nfirst line empty </textarea><script>");
    assert_eq!(one("textarea").attr("aria-describedby"), Some("why-info why-error"));
    assert_eq!(one("#closes_date").attr("value"), Some("15/1/2027"));
    assert_eq!(one("#closes_time").attr("aria-describedby"), Some("closes_time-error"));
    assert_eq!(one("fieldset[role=group]").attr("aria-describedby"), Some("closes-hint"));
    assert!(one("input[name=true]").attr("checked").is_some() && one("input[name=level]").attr("checked").is_some());
    assert_eq!(one(".cw-levels .govuk-radios__hint").text().collect::<String>(), "Residents decide");
    for link in page.select(&scraper::Selector::parse(".govuk-error-summary a").unwrap()) {
        one(link.attr("href").unwrap());
    }
}

#[test]
fn a_form_that_was_not_sent_yet_shows_no_error() {
    let html = Everything { form: FormState::empty() }.render().unwrap();
    assert!(!html.contains("error") && !html.contains("checked"), "{html}");
}
