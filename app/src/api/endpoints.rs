//! Requests to the server: one function for each endpoint of `/api/v1` that the app uses.

use crate::api::codec::{self, CBOR, ChunkStream};
use crate::api::error::ApiError;
use crate::storage::clock;
use crate::storage::local_storage;
use futures::future::{Either, select};
use gloo_net::http::{Request, RequestBuilder, Response};
use gloo_timers::future::TimeoutFuture;
use jiedui_core::access::user::User;
use jiedui_core::api::attachments::{MissingRequest, MissingResponse};
use jiedui_core::api::entries::{EntriesResponse, EntryResponse, RevisionState};
use jiedui_core::api::ledger::LedgerResponse;
use jiedui_core::api::periods::{ClosedMonth, PeriodsResponse, SetPeriodRequest};
use jiedui_core::api::problem::Problem;
use jiedui_core::api::session::{SignInRequest, SignInResponse};
use jiedui_core::api::shares::{NewShareResponse, ShareLink, SharesResponse};
use jiedui_core::directory::place::{Place, Places};
use jiedui_core::entry::Entry;
use jiedui_core::sync::protocol::{EPOCH_HEADER, PROTOCOL_HEADER, PROTOCOL_VERSION};
use jiedui_core::sync::upload::UploadResult;
use jiedui_core::sync::{Failure, Mutation, PullResponse, PushRequest, PushResponse, PushResult, Record};
use jiedui_core::values::{language::Language, month::Month};
use leptos::prelude::window;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::pin::pin;
use std::time::Duration;
use uuid::Uuid;

/// Time limit for an answer, in milliseconds: a full batch on 2G takes half as long.
const TIMEOUT: u32 = 60_000;

/// Sends a request and returns the answer with any status.
async fn send_with_timeout(request: Request) -> Result<Response, ApiError> {
    if !window().navigator().on_line() {
        // The browser would send the request and log its failure.
        return Err(ApiError::no_answer());
    }
    let answer = match select(pin!(request.send()), TimeoutFuture::new(TIMEOUT)).await {
        Either::Left((answer, _)) => answer.map_err(|_| ApiError::no_answer())?,
        Either::Right(_) => return Err(ApiError::no_answer()),
    };
    if let Some(date) = answer.headers().get("date") {
        clock::learn(&date);
    }
    Ok(answer)
}

/// Sends a request and returns its answer, unless that has an error status.
pub(super) async fn send(request: Request) -> Result<Response, ApiError> {
    let answer = send_with_timeout(request).await?;
    let status = answer.status();
    if answer.ok() || status == 304 {
        return Ok(answer);
    }
    let after = answer.headers().get("retry-after").and_then(|seconds| seconds.parse().ok());
    let failure = match status {
        401 => Failure::SignedOut,
        413 => Failure::TooLarge,
        408 | 429 | 500.. => Failure::Busy(after.map(Duration::from_secs)),
        _ => Failure::Refused,
    };
    let text = answer.text().await.unwrap_or_default();
    let problem = local_storage::from_json::<Problem>(&text).ok();
    let (detail, errors) = problem.map(|problem| (problem.detail, problem.errors)).unzip();
    Err(ApiError { failure, status, detail, errors: errors.unwrap_or_default() })
}

/// Sends a request and reads its answer.
pub(super) async fn send_json<T: DeserializeOwned>(request: Request) -> Result<T, ApiError> {
    // A truncated response, or one from another machine such as a captive portal, does not count.
    let text = send(request).await?.text().await.map_err(|_| ApiError::no_answer())?;
    local_storage::from_json(&text).map_err(|_| ApiError::no_answer())
}

/// Builds a GET request.
pub(super) fn get(path: &str) -> Result<Request, ApiError> {
    Request::get(path).build().map_err(|_| ApiError::no_answer())
}

/// A request with a body.
pub(super) fn with_body(
    request: RequestBuilder,
    language: Language,
    body: &impl Serialize,
) -> Result<Request, ApiError> {
    request.header("accept-language", language.tag()).json(body).map_err(|_| ApiError::no_answer())
}

/// Signs in.
pub async fn sign_in(username: &str, password: &str, language: Language) -> Result<User, ApiError> {
    let body = SignInRequest { username: username.to_owned(), password: password.to_owned(), device_name: None };
    let answer: SignInResponse = send_json(with_body(Request::post("/api/v1/session"), language, &body)?).await?;
    Ok(answer.user.into())
}

