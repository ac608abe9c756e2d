//! The sync in the browser: when it runs, and what the screens learn from it.

mod direct;
mod driver;
mod live;
mod offline_readiness;
mod overview;
pub mod photo_scaling;
pub mod photos;
pub mod village;

use crate::api::endpoints;
use crate::state::{AppState, Deleted};
use crate::storage::entry_view::EntryView;
use crate::storage::ledger_view::ItemView;
use crate::storage::my_entries::{MyEntry, PendingDeletion};
use crate::storage::saving::{SaveOutcome, SaveRequest};
use crate::storage::shared_db::SharedDb;
use crate::storage::user_db::UserDb;
use crate::storage::{self, StoreError, clock, profile};
use crate::ui::download;
use crate::ui::lazy;
use driver::Driver;
use futures::channel::mpsc::{UnboundedSender, unbounded};
use futures::future::join;
use gloo_timers::future::TimeoutFuture;
use jiedui_core::access::user::User;
use jiedui_core::directory::place::Places;
use jiedui_core::entry::Fields;
use jiedui_core::figures::overview::Overview;
use jiedui_core::sync::outbox::UNDO_PERIOD;
use jiedui_core::sync::{Input, Op, Status};
use jiedui_core::sync::{Kind, Path};
use leptos::prelude::*;
pub use offline_readiness::can_work_offline;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use web_sys::BroadcastChannel;

/// How often a screen that is looked at asks for news where live events do not come through.
const POLL: Duration = Duration::from_secs(60);
/// The channel on which tabs tell each other that there is something new on the phone.
const CHANNEL: &str = "jiedui";

#[wasm_split(later, fallible)]
fn begin_lazily(model: AppState, user: User) -> Result<(), SplitLoaderError> {
    spawn_local(begin(model, user));
    Ok(())
}

/// Milliseconds after which a failed load is tried again where nobody waits for it.
const RETRY: u32 = 5_000;

/// Begins the sync of somebody who has signed in; it is in the lazy chunk.
async fn begin_when_loaded(model: AppState, user: User) {
    while begin_lazily(model, user.clone()).await.is_err() {
        lazy::dispatch_page_event(lazy::NOT_LOADED);
        TimeoutFuture::new(RETRY).await;
    }
}

/// Starts the background work.
pub fn start(model: AppState) {
    model.now.set(clock::now());
    model.online.set(window().navigator().on_line());
    storage::on_outdated(move |error| model.storage_error.set(Some(error)));
    let on_line = move |online: bool| {
        model.online.set(online);
        model.notify_sync(if online { Input::SyncNow } else { Input::Offline });
        live::follow(model);
    };
    listen(&window(), "online", move || on_line(true));
    listen(&window(), "offline", move || on_line(false));
    listen(&window(), "storage", move || leave_another_account(model));
    listen(&document(), "visibilitychange", move || {
        if !document().hidden() {
            leave_another_account(model);
            look_for_news(model);
        }
        live::follow(model);
    });
    live::listen_to_other_tabs(model);
    if let Ok(channel) = BroadcastChannel::new(CHANNEL) {
        listen(&channel, "message", move || {
            model.my_entries_are_stale.set_value(true);
            model.notify_sync(Input::Wake);
        });
        // It listens as long as the page lives.
        std::mem::forget(channel);
    }
    set_interval(
        move || {
            model.now.set(clock::now());
            if !document().hidden() {
                look_for_news(model);
                live::follow(model);
            }
        },
        POLL,
    );
    spawn_local(async move {
        if profile::owes_sign_out() && model.user.with_untracked(Option::is_some) {
            // Somebody signed out with no network, and the browser still held their session.
            if endpoints::sign_out().await.is_ok() {
                profile::sign_out_is_told();
            }
            model.user.set(None);
            model.server_overview.set(None);
        }
        match model.user.get_untracked() {
            Some(user) => begin_when_loaded(model, user).await,
            None => {
                overview::refresh(model).await;
                live::follow(model);
            }
        }
    });
}

