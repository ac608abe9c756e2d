//! One entry, whoever made it.

use crate::components::decide::{Decide, may_decide};
use crate::components::entry_card::{EntryCard, Way};
use crate::components::entry_list::use_entries;
use crate::components::loading::LoadingStored;
use crate::model::use_model;
use crate::store::known::Known;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use uuid::Uuid;

/// The screen.
#[component]
pub fn Detail() -> impl IntoView {
    let model = use_model();
    let texts = model.texts;
    super::title(texts.entry);
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| Uuid::parse_str(&id).ok()));
    let entries = use_entries(|| true);
    // Its way is asked for again when the entry has changed, not with every look at the list.
    let known = Memo::new(move |_| {
        let entries = entries.get()?;
        Some(entries.iter().find(|own| Some(own.id) == id.get()).cloned())
    });
    let shown = RwSignal::new(None::<Known>);
    Effect::new(move |_| {
        if let Some(Some(known)) = known.get() {
            shown.set(Some(known));
        }
    });
    // What is being done on the screen goes on when the entry changes: it is built anew for another entry alone.
    let which =
        Memo::new(move |_| known.with(|known| known.as_ref().map(|known| known.as_ref().map(|known| known.id))));
    move || {
        let Some(user) = model.user.get() else { return view! { <super::PleaseSignIn/> }.into_any() };
        let known = match (which.get(), known.get_untracked()) {
            (Some(Some(_)), Some(Some(known))) => known,
            (Some(None), _) => return view! { <p class="empty">{texts.entry_not_here}</p> }.into_any(),
            _ => return view! { <LoadingStored/> }.into_any(),
        };
        let overview = model.received.get_untracked().unwrap_or_default();
        let programme = overview.catalogue.activity(&known.entry.activity).map(|own| own.programme.clone());
        let decides = programme.is_some_and(|code| may_decide(&user, &code, &known.entry.place));
        let own = known.entry.author == Some(user.id);
        let edit = format!("/entries/{}", known.id);
        let now = Signal::derive(move || shown.get().unwrap_or_else(|| known.clone()));
        let card = move || {
            let all = entries.get_untracked().unwrap_or_default();
            view! { <EntryCard known=now.get() all/> }
        };
        view! {
            <section class="narrow detail">
                {card}
                {own.then(|| view! { <p><a class="button" href=edit>{texts.edit}</a></p> })}
                {decides.then(|| view! { <Decide known=now/> })}
                {move || view! { <Way known=now.get()/> }}
            </section>
        }
        .into_any()
    }
}
