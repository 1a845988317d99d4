//! Pages as a person without script uses them: read the form that is in the page, fill it in, press its button.

use super::client::{Client, Reply};
use scraper::{ElementRef, Html, Selector};

/// A page and the address it was read from.
#[derive(Clone, Debug)]
pub struct Page {
    pub path: String,
    pub reply: Reply,
}

/// A form of a page: what it would send, and what may be put into it.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    get: bool,
    files: bool,
    fields: Vec<(String, String)>,
    offered: Vec<Control>,
    uploads: Vec<(String, String, Vec<u8>)>,
}

#[derive(Clone, Debug)]
struct Control {
    name: String,
    kind: Kind,
    /// What a choice offers: value and text.
    choices: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    One,
    Many,
    File,
    Hidden,
}

fn select(words: &str) -> Selector {
    Selector::parse(words).unwrap()
}

fn text_of(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn attribute(element: ElementRef<'_>, name: &str) -> String {
    element.value().attr(name).unwrap_or_default().to_owned()
}

impl Reply {
    /// The table with this caption, row by row below its column heads: what names the row first, then its cells, as they
    /// are read, and the foot last.
    #[track_caller]
    pub fn table(&self, caption: &str) -> Vec<Vec<String>> {
        let html = Html::parse_document(&self.text);
        let (tables, captions) = (select("table"), select("caption"));
        let (rows, cells) = (select("tbody tr, tfoot tr"), select("th, td"));
        let table = html
            .select(&tables)
            .find(|table| table.select(&captions).any(|told| text_of(told) == caption))
            .unwrap_or_else(|| panic!("no table “{caption}” in: {}", self.words()));
        table.select(&rows).map(|row| row.select(&cells).map(text_of).collect()).collect()
    }
}

impl Page {
    #[track_caller]
    pub fn shows(&self, words: &str) -> &Page {
        self.reply.clone().shows(words);
        self
    }

    #[track_caller]
    pub fn hides(&self, words: &str) -> &Page {
        self.reply.clone().hides(words);
        self
    }

    /// Whether a form with this button is in the page.
    pub fn has(&self, button: &str) -> bool {
        self.find(button).is_some()
    }

    /// The first form with a button whose words begin so.
    #[track_caller]
    pub fn form(&self, button: &str) -> Form {
        self.find(button).unwrap_or_else(|| panic!("no button “{button}” on {}: {}", self.path, self.reply.words()))
    }

    fn find(&self, button: &str) -> Option<Form> {
        let html = Html::parse_document(&self.reply.text);
        let (forms, buttons) = (select("form"), select("button"));
        html.select(&forms).find_map(|form| {
            let pressed = form.select(&buttons).find(|b| text_of(*b).starts_with(button))?;
            Some(self.read(form, pressed))
        })
    }

    fn read(&self, form: ElementRef<'_>, pressed: ElementRef<'_>) -> Form {
        let action = attribute(form, "action");
        let mut read = Form {
            action: if action.is_empty() { self.path.clone() } else { action },
            get: attribute(form, "method") != "post",
            files: attribute(form, "enctype") == "multipart/form-data",
            fields: Vec::new(),
            offered: Vec::new(),
            uploads: Vec::new(),
        };
        for element in form.select(&select("input, textarea, select")) {
            read.take(element);
        }
        let (name, value) = (attribute(pressed, "name"), attribute(pressed, "value"));
        if !name.is_empty() {
            read.fields.push((name, value));
        }
        read
    }

    /// Where the first link whose words contain these leads.
    #[track_caller]
    pub fn link(&self, words: &str) -> String {
        self.links("")
            .into_iter()
            .find(|(text, _)| text.contains(words))
            .map(|(_, href)| href)
            .unwrap_or_else(|| panic!("no link “{words}” on {}: {}", self.path, self.reply.words()))
    }

    /// Every link to an address that begins so: its words and where it leads.
    pub fn links(&self, start: &str) -> Vec<(String, String)> {
        let html = Html::parse_document(&self.reply.text);
        html.select(&select("a[href]"))
            .map(|a| (text_of(a), attribute(a, "href")))
            .filter(|(_, href)| href.starts_with(start))
            .collect()
    }
}

impl Form {
    fn take(&mut self, element: ElementRef<'_>) {
        let name = attribute(element, "name");
        if name.is_empty() {
            return;
        }
        let value = attribute(element, "value");
        match (element.value().name(), attribute(element, "type").as_str()) {
            ("textarea", _) => {
                self.offer(&name, Kind::Text, None);
                self.fields.push((name, element.text().collect::<String>().trim_start_matches('\n').to_owned()));
            }
            ("select", _) => {
                for option in element.select(&select("option")) {
                    self.offer(&name, Kind::One, Some((attribute(option, "value"), text_of(option))));
                    if option.value().attr("selected").is_some() {
                        self.fields.push((name.clone(), attribute(option, "value")));
                    }
                }
            }
            (_, kind @ ("radio" | "checkbox")) => {
                let many = if kind == "radio" { Kind::One } else { Kind::Many };
                let label = element.next_sibling().and_then(ElementRef::wrap).map(text_of).unwrap_or_default();
                self.offer(&name, many, Some((value.clone(), label)));
                if element.value().attr("checked").is_some() {
                    self.fields.push((name, value));
                }
            }
            (_, "file") => self.offer(&name, Kind::File, None),
            (_, "hidden") => {
                self.offer(&name, Kind::Hidden, None);
                self.fields.push((name, value));
            }
            _ => {
                self.offer(&name, Kind::Text, None);
                self.fields.push((name, value));
            }
        }
    }

    fn offer(&mut self, name: &str, kind: Kind, choice: Option<(String, String)>) {
        match self.offered.iter_mut().find(|c| c.name == name) {
            Some(control) => control.choices.extend(choice),
            None => self.offered.push(Control { name: name.to_owned(), kind, choices: choice.into_iter().collect() }),
        }
    }

    /// Types into a field, or chooses by value or by the words of the choice. A name that ends in `*` is the first
    /// field that begins so.
    #[track_caller]
    pub fn set(mut self, name: &str, value: &str) -> Form {
        let fits = |c: &&Control| match name.strip_suffix('*') {
            Some(start) => c.name.starts_with(start),
            None => c.name == name,
        };
        let names: Vec<_> = self.offered.iter().map(|c| c.name.as_str()).collect();
        let control = self.offered.iter().find(fits).unwrap_or_else(|| panic!("no field {name}; there are {names:?}"));
        let (name, kind) = (control.name.clone(), control.kind);
        assert!(matches!(kind, Kind::Text | Kind::One | Kind::Many), "nobody types into {name}");
        let value = if kind == Kind::Text {
            value.to_owned()
        } else {
            let exact = control.choices.iter().find(|(v, _)| v == value);
            let worded = || control.choices.iter().find(|(_, text)| text.contains(value));
            let choices = &control.choices;
            exact.or_else(worded).unwrap_or_else(|| panic!("{name} offers no {value}: {choices:?}")).0.clone()
        };
        if kind != Kind::Many {
            self.fields.retain(|(n, _)| *n != name);
        }
        if !self.fields.contains(&(name.clone(), value.clone())) {
            self.fields.push((name, value));
        }
        self
    }

    #[track_caller]
    pub fn with(self, fields: &[(&str, &str)]) -> Form {
        fields.iter().fold(self, |form, (name, value)| form.set(name, value))
    }

    /// Chooses a file.
    #[track_caller]
    pub fn file(mut self, field: &str, name: &str, bytes: &[u8]) -> Form {
        assert!(self.offered.iter().any(|c| c.name == field && c.kind == Kind::File), "no file field {field}");
        self.uploads.push((field.to_owned(), name.to_owned(), bytes.to_vec()));
        self
    }

    /// Whether the form has this field.
    pub fn offers(&self, name: &str) -> bool {
        self.offered.iter().any(|c| c.name == name)
    }

    /// What is in a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

impl Client {
    /// A page that must be there.
    pub async fn open(&self, path: &str) -> Page {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.words());
        Page { path: path.to_owned(), reply }
    }

    /// Sends a form as it is.
    pub async fn send(&self, form: &Form) -> Reply {
        let fields: Vec<(&str, &str)> = form.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        if form.get {
            let query = serde_html_form::to_string(&fields).unwrap();
            return self.get(&format!("{}?{query}", form.action)).await;
        }
        if form.files {
            let files: Vec<(&str, &str, &[u8])> =
                form.uploads.iter().map(|(f, n, b)| (f.as_str(), n.as_str(), b.as_slice())).collect();
            return self.upload_raw(&form.action, &fields, &files).await;
        }
        self.post_raw(&form.action, &fields).await
    }

    /// Sends a form, which must lead on, and opens the page it leads to.
    pub async fn done(&self, form: &Form) -> Page {
        let reply = self.send(form).await;
        assert_eq!(reply.status, 303, "{}: {} {}", form.action, reply.status, reply.words());
        self.open(&reply.location.unwrap()).await
    }

    /// Opens a page, fills the form with this button and sends it; it must lead on.
    pub async fn fill(&self, path: &str, button: &str, fields: &[(&str, &str)]) -> Page {
        self.done(&self.open(path).await.form(button).with(fields)).await
    }
}
