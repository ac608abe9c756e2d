//! Model of the collaboration map: county outlines, an index of markers, clusters, the layout at a zoom level, and
//! choropleth classes.

pub mod choropleth;
pub mod cluster;
pub mod index;
pub mod layout;
pub mod outline;
