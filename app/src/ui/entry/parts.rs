//! Parts of an entry that the rows of several lists show.

use crate::labels::directory::pairing_name;
use crate::labels::programme_color::programme_style;
use crate::state::AppState;
use crate::storage::entry_view::EntryView;
use jiedui_core::entry::Entry;
use jiedui_core::entry::field::{AUTHOR, RECORDED_BY};
use jiedui_core::figures::overview::Overview;
use leptos::prelude::*;
use serde_json::Value;

/// Returns a text field of an entry; empty without one.
pub fn text_field<'a>(view: &'a EntryView, name: &str) -> &'a str {
    view.fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the name of the recorder; empty if it is unknown, as for entries of an earlier release.
pub fn recorder(app: AppState, view: &EntryView) -> String {
    let name = text_field(view, RECORDED_BY);
    if !name.is_empty() {
        return name.to_owned();
    }
    let author = text_field(view, AUTHOR);
    app.session.user.with(|user| {
        let user = user.as_ref().filter(|user| user.id.to_string() == author);
        user.map(|user| user.name.clone()).unwrap_or_default()
    })
}

/// Returns the names of both partners; empty for an entry of no pairing.
pub fn pairing(app: AppState, overview: &Overview, entry: &Entry) -> String {
    let pairing = entry.pairing.and_then(|id| overview.directory().pairing(id));
    pairing.map(|pairing| pairing_name(app.labels(), overview, pairing)).unwrap_or_default()
}

/// Returns the style attribute with the colour of the entry's programme.
pub fn style(overview: &Overview, entry: &Entry) -> String {
    let activity = overview.catalogue.activity(&entry.activity);
    activity.map(|activity| programme_style(&overview.catalogue, &activity.programme)).unwrap_or_default()
}
