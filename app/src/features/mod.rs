//! Features: one folder or file for each, with everything that belongs to it.

pub mod catalogue;
pub mod dashboard;
pub mod directory;
pub mod entries;
pub mod import;
pub mod indicator;
pub mod ledger;
pub mod map;
pub mod my_work;
pub mod periods;
pub mod report;
pub mod review;
pub mod sign_in;
pub mod wall;
