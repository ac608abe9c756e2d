//! A ledger item as a row of a list.

use crate::labels::code::ledger_status;
use crate::labels::texts::fill;
use crate::state::AppState;
use crate::storage::ledger_view::{ItemView, SyncState};
use jiedui_core::figures::overview::Overview;
use jiedui_core::ledger::{Item, Status};
use jiedui_core::values::date::format_date;
use leptos::prelude::*;
use time::Date;

/// Returns the CSS class of a status.
pub fn status_class(status: Status) -> &'static str {
    match status {
        Status::Open => "state waiting",
        Status::Matched | Status::UnderWay => "state busy",
        Status::Met => "state done",
        Status::Dropped => "state received",
    }
}

/// Formats the amount with its unit.
pub fn amount(item: &Item) -> String {
    item.amount.map(|amount| format!("{amount} {}", item.unit)).unwrap_or_default()
}

/// Renders an item of a list.
pub fn ledger_row(app: AppState, overview: &Overview, view: &ItemView, today: Date) -> impl IntoView + use<> {
    let texts = app.texts;
    let item = &view.item;
    let place = {
        let code = item.place.clone();
        move || app.geography.places.with(|places| places.label(&code))
    };
    let programme = overview.catalogue.programme(&item.programme);
    let programme =
        programme.map(|programme| app.pick(&programme.name, &programme.name_en).to_owned()).unwrap_or_default();
    let due = item.due.map(|due| fill(texts.need_by(), &[&format_date(due)]));
    let facts: Vec<String> = [item.year.to_string(), programme, amount(item), item.responsible.clone()]
        .into_iter()
        .chain(due)
        .filter(|text| !text.is_empty())
        .collect();
    let sync_state = match &view.sync_state {
        SyncState::Sent => None,
        SyncState::Waits => Some(("state waiting", texts.state_on_phone())),
        SyncState::Refused(_) => Some(("state bad", texts.state_refused())),
    };
    let late = item.is_overdue(today).then(|| view! { " "<span class="state bad">{texts.need_overdue()}</span> });
    view! {
        <li class="entry" data-need=view.id.to_string()>
            <a href=format!("/needs/{}", view.id)>
                <strong>{item.title.clone()}</strong>
                <span>{place}</span>
                <span>{facts.join(" · ")}</span>
            </a>
            <span class=status_class(item.status)>{ledger_status(texts, item.status)}</span>
            {late}
            {sync_state.map(|(class, words)| view! { " "<span class=class>{words}</span> })}
        </li>
    }
}
