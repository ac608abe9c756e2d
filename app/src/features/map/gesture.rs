//! Fingers, wheel and keys on the map. While they move, the picture is moved as it is, which costs the browser nothing;
//! once they rest, it is drawn anew.

use crate::svg::tenth;
use crate::svg::viewport::{Placement, Viewport};
use leptos::html::Div;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, MouseEvent, PointerEvent, WheelEvent};

/// A finger that has moved by less, in pixels, has tapped.
const TAP: f64 = 6.0;
/// How long a wheel rests until the map is drawn anew.
const REST: Duration = Duration::from_millis(160);
/// How much larger a pixel of the wheel makes the map, as a share.
const TURN: f64 = 0.0015;
/// How much larger a double tap, a button or a key makes the map.
pub const STEP: f64 = 1.6;

/// A finger, where it came down and where it is.
#[derive(Clone, Copy)]
struct Finger {
    id: i32,
    start: (f64, f64),
    now: (f64, f64),
}

/// What is under way.
#[derive(Default)]
struct Way {
    fingers: Vec<Finger>,
    dragging: bool,
    /// Where the wheel turns, and by how much it has.
    wheel: Option<((f64, f64), f64)>,
    rest: Option<TimeoutHandle>,
}

/// How many times as large, around which point of the frame in pixels, and shifted by how many pixels.
type Transformation = (f64, (f64, f64), (f64, f64));

/// The map's handling.
#[derive(Clone, Copy)]
pub struct Gesture {
    view: RwSignal<Viewport>,
    frame: NodeRef<Div>,
    way: StoredValue<Way>,
}

impl Gesture {
    /// That of a frame with the picture in it.
    pub fn new(view: RwSignal<Viewport>, frame: NodeRef<Div>) -> Self {
        Self { view, frame, way: StoredValue::new(Way::default()) }
    }

    /// The frame's picture, its left upper corner on the screen, and how the plane lies in it.
    fn picture(&self) -> Option<(Element, (f64, f64), Placement)> {
        let frame = self.frame.get_untracked()?;
        let rectangle = frame.get_bounding_client_rect();
        let lie = Placement::new(self.view.get_untracked(), (rectangle.width(), rectangle.height()))?;
        Some((frame.first_element_child()?, (rectangle.left(), rectangle.top()), lie))
    }

    /// What fingers or the wheel have done so far.
    fn transformation(&self, way: &Way, origin: (f64, f64)) -> Option<Transformation> {
        if let Some(((x, y), factor)) = way.wheel {
            return Some((factor, (x - origin.0, y - origin.1), (0.0, 0.0)));
        }
        let mean = |of: fn(&Finger) -> (f64, f64)| {
            let count = way.fingers.len() as f64;
            let sum = way.fingers.iter().map(of).fold((0.0, 0.0), |sum, own| (sum.0 + own.0, sum.1 + own.1));
            (sum.0 / count, sum.1 / count)
        };
        let factor = match way.fingers.as_slice() {
            [] => return None,
            [one, other, ..] => {
                let apart = |one: (f64, f64), other: (f64, f64)| (one.0 - other.0).hypot(one.1 - other.1).max(1.0);
                apart(one.now, other.now) / apart(one.start, other.start)
            }
            [_] => 1.0,
        };
        let (start, now) = (mean(|finger| finger.start), mean(|finger| finger.now));
        Some((factor, (start.0 - origin.0, start.1 - origin.1), (now.0 - start.0, now.1 - start.1)))
    }

    /// Moves the picture as it is.
    fn show(&self) {
        let Some((picture, origin, _)) = self.picture() else { return };
        let Some((factor, fixed, shift)) = self.way.with_value(|way| self.transformation(way, origin)) else { return };
        let [x, y, right, down] = [fixed.0, fixed.1, shift.0, shift.1].map(tenth);
        let percent = (factor * 100.0).round() as i64;
        let style = format!("transform-origin:{x}px {y}px;transform:translate({right}px,{down}px) scale({percent}%)");
        let _ = picture.set_attribute("style", &style);
    }