/// Signs out. Succeeds if the session has ended already.
pub async fn sign_out() -> Result<(), ApiError> {
    let request = Request::delete("/api/v1/session").build().map_err(|_| ApiError::no_answer())?;
    match send(request).await {
        Err(error) if error.status != 401 => Err(error),
        _ => Ok(()),
    }
}

/// Sends a batch of the user's mutations. Returns the results and the epoch of the database.
pub async fn push(
    user: Uuid,
    client: Uuid,
    mutations: Vec<Mutation>,
    language: Language,
) -> Result<(Vec<PushResult>, Option<u64>), Failure> {
    let body = PushRequest { client_id: client, user: Some(user), mutations };
    send_batch(&body, language).await.map_err(|error| error.failure)
}

async fn send_batch(body: &PushRequest, language: Language) -> Result<(Vec<PushResult>, Option<u64>), ApiError> {
    let plain = codec::encode(body).ok_or_else(ApiError::no_answer)?;
    let request = syncing(Request::post("/api/v1/sync/push"))
        .header("accept-language", language.tag())
        .header("content-type", CBOR);
    let request = match codec::compress(&plain).await {
        Some(packed) => request.header("content-encoding", "gzip").body(packed),
        None => request.body(js_sys::Uint8Array::from(plain.as_slice())),
    };
    let answer = send(request.map_err(|_| ApiError::no_answer())?).await?;
    let epoch = answer.headers().get(EPOCH_HEADER).and_then(|epoch| epoch.parse().ok());
    // A truncated answer counts as none.
    let bytes = answer.binary().await.map_err(|_| ApiError::no_answer())?;
    let decoded: PushResponse = codec::decode(&bytes).ok_or_else(ApiError::no_answer)?;
    Ok((decoded.results, epoch))
}

/// Request of the sync, with protocol version and response format.
fn syncing(request: RequestBuilder) -> RequestBuilder {
    request.header(PROTOCOL_HEADER, &PROTOCOL_VERSION.to_string()).header("accept", CBOR)
}

/// Pages of the records that changed in the user's scope, as they arrive.
pub struct Pages {
    chunks: ChunkStream,
    reset: bool,
}

impl Pages {
    /// Requests the pages after a cursor. A server that does not know the cursor, as after a restore, is asked from the
    /// start.
    pub async fn ask(user: Uuid, cursor: Option<&str>) -> Result<Self, Failure> {
        let (answer, reset) = match Self::after(user, cursor.unwrap_or_default()).await {
            Err(error) if error.errors.iter().any(|error| error.field == "cursor") => {
                (Self::after(user, "").await, true)
            }
            answer => (answer, false),
        };
        let chunks = answer.map_err(|error| error.failure)?;
        Ok(Self { chunks, reset })
    }

    async fn after(user: Uuid, cursor: &str) -> Result<ChunkStream, ApiError> {
        let request = syncing(Request::get(&format!("/api/v1/sync/snapshot?window=phone&user={user}&cursor={cursor}")));
        let answer = send(request.build().map_err(|_| ApiError::no_answer())?).await?;
        answer.body().as_ref().and_then(ChunkStream::of).ok_or_else(ApiError::no_answer)
    }

    /// Returns the next page. The replica is reset with the first page after a cursor that the server did not know.
    pub async fn next(&mut self) -> Result<PullResponse, Failure> {
        let next = self.chunks.next::<PullResponse>();
        let page = match select(pin!(next), TimeoutFuture::new(TIMEOUT)).await {
            Either::Left((page, _)) => page.map_err(|error| error.failure)?,
            Either::Right(_) => return Err(Failure::NoAnswer),
        };
        Ok(PullResponse { reset: std::mem::take(&mut self.reset), ..page })
    }
}

/// Returns the latest entries of a year, or of all years, that the user may see.
pub async fn latest_entries(year: Option<i32>) -> Result<Vec<(Uuid, Entry)>, ApiError> {
    let year = year.map(|year| format!("&year={year}")).unwrap_or_default();
    let answer: EntriesResponse = send_json(get(&format!("/api/v1/entries?limit=6{year}"))?).await?;
    let entry = |record: &Record| Some((record.id, Entry::from_checked(&record.fields)?));
    Ok(answer.entries.iter().filter_map(entry).collect())
}

