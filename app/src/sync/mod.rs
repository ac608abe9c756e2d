//! The sync in the browser: when it runs, and what the screens learn from it.

pub mod api;
pub mod catalogue;
pub mod clock;
mod driver;
pub mod import;
mod lock;
mod overview;
pub mod photos;
pub mod village;
mod wire;

use crate::file;
use crate::later;
use crate::model::Model;
use crate::store::ledger::Item;
use crate::store::person::Person;
use crate::store::shared::Shared;
use crate::store::{StoreError, profile};
use driver::Driver;
pub use driver::can_work_offline;
use futures::channel::mpsc::unbounded;
use jiedui_core::domain::User;
use jiedui_core::domain::entry::Fields;
use jiedui_core::sync::wire::{ENTRY, NEED};
use jiedui_core::sync::{Input, Op, Status};
use leptos::prelude::*;
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, EventSource, ServiceWorkerRegistration};

/// How often a screen that is looked at asks for news where live events do not come through.
const POLL: Duration = Duration::from_secs(60);
/// The channel on which tabs tell each other that there is something new on the phone.
const CHANNEL: &str = "jiedui";

/// Starts what runs beside the screens.
pub fn start(model: Model) {
    model.now.set(clock::now());
    model.online.set(window().navigator().on_line());
    let on_line = move |online: bool| {
        model.online.set(online);
        model.tell(if online { Input::Hurry } else { Input::Offline });
        follow_live(model);
    };
    listen(&window(), "online", move || on_line(true));
    listen(&window(), "offline", move || on_line(false));
    listen(&document(), "visibilitychange", move || {
        if !document().hidden() {
            look_for_news(model);
        }
    });
    if let Ok(channel) = BroadcastChannel::new(CHANNEL) {
        listen(&channel, "message", move || {
            model.journal_is_old.set_value(true);
            model.tell(Input::Wake);
        });
        // It listens as long as the page lives.
        std::mem::forget(channel);
    }
    set_interval(
        move || {
            model.now.set(clock::now());
            if !document().hidden() {
                look_for_news(model);
            }
        },
        POLL,
    );
    spawn_local(async move {
        if profile::owes_sign_out() && model.user.with_untracked(Option::is_some) {
            // Somebody signed out with no network, and the browser still held their session.
            if api::sign_out().await.is_ok() {
                profile::sign_out_is_told();
            }
            model.user.set(None);
            model.received.set(None);
        }
        match model.user.get_untracked() {
            Some(user) => later::begin_sync(model, user).await,
            None => {
                overview::refresh(model).await;
                follow_live(model);
            }
        }
    });
}

