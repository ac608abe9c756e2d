//! Charts: a year by month, years against each other, and the small line of a card.

use crate::svg::label::{Area, LINE, OccupiedAreas, spread, width_of};
use crate::svg::{escaped, tenth};
use jiedui_core::values::{field_error::Language, quantity::Quantity};
use std::fmt::Write;

/// Where a line goes, in the picture.
type Points = Vec<(f64, f64)>;

/// The size of a chart in its own units.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 240.0;
/// How large letters are on a phone, where they are largest: labels are placed for that size.
const LETTERS: f64 = 19.0;
/// The room for numbers on the left, for the names of lines on the right, for names below, and above the highest.
const LEFT: f64 = 90.0;
const RIGHT: f64 = 70.0;
const BELOW: f64 = 28.0;
const ABOVE: f64 = 12.0;
/// What the unverified part of a column is filled with.
const HATCHED: &str = "<defs><pattern id=\"hatched\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
    <rect class=\"hatched-ground\" width=\"6\" height=\"6\"/><rect class=\"hatched-line\" width=\"2\" height=\"6\"/></pattern></defs>";
/// The size of a card's small line.
const SPARK: (f64, f64) = (120.0, 28.0);

/// A column: what it is of, how much, and how much of it is verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name below it.
    pub name: String,
    /// All of it.
    pub value: Quantity,
    /// The verified part.
    pub verified: Quantity,
}

/// A line over the same names.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What it is, at its end.
    pub name: String,
    /// Its points; it begins at the first that there is.
    pub values: Vec<Option<Quantity>>,
}

/// Where a label begins, or what it lies around.
#[derive(Clone, Copy)]
enum Anchor {
    Start,
    Middle,
    End,
}

/// A chart that is being drawn.
struct Drawing {
    text: String,
    top: f64,
    /// Where the plot ends on the right.
    right: f64,
    taken: OccupiedAreas,
}

impl Drawing {
    /// The frame: three lines across with their amounts, and the target's.
    fn new(label: &str, language: Language, right: f64, largest: Quantity, target: Option<Quantity>) -> Self {
        let highest = target.map_or(largest, |target| target.max(largest));
        let top = round_up(highest.to_f64());
        let mut drawing = Self { text: String::new(), top, right, taken: OccupiedAreas::default() };
        let box_ = format!("0 0 {} {}", tenth(WIDTH), tenth(HEIGHT));
        // Writing to a text does not fail.
        let _ = write!(
            drawing.text,
            "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{box_}\" role=\"img\" aria-label=\"{}\">",
            escaped(label)
        );
        for amount in [0.0, top / 2.0, top] {
            let y = drawing.height_of(amount);
            let _ = write!(drawing.text, "<path class=\"axis\" d=\"M{} {}H{}\"/>", tenth(LEFT), tenth(y), tenth(right));
            drawing.label("amounts", (LEFT - 6.0, y), Anchor::End, &on_axis(amount, language));
        }
        if let Some(target) = target {
            let y = tenth(drawing.height_of(target.to_f64()));
            let _ = write!(drawing.text, "<path class=\"target-line\" d=\"M{} {y}H{}\"/>", tenth(LEFT), tenth(right));
        }
        drawing
    }

    fn height_of(&self, amount: f64) -> f64 {
        let share = if self.top > 0.0 { amount / self.top } else { 0.0 };
        HEIGHT - BELOW - share * (HEIGHT - BELOW - ABOVE)
    }

    /// Writes a label around a height, unless it would lie on one that is there or be cut off.
    fn label(&mut self, class: &str, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        let width = width_of(text, LETTERS);
        let middle = match anchor {
            Anchor::Start => x + width / 2.0,
            Anchor::Middle => x,
            Anchor::End => x - width / 2.0,
        };
        let area = Area::around((middle, y), text, LETTERS);
        if area.is_within((WIDTH, HEIGHT)) && self.taken.take(area) {
            let (x, y, text) = (tenth(x), tenth(y), escaped(text));
            let _ = write!(self.text, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>");
        }
    }

    fn step(&self, count: usize) -> f64 {
        (self.right - LEFT) / count.max(1) as f64
    }

    /// The names below, as many of them as there is room for.
    fn names<'a>(&mut self, names: impl ExactSizeIterator<Item = &'a str>) {
        let step = self.step(names.len());
        for (number, name) in names.enumerate() {
            self.label("names", (middle(number, step), HEIGHT - BELOW / 2.0 + 1.0), Anchor::Middle, name);
        }
    }

