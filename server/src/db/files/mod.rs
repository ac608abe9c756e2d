//! Attachments and import files: their metadata, never their content.

pub mod attachment;
pub mod import;
