//! Figures on the server: caches of the overview, of year packs and of figures by place, and the queries over them.

pub mod overview_cache;
pub mod pack_cache;
pub mod queries;
pub mod yearly_cache;
