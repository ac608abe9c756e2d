//! Made-up entries that look like real ones, the same from the same seed: for demonstrations and benchmarks.

use super::catalogue::{Activity, Catalogue, Field, Kind};
use super::entry::{Fields, State};
use super::map::OUTLINES;
use super::organisation::{Organisation, OrganisationKind, Pairing};
use super::overview::Overview;
use super::place::{Level, Place, Places, Side};
use super::quantity::Quantity;
use crate::chance::Chance;
use serde_json::{Map, Value, json};
use time::{Date, Duration};
use uuid::Uuid;

/// The first day of the co-operation's first year.
pub const FIRST_DAY: Date = match Date::from_calendar_date(2023, time::Month::January, 1) {
    Ok(day) => day,
    Err(_) => Date::MIN,
};

const WHO: [&str; 12] = [
    "村支书",
    "驻村第一书记",
    "合作社理事长",
    "帮扶单位的同志",
    "镇农业服务中心",
    "县职校老师",
    "妇女主任",
    "种植大户",
    "返乡青年",
    "镇卫生院",
    "结对学校的老师",
    "企业采购员",
];
const WHAT: [&str; 16] = [
    "走访了农户",
    "商量春耕用肥",
    "看了蔬菜大棚",
    "查看通组路的塌方",
    "核对了务工名单",
    "现场教修枝",
    "帮老人办了慢病手续",
    "联系辣椒销路",
    "检查鸡舍防疫",
    "上了一堂公开课",
    "做了急诊演练",
    "清点菌棒",
    "签了订单",
    "量了流转的土地",
    "开了院坝会",
    "送来了图书",
];
const RESULT: [&str; 12] = [
    "大家都签了字",
    "下周再来看",
    "还差两户没有谈妥",
    "问题已报镇里",
    "群众比较满意",
    "需要再要一批种苗",
    "照片随后补上",
    "雨大，路不好走",
    "价格比去年高一些",
    "孩子们很高兴",
    "账已对清",
    "请审核",
];
const NAMES: [&str; 20] = [
    "王", "李", "罗", "班", "韦", "黄", "陆", "杨", "陈", "岑", "周", "吴", "何", "蒙", "田", "龙", "潘", "石", "刘",
    "张",
];

/// Makes entries up. Number by number it gives the same entry, whatever was asked for before.
#[derive(Clone, Debug)]
pub struct Sample<'a> {
    seed: u64,
    activities: Vec<&'a Activity>,
    villages: Vec<&'a Place>,
    organisations: &'a [Organisation],
    pairings: &'a [Pairing],
    first_day: Date,
    days: usize,
}

impl<'a> Sample<'a> {
    /// Entries for these forms and places, on days from a first to a last.
    pub fn new(
        seed: u64,
        catalogue: &'a Catalogue,
        places: &'a Places,
        (organisations, pairings): (&'a [Organisation], &'a [Pairing]),
        (first_day, last_day): (Date, Date),
    ) -> Self {
        let is_village = |place: &&Place| place.level == Level::Village && place.side == Side::B;
        let days = usize::try_from((last_day - first_day).whole_days()).unwrap_or_default() + 1;
        Self {
            seed,
            activities: catalogue.activities.iter().collect(),
            villages: places.all().iter().filter(is_village).collect(),
            organisations,
            pairings,
            first_day,
            days,
        }
    }

    /// The same at so many villages alone.
    pub fn in_villages(mut self, count: usize) -> Self {
        self.villages.truncate(count);
        self
    }

