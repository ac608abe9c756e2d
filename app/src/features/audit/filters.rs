//! Filters of the audit log. They are in the address.

use crate::api::people;
use crate::labels::audit::action_name;
use crate::state::use_app_state;
use crate::ui::url_state::{HistoryStep, use_url_state};
use jiedui_core::audit::Action;
use leptos::ev::Event;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// The filters.
#[component]
pub fn Filters() -> impl IntoView {
    let texts = use_app_state().texts;
    let url = use_url_state();
    // Without the names, the other filters work.
    let people = RwSignal::new(Vec::<(String, String)>::new());
    Effect::new(move |_| {
        spawn_local(async move {
            if let Ok(users) = people::users().await {
                let named = users.into_iter().map(|user| (user.id.to_string(), user.name)).collect();
                let _ = people.try_set(named);
            }
        });
    });
    let set = move |name: &'static str| {
        move |event: Event| url.change(&[(name, event_target_value(&event))], HistoryStep::Further)
    };
    let value = move |name: &'static str| move || url.get(name).unwrap_or_default();
    let person = move |(id, name): (String, String)| {
        let of_option = id.clone();
        let selected = move || url.get("actor").as_ref() == Some(&of_option);
        view! { <option value=id selected=selected>{name}</option> }
    };
    let action = move |action: &Action| {
        let action = *action;
        let selected = move || url.get("action").as_deref() == Some(action.code());
        view! { <option value=action.code() selected=selected>{action_name(texts, action)}</option> }
    };
    let one_object = move || {
        url.get("object").map(|_| {
            let clear = move |_| url.change(&[("object", String::new())], HistoryStep::Further);
            view! {
                <p class="notice audit-object">
                    <span>{texts.audit_one_object()}</span>
                    <button type="button" class="button" on:click=clear>{texts.audit_all_objects()}</button>
                </p>
            }
        })
    };
    view! {
        <form class="filters" method="get" on:submit=|event| event.prevent_default()>
            <label>
                <span>{texts.audit_person()}</span>
                <select name="actor" on:change=set("actor")>
                    <option value="">{texts.audit_all_people()}</option>
                    {move || people.get().into_iter().map(person).collect_view()}
                </select>
            </label>
            <label>
                <span>{texts.audit_action()}</span>
                <select name="action" on:change=set("action")>
                    <option value="">{texts.audit_all_actions()}</option>
                    {Action::ALL.iter().map(action).collect_view()}
                </select>
            </label>
            <label>
                <span>{texts.audit_from()}</span>
                <input type="date" name="from" prop:value=value("from") on:change=set("from")/>
            </label>
            <label>
                <span>{texts.audit_until()}</span>
                <input type="date" name="until" prop:value=value("until") on:change=set("until")/>
            </label>
        </form>
        {one_object}
    }
}