/// Asks the server for news.
pub fn look_for_news(model: AppState) {
    if model.user.with_untracked(Option::is_some) && !model.storage_refused.get_untracked() {
        model.notify_sync(Input::Wake);
    } else {
        spawn_local(async move {
            overview::refresh(model).await;
        });
    }
}

/// Calls `then` whenever the event happens, as long as the page lives.
fn listen(target: &web_sys::EventTarget, event: &str, then: impl Fn() + 'static) {
    let then = Closure::<dyn Fn()>::new(then);
    let _ = target.add_event_listener_with_callback(event, then.as_ref().unchecked_ref());
    then.forget();
}

/// Begins the sync of somebody who has signed in.
pub async fn begin(model: AppState, user: User) {
    profile::keep(&user);
    model.status.set(Status::Receiving { position: 0, last: 0 });
    if model.server_overview.with_untracked(|own| own.as_ref().is_some_and(|own| own.partial_for.is_some())) {
        // Whoever looks at the page does not wait for the rest of it until a long first pull is over.
        spawn_local(async move {
            overview::refresh(model).await;
        });
    }
    ask_to_keep_storage();
    listen(&document(), "jiedui-offline", move || {
        // What fails here is told where the storage is used.
        spawn_local(async move { drop(offline_readiness::update(model).await) });
    });
    let (sender, inputs) = unbounded();
    let syncs = async {
        if let Some(driver) = opened(model, user.id, sender.clone()).await {
            model.sync.set_value(Some(sender));
            spawn_local(driver.run(inputs));
            model.notify_sync(Input::SyncNow);
        }
        live::restart(model);
    };
    // Where the storage fails one can still choose among the places.
    join(syncs, make_ready(model)).await;
}

/// Opens the storage of who has signed in. Where that fails it is tried again, at ever longer intervals, until they leave.
async fn opened(model: AppState, user: Uuid, sender: UnboundedSender<Input>) -> Option<Driver> {
    let mut wait = 2_000;
    loop {
        match Driver::open(model, user, sender.clone()).await {
            Ok(driver) => {
                model.storage_works();
                return Some(driver);
            }
            Err(error) => {
                model.status.set(Status::StorageFailed);
                model.storage_refused.set(error == StoreError::Refused);
                let is_over = matches!(error, StoreError::Outdated | StoreError::Refused);
                model.storage_error.set(Some(error));
                if is_over {
                    return None;
                }
            }
        }
        TimeoutFuture::new(wait).await;
        wait = (wait * 2).min(60_000);
        if model.user.with_untracked(|now| now.as_ref().map(|now| now.id)) != Some(user) {
            return None;
        }
    }
}

/// Asks the browser not to throw the storage away when room gets scarce.
fn ask_to_keep_storage() {
    if let Ok(promise) = window().navigator().storage().persist() {
        spawn_local(async move { drop(wasm_bindgen_futures::JsFuture::from(promise).await) });
    }
}

/// Loads the app again at an address: nothing of another person's may go on in this tab.
pub fn start_anew(address: &str) {
    let _ = window().location().set_href(address);
}

/// Reloads the app where another tab has signed out or signed somebody else in: the session of this tab has ended.
fn leave_another_account(model: AppState) {
    let shown = model.user.with_untracked(|user| user.as_ref().map(|user| user.id));
    let stored = profile::user().map(|user| user.id);
    if shown.is_some() && shown != stored && profile::is_kept() {
        let _ = window().location().reload();
    }
}

/// The storage of who has signed in.
async fn own(model: AppState) -> Result<UserDb, StoreError> {
    UserDb::open(model.user.with_untracked(|user| user.as_ref().map(|user| user.id)).unwrap_or_default()).await
}

/// Something new is in the outbox: the screens show it, and the sync starts.
async fn is_saved(model: AppState, person: &UserDb) {
    // What was saved is saved, whether or not it can be shown yet.
    match person.journal().await {
        Ok(journal) => model.show_my_entries(journal),
        Err(error) => {
            model.my_entries_are_stale.set_value(true);
            model.storage_error.set(Some(error));
        }
    }
    model.notify_sync(Input::Wake);
    tell_other_tabs();
}

