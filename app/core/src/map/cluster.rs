//! Clustering of points that would overlap on the map.

use crate::map::outline::PLANE;

/// A cluster of one or more points.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Centre of the points.
    pub middle: (f64, f64),
    /// Indices of the points in the input.
    pub members: Vec<usize>,
}

/// Clusters points of the drawing plane by their distance to the first point of a cluster. Every point is in one
/// cluster; clusters are in the order of their first points.
pub fn clusters(points: &[(f64, f64)], distance: f64) -> Vec<Cluster> {
    let mut firsts: Vec<(f64, f64)> = Vec::new();
    let mut clusters: Vec<Cluster> = Vec::new();
    // A grid with cells as wide as the distance, so that neighbours are in the same or an adjacent cell. Each cell has
    // its last cluster, and each cluster the previous one of its cell.
    let columns = (PLANE.0 / distance) as usize + 3;
    let rows = (PLANE.1 / distance) as usize + 3;
    let mut cells: Vec<Option<usize>> = vec![None; columns * rows];
    let mut previous: Vec<Option<usize>> = Vec::new();
    // Squared distances compare like distances.
    let distance_squared = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).powi(2) + (a.1 - b.1).powi(2);
    for (number, point) in points.iter().enumerate() {
        let along = |at: f64, count: usize| ((at / distance).max(0.0) as usize + 1).min(count - 2);
        let (column, row) = (along(point.0, columns), along(point.1, rows));
        let mut nearest: Option<(f64, usize)> = None;
        for cell in [row - 1, row, row + 1]
            .into_iter()
            .flat_map(|row| (column - 1..=column + 1).map(move |column| row * columns + column))
        {
            let mut next = cells.get(cell).copied().flatten();
            while let Some(candidate) = next {
                let from_first = firsts.get(candidate).map_or(f64::MAX, |first| distance_squared(*first, *point));
                if from_first < distance * distance && nearest.is_none_or(|(least, _)| from_first < least) {
                    nearest = Some((from_first, candidate));
                }
                next = previous.get(candidate).copied().flatten();
            }
        }
        match nearest.and_then(|(_, candidate)| clusters.get_mut(candidate)) {
            Some(cluster) => {
                cluster.members.push(number);
                let count = cluster.members.len() as f64;
                let along = |middle: f64, new: f64| middle + (new - middle) / count;
                cluster.middle = (along(cluster.middle.0, point.0), along(cluster.middle.1, point.1));
            }
            None => {
                if let Some(cell) = cells.get_mut(row * columns + column) {
                    previous.push(cell.replace(clusters.len()));
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
        fn clusters_partition_points_by_distance_to_first(
            points in prop::collection::vec((0.0..500.0_f64, 0.0..900.0_f64), 0..200), distance in 1.0..90.0_f64,
        ) {
            let clusters = clusters(&points, distance);
            let mut members: Vec<usize> = clusters.iter().flat_map(|cluster| cluster.members.iter().copied()).collect();
            members.sort_unstable();
            prop_assert_eq!(members, (0..points.len()).collect::<Vec<_>>());
            let gap = |a: usize, b: usize| (points[a].0 - points[b].0).hypot(points[a].1 - points[b].1);
            for cluster in &clusters {
                prop_assert!(cluster.members.iter().all(|member| gap(cluster.members[0], *member) < distance));
            }
            for (index, first) in clusters.iter().enumerate() {
                let is_separate = |second: &Cluster| gap(first.members[0], second.members[0]) >= distance;
                prop_assert!(clusters[index + 1..].iter().all(is_separate));
            }
        }
    }
}
