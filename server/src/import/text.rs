//! Tables as text: separated by commas, tabs or semicolons, in UTF-8, UTF-16 or GB 18030.

use super::cell::{Cell, CellGrid, LONGEST_CELL};
use crate::import::file_error::FileError;
use crate::import::workbook::{SheetFile, UnreadableRow};
use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use jiedui_core::values::field_error::ErrorCode;
use std::borrow::Cow;

/// The most lines with unclosed quotation marks that are told.
const MOST_BROKEN: usize = 1_000;

/// Decodes text by its byte-order mark, as UTF-8, by the zeros of UTF-16, or as GB 18030.
pub fn decode(file: &[u8]) -> Result<Cow<'_, str>, FileError> {
    let decoded = |encoding: &'static Encoding, bytes| match encoding.decode_without_bom_handling(bytes) {
        (text, false) => Ok(text),
        _ => Err(FileError::NotTable),
    };
    let zeros = |first: usize| file.iter().skip(first).step_by(2).take(64).filter(|byte| **byte == 0).count();
    let text = match Encoding::for_bom(file) {
        Some((encoding, length)) => decoded(encoding, file.get(length..).unwrap_or_default()),
        // ASCII in UTF-16 without a mark has a zero in every other byte.
        None if file.len().is_multiple_of(2) && zeros(1) > 2 && zeros(1) > 4 * zeros(0) => decoded(UTF_16LE, file),
        None if file.len().is_multiple_of(2) && zeros(0) > 2 && zeros(0) > 4 * zeros(1) => decoded(UTF_16BE, file),
        None => decoded(UTF_8, file).or_else(|_| decoded(GB18030, file)),
    }?;
    if text.contains('\0') { Err(FileError::NotTable) } else { Ok(text) }
}

/// Reads separated text. A line whose quotation mark is not closed is told, and the lines after it are read all the same.
pub fn read(text: &str) -> Result<SheetFile, FileError> {
    let text = text.trim_start_matches('\u{feff}');
    let said = said_separator(text);
    let after_first = text.find('\n').map_or(text.len(), |end| end + 1);
    let (at, line) = if said.is_some() { (after_first, 2) } else { (0, 1) };
    let separator = said.unwrap_or_else(|| most_used(text));
    let mut scan = Scan { text, at, line, columns: 0, separator };
    let (mut held, mut broken) = (CellGrid::default(), Vec::new());
    while scan.at < text.len() {
        let (number, begin) = (scan.line, scan.at);
        let whole = scan.record(|column, field| {
            if field.len() > LONGEST_CELL && field.chars().count() > LONGEST_CELL {
                return Err(FileError::CellTooLong(number));
            }
            // A way to keep a spreadsheet program from taking digits for a number.
            let text = field.trim().strip_prefix("=\"").and_then(|own| own.strip_suffix('"')).unwrap_or(field);
            held.put(number, column, Cell::of(text))
        })?;
        if !whole {
            held.forget(number);
            let first = scan.first_line(begin);
            if broken.len() < MOST_BROKEN {
                let text = first.trim().chars().take(60).collect();
                broken.push(UnreadableRow { row: number, text, code: ErrorCode::UnclosedQuote });
            }
        }
    }
    Ok(SheetFile { rows: held.into_rows(), broken, is_separated_text: true, ..SheetFile::default() })
}

/// The separator that a first line such as `sep=;` names. Spreadsheet programs write it.
fn said_separator(text: &str) -> Option<u8> {
    let first = text.lines().next()?.trim_matches(|letter: char| letter.is_whitespace() && letter != '\t');
    let first = first.trim_matches('"');
    first.get(..4).filter(|word| word.eq_ignore_ascii_case("sep="))?;
    match first.as_bytes().get(4) {
        None => Some(b'\t'),
        Some(separator) => Some(*separator).filter(|own| own.is_ascii() && first.len() == 5),
    }
}

/// The separator that stands most often in the first lines.
fn most_used(text: &str) -> u8 {
    let first: Vec<&str> = text.lines().take(10).collect();
    let count = |own: &u8| first.iter().map(|line| line.bytes().filter(|byte| byte == own).count()).sum::<usize>();
    [b';', b'\t', b','].into_iter().max_by_key(count).filter(|own| count(own) > 0).unwrap_or(b',')
}

