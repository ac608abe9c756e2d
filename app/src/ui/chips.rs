//! A row of options of which one is chosen by a single press.

use leptos::prelude::*;

/// An option of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Chip {
    /// Value of the option.
    pub value: String,
    /// Text of its button.
    pub text: String,
}

/// Options as buttons. The chosen one is marked as pressed.
#[component]
pub fn Chips(
    /// Heading of the row; hidden where `is_named` is false.
    label: &'static str,
    /// Options.
    #[prop(into)]
    options: Signal<Vec<Chip>>,
    /// Chosen value.
    #[prop(into)]
    value: Signal<String>,
    /// Receives the value of the pressed option.
    on_choose: Callback<String>,
    /// Whether the heading is visible.
    #[prop(optional)]
    is_named: bool,
) -> impl IntoView {
    let chip = move |Chip { value: option, text }: Chip| {
        let (current, pressed) = (option.clone(), option);
        view! {
            <button type="button" class="chip" aria-pressed=move || (value.get() == current).to_string()
                on:click=move |_| on_choose.run(pressed.clone())>{text}</button>
        }
    };
    move || {
        let options = options.get();
        (!options.is_empty()).then(|| {
            view! {
                <div class="chips" role="group" aria-label=label>
                    {is_named.then(|| view! { <span class="chip-label" aria-hidden="true">{label}</span> })}
                    {options.into_iter().map(chip).collect_view()}
                </div>
            }
        })
    }
}
