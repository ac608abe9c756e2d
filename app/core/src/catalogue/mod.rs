//! The catalogue: programmes, indicators and entry forms. It is data with a version, so a new indicator needs no build.

pub mod edit;
pub(crate) mod field_reader;

use crate::values::quantity::{Qualifier, Quantity};
use serde::{Deserialize, Serialize};

/// One of the works that the two regions do together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Programme {
    /// Code, such as `party_building`.
    pub code: String,
    /// Name in Chinese.
    pub name: String,
    /// Name in English.
    pub name_en: String,
}

/// How the values of entries make one figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    /// They are added.
    Sum,
    /// The one with the latest date stands.
    Latest,
    /// Their mean, each entry counting once.
    Mean,
    /// Each subject counts once, however many entries name it.
    Distinct,
}

/// What the entries of a distinct indicator are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The organisation that the entry names.
    #[default]
    Organisation,
    /// The place where it happened.
    Place,
}

/// What a year is to reach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The year.
    pub year: i32,
    /// The amount, in the indicator's unit.
    pub value: Quantity,
    /// How exact it is.
    pub qualifier: Qualifier,
}

/// Something that is counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Indicator {
    /// Code, such as `pigs_marketed`.
    pub code: String,
    /// The programme's code.
    pub programme: String,
    /// Name in Chinese.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// Unit in Chinese.
    pub unit: String,
    /// Unit in English.
    pub unit_en: String,
    /// How entries make the figure.
    pub aggregation: Aggregation,
    /// What is told apart, where the aggregation is distinct.
    #[serde(default)]
    pub distinct_by: Subject,
    /// Targets, at most one a year.
    #[serde(default)]
    pub targets: Vec<Target>,
}

/// What a field takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A whole number.
    #[default]
    Integer,
    /// A number with up to four decimals.
    Number,
    /// Words.
    Text,
    /// One of some choices.
    Choice,
    /// Any of some choices: a checklist.
    Choices,
    /// Rows, as many as there are: each asks for the same.
    Table,
}

impl Kind {
    /// Whether it is a number, which lies in an entry's `values` and can feed an indicator; all others lie in `details`.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Number)
    }
}

/// One of the things that may be chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Code.
    pub code: String,
    /// Name in Chinese.
    pub name: String,
    /// Name in English.
    pub name_en: String,
}

/// When a field is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// The code of a choice of the same form.
    pub field: String,
    /// Any of these must be chosen there.
    pub is: Vec<String>,
}

/// How a number follows from others of the same form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Computed {
    /// All that are given, added up.
    Sum(Vec<String>),
    /// All of them multiplied; nothing while one is missing.
    Product(Vec<String>),
    /// A column of a table, added up.
    Total {
        /// The table's code.
        table: String,
        /// The column's.
        column: String,
    },
}

impl Computed {
    /// The number, to four decimals; `number` gives those of other fields, `column` those of a table's column.
    pub fn of(&self, number: impl Fn(&str) -> Option<f64>, column: impl Fn(&str, &str) -> Vec<f64>) -> Option<f64> {
        let sum = |given: Vec<f64>| (!given.is_empty()).then(|| given.iter().sum::<f64>());
        let result = match self {
            Self::Sum(codes) => sum(codes.iter().filter_map(|code| number(code)).collect()),
            Self::Total { table, column: own } => sum(column(table, own)),
            Self::Product(codes) => codes.iter().map(|code| number(code)).product::<Option<f64>>(),
        };
        result.map(|number| (number * 1e4).round() / 1e4)
    }
}

