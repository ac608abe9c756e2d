//! Which part of the drawing plane is seen.

use jiedui_core::map::outline::PLANE;

/// How far one can go in: the plane is drawn so many times as large.
const CLOSEST: f64 = 16.0;
/// How much is left free around what is fitted, as a share of it.
const MARGIN: f64 = 0.15;

/// A rectangle of the plane with the plane's own proportions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// Its middle, in units of the plane.
    pub middle: (f64, f64),
    /// How many times as large the plane is drawn; 1 shows all of it.
    pub zoom: f64,
}

impl Default for Viewport {
    fn default() -> Self {
        Self { middle: (PLANE.0 / 2.0, PLANE.1 / 2.0), zoom: 1.0 }
    }
}

impl Viewport {
    /// Width and height, in units of the plane.
    pub fn size(self) -> (f64, f64) {
        (PLANE.0 / self.zoom, PLANE.1 / self.zoom)
    }

    /// Its left upper corner.
    pub fn corner(self) -> (f64, f64) {
        let (width, height) = self.size();
        (self.middle.0 - width / 2.0, self.middle.1 - height / 2.0)
    }

    /// For SVG.
    pub fn view_box(self) -> String {
        let ((x, y), (width, height)) = (self.corner(), self.size());
        [x, y, width, height].map(crate::svg::tenth).join(" ")
    }

    /// Whether a line from one point to another may be seen, or once fingers have moved the picture a little.
    pub fn is_near(self, from: (f64, f64), to: (f64, f64)) -> bool {
        let (width, height) = self.size();
        // A curve leaves the line between its ends by less than a fifth of their distance.
        let bend = 0.2 * (to.0 - from.0).hypot(to.1 - from.1);
        let near = |from: f64, to: f64, middle: f64, size: f64| {
            from.min(to) - bend <= middle + size && from.max(to) + bend >= middle - size
        };
        near(from.0, to.0, self.middle.0, width) && near(from.1, to.1, self.middle.1, height)
    }

    /// Moved by units of the plane; what is seen stays on the plane.
    pub fn moved(self, (x, y): (f64, f64)) -> Self {
        Self { middle: (self.middle.0 + x, self.middle.1 + y), ..self }.kept_in()
    }

    /// So many times as large, what lies at `fixed` staying where it is.
    pub fn zoomed(self, factor: f64, fixed: (f64, f64)) -> Self {
        let zoom = (self.zoom * factor).clamp(1.0, CLOSEST);
        let shrunk = self.zoom / zoom;
        let along = |middle: f64, fixed: f64| fixed + (middle - fixed) * shrunk;
        Self { middle: (along(self.middle.0, fixed.0), along(self.middle.1, fixed.1)), zoom }.kept_in()
    }

    /// The closest one that shows all of these points; the whole plane where there are none.
    pub fn fitting(points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut points = points.into_iter();
        let Some(first) = points.next() else { return Self::default() };
        let (least, most) = points.fold((first, first), |(least, most), point| {
            ((least.0.min(point.0), least.1.min(point.1)), (most.0.max(point.0), most.1.max(point.1)))
        });
        let room = 1.0 + 2.0 * MARGIN;
        let needs = |from: f64, to: f64, whole: f64| ((to - from) * room).max(whole / CLOSEST) / whole;
        let share = needs(least.0, most.0, PLANE.0).max(needs(least.1, most.1, PLANE.1));
        let middle = ((least.0 + most.0) / 2.0, (least.1 + most.1) / 2.0);
        Self { middle, zoom: (1.0 / share).clamp(1.0, CLOSEST) }.kept_in()
    }

    /// After fingers have moved it: so many times as large around `fixed`, a point of the plane, and then shifted by
    /// `shift`, in units of the plane as it was before.
    pub fn after(self, factor: f64, fixed: (f64, f64), shift: (f64, f64)) -> Self {
        let zoomed = self.zoomed(factor, fixed);
        let shrunk = self.zoom / zoomed.zoom;
        zoomed.moved((-shift.0 * shrunk, -shift.1 * shrunk))
    }

    fn kept_in(self) -> Self {
        let (width, height) = self.size();
        let along = |middle: f64, own: f64, whole: f64| middle.clamp(own / 2.0, (whole - own / 2.0).max(own / 2.0));
        Self { middle: (along(self.middle.0, width, PLANE.0), along(self.middle.1, height, PLANE.1)), ..self }
    }

    /// As it stands in an address: middle and zoom, the latter in thousandths.
    pub fn code(self) -> String {
        let whole = |number: f64| (number.round() as i64).to_string();
        [self.middle.0, self.middle.1, self.zoom * 1000.0].map(whole).join("-")
    }

