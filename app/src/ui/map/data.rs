//! Data of the map under a filter, and what the user has selected on it.

use jiedui_core::figures::figure::Filter;
use jiedui_core::figures::overview::Overview;
use jiedui_core::map::index::Features;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// Pairings or organisations that the user has selected.
#[derive(Clone, Debug, PartialEq)]
pub enum MapSelection {
    /// One pairing or several whose lines overlap.
    Pairings(Vec<Uuid>),
    /// One organisation or several in a cluster.
    Organisations(Vec<Uuid>),
}

/// An overview and its features that match a filter.
#[derive(Clone, Debug, Default)]
pub struct MapData {
    /// The overview.
    pub overview: Arc<Overview>,
    /// The filter.
    pub filter: Filter,
    /// Lines and points under the filter.
    pub features: Features,
    /// Pairings whose number of entries has changed, by number; they flash.
    pub changed: BTreeSet<usize>,
}

/// A filter, and the number of entries of each pairing under it, by the pairing's number.
pub type PreviousCounts = (Filter, Vec<(usize, u64)>);

/// Returns the pairings whose number of entries differs from the previous one under the same filter.
pub fn changed_pairings(
    previous: &mut Option<PreviousCounts>,
    filter: &Filter,
    features: &Features,
) -> BTreeSet<usize> {
    let counts: Vec<(usize, u64)> = features.lines.iter().map(|line| (line.pairing, line.counts.entries)).collect();
    let changed = match previous {
        Some((earlier, before)) if earlier == filter && before.len() == counts.len() => {
            let pairs = before.iter().zip(&counts);
            pairs.filter(|(before, after)| before != after).map(|(_, (number, _))| *number).collect()
        }
        _ => BTreeSet::new(),
    };
    *previous = Some((filter.clone(), counts));
    changed
}
