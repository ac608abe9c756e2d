//! Which column of a table is which field of a form, and in which unit it is written.

use super::unit_words::{UnitWords, agree, read_unit, read_unit_words};
use jiedui_core::api::imports::ColumnReason;
use jiedui_core::catalogue::Kind;
use jiedui_core::catalogue::{Activity, Field};
use jiedui_core::sync::Path;
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

/// The path of a column with the units of the amounts beside it. No field of an entry.
pub const UNIT: &str = "unit";

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
    /// The same in English.
    unit_en: String,
    /// Whether its values are words that somebody writes.
    pub is_free_text: bool,
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
const OF_EXPORT: [Usual; 5] = [
    (ID, "编号", "Identifier", false, &[]),
    (REV, "版本", "Revision", false, &[]),
    (PLACE_CODE, "地点代码", "Place code", false, &["行政区划代码", "区划代码", "统计代码"]),
    (ANSWERS, "数值", "Answers", false, &[]),
    (
        UNIT,
        "计量单位",
        "Unit of measure",
        false,
        &[
            "金额单位",
            "数量单位",
            "货币单位",
            "重量单位",
            "面积单位",
            "产量单位",
            "币种",
            "货币",
            "unit",
            "units",
            "currency",
        ],
    ),
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
        unit_en: String::new(),
        is_free_text: matches!(*path, "note" | ANSWERS),
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
        path: field.path().into(),
        label: with_unit(&field.name, &field.unit),
        label_en: with_unit(&field.name_en, &field.unit_en),
        required: field.required && field.when.is_none(),
        unit: field.unit.clone(),
        unit_en: field.unit_en.clone(),
        is_free_text: !field.kind.is_number() && !matches!(field.kind, Kind::Choice | Kind::Choices),
        other: vec![field.name.clone(), field.name_en.clone(), field.code.clone()],
    }
}

/// A heading, row by row from the top where it has several.
pub type Heading = Vec<String>;

