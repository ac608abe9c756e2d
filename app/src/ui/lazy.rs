//! Lazy chunks: groups of screens that the browser loads when it first needs one of them. The shared view, which most people see
//! first, starts without any. Code that several chunks need is in files of its own, loaded with each of them. The service worker
//! caches all chunks with the other files, so they are there offline.
//!
//! | chunk | content |
//! | --- | --- |
//! | `record` | sign-in, recording, own entries, and the sync |
//! | `browse` | lists, details, review, ledger, the map's sheet |
//! | `office` | import, catalogue, changes of the directory |
//! | `display` | report and wall |

use crate::page_event;
use crate::state::use_app_state;
use crate::ui::loading::Loading;
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

/// Declares a function that loads a chunk.
macro_rules! chunk {
    ($anchor:ident, $chunk:ident, $load:ident) => {
        #[wasm_split($chunk, fallible, preload($load))]
        #[allow(dead_code)]
        fn $anchor() -> Result<(), SplitLoaderError> {
            Ok(())
        }
    };
}

chunk!(anchor_of_record, record, load_record);
chunk!(anchor_of_browse, browse, load_browse);
chunk!(anchor_of_office, office, load_office);
chunk!(anchor_of_display, display, load_display);

/// Loads the chunk of a page. After a failure, the screen shows an error and a button to try again.
pub async fn load(path: &str, query: &str) {
    let loaded = match path.split('/').nth(1) {
        Some("sign-in" | "entries") if !path.ends_with("/conflict") => load_record().await,
        Some("catalogue" | "import" | "pairings") => load_office().await,
        Some("report") => load_display().await,
        Some("") if query.contains("screen=wall") => load_display().await,
        _ => load_browse().await,
    };
    if loaded.is_err() {
        page_event::dispatch(page_event::NOT_LOADED);
    }
}

/// Loads the chunk of a split function.
pub type Load = fn() -> LocalBoxFuture<'static, Result<(), SplitLoaderError>>;

/// Renders a split function once `load` has succeeded; until then, `render` returns `None`.
pub fn lazy(load: Load, render: impl Fn() -> Option<AnyView> + Send + 'static) -> AnyView {
    boxed(load, Box::new(render))
}

// Not generic: the first screen's wasm file holds one copy for all split functions.
fn boxed(load: Load, render: Box<dyn Fn() -> Option<AnyView> + Send>) -> AnyView {
    let texts = use_app_state().texts;
    // Ready at once after the first call, and always on the server.
    let loaded = RwSignal::new(load().now_or_never().is_some_and(|result| result.is_ok()));
    let failed = RwSignal::new(false);
    let fetch = move || {
        failed.set(false);
        spawn_local(async move {
            match load().await {
                Ok(()) => loaded.set(true),
                Err(_) => {
                    page_event::dispatch(page_event::NOT_LOADED);
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
                        <p>{texts.not_loaded()}</p>
                        <button type="button" class="button" on:click=move |_| fetch()>{texts.try_again()}</button>
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

/// Declares a function that renders a screen from a lazy chunk. Takes the chunk (`browse` without), the function's name, its split
/// function and the screen.
#[macro_export]
macro_rules! lazy_screen {
    ($(#[$doc:meta])* $name:ident, $split:ident, $screen:ident) => {
        $crate::lazy_screen!(browse: $(#[$doc])* $name, $split, $screen);
    };
    ($chunk:ident: $(#[$doc:meta])* $name:ident, $split:ident, $screen:ident) => {
        $(#[$doc])*
        #[allow(non_snake_case)]
        pub fn $name() -> leptos::prelude::AnyView {
            #[wasm_split_helpers::wasm_split($chunk, fallible, preload(load))]
            fn $split() -> Result<leptos::prelude::AnyView, wasm_split_helpers::SplitLoaderError> {
                Ok(leptos::prelude::IntoAny::into_any(leptos::view! { <$screen/> }))
            }
            $crate::ui::lazy::lazy(
                || Box::pin(load()),
                || futures::FutureExt::now_or_never($split()).and_then(Result::ok),
            )
        }
    };
}
