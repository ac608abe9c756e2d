//! Requests and answers of the HTTP contract. The server writes and reads them, the app does the same, and with the feature
//! `openapi` each has a schema in the server's description.

pub mod attachments;
pub mod audit;
pub mod catalogue;
pub mod directory;
pub mod entries;
pub mod health;
pub mod imports;
pub mod indicators;
pub mod ledger;
pub mod map;
pub mod notices;
pub mod periods;
pub mod problem;
#[cfg(feature = "openapi")]
pub mod schema;
pub mod session;
pub mod shares;
pub mod users;
pub mod year_pack;
