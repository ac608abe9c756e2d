//! Access control: roles, scopes and accounts, and the rights that they carry.

pub mod administration;
pub mod rights;
pub mod user;
pub mod username;
pub mod visibility;
