//! Figures on the server: the cached summary, the cached contributions of a year, and the queries over both.

pub mod queries;
pub mod summary_cache;
pub mod yearly_cache;
