//! Reads tables as text, whose columns are separated by a character.

use super::cell::{CellGrid, LONGEST_CELL, SheetCell};
use crate::import::file_error::FileError;
use crate::import::separator::{detect_separator, named_separator};
use crate::import::sheet_file::{SheetFile, UnreadableRow};
use crate::import::text_encoding::DecodedText;
use jiedui_core::values::field_error::ErrorCode;
use std::ops::Range;

/// Maximum number of unreadable lines that are reported.
const MAX_BROKEN: usize = 1_000;
/// Number of characters that are shown before and after an invalid byte.
const SHOWN_BESIDE: usize = 30;

/// Reads separated text. A line that cannot be read is an error, and the lines after it are still read.
pub fn read(decoded: &DecodedText<'_>) -> Result<SheetFile, FileError> {
    let text = decoded.text.trim_start_matches('\u{feff}');
    let named = named_separator(text);
    let start = decoded.text.len() - text.len();
    let after_first = text.find('\n').map_or(text.len(), |end| end + 1);
    let (at, line) = if named.is_some() { (start + after_first, 2) } else { (start, 1) };
    let separator = named.map_or_else(|| detect_separator(text), Ok)?;
    let mut scan = Scan { text: &decoded.text, at, line, columns: 0, separator: separator.to_string() };
    let (mut grid, mut broken) = (CellGrid::default(), Vec::new());
    while scan.at < scan.text.len() {
        let (number, begin) = (scan.line, scan.at);
        let is_closed = scan.record(|column, field| {
            if field.len() > LONGEST_CELL && field.chars().count() > LONGEST_CELL {
                return Err(FileError::CellTooLong(number));
            }
            // The notation `="…"` marks digits as text for spreadsheet programs.
            let text = field.trim().strip_prefix("=\"").and_then(|inside| inside.strip_suffix('"')).unwrap_or(field);
            grid.put(number, column, SheetCell::of(text))
        })?;
        let unreadable = match is_closed {
            true => unstorable(decoded, begin..scan.at, number),
            false => {
                let text = scan.first_line(begin).trim().chars().take(60).collect();
                Some(UnreadableRow { row: number, text, code: ErrorCode::UnclosedQuote, limit: None })
            }
        };
        if let Some(row) = unreadable {
            grid.forget(number);
            broken.extend(Some(row).filter(|_| broken.len() < MAX_BROKEN));
        }
    }
    Ok(SheetFile { rows: grid.into_rows(), broken, is_separated_text: true, ..SheetFile::default() })
}

/// Returns the first invalid byte of a record, or its first NUL, which no database stores.
fn unstorable(decoded: &DecodedText<'_>, record: Range<usize>, number: usize) -> Option<UnreadableRow> {
    let first = decoded.invalid.partition_point(|invalid| invalid.at < record.start);
    let invalid = decoded.invalid.get(first).filter(|invalid| invalid.at < record.end);
    let nul = || Some(record.start + decoded.text.get(record.clone())?.find('\0')?);
    let (at, code, limit, bytes) = match invalid {
        Some(invalid) => (invalid.at, ErrorCode::InvalidByte, Some(invalid.place as f64), invalid.bytes.as_slice()),
        None => (nul()?, ErrorCode::Character, None, [0].as_slice()),
    };
    let before = decoded.text.get(record.start..at)?;
    let mut after = decoded.text.get(at..)?.chars();
    after.next();
    let hexadecimal: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    let line = before.rsplit(['\n', '\r']).next().unwrap_or_default();
    let skipped = line.chars().count().saturating_sub(SHOWN_BESIDE);
    let text: String = line.chars().skip(skipped).collect();
    let rest: String = after.take_while(|letter| !matches!(letter, '\n' | '\r')).take(SHOWN_BESIDE).collect();
    let text = format!("{text}<{hexadecimal}>{rest}").replace('\0', "<00>");
    Some(UnreadableRow { row: number + before.matches('\n').count(), text, code, limit })
}

