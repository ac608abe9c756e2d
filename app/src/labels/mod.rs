//! Words: the one place that turns codes, values and times into text.

pub mod texts;
pub mod time_format;
pub mod value;
