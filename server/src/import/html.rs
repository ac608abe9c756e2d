//! Tables of web pages: many programs save these under the name of a spreadsheet.

use super::cell::{Cell, CellGrid, LONGEST_CELL, MOST_COLUMNS};
use crate::import::file_error::FileError;
use crate::import::workbook::{SheetFile, choose};
use jiedui_core::api::imports::SheetName;

/// The most tables of a page that can be chosen from.
const MOST_TABLES: usize = 100;
/// The most tables within each other.
const DEEPEST: usize = 64;

/// Whether a text is a web page.
pub fn is_page(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(2_000).collect::<String>().to_ascii_lowercase();
    start.starts_with('<') && ["<html", "<table", "<!doctype html", "<body"].iter().any(|tag| start.contains(tag))
}

/// Reads one of a page's tables; without a choice, the first that has rows.
pub fn read(text: &str, wanted: Option<usize>) -> Result<SheetFile, FileError> {
    let sizes = table_sizes(text);
    let sheets: Vec<SheetName> =
        (1..=sizes.len()).map(|number| SheetName { name: format!("表格 {number}"), hidden: false }).collect();
    let with_rows = |least: usize| sizes.iter().position(|size| size.rows > least && !size.is_layout);
    let filled = with_rows(1).or_else(|| with_rows(0)).or_else(|| sizes.iter().position(|size| size.rows > 0));
    let sheet = choose(&sheets, wanted.or(filled)).ok_or(FileError::WebPage)?;
    let mut table = Table { wanted: sheet, ..Table::default() };
    scan(text, |event| table.hear(event))?;
    for (first, last) in std::mem::take(&mut table.merged) {
        table.grid.merge(first, last)?;
    }
    Ok(SheetFile { sheets, sheet, rows: table.grid.into_rows(), ..SheetFile::default() })
}

/// What stands in a page, as far as tables are concerned.
enum Event<'a> {
    Open(&'a str, &'a str),
    Close(&'a str),
    Text(&'a str),
}

/// Goes through a page; what stands in scripts, styles and comments is passed over.
fn scan<'a>(text: &'a str, mut hear: impl FnMut(Event<'a>) -> Result<(), FileError>) -> Result<(), FileError> {
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        hear(Event::Text(before))?;
        if let Some(comment) = tag.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, rest)| rest);
            continue;
        }
        let Some(end) = tag.find('>') else { break };
        let (inside, after) = (tag.get(1..end).unwrap_or_default(), tag.get(end + 1..).unwrap_or_default());
        rest = after;
        if let Some(name) = inside.strip_prefix('/') {
            hear(Event::Close(name.trim()))?;
            continue;
        }
        let (name, attributes) =
            inside.split_once(|letter: char| letter.is_whitespace() || letter == '/').unwrap_or((inside, ""));
        for skipped in ["script", "style"] {
            if name.eq_ignore_ascii_case(skipped) {
                let lower = format!("</{skipped}");
                let end = rest.match_indices("</").find(|(at, _)| {
                    rest.get(*at..at + lower.len()).is_some_and(|found| found.eq_ignore_ascii_case(&lower))
                });
                rest = end.and_then(|(at, _)| rest.get(at..)).unwrap_or_default();
            }
        }
        hear(Event::Open(name, attributes))?;
    }
    hear(Event::Text(rest))
}

/// Tables of a page that are open. Tables within tables count too: a page may lay out its data by a table around it.
#[derive(Default)]
struct OpenTables {
    /// Numbers of the open tables.
    open: Vec<usize>,
    /// How many tables beyond the deepest level are open.
    deeper: usize,
    count: usize,
}

impl OpenTables {
    /// Opens a table; returns its number and that of the table around it.
    fn open(&mut self) -> (usize, Option<usize>) {
        let (number, around) = (self.count, self.innermost());
        self.count += 1;
        if self.open.len() < DEEPEST {
            self.open.push(number)
        } else {
            self.deeper += 1
        }
        (number, around)
    }

    fn close(&mut self) {
        if self.deeper > 0 { self.deeper -= 1 } else { drop(self.open.pop()) }
    }

    fn innermost(&self) -> Option<usize> {
        self.open.last().copied().filter(|_| self.deeper == 0)
    }
}

/// A table of a page before it is read.
#[derive(Clone, Copy, Default)]
struct TableSize {
    rows: usize,
    around: Option<usize>,
    /// Whether a table with several rows is within it.
    is_layout: bool,
}

