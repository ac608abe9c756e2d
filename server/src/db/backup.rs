//! Copies of the whole database: an SQLite file, or a dump by PostgreSQL's own programs.

use super::{Db, DbError, Result};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;
use std::str::FromStr;
use std::time::Duration;
use url::Url;

/// Schema that contains all tables.
const SCHEMA: &str = "public";
/// Number of times that a restore looks for other programs: PostgreSQL ends a connection shortly after its program.
const ATTEMPTS: u32 = 10;
/// Pause between two of them.
const PAUSE: Duration = Duration::from_millis(100);

/// Writes a complete and consistent copy to a new file while servers run. `url` is the address of the database.
pub async fn backup(db: &Db, url: &str, file: &Path) -> Result<()> {
    match db {
        Db::Sqlite { readers, .. } => {
            let file = file.to_string_lossy();
            sqlx::query("VACUUM INTO $1").bind(file.as_ref()).execute(readers).await?;
            Ok(())
        }
        Db::Postgres { .. } => {
            let file = format!("--file={}", file.display());
            let schema = format!("--schema={SCHEMA}");
            run("pg_dump", &["--format=custom", "--no-owner", "--no-privileges", &schema, &file], url)
        }
    }
}

/// Restore of a PostgreSQL database. Until [`PostgresRestore::undo`] or the end of the program, the previous tables are in
/// a schema of their own.
pub struct PostgresRestore {
    connection: PgConnection,
    /// Whether the previous tables are out of the way, so that dropping the schema loses nothing.
    is_set_aside: bool,
    /// Schema of the previous tables; `None` if the database was empty.
    pub previous: Option<String>,
}

impl PostgresRestore {
    /// Connects to the database. Fails while any other program is connected to it.
    pub async fn begin(url: &str) -> Result<Self> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(DbError::Url("JIEDUI_DATABASE_URL", url.to_owned()));
        }
        let options = PgConnectOptions::from_str(url)?;
        let database = options.get_database().unwrap_or_default().to_owned();
        let mut connection = options.connect().await?;
        // Without the right to see other users' sessions their kind is NULL; background workers have no user.
        let others =
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND usesysid IS NOT NULL AND COALESCE(backend_type, 'client backend') = 'client backend'";
        for _ in 0..ATTEMPTS {
            if sqlx::query_scalar::<_, i64>(others).fetch_one(&mut connection).await? == 0 {
                return Ok(Self { connection, is_set_aside: false, previous: None });
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(DbError::InUse(database.into()))
    }

    /// Sets the present tables aside and restores a dump. Afterwards the caller checks the result.
    pub async fn restore(&mut self, url: &str, dump: &Path) -> Result<()> {
        let tables = "SELECT COUNT(*) FROM pg_class WHERE relnamespace = to_regnamespace($1)";
        let tables: i64 = sqlx::query_scalar(tables).bind(SCHEMA).fetch_one(&mut self.connection).await?;
        if tables > 0 {
            let previous = format!("before_restore_{}", super::now());
            self.run(format!("ALTER SCHEMA {SCHEMA} RENAME TO {previous}")).await?;
            self.previous = Some(previous);
        } else {
            self.run(format!("DROP SCHEMA IF EXISTS {SCHEMA}")).await?;
        }
        self.is_set_aside = true;
        let dump = dump.display().to_string();
        let arguments = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", &dump];
        run("pg_restore", &arguments, url)?;
        // A dump has no statistics, without which the first queries would be slow.
        self.run("ANALYZE".to_owned()).await
    }

    /// Drops the restored tables and puts the previous ones back.
    pub async fn undo(&mut self) -> Result<()> {
        if !self.is_set_aside {
            return Ok(());
        }
        self.run(format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")).await?;
        match self.previous.take() {
            Some(previous) => self.run(format!("ALTER SCHEMA {previous} RENAME TO {SCHEMA}")).await,
            None => self.run(format!("CREATE SCHEMA {SCHEMA}")).await,
        }
    }

    async fn run(&mut self, statement: String) -> Result<()> {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut self.connection).await?;
        Ok(())
    }

    /// Closes the connection.
    pub async fn close(self) -> Result<()> {
        Ok(self.connection.close().await?)
    }
}

/// Runs one of PostgreSQL's programs on a database until it ends.
fn run(program: &'static str, arguments: &[&str], url: &str) -> Result<()> {
    let (address, password) = split_password(url);
    let mut command = Command::new(program);
    command.args(arguments).arg("--no-password").arg(format!("--dbname={address}"));
    // Arguments are visible to every user of the machine, the environment is not.
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    let output = command.output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => DbError::NoTool(program),
        _ => DbError::Tool(program, error.to_string()),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = errors.lines().map(str::trim).filter(|line| !line.is_empty()).take(3).collect();
    Err(DbError::Tool(program, lines.join(" ")))
}

/// Splits the address of a database into an address without password, and the password.
fn split_password(url: &str) -> (String, Option<String>) {
    let Ok(mut parsed) = Url::parse(url) else { return (url.to_owned(), None) };
    let is_password = |name: &str| name == "password";
    let in_query = parsed.query_pairs().find(|(name, _)| is_password(name)).map(|(_, value)| value.into_owned());
    let in_authority = parsed.password().map(|text| percent_encoding::percent_decode_str(text).decode_utf8_lossy());
    let password = in_authority.map(std::borrow::Cow::into_owned).or(in_query);
    // Fails for an address without a host, which has no password either.
    let _ = parsed.set_password(None);
    // The statement cache is a setting of this program's driver, which the programs do not know.
    let others = parsed.query_pairs().filter(|(name, _)| !is_password(name) && name != "statement-cache-capacity");
    let others: Vec<(String, String)> = others.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    parsed.set_query(None);
    if !others.is_empty() {
        parsed.query_pairs_mut().extend_pairs(others);
    }
    (parsed.into(), password)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(
        "postgres://li:s%40cret@db:5433/jiedui?sslmode=require",
        "postgres://li@db:5433/jiedui?sslmode=require",
        Some("s@cret")
    )]
    #[case("postgres://db/jiedui?user=li&password=a%26b", "postgres://db/jiedui?user=li", Some("a&b"))]
    #[case(
        "postgres:///jiedui?host=/run/postgresql&statement-cache-capacity=0",
        "postgres:///jiedui?host=%2Frun%2Fpostgresql",
        None
    )]
    fn address_for_programs_has_no_password(#[case] url: &str, #[case] address: &str, #[case] password: Option<&str>) {
        assert_eq!(split_password(url), (address.to_owned(), password.map(str::to_owned)));
    }
}
