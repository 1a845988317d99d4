//! The one list of routes. Each names the action that the policy judges before its handler runs. The rows of the rooms
//! from a call to its award lie in a file of their own beside it.

use super::{assets, health, openapi, public_pages, sandbox, set_aside, viewer};
use crate::conditions::social_values::{api as social_values_api, pages as social_values};
use crate::conditions::{api as conditions_api, pages as conditions};
use crate::desk;
use crate::funds::{api as funds_api, pages as funds};
use crate::investments::{
    api as investments_api, cancelling_pages as cancelling, fact_pages as investment_facts,
    own_pages as own_investments, pages as investments, restructuring_pages as restructuring,
    working_pages as investment_working,
};
use crate::missions::{api as missions_api, edit_pages as missions_edit, pages as missions};
use crate::people::policy::Action;
use crate::people::{api as people_api, audit_pages, organisation_pages as organisations, pages as people};
use crate::returns::{api as returns_api, pages as returns};
use crate::subsidies::{api as subsidies_api, pages as subsidies};
use actix_web::http::Method;
use actix_web::{guard, web};

pub use super::route_table::{Row, Table, configure, table};

macro_rules! rows {
    ($($verb:ident $path:literal $action:ident => $handler:expr),+ $(,)?) => {
        vec![$(Row {
            method: rows!(@method $verb),
            path: $path,
            action: Action::$action,
            route: rows!(@route $verb).to($handler),
        }),+]
    };
    (@method get) => { Method::GET };
    (@method post) => { Method::POST };
    (@route get) => { web::route().guard(guard::Any(guard::Get()).or(guard::Head())) };
    (@route post) => { web::post() };
}

// Below the macro, which it uses.
mod calls_to_awards;

/// Every route of the service. A fixed path stands above a pattern that would also match it.
#[must_use]
pub fn all() -> Vec<Row> {
    let mut rows = ground();
    rows.extend(people_routes());
    rows.extend(missions_routes());
    rows.extend(conditions_routes());
    rows.extend(funds_routes());
    rows.extend(subsidies_routes());
    rows.extend(calls_to_awards::all());
    rows.extend(agreements_routes());
    rows.extend(compliance_routes());
    rows.extend(investments_routes());
    rows.extend(returns_routes());
    rows.extend(publish_routes());
    rows.extend(desk_routes());
    rows
}

fn ground() -> Vec<Row> {
    rows![
        get "/help" ViewPublic => public_pages::help,
        get "/accessibility" ViewPublic => public_pages::accessibility,
        get "/cookies" ViewPublic => public_pages::cookies,
        get "/privacy" ViewPublic => public_pages::privacy,
        get "/status" ViewPublic => health::status,
        get "/assets/{file}" ViewPublic => assets::asset,
        get "/health/live" ViewPublic => health::live,
        get "/health/ready" ViewPublic => health::ready,
        get "/metrics" ViewPublic => health::show,
        get "/openapi.json" ViewPublic => openapi::document,
        get "/api-viewer/" ViewPublic => viewer::start,
        get "/api-viewer/{version}/{file}" ViewPublic => viewer::file,
        get "/set-aside" ManageWork => set_aside::show,
        post "/set-aside/mails/{id}/again" ManageWork => set_aside::mail_again,
        post "/set-aside/mails/{id}/leave" ManageWork => set_aside::leave_mail,
        post "/api/v1/set-aside/mails/{id}/leave" ManageWork => set_aside::leave_mail_api,
        post "/set-aside/jobs/{id}/again" ManageWork => set_aside::job_again,
        get "/api/v1/set-aside" ManageWork => set_aside::show_api,
        post "/api/v1/set-aside/mails/{id}/again" ManageWork => set_aside::mail_again_api,
        post "/api/v1/set-aside/jobs/{id}/again" ManageWork => set_aside::job_again_api,
        get "/sandbox" ManageSandbox => sandbox::show,
        post "/sandbox" ManageSandbox => sandbox::post,
        post "/api/v1/sandbox/clock" ManageSandbox => sandbox::post_api,
    ]
}

