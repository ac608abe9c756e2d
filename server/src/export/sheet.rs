//! Writes a sheet of any length to a file, with one row in memory.

use rust_xlsxwriter::{Format, Workbook, XlsxError};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, ErrorKind, Seek};
use std::path::Path;
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc::Receiver;

/// Maximum number of rows of a sheet.
const ROWS: u32 = 1_048_576;
/// Maximum number of UTF-16 units in a cell.
const CELL: usize = 32_767;
/// Mark at the end of a truncated cell.
const CUT: &str = "…（内容过长，已截断；全文见 CSV）";
/// Bytes of a file that are sent at a time.
const CHUNK: usize = 64 << 10;
/// Bytes of markup around a cell.
const MARKUP: u64 = 100;
/// Bytes that a sheet leaves free on the disk.
const RESERVE: u64 = 1 << 20;

/// Truncates a text to the limit of a cell, with a mark.
pub fn cell(text: &str) -> Cow<'_, str> {
    // No character has more UTF-16 units than bytes.
    if text.len() <= CELL || text.encode_utf16().count() <= CELL {
        return Cow::Borrowed(text);
    }
    let room = CELL - CUT.encode_utf16().count();
    let mut units = 0;
    let fits = |character: &char| {
        units += character.len_utf16();
        units <= room
    };
    Cow::Owned(text.chars().take_while(fits).chain(CUT.chars()).collect())
}

/// Sheets of a workbook. Rows that do not fit into a sheet continue in the next.
struct Sheets<'a, const N: usize> {
    workbook: Workbook,
    name: &'a str,
    headings: &'a [&'a str; N],
    count: usize,
    /// Index of the next row.
    row: u32,
}

impl<const N: usize> Sheets<'_, N> {
    fn begin(&mut self) -> Result<(), XlsxError> {
        (self.count, self.row) = (self.count + 1, 1);
        let name = if self.count == 1 { self.name.to_owned() } else { format!("{} {}", self.name, self.count) };
        let (bold, sheet) = (Format::new().set_bold(), self.workbook.add_worksheet_with_constant_memory()?);
        sheet.set_name(name)?;
        for (column, heading) in (0..).zip(self.headings) {
            sheet.write_string_with_format(0, column, *heading, &bold)?;
        }
        Ok(())
    }

    fn add(&mut self, cells: &[String; N]) -> Result<(), XlsxError> {
        if self.row >= ROWS {
            self.begin()?;
        }
        let sheet = self.workbook.worksheet_from_index(self.count - 1)?;
        for (column, text) in (0..).zip(cells) {
            sheet.write_string(self.row, column, cell(text))?;
        }
        self.row += 1;
        Ok(())
    }
}

/// Fails if the disk has no room for some more bytes. The library for workbooks panics if it cannot write.
pub fn require_room(folder: &Path, bytes: u64) -> io::Result<()> {
    // A disk that cannot be asked is found out by writing.
    let has_room = rustix::fs::statvfs(folder)
        .map_or(true, |disk| disk.f_bavail.saturating_mul(disk.f_frsize) >= bytes.saturating_add(RESERVE));
    if has_room { Ok(()) } else { Err(ErrorKind::StorageFull.into()) }
}

/// Writes rows until `None` arrives and returns the file. Returns nothing if the channel closes before. Blocks.
pub fn write<const N: usize>(
    folder: &Path,
    name: &str,
    headings: &[&str; N],
    mut rows: Receiver<Option<Vec<[String; N]>>>,
) -> Result<Option<File>, XlsxError> {
    std::fs::create_dir_all(folder)?;
    let mut workbook = Workbook::new();
    workbook.set_tempdir(folder)?;
    let mut sheets = Sheets { workbook, name, headings, count: 0, row: 0 };
    sheets.begin()?;
    let mut written = 0;
    loop {
        match rows.blocking_recv() {
            Some(Some(page)) => {
                let size = page.iter().flatten().fold(0, |size, cell| size + MARKUP + cell.len() as u64);
                require_room(folder, size)?;
                written += size;
                page.iter().try_for_each(|cells| sheets.add(cells))?;
            }
            Some(None) => break,
            None => return Ok(None),
        }
    }
    require_room(folder, written)?;
    let mut file = tempfile::tempfile_in(folder)?;
    sheets.workbook.save_to_writer(&mut file)?;
    file.rewind()?;
    Ok(Some(file))
}

/// Streams the content of a file in chunks.
pub fn content(file: File) -> impl futures::Stream<Item = io::Result<Vec<u8>>> {
    let mut file = tokio::fs::File::from_std(file);
    async_stream::try_stream! {
        loop {
            let mut chunk = vec![0; CHUNK];
            let read = file.read(&mut chunk).await?;
            if read == 0 {
                break;
            }
            chunk.truncate(read);
            yield chunk;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{Data, Reader, Xlsx};
    use std::io::BufReader;

    #[test]
    fn too_long_cell_is_cut_with_a_mark() {
        assert_eq!(cell("村"), "村");
        let longest = "𠀀".repeat(CELL / 2);
        assert_eq!(cell(&longest), longest);
        let cut = cell(&"𠀀".repeat(CELL)).into_owned();
        assert!(cut.ends_with(CUT) && cut.starts_with('𠀀'));
        assert!((CELL - 1..=CELL).contains(&cut.encode_utf16().count()));
    }

    #[test]
    fn complete_rows_become_a_sheet_of_texts() {
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        let rows =
            |from: usize| (from..from + 2).map(|number| [number.to_string(), "=1+1".to_owned()]).collect::<Vec<_>>();
        sender.blocking_send(Some(rows(0))).unwrap();
        sender.blocking_send(Some(rows(2))).unwrap();
        sender.blocking_send(None).unwrap();
        let file = write(&std::env::temp_dir(), "填报", &["编号", "备注"], receiver).unwrap().unwrap();
        let mut book: Xlsx<_> = Xlsx::new(BufReader::new(file)).unwrap();
        let sheet = book.worksheet_range("填报").unwrap();
        assert_eq!(sheet.get_size(), (5, 2));
        assert_eq!(sheet.get((4, 0)), Some(&Data::String("3".into())));
        assert_eq!(sheet.get((4, 1)), Some(&Data::String("=1+1".into())));
    }

    #[test]
    fn interrupted_rows_become_no_sheet() {
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        sender.blocking_send(Some(vec![["1".to_owned()]])).unwrap();
        drop(sender);
        assert!(write(&std::env::temp_dir(), "填报", &["编号"], receiver).unwrap().is_none());
    }
}
