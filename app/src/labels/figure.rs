//! An indicator's figure as text: its target, its progress towards the target, and its verified part.

use super::Labels;
use super::number::{percent, qualified};
use super::texts::fill;
use jiedui_core::catalogue::Indicator;
use jiedui_core::figures::figure::{Figure, Filter};
use jiedui_core::figures::overview::Overview;
use jiedui_core::figures::target_status::{TargetStatus, adds_up, shortfall, target_status};
use jiedui_core::values::language::Language;
use jiedui_core::values::quantity::Quantity;
use time::Date;

/// Endings of place names, from which "this town" or "this village" is formed in Chinese.
const PLACE_KINDS: [&str; 8] = ["街道", "社区", "镇", "乡", "县", "区", "市", "村"];

/// A figure with everything its texts depend on.
pub struct FigureLabels<'a> {
    /// Texts and language.
    pub labels: Labels,
    /// Current date, against which a target's pace is judged.
    pub today: Date,
    /// Overview from which the figure was computed.
    pub overview: &'a Overview,
    /// Indicator of the figure.
    pub indicator: &'a Indicator,
    /// The figure.
    pub figure: &'a Figure,
    /// Filter under which the figure was computed.
    pub filter: &'a Filter,
    /// Returns the name of a place that the overview does not have.
    pub place_label: &'a dyn Fn(&str) -> String,
}

impl FigureLabels<'_> {
    fn unit(&self) -> &str {
        self.labels.pick(&self.indicator.unit, &self.indicator.unit_en)
    }

    /// Describes the target. Below the place of the target, adds the contribution of the filtered place.
    pub fn target(&self) -> Option<String> {
        let (texts, target) = (self.labels.texts, self.figure.target.as_ref()?);
        let amount = qualified(texts, target.value.shown(), target.qualifier);
        if self.filter.covers_target() {
            return Some(fill(texts.target_is(), &[&amount]));
        }
        let mut text = fill(texts.target_of_all(), &[&amount]);
        if let Some(actual) = self.figure.actual.filter(|_| adds_up(self.indicator))
            && let Some(percent) = percent(texts, actual, target.value)
        {
            text.push_str(&fill(texts.contribution(), &[&self.this_place(), &actual.shown(), &percent]));
        }
        Some(text)
    }

    /// Compares the figure with its target. The flag is true if it is on track.
    pub fn pace(&self) -> Option<(String, bool)> {
        let texts = self.labels.texts;
        let behind = |pattern, amount| {
            let amount = shortfall(&self.overview.catalogue, self.indicator, amount).shown();
            (fill(pattern, &[&amount, &self.unit()]), false)
        };
        Some(match target_status(self.indicator, self.figure, self.filter, self.today)? {
            TargetStatus::Reached => (texts.reached().to_owned(), true),
            TargetStatus::OnPace => (texts.on_pace().to_owned(), true),
            TargetStatus::Behind(amount) => behind(texts.behind(), amount),
            TargetStatus::Missed(amount) => behind(texts.missed(), amount),
        })
    }

    /// Describes the verified part and returns its share in percent. `None` for an indicator that does not add up: the
    /// mean or the latest of the verified entries is no part of the figure.
    pub fn verified(&self) -> Option<(String, i64)> {
        let texts = self.labels.texts;
        let actual = self.figure.actual.filter(|actual| *actual > Quantity::ZERO && adds_up(self.indicator))?;
        let verified = self.figure.verified.unwrap_or_default();
        let (percent, share) = (percent(texts, verified, actual)?, verified.percent_of(actual)?);
        Some((fill(texts.of_it_verified(), &[&verified.shown(), &self.unit(), &percent]), share.clamp(0, 100)))
    }

    /// Names the place of the filter from within, such as "this town".
    fn this_place(&self) -> String {
        let code = self.filter.place.as_deref().unwrap_or_default();
        let place = self.overview.places.iter().find(|place| place.code == code);
        let name = place.map_or_else(|| (self.place_label)(code), |place| place.name.clone());
        let kind = PLACE_KINDS.into_iter().find(|kind| name.ends_with(kind));
        match (self.labels.language, kind) {
            (Language::Chinese, Some(kind)) => format!("本{kind}"),
            _ => self.labels.texts.this_place().to_owned(),
        }
    }
}
