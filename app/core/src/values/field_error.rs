//! Validation error of one field, with a message in the user's language.

use crate::values::language::Language;
use crate::values::quantity::Quantity;
use serde::{Deserialize, Serialize};

/// Kind of a validation error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// A value is required.
    Required,
    /// The value has the wrong type.
    WrongType,
    /// Not a supported number: over 10⁹ or more than four decimals.
    NotAmount,
    /// Text in a number field of a form: words, a unit, an exponent.
    NotNumber,
    /// A count with decimals.
    NotWhole,
    /// Below the minimum.
    TooSmall,
    /// Above the maximum.
    TooLarge,
    /// Not a date.
    NotDate,
    /// A cell of a table that is no date, or several dates.
    UnreadableDate,
    /// A row of a table with more cells than its heading.
    TooManyCells,
    /// Before the earliest allowed date.
    TooEarly,
    /// In the future.
    InFuture,
    /// Too many characters.
    TooLong,
    /// No such record, code or option.
    Unknown,
    /// The user has no right to do this.
    Forbidden,
    /// A photo uploaded by someone else that the user may not see.
    ForeignPhoto,
    /// The record is deleted.
    Deleted,
    /// The sequence number is already used for another mutation.
    Reused,
    /// A concurrent change by another user to the same field, whose value wins.
    Conflict,
    /// The stored record cannot be read.
    Unreadable,
    /// The name is ambiguous.
    Ambiguous,
    /// The month is closed.
    Closed,
    /// The entry is approved.
    Approved,
    /// Too few characters.
    TooShort,
    /// A password that is easy to guess.
    WeakPassword,
    /// The user name is taken.
    Taken,
    /// A wrong password or one-time code.
    Wrong,
    /// Rights of the own account, which another person has to change.
    OwnAccount,
    /// The reviewer entered the numbers or changed them last: another reviewer has to approve them.
    OwnNumbers,
    /// Duplicate of another row of the table, whose number is the limit.
    Twice,
    /// The unit cannot be converted to the field's.
    Unit,
    /// More than four decimals in the field's unit.
    Inexact,
    /// A spreadsheet's error value, such as `#N/A`.
    ErrorValue,
    /// A formula without a stored result.
    NoResult,
    /// One number for several rows in merged cells.
    MergedNumber,
    /// A quotation mark is not closed.
    UnclosedQuote,
    /// A byte that is no text in the file's encoding; the limit is its place in the line.
    InvalidByte,
    /// The entry named in a row belongs to another activity than the table.
    WrongActivity,
    /// The field was changed after the table was exported.
    ChangedSince,
    /// The figure would overflow.
    SumTooLarge,
    /// A character that cannot be stored: U+0000.
    Character,
    /// The record has as many unresolved conflicts as it may have.
    TooManyConflicts,
    /// A colour whose contrast with white is below 4:1.
    LowContrast,
    /// A code that a newer program uses.
    #[serde(other)]
    Other,
}

/// A validation error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// Field name or path, such as `values.people`.
    pub field: String,
    /// Kind of error.
    pub code: ErrorCode,
    /// Limit that was exceeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// Message for the user.
    #[serde(default)]
    pub message: String,
}

impl FieldError {
    /// Creates an error with a Chinese message.
    pub fn new(field: impl Into<String>, code: ErrorCode) -> Self {
        Self { field: field.into(), code, limit: None, message: String::new() }.in_language(Language::Chinese)
    }

    /// Creates an error for an exceeded limit.
    pub fn with_limit(field: impl Into<String>, code: ErrorCode, limit: f64) -> Self {
        Self { limit: Some(limit), ..Self::new(field, code) }.in_language(Language::Chinese)
    }