/// What an entry form asks for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Code within the activity.
    pub code: String,
    /// Label in Chinese.
    pub name: String,
    /// Label in English.
    pub name_en: String,
    /// What it takes.
    pub kind: Kind,
    /// Unit in Chinese.
    #[serde(default)]
    pub unit: String,
    /// Unit in English.
    #[serde(default)]
    pub unit_en: String,
    /// Whether it must be filled in.
    pub required: bool,
    /// Smallest amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Quantity>,
    /// Largest amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Quantity>,
    /// The indicator that it adds to.
    #[serde(default)]
    pub feeds: Option<String>,
    /// What each row asks for, where it is a table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Field>,
    /// What may be chosen, where it takes a choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// What helps to fill it in, in Chinese.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
    /// The same in English.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint_en: String,
    /// When it is asked for; always, without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// How it follows from others: nobody fills it in then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed: Option<Computed>,
    /// What a new entry has there before anybody fills it in: a number, words, or the code of a choice.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub default: String,
    /// The heading, in Chinese, of the section that begins with it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub section: String,
    /// The same in English.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub section_en: String,
}

impl Field {
    /// Whether it is asked for, given what is chosen in the same form.
    pub fn is_asked(&self, chosen: impl Fn(&str) -> Vec<String>) -> bool {
        let when = self.when.as_ref();
        when.is_none_or(|when| chosen(&when.field).iter().any(|own| when.is.contains(own)))
    }

    /// A choice's name in both languages.
    pub fn choice(&self, code: &str) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.code == code)
    }
}

/// An entry form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// Code, such as `field_survey`.
    pub code: String,
    /// The programme's code.
    pub programme: String,
    /// Name in Chinese.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// Rises when its fields change.
    pub version: u32,
    /// What it asks for.
    pub fields: Vec<Field>,
}

/// Everything that can be counted and recorded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    /// Rises with every change.
    pub version: u32,
    /// In the order in which they are shown.
    pub programmes: Vec<Programme>,
    /// In the order in which they are shown.
    pub indicators: Vec<Indicator>,
    /// In the order in which they are shown.
    pub activities: Vec<Activity>,
    /// Forms as they were before they were changed: what was recorded with one stays readable, and keeps to its rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "former")]
    pub previous_versions: Vec<Activity>,
}

impl Catalogue {
    /// The programme with this code.
    pub fn programme(&self, code: &str) -> Option<&Programme> {
        self.programmes.iter().find(|programme| programme.code == code)
    }

    /// The indicator with this code.
    pub fn indicator(&self, code: &str) -> Option<&Indicator> {
        self.indicators.iter().find(|indicator| indicator.code == code)
    }

    /// Whether an indicator counts whole things: all that feeds it are whole numbers, and no mean is taken of them.
    pub fn counts_whole(&self, indicator: &Indicator) -> bool {
        let forms = self.activities.iter().chain(&self.previous_versions);
        let fields = || forms.clone().flat_map(|form| &form.fields);
        let feeding = || fields().filter(|field| field.feeds.as_ref() == Some(&indicator.code));
        indicator.aggregation != Aggregation::Mean
            && feeding().next().is_some()
            && feeding().all(|field| field.kind == Kind::Integer)
    }

    /// The form of an activity in a version; without one, as it is now.
    pub fn form(&self, code: &str, version: Option<u32>) -> Option<&Activity> {
        let now = self.activity(code)?;
        match version {
            Some(version) if version != now.version => {
                self.previous_versions.iter().find(|own| own.code == code && own.version == version)
            }
            _ => Some(now),
        }
    }

    /// A field of an activity, in whichever version of its form there is one, the newest first.
    pub fn field(&self, activity: &str, code: &str) -> Option<&Field> {
        let former = self.previous_versions.iter().rev().filter(|own| own.code == activity);
        self.activity(activity).into_iter().chain(former).find_map(|own| own.field(code))
    }

    /// The activity with this code, its form as it is now.
    pub fn activity(&self, code: &str) -> Option<&Activity> {
        self.activities.iter().find(|activity| activity.code == code)
    }
}

impl Activity {
    /// The field with this code.
    pub fn field(&self, code: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.code == code)
    }
}

impl Indicator {
    /// The target of a year.
    pub fn target(&self, year: i32) -> Option<&Target> {
        self.targets.iter().find(|target| target.year == year)
    }
}
