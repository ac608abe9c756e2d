//! When the sync runs: start of the app, sign-in, news, sign-out.

use super::changes::CHANNEL;
use super::driver::Driver;
use super::labels::make_ready;
use super::{live, offline_readiness, overview};
use crate::api::endpoints;
use crate::state::AppState;
use crate::storage;
use crate::storage::shared_db::SharedDb;
use crate::storage::{StoreError, clock, profile};
use crate::ui::lazy;
use futures::channel::mpsc::{UnboundedSender, unbounded};
use futures::future::join;
use gloo_timers::future::TimeoutFuture;
use jiedui_core::access::user::User;
use jiedui_core::sync::{Input, Status};
use leptos::prelude::*;
use std::time::Duration;
use uuid::Uuid;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};
use web_sys::BroadcastChannel;

/// How often a screen that is looked at asks for news where live events do not come through.
const POLL: Duration = Duration::from_secs(60);

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
    model.session.now.set(clock::now());
    model.sync.online.set(window().navigator().on_line());
    storage::on_outdated(move |error| model.storage.error.set(Some(error)));
    let on_line = move |online: bool| {
        model.sync.online.set(online);
        model.sync.notify(if online { Input::SyncNow } else { Input::Offline });
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
            model.journal.is_stale.set_value(true);
            model.sync.notify(Input::Wake);
        });
        // It listens as long as the page lives.
        std::mem::forget(channel);
    }
    set_interval(
        move || {
            model.session.now.set(clock::now());
            if !document().hidden() {
                look_for_news(model);
                live::follow(model);
            }
        },
        POLL,
    );
    spawn_local(async move {
        if profile::owes_sign_out() && model.session.user.with_untracked(Option::is_some) {
            // Somebody signed out with no network, and the browser still held their session.
            if endpoints::sign_out().await.is_ok() {
                profile::sign_out_is_told();
            }
            model.session.user.set(None);
            model.overviews.server.set(None);
        }
        match model.session.user.get_untracked() {
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
    if model.session.user.with_untracked(Option::is_some) && !model.storage.is_refused.get_untracked() {
        model.sync.notify(Input::Wake);
    } else {
        spawn_local(async move {
            overview::refresh(model).await;
        });
    }
}

/// Calls `then` whenever the event happens, as long as the page lives.
pub(super) fn listen(target: &web_sys::EventTarget, event: &str, then: impl Fn() + 'static) {
    let then = Closure::<dyn Fn()>::new(then);
    let _ = target.add_event_listener_with_callback(event, then.as_ref().unchecked_ref());
    then.forget();
}

/// Begins the sync of somebody who has signed in.
pub async fn begin(model: AppState, user: User) {
    profile::keep(&user);
    model.sync.status.set(Status::Receiving { position: 0, last: 0 });
    if model.overviews.server.with_untracked(|own| own.as_ref().is_some_and(|own| own.partial_for.is_some())) {
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
            model.sync.inputs.set_value(Some(sender));
            spawn_local(driver.run(inputs));
            model.sync.notify(Input::SyncNow);
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
                model.storage.clear_recovered_error();
                return Some(driver);
            }
            Err(error) => {
                model.sync.status.set(Status::StorageFailed);
                model.storage.is_refused.set(error == StoreError::Refused);
                let is_over = matches!(error, StoreError::Outdated | StoreError::Refused);
                model.storage.error.set(Some(error));
                if is_over {
                    return None;
                }
            }
        }
        TimeoutFuture::new(wait).await;
        wait = (wait * 2).min(60_000);
        if model.session.user.with_untracked(|now| now.as_ref().map(|now| now.id)) != Some(user) {
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
    let shown = model.session.user.with_untracked(|user| user.as_ref().map(|user| user.id));
    let stored = profile::user().map(|user| user.id);
    if shown.is_some() && shown != stored && profile::is_kept() {
        let _ = window().location().reload();
    }
}

/// Fetches the newest app and starts it: `public/version.js` does it.
pub fn update() {
    lazy::dispatch_page_event("jiedui-update");
}

/// Signs out. Unsent changes stay on the phone for this person.
pub async fn sign_out(model: AppState) {
    let told = endpoints::sign_out().await.is_ok();
    profile::forget(told);
    // The figures may be for people with an account only.
    if let Ok(shared) = SharedDb::open().await
        && let Err(error) = shared.forget_overview().await
    {
        model.storage.error.set(Some(error));
    }
    start_anew("/");
}
