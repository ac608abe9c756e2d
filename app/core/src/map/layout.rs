//! What is drawn of the map at a zoom. What would overlap gathers: points into counts, and with them the pairings between
//! the same two.

use crate::figures::overview::Overview;
use crate::map::cluster::{Cluster, clusters};
use crate::map::index::Features;
use crate::map::outline::project;
use std::ops::Range;

/// How far a line's middle is pushed aside, as a share of its length: lines between the same places stay apart.
const BEND: f64 = 0.12;
/// Points nearer than this gather, in units of the plane at zoom 1.
const NEAR: f64 = 24.0;
/// Of how many straight pieces a curve is taken to be, where one asks how far it is.
const PIECES: u32 = 12;
/// Up to so many organisations gather only where they would overlap.
const FEW: f64 = 100.0;

/// A line bent to the side (quadratic Bézier), so that two of them do not cover each other: from, towards, to, on the plane.
pub type Curve = [(f64, f64); 3];

/// Pairings of one programme between two points of the map.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeBundle {
    /// The programme, by its number in the scene.
    pub programme: usize,
    /// How many entries they have.
    pub entries: u64,
    /// Where it is drawn.
    pub curve: Curve,
    /// Which of the scene's pairings they are.
    pairings: Range<usize>,
}

/// Organisations at one point of the map.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkerCluster {
    /// The organisations' numbers in the overview.
    pub organisations: Vec<usize>,
    /// Where it is drawn, on the plane.
    pub middle: (f64, f64),
    /// The programme that all of them take part in chiefly, by its number in the scene; none where they differ.
    pub programme: Option<usize>,
    /// Whether no position of them is known exactly.
    pub approximate: bool,
}

/// What is drawn at a zoom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapLayout {
    /// The codes of the programmes that are drawn.
    pub programmes: Vec<String>,
    /// The lines.
    pub bundles: Vec<EdgeBundle>,
    /// The points.
    pub clusters: Vec<MarkerCluster>,
    /// Pairings whose two ends are drawn as one point, by their numbers in the overview.
    pub within: Vec<usize>,
    /// Those of the bundles, one bundle after the other.
    pairings: Vec<usize>,
}

impl MapLayout {
    /// Gathers what would overlap.
    pub fn new(overview: &Overview, features: &Features, zoom: f64) -> Self {
        let places: Vec<(f64, f64)> = features.points.iter().map(|point| project(point.position)).collect();
        // The more there are, the farther they gather: a thousand lines tell nothing.
        let crowded = (features.points.len() as f64 / FEW).sqrt().clamp(1.0, 7.0);
        let gathered = clusters(&places, NEAR * crowded / zoom);
        let mut cluster_of: Vec<Option<usize>> = vec![None; overview.organisations.len()];
        for (number, cluster) in gathered.iter().enumerate() {
            for point in cluster.members.iter().filter_map(|member| features.points.get(*member)) {
                cluster_of.get_mut(point.organisation).into_iter().for_each(|own| *own = Some(number));
            }
        }
        let mut scene = Self::default();
        // From, to, programme, and which line: in order, what is one bundle comes together.
        let mut lines: Vec<(usize, usize, usize, usize)> = Vec::with_capacity(features.lines.len());
        for (number, line) in features.lines.iter().enumerate() {
            let Some(pairing) = overview.pairings.get(line.pairing) else { continue };
            let [Some(a), Some(b)] = line.ends.map(|end| cluster_of.get(end).copied().flatten()) else { continue };
            if a == b {
                scene.within.push(line.pairing);
            } else {
                lines.push((a, b, scene.number_of(&pairing.programme), number));
            }
        }
        lines.sort_unstable();
        let at = |number: usize| gathered.get(number).map(|own| own.middle).unwrap_or_default();
        // How many lines there are already between the same two.
        let (mut between, mut turn) = (None, 0);
        for alike in lines.chunk_by(|one, other| (one.0, one.1, one.2) == (other.0, other.1, other.2)) {
            let Some(&(a, b, programme, _)) = alike.first() else { continue };
            turn = if between == Some((a, b)) { turn + 1 } else { 0 };
            between = Some((a, b));
            let (begins, mut entries) = (scene.pairings.len(), 0);
            for line in alike.iter().filter_map(|own| features.lines.get(own.3)) {
                scene.pairings.push(line.pairing);
                entries += line.counts.entries;
            }
            let pairings = begins..scene.pairings.len();
            scene.bundles.push(EdgeBundle { programme, entries, curve: curve([at(a), at(b)], turn), pairings });
        }
        scene.clusters =
            gathered.into_iter().map(|cluster| scene.marker_cluster(cluster, overview, features)).collect();
        scene
    }

    /// The number of a programme; it gets one where it has none.
    fn number_of(&mut self, code: &str) -> usize {
        self.programmes.iter().position(|own| own == code).unwrap_or_else(|| {
            self.programmes.push(code.to_owned());
            self.programmes.len() - 1
        })
    }

