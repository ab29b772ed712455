//! `.dockerignore`: only what a Dockerfile copies enters the build.

use std::collections::BTreeSet;

/// What no image needs, wherever it lies.
const NEVER: [&str; 6] =
    ["**/*.pyc", "**/.env", "**/.git", "**/.venv", "**/__pycache__", "**/node_modules"];

/// The text for the paths that are copied.
pub(crate) fn text(copied: &BTreeSet<String>) -> String {
    let mut lines = vec![format!("# {}.", super::MARKER)];
    // Without a list of what is copied there is only one of what is not.
    if !copied.iter().any(|path| path == "." || path.starts_with(['*', '?', '['])) {
        lines.push("# Only what the Dockerfile copies enters the build.".to_owned());
        lines.push("*".to_owned());
        lines.extend(copied.iter().map(|path| format!("!{}", path.trim_end_matches('/'))));
    }
    lines.push(String::new());
    lines.push("# And of that, never these.".to_owned());
    lines.extend(NEVER.iter().map(|line| (*line).to_owned()));
    lines.join("\n") + "\n"
}
