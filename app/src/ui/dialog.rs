//! A dialog that asks before an action, with what the action changes.

use crate::state::use_app_state;
use crate::ui::sheet::Sheet;
use leptos::prelude::*;

/// Renders the dialog while `open` is set.
#[component]
pub fn Dialog(
    /// Heading.
    label: &'static str,
    /// Label of the button that confirms.
    #[prop(into)]
    confirm: Signal<String>,
    /// Whether the dialog is open.
    open: RwSignal<bool>,
    /// Receives the confirmation.
    on_confirm: Callback<()>,
    /// Content.
    children: ChildrenFn,
) -> impl IntoView {
    let texts = use_app_state().texts;
    let children = StoredValue::new(children);
    let press = move |_| {
        open.set(false);
        on_confirm.run(());
    };
    view! {
        <Sheet label open class="sheet-panel sheet-dialog">
            <div class="sheet-scroll">{children.with_value(|children| children())}</div>
            <p class="actions">
                <button type="button" class="button button-primary" id="dialog-confirm" on:click=press>{move || confirm.get()}</button>
                <button type="button" class="button button-quiet" on:click=move |_| open.set(false)>{texts.cancel()}</button>
            </p>
        </Sheet>
    }
}