/// What stands in brackets, one that is not closed too.
fn bracketed(heading: &str) -> Vec<String> {
    let tidy = normalise(heading).replace(['[', '【', '〔', '{'], "(").replace([']', '】', '〕', '}'], ")");
    let inside = tidy.split('(').skip(1).map(|rest| rest.split(')').next().unwrap_or_default().trim().to_owned());
    inside.filter(|inside| !inside.is_empty()).collect()
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

/// Whether a row of a heading is nothing but a unit.
fn is_unit_row(text: &str) -> bool {
    read_unit(text.trim_matches(['(', ')', '（', '）']), &[]).is_some()
}

/// What a heading says about the unit of a field, and other words in its brackets.
pub fn heading_words(heading: &Heading, target: &Target) -> UnitWords {
    let own = [target.unit.as_str(), target.unit_en.as_str()];
    if is_label(heading, target) {
        return UnitWords { units: vec![target.unit.clone()], ..UnitWords::default() };
    }
    let mut found = UnitWords::default();
    let names: Vec<String> =
        [&target.label, &target.label_en].into_iter().chain(&target.other).map(|name| plain(name, true)).collect();
    for (level, part) in heading.iter().enumerate() {
        for inside in bracketed(part) {
            let bare = plain(&inside, true);
            let is_own = read_unit(&inside, &own).is_some();
            // Brackets that are part of the field's own name say nothing more.
            if is_own || !names.iter().any(|name| name.contains(&bare)) {
                found.extend(read_unit_words(&inside, &own));
            }
        }
        if level > 0 {
            found.units.extend(read_unit(part, &own));
        }
    }
    if let Some(rest) = after_name(&readings(heading), target).filter(|rest| !rest.is_empty()) {
        match read_unit(&rest, &own) {
            Some(unit) => found.units.push(unit),
            None => found.unclear.push(rest),
        }
    }
    found
}

/// The unit that texts name together; `Err` has the texts that are not understood or name different units.
pub fn one_unit(words: &UnitWords) -> Result<Option<String>, String> {
    if !words.unclear.is_empty() {
        return Err(words.unclear.join("、"));
    }
    if !agree(words.units.iter().map(String::as_str)) {
        return Err(words.units.join("、"));
    }
    Ok(words.units.first().cloned())
}

/// The ways to read a heading of one or several rows, the likeliest first.
fn readings(heading: &Heading) -> Vec<String> {
    let mut parts: Vec<&str> = heading.iter().map(String::as_str).collect();
    let mut ways = Vec::new();
    while let Some(last) = parts.last() {
        ways.extend([last.to_string(), parts.concat()]);
        // A row of units says nothing of what the column is.
        if !is_unit_row(last) || parts.len() < 2 {
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
    let is_unit = |rest: &str| !target.unit.is_empty() && (rest == target.unit || Unit::parse(rest).is_some());
    let rests = words.filter(|word| !word.is_empty()).flat_map(|word| {
        readings.iter().filter_map(move |own| own.strip_prefix(&word).map(str::to_owned)).collect::<Vec<_>>()
    });
    let mut rests: Vec<String> = rests.filter(|rest| rest.is_empty() || is_unit(rest)).collect();
    rests.sort();
    rests.into_iter().next()
}

/// Whether a heading is the template's, with the field's own unit.
pub fn is_label(heading: &Heading, target: &Target) -> bool {
    let has_unit = |own: &str| own == normalise(&target.label) || own == normalise(&target.label_en);
    // Without a unit in it, a line above the table may name another.
    !target.unit.is_empty() && heading.iter().any(|own| has_unit(normalise(own).trim_end_matches('*')))
}

/// Words in brackets that say that a column holds another figure or day than the field's.
const OTHER_FIGURE: [&str; 14] =
    ["计划", "预计", "目标", "任务", "完成", "实际", "上年", "去年", "同期", "本期", "累计", "上月", "本月", "其中"];

/// What a column is likely to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposal {
    /// The field, where nothing has to be asked.
    pub path: Option<String>,
    /// The field whose name the heading has.
    pub named: Option<String>,
    /// Why it is asked about, and the words that are not understood.
    pub question: Option<(ColumnReason, String)>,
}

/// What each column is likely to be: the field of the same name, and several columns that make a place. A column is asked about
/// where its heading is not wholly understood, and all columns are that may be the same field.
pub fn propose(heading: &[Heading], targets: &[Target]) -> Vec<Proposal> {
    let readings: Vec<Vec<String>> = heading.iter().map(readings).collect();
    let has = |path: &str| {
        let target = targets.iter().find(|target| target.path == path);
        target.is_some_and(|target| readings.iter().any(|own| after_name(own, target).is_some()))
    };
    let is_export = has(ID) && has(REV);
    let left: Vec<&Target> =
        targets.iter().filter(|own| is_export || ![ID, REV, ANSWERS].contains(&own.path.as_str())).collect();
    let mut proposals: Vec<Proposal> = Vec::with_capacity(heading.len());
    for (heading, readings) in heading.iter().zip(&readings) {
        let target = left.iter().find(|target| after_name(readings, target).is_some());
        let question = target.and_then(|target| question(heading, target));
        let named = target.map(|target| target.path.clone());
        proposals.push(Proposal { path: named.clone().filter(|_| question.is_none()), named, question });
    }
    let named: Vec<Option<String>> = proposals.iter().map(|own| own.named.clone()).collect();
    for proposal in &mut proposals {
        let is_repeated = named.iter().filter(|own| own.is_some() && **own == proposal.named).count() > 1;
        if let Some(path) = proposal.named.clone().filter(|path| is_repeated && path != UNIT) {
            proposal.path = None;
            proposal.question = proposal.question.take().or(Some((ColumnReason::Repeated, path)));
        }
    }
    if !named.iter().flatten().any(|path| path == PLACE) {
        // Each level once.
        let mut levels = LEVELS.to_vec();
        for (proposal, readings) in proposals.iter_mut().zip(&readings).filter(|(own, _)| own.named.is_none()) {
            let level = levels.iter().position(|words| readings.iter().any(|own| words.contains(&own.as_str())));
            if let Some(level) = level {
                levels.remove(level);
                (proposal.path, proposal.named) = (Some(PLACE.to_owned()), Some(PLACE.to_owned()));
            }
        }
    }
    proposals
}

/// What has to be asked about a column that has a field's name.
fn question(heading: &Heading, target: &Target) -> Option<(ColumnReason, String)> {
    if !matches!(Path::from(&target.path), Path::Value(_)) {
        let inside: Vec<String> = heading.iter().flat_map(|part| bracketed(part)).collect();
        let other = inside.into_iter().find(|text| OTHER_FIGURE.iter().any(|word| text.contains(word)));
        let is_name = |text: &String| target.label.contains(text.as_str());
        return other.filter(|text| !is_name(text)).map(|text| (ColumnReason::Words, text));
    }
    let words = heading_words(heading, target);
    match one_unit(&words) {
        Err(text) => Some((ColumnReason::Unit, text)),
        Ok(_) if words.words.is_empty() => None,
        Ok(_) => Some((ColumnReason::Words, words.words.join("、"))),
    }
}

/// How many columns have the name of a field.
pub fn named_columns(heading: &[Heading], targets: &[Target]) -> usize {
    propose(heading, targets).iter().filter(|own| own.named.is_some()).count()
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
    let is_once = |target: &&Target| found.iter().flatten().filter(|own| own.path == target.path).count() == 1;
    let all_once = found.iter().flatten().all(is_once);
    let has_all = targets.iter().filter(|target| is_in_template(target)).all(|target| is_whole(&target));
    (all_known && all_once && has_all).then(|| found.into_iter().map(|own| own.map(|own| own.path.clone())).collect())
}

#[cfg(test)]
mod tests;
