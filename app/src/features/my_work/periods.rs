//! Closing and reopening of months by coordinators. Works online only: a closed month applies to all users at once.

use crate::api::endpoints;
use crate::labels::texts::fill;
use crate::labels::time_format::in_china;
use crate::state::use_app_state;
use jiedui_core::api::periods::ClosedMonth;
use jiedui_core::values::month::Month;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// Lists the months of the last year, each with a button.
#[component]
pub fn Periods() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let closed = RwSignal::new(None::<Vec<ClosedMonth>>);
    let failed = RwSignal::new(None::<String>);
    let show_error = move |error: crate::api::error::ApiError| {
        failed.set(Some(error.detail.unwrap_or_else(|| texts.needs_network().to_owned())))
    };
    Effect::new(move |_| {
        spawn_local(async move {
            match endpoints::periods().await {
                Ok(months) => closed.set(Some(months)),
                Err(error) => show_error(error),
            }
        });
    });
    let set = move |month: Month, close: bool| {
        let question = if close { texts.period_close_sure() } else { texts.period_open_sure() };
        if !window().confirm_with_message(&fill(question, &[&month])).unwrap_or(false) {
            return;
        }
        failed.set(None);
        spawn_local(async move {
            match endpoints::set_period(month, close, app.language).await {
                Ok(months) => closed.set(Some(months)),
                Err(error) => show_error(error),
            }
        });
    };
    let now = Month::from(app.today);
    let mut months: Vec<Month> = now.year_before().to(now).collect();
    months.reverse();
    let months = StoredValue::new(months);
    let item = move |month: Month, all: &[ClosedMonth]| {
        let closure = all.iter().find(|closed| closed.month == month.to_string()).cloned();
        let is_closed = closure.is_some();
        let closed_by = |closure: ClosedMonth| fill(texts.period_closed_by(), &[&closure.by, &in_china(&closure.at)]);
        let closed_by = closure.map(closed_by).unwrap_or_default();
        let button = if is_closed { texts.period_open() } else { texts.period_close() };
        view! {
            <li data-month=month.to_string()>
                <strong>{month.to_string()}</strong>
                <span class="hint">{closed_by}</span>
                <button type="button" class="button-quiet" on:click=move |_| set(month, !is_closed)>{button}</button>
            </li>
        }
    };
    view! {
        <details class="periods">
            <summary>{texts.periods()}</summary>
            <p class="hint">{texts.periods_lead()}</p>
            {move || failed.get().map(|why| view! { <p class="notice bad" role="alert">{why}</p> })}
            {move || closed.get().map(|all| view! {
                <ul class="periods-months">
                    {months.with_value(|months| months.iter().map(|month| item(*month, &all)).collect_view())}
                </ul>
            })}
        </details>
    }
}
