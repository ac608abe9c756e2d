//! Placeholder of a list that is being read: grey bars in place of its rows.

use crate::state::use_app_state;
use crate::ui::loading::LoadingStored;
use leptos::prelude::*;

/// Number of rows of the placeholder.
const ROWS: usize = 6;

/// Grey rows below the words of [`LoadingStored`].
#[component]
pub fn Skeleton() -> impl IntoView {
    let is_refused = use_app_state().storage.is_refused;
    view! {
        <LoadingStored/>
        {move || (!is_refused.get()).then(|| view! { <SkeletonRows/> })}
    }
}

/// Grey rows.
#[component]
pub fn SkeletonRows() -> impl IntoView {
    view! { <div class="skeleton" aria-hidden="true">{(0..ROWS).map(|_| view! { <div></div> }).collect_view()}</div> }
}
