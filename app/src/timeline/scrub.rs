//! The line of time under a hand: dragging, finer the farther the hand is from the line;
//! zooming with a wheel or two fingers; moving along when zoomed.

use leptos::ev::{PointerEvent, WheelEvent};
use leptos::html;
use leptos::prelude::*;
use palimpsest_core::Revision;
use wasm_bindgen::JsCast;

use crate::timeline::machine::Machine;

/// How far from the line the hand must be to go at half the speed, at a fifth, at a twentieth.
const FINER: [(f64, Finer, f64); 3] =
    [(130.0, Finer::Twentieth, 0.05), (80.0, Finer::Fifth, 0.2), (36.0, Finer::Half, 0.5)];
/// What a turn of the wheel does to the zoom, for each pixel that it would scroll.
const WHEEL: f64 = 0.0022;

/// What is being dragged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grip {
    /// The place where one stands.
    Head,
    /// The other moment of a comparison.
    Other,
}

/// How fine a drag is, where that must be said.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finer {
    /// Not at all; a finger is told how it could be.
    Hint,
    /// Half as fast as the hand.
    Half,
    /// A fifth as fast.
    Fifth,
    /// A twentieth as fast.
    Twentieth,
}

/// A drag on its way.
#[derive(Clone, Copy)]
struct Drag {
    pointer: i32,
    grip: Grip,
    /// The last horizontal place of the hand, and the part of the view that it means.
    x: f64,
    seen: f64,
}

/// Two fingers on the line.
#[derive(Clone, Copy)]
struct Pinch {
    pointers: [i32; 2],
    places: [f64; 2],
}

/// What a hand does to the line. Copy it freely.
#[derive(Clone, Copy)]
pub(crate) struct Scrub {
    machine: Machine,
    line: NodeRef<html::Div>,
    drag: StoredValue<Option<Drag>>,
    pinch: StoredValue<Option<Pinch>>,
    grabbed: StoredValue<Option<f64>>,
    /// What is pointed at: where it is seen, and which revision it is.
    pub(crate) hover: RwSignal<Option<(f64, Revision)>>,
    /// How fine the drag is.
    pub(crate) finer: RwSignal<Option<Finer>>,
}

impl Scrub {
    pub(crate) fn new(machine: Machine, line: NodeRef<html::Div>) -> Self {
        Self {
            machine,
            line,
            drag: StoredValue::new(None),
            pinch: StoredValue::new(None),
            grabbed: StoredValue::new(None),
            hover: RwSignal::new(None),
            finer: RwSignal::new(None),
        }
    }

    fn bounds(self) -> Option<web_sys::DomRect> {
        let bounds = self.line.get_untracked()?.get_bounding_client_rect();
        (bounds.width() > 0.0).then_some(bounds)
    }

    fn seen(self, x: f64) -> f64 {
        self.bounds().map_or(1.0, |b| ((x - b.left()) / b.width()).clamp(0.0, 1.0))
    }

    fn revision(self, seen: f64) -> Revision {
        let x = self.machine.window.get_untracked().line(seen);
        // The line may have been measured before the last edits came.
        if x >= 1.0 - 1e-9 {
            return self.machine.last_now();
        }
        self.machine.scale.with_untracked(|scale| scale.revision(x))
    }

    fn go(self, grip: Grip, seen: f64) {
        let revision = self.revision(seen);
        match grip {
            Grip::Head => self.machine.seek(revision),
            Grip::Other => self.machine.put_other(revision),
        }
    }

    /// A button or a finger goes down.
    pub(crate) fn down(self, grip: Grip, event: &PointerEvent) {
        if event.button() != 0 {
            return;
        }
        let handle =
            event.current_target().and_then(|at| at.dyn_into::<web_sys::HtmlElement>().ok());
        let Some(handle) = handle else { return };
        // Without capture the drag ends at the line's edge, which is still a drag.
        let _ = handle.set_pointer_capture(event.pointer_id());
        let _ = handle.focus();
        event.prevent_default();
        self.machine.pause();
        self.hover.set(None);
        let x = f64::from(event.client_x());
        if let Some(drag) = self.drag.get_value()
            && drag.pointer != event.pointer_id()
        {
            self.drag.set_value(None);
            self.finer.set(None);
            let pointers = [drag.pointer, event.pointer_id()];
            return self.pinch.set_value(Some(Pinch { pointers, places: [drag.x, x] }));
        }
        let seen = self.seen(x);
        self.drag.set_value(Some(Drag { pointer: event.pointer_id(), grip, x, seen }));
        if event.pointer_type() == "touch" {
            self.finer.set(Some(Finer::Hint));
        }
        if grip == Grip::Head {
            self.go(grip, seen);
        }
    }

