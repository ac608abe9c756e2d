//! The screen of one entry of any author: its answers, photos and history, and the actions of its reviewer.

use super::actions::ReviewActions;
use crate::api::endpoints;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::storage::entry_view::EntryView;
use crate::storage::in_use::OnScreen;
use crate::storage::user_db::UserDb;
use crate::sync::remote::read_entry;
use crate::ui::entry::card::{EntryCard, likely_same};
use crate::ui::entry::deletion::{DeleteForm, EntryMenu, OpenMenus, PendingDeletionRow};
use crate::ui::entry::history::History;
use crate::ui::loading::{Loading, LoadingStored, NothingFound};
use crate::ui::stored::use_stored;
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
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.entry());
    let (params, address) = (use_params_map(), use_url_state());
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| Uuid::parse_str(&id).ok()));
    let on_screen = StoredValue::new(OnScreen::default());
    // The entry, and those of the same place and day.
    let read = use_stored(move |reading| {
        let id = id.get();
        Some(async move {
            let db = UserDb::open(reading.user).await?;
            let record = match id {
                Some(id) => db.entry_view_of(id).await?.map(|(view, _)| view),
                None => None,
            };
            let days: Vec<_> = record.iter().map(|own| (own.entry.place.clone(), own.entry.date)).collect();
            let near = db.entries_on(&days).await?.into_iter().flatten().collect::<Vec<_>>();
            Ok((id, record, Arc::new(near)))
        })
    });
    // The history is fetched again when the entry changes, not with each read.
    let record = Memo::new(move |_| read.get().filter(|(of, _, _)| *of == id.get()).map(|(_, record, _)| record));
    let near = move || read.with_untracked(|read| read.as_ref().map(|(_, _, near)| near.clone()).unwrap_or_default());
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
        app.my_entries.summary.with(|entries| {
            Some(entries.as_ref()?.deletions.iter().find(|deletion| Some(deletion.id) == id.get())?.seq)
        })
    });
    let body = move || {
        let Some(user) = app.session.user.get() else { return view! { <crate::ui::page::PleaseSignIn/> }.into_any() };
        let record = match (which.get(), record.get_untracked()) {
            (Some(Some(_)), Some(Some(record))) => record,
            (Some(None), _) => {
                deletion.track();
                return gone(app, id.get(), on_screen).into_any();
            }
            _ => return view! { <LoadingStored/> }.into_any(),
        };
        let overview = app.overviews.server.get_untracked().unwrap_or_default();
        let decides = record.rev > 0 && may_review(&record.fields, &user, &overview.catalogue);
        let edits = may_edit(&record.fields, &user, &overview.catalogue);
        let edit = format!("/entries/{}", record.id);
        let same = likely_same(&record, &near());
        let now = Signal::derive(move || shown.get().unwrap_or_else(|| record.clone()));
        let card = move || {
            view! { <EntryCard record=now.get() all=near()/> }
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
            {decides.then(|| view! { <ReviewActions record=now same=Signal::stored(same)/> })}
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

/// An entry that is not in the replica.
#[derive(Clone, Debug, PartialEq)]
enum Missing {
    /// Deleted, as it was before.
    Deleted(Box<EntryView>),
    /// Unknown to the server, or not for this person.
    Unknown,
    /// The server gave no answer.
    NoAnswer,
}

/// Shows an entry that is not in the replica: its pending deletion, or its history from the server. An entry outside the
/// window is read from the server; the screen then shows it like any other.
fn gone(app: AppState, id: Option<Uuid>, on_screen: StoredValue<OnScreen>) -> impl IntoView {
    let texts = app.texts;
    let missing = RwSignal::new(None::<Missing>);
    let Some(id) = id else { return view! { <p class="empty">{texts.entry_not_here()}</p> }.into_any() };
    let deletion = app
        .my_entries
        .summary
        .with_untracked(|entries| entries.as_ref()?.deletions.iter().find(|deletion| deletion.id == id).cloned());
    if let Some(deletion) = deletion {
        // The deletion may still be on this phone only.
        return view! { <ul class="entries deletions"><PendingDeletionRow deletion/></ul> }.into_any();
    }
    spawn_local(async move {
        let found = match read_entry(app, id, on_screen).await {
            Ok(Some(true)) => return,
            Ok(Some(false)) => deleted(id).await.map_or(Missing::Unknown, |entry| Missing::Deleted(Box::new(entry))),
            Ok(None) => Missing::NoAnswer,
            Err(error) => {
                app.storage.error.set(Some(error));
                Missing::NoAnswer
            }
        };
        // The user may have left the screen.
        let _ = missing.try_set(Some(found));
    });
    (move || match missing.get() {
        None => view! { <Loading/> }.into_any(),
        Some(Missing::Unknown) => view! { <NothingFound text=texts.entry_not_here()/> }.into_any(),
        Some(Missing::NoAnswer) => view! { <NothingFound text=texts.entry_needs_network()/> }.into_any(),
        Some(Missing::Deleted(record)) => {
            let record = *record;
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

/// Returns the last state of a deleted entry.
async fn deleted(id: Uuid) -> Option<EntryView> {
    let last = endpoints::history(id).await.ok()?.into_iter().next_back().filter(|last| last.deleted)?;
    let entry = Entry::from_checked(&last.fields)?;
    Some(EntryView { id, rev: last.rev.unsigned_abs(), entry, fields: last.fields, waits: false })
}
