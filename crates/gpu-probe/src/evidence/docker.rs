//! Whether a container engine is one of this machine, and what its refusals say.

use super::has_gpu;
use crate::{Facts, Need, Profile};

/// Whether the engine and the GPU are on this machine, so that the files here say something of it.
///
/// Under WSL the engine is often the one of Docker Desktop, which brings the toolkit itself; there
/// only a runner is judged.
pub(crate) fn runs_engine_here(facts: &Facts, need: &Need) -> bool {
    let machine = &facts.host.machine;
    let in_wsl = machine.wsl.found().is_some();
    let remote = facts.environment.get("DOCKER_HOST").is_some_and(|host| host.contains("tcp:"));
    has_gpu(facts)
        && machine.container.found().is_none()
        && !remote
        && (!in_wsl || need.profile == Profile::Runner)
}

/// Whether a refusal is about permission.
pub(crate) fn is_permission(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    ["eacces", "eperm", "permission denied"].iter().any(|word| reason.contains(word))
}
