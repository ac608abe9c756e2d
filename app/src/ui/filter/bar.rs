//! The bar of selects that changes the filter.

use super::notice::AddressNotice;
use super::place_options::{LowerOptions, closest_option, lower_options, top_options};
use super::query::ALL_YEARS;
use crate::state::use_app_state;
use crate::ui::url_state::{HistoryStep, use_url_state};
use jiedui_core::catalogue::Programme;
use jiedui_core::figures::figure::Filter;
use jiedui_core::values::sort::sort_by;
use leptos::prelude::*;

/// Selects for the year, the programme and the place. Without JavaScript they are a form with a button.
#[component]
pub fn FilterBar(
    /// Current filter.
    filter: Memo<Filter>,
    /// Whether to offer a choice of verified entries only; a review queue does not.
    #[prop(default = true)]
    with_include: bool,
    /// Further controls of the page.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let address = use_url_state();
    let set = move |name| {
        move |event| {
            // A range of months belongs to its year.
            let months = (name == "year").then(|| [("from", String::new()), ("until", String::new())]);
            let mut changes = vec![(name, event_target_value(&event))];
            changes.extend(months.into_iter().flatten());
            address.change(&changes, HistoryStep::Further);
        }
    };
    let overview = move || app.overviews.local.get().unwrap_or_default();
    let chosen_year = Memo::new(move |_| filter.get().year);
    let years = Memo::new(move |_| year_options(app.overviews.years.get(), chosen_year.get(), app.today.year()));
    let programmes = Memo::new(move |_| {
        let option =
            |programme: &Programme| (programme.code.clone(), app.pick(&programme.name, &programme.name_en).to_owned());
        overview().catalogue.programmes.iter().map(option).collect::<Vec<_>>()
    });
    let places = Memo::new(move |_| top_options(&overview()));
    let year = move || filter.get().year.map_or(ALL_YEARS.to_owned(), |year| year.to_string());
    let programme = move || filter.get().programme.unwrap_or_default();
    let place =
        move || filter.with(|filter| closest_option(&places.get(), filter.place.as_deref().unwrap_or_default()));
    let needs_places = Memo::new(move |_| !matches!(place().len(), 0 | 4));
    Effect::new(move |_| {
        if needs_places.get() && app.geography.places.with_untracked(|places| places.all().is_empty()) {
            app.request_places();
        }
    });
    let lower = Memo::new(move |_| {
        let wanted = filter.with(|filter| filter.place.clone()).unwrap_or_default();
        app.geography.places.with(|tree| lower_options(tree, &place(), &wanted))
    });
    let include = move || if filter.get().verified_only { "verified" } else { "" };
    view! {
        <AddressNotice/>
        <form class="filters" method="get" on:submit=|event| event.prevent_default()>
            <label>
                <span>{texts.year()}</span>
                <select name="year" on:change=set("year") prop:value=year>
                    {move || options(years.get().into_iter().map(|year| (year.to_string(), year.to_string())), year)}
                    <option value=ALL_YEARS selected=move || filter.get().year.is_none()>{texts.all_years()}</option>
                </select>
            </label>
            <label>
                <span>{texts.programme()}</span>
                <select name="programme" on:change=set("programme") prop:value=programme>
                    <option value="">{texts.all_programmes()}</option>
                    {move || options(programmes.get(), programme)}
                </select>
            </label>
            <label>
                <span>{texts.place()}</span>
                <select name="place" on:change=set("place") prop:value=place>
                    <option value="">{texts.all_places()}</option>
                    {move || options(places.get(), place)}
                </select>
            </label>
            {move || lower.get().into_iter().map(|LowerOptions { above, options: places, chosen }| view! {
                <label class="scripted-only">
                    <span>{texts.place_below()}</span>
                    <select on:change=set("place")>
                        <option value=above>{texts.all_below()}</option>
                        {options(places, move || chosen.clone())}
                    </select>
                </label>
            }).collect_view()}
            {with_include.then(|| view! {
                <label>
                    <span>{texts.include()}</span>
                    <select name="include" on:change=set("include") prop:value=include>
                        <option value="">{texts.include_all()}</option>
                        <option value="verified" selected=move || filter.get().verified_only>{texts.include_verified()}</option>
                    </select>
                </label>
            })}
            {children.map(|children| children())}
            <button class="no-script">{texts.apply()}</button>
        </form>
    }
}

/// Renders options, given as values and names.
fn options(
    values: impl IntoIterator<Item = (String, String)>,
    chosen: impl Fn() -> String + Clone + Send + 'static,
) -> impl IntoView {
    let option = |(value, name): (String, String)| {
        let (code, chosen) = (value.clone(), chosen.clone());
        view! { <option value=value selected=move || chosen() == code>{name}</option> }
    };
    values.into_iter().map(option).collect_view()
}

/// Lists the years to choose from, the latest first.
fn year_options(mut years: Vec<i32>, chosen: Option<i32>, this_year: i32) -> Vec<i32> {
    years.extend(chosen);
    years.push(this_year);
    sort_by(&mut years, |left, right| right.cmp(left));
    years.dedup();
    years
}
