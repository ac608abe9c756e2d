//! Words for the rows of the audit trail.

use crate::labels::texts::Texts;
use jiedui_core::audit::{Action, ObjectKind};

/// Returns the name of an action.
pub fn action_name(texts: &Texts, action: Action) -> &'static str {
    match action {
        Action::SignIn => texts.audit_did_sign_in(),
        Action::SignInFailed => texts.audit_did_sign_in_failed(),
        Action::SignOut => texts.audit_did_sign_out(),
        Action::SessionEnded => texts.audit_did_session_ended(),
        Action::CodeIssued => texts.audit_did_code_issued(),
        Action::CodeUsed => texts.audit_did_code_used(),
        Action::PasswordChanged => texts.audit_did_password_changed(),
        Action::AccountAdded => texts.audit_did_account_added(),
        Action::AccountChanged => texts.audit_did_account_changed(),
        Action::Verified => texts.audit_did_verified(),
        Action::Returned => texts.audit_did_returned(),
        Action::Reopened => texts.audit_did_reopened(),
        Action::Deleted => texts.audit_did_deleted(),
        Action::DirectoryChanged => texts.audit_did_directory_changed(),
        Action::CatalogueChanged => texts.audit_did_catalogue_changed(),
        Action::MonthClosed => texts.audit_did_month_closed(),
        Action::MonthReopened => texts.audit_did_month_reopened(),
        Action::Exported => texts.audit_did_exported(),
        Action::Imported => texts.audit_did_imported(),
        Action::ImportReverted => texts.audit_did_import_reverted(),
        Action::LinkMade => texts.audit_did_link_made(),
        Action::LinkOpened => texts.audit_did_link_opened(),
        Action::LinkWithdrawn => texts.audit_did_link_withdrawn(),
        Action::BackedUp => texts.audit_did_backed_up(),
        Action::Restored => texts.audit_did_restored(),
        Action::RowsRemoved => texts.audit_did_rows_removed(),
    }
}

/// Returns the name of a kind of object.
pub fn kind_name(texts: &Texts, kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::None => "",
        ObjectKind::Account => texts.audit_kind_account(),
        ObjectKind::Entry => texts.audit_kind_entry(),
        ObjectKind::Organisation => texts.audit_kind_organisation(),
        ObjectKind::Pairing => texts.audit_kind_pairing(),
        ObjectKind::Programme => texts.audit_kind_programme(),
        ObjectKind::Form => texts.audit_kind_form(),
        ObjectKind::Indicator => texts.audit_kind_indicator(),
        ObjectKind::Month => texts.audit_kind_month(),
        ObjectKind::Link => texts.audit_kind_link(),
        ObjectKind::Import => texts.audit_kind_import(),
        ObjectKind::Export => texts.audit_kind_export(),
        ObjectKind::Database => texts.audit_kind_database(),
        ObjectKind::Trail => texts.audit_kind_trail(),
    }
}

/// Returns the name of a field of an account, a form, or another object; the field's code if it has no name.
pub fn field_name<'a>(texts: &Texts, field: &'a str) -> &'a str {
    match field {
        "username" => texts.username(),
        "role" => texts.person_role(),
        "places" => texts.account_places(),
        "programmes" => texts.person_programmes(),
        "place" => texts.place(),
        "programme" => texts.programme(),
        "state" => texts.state(),
        "activity" => texts.activity(),
        "year" => texts.year(),
        "unit" => texts.unit(),
        "unit_en" => texts.field_unit_en(),
        "targets" => texts.targets(),
        "side" => texts.side(),
        "agreement" => texts.agreement(),
        "from" => texts.pairing_from(),
        "to" => texts.pairing_to(),
        "organisation_a" => texts.side_a(),
        "organisation_b" => texts.side_b(),
        "entries" => texts.entry(),
        "actor" => texts.audit_person(),
        "action" => texts.audit_action(),
        "object" => texts.audit_object(),
        "name" => texts.audit_field_name(),
        "name_en" => texts.audit_field_name_en(),
        "disabled" => texts.audit_field_disabled(),
        "has_password" => texts.audit_field_has_password(),
        "review_note" => texts.audit_field_review_note(),
        "reason" => texts.audit_field_reason(),
        "expires_at" => texts.audit_field_expires_at(),
        "by_role" => texts.audit_field_by_role(),
        "device" => texts.audit_field_device(),
        "filter" => texts.audit_field_filter(),
        "rows" => texts.audit_field_rows(),
        "new" => texts.audit_field_new(),
        "through" => texts.audit_field_through(),
        "until" => texts.audit_field_until(),
        "further" => texts.audit_field_further(),
        "acted_at" => texts.audit_field_acted_at(),
        "wrong" => texts.audit_field_wrong(),
        "color" => texts.audit_field_color(),
        "fields" => texts.audit_field_fields(),
        "version" => texts.audit_field_version(),
        "kind" => texts.audit_field_kind(),
        "position" => texts.audit_field_position(),
        other => other,
    }
}

/// Returns the cause of a failed sign-in; the code if it has no name.
pub fn wrong_name<'a>(texts: &Texts, code: &'a str) -> &'a str {
    match code {
        "password" => texts.audit_wrong_password(),
        "code" => texts.audit_wrong_code(),
        "too_many" => texts.audit_wrong_too_many(),
        "setup_link" => texts.audit_wrong_setup_link(),
        other => other,
    }
}
