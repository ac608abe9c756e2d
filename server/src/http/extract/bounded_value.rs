//! Parses JSON and CBOR of clients, with a limit for the memory of the parsed values.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::{Map, Number, Value};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

/// Maximum memory of the values of a body, in bytes: 16 times the largest body. JSON of `[0,0,…]` needs as much. A list
/// of small objects would need a hundred times its size.
const MAX_MEMORY: usize = 128 << 20;
/// Memory of an object with its first entries, of each entry, of a list with its first items, and of each item.
const OBJECT: usize = 640;
const ENTRY: usize = 112;
const LIST: usize = 4 * ITEM;
const ITEM: usize = size_of::<Value>();
/// Names that `serde_json` would parse as something else when it reads the stored value.
const RESERVED: &str = "$serde_json::private::";

/// Reason why a body cannot be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// Malformed, or not representable as a value.
    Malformed,
    /// More values than the memory limit allows.
    TooLarge,
}

/// Memory that the values of a body may still take.
#[derive(Debug)]
pub struct MemoryBudget {
    left: Cell<usize>,
    is_exceeded: Cell<bool>,
}

impl Default for MemoryBudget {
    fn default() -> Self {
        Self { left: Cell::new(MAX_MEMORY), is_exceeded: Cell::new(false) }
    }
}

impl MemoryBudget {
    /// Parses JSON within the budget.
    pub fn parse_json(&self, json: &[u8]) -> Result<Value, ParseError> {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let value = BoundedValue(self).deserialize(&mut deserializer);
        value.and_then(|value| deserializer.end().map(|()| value)).map_err(|_| self.reason())
    }

    /// Returns why parsing failed.
    fn reason(&self) -> ParseError {
        if self.is_exceeded.get() { ParseError::TooLarge } else { ParseError::Malformed }
    }

    /// Takes memory for a value.
    fn take<E: Error>(&self, bytes: usize) -> Result<(), E> {
        match self.left.get().checked_sub(bytes) {
            Some(left) => self.left.set(left),
            None => {
                self.is_exceeded.set(true);
                return Err(E::custom("too many values"));
            }
        }
        Ok(())
    }
}

/// Parses a whole JSON body.
pub fn parse_json(json: &[u8]) -> Result<Value, ParseError> {
    MemoryBudget::default().parse_json(json)
}

/// Parses a whole CBOR body. A number that JSON lacks, such as NaN, becomes text, which no field for numbers accepts; as
/// null it would clear the field.
pub fn parse_cbor(cbor: &[u8]) -> Result<Value, ParseError> {
    /// A value, or `None` if it exceeds the budget; `ciborium` accepts no seed.
    struct Body(Option<Value>);

    impl<'de> Deserialize<'de> for Body {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let budget = MemoryBudget::default();
            match BoundedValue(&budget).deserialize(deserializer) {
                Ok(value) => Ok(Self(Some(value))),
                Err(_) if budget.is_exceeded.get() => Ok(Self(None)),
                Err(error) => Err(error),
            }
        }
    }

    let Body(value) = ciborium::from_reader(cbor).map_err(|_| ParseError::Malformed)?;
    value.ok_or(ParseError::TooLarge)
}

/// The first items of a list; of further ones only the next is counted.
#[derive(Debug)]
pub struct FirstItems<T, const N: usize>(pub Vec<T>);

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for FirstItems<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T, const N: usize>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for Items<T, N> {
            type Value = Vec<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
                let mut first = Vec::new();
                while first.len() < N {
                    match items.next_element()? {
                        Some(item) => first.push(item),
                        None => return Ok(first),
                    }
                }
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(first)
            }
        }

        deserializer.deserialize_seq(Items::<T, N>(PhantomData)).map(Self)
    }
}

/// Parser of one value within a budget.
#[derive(Clone, Copy)]
struct BoundedValue<'a>(&'a MemoryBudget);

impl<'de> DeserializeSeed<'de> for BoundedValue<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for BoundedValue<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value of JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Value, E> {
        Ok(Value::String(value.to_string()))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Value, E> {
        Ok(Value::String(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or_else(|| Value::String(value.to_string()), Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.0.take(value.len())?;
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        self.0.take(value.len())?;
        Ok(Value::String(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(self)? {
            self.0.take(if values.is_empty() { LIST } else { ITEM })?;
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            if name.starts_with(RESERVED) {
                return Err(de::Error::custom("reserved name"));
            }
            self.0.take(if object.is_empty() { OBJECT } else { ENTRY } + name.len())?;
            let value = entries.next_value_seed(self)?;
            // The last of two values would win unseen.
            if object.insert(name, value).is_some() {
                return Err(de::Error::custom("duplicate name"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case(r#"{"a": [1, -2, 0.5, "x", null, true, {}]}"#)]
    #[case("18446744073709551615")]
    #[case(r#""村""#)]
    fn json_equals_unbounded_parse(#[case] json: &str) {
        assert_eq!(parse_json(json.as_bytes()), Ok(serde_json::from_str(json).unwrap()));
        let mut cbor = Vec::new();
        ciborium::into_writer(&serde_json::from_str::<Value>(json).unwrap(), &mut cbor).unwrap();
        assert_eq!(parse_cbor(&cbor), Ok(serde_json::from_str(json).unwrap()));
    }

    #[rstest]
    #[case(r#"{"a": 1, "a": 2}"#)]
    #[case(r#"[{"b": {"a": 1, "a": 1}}]"#)]
    #[case(r#"{"$serde_json::private::RawValue": "1"}"#)]
    #[case("[1] 2")]
    #[case("1e999")]
    #[case("")]
    fn ambiguous_json_is_malformed(#[case] json: &str) {
        assert_eq!(parse_json(json.as_bytes()), Err(ParseError::Malformed), "{json}");
    }

    #[rstest]
    #[case("0,", "0")]
    #[case("[0],", "[0]")]
    #[case(r#"{"":0},"#, "{}")]
    fn many_values_exceed_the_budget(#[case] item: &str, #[case] last: &str) {
        let body = format!("[{}{last}]", item.repeat((8 << 20) / item.len()));
        assert!(parse_json(body.as_bytes()) == Err(ParseError::TooLarge), "{item}");
        let few = format!("[{}{last}]", item.repeat(10_000));
        assert!(parse_json(few.as_bytes()).is_ok(), "{item}");
    }

    #[test]
    fn many_values_of_cbor_exceed_the_budget() {
        let mut body = vec![0x9a, 0, 0x7f, 0xff, 0xff];
        body.resize(body.len() + 0x7f_ffff, 0);
        assert_eq!(parse_cbor(&body), Err(ParseError::TooLarge));
    }

    #[test]
    fn number_that_json_lacks_becomes_text() {
        let mut cbor = Vec::new();
        let numbers = [ciborium::Value::Float(f64::NAN), ciborium::Value::Float(f64::NEG_INFINITY)];
        ciborium::into_writer(&ciborium::Value::Array(numbers.to_vec()), &mut cbor).unwrap();
        assert_eq!(parse_cbor(&cbor), Ok(json!(["NaN", "-inf"])));
    }

    #[test]
    fn list_stops_growing_after_the_first_items() {
        let FirstItems(items) = serde_json::from_str::<FirstItems<u8, 3>>("[1, 2, 3, 4, 5]").unwrap();
        assert_eq!(items, [1, 2, 3]);
        assert!(serde_json::from_str::<FirstItems<u8, 3>>("[1, 2, 3, 4, ").is_err());
        assert!(serde_json::from_str::<FirstItems<u8, 3>>("{}").is_err());
    }
}
