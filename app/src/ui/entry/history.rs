//! The changes of an entry since the last review, and its history.

use crate::api::endpoints;
use crate::labels::code::entry_state;
use crate::labels::texts::fill;
use crate::labels::time_format::in_china;
use crate::labels::value::ValueLabels;
use crate::state::use_app_state;
use crate::storage::entry_view::EntryView;
use crate::ui::loading::Loading;
use jiedui_core::access::rights::may_read_audit;
use jiedui_core::api::entries::RevisionState;
use jiedui_core::entry::field::{self, DUPLICATE_OF, REASON};
use jiedui_core::entry::{Entry, Fields};
use jiedui_core::sync::path::{Path, get};
use jiedui_core::values::sort::sort_by;
use leptos::prelude::*;
use serde_json::Value;
use wasm_bindgen_futures::spawn_local;

/// The changes since the last review and the history of an entry. Both come from the server.
#[component]
pub fn History(
    /// The entry.
    record: EntryView,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let history = RwSignal::new(None::<Option<Vec<RevisionState>>>);
    let id = record.id;
    spawn_local(async move { history.set(Some(endpoints::history(id).await.ok())) });
    let reads_audit = move || app.session.user.with(|user| user.as_ref().is_some_and(may_read_audit));
    let (activity, version) = (record.entry.activity.clone(), record.entry.version);
    move || match history.get() {
        None => view! { <Loading/> }.into_any(),
        Some(None) => view! { <p class="note">{texts.history_needs_network()}</p> }.into_any(),
        Some(Some(revisions)) => {
            let overview = app.overviews.server.get_untracked().unwrap_or_default();
            let places = app.geography.places.get();
            let reader = ValueLabels { labels: app.labels(), overview: &overview, places: &places };
            let label = |fields: &Fields, path: &Path<'_>| {
                let words = get(fields, path).map(|value| reader.line(&activity, version, path, value));
                words.unwrap_or_else(|| "—".to_owned())
            };
            let changes = since_decision(&revisions).map(|(before, now, paths)| {
                let row = |path: &Path<'static>| {
                    let [old, new] = [before, now].map(|fields| label(fields, path));
                    view! { <tr><th scope="row">{app.field_name(&activity, path)}</th><td>{old}</td><td>{new}</td></tr> }
                };
                view! {
                    <h3>{texts.changed_since()}</h3>
                    <div class="scroll" tabindex="0" role="region" aria-label=texts.changed_since()>
                        <table class="table-numbers table-changes">
                            <thead><tr><th></th><th scope="col">{texts.before()}</th><th scope="col">{texts.now()}</th></tr></thead>
                            <tbody>{paths.iter().map(row).collect_view()}</tbody>
                        </table>
                    </div>
                }
            });
            let step = |revision: &RevisionState| {
                let names: Vec<String> = revision.changed.iter().map(|path| app.field_name(&activity, path)).collect();
                let who = revision.author_name.clone().unwrap_or_else(|| texts.by_program().to_owned());
                let what = match Entry::from_checked(&revision.fields).map(|entry| entry.state) {
                    _ if revision.deleted => texts.was_deleted().to_owned(),
                    _ if revision.rev == 1 => texts.was_recorded().to_owned(),
                    Some(state) if revision.changed.iter().any(|path| *path == field::STATE) => {
                        entry_state(texts, state).to_owned()
                    }
                    _ => fill(texts.was_changed(), &[&names.join("、")]),
                };
                // A deletion and a change in a closed month have a reason.
                let text = |name: &str| revision.fields.get(name).and_then(Value::as_str).map(str::to_owned);
                let says_why = revision.deleted || revision.changed.iter().any(|path| *path == REASON);
                let why = text(REASON)
                    .filter(|_| says_why)
                    .map(|why| view! { <span>{fill(texts.gone_because(), &[&why])}</span> });
                let repeats = text(DUPLICATE_OF).filter(|_| revision.deleted);
                let repeats = repeats.map(|id| view! { <a href=format!("/list/{id}")>{texts.duplicate_of()}</a> });
                view! { <li><strong>{what}</strong><span>{in_china(&revision.at)}" · "{who}</span>{why}{repeats}</li> }
            };
            view! {
                {changes}
                <h3>{texts.history()}</h3>
                <ol class="latest">{revisions.iter().map(step).collect_view()}</ol>
                {reads_audit().then(|| view! { <p><a class="button button-quiet" href=format!("/audit?object=entry/{id}")>{texts.audit_of_record()}</a></p> })}
            }
            .into_any()
        }
    }
}

/// Returns the fields at the last review decision, the fields now, and the paths that differ; `None` without a decision or a
/// change.
fn since_decision(revisions: &[RevisionState]) -> Option<(&Fields, &Fields, Vec<Path<'static>>)> {
    let now = revisions.last()?;
    let is_decision = |revision: &&RevisionState| {
        revision.changed.iter().any(|path| *path == field::STATE)
            && revision.fields.get(field::STATE).and_then(Value::as_str) != Some("submitted")
    };
    let before = revisions.iter().rev().find(is_decision)?;
    let later = revisions.iter().filter(|revision| revision.rev > before.rev).flat_map(|revision| &revision.changed);
    let is_edit = |path: &&Path<'static>| {
        ![field::STATE, field::REVIEW_NOTE, field::REVIEW_FIELDS].iter().any(|name| *path == name)
    };
    let mut paths: Vec<Path<'static>> = later.filter(is_edit).cloned().collect();
    sort_by(&mut paths, Ord::cmp);
    paths.dedup();
    paths.retain(|path| get(&before.fields, path) != get(&now.fields, path));
    (!paths.is_empty()).then_some((&before.fields, &now.fields, paths))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn revision(rev: i64, changed: &[&str], fields: Value) -> RevisionState {
        RevisionState {
            rev,
            at: String::new(),
            author: None,
            author_name: None,
            changed: changed.iter().map(|path| Path::from(*path).into_owned()).collect(),
            fields: fields.as_object().unwrap().clone(),
            deleted: false,
        }
    }

    #[test]
    fn since_decision_lists_paths_changed_after_the_decision() {
        let mut revisions = vec![
            revision(1, &[], json!({"values": {"people": 3}, "note": "", "state": "submitted"})),
            revision(2, &["state", "review_note"], json!({"values": {"people": 3}, "note": "", "state": "returned"})),
        ];
        assert_eq!(since_decision(&revisions), None);
        revisions.push(revision(
            3,
            &["values.people", "note", "state"],
            json!({"values": {"people": 4}, "note": "", "state": "submitted"}),
        ));
        let (before, now, paths) = since_decision(&revisions).unwrap();
        assert_eq!(paths, ["values.people"], "a note that is as it was is no change");
        assert_eq!((get(before, "values.people"), get(now, "values.people")), (Some(&json!(3)), Some(&json!(4))));
    }
}
