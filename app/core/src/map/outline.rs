//! Outlines of the counties, and their projection to the drawing plane.

use crate::directory::place::Side;

/// Outline of a county.
#[derive(Debug)]
pub struct Outline {
    /// Statistical code.
    pub code: &'static str,
    /// Name in Chinese.
    pub name: &'static str,
    /// Name in English.
    pub name_en: &'static str,
    /// Region; `None` for the surrounding counties.
    pub side: Option<Side>,
    /// Position of the label, longitude and latitude in degrees.
    pub label: (f64, f64),
    /// First point, longitude and latitude in units of 1e-5 degrees.
    start: (i32, i32),
    /// Steps from each point to the next; the last returns to the first point.
    steps: &'static [(i16, i16)],
}

include!(concat!(env!("OUT_DIR"), "/outlines.rs"));

/// Size of the drawing plane in its own units; all outlines fit in it.
pub const PLANE: (f64, f64) = (520.0, 940.0);

const WEST: f64 = 106.10;
const NORTH: f64 = 27.40;
/// Cosine of the middle latitude, 26.2° N: the scale of a degree of longitude.
pub(super) const LONGITUDE: f64 = 0.897;
/// Units of the plane per degree of latitude.
const DEGREE: f64 = 400.0;
/// Projects a position in degrees to the plane (equirectangular).
pub fn project((longitude, latitude): (f64, f64)) -> (f64, f64) {
    ((longitude - WEST) * LONGITUDE * DEGREE, (NORTH - latitude) * DEGREE)
}

/// Formats a point for an SVG path, to a tenth of a unit.
pub fn drawn(point: (f64, f64)) -> String {
    let mut text = String::new();
    draw(&mut text, point);
    text
}

/// Appends a point to an SVG path, to a tenth of a unit. It writes the digits itself, since float formatting code
/// would enlarge the app.
pub fn draw(path: &mut String, (x, y): (f64, f64)) {
    for (number, before) in [(x, ""), (y, " ")] {
        path.push_str(before);
        let tenths = (number * 10.0).round() as i64;
        if tenths < 0 {
            path.push('-');
        }
        let mut digits = [b'0'; 20];
        let (mut rest, mut first) = (tenths.unsigned_abs(), digits.len());
        // Writes at least one digit before and one after the decimal point.
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
    /// Returns the closed ring of points, longitude and latitude in degrees.
    pub fn ring(&self) -> impl Iterator<Item = (f64, f64)> {
        let walk = |at: &mut (i32, i32), step: &(i16, i16)| {
            *at = (at.0 + i32::from(step.0), at.1 + i32::from(step.1));
            Some(*at)
        };
        let points = std::iter::once(self.start).chain(self.steps.iter().scan(self.start, walk));
        points.map(|(x, y)| (f64::from(x) / 1e5, f64::from(y) / 1e5))
    }

    /// Returns whether a position is inside (even–odd rule).
    pub fn contains(&self, (x, y): (f64, f64)) -> bool {
        let edges = self.ring().zip(self.ring().skip(1));
        let crossed =
            edges.filter(|((x1, y1), (x2, y2))| (*y1 > y) != (*y2 > y) && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1);
        crossed.count() % 2 == 1
    }

    /// Returns the outline as an SVG path on the plane.
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
        fn drawn_formats_to_tenths(x in -2e6..2e6_f64, y in -9.0..9.0_f64) {
            let written = drawn((x, y));
            let (left, right) = written.split_once(' ').unwrap();
            for (text, number) in [(left, x), (right, y)] {
                prop_assert_eq!(text.rsplit_once('.').map(|(_, rest)| rest.len()), Some(1), "{}", text);
                prop_assert!((text.parse::<f64>().unwrap() - number).abs() < 0.0501, "{} for {}", text, number);
            }
        }
    }

    fn outline(code: &str) -> &'static Outline {
        OUTLINES.iter().find(|outline| outline.code == code).unwrap()
    }

    #[test]
    fn outlines_are_closed_and_contain_their_label() {
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
