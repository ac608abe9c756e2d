//! One row of the audit log with all its values.

use super::words::Words;
use crate::state::use_app_state;
use jiedui_core::api::audit::AuditItem;
use leptos::prelude::*;
use serde_json::Value;

/// Entries of a bulk decision to which the row links.
const MOST_LINKS: usize = 50;

/// The row.
#[component]
pub fn Detail(
    /// The row.
    row: AuditItem,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let words = Words(app);
    let term = |name: &'static str, value: String| {
        (!value.is_empty()).then(|| view! { <div><dt>{name}</dt><dd>{value}</dd></div> })
    };
    let fields = words.fields(&row);
    let or_dash = |value: Option<String>| value.unwrap_or_else(|| "—".to_owned());
    let field = |(name, before, after): (String, Option<String>, Option<String>)| {
        view! { <tr><th scope="row">{name}</th><td>{or_dash(before)}</td><td>{or_dash(after)}</td></tr> }
    };
    let changes = (!fields.is_empty()).then(|| {
        view! {
            <div class="scroll" tabindex="0" role="region" aria-label=texts.audit_change()>
                <table class="table-numbers table-changes">
                    <thead><tr><th></th><th scope="col">{texts.before()}</th><th scope="col">{texts.now()}</th></tr></thead>
                    <tbody>{fields.into_iter().map(field).collect_view()}</tbody>
                </table>
            </div>
        }
    });
    let entries = row.after.get("entries").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let entries = entries.take(MOST_LINKS).enumerate().map(|(at, id)| {
        view! { <li><a href=format!("/list/{id}")>{format!("{} {}", texts.entry(), at + 1)}</a></li> }
    });
    let entries = entries.collect_view();
    let open =
        words.address(&row).map(|address| view! { <a class="button" href=address>{texts.audit_open_object()}</a> });
    let object = row.object.as_ref().filter(|object| !object.id.is_empty());
    let of_object = object.map(|object| {
        let address = format!("/audit?object={}/{}", object.kind, object.id);
        view! { <a class="button" href=address>{texts.audit_of_object()}</a> }
    });
    let of_person = row.actor.as_ref().map(|actor| {
        view! { <a class="button" href=format!("/audit?actor={}", actor.id)>{texts.audit_of_person()}</a> }
    });
    view! {
        <div class="sheet-scroll audit-detail">
            <dl>
                {term(texts.audit_number(), row.number.to_string())}
                {term(texts.audit_time(), words.time(&row))}
                {term(texts.audit_person(), words.person(&row))}
                {term(texts.audit_action(), words.action(&row))}
                {term(texts.audit_object(), words.object(&row))}
                {term(texts.audit_origin(), words.origin(&row))}
            </dl>
            {changes}
            <ul class="audit-entries">{entries}</ul>
            <p class="actions">{open}{of_object}{of_person}</p>
        </div>
    }
}
