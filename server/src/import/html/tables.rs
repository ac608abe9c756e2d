//! The tables of a page and how they are nested.

use super::markup::{Event, is_hidden, scan};

/// Maximum number of tables of a page.
const MAX_TABLES: usize = 100;
/// Maximum depth of nested tables.
const DEEPEST: usize = 64;

/// Open tables of a page, including nested ones: a page may use an outer table for its layout.
#[derive(Default)]
pub struct OpenTables {
    /// Numbers of the open tables.
    open: Vec<usize>,
    /// Number of open tables beyond the maximum depth.
    deeper: usize,
    count: usize,
}

impl OpenTables {
    /// Opens a table; returns its number and that of the table around it.
    pub fn open(&mut self) -> (usize, Option<usize>) {
        let (number, around) = (self.count, self.innermost());
        self.count += 1;
        if self.open.len() < DEEPEST {
            self.open.push(number)
        } else {
            self.deeper += 1
        }
        (number, around)
    }

    /// Closes the innermost table.
    pub fn close(&mut self) {
        if self.deeper > 0 {
            self.deeper -= 1;
        } else {
            self.open.pop();
        }
    }

    /// Returns the number of the innermost open table.
    pub fn innermost(&self) -> Option<usize> {
        self.open.last().copied().filter(|_| self.deeper == 0)
    }
}

/// A table of a page before it is read.
#[derive(Clone, Copy, Default)]
pub struct TableSize {
    /// Number of rows.
    pub rows: usize,
    around: Option<usize>,
    /// Whether the page hides it.
    pub is_hidden: bool,
    /// Whether a table with several rows is within it.
    pub is_layout: bool,
}

/// Returns the size of each table of a page.
pub fn table_sizes(text: &str) -> Vec<TableSize> {
    let (mut sizes, mut tables): (Vec<TableSize>, _) = (Vec::new(), OpenTables::default());
    let counted = scan(text, |event| {
        match event {
            Event::Open(name, attributes) if name.eq_ignore_ascii_case("table") => {
                let (_, around) = tables.open();
                if sizes.len() < MAX_TABLES {
                    sizes.push(TableSize { around, is_hidden: is_hidden(attributes), ..TableSize::default() });
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
