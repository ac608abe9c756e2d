//! The frame around the features: start, routes and header.

pub mod bootstrap;
pub mod document;
#[cfg(feature = "csr")]
mod form_handover;
mod header;
mod home;
mod not_found;
pub mod root;
#[cfg(feature = "csr")]
mod start;
mod sync_badge;
