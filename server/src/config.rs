//! Settings, each from the environment.

use clap::Args;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// Where the data is.
#[derive(Args, Clone, Debug)]
pub struct Storage {
    /// The database: sqlite://FILE or postgres://…
    #[arg(long = "database-url", env = "JIEDUI_DATABASE_URL", default_value = "sqlite://data/jiedui.db")]
    pub database_url: String,
    /// A PostgreSQL that follows the database and serves pulls and figures
    #[arg(long = "replica-url", env = "JIEDUI_REPLICA_URL")]
    pub replica_url: Option<String>,
    /// The folder of photos: one for all servers of a database, and to be backed up with it
    #[arg(long, env = "JIEDUI_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,
}

/// How to serve.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Where the data is.
    #[command(flatten)]
    pub storage: Storage,
    /// The address to listen on
    #[arg(long, env = "JIEDUI_LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,
    /// The address of /metrics; off when not given
    #[arg(long, env = "JIEDUI_ADMIN_LISTEN")]
    pub admin_listen: Option<SocketAddr>,
    /// Let anyone read the aggregates (never entries, notes, photos or people)
    #[arg(long, env = "JIEDUI_PUBLIC_VIEW", default_value_t = false, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    pub public_view: bool,
    /// The number of the approved base map, shown under the map
    #[arg(long, env = "JIEDUI_MAP_NUMBER")]
    pub map_number: Option<String>,
    /// Further hosts of push services, in addition to those of common browsers; separated by commas
    #[arg(long, env = "JIEDUI_PUSH_HOSTS", value_delimiter = ',')]
    pub push_hosts: Vec<String>,
    /// Contact address of this server for push services
    #[arg(long, env = "JIEDUI_PUSH_CONTACT", default_value = "mailto:jiedui@example.org")]
    pub push_contact: String,
    /// Oldest supported version of the sync protocol; an older app is asked to update and keeps its data
    #[arg(long, env = "JIEDUI_OLDEST_SCHEMA", default_value_t = 1)]
    pub oldest_schema: u32,
    /// Addresses of proxies whose `X-Forwarded-For` is believed, with commas between; the machine's own always are
    #[arg(long, env = "JIEDUI_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpAddr>,
    /// The most connections at once; fewer where the system allows fewer open files
    #[arg(long, env = "JIEDUI_CONNECTIONS", default_value_t = 4_000)]
    pub connections: u32,
    /// How many megabytes of photos an account may store in a day
    #[arg(long, env = "JIEDUI_PHOTO_QUOTA_MB", default_value_t = 512)]
    pub photo_quota_mb: u32,
    /// After how many days a photo that no entry names is removed; phones may be offline that long
    #[arg(long, env = "JIEDUI_PHOTO_GRACE_DAYS", default_value_t = 30)]
    pub photo_grace_days: u32,
    /// A folder with a build of the app, served in place of the one in the program
    #[arg(long, env = "JIEDUI_SITE")]
    pub site: Option<PathBuf>,
    /// Turn the public view on and print an account of each role
    #[arg(long)]
    pub demo: bool,
}