    /// Translates the message.
    #[must_use]
    pub fn in_language(mut self, language: Language) -> Self {
        let limit = self.limit.and_then(Quantity::from_f64).map(|limit| limit.to_string().replace(',', ""));
        let limit = limit.unwrap_or_default();
        let (chinese, english) = match self.code {
            ErrorCode::Required => ("请填写", "Please fill this in"),
            ErrorCode::WrongType => ("格式不对", "Not in the right form"),
            ErrorCode::NotAmount => ("请填数字，最多四位小数", "Enter a number with at most four decimals"),
            ErrorCode::NotNumber => ("请填数字，不写单位和文字", "Enter a number without units or words"),
            ErrorCode::NotWhole => ("请填整数", "Enter a whole number"),
            ErrorCode::TooSmall => ("不能小于 {}", "Must be at least {}"),
            ErrorCode::TooLarge => ("不能大于 {}", "Must be at most {}"),
            ErrorCode::NotDate => ("请选择日期", "Choose a date"),
            ErrorCode::UnreadableDate => (
                "这不是一个日期，请写成 2026-11-20 这样的一天",
                "This is not a date: write one day, such as 2026-11-20",
            ),
            ErrorCode::TooManyCells => (
                "这一行的格数比表头多，请核对是否有没加引号的逗号",
                "This row has more cells than the heading: check for a comma without quotation marks",
            ),
            ErrorCode::TooEarly => ("日期不能早于 {} 年", "The date cannot be before {}"),
            ErrorCode::InFuture => ("日期还没有到", "The date is in the future"),
            ErrorCode::TooLong if self.limit.is_some_and(|limit| limit >= LARGE_TEXT) => {
                let (chinese, english) = size_words(self.limit.unwrap_or_default());
                self.message = language.pick(&chinese, &english).to_owned();
                return self;
            }
            ErrorCode::TooLong => ("不能超过 {} 个字", "At most {} characters"),
            ErrorCode::Unknown => ("没有这一项，请重新选择", "There is no such item: choose again"),
            ErrorCode::Forbidden => ("您没有这项权限", "You may not do this"),
            ErrorCode::Unreadable => (
                "服务器上的这条记录已损坏，请联系管理员",
                "The record on the server cannot be read: please tell an administrator",
            ),
            ErrorCode::ForeignPhoto => (
                "这张照片别人已经上传过。请等本机上传完照片再保存一次",
                "Someone else uploaded this photo first. Save again once this phone has uploaded it",
            ),
            ErrorCode::Deleted => ("这条填报已被删除", "This entry has been deleted"),
            ErrorCode::Reused => ("序号已用于另一条填报", "The sequence number was used for another entry"),
            ErrorCode::Conflict => (
                "别人也改了这一项，以对方的为准；您的值仍保存在本机",
                "Someone else also changed this, and their value applies; yours is kept on this phone",
            ),
            ErrorCode::Ambiguous => {
                ("有几个地方同名，请把乡镇的名称也写上", "The name is ambiguous: write the township's name before it")
            }
            ErrorCode::Closed => ("这个月份已锁定，请联系协调员", "This month is closed. Contact a coordinator"),
            ErrorCode::Approved => {
                ("已审核的填报不能删除，请联系协调员", "An approved entry cannot be deleted. Contact a coordinator")
            }
            ErrorCode::TooShort => ("至少 {} 个字符", "At least {} characters"),
            ErrorCode::WeakPassword => {
                ("这个密码太容易被猜到，请换一个", "This password is easy to guess: choose another")
            }
            ErrorCode::Taken => ("已有这个用户名，请换一个", "This user name is taken: choose another"),
            ErrorCode::Wrong => ("不对，请再看一下", "Wrong: please check it"),
            ErrorCode::OwnAccount => (
                "自己的身份、范围和停用要由另一位管理人员办理",
                "Another person has to change your own role or scope, or close your account",
            ),
            ErrorCode::OwnNumbers => (
                "数字是您填报或最后修改的，请由另一位审核人员通过",
                "You entered these numbers or changed them last: another reviewer has to approve them",
            ),
            ErrorCode::Twice => ("与第 {} 行完全相同", "The same as row {}"),
            ErrorCode::Unit => (
                "单位不明确或不能换算，请改用本栏的单位",
                "The unit is unclear or cannot be converted: use the field's own unit",
            ),
            ErrorCode::Inexact => (
                "换算成本栏的单位后超过四位小数，请改写",
                "More than four decimals in the field's unit: please rewrite it",
            ),
            ErrorCode::ErrorValue => {
                ("这一格是错误值，请在表格里改正", "This cell holds an error value: correct it in the table")
            }
            ErrorCode::NoResult => (
                "公式没有保存结果，请用表格软件打开、保存后再选择",
                "The formula has no stored result: open the file in a spreadsheet program, save it and choose it again",
            ),
            ErrorCode::MergedNumber => (
                "几行合并成一个数，请拆分后每行填自己的数",
                "One number for several rows: unmerge the cells and give each row its own number",
            ),
            ErrorCode::WrongActivity => {
                ("这条填报不是所选的活动", "This entry is of another activity than the chosen one")
            }
            ErrorCode::ChangedSince => (
                "导出以后别人改过这一项，请重新导出后再改",
                "Someone has changed this since the export: export it again",
            ),
            ErrorCode::UnclosedQuote => ("这一行的引号没有成对", "A quotation mark in this line is not closed"),
            ErrorCode::InvalidByte => (
                "这一行的第 {} 个字节不是文字（编码有误），请在表格软件里改正这一格后另存",
                "Byte {} of this line is not valid text: correct the cell in a spreadsheet program and save the file again",
            ),
            ErrorCode::SumTooLarge => (
                "加上这个数，合计就超出范围了，请核对",
                "With this number the total would be out of range: please check it",
            ),
            ErrorCode::Character => ("内容里有不能保存的字符", "A character in it cannot be stored"),
            ErrorCode::TooManyConflicts => (
                "这一项已有 {} 个冲突等待处理，请先处理",
                "{} conflicts of this record are unresolved: resolve them first",
            ),
            ErrorCode::LowContrast => (
                "颜色太浅，请选深一些的：与白色的对比度至少 4:1",
                "Too light: choose a darker colour, with a contrast of at least 4:1 against white",
            ),
            ErrorCode::Other => ("这里有问题", "Invalid value"),
        };
        if self.code != ErrorCode::Other || self.message.is_empty() {
            self.message = language.pick(chinese, english).replace("{}", &limit);
        }
        self
    }
}

