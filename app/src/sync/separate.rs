//! Overviews that are fetched for a filter: of a village, and of all years where the figures are in year packs. A village's
//! overview can be computed offline from the entries on the phone, unless other people's entries are missing in it.

use crate::api::figures;
use crate::state::AppState;
use crate::state::overviews::SeparateOverview;
use crate::storage::user_db::UserDb;
use jiedui_core::figures::{figure::Filter, overview::Overview};
use leptos::prelude::*;
use std::sync::Arc;
use wasm_bindgen_futures::spawn_local;

/// Keeps the separate overview of a filter up to date with the filter and with the server, if the filter needs one.
pub fn follow(app: AppState, filter: Memo<Filter>) {
    let wanted = Memo::new(move |_| {
        let filter = filter.get();
        app.overviews.needs_separate(&filter).then(|| Filter { place: filter.place, ..Filter::default() })
    });
    let retry = retry(app);
    Effect::new(move |_| {
        let whole = app.overviews.local.get().filter(|overview| overview.partial_for.is_none());
        let (Some(wanted), Some(whole)) = (wanted.get(), whole) else { return };
        retry.track();
        spawn_local(async move {
            let Some(server) = fetched_or_kept(app, &whole, &wanted).await else { return };
            let local = app.my_entries.summary.with_untracked(|mine| {
                let entries = &mine.as_ref().filter(|mine| !mine.not_in_overview.is_empty())?.not_in_overview;
                let is_its = |place: &str| wanted.village().is_none_or(|village| village == place);
                let mut with_local = Overview::clone(&server);
                let entries = entries.iter().filter(|(_, entry)| is_its(&entry.place));
                with_local.add(entries.map(|(id, entry)| (*id, entry)));
                Some(Arc::new(with_local))
            });
            let local = local.unwrap_or_else(|| server.clone());
            app.overviews.separate.set(Some(SeparateOverview { server, local }));
        });
    });
}

/// Returns a signal that changes when there is a reason to ask again: the network, and every minute after a failed request.
pub fn retry(app: AppState) -> Memo<(bool, Option<f64>)> {
    Memo::new(move |_| {
        let is_unreachable = app.overviews.is_unreachable.get();
        (app.sync.online.get(), is_unreachable.then(|| app.session.now.get()))
    })
}

/// Returns the overview for a filter from the server. Without a network it is the last one received, or a village's one that the
/// phone computes.
async fn fetched_or_kept(app: AppState, whole: &Overview, wanted: &Filter) -> Option<Arc<Overview>> {
    let fetched = figures::separate_overview(wanted).await.ok();
    app.overviews.is_unreachable.set(fetched.is_none());
    if let Some(overview) = fetched {
        return Some(Arc::new(overview));
    }
    if let (Some(village), false) = (wanted.village(), whole.is_reference()) {
        return overview_from_replica(app, whole, village).await.map(Arc::new);
    }
    let kept = app.overviews.separate.get_untracked().map(|separate| separate.server);
    kept.filter(|overview| overview.has(wanted))
}

/// Computes the village's overview from the entries on the phone.
async fn overview_from_replica(app: AppState, whole: &Overview, village: &str) -> Option<Overview> {
    let user = app.session.user.with_untracked(|user| user.as_ref().map(|user| user.id))?;
    let entries = UserDb::open(user).await.ok()?.records_at(village).await.ok()?;
    Some(whole.of_village(village, entries.iter().map(|(id, entry)| (*id, entry))))
}
