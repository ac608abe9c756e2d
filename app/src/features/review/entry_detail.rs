//! The screen of one entry of any author: its answers, photos and history, and the actions of its reviewer.

use super::actions::ReviewActions;
use crate::api::endpoints;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::storage::entry_view::EntryView;
use crate::ui::entry::card::{EntryCard, likely_same};
use crate::ui::entry::deletion::{DeleteForm, EntryMenu, OpenMenus, PendingDeletionRow};
use crate::ui::entry::history::History;
use crate::ui::entry_list::use_entries;
use crate::ui::loading::{Loading, LoadingStored, NothingFound};
use crate::ui::url_state::use_url_state;
use jiedui_core::access::rights::{may_edit, may_review};
use jiedui_core::entry::Entry;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use std::sync::Arc;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

lazy_screen!(
    /// One entry with its history.
    EntryDetail, render_entry_detail, Detail
);

/// The screen.
#[component]
fn Detail() -> impl IntoView {
    let model = use_app_state();
    let texts = model.texts;
    crate::ui::page::title(texts.entry());
    let (params, address) = (use_params_map(), use_url_state());
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| Uuid::parse_str(&id).ok()));
    let entries = use_entries(|| true);
    // The history is fetched again when the entry changes, not with each change of the list.
    let record = Memo::new(move |_| {
        let entries = entries.get()?;
        Some(entries.iter().find(|view| Some(view.id) == id.get()).cloned())
    });
    let shown = RwSignal::new(None::<EntryView>);
    Effect::new(move |_| {
        if let Some(Some(record)) = record.get() {
            shown.set(Some(record));
        }
    });
    // Only another entry rebuilds the screen. A change of the entry keeps the input in progress.
    let which =
        Memo::new(move |_| record.with(|record| record.as_ref().map(|record| record.as_ref().map(|record| record.id))));
    let deletion = Memo::new(move |_| {
        model.journal.entries.with(|entries| {
            Some(entries.as_ref()?.deletions.iter().find(|deletion| Some(deletion.id) == id.get())?.seq)
        })
    });
    let body = move || {
        let Some(user) = model.session.user.get() else { return view! { <crate::ui::page::PleaseSignIn/> }.into_any() };
        let record = match (which.get(), record.get_untracked()) {
            (Some(Some(_)), Some(Some(record))) => record,
            (Some(None), _) => {
                deletion.track();
                return gone(model, id.get()).into_any();
            }
            _ => return view! { <LoadingStored/> }.into_any(),
        };
        let overview = model.overviews.server.get_untracked().unwrap_or_default();
        let decides = record.rev > 0 && may_review(&record.fields, &user, &overview.catalogue);
        let edits = may_edit(&record.fields, &user, &overview.catalogue);
        let edit = format!("/entries/{}", record.id);
        let same = likely_same(&record, &entries.get_untracked().unwrap_or_default());
        let now = Signal::derive(move || shown.get().unwrap_or_else(|| record.clone()));
        let card = move || {
            let all = entries.get_untracked().unwrap_or_default();
            view! { <EntryCard record=now.get() all/> }
        };
        let asked = RwSignal::new(address.get("do").as_deref() == Some("delete"));
        let open = OpenMenus::default();
        let menu = move || {
            let EntryView { id, rev, fields, .. } = now.get();
            view! { <EntryMenu id rev fields ask=Callback::new(move |()| asked.set(true)) open/> }
        };
        view! {
            {card}
            <div class="actions">
                {edits.then(|| view! { <a class="button" href=edit>{texts.edit()}</a> })}
                {menu}
            </div>
            <DeleteForm record=now asked/>
            {decides.then(|| view! { <ReviewActions record=now same/> })}
            {move || view! { <History record=now.get()/> }}
        }
        .into_any()
    };
    view! {
        <section class="narrow entry-detail">
            {body}
        </section>
    }
}

/// Shows an entry that is not in the replica: its pending deletion, or its history from the server.
fn gone(model: AppState, id: Option<Uuid>) -> impl IntoView {
    let texts = model.texts;
    let gone = RwSignal::new(None::<Option<EntryView>>);
    let Some(id) = id else { return view! { <p class="empty">{texts.entry_not_here()}</p> }.into_any() };
    let deletion = model
        .journal
        .entries
        .with_untracked(|entries| entries.as_ref()?.deletions.iter().find(|deletion| deletion.id == id).cloned());
    if let Some(deletion) = deletion {
        // The deletion may still be on this phone only.
        return view! { <ul class="entries deletions"><PendingDeletionRow deletion/></ul> }.into_any();
    }
    spawn_local(async move {
        let last =
            endpoints::history(id).await.ok().and_then(|all| all.into_iter().next_back()).filter(|last| last.deleted);
        let record = last.and_then(|last| {
            let entry = Entry::from_checked(&last.fields)?;
            Some(EntryView { id, rev: last.rev.unsigned_abs(), entry, fields: last.fields, waits: false })
        });
        // The user may have left the screen.
        let _ = gone.try_set(Some(record));
    });
    (move || match gone.get() {
        None => view! { <Loading/> }.into_any(),
        Some(None) => view! { <NothingFound text=texts.entry_not_here()/> }.into_any(),
        Some(Some(record)) => {
            let opened_record = record.clone();
            view! {
                <p class="notice bad">{texts.was_deleted()}</p>
                <EntryCard record all=Arc::default()/>
                <History record=opened_record/>
            }
            .into_any()
        }
    })
    .into_any()
}
