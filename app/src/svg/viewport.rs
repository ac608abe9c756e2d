//! The visible part of the map's plane.

use jiedui_core::map::outline::PLANE;

/// Highest zoom.
const MAX_ZOOM: f64 = 16.0;
/// Free margin around fitted points, as a share of their extent.
const MARGIN: f64 = 0.15;

/// A rectangle of the plane with the proportions of the plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// Middle, in units of the plane.
    pub middle: (f64, f64),
    /// Zoom; 1 shows the whole plane.
    pub zoom: f64,
}

impl Default for Viewport {
    fn default() -> Self {
        Self { middle: (PLANE.0 / 2.0, PLANE.1 / 2.0), zoom: 1.0 }
    }
}

impl Viewport {
    /// Returns the width and the height, in units of the plane.
    pub fn size(self) -> (f64, f64) {
        (PLANE.0 / self.zoom, PLANE.1 / self.zoom)
    }

    /// Returns the upper left corner.
    pub fn corner(self) -> (f64, f64) {
        let (width, height) = self.size();
        (self.middle.0 - width / 2.0, self.middle.1 - height / 2.0)
    }

    /// Returns the `viewBox` of an SVG element.
    pub fn view_box(self) -> String {
        let ((x, y), (width, height)) = (self.corner(), self.size());
        [x, y, width, height].map(crate::svg::tenth).join(" ")
    }

    /// Returns whether a curve between two points may be visible, now or after a short drag.
    pub fn is_near(self, from: (f64, f64), to: (f64, f64)) -> bool {
        let (width, height) = self.size();
        // A curve deviates from the line between its ends by less than a fifth of their distance.
        let bend = 0.2 * (to.0 - from.0).hypot(to.1 - from.1);
        let near = |from: f64, to: f64, middle: f64, size: f64| {
            from.min(to) - bend <= middle + size && from.max(to) + bend >= middle - size
        };
        near(from.0, to.0, self.middle.0, width) && near(from.1, to.1, self.middle.1, height)
    }

    /// Moves the viewport by units of the plane, inside the plane.
    pub fn moved(self, (x, y): (f64, f64)) -> Self {
        Self { middle: (self.middle.0 + x, self.middle.1 + y), ..self }.clamped()
    }

    /// Changes the zoom by a factor; the point `fixed` stays at its place on the screen.
    pub fn zoomed(self, factor: f64, fixed: (f64, f64)) -> Self {
        let zoom = (self.zoom * factor).clamp(1.0, MAX_ZOOM);
        let shrunk = self.zoom / zoom;
        let along = |middle: f64, fixed: f64| fixed + (middle - fixed) * shrunk;
        Self { middle: (along(self.middle.0, fixed.0), along(self.middle.1, fixed.1)), zoom }.clamped()
    }

    /// Returns the closest viewport that shows all points; the whole plane without points.
    pub fn fitting(points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut points = points.into_iter();
        let Some(first) = points.next() else { return Self::default() };
        let (least, most) = points.fold((first, first), |(least, most), point| {
            ((least.0.min(point.0), least.1.min(point.1)), (most.0.max(point.0), most.1.max(point.1)))
        });
        let room = 1.0 + 2.0 * MARGIN;
        let needs = |from: f64, to: f64, whole: f64| ((to - from) * room).max(whole / MAX_ZOOM) / whole;
        let share = needs(least.0, most.0, PLANE.0).max(needs(least.1, most.1, PLANE.1));
        let middle = ((least.0 + most.0) / 2.0, (least.1 + most.1) / 2.0);
        Self { middle, zoom: (1.0 / share).clamp(1.0, MAX_ZOOM) }.clamped()
    }

    /// Applies a gesture: a zoom by `factor` around a fixed point, then a shift. Both are in units of the plane before the zoom.
    pub fn after(self, factor: f64, fixed: (f64, f64), shift: (f64, f64)) -> Self {
        let zoomed = self.zoomed(factor, fixed);
        let shrunk = self.zoom / zoomed.zoom;
        zoomed.moved((-shift.0 * shrunk, -shift.1 * shrunk))
    }

    fn clamped(self) -> Self {
        let (width, height) = self.size();
        let along = |middle: f64, size: f64, whole: f64| middle.clamp(size / 2.0, (whole - size / 2.0).max(size / 2.0));
        Self { middle: (along(self.middle.0, width, PLANE.0), along(self.middle.1, height, PLANE.1)), ..self }
    }

    /// Encodes the viewport for an address: middle, and zoom in thousandths.
    pub fn code(self) -> String {
        let whole = |number: f64| (number.round() as i64).to_string();
        [self.middle.0, self.middle.1, self.zoom * 1000.0].map(whole).join("-")
    }

    /// Decodes [`Viewport::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        let mut numbers = code.split('-').map(|number| number.parse::<u32>().ok().map(f64::from));
        let [x, y, zoom] = std::array::from_fn(|_| numbers.next().flatten());
        Some(Self { middle: (x?, y?), zoom: (zoom? / 1000.0).clamp(1.0, MAX_ZOOM) }.clamped())
    }
}

