//! Which column of a table is which field of a form, and in which unit it is written.

use jiedui_core::catalogue::Kind;
use jiedui_core::catalogue::{Activity, Field};
use jiedui_core::values::halfwidth::normalise;
use jiedui_core::values::unit::Unit;

/// The path of the column that identifies an entry that exists.
pub const ID: &str = "id";
/// The path of the column that says which revision of an entry a table started from.
pub const REV: &str = "rev";
/// The path of the column in which an export has all answers of a form.
pub const ANSWERS: &str = "answers";
/// The path of a column with the statistical codes of places.
pub const PLACE_CODE: &str = "place_code";
/// The path of a place, which several columns may make together.
pub const PLACE: &str = "place";

/// A field that a column may be, by its path in an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Such as `date` or `values.people`.
    pub path: String,
    /// The heading that the template has for it, in Chinese.
    pub label: String,
    /// The same in English.
    pub label_en: String,
    /// Whether a row of a new entry must have it.
    pub required: bool,
    /// The unit of its numbers, in Chinese.
    pub unit: String,
    /// Other headings that mean it.
    other: Vec<String>,
}

type Usual = (&'static str, &'static str, &'static str, bool, &'static [&'static str]);

/// What everybody's tables call the fields that every form has.
const USUAL: [Usual; 5] = [
    (
        "date",
        "日期",
        "Date",
        true,
        &[
            "时间",
            "活动日期",
            "活动时间",
            "发生日期",
            "发生时间",
            "培训日期",
            "培训时间",
            "开展时间",
            "开展日期",
            "年月日",
        ],
    ),
    (
        PLACE,
        "地点",
        "Place",
        true,
        &["地方", "乡镇村", "镇村", "活动地点", "开展地点", "实施地点", "所在地", "village"],
    ),
    ("pairing", "结对", "Pairing", false, &["结对关系", "结对单位"]),
    ("organisation", "单位", "Organisation", false, &["机构", "单位名称", "企业", "学校", "医院", "organization"]),
    ("note", "备注", "Note", false, &["说明", "情况说明", "notes", "remark", "remarks"]),
];

/// What an export has besides, so that a corrected one can be imported again.
const OF_EXPORT: [Usual; 4] = [
    (ID, "编号", "Identifier", false, &[]),
    (REV, "版本", "Revision", false, &[]),
    (PLACE_CODE, "地点代码", "Place code", false, &["行政区划代码", "区划代码", "统计代码"]),
    (ANSWERS, "数值", "Answers", false, &[]),
];

/// Headings of columns that name one level of a place each: together they make it.
const LEVELS: [&[&str]; 3] = [
    &["县", "区县", "县区", "县市区", "区县市", "所在县", "县名"],
    &["乡镇", "乡", "镇", "镇乡", "街道", "乡镇街道", "镇街", "镇街道", "所在乡镇", "乡镇名称", "township", "town"],
    &["村", "村名", "村名称", "所在村", "行政村", "行政村名称", "村社区", "村居", "社区", "村组"],
];

/// All that a table may have: of an activity, in the order of its template, then what an export has besides. Without an
/// activity a table can only change entries that exist.
pub fn targets(activity: Option<&Activity>) -> Vec<Target> {
    let usual = |(path, label, label_en, required, other): &Usual| Target {
        path: (*path).to_owned(),
        label: (*label).to_owned(),
        label_en: (*label_en).to_owned(),
        required: *required && activity.is_some(),
        unit: String::new(),
        other: other.iter().map(|own| (*own).to_owned()).collect(),
    };
    let fields = activity.map(|activity| activity.fields.as_slice()).unwrap_or_default();
    let of_form = fields.iter().filter(|field| field.computed.is_none() && field.kind != Kind::Table).map(of_form);
    let (first, last) = USUAL.split_at(2);
    first.iter().map(usual).chain(of_form).chain(last.iter().map(usual)).chain(OF_EXPORT.iter().map(usual)).collect()
}

/// The fields that a template has: not what only an export has.
pub fn is_in_template(target: &Target) -> bool {
    !OF_EXPORT.iter().any(|(path, ..)| *path == target.path)
}

fn of_form(field: &Field) -> Target {
    let with_unit =
        |name: &str, unit: &str| if unit.is_empty() { name.to_owned() } else { format!("{name}（{unit}）") };
    Target {
        path: format!("{}.{}", if field.kind.is_number() { "values" } else { "details" }, field.code),
        label: with_unit(&field.name, &field.unit),
        label_en: with_unit(&field.name_en, &field.unit_en),
        required: field.required && field.when.is_none(),
        unit: field.unit.clone(),
        other: vec![field.name.clone(), field.name_en.clone(), field.code.clone()],
    }
}

/// A heading, row by row from the top where it has several.
pub type Heading = Vec<String>;

/// What stands in brackets.
fn bracketed(heading: &str) -> Vec<String> {
    let tidy = normalise(heading).replace(['[', '【', '〔'], "(").replace([']', '】', '〕'], ")");
    tidy.split('(')
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(inside, _)| inside.trim().to_owned()))
        .collect()
}

