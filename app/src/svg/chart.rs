//! Charts: a year by month, years against each other, and the sparkline of a card.

use super::chart_frame::{Anchor, BELOW, FONT_SIZE, Frame, HEIGHT, WIDTH, middle};
use super::label::{LINE, spread};
use super::writer::{Svg, SvgWriter, tenth};
use jiedui_core::values::{language::Language, quantity::Quantity};

/// Points of a line.
type Points = Vec<(f64, f64)>;

/// Room for the names of lines on the right.
const RIGHT: f64 = 70.0;
/// Size of a sparkline.
const SPARKLINE: (f64, f64) = (120.0, 28.0);

/// A column of a column chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Name below the column.
    pub name: String,
    /// Whole amount.
    pub value: Quantity,
    /// Verified part.
    pub verified: Quantity,
}

/// A line of a line chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Name at the end of the line.
    pub name: String,
    /// One value for each name below the plot; the line begins at the first value.
    pub values: Vec<Option<Quantity>>,
}

/// Draws columns, the verified part of each solid and the rest hatched above it; a target is a dashed line.
pub fn column_chart(label: &str, language: Language, columns: &[Column], target: Option<Quantity>) -> Svg {
    draw_columns(label, language, columns, target).finish()
}

fn draw_columns(label: &str, language: Language, columns: &[Column], target: Option<Quantity>) -> Frame {
    let largest = columns.iter().map(|column| column.value).max().unwrap_or_default();
    let mut frame = Frame::new(label, language, WIDTH, largest, target);
    define_hatching(&mut frame.svg);
    frame.names(columns.iter().map(|column| column.name.as_str()));
    let step = frame.step(columns.len());
    for (number, column) in columns.iter().enumerate() {
        let (x, width) = (middle(number, step) - step * 0.35, step * 0.7);
        let ground = frame.height_of(0.0);
        let verified = column.verified.min(column.value);
        let (whole, solid) = (frame.height_of(column.value.to_f64()), frame.height_of(verified.to_f64()));
        for (class, top, foot) in [("chart-column", solid, ground), ("chart-column unverified", whole, solid)] {
            if foot - top > 0.05 {
                let [x, y, width, height] = [x, top, width, foot - top].map(tenth);
                frame
                    .svg
                    .open("rect", &[("class", class), ("x", &x), ("y", &y), ("width", &width), ("height", &height)]);
                frame.svg.element("title", &[], &format!("{} {}", column.name, column.value.shown()));
                frame.svg.close("rect");
            }
        }
    }
    frame
}

/// Defines the pattern of the unverified part of a column.
fn define_hatching(svg: &mut SvgWriter) {
    let (width, height) = (("width", "6"), ("height", "6"));
    let (units, turned) = (("patternUnits", "userSpaceOnUse"), ("patternTransform", "rotate(45)"));
    svg.open("defs", &[]);
    svg.open("pattern", &[("id", "hatched"), width, height, units, turned]);
    svg.empty("rect", &[("class", "chart-hatched-ground"), width, height]);
    svg.empty("rect", &[("class", "chart-hatched-line"), ("width", "2"), height]);
    svg.close("pattern");
    svg.close("defs");
}

/// Draws lines, distinguished by colour, by dashes and by the names at their ends; a target is a dashed line.
pub fn line_chart(
    label: &str,
    language: Language,
    names: &[String],
    series: &[Series],
    target: Option<Quantity>,
) -> Svg {
    draw_lines(label, language, names, series, target).finish()
}

fn draw_lines(label: &str, language: Language, names: &[String], series: &[Series], target: Option<Quantity>) -> Frame {
    let largest = series.iter().flat_map(|line| line.values.iter().flatten()).max().copied().unwrap_or_default();
    let mut frame = Frame::new(label, language, WIDTH - RIGHT, largest, target);
    let step = frame.step(names.len());
    let points_of = |line: &Series| -> Points {
        let point = |(number, value): (usize, &Option<Quantity>)| {
            value.map(|value| (middle(number, step), frame.height_of(value.to_f64())))
        };
        line.values.iter().enumerate().filter_map(point).collect()
    };
    let lines: Vec<(usize, &Series, Points)> =
        series.iter().enumerate().map(|(number, line)| (number, line, points_of(line))).collect();
    let ends: Vec<(usize, &Series, (f64, f64))> =
        lines.iter().filter_map(|(number, line, points)| Some((*number, *line, *points.last()?))).collect();
    // Names stack next to the plot, each as close as possible to the end of its line. The small gap keeps them apart.
    let height = FONT_SIZE * LINE + 0.1;
    let heights: Vec<f64> = ends.iter().map(|(_, _, (_, y))| *y).collect();
    let heights = spread(&heights, height, (height / 2.0, HEIGHT - BELOW));
    for (number, _, points) in lines.iter().filter(|(_, _, points)| !points.is_empty()) {
        frame.svg.empty("path", &[("class", &format!("chart-trace chart-trace-{number}")), ("d", &path(points))]);
    }
    for ((number, line, (x, y)), height) in ends.into_iter().zip(heights) {
        let leader = path(&[(x + 5.0, y), (frame.right + 8.0, height)]);
        frame.svg.empty("path", &[("class", "chart-leader"), ("d", &leader)]);
        let class = format!("chart-trace-end chart-trace-{number}");
        frame.svg.empty("circle", &[("class", &class), ("cx", &tenth(x)), ("cy", &tenth(y)), ("r", "4")]);
        let class = format!("chart-trace-name chart-trace-name-{number}");
        frame.label(&class, (frame.right + 12.0, height), Anchor::Start, &line.name);
    }
    frame.names(names.iter().map(String::as_str));
    frame
}