/// Where the reading of separated text has come to.
struct Scan<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    /// The most columns that a record has had.
    columns: usize,
    separator: u8,
}

impl Scan<'_> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn ends_field(&self, at: usize) -> bool {
        self.byte(at).is_none_or(|byte| byte == self.separator || byte == b'\n' || byte == b'\r')
    }

    /// Reads a record and passes over its end. `false` where a quotation mark in it is not closed; the reading then goes on
    /// with the line after the record's first.
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
            if self.byte(end) != Some(self.separator) {
                self.columns = self.columns.max(column);
                self.pass_line_end();
                return Ok(true);
            }
            self.at += 1;
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

    /// The text of a quoted field, and where the field ends. `None` where the closing mark is missing: there is none, something
    /// stands behind it, or whole rows of the table would lie within the marks.
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
        let separators = |line: &str| line.bytes().filter(|byte| *byte == self.separator).count();
        let has_row = |line: &str| self.columns > 2 && separators(line) + 1 >= self.columns;
        let swallows_rows = text.lines().skip(1).any(has_row);
        (self.ends_field(end) && !swallows_rows).then_some((text, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn cells(text: &str) -> Vec<(usize, Vec<String>)> {
        let book = read(text).unwrap();
        book.rows
            .iter()
            .map(|row| (row.number, row.cells.iter().map(|own| own.text().into_owned()).collect()))
            .collect()
    }

    #[rstest]
    #[case("日期,地点\n2026-11-20,\"沫阳镇, 沫阳村\"\n")]
    #[case("\u{feff}sep=;\n日期;地点\n2026-11-20;\"沫阳镇, 沫阳村\"\n")]
    #[case("\"sep=|\"\r\n日期|地点\r\n2026-11-20|沫阳镇, 沫阳村\r\n")]
    #[case("日期\t地点\r2026-11-20\t沫阳镇, 沫阳村")]
    fn separated_text_is_read_whatever_separates_it(#[case] text: &str) {
        let first = if text.contains("sep") { 2 } else { 1 };
        let expected = [(first, vec!["日期", "地点"]), (first + 1, vec!["2026-11-20", "沫阳镇, 沫阳村"])];
        assert_eq!(cells(text), expected.map(|(row, cells)| (row, cells.into_iter().map(str::to_owned).collect())));
    }

    #[test]
    fn digits_that_are_marked_as_text_are_read() {
        assert_eq!(cells("a,=\"522728109200\",\"=\"\"12\"\"\"")[0].1, ["a", "522728109200", "12"]);
    }

    #[test]
    fn a_quoted_field_may_have_lines_and_marks_and_later_rows_keep_their_line_numbers() {
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
    fn an_unclosed_quote_costs_its_own_line_alone(
        #[case] text: &str,
        #[case] lines: &[usize],
        #[case] others: &[usize],
    ) {
        let book = read(text).unwrap();
        assert_eq!(book.broken.iter().map(|own| own.row).collect::<Vec<_>>(), lines);
        assert_eq!(book.rows.iter().map(|row| row.number).collect::<Vec<_>>(), others);
    }

    #[test]
    fn text_is_decoded_however_spreadsheet_programs_write_it() {
        let table = "日期,地点\n2026-11-20,沫阳镇\n";
        let utf16 = |mark: bool, big: bool| -> Vec<u8> {
            let text = if mark { format!("\u{feff}{table}") } else { table.to_owned() };
            text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        let files = [
            table.as_bytes().to_vec(),
            format!("\u{feff}{table}").into_bytes(),
            GB18030.encode(table).0.into_owned(),
            utf16(true, false),
            utf16(true, true),
            utf16(false, false),
        ];
        for file in files {
            assert_eq!(decode(&file).as_deref().map(|text| text.trim_start_matches('\u{feff}')), Ok(table));
        }
        assert_eq!(decode(&[0xff, 0xd8, 0xff, 0x00, 0x80]), Err(FileError::NotTable));
    }

    #[test]
    fn millions_of_rows_or_columns_are_not_held() {
        assert_eq!(read(&"\n1".repeat(2_000_000)).err(), Some(FileError::TooManyRows));
        assert_eq!(read(&",".repeat(4_000_000)).map(|book| book.rows.len()), Ok(0));
    }
}
