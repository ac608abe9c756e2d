//! Reads tables of web pages, which many programs save under the name of a spreadsheet.

mod markup;
mod tables;

use super::cell::{CellGrid, LONGEST_CELL, MAX_COLUMNS, SheetCell};
use crate::import::file_error::FileError;
use crate::import::sheet_file::{SheetFile, choose};
use jiedui_core::api::imports::SheetName;
use markup::{Event, attribute, is_hidden, scan, unescaped};
use std::collections::BTreeSet;
use tables::{OpenTables, TableSize, table_sizes};

/// Returns whether a text is a web page.
pub fn is_page(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(2_000).collect::<String>().to_ascii_lowercase();
    start.starts_with('<') && ["<html", "<table", "<!doctype html", "<body"].iter().any(|tag| start.contains(tag))
}

/// Reads one of a page's tables; without a choice, the first that has rows.
pub fn read(text: &str, wanted: Option<usize>) -> Result<SheetFile, FileError> {
    let sizes = table_sizes(text);
    let sheets: Vec<SheetName> = (1..)
        .zip(&sizes)
        .map(|(number, size)| SheetName { name: format!("表格 {number}"), hidden: size.is_hidden })
        .collect();
    let visible = |size: &TableSize, least: usize| size.rows > least && !size.is_hidden;
    let with_rows = |least: usize| sizes.iter().position(|size| visible(size, least) && !size.is_layout);
    let filled = with_rows(1).or_else(|| with_rows(0)).or_else(|| sizes.iter().position(|size| visible(size, 0)));
    let sheet = choose(&sheets, wanted.or(filled)).ok_or(FileError::WebPage)?;
    let mut table = Table { wanted: sheet, ..Table::default() };
    scan(text, |event| table.handle(event))?;
    for (first, last) in std::mem::take(&mut table.merged) {
        table.grid.merge(first, last)?;
    }
    // A column without a visible cell is hidden.
    let columns = std::mem::take(&mut table.columns);
    columns.hidden.difference(&columns.visible).for_each(|column| table.grid.hide_column(*column));
    let hidden_columns = table.grid.hidden_columns();
    Ok(SheetFile { sheets, sheet, rows: table.grid.into_rows(), hidden_columns, ..SheetFile::default() })
}

/// Columns with hidden cells, and columns with visible ones, in visible rows.
#[derive(Default)]
struct Columns {
    hidden: BTreeSet<usize>,
    visible: BTreeSet<usize>,
}

/// The table that is read.
#[derive(Default)]
struct Table {
    wanted: usize,
    tables: OpenTables,
    row: usize,
    column: usize,
    /// For each column, the last row that a cell above spans.
    taken: Vec<usize>,
    open: Option<(usize, usize, String)>,
    /// Whether the group of rows is hidden.
    is_group_hidden: bool,
    /// Whether the row is hidden.
    is_row_hidden: bool,
    /// Number of columns that `col` elements have described.
    described: usize,
    columns: Columns,
    merged: Vec<((usize, usize), (usize, usize))>,
    grid: CellGrid,
}

impl Table {
    fn handle(&mut self, event: Event<'_>) -> Result<(), FileError> {
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
                        self.is_row_hidden = self.is_group_hidden || is_hidden(attributes);
                        if self.is_row_hidden {
                            self.grid.hide(self.row);
                        }
                    }
                    "thead" | "tbody" | "tfoot" if self.is_in() => self.is_group_hidden = is_hidden(attributes),
                    "col" if self.is_in() => {
                        let (first, across) = (self.described, span(attributes, "span"));
                        self.described += across;
                        if is_hidden(attributes) {
                            (first..(first + across).min(MAX_COLUMNS)).for_each(|column| self.grid.hide_column(column));
                        }
                    }
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
        let (down, across) = (span(attributes, "rowspan"), span(attributes, "colspan"));
        let last = self.row + down - 1;
        for column in self.column..(self.column + across).min(MAX_COLUMNS) {
            if self.taken.len() <= column {
                self.taken.resize(column + 1, 0);
            }
            if let Some(until) = self.taken.get_mut(column) {
                *until = last;
            }
        }
        if down > 1 && self.column < MAX_COLUMNS {
            self.merged.push(((self.row, self.column), (last, self.column)));
        }
        if self.column < MAX_COLUMNS && !self.is_row_hidden {
            let columns = if is_hidden(attributes) { &mut self.columns.hidden } else { &mut self.columns.visible };
            columns.insert(self.column);
        }
        self.open = Some((self.row, self.column, String::new()));
        self.column += across;
        Ok(())
    }

    fn add(&mut self, text: &str) {
        // One character more than the limit suffices to detect a too long cell.
        if let Some((_, _, cell)) = self.open.as_mut().filter(|(_, _, cell)| cell.len() <= 8 * LONGEST_CELL) {
            cell.extend(text.chars().take(8 * LONGEST_CELL + 1));
        }
    }

    fn end_cell(&mut self) -> Result<(), FileError> {
        let Some((row, column, text)) = self.open.take() else { return Ok(()) };
        if text.len() > 8 * LONGEST_CELL {
            return Err(FileError::CellTooLong(row));
        }
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        self.grid.put(row, column, SheetCell::of(&unescaped(&words.join(" "))))
    }
}

