//! Tags, attributes and character references of a web page.

use crate::import::file_error::FileError;

/// A tag or text of a page.
pub enum Event<'a> {
    /// An opening tag: name and attributes.
    Open(&'a str, &'a str),
    /// A closing tag.
    Close(&'a str),
    /// Text between tags.
    Text(&'a str),
}

/// Reads the tags and texts of a page. Skips scripts, styles and comments.
pub fn scan<'a>(text: &'a str, mut visit: impl FnMut(Event<'a>) -> Result<(), FileError>) -> Result<(), FileError> {
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        visit(Event::Text(before))?;
        if let Some(comment) = tag.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, rest)| rest);
            continue;
        }
        let Some(end) = tag.find('>') else { break };
        let (inside, after) = (tag.get(1..end).unwrap_or_default(), tag.get(end + 1..).unwrap_or_default());
        rest = after;
        if let Some(name) = inside.strip_prefix('/') {
            visit(Event::Close(name.trim()))?;
            continue;
        }
        let (name, attributes) =
            inside.split_once(|letter: char| letter.is_whitespace() || letter == '/').unwrap_or((inside, ""));
        for skipped in ["script", "style"] {
            if name.eq_ignore_ascii_case(skipped) {
                let lower = format!("</{skipped}");
                let end = rest.match_indices("</").find(|(at, _)| {
                    rest.get(*at..at + lower.len()).is_some_and(|tag| tag.eq_ignore_ascii_case(&lower))
                });
                rest = end.and_then(|(at, _)| rest.get(at..)).unwrap_or_default();
            }
        }
        visit(Event::Open(name, attributes))?;
    }
    visit(Event::Text(rest))
}

/// Returns whether an element is hidden. Spreadsheet programs write hidden rows and columns so.
pub fn is_hidden(text: &str) -> bool {
    let style: String = attribute(text, "style").unwrap_or_default().to_ascii_lowercase();
    let style: String = style.chars().filter(|letter| !letter.is_whitespace()).collect();
    let is_unseen =
        ["display:none", "visibility:hidden", "visibility:collapse"].iter().any(|rule| style.contains(rule));
    is_unseen || attribute(text, "hidden").is_some()
}

/// Returns the value of an attribute; empty for an attribute without a value.
pub fn attribute<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    attributes(text).find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Returns the names and values of the attributes of a tag.
fn attributes(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '/' || letter == '=');
        let ends = |letter: char| letter.is_whitespace() || letter == '=' || letter == '/';
        let (name, after) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
        rest = after;
        if name.is_empty() {
            return None;
        }
        let Some(value) = rest.trim_start().strip_prefix('=') else { return Some((name, "")) };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|letter| matches!(letter, '"' | '\''));
        let (value, after) = match quote {
            Some(quote) => {
                let inside = value.get(1..).unwrap_or_default();
                inside.split_once(quote).unwrap_or((inside, ""))
            }
            None => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
        };
        rest = after;
        Some((name, value))
    })
}

/// Replaces the character references of a text.
pub fn unescaped(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('&') {
        let (before, reference) = rest.split_at(at);
        out.push_str(before);
        let name: &str = reference.get(1..).and_then(|rest| rest.split(';').next()).unwrap_or_default();
        let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok(),
            None => number.parse().ok(),
        });
        let letter = match name {
            "nbsp" => Some(' '),
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "yen" => Some('¥'),
            "middot" => Some('·'),
            _ => number.and_then(char::from_u32),
        };
        match letter.filter(|_| reference.len() > name.len() + 1) {
            Some(letter) => {
                out.push(letter);
                rest = reference.get(name.len() + 2..).unwrap_or_default();
            }
            None => {
                out.push('&');
                rest = reference.get(1..).unwrap_or_default();
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_is_found_by_name_outside_of_values() {
        let text = " TITLE='a hidden style=x' class=b colspan = \"2\" hidden/";
        assert_eq!(attribute(text, "title"), Some("a hidden style=x"));
        assert_eq!((attribute(text, "colspan"), attribute(text, "hidden")), (Some("2"), Some("")));
        assert_eq!((attribute(text, "style"), attribute("span=3", "colspan")), (None, None));
        assert!(is_hidden("hidden") && is_hidden("STYLE='Visibility : Collapse'") && !is_hidden("title='hidden'"));
        assert!(!is_hidden("style='display:block' title=\"x hidden y\""));
    }
}
