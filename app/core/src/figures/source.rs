//! Sources of figures other than the contributions of an overview.

use crate::catalogue::{Catalogue, Indicator};
use crate::figures::breakdown::{Dimension, Slice};
use crate::figures::figure::{Figure, Filter};
use crate::values::month::Month;
use crate::values::quantity::Quantity;
use std::fmt::Debug;
use std::sync::Arc;
use uuid::Uuid;

/// Source of figures other than contributions. Screens call it through a pointer, so that its code can be in a lazy chunk. It
/// answers filters for one year.
pub trait FigureSource: Debug + Send + Sync {
    /// Returns the years that it has, latest first.
    fn years(&self) -> Vec<i32>;
    /// Returns the figure of an indicator.
    fn figure(&self, indicator: &Indicator, filter: &Filter) -> Figure;
    /// Returns the first and the last month in which an indicator has entries.
    fn months(&self, indicator: &Indicator, filter: &Filter) -> Option<(Month, Month)>;
    /// Returns an indicator's figure at the end of each month of a range, or `None` before the first entry.
    fn running_totals(&self, indicator: &Indicator, filter: &Filter, range: (Month, Month)) -> Vec<Option<Quantity>>;
    /// Returns the breakdown of a figure; `None` if the source does not have it.
    fn split(&self, indicator: &Indicator, filter: &Filter, by: Dimension) -> Option<Vec<Slice>>;
    /// Returns the figures of a pairing; `None` if the source does not have them.
    fn figures_of_pairing(&self, pairing: Uuid, filter: &Filter, catalogue: &Catalogue) -> Option<Vec<Figure>>;
}

/// Shared value of an overview that is no part of its text.
#[derive(Debug)]
pub struct Attached<T: ?Sized>(pub Option<Arc<T>>);

impl<T: ?Sized> Clone for Attached<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: ?Sized> Default for Attached<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: ?Sized> PartialEq for Attached<T> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(value), Some(other)) => Arc::ptr_eq(value, other),
            (value, other) => value.is_none() && other.is_none(),
        }
    }
}
