//! Names of the domain's codes: states, statuses, kinds and qualifiers.

use super::texts::Texts;
use jiedui_core::access::user::Role;
use jiedui_core::directory::organisation::OrganisationKind;
use jiedui_core::entry::State;
use jiedui_core::ledger::Status;
use jiedui_core::values::quantity::Qualifier;

/// Returns the name of an entry's review state.
pub fn entry_state(texts: &Texts, state: State) -> &'static str {
    match state {
        State::Submitted => texts.state_received(),
        State::Verified => texts.state_verified(),
        State::Returned => texts.state_returned(),
    }
}

/// Returns the name of a ledger item's status.
pub fn ledger_status(texts: &Texts, status: Status) -> &'static str {
    match status {
        Status::Open => texts.need_open(),
        Status::Matched => texts.need_matched(),
        Status::UnderWay => texts.need_under_way(),
        Status::Met => texts.need_met(),
        Status::Dropped => texts.need_dropped(),
    }
}

/// Returns the name of an organisation's kind.
pub fn organisation_kind(texts: &Texts, kind: OrganisationKind) -> &'static str {
    match kind {
        OrganisationKind::PartyBranch => texts.kind_party_branch(),
        OrganisationKind::Government => texts.kind_government(),
        OrganisationKind::Village => texts.kind_village(),
        OrganisationKind::School => texts.kind_school(),
        OrganisationKind::Hospital => texts.kind_hospital(),
        OrganisationKind::Company => texts.kind_company(),
        OrganisationKind::Cooperative => texts.kind_cooperative(),
        OrganisationKind::Bureau => texts.kind_bureau(),
    }
}

/// Returns the pattern that a qualifier puts around an amount.
pub fn qualifier_pattern(texts: &Texts, qualifier: Qualifier) -> &'static str {
    match qualifier {
        Qualifier::Exact => texts.exactly(),
        Qualifier::AtLeast => texts.at_least(),
        Qualifier::MoreThan => texts.more_than(),
        Qualifier::About => texts.about(),
    }
}

/// Returns the name of a qualifier, without an amount.
pub fn qualifier(texts: &Texts, qualifier: Qualifier) -> &'static str {
    let pattern = qualifier_pattern(texts, qualifier);
    pattern.split("{}").next().unwrap_or(pattern).trim()
}

/// Returns the name of a role.
pub fn role_name(texts: &Texts, role: Role) -> &'static str {
    match role {
        Role::Recorder => texts.role_recorder(),
        Role::Reviewer => texts.role_reviewer(),
        Role::Coordinator => texts.role_coordinator(),
        Role::Admin => texts.role_admin(),
        Role::Viewer => texts.role_viewer(),
    }
}
