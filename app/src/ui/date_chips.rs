//! The last three days as chips above a date input.

use crate::state::use_app_state;
use crate::ui::chips::{Chip, Chips};
use jiedui_core::values::date::format_date;
use leptos::prelude::*;
use time::Date;

/// Today and the two days before.
#[component]
pub fn DateChips(
    /// Today's date.
    today: Date,
    /// Chosen date; it can be another one.
    #[prop(into)]
    value: Signal<String>,
    /// Receives the date of the pressed day.
    on_choose: Callback<String>,
) -> impl IntoView {
    let texts = use_app_state().texts;
    let days = [Some(today), today.previous_day(), today.previous_day().and_then(Date::previous_day)];
    let names = [texts.today(), texts.yesterday(), texts.day_before_yesterday()];
    let options: Vec<Chip> = days
        .into_iter()
        .zip(names)
        .filter_map(|(day, name)| Some(Chip { value: format_date(day?), text: name.to_owned() }))
        .collect();
    view! { <Chips label=texts.last_days() options value on_choose/> }
}
