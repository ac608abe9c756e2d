//! History of records. Each past state is stored as the difference to the next one, and every few states completely.
//! History grows with the size of the changes, not of the record.

use crate::db::records::revision::Revision;
use crate::db::records::stored;
use crate::db::{Db, Result, Tx, Unreadable, with_db};
use jiedui_core::api::entries::RevisionState;
use jiedui_core::entry::{Fields, bounds, field};
use jiedui_core::sync::Path;
use serde_json::{Value, json};
use sqlx::FromRow;
use uuid::Uuid;

/// Interval of states at which all fields are stored, so that every state is near a complete one.
const WHOLE: i64 = 64;
/// Maximum number of states in an answer, and of bytes of their fields.
const PAGE: usize = 200;
const PAGE_SIZE: usize = 4 << 20;
/// Number of states that are read at a time.
const AT_ONCE: i64 = 16;
/// Fields whose answers are compared one by one.
const OF_FORM: [&str; 2] = [field::VALUES, field::DETAILS];

/// Stored past state of a record.
#[derive(Clone, Debug)]
pub struct StoredRevision {
    /// Identifier of the record.
    pub record: Uuid,
    /// Revision that led to the state.
    pub revision: Revision,
    /// All fields, or the difference from the next state to this one.
    pub fields: Fields,
    /// Whether `fields` has all fields.
    pub whole: bool,
    /// Whether the record was deleted.
    pub deleted: bool,
}

impl StoredRevision {
    /// Creates the past state that `after` replaces.
    pub fn new(record: Uuid, revision: Revision, before: &Fields, after: &Fields, deleted: bool) -> Self {
        let whole = revision.rev % WHOLE == 1;
        let fields = if whole { before.clone() } else { undo(before, after) };
        Self { record, revision, fields, whole, deleted }
    }
}

/// Returns the difference that turns the fields `after` into `before`. Each differing field has a list with its previous
/// value, or an empty list if it was absent. The answers of a form are compared one by one.
fn undo(before: &Fields, after: &Fields) -> Fields {
    let was = |value: Option<&Value>| value.map_or_else(|| json!([]), |value| json!([value]));
    let differing = |before: &Fields, after: &Fields| -> Vec<String> {
        let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
        names.filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
    };
    let mut undo = Fields::new();
    for name in differing(before, after) {
        let change = match (before.get(&name), after.get(&name)) {
            (Some(Value::Object(old)), Some(Value::Object(new))) if OF_FORM.contains(&name.as_str()) => {
                Value::Object(differing(old, new).into_iter().map(|code| (code.clone(), was(old.get(&code)))).collect())
            }
            (old, _) => was(old),
        };
        undo.insert(name, change);
    }
    undo
}

/// Applies a difference that [`undo`] returned.
fn apply_undo(fields: &mut Fields, undo: Fields) {
    for (name, change) in undo {
        match change {
            Value::Object(answers) => {
                if let Some(Value::Object(current)) = fields.get_mut(&name) {
                    answers.into_iter().for_each(|(code, was)| set(current, code, was));
                }
            }
            was => set(fields, name, was),
        }
    }
}

fn set(fields: &mut Fields, name: String, was: Value) {
    match was {
        Value::Array(mut was) => match was.pop() {
            Some(value) => drop(fields.insert(name, value)),
            None => drop(fields.remove(&name)),
        },
        other => drop(fields.insert(name, other)),
    }
}

/// Page of the history: the newest states of an entry, or the newest before a revision; the oldest first.
#[derive(Clone, Debug, Default)]
pub struct HistoryPage {
    /// The states.
    pub states: Vec<RevisionState>,
    /// Revision before which older states exist.
    pub older: Option<i64>,
}

#[derive(FromRow)]
struct RevisionRow {
    rev: i64,
    at: i64,
    account: Option<Uuid>,
    name: Option<String>,
    changed: String,
    fields: String,
    deleted: bool,
    whole: bool,
}

impl RevisionRow {
    /// Returns the name of the revision in messages about unreadable ones.
    fn name(&self, record: Uuid) -> String {
        format!("{record}, revision {}", self.rev)
    }

    /// Parses the fields, or the difference to the next state.
    fn fields(&self, record: Uuid) -> Result<Fields> {
        stored::unsigned(KIND, self.name(record), "rev", self.rev)?;
        stored::parse(KIND, self.name(record), &self.fields)
    }

    /// Parses the paths that changed, and the time.
    fn changed(&self, record: Uuid) -> Result<(Vec<Path<'static>>, String)> {
        let at = stored::instant(KIND, self.name(record), "at", self.at)?;
        Ok((stored::parse(KIND, self.name(record), &self.changed)?, at))
    }
}

/// Kind of a state in messages about unreadable ones.
const KIND: &str = "entry";

