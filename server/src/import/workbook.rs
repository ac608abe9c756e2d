//! Reads a table of a file by the file's kind.

use crate::import::file_error::FileError;
use crate::import::sheet_file::SheetFile;
use crate::import::text_encoding::{self, DecodedText};
use crate::import::{html, text, xls, xlsx};

/// Reads a table of a file.
pub fn read(file: &[u8], wanted: Option<usize>) -> Result<SheetFile, FileError> {
    match file {
        [] => Err(FileError::Empty),
        [b'P', b'K', ..] => xlsx::read(file, wanted),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => xls::read(file, wanted),
        // A workbook from before compound files.
        [0x09, 0x00 | 0x02 | 0x04 | 0x08, ..] => Err(FileError::OtherTable),
        [b'%', b'P', b'D', b'F', ..]
        | [0xff, 0xd8, 0xff, ..]
        | [0x89, b'P', b'N', b'G', ..]
        | [b'G', b'I', b'F', ..] => Err(FileError::Picture),
        [b'{', b'\\', b'r', b't', b'f', ..] => Err(FileError::Document),
        _ => of_text(&text_encoding::decode(file)?, wanted),
    }
}

fn of_text(decoded: &DecodedText<'_>, wanted: Option<usize>) -> Result<SheetFile, FileError> {
    let text = &*decoded.text;
    let start: String = text.chars().take(2_000).collect::<String>().to_ascii_lowercase();
    let start = start.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}');
    if start.starts_with("mime-version:") || start.contains("content-type: multipart/related") {
        return Err(FileError::OtherTable);
    }
    // XML tables have the same element names as web pages.
    if start.contains("urn:schemas-microsoft-com:office:spreadsheet") && !start.starts_with("<html") {
        return Err(FileError::XmlSpreadsheet);
    }
    if is_json(start) {
        return Err(FileError::Json);
    }
    if html::is_page(text.trim_start_matches('\u{feff}')) {
        return html::read(text, wanted);
    }
    if start.starts_with("<?xml") || start.starts_with("<workbook") || start.starts_with("<ss:") {
        return Err(FileError::OtherTable);
    }
    text::read(decoded)
}

/// Returns whether a text begins as a JSON object or array of objects or arrays does.
fn is_json(start: &str) -> bool {
    let mut letters = start.chars().filter(|letter| !letter.is_whitespace());
    matches!((letters.next(), letters.next()), (Some('{'), Some('"' | '}')) | (Some('['), Some('{' | '[' | '"')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(b"", FileError::Empty)]
    #[case(b"PK\x03\x04 broken", FileError::Damaged)]
    #[case(&[0xff, 0xd8, 0xff, 0x00, 0x80], FileError::Picture)]
    #[case(b"%PDF-1.7", FileError::Picture)]
    #[case(&[0xd0, 0xcf, 0x11, 0xe0, 1, 2], FileError::Damaged)]
    #[case(b"{\\rtf1 }", FileError::Document)]
    #[case(b"MIME-Version: 1.0\r\nContent-Type: multipart/related", FileError::OtherTable)]
    #[case(
        b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"/>",
        FileError::XmlSpreadsheet
    )]
    #[case(
        b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"><Worksheet><Table><Row/></Table></Worksheet></Workbook>",
        FileError::XmlSpreadsheet
    )]
    #[case(b"<?xml version=\"1.0\"?><rows/>", FileError::OtherTable)]
    #[case(br#"{"rows": [{"date": "2026-11-20"}]}"#, FileError::Json)]
    #[case(b"[\n  {\n \"date\": 1}]", FileError::Json)]
    #[case("日期|地点，村|人\n2026|沫阳，新寨|12\n".as_bytes(), FileError::AmbiguousSeparator)]
    #[case(b"<html><body>no table</body></html>", FileError::WebPage)]
    fn file_without_table_is_named_by_its_format(#[case] file: &[u8], #[case] expected: FileError) {
        assert_eq!(read(file, None).err(), Some(expected));
    }
}
