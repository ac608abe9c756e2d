//! QR codes as SVG.

use jiedui_app::svg::{Svg, SvgWriter};
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write;

/// Width of the white border, in modules.
const BORDER: usize = 4;

/// Returns a QR code of a text as SVG; `None` if the text is too long for one.
pub fn svg(text: &str) -> Option<Svg> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|left, right| left == right) {
            if run.first() == Some(&Color::Dark) {
                let (left, top, length) = (x + BORDER, y + BORDER, run.len());
                let _ = write!(path, "M{left} {top}h{length}v1h-{length}z");
            }
            x += run.len();
        }
    }
    let size = (width + 2 * BORDER).to_string();
    let (xmlns, view_box) = (("xmlns", "http://www.w3.org/2000/svg"), format!("0 0 {size} {size}"));
    let mut svg = SvgWriter::default();
    svg.open("svg", &[xmlns, ("viewBox", &view_box), ("shape-rendering", "crispEdges")]);
    svg.empty("rect", &[("width", &size), ("height", &size), ("fill", "#fff")]);
    svg.empty("path", &[("d", &path), ("fill", "#000")]);
    svg.close("svg");
    Some(svg.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn svg_has_the_finder_pattern_inside_the_border() {
        let svg = svg("https://example.org/sign-in/code#c=7K2MQ-0X1AB").unwrap();
        assert!(svg.starts_with("<svg ") && svg.contains("M4 4h7v1h-7z"), "{svg:?}");
        // Three finder patterns have a top edge of seven dark modules each.
        assert!(svg.matches("h7v1h-7z").count() >= 6, "{svg:?}");
    }

    #[test]
    fn svg_of_endless_text_is_none() {
        assert_eq!(svg(&"x".repeat(10_000)), None);
    }
}
