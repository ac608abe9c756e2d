//! Lazy chunk: screens, and the sync, that the browser loads when the first of them is needed. The shared view, which most
//! people see first, starts without them. The service worker caches the chunk with the other files, so it is there offline.

use crate::state::use_app_state;
use crate::ui::loading::Loading;
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

/// Event for the page's scripts (`public/start.js`): a file did not load. The server may have been upgraded and no longer
/// have it.
pub const NOT_LOADED: &str = "jiedui-not-loaded";

#[wasm_split(later, fallible, preload(load_chunk))]
#[allow(dead_code)]
fn anchor() -> Result<(), SplitLoaderError> {
    Ok(())
}

/// Loads the chunk; where that fails, each screen says so and can be tried again.
pub async fn load() {
    if load_chunk().await.is_err() {
        dispatch_page_event(NOT_LOADED);
    }
}

/// Dispatches an event to the page's scripts (`public/start.js`).
pub fn dispatch_page_event(event: &str) {
    if let Ok(event) = web_sys::Event::new(event) {
        let _ = document().dispatch_event(&event);
    }
}

/// Makes sure that a part of the chunk can be called.
pub type Load = fn() -> LocalBoxFuture<'static, Result<(), SplitLoaderError>>;

/// Renders a part of the chunk once `load` has succeeded; `render` gives `None` before.
pub fn lazy(load: Load, render: impl Fn() -> Option<AnyView> + Send + 'static) -> AnyView {
    boxed(load, Box::new(render))
}

// One copy for all parts: it is in the first screen's wasm.
fn boxed(load: Load, render: Box<dyn Fn() -> Option<AnyView> + Send>) -> AnyView {
    let texts = use_app_state().texts;
    // Ready at once where the part was called before, and always on the server.
    let loaded = RwSignal::new(load().now_or_never().is_some_and(|result| result.is_ok()));
    let failed = RwSignal::new(false);
    let fetch = move || {
        failed.set(false);
        spawn_local(async move {
            match load().await {
                Ok(()) => loaded.set(true),
                Err(_) => {
                    dispatch_page_event(NOT_LOADED);
                    failed.set(true);
                }
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
        $(#[$doc])*
        #[allow(non_snake_case)]
        pub fn $name() -> leptos::prelude::AnyView {
            #[wasm_split_helpers::wasm_split(later, fallible, preload(load))]
            fn $split() -> Result<leptos::prelude::AnyView, wasm_split_helpers::SplitLoaderError> {
                Ok(leptos::prelude::IntoAny::into_any(leptos::view! { <$screen/> }))
            }
            $crate::shell::lazy::lazy(
                || Box::pin(load()),
                || futures::FutureExt::now_or_never($split()).and_then(Result::ok),
            )
        }
    };
}
