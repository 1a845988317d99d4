//! The one list of routes. Each names the action that the policy judges before its handler runs.

use super::{assets, health, openapi, public_pages, sandbox};
use crate::applications::{
    api as applications_api, assess_pages as assessing, desk_pages as opening, pages as applications,
    question_pages as questions, sending_pages as sending,
};
use crate::awards::{
    api as awards_api, falling_pages as awards_falling, lots_pages as awards_lots, pages as awards,
    part_pages as award_parts,
};
use crate::calls::{
    api as calls_api, builder_pages as calls_builder, criteria_pages as calls_criteria, desk_pages as calls_desk,
    lots_pages as calls_lots, pages as calls, rehearsal_pages as calls_rehearsal, stages_pages as calls_stages,
};
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
use crate::scoring::{
    api as scoring_api, bidders_pages as scoring_bidders, desk as scoring_desk, enquiry_pages as scoring_enquiry,
    pages as scoring, panel_pages as scoring_panel, ranking_pages as scoring_rankings, residents,
    sensitivity_pages as scoring_sensitivity, shortlist_pages as scoring_shortlist, trace_pages as scoring_trace,
};
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

/// Every route of the service. A fixed path stands above a pattern that would also match it.
#[must_use]
pub fn all() -> Vec<Row> {
    let mut rows = ground();
    rows.extend(people_routes());
    rows.extend(missions_routes());
    rows.extend(conditions_routes());
    rows.extend(funds_routes());
    rows.extend(subsidies_routes());
    rows.extend(calls_routes());
    rows.extend(applications_routes());
    rows.extend(scoring_routes());
    rows.extend(awards_routes());
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
        get "/people" ManagePeople => organisations::staff,
        post "/people/members" ManagePeople => organisations::add_staff,
        post "/people/members/{member}/end" ManagePeople => organisations::end_staff,
        post "/people/invitations/{invitation}/withdraw" ManagePeople => organisations::withdraw_staff_invitation,
        post "/people/departments" ManagePeople => organisations::add_department,
        get "/mails" ManageSandbox => people::mails,
        get "/audit" ReadAudit => audit_pages::show,
        get "/api/v1/me" UseAccount => people_api::me,
        get "/api/v1/organisations/{id}" ViewOrganisation => people_api::organisation,
        post "/api/v1/organisations" UseAccount => people_api::register_organisation,
        post "/api/v1/organisations/{id}/members" ManageOrganisation => people_api::add_member,
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

fn calls_routes() -> Vec<Row> {
    rows![
        get "/calls" ReadCall => calls::list,
        get "/calls/{id}" ReadCall => calls::show,
        get "/calls/{id}/terms.json" ReadCall => calls::terms,
        post "/calls/{id}/questions" AskQuestion => calls::ask,
        get "/desk/calls" ReadDesk => calls_desk::list,
        get "/desk/calls/new" PublishCall => calls_desk::new_form,
        post "/desk/calls/new" PublishCall => calls_desk::new,
        get "/desk/calls/{id}" ReadDesk => calls_desk::desk,
        post "/desk/calls/{id}/notices" PublishCall => calls_desk::record_notice,
        post "/desk/calls/{id}/questions/{question}" AnswerQuestion => calls_desk::answer,
        post "/desk/calls/{id}/back-to-draft" PublishCall => calls_desk::back_to_draft,
        get "/desk/calls/{id}/publish" PublishCall => calls_desk::publish_form,
        post "/desk/calls/{id}/publish" PublishCall => calls_desk::publish,
        get "/desk/calls/{id}/rehearsal" ReadDesk => calls_rehearsal::rehearsal,
        post "/desk/calls/{id}/rehearsal" PublishCall => calls_rehearsal::acknowledge,
        get "/desk/calls/{id}/amend" PublishCall => calls_desk::amend_form,
        post "/desk/calls/{id}/amend" PublishCall => calls_desk::amend,
        get "/desk/calls/{id}/withdraw" PublishCall => calls_desk::withdraw_form,
        post "/desk/calls/{id}/withdraw" PublishCall => calls_desk::withdraw,
        get "/desk/calls/{id}/basics" PublishCall => calls_builder::basics_form,
        post "/desk/calls/{id}/basics" PublishCall => calls_builder::basics,
        get "/desk/calls/{id}/money" PublishCall => calls_builder::money_form,
        post "/desk/calls/{id}/money" PublishCall => calls_builder::money,
        get "/desk/calls/{id}/criteria" PublishCall => calls_criteria::criteria_list,
        post "/desk/calls/{id}/criteria" PublishCall => calls_criteria::ties,
        get "/desk/calls/{id}/criteria/new" PublishCall => calls_criteria::criterion_new_form,
        post "/desk/calls/{id}/criteria/new" PublishCall => calls_criteria::criterion_new,
        get "/desk/calls/{id}/criteria/{criterion}" PublishCall => calls_criteria::criterion_form,
        post "/desk/calls/{id}/criteria/{criterion}" PublishCall => calls_criteria::criterion,
        post "/desk/calls/{id}/criteria/{criterion}/remove" PublishCall => calls_criteria::criterion_remove,
        get "/desk/calls/{id}/conditions" PublishCall => calls_criteria::conditions_form,
        post "/desk/calls/{id}/conditions" PublishCall => calls_criteria::condition_new,
        get "/desk/calls/{id}/conditions/{asked}" PublishCall => calls_criteria::condition_form,
        post "/desk/calls/{id}/conditions/{asked}" PublishCall => calls_criteria::condition,
        post "/desk/calls/{id}/conditions/{asked}/remove" PublishCall => calls_criteria::condition_remove,
        get "/desk/calls/{id}/eligibility" PublishCall => calls_builder::eligibility_form,
        post "/desk/calls/{id}/eligibility" PublishCall => calls_builder::eligibility,
        post "/desk/calls/{id}/eligibility/{question}/remove" PublishCall => calls_builder::eligibility_remove,
        get "/desk/calls/{id}/timetable" PublishCall => calls_builder::timetable_form,
        post "/desk/calls/{id}/timetable" PublishCall => calls_builder::timetable,
        get "/desk/calls/{id}/stages" ReadDesk => calls_stages::form,
        post "/desk/calls/{id}/stages" PublishCall => calls_stages::set,
        post "/desk/calls/{id}/stages/undo" PublishCall => calls_stages::undo,
        get "/api/v1/calls/{id}/stages" ReadCall => calls_stages::api_show,
        post "/api/v1/calls/{id}/stages" PublishCall => calls_stages::api_set,
        post "/api/v1/calls/{id}/stages/undo" PublishCall => calls_stages::api_undo,
        get "/desk/calls/{id}/duties" PublishCall => calls_builder::duties_form,
        post "/desk/calls/{id}/duties" PublishCall => calls_builder::duties,
        get "/desk/calls/{id}/lots" PublishCall => calls_lots::form,
        post "/desk/calls/{id}/lots" PublishCall => calls_lots::set,
        post "/desk/calls/{id}/lots/add" PublishCall => calls_lots::add,
        post "/desk/calls/{id}/lots/take-out" PublishCall => calls_lots::take_out,
        get "/api/v1/calls/{id}/lots" ReadCall => calls_lots::api_show,
        post "/api/v1/calls/{id}/lots" PublishCall => calls_lots::api_set,
        post "/api/v1/calls/{id}/lots/add" PublishCall => calls_lots::api_add,
        post "/api/v1/calls/{id}/lots/take-out" PublishCall => calls_lots::api_take_out,
        get "/api/v1/calls" ReadCall => calls_api::list,
        post "/api/v1/calls" PublishCall => calls_api::create,
        get "/api/v1/calls/{id}" ReadCall => calls_api::show,
        get "/api/v1/calls/{id}/terms" ReadCall => calls_api::terms,
        post "/api/v1/calls/{id}/terms" PublishCall => calls_api::set_terms,
        get "/api/v1/calls/{id}/check" PublishCall => calls_api::check,
        get "/api/v1/calls/{id}/rehearsal" ReadDesk => calls_api::rehearsal,
        post "/api/v1/calls/{id}/rehearsal" PublishCall => calls_api::acknowledge,
        post "/api/v1/calls/{id}/publish" PublishCall => calls_api::publish,
        post "/api/v1/calls/{id}/back-to-draft" PublishCall => calls_api::back_to_draft,
        get "/api/v1/calls/{id}/notices" ReadCall => calls_api::notices,
        post "/api/v1/calls/{id}/notices" PublishCall => calls_api::record_notice,
        post "/api/v1/calls/{id}/amend" PublishCall => calls_api::amend,
        post "/api/v1/calls/{id}/withdraw" PublishCall => calls_api::withdraw,
        get "/api/v1/calls/{id}/questions" ReadCall => calls_api::questions,
        post "/api/v1/calls/{id}/questions" AskQuestion => calls_api::ask,
        post "/api/v1/calls/{id}/questions/{question}/answer" AnswerQuestion => calls_api::answer,
    ]
}

fn applications_routes() -> Vec<Row> {
    rows![
        get "/calls/{id}/can-i-apply" ViewPublic => applications::can_i_apply,
        get "/calls/{id}/apply" UseAccount => applications::apply_form,
        post "/calls/{id}/apply" UseAccount => applications::apply,
        get "/applications" UseAccount => applications::list,
        get "/applications/{id}" ReadOwnApplication => applications::tasks,
        get "/applications/{id}/answer/{question}" ReadOwnApplication => questions::question,
        post "/applications/{id}/answer/{question}" WriteApplication => questions::save_question,
        post "/applications/{id}/files" WriteApplication => questions::attach,
        get "/applications/{id}/files/{document}" ReadOwnApplication => applications::own_file,
        post "/applications/{id}/files/{document}/remove" WriteApplication => questions::detach,
        post "/applications/{id}/cash-flow" WriteApplication => questions::sheet,
        get "/applications/{id}/check" ReadOwnApplication => sending::check,
        post "/applications/{id}/submit" SubmitApplication => sending::submit,
        post "/applications/{id}/confirm" SubmitApplication => sending::confirm,
        get "/applications/{id}/receipt" ReadOwnApplication => sending::receipt,
        get "/applications/{id}/withdraw" SubmitApplication => sending::withdraw_form,
        post "/applications/{id}/withdraw" SubmitApplication => sending::withdraw,
        get "/desk/calls/{id}/opening" ReadOpened => opening::opening,
        post "/desk/calls/{id}/opening" OpenEnvelopes => opening::ask,
        post "/desk/calls/{id}/opening/confirm" OpenEnvelopes => opening::confirm,
        post "/desk/calls/{id}/open-investments" OpenEnvelopes => opening::open_investments,
        get "/desk/applications/{id}" ReadOpened => assessing::reading,
        get "/desk/applications/{id}/files/{document}" ReadOpened => opening::file,
        post "/api/v1/calls/{id}/can-i-apply" ViewPublic => applications_api::can_i_apply,
        get "/api/v1/calls/{id}/applications" ReadOpened => applications_api::of_call,
        post "/api/v1/calls/{id}/applications" WriteApplication => applications_api::start,
        get "/api/v1/calls/{id}/opening" ReadOpened => applications_api::openings,
        post "/api/v1/calls/{id}/opening" OpenEnvelopes => applications_api::ask,
        post "/api/v1/calls/{id}/opening/confirm" OpenEnvelopes => applications_api::confirm_opening,
        post "/api/v1/calls/{id}/open-investments" OpenEnvelopes => applications_api::open_investments,
        get "/api/v1/applications" ReadOwnApplication => applications_api::list,
        get "/api/v1/applications/{id}" ReadOwnApplication => applications_api::show,
        get "/api/v1/applications/{id}/draft" ReadOwnApplication => applications_api::draft,
        post "/api/v1/applications/{id}/draft" WriteApplication => applications_api::save_draft,
        get "/api/v1/applications/{id}/missing" ReadOwnApplication => applications_api::missing,
        post "/api/v1/applications/{id}/files" WriteApplication => applications_api::attach,
        post "/api/v1/applications/{id}/files/{document}/remove" WriteApplication => applications_api::detach,
        post "/api/v1/applications/{id}/cash-flow" WriteApplication => applications_api::sheet,
        post "/api/v1/applications/{id}/submit" SubmitApplication => applications_api::submit,
        post "/api/v1/applications/{id}/confirm" SubmitApplication => applications_api::confirm,
        get "/api/v1/applications/{id}/receipt" ReadOwnApplication => applications_api::receipt,
        post "/api/v1/applications/{id}/withdraw" SubmitApplication => applications_api::withdraw,
        get "/api/v1/applications/{id}/content" ReadOpened => applications_api::content,
        get "/api/v1/applications/{id}/affordability" ReadOpened => applications_api::affordability,
    ]
}

fn scoring_routes() -> Vec<Row> {
    rows![
        get "/evaluations" DeclareConflicts => scoring::mine,
        get "/evaluations/{call}" DeclareConflicts => scoring::sheet,
        get "/evaluations/{call}/declaration" DeclareConflicts => scoring::declaration,
        post "/evaluations/{call}/declaration" DeclareConflicts => scoring::declare,
        post "/evaluations/{call}/final" Score => scoring::finish,
        get "/evaluations/{call}/{application}/{criterion}" Score => scoring::score_form,
        post "/evaluations/{call}/{application}/{criterion}" Score => scoring::score,
        get "/desk/calls/{id}/bidders" ManagePanel => scoring_bidders::form,
        post "/desk/calls/{id}/bidders" ManagePanel => scoring_bidders::look,
        get "/desk/calls/{id}/panel" ReadScores => scoring_panel::panel_of,
        post "/desk/calls/{id}/panel" ManagePanel => scoring_panel::add_member,
        post "/desk/calls/{id}/panel/{member}/replace" ManagePanel => scoring_panel::replace,
        post "/desk/calls/{id}/conflicts/{conflict}" ResolveConflict => scoring_panel::resolve,
        get "/desk/calls/{id}/moderation" ReadScores => scoring_desk::moderation_of,
        post "/desk/calls/{id}/moderation" Moderate => scoring_desk::step,
        get "/desk/calls/{id}/moderation/{application}/{criterion}" ReadScores => scoring_desk::agree_form,
        post "/desk/calls/{id}/moderation/{application}/{criterion}" Moderate => scoring_desk::agree,
        get "/desk/calls/{id}/shortlist" ReadScores => scoring_shortlist::show,
        post "/desk/calls/{id}/shortlist" ProposeShortlist => scoring_shortlist::propose,
        post "/desk/calls/{id}/shortlist/decision" ConfirmShortlist => scoring_shortlist::decide,
        get "/desk/calls/{id}/stages.json" ReadScores => scoring_shortlist::file,
        get "/api/v1/calls/{id}/stages/file" ReadScores => scoring_shortlist::api_file,
        get "/api/v1/calls/{id}/shortlist" ReadScores => scoring_shortlist::api_show,
        post "/api/v1/calls/{id}/shortlist" ProposeShortlist => scoring_shortlist::api_propose,
        post "/api/v1/calls/{id}/shortlist/decision" ConfirmShortlist => scoring_shortlist::api_decide,
        get "/desk/calls/{id}/rankings" ReadScores => scoring_rankings::show,
        get "/api/v1/calls/{id}/rankings" ReadScores => scoring_api::rankings,
        get "/desk/calls/{id}/sensitivity" ReadSensitivity => scoring_sensitivity::sensitivity,
        get "/desk/calls/{id}/sensitivity.json" ReadSensitivity => scoring_sensitivity::file,
        get "/desk/calls/{id}/ranking.json" ReadScores => scoring_trace::file,
        get "/desk/calls/{id}/ranking/{application}" ReadScores => scoring_trace::trace,
        post "/desk/calls/{id}/ranking/{application}/enquiry/{enquiry}" Moderate => scoring_trace::enquiry,
        post "/desk/calls/{id}/ranking/{application}/enquiry/{enquiry}/question" Moderate => scoring_enquiry::ask,
        get "/applications/{id}/price-enquiry" ReadOwnApplication => scoring_enquiry::show,
        post "/applications/{id}/price-enquiry" SubmitApplication => scoring_enquiry::answer,
        post "/desk/calls/{id}/ranking/{application}/disregard" Moderate => scoring_trace::disregard,
        get "/desk/calls/{id}/residents" ReadScores => residents::pages::residents,
        post "/desk/calls/{id}/residents" ManagePanel => residents::pages::set_up,
        post "/desk/calls/{id}/residents/roll" ManagePanel => residents::pages::add,
        get "/calls/{id}/vote" ViewPublic => residents::pages::result_page,
        get "/calls/{id}/ballots.json" ViewPublic => residents::pages::ballots,
        get "/vote/{token}" ViewPublic => residents::vote_pages::show,
        post "/vote/{token}" ViewPublic => residents::vote_pages::post,
        get "/api/v1/calls/{id}/residents-vote" ViewPublic => residents::api::show,
        post "/api/v1/calls/{id}/residents-vote" ManagePanel => residents::api::set_up,
        post "/api/v1/calls/{id}/residents-vote/roll" ManagePanel => residents::api::add,
        get "/api/v1/calls/{id}/residents-vote/ballots" ViewPublic => residents::api::ballots,
        get "/api/v1/votes/{token}" ViewPublic => residents::api::ballot,
        post "/api/v1/votes/{token}" ViewPublic => residents::api::cast,
        get "/api/v1/calls/{id}/panel" ReadScores => scoring_api::panel_of,
        post "/api/v1/calls/{id}/panel" ManagePanel => scoring_api::add_member,
        post "/api/v1/calls/{id}/panel/{member}/replacement" ManagePanel => scoring_api::replace,
        get "/api/v1/calls/{id}/declarations" DeclareConflicts => scoring_bidders::to_declare,
        post "/api/v1/calls/{id}/declarations" DeclareConflicts => scoring_api::declare,
        post "/api/v1/calls/{id}/bidders" ManagePanel => scoring_bidders::look_api,
        post "/api/v1/conflicts/{id}/resolution" ResolveConflict => scoring_api::resolve,
        get "/api/v1/calls/{id}/sheet" Score => scoring_api::sheet,
        post "/api/v1/calls/{id}/scores/final" Score => scoring_api::finish,
        post "/api/v1/calls/{id}/scores/{application}/{criterion}" Score => scoring_api::save,
        get "/api/v1/calls/{id}/scores" ReadApplications => scoring_api::scores,
        post "/api/v1/calls/{id}/moderation/closed" Moderate => scoring_api::close,
        post "/api/v1/calls/{id}/moderation/{application}/{criterion}" Moderate => scoring_api::agree,
        post "/api/v1/calls/{id}/bids/{application}/disregard" Moderate => scoring_api::disregard,
        post "/api/v1/price-enquiries/{id}/question" Moderate => scoring_api::ask,
        get "/api/v1/applications/{id}/price-enquiry" ReadOwnApplication => scoring_api::own_enquiry,
        post "/api/v1/applications/{id}/price-enquiry" SubmitApplication => scoring_api::answer_enquiry,
        post "/api/v1/price-enquiries/{id}" Moderate => scoring_api::enquiry,
        get "/api/v1/calls/{id}/sensitivity" ReadSensitivity => scoring_api::sensitivity,
        get "/api/v1/calls/{id}/ranking" ReadScores => scoring_api::ranking_of,
        post "/api/v1/calls/{id}/ranking" Moderate => scoring_api::rank,
        post "/api/v1/calls/{id}/ranking/signature" Moderate => scoring_api::sign,
        get "/api/v1/calls/{id}/ranking/file" ReadScores => scoring_api::file,
    ]
}

fn awards_routes() -> Vec<Row> {
    rows![
        get "/desk/calls/{id}/bids/{application}/falls-away" Moderate => awards_falling::form,
        post "/desk/calls/{id}/bids/{application}/falls-away" Moderate => awards_falling::record,
        post "/api/v1/calls/{id}/bids/{application}/fall" Moderate => awards_falling::api_record,
        post "/applications/{id}/withdraw-opened" SubmitApplication => awards_falling::withdraw,
        post "/api/v1/applications/{id}/withdrawal" SubmitApplication => awards_falling::api_withdraw,
        get "/desk/calls/{id}/award" ReadAwards => awards::desk,
        get "/desk/calls/{id}/lots/outcome" ReadAwards => awards_lots::outcome,
        get "/desk/calls/{id}/lots/outcome.json" ReadScores => awards_lots::file,
        get "/api/v1/calls/{id}/lots/outcome" ReadAwards => awards_lots::api_outcome,
        get "/api/v1/calls/{id}/lots/file" ReadScores => awards_lots::api_file,
        post "/desk/calls/{id}/award" RecommendAward => awards::recommend,
        get "/desk/calls/{id}/award/{award}/parts" RecommendAward => award_parts::form,
        post "/desk/calls/{id}/award/{award}/parts" RecommendAward => award_parts::add,
        post "/desk/calls/{id}/award/{award}/parts/take-out" RecommendAward => award_parts::take_out,
        post "/desk/calls/{id}/award/{award}/parts/complete" RecommendAward => award_parts::complete,
        post "/desk/calls/{id}/checks/{application}" RunAward => awards::check,
        post "/desk/calls/{id}/award/{award}/decision" ApproveAward => awards::decide,
        post "/desk/calls/{id}/award/{award}/committee" ApproveAward => awards::committee,
        post "/desk/calls/{id}/award/{award}/notice" RunAward => awards::notice,
        post "/desk/calls/{id}/award/{award}/offer" RunAward => awards::offer,
        post "/desk/calls/{id}/award/{award}/subsidy" RecordSubsidy => awards::subsidy,
        post "/desk/calls/{id}/award/{award}/challenges" RunAward => awards::challenge,
        post "/desk/calls/{id}/challenges/{challenge}/end" RunAward => awards::end_challenge,
        post "/desk/calls/{id}/summaries" RunAward => awards::send_summaries,
        get "/desk/calls/{id}/summaries/{application}" ReadAwards => awards::summary,
        get "/applications/{id}/outcome" ReadOutcome => awards::outcome,
        post "/applications/{id}/outcome" AnswerOffer => awards::answer,
        get "/api/v1/calls/{id}/awards" ReadAwards => awards_api::of_call,
        post "/api/v1/calls/{id}/awards" RecommendAward => awards_api::recommend,
        get "/api/v1/awards/{id}" UseAccount => awards_api::award,
        post "/api/v1/applications/{id}/checks" RunAward => awards_api::check,
        post "/api/v1/awards/{id}/decision" ApproveAward => awards_api::decide,
        post "/api/v1/awards/{id}/committee" ApproveAward => awards_api::committee,
        post "/api/v1/calls/{id}/summaries" RunAward => awards_api::send_summaries,
        post "/api/v1/awards/{id}/notice" RunAward => awards_api::notice,
        post "/api/v1/awards/{id}/challenges" RunAward => awards_api::challenge,
        post "/api/v1/challenges/{id}/end" RunAward => awards_api::end_challenge,
        post "/api/v1/awards/{id}/offer" RunAward => awards_api::offer,
        post "/api/v1/awards/{id}/parts" RecommendAward => awards_api::add_part,
        post "/api/v1/awards/{id}/parts/take-out" RecommendAward => awards_api::take_out_part,
        post "/api/v1/awards/{id}/parts/complete" RecommendAward => awards_api::complete_package,
        post "/api/v1/awards/{id}/subsidy" RecordSubsidy => awards_api::subsidy,
        post "/api/v1/awards/{id}/answer" AnswerOffer => awards_api::answer,
        get "/api/v1/applications/{id}/outcome" ReadOutcome => awards_api::outcome,
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
        get "/agreements/{id}/parts/{part}" ReadAgreements => investments::of_agreement,
        get "/my-investments" ReadOwnInvestment => own_investments::list,
        get "/my-investments/{id}" ReadOwnInvestment => own_investments::show,
        post "/my-investments/{id}/reports" ReportFigure => investment_facts::report_own,
        get "/api/v1/investments/{id}" ReadFund => investments_api::show,
        get "/api/v1/my-investments/{id}" ReadOwnInvestment => investments_api::show_own,
        post "/api/v1/precedents/{id}/verify" VerifyPrecedent => investments_api::verify,
        post "/api/v1/investments/{id}/drawdowns" ManageFund => investments_api::propose_drawdown,
        post "/api/v1/drawdowns/{id}/decide" ApproveDrawdown => investments_api::decide_drawdown,
        post "/api/v1/investments/{id}/payments" ManageFund => investments_api::receive,
        post "/api/v1/investments/{id}/payments/{entry}/reverse" ManageFund => investments_api::reverse,
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
