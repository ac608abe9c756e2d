//! The overview of a village: from the server, or offline from the entries on the phone.

use crate::api::endpoints;
use crate::state::AppState;
use crate::state::overviews::VillageOverview;
use crate::storage::user_db::UserDb;
use jiedui_core::figures::{figure::Filter, overview::Overview};
use leptos::prelude::*;
use std::sync::Arc;
use wasm_bindgen_futures::spawn_local;

/// Keeps the overview of the filter's village up to date with the filter and with the server.
pub fn follow(app: AppState, filter: Memo<Filter>) {
    let village = Memo::new(move |_| filter.with(|filter| filter.village().map(str::to_owned)));
    Effect::new(move |_| {
        let (Some(village), Some(whole)) = (village.get(), app.overviews.complete_for(&Filter::default())) else {
            return;
        };
        spawn_local(async move {
            let server = match endpoints::of_village(&village).await {
                Ok(overview) => Some(overview),
                Err(_) => overview_from_replica(app, &whole, &village).await,
            };
            let Some(server) = server.map(Arc::new) else { return };
            let local = app.my_entries.summary.with_untracked(|mine| {
                let entries = mine.as_ref().map(|mine| &mine.not_in_overview).filter(|entries| !entries.is_empty())?;
                let mut with_local = Overview::clone(&server);
                with_local
                    .add(entries.iter().filter(|(_, entry)| entry.place == village).map(|(id, entry)| (*id, entry)));
                Some(Arc::new(with_local))
            });
            let local = local.unwrap_or_else(|| server.clone());
            app.overviews.village.set(Some(VillageOverview { server, local }));
        });
    });
}

/// Computes the village's overview from the entries on the phone.
async fn overview_from_replica(app: AppState, whole: &Overview, village: &str) -> Option<Overview> {
    let user = app.session.user.with_untracked(|user| user.as_ref().map(|user| user.id))?;
    let entries = UserDb::open(user).await.ok()?.records_at(village).await.ok()?;
    Some(whole.of_village(village, entries.iter().map(|(id, entry)| (*id, entry))))
}
