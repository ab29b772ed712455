//! A model is fetched in the build, and nothing says which.
//!
//! What lies at an address, or on the main branch of a model on the Hugging Face Hub, changes. Without a
//! revision or a checksum two builds of the same file hold different models, a half-fetched file is not
//! noticed, and the build cache hides all of it. A model also makes a layer of gigabytes that every push and
//! pull carries.
//!
//! See for yourself: build with `--no-cache` and compare the SHA-256 of the file.
//!
//! Give a revision (a commit, not a branch) or compare a checksum; or mount the model when the container runs.

use super::{Diagnosis, Fix};
use crate::{Place, Scene};
use crate::dockerfile::{Kind, Run, ShellCommand};
use crate::written::{histories, once};
use serde::Serialize;

/// A model is fetched in the build, and nothing says which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{what}` is fetched without a revision or a checksum")]
pub struct ModelDownloadedInBuild {
    /// What is fetched.
    pub what: String,
    /// Where it is written.
    pub place: Place,
}

impl ModelDownloadedInBuild {
    pub(super) const CODE: &str = "image/model-downloaded-in-build";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let mut found = Vec::new();
        for history in histories(scene) {
            for (run, command) in history.commands() {
                if let Some(what) = fetched(run, command) {
                    let place = history.file.place(command.span.start);
                    once(&mut found, Self { what, place });
                }
            }
            for instruction in &history.instructions {
                let Kind::Add(added) = &instruction.kind else { continue };
                let is_checked = added.flags.iter().any(|flag| flag.name == "checksum");
                for word in added.sources.iter().filter(|word| is_model(&word.text) && !is_checked) {
                    let (what, place) = (word.text.clone(), history.place(word));
                    once(&mut found, Self { what, place });
                }
            }
        }
        found
    }
}

/// How names of model files end.
const ENDINGS: [&str; 8] =
    [".ckpt", ".engine", ".gguf", ".onnx", ".plan", ".pt", ".pth", ".safetensors"];

fn is_model(text: &str) -> bool {
    let address = text.split(['?', '#']).next().unwrap_or(text);
    address.contains("://") && ENDINGS.iter().any(|ending| address.ends_with(ending))
}

/// What a command fetches without saying which it must be.
fn fetched(run: &Run, command: &ShellCommand) -> Option<String> {
    let mut checks = run.commands.iter().map(ShellCommand::program);
    if checks.any(|program| program.starts_with("sha") && program.ends_with("sum")) {
        return None;
    }
    if command.is(&["wget", "curl", "aria2c"]) {
        let texts = command.argument_texts();
        return texts.map(str::to_owned).find(|text| is_model(text));
    }
    if command.is(&["huggingface-cli", "hf"]) && command.has(&["download"]) {
        let has_revision = command.argument_texts().any(|text| text.starts_with("--revision"));
        let model = command.argument_texts().find(|text| *text != "download" && !text.starts_with('-'));
        return model.filter(|_| !has_revision).map(str::to_owned);
    }
    let code = command.argument_texts().find(|text| {
        ["snapshot_download(", "hf_hub_download(", ".from_pretrained("]
            .iter()
            .any(|call| text.contains(call))
    })?;
    let is_python = command.program().starts_with("python");
    (is_python && !code.contains("revision")).then(|| {
        let name = code.split(['\'', '"']).nth(1).unwrap_or("a model");
        name.to_owned()
    })
}

impl Diagnosis for ModelDownloadedInBuild {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        vec![Fix::by_hand(
            "add `--revision COMMIT`, or `sha256sum --check` behind a plain download (`ADD \
             --checksum=sha256:…`); or mount the model into the container",
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    #[test]
    fn finds_it_and_nothing_else() {
        let check = |text: &str, expected: usize| {
            let found = example::dockerfile(text, ModelDownloadedInBuild::find);
            assert_eq!(found.len(), expected, "{text}\n{found:?}");
        };
        let base = "FROM nvidia/cuda:12.8.1-base-ubuntu22.04\n";
        check(&format!("{base}RUN huggingface-cli download org/model --local-dir /m\n"), 1);
        check(&format!("{base}RUN hf download org/model --revision 0123456789abcdef0123456789abcdef01234567\n"), 0);
        check(&format!("{base}RUN wget -q https://x/model.safetensors\n"), 1);
        check(&format!("{base}RUN wget -q https://x/model.onnx && echo 'a  model.onnx' | sha256sum -c\n"), 0);
        check(&format!("{base}RUN python3 -c \"from transformers import pipeline; AutoModel.from_pretrained('org/m')\"\n"), 1);
        check(&format!("{base}ADD https://x/model.gguf /m/\n"), 1);
        check(&format!("{base}ADD --checksum=sha256:ab https://x/model.gguf /m/\n"), 0);
        check(&format!("{base}RUN wget -q https://x/labels.txt\nADD model.onnx /m/\n"), 0);
    }
}
