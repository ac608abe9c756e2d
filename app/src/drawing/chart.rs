//! Charts: a year by month, years against each other, and the small line of a card.

use super::{escaped, tenth};
use jiedui_core::domain::Quantity;
use std::fmt::Write;

/// The size of a chart in its own units.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 240.0;
/// The room for numbers on the left, for names below, and above the highest.
const LEFT: f64 = 68.0;
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
pub struct Trace {
    /// What it is, at its end.
    pub name: String,
    /// Its points; it begins at the first that there is.
    pub values: Vec<Option<Quantity>>,
}

/// A chart that is being drawn.
struct Drawing {
    text: String,
    top: f64,
}

impl Drawing {
    /// The frame: three lines across with their amounts, and the target's.
    fn new(label: &str, largest: Quantity, target: Option<Quantity>) -> Self {
        let highest = target.map_or(largest, |target| target.max(largest));
        let top = round_up(highest.to_f64());
        let mut drawing = Self { text: String::new(), top };
        let box_ = format!("0 0 {} {}", tenth(WIDTH), tenth(HEIGHT));
        // Writing to a text does not fail.
        let _ = write!(
            drawing.text,
            "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{box_}\" role=\"img\" aria-label=\"{}\">",
            escaped(label)
        );
        for amount in [0.0, top / 2.0, top] {
            let (y, shown) = (drawing.height_of(amount), Quantity::from_f64(amount).unwrap_or_default());
            let _ = write!(
                drawing.text,
                "<path class=\"axis\" d=\"M{} {y}H{}\"/><text class=\"amounts\" x=\"{}\" y=\"{y}\">{shown}</text>",
                tenth(LEFT),
                tenth(WIDTH),
                tenth(LEFT - 6.0),
                y = tenth(y),
            );
        }
        if let Some(target) = target {
            let y = tenth(drawing.height_of(target.to_f64()));
            let _ = write!(drawing.text, "<path class=\"target-line\" d=\"M{} {y}H{}\"/>", tenth(LEFT), tenth(WIDTH));
        }
        drawing
    }

    fn height_of(&self, amount: f64) -> f64 {
        let share = if self.top > 0.0 { amount / self.top } else { 0.0 };
        HEIGHT - BELOW - share * (HEIGHT - BELOW - ABOVE)
    }

    fn names<'a>(&mut self, names: impl ExactSizeIterator<Item = &'a str>) {
        let step = step(names.len());
        for (number, name) in names.enumerate() {
            let x = tenth(middle(number, step));
            let y = tenth(HEIGHT - 8.0);
            let _ = write!(self.text, "<text class=\"names\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(name));
        }
    }

    fn done(mut self) -> String {
        self.text.push_str("</svg>");
        self.text
    }
}

fn step(count: usize) -> f64 {
    (WIDTH - LEFT) / count.max(1) as f64
}

fn middle(number: usize, step: f64) -> f64 {
    LEFT + (number as f64 + 0.5) * step
}

/// The next of 1, 2, 4, 5, 10, 20, … at or above an amount; 1 for nothing.
fn round_up(amount: f64) -> f64 {
    let mut tens = 1e-4;
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
pub fn columns(label: &str, columns: &[Column], target: Option<Quantity>) -> String {
    let largest = columns.iter().map(|own| own.value).max().unwrap_or_default();
    let mut drawing = Drawing::new(label, largest, target);
    drawing.text.push_str(HATCHED);
    drawing.names(columns.iter().map(|own| own.name.as_str()));
    let step = step(columns.len());
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
                    column.value,
                );
            }
        }
    }
    drawing.done()
}

/// Lines over the same names, told apart by colour, by dashes and by their names at their ends; a target as a dashed line.
pub fn traces(label: &str, names: &[String], traces: &[Trace], target: Option<Quantity>) -> String {
    let largest = traces.iter().flat_map(|own| own.values.iter().flatten()).max().copied().unwrap_or_default();
    let mut drawing = Drawing::new(label, largest, target);
    drawing.names(names.iter().map(String::as_str));
    let step = step(names.len());
    for (turn, trace) in traces.iter().enumerate() {
        let point = |(number, value): (usize, &Option<Quantity>)| {
            value.map(|value| (middle(number, step), drawing.height_of(value.to_f64())))
        };
        let points: Vec<(f64, f64)> = trace.values.iter().enumerate().filter_map(point).collect();
        let Some((x, y)) = points.last().copied() else { continue };
        let _ = write!(
            drawing.text,
            "<path class=\"trace trace-{turn}\" d=\"{}\"/><circle class=\"trace-end trace-{turn}\" cx=\"{}\" cy=\"{}\" r=\"4\"/>\
             <text class=\"trace-name\" x=\"{}\" y=\"{}\">{}</text>",
            path(&points),
            tenth(x),
            tenth(y),
            tenth(x - 8.0),
            tenth((y - 8.0).max(14.0)),
            escaped(&trace.name),
        );
    }
    drawing.done()
}

/// The small line of a card; nothing where there is nothing to see.
pub fn spark(values: &[Option<Quantity>]) -> Option<String> {
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
    use rstest::rstest;

    fn quantity(number: f64) -> Quantity {
        Quantity::from_f64(number).unwrap()
    }

    #[rstest]
    #[case(0.0, 1.0)]
    #[case(0.03, 0.04)]
    #[case(7.0, 10.0)]
    #[case(30_000.0, 40_000.0)]
    #[case(40_001.0, 50_000.0)]
    fn an_axis_ends_at_a_round_amount(#[case] amount: f64, #[case] top: f64) {
        assert!((round_up(amount) - top).abs() < 1e-9, "{}", round_up(amount));
    }

    #[test]
    fn a_column_is_as_high_as_its_amount_and_its_unverified_part_is_told_apart() {
        let own = Column { name: "<3月>".into(), value: quantity(10.0), verified: quantity(4.0) };
        let drawn = columns("x", &[own], Some(quantity(20.0)));
        // The frame is 200 units high for 20.
        assert!(drawn.contains("class=\"column\" x=\"153.8\" y=\"172\" width=\"400.4\" height=\"40\""), "{drawn}");
        assert!(
            drawn.contains("class=\"column unverified\" x=\"153.8\" y=\"112\" width=\"400.4\" height=\"60\""),
            "{drawn}"
        );
        assert!(drawn.contains("class=\"target-line\" d=\"M68 12H640\""), "{drawn}");
        assert!(drawn.contains("&lt;3月&gt;") && !drawn.contains("<3月>"));
    }

    #[test]
    fn a_line_begins_where_there_is_something() {
        let values = vec![None, Some(quantity(1.0)), Some(quantity(2.0))];
        let names = ["1".to_owned(), "2".to_owned(), "3".to_owned()];
        let drawn = traces("x", &names, &[Trace { name: "2023".into(), values: values.clone() }], None);
        assert!(drawn.contains("class=\"trace trace-0\" d=\"M354 112L544.7 12\""), "{drawn}");
        assert!(spark(&values).unwrap().contains("M60 14L120 2"), "{:?}", spark(&values));
        assert_eq!(spark(&[None, Some(quantity(3.0))]), None, "a point is no line");
        assert_eq!(spark(&[Some(Quantity::ZERO), Some(Quantity::ZERO)]), None);
    }
}