    fn done(mut self) -> String {
        self.text.push_str("</svg>");
        self.text
    }
}

fn middle(number: usize, step: f64) -> f64 {
    LEFT + (number as f64 + 0.5) * step
}

/// An amount of an axis, shortened as the language counts large numbers.
fn on_axis(amount: f64, language: Language) -> String {
    let steps: &[(f64, &str)] = match language {
        Language::Chinese => &[(1e12, "万亿"), (1e8, "亿"), (1e4, "万")],
        Language::English => &[(1e9, "bn"), (1e6, "M"), (1e4, "k")],
    };
    let (unit, name) = steps.iter().find(|(unit, _)| amount >= *unit).copied().unwrap_or((1.0, ""));
    let unit = if name == "k" { 1e3 } else { unit };
    let number = Quantity::from_ten_thousandths((amount / unit * 1e4).round() as i64).to_string();
    format!("{}{name}", if name.is_empty() { number } else { number.replace(',', "") })
}

/// The next of 1, 2, 4, 5, 10, 20, … at or above an amount, of which a half can be held; 1 for nothing.
fn round_up(amount: f64) -> f64 {
    let mut tens = 1e-3;
    while tens < 1e12 {
        for factor in [1.0, 2.0, 4.0, 5.0] {
            if tens * factor >= amount && amount > 0.0 {
                return tens * factor;
            }
        }
        tens *= 10.0;
    }
    1.0
}

/// Columns side by side, the verified part of each solid and the rest hatched above it; a target as a dashed line.
pub fn column_chart(label: &str, language: Language, columns: &[Column], target: Option<Quantity>) -> String {
    column_drawing(label, language, columns, target).done()
}

fn column_drawing(label: &str, language: Language, columns: &[Column], target: Option<Quantity>) -> Drawing {
    let largest = columns.iter().map(|own| own.value).max().unwrap_or_default();
    let mut drawing = Drawing::new(label, language, WIDTH, largest, target);
    drawing.text.push_str(HATCHED);
    drawing.names(columns.iter().map(|own| own.name.as_str()));
    let step = drawing.step(columns.len());
    for (number, column) in columns.iter().enumerate() {
        let (x, width) = (middle(number, step) - step * 0.35, step * 0.7);
        let ground = drawing.height_of(0.0);
        let verified = column.verified.min(column.value);
        let (whole, solid) = (drawing.height_of(column.value.to_f64()), drawing.height_of(verified.to_f64()));
        for (class, top, foot) in [("column", solid, ground), ("column unverified", whole, solid)] {
            if foot - top > 0.05 {
                let _ = write!(
                    drawing.text,
                    "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{} {}</title></rect>",
                    tenth(x),
                    tenth(top),
                    tenth(width),
                    tenth(foot - top),
                    escaped(&column.name),
                    column.value.shown(),
                );
            }
        }
    }
    drawing
}

/// Lines over the same names, told apart by colour, by dashes and by their names beside their ends; a target as a dashed line.
pub fn line_chart(
    label: &str,
    language: Language,
    names: &[String],
    traces: &[Series],
    target: Option<Quantity>,
) -> String {
    trace_drawing(label, language, names, traces, target).done()
}

