//! Escaped HTML as part of a component's properties.

use maud::{Markup, Render, html};

/// Escaped HTML. It comes from a template, so that no text gets into it unescaped; unlike [`Markup`], it can be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Html(String);

impl Html {
    /// Escapes a text.
    pub fn text(text: &str) -> Self {
        html! { (text) }.into()
    }

    /// Returns whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the HTML as text, for `inner_html`.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl From<Markup> for Html {
    fn from(markup: Markup) -> Self {
        Self(markup.into_string())
    }
}

impl Render for Html {
    fn render_to(&self, buffer: &mut String) {
        buffer.push_str(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_once() {
        let html = Html::text("<b>&");
        assert_eq!(html! { p { (html) } }.into_string(), "<p>&lt;b&gt;&amp;</p>");
    }
}
