//! Matches headings of columns to fields of a form and their units.

use super::target::{ANSWERS, ColumnTarget, ID, PLACE, REV, UNIT, is_in_template};
use super::unit_words::{UnitWords, agree, read_unit, read_unit_words};
use jiedui_core::api::imports::ColumnReason;
use jiedui_core::sync::Path;
use jiedui_core::values::halfwidth::normalise;
use jiedui_core::values::unit::Unit;

/// Headings of columns for one level of a place each. Together they name the place.
const LEVELS: [&[&str]; 3] = [
    &["县", "区县", "县区", "县市区", "区县市", "所在县", "县名"],
    &["乡镇", "乡", "镇", "镇乡", "街道", "乡镇街道", "镇街", "镇街道", "所在乡镇", "乡镇名称", "township", "town"],
    &["村", "村名", "村名称", "所在村", "行政村", "行政村名称", "村社区", "村居", "社区", "村组"],
];

/// A heading, one text for each row from the top.
pub type Heading = Vec<String>;

/// Returns the texts in brackets; the last bracket may be unclosed.
fn bracketed(heading: &str) -> Vec<String> {
    let tidy = normalise(heading).replace(['[', '【', '〔', '{'], "(").replace([']', '】', '〕', '}'], ")");
    let inside = tidy.split('(').skip(1).map(|rest| rest.split(')').next().unwrap_or_default().trim().to_owned());
    inside.filter(|inside| !inside.is_empty()).collect()
}

/// Normalises a heading: removes space, case, marks and brackets, with or without their content.
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

/// Returns whether a row of a heading is only a unit.
pub fn is_unit_row(text: &str) -> bool {
    read_unit(text.trim_matches(['(', ')', '（', '）']), &[]).is_some()
}

/// Reads the unit of a field from a heading, and other words in its brackets.
pub fn heading_words(heading: &Heading, target: &ColumnTarget) -> UnitWords {
    let field_units = [target.unit.as_str(), target.unit_en.as_str()];
    if is_label(heading, target) {
        return UnitWords { units: vec![target.unit.clone()], ..UnitWords::default() };
    }
    let mut parsed = UnitWords::default();
    let names: Vec<String> =
        [&target.label, &target.label_en].into_iter().chain(&target.other).map(|name| plain(name, true)).collect();
    for (level, part) in heading.iter().enumerate() {
        for inside in bracketed(part) {
            let bare = plain(&inside, true);
            let is_unit = read_unit(&inside, &field_units).is_some();
            // Brackets in the field's name add nothing.
            if is_unit || !names.iter().any(|name| name.contains(&bare)) {
                parsed.extend(read_unit_words(&inside, &field_units));
            }
        }
        if level > 0 {
            parsed.units.extend(read_unit(part, &field_units));
        }
    }
    if let Some(rest) = after_name(&readings(heading), target).filter(|rest| !rest.is_empty()) {
        match read_unit(&rest, &field_units) {
            Some(unit) => parsed.units.push(unit),
            None => parsed.unclear.push(rest),
        }
    }
    parsed
}

/// Returns the unit that texts agree on. `Err` has texts that cannot be parsed or name different units.
pub fn one_unit(words: &UnitWords) -> Result<Option<String>, String> {
    if !words.unclear.is_empty() {
        return Err(words.unclear.join("、"));
    }
    if !agree(words.units.iter().map(String::as_str)) {
        return Err(words.units.join("、"));
    }
    Ok(words.units.first().cloned())
}

/// Returns the possible readings of a heading of one or several rows, the likeliest first.
fn readings(heading: &Heading) -> Vec<String> {
    let mut parts: Vec<&str> = heading.iter().map(String::as_str).collect();
    let mut headings = Vec::new();
    while let Some(last) = parts.last() {
        headings.extend([last.to_string(), parts.concat()]);
        // A row of units does not name the column.
        if !is_unit_row(last) || parts.len() < 2 {
            break;
        }
        parts.pop();
    }
    let mut readings: Vec<String> = Vec::new();
    for heading in headings {
        for reading in [plain(&heading, false), plain(&heading, true)] {
            if !reading.is_empty() && !readings.contains(&reading) {
                readings.push(reading);
            }
        }
    }
    readings
}

/// Returns the text that follows a field's name in a heading: empty, or a unit, as in 销售额元. `None` for other headings.
fn after_name(readings: &[String], target: &ColumnTarget) -> Option<String> {
    let words = [&target.label, &target.label_en].into_iter().chain(&target.other).map(|word| plain(word, false));
    let is_unit = |rest: &str| !target.unit.is_empty() && (rest == target.unit || Unit::parse(rest).is_some());
    let rests = words.filter(|word| !word.is_empty()).flat_map(|word| {
        readings.iter().filter_map(move |reading| reading.strip_prefix(&word).map(str::to_owned)).collect::<Vec<_>>()
    });
    let mut rests: Vec<String> = rests.filter(|rest| rest.is_empty() || is_unit(rest)).collect();
    rests.sort();
    rests.into_iter().next()
}

