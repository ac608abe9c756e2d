//! Imports entries from spreadsheets.
//!
//! A file is read and every row is checked before anything is written. All rows are then written in one transaction, and the whole
//! import can be undone. Rows that name an entry change it. Checks run in the background; requests ask for their progress.

pub mod cell;
pub mod cell_value;
pub mod check;
pub mod check_context;
mod check_preview;
pub mod check_result;
pub mod column_match;
pub mod columns;
pub mod existing_entry;
mod exported_answers;
pub mod file_error;
pub mod findings;
pub mod gazetteer;
pub mod heading_rows;
mod html;
pub mod job;
pub mod job_registry;
pub mod layout;
pub mod number_format;
pub mod planned_write;
pub mod row;
pub mod row_omission;
mod separator;
pub mod sheet_file;
pub mod summary;
pub mod target;
pub mod template;
mod text;
mod text_encoding;
pub mod unit_line;
pub mod unit_words;
pub mod update;
pub mod workbook;
pub mod write;
mod xls;
mod xlsx;
