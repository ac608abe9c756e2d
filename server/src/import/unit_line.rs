//! Reads the units in a line above a table, which apply to all columns.

use crate::import::unit_words::{UnitWords, read_unit, read_unit_words, simplify};

/// Words at the end of an office's name.
const OFFICES: &str = "局府镇乡村县区市州委办社校院站中心所会室处部科队组园场厂行集团街道司";

/// Reads the units in a line above a table, such as 单位：万元、人.
pub fn read_unit_line(text: &str) -> UnitWords {
    let mut line = simplify(text);
    while let Some(at) = line.find("单 ").filter(|at| line[*at..].replace(' ', "").starts_with("单位")) {
        line.remove(at + "单".len());
    }
    let line = line.trim();
    let inside = line.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).filter(|rest| !rest.contains('('));
    let mut parsed = UnitWords::default();
    let alone = inside.unwrap_or(line);
    if let Some(unit) = read_unit(alone, &[]) {
        parsed.units.push(unit);
        return parsed;
    }
    for word in ["单位", "unit"] {
        for (at, _) in line.match_indices(word) {
            let before = line.get(..at).unwrap_or_default();
            let after = line.get(at + word.len()..).unwrap_or_default();
            if let Some(unit) = before.strip_suffix('为') {
                let begin = unit
                    .rfind(['以', '按', ' ', ':', ',', '('])
                    .map_or(0, |at| at + unit.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
                add_line_text(&mut parsed, unit.get(begin..).unwrap_or_default());
                continue;
            }
            let is_named = before.is_empty()
                || before.ends_with(|letter: char| letter.is_whitespace() || "(:,;、.)".contains(letter))
                || ["计量", "金额", "货币", "面积", "重量", "数量", "产量", "计价"]
                    .iter()
                    .any(|kind| before.ends_with(kind));
            let after = if word == "unit" { after.strip_prefix('s').unwrap_or(after) } else { after };
            let is_followed = after.starts_with([':', '=', '(', ' ', '为', '是']);
            if is_named && is_followed {
                let named = after.trim_start_matches([':', '=', '(', ' ', '为', '是', '以', '按']);
                add_line_text(&mut parsed, named.split(')').next().unwrap_or_default());
            }
        }
    }
    if parsed == UnitWords::default() {
        // 金额：元 and （金额以元计）.
        for part in line.split(['(', ')', ' ']) {
            let (_, behind) = part.rsplit_once([':', '以', '按']).unwrap_or_default();
            parsed.units.extend(read_unit(behind, &[]).filter(|_| !behind.is_empty()));
        }
    }
    parsed
}

fn add_line_text(parsed: &mut UnitWords, text: &str) {
    let words: Vec<&str> = text.split_whitespace().take_while(|word| !word.contains(':')).collect();
    let Some(first) = words.first() else { return };
    let whole = words.concat();
    if let (None, Some(unit)) = (read_unit(first, &[]), read_unit(&whole, &[])) {
        parsed.units.push(unit);
        return;
    }
    let mut first_words = read_unit_words(first, &[]);
    parsed.units.extend(words.iter().skip(1).filter_map(|word| read_unit(word, &[])));
    // 单位：沫阳镇人民政府 is an office.
    let is_office = |text: &String| text.chars().next_back().is_some_and(|last| OFFICES.contains(last));
    first_words.unclear.retain(|text| !is_office(text));
    parsed.unclear.append(&mut first_words.unclear);
    parsed.units.append(&mut first_words.units);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::unit_words::agree;
    use rstest::rstest;

    #[rstest]
    #[case("单位:人民币元")]
    #[case("单位（元）")]
    #[case("单位 元")]
    #[case("（元）")]
    #[case("单位=元")]
    #[case("金额：元")]
    #[case("货币单位为元")]
    #[case("金额以元为单位")]
    #[case("单 位：元")]
    #[case("Unit: yuan")]
    #[case("填报单位：沫阳镇   单位：元 2026年11月")]
    #[case("销售统计表（单位：元）")]
    fn unit_line_is_parsed(#[case] line: &str) {
        let parsed = read_unit_line(line);
        assert_eq!(parsed.units.len(), 1, "{line}: {parsed:?}");
        assert!(agree(parsed.units.iter().map(String::as_str).chain(["元"])), "{line}");
        assert!(parsed.unclear.is_empty(), "{line}: {parsed:?}");
    }

    #[rstest]
    #[case("单位：0.1万元")]
    #[case("单位：百万")]
    #[case("单位：元/吨")]
    fn unparsable_unit_line_is_unclear(#[case] line: &str) {
        assert_eq!(read_unit_line(line).unclear.len(), 1, "{line}");
    }

    #[rstest]
    #[case("填报单位：沫阳镇")]
    #[case("单位：沫阳镇人民政府")]
    #[case("结对单位：元宝村")]
    #[case("2026年培训登记表")]
    fn office_line_names_no_unit(#[case] line: &str) {
        assert_eq!(read_unit_line(line), UnitWords::default(), "{line}");
    }
}
