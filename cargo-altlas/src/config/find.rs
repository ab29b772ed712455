//! Finds the config: `altlas.toml` in this folder or one above it, or the `altlas` table in the
//! metadata of `Cargo.toml`.

use super::{Config, ConfigError, parse, wrong::Wrong};
use std::{
    io::Read,
    path::{Path, PathBuf},
};

/// The name of the file.
const NAME: &str = "altlas.toml";

/// A config is far smaller; a larger file is something else.
const LARGEST: u64 = 1024 * 1024;

/// A config and where it was found.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    /// The file that holds it.
    pub(crate) path: PathBuf,
    /// What it says.
    pub(crate) config: Config,
    /// Its whole text.
    pub(crate) text: String,
    /// The table of the text that it is in; empty for a file of its own.
    pub(crate) table: &'static [&'static str],
}

/// Finds and reads the config; `Ok(None)` where there is none. `codes` are those that a finding can
/// have.
///
/// # Errors
/// Where a config is there and cannot be used, or where there are two.
pub(crate) fn find(
    named: Option<&Path>,
    folder: &Path,
    codes: &[&str],
) -> Result<Option<ConfigFile>, ConfigError> {
    if let Some(path) = named {
        let table: &'static [&'static str] = match path.file_name() {
            Some(name) if name == "Cargo.toml" => named_table(path)?,
            _ => &[],
        };
        return load(path.to_owned(), table, codes).map(Some);
    }
    // A link that leads nowhere is a config that cannot be read, not one that is not there.
    let own = folder
        .ancestors()
        .map(|above| above.join(NAME))
        .find(|path| path.symlink_metadata().is_ok());
    let in_cargo = in_cargo_metadata(folder)?;
    match (own, in_cargo.as_slice()) {
        (None, []) => Ok(None),
        (Some(path), []) => load(path, &[], codes).map(Some),
        (None, [(manifest, table)]) => load(manifest.clone(), table, codes).map(Some),
        (Some(path), [(manifest, table), ..]) => Err(ConfigError::Two {
            first: format!("`{}`", path.display()),
            second: shown(manifest, table),
        }),
        (None, [(first, table), (second, other), ..]) => {
            Err(ConfigError::Two { first: shown(first, table), second: shown(second, other) })
        }
    }
}

const OF_WORKSPACE: &[&str] = &["workspace", "metadata", "altlas"];
const OF_PACKAGE: &[&str] = &["package", "metadata", "altlas"];

fn shown(manifest: &Path, table: &[&str]) -> String {
    format!("`[{}]` in `{}`", table.join("."), manifest.display())
}

fn named_table(manifest: &Path) -> Result<&'static [&'static str], ConfigError> {
    let text = text(manifest)?;
    let has = |table: &[&str]| parse::has_table(&text, table).unwrap_or(false);
    Ok(if has(OF_WORKSPACE) { OF_WORKSPACE } else { OF_PACKAGE })
}

type Section = (PathBuf, &'static [&'static str]);

/// The `altlas` tables in the metadata of the workspace and of the package that `folder` is in.
///
/// Cargo is asked only where a `Cargo.toml` above has such a table: starting it takes longer than all
/// the rest.
fn in_cargo_metadata(folder: &Path) -> Result<Vec<Section>, ConfigError> {
    let manifests: Vec<PathBuf> = folder
        .ancestors()
        .map(|above| above.join("Cargo.toml"))
        .filter(|path| path.is_file())
        .collect();
    let mut has_section = false;
    for manifest in &manifests {
        has_section |= has_table(manifest)?;
    }
    let Some(nearest) = manifests.first().filter(|_| has_section) else {
        return Ok(Vec::new());
    };
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(nearest)
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .map_err(|source| ConfigError::Cargo {
            manifest: nearest.clone(),
            source: Box::new(source),
        })?;
    let mut found: Vec<Section> = Vec::new();
    if metadata.workspace_metadata.get("altlas").is_some() {
        found.push((metadata.workspace_root.join("Cargo.toml").into(), OF_WORKSPACE));
    }
    let here = metadata.packages.iter().find(|package| package.manifest_path == *nearest);
    if here.is_some_and(|package| package.metadata.get("altlas").is_some()) {
        found.push((nearest.clone(), OF_PACKAGE));
    }
    Ok(found)
}

/// Whether a `Cargo.toml` has a table for altlas. One that cannot be read is cargo's business, unless
/// it speaks of altlas.
fn has_table(manifest: &Path) -> Result<bool, ConfigError> {
    let Ok(text) = text(manifest) else { return Ok(false) };
    if !(text.contains("metadata") && text.contains("altlas")) {
        return Ok(false);
    }
    let found = [OF_WORKSPACE, OF_PACKAGE].map(|table| parse::has_table(&text, table));
    match found {
        [Ok(workspace), Ok(package)] => Ok(workspace || package),
        [Err(wrong), _] | [_, Err(wrong)] => Err(in_text(manifest.to_owned(), text, wrong)),
    }
}

fn in_text(path: PathBuf, text: String, wrong: Wrong) -> ConfigError {
    let Wrong { message, span, help } = wrong;
    ConfigError::Text { path, text, message, span, help }
}

fn load(
    path: PathBuf,
    table: &'static [&'static str],
    codes: &[&str],
) -> Result<ConfigFile, ConfigError> {
    let text = text(&path)?;
    match parse::parse(&text, table, codes) {
        Ok(config) => Ok(ConfigFile { path, config, text, table }),
        Err(wrong) => Err(in_text(path, text, wrong)),
    }
}

/// The text of a config, or the one sentence that says what the file is instead.
fn text(path: &Path) -> Result<String, ConfigError> {
    let file = |what: String| ConfigError::File { path: path.to_owned(), what };
    let unreadable = |source| ConfigError::Read { path: path.to_owned(), source };
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(file("is a folder; a config is a TOML file".to_owned()));
    }
    // Opening a pipe would wait for somebody who writes; the shell's `<(…)` is such a one, and
    // somebody does.
    if !metadata.is_file() && !path.starts_with("/dev") && !path.starts_with("/proc") {
        return Err(file("is not a regular file; a config is a TOML file".to_owned()));
    }
    if metadata.len() > LARGEST {
        let mib = metadata.len() / (1024 * 1024);
        return Err(file(format!("is {mib} MiB large; a config is at most 1 MiB")));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    parse::decode(&bytes).map_err(file)
}
