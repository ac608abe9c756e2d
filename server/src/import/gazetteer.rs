//! Look-up of places by the names that people write.

use jiedui_core::access::user::Scope;
use jiedui_core::directory::place::Places;
use jiedui_core::directory::place::covers;
use jiedui_core::values::field_error::ErrorCode;
use jiedui_core::values::halfwidth::normalise;
use std::collections::HashMap;

/// Places within a person's scope, by every notation.
pub struct Gazetteer(HashMap<String, Vec<String>>);

impl Gazetteer {
    /// Collects the places within a scope.
    pub fn new(places: &Places, scope: &Scope) -> Self {
        let mut names: HashMap<String, Vec<String>> = HashMap::new();
        for place in places.all().iter().filter(|place| scope.has_place(&place.code)) {
            let above: Vec<&str> =
                places.path(&place.code).iter().rev().skip(1).map(|above| above.name.as_str()).collect();
            let mut notations: Vec<String> = vec![place.name.clone(), place.short_name().to_owned()];
            // With and without each of the places above it.
            for name in above {
                notations.extend(notations.iter().map(|notation| format!("{name}{notation}")).collect::<Vec<_>>());
            }
            notations.push(place.code.clone());
            notations.sort();
            notations.dedup();
            for notation in notations {
                names.entry(notation).or_default().push(place.code.clone());
            }
        }
        Self(names)
    }

    /// Returns the place with a name, if it is unambiguous.
    pub fn find(&self, text: &str) -> Result<&str, ErrorCode> {
        let is_of_name = |letter: &char| !letter.is_whitespace() && !"·/\\>-—,'".contains(*letter);
        let written: String = normalise(text).chars().filter(is_of_name).collect();
        match self.0.get(&written).map(Vec::as_slice) {
            None | Some([]) => Err(ErrorCode::Unknown),
            Some([one]) => Ok(one),
            Some(_) => Err(ErrorCode::Ambiguous),
        }
    }

    /// Returns the place that the cells of several columns name together, higher places first.
    pub fn find_parts(&self, parts: &[String]) -> Result<&str, ErrorCode> {
        let place = self.find(&parts.concat());
        match parts {
            // A village's cell may repeat its township, and the columns may be in reverse order.
            [first, .., last] if place == Err(ErrorCode::Unknown) => {
                let lies_in = |above: &str, below: &String| {
                    self.find(below).ok().filter(|code| self.find(above).is_ok_and(|above| covers(above, code)))
                };
                let reversed: String = parts.iter().rev().map(String::as_str).collect();
                lies_in(first, last).or_else(|| self.find(&reversed).ok()).ok_or(ErrorCode::Unknown)
            }
            _ => place,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiedui_core::directory::place::{Level, Place, Side};

    fn places() -> Places {
        let place = |code: &str, parent: &str, level, name: &str| Place {
            code: code.into(),
            parent: parent.into(),
            level,
            name: name.into(),
            side: Side::B,
            initials: String::new(),
        };
        Places::new(vec![
            place("5227", "", Level::City, "黔南州"),
            place("522728", "5227", Level::County, "罗甸县"),
            place("522728109", "522728", Level::Township, "沫阳镇"),
            place("522728108", "522728", Level::Township, "边阳镇"),
            place("522728109204", "522728109", Level::Village, "新寨村村民委员会"),
            place("522728108201", "522728108", Level::Village, "新寨村村民委员会"),
            place("522728108202", "522728108", Level::Village, "兴隆村村民委员会"),
        ])
    }

    #[test]
    fn place_is_found_by_any_part_of_its_path_unless_ambiguous() {
        let places = places();
        let gazetteer = Gazetteer::new(&places, &Scope::default());
        for written in [
            "罗甸县沫阳镇新寨村",
            "沫阳镇新寨村",
            "罗甸县 · 沫阳镇 · 新寨村",
            "沫阳镇/新寨村村民委员会",
            "522728109204",
            "'522728109204",
            "\u{200b}522728109204\u{feff}",
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

    #[test]
    fn several_columns_combine_to_a_place() {
        let places = places();
        let gazetteer = Gazetteer::new(&places, &Scope::default());
        let find = |parts: &[&str]| {
            gazetteer.find_parts(&parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>()).map(str::to_owned)
        };
        assert_eq!(find(&["沫阳镇", "新寨村"]), Ok("522728109204".into()));
        assert_eq!(find(&["边阳镇", "新寨村"]), Ok("522728108201".into()));
        assert_eq!(find(&["罗甸县", "沫阳镇", "新寨村"]), Ok("522728109204".into()));
        assert_eq!(find(&["新寨村", "沫阳镇"]), Ok("522728109204".into()));
        assert_eq!(find(&["沫阳镇", "沫阳镇新寨村"]), Ok("522728109204".into()));
        assert_eq!(find(&["沫阳镇"]), Ok("522728109".into()), "the township itself");
        assert_eq!(find(&["沫阳镇", "兴隆村"]), Err(ErrorCode::Unknown), "a village of another township");
    }
}
