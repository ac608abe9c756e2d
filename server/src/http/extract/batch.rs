//! Extractor for a batch of mutations. Each is parsed separately, so an unrepresentable one fails no other.

use crate::http::extract::body::ReceivedBody;
use crate::http::extract::bounded_value::{FirstItems, MemoryBudget, ParseError, parse_cbor, parse_json};
use crate::http::problem::Problem;
use axum::extract::{FromRequest, Request};
use jiedui_core::sync::Mutation;
use jiedui_core::sync::protocol::LARGEST_BATCH;
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// An object of JSON whose values are not parsed yet.
type RawObject<'a> = BTreeMap<String, &'a RawValue>;

/// A body of JSON whose values are not parsed yet.
#[derive(Deserialize)]
struct RawBody<'a> {
    #[serde(borrow)]
    client_id: Option<&'a RawValue>,
    #[serde(borrow)]
    user: Option<&'a RawValue>,
    #[serde(borrow)]
    mutations: Option<&'a RawValue>,
}

/// The body of a push.
#[derive(Debug)]
pub struct Batch {
    /// `client_id`, as sent.
    pub client_id: Value,
    /// `user`, as sent.
    pub user: Value,
    /// Mutations in order, each with its number, or the errors of one that cannot be parsed. A batch that exceeds
    /// [`LARGEST_BATCH`] has one more than that.
    pub mutations: Result<Vec<ParsedMutation>, ErrorCode>,
}

/// A mutation of a batch, or its number (0 where that is unreadable, too) and its errors.
pub type ParsedMutation = Result<Mutation, (u64, Vec<FieldError>)>;

impl<S: Send + Sync> FromRequest<S> for Batch {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Ok(match ReceivedBody::from_request(request, state).await? {
            ReceivedBody::Json(bytes) => Self::from_json(&bytes)?,
            ReceivedBody::Cbor(bytes) => Self::from_value(parse_cbor(&bytes)?),
        })
    }
}

impl Batch {
    /// Splits a JSON body into mutations.
    fn from_json(bytes: &[u8]) -> Result<Self, ParseError> {
        let body: &RawValue = serde_json::from_slice(bytes).map_err(|_| ParseError::Malformed)?;
        if !body.get().starts_with('{') {
            return Ok(Self::from_value(Value::Null));
        }
        let body: RawBody<'_> = serde_json::from_str(body.get()).map_err(|_| ParseError::Malformed)?;
        let budget = MemoryBudget::default();
        // Something that no value can hold is of a wrong type, not missing.
        let value = |raw: Option<&RawValue>| match raw.map(|raw| budget.parse_json(raw.get().as_bytes())) {
            None => Ok(Value::Null),
            Some(Err(ParseError::Malformed)) => Ok(Value::Bool(false)),
            Some(parsed) => parsed,
        };
        let mutations = match body.mutations.map(RawValue::get) {
            None | Some("null") => Err(ErrorCode::Required),
            Some(raw) => serde_json::from_str::<FirstItems<&RawValue, { LARGEST_BATCH + 1 }>>(raw)
                .map_err(|_| ErrorCode::WrongType),
        };
        let mutations = match mutations {
            Ok(FirstItems(mutations)) => {
                Ok(mutations.into_iter().map(|raw| parse_raw(raw, &budget)).collect::<Result<_, _>>()?)
            }
            Err(code) => Err(code),
        };
        Ok(Self { client_id: value(body.client_id)?, user: value(body.user)?, mutations })
    }

    /// Splits a body that was parsed as a whole.
    fn from_value(mut body: Value) -> Self {
        let mut take = |name: &str| body.get_mut(name).map(Value::take).unwrap_or_default();
        let mutations = match take("mutations") {
            Value::Null => Err(ErrorCode::Required),
            Value::Array(mutations) => Ok(mutations.into_iter().take(LARGEST_BATCH + 1).map(parse).collect()),
            _ => Err(ErrorCode::WrongType),
        };
        Self { client_id: take("client_id"), user: take("user"), mutations }
    }
}

fn parse(mutation: Value) -> ParsedMutation {
    let seq = mutation.get("seq").and_then(Value::as_u64).unwrap_or_default();
    Mutation::parse(mutation).map_err(|errors| (seq, errors))
}

/// Parses one mutation. Fails if the batch exceeds its budget.
fn parse_raw(raw: &RawValue, budget: &MemoryBudget) -> Result<ParsedMutation, ParseError> {
    match budget.parse_json(raw.get().as_bytes()) {
        Ok(mutation) => Ok(parse(mutation)),
        Err(ParseError::TooLarge) => Err(ParseError::TooLarge),
        Err(ParseError::Malformed) => {
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
            Ok(Err((number.unwrap_or_default(), errors)))
        }
    }
}

/// Returns the name of the field that no value can hold. Reasons are a lone surrogate, a number out of range, a duplicate
/// name, and too deep a nesting.
fn unrepresentable_field(object: &RawObject<'_>) -> String {
    let bad = |object: &RawObject<'_>| {
        let (name, raw) = object
            .iter()
            .find(|(_, raw)| parse_json(raw.get().as_bytes()).is_err())
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
    #[case(r#"{"values": {"times": 1, "times": 2}}"#, "values")]
    #[case(r#"{"note": "a", "note": "b"}"#, "fields")]
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
        assert!(Batch::from_json(b"{\"mutations\": [NaN]}").is_err());
        assert!(Batch::from_json(b"").is_err());
    }
}
