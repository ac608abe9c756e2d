//! What need not be seen at once waits for its turn: the map answers a filter first, and each programme's cards follow in
//! tasks of their own after a painting, so that a slow phone is never busy for long.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

type Piece = Box<dyn FnOnce()>;

thread_local! {
    static WAITING: RefCell<VecDeque<Piece>> = const { RefCell::new(VecDeque::new()) };
}

/// How long a slice of long work may take, in milliseconds: half of what a frame has.
const LONG: f64 = 8.0;

/// The time that long work takes before the browser has its turn.
pub struct TimeSlice {
    begun: f64,
}

impl TimeSlice {
    /// It begins in a task of its own.
    pub async fn begin() -> Self {
        TimeoutFuture::new(0).await;
        Self { begun: js_sys::Date::now() }
    }

    /// After a piece of the work: lets the browser paint and hear the finger once the slice is over.
    pub async fn next(&mut self) {
        if js_sys::Date::now() - self.begun >= LONG {
            *self = Self::begin().await;
        }
    }
}

/// What `source` is, some paintings later; the first time at once. Those that are asked for first come first.
pub fn deferred<S, T>(source: S) -> ReadSignal<T>
where
    S: GetUntracked<Value = T> + Track + Copy + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    let (read, write) = signal(source.get_untracked());
    let waits = StoredValue::new(false);
    Effect::new(move |started: Option<bool>| {
        source.track();
        if started.is_some() && !waits.get_value() {
            waits.set_value(true);
            wait(Box::new(move || {
                // The screen may have been left meanwhile.
                if let Some(value) = source.try_get_untracked() {
                    waits.try_update_value(|waits| *waits = false);
                    write.try_set(value);
                }
            }));
        }
        true
    });
    read
}

fn wait(piece: Piece) {
    let is_first = WAITING.with_borrow_mut(|waiting| {
        waiting.push_back(piece);
        waiting.len() == 1
    });
    if is_first {
        request_animation_frame(|| set_timeout(work, Duration::ZERO));
    }
}

/// One piece a task: what it changes is written into the page at the task's end, and the browser paints when it is due.
fn work() {
    let piece = WAITING.with_borrow_mut(VecDeque::pop_front);
    piece.into_iter().for_each(|piece| piece());
    if WAITING.with_borrow(|waiting| !waiting.is_empty()) {
        set_timeout(work, Duration::ZERO);
    }
}
