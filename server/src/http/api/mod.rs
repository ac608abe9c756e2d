//! The HTTP API, one file for each resource.

pub mod account;
pub mod attachments;
pub mod audit;
pub mod catalogue;
pub mod directory;
pub mod entries;
pub mod entry_subjects;
pub mod export;
pub mod health;
pub mod imports;
pub mod indicators;
pub mod ledger;
pub mod live;
pub mod map;
pub mod notices;
pub mod overview;
pub mod periods;
pub mod pull;
pub mod push;
pub mod session;
pub mod shares;
pub mod users;
pub mod year_pack;