fn people_routes() -> Vec<Row> {
    rows![
        get "/sign-in" ViewPublic => people::sign_in_form,
        post "/sign-in" ViewPublic => people::sign_in,
        post "/sign-out" ViewPublic => people::sign_out,
        get "/make-account" ViewPublic => people::register_form,
        post "/make-account" ViewPublic => people::register,
        get "/confirm/{secret}" ViewPublic => people::confirm_form,
        post "/confirm/{secret}" ViewPublic => people::confirm,
        get "/forgot" ViewPublic => people::forgot_form,
        post "/forgot" ViewPublic => people::forgot,
        get "/reset/{secret}" ViewPublic => people::reset_form,
        post "/reset/{secret}" ViewPublic => people::reset,
        get "/account" UseAccount => people::account,
        post "/account/invitations/{id}/accept" UseAccount => people::accept_invitation,
        post "/account/invitations/{id}/decline" UseAccount => people::decline_invitation,
        post "/account/acting-for/{capacity}" UseAccount => people::act_for,
        post "/account/sessions/end" UseAccount => people::end_sessions,
        post "/account/tokens" UseAccount => people::make_token,
        post "/account/tokens/{id}/revoke" UseAccount => people::revoke_token,
        get "/organisations/new" UseAccount => organisations::new_organisation_form,
        post "/organisations/new" UseAccount => organisations::new_organisation,
        get "/organisations/{id}" ViewOrganisation => organisations::organisation,
        post "/organisations/{id}" ManageOrganisation => organisations::change_organisation,
        post "/organisations/{id}/members" ManageOrganisation => organisations::add_member,
        post "/organisations/{id}/members/{member}/end" ManageOrganisation => organisations::end_member,
        post "/organisations/{id}/invitations/{invitation}/withdraw" ManageOrganisation => organisations::withdraw_invitation,
        get "/people" ReadPeople => organisations::staff,
        post "/people/members" ManagePeople => organisations::add_staff,
        post "/people/members/{member}/end" ManagePeople => organisations::end_staff,
        post "/people/invitations/{invitation}/withdraw" ManagePeople => organisations::withdraw_staff_invitation,
        post "/people/departments" ManagePeople => organisations::add_department,
        get "/mails" ManageSandbox => people::mails,
        get "/audit" ReadAudit => audit_pages::show,
        get "/api/v1/me" UseAccount => people_api::me,
        get "/api/v1/organisations/{id}" ViewOrganisation => people_api::organisation,
        post "/api/v1/organisations" UseAccount => people_api::register_organisation,
        post "/api/v1/organisations/{id}" ManageOrganisation => people_api::change_organisation,
        post "/api/v1/organisations/{id}/members" ManageOrganisation => people_api::add_member,
        post "/api/v1/organisations/{id}/members/{member}/end" ManageOrganisation => people_api::end_member,
        post "/api/v1/organisations/{id}/invitations/{invitation}/withdraw" ManageOrganisation => people_api::withdraw_invitation,
        get "/api/v1/people" ReadPeople => people_api::staff,
        post "/api/v1/people/members" ManagePeople => people_api::add_staff,
        post "/api/v1/people/members/{member}/end" ManagePeople => people_api::end_staff,
        post "/api/v1/people/invitations/{invitation}/withdraw" ManagePeople => people_api::withdraw_staff_invitation,
        post "/api/v1/people/departments" ManagePeople => people_api::add_department,
        get "/api/v1/departments" ReadDesk => people_api::departments,
        get "/api/v1/invitations" UseAccount => people_api::invitations,
        post "/api/v1/invitations/{id}/accept" UseAccount => people_api::accept_invitation,
        post "/api/v1/invitations/{id}/decline" UseAccount => people_api::decline_invitation,
        get "/api/v1/audit" ReadAudit => people_api::audit_trail,
        get "/api/v1/mails" ManageSandbox => people_api::mails,
    ]
}

