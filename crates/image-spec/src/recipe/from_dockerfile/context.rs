//! Which file of the build context a path in the image is.

use crate::dockerfile::{Copied, Run, ShellCommand};
use std::path::PathBuf;

/// What was copied, and where the build stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Context {
    /// The working folder; of an unknown one, what is below it.
    folder: String,
    /// Where a `cd` of this `RUN` leads.
    moved: Option<String>,
    /// What is mounted for this `RUN`: path in the image and in the context.
    mounted: Vec<(String, String)>,
    /// What was copied: path in the image and in the context, the last one last.
    copied: Vec<(String, String)>,
}

impl Context {
    pub(super) fn enter(&mut self, folder: &str) {
        self.folder = join(&self.folder, folder);
    }

    pub(super) fn copy(&mut self, copied: &Copied) {
        // What comes from another stage is not in the context.
        let elsewhere = copied.from().is_some();
        let into_folder = copied.sources.len() > 1
            || copied.target.text.ends_with('/')
            || matches!(copied.target.text.as_str(), "." | "..");
        let target = join(&self.folder, &copied.target.text);
        for source in &copied.sources {
            let text = source.text.trim_start_matches('/');
            if elsewhere || source.open || copied.target.open || text.contains("://") {
                continue;
            }
            let from = join("", text);
            let from = from.trim_start_matches('/').to_owned();
            let name = from.rsplit('/').next().unwrap_or_default();
            // A file goes into a folder, and a folder's content too: both are possible.
            self.copied.push((target.clone(), from.clone()));
            if into_folder && !name.is_empty() {
                self.copied.push((join(&target, name), from));
            }
        }
    }

    /// Begins a `RUN` with what is mounted for it.
    pub(super) fn mount(&mut self, run: &Run) {
        self.moved = None;
        let folder = self.folder.clone();
        self.mounted = run
            .mounts()
            .filter_map(|options| {
                let get = |names: &[&str]| {
                    let found = options.iter().find(|(name, _)| names.contains(name));
                    found.map(|(_, value)| *value)
                };
                let is_context =
                    get(&["type"]).unwrap_or("bind") == "bind" && get(&["from"]).is_none();
                let target = get(&["target", "dst", "destination"]).filter(|_| is_context)?;
                let source = get(&["source", "src"]).unwrap_or(".");
                Some((join(&folder, target), join("", source).trim_start_matches('/').to_owned()))
            })
            .collect();
    }

    /// Follows a `cd`.
    pub(super) fn command(&mut self, command: &ShellCommand) {
        if command.program() == "cd"
            && let [folder] = command.arguments()
        {
            let now = self.moved.as_ref().unwrap_or(&self.folder);
            self.moved = Some(join(now, &folder.text));
        }
    }

    /// The file of the context that is at that path, where one was copied or mounted there.
    pub(super) fn file(&self, path: &str) -> Option<PathBuf> {
        let now = self.moved.as_ref().unwrap_or(&self.folder);
        let path = join(now, path);
        let exact = |pairs: &[(String, String)]| {
            let found = pairs.iter().rev().find(|(target, _)| *target == path);
            found.map(|(_, source)| source.clone()).filter(|source| !source.is_empty())
        };
        let below = |pairs: &[(String, String)]| {
            pairs.iter().rev().find_map(|(target, source)| {
                let rest = path.strip_prefix(target.as_str())?;
                let rest = rest.strip_prefix('/').or(target.ends_with('/').then_some(rest))?;
                // A file that was copied has nothing below it.
                let is_file = source.rsplit('/').next().unwrap_or_default().contains('.');
                (!is_file).then(|| join(source, rest).trim_start_matches('/').to_owned())
            })
        };
        let all = [self.mounted.as_slice(), self.copied.as_slice()];
        let found = all.iter().find_map(|pairs| exact(pairs));
        let found = found.or_else(|| all.iter().find_map(|pairs| below(pairs)));
        found.filter(|found| !found.contains(['*', '?', '[', '$'])).map(PathBuf::from)
    }
}

/// A path from a folder on, without `.` and `..`.
fn join(folder: &str, path: &str) -> String {
    let from = if path.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in from.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
