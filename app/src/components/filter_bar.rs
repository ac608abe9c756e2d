//! The filters of the shared view. They live in the address, so a link shows the same to everybody.

use crate::boot::{ALL_YEARS, year_of};
use crate::components::address::{Step, use_address};
use crate::model::use_model;
use jiedui_core::domain::place::Level;
use jiedui_core::domain::{Filter, Month, Overview, Programme, Side};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The filter that the address holds. Without a year it is the latest that has figures.
pub fn use_filter() -> Memo<Filter> {
    let query = use_query_map();
    let model = use_model();
    Memo::new(move |_| {
        let query = query.get();
        let given = |name: &str| query.get(name).filter(|value| !value.is_empty());
        let year = model.years.with(|years| year_of(given("year").as_deref(), years));
        let verified_only = given("include").as_deref() == Some("verified");
        let month = |name: &str| given(name)?.parse::<Month>().ok();
        let (from, until) = (month("from"), month("until"));
        Filter { year, programme: given("programme"), place: given("place"), verified_only, from, until }
    })
}

/// A filter as the query of an address, with its question mark.
pub fn query_of(filter: &Filter) -> String {
    let year = filter.year.map_or(ALL_YEARS.to_owned(), |year| year.to_string());
    let month = |month: Option<Month>| month.map(|month| month.to_string());
    let given = [
        ("year", Some(year)),
        ("programme", filter.programme.clone()),
        ("place", filter.place.clone()),
        ("include", filter.verified_only.then(|| "verified".to_owned())),
        ("from", month(filter.from)),
        ("until", month(filter.until)),
    ];
    // Codes, years and months need no escaping.
    let pairs: Vec<String> = given.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))).collect();
    format!("?{}", pairs.join("&"))
}

/// The filters, for a finger. With JavaScript off they are a form with a button.
#[component]
pub fn FilterBar(
    /// The filter in force.
    filter: Memo<Filter>,
) -> impl IntoView {
    let model = use_model();
    let texts = model.texts;
    let address = use_address();
    let set = move |name| {
        move |event| {
            // Months of one year are none of another.
            let more = (name == "year").then(|| [("from", String::new()), ("until", String::new())]);
            let mut changes = vec![(name, event_target_value(&event))];
            changes.extend(more.into_iter().flatten());
            address.change(&changes, Step::Further);
        }
    };
    let overview = move || model.shown.get().unwrap_or_default();
    let chosen_year = Memo::new(move |_| filter.get().year);
    let years = Memo::new(move |_| years_shown(model.years.get(), chosen_year.get(), model.today.year()));
    let programmes = Memo::new(move |_| {
        let programme = |own: &Programme| (own.code.clone(), model.pick(&own.name, &own.name_en).to_owned());
        overview().catalogue.programmes.iter().map(programme).collect::<Vec<_>>()
    });
    let places = Memo::new(move |_| places_shown(&overview()));
    let year = move || filter.get().year.map_or(ALL_YEARS.to_owned(), |year| year.to_string());
    let programme = move || filter.get().programme.unwrap_or_default();
    let place = move || filter.get().place.unwrap_or_default();
    let include = move || if filter.get().verified_only { "verified" } else { "" };
    view! {
        <form class="filters" method="get" action="/" on:submit=|event| event.prevent_default()>
            <label>
                <span>{texts.year}</span>
                <select name="year" on:change=set("year") prop:value=year>
                    {move || options(years.get().into_iter().map(|own| (own.to_string(), own.to_string())), year)}
                    <option value=ALL_YEARS selected=move || filter.get().year.is_none()>{texts.all_years}</option>
                </select>
            </label>
            <label>
                <span>{texts.programme}</span>
                <select name="programme" on:change=set("programme") prop:value=programme>
                    <option value="">{texts.all_programmes}</option>
                    {move || options(programmes.get(), programme)}
                </select>
            </label>
            <label>
                <span>{texts.place}</span>
                <select name="place" on:change=set("place") prop:value=place>
                    <option value="">{texts.all_places}</option>
                    {move || options(places.get(), place)}
                </select>
            </label>
            <label>
                <span>{texts.include}</span>
                <select name="include" on:change=set("include") prop:value=include>
                    <option value="">{texts.include_all}</option>
                    <option value="verified" selected=move || filter.get().verified_only>{texts.include_verified}</option>
                </select>
            </label>
            <button class="no-script">{texts.apply}</button>
        </form>
    }
}

/// Choices of values with their names.
fn options(
    of: impl IntoIterator<Item = (String, String)>,
    chosen: impl Fn() -> String + Copy + Send + 'static,
) -> impl IntoView {
    let option = |(value, name): (String, String)| {
        let own = value.clone();
        view! { <option value=value selected=move || chosen() == own>{name}</option> }
    };
    of.into_iter().map(option).collect_view()
}

fn years_shown(mut years: Vec<i32>, chosen: Option<i32>, this_year: i32) -> Vec<i32> {
    years.extend(chosen);
    years.push(this_year);
    years.sort_unstable_by(|one, other| other.cmp(one));
    years.dedup();
    years
}

/// Both regions, Guiyang's counties, Luodian's towns.
fn places_shown(overview: &Overview) -> Vec<(String, String)> {
    let shown = overview.places.iter().filter(|place| match place.level {
        Level::City | Level::County => true,
        Level::Township => place.side == Side::B,
        Level::Village => false,
    });
    let indent = |place: &jiedui_core::domain::Place| match (place.level, place.side) {
        (Level::City, _) | (Level::County, Side::B) => "",
        _ => "\u{3000}",
    };
    shown.map(|place| (place.code.clone(), format!("{}{}", indent(place), place.name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_an_address_that_names_all_of_it() {
        let month = |text: &str| text.parse::<Month>().ok();
        let filter = Filter {
            year: Some(2023),
            programme: Some("labour".into()),
            place: Some("522728".into()),
            verified_only: true,
            from: month("2023-02"),
            until: month("2023-05"),
        };
        let address = "?year=2023&programme=labour&place=522728&include=verified&from=2023-02&until=2023-05";
        assert_eq!(query_of(&filter), address);
        assert_eq!(query_of(&Filter::default()), "?year=all");
    }
}
