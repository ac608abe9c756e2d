//! Reasons why no table can be read from a file, with advice for the user.

use jiedui_core::api::imports::Stage;
use jiedui_core::values::language::Language;
use serde::{Deserialize, Serialize};

/// Reason why no table can be read from a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "code", content = "row")]
pub enum FileError {
    /// An unknown kind of file.
    #[error("not a table")]
    NotTable,
    /// A damaged file of a known kind.
    #[error("damaged")]
    Damaged,
    /// A file with a password.
    #[error("encrypted")]
    Encrypted,
    /// A web page without a table.
    #[error("a web page without a table")]
    WebPage,
    /// An unsupported kind of table: OpenDocument, binary workbook, XML table, web archive.
    #[error("another kind of table")]
    OtherTable,
    /// XML of Excel 2003, usually named .xls.
    #[error("an XML spreadsheet")]
    XmlSpreadsheet,
    /// JSON.
    #[error("JSON")]
    Json,
    /// Separated text whose separator is ambiguous.
    #[error("an ambiguous separator")]
    AmbiguousSeparator,
    /// A text document or presentation.
    #[error("a document")]
    Document,
    /// A picture or a PDF.
    #[error("a picture")]
    Picture,
    /// A table without rows.
    #[error("empty")]
    Empty,
    /// More rows than the limit.
    #[error("too many rows")]
    TooManyRows,
    /// More cells or text than the limit.
    #[error("too many cells")]
    TooManyCells,
    /// A workbook that unpacks to more than the limit.
    #[error("unpacks to too much")]
    TooLarge,
    /// A cell of this row has more characters than the limit.
    #[error("a cell of row {0} is too long")]
    CellTooLong(usize),
}

impl FileError {
    /// Returns the stage of an import that ends with this error.
    pub fn stage(self) -> Stage {
        match self {
            Self::Empty => Stage::Empty,
            Self::TooManyRows | Self::TooManyCells | Self::TooLarge => Stage::TooMany,
            _ => Stage::Unreadable,
        }
    }

    /// Returns the message for users.
    pub fn words(self, language: Language) -> String {
        let (chinese, english) = match self {
            Self::NotTable => (
                "这个文件不是能读取的表格，请选择 .xlsx、.xls 或 .csv",
                "No table can be read from this file: choose .xlsx, .xls or .csv",
            ),
            Self::Damaged => (
                "这个文件已损坏，请用表格软件打开、另存为 .xlsx 后再选择",
                "The file is damaged: open it in a spreadsheet program, save it as .xlsx and choose it again",
            ),
            Self::Encrypted => (
                "这个文件有密码，请取消密码、保存后再选择",
                "The file is protected by a password: remove it, save the file and choose it again",
            ),
            Self::WebPage => (
                "这个文件其实是网页，里面没有表格。请用表格软件打开、另存为 .xlsx 后再选择",
                "The file is a web page without a table: save the table as .xlsx and choose it again",
            ),
            Self::OtherTable => (
                "这种格式的表格不能读取，请用表格软件打开、另存为 .xlsx 后再选择",
                "Tables of this format cannot be read: save it as .xlsx and choose it again",
            ),
            Self::XmlSpreadsheet => (
                "这个文件是 Excel 2003 的 XML 表格，不能直接读取。请用表格软件打开、另存为 .xlsx 后再选择",
                "The file is an XML Spreadsheet 2003, which cannot be read: open it in a spreadsheet program, save it as .xlsx and choose it again",
            ),
            Self::Json => (
                "这个文件是 JSON 数据，不是表格。请导出为 .xlsx 或 .csv 后再选择",
                "The file is JSON data, not a table: export it as .xlsx or .csv and choose it again",
            ),
            Self::AmbiguousSeparator => (
                "看不出这个文本文件的列是用什么符号分开的（“|”“，”还是逗号）。请另存为 .xlsx，或用英文逗号分列的 .csv",
                "It is unclear which of “|”, “，” and “,” separates the columns of this text file: save it as .xlsx, or as .csv with commas",
            ),
            Self::Document => (
                "这个文件是文档，不是表格。请把表格复制到表格软件、存为 .xlsx 后再选择",
                "The file is a document, not a table: copy the table into a spreadsheet, save it as .xlsx and choose it again",
            ),
            Self::Picture => ("这个文件是图片或 PDF，不是表格", "The file is a picture or a PDF, not a table"),
            Self::Empty => ("表格里没有数据行", "The table has no rows"),
            Self::TooManyRows => {
                ("表格超过 100000 行，请分成几个文件", "The table has more than 100,000 rows: split it")
            }
            Self::TooManyCells => {
                ("表格里的内容太多，请分成几个文件", "The table holds too much: split it into several files")
            }
            Self::TooLarge => ("文件解压后太大，请分成几个文件", "The file unpacks to too much: split it"),
            Self::CellTooLong(_) => (
                "第 {} 行有一格超过 32767 个字，请改正后再选择",
                "A cell in row {} has more than 32,767 characters: shorten it and choose the file again",
            ),
        };
        let row = if let Self::CellTooLong(row) = self { row.to_string() } else { String::new() };
        language.pick(chinese, english).replace("{}", &row)
    }
}