/// Reads the states of a record before the revision `before`, or the last ones. `now` is its current state.
pub async fn page(db: &Db, record: Uuid, now: RevisionState, before: Option<i64>) -> Result<HistoryPage> {
    let before = before.unwrap_or(now.rev + 1).clamp(1, now.rev + 1);
    let top = "SELECT MIN(rev) FROM revision WHERE record = $1 AND rev >= $2 AND rev < $3 AND whole";
    let top: Option<i64> = with_db!(replica db, |pool| sqlx::query_scalar(top)
        .bind(record)
        .bind(before - 1)
        .bind(now.rev)
        .fetch_one(pool)
        .await?);
    let query = "SELECT r.rev, r.at, r.account, a.name, r.changed, r.fields, r.deleted, r.whole FROM revision r
        LEFT JOIN account a ON a.id = r.account WHERE r.record = $1 AND r.rev < $2 ORDER BY r.rev DESC LIMIT $3";
    let from = top.map_or(now.rev, |top| top + 1);
    let (mut fields, mut size, mut next) = (now.fields.clone(), 0, from);
    let mut is_complete = true;
    let mut page = HistoryPage::default();
    if now.rev < before {
        size += bounds::size(&fields);
        page.states.push(now);
    }
    loop {
        let rows: Vec<RevisionRow> = with_db!(replica db, |pool| sqlx::query_as(query)
            .bind(record)
            .bind(next)
            .bind(AT_ONCE)
            .fetch_all(pool)
            .await?);
        let Some(last) = rows.last() else { break };
        next = last.rev;
        for row in rows {
            // States between an unreadable one and the next complete one cannot be computed.
            let diff = stored::omit_unreadable(row.fields(record))?.filter(|_| row.whole || is_complete);
            is_complete = diff.is_some();
            let Some(diff) = diff else { continue };
            if row.whole {
                fields = diff;
            } else {
                apply_undo(&mut fields, diff);
            }
            if row.rev >= before {
                continue;
            }
            let Some((changed, at)) = stored::omit_unreadable(row.changed(record))? else { continue };
            size += bounds::size(&fields);
            if page.states.len() >= PAGE || (size > PAGE_SIZE && !page.states.is_empty()) {
                page.older = page.states.last().map(|oldest| oldest.rev);
                page.states.reverse();
                return Ok(page);
            }
            let RevisionRow { rev, account: author, name: author_name, deleted, .. } = row;
            page.states.push(RevisionState { rev, at, author, author_name, changed, fields: fields.clone(), deleted });
        }
    }
    page.states.reverse();
    Ok(page)
}

/// Returns the fields of a record at an earlier revision, computed from its current revision and fields. Returns `None`
/// if that state is not stored or cannot be read.
pub async fn fields_at(db: &Db, record: Uuid, rev: i64, fields: Fields, earlier: i64) -> Result<Option<Fields>> {
    let now = RevisionState {
        rev,
        at: String::new(),
        author: None,
        author_name: None,
        changed: Vec::new(),
        fields,
        deleted: false,
    };
    let page = page(db, record, now, Some(earlier + 1)).await?;
    Ok(page.states.into_iter().next_back().filter(|state| state.rev == earlier).map(|state| state.fields))
}

/// Rows that [`note_unreadable`] reads at a time.
const VERIFIED_AT_ONCE: i64 = 1_000;

/// Row of a past state, with the sequence number of its mutation.
#[derive(FromRow)]
struct NamedRow {
    record: Uuid,
    seq: Option<i64>,
    #[sqlx(flatten)]
    revision: RevisionRow,
}

/// Adds the unreadable past states to a list. Reads all past states.
pub async fn note_unreadable(tx: &mut Tx, unreadable: &mut Vec<Unreadable>) -> Result<()> {
    let query = "SELECT record, seq, rev, at, account, NULL AS name, changed, fields, deleted, whole FROM revision
        WHERE (record, rev) > ($1, $2) ORDER BY record, rev LIMIT $3";
    let mut after = (Uuid::nil(), i64::MIN);
    loop {
        let rows: Vec<NamedRow> = with_db!(tx &mut *tx, |connection| sqlx::query_as(query)
            .bind(after.0)
            .bind(after.1)
            .bind(VERIFIED_AT_ONCE)
            .fetch_all(connection)
            .await?);
        let Some(last) = rows.last() else { return Ok(()) };
        after = (last.record, last.revision.rev);
        for NamedRow { record, seq, revision } in rows {
            let read = revision.fields(record).and_then(|_| revision.changed(record));
            let seq = seq.map(|seq| stored::unsigned(KIND, revision.name(record), "seq", seq)).transpose();
            stored::note_unreadable(read.and(seq), unreadable)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_fields() -> impl Strategy<Value = Fields> {
        let value = prop_oneof![
            Just(Value::Null),
            any::<i32>().prop_map(|number| json!(number)),
            Just(json!(["a"])),
            Just(json!({}))
        ];
        let answers = prop::collection::btree_map("[ab]", value.clone(), 0..3).prop_map(|answers| json!(answers));
        let pair = prop_oneof![
            ("[a-d]", value.clone()),
            (prop_oneof![Just(field::VALUES.to_owned()), Just(field::DETAILS.to_owned())], prop_oneof![answers, value]),
        ];
        prop::collection::vec(pair, 0..6).prop_map(Fields::from_iter)
    }

    proptest! {
        #[test]
        fn apply_undo_restores_the_fields_before(before in any_fields(), after in any_fields()) {
            let mut fields = after.clone();
            apply_undo(&mut fields, undo(&before, &after));
            prop_assert_eq!(fields, before);
        }
    }
}
