//! Decodes text files in UTF-8, UTF-16 or GB 18030, and locates invalid bytes.

use crate::import::file_error::FileError;
use encoding_rs::{DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// Maximum number of invalid bytes; a file with more is not text.
const MAX_INVALID: usize = 1_000;

/// Text of a file. Each invalid byte sequence is replaced by U+FFFD.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecodedText<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// The invalid byte sequences, in the order of the text.
    pub invalid: Vec<InvalidBytes>,
}

/// A byte sequence that is invalid in the file's encoding.
#[derive(Clone, Debug, PartialEq)]
pub struct InvalidBytes {
    /// Position of its replacement in the text.
    pub at: usize,
    /// Number of its first byte in the line, from 1.
    pub place: usize,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl<'a> From<&'a str> for DecodedText<'a> {
    fn from(text: &'a str) -> Self {
        Self { text: Cow::Borrowed(text), invalid: Vec::new() }
    }
}

/// Decodes text by its byte-order mark, as UTF-8, by the zeros of UTF-16, or as GB 18030. Fails for binary files.
pub fn decode(file: &[u8]) -> Result<DecodedText<'_>, FileError> {
    let zeros = |first: usize| file.iter().skip(first).step_by(2).take(64).filter(|byte| **byte == 0).count();
    let decoded = match Encoding::for_bom(file) {
        Some((encoding, length)) => located(encoding, file.get(length..).unwrap_or_default()),
        // ASCII in UTF-16 without a mark has a zero in every other byte.
        None if file.len().is_multiple_of(2) && zeros(1) > 2 && zeros(1) > 4 * zeros(0) => located(UTF_16LE, file),
        None if file.len().is_multiple_of(2) && zeros(0) > 2 && zeros(0) > 4 * zeros(1) => located(UTF_16BE, file),
        None if is_mostly_utf8(file) => located(UTF_8, file),
        None => located(GB18030, file),
    }?;
    if is_text(&decoded) { Ok(decoded) } else { Err(FileError::NotTable) }
}

/// Returns whether a file is UTF-8, perhaps with a few invalid bytes: text in GB 18030 is valid UTF-8 by chance only.
fn is_mostly_utf8(file: &[u8]) -> bool {
    let (mut wide, mut invalid) = (0_usize, 0_usize);
    for chunk in file.utf8_chunks() {
        wide += chunk.valid().chars().filter(|letter| letter.len_utf8() > 2).count();
        invalid += usize::from(!chunk.invalid().is_empty());
    }
    invalid == 0 || wide >= 4 * invalid
}

/// Decodes text and locates each invalid byte sequence.
fn located<'a>(encoding: &'static Encoding, file: &'a [u8]) -> Result<DecodedText<'a>, FileError> {
    if let (text, false) = encoding.decode_without_bom_handling(file) {
        return Ok(DecodedText { text, invalid: Vec::new() });
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let (mut text, mut invalid, mut read) = (String::new(), Vec::new(), 0);
    loop {
        let rest = file.get(read..).unwrap_or_default();
        text.reserve(decoder.max_utf8_buffer_length_without_replacement(rest.len()).unwrap_or(rest.len()));
        let (result, taken) = decoder.decode_to_string_without_replacement(rest, &mut text, true);
        read += taken;
        match result {
            DecoderResult::InputEmpty => return Ok(DecodedText { text: Cow::Owned(text), invalid }),
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(length, after) => {
                if invalid.len() >= MAX_INVALID {
                    return Err(FileError::NotTable);
                }
                let end = read.saturating_sub(usize::from(after));
                let bytes = file.get(end.saturating_sub(usize::from(length))..end).unwrap_or_default().to_vec();
                let line = text.rfind(['\n', '\r']).map_or(0, |end| end + 1);
                let before = text.get(line..).unwrap_or_default();
                invalid.push(InvalidBytes { at: text.len(), place: length_in(encoding, before) + 1, bytes });
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
    }
}

/// Returns how many bytes a text has in an encoding.
fn length_in(encoding: &'static Encoding, text: &str) -> usize {
    if encoding == GB18030 {
        GB18030.encode(text).0.len()
    } else if encoding == UTF_8 {
        text.len()
    } else {
        2 * text.encode_utf16().count()
    }
}

/// Returns whether a decoded file is text: few of its characters are invalid or control characters.
fn is_text(decoded: &DecodedText<'_>) -> bool {
    let (mut letters, mut controls) = (0_usize, 0_usize);
    for letter in decoded.text.chars() {
        let is_control = letter.is_ascii_control() && !matches!(letter, '\t' | '\n' | '\r' | '\u{c}' | '\u{1a}');
        controls += usize::from(is_control);
        letters += 1;
    }
    let broken = controls + decoded.invalid.len();
    broken <= (letters / 4).min(1) + letters / 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn text_is_decoded_in_encodings_of_spreadsheet_programs() {
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
            let decoded = decode(&file).unwrap();
            assert_eq!((decoded.text.trim_start_matches('\u{feff}'), decoded.invalid), (table, vec![]));
        }
        assert_eq!(decode(&[0xff, 0xd8, 0xff, 0x00, 0x80]), Err(FileError::NotTable));
        assert_eq!(decode(&b"MZ\x90\x00\x03\x00\x00\x00\x04".repeat(50)), Err(FileError::NotTable));
    }

    #[rstest]
    #[case(UTF_8)]
    #[case(GB18030)]
    fn invalid_byte_is_located(#[case] encoding: &'static Encoding) {
        let encoded = |text: &str| encoding.encode(text).0.into_owned();
        let file =
            [encoded("日期,地点\n2026-11-20,沫阳镇"), vec![0xff], encoded(",12\n2026-11-21,边阳镇,3\n")].concat();
        let decoded = decode(&file).unwrap();
        assert_eq!(decoded.text, "日期,地点\n2026-11-20,沫阳镇\u{fffd},12\n2026-11-21,边阳镇,3\n");
        let place = 1 + encoded("2026-11-20,沫阳镇").len();
        let at = "日期,地点\n2026-11-20,沫阳镇".len();
        assert_eq!(decoded.invalid, [InvalidBytes { at, place, bytes: vec![0xff] }]);
    }
}