    fn marker_cluster(&mut self, cluster: Cluster, overview: &Overview, features: &Features) -> MarkerCluster {
        let points = || cluster.members.iter().filter_map(|member| features.points.get(*member));
        let programme =
            |organisation: usize| overview.organisations.get(organisation).map(|own| own.programme.as_str());
        let first = points().next().and_then(|point| programme(point.organisation));
        let alike = points().all(|point| programme(point.organisation) == first);
        MarkerCluster {
            organisations: points().map(|point| point.organisation).collect(),
            middle: cluster.middle,
            programme: first.filter(|_| alike).map(|code| self.number_of(code)),
            approximate: points().all(|point| point.approximate),
        }
    }

    /// The code of a programme.
    pub fn programme(&self, number: usize) -> &str {
        self.programmes.get(number).map(String::as_str).unwrap_or_default()
    }

    /// The pairings of a bundle, by their numbers in the overview.
    pub fn pairings(&self, bundle: &EdgeBundle) -> &[usize] {
        self.pairings.get(bundle.pairings.clone()).unwrap_or_default()
    }

    /// The line that is nearest to a point of the plane, where one is nearer than `within`.
    pub fn line_at(&self, point: (f64, f64), within: f64) -> Option<&EdgeBundle> {
        let gaps = self.bundles.iter().map(|own| (gap(own.curve, point), own));
        gaps.filter(|(gap, _)| *gap < within).min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, own)| own)
    }
}

fn curve([from, to]: [(f64, f64); 2], turn: usize) -> Curve {
    let ((x1, y1), (x2, y2)) = (from, to);
    let bend = BEND * (1.0 + (turn / 2) as f64) * if turn.is_multiple_of(2) { 1.0 } else { -1.0 };
    [from, ((x1 + x2) / 2.0 + (y2 - y1) * bend, (y1 + y2) / 2.0 - (x2 - x1) * bend), to]
}

/// How far a point is from a curve, by way of straight pieces of it.
fn gap([from, towards, to]: Curve, point: (f64, f64)) -> f64 {
    let at = |piece: u32| {
        let along = f64::from(piece) / f64::from(PIECES);
        let mix = |from: f64, towards: f64, to: f64| {
            (1.0 - along).powi(2) * from + 2.0 * (1.0 - along) * along * towards + along.powi(2) * to
        };
        (mix(from.0, towards.0, to.0), mix(from.1, towards.1, to.1))
    };
    let of_piece = |piece: u32| {
        let (one, other) = (at(piece), at(piece + 1));
        let (across, down) = (other.0 - one.0, other.1 - one.1);
        let length = (across * across + down * down).max(f64::EPSILON);
        let along = (((point.0 - one.0) * across + (point.1 - one.1) * down) / length).clamp(0.0, 1.0);
        (one.0 + along * across - point.0).hypot(one.1 + along * down - point.1)
    };
    (0..PIECES).map(of_piece).fold(f64::MAX, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::figure::Filter;
    use crate::fixtures::sample::paired;
    use crate::map::index::MapIndex;

    fn features(overview: &Overview) -> Features {
        MapIndex::new(overview, None).features(overview, &Filter::default())
    }

    #[test]
    fn however_much_gathers_no_pairing_and_no_organisation_is_left_out() {
        let overview = paired(2_000);
        let features = features(&overview);
        let mut drawn = Vec::new();
        for zoom in [1.0, 4.0, 16.0] {
            let scene = MapLayout::new(&overview, &features, zoom);
            let bundled = scene.bundles.iter().flat_map(|own| scene.pairings(own));
            let mut pairings: Vec<usize> = bundled.chain(&scene.within).copied().collect();
            pairings.sort_unstable();
            assert_eq!(pairings, (0..2_000).collect::<Vec<_>>(), "at zoom {zoom}");
            let gathered: usize = scene.clusters.iter().map(|own| own.organisations.len()).sum();
            assert_eq!(gathered, 4_000, "at zoom {zoom}");
            drawn.push(scene.bundles.len() + scene.clusters.len());
        }
        assert!(drawn.is_sorted() && drawn[0] < 500, "closer means more: {drawn:?}");
    }

    #[test]
    fn lines_between_the_same_two_are_apart_and_hold_what_is_their_programmes() {
        let overview = paired(2_000);
        let scene = MapLayout::new(&overview, &features(&overview), 1.0);
        for (index, one) in scene.bundles.iter().enumerate() {
            assert!(scene.bundles[index + 1..].iter().all(|other| other.curve != one.curve));
            let of = |own: &usize| overview.pairings[*own].programme == scene.programme(one.programme);
            assert!(scene.pairings(one).iter().all(of));
        }
    }

    #[test]
    fn a_line_is_found_where_it_is_drawn_and_nowhere_else() {
        let overview = paired(40);
        let scene = MapLayout::new(&overview, &features(&overview), 4.0);
        assert!(scene.bundles.len() > 5);
        for bundle in &scene.bundles {
            let [from, towards, to] = bundle.curve;
            // The middle of a quadratic curve.
            let middle = (from.0 / 4.0 + towards.0 / 2.0 + to.0 / 4.0, from.1 / 4.0 + towards.1 / 2.0 + to.1 / 4.0);
            let found = scene.line_at(middle, 2.0).unwrap();
            assert!(gap(found.curve, middle) <= gap(bundle.curve, middle), "none is nearer");
            assert!(gap(bundle.curve, middle) < 1.0);
        }
        assert_eq!(scene.line_at((1.0, 1.0), 2.0), None);
    }
}
