//! Whether a container engine is one of this machine, and what its refusals say.

use super::{has_gpu, in_container};
use crate::{Facts, Need, Profile};

/// Whether the engine and the GPU are on this machine, so that the files here say something of it.
///
/// Under WSL the engine is often the one of Docker Desktop, which brings the toolkit itself; there
/// only a runner is judged.
pub(crate) fn runs_engine_here(facts: &Facts, need: &Need) -> bool {
    let in_wsl = facts.host.machine.wsl.found().is_some();
    has_gpu(facts)
        && !engine_files_are_hidden(facts)
        && (!in_wsl || need.profile == Profile::Runner)
}

/// Whether the engine's files are another machine's, so that those here say nothing of it.
pub(crate) fn engine_files_are_hidden(facts: &Facts) -> bool {
    let remote = facts.environment.get("DOCKER_HOST").is_some_and(|host| host.contains("tcp:"));
    in_container(facts) || remote
}

/// Whether a refusal is about permission.
pub(crate) fn is_permission(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    ["eacces", "eperm", "permission denied"].iter().any(|word| reason.contains(word))
}
