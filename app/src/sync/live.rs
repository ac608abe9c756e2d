//! The events that say that there is something new: one stream a browser, since a browser has few connections to a server. Of
//! the tabs that are looked at one holds the stream and tells the others; when it is hidden or closed, another takes over.

use super::lifecycle::{listen, look_for_news};
use crate::state::AppState;
use crate::storage::tab_lock;
use futures::channel::oneshot;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, EventSource};

/// The lock that the tab with the stream holds, and the channel on which it tells the others.
const NAME: &str = "jiedui-live";

thread_local! {
    /// Whether this tab holds the stream or waits for it.
    static FOLLOWS: Cell<bool> = const { Cell::new(false) };
    /// Dropped, it ends the stream.
    static STREAM: RefCell<Option<oneshot::Sender<()>>> = const { RefCell::new(None) };
    /// The way to the other tabs.
    static CHANNEL: RefCell<Option<BroadcastChannel>> = const { RefCell::new(None) };
}

/// Hears what the tab with the stream says, as long as the page lives.
pub fn listen_to_other_tabs(model: AppState) {
    if let Ok(channel) = BroadcastChannel::new(NAME) {
        listen(&channel, "message", move || {
            // Who is not looked at asks once they are.
            if !document().hidden() {
                look_for_news(model);
            }
        });
        CHANNEL.replace(Some(channel));
    }
}

/// Restarts the stream for another person.
pub fn restart(model: AppState) {
    STREAM.take();
    follow(model);
}

/// Takes the stream once no other tab has it, or lets it go when this tab has no use for it.
pub fn follow(model: AppState) {
    if !is_wanted(model) {
        STREAM.take();
    } else if !FOLLOWS.replace(true) {
        spawn_local(async move {
            while is_wanted(model) {
                let Some(_hold) = tab_lock::hold(NAME).await else { break };
                // It may have been hidden while it waited.
                if !is_wanted(model) || !hear(model).await {
                    break;
                }
            }
            FOLLOWS.set(false);
        });
    }
}

fn is_wanted(model: AppState) -> bool {
    let may_view =
        model.session.user.with_untracked(Option::is_some) || model.overviews.server.with_untracked(Option::is_some);
    may_view && model.sync.online.get_untracked() && !document().hidden()
}

/// Hears the stream until it is ended. The browser connects again by itself; false where it has given up, since the server
/// refuses the stream.
async fn hear(model: AppState) -> bool {
    let signed_in = model.session.user.with_untracked(Option::is_some);
    let address = if signed_in { "/api/v1/live" } else { "/api/v1/overview/live" };
    let Ok(events) = EventSource::new(address) else { return false };
    let (sender, ended) = oneshot::channel::<()>();
    STREAM.replace(Some(sender));
    let changed = Closure::<dyn Fn()>::new(move || {
        look_for_news(model);
        tell_other_tabs();
    });
    let source = events.clone();
    let failed = Closure::<dyn Fn()>::new(move || {
        if source.ready_state() == EventSource::CLOSED {
            STREAM.take();
        }
    });
    let _ = events.add_event_listener_with_callback("change", changed.as_ref().unchecked_ref());
    events.set_onerror(Some(failed.as_ref().unchecked_ref()));
    let _ = ended.await;
    let goes_on = events.ready_state() != EventSource::CLOSED;
    events.set_onerror(None);
    events.close();
    goes_on
}

fn tell_other_tabs() {
    // Without a channel the other tabs ask by themselves, once a minute.
    CHANNEL.with_borrow(|channel| {
        if let Some(channel) = channel {
            let _ = channel.post_message(&"change".into());
        }
    });
}
