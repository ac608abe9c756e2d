//! Authentication without I/O: password hashing, tokens, and the throttle for failed sign-ins.

pub mod code;
pub mod password;
pub mod throttle;
pub mod token;
