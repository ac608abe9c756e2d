//! Features: one folder or file each. A feature uses another one only through what its `mod.rs` exports.

pub mod catalogue;
pub mod dashboard;
pub mod directory;
pub mod entries;
pub mod help;
pub mod import;
pub mod indicator;
pub mod ledger;
pub mod map;
pub mod my_work;
pub mod report;
pub mod review;
pub mod sign_in;
pub mod wall;
