//! Defers rendering that can wait: the map answers a filter first. The cards of each programme follow in a separate task after a
//! paint, so a slow phone is never busy for long.

use leptos::prelude::*;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

type Task = Box<dyn FnOnce()>;

thread_local! {
    static QUEUE: RefCell<VecDeque<Task>> = const { RefCell::new(VecDeque::new()) };
}

/// Returns a signal that follows `source` some frames later; its first value is set at once. First in, first out.
pub fn deferred<S, T>(source: S) -> ReadSignal<T>
where
    S: GetUntracked<Value = T> + Track + Copy + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    let (read, write) = signal(source.get_untracked());
    let is_queued = StoredValue::new(false);
    Effect::new(move |started: Option<bool>| {
        source.track();
        if started.is_some() && !is_queued.get_value() {
            is_queued.set_value(true);
            enqueue(Box::new(move || {
                // The user may have left the screen meanwhile.
                if let Some(value) = source.try_get_untracked() {
                    is_queued.try_update_value(|is_queued| *is_queued = false);
                    write.try_set(value);
                }
            }));
        }
        true
    });
    read
}

fn enqueue(task: Task) {
    let is_first = QUEUE.with_borrow_mut(|queue| {
        queue.push_back(task);
        queue.len() == 1
    });
    if is_first {
        request_animation_frame(|| set_timeout(run_next, Duration::ZERO));
    }
}

/// Runs one queued task in a new browser task. Effects run at its end, and the browser paints when a frame is due.
fn run_next() {
    let task = QUEUE.with_borrow_mut(VecDeque::pop_front);
    task.into_iter().for_each(|task| task());
    if QUEUE.with_borrow(|queue| !queue.is_empty()) {
        set_timeout(run_next, Duration::ZERO);
    }
}
