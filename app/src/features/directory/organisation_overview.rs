//! Figures and entry counts of an organisation, where the overview has none.

use crate::api::figures;
use crate::state::AppState;
use crate::sync::separate::retry;
use jiedui_core::figures::overview::Overview;
use leptos::prelude::*;
use std::sync::Arc;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

/// Returns the overview of an organisation from the server, where the figures are in year packs; `None` until it has arrived.
pub fn use_own_overview(app: AppState, id: Memo<Option<Uuid>>) -> Signal<Option<Arc<Overview>>> {
    let fetched = RwSignal::new(None::<(Uuid, Arc<Overview>)>);
    let retry = retry(app);
    Effect::new(move |_| {
        let is_reference = app.overviews.server.with(|it| it.as_ref().is_some_and(|it| it.is_reference()));
        retry.track();
        if let Some(id) = id.get().filter(|_| is_reference) {
            spawn_local(async move {
                let answer = figures::organisation_overview(id).await;
                app.overviews.is_unreachable.set(answer.is_err());
                if let Ok(overview) = answer {
                    fetched.try_set(Some((id, Arc::new(overview))));
                }
            });
        }
    });
    Signal::derive(move || fetched.get().filter(|(of, _)| Some(*of) == id.get()).map(|(_, overview)| overview))
}
