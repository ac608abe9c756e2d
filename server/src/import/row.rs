//! From a row of a table to an entry's fields, and what is wrong with it, cell by cell.

use super::sheet::{Cell, day_of_serial};
use jiedui_core::domain::catalogue::Kind;
use jiedui_core::domain::entry::Fields;
use jiedui_core::domain::figure::Directory;
use jiedui_core::domain::keyboard::narrow;
use jiedui_core::domain::{Activity, ErrorCode, Field, FieldError, Places, Scope, format_date, parse_date};
use jiedui_core::sync::number_value;
use serde_json::{Value, json};
use std::collections::HashMap;
use time::{Date, Month};

/// Words before a number that say how exact it is, and their codes.
const QUALIFIERS: [(&str, &str); 6] = [
    ("超过", "more_than"),
    ("大于", "more_than"),
    ("至少", "at_least"),
    ("不少于", "at_least"),
    ("约", "about"),
    ("近", "about"),
];

/// The places that somebody may record for, by every way to write them.
pub struct Gazetteer(HashMap<String, Vec<String>>);

impl Gazetteer {
    /// Those within a scope.
    pub fn new(places: &Places, scope: &Scope) -> Self {
        let mut names: HashMap<String, Vec<String>> = HashMap::new();
        for place in places.all().iter().filter(|place| scope.has_place(&place.code)) {
            let above: Vec<&str> = places.path(&place.code).iter().rev().skip(1).map(|own| own.name.as_str()).collect();
            let mut ways: Vec<String> = vec![place.name.clone(), place.short_name().to_owned()];
            // With each of the places above it or without.
            for name in above {
                ways.extend(ways.iter().map(|way| format!("{name}{way}")).collect::<Vec<_>>());
            }
            ways.push(place.code.clone());
            ways.sort();
            ways.dedup();
            for way in ways {
                names.entry(way).or_default().push(place.code.clone());
            }
        }
        Self(names)
    }

    /// The place that is meant.
    fn find(&self, text: &str) -> Result<&str, ErrorCode> {
        let written: String =
            text.chars().filter(|letter| !letter.is_whitespace() && !"·/\\>-—,，".contains(*letter)).collect();
        match self.0.get(&written).map(Vec::as_slice) {
            None | Some([]) => Err(ErrorCode::Unknown),
            Some([one]) => Ok(one),
            Some(_) => Err(ErrorCode::Ambiguous),
        }
    }
}

/// What rows are read with.
pub struct Reading<'a> {
    /// The form.
    pub activity: &'a Activity,
    /// What each column is.
    pub columns: &'a [Option<String>],
    /// The places.
    pub gazetteer: &'a Gazetteer,
    /// The directory.
    pub directory: Directory<'a>,
}