/// A heading without what people write differently: space, case, marks, and brackets, whose content is left out or kept.
fn plain(heading: &str, keep: bool) -> String {
    let mut depth = 0;
    let mut plain = String::new();
    for letter in normalise(heading).chars() {
        match letter {
            '(' | '[' | '【' | '〔' => depth += 1,
            ')' | ']' | '】' | '〕' => depth = (depth - 1).max(0),
            _ if (depth > 0 && !keep) || letter.is_whitespace() || "*:、/_-·".contains(letter) => {}
            _ => plain.extend(letter.to_lowercase()),
        }
    }
    plain
}

/// A unit, perhaps with what it is per behind it: 元/月 is an amount in yuan.
fn unit(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches("单位").trim_start_matches([':', ' ']);
    let text = if Unit::parse(text).is_some() { text } else { text.split('/').next().unwrap_or_default().trim() };
    Unit::parse(text).map(|_| text.to_owned())
}

/// The unit that a heading names: in brackets, behind a mark, or as a row of its own.
pub fn unit_of(heading: &Heading) -> Option<String> {
    heading.iter().rev().find_map(|part| {
        let tidy = normalise(part);
        let behind = tidy.rsplit_once(['/', ':', ',', '、', ' ', '_', '-']).and_then(|(_, unit_)| unit(unit_));
        let alone = (heading.len() > 1).then(|| unit(&tidy)).flatten();
        bracketed(part).iter().find_map(|own| unit(own)).or(behind).or(alone)
    })
}

/// The units that a line above the table names for all of it, such as 单位：万元、人.
pub fn units_of_line(text: &str) -> Vec<String> {
    let tidy = normalise(text).replace(['(', ')'], " ");
    let mut units = Vec::new();
    for (at, word) in tidy.match_indices("单位:") {
        let before = tidy.get(..at).unwrap_or_default();
        // 填报单位 is an office.
        let names_unit = before.is_empty()
            || before.ends_with(char::is_whitespace)
            || ["计量", "金额", "货币", "面积", "重量", "数量"].iter().any(|kind| before.ends_with(kind));
        if names_unit {
            let after = tidy.get(at + word.len()..).unwrap_or_default().trim_start();
            let named = after.split_whitespace().next().unwrap_or_default();
            units.extend(named.split(['、', ',', ';', '和']).filter_map(unit));
        }
    }
    units
}

/// The ways to read a heading of one or several rows, the likeliest first.
fn readings(heading: &Heading) -> Vec<String> {
    let mut parts: Vec<&str> = heading.iter().map(String::as_str).collect();
    let mut ways = Vec::new();
    while let Some(last) = parts.last() {
        ways.extend([last.to_string(), parts.concat()]);
        // A row of units says nothing of what the column is.
        if unit(last).is_none() || parts.len() < 2 {
            break;
        }
        parts.pop();
    }
    let mut readings: Vec<String> = Vec::new();
    for way in ways {
        for own in [plain(&way, false), plain(&way, true)] {
            if !own.is_empty() && !readings.contains(&own) {
                readings.push(own);
            }
        }
    }
    readings
}

