//! My entries: drafts, unsent ones, and those that were received, rejected, verified or returned.

use super::gone_entry::gone_view;
use crate::labels::entry::{answers_line, return_reason};
use crate::labels::texts::fill;
use crate::lazy_screen;
use crate::state::storage::OfflineUse;
use crate::state::{AppState, use_app_state};
use crate::storage::drafts::AbandonedDraft;
use crate::storage::my_entries::{EntryProgress, MyEntries, MyEntry};
use crate::storage::user_db::UserDb;
use crate::sync;
use crate::ui::dialog::Dialog;
use crate::ui::download::save_text;
use crate::ui::entry::deletion::{EntryMenu, OpenMenus, PendingDeletions};
use crate::ui::entry_list::is_closed;
use crate::ui::html::Html;
use crate::ui::loading::{LoadingStored, NothingFound, ReplicaNotice};
use crate::ui::older::{Older, RecordList};
use crate::ui::photo::unsent_photos;
use crate::ui::snackbar::{self, Action};
use crate::ui::stored::use_stored;
use crate::ui::url_state::use_url_state;
use jiedui_core::entry::{Entry, State};
use jiedui_core::figures::overview::Overview;
use jiedui_core::sync::Status;
use jiedui_core::values::date::format_date;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;
use std::sync::Arc;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

/// Number of entries rendered at first, and added at each press of the button.
const PAGE: usize = 50;
/// Value of the parameter `state` that lists only entries that need the user.
const SETTLE: &str = "settle";

lazy_screen!(record:
    /// A person's own entries.
    MyEntryList, render_my_entries, Entries
);