/// Returns the size of each table of a page.
fn table_sizes(text: &str) -> Vec<TableSize> {
    let (mut sizes, mut tables): (Vec<TableSize>, _) = (Vec::new(), OpenTables::default());
    let counted = scan(text, |event| {
        match event {
            Event::Open(name, _) if name.eq_ignore_ascii_case("table") => {
                let (_, around) = tables.open();
                if sizes.len() < MOST_TABLES {
                    sizes.push(TableSize { around, ..TableSize::default() });
                }
            }
            Event::Close(name) if name.eq_ignore_ascii_case("table") => tables.close(),
            Event::Open(name, _) if name.eq_ignore_ascii_case("tr") => {
                let size = tables.innermost().and_then(|number| sizes.get_mut(number));
                size.into_iter().for_each(|size| size.rows += 1);
            }
            _ => {}
        }
        Ok(())
    });
    for inner in sizes.clone().into_iter().filter(|inner| inner.rows > 1) {
        let around = inner.around.and_then(|around| sizes.get_mut(around));
        around.into_iter().for_each(|around| around.is_layout = true);
    }
    counted.map(|()| sizes).unwrap_or_default()
}

/// The table that is read.
#[derive(Default)]
struct Table {
    wanted: usize,
    tables: OpenTables,
    row: usize,
    column: usize,
    /// For each column, up to which row a cell above reaches down.
    taken: Vec<usize>,
    open: Option<(usize, usize, String)>,
    /// Whether the group of rows is hidden.
    is_group_hidden: bool,
    merged: Vec<((usize, usize), (usize, usize))>,
    grid: CellGrid,
}

impl Table {
    fn hear(&mut self, event: Event<'_>) -> Result<(), FileError> {
        match event {
            Event::Open(name, attributes) => {
                let name = name.to_ascii_lowercase();
                if name == "table" {
                    // The text of a table within a cell belongs to the cell.
                    self.add(" ");
                    self.tables.open();
                    return Ok(());
                }
                match name.as_str() {
                    "tr" if self.is_in() => {
                        self.end_cell()?;
                        (self.row, self.column) = (self.row + 1, 0);
                        if self.is_group_hidden || is_hidden(attributes) {
                            self.grid.hide(self.row);
                        }
                    }
                    "thead" | "tbody" | "tfoot" if self.is_in() => self.is_group_hidden = is_hidden(attributes),
                    "td" | "th" if self.is_in() => self.begin_cell(attributes)?,
                    "br" | "p" | "div" | "li" | "tr" | "td" | "th" => self.add(" "),
                    _ => {}
                }
            }
            Event::Close(name) => {
                let name = name.to_ascii_lowercase();
                if self.is_in() && matches!(name.as_str(), "td" | "th" | "tr" | "table") {
                    self.end_cell()?;
                }
                if name == "table" {
                    self.tables.close();
                }
            }
            Event::Text(text) => self.add(text),
        }
        Ok(())
    }

    fn is_in(&self) -> bool {
        self.tables.innermost() == Some(self.wanted)
    }

    fn begin_cell(&mut self, attributes: &str) -> Result<(), FileError> {
        self.end_cell()?;
        while self.taken.get(self.column).is_some_and(|until| *until >= self.row) {
            self.column += 1;
        }
        let span = |name: &str| {
            attribute(attributes, name).and_then(|own| own.parse::<usize>().ok()).unwrap_or(1).clamp(1, 65_534)
        };
        let (down, across) = (span("rowspan"), span("colspan"));
        let last = self.row + down - 1;
        for column in self.column..(self.column + across).min(MOST_COLUMNS) {
            if self.taken.len() <= column {
                self.taken.resize(column + 1, 0);
            }
            if let Some(until) = self.taken.get_mut(column) {
                *until = last;
            }
        }
        if down > 1 && self.column < MOST_COLUMNS {
            self.merged.push(((self.row, self.column), (last, self.column)));
        }
        self.open = Some((self.row, self.column, String::new()));
        self.column += across;
        Ok(())
    }

    fn add(&mut self, text: &str) {
        // One character more than a cell may have is enough to see that it is too long.
        if let Some((_, _, own)) = self.open.as_mut().filter(|(_, _, own)| own.len() <= 8 * LONGEST_CELL) {
            own.extend(text.chars().take(8 * LONGEST_CELL + 1));
        }
    }

    fn end_cell(&mut self) -> Result<(), FileError> {
        let Some((row, column, text)) = self.open.take() else { return Ok(()) };
        if text.len() > 8 * LONGEST_CELL {
            return Err(FileError::CellTooLong(row));
        }
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        self.grid.put(row, column, Cell::of(&unescaped(&words.join(" "))))
    }
}

/// Returns whether an element is hidden. Spreadsheet programs write hidden rows so.
fn is_hidden(attributes: &str) -> bool {
    let style: String = attribute(attributes, "style").unwrap_or_default().to_ascii_lowercase();
    let style: String = style.chars().filter(|letter| !letter.is_whitespace()).collect();
    let mut names = attributes.split_whitespace().filter_map(|part| part.split('=').next());
    style.contains("display:none") || names.any(|name| name.eq_ignore_ascii_case("hidden"))
}

