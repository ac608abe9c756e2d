//! A running server, from its start to the end of its last request.

use crate::auth::token::{new_token, token_hash};
use crate::cli::error::CliError;
use crate::cli::open;
use crate::config::Config;
use crate::connections::{self, Limits};
use crate::db::accounts::account;
use crate::db::feed;
use crate::demo;
use crate::http::router;
use crate::private;
use crate::site::Site;
use crate::state::AppState;
use crate::sweep;
use axum::Router;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusBuilder;
use rustix::fs::Access;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

/// Maximum time that pending requests may delay the end.
const LAST_REQUESTS: Duration = Duration::from_secs(20);

/// Serves until SIGTERM or SIGINT.
pub async fn serve(mut config: Config) -> Result<(), CliError> {
    config.public_view |= config.demo;
    let (listen, admin_listen) = (config.listen, config.admin_listen);
    let listener = bind("JIEDUI_LISTEN", listen).await?;
    check_data_folder(&config.storage.data_dir)?;
    let (db, _) = open::open(&config.storage).await?;
    let db = db.for_requests();
    if config.demo {
        demo::accounts(&db).await?;
    }
    for folder in ["attachments", "imports"] {
        private::close_to_others(&config.storage.data_dir.join(folder));
    }
    let limits = Limits::new(config.connections);
    let site = Site::load(config.site.as_deref());
    let site = site.map_err(|error| CliError::Argument(format!("JIEDUI_SITE: {error}")))?;
    let setup = if account::exist(&db).await? { None } else { Some(new_token()?) };
    let setup_hash = setup.as_deref().map(token_hash);
    let app = AppState::new(config, db.clone(), site, setup_hash).await?;
    let (tasks, stopping) = (app.tasks.clone(), app.stopping.clone());
    if let Some(address) = admin_listen {
        let recorder = PrometheusBuilder::new().install_recorder();
        let handle = recorder.map_err(|error| CliError::Argument(format!("JIEDUI_ADMIN_LISTEN: {error}")))?;
        let metrics = Router::new().route("/metrics", get(move || async move { handle.render() }));
        let listener = Arc::new(bind("JIEDUI_ADMIN_LISTEN", address).await?);
        let until = stopping.subscribe();
        tasks.keep("metrics", move || connections::serve(listener.clone(), metrics.clone(), limits, until.clone()));
    }
    let (following, until) = (app.clone(), stopping.subscribe());
    tasks.keep("feed", move || {
        let (following, mut until) = (following.clone(), until.clone());
        async move {
            tokio::select! {
                () = feed::follow(&following.db, |change| following.publish(change)) => {}
                _ = until.wait_for(|stopping| *stopping) => {}
            }
        }
    });
    let (counting, until) = (app.clone(), stopping.subscribe());
    tasks.keep("audit", move || {
        let (counting, until) = (counting.clone(), until.clone());
        async move { counting.acts.run(&counting.db, until).await }
    });
    let sweeping = app.clone();
    tasks.keep("sweep", move || sweep::run(sweeping.clone()));
    let address = listener.local_addr().map_err(|error| CliError::Io("JIEDUI_LISTEN".into(), error))?;
    let stop = stop_signal()?;
    let (listener, router, until) = (Arc::new(listener), router(app.clone()), stopping.subscribe());
    let serving =
        tasks.keep("http", move || connections::serve(listener.clone(), router.clone(), limits, until.clone()));
    if let Some(token) = setup {
        // The part after `#` is not sent to the server, so no log has it.
        println!("还没有账号，请打开 / no account yet, open: http://{address}/setup#{token}");
    }
    println!("http://{address}");
    stop.await;
    // Event streams do not end by themselves.
    stopping.send_replace(true);
    if timeout(LAST_REQUESTS, serving).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    app.acts.write_numbers(&db, true).await;
    db.close().await;
    Ok(())
}

/// Creates the folder of photos and imports, and checks that files can be written in it.
fn check_data_folder(folder: &Path) -> Result<(), CliError> {
    let failed = |error| CliError::Argument(format!("JIEDUI_DATA_DIR: {}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let is_writable = rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK);
    is_writable.map_err(|error| failed(error.into()))
}

async fn bind(setting: &str, address: SocketAddr) -> Result<TcpListener, CliError> {
    TcpListener::bind(address).await.map_err(|error| CliError::Io(format!("{setting}: {address}"), error))
}

fn stop_signal() -> Result<impl Future<Output = ()>, CliError> {
    let failed = |error| CliError::Io("signals".into(), error);
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
