//! Gestures on the map: fingers, wheel and keys. During a gesture, a CSS transformation moves the picture, which is cheap;
//! afterwards, the map is drawn again.

use crate::svg::tenth;
use crate::svg::viewport::{Placement, Viewport};
use leptos::html::Div;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, MouseEvent, PointerEvent, WheelEvent};

/// Longest movement of a tap, in pixels.
const TAP_RADIUS: f64 = 6.0;
/// Time after the last turn of the wheel at which the map is drawn.
const WHEEL_DEBOUNCE: Duration = Duration::from_millis(160);
/// Change of the zoom per pixel of the wheel.
const WHEEL_STEP: f64 = 0.0015;
/// Zoom factor of a button or a key.
pub const STEP: f64 = 1.6;

/// A finger: its start and its current position.
#[derive(Clone, Copy)]
struct Finger {
    id: i32,
    start: (f64, f64),
    now: (f64, f64),
}

/// State of the current gesture.
#[derive(Default)]
struct Current {
    fingers: Vec<Finger>,
    dragging: bool,
    /// Position of the wheel, and its zoom factor so far.
    wheel: Option<((f64, f64), f64)>,
    wheel_timer: Option<TimeoutHandle>,
}

/// Factor, fixed point of the frame in pixels, and shift in pixels.
type Transformation = (f64, (f64, f64), (f64, f64));

/// Handler of the map's gestures.
#[derive(Clone, Copy)]
pub struct Gesture {
    view: RwSignal<Viewport>,
    frame: NodeRef<Div>,
    current: StoredValue<Current>,
}

impl Gesture {
    /// Creates the handler of a frame, whose first child is the picture.
    pub fn new(view: RwSignal<Viewport>, frame: NodeRef<Div>) -> Self {
        Self { view, frame, current: StoredValue::new(Current::default()) }
    }

    /// Returns the picture, its upper left corner on the screen, and the placement of the plane.
    fn picture(&self) -> Option<(Element, (f64, f64), Placement)> {
        let frame = self.frame.get_untracked()?;
        let rectangle = frame.get_bounding_client_rect();
        let placement = Placement::new(self.view.get_untracked(), (rectangle.width(), rectangle.height()))?;
        Some((frame.first_element_child()?, (rectangle.left(), rectangle.top()), placement))
    }

