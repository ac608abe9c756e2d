//! The filter in the address of the page.

use super::query::{ALL_YEARS, year_of};
use crate::state::use_app_state;
use jiedui_core::figures::figure::Filter;
use jiedui_core::values::month::Month;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Returns the filter of the shared view. Without a year in the address it is the latest year that has figures.
pub fn use_filter() -> Memo<Filter> {
    let app = use_app_state();
    let filter = filter_with_year(|years, given| year_of(given, years));
    Effect::new(move |_| app.overviews.wanted.set(filter.get()));
    filter
}

/// Returns the filter of a queue or a list. Without a year in the address it is every year.
pub fn use_list_filter() -> Memo<Filter> {
    filter_with_year(|years, given| year_of(given.or(Some(ALL_YEARS)), years))
}

fn filter_with_year(year: fn(&[i32], Option<&str>) -> Option<i32>) -> Memo<Filter> {
    let query = use_query_map();
    let app = use_app_state();
    Memo::new(move |_| {
        let query = query.get();
        let given = |name: &str| query.get(name).filter(|value| !value.is_empty());
        let year = app.overviews.years.with(|years| year(years, given("year").as_deref()));
        let verified_only = given("include").as_deref() == Some("verified");
        let month = |name: &str| given(name)?.parse::<Month>().ok();
        let (from, until) = (month("from"), month("until"));
        Filter { year, programme: given("programme"), place: given("place"), verified_only, from, until }
    })
}
