//! Writes SVG elements. Every attribute value and every text is escaped here.

use maud::Render;
use std::ops::Deref;

/// Finished SVG text. Only [`SvgWriter`] makes it, so that no unescaped text gets into a drawing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Svg(String);

impl Svg {
    /// Returns the text, for `inner_html`.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Deref for Svg {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Render for Svg {
    fn render_to(&self, buffer: &mut String) {
        buffer.push_str(&self.0);
    }
}

/// SVG text under construction.
#[derive(Clone, Debug, Default)]
pub struct SvgWriter(String);

impl SvgWriter {
    /// Opens an element; the caller closes it.
    pub fn open(&mut self, element: &str, attributes: &[(&str, &str)]) {
        self.start(element, attributes);
        self.0.push('>');
    }

    /// Writes an element without content.
    pub fn empty(&mut self, element: &str, attributes: &[(&str, &str)]) {
        self.start(element, attributes);
        self.0.push_str("/>");
    }

    /// Writes an element with a text.
    pub fn element(&mut self, element: &str, attributes: &[(&str, &str)], text: &str) {
        self.open(element, attributes);
        self.text(text);
        self.close(element);
    }

    /// Closes an element.
    pub fn close(&mut self, element: &str) {
        self.0.push_str("</");
        self.0.push_str(element);
        self.0.push('>');
    }

    /// Writes a text.
    pub fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find(['&', '<', '>', '"']) {
            let (plain, special) = rest.split_at(at);
            self.0.push_str(plain);
            self.0.push_str(match special.as_bytes().first() {
                Some(b'&') => "&amp;",
                Some(b'<') => "&lt;",
                Some(b'>') => "&gt;",
                _ => "&quot;",
            });
            rest = special.get(1..).unwrap_or_default();
        }
        self.0.push_str(rest);
    }

    /// Returns the finished SVG.
    pub fn finish(self) -> Svg {
        Svg(self.0)
    }

    /// Returns the SVG text written so far.
    #[cfg(test)]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn start(&mut self, element: &str, attributes: &[(&str, &str)]) {
        self.0.push('<');
        self.0.push_str(element);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            self.text(value);
            self.0.push('"');
        }
    }
}

/// Formats a length with one decimal. Uses integers: formatting any `f64` would add kilobytes to the wasm file.
pub fn tenth(length: f64) -> String {
    let tenths = (length * 10.0).round() as i64;
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, rest) = (tenths.abs() / 10, tenths.abs() % 10);
    if rest == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

/// Formats a share with three decimals.
pub fn thousandth(share: f64) -> String {
    let thousandths = (share.max(0.0) * 1000.0).round() as u64;
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(-0.04, "0")]
    #[case(-0.25, "-0.3")]
    #[case(12.0, "12")]
    #[case(7.96, "8")]
    fn tenth_drops_a_zero_decimal(#[case] length: f64, #[case] written: &str) {
        assert_eq!(tenth(length), written);
    }

    #[test]
    fn thousandth_has_three_decimals() {
        assert_eq!([0.0625, 1.0, 0.0, 12.3456].map(thousandth), ["0.063", "1.000", "0.000", "12.346"]);
    }

    #[test]
    fn texts_and_attributes_are_escaped() {
        let mut svg = SvgWriter::default();
        svg.text("<b>\"A&B\"");
        assert_eq!(svg.as_str(), "&lt;b&gt;&quot;A&amp;B&quot;");
        let mut svg = SvgWriter::default();
        svg.element("title", &[("class", "\"><script>")], "</title>");
        assert_eq!(&*svg.finish(), "<title class=\"&quot;&gt;&lt;script&gt;\">&lt;/title&gt;</title>");
    }
}