fn trace_drawing(
    label: &str,
    language: Language,
    names: &[String],
    traces: &[Series],
    target: Option<Quantity>,
) -> Drawing {
    let largest = traces.iter().flat_map(|own| own.values.iter().flatten()).max().copied().unwrap_or_default();
    let mut drawing = Drawing::new(label, language, WIDTH - RIGHT, largest, target);
    let step = drawing.step(names.len());
    let points_of = |trace: &Series| -> Points {
        let point = |(number, value): (usize, &Option<Quantity>)| {
            value.map(|value| (middle(number, step), drawing.height_of(value.to_f64())))
        };
        trace.values.iter().enumerate().filter_map(point).collect()
    };
    let drawn: Vec<(usize, &Series, Points)> =
        traces.iter().enumerate().map(|(turn, trace)| (turn, trace, points_of(trace))).collect();
    let ends: Vec<(usize, &Series, (f64, f64))> =
        drawn.iter().filter_map(|(turn, trace, points)| Some((*turn, *trace, *points.last()?))).collect();
    // The names stand one below the other beside the plot, each as near as can be to where its line ends.
    // A little more than their height: what touches is not apart.
    let height = LETTERS * LINE + 0.1;
    let heights: Vec<f64> = ends.iter().map(|(_, _, (_, y))| *y).collect();
    let heights = spread(&heights, height, (height / 2.0, HEIGHT - BELOW));
    for (turn, _, points) in drawn.iter().filter(|(_, _, points)| !points.is_empty()) {
        let _ = write!(drawing.text, "<path class=\"trace trace-{turn}\" d=\"{}\"/>", path(points));
    }
    for ((turn, trace, (x, y)), height) in ends.into_iter().zip(heights) {
        let _ = write!(
            drawing.text,
            "<path class=\"leader\" d=\"M{} {}L{} {}\"/><circle class=\"trace-end trace-{turn}\" cx=\"{}\" cy=\"{}\" r=\"4\"/>",
            tenth(x + 5.0),
            tenth(y),
            tenth(drawing.right + 8.0),
            tenth(height),
            tenth(x),
            tenth(y),
        );
        let class = format!("trace-name trace-name-{turn}");
        drawing.label(&class, (drawing.right + 12.0, height), Anchor::Start, &trace.name);
    }
    drawing.names(names.iter().map(String::as_str));
    drawing
}

/// The small line of a card; nothing where there is nothing to see.
pub fn sparkline(values: &[Option<Quantity>]) -> Option<String> {
    let largest = values.iter().flatten().max().copied().filter(|largest| *largest > Quantity::ZERO)?;
    let step = SPARK.0 / values.len().saturating_sub(1).max(1) as f64;
    let point = |(number, value): (usize, &Option<Quantity>)| {
        let share = value.as_ref()?.ratio(largest)?;
        Some((number as f64 * step, 2.0 + (1.0 - share) * (SPARK.1 - 4.0)))
    };
    let points: Vec<(f64, f64)> = values.iter().enumerate().filter_map(point).collect();
    (points.len() > 1).then(|| {
        let (width, height) = (tenth(SPARK.0), tenth(SPARK.1));
        let path = path(&points);
        format!(
            "<svg class=\"spark\" viewBox=\"0 0 {width} {height}\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><path d=\"{path}\"/></svg>"
        )
    })
}

