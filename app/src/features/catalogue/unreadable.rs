//! Parts of a typed field that cannot be read, and their names on the screen.

use crate::labels::texts::{Texts, fill};
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use jiedui_core::values::language::Language;

/// A part of a field that is typed and cannot be read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unreadable {
    /// Name of the part, as in [`jiedui_core::catalogue::Field`].
    pub part: &'static str,
    /// Number of the line, from 1, in a part of several lines.
    pub line: Option<usize>,
}

impl Unreadable {
    /// Returns the message in the chosen language.
    pub fn in_words(self, texts: &Texts, language: Language) -> String {
        let line = self.line.unwrap_or_default();
        let why = match self.part {
            "when" => texts.field_when_wrong().to_owned(),
            "choices" => fill(texts.field_choices_wrong(), &[&line]),
            "columns" => fill(texts.field_columns_wrong(), &[&line]),
            "computed" => texts.field_computed_wrong().to_owned(),
            "kind" => texts.field_kind_wrong().to_owned(),
            part => FieldError::new(part, ErrorCode::NotAmount).in_language(language).message,
        };
        format!("{}：{why}", part_name(texts, self.part))
    }
}

/// Returns the name of a part of a field on the screen.
pub fn part_name(texts: &Texts, part: &str) -> String {
    let name = match part {
        "code" => texts.field_code(),
        "name" => texts.field_name(),
        "kind" => texts.field_kind(),
        "min" => texts.field_min(),
        "max" => texts.field_max(),
        "feeds" => texts.field_feeds(),
        "computed" => texts.field_computed(),
        "choices" => texts.field_choices(),
        "columns" => texts.field_columns(),
        "default" => texts.field_default(),
        "when" => texts.field_when(),
        other => other,
    };
    // The text in brackets or after a comma explains how to fill it in.
    name.split(['（', '(', '，', ',']).next().unwrap_or(name).trim().to_owned()
}
