//! Splits long work into slices, between which the browser paints and handles input.

use gloo_timers::future::TimeoutFuture;

/// Milliseconds that a slice may take: half a frame.
const SLICE: f64 = 8.0;

/// Time since the browser last had its turn.
pub struct TimeSlice {
    started: f64,
}

impl TimeSlice {
    /// Starts a slice in a new task.
    pub async fn begin() -> Self {
        TimeoutFuture::new(0).await;
        Self { started: js_sys::Date::now() }
    }

    /// Yields to the browser if the slice is used up. Call it after each step of the work.
    pub async fn next(&mut self) {
        if js_sys::Date::now() - self.started >= SLICE {
            *self = Self::begin().await;
        }
    }
}
