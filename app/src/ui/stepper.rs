//! Input of a number: the unit is in its box, whole numbers have buttons for one less and one more, and phones show digits.

use crate::state::use_app_state;
use crate::ui::number_input::read_number;
use leptos::prelude::*;

/// Input of a number.
#[component]
pub fn NumberInput(
    /// Identifier of the input.
    id: String,
    /// Identifier of the element with the error message.
    error_id: String,
    /// Text as typed.
    #[prop(into)]
    value: Signal<String>,
    /// Receives the text.
    on_change: Callback<String>,
    /// Unit.
    unit: String,
    /// Whether the number is whole.
    is_whole: bool,
    /// Whether the text is invalid, for screen readers.
    #[prop(into)]
    invalid: Signal<bool>,
) -> impl IntoView {
    let texts = use_app_state().texts;
    let change = move |difference: f64| {
        if let Some(text) = stepped(&value.get_untracked(), difference) {
            on_change.run(text);
        }
    };
    let keys = move |event: leptos::ev::KeyboardEvent| {
        let difference = match event.key().as_str() {
            "ArrowUp" => 1.0,
            "ArrowDown" => -1.0,
            _ => return,
        };
        if is_whole {
            event.prevent_default();
            change(difference);
        }
    };
    // Arrow keys do the same, so the buttons are no stops of the Tab key.
    let button = |label: &'static str, sign: &'static str, difference: f64| {
        let (is_less, press) = (difference < 0.0, move |_| change(difference));
        view! {
            <button type="button" tabindex="-1" class="stepper-button" class:stepper-less=is_less aria-label=label
                on:click=press>{sign}</button>
        }
    };
    view! {
        <span class="stepper">
            {is_whole.then(|| button(texts.one_less(), "−", -1.0))}
            <span class="stepper-box">
                <input id=id type="text" inputmode=if is_whole { "numeric" } else { "decimal" } autocomplete="off"
                    prop:value=value on:input=move |event| on_change.run(event_target_value(&event)) on:keydown=keys
                    aria-invalid=move || invalid.get().to_string() aria-describedby=error_id/>
                <span class="unit">{unit}</span>
            </span>
            {is_whole.then(|| button(texts.one_more(), "＋", 1.0))}
        </span>
    }
}

/// Returns a typed number after a step, not below zero; `None` for other text and where nothing changes.
fn stepped(text: &str, difference: f64) -> Option<String> {
    let number = read_number(text).ok()?;
    let next = (number.unwrap_or_default() + difference).max(0.0);
    (number != Some(next) && (number.is_some() || difference > 0.0)).then(|| next.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_starts_at_one_and_ends_at_zero() {
        assert_eq!(stepped("", 1.0), Some("1".to_owned()));
        assert_eq!(stepped("", -1.0), None);
        assert_eq!(stepped("１２", 1.0), Some("13".to_owned()));
        assert_eq!(stepped("1", -1.0), Some("0".to_owned()));
        assert_eq!(stepped("0", -1.0), None);
        assert_eq!(stepped("一批", 1.0), None);
    }
}
