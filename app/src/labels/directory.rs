//! Names of organisations and pairings.

use super::Labels;
use jiedui_core::directory::organisation::Pairing;
use jiedui_core::figures::overview::Overview;
use uuid::Uuid;

/// Returns an organisation's name; `None` where the overview does not have it.
pub fn organisation_name(labels: Labels, overview: &Overview, id: Uuid) -> Option<&str> {
    overview.directory().organisation(id).map(|organisation| labels.pick(&organisation.name, &organisation.name_en))
}

/// Returns the names of a pairing's two organisations.
pub fn pairing_name(labels: Labels, overview: &Overview, pairing: &Pairing) -> String {
    let name = |id| organisation_name(labels, overview, id).unwrap_or_default();
    format!("{} — {}", name(pairing.organisation_a), name(pairing.organisation_b))
}
