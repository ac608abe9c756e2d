//! Client that validates requests and responses against the OpenAPI document.

use crate::Api;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Collects all references of a document.
pub fn collect_references(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                references.insert(reference.clone());
            }
            members.values().for_each(|value| collect_references(value, references));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_references(value, references)),
        _ => {}
    }
}

/// Client that validates every request and response against the OpenAPI document.
pub struct CheckedClient {
    /// Client without validation.
    pub api: Api,
    /// The document.
    pub document: Value,
    /// Components of the document in which no schema allows further members.
    strict: Value,
    /// Operations that were called.
    pub called: RefCell<BTreeSet<String>>,
}

impl CheckedClient {
    /// Reads the document from the server.
    pub fn new(api: Api) -> Self {
        let document = api.read("/api/v1/openapi.json");
        let mut strict = document["components"].clone();
        let mut flattened = BTreeSet::new();
        collect_flattened(&strict, &mut flattened);
        for (name, schema) in strict["schemas"].as_object_mut().unwrap() {
            if !flattened.contains(&format!("#/components/schemas/{name}")) {
                close(schema);
            }
        }
        Self { api, document, strict, called: RefCell::default() }
    }

    /// Asserts that a value is valid for a schema.
    fn assert_valid(&self, what: &str, components: &Value, schema: &Value, value: &Value) {
        let schema = json!({"allOf": [schema], "components": components});
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{what}: {errors:#?}");
    }

    /// Sends a request and validates its body and the response. `path` fills in the template and adds the query.
    pub fn call(&self, name: &str, path: &str, body: Option<Value>, status: u16) -> Value {
        let (method, template) = name.split_once(' ').unwrap();
        let operation = &self.document["paths"][template][method.to_lowercase()];
        assert!(operation.is_object(), "the document has no {name}");
        let mut request = self.api.request(method, path);
        if let Some(body) = body {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            self.assert_valid(&format!("the body of {name}"), &self.document["components"], schema, &body);
            request = request.json(&body);
        }
        self.check(name, request.send().unwrap(), status)
    }

    /// Validates a response.
    pub fn check(&self, name: &str, answer: reqwest::blocking::Response, status: u16) -> Value {
        let (method, template) = name.split_once(' ').unwrap();
        assert_eq!(answer.status(), status, "{name}");
        self.called.borrow_mut().insert(name.to_owned());
        let content_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
        let operation = &self.document["paths"][template][method.to_lowercase()];
        let schema = &operation["responses"][status.to_string()]["content"][&content_type]["schema"];
        assert!(schema.is_object(), "{name} does not say that {status} is {content_type}");
        // The first document of JSON lines.
        let text = answer.text().unwrap();
        let value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        self.assert_valid(&format!("{status} of {name}"), &self.strict, schema, &value);
        value
    }
}

/// Collects the schemas that are flattened into others and therefore need to allow further members.
fn collect_flattened(value: &Value, flattened: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(parts) = members.get("allOf") {
                collect_references(parts, flattened);
            }
            members.values().for_each(|value| collect_flattened(value, flattened));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_flattened(value, flattened)),
        _ => {}
    }
}

/// Forbids members in a schema that it does not name.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) if members.contains_key("allOf") => {}
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.get("properties").is_some_and(Value::is_object) {
                members.entry("additionalProperties").or_insert(json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