/// The list.
#[component]
fn Entries() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.nav_entries());
    let user = move || app.session.user.with(|user| user.as_ref().map(|user| user.id));
    let drafts = RwSignal::new(Vec::<AbandonedDraft>::new());
    Effect::new(move |_| {
        let user = user();
        spawn_local(async move {
            let unfinished = match user {
                Some(user) => sync::unfinished_drafts(app, user).await,
                None => Vec::new(),
            };
            drafts.try_set(unfinished);
        });
    });
    let (shown, address) = (RwSignal::new(PAGE), use_url_state());
    let only_settle = Memo::new(move |_| address.get("state").as_deref() == Some(SETTLE));
    let to_settle = move || app.my_entries.summary.with(|mine| mine.as_ref().map_or(0, |mine| mine.to_settle));
    let tabs = move || {
        (to_settle() > 0 || only_settle.get()).then(|| {
            let current = move |settle: bool| (only_settle.get() == settle).then_some("true");
            view! {
                <p class="tabs">
                    <a href="/entries" class="button" aria-current=move || current(false)>{texts.all_of_mine()}</a>
                    <a href="/entries?state=settle" class="button" aria-current=move || current(true)>
                        {texts.work_settle()}" "<span class="count">{to_settle()}</span>
                    </a>
                </p>
            }
        })
    };
    let gone = move || {
        let gone = app.my_entries.summary.with(|mine| mine.as_ref().map(|mine| mine.gone.clone()).unwrap_or_default());
        (!gone.is_empty()).then(|| view! { <ul class="entries gone">{gone.into_iter().map(|entry| gone_view(app, entry)).collect_view()}</ul> })
    };
    let menus = OpenMenus::default();
    let discard = Discard { entry: RwSignal::new(None), asks: RwSignal::new(false) };
    // Whether the server may have earlier entries.
    let is_open = RwSignal::new(false);
    let page = use_stored(move |reading| {
        let (only_settle, limit) = (only_settle.get(), shown.get());
        Some(async move {
            let db = UserDb::open(reading.user).await?;
            let limit = u32::try_from(limit).unwrap_or(u32::MAX);
            Ok(Arc::new((only_settle, db.my_entry_page(only_settle, None, limit).await?)))
        })
    });
    let counts = Memo::new(move |_| {
        let count =
            |mine: &Arc<MyEntries>| (mine.count, mine.to_settle, !mine.deletions.is_empty() && mine.is_complete);
        app.my_entries.summary.with(|mine| mine.as_ref().map(count))
    });
    let few = Memo::new(move |_| counts.get().is_some_and(|(count, ..)| count == 0));
    let list = move || match (counts.get(), page.get()) {
        // Pending deletions have rows of their own.
        (Some((0, _, true)), _) => ().into_any(),
        (Some((0, _, false)), _) if is_open.get() => view! { <NothingFound text=texts.nothing_recent()/> }.into_any(),
        (Some((0, _, false)), _) => view! { <NothingFound text=texts.no_entries_yet()/> }.into_any(),
        (Some((count, to_settle, _)), Some(read)) => {
            let (only_settle, page) = &*read;
            let more = if *only_settle { to_settle } else { count } > page.entries.len();
            let nothing = (*only_settle && page.entries.is_empty())
                .then(|| view! { <NothingFound text=texts.nothing_to_settle()/> });
            let notice = nothing.is_none().then(|| view! { <ReplicaNotice/> });
            view! {
                {nothing}
                {notice}
                <ul class="entries">
                    {page.entries.iter().map(|entry| entry_view(app, entry, menus, discard)).collect_view()}
                </ul>
                {more.then(|| view! {
                    <button type="button" class="button" on:click=move |_| shown.update(|shown| *shown += PAGE)>{texts.more()}</button>
                })}
            }
            .into_any()
        }
        _ => view! { <LoadingStored/> }.into_any(),
    };
    let unsent = move || app.my_entries.summary.with(|mine| mine.as_ref().map_or(0, |mine| mine.unsent));
    let save_file = move |_| {
        spawn_local(async move {
            let saved = sync::outbox_as_push(app).await.and_then(|text| save_text("jiedui-unsent.json", &text));
            if let Err(error) = saved {
                app.storage.error.set(Some(error));
            }
        });
    };
    move || {
        if user().is_none() {
            return view! { <crate::ui::page::PleaseSignIn/> }.into_any();
        }
        view! {
            <section class="list">
                <h1>{texts.nav_entries()}</h1>
                <p class="actions">
                    <A href="/entries/new" attr:class="button button-primary">{texts.nav_new()}</A>
                    <span class="ready" inner_html=move || match (app.storage.offline_use.get(), sync::can_work_offline()) {
                        (OfflineUse::Ready, _) => texts.ready_offline(),
                        (_, false) => texts.no_offline(),
                        (OfflineUse::Preparing, true) => texts.not_ready_offline(),
                        (OfflineUse::Impossible, true) => texts.never_offline(),
                    }></span>
                </p>
                {move || Some(app.sync.uploaded.get()).filter(|uploaded| *uploaded > 0).map(|uploaded| view! {
                    <p class="notice" role="status">{fill(texts.uploaded_at_once(), &[&uploaded])}</p>
                })}
                {move || (unsent() > 0).then(|| view! {
                    <details class="entry-unsent">
                        <summary>{texts.unsent_title()}" "{unsent}</summary>
                        <p class="hint">{texts.save_file_hint()}</p>
                        <button type="button" class="button" id="save-file" on:click=save_file>{texts.save_file()}</button>
                    </details>
                })}
                {tabs}
                {move || (!drafts.get().is_empty() && !only_settle.get()).then(|| view! {
                    <h2>{texts.drafts()}</h2>
                    <ul class="entries drafts">
                        {drafts.get().into_iter().map(|draft| draft_view(app, draft, drafts)).collect_view()}
                    </ul>
                })}
                {gone}
                <PendingDeletions/>
                {list}
                {discard.dialog(app)}
                {move || (!only_settle.get()).then(|| view! { <Older part=RecordList::Own query=Signal::stored("&author=me".to_owned()) first=Signal::stored(None) few is_open/> })}
            </section>
        }
        .into_any()
    }
}

