//! Places by entries or by an indicator's figure. Only places are compared, never people. Places without entries are listed too:
//! they are the news.

use super::approved::Approved;
use crate::directory::place::{Level, Place, Side};
use crate::figures::figure::Filter;
use crate::figures::overview::Overview;
use crate::figures::target_status::adds_up;
use crate::values::quantity::Quantity;
use crate::values::sort::sort_by;

/// Value by which places are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RankBy {
    /// The number of entries.
    #[default]
    Entries,
    /// The figure of the indicator with this code.
    Indicator(String),
}

/// Order of the places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The largest value first.
    Value,
    /// By code, as in every list of places: an office may not rank them.
    Code,
}

/// A place in a ranking.
#[derive(Clone, Debug, PartialEq)]
pub struct RankRow {
    /// Code of the place.
    pub place: String,
    /// Name of the place.
    pub name: String,
    /// Value that a filter for the place shows. Zero without entries.
    pub value: Quantity,
    /// Approved part of the value; `None` where parts do not add up, such as those of a mean.
    pub verified: Option<Quantity>,
    /// Number of entries.
    pub entries: u64,
}

/// Places below another, or below the supported region.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// Value by which the places are compared.
    pub by: RankBy,
    /// The places.
    pub rows: Vec<RankRow>,
}

impl Ranking {
    /// Computes the ranking of the places right below the filter's place, or of its neighbours where the overview has none below
    /// it. Without a place, it has the townships of the supported region. `None` where the overview does not count entries.
    pub fn new(overview: &Overview, filter: &Filter, by: RankBy, order: Order) -> Option<Self> {
        overview.counts_entries().then_some(())?;
        let indicator = match &by {
            RankBy::Entries => None,
            RankBy::Indicator(code) => overview.catalogue.indicator(code),
        };
        let row = |place: &Place| {
            let at = Filter { place: Some(place.code.clone()), ..filter.clone() };
            let (value, verified, entries) = match indicator {
                None => {
                    let Approved { entries, verified } = overview.approved(&at).unwrap_or_default();
                    (whole(entries), Some(whole(verified)), entries)
                }
                Some(indicator) => {
                    let figure = overview.selection(indicator, &Filter { programme: None, ..at }).figure();
                    let verified = adds_up(indicator).then(|| figure.verified.unwrap_or_default());
                    (figure.actual.unwrap_or_default(), verified, figure.entries)
                }
            };
            RankRow { place: place.code.clone(), name: place.short_name().to_owned(), value, verified, entries }
        };
        let mut rows: Vec<RankRow> = ranked_places(overview, filter.place.as_deref()).into_iter().map(row).collect();
        sort_by(&mut rows, |a, b| match order {
            Order::Value => b.value.cmp(&a.value).then_with(|| a.place.cmp(&b.place)),
            Order::Code => a.place.cmp(&b.place),
        });
        let by = if indicator.is_some() { by } else { RankBy::Entries };
        Some(Self { by, rows })
    }

    /// Returns the places without entries.
    pub fn silent(&self) -> impl Iterator<Item = &RankRow> {
        self.rows.iter().filter(|row| row.entries == 0)
    }
}

fn whole(number: u64) -> Quantity {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    Quantity::from_ten_thousandths(number.saturating_mul(10_000))
}

/// Returns the places that are compared under a filter for a place.
pub(super) fn ranked_places<'a>(overview: &'a Overview, place: Option<&str>) -> Vec<&'a Place> {
    let Some(place) = place else {
        let is_supported = |place: &&Place| place.level == Level::Township && place.side == Side::B;
        return overview.places.iter().filter(is_supported).collect();
    };
    let below = |parent: &str| overview.places.iter().filter(|place| place.parent == parent).collect::<Vec<&Place>>();
    let children = below(place);
    if !children.is_empty() {
        return children;
    }
    let township = Level::Township.ancestor_code(place);
    let own = overview.places.iter().find(|place| place.code == township);
    own.map(|own| below(&own.parent)).unwrap_or_default()
}