/// Loads what turns codes into words: the whole overview, which holds forms and directory, and the places. Returns once they are
/// on the phone, or cannot be had.
pub async fn load_labels(model: AppState) {
    make_ready(model).await;
    // A page may have been painted from a part of the overview.
    let is_whole = |own: &Option<Arc<Overview>>| own.as_ref().is_some_and(|own| own.partial_for.is_none());
    if !model.server_overview.with_untracked(is_whole) {
        overview::refresh(model).await;
    }
}

/// Has the names of towns and villages on the phone, to choose among them.
pub fn fetch_places(model: AppState) {
    spawn_local(make_ready(model));
}

async fn make_ready(model: AppState) {
    if let Err(error) = offline_readiness::make_ready(model).await {
        model.storage_error.set(Some(error));
    }
}

/// Fetches news of the overview, if there is a network.
pub async fn refresh_overview(model: AppState) {
    overview::refresh(model).await;
}

/// Returns the overview (catalogue and directory) and the places, which validate answers. Waits until they are loaded; `None`
/// where the phone has neither them nor a network.
pub async fn judges(model: AppState) -> Option<(Arc<Overview>, Arc<Places>)> {
    if model.places.with_untracked(|places| places.all().is_empty()) {
        make_ready(model).await;
    }
    let places = model.places.get_untracked();
    if model.server_overview.with_untracked(Option::is_none) {
        overview::refresh(model).await;
    }
    model.server_overview.get_untracked().filter(|_| !places.all().is_empty()).map(|overview| (overview, places))
}

/// Puts a change of an entry into the outbox and starts the sync. When it returns, the change is on the phone.
pub async fn save(model: AppState, id: Uuid, base_rev: u64, op: Op, fields: Fields) -> Result<(), StoreError> {
    save_all(model, op, vec![(id, base_rev, fields)]).await
}

/// The same for many entries: their identifiers, revisions and fields. Changes stored before one fails are sent.
pub async fn save_all(model: AppState, op: Op, changes: Vec<(Uuid, u64, Fields)>) -> Result<(), StoreError> {
    let person = own(model).await?;
    let mut saved = Ok(());
    for (id, base_rev, fields) in changes {
        saved = person.save(Kind::Entry, id, base_rev, op, fields).await;
        if saved.is_err() {
            break;
        }
    }
    is_saved(model, &person).await;
    saved
}

/// Deletes an entry: the deletion is on the phone when this returns, and is sent once it can no longer be undone.
pub async fn delete(model: AppState, id: Uuid, rev: u64, fields: Fields, said: Fields) -> Result<(), StoreError> {
    let person = own(model).await?;
    let seq = person.delete(Kind::Entry, id, rev, said, clock::phone()).await?;
    model.deleted.set(Some(Deleted { id, rev, fields, seq }));
    let over = move || {
        model.deleted.update(|deleted| drop(deleted.take_if(|deleted| deleted.seq == seq)));
        model.notify_sync(Input::Wake);
    };
    set_timeout(over, Duration::from_millis(UNDO_PERIOD.unsigned_abs()));
    is_saved(model, &person).await;
    Ok(())
}

/// Restores a deleted entry, whether or not the deletion has been sent.
pub async fn undo_delete(model: AppState, deleted: Deleted) -> Result<(), StoreError> {
    let person = own(model).await?;
    model.deleted.set(None);
    if !person.undo_delete(deleted.seq, clock::phone()).await? {
        let decided = ["state", "review_note", "review_fields"];
        let fields = deleted.fields.into_iter().filter(|(name, _)| !decided.contains(&name.as_str())).collect();
        person.save(Kind::Entry, deleted.id, deleted.rev, Op::Put, fields).await?;
    }
    is_saved(model, &person).await;
    Ok(())
}

