//! Lazy chunks: groups of screens that the browser loads when it first needs one of them. The shared view, which most people see
//! first, starts without any. Code that several chunks need is in files of its own, loaded with each of them. The service worker
//! caches all chunks with the other files, so they are there offline.
//!
//! | chunk | content |
//! | --- | --- |
//! | `record` | sign-in, recording, own entries, own page and account, and the sync |
//! | `browse` | lists, details, review, ledger, the map's sheet |
//! | `office` | import, catalogue, people, audit log, changes of the directory |
//! | `display` | report and wall |
//! | `overview` | headline, programmes, attention, ranking and table of the shared view |
//! | `figures` | the refresh of the overview and of year packs; every page loads it after its start |
//! | `kit` | the kit page of the demonstration |

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

/// A chunk, as the table above describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunk {
    Record,
    Browse,
    Office,
    Display,
}

impl Chunk {
    /// Returns the chunk that the screen of a page names in its `lazy_screen!`.
    fn of_page(path: &str, query: &str) -> Self {
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        match *parts.as_slice() {
            ["entries", _, "conflict"] => Self::Browse,
            ["sign-in" | "setup" | "me" | "entries", ..] => Self::Record,
            ["audit" | "catalogue" | "import" | "pairings" | "people", ..]
            | ["organisations", "new"]
            | ["organisations", _, "edit"] => Self::Office,
            ["report"] => Self::Display,
            [""] if query.contains("screen=wall") => Self::Display,
            _ => Self::Browse,
        }
    }
}

/// Loads the chunk of a page. After a failure, the screen shows an error and a button to try again.
pub async fn load(path: &str, query: &str) {
    let loaded = match Chunk::of_page(path, query) {
        Chunk::Record => load_record().await,
        Chunk::Browse => load_browse().await,
        Chunk::Office => load_office().await,
        Chunk::Display => load_display().await,
    };
    if loaded.is_err() {
        page_event::dispatch(page_event::NOT_LOADED);
    }
}

/// Loads the chunk of a split function.
pub type Load = fn() -> LocalBoxFuture<'static, Result<(), SplitLoaderError>>;

/// Renders a screen from its chunk.
pub type RenderScreen = fn() -> LocalBoxFuture<'static, Result<AnyView, SplitLoaderError>>;

/// Renders a screen once `load` has succeeded.
pub fn lazy_screen(load: Load, render: RenderScreen) -> AnyView {
    boxed(load, Box::new(move || render().now_or_never().and_then(Result::ok)), Box::new(loading))
}

/// Renders a split function once `load` has succeeded; until then, `render` returns `None`.
pub fn lazy(load: Load, render: impl Fn() -> Option<AnyView> + Send + 'static) -> AnyView {
    boxed(load, Box::new(render), Box::new(loading))
}

/// Renders a split function as [`lazy`] does, with a placeholder of its own.
pub fn lazy_instead_of(
    load: Load,
    render: impl Fn() -> Option<AnyView> + Send + 'static,
    placeholder: impl Fn() -> AnyView + Send + 'static,
) -> AnyView {
    boxed(load, Box::new(render), Box::new(placeholder))
}

fn loading() -> AnyView {
    view! { <Loading/> }.into_any()
}

type Render = Box<dyn Fn() -> Option<AnyView> + Send>;

// Not generic: the first screen's wasm file holds one copy for all split functions.
fn boxed(load: Load, render: Render, placeholder: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
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
            Some(placeholder())
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
            $crate::ui::lazy::lazy_screen(|| Box::pin(load()), || Box::pin($split()))
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("/sign-in", "", Chunk::Record)]
    #[case("/me", "", Chunk::Record)]
    #[case("/entries", "", Chunk::Record)]
    #[case("/entries/new/field_survey", "", Chunk::Record)]
    #[case("/entries/1/conflict", "", Chunk::Browse)]
    #[case("/list/1", "", Chunk::Browse)]
    #[case("/organisations", "", Chunk::Browse)]
    #[case("/organisations/1", "", Chunk::Browse)]
    #[case("/organisations/1/edit", "", Chunk::Office)]
    #[case("/organisations/new", "", Chunk::Office)]
    #[case("/pairings/1", "", Chunk::Office)]
    #[case("/catalogue/programmes/health", "", Chunk::Office)]
    #[case("/people", "", Chunk::Office)]
    #[case("/people/new", "", Chunk::Office)]
    #[case("/audit", "?action=sign_in", Chunk::Office)]
    #[case("/me/account", "", Chunk::Record)]
    #[case("/sign-in/code", "", Chunk::Record)]
    #[case("/setup", "", Chunk::Record)]
    #[case("/report", "?year=2026", Chunk::Display)]
    #[case("/", "?screen=wall", Chunk::Display)]
    fn page_belongs_to_the_chunk_of_its_screen(#[case] path: &str, #[case] query: &str, #[case] chunk: Chunk) {
        assert_eq!(Chunk::of_page(path, query), chunk);
    }
}
