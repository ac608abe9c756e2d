//! Extractor for a batch of mutations. Each is parsed separately, so an unrepresentable one fails no other.

use crate::http::extract::body::{Payload, ReceivedBody, unreadable_body};
use crate::http::problem::Problem;
use axum::extract::{FromRequest, Request};
use jiedui_core::sync::Mutation;
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// An object of JSON whose values are not parsed yet.
type RawObject<'a> = BTreeMap<String, &'a RawValue>;

/// The body of a push.
#[derive(Debug)]
pub struct Batch {
    /// `client_id`, as sent.
    pub client_id: Value,
    /// `user`, as sent.
    pub user: Value,
    /// Mutations in order, each with its number, or the errors of one that cannot be parsed.
    pub mutations: Result<Vec<ParsedMutation>, ErrorCode>,
}

/// A mutation of a batch, or its number (0 where that is unreadable, too) and its errors.
pub type ParsedMutation = Result<Mutation, (u64, Vec<FieldError>)>;

impl<S: Send + Sync> FromRequest<S> for Batch {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match ReceivedBody::from_request(request, state).await? {
            ReceivedBody::Json(bytes) => Self::from_json(&bytes).ok_or_else(unreadable_body),
            ReceivedBody::Cbor(bytes) => Payload::from_cbor(&bytes).map(|Payload(body)| Self::from_value(body)),
        }
    }
}

impl Batch {
    /// Splits a JSON body into mutations; `None` if it is not JSON.
    fn from_json(bytes: &[u8]) -> Option<Self> {
        let body: &RawValue = serde_json::from_slice(bytes).ok()?;
        if !body.get().starts_with('{') {
            return Some(Self::from_value(Value::Null));
        }
        let body: RawObject<'_> = serde_json::from_str(body.get()).ok()?;
        // Something that no value can hold is of a wrong type, not missing.
        let value = |name: &str| {
            body.get(name).map_or(Value::Null, |raw| serde_json::from_str(raw.get()).unwrap_or(Value::Bool(false)))
        };
        let mutations = match body.get("mutations").map(|raw| raw.get()) {
            None | Some("null") => Err(ErrorCode::Required),
            Some(raw) => serde_json::from_str::<Vec<&RawValue>>(raw).map_err(|_| ErrorCode::WrongType),
        };
        let mutations = mutations.map(|mutations| mutations.into_iter().map(parse_raw).collect());
        Some(Self { client_id: value("client_id"), user: value("user"), mutations })
    }

    /// Splits a body that was parsed as a whole.
    fn from_value(mut body: Value) -> Self {
        let mut take = |name: &str| body.get_mut(name).map(Value::take).unwrap_or_default();
        let mutations = match take("mutations") {
            Value::Null => Err(ErrorCode::Required),
            Value::Array(mutations) => Ok(mutations.into_iter().map(parse).collect()),
            _ => Err(ErrorCode::WrongType),
        };
        Self { client_id: take("client_id"), user: take("user"), mutations }
    }
}

fn parse(mutation: Value) -> ParsedMutation {
    let seq = mutation.get("seq").and_then(Value::as_u64).unwrap_or_default();
    Mutation::parse(mutation).map_err(|errors| (seq, errors))
}

fn parse_raw(raw: &RawValue) -> ParsedMutation {
    match serde_json::from_str::<Value>(raw.get()) {
        Ok(mutation) => parse(mutation),
        Err(_) => {
            let object: RawObject<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
            let field = unrepresentable_field(&object);
            let mut errors = vec![FieldError::new(&field, ErrorCode::WrongType)];
            let seq = object.get("seq").map(|seq| seq.get());
            let number = seq.and_then(|seq| seq.parse().ok()).filter(|seq| i64::try_from(*seq).is_ok());
            if number.is_none() && field != "seq" {
                let is_missing = seq.is_none_or(|seq| seq == "null");
                let code = if is_missing { ErrorCode::Required } else { ErrorCode::WrongType };
                errors.push(FieldError::new("seq", code));
            }
            Err((number.unwrap_or_default(), errors))
        }
    }
}

