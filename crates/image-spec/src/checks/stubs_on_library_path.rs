//! Programs of the image load the stub of the CUDA driver.
//!
//! `/usr/local/cuda/lib64/stubs` holds a `libcuda.so` without a driver in it: something to link against
//! where none is installed, as in a build. Where that folder is on `LD_LIBRARY_PATH`, or the stub is
//! linked to as `libcuda.so.1`, programs may load it instead of the machine's driver, and CUDA ends
//! with `CUDA_ERROR_STUB_LIBRARY` or finds no device.
//!
//! See for yourself with `docker run --rm IMAGE sh -c 'echo $LD_LIBRARY_PATH; ldconfig -p | grep
//! libcuda.so'`.
//!
//! Give the folder to the linker only: `ENV LIBRARY_PATH=/usr/local/cuda/lib64/stubs`, or set
//! `LD_LIBRARY_PATH` for the one command that needs it. Remove the link in the same `RUN`.

use super::{Diagnosis, Fix};
use crate::{
    Dockerfile, Place, Scene,
    dockerfile::{Kind, ShellCommand},
};
use serde::Serialize;

/// Programs of the image load the stub of the CUDA driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{way} makes programs load the stub of the CUDA driver")]
pub struct StubsOnLibraryPath {
    /// How.
    pub way: Way,
    /// Where it is written.
    pub place: Place,
}

/// How a program comes to load the stub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// By `LD_LIBRARY_PATH`.
    Variable,
    /// By a file in `/etc/ld.so.conf.d`.
    Loader,
    /// By a link called `libcuda.so.1`.
    Link,
}

impl std::fmt::Display for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Variable => "the folder of stubs on `LD_LIBRARY_PATH`",
            Self::Loader => "the folder of stubs in `/etc/ld.so.conf.d`",
            Self::Link => "a link `libcuda.so.1` to the stub",
        })
    }
}

impl StubsOnLibraryPath {
    pub(super) const CODE: &str = "image/stubs-on-library-path";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(file) = scene.dockerfile else { return Vec::new() };
        let mut found: Vec<Self> = Vec::new();
        for (stage, recipe) in scene.recipes.iter().enumerate() {
            // A stage that only builds may link against the stub as it likes.
            if !recipe.is_shipped() {
                continue;
            }
            let mut here = of_stage(file, stage);
            let at_end = recipe.env.get("LD_LIBRARY_PATH");
            let is_set = at_end.is_some_and(|value| value.value.contains("/stubs"));
            let variable = at_end.filter(|_| is_set).map(|value| Self {
                way: Way::Variable,
                place: value.place.clone(),
            });
            here.extend(variable);
            here.retain(|new| found.iter().all(|known| known.place != new.place));
            found.extend(here);
        }
        found
    }
}

fn of_stage(file: &Dockerfile, stage: usize) -> Vec<StubsOnLibraryPath> {
    let mut lineage: Vec<usize> = file.lineage(stage).collect();
    lineage.reverse();
    let mut found: Vec<StubsOnLibraryPath> = Vec::new();
    for instruction in lineage.into_iter().flat_map(|stage| file.of_stage(stage)) {
        let Kind::Run(run) = &instruction.kind else { continue };
        for command in &run.commands {
            let gone = removes(command);
            found.retain(|found| gone != Some(found.way));
            let place = || file.place(command.span.start);
            found.extend(way(command).map(|way| StubsOnLibraryPath { way, place: place() }));
        }
    }
    found
}

fn way(command: &ShellCommand) -> Option<Way> {
    let has = |part: &str| command.argument_texts().any(|text| text.contains(part));
    if command.is(&["ln", "cp"]) {
        let last = command.arguments().last()?;
        let from = command.arguments().iter().rev().nth(1)?;
        let is_loaded = last.text.ends_with("libcuda.so.1")
            && !last.text.contains("/stubs/");
        return (is_loaded && from.text.contains("stubs/libcuda.so")).then_some(Way::Link);
    }
    let to = command.redirects.iter().filter(|redirect| redirect.operator.starts_with('>'));
    let mut targets = to.map(|redirect| redirect.target.text.as_str());
    let is_loader = targets.any(|target| target.starts_with("/etc/ld.so.conf"));
    (is_loader && has("/stubs")).then_some(Way::Loader)
}

fn removes(command: &ShellCommand) -> Option<Way> {
    let has = |part: &str| command.argument_texts().any(|text| text.contains(part));
    match command.program() {
        "rm" | "unlink" if has("libcuda.so") => Some(Way::Link),
        "rm" if has("/etc/ld.so.conf.d/") => Some(Way::Loader),
        _ => None,
    }
}

impl Diagnosis for StubsOnLibraryPath {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(match self.way {
            Way::Variable => "give the folder to the linker only: `ENV LIBRARY_PATH=…/stubs`",
            Way::Loader => "leave the file out, and give the folder to the linker: `LIBRARY_PATH`",
            Way::Link => "remove the link in the same `RUN`, after what links against it",
        })]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn knows_stubs() {
        let check = |text: &str, expected: Option<Way>| {
            let text = format!("FROM nvidia/cuda:12.6.3-devel-ubuntu22.04\n{text}\n");
            let found = example::dockerfile(&text, StubsOnLibraryPath::find);
            let got: Vec<Way> = found.iter().map(|found| found.way).collect();
            assert_eq!(got, Vec::from_iter(expected), "{text}");
        };
        let stubs = "/usr/local/cuda/lib64/stubs";
        check(&format!("ENV LD_LIBRARY_PATH={stubs}:$LD_LIBRARY_PATH"), Some(Way::Variable));
        check(&format!("RUN ln -s {stubs}/libcuda.so /usr/lib/libcuda.so.1"), Some(Way::Link));
        check(&format!("RUN echo {stubs} > /etc/ld.so.conf.d/z.conf && ldconfig"), Some(Way::Loader));
        check(&format!("ENV LIBRARY_PATH={stubs}"), None);
        check(&format!("RUN LD_LIBRARY_PATH={stubs} make"), None);
        check(&format!("RUN ln -s {stubs}/libcuda.so /usr/lib/libcuda.so.1 && make && rm /usr/lib/libcuda.so.1"), None);
        check(&format!("RUN ln -s {stubs}/libcuda.so {stubs}/libcuda.so.1"), None);
        check(&format!("ENV LD_LIBRARY_PATH={stubs}\nENV LD_LIBRARY_PATH=/usr/local/cuda/lib64"), None);
        check(&format!("ENV LD_LIBRARY_PATH={stubs}\nFROM nvidia/cuda:12.6.3-base-ubuntu22.04"), None);
    }
}
