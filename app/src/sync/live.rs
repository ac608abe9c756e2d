//! Live events of the server. A browser allows few connections to a server, so one visible tab holds the stream and forwards
//! its events to the others. When it is hidden or closed, another tab takes over.

use super::listener::listen;
use super::news::look_for_news;
use crate::state::AppState;
use crate::storage::tab_lock;
use futures::channel::oneshot;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{BroadcastChannel, EventSource};

/// Name of the lock that the tab with the stream holds, and of the channel on which it forwards events.
const NAME: &str = "jiedui-live";

thread_local! {
    /// Whether this tab holds the stream or waits for it.
    static FOLLOWS: Cell<bool> = const { Cell::new(false) };
    /// Ends the stream when it is dropped.
    static STREAM: RefCell<Option<oneshot::Sender<()>>> = const { RefCell::new(None) };
    /// Channel to the other tabs.
    static CHANNEL: RefCell<Option<BroadcastChannel>> = const { RefCell::new(None) };
}

/// Receives the events that the tab with the stream forwards, until the page is closed.
pub fn listen_to_other_tabs(app: AppState) {
    if let Ok(channel) = BroadcastChannel::new(NAME) {
        listen(&channel, "message", move || {
            // A hidden page asks for changes when it becomes visible.
            if !document().hidden() {
                look_for_news(app);
            }
        });
        CHANNEL.replace(Some(channel));
    }
}

/// Restarts the stream for another user.
pub fn restart(app: AppState) {
    STREAM.take();
    follow(app);
}

/// Opens the stream once no other tab holds it, or closes it if this tab no longer needs it.
pub fn follow(app: AppState) {
    if !is_wanted(app) {
        STREAM.take();
    } else if !FOLLOWS.replace(true) {
        spawn_local(async move {
            while is_wanted(app) {
                let Some(_hold) = tab_lock::hold_while_visible(NAME).await else { break };
                // The page may have been hidden while it waited.
                if !is_wanted(app) || !receive(app).await {
                    break;
                }
            }
            FOLLOWS.set(false);
        });
    }
}

fn is_wanted(app: AppState) -> bool {
    let may_view =
        app.session.user.with_untracked(Option::is_some) || app.overviews.server.with_untracked(Option::is_some);
    may_view && app.sync.online.get_untracked() && !document().hidden()
}

/// Receives events until the stream is ended. The browser reconnects by itself. Returns false if it gave up, because the server
/// refuses the stream.
async fn receive(app: AppState) -> bool {
    let is_signed_in = app.session.user.with_untracked(Option::is_some);
    let address = if is_signed_in { "/api/v1/live" } else { "/api/v1/overview/live" };
    let Ok(events) = EventSource::new(address) else { return false };
    let (sender, ended) = oneshot::channel::<()>();
    STREAM.replace(Some(sender));
    let changed = Closure::<dyn Fn()>::new(move || {
        look_for_news(app);
        notify_other_tabs();
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
    let is_open = events.ready_state() != EventSource::CLOSED;
    events.set_onerror(None);
    events.close();
    is_open
}

fn notify_other_tabs() {
    // Without a channel, other tabs ask by themselves once a minute.
    CHANNEL.with_borrow(|channel| {
        if let Some(channel) = channel {
            let _ = channel.post_message(&"change".into());
        }
    });
}
