//! The frame of every page as far as it changes: `templates/base.html` is repeated in each page, these are not.

use crate::http::Shell;
use askama::Template;

/// Everything from the document's type to the end of the masthead with its menu.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/frame.html", block = "top")]
pub struct Top<'a> {
    /// Who looks at the page, and what it is called.
    pub shell: &'a Shell,
}

/// Breadcrumbs, where a page has them.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/frame.html", block = "trail")]
pub struct Trail<'a> {
    /// Where the page sits.
    pub shell: &'a Shell,
}

/// What was just done, when something was.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "parts/drawn/frame.html", block = "done")]
pub struct Done<'a> {
    /// The message shown once.
    pub shell: &'a Shell,
}
