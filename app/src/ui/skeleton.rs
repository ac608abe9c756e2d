//! Placeholder of a list that is being read: grey bars in place of its rows.

use crate::ui::loading::LoadingStored;
use leptos::prelude::*;

/// Number of rows of the placeholder.
const ROWS: usize = 6;

/// Grey rows below the words of [`LoadingStored`].
#[component]
pub fn Skeleton() -> impl IntoView {
    view! {
        <LoadingStored/>
        <div class="skeleton" aria-hidden="true">{(0..ROWS).map(|_| view! { <div></div> }).collect_view()}</div>
    }
}
