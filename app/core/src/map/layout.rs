//! Layout of the map at a zoom level: clusters of organisations, and bundles of the pairings between them.

use crate::figures::overview::Overview;
use crate::map::cluster::{Cluster, clusters};
use crate::map::index::Features;
use crate::map::outline::project;
use crate::values::sort::sort_by;
use std::ops::Range;

/// Offset of a line's middle as a fraction of its length, which separates lines between the same clusters.
const BEND: f64 = 0.12;
/// Distance below which points are clustered, in units of the plane at zoom 1.
const CLUSTER_DISTANCE: f64 = 24.0;
/// Number of straight segments that approximate a curve for hit testing.
const SEGMENTS: u32 = 12;
/// Number of organisations above which the cluster distance grows.
const CROWDED_FROM: f64 = 100.0;

/// Quadratic Bézier curve on the plane: start, control point, end.
pub type Curve = [(f64, f64); 3];

/// Bundle of pairings of one programme between two clusters.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeBundle {
    /// Index of the programme in the layout.
    pub programme: usize,
    /// Number of entries.
    pub entries: u64,
    /// Curve to draw.
    pub curve: Curve,
    /// Range in the layout's list of pairings.
    pairings: Range<usize>,
}

/// Cluster of organisations.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkerCluster {
    /// Indices of the organisations in the overview.
    pub organisations: Vec<usize>,
    /// Centre on the plane.
    pub middle: (f64, f64),
    /// Index of the main programme in the layout; `None` if the organisations differ.
    pub programme: Option<usize>,
    /// Whether all positions are approximate.
    pub approximate: bool,
}

/// Layout of the map at a zoom level.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapLayout {
    /// Codes of the programmes in use.
    pub programmes: Vec<String>,
    /// Bundles of pairings.
    pub bundles: Vec<EdgeBundle>,
    /// Clusters of organisations.
    pub clusters: Vec<MarkerCluster>,
    /// Indices in the overview of pairings inside one cluster.
    pub within: Vec<usize>,
    /// Pairings of all bundles, bundle by bundle.
    pairings: Vec<usize>,
}

impl MapLayout {
    /// Computes clusters and bundles for a zoom level.
    pub fn new(overview: &Overview, features: &Features, zoom: f64) -> Self {
        let places: Vec<(f64, f64)> = features.points.iter().map(|point| project(point.position)).collect();
        // The cluster distance grows with the number of points to keep the map readable.
        let density = (features.points.len() as f64 / CROWDED_FROM).sqrt().clamp(1.0, 7.0);
        let gathered = clusters(&places, CLUSTER_DISTANCE * density / zoom);
        let mut cluster_of: Vec<Option<usize>> = vec![None; overview.organisations.len()];
        for (number, cluster) in gathered.iter().enumerate() {
            for point in cluster.members.iter().filter_map(|member| features.points.get(*member)) {
                cluster_of.get_mut(point.organisation).into_iter().for_each(|cluster| *cluster = Some(number));
            }
        }
        let mut layout = Self::default();
        // Start cluster, end cluster, programme, line index: sorting groups the lines of a bundle.
        let mut lines: Vec<(usize, usize, usize, usize)> = Vec::with_capacity(features.lines.len());
        for (number, line) in features.lines.iter().enumerate() {
            let Some(pairing) = overview.pairings.get(line.pairing) else { continue };
            let [Some(a), Some(b)] = line.ends.map(|end| cluster_of.get(end).copied().flatten()) else { continue };
            if a == b {
                layout.within.push(line.pairing);
            } else {
                lines.push((a, b, layout.number_of(&pairing.programme), number));
            }
        }
        sort_by(&mut lines, Ord::cmp);
        let at = |number: usize| gathered.get(number).map(|cluster| cluster.middle).unwrap_or_default();
        // Number of bundles already drawn between the same two clusters.
        let (mut between, mut turn) = (None, 0);
        for bundle in lines.chunk_by(|a, b| (a.0, a.1, a.2) == (b.0, b.1, b.2)) {
            let Some(&(a, b, programme, _)) = bundle.first() else { continue };
            turn = if between == Some((a, b)) { turn + 1 } else { 0 };
            between = Some((a, b));
            let (begins, mut entries) = (layout.pairings.len(), 0);
            for line in bundle.iter().filter_map(|line| features.lines.get(line.3)) {
                layout.pairings.push(line.pairing);
                entries += line.counts.entries;
            }
            let pairings = begins..layout.pairings.len();
            layout.bundles.push(EdgeBundle { programme, entries, curve: curve([at(a), at(b)], turn), pairings });
        }
        layout.clusters =
            gathered.into_iter().map(|cluster| layout.marker_cluster(cluster, overview, features)).collect();
        layout
    }

    /// Returns the index of a programme, adding it if necessary.
    fn number_of(&mut self, code: &str) -> usize {
        self.programmes.iter().position(|programme| programme == code).unwrap_or_else(|| {
            self.programmes.push(code.to_owned());
            self.programmes.len() - 1
        })
    }

