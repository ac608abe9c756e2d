//! The frame around the features: start, header, lazy loading, scheduling.

pub mod bootstrap;
pub mod document;
#[cfg(feature = "csr")]
pub mod form_handover;
pub mod header;
pub mod lazy;
pub mod not_found;
pub mod root;
pub mod scheduler;
#[cfg(feature = "csr")]
pub mod start;
pub mod sync_badge;
pub mod undo_toast;
