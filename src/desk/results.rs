//! What was shown to be true: every figure that the council checked against evidence, for everybody to read.
//!
//! The public sees the promise, the figure, the organisation and what kind of evidence was asked for. The files, the
//! remarks and the people counted stay with the council.

use super::store::{self, Verified};
use crate::db::Page;
use crate::error::Result;
use crate::http::api::PageQuery;
use crate::http::export::Table;
use crate::http::{Answer, Link, Shell, Visit, page};
use crate::values::time::medium_date;
use actix_web::web;
use askama::Template;
use serde::Deserialize;

/// A verified figure in the words of a list.
pub(super) struct Line {
    /// Where it stands on the page of results.
    pub(super) anchor: String,
    /// "14 people".
    pub(super) figure: String,
    /// What is counted.
    pub(super) measure: String,
    /// "of 24 people promised by 31 May 2027".
    pub(super) promised: String,
    /// The condition.
    pub(super) title: String,
    /// Who.
    pub(super) organisation: String,
    /// The agreement's reference.
    pub(super) reference: String,
    /// The mission, when it is public.
    pub(super) mission: String,
    /// Where the mission's page is.
    pub(super) mission_href: String,
    /// The period that the figure is for.
    pub(super) period: String,
    /// What counted as evidence.
    pub(super) evidence: String,
    /// When it was verified.
    pub(super) on: String,
    /// The same for programs.
    pub(super) machine: String,
}

impl From<Verified> for Line {
    fn from(v: Verified) -> Line {
        let o = &v.obligation;
        let at = v.claim.decided_at.unwrap_or(v.claim.reported_at);
        let mission = v.mission.filter(crate::missions::Mission::is_public);
        Line {
            anchor: format!("result-{}", v.claim.id),
            figure: v.claim.verified.unwrap_or(v.claim.counted).of(&o.unit),
            measure: o.measure.clone(),
            promised: format!(
                "of {} {} promised by {}",
                o.direction.label().to_lowercase(),
                o.promised.of(&o.unit),
                medium_date(o.terms.0.due)
            ),
            title: o.title.clone(),
            organisation: v.organisation,
            reference: v.reference,
            mission: mission.as_ref().map(|m| m.title.clone()).unwrap_or_default(),
            mission_href: mission.as_ref().map(crate::missions::Mission::href).unwrap_or_default(),
            period: v.period,
            evidence: o.terms.0.evidence.join(", "),
            on: medium_date(at.date()),
            machine: at.date().to_string(),
        }
    }
}

#[derive(Template)]
#[template(path = "desk/results.html")]
struct ResultsPage {
    shell: Shell,
    lines: Vec<Line>,
    next: String,
}

/// `?after=…&format=csv`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ResultsQuery {
    /// Where the page begins.
    pub after: String,
    /// `csv` or `xlsx`; a page when empty.
    pub format: String,
}

/// Most rows of a file.
const MOST_EXPORTED: usize = 10_000;

async fn lines(visit: &Visit, after: &str, limit: usize) -> Result<(Vec<Line>, Option<String>)> {
    let cursor = PageQuery { after: after.to_owned() }.cursor()?;
    let found = visit.app.db.read(move |db| store::verified(db, cursor.as_ref(), limit)).await?;
    let next = found.next.map(|c| c.to_string());
    Ok((found.items.into_iter().map(Line::from).collect(), next))
}

/// `GET /results`
///
/// # Errors
/// Invalid for a page link that is not ours.
pub async fn show(visit: Visit, query: web::Query<ResultsQuery>) -> Answer {
    if !query.format.is_empty() {
        let (lines, _) = lines(&visit, "", MOST_EXPORTED).await?;
        return table(lines).answer(&query.format);
    }
    let (lines, next) = lines(&visit, &query.after, Page::<Line>::SIZE).await?;
    let mut shell = visit.shell("Verified results", "/");
    shell.breadcrumbs = vec![Link::new("Home", "/")];
    let next = next.map(|n| format!("/results?after={n}")).unwrap_or_default();
    page(&ResultsPage { shell, lines, next })
}

fn table(lines: Vec<Line>) -> Table {
    Table {
        name: "verified-results".to_owned(),
        heads: vec![
            "verified_on",
            "condition",
            "measure",
            "verified",
            "promised",
            "period",
            "organisation",
            "agreement",
            "mission",
            "evidence",
        ],
        rows: lines
            .into_iter()
            .map(|l| {
                vec![
                    l.machine,
                    l.title,
                    l.measure,
                    l.figure,
                    l.promised,
                    l.period,
                    l.organisation,
                    l.reference,
                    l.mission,
                    l.evidence,
                ]
            })
            .collect(),
    }
}
