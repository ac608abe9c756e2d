//! Placement of labels: no label covers another or is cut off.

use jiedui_core::values::sort::sort_by;

/// Area that a text occupies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Area {
    /// Returns the area of a text around its middle at a font size.
    pub fn around(middle: (f64, f64), text: &str, size: f64) -> Self {
        let (width, height) = (width_of(text, size), size * LINE);
        Self { left: middle.0 - width / 2.0, top: middle.1 - height / 2.0, width, height }
    }

    /// Returns whether two areas overlap.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.left < other.left + other.width
            && other.left < self.left + self.width
            && self.top < other.top + other.height
            && other.top < self.top + self.height
    }

    /// Returns whether the area is inside a frame at the origin.
    pub fn is_within(&self, (width, height): (f64, f64)) -> bool {
        self.left >= 0.0 && self.top >= 0.0 && self.left + self.width <= width && self.top + self.height <= height
    }

    /// Returns the closest middle at which the area is inside a frame at the origin.
    pub fn middle_within(&self, (width, height): (f64, f64)) -> (f64, f64) {
        let along = |start: f64, length: f64, room: f64| start.min(room - length).max(0.0) + length / 2.0;
        (along(self.left, self.width, width), along(self.top, self.height, height))
    }
}

/// Height of a line, in font sizes.
pub const LINE: f64 = 1.2;

/// Estimates the width of a text, at most. A Chinese character is as wide as high; a bold digit of a wide font has 70 % of
/// that.
pub fn width_of(text: &str, size: f64) -> f64 {
    size * text.chars().map(|letter| if letter.is_ascii() { 0.7 } else { 1.0 }).sum::<f64>()
}

/// Areas that labels occupy.
#[derive(Clone, Debug, Default)]
pub struct OccupiedAreas(Vec<Area>);

impl OccupiedAreas {
    /// Occupies an area if it is free; returns whether it was.
    pub fn take(&mut self, area: Area) -> bool {
        let is_free = !self.0.iter().any(|occupied| occupied.overlaps(&area));
        if is_free {
            self.0.push(area);
        }
        is_free
    }
}

#[cfg(test)]
impl OccupiedAreas {
    /// Returns all occupied areas.
    pub fn areas(&self) -> &[Area] {
        &self.0
    }
}

/// Moves middles apart by as little as possible: each is `height` from the next, all are between `first` and `last`, and the
/// order stays. Without room for all, they start at `first`.
pub fn spread(middles: &[f64], height: f64, (first, last): (f64, f64)) -> Vec<f64> {
    let mut order: Vec<usize> = (0..middles.len()).collect();
    let at = |number: usize| middles.get(number).copied().unwrap_or_default();
    sort_by(&mut order, |left, right| at(*left).total_cmp(&at(*right)));
    // Neighbours that would overlap form a group around the mean of their positions.
    let mut groups: Vec<(f64, usize)> = Vec::new();
    let start = |mean: f64, count: usize| {
        let half = height * (count as f64 - 1.0) / 2.0;
        (mean - half).min(last - 2.0 * half).max(first)
    };
    for number in &order {
        groups.push((at(*number), 1));
        while let [.., (upper, many), (lower, few)] = groups.as_slice() {
            let ends = start(*upper, *many) + height * *many as f64;
            if start(*lower, *few) >= ends {
                break;
            }
            let count = many + few;
            let mean = (upper * *many as f64 + lower * *few as f64) / count as f64;
            groups.truncate(groups.len() - 2);
            groups.push((mean, count));
        }
    }
    let positions = groups.iter().flat_map(|(mean, count)| {
        let start = start(*mean, *count);
        (0..*count).map(move |number| start + height * number as f64)
    });
    let mut spread = middles.to_vec();
    for (number, position) in order.iter().zip(positions) {
        spread.get_mut(*number).into_iter().for_each(|middle| *middle = position);
    }
    spread
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spread_does_not_move_labels_that_are_apart() {
        assert_eq!(spread(&[10.0, 90.0, 50.0], 20.0, (0.0, 100.0)), [10.0, 90.0, 50.0]);
        assert_eq!(spread(&[50.0, 50.0], 20.0, (0.0, 100.0)), [40.0, 60.0]);
        assert_eq!(spread(&[100.0, 100.0, 0.0], 20.0, (0.0, 100.0)), [80.0, 100.0, 0.0]);
    }

    proptest! {
        #[test]
        fn spread_keeps_labels_apart_and_inside(middles in prop::collection::vec(-20.0..220.0_f64, 0..9)) {
            let spread = spread(&middles, 22.0, (11.0, 205.0));
            let mut sorted = spread.clone();
            sorted.sort_by(f64::total_cmp);
            prop_assert!(sorted.windows(2).all(|two| two[1] - two[0] > 22.0 - 1e-6), "{:?}", sorted);
            prop_assert!(sorted.iter().all(|middle| *middle >= 11.0 && *middle <= 205.0 + 1e-6), "{:?}", sorted);
        }

        #[test]
        fn occupied_areas_never_overlap(middles in prop::collection::vec((0.0..300.0_f64, 0.0..300.0_f64), 1..60)) {
            let mut occupied = OccupiedAreas::default();
            for middle in middles {
                occupied.take(Area::around(middle, "罗甸县", 20.0));
            }
            for (number, area) in occupied.areas().iter().enumerate() {
                prop_assert!(occupied.areas()[number + 1..].iter().all(|other| !area.overlaps(other)));
            }
        }
    }
}
