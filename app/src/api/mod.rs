//! Calls of the server's HTTP API: endpoints, the codec of bodies, and the pages of the user guide.

pub mod audit;
pub mod codec;
pub mod endpoints;
pub mod error;
pub mod figures;
pub mod guide;
pub mod imports;
pub mod people;
pub mod reference;
