//! A model or an engine has no checksum.
//!
//! Without a SHA-256 nobody can say which file an image holds: a model that was exchanged, cut off by a full
//! disk, or is still a pointer of Git LFS is built in without a word. The manifest of the image names the
//! file and not what is in it.
//!
//! See for yourself with `sha256sum FILE`.
//!
//! Write the sum into the config; the build compares it.

use super::{Diagnosis, Fix};
use crate::{Place, Scene, Spec};
use serde::Serialize;

/// A model or an engine has no checksum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("`{file}` has no `sha256`")]
pub struct ModelWithoutChecksum {
    /// The file.
    pub file: String,
    /// Where it is written.
    pub place: Place,
}

impl ModelWithoutChecksum {
    pub(super) const CODE: &str = "image/model-without-checksum";

    pub(super) fn find(scene: &Scene<'_>) -> Vec<Self> {
        let Some(spec) = scene.spec else { return Vec::new() };
        let mut found = Vec::new();
        for (name, image) in &spec.images {
            let place = |list: &str, index: usize| Spec::place_of(name).inner(list).inner(index);
            let models = image.models.iter().enumerate();
            let models = models.filter(|(_, model)| model.sha256.is_none());
            found.extend(models.map(|(index, model)| Self {
                file: model.path.clone(),
                place: place("models", index),
            }));
            let engines = image.engines.iter().enumerate();
            let engines = engines.filter(|(_, engine)| engine.sha256.is_none());
            found.extend(engines.map(|(index, engine)| Self {
                file: engine.path.clone(),
                place: place("engines", index),
            }));
        }
        found
    }
}

impl Diagnosis for ModelWithoutChecksum {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn fixes(&self) -> Vec<Fix> {
        let word = format!("'{}'", self.file.replace('\'', "'\\''"));
        vec![Fix::by_command(
            "write the sum of the file as its `sha256`",
            format!("sha256sum -- {word}"),
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::example;

    fn check(sections: &str, expected: &[&str]) {
        let text = format!("[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n{sections}");
        let found = example::spec(&text, ModelWithoutChecksum::find);
        let got: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(got, expected, "{sections}");
    }

    #[test]
    fn looks_for_the_sum() {
        let sum = "a".repeat(64);
        check("[image.prod]\nmodels = [{ path = 'a.onnx' }]", &["`a.onnx` has no `sha256`"]);
        check(&format!("[image.prod]\nmodels = [{{ path = 'a.onnx', sha256 = '{sum}' }}]"), &[]);
        check(
            "[image.prod]\nengines = [{ path = \"it's.engine\", gpu = '8.9', tensorrt = '10.3' }]",
            &["`it's.engine` has no `sha256`"],
        );
        check("[image.prod]", &[]);
    }
}
