//! Parses the units in a heading, a line, a cell or a number format. Fails for anything that is not fully understood.

use jiedui_core::values::halfwidth::normalise;
use jiedui_core::values::unit::Unit;

/// Words before a unit that do not change it.
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
/// Words after a unit that do not change it.
const BEHIND: [&str; 9] = ["为计量单位", "为单位", "人民币", "计算", "填写", "填报", "填", "计", "单位"];
/// Words without influence on the size of a figure.
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

/// Units and other words of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitWords {
    /// Parsed units.
    pub units: Vec<String>,
    /// Texts that look like a unit but cannot be parsed.
    pub unclear: Vec<String>,
    /// Other words, which may say that the column holds another figure.
    pub words: Vec<String>,
}

impl UnitWords {
    /// Adds the units and words of another text.
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

/// Reads one unit, with the words that people write around it. `field_units` are the names of the field's unit.
pub fn read_unit(text: &str, field_units: &[&str]) -> Option<String> {
    let simple = simplify(text);
    let simple = simple.strip_prefix("in ").unwrap_or(&simple);
    let mut rest = without_space(simple);
    loop {
        if rest.is_empty() {
            return None;
        }
        if field_units.iter().any(|unit| !unit.is_empty() && without_space(&simplify(unit)) == rest) {
            return field_units.first().map(|unit| (*unit).to_owned());
        }
        // A rate is understood where the field is one: 万元/月 for 元/月.
        let is_rate = |unit: &&&str| unit.contains('/') && Unit::of_field(&rest).converts_to(&Unit::of_field(unit));
        if Unit::parse(&rest).is_some() || field_units.iter().any(|unit| is_rate(&unit)) {
            return Some(rest);
        }
        let before = BEFORE.iter().find_map(|word| rest.strip_prefix(word));
        let shorter = before.or_else(|| BEHIND.iter().find_map(|word| rest.strip_suffix(word)));
        rest = shorter?.to_owned();
    }
}

/// Returns whether a text looks like a unit.
fn looks_like_unit(text: &str) -> bool {
    text.chars().any(|letter| OF_UNITS.contains(letter) || letter.is_ascii_alphabetic())
}

/// Reads the units and other words of a text. `field_units` are the names of the field's unit.
pub fn read_unit_words(text: &str, field_units: &[&str]) -> UnitWords {
    let mut parsed = UnitWords::default();
    if let Some(unit) = read_unit(text, field_units) {
        parsed.units.push(unit);
        return parsed;
    }
    let simple = simplify(text);
    let pieces = simple.split(['、', ',', ';', '|', '和', '及', '\n']);
    for piece in pieces.map(str::trim).filter(|piece| !piece.is_empty()) {
        let whole = without_space(piece);
        if let Some(unit) = read_unit(piece, field_units) {
            parsed.units.push(unit);
        } else if HARMLESS.contains(&whole.as_str()) {
        } else if piece.contains(char::is_whitespace) {
            for word in piece.split_whitespace() {
                match read_unit(word, field_units) {
                    Some(unit) => parsed.units.push(unit),
                    None if HARMLESS.contains(&word) => {}
                    None if looks_like_unit(word) => parsed.unclear.push(word.to_owned()),
                    None => parsed.words.push(word.to_owned()),
                }
            }
        } else if looks_like_unit(&whole) {
            parsed.unclear.push(whole);
        } else {
            parsed.words.push(whole);
        }
    }
    // 0.1万元 and 10,000 yuan: a unit with a number is another unit.
    let has_number =
        parsed.words.iter().any(|word| word.chars().all(|letter| letter.is_ascii_digit() || letter == '.'));
    if has_number {
        return UnitWords { unclear: vec![simple], ..UnitWords::default() };
    }
    parsed
}

/// Returns whether all units have the same size.
pub fn agree<'a>(units: impl IntoIterator<Item = &'a str>) -> bool {
    let mut units = units.into_iter().map(Unit::of_field);
    let first = units.next();
    units.all(|unit| first.as_ref().is_some_and(|first| first.is_same(&unit)))
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
    fn unit_text_is_parsed(#[case] text: &str, #[case] units: &[&str]) {
        let parsed = read_unit_words(text, &["万元"]);
        assert_eq!(
            (parsed.units, parsed.unclear, parsed.words),
            (units.iter().map(|unit| (*unit).to_owned()).collect(), vec![], vec![])
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
    fn unparsable_unit_text_is_unclear(#[case] text: &str) {
        assert!(!read_unit_words(text, &["万元"]).unclear.is_empty(), "{text}");
    }

    #[rstest]
    #[case("计划")]
    #[case("上年同期")]
    #[case("公斤、含包装")]
    fn other_words_are_no_units(#[case] text: &str) {
        assert!(!read_unit_words(text, &["人次"]).words.is_empty(), "{text}");
    }
}