    /// The reverse of [`Viewport::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        let mut numbers = code.split('-').map(|number| number.parse::<u32>().ok().map(f64::from));
        let [x, y, zoom] = std::array::from_fn(|_| numbers.next().flatten());
        Some(Self { middle: (x?, y?), zoom: (zoom? / 1000.0).clamp(1.0, CLOSEST) }.kept_in())
    }
}

/// How the plane lies in a frame on the screen: all of the viewport as large as it fits in, in the frame's middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// How many pixels a unit of the plane is wide.
    pub unit: f64,
    /// What is at the frame's left upper corner.
    corner: (f64, f64),
}

impl Placement {
    /// In a frame so many pixels wide and high; none in an empty one.
    pub fn new(view: Viewport, (width, height): (f64, f64)) -> Option<Self> {
        let (own_width, own_height) = view.size();
        let unit = (width / own_width).min(height / own_height);
        let corner = (view.middle.0 - width / unit / 2.0, view.middle.1 - height / unit / 2.0);
        (unit > 0.0).then_some(Self { unit, corner })
    }

    /// What lies at a point of the frame, in pixels from its left upper corner.
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
        fn all_that_is_fitted_is_seen_and_nothing_beside_the_plane(points in prop::collection::vec(point(), 0..9)) {
            let view = Viewport::fitting(points.clone());
            prop_assert!(points.iter().all(|point| sees(view, *point)), "{view:?}");
            let ((x, y), (width, height)) = (view.corner(), view.size());
            prop_assert!(x >= -1e-6 && y >= -1e-6 && x + width <= PLANE.0 + 1e-6 && y + height <= PLANE.1 + 1e-6);
        }

        #[test]
        fn what_lies_under_the_finger_stays_there(start in point(), zoom in 2.0..8.0_f64, factor in 0.8..1.2_f64) {
            let view = Viewport { middle: (PLANE.0 / 2.0, PLANE.1 / 2.0), zoom };
            let share = |view: Viewport, point: (f64, f64)| {
                ((point.0 - view.corner().0) / view.size().0, (point.1 - view.corner().1) / view.size().1)
            };
            // A point that is seen.
            let (corner, size) = (view.corner(), view.size());
            let fixed = (corner.0 + start.0 / PLANE.0 * size.0, corner.1 + start.1 / PLANE.1 * size.1);
            let after = view.zoomed(factor, fixed);
            let (one, other) = (share(view, fixed), share(after, fixed));
            prop_assert!((one.0 - other.0).abs() < 1e-6 && (one.1 - other.1).abs() < 1e-6, "{one:?} {other:?}");
        }

        #[test]
        fn a_frame_of_any_shape_shows_the_middle_in_its_middle_and_all_of_the_viewport(
            middle in point(), zoom in 1.0..16.0_f64, width in 50.0..2000.0_f64, height in 50.0..2000.0_f64,
        ) {
            let view = Viewport { middle, zoom };
            let lie = Placement::new(view, (width, height)).unwrap();
            let (x, y) = lie.on_plane((width / 2.0, height / 2.0));
            prop_assert!((x - middle.0).abs() < 1e-6 && (y - middle.1).abs() < 1e-6);
            let (least, most) = (lie.on_plane((0.0, 0.0)), lie.on_plane((width, height)));
            let ((left, top), (own_width, own_height)) = (view.corner(), view.size());
            prop_assert!(least.0 <= left + 1e-6 && least.1 <= top + 1e-6);
            prop_assert!(most.0 + 1e-6 >= left + own_width && most.1 + 1e-6 >= top + own_height);
        }

        #[test]
        fn a_finger_takes_the_plane_with_it(x in -0.2..0.2_f64, y in -0.2..0.2_f64) {
            let view = Viewport { zoom: 4.0, ..Viewport::default() };
            let shift = (x * view.size().0, y * view.size().1);
            let after = view.after(1.0, view.middle, shift);
            prop_assert!((after.middle.0 + shift.0 - view.middle.0).abs() < 1e-6);
            prop_assert!((after.middle.1 + shift.1 - view.middle.1).abs() < 1e-6);
            // Drawn twice as large, it follows the finger with half as many units.
            let larger = view.after(2.0, view.middle, shift);
            prop_assert!((larger.middle.0 + shift.0 / 2.0 - view.middle.0).abs() < 1e-6);
        }

        #[test]
        fn an_address_keeps_it(middle in point(), zoom in 1.0..16.0_f64) {
            let view = Viewport { middle, zoom }.kept_in();
            let again = Viewport::from_code(&view.code()).unwrap();
            prop_assert!((view.middle.0 - again.middle.0).abs() < 1.0 && (view.zoom - again.zoom).abs() < 0.001);
        }

        #[test]
        fn no_address_breaks_it(code in "[0-9a-z.-]{0,20}") {
            if let Some(view) = Viewport::from_code(&code) {
                prop_assert!((1.0..=CLOSEST).contains(&view.zoom) && view.middle.0.is_finite());
            }
        }
    }
}
