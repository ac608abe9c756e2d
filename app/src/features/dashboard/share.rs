//! Links that open the shared view without an account.

use crate::api::endpoints;
use crate::labels::texts::fill;
use crate::labels::time_format::day_in_china;
use crate::lazy_screen;
use crate::state::use_app_state;
use crate::ui::url_state::use_url_state;
use jiedui_core::api::shares::ShareLink;
use leptos::prelude::*;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

lazy_screen!(
    /// The form and the list of share links.
    ShareLinks, render_share, Share
);

/// Creates and revokes share links.
#[component]
fn Share() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let address = use_url_state();
    let days = RwSignal::new("30".to_owned());
    let made = RwSignal::new(None::<String>);
    let failed = RwSignal::new(None::<String>);
    let links = RwSignal::new(Vec::<ShareLink>::new());
    let show_error = move |error: crate::api::error::ApiError| {
        failed.set(Some(error.detail.unwrap_or_else(|| texts.share_failed().to_owned())));
    };
    let list = move || {
        spawn_local(async move {
            match endpoints::links().await {
                Ok(list) => links.set(list),
                Err(error) => show_error(error),
            }
        });
    };
    let make = move |_| {
        failed.set(None);
        spawn_local(async move {
            let query = address.query().trim_start_matches('?').to_owned();
            match endpoints::share(query, &days.get_untracked(), app.language).await {
                Ok(path) => {
                    let origin = window().location().origin().unwrap_or_default();
                    made.set(Some(format!("{origin}{path}")));
                    list();
                }
                Err(error) => show_error(error),
            }
        });
    };
    let revoke = move |id: Uuid| {
        spawn_local(async move {
            match endpoints::revoke_link(id).await {
                Ok(()) => list(),
                Err(error) => show_error(error),
            }
        });
    };
    list();
    view! {
            <p>{texts.share_lead()}</p>
            <p class="actions">
                <label><span>{texts.share_days()}</span>
                    <input name="share-days" inputmode="numeric" prop:value=days on:input=move |event| days.set(event_target_value(&event))/>
                </label>
                <button type="button" class="button button-primary" on:click=make>{texts.share_make()}</button>
            </p>
            {move || failed.get().map(|why| view! { <p class="bad" role="alert">{why}</p> })}
            {move || made.get().map(|link| view! {
                <p role="status"><label><span>{texts.share_once()}</span><input class="made" name="made-link" readonly prop:value=link/></label></p>
            })}
            <ul class="share-links">
                {move || links.get().into_iter().map(|link| {
                    let (id, query) = (link.id, if link.query.is_empty() { "/".to_owned() } else { format!("?{}", link.query) });
                    let until = day_in_china(&link.expires_at);
                    let state = match &link.withdrawn_at {
                        Some(_) => view! { <small>{texts.share_revoked()}</small> }.into_any(),
                        None => view! {
                            <small>{fill(texts.share_until(), &[&until])}</small>
                            <button type="button" class="button-quiet" on:click=move |_| revoke(id)>{texts.share_revoke()}</button>
                        }.into_any(),
                    };
                    view! { <li><span>{query}</span>" "{state}</li> }
                }).collect_view()}
            </ul>
    }
}
