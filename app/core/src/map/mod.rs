//! The collaboration map without its drawing: county outlines, an index of markers, layout at a zoom level, clusters and
//! choropleth classes.

pub mod choropleth;
pub mod cluster;
pub mod index;
pub mod layout;
pub mod outline;
