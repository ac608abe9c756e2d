//! What counts at a village: the server says it; with no network it is counted from the entries that are on the phone.

use super::api;
use crate::model::{AtVillage, Model};
use crate::store::person::Person;
use jiedui_core::figures::{figure::Filter, summary::Overview};
use leptos::prelude::*;
use std::sync::Arc;
use wasm_bindgen_futures::spawn_local;

/// Has [`Model::village`] follow the filter and what is new.
pub fn follow(model: Model, filter: Memo<Filter>) {
    let village = Memo::new(move |_| filter.with(|filter| filter.village().map(str::to_owned)));
    Effect::new(move |_| {
        let (Some(village), Some(whole)) = (village.get(), model.whole(&Filter::default())) else { return };
        spawn_local(async move {
            let received = match api::of_village(&village).await {
                Ok(overview) => Some(overview),
                Err(_) => counted(model, &whole, &village).await,
            };
            let Some(received) = received.map(Arc::new) else { return };
            let shown = model.journal.with_untracked(|journal| {
                let own = journal.as_ref().map(|journal| &journal.uncounted).filter(|own| !own.is_empty())?;
                let mut with_own = Overview::clone(&received);
                with_own.add(own.iter().filter(|(_, entry)| entry.place == village).map(|(id, entry)| (*id, entry)));
                Some(Arc::new(with_own))
            });
            let shown = shown.unwrap_or_else(|| received.clone());
            model.village.set(Some(AtVillage { received, shown }));
        });
    });
}

async fn counted(model: Model, whole: &Overview, village: &str) -> Option<Overview> {
    let user = model.user.with_untracked(|user| user.as_ref().map(|user| user.id))?;
    let entries = Person::open(user).await.ok()?.entries().await.ok()?;
    Some(whole.of_village(village, entries.iter().map(|(id, entry)| (*id, entry))))
}
