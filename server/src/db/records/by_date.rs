//! Lists of entries by date, read by index. They continue where a phone's window ends.

use crate::db::records::entry::EntryFilter;
use crate::db::records::record::UNDATED;
use crate::db::records::room::{Room, signed};
use crate::db::records::statement::Statement;
use crate::db::records::stored;
use crate::db::{Db, Result};
use jiedui_core::access::user::User;
use jiedui_core::access::visibility::Visibility;
use jiedui_core::entry::State;
use jiedui_core::sync::{Kind, Record};
use jiedui_core::values::date::{format_date, parse_date};
use jiedui_core::values::month::Month;
use sqlx::FromRow;
use std::fmt::{self, Display};
use std::str::FromStr;
use time::{Date, Duration};
use uuid::Uuid;

/// Rows read for one page, so that a filter that few entries pass does not take long.
const READ: usize = 20_000;
/// Factor by which the days searched at a time grow.
const GROWTH: i64 = 8;
/// Days above which all earlier days are searched at once.
const DAYS: i64 = 512;
/// Last day of the calendar.
const LAST_DAY: &str = "9999-12-31";

/// Position in the list: after the entry of this day that this change created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPosition {
    day: String,
    created: i64,
}

impl Display for ListPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.day, self.created)
    }
}

impl FromStr for ListPosition {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let position = text.rsplit_once('.').and_then(|(day, created)| {
            let created = created.parse().ok().filter(|number| *number >= 0)?;
            (day == UNDATED || parse_date(day).is_some()).then(|| Self { day: day.to_owned(), created })
        });
        position.ok_or("not a position")
    }
}

/// A page of the list.
#[derive(Debug)]
pub struct ListedEntries {
    /// Entries, newest date first.
    pub entries: Vec<Record>,
    /// Position from which the list continues; `None` at the end.
    pub next: Option<ListPosition>,
}

/// Conditions in addition to a filter.
#[derive(Default)]
pub struct Only<'a> {
    /// Entries of which the user is the author.
    pub own: bool,
    /// Entries of one of these activities; `None` for all.
    pub activities: Option<Vec<&'a str>>,
    /// Entries that pass this condition.
    pub passing: Option<&'a (dyn Fn(&Record) -> bool + Sync)>,
}

/// Returns at most `limit` entries that the user may see, newest date first. A page can be shorter than `limit`, or empty, although the list continues: each page reads a limited
/// number of rows.
pub async fn list(
    db: &Db,
    user: &User,
    filter: &EntryFilter,
    only: &Only<'_>,
    after: Option<ListPosition>,
    limit: usize,
    today: Date,
) -> Result<ListedEntries> {
    let visibility = Visibility::of(user).narrowed(filter.place.as_deref(), filter.programme.as_deref());
    let query = Query {
        user: user.id,
        visibility: visibility.filter(|_| !only.own),
        filter,
        activities: only.activities.as_deref(),
    };
    let Some(mut walk) = Walk::new(filter, after, today) else {
        return Ok(ListedEntries { entries: Vec::new(), next: None });
    };
    let is_filtered = filter.state.is_some() || filter.activity.is_some() || only.passing.is_some();
    let is_wanted = |record: &Record| only.passing.is_none_or(|passes| passes(record));
    let (mut entries, mut last, mut read, mut room) = (Vec::new(), None, 0, Room::new(limit));
    loop {
        let wanted = if is_filtered && read > 0 { room.most_rows() } else { room.rows(entries.len()) };
        let rows = query.statement(db, &walk, wanted).rows::<Row>(db).await?;
        read += rows.len();
        let is_range_complete = rows.len() < wanted;
        room.adapt(rows.iter().map(Row::size));
        for row in rows {
            if row.fields.is_some() && room.is_full(entries.len()) {
                return Ok(ListedEntries { entries, next: last });
            }
            last = Some(row.position());
            let size = row.size();
            if let Some(record) = row.record()?.filter(is_wanted) {
                room.add(size);
                entries.push(record);
            }
        }
        if is_range_complete {
            if !walk.advance() {
                return Ok(ListedEntries { entries, next: None });
            }
        } else if let Some(last) = &last {
            walk.continue_after(last);
        }
        if read >= READ {
            return Ok(ListedEntries { entries, next: last });
        }
    }
}

/// A row of the list; `fields` is `None` if the entry does not pass the filter.
#[derive(FromRow)]
struct Row {
    id: Uuid,
    rev: i64,
    day: String,
    created: i64,
    fields: Option<String>,
}

