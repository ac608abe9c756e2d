//! Notice about filters in the address that cannot be read.

use super::query::unreadable;
use crate::labels::texts::{Texts, fill};
use crate::state::use_app_state;
use crate::ui::url_state::use_url_state;
use leptos::prelude::*;

/// Characters of an unreadable value that the notice shows.
const SHOWN: usize = 20;

/// Names the filters in the address that cannot be read.
#[component]
pub fn AddressNotice() -> impl IntoView {
    let app = use_app_state();
    let (texts, address) = (app.texts, use_url_state());
    let parameters = Memo::new(move |_| {
        let overview = app.overviews.server.get().filter(|overview| !overview.catalogue.programmes.is_empty());
        overview.map(|overview| unreadable(texts, &overview, |name| address.get(name))).unwrap_or_default()
    });
    move || unreadable_notice(texts, parameters.get())
}

/// Renders a notice about parameters, given by label and value; nothing where there are none.
pub fn unreadable_notice(texts: &'static Texts, parameters: Vec<(&'static str, String)>) -> impl IntoView {
    let line = move |(label, value): (&str, String)| {
        fill(texts.unreadable(), &[&label, &value.chars().take(SHOWN).collect::<String>()])
    };
    (!parameters.is_empty()).then(|| {
        let lines: Vec<String> = parameters.into_iter().map(line).collect();
        view! { <p class="notice bad" role="alert">{lines.join("；")}</p> }
    })
}
