//! Figures on the server: the cached summary, the cached contributions of a year, and the queries over both.

pub mod overview_cache;
pub mod pack_cache;
pub mod queries;
pub mod yearly_cache;
