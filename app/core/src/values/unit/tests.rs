//! Tests of units: parsing, names and conversion.

use super::*;
use crate::values::amount::read_amount;
use proptest::prelude::*;
use rstest::rstest;

fn converted(written: &str, column: &str, field: &str) -> Result<f64, ErrorCode> {
    read_amount(written, Some(column), field).map(|amount| amount.quantity.to_f64())
}

#[rstest]
// Unit in the heading.
#[case("50000", "元", "万元", Ok(5.0))]
#[case("50,000", "元", "万元", Ok(5.0))]
#[case("1.5", "亿元", "万元", Ok(15_000.0))]
#[case("1500", "公斤", "吨", Ok(1.5))]
#[case("1500", "千克", "吨", Ok(1.5))]
#[case("3000", "斤", "吨", Ok(1.5))]
#[case("2", "万斤", "吨", Ok(10.0))]
#[case("2", "公顷", "亩", Ok(30.0))]
#[case("2000", "平方米", "亩", Ok(3.0))]
#[case("3", "亩", "平方米", Ok(2_000.0))]
#[case("1", "亩", "平方米", Err(ErrorCode::Inexact))]
#[case("0.5", "元", "万元", Err(ErrorCode::Inexact))]
#[case("12", "人", "人次", Ok(12.0))]
#[case("12", "人次", "人", Err(ErrorCode::Unit))]
#[case("12", "美元", "万元", Err(ErrorCode::Unit))]
#[case("12", "公斤", "万元", Err(ErrorCode::Unit))]
#[case("8", "小时", "天", Err(ErrorCode::Unit))]
#[case("2", "周", "天", Ok(14.0))]
#[case("1", "年", "个月", Ok(12.0))]
// Unit in the cell, which takes precedence.
#[case("3万", "万元", "万元", Ok(3.0))]
#[case("3万", "元", "万元", Ok(3.0))]
#[case("3万元", "万元", "万元", Ok(3.0))]
#[case("3亿", "万元", "万元", Ok(30_000.0))]
#[case("3千", "万元", "万元", Err(ErrorCode::Unit))]
#[case("2千万", "万元", "万元", Ok(2_000.0))]
#[case("50,000元", "万元", "万元", Ok(5.0))]
#[case("￥5万", "万元", "万元", Ok(5.0))]
#[case("￥50,000", "万元", "万元", Ok(5.0))]
#[case("５００００元", "万元", "万元", Ok(5.0))]
#[case("$5", "万元", "万元", Err(ErrorCode::Unit))]
#[case("3万", "吨", "吨", Ok(30_000.0))]
#[case("500公斤", "吨", "吨", Ok(0.5))]
#[case("0.5万人次", "人次", "人次", Ok(5_000.0))]
#[case("2.5千", "人次", "人次", Ok(2_500.0))]
#[case("3万株", "万穗", "万穗", Err(ErrorCode::Unit))]
#[case("30000穗", "万穗", "万穗", Ok(3.0))]
#[case("12%", "人次", "人次", Err(ErrorCode::Unit))]
#[case("12头", "人", "人", Err(ErrorCode::Unit))]
#[case("3家", "个", "个", Ok(3.0))]
fn convert_is_exact_or_rejected(
    #[case] written: &str,
    #[case] column: &str,
    #[case] field: &str,
    #[case] expected: Result<f64, ErrorCode>,
) {
    assert_eq!(converted(written, column, field), expected, "{written} {column} -> {field}");
}

#[test]
fn unit_names_are_unique_and_parse() {
    let mut seen = std::collections::BTreeSet::new();
    for (names, ..) in &UNITS {
        for name in *names {
            assert!(Unit::parse(name).is_some(), "{name}");
            assert!(seen.insert(*name), "{name} twice");
        }
    }
}

proptest! {
    #[test]
    fn convert_round_trips(ten_thousandths in 0_i64..1_000_000_000, pair in 0_usize..6) {
        let (small, large) = [("元", "万元"), ("公斤", "吨"), ("斤", "公斤"), ("亩", "公顷"), ("人", "万人"), ("天", "周")][pair];
        let written = Quantity::from_ten_thousandths(ten_thousandths).to_f64().to_string();
        let unit = Unit::parse(large).unwrap();
        let convert = |number: &str, from: &Unit, to: &Unit| from.convert(Decimal::parse(number).unwrap(), to);
        if let Ok(converted) = convert(&written, &unit, &Unit::parse(small).unwrap()) {
            let back = convert(&converted.to_f64().to_string(), &Unit::parse(small).unwrap(), &unit);
            prop_assert_eq!(back, Ok(Quantity::from_ten_thousandths(ten_thousandths)));
        }
    }

    #[test]
    fn read_amount_never_panics(written in "\\PC{0,20}", column in "\\PC{0,6}") {
        let _ = read_amount(&written, Some(&column), "万元");
        let _ = read_amount(&written, None, &column);
    }
}