/// Returns the number of rows or columns over which an element extends.
fn span(attributes: &str, name: &str) -> usize {
    attribute(attributes, name).and_then(|value| value.parse::<usize>().ok()).unwrap_or(1).clamp(1, 65_534)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(book: &SheetFile) -> Vec<Vec<String>> {
        book.rows.iter().map(|row| row.cells.iter().map(|cell| cell.text().into_owned()).collect()).collect()
    }

    #[test]
    fn html_table_is_read_with_spans_and_references() {
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
        assert_eq!(read(&"<table>".repeat(100_000), None).map(|book| book.rows.len()), Ok(0));
    }

    #[test]
    fn hidden_row_of_a_page_is_marked() {
        let page = "<table><tr><td>a<tr height=0 style='mso-height-source:userset;DISPLAY: none'><td>b<tr hidden><td>c
            <tbody style=\"display:none\"><tr><td>d</tbody><tbody><tr><td style='color:red'>e</table>";
        let hidden: Vec<bool> = read(page, None).unwrap().rows.iter().map(|row| row.hidden).collect();
        assert_eq!(hidden, [false, true, true, true, false]);
    }

    #[test]
    fn hidden_columns_and_tables_of_a_page_are_marked() {
        let hidden = |page: &str| read(page, None).unwrap().hidden_columns;
        assert_eq!(
            hidden("<table><col><col span=2 style='width:0;display:none'><col><tr><td>a<td>b<td>c<td>d</table>"),
            0b110
        );
        let cells = "<tr><td>a<td style='display:none'>b<td>c<tr><td>1<td hidden>2<td title='a hidden b'>3";
        assert_eq!(hidden(&format!("<table>{cells}</table>")), 0b10);
        // A cell of a hidden row says nothing about its column.
        assert_eq!(hidden("<table><tr><td>a<td>b<tr hidden><td>1<td hidden>2</table>"), 0);
        let page = "<table style='display:none'><tr><td>a<tr><td>b</table><table><tr><td>c<tr><td>d</table>";
        let book = read(page, None).unwrap();
        let is_hidden: Vec<bool> = book.sheets.iter().map(|sheet| sheet.hidden).collect();
        assert_eq!((book.sheet, is_hidden, self::cells(&book)[0].join("")), (1, vec![true, false], "c".to_owned()));
        assert_eq!(self::cells(&read(page, Some(0)).unwrap()), [["a"], ["b"]]);
    }

    #[test]
    fn first_table_with_rows_is_read_unless_another_is_chosen() {
        let page = "<table></table><table><tr><td>标题</table><TABLE><TR><TD>a<TR><TD>b</TABLE>";
        let book = read(page, None).unwrap();
        assert_eq!((book.sheets.len(), book.sheet, cells(&book)), (3, 2, vec![vec!["a".to_owned()], vec!["b".into()]]));
        assert_eq!(cells(&read(page, Some(1)).unwrap()), [["标题"]]);
        assert_eq!(read("<html><body>登录</body></html>", None).err(), Some(FileError::WebPage));
        assert_eq!(read("<html><table><tr><td", None).map(|book| book.rows.len()), Ok(0));
    }
}
