//! The frame of a chart: axis, target line, and labels that never cover each other.

use super::label::{Area, OccupiedAreas, width_of};
use super::writer::{Svg, SvgWriter, tenth};
use jiedui_core::values::{language::Language, quantity::Quantity};

/// Width of a chart in its own units.
pub const WIDTH: f64 = 640.0;
/// Height of a chart.
pub const HEIGHT: f64 = 240.0;
/// Font size on a phone, where letters are largest: labels are placed for that size.
pub const FONT_SIZE: f64 = 19.0;
/// Room for amounts on the left.
const LEFT: f64 = 90.0;
/// Room for names below.
pub const BELOW: f64 = 28.0;
/// Room above the highest amount.
const ABOVE: f64 = 12.0;

/// Alignment of a label to its position.
#[derive(Clone, Copy)]
pub enum Anchor {
    /// The label starts there.
    Start,
    /// The label is centred there.
    Middle,
    /// The label ends there.
    End,
}

/// A chart under construction.
pub struct Frame {
    /// Drawing so far.
    pub svg: SvgWriter,
    /// Amount at the upper end of the axis.
    top: f64,
    /// Right end of the plot.
    pub right: f64,
    /// Areas that labels occupy.
    pub occupied: OccupiedAreas,
}

impl Frame {
    /// Draws the axis with three amounts, and the target line.
    pub fn new(label: &str, language: Language, right: f64, largest: Quantity, target: Option<Quantity>) -> Self {
        let highest = target.map_or(largest, |target| target.max(largest));
        let top = round_up(highest.to_f64());
        let mut frame = Self { svg: SvgWriter::default(), top, right, occupied: OccupiedAreas::default() };
        let view_box = format!("0 0 {} {}", tenth(WIDTH), tenth(HEIGHT));
        frame.svg.open(
            "svg",
            &[
                ("class", "chart"),
                ("xmlns", "http://www.w3.org/2000/svg"),
                ("viewBox", &view_box),
                ("role", "img"),
                ("aria-label", label),
            ],
        );
        for amount in [0.0, top / 2.0, top] {
            let y = frame.height_of(amount);
            frame.svg.empty("path", &[("class", "chart-axis"), ("d", &frame.across(y))]);
            frame.label("amounts", (LEFT - 6.0, y), Anchor::End, &axis_label(amount, language));
        }
        if let Some(target) = target {
            let line = frame.across(frame.height_of(target.to_f64()));
            frame.svg.empty("path", &[("class", "chart-target"), ("d", &line)]);
        }
        frame
    }

    /// Returns the path of a line across the plot.
    fn across(&self, y: f64) -> String {
        format!("M{} {}H{}", tenth(LEFT), tenth(y), tenth(self.right))
    }

    /// Returns the position of an amount on the axis.
    pub fn height_of(&self, amount: f64) -> f64 {
        let share = if self.top > 0.0 { amount / self.top } else { 0.0 };
        HEIGHT - BELOW - share * (HEIGHT - BELOW - ABOVE)
    }

    /// Writes a label, unless it would cover another one or be cut off.
    pub fn label(&mut self, class: &str, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        let width = width_of(text, FONT_SIZE);
        let middle = match anchor {
            Anchor::Start => x + width / 2.0,
            Anchor::Middle => x,
            Anchor::End => x - width / 2.0,
        };
        let area = Area::around((middle, y), text, FONT_SIZE);
        if area.is_within((WIDTH, HEIGHT)) && self.occupied.take(area) {
            self.svg.element("text", &[("class", class), ("x", &tenth(x)), ("y", &tenth(y))], text);
        }
    }

    /// Returns the width that each of `count` names has.
    pub fn step(&self, count: usize) -> f64 {
        (self.right - LEFT) / count.max(1) as f64
    }

    /// Writes the names below the plot, as many as there is room for.
    pub fn names<'a>(&mut self, names: impl ExactSizeIterator<Item = &'a str>) {
        let step = self.step(names.len());
        for (number, name) in names.enumerate() {
            self.label("names", (middle(number, step), HEIGHT - BELOW / 2.0 + 1.0), Anchor::Middle, name);
        }
    }

    /// Closes the chart and returns it.
    pub fn finish(mut self) -> Svg {
        self.svg.close("svg");
        self.svg.finish()
    }
}

/// Returns the horizontal position of the name with this number.
pub fn middle(number: usize, step: f64) -> f64 {
    LEFT + (number as f64 + 0.5) * step
}

/// Formats an amount of the axis with the large units of the language.
fn axis_label(amount: f64, language: Language) -> String {
    let steps: &[(f64, &str)] = match language {
        Language::Chinese => &[(1e12, "万亿"), (1e8, "亿"), (1e4, "万")],
        Language::English => &[(1e9, "bn"), (1e6, "M"), (1e4, "k")],
    };
    let (unit, name) = steps.iter().find(|(unit, _)| amount >= *unit).copied().unwrap_or((1.0, ""));
    let unit = if name == "k" { 1e3 } else { unit };
    let number = Quantity::from_ten_thousandths((amount / unit * 1e4).round() as i64).to_string();
    format!("{}{name}", if name.is_empty() { number } else { number.replace(',', "") })
}

/// Rounds up to the next of 1, 2, 4, 5, 10, 20, …, which are easy to halve; 1 for nothing.
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

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0.0, 1.0)]
    #[case(0.03, 0.04)]
    #[case(0.0001, 0.001)]
    #[case(7.0, 10.0)]
    #[case(30_000.0, 40_000.0)]
    #[case(40_001.0, 50_000.0)]
    fn axis_ends_at_a_round_amount(#[case] amount: f64, #[case] top: f64) {
        assert!((round_up(amount) - top).abs() < 1e-9, "{}", round_up(amount));
    }

    #[rstest]
    #[case(0.0, "0", "0")]
    #[case(2.5, "2.5", "2.5")]
    #[case(5_000.0, "5,000", "5,000")]
    #[case(25_000.0, "2.5万", "25k")]
    #[case(25_000_000.0, "2500万", "25M")]
    #[case(2e12, "2万亿", "2000bn")]
    fn axis_label_uses_large_units(#[case] amount: f64, #[case] chinese: &str, #[case] english: &str) {
        assert_eq!(axis_label(amount, Language::Chinese), chinese);
        assert_eq!(axis_label(amount, Language::English), english);
    }
}
