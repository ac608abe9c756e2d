//! Splits the cell that contains all values of an exported entry.

use jiedui_core::catalogue::Activity;
use std::collections::BTreeMap;

/// Returns the values of an exported cell by field code. A text may contain the separator. `None` if
/// there is text before the first field's name.
pub fn parts<'a>(text: &str, form: &'a Activity) -> Option<BTreeMap<&'a str, String>> {
    let mut parts: BTreeMap<&str, String> = BTreeMap::new();
    let mut last: Option<&str> = None;
    let text = text.strip_prefix('\'').unwrap_or(text);
    for piece in text.split('；').filter(|piece| !piece.trim().is_empty()) {
        let named = form.fields.iter().filter_map(|field| {
            let rest = piece.trim_start().strip_prefix(field.name.as_str())?.strip_prefix(' ')?;
            Some((field, rest))
        });
        // Of two names with the same beginning, the longer one matches.
        match named.max_by_key(|(field, _)| field.name.len()) {
            Some((field, rest)) if !parts.contains_key(field.code.as_str()) => {
                parts.insert(&field.code, rest.trim().to_owned());
                last = Some(&field.code);
            }
            _ => {
                let part = parts.get_mut(last?)?;
                part.push('；');
                part.push_str(piece);
            }
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_in_one_cell_are_split_by_field_names() {
        let form: Activity = serde_json::from_value(json!({
            "code": "a", "programme": "p", "name": "", "name_en": "", "version": 1, "fields": [
                {"code": "people", "name": "人数", "name_en": "", "kind": "integer", "required": true},
                {"code": "topic", "name": "主题", "name_en": "", "kind": "text", "required": false},
            ]
        }))
        .unwrap();
        let answers = parts("人数 12 人；主题 春耕；秋收；", &form).unwrap();
        assert_eq!(answers, BTreeMap::from([("people", "12 人".to_owned()), ("topic", "春耕；秋收".to_owned())]));
        assert_eq!(parts("12 人", &form), None);
    }
}