/// Draws the sparkline of a card; `None` without two points and an amount.
pub fn sparkline(values: &[Option<Quantity>]) -> Option<Svg> {
    let largest = values.iter().flatten().max().copied().filter(|largest| *largest > Quantity::ZERO)?;
    let (width, height) = SPARKLINE;
    let step = width / values.len().saturating_sub(1).max(1) as f64;
    let point = |(number, value): (usize, &Option<Quantity>)| {
        let share = value.as_ref()?.ratio(largest)?;
        Some((number as f64 * step, 2.0 + (1.0 - share) * (height - 4.0)))
    };
    let points: Points = values.iter().enumerate().filter_map(point).collect();
    (points.len() > 1).then(|| {
        let view_box = format!("0 0 {} {}", tenth(width), tenth(height));
        let mut svg = SvgWriter::default();
        svg.open(
            "svg",
            &[
                ("class", "card-spark"),
                ("viewBox", &view_box),
                ("preserveAspectRatio", "none"),
                ("aria-hidden", "true"),
            ],
        );
        svg.empty("path", &[("d", &path(&points))]);
        svg.close("svg");
        svg.finish()
    })
}

/// Returns the path through points.
fn path(points: &[(f64, f64)]) -> String {
    let command = |number| if number == 0 { 'M' } else { 'L' };
    let step = |(number, (x, y)): (usize, &(f64, f64))| format!("{}{} {}", command(number), tenth(*x), tenth(*y));
    points.iter().enumerate().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quantity(number: f64) -> Quantity {
        Quantity::from_f64(number).unwrap()
    }

    #[test]
    fn column_shows_amount_and_unverified_part() {
        let column = Column { name: "<3月>".into(), value: quantity(10.0), verified: quantity(4.0) };
        let drawn = column_chart("x", Language::Chinese, &[column], Some(quantity(20.0)));
        // The frame is 200 units high for 20.
        assert!(
            drawn.contains("class=\"chart-column\" x=\"172.5\" y=\"172\" width=\"385\" height=\"40\""),
            "{drawn:?}"
        );
        assert!(
            drawn.contains("class=\"chart-column unverified\" x=\"172.5\" y=\"112\" width=\"385\" height=\"60\""),
            "{drawn:?}"
        );
        assert!(drawn.contains("class=\"chart-target\" d=\"M90 12H640\""), "{drawn:?}");
        assert!(drawn.contains("&lt;3月&gt;") && !drawn.contains("<3月>"));
    }

    #[test]
    fn line_begins_at_the_first_value() {
        let values = vec![None, Some(quantity(1.0)), Some(quantity(2.0))];
        let names = ["1".to_owned(), "2".to_owned(), "3".to_owned()];
        let drawn =
            line_chart("x", Language::Chinese, &names, &[Series { name: "2023".into(), values: values.clone() }], None);
        assert!(drawn.contains("class=\"chart-trace chart-trace-0\" d=\"M330 112L490 12\""), "{drawn:?}");
        assert!(sparkline(&values).unwrap().contains("M60 14L120 2"), "{:?}", sparkline(&values));
        assert_eq!(sparkline(&[None, Some(quantity(3.0))]), None, "a point is no line");
        assert_eq!(sparkline(&[Some(Quantity::ZERO), Some(Quantity::ZERO)]), None);
    }

    fn expect_labels_apart(frame: &Frame) -> Result<(), TestCaseError> {
        let areas = frame.occupied.areas();
        for (number, area) in areas.iter().enumerate() {
            prop_assert!(area.is_within((WIDTH, HEIGHT)), "{:?} is cut off", area);
            prop_assert!(areas[number + 1..].iter().all(|other| !area.overlaps(other)), "{:?}", areas);
        }
        Ok(())
    }

    fn any_value() -> impl Strategy<Value = Option<Quantity>> {
        let amount = prop_oneof![0..100_i64, 0..1_000_000_000_000_000_i64];
        prop::option::weighted(0.9, amount.prop_map(Quantity::from_ten_thousandths))
    }

    proptest! {
        #[test]
        fn line_labels_never_overlap_and_none_is_left_out(
            values in prop::collection::vec(prop::collection::vec(any_value(), 12), 1..5), english in any::<bool>(),
        ) {
            let language = if english { Language::English } else { Language::Chinese };
            let names: Vec<String> = (1..=12).map(|month| month.to_string()).collect();
            let lines: Vec<Series> =
                (2023..).zip(values).map(|(year, values)| Series { name: year.to_string(), values }).collect();
            let frame = draw_lines("x", language, &names, &lines, None);
            expect_labels_apart(&frame)?;
            let drawn = lines.iter().filter(|line| line.values.iter().any(Option::is_some)).count();
            // Twelve months, three amounts, and each line's year.
            prop_assert_eq!(frame.occupied.areas().len(), 15 + drawn, "{}", frame.svg.as_str());
        }

        #[test]
        fn column_labels_never_overlap(
            values in prop::collection::vec(any_value(), 1..80), is_long in any::<bool>(),
        ) {
            let columns: Vec<Column> = (1..).zip(values).map(|(number, value): (u32, _)| Column {
                name: if is_long { format!("2023-{number:02}") } else { number.to_string() },
                value: value.unwrap_or_default(),
                verified: Quantity::ZERO,
            }).collect();
            let frame = draw_columns("x", Language::Chinese, &columns, None);
            expect_labels_apart(&frame)?;
            prop_assert!(frame.occupied.areas().len() > 3, "{}", frame.svg.as_str());
        }
    }
}