fn missions_routes() -> Vec<Row> {
    rows![
        get "/missions" ViewPublic => missions::list,
        get "/desk/missions" ReadDesk => missions::desk,
        get "/missions/new" EditMission => missions_edit::new_form,
        post "/missions/new" EditMission => missions_edit::create,
        get "/missions/{slug}/edit" EditMission => missions_edit::edit_form,
        post "/missions/{slug}/edit" EditMission => missions_edit::edit,
        get "/missions/{slug}/manage" ReadDesk => missions_edit::manage,
        get "/missions/{slug}/readings" ReadMission => missions::readings,
        get "/missions/{slug}/readings/new" RecordReading => missions_edit::reading_form,
        post "/missions/{slug}/readings/new" RecordReading => missions_edit::record_reading,
        get "/missions/{slug}/outcomes/new" EditMission => missions_edit::outcome_form,
        post "/missions/{slug}/outcomes/new" EditMission => missions_edit::add_outcome,
        get "/missions/{slug}/indicators/new" EditMission => missions_edit::indicator_form,
        post "/missions/{slug}/indicators/new" EditMission => missions_edit::add_indicator,
        get "/missions/{slug}/partners/new" EditMission => missions_edit::partner_form,
        post "/missions/{slug}/partners/new" EditMission => missions_edit::add_partner,
        post "/missions/{slug}/publish" PublishMission => missions_edit::publish,
        get "/missions/{slug}/withdraw" PublishMission => missions_edit::withdraw_form,
        post "/missions/{slug}/withdraw" PublishMission => missions_edit::withdraw,
        get "/api/v1/missions" ViewPublic => missions_api::list,
        post "/api/v1/missions" EditMission => missions_api::create,
        get "/api/v1/missions/{slug}" ReadMission => missions_api::show,
        post "/api/v1/missions/{slug}" EditMission => missions_api::change,
        post "/api/v1/missions/{slug}/outcomes" EditMission => missions_api::add_outcome,
        post "/api/v1/missions/{slug}/indicators" EditMission => missions_api::add_indicator,
        get "/api/v1/missions/{slug}/readings" ReadMission => missions_api::readings,
        post "/api/v1/missions/{slug}/readings" RecordReading => missions_api::record_reading,
        post "/api/v1/missions/{slug}/partners" EditMission => missions_api::add_partner,
        post "/api/v1/missions/{slug}/publish" PublishMission => missions_api::publish,
        post "/api/v1/missions/{slug}/withdraw" PublishMission => missions_api::withdraw,
    ]
}

fn conditions_routes() -> Vec<Row> {
    rows![
        get "/conditions" ReadConditions => conditions::list,
        get "/conditions/new" EditCondition => conditions::new_form,
        post "/conditions/new" EditCondition => conditions::create,
        get "/desk/catalogue" ReadDesk => social_values::list,
        get "/desk/catalogue/new" EditCondition => social_values::new_form,
        post "/desk/catalogue/new" EditCondition => social_values::check,
        post "/desk/catalogue/keep" EditCondition => social_values::keep,
        get "/desk/catalogue/template" ReadDesk => social_values::template,
        get "/desk/catalogue/{id}" ReadDesk => social_values::show,
        get "/api/v1/catalogues" ReadDesk => social_values_api::list,
        post "/api/v1/catalogues" EditCondition => social_values_api::import,
        get "/api/v1/catalogues/{id}" ReadDesk => social_values_api::show,
        get "/conditions/{id}" ReadConditions => conditions::show,
        get "/conditions/{id}/versions/new" EditCondition => conditions::version_form,
        post "/conditions/{id}/versions/new" EditCondition => conditions::add_version,
        get "/conditions/{id}/exception" RecordException => conditions::exception_form,
        post "/conditions/{id}/exception" RecordException => conditions::record_exception,
        get "/api/v1/conditions" ReadConditions => conditions_api::list,
        post "/api/v1/conditions" EditCondition => conditions_api::create,
        get "/api/v1/conditions/{id}" ReadConditions => conditions_api::show,
        post "/api/v1/conditions/{id}/versions" EditCondition => conditions_api::add_version,
        post "/api/v1/conditions/{id}/exception" RecordException => conditions_api::record_exception,
    ]
}

fn funds_routes() -> Vec<Row> {
    rows![
        get "/funds" ReadFund => funds::list,
        post "/funds" ManageFund => funds::open,
        get "/funds/{id}/cash" ReadFund => funds::cash,
        post "/funds/{id}/commitments" ManageFund => funds::commit,
        get "/api/v1/funds" ReadFund => funds_api::list,
        post "/api/v1/funds" ManageFund => funds_api::open,
        get "/api/v1/funds/{id}/cash" ReadFund => funds_api::cash,
        post "/api/v1/funds/{id}/commitments" ManageFund => funds_api::commit,
    ]
}