/// Position of the plane in a frame on the screen: the viewport fits into the frame and is centred.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// Pixels per unit of the plane.
    pub unit: f64,
    /// Point of the plane at the frame's upper left corner.
    corner: (f64, f64),
}

impl Placement {
    /// Places the viewport in a frame of a size in pixels; `None` for an empty frame.
    pub fn new(view: Viewport, (width, height): (f64, f64)) -> Option<Self> {
        let (view_width, view_height) = view.size();
        let unit = (width / view_width).min(height / view_height);
        let corner = (view.middle.0 - width / unit / 2.0, view.middle.1 - height / unit / 2.0);
        (unit > 0.0).then_some(Self { unit, corner })
    }

    /// Returns the point of the plane at a point of the frame, in pixels from its upper left corner.
    pub fn on_plane(self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.corner.0 + x / self.unit, self.corner.1 + y / self.unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point() -> impl Strategy<Value = (f64, f64)> {
        (0.0..PLANE.0, 0.0..PLANE.1)
    }

    fn sees(view: Viewport, (x, y): (f64, f64)) -> bool {
        let ((left, top), (width, height)) = (view.corner(), view.size());
        let near = 1e-6;
        (left - near..=left + width + near).contains(&x) && (top - near..=top + height + near).contains(&y)
    }

    proptest! {
        #[test]
        fn fitting_shows_all_points_inside_the_plane(points in prop::collection::vec(point(), 0..9)) {
            let view = Viewport::fitting(points.clone());
            prop_assert!(points.iter().all(|point| sees(view, *point)), "{view:?}");
            let ((x, y), (width, height)) = (view.corner(), view.size());
            prop_assert!(x >= -1e-6 && y >= -1e-6 && x + width <= PLANE.0 + 1e-6 && y + height <= PLANE.1 + 1e-6);
        }

        #[test]
        fn zoomed_keeps_the_fixed_point(start in point(), zoom in 2.0..8.0_f64, factor in 0.8..1.2_f64) {
            let view = Viewport { middle: (PLANE.0 / 2.0, PLANE.1 / 2.0), zoom };
            let share = |view: Viewport, point: (f64, f64)| {
                ((point.0 - view.corner().0) / view.size().0, (point.1 - view.corner().1) / view.size().1)
            };
            // A visible point.
            let (corner, size) = (view.corner(), view.size());
            let fixed = (corner.0 + start.0 / PLANE.0 * size.0, corner.1 + start.1 / PLANE.1 * size.1);
            let after = view.zoomed(factor, fixed);
            let (before, after) = (share(view, fixed), share(after, fixed));
            prop_assert!((before.0 - after.0).abs() < 1e-6 && (before.1 - after.1).abs() < 1e-6, "{before:?} {after:?}");
        }

        #[test]
        fn placement_shows_the_viewport_centred_in_any_frame(
            middle in point(), zoom in 1.0..16.0_f64, width in 50.0..2000.0_f64, height in 50.0..2000.0_f64,
        ) {
            let view = Viewport { middle, zoom };
            let placement = Placement::new(view, (width, height)).unwrap();
            let (x, y) = placement.on_plane((width / 2.0, height / 2.0));
            prop_assert!((x - middle.0).abs() < 1e-6 && (y - middle.1).abs() < 1e-6);
            let (least, most) = (placement.on_plane((0.0, 0.0)), placement.on_plane((width, height)));
            let ((left, top), (own_width, own_height)) = (view.corner(), view.size());
            prop_assert!(least.0 <= left + 1e-6 && least.1 <= top + 1e-6);
            prop_assert!(most.0 + 1e-6 >= left + own_width && most.1 + 1e-6 >= top + own_height);
        }

        #[test]
        fn after_moves_the_plane_with_the_finger(x in -0.2..0.2_f64, y in -0.2..0.2_f64) {
            let view = Viewport { zoom: 4.0, ..Viewport::default() };
            let shift = (x * view.size().0, y * view.size().1);
            let after = view.after(1.0, view.middle, shift);
            prop_assert!((after.middle.0 + shift.0 - view.middle.0).abs() < 1e-6);
            prop_assert!((after.middle.1 + shift.1 - view.middle.1).abs() < 1e-6);
            // At twice the zoom, the same drag covers half as many units.
            let larger = view.after(2.0, view.middle, shift);
            prop_assert!((larger.middle.0 + shift.0 / 2.0 - view.middle.0).abs() < 1e-6);
        }

        #[test]
        fn code_round_trips(middle in point(), zoom in 1.0..16.0_f64) {
            let view = Viewport { middle, zoom }.clamped();
            let again = Viewport::from_code(&view.code()).unwrap();
            prop_assert!((view.middle.0 - again.middle.0).abs() < 1.0 && (view.zoom - again.zoom).abs() < 0.001);
        }

        #[test]
        fn from_code_accepts_any_text(code in "[0-9a-z.-]{0,20}") {
            if let Some(view) = Viewport::from_code(&code) {
                prop_assert!((1.0..=MAX_ZOOM).contains(&view.zoom) && view.middle.0.is_finite());
            }
        }
    }
}
