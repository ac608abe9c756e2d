//! Units of measure in forms and tables, and exact conversion between units of one dimension.

use crate::values::decimal::Decimal;
use crate::values::field_error::ErrorCode;
use crate::values::halfwidth::normalise;
use crate::values::quantity::Quantity;

/// Dimension of a unit. Units of different dimensions cannot be converted.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Dimension {
    Money,
    Mass,
    Area,
    Length,
    Volume,
    /// Hours and minutes. Days are a separate dimension, since a day of a course does not have 24 hours.
    Clock,
    Days,
    Months,
    People,
    /// Attendances: each person counts once per event.
    Attendances,
    /// Things counted with measure words of the same meaning.
    Count(&'static str),
    /// A known unit without conversion, such as a foreign currency.
    Foreign(&'static str),
    /// A measure word defined by a form.
    Named(String),
}

/// A unit, as an exact fraction of the base unit of its dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    dimension: Dimension,
    numerator: i128,
    denominator: i128,
    /// Multiplier in the name: 10,000 for 万元.
    multiplier: i128,
}

use Dimension::{Area, Attendances, Clock, Count, Days, Foreign, Length, Mass, Money, Months, People, Volume};

/// Names, dimension, and size in the base unit (yuan, gram, square metre, metre, millilitre, minute, day, month) as a fraction.
const UNITS: [(&[&str], Dimension, i128, i128); 57] = [
    (&["元", "块", "块钱", "圆", "元整", "人民币", "¥", "rmb", "cny", "yuan"], Money, 1, 1),
    (&["角", "毛"], Money, 1, 10),
    (&["克", "g", "gram", "grams"], Mass, 1, 1),
    (&["千克", "公斤", "kg", "kilogram", "kilograms"], Mass, 1_000, 1),
    (&["斤", "市斤"], Mass, 500, 1),
    (&["两", "市两"], Mass, 50, 1),
    (&["担", "市担"], Mass, 50_000, 1),
    (&["公担"], Mass, 100_000, 1),
    (&["吨", "公吨", "t", "tonne", "tonnes", "ton", "tons"], Mass, 1_000_000, 1),
    (&["平方米", "㎡", "m²", "m2", "平米", "平方", "平", "squaremetres", "squaremeters"], Area, 1, 1),
    (&["亩", "市亩", "mu"], Area, 2_000, 3),
    (&["公亩"], Area, 100, 1),
    (&["公顷", "ha", "hm²", "hm2", "hectare", "hectares"], Area, 10_000, 1),
    (&["平方千米", "平方公里", "km²", "km2"], Area, 1_000_000, 1),
    (&["厘米", "cm"], Length, 1, 100),
    (&["米", "m", "metre", "metres"], Length, 1, 1),
    (&["里", "华里", "市里"], Length, 500, 1),
    (&["千米", "公里", "km", "kilometres"], Length, 1_000, 1),
    (&["毫升", "ml"], Volume, 1, 1),
    (&["升", "公升", "l", "litre", "litres"], Volume, 1_000, 1),
    (&["立方米", "立方", "方", "m³", "m3"], Volume, 1_000_000, 1),
    (&["分钟", "min", "minute", "minutes"], Clock, 1, 1),
    (&["小时", "时", "钟头", "h", "hour", "hours"], Clock, 60, 1),
    (&["天", "日", "工作日", "day", "days"], Days, 1, 1),
    (&["周", "星期", "礼拜", "week", "weeks"], Days, 7, 1),
    (&["月", "个月", "month", "months"], Months, 1, 1),
    (&["季度", "个季度"], Months, 3, 1),
    (&["年", "year", "years"], Months, 12, 1),
    (&["人", "个人", "名", "位", "person", "people", "persons"], People, 1, 1),
    (&["人次", "人·次", "attendance", "attendances", "person-times"], Attendances, 1, 1),
    (&["个", "家", "所", "处", "座", "项"], Count("个"), 1, 1),
    (&["次", "回", "趟"], Count("次"), 1, 1),
    (&["场", "场次"], Count("场"), 1, 1),
    (&["批", "批次", "期"], Count("批"), 1, 1),
    (&["份"], Count("份"), 1, 1),
    (&["节", "课时", "节课"], Count("节"), 1, 1),
    (&["头", "口"], Count("头"), 1, 1),
    (&["只", "羽"], Count("只"), 1, 1),
    (&["台", "台次"], Count("台"), 1, 1),
    (&["户"], Count("户"), 1, 1),
    (&["株", "棵"], Count("株"), 1, 1),
    (&["件"], Count("件"), 1, 1),
    (&["箱"], Count("箱"), 1, 1),
    (&["袋", "包"], Count("袋"), 1, 1),
    (&["枚"], Count("枚"), 1, 1),
    (&["套"], Count("套"), 1, 1),
    (&["辆"], Count("辆"), 1, 1),
    (&["条"], Count("条"), 1, 1),
    (&["单", "笔"], Count("笔"), 1, 1),
    (&["%", "％", "百分比", "percent"], Foreign("%"), 1, 1),
    (&["‰"], Foreign("‰"), 1, 1),
    (&["美元", "美金", "$", "usd", "dollars"], Foreign("USD"), 1, 1),
    (&["港元", "港币", "hkd"], Foreign("HKD"), 1, 1),
    (&["欧元", "€", "eur"], Foreign("EUR"), 1, 1),
    (&["日元", "日圆", "jpy"], Foreign("JPY"), 1, 1),
    (&["英镑", "£", "gbp"], Foreign("GBP"), 1, 1),
    (&["磅", "盎司", "lb", "lbs", "oz"], Foreign("lb"), 1, 1),
];

