//! Parts that the forms of programmes, activities and indicators share: screen, choice of a programme, submission.

use super::{NEW_ITEM, is_admin, sentence};
use crate::api::error::ApiError;
use crate::state::{AppState, use_app_state};
use jiedui_core::catalogue::Catalogue;
use jiedui_core::values::field_error::FieldError;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use wasm_bindgen_futures::spawn_local;

/// Renders the form of the item that the address names, for administrators. The form gets the item, or `None` for a new one,
/// and the version of the catalogue that it was opened from.
pub fn editing_screen<T>(
    find: fn(&Catalogue, &str) -> Option<T>,
    not_found: &'static str,
    editor: fn(Option<T>, u32) -> AnyView,
) -> impl IntoView
where
    T: 'static,
{
    let texts = use_app_state().texts;
    crate::ui::page::title(texts.nav_catalogue());
    let params = use_params_map();
    let code = Memo::new(move |_| params.with(|params| params.get("code")).unwrap_or_default());
    crate::ui::page::for_roles(is_admin, texts.admins_only(), move |overview| {
        let code = code.get();
        let item = find(&overview.catalogue, &code);
        if item.is_none() && code != NEW_ITEM {
            return view! { <p class="empty">{not_found}</p> }.into_any();
        }
        // The request names the catalogue version with which the form was opened, not a newer one.
        editor(item, overview.catalogue.version)
    })
}

/// Lists the programmes to choose from, after an empty choice.
pub fn programme_options(app: AppState, chosen: Signal<String>) -> impl IntoView {
    move || {
        let overview = app.overviews.server.get().unwrap_or_default();
        let option = |code: String, label: String| {
            let value = code.clone();
            view! { <option value=value selected=move || chosen.with(|chosen| *chosen == code)>{label}</option> }
        };
        let programmes = overview.catalogue.programmes.iter();
        std::iter::once(option(String::new(), app.texts.please_choose().to_owned()))
            .chain(programmes.map(|it| option(it.code.clone(), app.pick(&it.name, &it.name_en).to_owned())))
            .collect_view()
    }
}

/// Submission of a form: its errors, and whether it was tried.
#[derive(Clone, Copy)]
pub struct Submission {
    app: AppState,
    /// Errors of the fields.
    pub errors: RwSignal<Vec<FieldError>>,
    /// Message above the form.
    pub failed: RwSignal<Option<String>>,
    /// Whether the form was submitted once. Before that, incomplete fields are not shown as errors.
    pub checked: RwSignal<bool>,
}

impl Submission {
    /// Creates a submission that was not tried.
    pub fn new(app: AppState) -> Self {
        let (errors, failed) = (RwSignal::new(Vec::new()), RwSignal::new(None));
        Self { app, errors, failed, checked: RwSignal::new(false) }
    }

    /// Starts an attempt: clears the last message.
    pub fn begin(self) {
        self.failed.set(None);
        self.checked.set(true);
    }

    /// Validates a change against the catalogue and stores its errors. Returns whether it has none.
    pub fn validate<T>(self, change: impl FnOnce(Catalogue) -> Result<T, Vec<FieldError>>) -> bool {
        let server = self.app.overviews.server;
        let catalogue = server.with_untracked(|overview| overview.as_ref().map(|overview| overview.catalogue.clone()));
        let errors = change(catalogue.unwrap_or_default()).err().unwrap_or_default();
        let is_valid = errors.is_empty();
        self.errors.set(errors);
        is_valid
    }

    /// Shows the first error above the form.
    pub fn show_first_error(self) {
        if let Some(error) = self.errors.with_untracked(|errors| errors.first().cloned()) {
            self.failed.set(Some(sentence(error, self.app.language)));
        }
    }

    /// Sends the request, then opens the catalogue or shows the errors.
    pub fn send(
        self,
        navigate: impl Fn(&str, leptos_router::NavigateOptions) + 'static,
        request: impl Future<Output = Result<(), ApiError>> + 'static,
    ) {
        spawn_local(async move {
            match request.await {
                Ok(()) => {
                    crate::sync::look_for_news(self.app);
                    navigate("/catalogue", Default::default());
                }
                Err(error) => {
                    self.failed.set(Some(error.detail.unwrap_or_else(|| self.app.texts.needs_network().to_owned())));
                    self.errors.set(error.errors);
                }
            }
        });
    }
}
