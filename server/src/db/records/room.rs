//! Room in a page that is being filled, within bounds of records, rows and bytes.

/// Rows read at a time.
pub(super) const ROWS: usize = 1_000;
/// Maximum number of bytes of fields in an answer, without the last record's.
const BYTES: usize = 4 << 20;

/// Filling of a page.
pub(super) struct Room {
    limit: usize,
    bytes: usize,
    /// Rows that fit into the bytes by the size of the last ones: large records are read a few at a time.
    rows: usize,
}

impl Room {
    pub fn new(limit: usize) -> Self {
        Self { limit, bytes: 0, rows: ROWS / 10 }
    }

    /// Returns whether a page with this number of records is full.
    pub fn is_full(&self, records: usize) -> bool {
        records >= self.limit || self.bytes > BYTES
    }

    /// Returns the number of rows to read next. One more than is wanted tells whether there is more.
    pub fn rows(&self, records: usize) -> usize {
        (self.limit.saturating_sub(records) + 1).clamp(ROWS / 10, ROWS).min(self.rows)
    }

    /// Returns the number of rows to read next where most of them are left out.
    pub fn most_rows(&self) -> usize {
        self.rows
    }

    /// Adapts to the sizes of rows, in bytes.
    pub fn adapt(&mut self, sizes: impl ExactSizeIterator<Item = usize>) {
        let rows = sizes.len().max(1);
        self.rows = (BYTES * rows / sizes.sum::<usize>().max(1)).clamp(ROWS / 60, ROWS);
    }

    /// Counts the bytes of a row.
    pub fn add(&mut self, bytes: usize) {
        self.bytes += bytes;
    }
}

/// A number of rows as the database takes it.
pub(super) fn signed(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