    /// The entry of a number: its identifier and its fields as a phone sends them, but for the state, which is what
    /// reviewers will have made of it.
    pub fn entry(&self, number: u64) -> (Uuid, Fields) {
        let mut chance = Chance::new(self.seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(number));
        // A first number drawn apart: seeds that follow each other must not give rows that do.
        chance = Chance::new(chance.number());
        // What is done often is early in the list of the catalogue's forms, as the square of a fraction is small.
        let often = (chance.fraction().powi(2) * self.activities.len() as f64) as usize;
        let date = self.first_day + Duration::days(i64::try_from(chance.below(self.days)).unwrap_or_default());
        let id = self.id(date, &mut chance);
        let Some(activity) = self.activities.get(often).or(self.activities.last()) else { return (id, Fields::new()) };
        let place = chance.one_of(&self.villages).map(|place| place.code.as_str()).unwrap_or_default();
        let partners: Vec<&Pairing> =
            self.pairings.iter().filter(|pairing| pairing.programme == activity.programme).collect();
        let pairing = if chance.percent(50) { chance.one_of(&partners).copied() } else { None };
        let organisation = match pairing {
            Some(pairing) => Some(pairing.organisation_b),
            None if chance.percent(30) => chance.one_of(self.organisations).map(|organisation| organisation.id),
            None => None,
        };
        let state = match chance.below(100) {
            0..30 => State::Submitted,
            30..95 => State::Verified,
            _ => State::Returned,
        };
        let mut fields = Fields::new();
        let mut put = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
        put("activity", json!(activity.code));
        put("date", json!(super::format_date(date)));
        put("place", json!(place));
        put("pairing", json!(pairing.map(|pairing| pairing.id)));
        put("organisation", json!(organisation));
        put("values", Value::Object(values(activity, &mut chance)));
        let details = details(activity);
        if !details.is_empty() {
            put("details", Value::Object(details));
        }
        put("note", json!(note(&mut chance)));
        put("state", json!(state));
        put("attachments", json!([]));
        if state == State::Returned {
            put("review_note", json!("请核对数字"));
        }
        (id, fields)
    }

    /// A version 7 identifier of that day, the rest of it random.
    fn id(&self, date: Date, chance: &mut Chance) -> Uuid {
        let seconds =
            date.midnight().assume_utc().unix_timestamp() + i64::try_from(chance.below(86_400)).unwrap_or_default();
        let milliseconds = u64::try_from(seconds * 1000).unwrap_or_default() + chance.below(1000) as u64;
        let (high, low) = (chance.number(), chance.number());
        let mut random = [0; 10];
        random[..8].copy_from_slice(&high.to_be_bytes());
        random[8..].copy_from_slice(&low.to_be_bytes()[..2]);
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid()
    }
}

/// So many made-up pairings, each with two made-up organisations whose names say that they are.
pub fn directory(seed: u64, count: u64, catalogue: &Catalogue, places: &Places) -> (Vec<Organisation>, Vec<Pairing>) {
    let at = |level: Level, side: Side| -> Vec<&Place> {
        places.all().iter().filter(|place| place.level == level && place.side == side).collect()
    };
    let (counties, towns) = (at(Level::County, Side::A), at(Level::Township, Side::B));
    let (mut organisations, mut pairings) = (Vec::new(), Vec::new());
    for number in 0..count {
        let mut chance = Chance::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(number));
        chance = Chance::new(chance.number());
        let programme = chance.one_of(&catalogue.programmes).map(|own| own.code.clone()).unwrap_or_default();
        // The first millisecond of 2024, so that they sort behind those of the directory.
        let mut id = || {
            let (high, low) = (chance.number(), chance.number());
            let mut random = [0; 10];
            random[..8].copy_from_slice(&high.to_be_bytes());
            random[8..].copy_from_slice(&low.to_be_bytes()[..2]);
            uuid::Builder::from_unix_timestamp_millis(1_704_067_200_000, &random).into_uuid()
        };
        let (own, a, b) = (id(), id(), id());
        for (id, side, places) in [(a, Side::A, &counties), (b, Side::B, &towns)] {
            let side_name = if side == Side::A { "甲" } else { "乙" };
            organisations.push(Organisation {
                id,
                name: format!("演示单位{side_name}{}", number + 1),
                name_en: format!("Demonstration {} {}", if side == Side::A { "A" } else { "B" }, number + 1),
                kind: OrganisationKind::Company,
                side,
                place: chance.one_of(places).map(|place| place.code.clone()).unwrap_or_default(),
                programme: programme.clone(),
                position: None,
                source: Some(MADE_UP.to_owned()),
                initials: String::new(),
            });
        }
        pairings.push(Pairing {
            id: own,
            programme,
            organisation_a: a,
            organisation_b: b,
            from: None,
            to: None,
            source: Some(MADE_UP.to_owned()),
            agreement: None,
        });
    }
    (organisations, pairings)
}