fn path(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (number, (x, y)) in points.iter().enumerate() {
        let _ = write!(path, "{}{} {}", if number == 0 { 'M' } else { 'L' }, tenth(*x), tenth(*y));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn quantity(number: f64) -> Quantity {
        Quantity::from_f64(number).unwrap()
    }

    #[rstest]
    #[case(0.0, 1.0)]
    #[case(0.03, 0.04)]
    #[case(0.0001, 0.001)]
    #[case(7.0, 10.0)]
    #[case(30_000.0, 40_000.0)]
    #[case(40_001.0, 50_000.0)]
    fn an_axis_ends_at_a_round_amount(#[case] amount: f64, #[case] top: f64) {
        assert!((round_up(amount) - top).abs() < 1e-9, "{}", round_up(amount));
    }

    #[test]
    fn a_column_is_as_high_as_its_amount_and_its_unverified_part_is_told_apart() {
        let own = Column { name: "<3月>".into(), value: quantity(10.0), verified: quantity(4.0) };
        let drawn = column_chart("x", Language::Chinese, &[own], Some(quantity(20.0)));
        // The frame is 200 units high for 20.
        assert!(drawn.contains("class=\"column\" x=\"172.5\" y=\"172\" width=\"385\" height=\"40\""), "{drawn}");
        assert!(
            drawn.contains("class=\"column unverified\" x=\"172.5\" y=\"112\" width=\"385\" height=\"60\""),
            "{drawn}"
        );
        assert!(drawn.contains("class=\"target-line\" d=\"M90 12H640\""), "{drawn}");
        assert!(drawn.contains("&lt;3月&gt;") && !drawn.contains("<3月>"));
    }

    #[test]
    fn a_line_begins_where_there_is_something() {
        let values = vec![None, Some(quantity(1.0)), Some(quantity(2.0))];
        let names = ["1".to_owned(), "2".to_owned(), "3".to_owned()];
        let drawn =
            line_chart("x", Language::Chinese, &names, &[Series { name: "2023".into(), values: values.clone() }], None);
        assert!(drawn.contains("class=\"trace trace-0\" d=\"M330 112L490 12\""), "{drawn}");
        assert!(sparkline(&values).unwrap().contains("M60 14L120 2"), "{:?}", sparkline(&values));
        assert_eq!(sparkline(&[None, Some(quantity(3.0))]), None, "a point is no line");
        assert_eq!(sparkline(&[Some(Quantity::ZERO), Some(Quantity::ZERO)]), None);
    }

    #[rstest]
    #[case(0.0, "0", "0")]
    #[case(2.5, "2.5", "2.5")]
    #[case(5_000.0, "5,000", "5,000")]
    #[case(25_000.0, "2.5万", "25k")]
    #[case(25_000_000.0, "2500万", "25M")]
    #[case(2e12, "2万亿", "2000bn")]
    fn an_axis_says_amounts_shortly(#[case] amount: f64, #[case] chinese: &str, #[case] english: &str) {
        assert_eq!(on_axis(amount, Language::Chinese), chinese);
        assert_eq!(on_axis(amount, Language::English), english);
    }

    fn expect_labels_apart(drawing: &Drawing) -> Result<(), TestCaseError> {
        let areas = drawing.taken.areas();
        for (number, area) in areas.iter().enumerate() {
            prop_assert!(area.is_within((WIDTH, HEIGHT)), "{:?} is cut off", area);
            prop_assert!(areas[number + 1..].iter().all(|other| !area.meets(other)), "{:?}", areas);
        }
        Ok(())
    }

    fn any_value() -> impl Strategy<Value = Option<Quantity>> {
        let amount = prop_oneof![0..100_i64, 0..1_000_000_000_000_000_i64];
        prop::option::weighted(0.9, amount.prop_map(Quantity::from_ten_thousandths))
    }

    proptest! {
        #[test]
        fn labels_of_lines_never_meet_and_none_is_left_out(
            values in prop::collection::vec(prop::collection::vec(any_value(), 12), 1..5), english in any::<bool>(),
        ) {
            let language = if english { Language::English } else { Language::Chinese };
            let names: Vec<String> = (1..=12).map(|month| month.to_string()).collect();
            let lines: Vec<Series> =
                (2023..).zip(values).map(|(year, values)| Series { name: year.to_string(), values }).collect();
            let drawing = trace_drawing("x", language, &names, &lines, None);
            expect_labels_apart(&drawing)?;
            let drawn = lines.iter().filter(|own| own.values.iter().any(Option::is_some)).count();
            // Twelve months, three amounts, and each line's year.
            prop_assert_eq!(drawing.taken.areas().len(), 15 + drawn, "{}", drawing.text);
        }

        #[test]
        fn labels_of_columns_never_meet_however_many_there_are(
            values in prop::collection::vec(any_value(), 1..80), is_long in any::<bool>(),
        ) {
            let columns: Vec<Column> = (1..).zip(values).map(|(number, value): (u32, _)| Column {
                name: if is_long { format!("2023-{number:02}") } else { number.to_string() },
                value: value.unwrap_or_default(),
                verified: Quantity::ZERO,
            }).collect();
            let drawing = column_drawing("x", Language::Chinese, &columns, None);
            expect_labels_apart(&drawing)?;
            prop_assert!(drawing.taken.areas().len() > 3, "{}", drawing.text);
        }
    }
}