    fn marker_cluster(&mut self, cluster: Cluster, overview: &Overview, features: &Features) -> MarkerCluster {
        let points = || cluster.members.iter().filter_map(|member| features.points.get(*member));
        let programme = |organisation: usize| {
            overview.organisations.get(organisation).map(|organisation| organisation.programme.as_str())
        };
        let first = points().next().and_then(|point| programme(point.organisation));
        let is_same = points().all(|point| programme(point.organisation) == first);
        MarkerCluster {
            organisations: points().map(|point| point.organisation).collect(),
            middle: cluster.middle,
            programme: first.filter(|_| is_same).map(|code| self.number_of(code)),
            approximate: points().all(|point| point.approximate),
        }
    }

    /// Returns the code of a programme.
    pub fn programme(&self, number: usize) -> &str {
        self.programmes.get(number).map(String::as_str).unwrap_or_default()
    }

    /// Returns the pairings of a bundle as indices in the overview.
    pub fn pairings(&self, bundle: &EdgeBundle) -> &[usize] {
        self.pairings.get(bundle.pairings.clone()).unwrap_or_default()
    }

    /// Returns the bundle nearest to a point of the plane, if it is closer than `within`.
    pub fn bundle_at(&self, point: (f64, f64), within: f64) -> Option<&EdgeBundle> {
        let gaps = self.bundles.iter().map(|bundle| (distance(bundle.curve, point), bundle));
        gaps.filter(|(distance, _)| *distance < within).min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, bundle)| bundle)
    }
}

fn curve([from, to]: [(f64, f64); 2], turn: usize) -> Curve {
    let ((x1, y1), (x2, y2)) = (from, to);
    let bend = BEND * (1.0 + (turn / 2) as f64) * if turn.is_multiple_of(2) { 1.0 } else { -1.0 };
    [from, ((x1 + x2) / 2.0 + (y2 - y1) * bend, (y1 + y2) / 2.0 - (x2 - x1) * bend), to]
}

/// Returns the distance of a point from a curve, approximated by straight segments.
fn distance([from, towards, to]: Curve, point: (f64, f64)) -> f64 {
    let at = |segment: u32| {
        let along = f64::from(segment) / f64::from(SEGMENTS);
        let mix = |from: f64, towards: f64, to: f64| {
            (1.0 - along).powi(2) * from + 2.0 * (1.0 - along) * along * towards + along.powi(2) * to
        };
        (mix(from.0, towards.0, to.0), mix(from.1, towards.1, to.1))
    };
    let of_segment = |segment: u32| {
        let (start, end) = (at(segment), at(segment + 1));
        let (across, down) = (end.0 - start.0, end.1 - start.1);
        let length = (across * across + down * down).max(f64::EPSILON);
        let along = (((point.0 - start.0) * across + (point.1 - start.1) * down) / length).clamp(0.0, 1.0);
        (start.0 + along * across - point.0).hypot(start.1 + along * down - point.1)
    };
    (0..SEGMENTS).map(of_segment).fold(f64::MAX, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::figure::Filter;
    use crate::fixtures::pairings::paired;
    use crate::map::index::MapIndex;

    fn features(overview: &Overview) -> Features {
        MapIndex::new(overview, None).features(overview, &Filter::default())
    }

    #[test]
    fn layout_includes_every_pairing_and_organisation() {
        let overview = paired(2_000);
        let features = features(&overview);
        let mut drawn = Vec::new();
        for zoom in [1.0, 4.0, 16.0] {
            let layout = MapLayout::new(&overview, &features, zoom);
            let bundled = layout.bundles.iter().flat_map(|bundle| layout.pairings(bundle));
            let mut pairings: Vec<usize> = bundled.chain(&layout.within).copied().collect();
            pairings.sort_unstable();
            assert_eq!(pairings, (0..2_000).collect::<Vec<_>>(), "at zoom {zoom}");
            let gathered: usize = layout.clusters.iter().map(|cluster| cluster.organisations.len()).sum();
            assert_eq!(gathered, 4_000, "at zoom {zoom}");
            drawn.push(layout.bundles.len() + layout.clusters.len());
        }
        assert!(drawn.is_sorted() && drawn[0] < 500, "closer means more: {drawn:?}");
    }

    #[test]
    fn bundles_between_same_clusters_have_distinct_curves() {
        let overview = paired(2_000);
        let layout = MapLayout::new(&overview, &features(&overview), 1.0);
        for (index, bundle) in layout.bundles.iter().enumerate() {
            assert!(layout.bundles[index + 1..].iter().all(|later| later.curve != bundle.curve));
            let of = |pairing: &usize| overview.pairings[*pairing].programme == layout.programme(bundle.programme);
            assert!(layout.pairings(bundle).iter().all(of));
        }
    }

    #[test]
    fn bundle_at_finds_nearest_curve() {
        let overview = paired(40);
        let layout = MapLayout::new(&overview, &features(&overview), 4.0);
        assert!(layout.bundles.len() > 5);
        for bundle in &layout.bundles {
            let [from, towards, to] = bundle.curve;
            // Midpoint of the quadratic curve.
            let middle = (from.0 / 4.0 + towards.0 / 2.0 + to.0 / 4.0, from.1 / 4.0 + towards.1 / 2.0 + to.1 / 4.0);
            let nearest = layout.bundle_at(middle, 2.0).unwrap();
            assert!(distance(nearest.curve, middle) <= distance(bundle.curve, middle), "none is nearer");
            assert!(distance(bundle.curve, middle) < 1.0);
        }
        assert_eq!(layout.bundle_at((1.0, 1.0), 2.0), None);
    }
}