fn activity_name(app: AppState, code: &str) -> String {
    app.overviews.server.with(|overview| {
        let activity = overview.as_ref().and_then(|overview| overview.catalogue.activity(code));
        activity.map_or(code, |activity| app.pick(&activity.name, &activity.name_en)).to_owned()
    })
}

/// Renders a place's name once the places are loaded.
fn place_name(app: AppState, code: String) -> impl Fn() -> String {
    move || app.geography.places.with(|places| places.label(&code))
}

fn draft_view(app: AppState, abandoned: AbandonedDraft, drafts: RwSignal<Vec<AbandonedDraft>>) -> impl IntoView {
    let texts = app.texts;
    let (draft, address) = (abandoned.draft.clone(), abandoned.address());
    let throw_away = move |_| {
        abandoned.clear();
        drafts.update(|drafts| drafts.retain(|other| other.name != abandoned.name));
        let restored = abandoned.clone();
        let undo = Action::new("undo", texts.undo(), move || restore(app, restored.clone(), drafts));
        snackbar::show(app, texts.draft_discarded().to_owned(), vec![undo], None);
    };
    view! {
        <li class="entry draft">
            <A href=address>
                <strong>{activity_name(app, &draft.activity)}</strong>
                <span>{draft.date.clone()}" "{place_name(app, draft.place.clone())}</span>
            </A>
            <button type="button" class="button-quiet" on:click=throw_away>{texts.discard()}</button>
        </li>
    }
}

/// Stores a discarded draft again, and lists it.
fn restore(app: AppState, abandoned: AbandonedDraft, drafts: RwSignal<Vec<AbandonedDraft>>) {
    spawn_local(async move {
        let user = app.session.user.with_untracked(|user| user.as_ref().map(|user| user.id)).unwrap_or_default();
        match sync::restore_draft(user, abandoned).await {
            // The screen may have been left.
            Ok(restored) => drop(drafts.try_update(|drafts| drafts.push(restored))),
            Err(error) => app.storage.error.set(Some(error)),
        }
    });
}

/// Returns the state of an entry in words, and its CSS class.
fn progress_words(app: AppState, progress: &EntryProgress) -> (&'static str, &'static str) {
    let texts = app.texts;
    match progress {
        EntryProgress::OnPhone(seq) => match app.sync.status.get() {
            Status::Sending { first, last } if (first..=last).contains(seq) => ("busy", texts.state_uploading()),
            _ => ("waiting", texts.state_on_phone()),
        },
        EntryProgress::Refused(_) => ("bad", texts.state_refused()),
        EntryProgress::Conflict(_) => ("bad", texts.conflict_title()),
        EntryProgress::Received(State::Submitted) => ("received", texts.state_received()),
        EntryProgress::Received(State::Verified) => ("done", texts.state_verified()),
        EntryProgress::Received(State::Returned) => ("bad", texts.state_returned()),
    }
}

/// Question before a rejected change is discarded. It stays open when the list changes.
#[derive(Clone, Copy)]
struct Discard {
    entry: RwSignal<Option<Uuid>>,
    asks: RwSignal<bool>,
}

impl Discard {
    fn ask(self, id: Uuid) {
        self.entry.set(Some(id));
        self.asks.set(true);
    }

    fn dialog(self, app: AppState) -> impl IntoView {
        let texts = app.texts;
        let confirmed = Callback::new(move |()| {
            let Some(id) = self.entry.get_untracked() else { return };
            spawn_local(async move {
                if let Err(error) = sync::discard_refused(app, id).await {
                    app.storage.error.set(Some(error));
                }
            });
        });
        view! {
            <Dialog label=texts.discard_title() confirm=texts.discard().to_owned() open=self.asks on_confirm=confirmed>
                <p>{texts.discard_sure()}</p>
            </Dialog>
        }
    }
}