/// Sends a chunk of a photo, or asks how many bytes the server has.
pub async fn send_photo(sha256: &str, range: &str, chunk: Option<js_sys::Uint8Array>) -> UploadResult {
    let request = Request::put(&format!("/api/v1/attachments/{sha256}")).header("content-range", range);
    let request = match chunk {
        Some(chunk) => request.body(chunk),
        None => request.build(),
    };
    let Ok(request) = request else { return UploadResult::Refused };
    let Ok(answer) = send_with_timeout(request).await else { return UploadResult::NoResponse };
    let received = || {
        let range = answer.headers().get("range")?;
        range.strip_prefix("bytes=0-")?.parse::<u64>().ok().map(|last| last + 1)
    };
    match answer.status() {
        200 | 201 => UploadResult::Stored,
        202 | 409 => UploadResult::Received(received().unwrap_or_default()),
        // The server rejects the content. Other errors can pass: no session, no space, no server.
        400 | 413 => UploadResult::Refused,
        _ => UploadResult::NoResponse,
    }
}

/// Returns the photos that the server lacks.
pub async fn missing_photos(hashes: &[String], language: Language) -> Result<Vec<String>, ApiError> {
    let body = MissingRequest { sha256: hashes.to_vec() };
    let answer: MissingResponse =
        send_json(with_body(Request::post("/api/v1/attachments/missing"), language, &body)?).await?;
    Ok(answer.missing)
}

/// Uploads a file under its hash.
pub async fn upload_file(sha256: &str, content: js_sys::Uint8Array) -> Result<(), ApiError> {
    let request = Request::put(&format!("/api/v1/attachments/{sha256}")).body(content);
    send(request.map_err(|_| ApiError::no_answer())?).await.map(drop)
}

/// Returns an entry as the server has it.
pub async fn entry(id: Uuid) -> Result<Record, ApiError> {
    let answer: EntryResponse = send_json(get(&format!("/api/v1/entries/{id}"))?).await?;
    let EntryResponse { kind, id, rev, fields, deleted, .. } = answer;
    Ok(Record { kind, id, rev, fields, deleted })
}

/// Returns a page of the entries of a query, newest date first.
pub async fn entries_by_date(query: &str, after: &str) -> Result<EntriesResponse, ApiError> {
    send_json(get(&format!("/api/v1/entries?order=date&limit=100&after={after}{query}"))?).await
}

/// Returns a page of the ledger items of a query, the one that was recorded last first.
pub async fn ledger_items(query: &str, after: &str) -> Result<LedgerResponse, ApiError> {
    send_json(get(&format!("/api/v1/ledger?limit=100&after={after}{query}"))?).await
}

/// Maximum number of requested pages of an entry's history: two thousand states.
const HISTORY_PAGES: usize = 10;

/// Returns the history of an entry, oldest first.
pub async fn history(id: Uuid) -> Result<Vec<RevisionState>, ApiError> {
    let (mut all, mut before) = (Vec::new(), String::new());
    for _ in 0..HISTORY_PAGES {
        let answer: EntryResponse = send_json(get(&format!("/api/v1/entries/{id}{before}"))?).await?;
        all.splice(0..0, answer.history);
        let Some(older) = answer.older else { break };
        before = format!("?before={older}");
    }
    Ok(all)
}

/// Creates a share link to the view of a query. Returns its path.
pub async fn share(query: String, days: &str, language: Language) -> Result<String, ApiError> {
    // The server rejects text that is not a number.
    let days = days.trim().parse::<u32>().map_or(serde_json::json!(days), |days| serde_json::json!(days));
    let body = serde_json::json!({"query": query, "days": days});
    let made: NewShareResponse = send_json(with_body(Request::post("/api/v1/shares"), language, &body)?).await?;
    Ok(made.path)
}

/// Returns the user's share links.
pub async fn links() -> Result<Vec<ShareLink>, ApiError> {
    let answer: SharesResponse = send_json(get("/api/v1/shares")?).await?;
    Ok(answer.shares)
}

/// Revokes a share link.
pub async fn revoke_link(id: Uuid) -> Result<(), ApiError> {
    let request = Request::delete(&format!("/api/v1/shares/{id}")).build().map_err(|_| ApiError::no_answer())?;
    send(request).await.map(drop)
}

/// Returns the closed months.
pub async fn periods() -> Result<Vec<ClosedMonth>, ApiError> {
    Ok(send_json::<PeriodsResponse>(get("/api/v1/periods")?).await?.closed)
}

/// Closes a month, or opens it again.
pub async fn set_period(month: Month, closed: bool, language: Language) -> Result<Vec<ClosedMonth>, ApiError> {
    let request = Request::put(&format!("/api/v1/periods/{month}"));
    let request = with_body(request, language, &SetPeriodRequest { closed })?;
    Ok(send_json::<PeriodsResponse>(request).await?.closed)
}

/// Returns the tree of places.
pub async fn places() -> Result<Places, ApiError> {
    let places: Vec<Place> = send_json(get("/api/v1/places")?).await?;
    Ok(Places::new(places))
}