/// Position while separated text is read.
struct Scan<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    /// Largest number of columns of a record.
    columns: usize,
    separator: String,
}

impl Scan<'_> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn is_separator(&self, at: usize) -> bool {
        self.text.as_bytes().get(at..).is_some_and(|rest| rest.starts_with(self.separator.as_bytes()))
    }

    fn ends_field(&self, at: usize) -> bool {
        self.byte(at).is_none_or(|byte| byte == b'\n' || byte == b'\r') || self.is_separator(at)
    }

    /// Reads a record with its end. Returns `false` if a quotation mark is not closed; reading then continues
    /// with the line after the record's first line.
    fn record(&mut self, mut put: impl FnMut(usize, &str) -> Result<(), FileError>) -> Result<bool, FileError> {
        let (begin, mut column) = (self.at, 0);
        loop {
            let quote = (self.at..).find(|at| self.byte(*at) != Some(b' ')).filter(|at| self.byte(*at) == Some(b'"'));
            let end = match quote.map(|quote| self.quoted(quote + 1)) {
                Some(None) => {
                    self.at = begin + self.first_line(begin).len();
                    self.pass_line_end();
                    return Ok(false);
                }
                Some(Some((text, end))) => {
                    put(column, &text)?;
                    end
                }
                None => {
                    let end = (self.at..=self.text.len()).find(|at| self.ends_field(*at)).unwrap_or(self.text.len());
                    put(column, self.text.get(self.at..end).unwrap_or_default())?;
                    end
                }
            };
            column += 1;
            self.line += self.text.get(self.at..end).unwrap_or_default().matches('\n').count();
            self.at = end;
            if !self.is_separator(end) {
                self.columns = self.columns.max(column);
                self.pass_line_end();
                return Ok(true);
            }
            self.at += self.separator.len();
        }
    }

    fn pass_line_end(&mut self) {
        if self.byte(self.at) == Some(b'\r') {
            self.at += 1;
            if self.byte(self.at) != Some(b'\n') {
                self.line += 1;
                return;
            }
        }
        if self.byte(self.at) == Some(b'\n') {
            self.at += 1;
        }
        self.line += 1;
    }

    fn first_line(&self, begin: usize) -> &str {
        let rest = self.text.get(begin..).unwrap_or_default();
        rest.split(['\n', '\r']).next().unwrap_or_default()
    }

    /// Returns the text of a quoted field and its end. `None` if the closing mark is missing, if text follows
    /// it, or if whole rows of the table would be quoted.
    fn quoted(&self, from: usize) -> Option<(String, usize)> {
        let (mut text, mut at) = (String::new(), from);
        loop {
            let length = self.text.get(at..)?.find('"')?;
            text.push_str(self.text.get(at..at + length)?);
            at += length + 1;
            if text.len() > 4 * LONGEST_CELL + 4 {
                break;
            }
            if self.byte(at) != Some(b'"') {
                break;
            }
            text.push('"');
            at += 1;
        }
        let end = (at..).find(|at| self.byte(*at) != Some(b' '))?;
        let separators = |line: &str| line.matches(self.separator.as_str()).count();
        let has_row = |line: &str| self.columns > 2 && separators(line) + 1 >= self.columns;
        let swallows_rows = text.lines().skip(1).any(has_row);
        (self.ends_field(end) && !swallows_rows).then_some((text, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::text_encoding::InvalidBytes;
    use rstest::rstest;

    fn cells(text: &str) -> Vec<(usize, Vec<String>)> {
        let book = read(&text.into()).unwrap();
        book.rows
            .iter()
            .map(|row| (row.number, row.cells.iter().map(|cell| cell.text().into_owned()).collect()))
            .collect()
    }

    #[rstest]
    #[case("日期,地点\n2026-11-20,\"沫阳镇, 沫阳村\"\n")]
    #[case("\u{feff}sep=;\n日期;地点\n2026-11-20;\"沫阳镇, 沫阳村\"\n")]
    #[case("\"sep=|\"\r\n日期|地点\r\n2026-11-20|沫阳镇, 沫阳村\r\n")]
    #[case("日期|地点\n2026-11-20|沫阳镇, 沫阳村\n")]
    #[case("日期，地点\n2026-11-20，\"沫阳镇, 沫阳村\"\n")]
    #[case("日期\t地点\r2026-11-20\t沫阳镇, 沫阳村")]
    fn text_is_read_with_any_separator(#[case] text: &str) {
        let first = if text.contains("sep") { 2 } else { 1 };
        let expected = [(first, vec!["日期", "地点"]), (first + 1, vec!["2026-11-20", "沫阳镇, 沫阳村"])];
        assert_eq!(cells(text), expected.map(|(row, cells)| (row, cells.into_iter().map(str::to_owned).collect())));
    }

    #[test]
    fn digits_marked_as_text_are_read() {
        assert_eq!(cells("a,=\"522728109200\",\"=\"\"12\"\"\"")[0].1, ["a", "522728109200", "12"]);
    }

    #[test]
    fn quoted_line_breaks_keep_later_line_numbers() {
        let read = cells("a,b,c\n1,\"两行\n的备注，\"\"好\"\"\",3\n\n4,5,6");
        let numbers: Vec<usize> = read.iter().map(|row| row.0).collect();
        assert_eq!(numbers, [1, 2, 5]);
        assert_eq!(read[1].1[1], "两行\n的备注，\"好\"");
    }

    #[rstest]
    #[case("a,b,c\n1,2,\"好\n4,5,6\n7,8,9\n", &[2], &[1, 3, 4])]
    #[case("a,b,c\n1,2,\"好\n4,5,\"好\"\n7,8,9", &[2], &[1, 3, 4])]
    #[case("a,b,c\n1,2,\"好\n4,5,6\n7,8,好\"\n", &[2], &[1, 3, 4])]
    #[case("a,b,c\n1,\"2\"x,3\n4,5,6", &[2], &[1, 3])]
    #[case("a,b,c\n1,\"2,3\n4,\"5,6\n7,8,9", &[2, 3], &[1, 4])]
    fn unclosed_quote_spoils_only_its_line(#[case] text: &str, #[case] lines: &[usize], #[case] others: &[usize]) {
        let book = read(&text.into()).unwrap();
        assert_eq!(book.broken.iter().map(|row| row.row).collect::<Vec<_>>(), lines);
        assert_eq!(book.rows.iter().map(|row| row.number).collect::<Vec<_>>(), others);
    }

    #[test]
    fn nul_and_invalid_byte_are_errors_of_their_line() {
        let text = DecodedText {
            text: "a,b\n1,x\0y\n2,\"p\nq\u{fffd}r\"\n3,z\n".into(),
            invalid: vec![InvalidBytes { at: "a,b\n1,x\0y\n2,\"p\nq".len(), place: 2, bytes: vec![0xff] }],
        };
        let book = read(&text).unwrap();
        let row = |row, text: &str, code, limit| UnreadableRow { row, text: text.to_owned(), code, limit };
        let expected =
            [row(2, "1,x<00>y", ErrorCode::Character, None), row(4, "q<FF>r\"", ErrorCode::InvalidByte, Some(2.0))];
        assert_eq!(book.broken, expected);
        assert_eq!(book.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 5]);
    }

    #[test]
    fn millions_of_rows_or_columns_are_not_stored() {
        assert_eq!(read(&"\n1".repeat(2_000_000).as_str().into()).err(), Some(FileError::TooManyRows));
        assert_eq!(read(&",".repeat(4_000_000).as_str().into()).map(|book| book.rows.len()), Ok(0));
    }
}
