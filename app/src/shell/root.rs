//! The root of the app: header, navigation, main part, and the route of every screen.

use super::header::{Header, Notices};
use super::home::Home;
use super::not_found::NotFound;
use super::rail::Rail;
use crate::features::catalogue::CatalogueOverview;
use crate::features::catalogue::activity::ActivityForm;
use crate::features::catalogue::indicator::IndicatorForm;
use crate::features::catalogue::programme::ProgrammeForm;
use crate::features::directory::OrganisationDetail;
use crate::features::directory::OrganisationList;
use crate::features::directory::organisation_edit::OrganisationForm;
use crate::features::directory::pairing_edit::PairingForm;
use crate::features::entries::{ActivityChoice, AllEntries, ConflictChoice, EditEntryForm, MyEntryList, NewEntryForm};
use crate::features::help::Help;
use crate::features::import::ImportWizard;
use crate::features::indicator::IndicatorDetail;
use crate::features::kit::Kit;
use crate::features::ledger::{LedgerItem, LedgerList};
use crate::features::me::Me;
use crate::features::my_work::MyWork;
use crate::features::own_account::OwnAccount;
use crate::features::people::PeopleList;
use crate::features::people::account::PersonForm;
use crate::features::report::ReportPage;
use crate::features::review::{EntryDetail, ReviewQueue};
use crate::features::setup::SetUp;
use crate::features::sign_in::SignIn;
use crate::features::sign_in_code::CodeSignIn;
use crate::state::AppState;
use crate::state::bootstrap::BootstrapData;
use crate::sync;
use crate::ui::loading::Main;
use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

/// The whole app. It takes its [`BootstrapData`] from the context.
#[component]
pub fn Root() -> impl IntoView {
    let app = AppState::new(use_context::<BootstrapData>().unwrap_or_default());
    provide_context(app);
    Effect::new(move |_| sync::start(app));
    Effect::new(move |_| {
        if app.geography.places_requested.get() {
            app.geography.places_requested.set(false);
            sync::fetch_places(app);
        }
    });
    let texts = app.texts;
    view! {
        <Router>
            <a class="skip" href="#main">{texts.skip()}</a>
            <Header/>
            <Rail/>
            <Notices/>
            <Main>
                <Routes fallback=NotFound>
                    <Route path=path!("/") view=Home/>
                    <Route path=path!("/indicators/:code") view=IndicatorDetail/>
                    <Route path=path!("/report") view=ReportPage/>
                    <Route path=path!("/sign-in") view=SignIn/>
                    <Route path=path!("/sign-in/code") view=CodeSignIn/>
                    <Route path=path!("/setup") view=SetUp/>
                    <Route path=path!("/help") view=Help/>
                    <Route path=path!("/help/:page") view=Help/>
                    <Route path=path!("/list") view=AllEntries/>
                    <Route path=path!("/list/:id") view=EntryDetail/>
                    <Route path=path!("/organisations") view=OrganisationList/>
                    <Route path=path!("/organisations/new") view=OrganisationForm/>
                    <Route path=path!("/organisations/:id/edit") view=OrganisationForm/>
                    <Route path=path!("/pairings/new") view=PairingForm/>
                    <Route path=path!("/pairings/:id") view=PairingForm/>
                    <Route path=path!("/organisations/:id") view=OrganisationDetail/>
                    <Route path=path!("/catalogue") view=CatalogueOverview/>
                    <Route path=path!("/catalogue/programmes/:code") view=ProgrammeForm/>
                    <Route path=path!("/catalogue/activities/:code") view=ActivityForm/>
                    <Route path=path!("/catalogue/indicators/:code") view=IndicatorForm/>
                    <Route path=path!("/kit") view=Kit/>
                    <Route path=path!("/me") view=Me/>
                    <Route path=path!("/me/account") view=OwnAccount/>
                    <Route path=path!("/people") view=PeopleList/>
                    <Route path=path!("/people/:id") view=PersonForm/>
                    <Route path=path!("/work") view=MyWork/>
                    <Route path=path!("/needs") view=LedgerList/>
                    <Route path=path!("/needs/new") view=LedgerItem/>
                    <Route path=path!("/needs/:id") view=LedgerItem/>
                    <Route path=path!("/import") view=ImportWizard/>
                    <Route path=path!("/review") view=ReviewQueue/>
                    <Route path=path!("/entries") view=MyEntryList/>
                    <Route path=path!("/entries/new") view=ActivityChoice/>
                    <Route path=path!("/entries/new/:activity") view=NewEntryForm/>
                    <Route path=path!("/entries/:id/conflict") view=ConflictChoice/>
                    <Route path=path!("/entries/:id") view=EditEntryForm/>
                </Routes>
            </Main>
            <div role="status">{move || app.screen.snackbar.get().map(|snackbar| snackbar.view.run())}</div>
        </Router>
    }
}
