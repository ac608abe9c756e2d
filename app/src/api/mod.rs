//! The server's API as the app speaks to it: endpoints, the codec of bodies, and the pages of the user guide.

pub mod codec;
pub mod endpoints;
pub mod error;
pub mod guide;
pub mod imports;
pub mod reference;
