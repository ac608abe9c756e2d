//! Fields of an entry that a column of a table may be.

pub use jiedui_core::api::imports::column::{ANSWERS, ID, PLACE_CODE, REV, UNIT};
use jiedui_core::catalogue::{Activity, Field, FieldKind};
use jiedui_core::entry::field;

/// Path of the place, which several columns may name together.
pub const PLACE: &str = field::PLACE;

/// A field that a column may match, by its path in an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnTarget {
    /// Path, such as `date` or `values.people`.
    pub path: String,
    /// Heading of the template in Chinese.
    pub label: String,
    /// Heading of the template in English.
    pub label_en: String,
    /// Whether a row of a new entry requires the field.
    pub required: bool,
    /// Unit in Chinese.
    pub unit: String,
    /// Unit in English.
    pub unit_en: String,
    /// Whether the values are free text.
    pub is_free_text: bool,
    /// Other headings of the field.
    pub other: Vec<String>,
}

type Usual = (&'static str, &'static str, &'static str, bool, &'static [&'static str]);

/// Fields of every form, with the headings that tables usually give them.
const USUAL: [Usual; 5] = [
    (
        field::DATE,
        "日期",
        "Date",
        true,
        &[
            "时间",
            "活动日期",
            "活动时间",
            "发生日期",
            "发生时间",
            "培训日期",
            "培训时间",
            "开展时间",
            "开展日期",
            "年月日",
        ],
    ),
    (
        PLACE,
        "地点",
        "Place",
        true,
        &["地方", "乡镇村", "镇村", "活动地点", "开展地点", "实施地点", "所在地", "village"],
    ),
    (field::PAIRING, "结对", "Pairing", false, &["结对关系", "结对单位"]),
    (field::ORGANISATION, "单位", "Organisation", false, &["机构", "单位名称", "企业", "学校", "医院", "organization"]),
    (field::NOTE, "备注", "Note", false, &["说明", "情况说明", "notes", "remark", "remarks"]),
];

/// Further columns of an export, from which a corrected export can be imported.
const OF_EXPORT: [Usual; 5] = [
    (ID, "编号", "Identifier", false, &[]),
    (REV, "版本", "Revision", false, &[]),
    (PLACE_CODE, "地点代码", "Place code", false, &["行政区划代码", "区划代码", "统计代码"]),
    (ANSWERS, "数值", "Answers", false, &[]),
    (
        UNIT,
        "计量单位",
        "Unit of measure",
        false,
        &[
            "金额单位",
            "数量单位",
            "货币单位",
            "重量单位",
            "面积单位",
            "产量单位",
            "币种",
            "货币",
            "unit",
            "units",
            "currency",
        ],
    ),
];

/// Returns the fields that a table may have: those of an activity in the order of its template, then the further columns of an
/// export. Without an activity a table can only change existing entries.
pub fn targets(activity: Option<&Activity>) -> Vec<ColumnTarget> {
    let usual = |(path, label, label_en, required, other): &Usual| ColumnTarget {
        path: (*path).to_owned(),
        label: (*label).to_owned(),
        label_en: (*label_en).to_owned(),
        required: *required && activity.is_some(),
        unit: String::new(),
        unit_en: String::new(),
        is_free_text: matches!(*path, field::NOTE | ANSWERS),
        other: other.iter().map(|heading| (*heading).to_owned()).collect(),
    };
    let fields = activity.map(|activity| activity.fields.as_slice()).unwrap_or_default();
    let of_form = fields.iter().filter(|field| field.computed.is_none() && field.kind != FieldKind::Table).map(of_form);
    let (first, last) = USUAL.split_at(2);
    first.iter().map(usual).chain(of_form).chain(last.iter().map(usual)).chain(OF_EXPORT.iter().map(usual)).collect()
}

/// Returns whether a template has the field, in contrast to exports only.
pub fn is_in_template(target: &ColumnTarget) -> bool {
    !OF_EXPORT.iter().any(|(path, ..)| *path == target.path)
}

fn of_form(field: &Field) -> ColumnTarget {
    let with_unit =
        |name: &str, unit: &str| if unit.is_empty() { name.to_owned() } else { format!("{name}（{unit}）") };
    ColumnTarget {
        path: field.path().into(),
        label: with_unit(&field.name, &field.unit),
        label_en: with_unit(&field.name_en, &field.unit_en),
        required: field.required && field.when.is_none(),
        unit: field.unit.clone(),
        unit_en: field.unit_en.clone(),
        is_free_text: !field.kind.is_number() && !matches!(field.kind, FieldKind::Choice | FieldKind::Choices),
        other: vec![field.name.clone(), field.name_en.clone(), field.code.clone()],
    }
}
