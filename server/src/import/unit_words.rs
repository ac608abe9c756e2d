//! Reads what a heading, a line, a cell or a number format says about units: exactly, or not at all.

use jiedui_core::values::halfwidth::normalise;
use jiedui_core::values::unit::Unit;

/// Words before a unit that change nothing about it.
const BEFORE: [&str; 20] = [
    "计量单位",
    "金额单位",
    "货币单位",
    "数量单位",
    "面积单位",
    "重量单位",
    "产量单位",
    "单位",
    "币种",
    "货币",
    "人民币",
    "units",
    "unit",
    "以",
    "按",
    "均为",
    "为",
    "是",
    ":",
    "=",
];
/// Words after a unit that change nothing about it.
const BEHIND: [&str; 9] = ["为计量单位", "为单位", "人民币", "计算", "填写", "填报", "填", "计", "单位"];
/// Words that say nothing about the size of a figure.
const HARMLESS: [&str; 24] = [
    "必填",
    "选填",
    "可选",
    "可不填",
    "非必填",
    "可空",
    "如有",
    "若有",
    "含税",
    "不含税",
    "整数",
    "数字",
    "数值",
    "填数字",
    "填整数",
    "阿拉伯数字",
    "保留一位小数",
    "保留两位小数",
    "保留1位小数",
    "保留2位小数",
    "required",
    "optional",
    "number",
    "integer",
];
/// Letters of which names of units and multipliers are made.
const OF_UNITS: &str = "元圆块角毛币克斤两担吨亩顷平方米里升万亿千百¥$€£%‰/每";

/// What a text says about units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitWords {
    /// Units that are understood.
    pub units: Vec<String>,
    /// Texts that look like a unit and are not understood.
    pub unclear: Vec<String>,
    /// Other words, which may say that the column holds another figure.
    pub words: Vec<String>,
}

impl UnitWords {
    /// Adds what another text says.
    pub fn extend(&mut self, other: Self) {
        self.units.extend(other.units);
        self.unclear.extend(other.unclear);
        self.words.extend(other.words);
    }
}

/// Prepares a text for comparison: half width, simplified characters, lower case.
pub fn simplify(text: &str) -> String {
    let simple = |letter: char| match letter {
        '單' => '单',
        '萬' => '万',
        '億' => '亿',
        '圓' => '圆',
        '噸' => '吨',
        '畝' => '亩',
        '頃' => '顷',
        '戶' => '户',
        '幣' => '币',
        '額' => '额',
        '數' => '数',
        '計' => '计',
        '為' => '为',
        letter => letter,
    };
    normalise(text).chars().map(simple).flat_map(char::to_lowercase).collect()
}

fn without_space(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// Reads one unit, with the words that people write around it. `own` are the names of the field's unit.
pub fn read_unit(text: &str, own: &[&str]) -> Option<String> {
    let simple = simplify(text);
    let simple = simple.strip_prefix("in ").unwrap_or(&simple);
    let mut rest = without_space(simple);
    loop {
        if rest.is_empty() {
            return None;
        }
        if own.iter().any(|own| !own.is_empty() && without_space(&simplify(own)) == rest) {
            return own.first().map(|unit| (*unit).to_owned());
        }
        // A rate is understood where the field is one: 万元/月 for 元/月.
        let is_rate = |own: &&&str| own.contains('/') && Unit::of_field(&rest).converts_to(&Unit::of_field(own));
        if Unit::parse(&rest).is_some() || own.iter().any(|own| is_rate(&own)) {
            return Some(rest);
        }
        let before = BEFORE.iter().find_map(|word| rest.strip_prefix(word));
        let shorter = before.or_else(|| BEHIND.iter().find_map(|word| rest.strip_suffix(word)));
        rest = shorter?.to_owned();
    }
}

/// Whether a text looks as if it named a unit.
fn looks_like_unit(text: &str) -> bool {
    text.chars().any(|letter| OF_UNITS.contains(letter) || letter.is_ascii_alphabetic())
}

/// Reads all that a text says about units. `own` are the names of the field's unit.
pub fn read_unit_words(text: &str, own: &[&str]) -> UnitWords {
    let mut found = UnitWords::default();
    if let Some(unit) = read_unit(text, own) {
        found.units.push(unit);
        return found;
    }
    let simple = simplify(text);
    let pieces = simple.split(['、', ',', ';', '|', '和', '及', '\n']);
    for piece in pieces.map(str::trim).filter(|piece| !piece.is_empty()) {
        let whole = without_space(piece);
        if let Some(unit) = read_unit(piece, own) {
            found.units.push(unit);
        } else if HARMLESS.contains(&whole.as_str()) {
        } else if piece.contains(char::is_whitespace) {
            for word in piece.split_whitespace() {
                match read_unit(word, own) {
                    Some(unit) => found.units.push(unit),
                    None if HARMLESS.contains(&word) => {}
                    None if looks_like_unit(word) => found.unclear.push(word.to_owned()),
                    None => found.words.push(word.to_owned()),
                }
            }
        } else if looks_like_unit(&whole) {
            found.unclear.push(whole);
        } else {
            found.words.push(whole);
        }
    }
    // 0.1万元 and 10,000 yuan: a unit beside a number is another unit.
    let has_number = found.words.iter().any(|word| word.chars().all(|letter| letter.is_ascii_digit() || letter == '.'));
    if has_number {
        return UnitWords { unclear: vec![simple], ..UnitWords::default() };
    }
    found
}

/// Whether all units are of one size.
pub fn agree<'a>(units: impl IntoIterator<Item = &'a str>) -> bool {
    let mut units = units.into_iter().map(Unit::of_field);
    let first = units.next();
    units.all(|unit| first.as_ref().is_some_and(|first| first.is_same(&unit)))
}

