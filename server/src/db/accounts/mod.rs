//! Accounts, sessions, links and web-push subscriptions.

pub mod account;
pub mod code;
pub mod notice;
pub mod session;
pub mod share;
