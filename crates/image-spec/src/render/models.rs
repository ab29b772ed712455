//! Models and engines: copied with a manifest, checked against their checksums while they are copied.

use super::{
    RenderError,
    plan::{Plan, Planned},
    quote,
};
use crate::{Engine, Model};
use std::collections::BTreeSet;

/// Where models lie in an image, where nothing else is written.
const FOLDER: &str = "/models";

/// A file, as the manifest names it.
struct Entry<'a> {
    source: &'a str,
    target: String,
    sha256: Option<&'a str>,
    engine: Option<&'a Engine>,
}

/// The instructions that copy the models of an image; the paths go to `copied`.
pub(crate) fn instructions(
    plan: &Plan<'_>,
    planned: &Planned<'_>,
    copied: &mut BTreeSet<String>,
) -> Result<Vec<String>, RenderError> {
    let entries = entries(planned)?;
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let mut copies = vec!["# Readable for everybody, writable for nobody.".to_owned()];
    for entry in &entries {
        copied.insert(entry.source.to_owned());
        copies.push(quote::copy("--chmod=0444", entry.source, &entry.target));
    }
    let manifest = plan.in_folder(&format!("models-{}.json", planned.name));
    copied.insert(manifest.clone());
    copies.push(quote::copy("--chmod=0444", &manifest, &format!("{FOLDER}/manifest.json")));
    let mut blocks = vec![copies.join("\n")];
    if !planned.is_from_scratch() && entries.iter().any(|entry| entry.sha256.is_some()) {
        let sums = plan.in_folder(&format!("models-{}.sha256", planned.name));
        copied.insert(sums.clone());
        blocks.push(format!(
            "# A file that is not the one which was released ends the build here.\n\
             RUN --mount=type=bind,source={sums},target=/tmp/models.sha256 \\\n    \
             sha256sum --check --strict /tmp/models.sha256"
        ));
    }
    Ok(blocks)
}

/// The manifest and the checksums of each image that holds models.
pub(crate) fn files(plan: &Plan<'_>) -> Result<Vec<(String, String)>, RenderError> {
    let mut files = Vec::new();
    for index in plan.all() {
        let planned = plan.image(index);
        let entries = entries(planned)?;
        if entries.is_empty() {
            continue;
        }
        files.push((format!("models-{}.json", planned.name), manifest(&entries)));
        let summed: Vec<String> = entries
            .iter()
            .filter_map(|entry| Some(format!("{}  {}", entry.sha256?, entry.target)))
            .collect();
        if !summed.is_empty() && !planned.is_from_scratch() {
            let text = format!("# {}.\n{}\n", super::MARKER, summed.join("\n"));
            files.push((format!("models-{}.sha256", planned.name), text));
        }
    }
    Ok(files)
}

fn manifest(entries: &[Entry<'_>]) -> String {
    let files: Vec<serde_json::Value> = entries
        .iter()
        .map(|entry| {
            let mut file = serde_json::json!({ "path": entry.target, "sha256": entry.sha256 });
            match entry.engine {
                None => file["kind"] = "model".into(),
                Some(engine) => {
                    file["kind"] = "tensorrt-engine".into();
                    file["compute_capability"] = engine.gpu.as_str().into();
                    file["tensorrt"] = engine.tensorrt.as_str().into();
                    file["portable_across_gpus"] = engine.portable.gpus.into();
                    file["portable_across_versions"] = engine.portable.versions.into();
                }
            }
            file
        })
        .collect();
    let whole = serde_json::json!({ "about": super::MARKER, "files": files });
    format!("{whole:#}\n")
}

fn entries<'a>(planned: &'a Planned<'_>) -> Result<Vec<Entry<'a>>, RenderError> {
    let mut entries = Vec::new();
    for (index, model) in planned.image.models.iter().enumerate() {
        let Model { path, to, sha256 } = model;
        let key = planned.key(&format!("models[{index}]"));
        entries.push(entry(&key, path, to.as_deref(), sha256.as_deref(), None)?);
    }
    for (index, engine) in planned.image.engines.iter().enumerate() {
        let Engine { path, to, sha256, .. } = engine;
        let key = planned.key(&format!("engines[{index}]"));
        entries.push(entry(&key, path, to.as_deref(), sha256.as_deref(), Some(engine))?);
    }
    Ok(entries)
}

fn entry<'a>(
    key: &str,
    path: &'a str,
    to: Option<&str>,
    sha256: Option<&'a str>,
    engine: Option<&'a Engine>,
) -> Result<Entry<'a>, RenderError> {
    let source = quote::source(key, path)?;
    let name = source.rsplit('/').next().unwrap_or(source);
    let target = match to {
        // A folder keeps the name.
        Some(to) if to.ends_with('/') => format!("{to}{name}"),
        Some(to) => to.to_owned(),
        None => format!("{FOLDER}/{name}"),
    };
    quote::absolute(key, &target)?;
    let is_sum = |sum: &str| sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(sum) = sha256.filter(|sum| !is_sum(sum)) {
        return Err(quote::refused(key, sum, "a SHA-256 has 64 hexadecimal digits"));
    }
    Ok(Entry { source, target, sha256, engine })
}