/// The value of an attribute.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let lower = attributes.to_ascii_lowercase();
    let after = lower.match_indices(name).find_map(|(at, _)| {
        let begins = lower.get(..at)?.chars().next_back().is_none_or(char::is_whitespace);
        attributes.get(at + name.len()..)?.trim_start().strip_prefix('=').filter(|_| begins)
    })?;
    let after = after.trim_start();
    let quote = after.chars().next().filter(|own| matches!(own, '"' | '\''));
    match quote {
        Some(quote) => after.get(1..)?.split(quote).next(),
        None => after.split(char::is_whitespace).next(),
    }
}

/// Text with its character references replaced.
fn unescaped(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('&') {
        let (before, reference) = rest.split_at(at);
        out.push_str(before);
        let name: &str = reference.get(1..).and_then(|own| own.split(';').next()).unwrap_or_default();
        let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok(),
            None => number.parse().ok(),
        });
        let letter = match name {
            "nbsp" => Some(' '),
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "yen" => Some('¥'),
            "middot" => Some('·'),
            _ => number.and_then(char::from_u32),
        };
        match letter.filter(|_| reference.len() > name.len() + 1) {
            Some(letter) => {
                out.push(letter);
                rest = reference.get(name.len() + 2..).unwrap_or_default();
            }
            None => {
                out.push('&');
                rest = reference.get(1..).unwrap_or_default();
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(book: &SheetFile) -> Vec<Vec<String>> {
        book.rows.iter().map(|row| row.cells.iter().map(|own| own.text().into_owned()).collect()).collect()
    }

    #[test]
    fn a_table_of_a_page_is_read_with_its_spans_and_references() {
        let page = "<!DOCTYPE html><html><head><style>td{a:b}</style></head><body><!-- <table> --><table>
            <tr><th>日期</th><th>地点<th colspan=\"2\">人数 &amp; 备注</tr>
            <tr><td rowspan='2'>2026-11-20</td><td>沫阳镇<br>沫阳村</td><td>12</td><td>&#x597d;&nbsp;a &lt; b</td></tr>
            <tr><td>边阳镇</td><td>13</td></tr></table></body></html>";
        assert!(is_page(page));
        let book = read(page, None).unwrap();
        assert_eq!(
            cells(&book),
            [
                vec!["日期", "地点", "人数 & 备注"],
                vec!["2026-11-20", "沫阳镇 沫阳村", "12", "好 a < b"],
                vec!["2026-11-20", "边阳镇", "13"],
            ]
        );
        assert!(book.rows[2].is_carried(0));
    }

    #[test]
    fn table_within_a_layout_table_is_read() {
        let data = "<table><tr><th>日期<th>地点</tr><tr><td>2026-11-20<td>沫阳镇</tr></table>";
        let page = format!("<table><tr><td>菜单</td><td>{data}</td></tr><tr><td>页脚</table>");
        let book = read(&page, None).unwrap();
        assert_eq!((book.sheets.len(), book.sheet, cells(&book)[1].join(" ")), (2, 1, "2026-11-20 沫阳镇".to_owned()));
        // A table of one row within a cell is the cell's text.
        let page = "<table><tr><td>a</tr><tr><td><table><tr><td>b<td>c</table></tr></table>";
        assert_eq!(cells(&read(page, None).unwrap()), [["a"], ["b c"]]);
        assert_eq!(read(&"<table>".repeat(100_000), None).map(|book| book.rows.len()), Err(FileError::WebPage));
    }

    #[test]
    fn hidden_row_of_a_page_is_marked() {
        let page = "<table><tr><td>a<tr height=0 style='mso-height-source:userset;DISPLAY: none'><td>b<tr hidden><td>c
            <tbody style=\"display:none\"><tr><td>d</tbody><tbody><tr><td style='color:red'>e</table>";
        let hidden: Vec<bool> = read(page, None).unwrap().rows.iter().map(|row| row.hidden).collect();
        assert_eq!(hidden, [false, true, true, true, false]);
    }

    #[test]
    fn the_first_table_with_rows_is_taken_and_another_can_be_chosen() {
        let page = "<table></table><table><tr><td>标题</table><TABLE><TR><TD>a<TR><TD>b</TABLE>";
        let book = read(page, None).unwrap();
        assert_eq!((book.sheets.len(), book.sheet, cells(&book)), (3, 2, vec![vec!["a".to_owned()], vec!["b".into()]]));
        assert_eq!(cells(&read(page, Some(1)).unwrap()), [["标题"]]);
        assert_eq!(read("<html><body>登录</body></html>", None).err(), Some(FileError::WebPage));
        assert_eq!(read("<html><table><tr><td", None).map(|book| book.rows.len()), Ok(0));
    }
}
