//! Entries as the phone holds them, in short: behind a figure, under a pairing, on the wall.

use crate::drawing::escaped;
use crate::model::{Model, use_model};
use crate::store::person::Person;
use jiedui_core::domain::{Entry, Overview, format_date};
use leptos::prelude::*;
use std::sync::Arc;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

/// Entries, each under its identifier.
pub type Entries = Vec<(Uuid, Entry)>;

/// This person's copy of the entries, the newest first, while it is `wanted`; `None` until it has been read, and where
/// nobody has signed in.
pub fn use_entries(wanted: impl Fn() -> bool + 'static) -> RwSignal<Option<Arc<Entries>>> {
    let model = use_model();
    let entries = RwSignal::new(None);
    Effect::new(move |_| {
        // New entries are there once the overview has changed, or a pull is over.
        model.shown.track();
        model.is_idle.track();
        if wanted() {
            spawn_local(async move { entries.set(latest(model).await.map(Arc::new)) });
        }
    });
    entries
}

async fn latest(model: Model) -> Option<Entries> {
    let user = model.user.with_untracked(|user| user.as_ref().map(|user| user.id))?;
    let mut entries = Person::open(user).await.ok()?.entries().await.ok()?;
    entries.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.date));
    Some(entries)
}

/// The first `listed` of the entries that are `wanted`, or why there are none; and how many are.
pub fn entry_list(
    model: Model,
    overview: &Overview,
    entries: Option<&Entries>,
    wanted: impl Fn(&Entry) -> bool,
    listed: usize,
) -> (String, usize) {
    let texts = model.texts;
    let Some(entries) = entries else {
        let signed_in = model.user.with_untracked(Option::is_some);
        let why = if signed_in { texts.loading } else { texts.entries_with_account };
        return (format!("<p>{why}</p>"), 0);
    };
    let own: Vec<&Entry> = entries.iter().map(|(_, entry)| entry).filter(|entry| wanted(entry)).collect();
    if own.is_empty() {
        return (format!("<p>{}</p>", texts.no_entries), 0);
    }
    let rows: String = own.iter().take(listed).map(|entry| entry_row(model, overview, entry)).collect();
    (format!("<ul class=\"latest\">{rows}</ul>"), own.len())
}

/// An entry in two lines: when and what, and its numbers.
pub fn entry_row(model: Model, overview: &Overview, entry: &Entry) -> String {
    let activity = overview.catalogue.activity(&entry.activity);
    let name = activity.map(|own| model.pick(&own.name, &own.name_en)).unwrap_or(&entry.activity);
    let values: Vec<String> = entry
        .values
        .iter()
        .filter_map(|(code, value)| {
            let field = activity?.field(code)?;
            Some(format!(
                "{} {value} {}",
                model.pick(&field.name, &field.name_en),
                model.pick(&field.unit, &field.unit_en)
            ))
        })
        .collect();
    let place = model.places.with(|places| places.label(&entry.place));
    format!(
        "<li><strong>{} {}</strong><span>{}</span><span>{}</span></li>",
        format_date(entry.date),
        escaped(name),
        escaped(&place),
        escaped(&values.join("；"))
    )
}
