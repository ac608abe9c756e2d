//! Lazy chunk: screens, and the sync, that the browser loads when the first of them is needed. The shared view, which most
//! people see first, starts without them. The service worker caches the chunk with the other files, so it is there offline.

use crate::state::use_app_state;
use crate::ui::loading::Loading;
use leptos::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

/// Event for the page's scripts (`public/start.js`): a file did not load. The server may have been upgraded and no longer
/// have it.
pub const NOT_LOADED: &str = "jiedui-not-loaded";

/// Whether the chunk is loaded; always on the server.
static LOADED: AtomicBool = AtomicBool::new(cfg!(not(target_arch = "wasm32")));

/// Gives the chunk a function whose loading can be asked for by itself.
#[wasm_split(later, fallible, preload(load_chunk))]
#[allow(dead_code)]
fn anchor() -> Result<(), SplitLoaderError> {
    Ok(())
}

/// Loads the chunk. Returns whether it is there; a failure may be tried again.
pub async fn load() -> bool {
    #[cfg(target_arch = "wasm32")]
    match load_chunk().await {
        Ok(()) => LOADED.store(true, Ordering::Relaxed),
        Err(_) => dispatch_page_event(NOT_LOADED),
    }
    LOADED.load(Ordering::Relaxed)
}

/// Dispatches an event to the page's scripts (`public/start.js`).
pub fn dispatch_page_event(event: &str) {
    if let Ok(event) = web_sys::Event::new(event) {
        let _ = document().dispatch_event(&event);
    }
}

/// Renders a part of the chunk once it is loaded; `render` gives `None` while it is not.
pub fn lazy(render: impl Fn() -> Option<AnyView> + Send + 'static) -> AnyView {
    boxed(Box::new(render))
}

// One copy for all parts: it is in the first screen's wasm.
fn boxed(render: Box<dyn Fn() -> Option<AnyView> + Send>) -> AnyView {
    let texts = use_app_state().texts;
    let loaded = RwSignal::new(LOADED.load(Ordering::Relaxed));
    let failed = RwSignal::new(false);
    let fetch = move || {
        failed.set(false);
        spawn_local(async move {
            if load().await {
                loaded.set(true);
            } else {
                failed.set(true);
            }
        });
    };
    if !loaded.get_untracked() {
        fetch();
    }
    (move || {
        if loaded.get() {
            render()
        } else if failed.get() {
            Some(
                view! {
                    <div class="notice bad" role="alert">
                        <p>{texts.not_loaded}</p>
                        <button type="button" class="button" on:click=move |_| fetch()>{texts.try_again}</button>
                    </div>
                }
                .into_any(),
            )
        } else {
            Some(view! { <Loading/> }.into_any())
        }
    })
    .into_any()
}

/// Declares a function that renders a screen from the lazy chunk: its name, the name of its split function, the screen.
#[macro_export]
macro_rules! lazy_screen {
    ($(#[$doc:meta])* $name:ident, $split:ident, $screen:ident) => {
        #[wasm_split_helpers::wasm_split(later, fallible)]
        fn $split() -> Result<leptos::prelude::AnyView, wasm_split_helpers::SplitLoaderError> {
            Ok(leptos::prelude::IntoAny::into_any(leptos::view! { <$screen/> }))
        }

        $(#[$doc])*
        #[allow(non_snake_case)]
        pub fn $name() -> leptos::prelude::AnyView {
            $crate::shell::lazy::lazy(|| futures::FutureExt::now_or_never($split()).and_then(Result::ok))
        }
    };
}