/// Multiplier words, longer ones first.
const MULTIPLIERS: [(&str, i128); 12] = [
    ("千亿", 100_000_000_000),
    ("百亿", 10_000_000_000),
    ("十亿", 1_000_000_000),
    ("千万", 10_000_000),
    ("百万", 1_000_000),
    ("十万", 100_000),
    ("万亿", 1_000_000_000_000),
    ("亿", 100_000_000),
    ("万", 10_000),
    ("千", 1_000),
    ("百", 100),
    ("十", 10),
];

/// Splits a text into its leading multiplier and the rest.
fn multiplier(text: &str) -> Option<(i128, &str)> {
    MULTIPLIERS.iter().find_map(|(word, factor)| Some((*factor, text.strip_prefix(word)?)))
}

fn plain(text: &str) -> String {
    normalise(text).chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_lowercase).collect()
}

impl Unit {
    fn lookup(name: &str) -> Option<Self> {
        let (_, dimension, numerator, denominator) = UNITS.iter().find(|(names, ..)| names.contains(&name))?;
        let (numerator, denominator) = (*numerator, *denominator);
        Some(Self { dimension: dimension.clone(), numerator, denominator, multiplier: 1 })
    }

    /// Parses a well-known unit such as 万元 or 公斤. Returns `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let text = plain(text);
        // 千克 and 千米 are in the list and do not use the multiplier 千.
        Self::lookup(&text).or_else(|| {
            let (factor, rest) = multiplier(&text)?;
            Self::lookup(rest).map(|unit| unit.times(factor))
        })
    }

    /// Parses the unit of a form field, which may be any text.
    pub fn of_field(text: &str) -> Self {
        let text = plain(text);
        Self::parse(&text).unwrap_or_else(|| {
            let named = |name: &str| Dimension::Named(name.to_owned());
            let base = |dimension| Self { dimension, numerator: 1, denominator: 1, multiplier: 1 };
            match multiplier(&text) {
                Some((factor, rest)) if !rest.is_empty() => base(named(rest)).times(factor),
                _ => base(named(&text)),
            }
        })
    }

    fn times(self, factor: i128) -> Self {
        Self { numerator: self.numerator * factor, multiplier: self.multiplier * factor, ..self }
    }

    /// Returns whether amounts in this unit can be converted to another.
    pub fn converts_to(&self, other: &Self) -> bool {
        // A person at an event is one attendance; the number of persons does not follow from attendances.
        self.dimension == other.dimension || (self.dimension == People && other.dimension == Attendances)
    }

    /// Returns whether two units are equal in dimension and size.
    pub fn is_same(&self, other: &Self) -> bool {
        self.dimension == other.dimension && self.numerator * other.denominator == other.numerator * self.denominator
    }

    /// Parses the text after a number: this unit's name, another unit, a multiplier alone (万), or nothing.
    ///
    /// After a number in a column of 万元, 万 means ten thousand yuan, not 10,000 × 万元. A smaller multiplier is ambiguous
    /// there and gives an error.
    pub fn behind_number(&self, text: &str) -> Result<Self, ErrorCode> {
        let text = plain(text);
        if text.is_empty() {
            return Ok(self.clone());
        }
        if let Some((factor, "")) = multiplier(&text) {
            let bare = Self { numerator: self.numerator / self.multiplier, multiplier: 1, ..self.clone() };
            return if self.multiplier > factor { Err(ErrorCode::Unit) } else { Ok(bare.times(factor)) };
        }
        let unit = Self::of_field(&text);
        if unit.dimension == self.dimension {
            return Ok(unit);
        }
        match Self::parse(&text) {
            Some(unit) => Ok(unit),
            // Such as 12-15 or 1e3.
            None if text.contains(|letter: char| letter.is_numeric() || "+-*/=^".contains(letter)) => {
                Err(ErrorCode::NotAmount)
            }
            None => Err(ErrorCode::Unit),
        }
    }

    /// Converts an amount in this unit exactly.
    ///
    /// Returns an error if the dimensions differ, the result has more than four decimals, or it overflows.
    pub fn convert(&self, amount: Decimal, to: &Self) -> Result<Quantity, ErrorCode> {
        if !self.converts_to(to) {
            return Err(ErrorCode::Unit);
        }
        let is_same = self.is_same(to);
        let inexact = if is_same { ErrorCode::NotAmount } else { ErrorCode::Inexact };
        let (numerator, denominator) = (self.numerator * to.denominator, self.denominator * to.numerator);
        let common = greatest_common_divisor(numerator, denominator);
        amount.scaled(numerator / common, denominator / common).ok_or(ErrorCode::NotAmount)?.ok_or(inexact)
    }
}

fn greatest_common_divisor(a: i128, b: i128) -> i128 {
    if b == 0 { a.max(1) } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests;
