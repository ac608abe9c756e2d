//! Choice of the activity of a new entry, by programme.

use crate::labels::programme_color::color_style;
use crate::lazy_screen;
use crate::state::use_app_state;
use crate::ui::loading::LoadingOnline;
use jiedui_core::catalogue::Activity;
use leptos::prelude::*;
use leptos_router::components::A;

lazy_screen!(record:
    /// The choice of an activity.
    ActivityChoice, render_choose_activity, Choose
);

/// The activities that the user may record.
#[component]
fn Choose() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.nav_new());
    move || {
        let Some(user) = app.session.user.get() else { return view! { <crate::ui::page::PleaseSignIn/> }.into_any() };
        let Some(overview) = app.overviews.server.get() else {
            return view! { <LoadingOnline/> }.into_any();
        };
        let catalogue = &overview.catalogue;
        let programmes = catalogue.programmes.iter().filter(|programme| user.scope.has_programme(&programme.code));
        let only_one = user.scope.programmes.len() == 1;
        let groups = programmes.filter_map(|programme| {
            let activities = catalogue.activities.iter().filter(|activity| activity.programme == programme.code);
            let link = |activity: &Activity| {
                let name = app.pick(&activity.name, &activity.name_en).to_owned();
                view! { <li><A href=format!("/entries/new/{}", activity.code)>{name}</A></li> }
            };
            let links: Vec<_> = activities.map(link).collect();
            // A new programme has no activity yet.
            (!links.is_empty()).then(|| {
                view! {
                    <details class="programme" style=color_style(programme.color) open=only_one>
                        <summary>{app.pick(&programme.name, &programme.name_en).to_owned()}</summary>
                        <ul class="choices">{links}</ul>
                    </details>
                }
            })
        });
        view! {
            <section class="narrow">
                <h1>{texts.choose_activity()}</h1>
                {groups.collect_view()}
            </section>
        }
        .into_any()
    }
}