    /// Returns the transformation of the current gesture.
    fn transformation(&self, current: &Current, origin: (f64, f64)) -> Option<Transformation> {
        if let Some(((x, y), factor)) = current.wheel {
            return Some((factor, (x - origin.0, y - origin.1), (0.0, 0.0)));
        }
        let mean = |of: fn(&Finger) -> (f64, f64)| {
            let count = current.fingers.len() as f64;
            let sum = current.fingers.iter().map(of).fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
            (sum.0 / count, sum.1 / count)
        };
        let factor = match current.fingers.as_slice() {
            [] => return None,
            [first, second, ..] => {
                let distance = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).hypot(a.1 - b.1).max(1.0);
                distance(first.now, second.now) / distance(first.start, second.start)
            }
            [_] => 1.0,
        };
        let (start, now) = (mean(|finger| finger.start), mean(|finger| finger.now));
        Some((factor, (start.0 - origin.0, start.1 - origin.1), (now.0 - start.0, now.1 - start.1)))
    }

    /// Transforms the picture.
    fn show(&self) {
        let Some((picture, origin, _)) = self.picture() else { return };
        let Some((factor, fixed, shift)) = self.current.with_value(|current| self.transformation(current, origin))
        else {
            return;
        };
        let [x, y, right, down] = [fixed.0, fixed.1, shift.0, shift.1].map(tenth);
        let percent = (factor * 100.0).round() as i64;
        let style = format!("transform-origin:{x}px {y}px;transform:translate({right}px,{down}px) scale({percent}%)");
        let _ = picture.set_attribute("style", &style);
    }

    /// Applies the gesture to the viewport, so that the map is drawn again.
    fn settle(&self) {
        let Some((_, origin, placement)) = self.picture() else { return };
        let Some((factor, fixed, shift)) = self.current.with_value(|current| self.transformation(current, origin))
        else {
            return;
        };
        let shift = (shift.0 / placement.unit, shift.1 / placement.unit);
        self.view.update(|view| *view = view.after(factor, placement.on_plane(fixed), shift));
    }

    /// Removes the transformation, after the map was drawn.
    pub fn clear_transform(&self) {
        if let Some(picture) = self.frame.get_untracked().and_then(|frame| frame.first_element_child()) {
            let _ = picture.remove_attribute("style");
        }
    }

    /// Handles a finger that touches the map.
    pub fn down(&self, event: &PointerEvent) {
        self.settle_wheel();
        // A second finger starts another gesture: the first one is applied.
        if self.current.with_value(|current| current.dragging) {
            self.settle();
        }
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        self.current.update_value(|current| {
            if event.is_primary() {
                current.fingers.clear();
                current.dragging = false;
            }
            for finger in &mut current.fingers {
                finger.start = finger.now;
            }
            current.fingers.push(Finger { id: event.pointer_id(), start: at, now: at });
        });
    }

    /// Handles a finger that moves.
    pub fn moved(&self, event: &PointerEvent) {
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        let begins = self.current.try_update_value(|current| {
            let finger = current.fingers.iter_mut().find(|finger| finger.id == event.pointer_id())?;
            finger.now = at;
            let far = (at.0 - finger.start.0).hypot(at.1 - finger.start.1) > TAP_RADIUS;
            let begins = far && !current.dragging;
            current.dragging |= far;
            current.dragging.then_some(begins)
        });
        let Some(Some(begins)) = begins else { return };
        if begins && let Some(frame) = self.frame.get_untracked() {
            // Receive its movements outside the frame too.
            let _ = frame.set_pointer_capture(event.pointer_id());
        }
        self.show();
    }

    /// Handles a finger that is lifted or taken over by the browser.
    pub fn up(&self, event: &PointerEvent) {
        let is_tracked =
            self.current.with_value(|current| current.fingers.iter().any(|finger| finger.id == event.pointer_id()));
        if !is_tracked {
            return;
        }
        if self.current.with_value(|current| current.dragging) {
            self.settle();
        }
        self.current.update_value(|current| {
            current.fingers.retain(|finger| finger.id != event.pointer_id());
            for finger in &mut current.fingers {
                finger.start = finger.now;
            }
        });
    }

    /// Returns whether the last gesture was a drag, not a tap.
    pub fn has_dragged(&self) -> bool {
        self.current.with_value(|current| current.dragging)
    }

    /// Handles the wheel.
    pub fn wheel(&self, event: &WheelEvent) {
        event.prevent_default();
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        let turned = (1.0 - event.delta_y() * WHEEL_STEP).clamp(0.6, 1.6);
        let gesture = *self;
        let timer = set_timeout_with_handle(move || gesture.settle_wheel(), WHEEL_DEBOUNCE).ok();
        self.current.update_value(|current| {
            let (fixed, factor) = current.wheel.unwrap_or((at, 1.0));
            current.wheel = Some((fixed, factor * turned));
            if let Some(earlier) = std::mem::replace(&mut current.wheel_timer, timer) {
                earlier.clear();
            }
        });
        self.show();
    }

    fn settle_wheel(&self) {
        if self.current.with_value(|current| current.wheel.is_some()) {
            self.settle();
            self.current.update_value(|current| current.wheel = None);
        }
    }

    /// Returns the point of the plane at an event, and the pixels per unit of the plane.
    pub fn at(&self, event: &MouseEvent) -> Option<((f64, f64), f64)> {
        let (_, origin, placement) = self.picture()?;
        let at = (f64::from(event.client_x()) - origin.0, f64::from(event.client_y()) - origin.1);
        Some((placement.on_plane(at), placement.unit))
    }

    /// Zooms in at a double tap.
    pub fn double(&self, event: &MouseEvent) {
        let Some((fixed, _)) = self.at(event) else { return };
        self.view.update(|view| *view = view.zoomed(STEP * STEP, fixed));
    }

    /// Handles keys: arrows move the map, plus and minus zoom, 0 shows the whole map.
    pub fn key(&self, event: &KeyboardEvent) {
        let (width, height) = self.view.get_untracked().size();
        let (across, down) = (width / 6.0, height / 6.0);
        let change: Box<dyn Fn(Viewport) -> Viewport> = match event.key().as_str() {
            "ArrowLeft" => Box::new(move |view| view.moved((-across, 0.0))),
            "ArrowRight" => Box::new(move |view| view.moved((across, 0.0))),
            "ArrowUp" => Box::new(move |view| view.moved((0.0, -down))),
            "ArrowDown" => Box::new(move |view| view.moved((0.0, down))),
            "+" | "=" => Box::new(|view| view.zoomed(STEP, view.middle)),
            "-" => Box::new(|view| view.zoomed(1.0 / STEP, view.middle)),
            "0" => Box::new(|_| Viewport::default()),
            _ => return,
        };
        event.prevent_default();
        self.view.update(|view| *view = change(*view));
    }
}

/// Returns an attribute of the closest element at or around the event's target that has it.
pub fn attribute_at(event: &MouseEvent, name: &str) -> Option<String> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    target.closest(&format!("[{name}]")).ok()??.get_attribute(name)
}