impl Row {
    fn size(&self) -> usize {
        self.fields.as_ref().map_or(0, String::len)
    }

    fn position(&self) -> ListPosition {
        ListPosition { day: self.day.clone(), created: self.created }
    }

    /// Returns the entry; `None` if it does not pass the filter or cannot be read.
    fn record(self) -> Result<Option<Record>> {
        let (kind, id) = (Kind::Entry, self.id);
        let Some(fields) = self.fields else { return Ok(None) };
        let parse = || {
            let rev = stored::unsigned(kind.as_str(), id, "rev", self.rev)?;
            Ok((rev, stored::parse(kind.as_str(), id, &fields)?))
        };
        let parsed = stored::omit_unreadable(parse())?;
        Ok(parsed.map(|(rev, fields)| Record { kind: Kind::Entry, id, rev, fields, deleted: false }))
    }
}

/// Days that are searched, the latest first.
#[derive(Debug)]
struct Walk {
    /// Last day of the range.
    high: String,
    /// First day of the range; `None` for all earlier days, and entries without a day.
    low: Option<Date>,
    /// First day of the filter.
    first: Option<Date>,
    /// Days of the range.
    span: i64,
    after: Option<ListPosition>,
}

impl Walk {
    /// Starts with the last day of the filter, or at a position. Returns `None` if the filter contains no day.
    fn new(filter: &EntryFilter, after: Option<ListPosition>, today: Date) -> Option<Self> {
        let (first, last) = days(filter);
        if first.is_some_and(|first| last.is_some_and(|last| first > last)) {
            return None;
        }
        let last = last.map_or_else(|| LAST_DAY.to_owned(), format_date);
        let high = after.as_ref().map_or(last.clone(), |after| after.day.clone().min(last));
        // Entries without a day come last.
        let low = parse_date(&high).map(|day| day.min(today));
        let low = if first.is_some() { low.max(first) } else { low };
        Some(Self { high, low, first, span: 1, after })
    }

    /// Moves to the days before the range. Returns `false` at the end.
    fn advance(&mut self) -> bool {
        let Some(low) = self.low.filter(|low| self.first.is_none_or(|first| *low > first)) else { return false };
        let Some(high) = low.previous_day() else { return false };
        self.span *= GROWTH;
        self.high = format_date(high);
        let low = high.checked_sub(Duration::days(self.span - 1)).filter(|_| self.span <= DAYS);
        self.low = if low.is_none() || low < self.first { self.first } else { low };
        true
    }

    /// Continues after a row of the range.
    fn continue_after(&mut self, last: &ListPosition) {
        self.high.clone_from(&last.day);
        self.after = Some(last.clone());
    }

    fn condition(&self, statement: &mut Statement) {
        statement.text(" AND r.day <= ").bind(&self.high);
        if let Some(low) = self.low {
            statement.text(" AND r.day >= ").bind(&format_date(low));
        }
        if let Some(after) = &self.after {
            statement.text(" AND (r.day < ").bind(&after.day);
            statement.text(" OR r.created < ").number(after.created).text(")");
        }
    }
}

/// Returns the first and the last day of a filter.
fn days(filter: &EntryFilter) -> (Option<Date>, Option<Date>) {
    let first = filter.year.map(Month::first_of).max(filter.from);
    let of_year = filter.year.map(Month::last_of);
    let last = of_year.into_iter().chain(filter.until).min();
    (first.map(Month::first_day), last.map(Month::last_day))
}

/// Entries visible to a user.
struct Query<'a> {
    user: Uuid,
    /// Places and programmes in which the user sees all entries; `None` for own entries only.
    visibility: Option<Visibility>,
    filter: &'a EntryFilter,
    /// Activities of the entries; `None` for all.
    activities: Option<&'a [&'a str]>,
}

