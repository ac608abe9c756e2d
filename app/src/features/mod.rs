//! Features: one folder or file each. A feature uses no other feature; only `shell` knows them all.

pub mod audit;
pub mod catalogue;
pub mod dashboard;
pub mod directory;
pub mod entries;
pub mod help;
pub mod import;
pub mod indicator;
pub mod kit;
pub mod ledger;
pub mod me;
pub mod my_work;
pub mod own_account;
pub mod people;
pub mod report;
pub mod review;
pub mod setup;
pub mod sign_in;
pub mod sign_in_code;
pub mod wall;