/// Bound from which a limit is a size in bytes rather than a number of characters a person counts.
const LARGE_TEXT: f64 = 32_768.0;

/// Returns the message for content over a size in bytes. A Chinese character has three bytes.
fn size_words(bytes: f64) -> (String, String) {
    let (tens_of_thousands, thousands) = ((bytes / 30_000.0).floor(), (bytes / 3_000.0).floor());
    let kilobytes = (bytes / 1_024.0).floor();
    (
        format!("内容太多，最多约 {tens_of_thousands} 万个汉字，请删减或分成几条"),
        format!(
            "Too much content: at most {kilobytes} KB, about {thousands},000 Chinese characters. Shorten it or split it"
        ),
    )
}

/// Adds errors for fields that have none yet.
pub fn add_new(errors: &mut Vec<FieldError>, more: Vec<FieldError>) {
    for error in more {
        if !errors.iter().any(|earlier| earlier.field == error.field) {
            errors.push(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_names_the_limit_in_both_languages() {
        let error = FieldError::with_limit("values.count", ErrorCode::TooLarge, 500.0);
        assert_eq!(error.message, "不能大于 500");
        assert_eq!(error.in_language(Language::English).message, "Must be at most 500");
    }

    #[test]
    fn size_limit_is_given_in_characters() {
        let error = FieldError::with_limit("details.hashes", ErrorCode::TooLong, 262_144.0);
        assert_eq!(error.message, "内容太多，最多约 8 万个汉字，请删减或分成几条");
        let english = "Too much content: at most 256 KB, about 87,000 Chinese characters. Shorten it or split it";
        assert_eq!(error.in_language(Language::English).message, english);
        assert_eq!(FieldError::with_limit("note", ErrorCode::TooLong, 2_000.0).message, "不能超过 2000 个字");
    }

    #[test]
    fn unknown_code_keeps_its_message() {
        let error: FieldError =
            serde_json::from_str(r#"{"field":"x","code":"from_tomorrow","message":"明日的话"}"#).unwrap();
        assert_eq!(error.in_language(Language::English).message, "明日的话");
    }
}
