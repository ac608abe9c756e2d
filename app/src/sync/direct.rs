//! Saves without storage, in a browser that refuses it: the change is sent at once and saved when the server has accepted it.

use super::overview;
use crate::api::endpoints;
use crate::state::AppState;
use crate::storage::StoreError;
use crate::storage::saving::SaveRequest;
use crate::storage::user_db::new_id;
use jiedui_core::entry::field;
use jiedui_core::sync::{Failure, Mutation, Op};
use jiedui_core::values::field_error::FieldError;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

thread_local! {
    /// Client identifier of this page.
    static CLIENT: Uuid = new_id();
    static LAST_SEQ: Cell<u64> = const { Cell::new(0) };
    /// Mutation without an answer. It is sent again with the same number, so it takes effect once.
    static UNANSWERED: RefCell<Option<Mutation>> = const { RefCell::new(None) };
}

/// Sends the change of a form. When this returns without an error, the server has accepted it.
pub async fn send(app: AppState, request: &SaveRequest) -> Result<(), StoreError> {
    let not_sent = |why: &str| StoreError::NotSent(why.to_owned());
    let user = app.session.user.with_untracked(|user| user.as_ref().map(|user| user.id));
    let user = user.ok_or_else(|| not_sent(app.texts.sync_signed_out()))?;
    let mutation = numbered(request);
    UNANSWERED.set(Some(mutation.clone()));
    let results = endpoints::push(user, CLIENT.with(|client| *client), vec![mutation.clone()], app.language).await;
    let (results, _) = results.map_err(|failure| match failure {
        Failure::SignedOut => not_sent(app.texts.sync_signed_out()),
        Failure::Refused => not_sent(app.texts.sync_refused()),
        _ => not_sent(app.texts.sync_offline()),
    })?;
    UNANSWERED.take();
    let result = results.into_iter().find(|result| result.seq == mutation.seq);
    let result = result.ok_or_else(|| not_sent(app.texts.sync_offline()))?;
    if !result.outcome.is_done() {
        let activity = request.fields.get(field::ACTIVITY).and_then(|code| code.as_str()).unwrap_or_default();
        return Err(not_sent(&reasons(app, activity, result.errors)));
    }
    app.sync.uploaded.update(|uploaded| *uploaded += 1);
    // Without storage, no pull updates the screens.
    spawn_local(async move {
        overview::refresh(app).await;
    });
    Ok(())
}

fn numbered(request: &SaveRequest) -> Mutation {
    let (kind, id, base_rev) = (request.kind.clone(), request.id, request.base_rev);
    let mutation = |seq| Mutation { seq, kind, id, base_rev, epoch: None, op: Op::Put, fields: request.fields.clone() };
    let again = UNANSWERED.with_borrow(|last| last.as_ref().map(|last| last.seq));
    let mutation = mutation(again.unwrap_or_default());
    if UNANSWERED.with_borrow(|last| last.as_ref() == Some(&mutation)) {
        return mutation;
    }
    let seq = LAST_SEQ.get() + 1;
    LAST_SEQ.set(seq);
    Mutation { seq, ..mutation }
}

fn reasons(app: AppState, activity: &str, errors: Vec<FieldError>) -> String {
    if errors.is_empty() {
        return app.texts.conflict_title().to_owned();
    }
    let reason = |error: FieldError| {
        let error = error.in_language(app.language);
        format!("{}：{}", app.field_name(activity, &error.field), error.message)
    };
    errors.into_iter().map(reason).collect::<Vec<_>>().join("；")
}
