//! Figures and summaries as handlers ask for them, from the caches and the database.

use super::overview_cache::CachedOverview;
use crate::clock::this_year;
use crate::db::figures::query;
use crate::db::figures::rollup::{TOWN, town};
use crate::db::{Db, DbError};
use crate::reference::cache::Cache;
use jiedui_core::figures::contribution::Contribution;
use jiedui_core::figures::figure::{Figure, Filter, figures};
use jiedui_core::figures::overview::Overview;
use std::sync::Arc;

/// Returns the summary of everything committed by now.
pub async fn summary(db: &Db, cache: &Cache) -> Result<Arc<CachedOverview>, DbError> {
    let (snapshot, change) = cache.up_to_date(db).await?;
    snapshot.overviews.current(db, &snapshot.reference, &snapshot.edition, change).await
}

/// Returns the overview of one village, which the whole overview does not contain.
pub async fn village_summary(db: &Db, cache: &Cache, village: &str) -> Result<Overview, DbError> {
    let snapshot = summary(db, cache).await?;
    let entries = query::entries_at(db, village, (0, 9999)).await?;
    Ok(snapshot.overview.of_village(village, entries.iter().map(|(id, entry)| (*id, entry))))
}

/// Returns the figures of a year under a filter; this year where the filter names none.
pub async fn yearly_figures(db: &Db, cache: &Cache, filter: Filter) -> Result<Vec<Figure>, DbError> {
    let filter = Filter { year: Some(filter.year.unwrap_or_else(this_year)), ..filter };
    let (snapshot, change) = cache.up_to_date(db).await?;
    let (catalogue, directory) = (&snapshot.reference.catalogue, snapshot.reference.directory());
    let place = filter.place.clone().unwrap_or_default();
    // Villages, and months of a year, are counted from what is smaller.
    if place != town(&place) || filter.from.is_some() || filter.until.is_some() {
        let parts = contributions_at(db, cache, &filter, |_| true).await?;
        return Ok(figures(&parts, &Filter { place: None, ..filter }, catalogue, directory));
    }
    let parts = snapshot.yearly.current(db, catalogue, (change, filter.year.unwrap_or_default()), place).await?;
    Ok(figures(&parts, &Filter { place: None, ..filter }, catalogue, directory))
}

/// The wanted parts that a filter takes: those in the filter's own township (or village) each at its village, others at
/// their townships.
pub async fn contributions_at(
    db: &Db,
    cache: &Cache,
    filter: &Filter,
    wanted: impl Fn(&Contribution) -> bool,
) -> Result<Vec<Contribution>, DbError> {
    let snapshot = summary(db, cache).await?;
    let reference = cache.current().reference.clone();
    let (catalogue, directory) = (&reference.catalogue, reference.directory());
    let compiled = filter.compile(catalogue, directory);
    let is_wanted = |part: &Contribution| wanted(part) && compiled.matches(part);
    let of_towns = snapshot.overview.contributions.iter().filter(|part| is_wanted(part)).cloned();
    let place = filter.place.as_deref().filter(|place| place.len() >= TOWN);
    let (Some(place), Some(year)) = (place, filter.year) else { return Ok(of_towns.collect()) };
    let at_villages = query::by_village(db, catalogue, year, place).await?.into_iter().filter(is_wanted);
    if place == town(place) {
        return Ok(at_villages.chain(of_towns.filter(|part| part.place != place)).collect());
    }
    // The pairings of the village count for it at any place, so the contributions at townships have them completely.
    let is_of_village = |part: &Contribution| part.pairing.is_some_and(|id| directory.is_pairing_at(id, place));
    let of_other_pairings = at_villages.filter(|part| !is_of_village(part));
    Ok(of_other_pairings.chain(of_towns.filter(is_of_village)).collect())
}