/// Puts what a form has made into the outbox and starts the sync. When it says that it is done, it is on the phone.
pub async fn save_made(model: AppState, made: &SaveRequest) -> Result<SaveOutcome, StoreError> {
    let person = match own(model).await {
        Err(StoreError::Refused) => return direct::send(model, made).await.map(|()| SaveOutcome::Done),
        person => person?,
    };
    let saved = person.save_request(made).await?;
    if saved == SaveOutcome::Done {
        is_saved(model, &person).await;
    }
    Ok(saved)
}

/// Returns one of this person's entries with unsent changes, and the number of its last change by a form.
pub async fn own_entry(model: AppState, id: Uuid) -> Result<Option<(MyEntry, u64)>, StoreError> {
    own(model).await?.own_entry(id).await
}

/// Anybody's entry as this phone knows it, and the same number.
pub async fn known_entry(model: AppState, id: Uuid) -> Result<Option<(EntryView, u64)>, StoreError> {
    own(model).await?.known_entry(id).await
}

/// The same for an item of a ledger.
pub async fn own_item(model: AppState, id: Uuid) -> Result<Option<(ItemView, u64)>, StoreError> {
    own(model).await?.own_item(id).await
}

/// Deletes a ledger item: the deletion is on the phone when this returns, and is sent after the undo period.
pub async fn delete_item(model: AppState, id: Uuid, rev: u64) -> Result<(), StoreError> {
    let person = own(model).await?;
    person.delete(Kind::LedgerItem, id, rev, Fields::new(), clock::phone()).await?;
    is_saved(model, &person).await;
    Ok(())
}

/// Returns the deletions of ledger items that wait to be sent.
pub async fn item_deletions(model: AppState) -> Result<Vec<PendingDeletion>, StoreError> {
    own(model).await?.item_deletions().await
}

/// Restores a deleted ledger item, whether or not the deletion has been sent.
pub async fn undo_delete_item(model: AppState, deletion: PendingDeletion) -> Result<(), StoreError> {
    let person = own(model).await?;
    if !person.undo_delete(deletion.seq, clock::phone()).await? {
        person.save(Kind::LedgerItem, deletion.id, deletion.rev, Op::Put, deletion.fields).await?;
    }
    is_saved(model, &person).await;
    Ok(())
}

/// Takes back a change that the server has refused.
pub async fn discard_refused(model: AppState, id: Uuid) -> Result<(), StoreError> {
    let person = own(model).await?;
    person.discard_refused(id).await?;
    model.show_my_entries(person.journal().await?);
    Ok(())
}

/// The person has seen that an entry of theirs was deleted by others.
pub async fn forget_gone(model: AppState, id: Uuid) -> Result<(), StoreError> {
    let person = own(model).await?;
    person.forget_gone(id).await?;
    model.show_my_entries(person.journal().await?);
    Ok(())
}

/// Settles a conflict as the person has chosen, and starts the sync.
pub async fn choose(model: AppState, id: Uuid, rev: u64, seq: u64, take: Vec<Path<'static>>) -> Result<(), StoreError> {
    let person = own(model).await?;
    person.choose(id, rev, seq, take).await?;
    is_saved(model, &person).await;
    Ok(())
}

/// Saves the unsent mutations as a file: the body of a push. The server accepts it from a session of the same person, once,
/// whether or not the phone sends the mutations too.
pub async fn save_file(model: AppState) -> Result<(), StoreError> {
    let text = own(model).await?.outbox_as_push(clock::phone()).await?;
    download::save_text("jiedui-unsent.json", &text)
}

/// Fetches the newest app and starts it: `public/version.js` does it.
pub fn update() {
    lazy::dispatch_page_event("jiedui-update");
}

fn tell_other_tabs() {
    if let Ok(channel) = BroadcastChannel::new(CHANNEL) {
        let _ = channel.post_message(&"saved".into());
        channel.close();
    }
}

/// Signs out. Unsent changes stay on the phone for this person.
pub async fn sign_out(model: AppState) {
    let told = endpoints::sign_out().await.is_ok();
    profile::forget(told);
    // The figures may be for people with an account only.
    if let Ok(shared) = SharedDb::open().await
        && let Err(error) = shared.forget_overview().await
    {
        model.storage_error.set(Some(error));
    }
    start_anew("/");
}
