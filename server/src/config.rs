//! Settings, from flags and environment variables.

use clap::Args;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// Database and data folder.
#[derive(Args, Clone, Debug)]
pub struct Storage {
    /// Database: sqlite://FILE or postgres://…
    #[arg(long = "database-url", env = "JIEDUI_DATABASE_URL", default_value = "sqlite://data/jiedui.db")]
    pub database_url: String,
    /// Streaming replica of the PostgreSQL, which serves pulls, figures and lists
    #[arg(long = "replica-url", env = "JIEDUI_REPLICA_URL")]
    pub replica_url: Option<String>,
    /// Folder of photos and imports, shared by all servers of a database
    #[arg(long, env = "JIEDUI_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,
}

/// Settings of `jiedui serve`.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Database and data folder.
    #[command(flatten)]
    pub storage: Storage,
    /// Address of the app and the API
    #[arg(long, env = "JIEDUI_LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,
    /// Address of /metrics; off by default
    #[arg(long, env = "JIEDUI_ADMIN_LISTEN")]
    pub admin_listen: Option<SocketAddr>,
    /// Show the aggregates to everyone, never entries, notes, photos or people
    #[arg(long, env = "JIEDUI_PUBLIC_VIEW", default_value_t = false, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub public_view: bool,
    /// Let reviewers approve entries with their own numbers: for offices with one reviewer
    #[arg(long, env = "JIEDUI_OWN_REVIEW", default_value_t = false, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub own_review: bool,
    /// Order places by their value in the shared view; where it is off, they are ordered by their code
    #[arg(long, env = "JIEDUI_RANKING", default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub ranking: bool,
    /// Number of the approved base map, shown under the map
    #[arg(long, env = "JIEDUI_MAP_NUMBER")]
    pub map_number: Option<String>,
    /// Further hosts of push services, in addition to those of common browsers; comma-separated
    #[arg(long, env = "JIEDUI_PUSH_HOSTS", value_delimiter = ',')]
    pub push_hosts: Vec<String>,
    /// Contact address of this server for push services
    #[arg(long, env = "JIEDUI_PUSH_CONTACT", default_value = "mailto:jiedui@example.org")]
    pub push_contact: String,
    /// Oldest supported version of the sync protocol; older apps must update, and keep their data
    #[arg(long, env = "JIEDUI_OLDEST_SCHEMA", default_value_t = 1)]
    pub oldest_schema: u32,
    /// Addresses of trusted proxies, whose X-Forwarded-For is used; comma-separated; loopback is always trusted
    #[arg(long, env = "JIEDUI_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpAddr>,
    /// Maximum number of connections; fewer if the system allows fewer open files
    #[arg(long, env = "JIEDUI_CONNECTIONS", default_value_t = 4_000)]
    pub connections: u32,
    /// Megabytes of photos that an account may store a day
    #[arg(long, env = "JIEDUI_PHOTO_QUOTA_MB", default_value_t = 512)]
    pub photo_quota_mb: u32,
    /// Days after which a photo that no record names is removed; phones may be offline that long
    #[arg(long, env = "JIEDUI_PHOTO_GRACE_DAYS", default_value_t = 30)]
    pub photo_grace_days: u32,
    /// Months for which the audit trail is kept, at least 6
    #[arg(long, env = "JIEDUI_AUDIT_MONTHS", default_value_t = 36, value_parser = parse_audit_months)]
    pub audit_months: u32,
    /// Folder with a build of the app, served instead of the built-in one
    #[arg(long, env = "JIEDUI_SITE")]
    pub site: Option<PathBuf>,
    /// Turn on the public view, and create and print an account of each role
    #[arg(long)]
    pub demo: bool,
}

/// Least number of months for which the audit trail is kept.
const LEAST_AUDIT_MONTHS: u32 = 6;

fn parse_audit_months(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(months) if months >= LEAST_AUDIT_MONTHS => Ok(months),
        _ => Err(format!("JIEDUI_AUDIT_MONTHS: a number of months, at least {LEAST_AUDIT_MONTHS}")),
    }
}
