//! The build asks for a GPU, and a build has none.
//!
//! `docker build` gives no GPU and no driver to `RUN`: `nvidia-smi` is not there, and
//! `torch.cuda.is_available()` is false on every machine. Where the answer must be yes, the build ends
//! there; where it is only printed, or decides what is installed, the image is the one for a machine
//! without a GPU.
//!
//! See for yourself with `docker build .` on any machine with a GPU.
//!
//! Ask when the container starts: in a test that runs the image with `--gpus all`, in the health check
//! or in the program. What a build must know, such as the compute capability to compile for, is
//! written: `ENV TORCH_CUDA_ARCH_LIST="8.9;9.0"`.

use super::{Diagnosis, Fix};
use crate::{
    Place, Scene,
    dockerfile::{HereDoc, ShellCommand},
};
use serde::Serialize;

/// The build asks for a GPU, and a build has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{asks}` in `RUN` asks for a GPU, and a build has none")]
pub struct GpuQueryInBuild {
    /// What asks.
    pub asks: String,
    /// Where it is written.
    pub place: Place,
}

/// Programs that need a driver.
const PROGRAMS: [&str; 6] =
    ["bandwidthTest", "dcgmi", "deviceQuery", "gpustat", "nvidia-smi", "nvtop"];

/// What Python code asks a driver. `torch.version.cuda` asks nobody and is not among them.
const CALLS: [&str; 10] = [
    "torch.cuda.is_available",
    "torch.cuda.get_device",
    "torch.cuda.device_count",
    "torch.cuda.current_device",
    "list_physical_devices('GPU')",
    "list_physical_devices(\"GPU\")",
    "tf.test.is_gpu_available",
    "cupy.cuda.runtime.getDevice",
    "jax.devices(",
    "numba.cuda.detect",
];

impl GpuQueryInBuild {
    pub(super) const CODE: &str = "image/gpu-query-in-build";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(file) = scene.dockerfile else { return Vec::new() };
        let mut found = Vec::new();
        for (_, run) in file.runs() {
            for (index, command) in run.commands.iter().enumerate() {
                // Who wrote `|| true` or asks in a condition knows that there may be none.
                if run.is_guarded(index) {
                    continue;
                }
                let asks = asks(command);
                found.extend(asks.map(|asks| Self { asks, place: file.place(command.span.start) }));
            }
            let starts = |program: &str| {
                run.commands.iter().any(|command| command.program().starts_with(program))
            };
            let scripts = run.heredocs.iter().filter(|_| starts("python"));
            found.extend(scripts.filter_map(|script| {
                let (asks, at) = in_script(script)?;
                Some(Self { asks: asks.to_owned(), place: file.place(at) })
            }));
        }
        found
    }
}

fn asks(command: &ShellCommand) -> Option<String> {
    let program = command.program();
    if PROGRAMS.contains(&program) {
        // Its help needs no driver.
        return (!command.has(&["-h", "--help"])).then(|| program.to_owned());
    }
    if !program.starts_with("python") {
        return None;
    }
    let code = command.argument_texts().skip_while(|text| *text != "-c").nth(1)?;
    // Code that catches the failure is guarded in its own way.
    let call = CALLS.iter().find(|call| code.contains(**call) && !code.contains("except"))?;
    Some(call.trim_end_matches('(').to_owned())
}

fn in_script(script: &HereDoc) -> Option<(&'static str, usize)> {
    let call = CALLS.iter().find(|call| script.text.contains(**call))?;
    let at = script.text.find(call)?;
    let guarded = script.text.contains("except");
    (!guarded).then_some((call.trim_end_matches('('), script.span.start + at))
}

impl Diagnosis for GpuQueryInBuild {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(
            "take it out of the build, and ask where the image runs: `docker run --gpus all …`",
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_what_asks_for_a_gpu() {
        let check = |run: &str, expected: usize| {
            let found = example::dockerfile(&format!("FROM a\n{run}\n"), GpuQueryInBuild::find);
            assert_eq!(found.len(), expected, "{run}");
        };
        check("RUN nvidia-smi", 1);
        check("RUN nvidia-smi | tee /log", 1);
        check("RUN make && nvidia-smi --query-gpu=name --format=csv", 1);
        check("RUN python3 -c \"import torch; assert torch.cuda.is_available()\"", 1);
        check("RUN python3 - <<EOF\nimport torch\nprint(torch.cuda.device_count())\nEOF", 1);
        check("RUN export CC=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader)", 1);
        check("RUN nvidia-smi || true", 0);
        check("RUN nvidia-smi | head -1 || echo none", 0);
        check("RUN if nvidia-smi; then a; fi", 0);
        check("RUN command -v nvidia-smi", 0);
        check("RUN which nvidia-smi && a", 0);
        check("RUN python -c 'import torch; print(torch.__version__, torch.version.cuda)'", 0);
        check("RUN echo nvidia-smi >> /start.sh", 0);
        check("CMD nvidia-smi", 0);
        check("HEALTHCHECK CMD nvidia-smi", 0);
    }
}
