//! The map: outlines of the counties, and its drawing plane.

use crate::directory::place::Side;

/// The outline of a county.
#[derive(Debug)]
pub struct Outline {
    /// Its statistical code.
    pub code: &'static str,
    /// Its name in Chinese.
    pub name: &'static str,
    /// Its name in English.
    pub name_en: &'static str,
    /// Its region; `None` for the counties around.
    pub side: Option<Side>,
    /// A point well inside, longitude and latitude in degrees.
    pub label: (f64, f64),
    /// Where the outline begins, longitude and latitude in hundred-thousandths of a degree.
    start: (i32, i32),
    /// The steps from each of its points to the next; the last leads back to the first.
    steps: &'static [(i16, i16)],
}

include!(concat!(env!("OUT_DIR"), "/outlines.rs"));

/// The drawing plane in its own units: all outlines fit in it.
pub const PLANE: (f64, f64) = (520.0, 940.0);

const WEST: f64 = 106.10;
const NORTH: f64 = 27.40;
/// The cosine of 26.2° N, the middle: it makes a degree of longitude as long as it is there.
pub(super) const LONGITUDE: f64 = 0.897;
/// Units of the plane in a degree of latitude.
const DEGREE: f64 = 400.0;
/// A position in degrees on the drawing plane (equirectangular, true in the middle).
pub fn project((longitude, latitude): (f64, f64)) -> (f64, f64) {
    ((longitude - WEST) * LONGITUDE * DEGREE, (NORTH - latitude) * DEGREE)
}

/// A point of the plane as it stands in an SVG path, to a tenth of a unit.
pub fn drawn(point: (f64, f64)) -> String {
    let mut text = String::new();
    draw(&mut text, point);
    text
}

/// The same at the end of a path. Written digit by digit: a map has thousands of them, and what formats any floating-point
/// number would be some kilobytes more for each phone.
pub fn draw(path: &mut String, (x, y): (f64, f64)) {
    for (number, before) in [(x, ""), (y, " ")] {
        path.push_str(before);
        let tenths = (number * 10.0).round() as i64;
        if tenths < 0 {
            path.push('-');
        }
        let mut digits = [b'0'; 20];
        let (mut rest, mut first) = (tenths.unsigned_abs(), digits.len());
        // At least one before the point and one behind it.
        while rest > 0 || first > digits.len() - 2 {
            first -= 1;
            if let Some(digit) = digits.get_mut(first) {
                *digit = b'0' + (rest % 10) as u8;
            }
            rest /= 10;
        }
        let last = digits.len() - 1;
        for (at, digit) in digits.iter().enumerate().skip(first) {
            if at == last {
                path.push('.');
            }
            path.push(char::from(*digit));
        }
    }
}

impl Outline {
    /// The outline, longitude and latitude in degrees, its last point its first.
    pub fn ring(&self) -> impl Iterator<Item = (f64, f64)> {
        let walk = |at: &mut (i32, i32), step: &(i16, i16)| {
            *at = (at.0 + i32::from(step.0), at.1 + i32::from(step.1));
            Some(*at)
        };
        let points = std::iter::once(self.start).chain(self.steps.iter().scan(self.start, walk));
        points.map(|(x, y)| (f64::from(x) / 1e5, f64::from(y) / 1e5))
    }

    /// Whether a position lies inside (even–odd rule).
    pub fn contains(&self, (x, y): (f64, f64)) -> bool {
        let edges = self.ring().zip(self.ring().skip(1));
        let crossed =
            edges.filter(|((x1, y1), (x2, y2))| (*y1 > y) != (*y2 > y) && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1);
        crossed.count() % 2 == 1
    }

    /// The outline as an SVG path on the drawing plane.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for (index, point) in self.ring().enumerate() {
            path.push(if index == 0 { 'M' } else { 'L' });
            draw(&mut path, project(point));
        }
        path.push('Z');
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_point_is_drawn_to_a_tenth(x in -2e6..2e6_f64, y in -9.0..9.0_f64) {
            let written = drawn((x, y));
            let (one, other) = written.split_once(' ').unwrap();
            for (text, number) in [(one, x), (other, y)] {
                prop_assert_eq!(text.rsplit_once('.').map(|(_, rest)| rest.len()), Some(1), "{}", text);
                prop_assert!((text.parse::<f64>().unwrap() - number).abs() < 0.0501, "{} for {}", text, number);
            }
        }
    }

    fn outline(code: &str) -> &'static Outline {
        OUTLINES.iter().find(|outline| outline.code == code).unwrap()
    }

    #[test]
    fn every_outline_is_closed_fits_the_plane_and_holds_its_label() {
        assert_eq!(OUTLINES.len(), 16);
        for outline in OUTLINES {
            assert_eq!(outline.ring().next(), outline.ring().last(), "{}", outline.name);
            assert!(outline.contains(outline.label), "{}", outline.name);
            for point in outline.ring() {
                let (x, y) = project(point);
                assert!((0.0..=PLANE.0).contains(&x) && (0.0..=PLANE.1).contains(&y), "{} {x} {y}", outline.name);
            }
        }
        assert!(!outline("522728").contains(outline("520111").label));
    }
}