impl Reading<'_> {
    /// An entry's fields out of a row, and what cannot be read.
    pub fn fields(&self, row: &[Cell]) -> (Fields, Vec<FieldError>) {
        let (mut fields, mut values, mut details, mut qualifiers) =
            (Fields::new(), Fields::new(), Fields::new(), Fields::new());
        let mut errors = Vec::new();
        fields.insert("activity".into(), json!(self.activity.code));
        for (path, cell) in self.columns.iter().zip(row).filter_map(|(path, cell)| Some((path.as_ref()?, cell))) {
            if *cell == Cell::Empty {
                continue;
            }
            let mut refuse = |code| errors.push(FieldError::new(path, code));
            match path.split_once('.') {
                Some(("values", code)) => {
                    let Some(field) = self.activity.field(code) else { continue };
                    match number(cell, &field.unit) {
                        Some((amount, qualifier)) => {
                            values.insert(code.to_owned(), number_value(amount));
                            qualifiers.extend(qualifier.map(|own| (code.to_owned(), json!(own))));
                        }
                        None => refuse(ErrorCode::NotAmount),
                    }
                }
                Some((_, code)) => {
                    let Some(field) = self.activity.field(code) else { continue };
                    match answer(field, &cell.text()) {
                        Ok(answer) => drop(details.insert(code.to_owned(), answer)),
                        Err(code) => refuse(code),
                    }
                }
                None => match self.usual(path, cell) {
                    Ok(value) => drop(fields.insert(path.clone(), value)),
                    Err(code) => refuse(code),
                },
            }
        }
        for (name, own) in [("values", values), ("details", details), ("qualifiers", qualifiers)] {
            if !own.is_empty() {
                fields.insert(name.to_owned(), Value::Object(own));
            }
        }
        (fields, errors)
    }

    /// A field that every form has.
    fn usual(&self, path: &str, cell: &Cell) -> Result<Value, ErrorCode> {
        let text = cell.text();
        match path {
            "date" => date(cell).map(|day| json!(format_date(day))).ok_or(ErrorCode::NotDate),
            "place" => self.gazetteer.find(&text).map(|code| json!(code)),
            "organisation" => {
                let found = self.directory.organisations.iter().find(|own| own.name == text || own.name_en == text);
                found.map(|own| json!(own.id)).ok_or(ErrorCode::Unknown)
            }
            "pairing" => {
                let name = |id| self.directory.organisation(id).map_or("", |own| own.name.as_str());
                let plain = |text: &str| {
                    text.chars().filter(|own| !own.is_whitespace() && !"—–-".contains(*own)).collect::<String>()
                };
                let wanted = plain(&text);
                let mut pairings =
                    self.directory.pairings.iter().filter(|own| own.programme == self.activity.programme);
                let is_meant = |one: &str, other: &str| plain(&format!("{one}{other}")) == wanted;
                let found = pairings.find(|own| {
                    let (a, b) = (name(own.organisation_a), name(own.organisation_b));
                    is_meant(a, b) || is_meant(b, a)
                });
                found.map(|own| json!(own.id)).ok_or(ErrorCode::Unknown)
            }
            _ => Ok(json!(text)),
        }
    }
}

/// A day, in any of the ways in which it is written here.
fn date(cell: &Cell) -> Option<Date> {
    let text = match cell {
        Cell::Day(day) => return Some(*day),
        // A column of days that was formatted as numbers, or 20261124.
        Cell::Number(number) if (1e4..1e5).contains(number) => return day_of_serial(*number),
        other => narrow(&other.text()),
    };
    let text = text.split([' ', 'T']).next().unwrap_or_default();
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return parse_date(&format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]));
    }
    let text = text.trim_end_matches(['日', '号']).replace(['年', '月', '/', '.'], "-");
    let numbers: Vec<u16> = text.split('-').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [year, month, day] = numbers[..] else { return None };
    // 24-11-26 may be any of three days.
    if year < 1000 {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()
}

/// A number, which may have its unit behind it and how exact it is before.
fn number(cell: &Cell, unit: &str) -> Option<(f64, Option<&'static str>)> {
    let text = match cell {
        Cell::Number(number) => return Some((*number, None)),
        other => narrow(&other.text()).replace([',', '，'], ""),
    };
    let text = if unit.is_empty() { text.as_str() } else { text.strip_suffix(unit).unwrap_or(&text).trim_end() };
    let exact = QUALIFIERS.iter().find_map(|(word, code)| Some((text.strip_prefix(word)?.trim_start(), *code)));
    let (text, qualifier) = exact.map_or((text, None), |(text, code)| (text, Some(code)));
    let (text, scale) = text.strip_suffix('万').map_or((text, 1.0), |text| (text, 1e4));
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some((number * scale, qualifier))
}

