//! Screens that the browser loads when the first of them is needed, and the sync: the shared view, which most people see first, is
//! there without them. The service worker keeps their file with the others, so they are there offline too.

use crate::components::filter_bar::use_filter;
use crate::components::loading::Loading;
use crate::components::map::{Chosen, Leaf, Sheet};
use crate::model::{Model, use_model};
use crate::pages::{
    ActivityOf, CatalogueList, Choose, ConflictOf, Detail, EditEntry, Entries, ImportTable, IndicatorEdit, IndicatorOf,
    List, NeedOf, Needs, NewEntry, OrganisationEdit, OrganisationOf, Organisations, PairingEdit, Report, Review,
    SignIn, Work,
};
use crate::sync::{self, village};
use futures::FutureExt;
use gloo_timers::future::TimeoutFuture;
use jiedui_core::access::user::User;
use leptos::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

/// One of these screens, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// Signing in.
    SignIn,
    /// All entries.
    List,
    /// One of them.
    Detail,
    /// What waits for a reviewer.
    Review,
    /// The directory.
    Organisations,
    /// One organisation.
    Organisation,
    /// An organisation that is changed.
    OrganisationEdit,
    /// A pairing that is changed.
    PairingEdit,
    /// One's entries.
    Entries,
    /// The choice of an activity.
    Choose,
    /// A new entry.
    New,
    /// An entry.
    Edit,
    /// A conflict.
    Conflict,
    /// Forms and indicators, for administrators.
    Catalogue,
    /// A form that is changed.
    Activity,
    /// An indicator that is changed.
    IndicatorEdit,
    /// What there is to do.
    Work,
    /// The ledgers.
    Needs,
    /// An item of one.
    Need,
    /// Bringing in a spreadsheet.
    Import,
    /// An indicator.
    Indicator,
    /// The report.
    Report,
    /// The wall screen.
    Wall,
    /// Links for others.
    Share,
    /// What counts at a village: nothing to be seen, but it is fetched.
    AtVillage,
    /// What is known of something on the map.
    Sheet {
        /// What.
        chosen: RwSignal<Option<Chosen>>,
        /// What the map shows.
        leaf: Memo<Arc<Leaf>>,
    },
}

#[wasm_split(later, fallible, preload(load_file))]
fn paint(screen: Screen) -> Result<AnyView, SplitLoaderError> {
    Ok(match screen {
        Screen::SignIn => view! { <SignIn/> }.into_any(),
        Screen::List => view! { <List/> }.into_any(),
        Screen::Detail => view! { <Detail/> }.into_any(),
        Screen::Organisations => view! { <Organisations/> }.into_any(),
        Screen::Organisation => view! { <OrganisationOf/> }.into_any(),
        Screen::OrganisationEdit => view! { <OrganisationEdit/> }.into_any(),
        Screen::PairingEdit => view! { <PairingEdit/> }.into_any(),
        Screen::Review => view! { <Review/> }.into_any(),
        Screen::Entries => view! { <Entries/> }.into_any(),
        Screen::Choose => view! { <Choose/> }.into_any(),
        Screen::New => view! { <NewEntry/> }.into_any(),
        Screen::Edit => view! { <EditEntry/> }.into_any(),
        Screen::Conflict => view! { <ConflictOf/> }.into_any(),
        Screen::Catalogue => view! { <CatalogueList/> }.into_any(),
        Screen::Activity => view! { <ActivityOf/> }.into_any(),
        Screen::IndicatorEdit => view! { <IndicatorEdit/> }.into_any(),
        Screen::Work => view! { <Work/> }.into_any(),
        Screen::Needs => view! { <Needs/> }.into_any(),
        Screen::Need => view! { <NeedOf/> }.into_any(),
        Screen::Import => view! { <ImportTable/> }.into_any(),
        Screen::Indicator => view! { <IndicatorOf/> }.into_any(),
        Screen::Report => view! { <Report/> }.into_any(),
        Screen::Wall => view! { <crate::components::wall::Wall/> }.into_any(),
        Screen::Share => view! { <crate::components::share::Share/> }.into_any(),
        Screen::AtVillage => {
            village::follow(use_model(), use_filter());
            ().into_any()
        }
        Screen::Sheet { chosen, leaf } => view! { <Sheet chosen leaf/> }.into_any(),
    })
}

#[wasm_split(later, fallible)]
fn start_sync(model: Model, user: User) -> Result<(), SplitLoaderError> {
    spawn_local(sync::begin(model, user));
    Ok(())
}

/// Begins the sync of somebody who has signed in: the shared view is there without it.
pub async fn begin_sync(model: Model, user: User) {
    while start_sync(model, user.clone()).await.is_err() {
        tell_page(NOT_LOADED);
        TimeoutFuture::new(AGAIN).await;
    }
}

/// After how many milliseconds a load that failed is tried again where nobody waits for it.
const AGAIN: u32 = 5_000;

/// Tells the page's scripts that something did not load: the server may have been upgraded, and have it no more.
const NOT_LOADED: &str = "jiedui-not-loaded";

/// Tells the page's scripts (`public/start.js`) of something.
pub fn tell_page(event: &str) {
    if let Ok(event) = web_sys::Event::new(event) {
        let _ = document().dispatch_event(&event);
    }
}

/// On the server they are always there.
static IS_THERE: AtomicBool = AtomicBool::new(cfg!(not(target_arch = "wasm32")));

/// Loads them; false where that failed, which may be tried again.
pub async fn load() -> bool {
    #[cfg(target_arch = "wasm32")]
    match load_file().await {
        Ok(()) => IS_THERE.store(true, Ordering::Relaxed),
        Err(_) => tell_page(NOT_LOADED),
    }
    IS_THERE.load(Ordering::Relaxed)
}

/// Whether an address's page is one of them.
pub fn is_at(path: &str, query: &str) -> bool {
    path != "/" || query.contains("screen=wall")
}

/// A screen once it is there.
#[component]
pub fn Later(
    /// Which.
    screen: Screen,
) -> impl IntoView {
    let texts = use_model().texts;
    let there = RwSignal::new(IS_THERE.load(Ordering::Relaxed));
    let failed = RwSignal::new(false);
    let fetch = move || {
        failed.set(false);
        spawn_local(async move {
            if load().await {
                there.set(true);
            } else {
                failed.set(true);
            }
        });
    };
    if !there.get_untracked() {
        fetch();
    }
    move || {
        if there.get() {
            paint(screen).now_or_never().and_then(Result::ok)
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
    }
}
