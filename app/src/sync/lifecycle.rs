//! Runs the sync from the start of the app or a sign-in until the sign-out.

use super::changes::CHANNEL;
use super::driver::Driver;
use super::labels::make_ready;
use super::listener::listen;
use super::news::look_for_news;
use super::{live, offline_readiness, overview, packs};
use crate::api::endpoints;
use crate::page_event;
use crate::state::AppState;
use crate::storage;
use crate::storage::shared_db::SharedDb;
use crate::storage::{StoreError, clock, preferences, profile};
use futures::channel::mpsc::{UnboundedSender, unbounded};
use futures::future::join;
use gloo_timers::future::TimeoutFuture;
use jiedui_core::access::user::User;
use jiedui_core::sync::{Input, Status};
use leptos::prelude::*;
use std::time::Duration;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use web_sys::BroadcastChannel;

/// Interval at which a visible page asks for changes; live events may not come through.
const POLL: Duration = Duration::from_secs(60);

#[wasm_split(record, fallible)]
fn begin_lazily(app: AppState, user: User) -> Result<(), SplitLoaderError> {
    spawn_local(begin(app, user));
    Ok(())
}

/// Milliseconds after which a failed load of the chunk is tried again.
const RETRY: u32 = 5_000;

/// Starts the sync of a signed-in user, once the lazy chunk is loaded.
async fn begin_when_loaded(app: AppState, user: User) {
    while begin_lazily(app, user.clone()).await.is_err() {
        page_event::dispatch(page_event::NOT_LOADED);
        TimeoutFuture::new(RETRY).await;
    }
}

/// Starts the background work.
pub fn start(app: AppState) {
    app.session.now.set(clock::now());
    app.sync.online.set(window().navigator().on_line());
    storage::on_outdated(move |error| app.storage.error.set(Some(error)));
    let on_line = move |online: bool| {
        app.sync.online.set(online);
        app.sync.notify(if online { Input::SyncNow } else { Input::Offline });
        live::follow(app);
    };
    listen(&window(), "online", move || on_line(true));
    listen(&window(), "offline", move || on_line(false));
    listen(&window(), "storage", move || leave_another_account(app));
    listen(&document(), "visibilitychange", move || {
        if !document().hidden() {
            leave_another_account(app);
            look_for_news(app);
        }
        live::follow(app);
    });
    packs::follow(app);
    live::listen_to_other_tabs(app);
    if let Ok(channel) = BroadcastChannel::new(CHANNEL) {
        listen(&channel, "message", move || {
            app.my_entries.is_stale.set_value(true);
            app.sync.notify(Input::Wake);
        });
        // Dropping the channel would end its events.
        std::mem::forget(channel);
    }
    set_interval(
        move || {
            app.session.now.set(clock::now());
            if !document().hidden() {
                look_for_news(app);
                live::follow(app);
            }
        },
        POLL,
    );
    spawn_local(async move {
        if profile::is_sign_out_pending() && app.session.user.with_untracked(Option::is_some) {
            // The person signed out offline, so the session still exists on the server.
            if endpoints::sign_out().await.is_ok() {
                profile::confirm_sign_out();
            }
            app.session.user.set(None);
            app.overviews.server.set(None);
        }
        match app.session.user.get_untracked() {
            Some(user) => begin_when_loaded(app, user).await,
            None => {
                overview::refresh(app).await;
                live::follow(app);
            }
        }
    });
}

/// Starts the sync of a signed-in user.
pub async fn begin(app: AppState, user: User) {
    profile::store(&user);
    app.sync.status.set(Status::Receiving { position: 0, last: 0 });
    if app
        .overviews
        .server
        .with_untracked(|overview| overview.as_ref().is_some_and(|overview| overview.partial_for.is_some()))
    {
        // The rest of the overview does not wait for a long first pull.
        spawn_local(async move {
            overview::refresh(app).await;
        });
    }
    request_persistence();
    listen(&document(), page_event::OFFLINE, move || {
        // The code that uses the storage shows its errors.
        spawn_local(async move { drop(offline_readiness::update(app).await) });
    });
    let (sender, inputs) = unbounded();
    let syncs = async {
        if let Some(driver) = open_driver(app, user.id, sender.clone()).await {
            app.sync.inputs.set_value(Some(sender));
            spawn_local(driver.run(inputs));
            app.sync.notify(Input::SyncNow);
        }
        live::restart(app);
    };
    // Without storage, places can still be chosen in forms.
    join(syncs, make_ready(app)).await;
}

/// Opens the user's storage. Retries with a growing delay until they sign out. Returns `None` if another try cannot succeed.
async fn open_driver(app: AppState, user: Uuid, sender: UnboundedSender<Input>) -> Option<Driver> {
    let mut wait = 2_000;
    loop {
        match Driver::open(app, user, sender.clone()).await {
            Ok(driver) => {
                app.storage.clear_recovered_error();
                return Some(driver);
            }
            Err(error) => {
                app.sync.status.set(Status::StorageFailed);
                app.storage.is_refused.set(error == StoreError::Refused);
                let is_final = matches!(error, StoreError::Outdated | StoreError::Refused);
                app.storage.error.set(Some(error));
                if is_final {
                    return None;
                }
            }
        }
        TimeoutFuture::new(wait).await;
        wait = (wait * 2).min(60_000);
        if app.session.user.with_untracked(|user| user.as_ref().map(|user| user.id)) != Some(user) {
            return None;
        }
    }
}

/// Asks the browser not to evict the storage when the disk is nearly full.
fn request_persistence() {
    if let Ok(promise) = window().navigator().storage().persist() {
        spawn_local(async move { drop(wasm_bindgen_futures::JsFuture::from(promise).await) });
    }
}

/// Reloads the app at an address. This ends everything that runs in this tab for the previous user.
pub fn reload_at(address: &str) {
    let _ = window().location().set_href(address);
}

/// Reloads the app if another tab signed out or signed another user in: the session of this tab has ended.
fn leave_another_account(app: AppState) {
    let shown = app.session.user.with_untracked(|user| user.as_ref().map(|user| user.id));
    let stored = profile::user().map(|user| user.id);
    if shown.is_some() && shown != stored && profile::is_stored() {
        let _ = window().location().reload();
    }
}

/// Fetches the newest build and starts it; `public/version.js` does the work.
pub fn update() {
    page_event::dispatch(page_event::UPDATE);
}

/// Signs out. Unsent changes stay on the phone for the user.
pub async fn sign_out(app: AppState) {
    let is_confirmed = endpoints::sign_out().await.is_ok();
    profile::forget(is_confirmed);
    preferences::apply(None);
    // The figures may be visible to signed-in users only.
    if let Ok(shared) = SharedDb::open().await
        && let Err(error) = shared.remove_overview().await
    {
        app.storage.error.set(Some(error));
    }
    reload_at("/");
}
