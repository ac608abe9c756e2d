//! A breakdown as bars: a table in which each row draws its bar.

use crate::ui::figure_lines::exact;
use jiedui_core::figures::breakdown::{Group, Slice};
use jiedui_core::values::quantity::Quantity;
use jiedui_core::values::sort::sort_by_key;
use maud::{Markup, html};

/// Renders slices as bars, the largest first. `label` returns the name of a group and its link.
pub fn breakdown(
    title: &str,
    note: &str,
    mut slices: Vec<Slice>,
    label: impl Fn(&Group) -> (String, Option<String>),
) -> Markup {
    sort_by_key(&mut slices, |slice| std::cmp::Reverse(slice.value));
    let Some(largest) = slices.first().map(|slice| slice.value) else { return Markup::default() };
    let permille =
        |value: Quantity| value.ratio(largest).map_or(0, |share| (share * 1000.0).round() as i64).clamp(0, 1000);
    html! {
        section {
            h2 { (title) }
            p class="note" { (note) }
            table class="bars" {
                tbody {
                    @for slice in &slices {
                        @let (name, link) = label(&slice.of);
                        @let (whole, solid) = (permille(slice.value), permille(slice.verified.min(slice.value)));
                        tr {
                            th scope="row" { @if let Some(link) = link { a href=(link) { (name) } } @else { (name) } }
                            td class="bar-cell" {
                                span class="verified" style=(width(solid)) {}
                                span class="hatched" style=(width(whole - solid)) {}
                            }
                            td class="number" { (exact(slice.value)) }
                        }
                    }
                }
            }
        }
    }
}

/// Returns the style of a bar whose width is given in thousandths.
fn width(permille: i64) -> String {
    format!("width:{}.{}%", permille / 10, permille % 10)
}
