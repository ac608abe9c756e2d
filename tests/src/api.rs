//! Client of the HTTP API.

use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use uuid::Uuid;

/// Client of the HTTP API, as another program would use it.
#[derive(Clone)]
pub struct Api {
    pub(crate) client: Client,
    /// Address of the server, such as `http://127.0.0.1:40123`.
    pub address: String,
    /// Bearer token of the session.
    pub token: Option<String>,
}

impl Api {
    /// Creates a request with the session's token.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let request = self.client.request(method.parse().unwrap(), format!("{}{path}", self.address));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Returns the same client at another address.
    pub fn through(&self, address: &str) -> Self {
        Self { address: address.to_owned(), ..self.clone() }
    }

    /// Sends a GET request and returns any response.
    pub fn get(&self, path: &str) -> Response {
        self.request("GET", path).send().unwrap()
    }

    /// Sends a GET request, which must succeed, and returns its JSON.
    pub fn read(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().unwrap()
    }

    /// Posts JSON and returns any response.
    pub fn post(&self, path: &str, body: &Value) -> Response {
        self.request("POST", path).json(body).send().unwrap()
    }

    /// Puts JSON and returns status and JSON of any response; null if it has none.
    pub fn put(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.request("PUT", path).json(body).send().unwrap();
        (answer.status().as_u16(), answer.json().unwrap_or_default())
    }

    /// Pushes mutations, which must be accepted, and returns the results.
    pub fn push(&self, client: Uuid, mutations: Value) -> Vec<Value> {
        let answer = self.post("/api/v1/sync/push", &json!({"client_id": client, "mutations": mutations}));
        assert_eq!(answer.status(), 200);
        answer.json::<Value>().unwrap()["results"].as_array().unwrap().clone()
    }

    /// Pulls all pages and returns the records and the last cursor.
    pub fn pull(&self, cursor: Option<&str>, limit: usize) -> (Vec<Value>, String) {
        let mut cursor = cursor.map(str::to_owned);
        let mut records = Vec::new();
        loop {
            let after = cursor.as_deref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let answer = self.read(&format!("/api/v1/sync/pull?limit={limit}{after}"));
            records.extend(answer["records"].as_array().unwrap().clone());
            let next = answer["cursor"].as_str().unwrap().to_owned();
            if answer["more"] == false {
                return (records, next);
            }
            cursor = Some(next);
        }
    }

    /// Returns the actual figure of an indicator in a year.
    pub fn actual(&self, code: &str, year: i32) -> Value {
        let answer = self.read(&format!("/api/v1/indicators?year={year}"));
        let indicators = answer["indicators"].as_array().unwrap();
        indicators.iter().find(|indicator| indicator["code"] == code).unwrap()["actual"].clone()
    }
}
