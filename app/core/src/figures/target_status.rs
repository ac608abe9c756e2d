//! Status of a yearly target: reached, on pace, behind, or missed.

use crate::catalogue::{Aggregation, Catalogue, Indicator};
use crate::figures::figure::{Figure, Filter};
use crate::values::month::Month;
use crate::values::quantity::Quantity;
use time::Date;

/// Status of a target on a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TargetStatus {
    /// The target is reached.
    Reached,
    /// The year is not over, and the figure has its share of the target up to the day.
    OnPace,
    /// The year is not over, and the figure is short of its share by this amount.
    Behind(Quantity),
    /// The year is over, and the figure is short of the target by this amount.
    Missed(Quantity),
}

/// Returns the fraction of a year that has passed at the end of a day: 0 before the year, 1 after it.
pub fn share_of_year(year: i32, today: Date) -> f64 {
    match today.year() {
        now if now > year => 1.0,
        now if now < year => 0.0,
        _ => f64::from(today.ordinal()) / f64::from(time::util::days_in_year(year)),
    }
}

/// Returns the status of a figure's target. Returns `None` without a target or figure. Also returns `None` under a
/// filter that the target does not apply to: a place, or months that do not start with the year.
///
/// Sums and distinct counts are expected to grow evenly over the year. A latest value or a mean is a level, and can
/// miss its target only after the year.
pub fn target_status(indicator: &Indicator, figure: &Figure, filter: &Filter, today: Date) -> Option<TargetStatus> {
    let target = figure.target.as_ref()?;
    let actual = figure.actual?;
    if !filter.covers_target() {
        return None;
    }
    let day = filter.counted_until(today)?;
    let lacking = |wanted: Quantity| wanted + -actual;
    if actual >= target.value {
        return Some(TargetStatus::Reached);
    }
    let year_end = Month::last_of(target.year).last_day();
    if today > year_end && day >= year_end {
        return Some(TargetStatus::Missed(lacking(target.value)));
    }
    let share = if adds_up(indicator) { share_of_year(target.year, day) } else { 0.0 };
    let due = Quantity::from_ten_thousandths((target.value.ten_thousandths() as f64 * share).round() as i64);
    Some(if actual >= due { TargetStatus::OnPace } else { TargetStatus::Behind(lacking(due)) })
}

/// Returns whether an indicator's figures grow over a year by addition.
pub fn adds_up(indicator: &Indicator) -> bool {
    matches!(indicator.aggregation, Aggregation::Sum | Aggregation::Distinct)
}

