//! Drawings as SVG text: the server paints with them, the browser inserts each in one call, and users download them. Views
//! would cost one call of the browser for each element, and a map has a thousand.

pub mod chart;
mod chart_frame;
pub mod label;
pub mod map;
pub mod place_names;
pub mod static_map;
pub mod viewport;
mod writer;

pub use writer::{Svg, SvgWriter, tenth};
