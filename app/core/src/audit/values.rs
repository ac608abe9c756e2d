//! Values before and after a change.

use serde_json::{Map, Value};

/// Fields of an object as JSON.
type Fields = Map<String, Value>;

/// Returns the fields that differ between two states, each as it was and as it is. A field that one side lacks is
/// absent there.
pub fn changes(before: &Fields, after: &Fields) -> (Fields, Fields) {
    let differing = |these: &Fields, others: &Fields| {
        let fields = these.iter().filter(|(name, value)| others.get(*name) != Some(value));
        fields.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    (differing(before, after), differing(after, before))
}

/// Returns the item with a code in a list of a larger JSON object; empty if there is none.
pub fn item_of(whole: &Value, list: &str, code: &str) -> Fields {
    let items = whole.get(list).and_then(Value::as_array).into_iter().flatten();
    let mut items = items.filter_map(Value::as_object);
    items.find(|item| item.get("code").and_then(Value::as_str) == Some(code)).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: &Value) -> Fields {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn changes_name_differing_fields_alone() {
        let before = fields(&json!({"name": "小王", "places": ["522728"], "role": "viewer", "gone": 1}));
        let after = fields(&json!({"name": "小王", "places": [], "role": "admin", "new": true}));
        let (old, new) = changes(&before, &after);
        assert_eq!(Value::Object(old), json!({"places": ["522728"], "role": "viewer", "gone": 1}));
        assert_eq!(Value::Object(new), json!({"places": [], "role": "admin", "new": true}));
    }

    #[test]
    fn item_of_a_list_is_found_by_its_code() {
        let whole = json!({"programmes": [{"code": "a"}, {"code": "b", "name": "乙"}]});
        assert_eq!(item_of(&whole, "programmes", "b")["name"], "乙");
        assert!(item_of(&whole, "programmes", "c").is_empty() && item_of(&whole, "forms", "a").is_empty());
    }
}
