//! Columns of numbers in bytes. The bytes of equal weight are consecutive, since the higher ones are mostly alike and a
//! compressor then finds them.

use uuid::Uuid;

/// Writer of columns.
#[derive(Debug, Default)]
pub(super) struct Writer(pub Vec<u8>);

/// Reader of columns.
#[derive(Debug)]
pub(super) struct Reader<'a>(pub &'a [u8]);

/// Error of a reader.
pub(super) const CUT_OFF: &str = "the pack ends too early";

/// Error of a reader of several columns.
pub(super) const UNEQUAL: &str = "the columns of a table have different lengths";

/// Maximum number of items in a column that a reader accepts.
const MAX_ITEMS: u64 = 10_000_000;

/// Maps small numbers of either sign to small numbers.
pub(super) fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

/// Reverses [`zigzag`].
pub(super) fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

impl Writer {
    /// Writes a number in groups of seven bits, the lowest first.
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// Writes a text.
    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Writes a list of texts.
    pub fn texts<'a>(&mut self, texts: impl ExactSizeIterator<Item = &'a str>) {
        self.number(texts.len() as u64);
        texts.for_each(|text| self.text(text));
    }

    /// Writes a column of numbers.
    pub fn column(&mut self, numbers: &[u64]) {
        let largest = numbers.iter().copied().max().unwrap_or_default();
        let width = 8 - largest.leading_zeros() / 8;
        self.number(numbers.len() as u64);
        self.number(u64::from(width));
        for byte in 0..width {
            self.0.extend(numbers.iter().map(|number| (number >> (8 * byte)) as u8));
        }
    }

    /// Writes a column of identifiers.
    pub fn identifiers(&mut self, identifiers: &[Uuid]) {
        self.number(identifiers.len() as u64);
        for byte in 0..16 {
            self.0.extend(identifiers.iter().filter_map(|id| id.as_bytes().get(byte)));
        }
    }
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(CUT_OFF)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Reads a number.
    pub fn number(&mut self) -> Result<u64, &'static str> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first().ok_or(CUT_OFF)?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err("a number is too long")
    }

    fn length(&mut self) -> Result<usize, &'static str> {
        let length = self.number()?;
        usize::try_from(length).ok().filter(|_| length <= MAX_ITEMS).ok_or("a list is too long")
    }

    /// Reads a text.
    pub fn text(&mut self) -> Result<String, &'static str> {
        let length = self.length()?;
        String::from_utf8(self.take(length)?.to_vec()).map_err(|_| "a text is not UTF-8")
    }

    /// Reads a list of texts.
    pub fn texts(&mut self) -> Result<Vec<String>, &'static str> {
        (0..self.length()?).map(|_| self.text()).collect()
    }

    /// Reads a column of numbers.
    pub fn column(&mut self) -> Result<Vec<u64>, &'static str> {
        let (length, width) = (self.length()?, self.number()?);
        if width > 8 {
            return Err("a column is too wide");
        }
        let mut numbers = vec![0; if width == 0 { length.min(MAX_ITEMS as usize) } else { length.min(self.0.len()) }];
        if numbers.len() < length {
            return Err(CUT_OFF);
        }
        for byte in 0..width {
            let bytes = self.take(length)?;
            numbers.iter_mut().zip(bytes).for_each(|(number, part)| *number |= u64::from(*part) << (8 * byte));
        }
        Ok(numbers)
    }

    /// Reads the columns of one table.
    pub fn columns<const N: usize>(&mut self) -> Result<[Vec<u64>; N], &'static str> {
        let mut columns: [Vec<u64>; N] = std::array::from_fn(|_| Vec::new());
        for column in &mut columns {
            *column = self.column()?;
        }
        let are_equal = columns.windows(2).all(|pair| pair[0].len() == pair[1].len());
        if are_equal { Ok(columns) } else { Err(UNEQUAL) }
    }

    /// Reads a column of identifiers.
    pub fn identifiers(&mut self) -> Result<Vec<Uuid>, &'static str> {
        let length = self.length()?;
        let bytes = self.take(length.checked_mul(16).ok_or(CUT_OFF)?)?;
        let id = |index: usize| {
            let mut id = [0; 16];
            for (byte, part) in id.iter_mut().enumerate() {
                *part = bytes.get(byte * length + index).copied().unwrap_or_default();
            }
            Uuid::from_bytes(id)
        };
        Ok((0..length).map(id).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn columns_round_trip(numbers: Vec<u64>, texts: Vec<String>, ids: Vec<u128>, number: u64, signed: i64) {
            let ids: Vec<Uuid> = ids.into_iter().map(Uuid::from_u128).collect();
            let mut writer = Writer::default();
            writer.column(&numbers);
            writer.texts(texts.iter().map(String::as_str));
            writer.identifiers(&ids);
            writer.number(number);
            let mut reader = Reader(&writer.0);
            prop_assert_eq!(reader.column(), Ok(numbers));
            prop_assert_eq!(reader.texts(), Ok(texts));
            prop_assert_eq!(reader.identifiers(), Ok(ids));
            prop_assert_eq!(reader.number(), Ok(number));
            prop_assert!(reader.0.is_empty());
            prop_assert_eq!(unzigzag(zigzag(signed)), signed);
        }

        #[test]
        fn columns_of_different_lengths_are_rejected(numbers: Vec<u64>, others: Vec<u64>) {
            let mut writer = Writer::default();
            writer.column(&numbers);
            writer.column(&others);
            let read = Reader(&writer.0).columns::<2>();
            let are_equal = numbers.len() == others.len();
            prop_assert_eq!(read, if are_equal { Ok([numbers, others]) } else { Err(UNEQUAL) });
        }

        #[test]
        fn reader_of_any_bytes_does_not_panic(bytes: Vec<u8>) {
            let readers: [fn(&mut Reader<'_>) -> bool; 4] = [
                |reader| reader.column().is_ok(),
                |reader| reader.texts().is_ok(),
                |reader| reader.identifiers().is_ok(),
                |reader| reader.number().is_ok(),
            ];
            for read in readers {
                let mut reader = Reader(&bytes);
                prop_assert!(!read(&mut reader) || reader.0.len() < bytes.len());
            }
        }
    }
}