    /// Has what fingers or the wheel have left drawn anew.
    fn settle(&self) {
        let Some((_, origin, lie)) = self.picture() else { return };
        let Some((factor, fixed, shift)) = self.way.with_value(|way| self.transformation(way, origin)) else { return };
        let shift = (shift.0 / lie.unit, shift.1 / lie.unit);
        self.view.update(|view| *view = view.after(factor, lie.on_plane(fixed), shift));
    }

    /// The picture has been drawn anew: it is no longer to be moved.
    pub fn clear_transform(&self) {
        if let Some(picture) = self.frame.get_untracked().and_then(|frame| frame.first_element_child()) {
            let _ = picture.remove_attribute("style");
        }
    }

    /// A finger comes down.
    pub fn down(&self, event: &PointerEvent) {
        self.settle_wheel();
        // Another finger changes what the first one does: what it has done so far stands.
        if self.way.with_value(|way| way.dragging) {
            self.settle();
        }
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        self.way.update_value(|way| {
            if event.is_primary() {
                way.fingers.clear();
                way.dragging = false;
            }
            for finger in &mut way.fingers {
                finger.start = finger.now;
            }
            way.fingers.push(Finger { id: event.pointer_id(), start: at, now: at });
        });
    }

    /// A finger moves.
    pub fn moved(&self, event: &PointerEvent) {
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        let begins = self.way.try_update_value(|way| {
            let finger = way.fingers.iter_mut().find(|finger| finger.id == event.pointer_id())?;
            finger.now = at;
            let far = (at.0 - finger.start.0).hypot(at.1 - finger.start.1) > TAP;
            let begins = far && !way.dragging;
            way.dragging |= far;
            way.dragging.then_some(begins)
        });
        let Some(Some(begins)) = begins else { return };
        if begins && let Some(frame) = self.frame.get_untracked() {
            // From now on its moves come here, wherever it goes.
            let _ = frame.set_pointer_capture(event.pointer_id());
        }
        self.show();
    }

    /// A finger is lifted, or the browser took it for something else.
    pub fn up(&self, event: &PointerEvent) {
        let known = self.way.with_value(|way| way.fingers.iter().any(|finger| finger.id == event.pointer_id()));
        if !known {
            return;
        }
        if self.way.with_value(|way| way.dragging) {
            self.settle();
        }
        self.way.update_value(|way| {
            way.fingers.retain(|finger| finger.id != event.pointer_id());
            for finger in &mut way.fingers {
                finger.start = finger.now;
            }
        });
    }

    /// Whether what has just ended was a drag, so that no tap is meant.
    pub fn has_dragged(&self) -> bool {
        self.way.with_value(|way| way.dragging)
    }

    /// The wheel turns.
    pub fn wheel(&self, event: &WheelEvent) {
        event.prevent_default();
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        let turned = (1.0 - event.delta_y() * TURN).clamp(0.6, 1.6);
        let gesture = *self;
        let rest = set_timeout_with_handle(move || gesture.settle_wheel(), REST).ok();
        self.way.update_value(|way| {
            let (fixed, factor) = way.wheel.unwrap_or((at, 1.0));
            way.wheel = Some((fixed, factor * turned));
            if let Some(earlier) = std::mem::replace(&mut way.rest, rest) {
                earlier.clear();
            }
        });
        self.show();
    }

    fn settle_wheel(&self) {
        if self.way.with_value(|way| way.wheel.is_some()) {
            self.settle();
            self.way.update_value(|way| way.wheel = None);
        }
    }

    /// Where on the plane something has happened, and how many pixels a unit of it is wide.
    pub fn at(&self, event: &MouseEvent) -> Option<((f64, f64), f64)> {
        let (_, origin, lie) = self.picture()?;
        let at = (f64::from(event.client_x()) - origin.0, f64::from(event.client_y()) - origin.1);
        Some((lie.on_plane(at), lie.unit))
    }

    /// A double tap goes closer, where it was.
    pub fn double(&self, event: &MouseEvent) {
        let Some((fixed, _)) = self.at(event) else { return };
        self.view.update(|view| *view = view.zoomed(STEP * STEP, fixed));
    }

    /// Arrows move it, plus and minus make it larger and smaller, 0 shows all of it.
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

/// The number that an element or one around it carries under a name.
pub fn attribute_at(event: &MouseEvent, name: &str) -> Option<String> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    target.closest(&format!("[{name}]")).ok()??.get_attribute(name)
}