/// What follows a field's name in a heading: nothing, or its unit right behind it, such as in 销售额元. `None` for other headings.
fn after_name(readings: &[String], target: &Target) -> Option<String> {
    let words = [&target.label, &target.label_en].into_iter().chain(&target.other).map(|word| plain(word, false));
    let is_unit = |rest: &str| !target.unit.is_empty() && Unit::parse(rest).is_some();
    let rests = words.filter(|word| !word.is_empty()).flat_map(|word| {
        readings.iter().filter_map(move |own| own.strip_prefix(&word).map(str::to_owned)).collect::<Vec<_>>()
    });
    let mut rests: Vec<String> = rests.filter(|rest| rest.is_empty() || is_unit(rest)).collect();
    rests.sort();
    rests.into_iter().next()
}

/// The unit in which a column of a field is written, where its heading names one.
pub fn unit_for(heading: &Heading, target: &Target) -> Option<String> {
    let behind = || after_name(&readings(heading), target).filter(|rest| !rest.is_empty());
    unit_of(heading).or_else(behind)
}

/// Whether a heading is the template's, with the field's own unit.
pub fn is_label(heading: &Heading, target: &Target) -> bool {
    let has_unit = |own: &str| own == normalise(&target.label) || own == normalise(&target.label_en);
    // Without a unit in it, a line above the table may name another.
    !target.unit.is_empty() && heading.iter().any(|own| has_unit(normalise(own).trim_end_matches('*')))
}

/// What each column is likely to be: the same words as a field has, each field once, and several columns that make a place.
pub fn guess(heading: &[Heading], targets: &[Target]) -> Vec<Option<String>> {
    let readings: Vec<Vec<String>> = heading.iter().map(readings).collect();
    let has = |path: &str| {
        let target = targets.iter().find(|target| target.path == path);
        target.is_some_and(|target| readings.iter().any(|own| after_name(own, target).is_some()))
    };
    let is_export = has(ID) && has(REV);
    let mut left: Vec<&Target> =
        targets.iter().filter(|own| is_export || ![ID, REV, ANSWERS].contains(&own.path.as_str())).collect();
    let mut guessed: Vec<Option<String>> = Vec::with_capacity(heading.len());
    for readings in &readings {
        let found = left.iter().position(|target| after_name(readings, target).is_some());
        guessed.push(found.map(|at| left.remove(at).path.clone()));
    }
    if left.iter().any(|target| target.path == PLACE) {
        // Each level once.
        let mut levels = LEVELS.to_vec();
        for (guessed, readings) in guessed.iter_mut().zip(&readings).filter(|(guessed, _)| guessed.is_none()) {
            let level = levels.iter().position(|words| readings.iter().any(|own| words.contains(&own.as_str())));
            if let Some(level) = level {
                levels.remove(level);
                *guessed = Some(PLACE.to_owned());
            }
        }
    }
    guessed
}

/// Which field each column is in an official template or an export: there nobody can say otherwise. Nothing for other tables.
pub fn official(heading: &[Heading], targets: &[Target]) -> Option<Vec<Option<String>>> {
    let find = |own: &Heading| {
        let [text] = own.as_slice() else { return None };
        let text = normalise(text);
        let text = text.trim_end_matches('*');
        targets.iter().find(|target| text == normalise(&target.label) || text == normalise(&target.label_en))
    };
    let found: Vec<Option<&Target>> = heading.iter().map(find).collect();
    let is_whole = |target: &&Target| found.iter().flatten().any(|own| own.path == target.path);
    let all_known = found.iter().all(Option::is_some) && !found.is_empty();
    let has_all = targets.iter().filter(|target| is_in_template(target)).all(|target| is_whole(&target));
    (all_known && has_all).then(|| found.into_iter().map(|own| own.map(|own| own.path.clone())).collect())
}

#[cfg(test)]
mod tests;