/// Words at the end of an office's name.
const OFFICES: &str = "局府镇乡村县区市州委办社校院站中心所会室处部科队组园场厂行集团街道司";

/// Reads the units that a line above the table names for all of it, such as 单位：万元、人.
pub fn read_unit_line(text: &str) -> UnitWords {
    let mut line = simplify(text);
    while let Some(at) = line.find("单 ").filter(|at| line[*at..].replace(' ', "").starts_with("单位")) {
        line.remove(at + "单".len());
    }
    let line = line.trim();
    let inside = line.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).filter(|rest| !rest.contains('('));
    let mut found = UnitWords::default();
    let alone = inside.unwrap_or(line);
    if let Some(unit) = read_unit(alone, &[]) {
        found.units.push(unit);
        return found;
    }
    for word in ["单位", "unit"] {
        for (at, _) in line.match_indices(word) {
            let before = line.get(..at).unwrap_or_default();
            let after = line.get(at + word.len()..).unwrap_or_default();
            if let Some(unit) = before.strip_suffix('为') {
                let begin = unit
                    .rfind(['以', '按', ' ', ':', ',', '('])
                    .map_or(0, |at| at + unit.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
                add_line_text(&mut found, unit.get(begin..).unwrap_or_default());
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
                add_line_text(&mut found, named.split(')').next().unwrap_or_default());
            }
        }
    }
    if found == UnitWords::default() {
        // 金额：元 and （金额以元计）.
        for part in line.split(['(', ')', ' ']) {
            let (_, behind) = part.rsplit_once([':', '以', '按']).unwrap_or_default();
            found.units.extend(read_unit(behind, &[]).filter(|_| !behind.is_empty()));
        }
    }
    found
}

fn add_line_text(found: &mut UnitWords, text: &str) {
    let words: Vec<&str> = text.split_whitespace().take_while(|word| !word.contains(':')).collect();
    let Some(first) = words.first() else { return };
    let whole = words.concat();
    if let (None, Some(unit)) = (read_unit(first, &[]), read_unit(&whole, &[])) {
        found.units.push(unit);
        return;
    }
    let mut said = read_unit_words(first, &[]);
    found.units.extend(words.iter().skip(1).filter_map(|word| read_unit(word, &[])));
    // 单位：沫阳镇人民政府 is an office.
    let is_office = |text: &String| text.chars().next_back().is_some_and(|last| OFFICES.contains(last));
    said.unclear.retain(|text| !is_office(text));
    found.unclear.append(&mut said.unclear);
    found.units.append(&mut said.units);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("元", &["元"])]
    #[case("人民币元", &["元"])]
    #[case("元人民币", &["元"])]
    #[case("元、含税", &["元"])]
    #[case("元，不含税", &["元"])]
    #[case("以元计", &["元"])]
    #[case("按元填写", &["元"])]
    #[case("单位：人民币元", &["元"])]
    #[case("单位为元", &["元"])]
    #[case("單位：元", &["元"])]
    #[case("单位：萬元", &["万元"])]
    #[case("必填", &[])]
    fn unit_text_is_understood(#[case] text: &str, #[case] units: &[&str]) {
        let found = read_unit_words(text, &["万元"]);
        assert_eq!(
            (found.units, found.unclear, found.words),
            (units.iter().map(|own| (*own).to_owned()).collect(), vec![], vec![])
        );
    }

    #[rstest]
    #[case("0.1万元")]
    #[case("亿")]
    #[case("百万")]
    #[case("10,000 yuan")]
    #[case("公斤、含包装材料费每批")]
    #[case("元/户")]
    #[case("公斤/批")]
    fn unit_text_that_is_not_understood_is_unclear(#[case] text: &str) {
        assert!(!read_unit_words(text, &["万元"]).unclear.is_empty(), "{text}");
    }

    #[rstest]
    #[case("计划")]
    #[case("上年同期")]
    #[case("公斤、含包装")]
    fn other_words_are_not_taken_for_units(#[case] text: &str) {
        assert!(!read_unit_words(text, &["人次"]).words.is_empty(), "{text}");
    }

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
    fn unit_line_is_understood(#[case] line: &str) {
        let found = read_unit_line(line);
        assert_eq!(found.units.len(), 1, "{line}: {found:?}");
        assert!(agree(found.units.iter().map(String::as_str).chain(["元"])), "{line}");
        assert!(found.unclear.is_empty(), "{line}: {found:?}");
    }

    #[rstest]
    #[case("单位：0.1万元")]
    #[case("单位：百万")]
    #[case("单位：元/吨")]
    fn unit_line_that_is_not_understood_is_unclear(#[case] line: &str) {
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
