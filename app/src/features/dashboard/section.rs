//! Parts of the shared view with the answers to a leader's questions. Their code is in a lazy chunk: until it is there, each shows
//! what the server painted.

use super::attention::AttentionList;
use super::headline::Headline;
use super::indicator_table::IndicatorTable;
use super::programmes::ProgrammeList;
use super::ranking::RankingList;
use crate::state::use_app_state;
use crate::ui::deferred::deferred;
use crate::ui::lazy::lazy_instead_of;
use crate::ui::loading::Busy;
use crate::ui::painted;
use crate::ui::skeleton::SkeletonRows;
use futures::FutureExt;
use jiedui_core::figures::figure::Filter;
use leptos::prelude::*;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

/// A part of the shared view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Headline and programmes.
    Brief,
    /// Rows that need attention.
    Attention,
    /// Places by entries or an indicator.
    Ranking,
    /// All indicators.
    Indicators,
}

impl Part {
    /// Returns the class of its element, which also names its painting.
    fn class(self) -> &'static str {
        match self {
            Self::Brief => "dashboard-brief",
            Self::Attention => "dashboard-attention",
            Self::Ranking => "dashboard-ranking",
            Self::Indicators => "dashboard-figures",
        }
    }
}

#[wasm_split(overview, fallible, preload(load_section))]
fn render_section(part: Part, filter: Memo<Filter>) -> Result<AnyView, SplitLoaderError> {
    // The map answers a filter first.
    let later = deferred(filter);
    let filter = Memo::new(move |_| later.get());
    Ok(match part {
        Part::Brief => view! { <Headline filter/><ProgrammeList filter/> }.into_any(),
        Part::Attention => view! { <AttentionList filter/> }.into_any(),
        Part::Ranking => view! { <RankingList filter/> }.into_any(),
        Part::Indicators => view! { <IndicatorTable filter/> }.into_any(),
    })
}

/// Shows a part under a filter. Where the page carries a summary of the overview, the server painted the part from the whole. The
/// painting then stays until the whole is there.
#[component]
pub fn Section(
    /// The part.
    part: Part,
    /// Current filter.
    filter: Memo<Filter>,
) -> impl IntoView {
    let app = use_app_state();
    let (painting, first) = (StoredValue::new(painted::take(part.class())), filter.get_untracked());
    let is_painting =
        Memo::new(move |_| painting.with_value(Option::is_some) && filter.with(|filter| *filter == first));
    // Once replaced, the painting is old.
    let stays = Memo::new(move |stayed: Option<&bool>| {
        stayed != Some(&false) && is_painting.get() && app.overviews.complete_for(&filter.get()).is_none()
    });
    // Whether the app has rendered the part. If its code cannot be loaded, the painting stays above the notice.
    let is_live = RwSignal::new(false);
    let render = move || {
        if stays.get() {
            return Some(().into_any());
        }
        is_live.set(true);
        render_section(part, filter).now_or_never().and_then(Result::ok)
    };
    let wait = move || match is_painting.get() {
        true => view! { <Busy/> }.into_any(),
        false => view! { <Busy/><SkeletonRows/> }.into_any(),
    };
    let shown = move || (is_painting.get() && !is_live.get()).then(|| painting.get_value());
    view! {
        <section class=part.class() data-painted=part.class()>
            {move || shown().map(|painting| view! { <div inner_html=painting></div> })}
            {lazy_instead_of(|| Box::pin(load_section()), render, wait)}
        </section>
    }
}