/// An answer of a form that is no number.
fn answer(field: &Field, text: &str) -> Result<Value, ErrorCode> {
    let code = |text: &str| {
        let found =
            field.choices.iter().find(|own| [&own.name, &own.name_en, &own.code].into_iter().any(|own| own == text));
        found.map(|own| own.code.clone()).ok_or(ErrorCode::Unknown)
    };
    match field.kind {
        Kind::Choice => code(text).map(|code| json!(code)),
        Kind::Choices => {
            let words = text.split(['、', ',', '，', ';', '；', '/']).map(str::trim).filter(|word| !word.is_empty());
            words.map(code).collect::<Result<Vec<_>, _>>().map(|codes| json!(codes))
        }
        _ => Ok(json!(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[rstest]
    #[case("2026-11-24")]
    #[case("2026/11/24")]
    #[case("2026.11.24")]
    #[case("2026年11月24日")]
    #[case("20261124")]
    #[case("２０２６－１１－２４")]
    #[case("2026-11-24 08:00")]
    fn reads_a_day_as_people_write_it(#[case] written: &str) {
        assert_eq!(date(&text(written)).map(format_date).as_deref(), Some("2026-11-24"));
        assert_eq!(date(&Cell::Number(46350.0)).map(format_date).as_deref(), Some("2026-11-24"));
    }

    #[rstest]
    #[case("十一月")]
    #[case("2026-13-01")]
    #[case("2026-02-30")]
    #[case("11-24-2026")]
    #[case("24")]
    fn what_is_no_day_is_none(#[case] written: &str) {
        assert_eq!(date(&text(written)), None);
    }

    #[rstest]
    #[case("12", Some((12.0, None)))]
    #[case("1,200 人", Some((1200.0, None)))]
    #[case("超过70人", Some((70.0, Some("more_than"))))]
    #[case("约 1.3万", Some((13_000.0, Some("about"))))]
    #[case("１２．５", Some((12.5, None)))]
    #[case("十二", None)]
    #[case("inf", None)]
    #[case("12头", None)]
    fn reads_a_number_with_its_unit_and_how_exact_it_is(
        #[case] written: &str,
        #[case] expected: Option<(f64, Option<&'static str>)>,
    ) {
        assert_eq!(number(&text(written), "人"), expected);
    }

    #[test]
    fn a_place_is_found_however_much_of_its_path_is_written_and_a_name_that_two_have_is_not() {
        use jiedui_core::domain::place::{Level, Place, Side};
        let place = |code: &str, parent: &str, level, name: &str| Place {
            code: code.into(),
            parent: parent.into(),
            level,
            name: name.into(),
            side: Side::B,
        };
        let places = Places::new(vec![
            place("5227", "", Level::City, "黔南州"),
            place("522728", "5227", Level::County, "罗甸县"),
            place("522728109", "522728", Level::Township, "沫阳镇"),
            place("522728108", "522728", Level::Township, "边阳镇"),
            place("522728109204", "522728109", Level::Village, "新寨村村民委员会"),
            place("522728108201", "522728108", Level::Village, "新寨村村民委员会"),
            place("522728108202", "522728108", Level::Village, "兴隆村村民委员会"),
        ]);
        let gazetteer = Gazetteer::new(&places, &Scope::default());
        for written in [
            "罗甸县沫阳镇新寨村",
            "沫阳镇新寨村",
            "罗甸县 · 沫阳镇 · 新寨村",
            "沫阳镇/新寨村村民委员会",
            "522728109204",
            "黔南州罗甸县沫阳镇新寨村",
        ] {
            assert_eq!(gazetteer.find(written), Ok("522728109204"), "{written}");
        }
        assert_eq!(gazetteer.find("兴隆村"), Ok("522728108202"));
        assert_eq!(gazetteer.find("新寨村"), Err(ErrorCode::Ambiguous));
        assert_eq!(gazetteer.find("北京"), Err(ErrorCode::Unknown));
        let scope = Scope { places: vec!["522728108".into()], programmes: Vec::new() };
        assert_eq!(Gazetteer::new(&places, &scope).find("新寨村"), Ok("522728108201"), "within one's own places");
    }
}
