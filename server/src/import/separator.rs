//! Detects the character that separates the columns of a text file.

use crate::import::file_error::FileError;

/// Number of non-empty lines that are examined.
const EXAMINED: usize = 10;
/// Separators that spreadsheet programs write, the preferred one last.
const USUAL: [char; 3] = [';', '\t', ','];
/// Separators that other programs write. They are common in plain text too.
const UNUSUAL: [char; 2] = ['|', '，'];

/// Number of occurrences of a separator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Usage {
    lines: usize,
    all: usize,
}

/// Returns the separator that a first line such as `sep=;` names. Spreadsheet programs write it.
pub fn named_separator(text: &str) -> Option<char> {
    let first = text.lines().next()?.trim_matches(|letter: char| letter.is_whitespace() && letter != '\t');
    let first = first.trim_matches('"');
    first.get(..4).filter(|word| word.eq_ignore_ascii_case("sep="))?;
    let mut rest = first.chars().skip(4);
    match (rest.next(), rest.next()) {
        (None, _) => Some('\t'),
        (Some(separator), None) => Some(separator),
        _ => None,
    }
}

/// Detects the separator in the first lines. Fails where two are equally likely.
pub fn detect_separator(text: &str) -> Result<char, FileError> {
    let lines: Vec<&str> = text.split(['\n', '\r']).filter(|line| !line.trim().is_empty()).take(EXAMINED).collect();
    let usage = |separator: char| {
        let counts = lines.iter().map(|line| line.matches(separator).count()).filter(|count| *count > 0);
        counts.fold(Usage { lines: 0, all: 0 }, |sum, count| Usage { lines: sum.lines + 1, all: sum.all + count })
    };
    let usual =
        USUAL.into_iter().max_by_key(|separator| usage(*separator).all).filter(|separator| usage(*separator).all > 0);
    let (usual, of_usual) = usual.map_or((',', Usage { lines: 0, all: 0 }), |usual| (usual, usage(usual)));
    let [bar, comma] = UNUSUAL.map(usage);
    let of_unusual = bar.max(comma);
    if of_unusual.lines < of_usual.lines || of_unusual.lines == 0 {
        return Ok(usual);
    }
    if of_unusual.lines == of_usual.lines {
        // A line with more of the other separators than of the usual one may be separated by either.
        let is_unclear = of_usual.lines == lines.len() && of_unusual.all > of_usual.all;
        return if is_unclear { Err(FileError::AmbiguousSeparator) } else { Ok(usual) };
    }
    match bar.lines == comma.lines {
        true => Err(FileError::AmbiguousSeparator),
        false if bar.lines > comma.lines => Ok('|'),
        false => Ok('，'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("日期,地点,备注\n2026-11-20,沫阳镇,好，很好\n2026-11-20,边阳镇,a|b\n", Ok(','))]
    #[case("2026年，登记表\n日期,地点\n2026-11-20,沫阳镇\n", Ok(','))]
    #[case("日期;地点\n2026-11-20;沫阳镇, 沫阳村\n", Ok(';'))]
    #[case("日期|地点|备注\n2026-11-20|沫阳镇|a,b\n2026-11-20|沫阳镇|好，很好\n", Ok('|'))]
    #[case("日期，地点，人数\n2026-11-20，沫阳镇，12\n", Ok('，'))]
    #[case("日期|地点，村\n2026-11-20|沫阳镇，沫阳村\n", Err(FileError::AmbiguousSeparator))]
    #[case("日期|地点|金额(元,含税)\n2026-11-20|沫阳镇|1,200\n", Err(FileError::AmbiguousSeparator))]
    #[case("一列\n没有分隔\n", Ok(','))]
    fn separator_is_detected_or_ambiguous(#[case] text: &str, #[case] expected: Result<char, FileError>) {
        assert_eq!(detect_separator(text), expected);
    }
}