fn entry_view(app: AppState, mine: &MyEntry, menus: OpenMenus, discard: Discard) -> impl IntoView + use<> {
    let texts = app.texts;
    let id = mine.id;
    let progress = StoredValue::new(mine.progress.clone());
    let words = move || progress.with_value(|progress| progress_words(app, progress));
    let errors = match &mine.progress {
        EntryProgress::Refused(errors) => errors.clone(),
        _ => Vec::new(),
    };
    let refused = matches!(mine.progress, EntryProgress::Refused(_));
    let conflict = matches!(mine.progress, EntryProgress::Conflict(_)).then(|| format!("/entries/{id}/conflict"));
    let reason = return_reason(app.labels(), app.today, &mine.fields)
        .filter(|_| mine.progress == EntryProgress::Received(State::Returned));
    let entry = mine.entry.clone();
    let closed =
        app.overviews.server.with(|overview| overview.as_ref().is_some_and(|overview| is_closed(overview, &entry)));
    // Entries that only a coordinator may change open as read-only.
    let coordinates = app.session.user.with(|user| user.as_ref().is_some_and(|user| user.role.coordinates()));
    let is_settled = !mine.is_to_settle();
    let place = if closed && !coordinates && is_settled { "list" } else { "entries" };
    let address = conflict.clone().unwrap_or_else(|| format!("/{place}/{id}"));
    let menu = is_settled || mine.progress == EntryProgress::Received(State::Returned);
    let (rev, fields) = (mine.rev, mine.fields.clone());
    let navigate = use_navigate();
    let ask = Callback::new(move |()| navigate(&format!("/list/{id}?do=delete"), Default::default()));
    let (values, name) = (answers(app, mine), activity_name(app, &entry.activity));
    view! {
        <li class="entry" data-entry=id.to_string()>
            <A href=address>
                <strong>{name}</strong>
                <span>{format_date(entry.date)}" "{place_name(app, entry.place.clone())}</span>
                <span class="entry-numbers">{values}</span>
            </A>
            <p class=move || format!("state {}", words().0) inner_html=move || Html::text(words().1).into_string()></p>
            {closed.then(|| view! { " "<p class="state closed">{texts.state_closed()}</p> })}
            {menu.then(|| view! { <EntryMenu id rev fields ask open=menus/> })}
            {photos_words(app, mine.entry.clone())}
            {(!errors.is_empty()).then(|| view! {
                <ul class="entry-reasons">
                    {errors.into_iter().map(|error| {
                        let error = error.in_language(app.language);
                        view! { <li>{format!("{}：{}", app.field_name(&entry.activity, &error.field), error.message)}</li> }
                    }).collect_view()}
                </ul>
            })}
            {reason.map(|reason| view! { <p class="entry-reasons">{reason}</p> })}
            {conflict.map(|address| view! { <A href=address attr:class="button">{texts.conflict_choose()}</A> })}
            {refused.then(|| view! {
                <button type="button" class="button-quiet" on:click=move |_| discard.ask(id)>{texts.discard()}</button>
            })}
        </li>
    }
}

/// Returns how many photos of an entry are unsent or rejected, in words.
fn photos_words(app: AppState, entry: Entry) -> impl IntoView {
    move || {
        let (unsent, refused) = unsent_photos(app, &entry);
        let unsent =
            (unsent > 0).then(|| view! { <p class="state waiting">{fill(app.texts.photos_unsent(), &[&unsent])}</p> });
        let refused =
            (refused > 0).then(|| view! { <p class="state bad">{fill(app.texts.photos_refused(), &[&refused])}</p> });
        (unsent, refused)
    }
}

fn answers(app: AppState, mine: &MyEntry) -> String {
    app.overviews.server.with(|overview| {
        let line = |overview: &Arc<Overview>| answers_line(app.labels(), overview, &mine.entry, " · ");
        overview.as_ref().map(line).unwrap_or_default()
    })
}