/// Rounds a shortfall up: to whole numbers for indicators that count things, to hundredths otherwise.
pub fn shortfall(catalogue: &Catalogue, indicator: &Indicator, lacking: Quantity) -> Quantity {
    lacking.rounded_up(if catalogue.counts_whole(indicator) { 0 } else { 2 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Subject, Target};
    use crate::values::{date::parse_date, quantity::Qualifier};
    use rstest::rstest;

    fn quantity(number: f64) -> Quantity {
        Quantity::from_f64(number).unwrap()
    }

    #[rstest]
    #[case(Aggregation::Sum, Some(100.0), "2023-02-01", Some(TargetStatus::Reached))]
    #[case(Aggregation::Sum, Some(50.0), "2023-06-30", Some(TargetStatus::OnPace))]
    #[case(Aggregation::Sum, Some(49.0), "2023-12-31", Some(TargetStatus::Behind(quantity(51.0))))]
    #[case(Aggregation::Sum, Some(0.0), "2023-12-31", Some(TargetStatus::Behind(quantity(100.0))))]
    #[case(Aggregation::Sum, Some(0.0), "2022-12-31", Some(TargetStatus::OnPace))]
    #[case(Aggregation::Sum, None, "2024-12-31", None)]
    #[case(Aggregation::Sum, Some(99.5), "2024-01-01", Some(TargetStatus::Missed(quantity(0.5))))]
    #[case(Aggregation::Latest, Some(1.0), "2023-12-31", Some(TargetStatus::OnPace))]
    #[case(Aggregation::Latest, Some(1.0), "2024-01-01", Some(TargetStatus::Missed(quantity(99.0))))]
    fn target_status_depends_on_share_of_year(
        #[case] aggregation: Aggregation,
        #[case] actual: Option<f64>,
        #[case] today: &str,
        #[case] expected: Option<TargetStatus>,
    ) {
        let (indicator, figure) = figure(aggregation, actual);
        let (filter, today) = (Filter { year: Some(2023), ..Filter::default() }, parse_date(today).unwrap());
        assert_eq!(target_status(&indicator, &figure, &filter, today), expected);
        assert_eq!(target_status(&indicator, &Figure { target: None, ..figure }, &filter, today), None);
    }

    /// Returns an indicator with the target 100 for 2023, and a figure for that indicator.
    fn figure(aggregation: Aggregation, actual: Option<f64>) -> (Indicator, Figure) {
        let text = String::new;
        let (name, unit, name_en, unit_en, programme) = (text(), text(), text(), text(), text());
        let target = Target { year: 2023, value: quantity(100.0), qualifier: Qualifier::Exact };
        let (distinct_by, targets) = (Subject::Place, vec![target.clone()]);
        let code = "own".to_owned();
        let indicator = Indicator { code, programme, name, name_en, unit, unit_en, aggregation, distinct_by, targets };
        let figure = Figure {
            indicator: "own".into(),
            actual: actual.map(quantity),
            actual_qualifier: Qualifier::Exact,
            verified: None,
            target: Some(target),
            progress: None,
            entries: 1,
        };
        (indicator, figure)
    }

    #[test]
    fn target_status_of_place_is_none() {
        let at = |place: &str| Filter { year: Some(2023), place: Some(place.to_owned()), ..Filter::default() };
        for place in ["5201", "522728", "522728109", "522728109205"] {
            for actual in [0.0, 50.0, 100.0] {
                let (indicator, figure) = figure(Aggregation::Sum, Some(actual));
                assert_eq!(target_status(&indicator, &figure, &at(place), parse_date("2023-12-31").unwrap()), None);
            }
        }
    }

    #[rstest]
    #[case(None, Some("2023-06"), "2026-11-26", Some(TargetStatus::OnPace))]
    #[case(None, Some("2023-07"), "2026-11-26", Some(TargetStatus::Behind(quantity(8.0822))))]
    #[case(None, Some("2023-12"), "2026-11-26", Some(TargetStatus::Missed(quantity(50.0))))]
    #[case(None, Some("2023-12"), "2023-06-30", Some(TargetStatus::OnPace))]
    #[case(Some("2023-02"), None, "2026-11-26", None)]
    #[case(Some("2023-01"), None, "2026-11-26", Some(TargetStatus::Missed(quantity(50.0))))]
    fn target_status_of_months_expects_their_share(
        #[case] from: Option<&str>,
        #[case] until: Option<&str>,
        #[case] today: &str,
        #[case] expected: Option<TargetStatus>,
    ) {
        let month = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        let filter = Filter { year: Some(2023), from: month(from), until: month(until), ..Filter::default() };
        let (indicator, figure) = figure(Aggregation::Sum, Some(50.0));
        assert_eq!(target_status(&indicator, &figure, &filter, parse_date(today).unwrap()), expected);
    }

    #[test]
    fn shortfall_of_count_is_whole() {
        let catalogue = |kind: &str| -> Catalogue {
            serde_json::from_value(
                serde_json::json!({"version": 1, "programmes": [], "indicators": [], "activities": [{
                "code": "a", "programme": "p", "name": "", "name_en": "", "version": 1, "fields": [
                    {"code": "n", "name": "", "name_en": "", "kind": kind, "required": true, "feeds": "own"}]}]}),
            )
            .unwrap()
        };
        let (sum, mean) = (figure(Aggregation::Sum, None).0, figure(Aggregation::Mean, None).0);
        let lacking = quantity(222.4247);
        assert_eq!(shortfall(&catalogue("integer"), &sum, lacking), quantity(223.0));
        assert_eq!(shortfall(&catalogue("integer"), &mean, lacking), quantity(222.43));
        assert_eq!(shortfall(&catalogue("number"), &sum, lacking), quantity(222.43));
    }

    #[test]
    fn share_of_year_respects_leap_year() {
        assert_eq!(share_of_year(2024, parse_date("2024-12-31").unwrap()), 1.0);
        assert_eq!(share_of_year(2024, parse_date("2024-01-01").unwrap()), 1.0 / 366.0);
    }
}