fn subsidies_routes() -> Vec<Row> {
    rows![
        get "/desk/subsidies" ReadAwards => subsidies::list,
        get "/desk/subsidies/group" ReadAwards => subsidies::group,
        get "/desk/subsidies/{organisation}/{application}" ReadAwards => subsidies::route,
        post "/desk/subsidies/{organisation}/{application}" RecordSubsidy => subsidies::start,
        post "/desk/subsidies/{organisation}/{application}/{route}" RecordSubsidy => subsidies::step,
        post "/desk/subsidies/{organisation}/{application}/{route}/signature" SignAssessment => subsidies::sign,
        get "/subsidy-confirmations/{id}" ReadOutcome => subsidies::confirm_form,
        post "/subsidy-confirmations/{id}" AnswerOffer => subsidies::confirm,
        get "/api/v1/subsidies" ReadAwards => subsidies_api::list,
        post "/api/v1/subsidies/{organisation}/{application}" RecordSubsidy => subsidies_api::start,
        get "/api/v1/subsidy-routes/{id}" UseAccount => subsidies_api::route,
        post "/api/v1/subsidy-routes/{id}/confirmation" AnswerOffer => subsidies_api::confirm,
        post "/api/v1/subsidy-routes/{id}/signature" SignAssessment => subsidies_api::sign,
        post "/api/v1/subsidy-routes/{id}/given" RecordSubsidy => subsidies_api::give,
        post "/api/v1/subsidy-routes/{id}/withdrawal" RecordSubsidy => subsidies_api::withdraw,
        get "/api/v1/subsidy-groups" ReadAwards => subsidies_api::group,
    ]
}

fn agreements_routes() -> Vec<Row> {
    use crate::{agreements, compliance};
    rows![
        get "/agreements" ReadAgreements => agreements::pages::list,
        get "/agreements/sign/{award}" RunAward => agreements::pages::sign_form,
        post "/agreements/sign/{award}" RunAward => agreements::pages::sign,
        get "/agreements/{id}" ReadAgreements => compliance::agreement,
        get "/agreements/{id}/change" ChangeAgreement => agreements::pages::change_form,
        post "/agreements/{id}/change" ChangeAgreement => agreements::pages::change,
        get "/api/v1/agreements" ReadAgreements => agreements::api::list,
        get "/api/v1/agreements/{id}" ReadAgreements => agreements::api::one,
        get "/api/v1/agreements/{id}/totals" ReadAgreements => compliance::api::totals,
        post "/api/v1/agreements/{id}/change" ChangeAgreement => agreements::api::change,
        post "/api/v1/awards/{award}/agreement" RunAward => agreements::api::sign,
    ]
}

fn compliance_routes() -> Vec<Row> {
    use crate::compliance;
    rows![
        get "/compliance" ReadAgreements => compliance::pages::list,
        get "/compliance/shared" ReadDesk => compliance::shared_pages::shared_list,
        get "/compliance/shared/{id}" Apportion => compliance::shared_pages::apportion_form,
        post "/compliance/shared/{id}" Apportion => compliance::shared_pages::apportion,
        get "/compliance/dues/{id}" ReadAgreements => compliance::pages::due,
        get "/compliance/dues/{id}/report" ReportFigure => compliance::pages::report_form,
        post "/compliance/dues/{id}/report" ReportFigure => compliance::pages::report,
        post "/compliance/dues/{id}/remedy" VerifyFigure => compliance::pages::propose,
        post "/compliance/claims/{id}/decide" VerifyFigure => compliance::pages::decide,
        post "/compliance/remedies/{id}/take" TakeRemedy => compliance::pages::take,
        get "/compliance/evidence/{id}" ReadAgreements => compliance::pages::evidence,
        get "/api/v1/dues" ReadAgreements => compliance::api::list,
        get "/api/v1/dues/{id}" ReadAgreements => compliance::api::one,
        post "/api/v1/dues/{id}/claims" ReportFigure => compliance::api::report,
        post "/api/v1/dues/{id}/remedies" VerifyFigure => compliance::api::propose,
        get "/api/v1/evidence/{id}" ReadAgreements => compliance::api::evidence,
        post "/api/v1/claims/{id}/decision" VerifyFigure => compliance::api::decide,
        post "/api/v1/remedies/{id}/take" TakeRemedy => compliance::api::take,
        get "/api/v1/double-counts" ReadDesk => compliance::api::double_counts,
        post "/api/v1/double-counts/{id}/apportionment" Apportion => compliance::api::apportion,
    ]
}

