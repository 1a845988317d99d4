//! Pages of words that every service owes its users.

use crate::http::{Answer, Shell, Visit, page};
use askama::Template;

#[derive(Template)]
#[template(path = "web/words.html")]
struct Words {
    shell: Shell,
    sections: Vec<(&'static str, Vec<String>)>,
}

fn words(visit: &Visit, title: &str, here: &str, sections: Vec<(&'static str, Vec<&str>)>) -> Answer {
    let sections =
        sections.into_iter().map(|(head, text)| (head, text.into_iter().map(ToOwned::to_owned).collect())).collect();
    page(&Words { shell: visit.shell(title, here), sections })
}

/// `GET /help`
///
/// # Errors
/// When the template fails.
pub async fn help(visit: Visit) -> Answer {
    words(
        &visit,
        "Help",
        "/help",
        vec![
            (
                "Applying",
                vec![
                    "Every open call says who may apply, what counts, the conditions that come with the money, and the dates. Check in a few questions whether you can apply before you sign in.",
                    "Your answers are saved page by page. You can come back, replace what you sent, or withdraw, until the closing instant.",
                ],
            ),
            (
                "Who can read a bid",
                vec![
                    "Until bids are opened by two officers, nobody at the council can read yours: it is encrypted from the first answer you save. Somebody who holds both the database and the master key of the server could; that is the limit of what sealing can promise.",
                ],
            ),
            (
                "Words",
                vec![
                    "Promised is what an organisation undertook. Claimed is what it says it has done. Verified is what the council has checked evidence for. They are never added together.",
                    "A standstill is the pause of eight working days between the award notice and the signing of a contract, in which a bidder can object.",
                ],
            ),
        ],
    )
}

/// `GET /accessibility`
///
/// # Errors
/// When the template fails.
pub async fn accessibility(visit: Visit) -> Answer {
    words(
        &visit,
        "Accessibility statement",
        "/accessibility",
        vec![
            (
                "",
                vec![
                    "This service is built to meet WCAG 2.2 at level AA. Every page works without script, with a keyboard alone, at 320 pixels wide and at 400% zoom. Every chart has a table with the same figures beside it.",
                    "Every page is checked by an automatic tool when the software changes. Automatic checks find only some problems.",
                ],
            ),
            (
                "If something does not work for you",
                vec![
                    "Tell the council that runs this service, with the address of the page. It must answer, and if you are not content with the answer you can turn to the Equality Advisory and Support Service.",
                ],
            ),
        ],
    )
}

/// `GET /cookies`
///
/// # Errors
/// When the template fails.
pub async fn cookies(visit: Visit) -> Answer {
    words(
        &visit,
        "Cookies",
        "/cookies",
        vec![(
            "",
            vec![
                "One cookie, called session, is set when you open a form or sign in. It holds a random key and nothing about you, and goes when you sign out or close the browser. There is no other cookie and no tracking.",
            ],
        )],
    )
}

/// `GET /privacy`
///
/// # Errors
/// When the template fails.
pub async fn privacy(visit: Visit) -> Answer {
    words(
        &visit,
        "Privacy",
        "/privacy",
        vec![
            (
                "What is kept about you",
                vec![
                    "Your name, email address and the organisations you act for. What you do is recorded with the identifier of your account, never with your name, so that a decision can be followed back years later.",
                ],
            ),
            (
                "What is published",
                vec![
                    "Names of organisations, amounts, conditions and results. Never the name of a private person, and never who asked a question.",
                ],
            ),
        ],
    )
}

/// The status page.
pub(super) fn status_page(visit: &Visit, working: bool) -> Answer {
    let sentence = if working {
        "The service is working: the database answers and its structure is the one this version knows."
    } else {
        "The service has a problem: the database does not answer as it should. What you have sent and got a receipt for is safe."
    };
    words(visit, "Service status", "/status", vec![("", vec![sentence])])
}
