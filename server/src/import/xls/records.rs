//! Records of a workbook's stream, and their texts, which may continue in the following records.

use super::super::cell::LONGEST_CELL;
use crate::import::file_error::FileError;
use encoding_rs::GB18030;

/// Maximum number of shared texts, and of their bytes.
const MAX_TEXTS: usize = 2_000_000;
const MAX_TEXT: usize = 64 << 20;
/// Kind of a record that continues the previous one.
const CONTINUE: u16 = 0x003c;

/// A record.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Kind of its content.
    pub kind: u16,
    /// Bytes.
    pub data: &'a [u8],
}

impl Record<'_> {
    fn bytes<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.data.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    /// Reads a byte.
    pub fn u8(&self, at: usize) -> Option<u8> {
        self.data.get(at).copied()
    }

    /// Reads a number of two bytes.
    pub fn u16(&self, at: usize) -> Option<u16> {
        self.bytes(at).map(u16::from_le_bytes)
    }

    /// Reads a number of four bytes.
    pub fn u32(&self, at: usize) -> Option<u32> {
        self.bytes(at).map(u32::from_le_bytes)
    }

    /// Reads a floating-point number.
    pub fn f64(&self, at: usize) -> Option<f64> {
        self.bytes(at).map(f64::from_le_bytes)
    }
}

/// Iterator over the records of a stream, from an offset.
pub struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Records<'a> {
    /// Creates an iterator from an offset.
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Returns the next record.
    pub fn next(&mut self) -> Option<Record<'a>> {
        let record = self.peek(self.at)?;
        self.at += 4 + record.data.len();
        Some(record)
    }

    fn peek(&self, at: usize) -> Option<Record<'a>> {
        let head = Record { kind: 0, data: self.bytes.get(at..at.checked_add(4)?)? };
        let (kind, length) = (head.u16(0)?, usize::from(head.u16(2)?));
        Some(Record { kind, data: self.bytes.get(at + 4..at + 4 + length)? })
    }

    /// Returns a reader for the texts of the latest record and its continuations.
    pub fn continued(&self, record: Record<'a>) -> Texts<'a> {
        let (mut parts, mut at) = (vec![record.data], self.at);
        while let Some(next) = self.peek(at).filter(|next| next.kind == CONTINUE) {
            parts.push(next.data);
            at += 4 + next.data.len();
        }
        Texts::new(parts, 0)
    }
}

/// Texts in one or several records.
pub struct Texts<'a> {
    parts: Vec<&'a [u8]>,
    part: usize,
    at: usize,
}

impl<'a> Texts<'a> {
    /// Creates a reader at an offset of the first record.
    pub fn new(parts: Vec<&'a [u8]>, at: usize) -> Self {
        Self { parts, part: 0, at }
    }

    /// Returns a reader at another offset of the first record.
    #[must_use]
    pub fn at(self, at: usize) -> Self {
        Self { at, ..self }
    }

    /// Returns the remaining bytes of this record, or the next record if none remain.
    fn left(&mut self) -> Option<&'a [u8]> {
        loop {
            let left = self.parts.get(self.part)?.get(self.at..).unwrap_or_default();
            if !left.is_empty() {
                return Some(left);
            }
            (self.part, self.at) = (self.part + 1, 0);
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = self.left()?.first().copied();
        self.at += 1;
        byte
    }

    fn number(&mut self, bytes: usize) -> Option<usize> {
        (0..bytes).try_fold(0, |sum, place| Some(sum | usize::from(self.byte()?) << (8 * place)))
    }

    fn skip(&mut self, mut bytes: usize) -> Option<()> {
        while bytes > 0 {
            let length = self.left()?.len().min(bytes);
            (self.at, bytes) = (self.at + length, bytes - length);
        }
        Some(())
    }

    /// Reads a text of `length` characters: in a code page (old), or after a byte with their width.
    pub fn words(&mut self, length: usize, is_old: bool) -> Option<String> {
        if is_old {
            let bytes = self.left().unwrap_or_default();
            return Some(GB18030.decode_without_bom_handling(bytes.get(..length)?).0.into_owned());
        }
        if length == 0 {
            return Some(String::new());
        }
        let flags = self.byte()?;
        self.letters(length, flags)
    }

    fn letters(&mut self, length: usize, flags: u8) -> Option<String> {
        let (mut units, mut wide) = (Vec::new(), flags & 1 == 1);
        while units.len() < length {
            let is_over = self.parts.get(self.part).is_none_or(|part| self.at >= part.len());
            if is_over {
                // Each record states the width of its characters again.
                wide = self.byte()? & 1 == 1;
            }
            let (left, size) = (self.left()?, if wide { 2 } else { 1 });
            let taken = (left.len() / size).min(length - units.len());
            if taken == 0 {
                return None;
            }
            for unit in left.get(..taken * size)?.chunks_exact(size) {
                units.push(u16::from_le_bytes([*unit.first()?, unit.get(1).copied().unwrap_or_default()]));
            }
            self.at += taken * size;
        }
        Some(String::from_utf16_lossy(&units))
    }

    /// Reads the table of shared texts.
    pub fn shared(mut self) -> Result<Vec<Box<str>>, FileError> {
        let (mut texts, mut bytes) = (Vec::new(), 0);
        let count = self.skip(4).and_then(|()| self.number(4)).ok_or(FileError::Damaged)?;
        for _ in 0..count.min(MAX_TEXTS) {
            let Some(text) = self.shared_text() else { break };
            bytes += text.len();
            if bytes > MAX_TEXT {
                return Err(FileError::TooManyCells);
            }
            texts.push(text.into_boxed_str());
        }
        Ok(texts)
    }

    fn shared_text(&mut self) -> Option<String> {
        let length = self.number(2)?;
        let flags = self.byte()?;
        let runs = if flags & 8 == 8 { self.number(2)? } else { 0 };
        let spoken = if flags & 4 == 4 { self.number(4)? } else { 0 };
        let text = if length == 0 { String::new() } else { self.letters(length.min(2 * LONGEST_CELL + 2), flags)? };
        self.skip(4 * runs + spoken)?;
        Some(text)
    }
}