impl Query<'_> {
    /// Returns the statement for the newest `wanted` rows of a range. Indexes find place, programme, day, and entries
    /// that wait for review. The filter's other conditions leave out the fields of a row.
    fn statement(&self, db: &Db, walk: &Walk, wanted: usize) -> Statement {
        const COLUMNS: &str = "r.change, r.day, r.created";
        let mut statement = Statement::new(db, "SELECT r.id, r.rev, k.day, k.created, CASE WHEN TRUE");
        for (column, code) in [("state", &self.filter.state), ("activity", &self.filter.activity)] {
            if let Some(code) = code {
                statement.text(" AND r.").text(column).text(" = ").bind(code);
            }
        }
        if let Some(activities) = self.activities {
            statement.text(" AND r.activity IN (NULL");
            for code in activities {
                statement.text(", ").bind(code);
            }
            statement.text(")");
        }
        statement.text(" THEN r.fields END AS fields FROM (");
        let open = self.filter.state.as_ref().filter(|code| *code != State::Verified.code());
        if let Some(visibility) = &self.visibility {
            statement.text("SELECT ").text(COLUMNS).places(visibility, COLUMNS);
            statement.text(" AND NOT r.deleted AND r.kind = 'entry'");
            if let Some(code) = open {
                // The condition of the index `record_review`.
                statement.text(" AND r.state <> 'verified' AND r.state = ").bind(code);
            }
            walk.condition(&mut statement);
            statement.programmes(visibility).end_places().text(" UNION ");
        }
        statement.text("SELECT ").text(COLUMNS).text(" FROM record r WHERE r.author = ").id(self.user);
        statement.text(" AND r.kind = 'entry' AND NOT r.deleted");
        if let Some(code) = open {
            statement.text(" AND r.state = ").bind(code);
        }
        walk.condition(&mut statement);
        if let Some(place) = &self.filter.place {
            // Codes are digits: the colon comes right after them.
            statement.text(" AND r.place >= ").bind(place).text(" AND r.place < ").bind(&format!("{place}:"));
        }
        if let Some(programme) = &self.filter.programme {
            statement.text(" AND r.programme = ").bind(programme);
        }
        statement.text(" ORDER BY 2 DESC, 3 DESC LIMIT ").number(signed(wanted));
        statement.text(") k CROSS JOIN record r WHERE r.change = k.change ORDER BY k.day DESC, k.created DESC");
        statement
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use time::macros::date;

    #[test]
    fn position_is_read_as_it_is_written() {
        for text in ["2026-11-20.17", "-.3"] {
            assert_eq!(text.parse::<ListPosition>().unwrap().to_string(), text);
        }
        for text in ["", "17", "2026-11-20", "2026-13-01.1", "2026-11-20.-1", "2026-11-20.x", "x.1"] {
            assert!(text.parse::<ListPosition>().is_err(), "{text}");
        }
    }

    /// Collects the ranges of a walk.
    fn ranges(filter: &EntryFilter, after: Option<&str>) -> Vec<(String, String)> {
        let after = after.map(|text| text.parse().unwrap());
        let Some(mut walk) = Walk::new(filter, after, date!(2026 - 11 - 27)) else { return Vec::new() };
        let mut ranges = Vec::new();
        loop {
            ranges.push((walk.high.clone(), walk.low.map(format_date).unwrap_or_default()));
            if !walk.advance() {
                return ranges;
            }
        }
    }

    #[rstest]
    #[case(None, None, None, &[("9999-12-31", "2026-11-27"), ("2026-11-26", "2026-11-19"), ("2026-11-18", "2026-09-16"), ("2026-09-15", "2025-04-22"), ("2025-04-21", "")])]
    #[case(Some(2026), None, Some("2026-11-20.5"), &[("2026-11-20", "2026-11-20"), ("2026-11-19", "2026-11-12"), ("2026-11-11", "2026-09-09"), ("2026-09-08", "2026-01-01")])]
    #[case(Some(2020), None, None, &[("2020-12-31", "2020-12-31"), ("2020-12-30", "2020-12-23"), ("2020-12-22", "2020-10-20"), ("2020-10-19", "2020-01-01")])]
    #[case(Some(2026), Some("2026-12"), None, &[("2026-12-31", "2026-12-01")])]
    #[case(None, None, Some("-.5"), &[("-", "")])]
    #[case(Some(2025), Some("2026-02"), None, &[])]
    fn walk_covers_each_day_once(
        #[case] year: Option<i32>,
        #[case] from: Option<&str>,
        #[case] after: Option<&str>,
        #[case] expected: &[(&str, &str)],
    ) {
        let filter = EntryFilter { year, from: from.map(|month| month.parse().unwrap()), ..EntryFilter::default() };
        let found = ranges(&filter, after);
        let found: Vec<(&str, &str)> = found.iter().map(|(high, low)| (high.as_str(), low.as_str())).collect();
        assert_eq!(found, expected);
    }
}