/// Asks the server for what is new.
pub fn look_for_news(model: Model) {
    if model.user.with_untracked(Option::is_some) {
        model.tell(Input::Wake);
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
pub async fn begin(model: Model, user: User) {
    profile::keep(&user);
    model.status.set(Status::Receiving { position: 0, last: 0 });
    if model.received.with_untracked(|own| own.as_ref().is_some_and(|own| own.only.is_some())) {
        // Whoever looks at the page does not wait for the rest of it until a long first pull is over.
        spawn_local(async move {
            overview::refresh(model).await;
        });
    }
    ask_to_keep_storage();
    let (sender, inputs) = unbounded();
    match Driver::open(model, user.id, sender.clone()).await {
        Ok(driver) => {
            model.sync.set_value(Some(sender));
            spawn_local(driver.run(inputs));
            model.tell(Input::Hurry);
            follow_live(model);
        }
        Err(error) => {
            model.status.set(Status::StorageFailed);
            model.trouble.set(Some(error));
        }
    }
    if let Err(error) = driver::make_ready(model).await {
        model.trouble.set(Some(error));
    }
}

/// Asks the browser not to throw the storage away when room gets scarce.
fn ask_to_keep_storage() {
    if let Ok(promise) = window().navigator().storage().persist() {
        spawn_local(async move { drop(wasm_bindgen_futures::JsFuture::from(promise).await) });
    }
}

thread_local! {
    static LIVE: RefCell<Option<EventSource>> = const { RefCell::new(None) };
}

/// Server-sent events say when there is something new. The browser connects again by itself, but while there is
/// no network it is not left to try.
fn follow_live(model: Model) {
    LIVE.with_borrow_mut(|live| {
        if let Some(old) = live.take() {
            old.close();
        }
        let signed_in = model.user.with_untracked(Option::is_some);
        let may_view = signed_in || model.received.with_untracked(Option::is_some);
        let address = if signed_in { "/api/v1/live" } else { "/api/v1/overview/live" };
        if may_view
            && model.online.get_untracked()
            && let Ok(events) = EventSource::new(address)
        {
            listen(&events, "change", move || look_for_news(model));
            *live = Some(events);
        }
    });
}

/// Loads the app again at an address: nothing of another person's may go on in this tab.
pub fn start_anew(address: &str) {
    let _ = window().location().set_href(address);
}

/// The storage of who has signed in.
async fn own(model: Model) -> Result<Person, StoreError> {
    Person::open(model.user.with_untracked(|user| user.as_ref().map(|user| user.id)).unwrap_or_default()).await
}

/// Something new is in the outbox: the screens show it, and the sync starts.
async fn is_saved(model: Model, person: &Person) -> Result<(), StoreError> {
    model.journal.set(Some(Arc::new(person.journal().await?)));
    model.tell(Input::Wake);
    tell_other_tabs();
    Ok(())
}

/// Has the names of towns and villages on the phone, to choose among them.
pub fn fetch_places(model: Model) {
    spawn_local(async move {
        if let Err(error) = driver::make_ready(model).await {
            model.trouble.set(Some(error));
        }
    });
}

/// Puts a change of an entry into the outbox and starts the sync. When it returns, the change is on the phone.
pub async fn save(model: Model, id: Uuid, base_rev: u64, op: Op, fields: Fields) -> Result<(), StoreError> {
    save_all(model, op, vec![(id, base_rev, fields)]).await
}

/// The same for many entries: their identifiers, revisions and fields. What is on the phone before one fails is sent.
pub async fn save_all(model: Model, op: Op, changes: Vec<(Uuid, u64, Fields)>) -> Result<(), StoreError> {
    let person = own(model).await?;
    let mut saved = Ok(());
    for (id, base_rev, fields) in changes {
        saved = person.save(ENTRY, id, base_rev, op, fields).await;
        if saved.is_err() {
            break;
        }
    }
    is_saved(model, &person).await?;
    saved
}

/// The items of the ledgers that this phone knows.
pub async fn ledger(model: Model) -> Result<Vec<Item>, StoreError> {
    own(model).await?.ledger().await
}

/// The same as [`save`] for an item of a ledger.
pub async fn save_need(model: Model, id: Uuid, base_rev: u64, op: Op, fields: Fields) -> Result<(), StoreError> {
    let person = own(model).await?;
    person.save(NEED, id, base_rev, op, fields).await?;
    is_saved(model, &person).await
}

/// Takes back a change that the server has refused.
pub async fn discard_refused(model: Model, id: Uuid) -> Result<(), StoreError> {
    let person = own(model).await?;
    person.discard_refused(id).await?;
    model.journal.set(Some(Arc::new(person.journal().await?)));
    Ok(())
}

/// Settles a conflict as the person has chosen, and starts the sync.
pub async fn choose(model: Model, id: Uuid, rev: u64, seq: u64, take: Vec<String>) -> Result<(), StoreError> {
    let person = own(model).await?;
    person.choose(id, rev, seq, take).await?;
    is_saved(model, &person).await
}

/// Gives what has not been sent to the person as a file: the body of a push, which the server takes from anyone who has
/// signed in as them, once, whether or not the phone sends it too.
pub async fn save_file(model: Model) -> Result<(), StoreError> {
    let text = own(model).await?.outbox_as_push().await?;
    file::give("jiedui-unsent.json", &text)
}

/// Fetches the newest app and starts it.
pub fn update() {
    spawn_local(async {
        let workers = window().navigator().service_worker();
        // There are none where the connection is not encrypted.
        if can_work_offline()
            && let Ok(worker) = JsFuture::from(workers.get_registration()).await
            && let Ok(worker) = worker.dyn_into::<ServiceWorkerRegistration>()
            && let Ok(updated) = worker.update()
        {
            // Without a network the old one goes on.
            let _ = JsFuture::from(updated).await;
        }
        let _ = window().location().reload();
    });
}

fn tell_other_tabs() {
    if let Ok(channel) = BroadcastChannel::new(CHANNEL) {
        let _ = channel.post_message(&"saved".into());
        channel.close();
    }
}

/// Signs out. What has not been sent stays on the phone for this person.
pub async fn sign_out(model: Model) {
    let told = api::sign_out().await.is_ok();
    profile::forget(told);
    // The figures may be for people with an account only.
    if let Ok(shared) = Shared::open().await
        && let Err(error) = shared.forget_overview().await
    {
        model.trouble.set(Some(error));
    }
    start_anew("/");
}