fn investments_routes() -> Vec<Row> {
    rows![
        get "/investments/{id}" ReadFund => investments::show,
        get "/investments/{id}/schedule" ReadFund => investments::schedule,
        post "/investments/{id}/precedents/{precedent}/verify" VerifyPrecedent => investments::verify,
        post "/investments/{id}/drawdowns" ManageFund => investments::propose_drawdown,
        post "/investments/{id}/drawdowns/{drawdown}/decide" ApproveDrawdown => investments::decide_drawdown,
        post "/investments/{id}/payments" ManageFund => investments::receive,
        post "/investments/{id}/payments/{entry}/reverse" ManageFund => investments::reverse,
        post "/investments/{id}/refunds" ManageFund => investments::refund,
        post "/investments/{id}/charges" ManageFund => investments::charge,
        post "/investments/{id}/reports" ManageFund => investment_facts::report,
        post "/investments/{id}/valuations" ManageFund => investments::propose_valuation,
        post "/investments/{id}/valuations/{valuation}/decide" ApproveDrawdown => investments::decide_valuation,
        get "/investments/{id}/restructure" ManageFund => restructuring::show,
        post "/investments/{id}/restructure" ManageFund => restructuring::change,
        post "/investments/{id}/restructurings/{restructuring}/decide" ApproveDrawdown => restructuring::decide,
        post "/investments/{id}/cancellations" ManageFund => cancelling::propose,
        post "/investments/{id}/cancellations/{cancellation}/decide" ApproveDrawdown => cancelling::decide,
        post "/api/v1/investments/{id}/cancellations" ManageFund => investments_api::propose_cancelling,
        post "/api/v1/cancellations/{id}/decide" ApproveDrawdown => investments_api::decide_cancelling,
        get "/investments/{id}/working" ReadFund => investment_working::show,
        get "/my-investments/{id}/working" ReadOwnInvestment => investment_working::show_own,
        get "/api/v1/investments/{id}/working" ReadFund => investment_working::program,
        get "/api/v1/my-investments/{id}/working" ReadOwnInvestment => investment_working::own_program,
        get "/agreements/{id}/parts/{part}" ReadAgreements => investments::of_agreement,
        get "/my-investments" ReadOwnInvestment => own_investments::list,
        get "/my-investments/{id}" ReadOwnInvestment => own_investments::show,
        post "/my-investments/{id}/reports" ReportFigure => investment_facts::report_own,
        get "/api/v1/investments/{id}" ReadFund => investments_api::show,
        get "/api/v1/my-investments" ReadOwnInvestment => investments_api::list_own,
        get "/api/v1/my-investments/{id}" ReadOwnInvestment => investments_api::show_own,
        post "/api/v1/precedents/{id}/verify" VerifyPrecedent => investments_api::verify,
        post "/api/v1/investments/{id}/drawdowns" ManageFund => investments_api::propose_drawdown,
        post "/api/v1/drawdowns/{id}/decide" ApproveDrawdown => investments_api::decide_drawdown,
        post "/api/v1/investments/{id}/payments" ManageFund => investments_api::receive,
        post "/api/v1/investments/{id}/payments/{entry}/reverse" ManageFund => investments_api::reverse,
        post "/api/v1/investments/{id}/refunds" ManageFund => investments_api::refund,
        post "/api/v1/investments/{id}/charges" ManageFund => investments_api::charge,
        post "/api/v1/investments/{id}/reports" ManageFund => investments_api::report,
        post "/api/v1/my-investments/{id}/reports" ReportFigure => investments_api::report_own,
        post "/api/v1/investments/{id}/valuations" ManageFund => investments_api::propose_valuation,
        post "/api/v1/valuations/{id}/decide" ApproveDrawdown => investments_api::decide_valuation,
        post "/api/v1/investments/{id}/restructurings" ManageFund => investments_api::propose_restructuring,
        post "/api/v1/investments/{id}/restructurings/preview" ManageFund => investments_api::preview_restructuring,
        post "/api/v1/restructurings/{id}/decide" ApproveDrawdown => investments_api::decide_restructuring,
    ]
}

fn returns_routes() -> Vec<Row> {
    rows![
        get "/funds/{id}" ReadFund => returns::fund,
        get "/funds/{id}/forecast" ReadFund => returns::forecast,
        get "/funds/{id}/statement" ReadFund => returns::statement,
        get "/api/v1/funds/{id}" ReadFund => returns_api::fund,
        get "/api/v1/funds/{id}/cash-flows" ReadFund => returns_api::cash_flows,
        get "/api/v1/funds/{id}/forecast" ReadFund => returns_api::forecast,
    ]
}

fn publish_routes() -> Vec<Row> {
    Vec::new()
}

fn desk_routes() -> Vec<Row> {
    rows![
        get "/" ViewPublic => desk::home::show,
        get "/missions/{slug}" ReadMission => desk::mission::show,
        get "/tasks" ReadDesk => desk::tasks::show,
        get "/search" ReadDesk => desk::search::show,
        get "/register-of-awards" ViewPublic => desk::register::show,
        get "/results" ViewPublic => desk::results::show,
        get "/api/v1/missions/{slug}/totals" ReadMission => desk::mission::totals_api,
        get "/api/v1/register" ViewPublic => desk::register::show_api,
        get "/api/v1/search" ReadDesk => desk::search::api,
    ]
}
