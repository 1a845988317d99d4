//! The API's description (OpenAPI 3.1), made from the handlers.

use crate::http::Answer;
use actix_web::HttpResponse;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(title = "Commonweal", description = "Missions, tenders and patient investment of a council. Every step that a page offers can be done here. Errors are problem+json with a stable code; lists page by `after`; posts take an Idempotency-Key."),
    paths(
        crate::people::api::me,
        crate::people::api::organisation,
        crate::people::api::register_organisation,
        crate::people::api::change_organisation,
        crate::people::api::add_member,
        crate::people::api::end_member,
        crate::people::api::withdraw_invitation,
        crate::people::api::staff,
        crate::people::api::add_staff,
        crate::people::api::end_staff,
        crate::people::api::withdraw_staff_invitation,
        crate::people::api::add_department,
        crate::people::api::departments,
        crate::people::api::invitations,
        crate::people::api::accept_invitation,
        crate::people::api::decline_invitation,
        crate::people::api::audit_trail,
        crate::people::api::mails,
        super::sandbox::post_api,
        super::set_aside::show_api,
        super::set_aside::mail_again_api,
        super::set_aside::leave_mail_api,
        super::set_aside::job_again_api,
    ),
    modifiers(&Tokens)
)]
struct Api;

struct Tokens;

impl Modify for Tokens {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let components = api.components.get_or_insert_default();
        components.add_security_scheme(
            "token",
            SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .description(Some(
                        "A token of the account page. It acts in the capacity in which its owner acted when they made \
                         it: for one authority, or for their applicant organisations. GET /api/v1/me says which.",
                    ))
                    .build(),
            ),
        );
    }
}

/// The whole description.
#[must_use]
pub fn description() -> utoipa::openapi::OpenApi {
    let mut api = Api::openapi();
    // Each room describes its own; the list is in the order of the rooms.
    api.merge(crate::applications::api::Docs::openapi());
    api.merge(crate::subsidies::api::Docs::openapi());
    api.merge(crate::scoring::api::Docs::openapi());
    api.merge(crate::scoring::bidders_pages::Docs::openapi());
    api.merge(crate::scoring::residents::api::Docs::openapi());
    api.merge(crate::awards::api::Docs::openapi());
    api.merge(crate::awards::lots_pages::Docs::openapi());
    api.merge(crate::agreements::api::Docs::openapi());
    api.merge(crate::compliance::api::Docs::openapi());
    api.merge(crate::funds::api::Docs::openapi());
    api.merge(crate::investments::api::Docs::openapi());
    api.merge(crate::returns::api::Docs::openapi());
    api.info.license = None;
    api.merge(crate::missions::api::Docs::openapi());
    api.merge(crate::conditions::api::Docs::openapi());
    api.merge(crate::conditions::social_values::api::Docs::openapi());
    api.merge(crate::calls::api::Docs::openapi());
    api.merge(crate::calls::lots_pages::Docs::openapi());
    api.merge(crate::desk::mission::Docs::openapi());
    api.merge(crate::desk::search::Docs::openapi());
    api.merge(crate::desk::register::Docs::openapi());
    for (path, item) in &mut api.paths.paths {
        for (method, operation) in [("get", &mut item.get), ("post", &mut item.post)] {
            if let Some(operation) = operation {
                operation.operation_id = Some(operation_id(method, path));
            }
        }
    }
    api
}

/// What programs call an operation: its method and path, such as `get_calls_id_ranking`. The functions behind them have the
/// same names in several rooms.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.trim_start_matches("/api/v1/").split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty()).fold(method.to_owned(), |id, word| format!("{id}_{word}"))
}

/// `GET /openapi.json`
///
/// # Errors
/// When it cannot be written as JSON.
pub async fn document() -> Answer {
    let json = description().to_pretty_json().map_err(crate::error::Error::from)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(json))
}
