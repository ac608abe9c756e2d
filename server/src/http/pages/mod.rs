//! The app's pages and files.

pub mod page;
pub mod site;
