//! Points that would overlap gather into one.

use crate::map::outline::PLANE;

/// Several points, or one.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Their middle.
    pub middle: (f64, f64),
    /// Their numbers in the list that was given.
    pub members: Vec<usize>,
}

/// Gathers points of the drawing plane that lie nearer than `distance` to the first of a cluster. Every point is in one
/// cluster; clusters come in the order of their first points.
pub fn clusters(points: &[(f64, f64)], distance: f64) -> Vec<Cluster> {
    let mut firsts: Vec<(f64, f64)> = Vec::new();
    let mut clusters: Vec<Cluster> = Vec::new();
    // Squares as wide as the distance: who is near is in the same one or beside it. Each holds the last cluster that
    // began in it, and each cluster the one before it in its square.
    let columns = (PLANE.0 / distance) as usize + 3;
    let rows = (PLANE.1 / distance) as usize + 3;
    let mut squares: Vec<Option<usize>> = vec![None; columns * rows];
    let mut before: Vec<Option<usize>> = Vec::new();
    // Squares of distances tell nearer from farther as well.
    let gap = |one: (f64, f64), other: (f64, f64)| (one.0 - other.0).powi(2) + (one.1 - other.1).powi(2);
    for (number, point) in points.iter().enumerate() {
        let along = |at: f64, count: usize| ((at / distance).max(0.0) as usize + 1).min(count - 2);
        let (column, row) = (along(point.0, columns), along(point.1, rows));
        let mut nearest: Option<(f64, usize)> = None;
        for square in [row - 1, row, row + 1]
            .into_iter()
            .flat_map(|row| (column - 1..=column + 1).map(move |own| row * columns + own))
        {
            let mut next = squares.get(square).copied().flatten();
            while let Some(own) = next {
                let gap = firsts.get(own).map_or(f64::MAX, |first| gap(*first, *point));
                if gap < distance * distance && nearest.is_none_or(|(least, _)| gap < least) {
                    nearest = Some((gap, own));
                }
                next = before.get(own).copied().flatten();
            }
        }
        match nearest.and_then(|(_, own)| clusters.get_mut(own)) {
            Some(cluster) => {
                cluster.members.push(number);
                let count = cluster.members.len() as f64;
                let along = |middle: f64, new: f64| middle + (new - middle) / count;
                cluster.middle = (along(cluster.middle.0, point.0), along(cluster.middle.1, point.1));
            }
            None => {
                if let Some(square) = squares.get_mut(row * columns + column) {
                    before.push(square.replace(clusters.len()));
                }
                firsts.push(*point);
                clusters.push(Cluster { middle: *point, members: vec![number] });
            }
        }
    }
    clusters
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_point_is_in_one_cluster_and_near_to_its_first(
            points in prop::collection::vec((0.0..500.0_f64, 0.0..900.0_f64), 0..200), distance in 1.0..90.0_f64,
        ) {
            let clusters = clusters(&points, distance);
            let mut members: Vec<usize> = clusters.iter().flat_map(|own| own.members.iter().copied()).collect();
            members.sort_unstable();
            prop_assert_eq!(members, (0..points.len()).collect::<Vec<_>>());
            let gap = |one: usize, other: usize| (points[one].0 - points[other].0).hypot(points[one].1 - points[other].1);
            for cluster in &clusters {
                prop_assert!(cluster.members.iter().all(|own| gap(cluster.members[0], *own) < distance));
            }
            for (index, one) in clusters.iter().enumerate() {
                let apart = |other: &Cluster| gap(one.members[0], other.members[0]) >= distance;
                prop_assert!(clusters[index + 1..].iter().all(apart));
            }
        }
    }
}
