//! Attachments and imports: their metadata, never the content of files.

pub mod attachment;
pub mod column_mapping;
pub mod import;
pub mod import_entries;
