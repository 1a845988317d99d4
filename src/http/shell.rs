//! What every page is wrapped in: masthead, menu, banners, footer.

/// One link of the menu or of a breadcrumb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Words of the link.
    pub text: String,
    /// Where it leads.
    pub href: String,
    /// Whether it is the place where the person is now.
    pub current: bool,
}

impl Link {
    /// A link to somewhere else.
    #[must_use]
    pub fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Link { text: text.into(), href: href.into(), current: false }
    }
}

/// Everything that `templates/base.html` needs.
#[derive(Clone, Debug, Default)]
pub struct Shell {
    /// Page title without the council's name; the base adds "Error: " and the names.
    pub title: String,
    /// The authority whose installation this is, such as "Camden Council".
    pub council: String,
    /// Name and role of the signed-in person, such as "Amara Osei, procurement officer".
    pub person: Option<String>,
    /// For whom they act and where they change it; only for who has a choice.
    pub acting: Option<Link>,
    /// The menu, with the current place marked.
    pub menu: Vec<Link>,
    /// Where the page sits, from the outermost; empty on home.
    pub breadcrumbs: Vec<Link>,
    /// Hidden field `csrf` of every form. Empty where nobody has a session yet.
    pub csrf: String,
    /// The sandbox's banner, when the clock can be moved: the business time in words.
    pub sandbox: Option<String>,
    /// Whether the person may move that clock.
    pub moves_clock: bool,
    /// A message of what was just done, shown once.
    pub done: Option<String>,
    /// Whether the page is for staff: denser and wider (`cw-staff`).
    pub staff: bool,
    /// Whether the title starts with "Error: ".
    pub error: bool,
}
