//! Which CUDA toolkit a build would use, and where its tools are.

use crate::{Facts, Profiler, Toolkit};

/// The variables by which build tools find a toolkit.
pub(crate) const TOOLKIT_VARIABLES: [&str; 2] = ["CUDA_HOME", "CUDA_PATH"];

/// The toolkit that a build would use: the one on `PATH`, else the one of a variable, else the only
/// one there is.
pub(crate) fn active_toolkit(facts: &Facts) -> Option<&Toolkit> {
    let on_path = facts.toolkits.iter().find(|toolkit| toolkit.first_on_path);
    let by_variable =
        || TOOLKIT_VARIABLES.into_iter().find_map(|variable| toolkit_named_by(facts, variable));
    let only = || match facts.toolkits.as_slice() {
        [toolkit] => Some(toolkit),
        _ => None,
    };
    on_path.or_else(by_variable).or_else(only)
}

/// The toolkit that this variable names.
pub(crate) fn toolkit_named_by<'a>(facts: &'a Facts, variable: &str) -> Option<&'a Toolkit> {
    facts.toolkits.iter().find(|toolkit| toolkit.found_by.iter().any(|by| by == variable))
}

/// The path of a tool, where it is installed.
pub(crate) fn tool_path(facts: &Facts, tool: Profiler) -> Option<String> {
    let copies = &facts.profilers.tools;
    copies.iter().find(|copy| copy.tool == tool).map(|copy| copy.path.clone())
}