    /// It moves, or a mouse passes by.
    pub(crate) fn moved(self, event: &PointerEvent) {
        let x = f64::from(event.client_x());
        if let Some(pinch) = self.pinch.get_value() {
            return self.pinched(pinch, event.pointer_id(), x);
        }
        let Some(bounds) = self.bounds() else { return };
        let Some(mut drag) = self.drag.get_value().filter(|d| d.pointer == event.pointer_id())
        else {
            if event.pointer_type() == "mouse" {
                let seen = self.seen(x);
                self.hover.set(Some((seen, self.revision(seen))));
            }
            return;
        };
        let y = f64::from(event.client_y());
        let away = (bounds.top() - y).max(y - bounds.bottom()).max(0.0);
        let finer = FINER.iter().find(|(from, ..)| away > *from);
        drag.seen = match finer {
            Some((.., speed)) => {
                (drag.seen + (x - drag.x) / bounds.width() * speed).clamp(0.0, 1.0)
            }
            None => self.seen(x),
        };
        drag.x = x;
        let touch = event.pointer_type() == "touch";
        let finer = finer.map(|(_, finer, _)| *finer).or(touch.then_some(Finer::Hint));
        if self.finer.get_untracked() != finer {
            self.finer.set(finer);
        }
        self.drag.set_value(Some(drag));
        self.go(drag.grip, drag.seen);
    }

    fn pinched(self, mut pinch: Pinch, pointer: i32, x: f64) {
        let Some(nth) = pinch.pointers.iter().position(|one| *one == pointer) else { return };
        let before = pinch.places;
        pinch.places[nth] = x;
        self.pinch.set_value(Some(pinch));
        let middle = self.seen((before[0] + before[1]) / 2.0);
        let moved = self.seen((pinch.places[0] + x.min(pinch.places[1])) / 2.0);
        let apart = |places: [f64; 2]| (places[0] - places[1]).abs().max(8.0);
        self.machine.zoom(middle, apart(pinch.places) / apart(before));
        // Both fingers in one direction take the line along.
        if (moved - middle).abs() > 0.001 && apart(pinch.places) > 8.0 {
            self.machine.window.update(|window| *window = window.moved((middle - moved) / 2.0));
        }
    }

    /// It goes up, or is taken away.
    pub(crate) fn up(self, event: &PointerEvent) {
        let pointer = event.pointer_id();
        if self.pinch.get_value().is_some_and(|pinch| pinch.pointers.contains(&pointer)) {
            self.pinch.set_value(None);
        }
        if self.drag.get_value().is_some_and(|drag| drag.pointer == pointer) {
            self.drag.set_value(None);
        }
        self.finer.set(None);
    }

    /// The mouse leaves.
    pub(crate) fn left(self) {
        self.hover.set(None);
    }

    /// The wheel turns: up and down zooms, sideways or with Shift moves along.
    pub(crate) fn wheel(self, event: &WheelEvent) {
        event.prevent_default();
        let Some(bounds) = self.bounds() else { return };
        let unit = if event.delta_mode() == WheelEvent::DOM_DELTA_LINE { 16.0 } else { 1.0 };
        let (mut along, mut across) = (event.delta_x() * unit, event.delta_y() * unit);
        if event.shift_key() {
            along += std::mem::take(&mut across);
        }
        self.hover.set(None);
        if along.abs() > across.abs() {
            let by = along / bounds.width();
            self.machine.window.update(|window| *window = window.moved(by));
        } else {
            self.machine.zoom(self.seen(f64::from(event.client_x())), (-across * WHEEL).exp());
        }
    }

    // --- The strip that says which part of the line is looked at ------------------------

    /// It is taken hold of.
    pub(crate) fn grab(self, event: &PointerEvent) {
        event.prevent_default();
        let strip = event.current_target().and_then(|at| at.dyn_into::<web_sys::Element>().ok());
        if let Some(strip) = strip {
            // Without capture the drag ends at the edge.
            let _ = strip.set_pointer_capture(event.pointer_id());
        }
        self.grabbed.set_value(Some(f64::from(event.client_x())));
        let place = self.seen(f64::from(event.client_x()));
        let window = self.machine.window.get_untracked();
        if !(window.low..=window.high).contains(&place) {
            self.machine.window.set(window.showing(place));
        }
    }

    /// It is dragged.
    pub(crate) fn drag_window(self, event: &PointerEvent) {
        let (Some(from), Some(bounds)) = (self.grabbed.get_value(), self.bounds()) else { return };
        let x = f64::from(event.client_x());
        self.grabbed.set_value(Some(x));
        let by = (x - from) / bounds.width();
        self.machine.window.update(|window| *window = window.moved(by / window.width()));
    }

    /// It is let go.
    pub(crate) fn release(self) {
        self.grabbed.set_value(None);
    }
}
