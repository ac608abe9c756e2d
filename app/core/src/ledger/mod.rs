//! Ledgers of needs and plans (需求台账): what a village needs or plans in a year, and its progress.

mod parse;

use crate::entry::Fields;
use crate::values::quantity::Quantity;
use crate::values::sort::collect_sorted;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use time::Date;
use uuid::Uuid;

/// Latest year of an item.
pub const LAST_YEAR: i32 = 2099;
/// Maximum number of characters in a title and in the responsible person.
pub const TITLE_LENGTH: usize = 200;
/// Maximum number of entries linked to an item.
pub const ENTRIES: usize = 200;

/// Ledger that an item belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ledger {
    /// 需求: needs that a village cannot meet alone.
    #[default]
    Need,
    /// 发展规划: plans of a village.
    Plan,
}

/// Progress of an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// 待对接: no pairing has taken it on.
    #[default]
    Open,
    /// 已对接: a pairing has taken it on.
    Matched,
    /// 推进中: in progress.
    UnderWay,
    /// 已完成: done.
    Met,
    /// 已取消: cancelled.
    Dropped,
}

impl Status {
    /// All statuses in the order of progress.
    pub const ALL: [Self; 5] = [Self::Open, Self::Matched, Self::UnderWay, Self::Met, Self::Dropped];

    /// Returns the code used in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Matched => "matched",
            Self::UnderWay => "under_way",
            Self::Met => "met",
            Self::Dropped => "dropped",
        }
    }

    /// Returns the status with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// Returns whether the item is done or cancelled.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Met | Self::Dropped)
    }

    /// Returns whether the status requires a pairing.
    fn requires_pairing(self) -> bool {
        matches!(self, Self::Matched | Self::UnderWay)
    }
}

/// A ledger item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Ledger.
    #[serde(default)]
    pub ledger: Ledger,
    /// Year.
    pub year: i32,
    /// Code of the place.
    pub place: String,
    /// Code of the programme.
    pub programme: String,
    /// Title.
    pub title: String,
    /// Amount, if it can be quantified.
    #[serde(default)]
    pub amount: Option<Quantity>,
    /// Unit of the amount.
    #[serde(default)]
    pub unit: String,
    /// Due date.
    #[serde(default, with = "crate::values::date::option")]
    pub due: Option<Date>,
    /// Responsible person.
    #[serde(default)]
    pub responsible: String,
    /// Status.
    #[serde(default)]
    pub status: Status,
    /// Date of each status change by status code.
    #[serde(default)]
    pub dates: BTreeMap<String, String>,
    /// Pairing that has taken it on.
    #[serde(default)]
    pub pairing: Option<Uuid>,
    /// Entries that contribute to it.
    #[serde(default)]
    pub entries: Vec<Uuid>,
    /// Note; for a cancelled item, the reason.
    #[serde(default)]
    pub note: String,
    /// Account that created it.
    #[serde(default)]
    pub author: Option<Uuid>,
}

impl Item {
    /// Parses fields that were validated before.
    pub fn from_checked(fields: &Fields) -> Option<Self> {
        // A cleared field counts as missing.
        let present_fields = fields.iter().filter(|(_, value)| !value.is_null());
        let present_fields = collect_sorted(present_fields.map(|(name, value)| (name.clone(), value.clone())));
        Self::deserialize(Value::Object(present_fields)).ok()
    }

    /// Returns whether it is past its due date and not finished.
    pub fn is_overdue(&self, today: Date) -> bool {
        !self.status.is_ended() && self.due.is_some_and(|due| due < today)
    }
}
