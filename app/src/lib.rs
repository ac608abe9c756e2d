//! The screens. The same code renders a page on the server and takes it over in the browser.

pub mod api;
pub mod features;
pub mod labels;
pub mod page_event;
pub mod shell;
pub mod state;
pub mod storage;
pub mod svg;
pub mod sync;
pub mod ui;