/// Returns whether a heading is the template's, with the field's unit.
pub fn is_label(heading: &Heading, target: &ColumnTarget) -> bool {
    let has_unit = |text: &str| text == normalise(&target.label) || text == normalise(&target.label_en);
    // If the heading has no unit, a line above the table may name another.
    !target.unit.is_empty() && heading.iter().any(|part| has_unit(normalise(part).trim_end_matches('*')))
}

/// Words in brackets that mark another figure or date than the field's.
const OTHER_FIGURE: [&str; 14] =
    ["计划", "预计", "目标", "任务", "完成", "实际", "上年", "去年", "同期", "本期", "累计", "上月", "本月", "其中"];

/// Proposal for a column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposal {
    /// The field, if the match is certain.
    pub path: Option<String>,
    /// The field with the heading's name.
    pub named: Option<String>,
    /// Reason for a question, and the words that cannot be parsed.
    pub question: Option<(ColumnReason, String)>,
}

/// Proposes a field for each column: the field of the same name; several columns may form a place. A column gets a question if
/// its heading is not fully understood, or if several columns may be the same field.
pub fn propose(heading: &[Heading], targets: &[ColumnTarget]) -> Vec<Proposal> {
    let readings: Vec<Vec<String>> = heading.iter().map(readings).collect();
    let has = |path: &str| {
        let target = targets.iter().find(|target| target.path == path);
        target.is_some_and(|target| readings.iter().any(|readings| after_name(readings, target).is_some()))
    };
    let is_export = has(ID) && has(REV);
    let left: Vec<&ColumnTarget> =
        targets.iter().filter(|target| is_export || ![ID, REV, ANSWERS].contains(&target.path.as_str())).collect();
    let mut proposals: Vec<Proposal> = Vec::with_capacity(heading.len());
    for (heading, readings) in heading.iter().zip(&readings) {
        let target = left.iter().find(|target| after_name(readings, target).is_some());
        let question = target.and_then(|target| question(heading, target));
        let named = target.map(|target| target.path.clone());
        proposals.push(Proposal { path: named.clone().filter(|_| question.is_none()), named, question });
    }
    let named: Vec<Option<String>> = proposals.iter().map(|proposal| proposal.named.clone()).collect();
    for proposal in &mut proposals {
        let is_repeated = named.iter().filter(|name| name.is_some() && **name == proposal.named).count() > 1;
        if let Some(path) = proposal.named.clone().filter(|path| is_repeated && path != UNIT) {
            proposal.path = None;
            proposal.question = proposal.question.take().or(Some((ColumnReason::Repeated, path)));
        }
    }
    if !named.iter().flatten().any(|path| path == PLACE) {
        // Each level once.
        let mut levels = LEVELS.to_vec();
        for (proposal, readings) in proposals.iter_mut().zip(&readings).filter(|(proposal, _)| proposal.named.is_none())
        {
            let level =
                levels.iter().position(|words| readings.iter().any(|reading| words.contains(&reading.as_str())));
            if let Some(level) = level {
                levels.remove(level);
                (proposal.path, proposal.named) = (Some(PLACE.to_owned()), Some(PLACE.to_owned()));
            }
        }
    }
    proposals
}

/// Returns the question about a column that has a field's name, if its heading is not fully understood.
fn question(heading: &Heading, target: &ColumnTarget) -> Option<(ColumnReason, String)> {
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

/// Returns the number of columns with the name of a field.
pub fn named_columns(heading: &[Heading], targets: &[ColumnTarget]) -> usize {
    propose(heading, targets).iter().filter(|proposal| proposal.named.is_some()).count()
}

/// Returns the fixed mapping of an official template or an export; `None` for other tables.
pub fn official(heading: &[Heading], targets: &[ColumnTarget]) -> Option<Vec<Option<String>>> {
    let find = |heading: &Heading| {
        let [text] = heading.as_slice() else { return None };
        let text = normalise(text);
        let text = text.trim_end_matches('*');
        targets.iter().find(|target| text == normalise(&target.label) || text == normalise(&target.label_en))
    };
    let matches: Vec<Option<&ColumnTarget>> = heading.iter().map(find).collect();
    let is_whole = |target: &&ColumnTarget| matches.iter().flatten().any(|other| other.path == target.path);
    let all_matched = matches.iter().all(Option::is_some) && !matches.is_empty();
    let is_once =
        |target: &&ColumnTarget| matches.iter().flatten().filter(|other| other.path == target.path).count() == 1;
    let all_once = matches.iter().flatten().all(is_once);
    let has_all = targets.iter().filter(|target| is_in_template(target)).all(|target| is_whole(&target));
    (all_matched && all_once && has_all)
        .then(|| matches.into_iter().map(|target| target.map(|target| target.path.clone())).collect())
}

#[cfg(test)]
mod tests;
