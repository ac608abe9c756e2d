//! Extractors: what a handler takes from a request, parsed and checked.

pub mod batch;
pub mod body;
pub mod bounded_value;
pub mod credentials;
pub mod current_user;
pub mod origin;
pub mod query;
pub mod sync_headers;
pub mod viewer;
