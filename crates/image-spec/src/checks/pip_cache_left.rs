//! pip leaves gigabytes of wheels in the image that is shipped.
//!
//! pip and uv keep what they fetch, under `/root/.cache`, for the next time. In an image there is no next
//! time: the layer holds each wheel once installed and once packed, and those of PyTorch or TensorFlow are
//! gigabytes. Deleting the folder in a later instruction does not make the layer smaller.
//!
//! See for yourself with `docker run --rm IMAGE du -sh /root/.cache`.
//!
//! Mount a cache for the instruction, so that the next build is fast and the layer small, or switch the
//! cache off.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::dockerfile::{PipProgram, Run};
use crate::written::{History, shipped, wanted};
use cuda_compat::Framework;
use serde::Serialize;

/// pip leaves gigabytes of wheels in the image that is shipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{program}` keeps the packed wheels of `{package}` in the layer")]
pub struct PipCacheLeft {
    /// What is called: `pip`, `uv`.
    pub program: String,
    /// A package of which the wheels are large.
    pub package: String,
    /// Where it is written.
    pub place: Place,
}

impl PipCacheLeft {
    pub(super) const CODE: &str = "image/pip-cache-left";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(history) = shipped(scene) else { return Vec::new() };
        let mut found = Vec::new();
        for (run, command, pip) in history.pip() {
            let large = wanted(&pip).into_iter().find(|it| is_large(&it.name));
            let Some(package) = large else { continue };
            if !keeps_nothing(&history, run, &pip.program)
                // What lies in a folder is not fetched, and so not kept.
                && !pip.has(&["--no-cache-dir", "--no-cache", "--no-index"])
            {
                let program = pip.program.name().to_owned();
                let place = history.file.place(command.span.start);
                found.push(Self { program, package: package.name, place });
            }
        }
        found
    }
}

fn is_large(package: &str) -> bool {
    Framework::of_package(package).is_some_and(|framework| framework != Framework::Numba)
        || package.starts_with("nvidia-")
        || matches!(package, "vllm" | "xformers" | "sglang" | "torchvision")
}

/// Whether the cache is switched off, mounted, or emptied in the same instruction.
fn keeps_nothing(history: &History<'_>, run: &Run, program: &PipProgram<'_>) -> bool {
    let (variables, folder) = match program {
        PipProgram::Uv => (["UV_NO_CACHE", "UV_CACHE_DIR"], "/root/.cache/uv"),
        PipProgram::Pip(_) | PipProgram::Python(_) => {
            (["PIP_NO_CACHE_DIR", "PIP_CACHE_DIR"], "/root/.cache/pip")
        }
    };
    let set = |name: &str| variables.contains(&name);
    let has_mount = run.mounts().any(|options| options.contains(&("type", "cache")));
    let empties = run.commands.iter().any(|command| {
        command.is(&["rm"]) && command.argument_texts().any(|text| text.contains(".cache"))
            || command.has(&["cache"]) && command.has(&["purge", "clean", "prune"])
    });
    // Another home or user: the folder of the mount is what the writer thought of.
    run.has_cache_at(folder) || has_mount || empties || history.variables().any(|(name, _)| set(name))
}

impl Diagnosis for PipCacheLeft {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let (folder, option) = match self.program.as_str() {
            "uv" => ("uv", "--no-cache"),
            _ => ("pip", "--no-cache-dir"),
        };
        vec![Fix::by_hand(format!(
            "write `RUN --mount=type=cache,target=/root/.cache/{folder} …`, or add `{option}`"
        ))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, PipCacheLeft::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-base-ubuntu22.04\n";
        check(&format!("{base}RUN pip install torch==2.8.0\n"), 1);
        check(&format!("{base}RUN uv pip install torch==2.8.0\n"), 1);
        check(&format!("{base}RUN pip install --no-cache-dir torch==2.8.0\n"), 0);
        check(&format!("{base}RUN pip install --no-index -f /wheels torch==2.8.0\n"), 0);
        check(&format!("{base}ENV PIP_NO_CACHE_DIR=1\nRUN pip install torch==2.8.0\n"), 0);
        check(&format!("{base}RUN --mount=type=cache,target=/root/.cache/pip pip install torch\n"), 0);
        check(&format!("{base}RUN pip install torch && rm -rf /root/.cache\n"), 0);
        check(&format!("{base}RUN pip install requests\n"), 0);
        let builder = "FROM python:3.12 AS build\nRUN pip install torch\n";
        check(&format!("{builder}{base}COPY --from=build /venv /venv\n"), 0);
    }
}