/// An overview of so many pairings and nothing else, in turn of two programmes, from each county of side a to those of b.
pub fn paired(count: u128) -> Overview {
    let counties = |side: Side| OUTLINES.iter().filter(move |own| own.side == Some(side)).map(|own| own.code).cycle();
    let (mut of_a, mut of_b) = (counties(Side::A), counties(Side::B));
    let mut overview = Overview::default();
    for number in 0..count {
        let programme = if number % 2 == 0 { "education" } else { "health" };
        let ids = [2 * number, 2 * number + 1].map(Uuid::from_u128);
        for (id, side, county) in [(ids[0], Side::A, of_a.next()), (ids[1], Side::B, of_b.next())] {
            overview.organisations.push(Organisation {
                id,
                name: format!("单位{}", id.as_u128()),
                name_en: String::new(),
                kind: OrganisationKind::School,
                side,
                place: county.unwrap_or_default().to_owned(),
                programme: programme.to_owned(),
                position: None,
                source: Some(MADE_UP.to_owned()),
                initials: String::new(),
            });
        }
        overview.pairings.push(Pairing {
            id: Uuid::from_u128(u128::MAX - number),
            programme: programme.to_owned(),
            organisation_a: ids[0],
            organisation_b: ids[1],
            from: None,
            to: None,
            source: Some(MADE_UP.to_owned()),
            agreement: None,
        });
    }
    overview
}

/// What made-up organisations name as their source.
const MADE_UP: &str = "demonstration";

fn values(activity: &Activity, chance: &mut Chance) -> Map<String, Value> {
    let mut values = Map::new();
    let plain = |field: &&Field| field.kind.is_number() && field.when.is_none() && field.computed.is_none();
    for field in activity.fields.iter().filter(plain) {
        if field.required || chance.percent(70) {
            values.insert(field.code.clone(), json!(value(field, chance)));
        }
    }
    values
}

/// The first choice wherever one must be made.
fn details(activity: &Activity) -> Map<String, Value> {
    let asked =
        activity.fields.iter().filter(|field| field.required && !field.kind.is_number() && field.when.is_none());
    let choice = |field: &Field| {
        let code = &field.choices.first()?.code;
        Some((field.code.clone(), if field.kind == Kind::Choice { json!(code) } else { json!([code]) }))
    };
    asked.filter_map(choice).collect()
}

/// Small numbers are more frequent than large ones, up to a few hundred.
fn value(field: &Field, chance: &mut Chance) -> Quantity {
    let min = field.min.unwrap_or_default().to_f64();
    let max = field.max.map_or(300.0, Quantity::to_f64).min(300.0).max(min);
    let number = min + (max - min) * chance.fraction().powi(4);
    let number = if field.kind == Kind::Integer { number.floor() } else { (number * 100.0).floor() / 100.0 };
    Quantity::from_f64(number.max(min)).unwrap_or_default()
}

fn note(chance: &mut Chance) -> String {
    let word = |chance: &mut Chance, words: &[&'static str]| chance.one_of(words).copied().unwrap_or_default();
    let (who, name) = (word(chance, &WHO), word(chance, &NAMES));
    let (what, more) = (word(chance, &WHAT), word(chance, &WHAT));
    let (households, groups, result) = (1 + chance.below(60), 1 + chance.below(12), word(chance, &RESULT));
    match chance.below(4) {
        0 => format!("和{who}{name}某一起{what}，到了{households}户，{result}。"),
        1 => format!("上午{what}，下午{more}，{groups}组{name}家在场，{result}。"),
        2 => format!("{who}{what}{households}次，其中{groups}次在{name}家寨，{result}。"),
        _ => format!("{name}家{households}口人，{who}{what}，又{more}，{result}。"),
    }
}
