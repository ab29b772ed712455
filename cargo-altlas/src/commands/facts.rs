//! `cargo altlas facts`.

mod http;
mod image_tags;
mod index_url;
mod simple_index;
mod update;

use crate::{
    exit::{Exit, Failure},
    files,
    global::Global,
};
use clap::{Args, Subcommand};
use cuda_compat::{FactTable, fact_tables};
use jiff::{ToSpan, civil::Date};
use serde_json::{Value, json};
use std::fmt::Write;

/// What altlas knows, from where, and how old it is
///
/// Every table of facts with its rows, dates and sources. `--stale` shows only those with rows that
/// are older than a limit, and ends with 1 where there are any. `facts update` asks registries what
/// is newer than the tables.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct FactsArgs {
    #[command(subcommand)]
    action: Option<Action>,

    /// Show only tables with rows older than the limit
    #[arg(long)]
    stale: bool,

    /// The limit of `--stale`
    #[arg(long, default_value_t = 180, value_name = "DAYS")]
    older_than: u32,

    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum Action {
    Update(update::UpdateArgs),
}

/// How facts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For reading
    Human,
    /// For programs
    Json,
}

pub(crate) fn run(args: &FactsArgs, global: &Global) -> Result<Exit, Failure> {
    if let Some(Action::Update(args)) = &args.action {
        return update::run(args);
    }
    let today = today();
    let limit = today.saturating_sub(i64::from(args.older_than).days());
    let is_stale = |table: &FactTable| table.read_before(limit) > 0;
    let mut tables = fact_tables();
    if args.stale {
        tables.retain(is_stale);
    }
    let text = match args.format {
        Format::Json => format!("{:#}\n", as_json(&tables, today, limit)),
        Format::Human if tables.is_empty() => {
            format!("no fact is older than {} days\n", args.older_than)
        }
        Format::Human => as_text(&tables, today, limit, global.verbose),
    };
    files::print(&text).map_err(Failure::could_not)?;
    Ok(if args.stale && !tables.is_empty() { Exit::Findings } else { Exit::Clean })
}

/// The day of this machine, by its own clock and zone.
fn today() -> Date {
    jiff::ZonedDateTime::now().date()
}

fn as_text(tables: &[FactTable], today: Date, limit: Date, verbose: bool) -> String {
    let mut text = String::new();
    let width = tables.iter().map(|table| table.name.len()).max().unwrap_or(0);
    for table in tables {
        let Some((oldest, newest)) = table.dates() else { continue };
        let _ = writeln!(
            text,
            "{:width$}  {:4} rows  read {oldest} to {newest}, {} days old  {}",
            table.name,
            table.rows.len(),
            days(oldest, today),
            table.about,
        );
        let old = table.read_before(limit);
        if old > 0 {
            let _ = writeln!(text, "{:width$}  {old} of them before {limit}", "");
        }
        for (source, rows) in table.sources().iter().filter(|_| verbose) {
            let _ = writeln!(text, "{:width$}  {rows:4} from {source}", "");
        }
    }
    text
}

fn as_json(tables: &[FactTable], today: Date, limit: Date) -> Value {
    let table = |table: &FactTable| {
        let dates = table.dates();
        let sources: Vec<Value> = table
            .sources()
            .iter()
            .map(|(source, rows)| json!({"source": source, "rows": rows}))
            .collect();
        json!({
            "name": table.name,
            "about": table.about,
            "rows": table.rows.len(),
            "oldest": dates.map(|(oldest, _)| oldest.to_string()),
            "newest": dates.map(|(_, newest)| newest.to_string()),
            "age_days": dates.map(|(oldest, _)| days(oldest, today)),
            "stale_rows": table.read_before(limit),
            "sources": sources,
        })
    };
    let tables: Vec<Value> = tables.iter().map(table).collect();
    json!({"today": today.to_string(), "stale_before": limit.to_string(), "tables": tables})
}

fn days(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn every_table_is_shown_with_its_age() {
        let (today, limit) = (date(2027, 1, 1), date(2026, 7, 1));
        let tables = fact_tables();
        let text = as_text(&tables, today, limit, false);
        for table in &tables {
            assert!(text.contains(table.name), "{text}");
        }
        assert!(text.contains("of them before 2026-07-01"), "{text}");
        assert!(!text.contains(" from "), "{text}");
        let verbose = as_text(&tables, today, limit, true);
        assert!(verbose.contains("from Debian package distro-info-data"), "{verbose}");
        let value = as_json(&tables, today, limit);
        assert_eq!(value["tables"].as_array().map(Vec::len), Some(tables.len()));
        let arch = &value["tables"][0];
        assert_eq!((&arch["name"], &arch["stale_rows"]), (&json!("arch"), &json!(0)));
        assert_eq!(arch["age_days"], 38);
    }
}
