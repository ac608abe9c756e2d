//! Shades counties, or the towns of one county, by an indicator's quantile classes.

use crate::svg::map::ShadedCounty;
use crate::svg::place_names::Town;
use jiedui_core::directory::place::{Level, Place, covers};
use jiedui_core::figures::breakdown::{Dimension, Group};
use jiedui_core::figures::{figure::Filter, overview::Overview};
use jiedui_core::map::choropleth::QuantileClasses;
use jiedui_core::map::index::{Position, spread_positions};
use jiedui_core::map::outline::project;
use jiedui_core::values::quantity::Quantity;
use jiedui_core::values::sort::collect_sorted;
use std::collections::BTreeMap;

/// Shaded places and their classes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shading {
    /// Shaded counties; empty where the filter is for one county.
    pub counties: Vec<ShadedCounty>,
    /// Towns of the county that the filter is for.
    pub towns: Vec<Town>,
    /// Classes of the amounts.
    pub classes: QuantileClasses,
}

/// Computes the shading by an indicator; `None` where the catalogue does not have it.
pub fn shading(overview: &Overview, filter: &Filter, code: &str) -> Option<Shading> {
    let indicator = overview.catalogue.indicator(code)?;
    let county = filter.place.as_deref().map(|place| Level::County.ancestor_code(place));
    let county = county.filter(|county| county.len() == Level::County.digits());
    // Shades every county, even if the filter is for a city, or every town of the filter's county.
    let filter = Filter { place: county.map(str::to_owned), programme: None, ..filter.clone() };
    let level = if county.is_some() { Level::Township } else { Level::County };
    let slices = overview.selection(indicator, &filter).split(Dimension::Place(level)).unwrap_or_default();
    let amounts = slices.into_iter().filter_map(|slice| match slice.of {
        Group::Place(code) if county.is_none_or(|county| covers(county, &code)) => Some((code, slice.value)),
        _ => None,
    });
    let amounts: BTreeMap<String, Quantity> = collect_sorted(amounts);
    let classes = QuantileClasses::of(amounts.values().copied());
    let shade = |amount: &Quantity| (classes.class_of(*amount), amount.shown());
    let Some(county) = county else {
        let counties = amounts.iter().map(|(code, amount)| {
            let (class, title) = shade(amount);
            ShadedCounty { code: code.clone(), class, title }
        });
        return Some(Shading { counties: counties.collect(), towns: Vec::new(), classes });
    };
    let places: Vec<&Place> = overview.places.iter().filter(|place| place.parent == county).collect();
    let positions = spread_positions(county, places.len());
    let town = |(place, position): (&Place, &Position)| Town {
        code: place.code.clone(),
        name: place.name.clone(),
        at: project(*position),
        shade: amounts.get(&place.code).map(shade),
    };
    let towns = places.into_iter().zip(&positions).map(town).collect();
    Some(Shading { counties: Vec::new(), towns, classes })
}