/// Returns the name of the field that no value can hold: a lone surrogate, a number out of range, too deep a nesting.
fn unrepresentable_field(object: &RawObject<'_>) -> String {
    let bad = |object: &RawObject<'_>| {
        let (name, raw) = object
            .iter()
            .find(|(_, raw)| serde_json::from_str::<Value>(raw.get()).is_err())
            .map(|(name, raw)| (name.clone(), *raw))?;
        Some((name, raw.get().to_owned()))
    };
    match bad(object) {
        Some((name, raw)) if name == "fields" => {
            let fields: RawObject<'_> = serde_json::from_str(&raw).unwrap_or_default();
            bad(&fields).map_or(name, |(field, _)| field)
        }
        Some((name, _)) => name,
        None => "fields".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const GOOD: &str = r#"{"seq": 1, "kind": "entry", "id": "0198f3a0-0000-7000-8000-000000000001", "op": "put"}"#;

    #[rstest]
    #[case(r#"{"note": "\ud800"}"#, "note")]
    #[case(r#"{"values": {"times": 1e999}}"#, "values")]
    #[case(r#"{"\udfff": 1}"#, "fields")]
    fn unrepresentable_mutation_fails_no_other(#[case] fields: &str, #[case] field: &str) {
        let bad = format!(r#"{{"seq": 2, "kind": "entry", "id": "x", "op": "put", "fields": {fields}}}"#);
        let body = format!(r#"{{"client_id": "c", "mutations": [{GOOD}, {bad}, {GOOD}]}}"#);
        let mutations = Batch::from_json(body.as_bytes()).unwrap().mutations.unwrap();
        assert!(mutations[0].is_ok() && mutations[2].is_ok());
        let (seq, errors) = mutations[1].clone().unwrap_err();
        assert_eq!((seq, errors.len(), errors[0].field.as_str()), (2, 1, field));
    }

    #[rstest]
    #[case(r#""x""#, ErrorCode::WrongType)]
    #[case("-1", ErrorCode::WrongType)]
    #[case("18446744073709551616", ErrorCode::WrongType)]
    #[case("null", ErrorCode::Required)]
    fn unreadable_seq_is_an_error_of_its_field(#[case] seq: &str, #[case] code: ErrorCode) {
        for note in [r#""""#, r#""\ud800""#] {
            let bad =
                format!(r#"{{"seq": {seq}, "kind": "entry", "id": "x", "op": "put", "fields": {{"note": {note}}}}}"#);
            let body = format!(r#"{{"client_id": "c", "mutations": [{bad}, {GOOD}]}}"#);
            let mutations = Batch::from_json(body.as_bytes()).unwrap().mutations.unwrap();
            let (answered, errors) = mutations[0].clone().unwrap_err();
            let error = errors.iter().find(|error| error.field == "seq").map(|error| error.code);
            assert_eq!((answered, error), (0, Some(code)), "{note}");
            assert!(mutations[1].is_ok());
        }
    }

    #[test]
    fn deeply_nested_value_fails_its_mutation_alone() {
        let deep = format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000));
        let bad = format!(r#"{{"seq": 2, "fields": {{"note": {deep}}}}}"#);
        let body = format!(r#"{{"client_id": "c", "mutations": [{bad}, {GOOD}]}}"#);
        let mutations = Batch::from_json(body.as_bytes()).unwrap().mutations.unwrap();
        assert_eq!(mutations[0].clone().unwrap_err().1[0].field, "note");
        assert!(mutations[1].is_ok());
    }

    #[rstest]
    #[case("[]", Some(ErrorCode::Required))]
    #[case(r#"{"mutations": null}"#, Some(ErrorCode::Required))]
    #[case(r#"{"mutations": {}}"#, Some(ErrorCode::WrongType))]
    #[case(r#"{"mutations": []}"#, None)]
    fn batch_without_a_list_of_mutations_is_an_error(#[case] body: &str, #[case] error: Option<ErrorCode>) {
        assert_eq!(Batch::from_json(body.as_bytes()).unwrap().mutations.err(), error);
        let value = serde_json::from_str(body).unwrap();
        assert_eq!(Batch::from_value(value).mutations.err(), error);
    }

    #[test]
    fn body_that_is_not_json_is_no_batch() {
        assert!(Batch::from_json(b"{\"mutations\": [NaN]}").is_none());
        assert!(Batch::from_json(b"").is_none());
    }
}
