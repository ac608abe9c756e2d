//! Whether a year's target is reached, or will be at this pace.

use super::catalogue::{Aggregation, Indicator};
use super::figure::Figure;
use super::quantity::Quantity;
use time::Date;

/// How a figure stands to its target on a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// It is reached.
    Reached,
    /// The year is not over, and its share of the target up to the day is reached.
    OnPace,
    /// The year is not over, and so much is lacking of its share up to the day.
    Behind(Quantity),
    /// The year is over, and so much is lacking.
    Missed(Quantity),
}

/// The share of a year that has passed at the end of a day: 0 before it, 1 after it.
pub fn share_of_year(year: i32, today: Date) -> f64 {
    match today.year() {
        now if now > year => 1.0,
        now if now < year => 0.0,
        _ => f64::from(today.ordinal()) / f64::from(time::util::days_in_year(year)),
    }
}

/// How a figure stands to its target; `None` without a target, and where no entry says anything. What adds up over a year (a sum, subjects that are
/// counted) should have the year's share of it by a day; what is a level (the latest, a mean) has no such share and is
/// behind only once the year is over.
pub fn pace(indicator: &Indicator, figure: &Figure, today: Date) -> Option<Pace> {
    let target = figure.target.as_ref()?;
    let actual = figure.actual?;
    let lacking = |wanted: Quantity| wanted + -actual;
    if actual >= target.value {
        return Some(Pace::Reached);
    }
    if today.year() > target.year {
        return Some(Pace::Missed(lacking(target.value)));
    }
    let adds_up = matches!(indicator.aggregation, Aggregation::Sum | Aggregation::Distinct);
    let share = if adds_up { share_of_year(target.year, today) } else { 0.0 };
    let due = Quantity::from_ten_thousandths((target.value.ten_thousandths() as f64 * share).round() as i64);
    Some(if actual >= due { Pace::OnPace } else { Pace::Behind(lacking(due)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::{Subject, Target};
    use crate::domain::{Qualifier, parse_date};
    use rstest::rstest;

    fn quantity(number: f64) -> Quantity {
        Quantity::from_f64(number).unwrap()
    }

    #[rstest]
    #[case(Aggregation::Sum, Some(100.0), "2023-02-01", Some(Pace::Reached))]
    #[case(Aggregation::Sum, Some(50.0), "2023-06-30", Some(Pace::OnPace))]
    #[case(Aggregation::Sum, Some(49.0), "2023-12-31", Some(Pace::Behind(quantity(51.0))))]
    #[case(Aggregation::Sum, Some(0.0), "2023-12-31", Some(Pace::Behind(quantity(100.0))))]
    #[case(Aggregation::Sum, Some(0.0), "2022-12-31", Some(Pace::OnPace))]
    #[case(Aggregation::Sum, None, "2024-12-31", None)]
    #[case(Aggregation::Sum, Some(99.5), "2024-01-01", Some(Pace::Missed(quantity(0.5))))]
    #[case(Aggregation::Latest, Some(1.0), "2023-12-31", Some(Pace::OnPace))]
    #[case(Aggregation::Latest, Some(1.0), "2024-01-01", Some(Pace::Missed(quantity(99.0))))]
    fn a_figure_stands_to_its_target_as_the_day_says(
        #[case] aggregation: Aggregation,
        #[case] actual: Option<f64>,
        #[case] today: &str,
        #[case] expected: Option<Pace>,
    ) {
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
        let today = parse_date(today).unwrap();
        assert_eq!(pace(&indicator, &figure, today), expected);
        assert_eq!(pace(&indicator, &Figure { target: None, ..figure }, today), None);
    }

    #[test]
    fn a_leap_year_is_as_long_as_it_is() {
        assert_eq!(share_of_year(2024, parse_date("2024-12-31").unwrap()), 1.0);
        assert_eq!(share_of_year(2024, parse_date("2024-01-01").unwrap()), 1.0 / 366.0);
    }
}
