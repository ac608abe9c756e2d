//! The server's API as the app speaks to it: endpoints and the codec of bodies.

pub mod codec;
pub mod endpoints;
pub mod error;
pub mod imports;
pub mod reference;
