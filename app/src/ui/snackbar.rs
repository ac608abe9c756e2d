//! Messages at the foot of the screen after an action, with up to two buttons. There is one at a time: a new message replaces the
//! last one. It stays for [`DURATION`], and longer while it has the pointer or the focus.

use crate::state::screen::Snackbar;
use crate::state::{AppState, use_app_state};
use leptos::prelude::*;
use std::sync::Arc;
use std::time::Duration;

/// Time for which a message stays.
const DURATION: Duration = Duration::from_secs(10);

/// A button of a message. A press closes the message.
#[derive(Clone)]
pub struct Action {
    id: &'static str,
    label: &'static str,
    run: Arc<dyn Fn() + Send + Sync>,
}

impl Action {
    /// Creates a button with its identifier and label.
    pub fn new(id: &'static str, label: &'static str, run: impl Fn() + Send + Sync + 'static) -> Self {
        Self { id, label, run: Arc::new(run) }
    }
}

/// Shows a message. `deletion` is the number of the deletion in the outbox that it offers to undo.
pub fn show(app: AppState, text: String, actions: Vec<Action>, deletion: Option<u64>) {
    let view = ViewFn::from(move || {
        let (text, actions) = (text.clone(), actions.clone());
        view! { <Message text actions/> }
    });
    app.screen.snackbar.set(Some(Snackbar { view, deletion }));
}

/// A message with its buttons.
#[component]
pub fn Message(
    /// The message.
    text: String,
    /// Its buttons.
    actions: Vec<Action>,
    /// Whether it stays until a button is pressed.
    #[prop(optional)]
    stays: bool,
) -> impl IntoView {
    let app = use_app_state();
    let close = move || app.screen.snackbar.set(None);
    let (has_pointer, has_focus) = (RwSignal::new(false), RwSignal::new(false));
    Effect::new(move |_| {
        if stays || has_pointer.get() || has_focus.get() {
            return;
        }
        let timer = set_timeout_with_handle(close, DURATION).ok();
        on_cleanup(move || {
            if let Some(timer) = timer {
                timer.clear();
            }
        });
    });
    let button = |action: Action| {
        let press = move |_| {
            close();
            (action.run)();
        };
        view! { <button type="button" id=action.id on:click=press>{action.label}</button> }
    };
    view! {
        <div
            class="snackbar"
            on:pointerenter=move |_| has_pointer.set(true)
            on:pointerleave=move |_| has_pointer.set(false)
            on:focusin=move |_| has_focus.set(true)
            on:focusout=move |_| has_focus.set(false)
        >
            <span>{text}</span>
            {actions.into_iter().map(button).collect_view()}
        </div>
    }
}
