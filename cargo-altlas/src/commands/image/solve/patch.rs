//! What the answer changes in the config: only the values that are not there yet, so that comments,
//! order and everything else stay.

use super::{hand_written::HandWritten, wanted::Wanted};
use crate::{config::ConfigFile, environment, files};
use anyhow::Context;
use cuda_compat::{Chosen, CudaVersion, CudnnFrom, Fit, tag_for_driver};
use pep440_rs::{Operator, VersionSpecifiers};
use similar::TextDiff;
use std::path::{Path, PathBuf};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

/// A change of the config.
#[derive(Debug)]
pub(super) struct Patch {
    path: PathBuf,
    before: String,
    after: String,
}

const NEW: &str = "schema = 1\n\n[cuda]\n\n[frameworks]\n\n[image.dev]\n\n[image.prod]\n";

impl Patch {
    /// The change that writes `fit` into the config, or into a new one.
    ///
    /// # Errors
    /// Where the config is not a document that can be changed.
    pub(super) fn new(
        config: Option<&ConfigFile>,
        fit: &Fit,
        wanted: &Wanted,
        hand_written: Option<&HandWritten>,
    ) -> anyhow::Result<Self> {
        let path = config
            .map_or_else(|| environment::folder().join("altlas.toml"), |file| file.path.clone());
        let before = config.map_or("", |file| file.text.as_str());
        let start = config.map_or(NEW, |file| file.text.as_str());
        let mut document: DocumentMut = start.parse().context("the config cannot be changed")?;
        let inside = config.map_or(&[] as &[&str], |file| file.table);
        let root = table(document.as_table_mut(), inside)?;
        set_cuda(table(root, &["cuda"])?, config, fit, wanted);
        if !fit.frameworks.is_empty() {
            set_frameworks(table(root, &["frameworks"])?, config, fit);
        } else if config.is_none() {
            root.remove("frameworks");
        }
        if let Some(file) = hand_written.filter(|file| config.is_none() && !file.pip.is_empty()) {
            for image in ["dev", "prod"] {
                let pip: Array = file.pip.iter().collect();
                table(root, &["image", image])?.insert("pip", toml_edit::value(pip));
            }
        }
        let mut after = document.to_string();
        if before.contains("\r\n") {
            after = after.replace("\r\n", "\n").replace('\n', "\r\n");
        }
        Ok(Self { path, before: before.to_owned(), after })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.before == self.after
    }

    /// The file, as the user would write it.
    pub(super) fn name(&self) -> String {
        let folder = environment::folder();
        self.path.strip_prefix(&folder).unwrap_or(&self.path).display().to_string()
    }

    /// The change as a unified diff.
    pub(super) fn diff(&self) -> String {
        let name = self.name();
        let old = if self.before.is_empty() { "/dev/null" } else { &name };
        let diff = TextDiff::from_lines(&self.before, &self.after);
        diff.unified_diff().context_radius(3).header(old, &name).to_string()
    }

    /// Writes the changed file.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(super) fn write(&self) -> anyhow::Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        files::write(Path::new(&self.path), self.after.as_bytes())
    }
}

/// The table of that path, made where it is not there.
fn table<'t>(
    mut at: &'t mut dyn TableLike,
    path: &[&str],
) -> anyhow::Result<&'t mut dyn TableLike> {
    for name in path {
        let item = at.entry(name).or_insert(Item::Table(Table::new()));
        at = item.as_table_like_mut().with_context(|| format!("`{name}` is not a table"))?;
    }
    Ok(at)
}

fn set_cuda(into: &mut dyn TableLike, config: Option<&ConfigFile>, fit: &Fit, wanted: &Wanted) {
    let there = config.map(|file| &file.config.cuda);
    let driver = wanted.wishes.driver.map(|driver| (driver.version, driver.platform));
    // A version without a patch says the same where the images take this very release for it.
    let taken = |line| {
        let cudnn = fit.tag.cudnn.is_some();
        tag_for_driver(line, cudnn, fit.tag.flavour, &fit.tag.os, driver).map(|tag| tag.cuda)
    };
    let same_cuda = |version: CudaVersion| {
        let taken = if version.patch.is_none() { taken(version) } else { Some(version) };
        taken == Some(fit.tag.cuda)
    };
    if !there.and_then(|cuda| cuda.version).is_some_and(same_cuda) {
        set(into, "version", fit.tag.cuda.to_string());
    }
    // The images have cuDNN where `[cuda]` names it and no wheel brings it.
    let has = there.and_then(|cuda| cuda.cudnn);
    if let Some((cudnn, from)) = fit.cudnn
        && (has.is_some() || from == CudnnFrom::Base)
        && has.is_none_or(|has| has.major != cudnn.major)
    {
        set(into, "cudnn", cudnn.major.to_string());
    }
    let python = there.and_then(|cuda| cuda.python).map(|python| python.minor_line());
    if python != Some(fit.python) {
        set(into, "python", fit.python.to_string());
    }
    if there.and_then(|cuda| cuda.os.as_ref()) != Some(&fit.tag.os) {
        set(into, "os", fit.tag.os.clone());
    }
    if let Some(driver) = wanted.driver_given
        && there.and_then(|cuda| cuda.driver) != Some(driver)
    {
        set(into, "driver", driver.to_string());
    }
    let gpus: Vec<String> =
        there.map(|cuda| cuda.gpus.iter().cloned().map(String::from).collect()).unwrap_or_default();
    if !wanted.gpus_given.is_empty() && gpus != wanted.gpus_given {
        set(into, "gpus", wanted.gpus_given.iter().collect::<Array>());
    }
}

fn set_frameworks(into: &mut dyn TableLike, config: Option<&ConfigFile>, fit: &Fit) {
    for chosen in &fit.frameworks {
        let there = config.and_then(|file| file.config.frameworks.0.get(&chosen.framework));
        if !there.is_some_and(|range| is_pinned(range, chosen)) {
            set(into, chosen.framework.name(), format!("=={}", chosen.version));
        }
    }
}

/// Whether a range is this version and no other.
fn is_pinned(range: &VersionSpecifiers, chosen: &Chosen) -> bool {
    let mut all = range.iter();
    let (Some(one), None) = (all.next(), all.next()) else { return false };
    let exact = [Operator::Equal, Operator::ExactEqual, Operator::EqualStar];
    exact.contains(one.operator()) && *one.version() == chosen.version
}

/// Sets a value and keeps the comment that stands behind it.
fn set(into: &mut dyn TableLike, key: &str, value: impl Into<Value>) {
    let mut value = value.into();
    match into.get_mut(key).and_then(Item::as_value_mut) {
        Some(there) => {
            *value.decor_mut() = there.decor().clone();
            *there = value;
        }
        None => {
            into.insert(key, Item::Value(value));
        }
    }
}
